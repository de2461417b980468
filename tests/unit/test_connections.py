"""Connections: one attempt is one request, one answer belongs to one request, and nothing waits for ever."""

import asyncio
import contextlib
import gc
import logging
import os
import socket
import threading
from collections.abc import Iterator
from typing import Any

import pytest
from azure.core.credentials import AzureKeyCredential
from azure.core.exceptions import (
    AzureError,
    ServiceRequestTimeoutError,
    ServiceResponseError,
    ServiceResponseTimeoutError,
)
from azure.core.rest import HttpRequest

from azure.messaging.webpubsubservice import WebPubSubServiceClient
from azure.messaging.webpubsubservice._transports import _aiohttp, _urllib3
from azure.messaging.webpubsubservice._transports._connections import Connection
from azure.messaging.webpubsubservice._transports._pool import Pool
from azure.messaging.webpubsubservice.aio import WebPubSubServiceClient as AsyncClient
from tests.faults import Answer, Disconnect, FaultServer, Gate, Raw
from tests.unit.clients import KEY, both_clients, connect

OK = b"HTTP/1.1 200 OK\r\nContent-Length: 5\r\n\r\nright"
STRAY = b"HTTP/1.1 200 OK\r\nContent-Length: 5\r\n\r\nstray"
METHODS = ["GET", "HEAD", "PUT", "DELETE", "OPTIONS", "POST", "PATCH"]


def request(method: str = "POST", **options: Any) -> HttpRequest:
    return HttpRequest(
        method, "/x", content=b"hello" if method in {"POST", "PUT", "PATCH"} else None, **options
    )


@both_clients
@pytest.mark.parametrize("method", METHODS)
@pytest.mark.parametrize("reset", [True, False])
def test_a_kept_connection_that_breaks_is_one_request(kind: str, method: str, reset: bool) -> None:
    with (
        FaultServer(Answer(202), Disconnect(reset=reset)) as server,
        connect(kind, server.endpoint, retry_total=0) as client,
    ):
        assert client.send(request(method)).status_code == 202
        with pytest.raises(ServiceResponseError):
            client.send(request(method))
        assert (len(server.requests), server.connections) == (2, 1)


@both_clients
@pytest.mark.parametrize("method", METHODS)
@pytest.mark.parametrize("reset", [True, False])
def test_a_kept_connection_that_is_dead_is_not_written_to(kind: str, method: str, reset: bool) -> None:
    with FaultServer() as server, connect(kind, server.endpoint, retry_total=0) as client:
        assert client.send(request(method)).status_code == 202
        server.drop_connections(reset=reset)
        assert client.send(request(method)).status_code == 202
        assert (len(server.requests), server.connections) == (2, 2)


@both_clients
@pytest.mark.parametrize(
    "interim",
    [
        b"HTTP/1.1 100 Continue\r\n\r\n",
        b"HTTP/1.1 102 Processing\r\n\r\n",
        b"HTTP/1.1 103 Early Hints\r\nLink: </a>; rel=preload\r\n\r\n",
        b"HTTP/1.1 100 Continue\r\n\r\nHTTP/1.1 103 Early Hints\r\nContent-Length: 9\r\n\r\n",
        b"HTTP/1.1 199 Anything\r\n\r\n",
    ],
)
def test_interim_answers_are_skipped(kind: str, interim: bytes) -> None:
    with FaultServer(Raw(interim + OK, close=False)) as server, connect(kind, server.endpoint) as client:
        response = client.send(request("GET"))
        assert (response.status_code, response.content) == (200, b"right")
        assert client.send(request("GET")).status_code == 202


@both_clients
def test_a_protocol_that_nobody_asked_for_ends_the_connection(kind: str) -> None:
    switch = b"HTTP/1.1 101 Switching Protocols\r\nUpgrade: x\r\nConnection: upgrade\r\n\r\n"
    with (
        FaultServer(Raw(switch + OK, close=False)) as server,
        connect(kind, server.endpoint, retry_total=0) as client,
    ):
        with pytest.raises(ServiceResponseError):
            client.send(request("GET"))
        assert client.send(request("GET")).status_code == 202
        assert server.connections == 2


def test_interim_answers_without_end_are_an_error() -> None:
    interim = b"HTTP/1.1 102 Processing\r\n\r\n"
    with FaultServer(Raw(interim * 200 + OK)) as server, connect("sync", server.endpoint) as client:
        with pytest.raises(ServiceResponseError):
            client.send(request())


@both_clients
@pytest.mark.parametrize("first", [OK, b"HTTP/1.1 204 No Content\r\n\r\n"])
def test_an_answer_that_nobody_asked_for_is_nobodys(kind: str, first: bytes) -> None:
    with (
        FaultServer(Raw(first + STRAY, close=False)) as server,
        connect(kind, server.endpoint, retry_total=0) as client,
    ):
        assert client.send(request("GET")).content in {b"right", b""}
        response = client.send(request("GET"))
        assert (response.status_code, response.content) == (202, b"")
        assert server.connections == 2


