"""Streams to groups: numbered messages, published once and in order, over recoveries too."""

from __future__ import annotations

import contextlib
from typing import TYPE_CHECKING, Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from azure.messaging.webpubsubservice.emulator._clock import Clock
from azure.messaging.webpubsubservice.emulator._protocol.messages import (
    ErrorInfo,
    Payload,
    PayloadType,
    StreamAck,
    StreamClosed,
    StreamData,
    StreamEnd,
    StreamNack,
    StreamStart,
)
from azure.messaging.webpubsubservice.emulator._service.streams import MAX_REMEMBERED, Streams
from tests.emulator.clients import JSON, RELIABLE, Caller, Subscriber

if TYPE_CHECKING:
    from collections.abc import AsyncIterator, Sequence

    from azure.messaging.webpubsubservice.emulator import AsyncEmulator
    from azure.messaging.webpubsubservice.emulator._protocol.messages import ControlMessage, StreamInfo

ROLES = ["webpubsub.sendToGroup", "webpubsub.joinLeaveGroup"]
GROUP = "g"
INVALID = 1007


async def start(client: Subscriber, stream_id: str = "s", **more: Any) -> Any:
    stream = {"streamId": stream_id, **more.pop("stream", {})}
    return await client.ask(type="sendToGroup", group=GROUP, stream=stream, **more)


async def write(client: Subscriber, number: int, data: Any, **more: Any) -> Any:
    """Send a message of the stream, and return the answer."""
    fields = {"streamId": "s", "streamSequenceId": number, "dataType": "json", "data": data, **more}
    return await client.ask(type="streamData", **fields)


def ack(expected: int, stream_id: str = "s") -> dict[str, Any]:
    return {"type": "streamAck", "streamId": stream_id, "expectedSequenceId": expected}


def closed(error: tuple[str, str] | None = None, stream_id: str = "s") -> dict[str, Any]:
    fields: dict[str, Any] = {"type": "streamClosed", "streamId": stream_id}
    return fields | ({"error": dict(zip(("name", "message"), error, strict=True))} if error else {})


def message(number: int, data: Any, **stream: Any) -> dict[str, Any]:
    return {
        "type": "message",
        "from": "group",
        "group": GROUP,
        "fromUserId": "alice",
        "stream": {"streamId": "s", "streamSequenceId": number, **stream},
        "dataType": "json",
        "data": data,
    }


def last(number: int, **stream: Any) -> dict[str, Any]:
    return message(number, "", endOfStream=True, **stream) | {"dataType": "text"}


@contextlib.asynccontextmanager
async def both(caller: Caller, protocol: str = JSON) -> AsyncIterator[tuple[Subscriber, Subscriber]]:
    """A publisher and a subscriber."""
    async with caller.connect(protocol=JSON, user="bob", groups=[GROUP]) as bob:
        async with caller.connect(protocol=protocol, user="alice", roles=ROLES) as alice:
            yield alice, bob


@pytest.mark.parametrize("protocol", [JSON, RELIABLE])
async def test_a_stream_from_its_start_to_its_end(caller: Caller, protocol: str) -> None:
    async with both(caller, protocol) as (alice, bob):
        assert await start(alice) == ack(1)
        await bob.silent()  # nobody is told of a start
        assert await write(alice, 1, {"a": 1.50}) == ack(2)
        assert await write(alice, 2, "two", dataType="text") == ack(3)
        assert await write(alice, 3, "AP8=", dataType="binary") == ack(4)
        assert await alice.ask(type="streamEnd", streamId="s") == closed()
        received = [await bob.message() for _ in range(4)]
        assert received == [
            message(1, {"a": 1.5}),
            message(2, "two") | {"dataType": "text"},
            message(3, "AP8=") | {"dataType": "binary"},
            last(4),
        ]
        assert await start(alice) == ack(1)  # the id may be used again
        assert await write(alice, 1, 1) == ack(2)
        assert await bob.message() == message(1, 1)


