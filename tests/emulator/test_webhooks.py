from __future__ import annotations

import asyncio
import logging
import re
from contextlib import asynccontextmanager
from typing import TYPE_CHECKING, Any

import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from azure.messaging.webpubsubservice.emulator._events import cloud_events
from azure.messaging.webpubsubservice.emulator._events.handlers import (
    EventHandler,
    EventHandlers,
    HandlerTable,
)
from azure.messaging.webpubsubservice.emulator._events.transport import MAX_REPLY_BYTES
from azure.messaging.webpubsubservice.emulator._events.webhooks import Webhooks
from azure.messaging.webpubsubservice.emulator._protocol.messages import Payload, PayloadType, SendEvent
from azure.messaging.webpubsubservice.emulator._service.event_sink import (
    ConnectRejectedError,
    ConnectReply,
    ConnectRequest,
    EventFailedError,
    EventReply,
)
from azure.messaging.webpubsubservice.emulator._service.traffic_log import TrafficLog
from azure.messaging.webpubsubservice.emulator._service.values import ClientInfo
from azure.messaging.webpubsubservice.events import (
    ConnectedEvent,
    DisconnectedEvent,
    UserEvent,
    ValidationRequest,
    parse_event,
)
from azure.messaging.webpubsubservice.events import ConnectEvent as ReceivedConnectEvent
from tests.faults import Answer, Disconnect, FaultServer, Gate, Raw, Request, Step

if TYPE_CHECKING:
    from collections.abc import AsyncIterator, Callable

    from azure.messaging.webpubsubservice.emulator._service.observers import Observer

ORIGIN = "contoso.webpubsub.azure.com"
KEYS = ["primary", "secondary"]
# printf c1 | openssl dgst -sha256 -hmac primary (and secondary)
BY_PRIMARY = "sha256=5ff634c9ef787848fc7684a4cd5ac3d4557e21e955261abb40d42b1a67473a7a"
BY_SECONDARY = "sha256=5015460a8053247e06c4ed42ba17b87ab8ef5b39112358b7b22f165d99ac763d"
CLIENT = ClientInfo("chat", "c1", "alice", "json.webpubsub.azure.v1", ORIGIN)
ALLOW = Answer(200, {"WebHook-Allowed-Origin": "*"})
DONE = Answer(204)
REPLY_TYPES = "text/plain, application/json or application/octet-stream"


class Clock:
    """Time that moves when it is slept."""

    def __init__(self) -> None:
        self.time = 1_763_798_400.0
        self.slept: list[float] = []

    def now(self) -> float:
        return self.time

    async def sleep(self, seconds: float) -> None:
        self.slept.append(seconds)
        self.time += seconds


def unless_validation(step: Step | Callable[[Request], Step]) -> Callable[[Request], Step]:
    def choose(request: Request) -> Step:
        if request.method == "OPTIONS":
            return ALLOW
        return step(request) if callable(step) else step

    return choose


@asynccontextmanager
async def webhooks(
    server: FaultServer | EventHandlers, clock: Clock | None = None, observer: Observer | None = None
) -> AsyncIterator[Webhooks]:
    handlers = {"chat": f"{server.endpoint}/{{hub}}/{{event}}"} if isinstance(server, FaultServer) else server
    sink = Webhooks(handlers, access_keys=KEYS, clock=clock or Clock(), observer=observer or TrafficLog())
    try:
        yield sink
    finally:
        await sink.close()


def connect_event(client: ClientInfo = CLIENT, **more: Any) -> ConnectRequest:
    fields: dict[str, Any] = {"claims": {}, "query": {}, "headers": {}, "subprotocols": ("mine",)}
    return ConnectRequest(client, **(fields | more))


def shout(data: bytes = b"hi", data_type: PayloadType = PayloadType.TEXT, **more: Any) -> SendEvent:
    return SendEvent("shout", Payload(data_type, data), **more)


def told(caplog: pytest.LogCaptureFixture) -> list[str]:
    """What the emulator says in its log, without how long it took."""
    lines = (record.getMessage() for record in caplog.records if record.name.startswith("azure."))
    return [re.sub(r" \(\d+\.\d ms\)$", "", line) for line in lines]


def received(server: FaultServer) -> list[Any]:
    """What arrived, as a server with one of the keys understands it."""
    return [
        parse_event(request.method, request.headers, request.body, access_keys=KEYS[1:])
        for request in server.requests
    ]


