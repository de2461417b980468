"""Errors of connections and statuses say what to look at first, alike in both clients."""

import socketserver
import ssl
import threading
from pathlib import Path

import pytest
from azure.core.exceptions import AzureError, HttpResponseError, ServiceRequestError, ServiceResponseError
from azure.core.rest import HttpRequest

from azure.messaging.webpubsubservice._transports._errors import LibraryErrors, not_connected, response_error
from azure.messaging.webpubsubservice._transports._hints import _NO_TLS, connection_hint, status_hint
from azure.messaging.webpubsubservice.emulator import Emulator
from tests.faults import Answer, Disconnect, FaultServer, Raw
from tests.unit.clients import KEY, both_clients, connect

GET = HttpRequest("GET", "/x")
SEND = HttpRequest("POST", "/api/hubs/chat/:send", json={})
CERTIFICATE = Path(__file__).with_name("tls") / "server.pem"


def failed(kind: str, endpoint: str) -> AzureError:
    with connect(kind, endpoint, retry_total=0) as client, pytest.raises(AzureError) as raised:
        client.send(GET)
    return raised.value


@pytest.mark.parametrize(("seconds", "text"), [(1, "1 second."), (1.0, "1 second."), (0.5, "0.5 seconds.")])
def test_seconds_have_a_plural(seconds: float, text: str) -> None:
    cause = TimeoutError()
    raised = LibraryErrors(timeout=TimeoutError, truncation=EOFError, loss=OSError)
    silent = response_error("http://h:80", seconds, cause, raised)
    assert str(silent) == f"http://h:80 was silent for {text}"
    connecting = not_connected("http://h:80", seconds, cause, timed_out=True)
    assert str(connecting) == f"No connection to http://h:80 within {text}"


@both_clients
def test_a_refused_connection_to_this_machine(kind: str) -> None:
    with FaultServer(listening=False) as server:
        error = failed(kind, server.endpoint)
        port = server.endpoint.rpartition(":")[2]
    assert isinstance(error, ServiceRequestError)
    assert str(error) == (
        f"No connection to {server.endpoint}: Connection refused. Is the emulator running? "
        f"'python -m azure.messaging.webpubsubservice.emulator --port {port}' starts it."
    )


@both_clients
def test_tls_where_plain_http_is_spoken(kind: str) -> None:
    with Emulator() as emulator:
        error = failed(kind, emulator.endpoint.replace("http:", "https:"))
    assert isinstance(error, ServiceRequestError)
    assert "It does not speak TLS: check the port, or write http:// for the emulator." in str(error)


@both_clients
def test_plain_http_where_tls_is_spoken(kind: str) -> None:
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.load_cert_chain(CERTIFICATE)
    with socketserver.TCPServer(("127.0.0.1", 0), socketserver.BaseRequestHandler) as server:
        server.socket = context.wrap_socket(server.socket, server_side=True)
        thread = threading.Thread(target=server.handle_request)
        thread.start()
        error = failed(kind, f"http://127.0.0.1:{server.server_address[1]}")
        thread.join()
    assert isinstance(error, ServiceResponseError)
    assert str(error).endswith("If it speaks TLS, write https:// in the endpoint.")


@both_clients
@pytest.mark.parametrize(
    "step", [Raw(b"\x15\x03\x01\x00\x02\x02F"), Disconnect("head")], ids=["an alert of TLS", "closed"]
)
def test_a_connection_that_breaks_where_tls_may_be_spoken(kind: str, step: Raw | Disconnect) -> None:
    with FaultServer(step) as server:
        error = failed(kind, server.endpoint)
    assert str(error).endswith("If it speaks TLS, write https:// in the endpoint.")


CAUSES = """\

The service does not accept the token. There are four usual causes:
1. The access key belongs to another resource, or was regenerated: copy it again from the portal.
2. This machine's clock is more than five minutes slow: the response is of {date}.
3. Something in between changes the URL that the token is for: pass reverse_proxy_endpoint.
4. The resource does not accept access keys: use Microsoft Entra."""


@both_clients
def test_a_refused_token(kind: str) -> None:
    with Emulator() as emulator, connect(kind, emulator.endpoint, "another" + KEY) as client:
        response = client.send(SEND)
        with pytest.raises(HttpResponseError) as raised:
            response.raise_for_status()
    assert response.status_code == 401
    assert str(raised.value).endswith(CAUSES.format(date=response.headers["Date"]))
    assert raised.value.message == str(raised.value)


@both_clients
@pytest.mark.parametrize(
    "body",
    [
        b"Client sent an HTTP request to an HTTPS server.\n",
        b"<title>400 The plain HTTP request was sent to HTTPS port</title>",
        b"Reason: You're speaking plain HTTP to an SSL-enabled server port.<br />",
    ],
    ids=["Go", "nginx", "Apache"],
)
def test_a_server_that_says_that_it_speaks_tls(kind: str, body: bytes) -> None:
    with FaultServer(Answer(400, body=body)) as server, connect(kind, server.endpoint) as client:
        with pytest.raises(HttpResponseError, match="The server speaks TLS: write https:// in the endpoint"):
            client.send(GET).raise_for_status()


@pytest.mark.parametrize(
    ("server", "error", "connected", "hint"),
    [
        ("http://127.0.0.2:80", ConnectionRefusedError(), False, " Is the emulator running?"),
        ("http://[::1]:80", ConnectionRefusedError(), False, " Is the emulator running?"),
        ("http://localhost:80", ConnectionRefusedError(), False, " Is the emulator running?"),
        (
            "https://h.example:443",
            ConnectionRefusedError(),
            False,
            " Nothing listens there: check host and port",
        ),
        ("https://h.example:443 through the proxy http://p", ConnectionRefusedError(), False, ""),
        ("https://h.example:443", TimeoutError(), False, ""),
        ("https://h.example:443", ssl.SSLError(1, "other"), False, ""),
        ("https://h.example:443", ConnectionResetError(), True, ""),
    ],
)
def test_hints_for_connections(server: str, error: Exception, connected: bool, hint: str) -> None:
    found = connection_hint(server, [ValueError(), error], connected=connected)
    assert found.startswith(hint)
    assert bool(found) == bool(hint)


@pytest.mark.parametrize("reason", _NO_TLS)
def test_every_word_of_openssl_for_a_server_without_tls(reason: str) -> None:
    error = ssl.SSLError(1, reason)
    error.reason = reason
    hint = " It does not speak TLS: check the port, or write http:// for the emulator."
    assert connection_hint("https://h.example:443", [error], connected=False) == hint


@pytest.mark.parametrize(
    ("status", "content"), [(400, b"x"), (400, None), (403, b""), (404, None), (500, b"x")]
)
def test_other_statuses_have_no_hint(status: int, content: bytes | None) -> None:
    assert not status_hint(status, {}, content)


def test_a_refused_token_without_a_date() -> None:
    assert "This machine's clock is more than five minutes slow.\n" in status_hint(401, {}, None)
