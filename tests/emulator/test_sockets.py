"""Sockets that misbehave: clients that do not read, do not answer, or break RFC 6455."""

import asyncio
import os
import socket
import struct
import time
from collections.abc import Iterator
from contextlib import contextmanager

import aiohttp
import pytest

from azure.messaging.webpubsubservice.emulator import (
    AsyncEmulator,
    ClientInfo,
    Emulator,
    NoEventHandlers,
    Payload,
    SendEvent,
)
from azure.messaging.webpubsubservice.emulator._clients.masking import MaskCheck
from azure.messaging.webpubsubservice.emulator._service import channel
from azure.messaging.webpubsubservice.emulator._service.channel import Channel
from tests.emulator.clients import JSON, RELIABLE, Caller
from tests.loop_time import LoopTime

SEND = "/api/hubs/chat/:send"
#: A Close frame of the server, of code 1000 without a reason.
CLOSE = b"\x88\x02\x03\xe8"


INVALID = b"The client frame is invalid."
#: Seconds in which an emulator stops that waits for nobody, however slow the machine is.
ENOUGH = 60


class Echo(NoEventHandlers):
    async def user_event(self, client: ClientInfo, event: SendEvent) -> Payload:  # noqa: ARG002
        return event.payload


@contextmanager
def raw_client(emulator: AsyncEmulator, protocol: str | None = None) -> Iterator[socket.socket]:
    """A WebSocket by hand, which does nothing that it is not told to; its socket holds little."""
    url = emulator.client_url("chat").removeprefix("ws://")
    address, _, target = url.partition("/")
    host, _, port = address.partition(":")
    with socket.socket() as client:
        client.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, 1 << 16)
        client.connect((host, int(port)))
        offer = f"Sec-WebSocket-Protocol: {protocol}\r\n" if protocol else ""
        client.sendall(
            f"GET /{target} HTTP/1.1\r\nHost: {address}\r\nConnection: Upgrade\r\nUpgrade: websocket\r\n"
            f"Sec-WebSocket-Version: 13\r\nSec-WebSocket-Key: {22 * 'A'}==\r\n{offer}\r\n".encode()
        )
        client.setblocking(False)
        yield client


async def receive(client: socket.socket, size: int = 1 << 16) -> bytes:
    return await asyncio.wait_for(asyncio.get_running_loop().sock_recv(client, size), 10)


async def receive_all(client: socket.socket) -> bytes:
    """Everything until the end, however it comes; a normal Close is answered."""
    data = b""
    try:
        while more := await receive(client):
            data += more
            if data.endswith(CLOSE):
                client.send(b"\x88\x82\0\0\0\0\x03\xe8")
    except ConnectionError:
        pass
    return data


def wait_for_ever_for_clients(monkeypatch: pytest.MonkeyPatch) -> None:
    """Make an emulator wait an hour for a client that does not read or answer a Close frame."""
    for name in ("_CLOSE_TIMEOUT", "_DRAIN_TIMEOUT"):
        monkeypatch.setattr(channel, name, 3600.0)


async def test_a_client_that_does_not_read_is_cut_off(session: aiohttp.ClientSession) -> None:
    async with Emulator(send_buffer_bytes=1024 * 1024) as emulator:
        caller = Caller(emulator, session)
        with raw_client(emulator):
            async with caller.connect() as reader:
                await emulator.wait_for_connections(2)
                body = os.urandom(512 * 1024)
                for _ in range(40):
                    if len(emulator.connections) == 1:
                        break
                    answer = await caller.call("POST", SEND, body=body)
                    assert answer.status == 202
                    assert await reader.frame() == body
                assert [each.user_id for each in await emulator.wait_for_connections()] == [None]
                assert len(emulator.connections) == 1


async def test_a_slow_client_gets_everything_in_order(session: aiohttp.ClientSession) -> None:
    async with Emulator() as emulator:
        caller = Caller(emulator, session)
        with raw_client(emulator) as client:
            await emulator.wait_for_connections()
            bodies = [bytes([number]) * 300_000 for number in range(20)]
            for body in bodies:
                assert (await caller.call("POST", SEND, body=body)).status == 202
            path = f"/api/hubs/chat/connections/{emulator.connections[0].connection_id}"
            assert (await caller.call("DELETE", path)).status == 204
            data = (await receive_all(client)).partition(b"\r\n\r\n")[2]
    frames = b"".join(struct.pack("!BBQ", 0x82, 127, len(body)) + body for body in bodies)
    assert data == frames + CLOSE


