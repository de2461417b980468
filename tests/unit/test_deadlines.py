"""What ``timeout=`` bounds: the whole call in the asynchronous client, each wait in the synchronous one."""

import asyncio
import contextlib
import socket
import time
from collections.abc import AsyncIterator, Iterator
from types import SimpleNamespace
from typing import Any

import pytest
from azure.core.credentials import AccessToken, AzureKeyCredential
from azure.core.exceptions import (
    AzureError,
    ServiceRequestTimeoutError,
    ServiceResponseTimeoutError,
)
from azure.core.rest import HttpRequest
from typing_extensions import Self

from azure.messaging.webpubsubservice._flows import _retry
from azure.messaging.webpubsubservice.aio import WebPubSubServiceClient
from tests.faults import Answer, FaultServer, Gate, Raw, Request, Step
from tests.loop_time import LoopTime
from tests.unit.clients import KEY, both_clients, connect

SHORT = 0.25
ENOUGH = 10
"""Seconds in which a call whose limit is ``SHORT`` ends, however slow the machine is."""


def post(content: Any = b"hello", **headers: str) -> HttpRequest:
    return HttpRequest("POST", "/x", content=content, headers=headers)


@contextlib.contextmanager
def ends_in_time() -> Iterator[None]:
    start = time.monotonic()
    yield
    assert time.monotonic() - start < ENOUGH


@contextlib.asynccontextmanager
async def client(endpoint: str, **options: Any) -> AsyncIterator[WebPubSubServiceClient]:
    options.setdefault("credential", AzureKeyCredential(KEY))
    async with WebPubSubServiceClient(endpoint, **options) as opened:
        yield opened


@contextlib.contextmanager
def held() -> Iterator[tuple[FaultServer, Gate]]:
    """Open a server that holds its responses until the test is over."""
    gate = Gate()
    with FaultServer(otherwise=Answer(202, gate=gate)) as server:
        try:
            yield server, gate
        finally:
            gate.open()


class Deaf:
    """A server that takes connections and never reads."""

    def __init__(self, listener: socket.socket) -> None:
        listener.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, 4096)
        self._listener = listener
        self.endpoint = f"http://127.0.0.1:{listener.getsockname()[1]}"

    async def times_out(self, opened: WebPubSubServiceClient, request: HttpRequest) -> None:
        """Send a request whose time ends when it has begun to arrive."""
        loop_time = LoopTime(asyncio.get_running_loop())
        call = asyncio.create_task(opened.send_request(request, timeout=SHORT))
        with await asyncio.to_thread(self._arrival):
            loop_time.advance(SHORT)
            with ends_in_time(), pytest.raises(ServiceResponseTimeoutError):
                await call

    def _arrival(self) -> socket.socket:
        connection, _ = self._listener.accept()
        connection.recv(1, socket.MSG_PEEK)
        return connection


@contextlib.contextmanager
def deaf() -> Iterator[Deaf]:
    with socket.create_server(("127.0.0.1", 0)) as listener:
        yield Deaf(listener)


@both_clients
@pytest.mark.parametrize("per_call", [True, False])
def test_a_response_that_does_not_come(kind: str, per_call: bool) -> None:
    option: Any = {"timeout": SHORT}
    with held() as (server, gate), connect(kind, server.endpoint, **({} if per_call else option)) as opened:
        server.otherwise = opened.after(SHORT, Answer(202, gate=gate))
        with ends_in_time(), pytest.raises(ServiceResponseTimeoutError):
            opened.send(post(), **(option if per_call else {}))


@both_clients
def test_a_call_without_a_limit_overrides_the_clients(kind: str) -> None:
    with FaultServer() as server, connect(kind, server.endpoint, timeout=1e-9) as opened:
        assert opened.send(post(), timeout=float("inf")).status_code == 202
        with pytest.raises((ServiceRequestTimeoutError, ServiceResponseTimeoutError)):
            opened.send(post())