@both_clients
def test_a_connection_whose_body_was_not_read_is_not_used_again(kind: str) -> None:
    gate = Gate()
    with (
        FaultServer(Answer(200, body=STRAY, body_gate=gate)) as server,
        connect(kind, server.endpoint, retry_total=0) as client,
    ):
        client.call(client.send(request("GET"), stream=True), "close")
        assert client.send(request("GET")).status_code == 202
        assert server.connections == 2
        gate.open()


@contextlib.contextmanager
def deaf_server() -> Iterator[str]:
    """Take connections and read nothing."""
    with socket.socket() as listener:
        listener.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, 4096)
        listener.bind(("127.0.0.1", 0))
        listener.listen()
        yield f"http://127.0.0.1:{listener.getsockname()[1]}"


@both_clients
@pytest.mark.parametrize("size", [5, 1024 * 1024])
def test_a_server_that_does_not_read_is_not_waited_for(kind: str, size: int) -> None:
    with deaf_server() as endpoint, connect(kind, endpoint, retry_total=0, read_timeout=0.1) as client:
        with pytest.raises(ServiceResponseTimeoutError, match=r"0\.1 seconds"):
            client.send(HttpRequest("POST", "/x", content=bytes(size)))


@both_clients
def test_a_server_that_does_not_know_expect_gets_the_body(kind: str) -> None:
    with FaultServer() as server, connect(kind, server.endpoint, retry_total=0, read_timeout=5) as client:
        assert client.send(request(headers={"Expect": "100-continue"})).status_code == 202
    assert server.requests[0].body == b"hello"


@both_clients
def test_a_proxy_that_does_not_answer_is_not_waited_for(kind: str) -> None:
    with deaf_server() as proxy:
        options: dict[str, Any] = {"retry_total": 0, "connection_timeout": 0.1, "proxies": {"https": proxy}}
        with connect(kind, "https://service.example", **options) as client:
            with pytest.raises(ServiceRequestTimeoutError, match=r"0\.1 seconds"):
                client.send(request())


async def test_a_free_connection_is_not_waited_for_for_ever() -> None:
    gate = Gate()
    with FaultServer(Answer(202, gate=gate)) as server:
        async with AsyncClient(
            endpoint=server.endpoint,
            credential=AzureKeyCredential(KEY),
            connection_pool_size=1,
            retry_total=0,
        ) as client:
            first = asyncio.create_task(client.send_request(request()))
            await asyncio.to_thread(gate.reached.wait)
            with pytest.raises(ServiceRequestTimeoutError, match=r"0\.05 seconds"):
                await client.send_request(request(), connection_timeout=0.05)
            gate.open()
            assert (await first).status_code == 202
        assert len(server.requests) == 1


def test_more_threads_than_the_pool_has_room_for_send_all_the_same(caplog: pytest.LogCaptureFixture) -> None:
    gates = [Gate(), Gate(), Gate()]
    with FaultServer(*(Answer(202, gate=gate) for gate in gates)) as server:
        with connect("sync", server.endpoint, connection_pool_size=1) as client:
            threads = [threading.Thread(target=client.send, args=(request(),)) for _ in gates]
            for thread, gate in zip(threads, gates, strict=True):
                thread.start()
                gate.reached.wait()
            for thread, gate in zip(threads, gates, strict=True):
                gate.open()
                thread.join()
            client.send(request())
            assert server.connections == 3
    assert not [record for record in caplog.records if record.levelno >= logging.WARNING]


