"""Where an application would work with a lenient emulator, and break in Azure."""

import asyncio
import contextlib
import logging
import socket
from collections.abc import Mapping
from typing import Any
from urllib.parse import quote, urlsplit

import aiohttp
import jwt
import pytest

from azure.messaging.webpubsubservice.emulator import (
    AsyncEmulator,
    ClientInfo,
    ConnectReply,
    ConnectRequest,
    Emulator,
    EventHandler,
    NoEventHandlers,
    Payload,
    SendEvent,
)
from azure.messaging.webpubsubservice.emulator._names import without_port
from azure.messaging.webpubsubservice.emulator._query import Query
from azure.messaging.webpubsubservice.emulator._service import session as service_session
from azure.messaging.webpubsubservice.emulator._specification import NOT_EMULATED, QUERY, ROUTES
from tests.emulator.clients import JSON, RELIABLE, Caller, sign
from tests.faults.server import FaultServer
from tests.faults.steps import Answer

HUB = "/api/hubs/chat"

# --- queries


@pytest.mark.parametrize("name", ["Filter", "FILTER", "fIlTeR"])
async def test_a_filter_in_any_case_filters(caller: Caller, name: str) -> None:
    async with caller.connect(protocol=JSON, user="alice") as alice, caller.connect(protocol=JSON) as other:
        await caller.send(f"{HUB}/:send", "hello", **{name: "userId eq 'alice'"})
        assert (await alice.message())["data"] == "hello"
        await other.silent()


@pytest.mark.parametrize("name", QUERY)
async def test_every_query_name_is_known_in_any_case(
    caller: Caller, caplog: pytest.LogCaptureFixture, name: str
) -> None:
    route = next(route for route in ROUTES if name in route.query)
    path = route.template.format(
        hub="chat", group="g", connectionId="c", userId="u", permission="sendToGroup"
    )
    for spelling in (name.upper(), name.lower()):
        with caplog.at_level(logging.WARNING):
            await caller.call(route.method, path, query={spelling: "1"})
        assert "no query parameter" not in caplog.text


async def test_of_a_repeated_parameter_the_last_counts(caller: Caller) -> None:
    async with (
        caller.connect(protocol=JSON, user="a") as one,
        caller.connect(protocol=JSON, user="b") as other,
    ):
        await caller.send(f"{HUB}/:send", 1, filter=["userId eq 'a'", "userId eq 'b'"])
        assert (await other.message())["data"] == 1
        await one.silent()


async def test_what_an_operation_does_not_know_is_in_the_log(
    caller: Caller, caplog: pytest.LogCaptureFixture
) -> None:
    with caplog.at_level(logging.WARNING):
        answer = await caller.call("POST", f"{HUB}/:send", body=b"", query={"filtre": "x"})
    assert answer.status == 202
    assert "WebPubSub_SendToAll has no query parameter 'filtre' in api-version 2024-12-01" in caplog.text


async def test_a_parameter_that_is_newer_than_the_version_is_in_the_log(
    caller: Caller, caplog: pytest.LogCaptureFixture
) -> None:
    query = {"messageTtlSeconds": "5"}
    answer = await caller.call("POST", f"{HUB}/:send", body=b"", query=query, api_version="2021-10-01")
    assert answer.status == 202
    assert "no query parameter 'messageTtlSeconds' in api-version 2021-10-01" in caplog.text


async def test_a_client_spells_its_query_as_it_likes(caller: Caller) -> None:
    url = caller.client_url("chat", {"role": "webpubsub.sendToGroup.g"}).replace(
        "access_token", "Access_Token"
    )
    async with caller.connect(protocol=JSON, groups=["g"]) as reader:
        async with caller.open(f"{url}&WEBPUBSUB_MODE=sendToGroup&Group=x&GROUP=g") as sender:
            await sender.socket.send_str("hello")
            assert (await reader.message())["data"] == "hello"


def test_a_query() -> None:
    query = Query("a=1&A=2&b=&a=3&%C3%BC=x")
    assert (query.all("a"), query.last("A")) == (["1", "2", "3"], "3")
    assert (query.last("b"), query.last("c")) == ("", None)
    assert query.last("Ü") == "x"
    assert "c" not in query


# --- names in paths, headers and tokens


