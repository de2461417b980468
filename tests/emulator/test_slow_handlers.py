"""Event handlers that take their time, and clients that do not wait for them."""

import asyncio
import logging
from collections.abc import AsyncIterator
from typing import Any

import aiohttp
import pytest

from azure.messaging.webpubsubservice.emulator import (
    ClientInfo,
    ConnectReply,
    ConnectRequest,
    Emulator,
    NoEventHandlers,
    Payload,
    SendEvent,
)
from azure.messaging.webpubsubservice.emulator._service.channel import Channel
from tests.emulator.clients import JSON, RELIABLE, Caller, Subscriber
from tests.emulator.test_reliable_clients import recovered


async def answer(client: Subscriber) -> dict[str, Any]:
    """The next message that is no ping; pings are answered."""
    while (message := await client.socket.receive(timeout=10)).type is aiohttp.WSMsgType.PING:
        await client.socket.pong(message.data)
    parsed: dict[str, Any] = message.json()
    return parsed


class Slow(NoEventHandlers):
    """Begins every event, and ends it when the test says so."""

    def __init__(self) -> None:
        self.log: list[str] = []
        self.begun = asyncio.Event()
        self.go_on = asyncio.Event()
        self.gone = asyncio.Event()

    async def user_event(self, client: ClientInfo, event: SendEvent) -> Payload | None:  # noqa: ARG002
        self.log.append(f"{event.event} begins")
        self.begun.set()
        await self.go_on.wait()
        self.log.append(f"{event.event} ends")
        return None

    async def disconnected(self, client: ClientInfo, reason: str) -> None:  # noqa: ARG002
        self.log.append("disconnected")
        self.gone.set()


@pytest.fixture
def slow() -> Slow:
    return Slow()


@pytest.fixture
async def caller(slow: Slow, session: aiohttp.ClientSession) -> AsyncIterator[Caller]:
    async with Emulator(events=slow) as emulator:
        yield Caller(emulator, session)
        slow.go_on.set()


def channel_of(caller: Caller, client: Subscriber) -> Channel:
    channel = caller.emulator._service.sessions._sessions[client.connection_id]._channel
    assert channel is not None
    return channel


async def ping(caller: Caller, client: Subscriber) -> None:
    """Begin an interval of keep-alive: cut off who has not answered, and ping; this client answers."""
    caller.emulator._service.sessions.keep_alive()
    message = await client.socket.receive(timeout=10)
    assert message.type is aiohttp.WSMsgType.PING
    await client.socket.pong(message.data)
    channel = channel_of(caller, client)
    while channel.awaiting_pong:  # noqa: ASYNC110 - until it is read
        await asyncio.sleep(0)


async def test_a_client_is_heard_while_its_event_is_handled(caller: Caller, slow: Slow) -> None:
    async with caller.connect(protocol=JSON) as client:
        await client.send(type="event", event="e", ackId=1, data=1)
        await slow.begun.wait()
        for _ in range(3):  # more silence than a client is allowed
            await ping(caller, client)
        await client.send(type="ping")
        assert (await answer(client))["type"] == "pong"
        slow.go_on.set()
        assert (await answer(client))["success"]


async def test_a_client_that_floods_its_handler_waits_and_stays(caller: Caller, slow: Slow) -> None:
    async with caller.connect(protocol=JSON) as client:
        for number in range(200):
            await client.send(type="event", event=f"e{number}", ackId=number, data=1)
        while channel_of(caller, client).listening:  # noqa: ASYNC110 - until no more of its frames are read
            await asyncio.sleep(0)
        async with caller.connect(protocol=JSON) as other:
            for _ in range(3):  # intervals in which the flood's pongs are not read
                await ping(caller, other)
            assert slow.log == ["e0 begins"]
        slow.go_on.set()
        assert [(await answer(client))["ackId"] for _ in range(200)] == list(range(200))


async def test_a_client_that_leaves_is_gone_at_once_and_its_events_are_still_handled(
    caller: Caller, slow: Slow
) -> None:
    async with caller.connect(protocol=JSON) as client:
        await client.send(type="event", event="first", data=1)
        await client.send(type="event", event="second", data=1)
        await asyncio.wait_for(slow.begun.wait(), 10)
    path = f"/api/hubs/chat/connections/{client.connection_id}"
    while (await caller.call("HEAD", path)).status != 404:
        pass
    assert slow.log == ["first begins"]
    slow.go_on.set()
    await asyncio.wait_for(slow.gone.wait(), 10)
    assert slow.log == ["first begins", "first ends", "second begins", "second ends", "disconnected"]


async def test_disconnected_follows_the_event_that_is_handled(caller: Caller, slow: Slow) -> None:
    async with caller.connect(protocol=JSON) as client:
        await client.send(type="event", event="e", data=1)
        await asyncio.wait_for(slow.begun.wait(), 10)
        assert (
            await caller.call("DELETE", f"/api/hubs/chat/connections/{client.connection_id}")
        ).status == 204
        slow.go_on.set()
        await asyncio.wait_for(slow.gone.wait(), 10)
    assert slow.log == ["e begins", "e ends", "disconnected"]


async def test_an_event_that_is_sent_again_meanwhile_is_handled_once(caller: Caller, slow: Slow) -> None:
    event = {"type": "event", "event": "e", "ackId": 1, "data": 1}
    async with caller.connect(protocol=RELIABLE) as client:
        await client.send(**event)
        await asyncio.wait_for(slow.begun.wait(), 10)
        caller.emulator.drop_clients(client.connection_id)
        async with recovered(caller, client) as again:
            await again.send(**event)
            await again.send(type="ping")
            assert (await answer(again))["type"] == "pong"  # so that the repetition has arrived
            slow.go_on.set()
            assert (await answer(again))["success"]
            assert (await answer(again))["error"]["name"] == "Duplicate"
            assert slow.log == ["e begins", "e ends"]


class Gone(NoEventHandlers):
    """Takes a client's time until it has gone."""

    def __init__(self) -> None:
        self.begun = asyncio.Event()
        self.go_on = asyncio.Event()
        self.gone = asyncio.Event()

    async def connect(self, event: ConnectRequest) -> ConnectReply:  # noqa: ARG002
        self.begun.set()
        await self.go_on.wait()
        return ConnectReply()

    async def disconnected(self, client: ClientInfo, reason: str) -> None:  # noqa: ARG002
        self.gone.set()


@pytest.mark.parametrize("rounds", range(9))
async def test_a_client_that_does_not_wait_for_its_upgrade_is_no_error(
    session: aiohttp.ClientSession, caplog: pytest.LogCaptureFixture, rounds: int
) -> None:
    gone = Gone()
    async with Emulator(events=gone) as emulator:
        client = asyncio.create_task(session.ws_connect(emulator.client_url("chat")))
        await asyncio.wait_for(gone.begun.wait(), 10)
        client.cancel()
        await asyncio.wait([client])
        for _ in range(rounds):  # in some of which the emulator hears of it
            await asyncio.sleep(0)
        with caplog.at_level(logging.INFO):
            gone.go_on.set()
            await asyncio.wait_for(gone.gone.wait(), 10)
        assert not emulator.connections
    assert not [record for record in caplog.records if record.levelno > logging.INFO]
