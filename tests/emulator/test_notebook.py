"""What notebooks and terminals show of an emulator: tables, and reprs that say what is in them."""

from typing import Any

import pytest

from azure.messaging.webpubsubservice.emulator import AsyncEmulator, Emulator, Fault
from tests.emulator.clients import JSON
from tests.emulator.clients import Caller as Client

HOSTILE = "<script>alert(1)</script>"
SEND = "/api/hubs/chat/:send"


def _html(value: Any) -> str:
    shown = value._repr_html_()
    assert isinstance(shown, str)
    return shown


async def test_requests_and_deliveries_are_lists_and_tables(caller: Client, emulator: AsyncEmulator) -> None:
    assert emulator.requests == []
    assert _html(emulator.requests) == "<p>No requests</p>"
    async with caller.connect("chat", protocol=JSON, user=HOSTILE, groups=["blue"]) as client:
        await caller.send("/api/hubs/chat/groups/blue/:send", {"n": HOSTILE})
        await client.message()
        table = _html(emulator.connections)
        assert "<caption>1 connections</caption>" in table
        assert f"<td>{client.connection_id}</td>" in table
    assert isinstance(emulator.requests, list)
    assert emulator.requests == list(emulator.requests)
    requests = _html(emulator.requests)
    assert requests.count("<tr>") == 2  # the headings, and the request
    assert "<td>WebPubSub_SendToGroup</td><td>202</td>" in requests
    deliveries = _html(emulator.deliveries)
    assert "<td>blue</td>" in deliveries
    waited = await emulator.wait_for_deliveries(1)
    for text in (requests, deliveries, _html(waited), _html(waited[0]), _html(emulator.requests[0])):
        assert "<table>" in text
        assert "<script" not in text
        assert "&lt;script&gt;" in text


async def test_a_long_table_shows_the_last_rows(caller: Client, emulator: AsyncEmulator) -> None:
    for number in range(120):
        await caller.send(SEND, number)
    table = _html(emulator.requests)
    assert "<caption>120 requests (the last 100 of 120)</caption>" in table
    assert table.count("<tr>") == 101
    assert ">&#x27;119&#x27;<" in table


async def test_records_say_what_is_in_them(caller: Client, emulator: AsyncEmulator) -> None:
    async with caller.connect("chat", protocol=JSON, user="alice") as client:
        await caller.send(SEND, {"n": 1})
        await caller.call("POST", SEND, body=b"\xff" * 900_000, content_type="application/octet-stream")
        await emulator.wait_for_deliveries(2)
        (first, second) = emulator.requests
        assert repr(first) == (
            "<RequestRecord POST /api/hubs/chat/:send?api-version=2024-12-01 -> 202, body '{\"n\":1}'>"
        )
        assert repr(second).endswith("(900000 bytes)>")
        assert len(repr(second)) < 300
        assert repr(emulator.deliveries[0]) == (
            f"<Delivery to {client.connection_id} of user 'alice' on hub 'chat': json '{{\"n\":1}}'>"
        )
        assert len(repr(emulator.deliveries[1])) < 300


def test_faults_say_what_goes_wrong() -> None:
    emulator = Emulator()
    assert repr(emulator.faults) == "<Faults: none>"
    assert _html(emulator.faults) == "<p>No faults</p>"
    fault = Fault(operation="WebPubSub_SendToAll", status=503, times=2)
    emulator.faults.add(fault)
    assert repr(fault) == "Fault(operation='WebPubSub_SendToAll', times=2, status=503)"
    assert eval(repr(fault)) == fault
    assert repr(emulator.faults) == f"<Faults: {fault!r} used 0 times>"
    table = _html(emulator.faults)
    assert "<td>operation WebPubSub_SendToAll</td><td>status 503</td><td>2</td><td>0</td>" in table


@pytest.mark.parametrize("seconds", [0, 3600])
def test_the_clock_says_the_time(seconds: float) -> None:
    emulator = Emulator()
    emulator.clock.advance(seconds)
    assert f", {seconds} s ahead of the machine, 0 timers>" in repr(emulator.clock)
    assert f"<td>{seconds} s</td>" in _html(emulator.clock)