async def test_each_message_is_published_once_and_in_order(caller: Caller) -> None:
    async with both(caller) as (alice, bob):
        await start(alice)
        nack = await write(alice, 2, "too early")
        assert nack == {
            "type": "streamNack",
            "streamId": "s",
            "name": "InvalidSequenceId",
            "message": "Expected 1, got 2.",
            "expectedSequenceId": 1,
        }
        assert await write(alice, 1, "first") == ack(2)  # a nack does not end a stream
        for repeat in (1, 0):
            assert await write(alice, repeat, "again") == ack(2)
        assert await write(alice, 2, "second") == ack(3)
        assert [await bob.message() for _ in range(2)] == [message(1, "first"), message(2, "second")]
        await bob.silent()


@pytest.mark.parametrize(
    ("error", "told"),
    [
        ({}, {"name": "UserError", "message": ""}),
        (
            {"message": "gave up", "userErrorCode": "E1"},
            {"name": "UserError", "message": "gave up", "userErrorCode": "E1"},
        ),
    ],
)
async def test_an_end_with_the_error_of_its_client(caller: Caller, error: Any, told: Any) -> None:
    async with both(caller) as (alice, bob):
        await start(alice)
        assert await alice.ask(type="streamEnd", streamId="s", error=error) == closed()
        assert await bob.message() == last(1, error=told)


@pytest.mark.parametrize(
    ("fields", "problem"),
    [
        ({"data": 1}, "The start of a stream has no data."),
        ({"dataType": "json"}, "The start of a stream has no dataType."),
        ({"ttlSeconds": 1}, "The start of a stream has no ttlSeconds."),
        ({"metadata": {"a": "b"}}, "The start of a stream has no metadata."),
        ({"stream": {"idleTimeoutMs": 0}}, "idleTimeoutMs is not above 0."),
        ({"stream": {"idleTimeoutMs": -1}}, "idleTimeoutMs is not an integer from 0 to 4294967295."),
        ({"stream": {"idleTimeoutMs": "1"}}, "idleTimeoutMs is not an integer from 0 to 4294967295."),
        ({"stream": {"idleTimeoutMs": 1.5}}, "idleTimeoutMs is not an integer from 0 to 4294967295."),
    ],
)
async def test_a_start_that_is_not_valid_is_refused(caller: Caller, fields: Any, problem: str) -> None:
    async with both(caller) as (alice, bob):
        assert await start(alice, **fields) == closed(("BadRequest", problem))
        not_found = ("StreamNotFound", "There is no stream 's'.")
        assert await write(alice, 1, 1) == closed(not_found)
        assert await alice.ask(type="streamEnd", streamId="s") == closed(not_found)
        await bob.silent()


async def test_a_start_with_an_ack_id_fails_with_both(caller: Caller) -> None:
    async with both(caller) as (alice, _):
        problem = ("BadRequest", "The start of a stream has no ackId.")
        assert await start(alice, ackId=7) == closed(problem)
        failed = await alice.message()
        assert (failed["type"], failed["ackId"], failed["success"]) == ("ack", 7, False)


async def test_an_id_is_in_use_until_its_stream_ends(caller: Caller) -> None:
    async with both(caller) as (alice, bob):
        assert await start(alice) == ack(1)
        assert await start(alice) == closed(("BadRequest", "The stream 's' is open already."))
        assert await write(alice, 1, 1) == ack(2)  # the first one goes on
        async with caller.connect(protocol=JSON, user="alice", roles=ROLES) as other:
            assert await start(other) == ack(1)  # ids belong to connections
            assert await write(other, 1, "other") == ack(2)
        assert [(await bob.message())["data"] for _ in range(2)] == [1, "other"]


async def test_a_stream_needs_permission_for_its_group(caller: Caller) -> None:
    forbidden = ("Forbidden", "The client does not have permission to send to group 'g'.")
    async with both(caller) as (alice, bob):
        async with caller.connect(protocol=JSON) as nobody:
            assert await start(nobody) == closed(forbidden)
        await start(alice)
        path = f"/api/hubs/chat/permissions/sendToGroup/connections/{alice.connection_id}"
        assert (await caller.call("DELETE", path, query={"targetName": GROUP})).status == 204
        assert await write(alice, 1, 1) == closed(forbidden)
        told = dict(zip(("name", "message"), forbidden, strict=True))
        assert await bob.message() == last(1, error=told)