# --- what arrives ------------------------------------------------------------------------------------------


async def test_life_of_a_connection() -> None:
    with FaultServer(otherwise=unless_validation(DONE)) as server:
        async with webhooks(server) as sink:
            client = ClientInfo("chat", "c1", "alice", None, ORIGIN)
            event = connect_event(
                client,
                claims={"sub": ("alice",)},
                query={"page": ("1", "2")},
                headers={"Host": (ORIGIN,)},
                subprotocols=("json.webpubsub.azure.v1", "mine"),
            )
            assert await sink.connect(event) == ConnectReply()
            await sink.connected(CLIENT)
            assert await sink.user_event(CLIENT, shout()) is None
            await sink.disconnected(CLIENT, "Bye.")
    attributes: dict[str, Any] = {"hub": "chat", "connection_id": "c1", "user_id": "alice", "origin": ORIGIN}
    attributes["time"] = "2025-11-22T08:00:00Z"
    later: dict[str, Any] = attributes | {"subprotocol": "json.webpubsub.azure.v1"}
    assert received(server) == [
        ValidationRequest((ORIGIN,)),
        ReceivedConnectEvent(
            **attributes,
            id="0",
            claims={"sub": ("alice",)},
            query={"page": ("1", "2")},
            headers={"Host": (ORIGIN,)},
            subprotocols=("json.webpubsub.azure.v1", "mine"),
        ),
        ConnectedEvent(**later, id="1"),
        UserEvent(**later, id="2", name="shout", data_type="text", content=b"hi", content_type="text/plain"),
        DisconnectedEvent(**later, id="3", reason="Bye."),
    ]
    targets = {request.target for request in server.requests}
    assert targets == {
        f"/chat/{event}" for event in ("validate", "connect", "connected", "shout", "disconnected")
    }


async def test_headers_of_an_event() -> None:
    with FaultServer(otherwise=unless_validation(DONE)) as server:
        async with webhooks(server) as sink:
            await sink.user_event(CLIENT, shout(metadata={"trace": "t"}))
    validation, event = server.requests
    assert [validation.header(name) for name in ("ce-awpsversion", "WebHook-Request-Origin")] == [
        "1.0",
        ORIGIN,
    ]
    expected = {
        "ce-specversion": "1.0",
        "ce-awpsversion": "1.0",
        "ce-type": "azure.webpubsub.user.shout",
        "ce-source": "/hubs/chat/client/c1",
        "ce-eventName": "shout",
        "ce-signature": f"{BY_PRIMARY},{BY_SECONDARY}",
        "ce-connectionState": None,
        "x-webpubsub-metadata-trace": "t",
        "Authorization": None,
        "Cookie": None,
    }
    assert {name: event.header(name) for name in expected} == expected
    assert event.header("x-ms-client-request-id")


@pytest.mark.parametrize(
    ("data_type", "content_type"),
    [
        (PayloadType.TEXT, "text/plain"),
        (PayloadType.JSON, "application/json"),
        (PayloadType.BINARY, "application/octet-stream"),
        (PayloadType.PROTOBUF, "application/x-protobuf"),
    ],
)
async def test_data_of_a_user_event(data_type: PayloadType, content_type: str) -> None:
    with FaultServer(otherwise=unless_validation(DONE)) as server:
        async with webhooks(server) as sink:
            await sink.user_event(CLIENT, shout(b'{"a": 1.50}', data_type))
    assert server.requests[1].header("Content-Type") == content_type
    assert server.requests[1].body == b'{"a": 1.50}'


@pytest.mark.parametrize(
    ("user_id", "seen"), [("用户", "用户"), ("a\r\nX: b", "a%0D%0AX: b"), (None, None), ("\ud800", "?")]
)
async def test_user_id_fits_into_a_header(user_id: str | None, seen: str | None) -> None:
    with FaultServer(otherwise=unless_validation(DONE)) as server:
        async with webhooks(server) as sink:
            await sink.user_event(ClientInfo("chat", "c1", user_id, None, ORIGIN), shout())
    assert received(server)[1].user_id == seen
    assert received(server)[1].subprotocol is None


TEXTS = st.text(st.characters(exclude_categories=["Cs", "Cc"])).map(str.strip)
NAMED = st.dictionaries(TEXTS, st.lists(TEXTS).map(tuple))


