"""An emulator that stops: every client gets a Close frame, and nothing is left behind."""

import asyncio
import contextlib
import gc
import socket
import threading
import warnings
from collections.abc import Iterator
from urllib.parse import urlsplit

import aiohttp
import pytest

from azure.messaging.webpubsubservice.emulator import (
    ClientInfo,
    Emulator,
    EventHandler,
    Fault,
    NoEventHandlers,
    Payload,
    SendEvent,
)
from azure.messaging.webpubsubservice.emulator._server import STOP_STEP
from tests.emulator.clients import JSON, Caller
from tests.emulator.test_sockets import ENOUGH, SEND, raw_client, receive_all, wait_for_ever_for_clients

#: A Close frame of the server, up to its code: the emulator stops.
STOPPING = b"\x03\xe9The emulator is stopping."


@contextlib.contextmanager
def nothing_left() -> Iterator[None]:
    """No task of the running loop outlives what is done inside."""
    before = asyncio.all_tasks()
    yield
    assert asyncio.all_tasks() - before == set()


@contextlib.contextmanager
def no_warnings() -> Iterator[None]:
    """Nothing that begins inside is dropped without being closed."""
    with warnings.catch_warnings(record=True) as caught:
        warnings.simplefilter("always")
        gc.collect()
        caught.clear()  # what other tests have dropped
        yield
        gc.collect()
    assert [str(each.message) for each in caught] == []


FAULTS = {
    "before": Fault(delay=60, reset="before"),
    "after": Fault(delay=60, reset="after"),
    "status": Fault(delay=60, status=500),
    "only a delay": Fault(delay=60),
    "a handshake": Fault(delay=60, path="/client*"),
}


@pytest.mark.parametrize("fault", FAULTS.values(), ids=FAULTS)
async def test_a_client_that_gave_up_leaves_nothing_behind(fault: Fault) -> None:
    with nothing_left():
        async with Emulator() as emulator:
            emulator.faults.add(fault)
            path = "/client/hubs/chat" if fault.path else "/api/health"
            async with aiohttp.ClientSession() as session:
                request = asyncio.ensure_future(session.get(emulator.endpoint + path))
                await emulator.wait_until(lambda: emulator.clock.pending)
                request.cancel()
                with pytest.raises(asyncio.CancelledError):
                    await request
            assert emulator.clock.pending == 1
        assert emulator.clock.pending == 0


def test_a_thread_leaves_nothing_behind() -> None:
    async def give_up(endpoint: str) -> None:
        async with aiohttp.ClientSession(timeout=aiohttp.ClientTimeout(total=0.05)) as session:
            with pytest.raises(asyncio.TimeoutError):
                await session.get(f"{endpoint}/api/health")

    with no_warnings(), Emulator() as emulator:
        emulator.faults.add(Fault(delay=60))
        asyncio.run(give_up(emulator.endpoint))
    assert "webpubsub-emulator" not in {thread.name for thread in threading.enumerate()}


@pytest.mark.parametrize("https", [False, True], ids=["http", "https"])
@pytest.mark.parametrize("rounds", [*range(6), 20])
async def test_a_connection_is_closed_however_far_its_acceptance_is(rounds: int, https: bool) -> None:
    """Each round of the loop takes the connection a step further: backlog, socket, transport, protocol."""
    problems: list[object] = []
    asyncio.get_running_loop().set_exception_handler(lambda _, context: problems.append(context))
    with no_warnings():
        async with Emulator(https=https) as emulator:
            port = urlsplit(emulator.endpoint).port or 0
            with socket.create_connection(("127.0.0.1", port), timeout=10) as client:
                for _ in range(rounds):
                    await asyncio.sleep(0)
                await emulator._server.stop()
                with contextlib.suppress(ConnectionResetError):
                    assert client.recv(1) == b""
    assert problems == []