async def test_a_message_that_waits_for_a_slow_client_expires(session: aiohttp.ClientSession) -> None:
    async with Emulator() as emulator:
        caller = Caller(emulator, session)
        with raw_client(emulator) as client:
            await emulator.wait_for_connections()
            for _ in range(14):  # more than the socket takes
                assert (await caller.call("POST", SEND, body=b"x" * 1_000_000)).status == 202
            for data, ttl in ((b"short", "5"), (b"long", "300")):
                query = {"messageTtlSeconds": ttl}
                assert (await caller.call("POST", SEND, body=data, query=query)).status == 202
            emulator.clock.advance(10)
            path = f"/api/hubs/chat/connections/{emulator.connections[0].connection_id}"
            assert (await caller.call("DELETE", path)).status == 204
            assert len(emulator.deliveries) < 14  # the rest is not on its way
            data = await receive_all(client)
            assert [each.data for each in emulator.deliveries] == [b"x" * 1_000_000] * 14 + [b"long"]
    assert data.endswith(b"\x82\x04long" + CLOSE)
    assert b"short" not in data


@pytest.mark.parametrize(("protocol", "left"), [(None, 0), (JSON, 0), (RELIABLE, 1)])
async def test_a_client_that_answers_no_ping_is_cut_off(protocol: str | None, left: int) -> None:
    async with Emulator(keep_alive_interval=0.05) as emulator:
        with raw_client(emulator, protocol) as client:
            data = await receive_all(client)
            assert b"\x89\x00" in data  # one ping
            # A reliable client is waited for.
            assert len(emulator.connections) == left


async def answer_ping(client: "aiohttp.ClientWebSocketResponse[bool]", emulator: AsyncEmulator) -> None:
    """Answer the ping that comes next, and wait until no client owes an answer."""
    message = await client.receive(timeout=10)
    assert message.type is aiohttp.WSMsgType.PING
    await client.pong(message.data)
    channels = [each._channel for each in emulator._service.sessions._sessions.values()]
    while any(each is not None and each.awaiting_pong for each in channels):  # noqa: ASYNC110 - it is read soon
        await asyncio.sleep(0)


async def test_a_client_that_answers_pings_stays(session: aiohttp.ClientSession) -> None:
    async with Emulator(keep_alive_interval=15) as emulator:
        async with session.ws_connect(emulator.client_url("chat"), autoping=False) as client:
            with LoopTime(asyncio.get_running_loop()) as loop_time:
                for _ in range(5):
                    loop_time.advance(15)
                    await answer_ping(client, emulator)
            assert len(emulator.connections) == 1


@pytest.mark.parametrize("answers", [True, False])
async def test_a_machine_that_stalls_is_no_silence_of_its_clients(
    caller: Caller, emulator: AsyncEmulator, answers: bool
) -> None:
    async with caller.connect(protocol=JSON) as client:
        with LoopTime(asyncio.get_running_loop()) as loop_time:
            loop_time.advance(20)
            await answer_ping(client.socket, emulator)
            for seconds in (20, 60):
                loop_time.advance(seconds)
                for _ in range(9):  # rounds of the loop
                    await asyncio.sleep(0)
            if answers:
                await answer_ping(client.socket, emulator)
                await client.silent()
            else:  # a second time
                loop_time.advance(60)
                assert (await client.socket.receive(timeout=10)).type is aiohttp.WSMsgType.PING
                assert (await client.closed())[0] == 1006


async def test_moving_time_is_not_silence(caller: Caller, emulator: AsyncEmulator) -> None:
    async with caller.connect(protocol=JSON) as client:
        emulator.clock.advance(3600)
        assert await client.ask(type="ping") == {"type": "pong"}


@pytest.mark.parametrize(
    ("frame", "code"),
    [
        (b"\xc1\x80\0\0\0\0", 1002),  # a reserved bit
        (b"\x83\x80\0\0\0\0", 1002),  # a reserved opcode
        (b"\x09\x80\0\0\0\0", 1002),  # a control frame in pieces
        (b"\x80\x80\0\0\0\0", 1002),  # the rest of nothing
        (b"\x81\x81\0\0\0\0\xff", 1007),  # not UTF-8
        (b"\x88\x82\0\0\0\0\x03\xee", 1002),  # a close code that is not for the wire
        (b"\x88\x82\0\0\0\0\x13\x88", 1002),  # one beyond all
    ],
)
async def test_frames_that_break_the_rules(emulator: AsyncEmulator, frame: bytes, code: int) -> None:
    with raw_client(emulator) as client:
        await emulator.wait_for_connections()
        await asyncio.get_running_loop().sock_sendall(client, frame)
        data = (await receive_all(client)).partition(b"\r\n\r\n")[2]
        assert data[:1] == b"\x88"
        assert struct.unpack("!H", data[2:4]) == (code,)
    await emulator.wait_until(lambda: not emulator.connections)