@given(TEXTS, NAMED, NAMED, NAMED, st.lists(TEXTS).map(tuple), st.booleans())
@example("\u00c3\u00a9", {}, {}, {}, (), True)
def test_connect_is_understood(
    user_id: str, claims: Any, query: Any, fields: Any, subprotocols: tuple[str, ...], as_bytes: bool
) -> None:
    event = connect_event(
        ClientInfo("chat", "c1", user_id, None, ORIGIN),
        claims=claims,
        query=query,
        headers=fields,
        subprotocols=subprotocols,
    )
    written = cloud_events.connect_event(event)
    signature = cloud_events.signature("c1", KEYS)
    wire = cloud_events.headers(written, event.client, number=0, time=0.0, signature=signature, state=None)
    raw = [(name.encode(), value.encode()) for name, value in wire.items()]
    text = {name.lower(): value.encode().decode("latin-1") for name, value in wire.items()}
    read = parse_event("POST", raw if as_bytes else text, written.body, access_keys=KEYS[:1])
    assert read == ReceivedConnectEvent(
        hub="chat",
        connection_id="c1",
        user_id=user_id or None,
        id="0",
        time="1970-01-01T00:00:00Z",
        claims=claims,
        query=query,
        headers=fields,
        subprotocols=subprotocols,
    )


# --- connect -----------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("body", "reply"),
    [
        (b"", ConnectReply()),
        (b"{}", ConnectReply()),
        (b'{"userId":"bob"}', ConnectReply(user_id="bob")),
        (b'{"groups":["g"]}', ConnectReply(groups=["g"])),
        (b'{"roles":["r"],"subprotocol":"mine"}', ConnectReply(roles=["r"], subprotocol="mine")),
        (b'{"roles":[]}', ConnectReply(roles=[])),
        # The documentation's own example of a reply that changes nothing.
        (b'{"groups":[],"subprotocol":""}', ConnectReply()),
        (b'{"userId":""}', ConnectReply(user_id="")),
        (b"null", ConnectReply()),
        (b" null ", ConnectReply()),
        (b'{"groups":null,"userId":null,"roles":null,"subprotocol":null}', ConnectReply()),
    ],
)
async def test_connect_handler_changes_the_connection(body: bytes, reply: ConnectReply) -> None:
    with FaultServer(otherwise=unless_validation(Answer(200, body=body))) as server:
        async with webhooks(server) as sink:
            assert await sink.connect(connect_event()) == reply


@pytest.mark.parametrize("status", [301, 400, 401, 403, 429])
async def test_connect_handler_refuses(status: int) -> None:
    refusal = Answer(status, {"Content-Type": "text/plain; charset=utf-8"}, b"No.")
    with FaultServer(otherwise=unless_validation(refusal)) as server:
        async with webhooks(server) as sink:
            with pytest.raises(ConnectRejectedError) as refused:
                await sink.connect(connect_event())
    error = refused.value
    assert (error.status, error.body, error.content_type) == (status, b"No.", "text/plain; charset=utf-8")
    assert len(server.requests) == 2  # once, and the validation before


@pytest.mark.parametrize(
    ("body", "problem"),
    [
        (b"<html>", "the reply is not JSON"),
        (b"[]", "the reply is not a JSON object"),
        (b'{"userId":1}', "'userId' in the reply is not a string"),
        (b'{"groups":"g"}', "'groups' in the reply is not a list of strings"),
        (b'{"roles":[1]}', "'roles' in the reply is not a list of strings"),
        (b'{"groups":[" "]}', "the reply has the group ' ', which is not a valid name"),
        (
            b'{"subprotocol":"other"}',
            "the reply chooses the subprotocol 'other', which the client does not offer",
        ),
    ],
)
async def test_connect_handler_that_makes_no_sense(
    body: bytes, problem: str, caplog: pytest.LogCaptureFixture
) -> None:
    with FaultServer(otherwise=unless_validation(Answer(200, body=body))) as server:
        async with webhooks(server) as sink:
            with pytest.raises(EventFailedError) as failed:
                await sink.connect(connect_event())
    assert str(failed.value) == problem
    assert told(caplog) == [f"event 'connect' of c1 to {server.endpoint}/chat/connect: {problem}"]