@pytest.mark.parametrize(
    "frame",
    [
        {"type": "sendToGroup", "group": GROUP, "stream": {"streamId": ""}},
        {"type": "sendToGroup", "group": GROUP, "stream": {}},
        {"type": "sendToGroup", "group": GROUP, "stream": "s"},
        {"type": "sendToGroup", "group": " ", "stream": {"streamId": "s"}},
        {"type": "streamData", "streamId": ""},
        {"type": "streamData"},
        {"type": "streamData", "streamId": "s", "streamSequenceId": 1},
        {"type": "streamData", "streamId": "s", "dataType": "json", "data": 1},
        {"type": "streamData", "streamId": "s", "data": None},
        {"type": "streamData", "streamId": "s", "streamSequenceId": 1, "dataType": "text"},
        {"type": "streamData", "streamId": "s", "streamSequenceId": -1, "dataType": "json", "data": 1},
        {"type": "streamData", "streamId": "s", "streamSequenceId": 2**64, "dataType": "json", "data": 1},
        {"type": "streamEnd"},
        {"type": "streamEnd", "streamId": "s", "error": "gone"},
    ],
)
async def test_what_is_no_message_of_a_stream_ends_the_connection(caller: Caller, frame: Any) -> None:
    async with caller.connect(protocol=JSON, roles=ROLES) as client:
        await client.send(**frame)
        assert (await client.closed())[0] == INVALID


@pytest.mark.usefixtures("standing_time")
async def test_a_silent_stream_times_out(caller: Caller, emulator: AsyncEmulator) -> None:
    problem = ("IdleTimeout", "The stream was silent for too long.")
    async with both(caller) as (alice, bob):
        await start(alice, stream={"idleTimeoutMs": 10_000})
        for number in (1, 2):
            emulator.clock.advance(9)
            assert await write(alice, number, number) == ack(number + 1)
        emulator.clock.advance(9)
        await alice.send(type="streamData", streamId="s")  # a sign of life, which nobody receives
        await alice.ask(type="ping")
        emulator.clock.advance(9)
        assert [(await bob.message())["data"] for _ in range(2)] == [1, 2]
        await bob.silent()
        emulator.clock.advance(2)
        assert await alice.message() == closed(problem)
        assert await bob.message() == last(3, error=dict(zip(("name", "message"), problem, strict=True)))
        await alice.send(type="streamData", streamId="s")
        assert await alice.message() == closed(("StreamNotFound", "There is no stream 's'."))


@pytest.mark.usefixtures("standing_time")
async def test_five_minutes_are_the_default(caller: Caller, emulator: AsyncEmulator) -> None:
    async with both(caller) as (alice, _):
        await start(alice)
        emulator.clock.advance(299)
        assert await write(alice, 1, 1) == ack(2)
        emulator.clock.advance(301)
        assert (await alice.message())["error"]["name"] == "IdleTimeout"


@pytest.mark.parametrize("no_echo", [False, True])
async def test_no_echo(caller: Caller, no_echo: bool) -> None:
    async with caller.connect(protocol=JSON, user="alice", roles=ROLES, groups=[GROUP]) as alice:
        assert await start(alice, noEcho=no_echo) == ack(1)
        answer = await write(alice, 1, 1)
        if not no_echo:
            assert answer == message(1, 1)
            answer = await alice.message()
        assert answer == ack(2)


async def test_a_client_that_ends_takes_its_streams_with_it(caller: Caller) -> None:
    async with caller.connect(protocol=JSON, groups=[GROUP]) as bob:
        async with caller.connect(protocol=JSON, user="alice", roles=ROLES) as alice:
            await start(alice)
        error = {"name": "Cancelled", "message": "The publisher's connection has ended."}
        assert await bob.message() == last(1, error=error)


async def test_simple_clients_get_the_data_and_no_end(caller: Caller) -> None:
    async with caller.connect(groups=[GROUP]) as simple:
        async with caller.connect(protocol=JSON, user="alice", roles=ROLES) as alice:
            await start(alice)
            await write(alice, 1, {"a": 1})
            await alice.ask(type="streamEnd", streamId="s")
        assert await simple.frame() == '{"a": 1}'
        await simple.silent()


