"""Proxies and certificates, by option or from the environment: the outcome is azure-core's transports'."""

import base64
import gc
import http.server
import socket
import ssl
import threading
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from azure.core.exceptions import AzureError, ServiceRequestError
from azure.core.pipeline.transport import RequestsTransport
from azure.core.rest import HttpRequest
from typing_extensions import Self

from tests.faults import FaultServer, authorized
from tests.unit.clients import KEY, both_clients, connect

TLS = Path(__file__).with_name("tls")
AUTHORITY = str(TLS / "authority.pem")
SERVICE = "http://service.example"
SEND = "/api/hubs/default/:send?api-version=2024-12-01"


@pytest.fixture(autouse=True)
def environment(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> pytest.MonkeyPatch:
    """No settings but a test's own."""
    for name in (
        "HTTP_PROXY",
        "HTTPS_PROXY",
        "ALL_PROXY",
        "NO_PROXY",
        "REQUESTS_CA_BUNDLE",
        "CURL_CA_BUNDLE",
        "NETRC",
    ):
        monkeypatch.delenv(name, raising=False)
        monkeypatch.delenv(name.lower(), raising=False)
    monkeypatch.setenv("HOME", str(tmp_path))
    return monkeypatch


def request(url: str = SEND) -> HttpRequest:
    return HttpRequest("POST", url, content=b"hello")


@both_clients
@pytest.mark.parametrize("name", ["HTTP_PROXY", "http_proxy"])
def test_a_proxy_is_found_in_the_environment(kind: str, name: str, environment: pytest.MonkeyPatch) -> None:
    with FaultServer() as proxy:
        environment.setenv(name, proxy.endpoint)
        with connect(kind, SERVICE) as client:
            assert client.send(request()).status_code == 202
    [seen] = proxy.requests
    assert seen.target == SERVICE + SEND
    assert seen.header("Host") == "service.example"
    seen.claims(KEY, url=SERVICE + SEND)


@both_clients
def test_a_proxys_password_is_sent_to_it(kind: str, environment: pytest.MonkeyPatch) -> None:
    with FaultServer() as proxy:
        environment.setenv("HTTP_PROXY", proxy.endpoint.replace("//", "//user:p%40ss@"))
        with connect(kind, SERVICE) as client:
            assert client.send(request()).status_code == 202
    expected = "Basic " + base64.b64encode(b"user:p@ss").decode()
    assert proxy.requests[0].header("Proxy-Authorization") == expected
    assert (proxy.requests[0].header("Authorization") or "").startswith("Bearer ")


@both_clients
@pytest.mark.parametrize("value", ["127.0.0.1", "*", "other.example,127.0.0.1"])
def test_no_proxy_is_obeyed(kind: str, value: str, environment: pytest.MonkeyPatch) -> None:
    with FaultServer() as proxy, FaultServer(otherwise=authorized(KEY)) as server:
        environment.setenv("HTTP_PROXY", proxy.endpoint)
        environment.setenv("NO_PROXY", value)
        with connect(kind, server.endpoint) as client:
            assert client.send(request()).status_code == 202
    assert not proxy.requests


@both_clients
def test_the_environment_is_asked_once(kind: str, environment: pytest.MonkeyPatch) -> None:
    with FaultServer() as proxy, FaultServer() as server, connect(kind, server.endpoint) as client:
        client.send(request())
        environment.setenv("HTTP_PROXY", proxy.endpoint)
        client.send(request())
    assert (len(server.requests), len(proxy.requests)) == (2, 0)


@both_clients
def test_the_environment_can_be_left_out(kind: str, environment: pytest.MonkeyPatch) -> None:
    with FaultServer() as proxy, FaultServer() as server:
        environment.setenv("HTTP_PROXY", proxy.endpoint)
        with connect(kind, server.endpoint, use_env_settings=False) as client:
            assert client.send(request()).status_code == 202
    assert (len(server.requests), len(proxy.requests)) == (1, 0)


@both_clients
@pytest.mark.parametrize("per_call", [True, False])
def test_a_proxy_can_be_given(kind: str, per_call: bool, environment: pytest.MonkeyPatch) -> None:
    environment.setenv("HTTP_PROXY", "http://127.0.0.1:1")
    with FaultServer() as proxy:
        proxies: dict[str, Any] = {"proxies": {"http": proxy.endpoint}}
        with connect(kind, SERVICE, **({} if per_call else proxies)) as client:
            assert client.send(request(), **(proxies if per_call else {})).status_code == 202
    assert proxy.requests[0].target == SERVICE + SEND


@both_clients
def test_https_goes_through_a_tunnel_and_a_proxy_that_makes_none_is_no_connection(
    kind: str, environment: pytest.MonkeyPatch
) -> None:
    with PlainServer(b"HTTP/1.1 502 Bad Gateway\r\nContent-Length: 0\r\n\r\n") as proxy:
        environment.setenv("HTTPS_PROXY", f"http://user:pass@{proxy.address}")
        with connect(kind, "https://service.example", retry_connect=1) as client:
            with pytest.raises(ServiceRequestError):
                client.send(request())
    assert len(proxy.heard) == 2
    for heard in proxy.heard:
        assert heard.startswith(b"CONNECT service.example:443 HTTP/1.")
        assert b"\r\nproxy-authorization: basic" in heard.lower()
        assert b"\r\nauthorization" not in heard.lower()


@both_clients
def test_netrc_does_not_replace_the_credential(
    kind: str, environment: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    netrc = tmp_path / "netrc"
    netrc.write_text("default login alice password secret\n", encoding="utf-8")
    netrc.chmod(0o600)
    environment.setenv("NETRC", str(netrc))
    with FaultServer(otherwise=authorized(KEY)) as server, connect(kind, server.endpoint) as client:
        assert client.send(request()).status_code == 202


@both_clients
@pytest.mark.parametrize(
    "variables",
    [
        {},
        {"HTTP_PROXY": "{proxy}"},
        {"http_proxy": "{proxy}", "HTTP_PROXY": "http://127.0.0.1:1"},
        {"HTTPS_PROXY": "{proxy}"},
        {"ALL_PROXY": "{proxy}"},
        {"HTTP_PROXY": "{proxy}", "NO_PROXY": "127.0.0.1"},
        {"HTTP_PROXY": "{proxy}", "NO_PROXY": "127.0.0.0/8"},
        {"HTTP_PROXY": "{proxy}", "NO_PROXY": "example"},
        {"HTTP_PROXY": "{proxy}", "no_proxy": "*"},
    ],
    ids=lambda variables: ",".join(f"{name}={value}" for name, value in variables.items()) or "nothing",
)
def test_the_outcome_is_that_of_azure_cores_transport(
    kind: str, variables: dict[str, str], environment: pytest.MonkeyPatch
) -> None:
    with FaultServer() as proxy, FaultServer() as server:
        for name, value in variables.items():
            environment.setenv(name, value.format(proxy=proxy.endpoint))
        outcomes = []
        for used, transport in ((kind, None), ("sync", RequestsTransport())):
            before = len(proxy.requests), len(server.requests)
            with connect(used, server.endpoint, transport=transport) as client:
                assert client.send(request()).status_code == 202
            outcomes.append((len(proxy.requests) - before[0], len(server.requests) - before[1]))
    assert outcomes[0] == outcomes[1]


class Handler(http.server.BaseHTTPRequestHandler):
    """Answers 202, over TLS."""

    def do_POST(self) -> None:
        self.rfile.read(int(self.headers["Content-Length"]))
        self.send_response(202)
        self.send_header("Content-Length", "0")
        self.end_headers()

    def log_message(self, format: str, *args: Any) -> None:  # noqa: A002 - its name in the base class
        """Say nothing."""


class QuietServer(http.server.ThreadingHTTPServer):
    """Says nothing of handshakes that clients break off."""

    def handle_error(self, request: Any, client_address: Any) -> None:
        """Say nothing."""


@pytest.fixture
def tls_server() -> Iterator[str]:
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.load_cert_chain(TLS / "server.pem")
    server = QuietServer(("127.0.0.1", 0), Handler)
    server.socket = context.wrap_socket(server.socket, server_side=True, do_handshake_on_connect=False)
    thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.01})
    thread.start()
    yield f"https://127.0.0.1:{server.server_port}"
    server.shutdown()
    thread.join()
    server.server_close()


