"""Writers: every piece arrives once and in order, or the writer says how much did."""

import asyncio
import contextlib
import gc
import json
import pickle
import sys
import threading
from collections.abc import Sequence
from concurrent.futures import ThreadPoolExecutor
from random import Random
from typing import Any

import pytest
from azure.core.exceptions import HttpResponseError, ServiceRequestError, ServiceResponseError
from websockets.sync.client import ClientConnection
from websockets.sync.client import connect as connect_websocket
from websockets.typing import Subprotocol

from azure.messaging.webpubsubservice.emulator import Emulator
from azure.messaging.webpubsubservice.senders import WriterError
from tests.contract.facts import DEFAULT
from tests.faults import Answer, Disconnect, FaultServer, Gate, Relay, Request, Step
from tests.senders.clients import connect, modes
from tests.senders.receiver import Receiver

TARGETS = [
    ({"group": "g/1"}, f"/api/hubs/hub/groups/g%2F1/:send?api-version={DEFAULT}"),
    ({"user_id": "u"}, f"/api/hubs/hub/users/u/:send?api-version={DEFAULT}"),
    ({"connection_id": "c"}, f"/api/hubs/hub/connections/c/:send?api-version={DEFAULT}"),
    (
        {"group": "g", "excluded": ["a"], "message_ttl_seconds": 5, "api_version": "2024-01-01"},
        "/api/hubs/hub/groups/g/:send?excluded=a&api-version=2024-01-01&messageTtlSeconds=5",
    ),
]
ELSEWHERE = {"Location": "https://other.example/"}
numberings = pytest.mark.parametrize("numbering", ["metadata", "envelope"])


async def write_text(writer: Any, then: Exception | None = None) -> None:
    async with writer:
        await writer.write("text")
        if then is not None:
            raise then


async def other_tasks() -> None:
    await asyncio.gather(*asyncio.all_tasks() - {asyncio.current_task()}, return_exceptions=True)


def drop(things: list[Any]) -> None:
    things.clear()
    gc.collect()


def received(requests: Sequence[Request]) -> Receiver:
    """Return what a receiver makes of the requests that the service accepted."""
    receiver = Receiver()
    for request in requests:
        if request.complete and isinstance(request.step, Answer) and request.step.status == 202:
            receiver.take_headers(request.body, request.header)
    return receiver


@modes
@pytest.mark.parametrize(("target", "url"), TARGETS)
async def test_it_writes_to_its_target(asynchronous: bool, target: dict[str, Any], url: str) -> None:
    with FaultServer() as server:
        async with connect(asynchronous, server.endpoint) as client:
            async with client.open_writer("hub", **target) as writer:
                await writer.write("hello")
    assert {request.target for request in server.requests} == {url}


@modes
@numberings
@pytest.mark.parametrize("join", [True, False])
async def test_pieces_arrive_in_order(asynchronous: bool, numbering: Any, join: bool) -> None:
    pieces = ["", "a", ' "\\\n\x00', "æ中🎈", "</script>", *map(str, range(100)), ""]
    with FaultServer() as server:
        async with connect(asynchronous, server.endpoint) as client:
            writer = client.open_writer("hub", group="g", numbering=numbering, join=join, stream_id="s-1")
            async with writer:
                for piece in pieces:
                    await writer.write(piece)
    receiver = received(server.requests)
    assert receiver.text == "".join(pieces)
    assert receiver.end == "complete"
    assert receiver.last == writer.messages_accepted == len(server.requests)
    assert writer.pieces_accepted == 104
    if not join:
        assert receiver.last in {104, 105}
    for request in server.requests:
        if numbering == "metadata":
            assert request.header("X-WebPubSub-Metadata-Stream-Id") == writer.stream_id == "s-1"
            assert request.header("Content-Type") == "text/plain"
        else:
            assert json.loads(request.body)["streamId"] == "s-1"


@modes
@numberings
async def test_what_is_written_meanwhile_goes_together(asynchronous: bool, numbering: Any) -> None:
    gate = Gate()
    with FaultServer(Answer(202, gate=gate)) as server:
        async with connect(asynchronous, server.endpoint) as client:
            writer = client.open_writer("hub", group="g", numbering=numbering, mark_end=False)
            async with writer:
                await writer.write("first")
                if asynchronous:
                    await writer.write("second ")
                await asyncio.to_thread(gate.reached.wait)
                for number in range(1000):
                    await writer.write(f"{number} ")
                assert len(server.requests) == 1
                gate.open()
            assert len(server.requests) == 2
    assert received(server.requests).text.endswith("".join(f"{number} " for number in range(1000)))


