"""Clients, the emulator and an event handler over real sockets; the handler understands events by
`events`."""

from __future__ import annotations

import asyncio
import sys
from contextlib import AsyncExitStack, asynccontextmanager
from typing import TYPE_CHECKING, Any

import aiohttp
import pytest
from aiohttp import web

from azure.messaging.webpubsubservice.emulator import AsyncEmulator, Emulator, EventHandler, NoEventHandlers
from azure.messaging.webpubsubservice.emulator.__main__ import main
from azure.messaging.webpubsubservice.events import (
    ConnectedEvent,
    ConnectEvent,
    DisconnectedEvent,
    Event,
    EventResponse,
    UserEvent,
    ValidationRequest,
    parse_event,
)
from tests.emulator.clients import JSON, RELIABLE, Caller

if TYPE_CHECKING:
    from collections.abc import AsyncIterator, Callable

KEY = "secondary-key"


class Handler:
    """An event handler that keeps what it receives, and responds as the test asks."""

    def __init__(self) -> None:
        self.events: list[Any] = []
        self.answer: Callable[[Event], EventResponse] = self.default
        self._disconnected = asyncio.Event()

    def default(self, event: Event) -> EventResponse:
        return event.allow_any() if isinstance(event, ValidationRequest) else event.done()

    async def handle(self, request: web.Request) -> web.Response:
        event = parse_event(request.method, request.raw_headers, await request.read(), access_keys=[KEY])
        self.events.append(event)
        if isinstance(event, DisconnectedEvent):
            self._disconnected.set()
        response = self.default(event) if isinstance(event, ValidationRequest) else self.answer(event)
        return web.Response(status=response.status, headers=response.headers, body=response.body)

    async def disconnected(self) -> DisconnectedEvent:
        """The last event of the only connection."""
        await asyncio.wait_for(self._disconnected.wait(), 10)
        event = self.events[-1]
        assert isinstance(event, DisconnectedEvent)
        return event


class Setup:
    def __init__(self, handler: Handler, caller: Caller, stop_handler: Callable[[], Any]) -> None:
        self.handler = handler
        self.caller = caller
        self.stop_handler = stop_handler

    @property
    def emulator(self) -> AsyncEmulator:
        assert isinstance(self.caller.emulator, AsyncEmulator)
        return self.caller.emulator


@asynccontextmanager
async def running(**options: Any) -> AsyncIterator[Setup]:
    handler = Handler()
    application = web.Application()
    application.router.add_route("*", "/{path:.*}", handler.handle)
    runner = web.AppRunner(application)
    async with AsyncExitStack() as stack:
        stack.push_async_callback(runner.cleanup)
        await runner.setup()
        await web.TCPSite(runner, "127.0.0.1", 0).start()
        url = f"http://127.0.0.1:{runner.addresses[0][1]}/api/{{hub}}/{{event}}"
        emulator = await stack.enter_async_context(
            Emulator(secondary_access_key=KEY, event_handlers={"chat": url}, **options)
        )
        session = await stack.enter_async_context(aiohttp.ClientSession())
        yield Setup(handler, Caller(emulator, session), runner.cleanup)


@pytest.fixture
async def setup() -> AsyncIterator[Setup]:
    async with running() as one:
        yield one


async def test_life_of_a_client(setup: Setup) -> None:
    def answer(event: Event) -> EventResponse:
        if isinstance(event, ConnectEvent):
            return event.accept(
                user_id="bob", groups=["room"], roles=["webpubsub.sendToGroup.room"], state={"steps": 1}
            )
        assert isinstance(event, UserEvent | ConnectedEvent | DisconnectedEvent)
        if isinstance(event, UserEvent):
            return event.reply(
                json={"you": event.user_id, **event.json()}, state={"steps": event.state["steps"] + 1}
            )
        return event.done()

    setup.handler.answer = answer
    async with setup.caller.connect(
        "Chat", protocol=JSON, user="alice", roles=["webpubsub.joinLeaveGroup"]
    ) as client:
        assert client.connected["userId"] == "bob"
        await client.send(type="event", event="Add", dataType="json", data={"n": 1.50}, ackId=1)
        assert await client.message() == {
            "type": "message",
            "from": "server",
            "dataType": "json",
            "data": {"you": "bob", "n": 1.5},
        }
        assert await client.message() == {"type": "ack", "ackId": 1, "success": True}
        # The handler put the client into the group, gave it the role to send there and took the other away.
        await client.send(type="sendToGroup", group="room", dataType="text", data="hello", ackId=2)
        assert (await client.message())["data"] == "hello"
        assert (await client.message())["success"]
        refused = await client.ask(type="joinGroup", group="other", ackId=3)
        assert refused["error"]["name"] == "Forbidden"
    await setup.handler.disconnected()
    validation, connect, connected, added, gone = setup.handler.events
    assert validation == ValidationRequest(("127.0.0.1",))
    assert (connect.hub, connect.user_id, connect.subprotocols, connect.claims["sub"]) == (
        "chat",
        "alice",
        (JSON,),
        ("alice",),
    )
    assert (connected.user_id, connected.subprotocol, connected.state) == ("bob", JSON, {"steps": 1})
    assert (added.name, added.data_type, added.state) == ("Add", "json", {"steps": 1})
    assert (gone.user_id, gone.state) == ("bob", {"steps": 2})
    assert [event.id for event in setup.handler.events[1:]] == ["0", "1", "2", "3"]