@pytest.mark.parametrize(
    ("number", "name"), [("1", "sendToGroup"), ("2", "joinLeaveGroup"), ("2", "JOINLEAVEGROUP")]
)
async def test_a_permission_by_its_number(caller: Caller, number: str, name: str) -> None:
    async with caller.connect(protocol=JSON) as client:
        path = f"{HUB}/permissions/{{}}/connections/{client.connection_id}"
        query = {"targetName": "g"}
        assert (await caller.call("PUT", path.format(number), query=query)).status == 200
        assert (await caller.call("HEAD", path.format(name), query=query)).status == 200
        assert (await caller.call("DELETE", path.format(number), query=query)).status == 204
        assert (await caller.call("HEAD", path.format(name), query=query)).status == 404
        assert (await caller.call("PUT", path.format("3"), query=query)).status == 400


async def test_the_hub_of_a_token_is_in_lower_case(caller: Caller) -> None:
    answer = await caller.call("POST", "/api/hubs/ChatRoom/:generateToken")
    claims = jwt.decode(answer.json["token"], options={"verify_signature": False})
    assert claims["aud"] == f"{caller.emulator.endpoint}/client/hubs/chatroom"


@pytest.mark.parametrize("method", ["GET", "HEAD"])
async def test_health_by_either_method(caller: Caller, method: str) -> None:
    answer = await caller.call(method, "/api/health", token=None, api_version=None)
    assert (answer.status, answer.body) == (200, b"")


@pytest.mark.parametrize(
    ("host", "name"),
    [
        ("127.0.0.1:8080", "127.0.0.1"),
        ("localhost", "localhost"),
        ("[::1]:80", "[::1]"),
        ("[::1]", "[::1]"),
        ("", ""),
    ],
)
def test_a_host_without_its_port(host: str, name: str) -> None:
    assert without_port(host) == name


# --- long URLs and tokens


async def status_line(emulator: AsyncEmulator, target: str) -> bytes:
    address = urlsplit(emulator.endpoint)
    reader, writer = await asyncio.open_connection(address.hostname, address.port)
    writer.write(f"GET {target} HTTP/1.1\r\nHost: {address.netloc}\r\n\r\n".encode())
    line = await asyncio.wait_for(reader.readline(), 10)
    writer.close()
    with contextlib.suppress(ConnectionError):
        await writer.wait_closed()
    return line


@pytest.mark.parametrize(
    ("target", "length", "status"),
    [
        ("/api/health?", 32 * 1024, b"200"),
        ("/api/health?", 32 * 1024 + 1, b"414"),
        ("/client/hubs/", 32 * 1024, b"414"),
        ("/client/hubs/chat?x=", 40_000, b"414"),
        ("/", 1024 * 1024 + 10, b"414"),
        ("/", 3 * 1024 * 1024, b"414"),
    ],
)
async def test_a_url_that_is_too_long(
    emulator: AsyncEmulator, target: str, length: int, status: bytes
) -> None:
    line = await status_line(emulator, target + "x" * (length - len(target)))
    assert line.startswith(b"HTTP/1.1 " + status)


@pytest.mark.parametrize("place", ["the query", "a header"])
async def test_a_token_with_thousands_of_groups(caller: Caller, emulator: AsyncEmulator, place: str) -> None:
    groups = [f"a-group-of-many-{number}" for number in range(4000)]
    url = f"{emulator.endpoint}/client/hubs/chat"
    token = sign(emulator.access_key, url, **{"webpubsub.group": groups})
    assert len(token) > 100_000
    headers = {"Authorization": f"Bearer {token}"} if place == "a header" else {}
    query = f"?access_token={token}" if place == "the query" else ""
    session = caller.session
    async with session.ws_connect(url + query, headers=headers, protocols=[JSON]) as client:
        await client.receive(timeout=10)
        assert len(emulator.connections[0].groups) == 4000


# --- what is not emulated


@pytest.mark.parametrize("prefix", NOT_EMULATED)
async def test_what_is_not_emulated_says_so(
    caller: Caller, emulator: AsyncEmulator, caplog: pytest.LogCaptureFixture, prefix: str
) -> None:
    caplog.set_level(logging.INFO)
    url = f"{emulator.endpoint}{prefix}/hubs/chat"
    async with caller.session.get(url) as answer:
        text = await answer.text()
        assert (answer.status, answer.reason) == (501, text.rstrip("."))
        assert "not emulated" in text
    with pytest.raises(aiohttp.WSServerHandshakeError, match="501"):
        await caller.session.ws_connect(url)
    assert caplog.text.count(f"501 GET {prefix}/hubs/chat: {text}") == 2


async def test_no_token_for_what_is_not_emulated(caller: Caller) -> None:
    path = f"{HUB}/:generateToken"
    answer = await caller.call("POST", path, query={"clientType": "mqtt"})
    assert (answer.status, answer.json["code"]) == (501, "Error.NotImplemented")
    assert answer.json["message"] == "MQTT clients are not emulated."
    assert (await caller.call("POST", path, query={"clientType": "default"})).status == 200