@both_clients
def test_a_certificate_that_is_not_trusted_is_no_connection(kind: str, tls_server: str) -> None:
    with connect(kind, tls_server, retry_connect=0) as client:
        with pytest.raises(ServiceRequestError, match=r"(?i)certificate"):
            client.send(request())


@both_clients
@pytest.mark.parametrize("name", ["REQUESTS_CA_BUNDLE", "CURL_CA_BUNDLE"])
def test_trusted_certificates_are_found_in_the_environment(
    kind: str, name: str, tls_server: str, environment: pytest.MonkeyPatch
) -> None:
    environment.setenv(name, AUTHORITY)
    with connect(kind, tls_server) as client:
        assert client.send(request()).status_code == 202
    with connect(kind, tls_server, retry_connect=0, use_env_settings=False) as client:
        with pytest.raises(ServiceRequestError):
            client.send(request())


@both_clients
@pytest.mark.parametrize("per_call", [True, False])
@pytest.mark.parametrize(
    "cert", [None, str(TLS / "server.pem"), (str(TLS / "server.pem"), str(TLS / "server.pem"))]
)
def test_trusted_certificates_can_be_given(kind: str, per_call: bool, cert: Any, tls_server: str) -> None:
    options: dict[str, Any] = {"connection_verify": AUTHORITY, "connection_cert": cert}
    with connect(kind, tls_server, **({} if per_call else options)) as client:
        assert client.send(request(), **(options if per_call else {})).status_code == 202