async def test_connect_handler_that_misspells_a_member(caplog: pytest.LogCaptureFixture) -> None:
    answer = Answer(200, body=b'{"user_id":"a","userId":"b","mqtt":null,"x":1}')
    with FaultServer(otherwise=unless_validation(answer)) as server:
        async with webhooks(server) as sink:
            reply = await sink.connect(connect_event())
    assert reply.user_id == "b"
    assert sorted(told(caplog)) == [
        "the reply to 'connect' has 'user_id', which has no meaning there. Did you mean userId?",
        "the reply to 'connect' has 'x', which has no meaning there.",
    ]


# --- user events -------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("content_type", "body", "payload"),
    [
        ("text/plain", b"hello", Payload(PayloadType.TEXT, b"hello")),
        ("text/plain; charset=latin-1", b"\xe9", Payload(PayloadType.TEXT, "é".encode())),
        ("application/json", b'{"a": 1.50}', Payload(PayloadType.JSON, b'{"a": 1.50}')),
        ("Application/JSON; charset=utf-8", b"1", Payload(PayloadType.JSON, b"1")),
        ("application/octet-stream", b"\xff", Payload(PayloadType.BINARY, b"\xff")),
        (None, b"\xff", Payload(PayloadType.BINARY, b"\xff")),
        ("text/plain", b"", None),
    ],
)
async def test_user_event_handler_replies(
    content_type: str | None, body: bytes, payload: Payload | None
) -> None:
    fields = {"Content-Type": content_type} if content_type else {}
    with FaultServer(otherwise=unless_validation(Answer(200, fields, body))) as server:
        async with webhooks(server) as sink:
            assert await sink.user_event(CLIENT, shout()) == (payload and EventReply(payload))


async def test_metadata_of_a_reply() -> None:
    answer = Answer(204, {"X-WebPubSub-Metadata-Trace": "t"})
    with FaultServer(otherwise=unless_validation(answer)) as server:
        async with webhooks(server) as sink:
            reply = await sink.user_event(CLIENT, shout())
    assert reply == EventReply(Payload(PayloadType.TEXT, b""), {"trace": "t"})


@pytest.mark.parametrize(
    ("answer", "problem"),
    [
        (Answer(404), "the answer is 404"),
        (Answer(429), "the answer is 429"),
        (Answer(302, {"Location": "/elsewhere"}), "the answer is 302"),
        (Answer(200, {"Content-Type": "application/json"}, b"{"), "the reply is not valid application/json"),
        *[
            (
                Answer(200, {"Content-Type": content_type}, b"x"),
                f"the reply has the content type {content_type!r}, not {REPLY_TYPES}",
            )
            for content_type in (
                "application/x-protobuf",
                "image/png",
                "text/html",
                "application/problem+json",
            )
        ],
        (
            Answer(200, {"Content-Type": "application/json"}, b"NaN"),
            "the reply is not valid application/json",
        ),
        (Answer(200, {"Content-Type": "text/plain"}, b"\xff"), "the reply is not valid text/plain"),
        (
            Answer(200, {"Content-Type": "text/plain; charset=x"}, b"a"),
            "the reply is not valid text/plain; charset=x",
        ),
        (
            Answer(200, {"X-WebPubSub-Metadata-a": "x" * 1025}),
            "the reply: Invalid metadata value of 'a': at most 1024 printable ASCII characters.",
        ),
        (Answer(200, body=b"x" * (MAX_REPLY_BYTES + 1)), "the reply has more than 16777216 bytes"),
    ],
    ids=lambda value: value if isinstance(value, str) else "",
)
async def test_user_event_handler_fails(answer: Answer, problem: str) -> None:
    with FaultServer(otherwise=unless_validation(answer)) as server:
        async with webhooks(server) as sink:
            with pytest.raises(EventFailedError) as failure:
                await sink.user_event(CLIENT, shout())
    assert str(failure.value) == f"{server.endpoint}/{{hub}}/{{event}}: {problem}"
    assert len(server.requests) == 2


async def test_user_event_without_a_handler_fails() -> None:
    async with webhooks({"other": "http://127.0.0.1:1"}) as sink:
        assert await sink.connect(connect_event()) == ConnectReply()
        await sink.connected(CLIENT)
        with pytest.raises(EventFailedError, match="hub 'chat' has no event handler for 'shout'"):
            await sink.user_event(CLIENT, shout())
        await sink.disconnected(CLIENT, "")


# --- what stays with a connection --------------------------------------------------------------------------


def header_by_event(server: FaultServer, name: str) -> dict[str | None, str | None]:
    return {request.header("ce-eventName"): request.header(name) for request in server.requests[1:]}


