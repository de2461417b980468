"""Who gets in at the client endpoint, and as what."""

import asyncio
import logging
import time
from collections.abc import Sequence
from typing import Any

import aiohttp
import pytest

from azure.messaging.webpubsubservice.emulator import (
    AsyncEmulator,
    ConnectReply,
    ConnectRequest,
    Emulator,
    NoEventHandlers,
)
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


@pytest.mark.parametrize(
    ("claims", "status"), [({"sub": "\ud800"}, 401), ({"webpubsub.group": "\udc00"}, 401)]
)
async def test_claims_that_are_not_unicode(caller: Caller, claims: dict[str, Any], status: int) -> None:
    assert await refused(caller, caller.client_url("chat", claims), protocols=(JSON,)) == status
    assert not caller.emulator.connections


class Odd(NoEventHandlers):
    """Answers what no client can be."""

    def __init__(self, reply: ConnectReply | Exception) -> None:
        self.reply = reply

    async def connect(self, event: ConnectRequest) -> ConnectReply:  # noqa: ARG002
        if isinstance(self.reply, Exception):
            raise self.reply
        return self.reply


@pytest.mark.parametrize(
    ("reply", "said"),
    [
        (ConnectReply(user_id="\ud800"), "has the user id"),
        (ConnectReply(groups=[""]), "has the group ''"),
        (ConnectReply(subprotocol="Custom"), "which the client does not offer"),
        (RuntimeError("bug"), "raised RuntimeError"),
    ],
)
async def test_a_handler_that_answers_nonsense(
    session: aiohttp.ClientSession,
    caplog: pytest.LogCaptureFixture,
    reply: ConnectReply | Exception,
    said: str,
) -> None:
    async with Emulator(events=Odd(reply)) as emulator:
        caller = Caller(emulator, session)
        with caplog.at_level(logging.INFO):
            assert await refused(caller, caller.client_url("chat"), protocols=(JSON,)) == 500
        assert said in caplog.text
        assert not emulator.connections


async def test_a_subprotocol_that_nobody_knows_is_no_reason_to_warn(
    caller: Caller, caplog: pytest.LogCaptureFixture
) -> None:
    async with caller.session.ws_connect(caller.client_url("chat"), protocols=("mqtt",)) as socket:
        assert socket.protocol is None
        await caller.send("/api/hubs/chat/:send", 1)
        assert (await socket.receive(timeout=10)).data == "1"
    assert not [record for record in caplog.records if record.levelno >= logging.WARNING]


@pytest.mark.parametrize(
    "request_line",
    [
        b"GET /client/hubs/chat?access_token=SECRET HTTP/9.9",
        b"get /client/hubs/chat?access_token=SECRET HTTP/1.1",
    ],
)
async def test_what_is_not_http_is_not_logged(
    emulator: AsyncEmulator, caplog: pytest.LogCaptureFixture, request_line: bytes
) -> None:
    reader, writer = await asyncio.open_connection(*emulator.endpoint.removeprefix("http://").split(":"))
    with caplog.at_level(logging.DEBUG):
        writer.write(request_line + b"\r\nHost: x\r\nAuthorization: Bearer \x01SECRET\r\n\r\n")
        assert b" 400 " in await asyncio.wait_for(reader.readline(), 10)
    writer.close()
    assert "not HTTP" in caplog.text
    assert "SECRET" not in caplog.text


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