@modes
@numberings
async def test_no_message_is_over_the_limit(asynchronous: bool, numbering: Any) -> None:
    half = "\x00" * 524_000
    pieces = [half, half, half, "\x01é" * 500_000]
    with FaultServer() as server:
        async with connect(asynchronous, server.endpoint) as client:
            writer = client.open_writer("hub", group="g", numbering=numbering, buffer_size=1 << 24)
            async with writer:
                for piece in pieces:
                    await writer.write(piece)
    assert received(server.requests).text == "".join(pieces)
    assert writer.pieces_accepted == 4
    assert max(len(request.body) for request in server.requests) <= 1 << 20
    assert sum(len(request.body) for request in server.requests) > 0.8 * len(server.requests) * (1 << 20) / 2


@modes
@numberings
async def test_a_piece_that_fits_no_message_is_refused_if_it_must(asynchronous: bool, numbering: Any) -> None:
    with FaultServer() as server:
        async with connect(asynchronous, server.endpoint) as client:
            async with client.open_writer("hub", group="g", numbering=numbering, join=False) as writer:
                with pytest.raises(ValueError, match="1,048,577 characters"):
                    await writer.write("x" * (1024 * 1024 + 1))
                await writer.write("x" * (1024 * 1024 - 200))
    assert received(server.requests).text == "x" * (1024 * 1024 - 200)


@modes
async def test_a_failure_is_raised_at_the_next_write_and_says_how_much_arrived(asynchronous: bool) -> None:
    refusal = Answer(400, body=b'{"code":"Bad","message":"no such thing"}')

    async def write(writer: Any) -> None:
        async with writer:
            await writer.write("one ")
            await writer.flush()
            await writer.write("two ")
            with pytest.raises(WriterError):
                await writer.flush()
            await writer.write("three")

    with FaultServer(Answer(202), refusal) as server:
        async with connect(asynchronous, server.endpoint) as client:
            writer = client.open_writer("hub", group="g", join=False)
            with pytest.raises(WriterError) as caught:
                await write(writer)
            with pytest.raises(WriterError):
                await writer.write("four")
            with pytest.raises(WriterError):
                await writer.close()
    assert len(server.requests) == 2
    error = caught.value
    assert "accepted 1 piece in 1 message. The next message did not arrive: (Bad)" in str(error)
    assert (error.pieces_accepted, error.messages_accepted, error.unaccepted) == (1, 1, "two ")
    assert not error.may_have_arrived
    assert isinstance(error.__cause__, HttpResponseError)
    copy = pickle.loads(pickle.dumps(error))
    assert (str(copy), copy.unaccepted, copy.pieces_accepted) == (str(error), "two ", 1)


@modes
@pytest.mark.parametrize(
    ("steps", "options", "cause", "may_have_arrived"),
    [
        ([Disconnect("head")] * 9, {}, ServiceResponseError, True),
        ([Disconnect("head")], {"retry_read": 0}, ServiceResponseError, True),
        ([Answer(503)] * 9, {}, HttpResponseError, True),
        ([Answer(401)], {}, HttpResponseError, False),
        *(
            ([Answer(status, ELSEWHERE)], {"permit_redirects": permit}, HttpResponseError, status == 303)
            for status in (300, 301, 302, 303, 304, 307, 308, 399)
            for permit in (True, False)
            if not (permit and status == 303)  # which is followed as a GET
        ),
        ([], {}, ServiceRequestError, False),
    ],
)
async def test_a_failure_is_raised_at_the_end(
    asynchronous: bool,
    steps: list[Step],
    options: dict[str, Any],
    cause: type[Exception],
    may_have_arrived: bool,
) -> None:
    with FaultServer(*steps, listening=bool(steps)) as server:
        async with connect(asynchronous, server.endpoint) as client:
            with pytest.raises(WriterError) as caught:
                await write_text(client.open_writer("hub", group="g", **options))
    assert type(caught.value.__cause__) is cause
    assert caught.value.may_have_arrived is may_have_arrived
    assert caught.value.unaccepted == "text"
    assert caught.value.messages_accepted == 0


@modes
async def test_a_block_that_fails_sends_what_was_written_and_says_that_it_broke(asynchronous: bool) -> None:
    with FaultServer() as server:
        async with connect(asynchronous, server.endpoint) as client:
            with pytest.raises(LookupError):
                await write_text(client.open_writer("hub", group="g"), LookupError("the model is gone"))
    receiver = received(server.requests)
    assert (receiver.text, receiver.end) == ("text", "broken")