async def test_a_body_that_comes_byte_by_byte() -> None:
    """Each byte comes in time; the body does not. The synchronous client would go on reading."""

    begun, ended = asyncio.Event(), asyncio.Event()

    async def drip(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        await reader.readuntil(b"\r\n\r\n")
        writer.write(b"HTTP/1.1 200 OK\r\nContent-Length: 1000000000\r\n\r\n")
        with contextlib.suppress(ConnectionError):
            while True:
                writer.write(b"x")
                await writer.drain()
                await asyncio.sleep(0)
                begun.set()
        writer.close()
        with contextlib.suppress(ConnectionError):
            await writer.wait_closed()
        ended.set()

    async with await asyncio.start_server(drip, "127.0.0.1", 0) as server:
        endpoint = f"http://127.0.0.1:{server.sockets[0].getsockname()[1]}"
        async with client(endpoint) as opened:
            loop_time = LoopTime(asyncio.get_running_loop())
            request = opened.send_request(HttpRequest("GET", "/x"), timeout=SHORT, retry_total=0)
            call = asyncio.create_task(request)
            await begun.wait()
            loop_time.advance(SHORT)
            with ends_in_time(), pytest.raises(ServiceResponseTimeoutError, match="may have arrived"):
                await call
        await ended.wait()


async def test_a_service_that_does_not_take_the_body() -> None:
    with deaf() as server:
        async with client(server.endpoint) as opened:
            await server.times_out(opened, post(bytes(1024 * 1024)))


async def test_a_service_that_never_says_continue() -> None:
    with deaf() as server:
        async with client(server.endpoint) as opened:
            await server.times_out(opened, post(Expect="100-continue"))


async def test_a_free_connection() -> None:
    with held() as (server, gate):
        async with client(server.endpoint, connection_pool_size=1) as opened:
            first = asyncio.create_task(opened.send_request(post()))
            await asyncio.to_thread(gate.reached.wait)
            with ends_in_time(), pytest.raises(AzureError, match=str(SHORT)):
                await opened.send_request(post(), timeout=SHORT)
            first.cancel()
            with pytest.raises(asyncio.CancelledError):
                await first
    assert len(server.requests) == 1


class NeverEnding:
    """A credential that never answers."""

    def __init__(self) -> None:
        self.asked = 0

    async def get_token(self, *_: Any, **__: Any) -> AccessToken:
        self.asked += 1
        await asyncio.Event().wait()
        raise AssertionError

    async def close(self) -> None:
        pass

    async def __aenter__(self) -> Self:
        return self

    async def __aexit__(self, *_: object) -> None:
        pass


async def test_a_token_that_does_not_come_and_nothing_was_sent() -> None:
    credential = NeverEnding()
    with FaultServer() as server:
        async with client(server.endpoint, credential=credential, enforce_https=False) as opened:
            calls = [opened.send_request(post(), timeout=SHORT) for _ in range(2)]
            with ends_in_time():
                for outcome in await asyncio.gather(*calls, return_exceptions=True):
                    assert type(outcome) is ServiceRequestTimeoutError
                    assert "before anything was sent" in str(outcome)
    assert credential.asked >= 1
    assert not server.requests


async def test_content_that_does_not_come_and_nothing_was_sent() -> None:
    async def content() -> AsyncIterator[bytes]:
        yield b"x"
        await asyncio.Event().wait()

    with FaultServer() as server:
        async with client(server.endpoint) as opened:
            with ends_in_time(), pytest.raises(ServiceRequestTimeoutError, match="before anything was sent"):
                await opened.send_request(post(content()), timeout=SHORT)
    assert not server.requests


BUSY = Answer(503, {"Retry-After": "0"})


async def test_pauses_between_attempts() -> None:
    loop_time = LoopTime(asyncio.get_running_loop())
    with FaultServer(BUSY, otherwise=loop_time.moved_by(SHORT, BUSY)) as server:
        async with client(server.endpoint, retry_total=10**6, retry_status=10**6) as opened:
            with ends_in_time(), pytest.raises(ServiceResponseTimeoutError):
                await opened.send_request(post(), timeout=SHORT)
    assert len(server.requests) > 1


@both_clients
def test_many_attempts_end_together(kind: str) -> None:
    with FaultServer(otherwise=BUSY) as server:
        with connect(kind, server.endpoint, retry_total=10**6, retry_status=10**6) as opened:
            server.script(BUSY, opened.after(SHORT, BUSY))
            with ends_in_time():
                with contextlib.suppress(ServiceResponseTimeoutError):
                    assert opened.send(post(), timeout=SHORT).status_code == 503


async def test_the_callers_own_limit_and_cancellation_stay_the_callers() -> None:
    with held() as (server, gate):
        async with client(server.endpoint) as opened:
            with pytest.raises(asyncio.TimeoutError):
                await asyncio.wait_for(opened.send_request(post(), timeout=60), SHORT)
            gate.reached.clear()
            task = asyncio.create_task(opened.send_request(post(), timeout=60))
            await asyncio.to_thread(gate.reached.wait)
            task.cancel()
            with pytest.raises(asyncio.CancelledError):
                await task


async def test_a_call_that_ended_in_time_leaves_no_limit_behind() -> None:
    body = b"Transfer-Encoding: chunked\r\n\r\na\r\nxxxxxxxxxx\r\n0\r\n\r\n"  # arrives with the head
    with FaultServer(Raw(b"HTTP/1.1 200 OK\r\n" + body, close=False)) as server:
        async with client(server.endpoint) as opened:
            loop_time = LoopTime(asyncio.get_running_loop())
            async with opened.send_request(HttpRequest("GET", "/x"), timeout=SHORT, stream=True) as response:
                loop_time.advance(2 * SHORT)
                for _ in range(9):  # rounds of the loop
                    await asyncio.sleep(0)
                assert await response.read() == b"x" * 10


def test_a_synchronous_call_does_not_wait_longer_for_the_network_than_is_left(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    now = 0.0
    monkeypatch.setattr(_retry, "time", SimpleNamespace(monotonic=lambda: now, time=time.time))
    gate = Gate()
    seen: list[float] = []

    def note(request: Any) -> None:
        seen.append(request.context.options["read_timeout"])

    def busy_for_a_while(_: Request) -> Step:
        nonlocal now
        now = 30.0
        return BUSY

    with FaultServer(busy_for_a_while, Answer(202, gate=gate)) as server:
        with connect("sync", server.endpoint, raw_request_hook=note) as opened:
            with ends_in_time(), pytest.raises(ServiceResponseTimeoutError):
                opened.send(post(), timeout=30 + SHORT)
            gate.open()
    assert seen == [30 + SHORT, pytest.approx(SHORT)]