async def test_what_the_client_sent_arrives_without_its_token(setup: Setup) -> None:
    async with setup.caller.connect(
        user="alice", query="&page=1&page=2", email="a@example", more=[{"n": 1}, True, None]
    ):
        await setup.emulator.wait_for_connections()
    connect = setup.handler.events[1]
    assert connect.query == {"page": ("1", "2")}
    assert connect.claims["email"] == ("a@example",)
    assert connect.claims["more"] == ('{"n":1}', "true", "null")
    names = {name.lower() for name in connect.headers}
    assert "host" in names
    assert "authorization" not in names


async def test_client_that_the_handler_refuses(setup: Setup, caplog: pytest.LogCaptureFixture) -> None:
    setup.handler.answer = lambda event: event.reject(403, "Not today.")  # type: ignore[union-attr]
    async with setup.caller.session.get(
        setup.caller.client_url("chat"),
        headers={
            "Connection": "Upgrade",
            "Upgrade": "websocket",
            "Sec-WebSocket-Version": "13",
            "Sec-WebSocket-Key": "dGhlIHNhbXBsZSBub25jZQ==",
        },
    ) as response:
        assert (response.status, await response.text()) == (403, "Not today.")
    assert "the connect event handler responded with 403: 'Not today.'" in caplog.text
    with pytest.raises(aiohttp.WSServerHandshakeError) as refused:
        async with setup.caller.connect():
            pass
    assert refused.value.status == 403
    assert not any(isinstance(event, DisconnectedEvent) for event in setup.handler.events)
    refusals = [(event.event, event.status, event.failure) for event in setup.emulator.events]
    assert refusals == [("connect", 403, "the answer is 403: 'Not today.'")] * 2


async def test_handler_chooses_a_subprotocol_of_its_own(setup: Setup) -> None:
    def answer(event: Event) -> EventResponse:
        if isinstance(event, ConnectEvent):
            return event.accept(subprotocol="Mine")
        if isinstance(event, UserEvent):
            return event.reply(content=event.content + b"!")
        return setup.handler.default(event)

    setup.handler.answer = answer
    url = setup.caller.client_url("chat")
    async with setup.caller.session.ws_connect(url, protocols=("other", "Mine")) as socket:
        assert socket.protocol == "Mine"
        await socket.send_str("hello")
        assert await socket.receive_bytes() == b"hello!"
    assert (await setup.handler.disconnected()).subprotocol == "Mine"


@pytest.mark.parametrize(
    ("answer", "message", "frame"),
    [
        ({"content": "é"}, {"dataType": "text", "data": "é"}, "é"),
        ({"content": b"\x00\xff"}, {"dataType": "binary", "data": "AP8="}, b"\x00\xff"),
        ({"json": [1, "é"]}, {"dataType": "json", "data": [1, "é"]}, '[1,"é"]'),
    ],
    ids=["text", "binary", "json"],
)
async def test_replies_by_type(
    setup: Setup, answer: dict[str, Any], message: dict[str, Any], frame: object
) -> None:
    setup.handler.answer = lambda event: (
        event.reply(**answer) if isinstance(event, UserEvent) else setup.handler.default(event)
    )
    async with setup.caller.connect(protocol=JSON) as client:
        received = await client.ask(type="event", event="any", dataType="text", data="x")
        assert received == {"type": "message", "from": "server", **message}
    async with setup.caller.connect() as simple:
        await simple.socket.send_str("x")
        assert await simple.frame() == frame


async def test_simple_client_sends_the_event_message(setup: Setup) -> None:
    async with setup.caller.connect() as client:
        await client.socket.send_str("text")
        await client.socket.send_bytes(b"bytes")
        await client.silent()
    await setup.handler.disconnected()
    sent = [event for event in setup.handler.events if isinstance(event, UserEvent)]
    assert [(event.name, event.data_type, event.content) for event in sent] == [
        ("message", "text", b"text"),
        ("message", "binary", b"bytes"),
    ]