@modes
async def test_two_failures_are_both_told(asynchronous: bool) -> None:
    with FaultServer(otherwise=Answer(400)) as server:
        async with connect(asynchronous, server.endpoint) as client:
            with pytest.raises(LookupError) as caught:
                await write_text(client.open_writer("hub", group="g"), LookupError("the model is gone"))
    if sys.version_info >= (3, 11):
        assert "accepted 0 pieces" in caught.value.__notes__[0]


@modes
async def test_an_interrupt_sends_nothing_more(asynchronous: bool) -> None:
    gate = Gate()
    interrupt = asyncio.CancelledError if asynchronous else KeyboardInterrupt

    def open_when_closed(writer: Any) -> None:
        with contextlib.suppress(ValueError):
            while True:
                writer.write("")  # which is nothing
        gate.open()

    async def write(writer: Any) -> None:
        async with writer:
            await writer.write("one")
            if asynchronous:
                await asyncio.sleep(0)
            await asyncio.to_thread(gate.reached.wait)
            await writer.write("two")
            if not asynchronous:
                threading.Thread(target=open_when_closed, args=(writer.wrapped,)).start()
            raise interrupt

    with FaultServer(Answer(202, gate=gate)) as server:
        async with connect(asynchronous, server.endpoint) as client:
            writer = client.open_writer("hub", group="g")
            with pytest.raises(interrupt):
                await write(writer)
            assert writer.unaccepted == ("onetwo" if asynchronous else "two")
            with pytest.raises(WriterError if asynchronous else ValueError, match=r"was cancelled|is closed"):
                await writer.write("three")
        if asynchronous:
            gate.open()
    assert len(server.requests) == 1


@modes
async def test_writing_waits_while_the_buffer_is_full(asynchronous: bool) -> None:
    gate = Gate()
    written = []

    async def write(writer: Any) -> None:
        for piece in ("aaaa", "bbbb", "cccc", "dddd", "eeee"):
            await writer.write(piece)
            written.append(piece)
        await writer.close()

    with FaultServer(Answer(202, gate=gate)) as server:
        async with connect(asynchronous, server.endpoint) as client:
            writer = client.open_writer("hub", group="g", buffer_size=8, join=False)
            if asynchronous:
                task = asyncio.create_task(write(writer))
                await asyncio.to_thread(gate.reached.wait)
                for _ in range(20):
                    await asyncio.sleep(0)
            else:
                task = asyncio.create_task(asyncio.to_thread(asyncio.run, write(writer)))
                await asyncio.to_thread(gate.reached.wait)
            assert len(written) <= 3
            gate.open()
            await task
    assert received(server.requests).text == "aaaabbbbccccddddeeee"


async def test_a_cancelled_write_has_written_nothing() -> None:
    gate = Gate()
    with FaultServer(Answer(202, gate=gate)) as server:
        async with connect(True, server.endpoint) as client:
            async with client.open_writer("hub", group="g", buffer_size=1, join=False) as writer:
                await writer.write("a")
                await writer.write("b")
                await asyncio.to_thread(gate.reached.wait)
                waiting = [asyncio.create_task(writer.write(text)) for text in ("c", "d", "e")]
                for _ in range(5):
                    await asyncio.sleep(0)
                waiting[1].cancel()
                gate.open()
                await asyncio.wait(waiting)
    assert received(server.requests).text == "abce"


@modes
async def test_many_may_write(asynchronous: bool) -> None:
    with FaultServer() as server:
        async with connect(asynchronous, server.endpoint) as client:
            async with client.open_writer("hub", group="g", buffer_size=50) as writer:

                async def write(letter: str) -> None:
                    for number in range(50):
                        await writer.write(f"{letter}{number} ")

                if asynchronous:
                    await asyncio.gather(*map(write, "abcd"))
                else:
                    threads = [
                        threading.Thread(target=asyncio.run, args=(write(letter),)) for letter in "abcd"
                    ]
                    for thread in threads:
                        thread.start()
                    for thread in threads:
                        await asyncio.to_thread(thread.join)
    words = received(server.requests).text.split()
    for letter in "abcd":
        assert [word for word in words if word[0] == letter] == [f"{letter}{number}" for number in range(50)]


