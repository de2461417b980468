"""The reliable subprotocol: sequence ids, recovery, and what is lost for good."""

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from typing import Any

import aiohttp
import pytest

from azure.messaging.webpubsubservice.emulator import AsyncEmulator, ClientInfo, Emulator, NoEventHandlers
from tests.emulator.clients import JSON, RELIABLE, Caller, Subscriber

SEND = "/api/hubs/chat/:send"
NOT_RECOVERED = (1008, "The connection could not be recovered.")


def recovery_url(caller: Caller, client: Subscriber, **changes: str) -> str:
    query = {
        "awps_connection_id": client.connection_id,
        "awps_reconnection_token": client.connected["reconnectionToken"],
        **changes,
    }
    return f"{caller.emulator.endpoint}/client/hubs/chat?" + "&".join(f"{k}={v}" for k, v in query.items())


@asynccontextmanager
async def recovered(caller: Caller, client: Subscriber, **changes: str) -> AsyncIterator[Subscriber]:
    async with caller.open(recovery_url(caller, client, **changes), RELIABLE) as again:
        yield again


def drop(caller: Caller, client: Subscriber) -> None:
    """Lose the socket without a Close frame, and let the emulator know at once."""
    caller.emulator.drop_clients(client.connection_id)


def numbered(sequence_id: int, data: Any) -> dict[str, Any]:
    fields = {"from": "server", "dataType": "json", "data": data}
    return {"sequenceId": sequence_id, "type": "message", **fields}


async def test_data_is_numbered_and_nothing_else(caller: Caller) -> None:
    async with caller.connect(protocol=RELIABLE, roles=["webpubsub.joinLeaveGroup"]) as client:
        for number in (1, 2):
            await caller.send(SEND, number)
            assert await client.message() == numbered(number, number)
        assert "sequenceId" not in await client.ask(type="ping")
        assert "sequenceId" not in await client.ask(type="joinGroup", group="g", ackId=1)


@pytest.mark.parametrize("acknowledged", [0, 1, 2, 5])
async def test_what_was_not_acknowledged_is_told_again(caller: Caller, acknowledged: int) -> None:
    async with caller.connect(protocol=RELIABLE) as client:
        await caller.send(SEND, 1)
        await caller.send(SEND, 2)
        assert [(await client.message())["sequenceId"] for _ in range(2)] == [1, 2]
        await client.send(type="sequenceAck", sequenceId=acknowledged)
        await client.ask(type="ping")
        drop(caller, client)
        await caller.send(SEND, 3)
        async with recovered(caller, client) as again:
            for number in range(min(acknowledged, 2) + 1, 4):
                assert await again.message() == numbered(number, number)
            await caller.send(SEND, 4)
            assert await again.message() == numbered(4, 4)


@pytest.mark.usefixtures("standing_time")
async def test_a_detached_client_is_still_there(caller: Caller, emulator: AsyncEmulator) -> None:
    async with caller.connect(protocol=RELIABLE, user="u", groups=["g"]) as client:
        drop(caller, client)
    path = f"/api/hubs/chat/connections/{client.connection_id}"
    for there in (path, "/api/hubs/chat/users/u", "/api/hubs/chat/groups/g"):
        assert (await caller.call("HEAD", there)).status == 200
    emulator.clock.advance(29)
    assert (await caller.call("HEAD", path)).status == 200
    emulator.clock.advance(1.5)
    assert (await caller.call("HEAD", path)).status == 404
    async with recovered(caller, client) as again:
        assert await again.closed() == NOT_RECOVERED


@pytest.mark.parametrize("code", [1001, 3000])
async def test_a_close_with_another_code_keeps_the_session(caller: Caller, code: int) -> None:
    async with caller.connect(protocol=RELIABLE) as client:
        await client.socket.close(code=code)
    await caller.send(SEND, 1)
    async with recovered(caller, client) as again:
        assert await again.message() == numbered(1, 1)