# --- listening


def test_a_name_with_several_addresses_has_one_port() -> None:
    with Emulator(host="localhost") as emulator:
        port = urlsplit(emulator.endpoint).port
        assert port is not None
        addresses = {each[4][:1] for each in socket.getaddrinfo("localhost", port, type=socket.SOCK_STREAM)}
        assert len({each.sockets[0].getsockname()[1] for each in emulator._server._listeners}) == 1
        for (address,) in addresses:
            with socket.create_connection((str(address), port), timeout=5):
                pass


def test_a_name_that_nobody_has() -> None:
    with pytest.raises(OSError, match=r"cannot listen on 'no-such-host\.invalid' port 0"):
        Emulator(host="no-such-host.invalid").start()


# --- metadata


@pytest.mark.parametrize(
    ("headers", "metadata"),
    [
        ([("X-WebPubSub-Metadata-A", "1"), ("x-webpubsub-metadata-a", "2")], {"a": "2"}),
        ([("X-WebPubSub-Metadata-A", " padded \t")], {"a": "padded"}),
        ([("X-WebPubSub-Metadata-", "x")], {}),
    ],
)
async def test_headers_of_metadata(
    caller: Caller, emulator: AsyncEmulator, headers: list[tuple[str, str]], metadata: Mapping[str, str]
) -> None:
    async with caller.connect(protocol=JSON) as client:
        url = f"{emulator.endpoint}{HUB}/:send?api-version=2024-12-01"
        token = f"Bearer {sign(emulator.access_key, url)}"
        address = urlsplit(emulator.endpoint)
        reader, writer = await asyncio.open_connection(address.hostname, address.port)
        lines = "".join(f"{name}: {value}\r\n" for name, value in headers)
        writer.write(
            f"POST {HUB}/:send?api-version=2024-12-01 HTTP/1.1\r\nHost: {address.netloc}\r\n{lines}"
            f"Authorization: {token}\r\nContent-Type: text/plain\r\nContent-Length: 1\r\n\r\nx".encode()
        )
        assert (await reader.readline()).startswith(b"HTTP/1.1 202")
        writer.close()
        await writer.wait_closed()
        assert (await client.message()).get("metadata", {}) == metadata


async def test_metadata_without_data_is_an_empty_text(caller: Caller) -> None:
    async with caller.connect(protocol=JSON, groups=["g"], roles=["webpubsub.sendToGroup"]) as client:
        message = await client.ask(type="sendToGroup", group="g", metadata={"a": "1"})
        assert (message["dataType"], message["data"], message["metadata"]) == ("text", "", {"a": "1"})


@pytest.mark.parametrize(
    "text",
    [
        '{"type":"sendToGroup","group":"g","data":1,"metadata":{"a":"1","a":"2"}}',
        '{"type":"sendToGroup","group":"g","data":1,"metadata":{"a":"1","\\u0061":"2"}}',
        '{"type":"sendToGroup","group":"g"}',
    ],
)
async def test_a_message_that_breaks_the_protocol(caller: Caller, text: str) -> None:
    async with caller.connect(protocol=JSON, roles=["webpubsub.sendToGroup"]) as client:
        await client.socket.send_str(text)
        assert (await client.closed())[0] == 1007


# --- event handlers


class Handler(NoEventHandlers):
    """Keep what it is asked, and end no event before the test says so."""

    def __init__(self) -> None:
        self.asked: list[ConnectRequest] = []
        self.begun = asyncio.Event()
        self.cancelled = asyncio.Event()

    async def connect(self, event: ConnectRequest) -> ConnectReply:
        self.asked.append(event)
        return ConnectReply()

    async def user_event(self, client: ClientInfo, event: SendEvent) -> Payload | None:  # noqa: ARG002
        self.begun.set()
        try:
            await asyncio.sleep(3600)
        except asyncio.CancelledError:
            self.cancelled.set()
            raise
        return None


async def test_headers_of_the_service_are_not_passed_on(session: aiohttp.ClientSession) -> None:
    handler = Handler()
    async with Emulator(events=handler) as emulator:
        url = emulator.client_url("chat")
        headers = {"X-ASRS-Internal": "x", "x-asrs-other": "y", "X-Mine": "z"}
        async with session.ws_connect(url, headers=headers):
            (event,) = handler.asked
    assert {name.lower() for name in event.headers} & {
        "x-asrs-internal",
        "x-asrs-other",
        "authorization",
    } == set()
    assert event.headers["X-Mine"] == ["z"]
    assert event.client.host == "127.0.0.1"
    assert "access_token" not in event.query


