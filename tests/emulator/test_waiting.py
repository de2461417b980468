"""What a wait says that ends in vain: what there is instead, the nearest last."""

from typing import Any

import aiohttp
import pytest

from azure.messaging.webpubsubservice.emulator import AsyncEmulator, Delivery, Emulator, EventHandler
from tests.emulator.clients import JSON, Caller, Subscriber
from tests.faults import FaultServer


async def send(caller: Caller, group: str, text: str) -> None:
    await caller.send(f"/api/hubs/chat/groups/{group}/:send", text)


async def text_of(waiting: Any) -> list[str]:
    with pytest.raises(TimeoutError) as over:
        await waiting
    return str(over.value).splitlines()


def shown(client: Subscriber, group: str, text: str) -> str:
    return (
        f"  <Delivery to {client.connection_id} of user 'alice' on hub 'chat' in group {group!r}: "
        f"json '\"{text}\"'>"
    )


def request(group: str, text: str, clients: str) -> str:
    path = f"/api/hubs/chat/groups/{group}/:send?api-version=2024-12-01"
    return f"  <RequestRecord POST {path} -> 202, body '\"{text}\"'>, to {clients}"


async def test_deliveries_that_do_not_match_are_listed_with_what_was_looked_at(
    caller: Caller, emulator: AsyncEmulator
) -> None:
    async with caller.connect("chat", protocol=JSON, user="alice", groups=["red", "blue"]) as client:
        for group, text in (("red", "1"), ("blue", "2"), ("green", "3"), ("red", "4")):
            await send(caller, group, text)
        await emulator.wait_for_deliveries(3)
        lines = await text_of(
            emulator.wait_for_deliveries(
                2, where=lambda each: each.group == "blue" and each.data == b"hello", timeout=0
            )
        )
        assert lines == [
            "after 0 s there are 0 matching deliveries, not 2",
            "not matching, the nearest last:",
            f"{shown(client, 'red', '1')}: where looked at group='red'",
            f"{shown(client, 'red', '4')}: where looked at group='red'",
            f"{shown(client, 'blue', '2')}: where looked at group='blue', data='\"2\"'",
            "the last requests (1 not shown):",
            request("blue", "2", "1 client"),
            request("green", "3", "0 clients"),
            request("red", "4", "1 client"),
            "in all: 1 client, 4 requests, 3 deliveries and 0 events on record",
        ]
        lines = await text_of(
            emulator.wait_for_deliveries(2, where=lambda each: each.group == "blue", timeout=0)
        )
        assert lines[:3] == [
            "after 0 s there is 1 matching delivery, not 2",
            "matching:",
            shown(client, "blue", "2"),
        ]


async def test_a_blocking_wait_says_it_too() -> None:
    with Emulator() as emulator:
        with pytest.raises(TimeoutError) as over:
            emulator.wait_for_connections(where=lambda each: each.user_id == "bob", timeout=0.01)
    assert str(over.value).splitlines() == [
        "after 0.01 s there are 0 matching connections, not 1",
        "in all: 0 clients, 0 requests, 0 deliveries and 0 events on record",
    ]


async def test_a_wait_for_clients_shows_who_was_refused(caller: Caller, emulator: AsyncEmulator) -> None:
    with pytest.raises(aiohttp.WSServerHandshakeError):
        await caller.session.ws_connect(f"{emulator.endpoint}/client/hubs/chat?access_token=abc.s3cret.x")
    lines = await text_of(emulator.wait_for_connections(timeout=0))
    assert lines[1:3] == [
        "the last refusals:",
        "  GET /client/hubs/chat -> 401: no access key fits: a part of the token is not base64url",
    ]
    emulator.clear_records()
    assert len(await text_of(emulator.wait_for_connections(timeout=0))) == 2


async def test_events_that_failed_are_shown(session: aiohttp.ClientSession) -> None:
    with FaultServer(listening=False) as server:
        handler = EventHandler(server.endpoint, system_events=[], retry_delays=())
        async with Emulator(event_handlers={"chat": handler}) as emulator:
            async with Caller(emulator, session).connect("chat", protocol=JSON) as client:
                await client.ask(type="event", event="hello", dataType="text", data="x", ackId=1)
                lines = await text_of(emulator.wait_for_deliveries(timeout=0))
    assert lines[1] == "the last events that failed:"
    assert "failed: validation failed: Cannot connect to host 127.0.0.1:" in lines[2]


async def test_a_condition_shows_what_happened(caller: Caller, emulator: AsyncEmulator) -> None:
    async with caller.connect("chat", protocol=JSON, user="alice", groups=["red"]) as client:
        await send(caller, "red", "1")
        await emulator.wait_for_deliveries()
        assert await text_of(emulator.wait_until(lambda: None, timeout=0)) == [
            "after 0 s the condition is not true",
            "the last requests:",
            request("red", "1", "1 client"),
            "the last deliveries:",
            shown(client, "red", "1"),
            "in all: 1 client, 1 request, 1 delivery and 0 events on record",
        ]


@pytest.mark.parametrize(
    ("where", "looked_at"),
    [
        (lambda each: isinstance(each, Delivery) and each.group == "x", ": where looked at group='red'"),
        (lambda each: each == 1, ""),
        (lambda each: hash(each) == 0, ""),
        (lambda each: vars(Delivery)["group"].__get__(each) == "x", ""),
    ],
    ids=["isinstance", "equality", "hash", "descriptor"],
)
async def test_any_function_may_choose(
    where: Any, looked_at: str, caller: Caller, emulator: AsyncEmulator
) -> None:
    async with caller.connect("chat", protocol=JSON, user="alice", groups=["red"]) as client:
        await send(caller, "red", "1")
        await emulator.wait_for_deliveries()
        lines = await text_of(emulator.wait_for_deliveries(where=where, timeout=0))
    assert lines[2] == f"{shown(client, 'red', '1')}{looked_at}"


async def test_the_text_is_short_whatever_happened(caller: Caller, emulator: AsyncEmulator) -> None:
    user, group = "u" * 1000, "g" * 1000
    async with caller.connect("chat", protocol=JSON, user=user, groups=[group]):
        for number in range(12):
            await send(caller, group, f"{number}" * 10_000)
        await emulator.wait_for_deliveries(12)
        for waiting in (
            emulator.wait_for_deliveries(where=lambda each: each.user_id == "x", timeout=0),
            emulator.wait_for_requests(where=lambda each: each.headers == {} or each.body == b"x", timeout=0),
            emulator.wait_for_connections(where=lambda each: "x" in {each.hub, *each.groups}, timeout=0),
            emulator.wait_until(lambda: None, timeout=0),
        ):
            lines = await text_of(waiting)
            assert max(map(len, lines)) <= 302
            assert len(lines) <= 20


async def test_the_text_has_no_secret(caller: Caller, emulator: AsyncEmulator) -> None:
    url = f"{emulator.endpoint}/api/hubs/chat/:send?api-version=2024-12-01&access_token=s3cret"
    await caller.session.post(url, headers={"Authorization": "Bearer s3cret", "X-Secret": "s3cret"})
    for waiting in (
        emulator.wait_for_requests(
            where=lambda each: "x" in each.headers or "y" in each.query or each.method == "GET", timeout=0
        ),
        emulator.wait_until(lambda: None, timeout=0),
    ):
        text = "\n".join(await text_of(waiting))
        assert "POST /api/hubs/chat/:send" in text
        assert "s3cret" not in text
        assert emulator.access_key not in text
