"""Every bound of the emulator, tested at the bound itself."""

import asyncio

import aiohttp
import pytest

from azure.messaging.webpubsubservice.emulator import AsyncEmulator, Emulator, PayloadType, RequestRecord
from azure.messaging.webpubsubservice.emulator._protocol.messages import DataMessage, Payload
from azure.messaging.webpubsubservice.emulator._rest.operations import HANDLERS
from azure.messaging.webpubsubservice.emulator._service import acks, channel, outbox, records
from azure.messaging.webpubsubservice.emulator._service import session as sessions
from azure.messaging.webpubsubservice.emulator._service.outgoing import OutgoingMessage
from azure.messaging.webpubsubservice.emulator._service.values import Recipient
from azure.messaging.webpubsubservice.emulator._specification import API_VERSIONS, MAX_PAGE, ROUTES
from tests.emulator.clients import JSON, RELIABLE, Caller
from tests.emulator.test_slow_handlers import Slow


def message(size: int = 0) -> OutgoingMessage:
    return OutgoingMessage(DataMessage(Payload(PayloadType.BINARY, bytes(size))))


def test_messages_in_an_outbox() -> None:
    box = outbox.Outbox()
    for _ in range(outbox.MAX_MESSAGES):
        box.append(message())
    full = box.overflowed
    box.append(message())
    assert (full, box.overflowed) == (False, True)
    box.acknowledge(1)
    full = box.overflowed
    assert not full


def test_bytes_in_an_outbox() -> None:
    box = outbox.Outbox()
    box.append(message(outbox.MAX_BYTES - 1))
    box.append(message(1))
    full = box.overflowed
    box.append(message(1))
    assert (full, box.overflowed) == (False, True)
    box.acknowledge(2)
    full = box.overflowed
    assert not full
    assert [number for number, _ in box.unacknowledged(0)] == [3]


async def test_bytes_that_a_reliable_client_does_not_acknowledge(
    caller: Caller, emulator: AsyncEmulator, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(outbox, "MAX_BYTES", 1000)
    async with caller.connect(protocol=RELIABLE) as client:
        for size in (400, 600):
            assert (await caller.call("POST", "/api/hubs/chat/:send", body=bytes(size))).status == 202
            assert (await client.message())["type"] == "message"
        assert len(emulator.connections) == 1
        assert (await caller.call("POST", "/api/hubs/chat/:send", body=b"x")).status == 202
        assert await client.closed() == (1008, "The reliable message buffer is full.")


@pytest.mark.parametrize(("size", "cut_off"), [(1000, False), (1001, True)])
async def test_bytes_that_wait_for_a_client(size: int, cut_off: bool) -> None:
    waiting = channel.Channel(limit=1000, now=lambda: 0.0)
    waiting.write(bytes(size))
    assert waiting.closing is cut_off


def record(size: int) -> RequestRecord:
    return RequestRecord("GET", "", {}, {}, bytes(size), None, 200)


def test_bytes_on_record(monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture) -> None:
    monkeypatch.setattr(records, "RECORD_BYTES", 2 * records.ENTRY_BYTES + 10)
    kept = records.Records()
    for size in (4, 6):
        kept.on_request(record(size), 0.0, "")
    assert [each.body for each in kept.requests] == [bytes(4), bytes(6)]
    assert caplog.text == ""
    kept.on_request(record(5), 0.0, "")
    assert [each.body for each in kept.requests] == [bytes(5)]
    assert "The record of requests is full." in caplog.text
    kept.on_request(record(10_000), 0.0, "")
    assert len(kept.requests) == 1, "the last one is kept, however large"


def test_headers_and_paths_count_as_well(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(records, "RECORD_BYTES", 4 * records.ENTRY_BYTES)
    kept = records.Records()
    for number in range(4):
        kept.on_request(RequestRecord("GET", "/x", {}, {"a": "b" * 400}, None, str(number), 200), 0.0, "")
    assert [each.operation for each in kept.requests] == ["2", "3"]


def test_deliveries_on_record(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(records, "RECORD_BYTES", 2 * (records.ENTRY_BYTES + 8))
    kept = records.Records()
    written = DataMessage(Payload(PayloadType.TEXT, b""))
    for name in "abc":
        kept.on_message("chat", written, [Recipient(name, None)])
    assert [each.connection_id for each in kept.deliveries] == ["b", "c"]


def test_acks_that_are_remembered() -> None:
    remembered = acks.RememberedAcks()
    for ack_id in range(acks.MAX_REMEMBERED):
        remembered.remember(ack_id)
    assert 0 in remembered
    remembered.remember(acks.MAX_REMEMBERED)
    assert 0 not in remembered
    assert 1 in remembered


async def test_events_that_wait_for_a_handler(
    session: aiohttp.ClientSession, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(sessions, "MAX_UNHANDLED", 3)
    slow = Slow()
    async with Emulator(events=slow) as emulator:
        caller = Caller(emulator, session)
        async with caller.connect(protocol=JSON) as client:
            for number in range(4):
                await client.send(type="event", event=f"e{number}", data=1)
            await client.send(type="ping")
            await slow.begun.wait()
            with pytest.raises(asyncio.TimeoutError):  # the fourth event holds up what comes after it
                await client.socket.receive(timeout=0.05)
            slow.go_on.set()
            assert await client.message() == {"type": "pong"}


async def test_events_up_to_the_bound_hold_nothing_up(
    session: aiohttp.ClientSession, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(sessions, "MAX_UNHANDLED", 3)
    slow = Slow()
    async with Emulator(events=slow) as emulator:
        caller = Caller(emulator, session)
        async with caller.connect(protocol=JSON) as client:
            for number in range(3):
                await client.send(type="event", event=f"e{number}", data=1)
            assert await client.ask(type="ping") == {"type": "pong"}
            slow.go_on.set()


@pytest.mark.parametrize("version", API_VERSIONS)
async def test_every_operation_in_every_version(caller: Caller, version: str) -> None:
    """Whatever else is wrong with a request, its version is what is looked at first."""
    for route in ROUTES:
        path = route.template.format(hub="1", group="g", connectionId="c", userId="u", permission="p")
        answer = await caller.call(route.method, path, token=None, api_version=version)
        known = version in route.versions()
        if not route.needs_token:
            assert answer.status == 200
        elif route.method == "HEAD":
            assert answer.status == 400
            assert ("api-supported-versions" in answer.headers) is not known, route
        else:
            assert answer.json["target"] == ("hub" if known else "api-version"), route


def test_every_operation_with_a_token_has_a_handler() -> None:
    assert HANDLERS.keys() == {route.operation for route in ROUTES if route.needs_token}


@pytest.mark.parametrize(("size", "status"), [(1, 200), (MAX_PAGE, 200), (0, 400), (MAX_PAGE + 1, 400)])
async def test_sizes_of_a_page(caller: Caller, size: int, status: int) -> None:
    path = "/api/hubs/chat/groups/g/connections"
    assert (await caller.call("GET", path, query={"maxpagesize": str(size)})).status == status