@pytest.mark.filterwarnings("ignore::urllib3.exceptions.InsecureRequestWarning")
@both_clients
@pytest.mark.parametrize("cert", [None, str(TLS / "server.pem")])
def test_verification_can_be_turned_off(kind: str, cert: str | None, tls_server: str) -> None:
    with connect(kind, tls_server, connection_verify=False, connection_cert=cert) as client:
        assert client.send(request()).status_code == 202


@both_clients
def test_a_bundle_that_is_not_there_is_an_error(kind: str, tls_server: str) -> None:
    with connect(kind, tls_server, connection_verify="/nowhere/ca.pem") as client:
        with pytest.raises((OSError, AzureError)):
            client.send(request())


# Python 3.10 leaves the transport of a TLS connection open that the other side broke off; aiohttp alone too.
@pytest.mark.filterwarnings("ignore:unclosed transport <asyncio.sslproto:ResourceWarning")
@both_clients
def test_a_tls_connection_that_breaks_after_the_request_may_have_been_heard(kind: str) -> None:
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.load_cert_chain(TLS / "server.pem")
    with PlainServer(context=context) as server:
        with connect(kind, f"https://{server.address}", connection_verify=AUTHORITY) as client:
            with pytest.raises(AzureError) as caught:
                client.send(request())
    assert not isinstance(caught.value, ServiceRequestError)
    assert len(server.heard) == 1
    gc.collect()


class PlainServer:
    """Reads what a client says first, answers it, and closes the connection."""

    def __init__(self, answer: bytes = b"", context: ssl.SSLContext | None = None) -> None:
        self.heard: list[bytes] = []
        self._answer = answer
        self._context = context
        self._socket = socket.create_server(("127.0.0.1", 0))
        self._thread = threading.Thread(target=self._serve)
        self.address = f"127.0.0.1:{self._socket.getsockname()[1]}"

    def _serve(self) -> None:
        while True:
            try:
                connection, _ = self._socket.accept()
            except OSError:
                return
            if self._context is not None:
                connection = self._context.wrap_socket(connection, server_side=True)
            self.heard.append(connection.recv(65536))
            connection.sendall(self._answer)
            connection.close()  # without TLS's good-bye

    def __enter__(self) -> Self:
        self._thread.start()
        return self

    def __exit__(self, *_: object) -> None:
        self._socket.shutdown(socket.SHUT_RDWR)
        self._socket.close()
        self._thread.join()
