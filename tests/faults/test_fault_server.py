"""The fault server does what its script says, seen from a bare socket and from two HTTP libraries."""

import asyncio
import gzip
import http.client
import socket
import threading
import time
from collections.abc import Iterator

import aiohttp
import jwt
import pytest

from tests.faults import (
    Answer,
    Disconnect,
    FaultServer,
    Gate,
    Raw,
    Relay,
    Request,
    Step,
    authorized,
    redirect,
)

KEY = "a-key-made-up-for-this-test-0123456789"
HELLO = b"POST /x?y=%2F HTTP/1.1\r\nHost: h\r\nx-A: 1\r\nX-a: 2\r\nContent-Length: 5\r\n\r\nhello"
HEAD_ONLY = HELLO[: HELLO.index(b"\r\n\r\n") + 4]


@pytest.fixture
def server() -> Iterator[FaultServer]:
    with FaultServer() as server:
        yield server


def connect(server: FaultServer) -> socket.socket:
    return socket.create_connection(("127.0.0.1", server.port), timeout=10)


def exchange(server: FaultServer, data: bytes = HELLO) -> bytes:
    """Send ``data`` and return all that comes until the server ends the connection."""
    with connect(server) as client:
        client.sendall(data)
        received = b""
        while part := client.recv(1 << 16):
            received += part
        return received


def post(
    server: FaultServer, body: bytes = b"hello", headers: dict[str, str] | None = None
) -> tuple[int, bytes]:
    connection = http.client.HTTPConnection("127.0.0.1", server.port, timeout=10)
    try:
        connection.request("POST", "/x", body, headers or {})
        response = connection.getresponse()
        return response.status, response.read()
    finally:
        connection.close()


def test_a_request_is_recorded_as_it_came(server: FaultServer) -> None:
    server.script(Answer(202, {"Connection": "close"}))
    answer = exchange(server)
    assert answer == b"HTTP/1.1 202 Accepted\r\nConnection: close\r\nContent-Length: 0\r\n\r\n"
    [request] = server.requests
    assert request.head == HEAD_ONLY
    assert (request.method, request.target, request.url) == ("POST", "/x?y=%2F", "http://h/x?y=%2F")
    assert request.headers == [("Host", "h"), ("x-A", "1"), ("X-a", "2"), ("Content-Length", "5")]
    assert (request.body, request.complete, request.connection) == (b"hello", True, 0)
    with pytest.raises(ValueError, match="x-a was sent 2 times"):
        request.header("x-a")


def test_a_chunked_request_is_put_together(server: FaultServer) -> None:
    server.script(Raw(b""))
    head = b"POST / HTTP/1.1\r\nHost: h\r\nTransfer-Encoding: chunked\r\n\r\n"
    assert exchange(server, head + b"3\r\nhel\r\n2;x=y\r\nlo\r\n0\r\nTrailer: t\r\n\r\n") == b""
    assert (server.requests[0].body, server.requests[0].chunked) == (b"hello", True)
    assert server.requests[0].complete


def test_a_request_that_breaks_off_is_recorded_as_incomplete(server: FaultServer) -> None:
    with connect(server) as client:
        client.sendall(HELLO[:-2])
        client.shutdown(socket.SHUT_WR)
        assert client.recv(1) == b""
    assert (server.requests[0].body, server.requests[0].complete) == (b"hel", False)


def test_steps_follow_one_another_then_the_rest_is_accepted(server: FaultServer) -> None:
    server.script(Answer(503, {"Retry-After": "1"}, b"busy"), Answer(429))
    assert [post(server) for _ in range(3)] == [(503, b"busy"), (429, b""), (202, b"")]
    assert [request.connection for request in server.requests] == [0, 1, 2]


def test_a_connection_is_kept_alive(server: FaultServer) -> None:
    connection = http.client.HTTPConnection("127.0.0.1", server.port, timeout=10)
    for _ in range(2):
        connection.request("POST", "/", b"hello")
        connection.getresponse().read()
    connection.close()
    assert server.connections == 1
    assert [request.connection for request in server.requests] == [0, 0]


def test_a_step_may_depend_on_the_request() -> None:
    def by_target(request: Request) -> Step:
        return Answer(404 if request.target == "/x" else 200)

    with FaultServer(otherwise=by_target) as server:
        assert post(server)[0] == 404