@both_clients
def test_idle_connections_are_retired(kind: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(_urllib3 if kind == "sync" else _aiohttp, "KEEP_ALIVE", 1e-9)
    with FaultServer() as server, connect(kind, server.endpoint) as client:
        client.send(request())
        client.send(request())
        assert server.connections == 2


class Time:
    """A clock that moves only when a test moves it."""

    now = 0.0

    def __call__(self) -> float:
        return self.now


def test_the_pool_keeps_connections_for_its_time_and_up_to_its_size() -> None:
    time = Time()
    with deaf_server() as endpoint:
        port = int(endpoint.rpartition(":")[2])
        pool = Pool(2, 60, time)
        connections = [Connection("127.0.0.1", port) for _ in range(3)]
        for connection in connections:
            connection.connect()
            pool.put(connection)
        assert connections[0].is_closed  # there is room for two, and the newest is used first
        assert pool.take() is connections[2]
        time.now = 59.0
        pool.put(connections[2])
        time.now = 60.0
        assert pool.take() is connections[2]
        assert pool.take() is None
        assert connections[1].is_closed
        pool.close()
        pool.put(connections[2])
        assert connections[2].is_closed


@both_clients
def test_no_logger_of_others_is_changed_or_told_a_secret(kind: str, caplog: pytest.LogCaptureFixture) -> None:
    caplog.set_level(logging.DEBUG)
    names = ("", "urllib3", "urllib3.connectionpool", "aiohttp", "aiohttp.client", "asyncio")

    def state() -> list[Any]:
        loggers = map(logging.getLogger, names)
        return [(each.level, list(each.filters), list(each.handlers), each.disabled) for each in loggers]

    before = state()
    with FaultServer(Answer(503)) as server, connect(kind, server.endpoint) as client:
        client.send(HttpRequest("GET", "/x?access_token=a-secret-made-up"))
    assert state() == before
    assert "a-secret-made-up" not in caplog.text


@pytest.mark.skipif(not hasattr(os, "fork"), reason="the system has no fork")
@pytest.mark.filterwarnings("ignore:.*multi-threaded.*fork:DeprecationWarning")
def test_an_asynchronous_client_makes_connections_of_its_own_in_a_child() -> None:
    with FaultServer() as server:
        client = AsyncClient(endpoint=server.endpoint, credential=AzureKeyCredential(KEY))
        loop = asyncio.new_event_loop()

        def send() -> int:
            return loop.run_until_complete(client.send_request(request())).status_code

        assert send() == 202
        child = os.fork()
        if not child:
            with contextlib.suppress(BaseException):
                codes = [asyncio.run(client.send_request(request())).status_code for _ in range(2)]
                gc.collect()
                os._exit(codes != [202, 202])
            os._exit(2)
        assert os.waitpid(child, 0)[1] == 0
        assert send() == 202
        loop.run_until_complete(client.close())
        loop.run_until_complete(loop.shutdown_default_executor())
        loop.close()
        assert [seen.connection for seen in server.requests] == [0, 1, 2, 0]


# asyncio leaves the sockets of a loop that has ended to the garbage collector.
@pytest.mark.filterwarnings("ignore::ResourceWarning", "ignore::pytest.PytestUnraisableExceptionWarning")
def test_an_asynchronous_client_goes_from_one_event_loop_to_the_next() -> None:
    with FaultServer() as server:
        client = AsyncClient(endpoint=server.endpoint, credential=AzureKeyCredential(KEY))

        async def send(*, last: bool) -> int:
            status = (await client.send_request(request())).status_code
            if last:
                await client.close()
            return status

        assert [asyncio.run(send(last=last)) for last in (False, False, True)] == [202] * 3
        assert server.connections == 3
    gc.collect()


@both_clients
@pytest.mark.parametrize(
    "url",
    [
        "http://[::1",
        "http://127.0.0.1:99999/",
        "http:///x",
        "ftp://127.0.0.1/",
        "http://127.0.0.1:x/",
        "http://127.0.0.1/a b",
        "http://127.0.0.1/é",
        "http://127.0.0.1/a\r\nX: y",
    ],
)
def test_a_url_that_is_none_is_an_error_of_azure_cores(kind: str, url: str) -> None:
    def send_sync() -> None:
        with _urllib3.Urllib3Transport() as transport:
            transport.send(HttpRequest("GET", url))

    async def send_async() -> None:
        async with _aiohttp.AiohttpTransport() as transport:
            await transport.send(HttpRequest("GET", url))

    with pytest.raises(AzureError):
        send_sync() if kind == "sync" else asyncio.run(send_async())


@both_clients
@pytest.mark.parametrize(
    ("rest", "target"),
    [
        ("", "/"),
        ("/", "/"),
        ("/a#f", "/a"),
        ("?x=/a", "/?x=/a"),
        ("/a?b#c?d", "/a?b"),
        ("#/x", "/"),
        ("/%zz//", "/%zz//"),
    ],
)
def test_the_target_is_what_the_url_says_without_its_fragment(kind: str, rest: str, target: str) -> None:
    with FaultServer() as server:

        def send_sync() -> None:
            with _urllib3.Urllib3Transport() as transport:
                transport.send(HttpRequest("GET", server.endpoint + rest))

        async def send_async() -> None:
            async with _aiohttp.AiohttpTransport() as transport:
                await transport.send(HttpRequest("GET", server.endpoint + rest))

        send_sync() if kind == "sync" else asyncio.run(send_async())
    assert server.requests[0].target == target


def test_a_closed_client_says_so() -> None:
    client = WebPubSubServiceClient(endpoint="http://127.0.0.1:1", credential=AzureKeyCredential(KEY))
    client.close()
    with pytest.raises(ValueError, match="closed"):
        client.send_request(request())
