"""The log: one line for each request, each client and each call of an event handler, and no secret in any."""

import logging
from collections.abc import Callable
from typing import Any

import aiohttp
import pytest

from azure.messaging.webpubsubservice.emulator import AsyncEmulator, Emulator, EventHandler, Fault
from azure.messaging.webpubsubservice.emulator._service.traffic_log import FACTS
from tests.emulator.clients import JSON, Caller
from tests.faults.server import FaultServer
from tests.faults.steps import Answer

SEND = "/api/hubs/chat/:send"
Lines = Callable[[], list[tuple[str, dict[str, Any]]]]


@pytest.fixture
def lines(caplog: pytest.LogCaptureFixture) -> Lines:
    caplog.set_level(logging.DEBUG)

    def read() -> list[tuple[str, dict[str, Any]]]:
        return [
            (record.getMessage(), getattr(record, FACTS))
            for record in caplog.records
            if hasattr(record, FACTS)
        ]

    return read


async def test_a_request_is_one_line(caller: Caller, lines: Lines) -> None:
    async with caller.connect(protocol=JSON), caller.connect(protocol=JSON):
        before = len(lines())
        await caller.send(SEND, "hello")
        ((text, facts),) = lines()[before:]
    assert text.startswith(f"202 POST {SEND}: 2 recipients (")
    assert text.endswith(" ms)")
    milliseconds = facts.pop("milliseconds")
    assert milliseconds >= 0
    assert facts == {
        "kind": "request",
        "method": "POST",
        "path": SEND,
        "operation": "WebPubSub_SendToAll",
        "status": 202,
        "recipients": 2,
        "reason": "",
    }


@pytest.mark.parametrize(
    ("method", "path", "options", "line"),
    [
        ("HEAD", "/api/health", {"token": None}, "200 HEAD /api/health ("),
        ("POST", SEND, {"body": b""}, f"202 POST {SEND} ("),
        ("POST", SEND, {"body": b"", "token": None}, f"401 POST {SEND}: no bearer token ("),
        ("GET", "/nothing", {}, "404 GET /nothing: no operation has this path ("),
        ("DELETE", SEND, {}, f"405 DELETE {SEND}: the path has operations, but none with this method ("),
    ],
)
async def test_every_request_is_one_line(
    caller: Caller, lines: Lines, method: str, path: str, options: dict[str, Any], line: str
) -> None:
    await caller.call(method, path, **options)
    ((text, facts),) = lines()
    assert text.startswith(line)
    assert facts["kind"] == "request"


async def test_a_request_without_a_response_is_one_line(caller: Caller, lines: Lines) -> None:
    caller.emulator.faults.add(Fault(reset="before"))
    with pytest.raises(aiohttp.ClientError):
        await caller.call("GET", "/api/health")
    assert lines()[0][0].startswith("no response to GET /api/health: a fault (")


async def test_a_client_is_a_line_at_each_end(caller: Caller, emulator: AsyncEmulator, lines: Lines) -> None:
    async with caller.connect(protocol=JSON, user="alice") as client:
        pass
    await emulator.wait_until(lambda: not emulator.connections)
    (came, facts), (went, _) = lines()
    assert came == f"{client.connection_id} connected to hub 'chat' as user 'alice', {JSON}"
    assert went == f"{client.connection_id} disconnected from hub 'chat'"
    assert facts == {
        "kind": "connected",
        "hub": "chat",
        "connection": client.connection_id,
        "user": "alice",
        "subprotocol": JSON,
    }


async def test_a_client_without_a_user_is_a_line(
    caller: Caller, emulator: AsyncEmulator, lines: Lines
) -> None:
    async with caller.connect():
        pass
    await emulator.wait_until(lambda: not emulator.connections)
    (came, facts), _went = lines()
    assert came.endswith(" connected to hub 'chat' without a user, without a subprotocol")
    assert (facts["kind"], facts["user"]) == ("connected", None)


async def test_a_client_that_is_refused_is_a_line(caller: Caller, lines: Lines) -> None:
    async with caller.session.get(
        f"{caller.emulator.endpoint}/client/hubs/chat?access_token=secret"
    ) as answer:
        assert answer.status == 401
    ((text, facts),) = lines()
    assert text.startswith("401 GET /client/hubs/chat: no access key fits")
    assert (facts["kind"], facts["status"], facts["method"]) == ("refused", 401, "GET")


async def test_a_call_of_a_handler_is_one_line(session: aiohttp.ClientSession, lines: Lines) -> None:
    def answer(request: Any) -> Answer:
        if request.method == "OPTIONS":
            return Answer(200, {"WebHook-Allowed-Origin": "*"})
        return Answer(404 if request.target.startswith("/fails") else 204)

    with FaultServer(otherwise=answer) as server:
        handlers = {"chat": f"{server.endpoint}/{{event}}?code=secret"}
        async with Emulator(event_handlers=handlers) as emulator:
            async with Caller(emulator, session).connect(protocol=JSON) as client:
                await client.ask(type="event", event="works", data=1, ackId=1)
                await client.ask(type="event", event="fails", data=1, ackId=2)
    told = [(text.partition(" (")[0], facts) for text, facts in lines() if facts["kind"] == "event"]
    who, where = client.connection_id, server.endpoint
    assert [text for text, _ in told] == [
        f"event 'connect' of {who} to {where}/connect: 204",
        f"event 'connected' of {who} to {where}/connected: 204",
        f"event 'works' of {who} to {where}/works: 204",
        f"event 'fails' of {who} to {where}/fails: the answer is 404",
        f"event 'disconnected' of {who} to {where}/disconnected: 204",
    ]
    assert (told[3][1]["status"], told[3][1]["attempts"], told[3][1]["hub"]) == (404, 1, "chat")


async def test_a_handler_that_does_not_decide_is_not_said_to_respond(
    session: aiohttp.ClientSession, lines: Lines
) -> None:
    with FaultServer(listening=False) as server:
        handler = EventHandler(f"{server.endpoint}/events", retry_delays=())
        async with Emulator(event_handlers={"chat": handler}) as emulator:
            with pytest.raises(aiohttp.WSServerHandshakeError) as refused:
                async with Caller(emulator, session).connect(protocol=JSON):
                    pass
    assert refused.value.status == 500
    failure = "the connect event handler failed: validation failed: Cannot connect to host 127.0.0.1:"
    assert lines()[-1][0].startswith(f"500 GET /client/hubs/chat: {failure}")


async def test_no_line_has_a_secret(session: aiohttp.ClientSession, caplog: pytest.LogCaptureFixture) -> None:
    caplog.set_level(logging.DEBUG)
    with FaultServer(otherwise=Answer(500)) as server:
        handlers = {"chat": f"{server.endpoint}/?code=hidden-code"}
        async with Emulator(event_handlers=handlers) as emulator:
            caller = Caller(emulator, session)
            url = caller.client_url("chat")
            secrets = [emulator.access_key, emulator.secondary_access_key, url.partition("=")[2], "hidden"]
            with pytest.raises(aiohttp.WSServerHandshakeError):
                await session.ws_connect(url)
            await caller.call(
                "POST", SEND, body=b"", query={"secret": "hidden"}, headers={"X-Mine": "hidden"}
            )
            await caller.call("POST", SEND, body=b"", token="hidden.hidden.hidden")
    shown = "\n".join(
        f"{record.getMessage()} {vars(record)}" for record in caplog.records if "aiohttp" not in record.name
    )
    assert [secret for secret in secrets if secret in shown] == []
