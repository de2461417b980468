"""Presence events: who joins and leaves groups, told to the handlers that ask."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any

import pytest

from azure.messaging.webpubsubservice.emulator import (
    AsyncEmulator,
    Emulator,
    EventHandler,
    EventRecord,
    NoEventHandlers,
    PresenceSink,
)
from azure.messaging.webpubsubservice.emulator._command.options import from_file
from azure.messaging.webpubsubservice.emulator._command.readers import read_event_handler
from azure.messaging.webpubsubservice.events import (
    ConnectEvent,
    GroupJoinedEvent,
    GroupLeftEvent,
    ValidationRequest,
    parse_event,
)
from tests.emulator.clients import JSON, RELIABLE, Caller

if TYPE_CHECKING:
    from collections.abc import AsyncIterator, Awaitable, Callable, Sequence

    import aiohttp

    from azure.messaging.webpubsubservice.emulator import ClientInfo
    from tests.emulator.clients import Subscriber

KEY = "a key of at least thirty-two bytes"
ROLES = ["webpubsub.joinLeaveGroup"]
HUB = "/api/hubs/chat"


class Handler:
    """Keeps the events of groups, and puts each client into the group of its connect event."""

    def __init__(self) -> None:
        self.events: list[GroupJoinedEvent | GroupLeftEvent] = []

    def __call__(self, environ: Any, start_response: Any) -> list[bytes]:
        headers = {k.removeprefix("HTTP_").replace("_", "-"): v for k, v in environ.items() if k.isupper()}
        body = environ["wsgi.input"].read()
        event = parse_event(environ["REQUEST_METHOD"], headers, body, access_keys=[KEY])
        match event:
            case ValidationRequest():
                response = event.allow_any()
            case ConnectEvent():
                response = event.accept(groups=["by handler"] if "handled" in event.query else ["by token"])
            case GroupJoinedEvent() | GroupLeftEvent():
                self.events.append(event)
                response = event.done()
            case _:
                response = event.done()
        start_response(f"{response.status} Status", list(response.headers.items()))
        return [response.body]


def presence(**options: Any) -> EventHandler:
    defaults = {"system_events": [], "user_events": [], "presence_events": ["joined", "left"]}
    return EventHandler(application=Handler(), **(defaults | options))


@pytest.fixture
async def emulator() -> AsyncIterator[AsyncEmulator]:
    async with Emulator(access_key=KEY) as running:
        yield running


async def groups(emulator: AsyncEmulator, count: int) -> Sequence[tuple[str, str]]:
    """The first ``count`` presence events: their names and groups."""
    records = await emulator.wait_for_events(count, where=lambda record: ".gp." in record.type)
    return [(record.event, json.loads(record.text)["group"]) for record in records]


async def by_message(_caller: Caller, client: Subscriber) -> None:
    await client.send(type="joinGroup", group="g", ackId=1)
    await client.message()
    await client.send(type="joinGroup", group="g", ackId=2)  # which changes nothing
    await client.message()
    await client.send(type="leaveGroup", group="g")


async def by_request(caller: Caller, client: Subscriber) -> None:
    path = f"{HUB}/groups/g/connections/{client.connection_id}"
    for method in ("PUT", "PUT", "DELETE", "DELETE"):
        assert (await caller.call(method, path)).status in {200, 204}


async def by_user(caller: Caller, _client: Subscriber) -> None:
    await caller.call("PUT", f"{HUB}/users/alice/groups/g")
    await caller.call("DELETE", f"{HUB}/users/alice/groups")


async def in_bulk(caller: Caller, _client: Subscriber) -> None:
    body = json.dumps({"groups": ["g"], "filter": "userId eq 'alice'"}).encode()
    for action in ("add", "remove"):
        path = f"{HUB}/:{action}{'To' if action == 'add' else 'From'}Groups"
        assert (await caller.call("POST", path, body=body, content_type="application/json")).status == 200


@pytest.mark.parametrize("act", [by_message, by_request, by_user, in_bulk])
async def test_a_client_joins_and_leaves(
    caller: Caller, emulator: AsyncEmulator, act: Callable[[Caller, Subscriber], Awaitable[None]]
) -> None:
    handler = presence()
    emulator.handle_events("chat", handler)
    async with caller.connect(protocol=JSON, user="alice", roles=ROLES) as client:
        await act(caller, client)
        assert await groups(emulator, 2) == [("joined", "g"), ("left", "g")]
    application: Any = handler.application
    joined, left = application.events
    assert isinstance(joined, GroupJoinedEvent)
    assert isinstance(left, GroupLeftEvent)
    assert (joined.hub, joined.connection_id, joined.user_id) == ("chat", client.connection_id, "alice")
    assert (joined.group, joined.subprotocol) == ("g", JSON)


async def test_what_is_sent(caller: Caller, emulator: AsyncEmulator) -> None:
    emulator.handle_events("chat", presence())
    async with caller.connect(protocol=JSON, groups=["by token"]) as client:
        (record,) = await emulator.wait_for_events()
    assert isinstance(record, EventRecord)
    assert (record.type, record.event) == ("azure.webpubsub.gp.joined", "joined")
    assert json.loads(record.text) == {"group": "by token"}
    expected = {
        "ce-type": "azure.webpubsub.gp.joined",
        "ce-eventname": "joined",
        "ce-specversion": "1.0",
        "ce-hub": "chat",
        "ce-connectionid": client.connection_id,
        "ce-source": f"/hubs/chat/client/{client.connection_id}",
        "ce-subprotocol": JSON,
        "content-type": "application/json; charset=utf-8",
    }
    assert record.headers.items() >= expected.items()
    assert "ce-userid" not in record.headers  # there is no user


@pytest.mark.parametrize("handled", [False, True])
async def test_it_begins_after_connected_and_ends_before_disconnected(
    caller: Caller, emulator: AsyncEmulator, handled: bool
) -> None:
    system = ["connect", "connected", "disconnected"]
    emulator.handle_events("chat", presence(system_events=system))
    query = "&handled=1" if handled else ""
    async with caller.connect(protocol=JSON, groups=["by token"], query=query):
        pass
    records = await emulator.wait_for_events(5)
    assert [record.event for record in records] == ["connect", "connected", "joined", "left", "disconnected"]
    group = "by handler" if handled else "by token"
    assert {json.loads(records[number].text)["group"] for number in (2, 3)} == {group}
    assert [record.headers["ce-id"] for record in records] == list("01234")


async def test_a_client_that_comes_back_has_not_left(caller: Caller, emulator: AsyncEmulator) -> None:
    emulator.handle_events("chat", presence())
    async with caller.connect(protocol=RELIABLE, groups=["g"]) as client:
        emulator.drop_clients()
        token = client.connected["reconnectionToken"]
        recovery = f"?awps_connection_id={client.connection_id}&awps_reconnection_token={token}"
        url = f"{emulator.endpoint}/client/hubs/chat{recovery}"
        async with caller.open(url, RELIABLE) as again:
            await again.send(type="ping")
            assert (await again.message())["type"] == "pong"
            assert [record.event for record in emulator.events] == ["joined"]
            emulator.drop_clients()
            emulator.clock.advance(60)
    assert await groups(emulator, 2) == [("joined", "g"), ("left", "g")]


@pytest.mark.parametrize(
    ("options", "expected"),
    [
        (
            {},
            ["joined exact", "joined prefix-1", "joined other", "left exact", "left prefix-1", "left other"],
        ),
        ({"presence_events": ["Joined"]}, ["joined exact", "joined prefix-1", "joined other"]),
        (
            {"group_filters": ["exact", "prefix*"], "presence_events": ["left"]},
            ["left exact", "left prefix-1"],
        ),
        ({"group_filters": ["Exact", "pre"]}, []),
        (
            {"group_filters": ["*"], "presence_events": ["joined"]},
            ["joined exact", "joined prefix-1", "joined other"],
        ),
        ({"group_filters": []}, []),
        ({"presence_events": []}, []),
    ],
)
async def test_a_handler_asks_for_what_it_gets(
    caller: Caller, emulator: AsyncEmulator, options: Any, expected: Sequence[str]
) -> None:
    emulator.handle_events("chat", presence(system_events=["disconnected"], **options))
    async with caller.connect(protocol=JSON, groups=["exact", "prefix-1", "other"]):
        pass
    await emulator.wait_for_events(where=lambda record: record.event == "disconnected")
    told = [f"{record.event} {json.loads(record.text)['group']}" for record in emulator.events[:-1]]
    assert sorted(told) == sorted(expected)


async def test_an_answer_that_fails_has_no_effect(caller: Caller, emulator: AsyncEmulator) -> None:
    def application(environ: Any, start_response: Any) -> list[bytes]:
        status = "200 OK" if environ["REQUEST_METHOD"] == "OPTIONS" else "403 Forbidden"
        start_response(status, [("WebHook-Allowed-Origin", "*")])
        return [b"no"]

    handler = EventHandler(application=application, system_events=[], presence_events=["joined"])
    emulator.handle_events("chat", handler)
    async with caller.connect(protocol=JSON, roles=ROLES) as client:
        ack = await client.ask(type="joinGroup", group="g", ackId=1)
        assert ack["success"]
        (record,) = await emulator.wait_for_events()
        assert record.failure == "the answer is 403: 'no'"
        assert (await caller.call("HEAD", f"{HUB}/groups/g")).status == 200


async def test_a_receiver_of_a_test_learns_of_it(session: aiohttp.ClientSession) -> None:
    class Receiver(NoEventHandlers):
        def __init__(self) -> None:
            self.told: list[tuple[str, str, str | None]] = []

        def handles_presence(self, hub: str, event: str, group: str) -> bool:  # noqa: ARG002
            return group != "quiet"

        async def joined(self, client: ClientInfo, group: str) -> None:
            self.told.append(("joined", group, client.user_id))

        async def left(self, client: ClientInfo, group: str) -> None:
            self.told.append(("left", group, client.user_id))

    receiver = Receiver()
    assert isinstance(receiver, PresenceSink)
    async with Emulator(events=receiver) as emulator:
        async with Caller(emulator, session).connect(protocol=JSON, user="a", groups=["g", "quiet"]):
            pass
        await emulator.wait_until(lambda: not emulator.connections)
    assert receiver.told == [("joined", "g", "a"), ("left", "g", "a")]


@pytest.mark.parametrize(
    ("options", "words"),
    [
        ({"presence_events": "joined"}, "presence_events must be a list of names"),
        ({"presence_events": ["connected"]}, "a presence event must be joined or left, got 'connected'"),
        ({"group_filters": "g"}, "group_filters must be a list of group names"),
        ({"group_filters": ["a*b"]}, r"a group filter must be .*, got 'a\*b'"),
        ({"group_filters": [""]}, "a group filter must be"),
    ],
)
def test_bad_settings_are_refused(options: Any, words: str) -> None:
    with pytest.raises(ValueError, match=words):
        EventHandler("http://host", **options)


def test_a_shell_and_a_file_ask_for_them() -> None:
    hub, handler = read_event_handler("chat=http://host/e;presence-event=joined,left;group-filter=room*,hall")
    expected = EventHandler(
        "http://host/e", [], [], presence_events=["joined", "left"], group_filters=["room*", "hall"]
    )
    assert (hub, handler) == ("chat", expected)
    table = {
        "hub": "chat",
        "url": "http://host/e",
        "presence-event": "joined,left",
        "group-filter": ["room*", "hall"],
    }
    assert from_file({"event-handler": [table]}, "f.toml")["event_handler"] == [("chat", expected)]
    with pytest.raises(
        ValueError, match=r"'presence=joined' is not one of user-event-pattern=.*, group-filter="
    ):
        read_event_handler("chat=http://host/e;presence=joined")