async def test_a_normal_close_ends_the_session(caller: Caller) -> None:
    async with caller.connect(protocol=RELIABLE) as client:
        await client.socket.close()
    async with recovered(caller, client) as again:
        assert await again.closed() == NOT_RECOVERED


async def test_a_client_closed_by_the_application_does_not_come_back(caller: Caller) -> None:
    async with caller.connect(protocol=RELIABLE) as client:
        path = f"/api/hubs/chat/connections/{client.connection_id}"
        assert (await caller.call("DELETE", path)).status == 204
        assert (await client.message())["event"] == "disconnected"
        async with recovered(caller, client) as again:
            assert await again.closed() == NOT_RECOVERED


async def test_a_detached_client_can_be_closed(caller: Caller) -> None:
    async with caller.connect(protocol=RELIABLE) as client:
        drop(caller, client)
    path = f"/api/hubs/chat/connections/{client.connection_id}"
    assert (await caller.call("DELETE", path)).status == 204
    async with recovered(caller, client) as again:
        assert await again.closed() == NOT_RECOVERED


@pytest.mark.parametrize(
    "changes",
    [{"awps_reconnection_token": "x"}, {"awps_reconnection_token": ""}, {"awps_connection_id": "x"}],
)
async def test_recovery_needs_the_right_token(caller: Caller, changes: dict[str, str]) -> None:
    async with caller.connect(protocol=RELIABLE) as client:
        async with recovered(caller, client, **changes) as again:
            assert await again.closed() == NOT_RECOVERED
        assert await client.ask(type="ping") == {"type": "pong"}


async def test_recovery_needs_the_same_hub(caller: Caller) -> None:
    async with caller.connect(protocol=RELIABLE) as client:
        url = recovery_url(caller, client)
        async with caller.open(url.replace("/chat?", "/other?"), RELIABLE) as again:
            assert await again.closed() == NOT_RECOVERED


@pytest.mark.parametrize("offered", [None, JSON, RELIABLE])
async def test_recovery_with_the_plain_subprotocol_or_none_goes_on_as_it_was(
    caller: Caller, offered: str | None
) -> None:
    async with caller.connect(protocol=RELIABLE, groups=["g"]) as client:
        drop(caller, client)
        await caller.send("/api/hubs/chat/groups/g/:send", "missed")
        async with caller.open(recovery_url(caller, client), offered) as again:
            missed = await again.message()
            assert (missed["data"], missed["sequenceId"]) == ("missed", 1)
            await again.send(type="sequenceAck", sequenceId=1)
            assert await again.ask(type="ping") == {"type": "pong"}


@pytest.mark.parametrize("offered", ["protobuf.reliable.webpubsub.azure.v1", "protobuf.webpubsub.azure.v1"])
async def test_recovery_does_not_change_the_encoding(caller: Caller, offered: str) -> None:
    async with caller.connect(protocol=RELIABLE) as client:
        async with caller.open(recovery_url(caller, client), offered) as again:
            assert await again.closed() == NOT_RECOVERED


async def test_recovery_does_not_look_at_the_access_token(caller: Caller) -> None:
    async with caller.connect(protocol=RELIABLE) as client:
        drop(caller, client)
        async with recovered(caller, client, access_token="expired") as again:
            assert await again.ask(type="ping") == {"type": "pong"}


async def test_a_client_may_come_back_before_its_loss_is_noticed(caller: Caller) -> None:
    async with caller.connect(protocol=RELIABLE) as client, recovered(caller, client) as again:
        await caller.send(SEND, 1)
        assert await again.message() == numbered(1, 1)
        assert (await client.socket.receive(timeout=10)).type in {
            aiohttp.WSMsgType.CLOSED,
            aiohttp.WSMsgType.ERROR,
            aiohttp.WSMsgType.CLOSE,
        }