@modes
@pytest.mark.parametrize("mark_end", [True, False])
async def test_nothing_written(asynchronous: bool, mark_end: bool) -> None:
    with FaultServer() as server:
        async with connect(asynchronous, server.endpoint) as client:
            async with client.open_writer("hub", group="g", mark_end=mark_end) as writer:
                await writer.write("")
                await writer.flush()
    assert [request.body for request in server.requests] == ([b""] if mark_end else [])


@modes
async def test_a_writer_that_is_dropped_says_so(asynchronous: bool) -> None:
    gate = Gate()
    with FaultServer(otherwise=Answer(202, gate=gate)) as server:
        async with connect(asynchronous, server.endpoint) as client:
            left = [client.open_writer("hub", group="g")]
            await left[0].write("text")
            if asynchronous:
                await asyncio.sleep(0)
            await asyncio.to_thread(gate.reached.wait)
            with pytest.warns(ResourceWarning, match="was not closed"):
                drop(left)
            gate.open()
            await other_tasks()


@modes
@pytest.mark.parametrize(
    ("arguments", "error", "message"),
    [
        ({}, TypeError, "exactly one of group, user_id and connection_id"),
        ({"group": "g", "user_id": "u"}, TypeError, "exactly one of"),
        ({"group": ""}, ValueError, "group"),
        ({"user_id": "u", "excluded": ["a"]}, TypeError, "excluded"),
        ({"group": "g", "numbering": "none"}, ValueError, "'metadata' or 'envelope'"),
        ({"group": "g", "stream_id": "a b"}, ValueError, "stream_id='a b'"),
        ({"group": "g", "stream_id": "a\r\nb"}, ValueError, "stream_id="),
        ({"group": "g", "buffer_size": 0}, ValueError, "buffer_size=0"),
    ],
)
async def test_arguments(
    asynchronous: bool, arguments: dict[str, Any], error: type[Exception], message: str
) -> None:
    async with connect(asynchronous, "http://127.0.0.1:1") as client:
        with pytest.raises(error, match=message):
            client.open_writer("hub", **arguments)


@modes
@numberings
async def test_what_is_no_text_is_refused(asynchronous: bool, numbering: Any) -> None:
    with FaultServer():
        async with connect(asynchronous, "http://127.0.0.1:1") as client:
            writer = client.open_writer("hub", group="g", numbering=numbering, mark_end=False)
            async with writer:
                with pytest.raises(TypeError, match="takes str, not bytes"):
                    await writer.write(b"bytes")
                with pytest.raises(ValueError, match="cannot be encoded"):
                    await writer.write("\ud800")


def read_stream(socket: ClientConnection) -> Receiver:
    """Read a stream to its end. A client that leaves it for later answers no pings, and is cut off."""
    receiver = Receiver()
    while receiver.end is None:
        receiver.take_frame(json.loads(socket.recv(60)))
    return receiver


@modes
@numberings
async def test_10_000_pieces_through_faults_and_resets(asynchronous: bool, numbering: Any) -> None:
    """In front of the emulator, one request in twenty fails; two connections break after it has acted."""
    random = Random(1)
    count = 0

    faults: list[Step] = [Answer(503), Answer(429), Answer(500), Disconnect("head")]
    with Emulator() as emulator:
        port = int(emulator.endpoint.rpartition(":")[2])

        def step(_: Request) -> Step:
            nonlocal count
            count += 1
            if count in {20, 60}:
                return Relay(port, then=Disconnect())
            if random.random() < 0.05:
                return random.choice(faults)
            return Relay(port)

        url = emulator.client_url("hub", groups=["g"])
        with (
            connect_websocket(url, subprotocols=[Subprotocol("json.webpubsub.azure.v1")]) as socket,
            ThreadPoolExecutor(1) as reader,
        ):
            assert json.loads(socket.recv(10))["event"] == "connected"
            reading = reader.submit(read_stream, socket)
            with FaultServer(otherwise=step) as server:
                async with connect(asynchronous, server.endpoint, emulator.access_key) as client:
                    writer = client.open_writer(
                        "hub",
                        group="g",
                        numbering=numbering,
                        buffer_size=300,
                        retry_total=30,
                        retry_status=30,
                    )
                    async with writer:
                        for number in range(10_000):
                            await writer.write(f"{number} ")
            receiver = reading.result()
    assert receiver.text == "".join(f"{number} " for number in range(10_000))
    assert receiver.end == "complete"
    assert receiver.repeats == 2
    assert writer.pieces_accepted == 10_000
    assert count > receiver.last > 60