async def test_state_of_a_connection() -> None:
    def answer(request: Request) -> Step:
        event = request.header("ce-eventName")
        return Answer(204 if event == "connect" else 200, {"ce-connectionState": f"by {event}"})

    with FaultServer(otherwise=unless_validation(answer)) as server:
        async with webhooks(server) as sink:
            await sink.connect(connect_event())
            await sink.connected(CLIENT)
            await sink.user_event(CLIENT, shout())
            await sink.disconnected(CLIENT, "")
            await sink.user_event(
                ClientInfo("chat", "c2", None, None, ORIGIN), SendEvent("other", shout().payload)
            )
    assert header_by_event(server, "ce-connectionState") == {
        "connect": None,
        "connected": "by connect",
        "shout": "by connect",  # that `connected` answers with a state means nothing
        "disconnected": "by shout",
        "other": None,
    }


async def test_cookies_of_a_connection() -> None:
    def answer(request: Request) -> Step:
        if request.header("ce-eventName") == "connect":
            return Answer(
                204, [("Set-Cookie", "affinity=1; Path=/"), ("Set-Cookie", "other=2; Path=/elsewhere")]
            )
        return Answer(404, {"Set-Cookie": "failed=1; Path=/"})

    with FaultServer(otherwise=unless_validation(answer)) as server:
        async with webhooks(server) as sink:
            await sink.connect(connect_event())
            for client in (CLIENT, CLIENT, ClientInfo("chat", "c2", None, None, ORIGIN)):
                with pytest.raises(EventFailedError):
                    await sink.user_event(client, shout())
    cookies = [request.header("Cookie") for request in server.requests[1:]]
    assert cookies == [None, "affinity=1", "affinity=1", None]


async def test_notification_that_fails_is_told_in_the_log(caplog: pytest.LogCaptureFixture) -> None:
    with FaultServer(otherwise=unless_validation(Answer(404))) as server:
        async with webhooks(server) as sink:
            await sink.connected(CLIENT)
    assert told(caplog) == [f"event 'connected' of c1 to {server.endpoint}/chat/connected: the answer is 404"]


async def test_nothing_is_kept_of_a_connection_that_is_gone() -> None:
    with FaultServer(otherwise=unless_validation(Answer(204, {"ce-connectionState": "s"}))) as server:
        async with webhooks(server) as sink:
            for number in range(3):
                client = ClientInfo("chat", str(number), None, None, ORIGIN)
                await sink.connect(connect_event(client))
                await sink.connected(client)
                await sink.disconnected(client, "")
            assert sink._connections == {}


# --- attempts ----------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    "faults",
    [
        [Answer(500)],
        [Answer(503), Answer(408), Answer(502)],
        [Disconnect("head"), Disconnect("body", reset=False)],
        [Raw(b"not HTTP\r\n\r\n")],
        [Answer(200, body=b"cut off", truncate=3)],
    ],
    ids=["500", "three", "disconnects", "not HTTP", "truncated"],
)
async def test_event_is_tried_again(faults: list[Step], caplog: pytest.LogCaptureFixture) -> None:
    clock = Clock()
    reply = Answer(200, {"Content-Type": "text/plain"}, b"at last")
    with FaultServer(ALLOW, *faults, reply) as server:
        async with webhooks(server, clock) as sink:
            assert await sink.user_event(CLIENT, shout()) == EventReply(Payload(PayloadType.TEXT, b"at last"))
    assert clock.slept == [1.0, 3.0, 5.0][: len(faults)]
    assert {request.header("ce-id") for request in server.requests[1:]} == {"0"}
    again = [line.partition("again in ")[2] for line in told(caplog)]
    assert again == ["1 seconds", "3 seconds", "5 seconds"][: len(faults)]


async def test_event_is_not_tried_forever() -> None:
    clock = Clock()
    with FaultServer(ALLOW, otherwise=Answer(503)) as server:
        async with webhooks(server, clock) as sink:
            with pytest.raises(EventFailedError, match="the answer is 503"):
                await sink.user_event(CLIENT, shout())
            with pytest.raises(ConnectRejectedError, match="503"):
                await sink.connect(connect_event())
    assert clock.slept == [1.0, 3.0, 5.0] * 2
    assert len(server.requests) == 1 + 4 + 4


async def test_endpoint_that_cannot_be_reached() -> None:
    with FaultServer(listening=False) as server:
        async with webhooks(server) as sink:
            with pytest.raises(EventFailedError, match="validation failed: Cannot connect to host"):
                await sink.user_event(CLIENT, shout())