MASKED = b"\x82\x85\1\2\3\4" + bytes(byte ^ (place % 4 + 1) for place, byte in enumerate(b"hello"))
LONG = 70_000
UNMASKED = {
    "text": b"\x81\x05hello",
    "empty": b"\x82\x00",
    "a ping": b"\x89\x00",
    "a close": b"\x88\x02\x03\xe8",
    "126": b"\x82\x7e\x01\x00" + bytes(256),
    "127": b"\x82\x7f" + LONG.to_bytes(8, "big") + bytes(LONG),
    "a piece": b"\x02\x01x",
    "the second": MASKED + b"\x82\x01x",
    "after an extended length": b"\x82\xfe\x01\x00" + bytes(4 + 256) + b"\x82\x00",
    "after a very extended length": b"\x82\xff" + LONG.to_bytes(8, "big") + bytes(4 + LONG) + b"\x89\x00",
}


@pytest.mark.parametrize("frames", UNMASKED.values(), ids=UNMASKED)
async def test_frames_must_be_masked(frames: bytes) -> None:
    """RFC 6455, section 5.1: the server closes upon a frame that is not."""
    async with Emulator(events=Echo()) as emulator:
        with raw_client(emulator) as client:
            await emulator.wait_for_connections()
            await asyncio.get_running_loop().sock_sendall(client, frames)
            data = (await receive_all(client)).partition(b"\r\n\r\n")[2]
            assert data.endswith(struct.pack("!BBH", 0x88, 2 + len(INVALID), 1002) + INVALID)
        await emulator.wait_until(lambda: not emulator.connections)


@pytest.mark.parametrize("frames", UNMASKED.values(), ids=UNMASKED)
@pytest.mark.parametrize("piece", [1, 2, 3, 1000])
def test_masks_are_found_in_pieces_of_any_size(frames: bytes, piece: int) -> None:
    check = MaskCheck()
    pieces = [frames[start : start + piece] for start in range(0, len(frames), piece)]
    assert not all([check.feed(each) for each in pieces])  # noqa: C419 - each must be fed
    good = MaskCheck()
    stream = MASKED * 3 + b"\x82\xfe\x01\x00" + bytes(4 + 256) + MASKED
    assert all(good.feed(stream[start : start + piece]) for start in range(0, len(stream), piece))


@pytest.mark.parametrize(("frame", "answer"), [(MASKED, b"\x82\x05hello"), (b"\x82\x01x", INVALID)])
async def test_frames_that_do_not_wait_for_the_upgrade(frame: bytes, answer: bytes) -> None:
    """A client must wait (RFC 6455, section 4.1), and most servers let it pass if it does not."""
    async with Emulator(events=Echo()) as emulator:
        with raw_client(emulator) as client:
            client.send(frame)  # before the emulator answers the handshake
            data = (await receive(client)).partition(b"\r\n\r\n")[2]
            while not data.endswith(answer):
                data += await receive(client)


async def test_stopping_does_not_wait_for_clients_that_do_not_answer(monkeypatch: pytest.MonkeyPatch) -> None:
    wait_for_ever_for_clients(monkeypatch)
    running = Emulator()
    async with running as emulator:
        with raw_client(emulator) as client:
            await emulator.wait_for_connections()
            await receive(client)
            begin = asyncio.get_running_loop().time()
            await running.__aexit__(None, None, None)
            assert asyncio.get_running_loop().time() - begin < ENOUGH
            assert (await receive_all(client)).startswith(b"\x88")


class Wire(asyncio.Transport):
    """A socket that says whether it was cut off, and counts writes."""

    def __init__(self) -> None:
        super().__init__()
        self.writes = 0
        self.aborted = False

    def write(self, data: bytes | bytearray | memoryview) -> None:  # noqa: ARG002
        self.writes += 1

    def abort(self) -> None:
        self.aborted = True

    def is_closing(self) -> bool:
        return self.aborted


async def test_a_channel_that_is_cut_off_before_its_socket_opens_cuts_the_socket_off() -> None:
    channel = Channel(limit=100, now=time.time)
    assert not channel.write(b"frame")
    channel.abort()
    channel.open(wire := Wire())
    assert wire.aborted
    assert wire.writes == 0


async def test_a_socket_that_is_lost_is_not_written_to() -> None:
    """As asyncio would warn of each write."""
    channel = Channel(limit=100, now=time.time)
    channel.open(wire := Wire())
    assert channel.write(b"frame")
    wire.abort()
    assert not channel.write(b"frame")
    assert wire.writes == 1
