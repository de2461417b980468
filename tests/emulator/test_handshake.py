"""Who gets in at the client endpoint, and as what."""

import logging
import time
from collections.abc import Sequence
from typing import Any

import aiohttp
import pytest

from azure.messaging.webpubsubservice.emulator import AsyncEmulator, Emulator
from tests.emulator.clients import JSON, RELIABLE, Caller, sign


async def refused(caller: Caller, url: str, **options: Any) -> int:
    with pytest.raises(aiohttp.WSServerHandshakeError) as error:
        await caller.session.ws_connect(url, **options)
    return error.value.status


@pytest.mark.parametrize("scheme", ["http", "https", "ws", "wss"])
async def test_any_scheme_is_an_audience(caller: Caller, scheme: str) -> None:
    url = f"{caller.emulator.endpoint}/client/hubs/Chat"
    token = sign(caller.emulator.access_key, url.replace("http", scheme, 1))
    async with caller.open(f"{url.lower()}?access_token={token}"):
        pass


async def test_the_token_may_come_in_a_header(caller: Caller) -> None:
    url = f"{caller.emulator.endpoint}/client/hubs/chat"
    headers = {"Authorization": f"Bearer {sign(caller.emulator.access_key, url)}"}
    async with caller.session.ws_connect(url, headers=headers) as socket:
        assert not socket.closed


async def test_the_legacy_endpoint(caller: Caller, emulator: AsyncEmulator) -> None:
    url = f"{emulator.endpoint}/client/?hub=chat"
    for audience in (url, f"{emulator.endpoint}/client/", f"{emulator.endpoint}/client/hubs/chat"):
        async with caller.open(f"{url}&access_token={sign(emulator.access_key, audience)}"):
            await emulator.wait_for_connections()
    for audience in (f"{emulator.endpoint}/client/?hub=chatter", f"{emulator.endpoint}/client/hubs/other"):
        assert await refused(caller, f"{url}&access_token={sign(emulator.access_key, audience)}") == 401


@pytest.mark.parametrize(
    ("key", "expires_in", "reason"),
    [("another key of another service, long enough", 60, "no access key fits"), (None, -301, "expired")],
)
async def test_bad_tokens_are_refused_before_the_upgrade(
    caller: Caller, caplog: pytest.LogCaptureFixture, key: str | None, expires_in: int, reason: str
) -> None:
    with caplog.at_level(logging.DEBUG, logger="azure"):
        url = caller.client_url("chat", {"exp": int(time.time()) + expires_in}, key=key)
        assert await refused(caller, url) == 401
    assert f"401 GET /client/hubs/chat: {reason}" in caplog.text
    assert url.partition("=")[2] not in caplog.text


async def test_a_token_for_another_hub_or_none_is_refused(caller: Caller) -> None:
    url = caller.client_url("chat")
    assert await refused(caller, url.replace("/chat?", "/other?")) == 401
    assert await refused(caller, url.replace("/chat?", "/chat2?")) == 401
    assert await refused(caller, url.partition("?")[0]) == 401


async def test_other_ways_to_be_refused(caller: Caller) -> None:
    assert await refused(caller, caller.client_url("1chat")) == 400
    assert await refused(caller, f"{caller.emulator.endpoint}/client/rooms/chat") == 404
    groups = {"webpubsub.group": ["ok", " "]}
    assert await refused(caller, caller.client_url("chat", groups)) == 400
    async with caller.session.get(caller.client_url("chat")) as response:
        assert (response.status, await response.read()) == (400, b"")


@pytest.mark.parametrize(
    ("offered", "chosen"),
    [
        ((), None),
        ((JSON,), JSON),
        (("JSON.WebPubSub.azure.V1",), "JSON.WebPubSub.azure.V1"),
        (("other", RELIABLE, JSON), RELIABLE),
        (("other",), None),
    ],
)
async def test_the_first_known_subprotocol_is_chosen_as_it_was_offered(
    caller: Caller, offered: Sequence[str], chosen: str | None
) -> None:
    async with caller.session.ws_connect(caller.client_url("chat"), protocols=offered) as socket:
        assert socket.protocol == chosen


async def test_who_the_token_says(caller: Caller) -> None:
    async with (
        caller.connect(protocol=JSON, user="Ålice") as named,
        caller.connect(protocol=JSON) as anonymous,
    ):
        assert named.connected == {
            "type": "system",
            "event": "connected",
            "userId": "Ålice",
            "connectionId": named.connection_id,
        }
        assert anonymous.connected["userId"] is None
        assert named.connection_id != anonymous.connection_id


async def test_a_group_claim_may_be_one_name(caller: Caller) -> None:
    url = caller.client_url("chat", {"webpubsub.group": "g"})
    async with caller.open(url) as member:
        await caller.send("/api/hubs/chat/groups/g/:send", 1)
        assert await member.frame() == "1"


async def test_a_message_sent_at_once_after_the_upgrade_arrives(caller: Caller) -> None:
    for number in range(50):
        async with caller.connect() as subscriber:
            await caller.send("/api/hubs/chat/:send", number)
            assert await subscriber.frame() == str(number)


async def test_clients_without_a_token_come_in_on_request(session: aiohttp.ClientSession) -> None:
    async with Emulator(allow_anonymous=True) as emulator:
        caller = Caller(emulator, session)
        url = f"{emulator.endpoint}/client/hubs/chat"
        async with caller.open(url, JSON) as client:
            assert (await client.message())["userId"] is None
            assert not (await client.ask(type="joinGroup", group="g", ackId=1))["success"]
        assert await refused(caller, f"{url}?access_token=nonsense") == 401
