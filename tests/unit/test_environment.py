"""Proxies and certificates, by option or from the environment: the outcome is azure-core's transports'."""

import base64
import gc
import http.server
import pickle
import re
import socket
import ssl
import threading
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import certifi
import pytest
from azure.core.exceptions import AzureError, IncompleteReadError, ServiceRequestError
from azure.core.pipeline.transport import RequestsTransport
from azure.core.rest import HttpRequest
from typing_extensions import Self

from azure.messaging.webpubsubservice._transports._errors import PermanentConnectionError
from tests.faults import FaultServer, authorized
from tests.unit.clients import KEY, both_clients, connect
from tests.unit.test_responses import shown

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
        "SSL_CERT_FILE",
        "SSL_CERT_DIR",
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


@both_clients
@pytest.mark.parametrize("cert", [None, str(TLS / "server.pem")])
def test_verification_can_be_turned_off(kind: str, cert: str | None, tls_server: str) -> None:
    with connect(kind, tls_server, connection_verify=False, connection_cert=cert) as client:
        assert client.send(request()).status_code == 202


@both_clients
@pytest.mark.parametrize("option", ["connection_verify", "connection_cert"])
@pytest.mark.parametrize("path", ["/nowhere/ca.pem", "ca.pem"])
def test_a_file_that_is_not_there_is_refused_at_once(
    kind: str, option: str, path: str, tls_server: str, environment: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    environment.chdir(tmp_path)
    where = "" if path.startswith("/") else f" in {str(tmp_path)!r}"
    words = re.escape(f"{option}={path!r}: there is no such file or folder{where}.")
    with pytest.raises(ValueError, match=words):
        with connect(kind, tls_server, **{option: path}):
            pass
    with connect(kind, tls_server) as client:
        with pytest.raises(ValueError, match=words):
            client.send(request(), **{option: path})


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


# Many servers close a TLS connection without its good-bye, and asyncio does not tell whether there was one.
@pytest.mark.filterwarnings("ignore:unclosed transport <asyncio.sslproto:ResourceWarning")
@both_clients
@pytest.mark.parametrize(
    ("framing", "is_whole"),
    [
        (b"\r\nhello", True),
        (b"Content-Length: 5\r\n\r\nhello", True),
        (b"Content-Length: 6\r\n\r\nhello", False),
        (b"Transfer-Encoding: chunked\r\n\r\n5\r\nhello\r\n", False),
    ],
)
def test_the_end_of_a_tls_connection_ends_only_a_body_that_says_nothing_of_its_own(
    kind: str, framing: bytes, is_whole: bool
) -> None:
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.load_cert_chain(TLS / "server.pem")
    options: dict[str, Any] = {"connection_verify": AUTHORITY, "retry_total": 0}
    with PlainServer(b"HTTP/1.1 200 OK\r\n" + framing, context) as server:
        with connect(kind, f"https://{server.address}", **options) as client:
            if is_whole:
                assert client.send(HttpRequest("GET", "/x")).content == b"hello"
            else:
                with pytest.raises(IncompleteReadError):
                    client.send(HttpRequest("GET", "/x"))
    gc.collect()


CERTIFICATE = str(TLS / "server.pem")
OTHERS = certifi.where()
AUTHORITY_HASH = "f20e0b1e.0"
"""How OpenSSL looks for the test's authority in a folder: ``openssl x509 -hash -noout -in authority.pem``."""

TRUST: dict[str, Callable[[Path], Any]] = {
    "str": lambda _folder: AUTHORITY,
    "Path": lambda _: Path(AUTHORITY),
    "folder": str,
    "context": lambda _: ssl.create_default_context(cafile=AUTHORITY),
}


@both_clients
@pytest.mark.parametrize("per_call", [True, False])
@pytest.mark.parametrize("make", TRUST.values(), ids=TRUST)
def test_trust_is_a_file_a_folder_or_a_context(
    kind: str, per_call: bool, make: Callable[[Path], Any], tls_server: str, tmp_path: Path
) -> None:
    (tmp_path / AUTHORITY_HASH).write_bytes(Path(AUTHORITY).read_bytes())
    options: dict[str, Any] = {"connection_verify": make(tmp_path)}
    with connect(kind, tls_server, **({} if per_call else options)) as client:
        for _ in range(2):
            assert client.send(request(), **(options if per_call else {})).status_code == 202


@both_clients
@pytest.mark.parametrize(
    "cert", [Path(CERTIFICATE), [CERTIFICATE, CERTIFICATE], (Path(CERTIFICATE), CERTIFICATE)]
)
def test_a_certificate_of_the_clients_own_is_a_path_or_two(kind: str, cert: Any, tls_server: str) -> None:
    with connect(kind, tls_server, connection_verify=AUTHORITY, connection_cert=cert) as client:
        assert client.send(request()).status_code == 202


@both_clients
@pytest.mark.parametrize(
    ("options", "variables", "trusted"),
    [
        ({}, {}, True),
        ({"connection_verify": None}, {}, True),
        ({"connection_verify": True}, {}, True),
        ({"connection_verify": OTHERS}, {}, False),
        ({}, {"REQUESTS_CA_BUNDLE": OTHERS}, False),
        ({}, {"CURL_CA_BUNDLE": OTHERS}, False),
        ({}, {"REQUESTS_CA_BUNDLE": ""}, True),
        ({}, {"REQUESTS_CA_BUNDLE": AUTHORITY, "CURL_CA_BUNDLE": OTHERS}, True),
        ({}, {"REQUESTS_CA_BUNDLE": OTHERS, "CURL_CA_BUNDLE": AUTHORITY}, False),
        ({"use_env_settings": False}, {"REQUESTS_CA_BUNDLE": OTHERS}, True),
        ({"connection_verify": AUTHORITY}, {"REQUESTS_CA_BUNDLE": OTHERS}, True),
        ({"connection_verify": OTHERS}, {"REQUESTS_CA_BUNDLE": AUTHORITY}, False),
    ],
)
def test_what_is_named_takes_the_place_of_the_systems_authorities(
    kind: str,
    options: dict[str, Any],
    variables: dict[str, str],
    trusted: bool,
    tls_server: str,
    environment: pytest.MonkeyPatch,
) -> None:
    environment.setenv("SSL_CERT_FILE", AUTHORITY)  # OpenSSL's way to name the system's authorities
    for name, value in variables.items():
        environment.setenv(name, value)
    with connect(kind, tls_server, **options) as client:
        if trusted:
            assert client.send(request()).status_code == 202
        else:
            with pytest.raises(ServiceRequestError, match="its certificate was refused"):
                client.send(request())


@both_clients
def test_no_option_that_is_not_set_turns_verification_off(kind: str, tls_server: str) -> None:
    unset: list[dict[str, Any]] = [
        {},
        {"connection_verify": None},
        {"connection_cert": None, "use_env_settings": None},
    ]
    for options in unset:
        with connect(kind, tls_server, **options) as client:
            with pytest.raises(ServiceRequestError, match="its certificate was refused"):
                client.send(request(), connection_verify=None)


@both_clients
def test_a_certificate_that_is_refused_is_not_tried_again(kind: str) -> None:
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.load_cert_chain(CERTIFICATE)
    with PlainServer(context=context) as server:
        with connect(kind, f"https://{server.address}") as client:
            with pytest.raises(PermanentConnectionError) as caught:
                client.send(request())
    assert server.accepted == 1
    assert isinstance(caught.value.inner_exception, ssl.SSLCertVerificationError)
    assert str(pickle.loads(pickle.dumps(caught.value))) == str(caught.value)


@both_clients
@pytest.mark.parametrize(
    ("options", "variables", "text"),
    [
        ({"connection_verify": "gone.pem"}, {}, r"connection_verify \(gone.pem\)"),
        ({"connection_verify": __file__}, {}, "connection_verify"),
        ({"connection_cert": "gone.pem"}, {}, r"connection_cert \(gone.pem\)"),
        ({"connection_cert": AUTHORITY}, {}, "connection_cert"),
        ({}, {"REQUESTS_CA_BUNDLE": "/nowhere/ca.pem"}, "REQUESTS_CA_BUNDLE"),
    ],
)
def test_files_that_cannot_be_read_are_named(
    kind: str,
    options: dict[str, Any],
    variables: dict[str, str],
    text: str,
    tls_server: str,
    environment: pytest.MonkeyPatch,
    tmp_path: Path,
) -> None:
    for name, value in variables.items():
        environment.setenv(name, value)
    environment.chdir(tmp_path)
    Path("gone.pem").touch()
    with connect(kind, tls_server, **options) as client:
        Path("gone.pem").unlink()
        with pytest.raises(PermanentConnectionError, match=text):
            client.send(request())


@both_clients
def test_a_certificate_beside_a_context_is_refused(kind: str, tls_server: str) -> None:
    context = ssl.create_default_context(cafile=AUTHORITY)
    with connect(kind, tls_server) as client:
        with pytest.raises(ValueError, match="load_cert_chain"):
            client.send(request(), connection_verify=context, connection_cert=CERTIFICATE)


SECRET = "a-password-made-up"


@both_clients
@pytest.mark.parametrize(
    "address",
    [
        f"http://user:{SECRET}@127.0.0.1:99999",
        f"http://user:{SECRET}@127.0.0.1:port",
        f"http://user:{SECRET}@",
        f"ftp://user:{SECRET}@127.0.0.1:21",
        f"user:{SECRET}@[::1",
    ],
)
@pytest.mark.parametrize("url", [SERVICE, "https://service.example"])
def test_a_proxy_that_is_none_is_an_error_without_its_password(
    kind: str, address: str, url: str, environment: pytest.MonkeyPatch
) -> None:
    environment.setenv("ALL_PROXY", address)
    with connect(kind, url) as client:
        with pytest.raises(PermanentConnectionError, match="PROXY") as caught:
            client.send(request())
    assert SECRET not in shown(caught.value)


@both_clients
@pytest.mark.parametrize(
    ("answer", "attempts"),
    [
        (b"HTTP/1.1 407 Proxy Authentication Required\r\nContent-Length: 0\r\n\r\n", 1),
        (b"HTTP/1.1 502 Bad Gateway\r\nContent-Length: 0\r\n\r\n", 2),
        (b"no HTTP\r\n\r\n", 2),
        (b"", 2),
    ],
)
def test_a_proxy_that_makes_no_tunnel_is_an_error_without_its_password(
    kind: str, answer: bytes, attempts: int, environment: pytest.MonkeyPatch
) -> None:
    with PlainServer(answer) as proxy:
        environment.setenv("HTTPS_PROXY", f"http://user:{SECRET}@{proxy.address}")
        with connect(kind, "https://service.example", retry_connect=1) as client:
            with pytest.raises(ServiceRequestError) as caught:
                client.send(request())
    assert len(proxy.heard) == attempts
    told = shown(caught.value)
    assert SECRET not in told
    assert base64.b64encode(f"user:{SECRET}".encode()).decode() not in told


@both_clients
def test_a_proxy_that_is_not_there_is_an_error_without_its_password(
    kind: str, environment: pytest.MonkeyPatch
) -> None:
    address = "127.0.0.1:1"  # one that was free a moment ago may be a server's by now
    environment.setenv("HTTP_PROXY", f"http://user:{SECRET}@{address}")
    with connect(kind, SERVICE, retry_connect=0) as client:
        with pytest.raises(ServiceRequestError, match=f"through the proxy http://{address}") as caught:
            client.send(request())
    assert SECRET not in shown(caught.value)


@both_clients
def test_a_proxy_is_asked_with_its_password_for_each_request(
    kind: str, environment: pytest.MonkeyPatch
) -> None:
    with FaultServer() as proxy:
        environment.setenv("HTTP_PROXY", proxy.endpoint.replace("//", "//us%C3%A9r:p@"))
        with connect(kind, SERVICE) as client:
            for _ in range(2):
                assert client.send(request()).status_code == 202
    expected = "Basic " + base64.b64encode("usér:p".encode()).decode()
    assert [seen.header("Proxy-Authorization") for seen in proxy.requests] == [expected] * 2
    assert proxy.connections == 1


@both_clients
@pytest.mark.parametrize("proxies", [{"http": None}, {"http": None, "https": "http://127.0.0.1:1"}])
def test_none_turns_off_a_proxy_of_the_environment(
    kind: str, proxies: dict[str, str | None], environment: pytest.MonkeyPatch
) -> None:
    environment.setenv("HTTP_PROXY", "http://127.0.0.1:1")
    with FaultServer() as server, connect(kind, server.endpoint) as client:
        assert client.send(request(), proxies=proxies).status_code == 202


class PlainServer:
    """Reads what a client says first, answers it, and closes the connection."""

    def __init__(self, answer: bytes = b"", context: ssl.SSLContext | None = None) -> None:
        self.heard: list[bytes] = []
        self.accepted = 0
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
            self.accepted += 1
            if self._context is not None:
                try:
                    connection = self._context.wrap_socket(connection, server_side=True)
                except (ssl.SSLError, ConnectionError):
                    connection.close()
                    continue
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