@pytest.mark.parametrize("goodbye", [False, True])
async def test_a_call_for_a_simple_client_that_is_gone_is_cancelled(
    session: aiohttp.ClientSession, goodbye: bool
) -> None:
    handler = Handler()
    async with Emulator(events=handler) as emulator:
        async with session.ws_connect(emulator.client_url("chat")) as client:
            await client.send_str("hello")
            await handler.begun.wait()
            if not goodbye:
                emulator.drop_clients()
        await asyncio.wait_for(handler.cancelled.wait(), 10)


async def test_the_last_words_of_a_simple_client_are_heard(
    session: aiohttp.ClientSession, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(service_session, "_GOODBYE", 60.0)  # the machine may stall for a second
    heard: list[bytes] = []

    class Listener(NoEventHandlers):
        async def user_event(self, client: ClientInfo, event: SendEvent) -> None:  # noqa: ARG002
            await asyncio.sleep(0)
            heard.append(event.payload.data)

    async with Emulator(events=Listener()) as emulator:
        async with session.ws_connect(emulator.client_url("chat")) as client:
            for number in range(5):
                await client.send_str(str(number))
        await emulator.wait_until(lambda: not emulator.connections)
    assert heard == [b"0", b"1", b"2", b"3", b"4"]


async def test_a_call_for_another_client_goes_on(session: aiohttp.ClientSession) -> None:
    handler = Handler()
    async with Emulator(events=handler) as emulator:
        async with Caller(emulator, session).connect(protocol=JSON) as client:
            await client.send(type="event", event="e", data=1)
            await handler.begun.wait()
            emulator.drop_clients()
        assert not handler.cancelled.is_set()


@pytest.mark.parametrize("content_type", ["text/html", "application/x-protobuf", "image/png"])
async def test_a_reply_of_another_content_type_fails(
    session: aiohttp.ClientSession, content_type: str
) -> None:
    def answer(request: Any) -> Answer:
        if request.method == "OPTIONS":
            return Answer(200, {"WebHook-Allowed-Origin": "*"})
        return Answer(200, {"Content-Type": content_type}, b"x")

    with FaultServer(otherwise=answer) as server:
        handler = EventHandler(server.endpoint, system_events=())
        async with Emulator(event_handlers={"chat": handler}) as emulator:
            caller = Caller(emulator, session)
            async with caller.connect(protocol=JSON) as client:
                failed = await client.ask(type="event", event="e", data=1, ackId=1)
                assert failed["error"] == {"name": "InternalServerError", "message": "Internal server error"}
            async with caller.connect() as simple:
                await simple.socket.send_str("hello")
                assert await simple.closed() == (1011, "Internal server error")


async def test_an_event_has_one_id_over_its_attempts(session: aiohttp.ClientSession) -> None:
    def answer(request: Any) -> Answer:
        if request.method == "OPTIONS":
            return Answer(200, {"WebHook-Allowed-Origin": "*"})
        return Answer(503 if len(server.requests) < 3 else 204)

    with FaultServer(otherwise=answer) as server:
        handler = EventHandler(server.endpoint, system_events=())
        async with Emulator(event_handlers={"chat": handler}) as emulator:
            async with Caller(emulator, session).connect(protocol=JSON) as client:
                for event in ("one", "other"):
                    await client.send(type="event", event=event, data=1, ackId=len(event))
                await emulator.wait_until(lambda: emulator.clock.pending)
                emulator.clock.advance(1)
                assert [(await client.message())["success"] for _ in range(2)] == [True, True]
        ids = [each.header("x-ms-client-request-id") for each in server.requests if each.method == "POST"]
        origins = {each.header("WebHook-Request-Origin") for each in server.requests}
    assert ids[0] == ids[1] != ids[2]
    assert origins == {"127.0.0.1"}


async def test_an_empty_user_id_is_one(session: aiohttp.ClientSession) -> None:
    def answer(request: Any) -> Answer:
        if request.method == "OPTIONS":
            return Answer(200, {"WebHook-Allowed-Origin": "*"})
        return Answer(200, {"ce-connectionState": ""}, b'{"userId": ""}')

    with FaultServer(otherwise=answer) as server:
        async with Emulator(event_handlers={"chat": server.endpoint}) as emulator:
            async with Caller(emulator, session).connect(protocol=RELIABLE, user="alice") as client:
                assert client.connected["userId"] == ""
                assert emulator.connections[0].user_id == ""


def test_what_is_quoted_stays_so() -> None:
    assert Query(f"filter={quote('a&b=c')}").last("FILTER") == "a&b=c"