async def test_event_is_given_up_after_its_time() -> None:
    gate = Gate()
    with FaultServer(ALLOW, otherwise=Answer(200, gate=gate)) as server:
        async with webhooks({"chat": EventHandler(server.endpoint, timeout=0.2)}) as sink:
            with pytest.raises(EventFailedError, match=r"no answer within 0\.2 seconds"):
                await sink.user_event(CLIENT, shout())
            with pytest.raises(EventFailedError, match=r"no answer within 0\.2 seconds"):
                await sink.connect(connect_event())
        gate.open()


# --- abuse protection --------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    "answers",
    [
        [ALLOW],
        [Answer(204, {"webhook-allowed-origin": ORIGIN})],
        [Answer(200, {"WebHook-Allowed-Origin": f"other.example, {ORIGIN.upper()}"})],
        [Answer(200, [("WebHook-Allowed-Origin", "other.example"), ("WebHook-Allowed-Origin", "*")])],
        [Answer(404), ALLOW],
    ],
    ids=["star", "host", "list", "two headers", "by GET"],
)
async def test_endpoint_allows_events(answers: list[Answer]) -> None:
    with FaultServer(*answers, DONE) as server:
        async with webhooks(server) as sink:
            await sink.user_event(CLIENT, shout())
    methods = [request.method for request in server.requests]
    assert methods == [*["OPTIONS", "GET"][: len(answers)], "POST"]


@pytest.mark.parametrize(
    ("answer", "problem"),
    [
        (
            Answer(200),
            (
                "OPTIONS was answered with 200, without the header WebHook-Allowed-Origin. Send the headers "
                "of event.allow_any(), or this one with *"
            ),
        ),
        (Answer(405), "OPTIONS was answered with 405. Let the route of the events take OPTIONS"),
        (
            Answer(403),
            (
                f"OPTIONS was answered with 403. Does the handler allow {ORIGIN!r}? "
                "The emulator's host is not that of your resource"
            ),
        ),
        (Answer(302, {"Location": "/", "WebHook-Allowed-Origin": "*"}), "OPTIONS was answered with 302"),
        (Answer(404), "OPTIONS was answered with 404 and GET with 404"),
        (
            Answer(200, {"WebHook-Allowed-Origin": "contoso.example"}),
            f"WebHook-Allowed-Origin is 'contoso.example', which does not allow '{ORIGIN}'",
        ),
    ],
)
async def test_endpoint_does_not_allow_events(
    answer: Answer, problem: str, caplog: pytest.LogCaptureFixture
) -> None:
    with FaultServer(otherwise=answer) as server:
        async with webhooks(server) as sink:
            with pytest.raises(EventFailedError) as failure:
                await sink.user_event(CLIENT, shout())
    assert str(failure.value).endswith(f": validation failed: {problem}")
    assert told(caplog) == [
        f"validation of {server.endpoint}/chat/validate failed: {problem}",
        f"event 'shout' of c1 to {server.endpoint}/chat/shout: validation failed: {problem}",
    ]
    assert all(request.method != "POST" for request in server.requests)


async def test_endpoint_is_asked_again(caplog: pytest.LogCaptureFixture) -> None:
    clock = Clock()
    with FaultServer(Answer(405), Answer(405), ALLOW, DONE, otherwise=unless_validation(DONE)) as server:
        async with webhooks(server, clock) as sink:

            async def works() -> bool:
                try:
                    await sink.user_event(CLIENT, shout())
                except EventFailedError:
                    return False
                return True

            outcomes = []
            # Asked at 0, 1 and 3 s; once it allows events, a minute later, while events go on.
            for step in (0.0, 0.5, 0.5, 1.0, 1.0, 59.0, 1.0):
                clock.time += step
                outcomes.append((await works(), [r.method for r in server.requests].count("OPTIONS")))
            await sink._validations.settle()
    assert outcomes[:6] == [(False, 1), (False, 1), (False, 2), (False, 2), (True, 3), (True, 3)]
    assert outcomes[6][0]
    assert [request.method for request in server.requests].count("OPTIONS") == 4, told(caplog)