@pytest.mark.parametrize(
    ("after", "body", "complete"), [("head", b"", False), ("body", b"hello", True)], ids=["head", "body"]
)
def test_a_reset_is_a_reset(server: FaultServer, after: str, body: bytes, complete: bool) -> None:
    server.script(Disconnect("head" if after == "head" else "body"))
    with pytest.raises(ConnectionResetError):
        exchange(server)
    assert (server.requests[0].body, server.requests[0].complete) == (body, complete)


def test_a_reset_before_the_body_interrupts_a_long_one(server: FaultServer) -> None:
    server.script(Disconnect("head"))
    with pytest.raises(ConnectionError):
        exchange(server, HEAD_ONLY.replace(b"5", b"99999999") + bytes(99_999_999))
    assert server.requests[0].body == b""


@pytest.mark.parametrize("after", ["head", "body"])
def test_a_close_is_orderly(server: FaultServer, after: str) -> None:
    server.script(Disconnect("head" if after == "head" else "body", reset=False))
    assert exchange(server) == b""
    assert server.requests[0].complete is (after == "body")


def test_an_early_answer_arrives_while_the_body_is_still_to_come(server: FaultServer) -> None:
    server.script(Answer(413, early=True))
    answer = exchange(server, HEAD_ONLY)
    assert answer.startswith(b"HTTP/1.1 413 ")
    assert b"\r\nConnection: close\r\n" in answer
    assert not server.requests[0].complete


def test_an_answer_waits_for_its_gate(server: FaultServer) -> None:
    gate = Gate()
    server.script(Answer(200, body=b"late", gate=gate))
    answers: list[tuple[int, bytes]] = []
    client = threading.Thread(target=lambda: answers.append(post(server)))
    client.start()
    assert gate.reached.wait(10)
    assert answers == []
    gate.open()
    client.join()
    assert answers == [(200, b"late")]


def test_a_body_waits_for_its_gate(server: FaultServer) -> None:
    gate = Gate()
    server.script(Answer(200, body=b"late", body_gate=gate))
    connection = http.client.HTTPConnection("127.0.0.1", server.port, timeout=10)
    connection.request("GET", "/")
    response = connection.getresponse()
    assert response.status == 200
    gate.open()
    assert response.read() == b"late"
    connection.close()


def test_a_held_answer_does_not_keep_the_server_from_ending() -> None:
    gate = Gate()
    with FaultServer(Answer(gate=gate)) as server, connect(server) as client:
        client.sendall(HELLO)
        assert gate.reached.wait(10)
    assert server.wait_disconnected(0)


def test_an_answer_is_truncated(server: FaultServer) -> None:
    server.script(Answer(200, body=b"0123456789", truncate=4))
    assert exchange(server) == b"HTTP/1.1 200 OK\r\nContent-Length: 10\r\n\r\n0123"


def test_an_answer_is_any_bytes(server: FaultServer) -> None:
    server.script(Raw(b"HTTP/1.1 20"))
    assert exchange(server) == b"HTTP/1.1 20"


def test_framings_and_compression(server: FaultServer) -> None:
    server.script(
        Answer(200, body=b"0123456789", framing="chunked"),
        Answer(200, body=b"0123456789", framing="close"),
        Answer(200, body=b"0123456789", framing="chunked", gzip=True),
    )
    assert post(server) == (200, b"0123456789")
    assert exchange(server) == b"HTTP/1.1 200 OK\r\n\r\n0123456789"
    assert gzip.decompress(post(server)[1]) == b"0123456789"


@pytest.mark.parametrize(("method", "status"), [("HEAD", 200), ("GET", 204), ("GET", 304)])
def test_answers_that_have_no_body_have_none(server: FaultServer, method: str, status: int) -> None:
    server.script(Answer(status, {"Connection": "close"}, body=b"0123456789"))
    answer = exchange(server, method.encode() + b" / HTTP/1.1\r\nHost: h\r\n\r\n")
    assert answer.endswith(b"\r\n\r\n")
    assert (b"Content-Length: 10" in answer) is (status != 204)