async def test_metadata_there_and_back(setup: Setup) -> None:
    setup.handler.answer = lambda event: (
        event.reply(content=f"{dict(event.metadata)}", metadata={"Reply-To": "b"})
        if isinstance(event, UserEvent)
        else setup.handler.default(event)
    )
    async with setup.caller.connect(protocol=JSON) as client:
        reply = await client.ask(
            type="event", event="any", dataType="text", data="x", metadata={"Trace": "a"}, ackId=1
        )
        assert (reply["data"], reply["metadata"]) == ("{'trace': 'a'}", {"reply-to": "b"})
        assert await client.message() == {"type": "ack", "ackId": 1, "success": True}
        bad = {"type": "event", "event": "any", "dataType": "text", "data": "x", "metadata": {"a\r\nb": "c"}}
        await client.send(**bad)
        assert (await client.closed())[0] == 1007


async def test_event_that_the_handler_refuses(setup: Setup) -> None:
    setup.handler.answer = lambda event: (
        event.reject(400) if isinstance(event, UserEvent) else setup.handler.default(event)
    )
    async with setup.caller.connect(protocol=JSON) as client:
        ack = await client.ask(type="event", event="any", dataType="text", data="x", ackId=7)
        assert (ack["success"], ack["error"]["name"]) == (False, "InternalServerError")
        assert (await client.ask(type="ping"))["type"] == "pong"
    async with setup.caller.connect() as simple:
        await simple.socket.send_str("x")
        assert await simple.closed() == (1011, "Internal server error")


async def test_reason_of_a_close_by_the_server(setup: Setup) -> None:
    async with setup.caller.connect(protocol=JSON) as client:
        path = f"/api/hubs/chat/connections/{client.connection_id}"
        assert (await setup.caller.call("DELETE", path, query={"reason": "Maintenance."})).status == 204
        gone = await setup.handler.disconnected()
    assert gone.reason == "Application server closed the connection. Reason: Maintenance."


async def test_reason_of_a_close_by_the_client(setup: Setup) -> None:
    async with setup.caller.connect(protocol=JSON) as client:
        await client.socket.close(code=1000, message=b"Good night.")
    assert (await setup.handler.disconnected()).reason == "Good night."


async def test_recovery_is_no_event(setup: Setup) -> None:
    async with setup.caller.connect(protocol=RELIABLE) as client:
        token = client.connected["reconnectionToken"]
        await client.socket.close(code=4000)
    url = f"{setup.emulator.endpoint}/client/hubs/chat?awps_connection_id={client.connection_id}"
    async with setup.caller.open(f"{url}&awps_reconnection_token={token}", RELIABLE) as again:
        assert (await again.ask(type="event", event="any", dataType="text", data="x", ackId=1))["success"]
        await again.socket.close(code=4000)
    while setup.handler.events[-1:] and not isinstance(setup.handler.events[-1], DisconnectedEvent):
        setup.emulator.clock.advance(31)
        await asyncio.sleep(0)
    gone = await setup.handler.disconnected()
    assert gone.reason == "The connection recovery timeout expired."
    kinds = [type(event) for event in setup.handler.events]
    assert kinds == [ValidationRequest, ConnectEvent, ConnectedEvent, UserEvent, DisconnectedEvent]


async def test_hub_without_a_handler(setup: Setup) -> None:
    async with setup.caller.connect("news", protocol=JSON) as client:
        ack = await client.ask(type="event", event="any", dataType="text", data="x", ackId=7)
        assert ack["error"]["name"] == "InternalServerError"
    assert setup.handler.events == []


async def test_emulator_stops_though_its_handler_is_gone() -> None:
    async with running() as setup:
        socket = await setup.caller.session.ws_connect(setup.caller.client_url("chat"))
        await setup.emulator.wait_for_connections()
        await setup.stop_handler()
    assert (await socket.receive()).type in {aiohttp.WSMsgType.CLOSE, aiohttp.WSMsgType.CLOSED}


def test_two_receivers_of_events_are_refused() -> None:
    with pytest.raises(ValueError, match="events and event_handlers"):
        Emulator(events=NoEventHandlers(), event_handlers={"chat": EventHandler("http://127.0.0.1:1")})


@pytest.mark.parametrize(
    ("option", "problem"),
    [
        ("http://127.0.0.1:1", "not of the form HUB=URL"),
        ("chat=nowhere", "url must be absolute, with http or https, got 'nowhere'"),
        ("chat=http://127.0.0.1/{user}", "a parameter of url must be hub or event, got 'user'"),
    ],
)
def test_bad_option_of_the_command_is_refused(
    option: str, problem: str, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(sys, "argv", ["emulator", "--event-handler", option])
    with pytest.raises(SystemExit) as stopped:
        main()
    assert stopped.value.code == 2
    assert problem in capsys.readouterr().err