async def test_endpoint_that_allows_no_more_is_sent_no_more() -> None:
    clock = Clock()
    with FaultServer(ALLOW, DONE, otherwise=Answer(405)) as server:
        async with webhooks(server, clock) as sink:
            await sink.user_event(CLIENT, shout())
            clock.time += 60
            with pytest.raises(EventFailedError, match="the answer is 405"):
                await sink.user_event(CLIENT, shout())  # renews in the background
            await sink._validations.settle()
            with pytest.raises(EventFailedError, match="validation failed"):
                await sink.user_event(CLIENT, shout())


async def test_several_events_wait_for_one_validation() -> None:
    gate = Gate()
    first = Answer(200, {"WebHook-Allowed-Origin": "*"}, gate=gate)
    with FaultServer(first, otherwise=unless_validation(DONE)) as server:
        async with webhooks({"chat": server.endpoint}) as sink:
            events = [asyncio.create_task(sink.user_event(CLIENT, shout())) for _ in range(5)]
            await asyncio.to_thread(gate.reached.wait)
            gate.open()
            await asyncio.gather(*events)
    assert [request.method for request in server.requests] == ["OPTIONS", *["POST"] * 5]


async def test_key_in_an_address_stays_out_of_the_log(caplog: pytest.LogCaptureFixture) -> None:
    caplog.set_level(logging.DEBUG)
    with FaultServer(Answer(405), ALLOW, otherwise=Answer(404)) as server:
        clock = Clock()
        async with webhooks({"chat": f"{server.endpoint}/x?code=s3cret"}, clock) as sink:
            for _ in range(2):
                await sink.connected(CLIENT)
                with pytest.raises(EventFailedError) as failure:
                    await sink.user_event(CLIENT, shout())
                assert "s3cret" not in str(failure.value)
                await sink._validations.settle()
                clock.time += 60
    assert server.requests[0].target == "/x?code=s3cret"
    assert len(caplog.records) >= 2
    assert "s3cret" not in caplog.text


# --- settings ----------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("url", "resolved"),
    [
        ("http://host/x", "http://host/x"),
        ("https://host:8443/api/{hub}/{EVENT}?code=a%2Fb", "https://host:8443/api/my%2Chub/a.b?code=a%2Fb"),
        ("http://host/{event}/{event}", "http://host/a.b/a.b"),
    ],
)
def test_address(url: str, resolved: str) -> None:
    assert EventHandler(url).resolve("my,hub", "a.b") == resolved


@pytest.mark.parametrize(
    ("fields", "message"),
    [
        ({"url": "host/x"}, "absolute, with http or https, got 'host/x'"),
        ({"url": "ftp://host/x?code=k"}, "absolute, with http or https, got 'ftp://host/x'"),
        ({"url": "http:///x"}, "absolute"),
        ({"url": "tunnel:///x"}, "absolute"),
        ({"url": "http://{hub}.example/x"}, "parameters in its host"),
        ({"url": "http://host/{user}"}, "a parameter of url must be hub or event, got 'user'"),
        (
            {"url": "http://host", "system_events": ["joined"]},
            "must be one of connect, connected, disconnected, got 'joined'",
        ),
    ],
)
def test_bad_settings_are_refused(fields: dict[str, Any], message: str) -> None:
    with pytest.raises(ValueError, match=message):
        EventHandler(**fields)


@pytest.mark.parametrize(
    ("pattern", "event", "handled"),
    [
        ("*", "any", True),
        ("a", "a", True),
        ("A, b", "a", True),
        ("a,B", "b", True),
        ("a,b", "c", False),
        ("a*", "ab", False),
        ("a, *", "b", True),
        ([], "a", False),
        (["A", "b"], "a", True),
    ],
)
def test_pattern_of_user_events(pattern: str | list[str], event: str, handled: bool) -> None:
    assert EventHandler("http://host", pattern).handles_user_event(event) is handled


def test_first_handler_that_matches_is_called() -> None:
    some = EventHandler("http://some", "a,b", ["Connect"])
    table = HandlerTable({"Chat": [some, "http://all"], "*": "http://others"})
    everything = EventHandler("http://all")
    assert table.for_user_event("chat", "a") == some
    assert table.for_user_event("CHAT", "c") == everything
    assert table.for_system_event("chat", "connect") == some
    assert table.for_system_event("chat", "connected") == everything
    assert table.for_user_event("news", "a") == EventHandler("http://others")
    assert HandlerTable({"chat": [some]}).for_user_event("chat", "c") is None
    assert HandlerTable({"chat": [some]}).for_user_event("news", "a") is None