async def test_aiohttp_decodes_what_is_compressed_and_follows_what_is_redirected(server: FaultServer) -> None:
    with FaultServer(Answer(200, body=b"0123456789", framing="chunked", gzip=True)) as other:
        server.script(redirect(other.endpoint + "/elsewhere"))
        async with (
            aiohttp.ClientSession() as session,
            session.post(server.endpoint, data=b"hello") as response,
        ):
            assert await response.read() == b"0123456789"
        assert [(r.method, r.target, r.body) for r in other.requests] == [("POST", "/elsewhere", b"hello")]


def test_requests_are_relayed_and_their_answers_are_not_if_so_scripted(server: FaultServer) -> None:
    with FaultServer(Answer(200, {"x-a": "b"}, b"0123456789"), Answer(202), Answer(202)) as other:
        server.script(
            Relay(other.port), Relay(other.port, then=Answer(503)), Relay(other.port, then=Disconnect())
        )
        connection = http.client.HTTPConnection("127.0.0.1", server.port, timeout=10)
        answers = []
        for _ in range(2):
            connection.request("POST", "/x", b"hello")
            response = connection.getresponse()
            answers.append((response.status, response.getheader("x-a"), response.read()))
        connection.request("POST", "/x", b"hello")
        with pytest.raises(ConnectionResetError):
            connection.getresponse()
        connection.close()
        assert answers == [(200, "b", b"0123456789"), (503, None, b"")]
        assert [request.head for request in other.requests] == [request.head for request in server.requests]
        assert [request.body for request in other.requests] == [b"hello"] * 3
        assert other.connections == 1


def test_a_port_refuses_until_the_server_listens() -> None:
    with FaultServer(listening=False) as server:
        for _ in range(2):
            with pytest.raises(ConnectionRefusedError):
                connect(server)
        server.listen()
        assert post(server) == (202, b"")


@pytest.mark.parametrize("reset", [False, True], ids=["close", "reset"])
def test_idle_connections_are_dropped(server: FaultServer, reset: bool) -> None:
    connection = http.client.HTTPConnection("127.0.0.1", server.port, timeout=10)
    connection.request("POST", "/", b"hello")
    assert connection.getresponse().read() == b""
    assert not server.wait_disconnected(0)
    server.drop_connections(reset=reset)
    assert server.wait_disconnected(0)
    if reset:
        with pytest.raises(ConnectionResetError):
            connection.sock.recv(1)
    else:
        assert connection.sock.recv(1) == b""
    connection.close()


@pytest.mark.parametrize(
    ("signed_for", "key", "expires_in", "status"),
    [
        ("{url}", KEY, 60, 202),
        ("{url}/", KEY, 60, 401),
        ("http://other.example/x", KEY, 60, 401),
        ("{url}", KEY[:-1], 60, 401),
        ("{url}", KEY, -60, 401),
    ],
    ids=["valid", "other path", "other host", "other key", "expired"],
)
def test_tokens_are_for_the_url_that_is_seen(signed_for: str, key: str, expires_in: int, status: int) -> None:
    with FaultServer(otherwise=authorized(KEY)) as server:
        audience = signed_for.format(url=server.endpoint + "/x")
        token = jwt.encode({"aud": audience, "exp": time.time() + expires_in}, key)
        assert post(server, headers={"Authorization": f"Bearer {token}"})[0] == status
        assert post(server)[0] == 401


async def test_it_serves_many_connections_at_once(server: FaultServer) -> None:
    gate = Gate()
    server.otherwise = Answer(202, gate=gate)

    async def send(session: aiohttp.ClientSession, number: int) -> int:
        async with session.post(server.endpoint, data=b"%d" % number) as response:
            return response.status

    async with aiohttp.ClientSession() as session:
        sends = [asyncio.create_task(send(session, number)) for number in range(20)]
        assert await asyncio.to_thread(gate.reached.wait, 10)
        gate.open()
        assert await asyncio.gather(*sends) == [202] * 20
    assert sorted(int(request.body) for request in server.requests) == list(range(20))


def test_what_is_not_http_is_an_error_of_the_test() -> None:
    with pytest.raises(ValueError, match=r"not an HTTP/1\.1 request line: 'hello'"), FaultServer() as server:
        exchange(server, b"hello\r\n\r\n")