async def test_groups_and_permissions_survive_recovery(caller: Caller) -> None:
    async with caller.connect(protocol=RELIABLE, groups=["g"]) as client:
        path = f"/api/hubs/chat/permissions/sendToGroup/connections/{client.connection_id}"
        assert (await caller.call("PUT", path, query={"targetName": "g"})).status == 200
        drop(caller, client)
        async with recovered(caller, client) as again:
            answer = await again.ask(type="sendToGroup", group="g", data=1, ackId=1)
            assert (answer["group"], answer["sequenceId"]) == ("g", 1)


async def test_a_message_expires_while_nobody_takes_it(caller: Caller, emulator: AsyncEmulator) -> None:
    async with caller.connect(protocol=RELIABLE) as client:
        drop(caller, client)
    await caller.send(SEND, "short", messageTtlSeconds="5")
    await caller.send(SEND, "long", messageTtlSeconds="20")
    await caller.send(SEND, "forever", messageTtlSeconds="0")
    emulator.clock.advance(10)
    async with recovered(caller, client) as again:
        assert await again.message() == numbered(2, "long")
        assert await again.message() == numbered(3, "forever")


@pytest.mark.parametrize("attached", [True, False])
async def test_too_many_messages_end_the_session(
    caller: Caller, emulator: AsyncEmulator, attached: bool
) -> None:
    async with (
        caller.connect(protocol=RELIABLE, groups=["g"]) as client,
        caller.connect(protocol=JSON, roles=["webpubsub.sendToGroup"]) as sender,
    ):
        if not attached:
            emulator.drop_clients(client.connection_id)
        for number in range(1000):
            await sender.send(type="sendToGroup", group="g", data=number)
        await sender.ask(type="ping")
        path = f"/api/hubs/chat/connections/{client.connection_id}"
        assert (await caller.call("HEAD", path)).status == 200
        await sender.send(type="sendToGroup", group="g", data=1000)
        await sender.ask(type="ping")
        assert (await caller.call("HEAD", path)).status == 404
        if attached:
            for number in range(1000):
                assert (await client.message())["sequenceId"] == number + 1
            assert await client.closed() == (1008, "The reliable message buffer is full.")
        async with recovered(caller, client) as again:
            assert await again.closed() == NOT_RECOVERED
    assert len(emulator.deliveries) == (1000 if attached else 0)


async def test_a_client_recovers_however_much_it_missed(caller: Caller, emulator: AsyncEmulator) -> None:
    """More than may wait for a client that does not read: bytes are longer in JSON than in the outbox."""
    async with caller.connect(protocol=RELIABLE) as client:
        drop(caller, client)
    for _ in range(15):
        assert (await caller.call("POST", SEND, body=b"x" * 1_000_000)).status == 202
    assert not emulator.deliveries
    async with recovered(caller, client) as again:
        assert [(await again.message())["sequenceId"] for _ in range(15)] == list(range(1, 16))
        assert await again.ask(type="ping") == {"type": "pong"}
    assert len(emulator.deliveries) == 15


class Farewells(NoEventHandlers):
    def __init__(self) -> None:
        self.reasons: list[str] = []
        self.told = asyncio.Event()

    async def disconnected(self, client: ClientInfo, reason: str) -> None:  # noqa: ARG002
        self.reasons.append(reason)
        self.told.set()


async def test_handlers_learn_that_a_client_did_not_come_back(session: aiohttp.ClientSession) -> None:
    farewells = Farewells()
    async with Emulator(events=farewells, recovery_window=7) as emulator:
        caller = Caller(emulator, session)
        async with caller.connect(protocol=RELIABLE) as client:
            drop(caller, client)
        assert (await caller.call("HEAD", f"/api/hubs/chat/connections/{client.connection_id}")).status == 200
        emulator.clock.advance(8)
        await asyncio.wait_for(farewells.told.wait(), 10)
    assert farewells.reasons == ["The connection recovery timeout expired."]