async def test_a_client_that_comes_back_goes_on(caller: Caller, emulator: AsyncEmulator) -> None:
    async with both(caller, RELIABLE) as (alice, bob):
        await start(alice)
        assert await write(alice, 1, "one") == ack(2)
        emulator.drop_clients(alice.connection_id)
        token = alice.connected["reconnectionToken"]
        query = f"?awps_connection_id={alice.connection_id}&awps_reconnection_token={token}"
        async with caller.open(f"{emulator.endpoint}/client/hubs/chat{query}", RELIABLE) as again:
            # The published client for JavaScript goes on with its streams when it is greeted.
            assert await again.message() == alice.connected
            assert await write(again, 1, "one") == ack(2)
            assert await write(again, 2, "two") == ack(3)
            assert await again.ask(type="streamEnd", streamId="s") == closed()
            # What it sends again, because it did not hear of the end.
            assert await write(again, 2, "two") == ack(3)
            assert await again.ask(type="streamEnd", streamId="s") == closed()
            received = [await bob.message() for _ in range(3)]
            assert received == [message(1, "one"), message(2, "two"), last(3)]
            await bob.silent()


async def test_subscribers_that_come_back_get_what_they_missed(
    caller: Caller, emulator: AsyncEmulator
) -> None:
    async with caller.connect(protocol=RELIABLE, groups=[GROUP]) as bob:
        async with caller.connect(protocol=JSON, user="alice", roles=ROLES) as alice:
            await start(alice)
            emulator.drop_clients(bob.connection_id)
            await write(alice, 1, 1)
            await alice.ask(type="streamEnd", streamId="s")
        token = bob.connected["reconnectionToken"]
        query = f"?awps_connection_id={bob.connection_id}&awps_reconnection_token={token}"
        async with caller.open(f"{emulator.endpoint}/client/hubs/chat{query}", RELIABLE) as again:
            received = [await again.message() for _ in range(2)]
    # Their own numbers are independent of those of the stream.
    assert received == [message(1, 1) | {"sequenceId": 1}, last(2) | {"sequenceId": 2}]


# --- every order of messages ---


class Publisher:
    """The other side of streams, which keeps what it receives."""

    def __init__(self) -> None:
        self.answers: list[ControlMessage] = []
        self.published: list[StreamInfo] = []

    def send_control(self, message: ControlMessage) -> None:
        self.answers.append(message)

    def may_publish(self, group: str) -> bool:
        return group == GROUP

    def publish_stream(self, group: str, payload: Payload, stream: StreamInfo, *, no_echo: bool) -> None:  # noqa: ARG002
        self.published.append(stream)


@given(st.lists(st.integers(0, 8), max_size=40))
def test_whatever_is_sent_is_published_in_order(numbers: Sequence[int]) -> None:
    publisher = Publisher()
    streams = Streams(publisher, Clock())
    assert streams.start(StreamStart(GROUP, "s")) is None
    expected = 1
    for number in numbers:
        streams.data(StreamData("s", number, Payload(PayloadType.TEXT, b"x")))
        expected += number == expected
        answer = publisher.answers[-1]
        assert isinstance(answer, StreamNack if number > expected else StreamAck)
        assert answer.expected_sequence_id == expected
    assert [info.sequence_id for info in publisher.published] == list(range(1, expected))
    streams.end(StreamEnd("s"))
    assert publisher.published[-1].sequence_id == expected
    assert publisher.published[-1].end_of_stream


def test_ends_are_remembered_but_not_for_ever() -> None:
    publisher = Publisher()
    streams = Streams(publisher, Clock())
    for number in range(MAX_REMEMBERED + 1):
        streams.start(StreamStart(GROUP, str(number)))
        streams.end(StreamEnd(str(number)))
    streams.end(StreamEnd("1"))
    assert publisher.answers[-1] == StreamClosed("1")
    streams.end(StreamEnd("0"))
    assert publisher.answers[-1] == StreamClosed("0", ErrorInfo("StreamNotFound", "There is no stream '0'."))


def test_a_busy_stream_has_one_timer() -> None:
    clock = Clock()
    streams = Streams(Publisher(), clock)
    streams.start(StreamStart(GROUP, "s"))
    for number in range(1, 100):
        streams.data(StreamData("s", number, Payload(PayloadType.TEXT, b"x")))
    assert clock.pending == 1
    streams.cancel()
    assert clock.pending == 0