async def test_every_client_gets_a_close_frame(session: aiohttp.ClientSession) -> None:
    with nothing_left():
        async with Emulator() as emulator:
            caller = Caller(emulator, session)
            async with contextlib.AsyncExitStack() as stack:
                clients = [await stack.enter_async_context(caller.connect(protocol=JSON)) for _ in range(20)]
                for _ in range(20):
                    await caller.send(SEND, "x" * 1000)
                stopping = asyncio.create_task(emulator._server.stop())
                for client in clients:
                    while (message := await client.socket.receive(timeout=10)).type is aiohttp.WSMsgType.TEXT:
                        pass
                    assert (message.type, message.data) == (aiohttp.WSMsgType.CLOSE, 1001)
                await stopping


async def test_clients_that_do_not_read_get_one_too_and_do_not_hold_up_the_end(
    session: aiohttp.ClientSession, monkeypatch: pytest.MonkeyPatch
) -> None:
    wait_for_ever_for_clients(monkeypatch)
    with nothing_left():
        async with Emulator() as emulator:
            caller = Caller(emulator, session)
            with raw_client(emulator) as reads, raw_client(emulator) as does_not:
                await emulator.wait_for_connections(2)
                for _ in range(14):  # more than a socket takes
                    assert (await caller.call("POST", SEND, body=b"x" * 1_000_000)).status == 202
                loop = asyncio.get_running_loop()
                begin = loop.time()
                _, data = await asyncio.gather(emulator._server.stop(), receive_all(reads))
                assert loop.time() - begin < ENOUGH
                assert data.endswith(STOPPING)
                assert not (await receive_all(does_not)).endswith(STOPPING)


class Stuck(NoEventHandlers):
    """Ends no event, and says how each ended."""

    def __init__(self) -> None:
        self.begun = asyncio.Event()
        self.ends: list[str] = []

    async def user_event(self, client: ClientInfo, event: SendEvent) -> Payload | None:  # noqa: ARG002
        self.begun.set()
        try:
            await asyncio.sleep(3600)
        except asyncio.CancelledError:
            self.ends.append("cancelled")
            raise
        return None

    async def disconnected(self, client: ClientInfo, reason: str) -> None:  # noqa: ARG002
        self.ends.append(reason)

    async def close(self) -> None:
        self.ends.append("closed")


async def test_event_handlers_that_take_too_long_are_cancelled(
    session: aiohttp.ClientSession, caplog: pytest.LogCaptureFixture
) -> None:
    with nothing_left():
        stuck = Stuck()
        async with Emulator(events=stuck) as emulator:
            async with Caller(emulator, session).connect(protocol=JSON) as client:
                await client.send(type="event", event="e", data=1)
                await stuck.begun.wait()
                await emulator._server.stop()
        assert stuck.ends[0] == "cancelled"
        assert stuck.ends[-1] == "closed"
    assert "Event handlers take too long: " in caplog.text


async def test_event_handlers_have_a_moment_to_end(session: aiohttp.ClientSession) -> None:
    class Brief(Stuck):
        async def user_event(self, client: ClientInfo, event: SendEvent) -> Payload | None:  # noqa: ARG002
            self.begun.set()
            await asyncio.sleep(STOP_STEP / 5)
            self.ends.append("done")
            return None

    brief = Brief()
    async with Emulator(events=brief) as emulator:
        async with Caller(emulator, session).connect(protocol=JSON) as client:
            await client.send(type="event", event="e", data=1)
            await brief.begun.wait()
            await emulator._server.stop()
    assert brief.ends == ["done", "The emulator is stopping.", "closed"]


async def test_an_endpoint_that_does_not_answer_does_not_hold_up_the_end(
    session: aiohttp.ClientSession,
) -> None:
    begun, ended = asyncio.Event(), asyncio.Event()

    async def never(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        begun.set()
        await reader.read()
        writer.close()
        ended.set()

    server = await asyncio.start_server(never, "127.0.0.1", 0)
    port = server.sockets[0].getsockname()[1]
    handler = EventHandler(f"http://127.0.0.1:{port}/")
    before = asyncio.all_tasks()
    async with Emulator(event_handlers={"chat": handler}) as emulator:
        url = emulator.client_url("chat").replace("ws:", "http:")
        client = asyncio.create_task(session.ws_connect(url))
        await begun.wait()
    with pytest.raises(aiohttp.ClientError):
        await client
    await ended.wait()
    server.close()
    await server.wait_closed()
    assert asyncio.all_tasks() - before - {client} == set()
