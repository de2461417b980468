"""Every way in which a call of an event handler can fail is on its record, with the reason."""

import asyncio
import logging
import math
from collections.abc import Awaitable, Callable, Mapping
from fnmatch import fnmatchcase
from typing import Any

import aiohttp
import pytest
from typing_extensions import override

from azure.messaging.webpubsubservice.emulator import (
    ClientInfo,
    ConnectReply,
    ConnectRequest,
    Emulator,
    EventHandler,
    EventRecord,
    EventReply,
    NoEventHandlers,
    Payload,
    SendEvent,
)
from azure.messaging.webpubsubservice.emulator._events.transport import MAX_REPLY_BYTES
from azure.messaging.webpubsubservice.emulator._events.validation import _Validation
from azure.messaging.webpubsubservice.emulator._events.webhooks import Webhooks
from azure.messaging.webpubsubservice.emulator._service.event_sink import (
    ConnectRejectedError,
    EventFailedError,
)
from azure.messaging.webpubsubservice.emulator._service.observers import Observer
from tests.emulator.clients import JSON as JSON_V1
from tests.emulator.clients import Caller
from tests.emulator.test_webhooks import (
    ALLOW,
    CLIENT,
    DONE,
    REPLY_TYPES,
    Clock,
    connect_event,
    shout,
    unless_validation,
    webhooks,
)
from tests.faults import Answer, Disconnect, FaultServer, Gate, Raw, Step

JSON = {"Content-Type": "application/json"}
TEXT = {"Content-Type": "text/plain"}

#: Who waits for the answer of the first two; nobody for those of the others.
CALLS: Mapping[str, Callable[[Webhooks], Awaitable[object]]] = {
    "connect": lambda sink: sink.connect(connect_event()),
    "shout": lambda sink: sink.user_event(CLIENT, shout()),
    "connected": lambda sink: sink.connected(CLIENT),
    "joined": lambda sink: sink.joined(CLIENT, "room"),
    "left": lambda sink: sink.left(CLIENT, "room"),
    "disconnected": lambda sink: sink.disconnected(CLIENT, "Bye."),
}

NOT_JSON = "the reply is not JSON"


def every(failure: str) -> tuple[str, str, str]:
    return failure, failure, failure


#: What a handler answers, and the failures of ``connect``, of a user event and of all others.
ANSWERS: Mapping[str, tuple[Step, tuple[str, str, str]]] = {
    "204": (DONE, every("")),
    "400": (Answer(400), every("the answer is 400")),
    "401 with a reason": (Answer(401, TEXT, b"Not today."), every("the answer is 401: 'Not today.'")),
    "408": (Answer(408), every("the answer is 408")),
    "500": (Answer(500), every("the answer is 500")),
    "redirect": (Answer(307, {"Location": "/elsewhere"}), every("the answer is 307")),
    "not modified": (Answer(304), every("the answer is 304")),
    "disconnect": (Disconnect("body", reset=False), every("no answer: Server disconnected")),
    "reset": (Disconnect("body"), every("no answer: *reset by peer")),
    "truncated": (Answer(200, JSON, b"null", truncate=1), every("no answer: Response payload is not *")),
    "not HTTP": (Raw(b"not HTTP\r\n\r\n"), every("no answer: the response is not HTTP (*)")),
    "too much": (
        Answer(200, TEXT, b"x" * (MAX_REPLY_BYTES + 1)),
        every("the reply has more than 16777216 bytes"),
    ),
    "bad JSON": (Answer(200, JSON, b"{"), (NOT_JSON, "the reply is not valid application/json", "")),
    "a list": (Answer(200, JSON, b"[]"), ("the reply is not a JSON object", "", "")),
    "a number": (
        Answer(200, JSON, b'{"userId": 1}'),
        ("'userId' in the reply is not a string", "", ""),
    ),
    "a subprotocol that is not offered": (
        Answer(200, JSON, b'{"subprotocol": "a"}'),
        ("the reply chooses the subprotocol 'a', which the client does not offer", "", ""),
    ),
    "a wrong content type": (
        Answer(200, {"Content-Type": "text/html"}, b"<p>"),
        (NOT_JSON, f"the reply has the content type 'text/html', not {REPLY_TYPES}", ""),
    ),
    "another encoding": (
        Answer(200, TEXT, b"\xff"),
        (NOT_JSON, "the reply is not valid text/plain", ""),
    ),
    "bad metadata": (
        Answer(200, {"X-WebPubSub-Metadata-a": "x" * 1025}),
        ("", "the reply: Invalid metadata value of 'a': at most 1024 printable ASCII characters.", ""),
    ),
}


class Kept(Observer):
    def __init__(self) -> None:
        self.records: list[EventRecord] = []

    @override
    def on_event(self, record: EventRecord) -> None:
        self.records.append(record)

    async def failure(self, call: Awaitable[object]) -> str:
        """Why a call failed, by its record."""
        self.records.clear()
        failed = False
        try:
            await call
        except (ConnectRejectedError, EventFailedError, asyncio.CancelledError):
            failed = True
        (record,) = self.records
        assert record.failure or not failed
        return record.failure


def address(server: FaultServer) -> str:
    """The address of a handler, with a key in its query."""
    return f"{server.endpoint}/?code=s3cret"


def handlers(server: FaultServer, **settings: Any) -> Any:
    return {"chat": EventHandler(address(server), presence_events=["joined", "left"], **settings)}


def accepted(sink: Webhooks, server: FaultServer) -> None:
    """Note that a handler has accepted to receive events."""
    url, origin = address(server), CLIENT.host
    sink._validations._validations[id(sink._http), url, origin] = _Validation(
        sink._http, url, origin, "", problem=None, due_at=math.inf
    )


@pytest.mark.parametrize(("step", "expected"), ANSWERS.values(), ids=ANSWERS)
async def test_what_a_bad_answer_means_is_on_record(
    step: Step, expected: tuple[str, str, str], caplog: pytest.LogCaptureFixture
) -> None:
    caplog.set_level(logging.DEBUG)
    kept = Kept()
    with FaultServer(otherwise=unless_validation(step)) as server:
        async with webhooks(handlers(server), observer=kept) as sink:
            said = {name: await kept.failure(call(sink)) for name, call in CALLS.items()}
    connect, user_event, others = expected
    patterns = {**dict.fromkeys(CALLS, others), "connect": connect, "shout": user_event}
    assert said == {
        name: said[name] if fnmatchcase(said[name], pattern) else pattern
        for name, pattern in patterns.items()
    }
    assert "s3cret" not in caplog.text + repr(said)


@pytest.mark.parametrize("name", CALLS)
async def test_a_refused_connection_is_on_record(name: str) -> None:
    kept = Kept()
    with FaultServer(listening=False) as server:
        async with webhooks(handlers(server), observer=kept) as sink:
            failure = await kept.failure(CALLS[name](sink))
    assert failure.startswith("validation failed: Cannot connect to host 127.0.0.1:")
    assert kept.records[0].attempts == ()


@pytest.mark.parametrize("name", CALLS)
async def test_a_connection_that_is_refused_after_the_validation_is_on_record(name: str) -> None:
    kept = Kept()
    with FaultServer(listening=False) as server:
        async with webhooks(handlers(server), observer=kept) as sink:
            accepted(sink, server)
            failure = await kept.failure(CALLS[name](sink))
    port = server.endpoint.rpartition(":")[2]
    assert failure.startswith(f"no answer: Cannot connect to host 127.0.0.1:{port} [")
    assert len(kept.records[0].attempts) == 4


@pytest.mark.parametrize("name", CALLS)
async def test_a_timeout_is_on_record(name: str) -> None:
    kept, gate = Kept(), Gate()
    with FaultServer(otherwise=Answer(200, gate=gate)) as server:
        async with webhooks(handlers(server, timeout=0.05), observer=kept) as sink:
            accepted(sink, server)
            failure = await kept.failure(CALLS[name](sink))
        gate.open()
    assert failure == "no answer within 0.05 seconds"
    (attempt,) = kept.records[0].attempts
    assert (attempt.status, attempt.problem) == (None, failure)


@pytest.mark.parametrize("name", CALLS)
async def test_a_timeout_of_the_validation_is_on_record(name: str) -> None:
    kept, gate = Kept(), Gate()
    with FaultServer(otherwise=Answer(200, gate=gate)) as server:
        async with webhooks(handlers(server, timeout=0.05), observer=kept) as sink:
            failure = await kept.failure(CALLS[name](sink))
        gate.open()
    assert failure == "validation failed: no answer within 0.05 seconds"


class Late(Clock):
    """A clock by which the time for an event is over while it waits to be sent again."""

    @override
    async def sleep(self, seconds: float) -> None:
        raise asyncio.TimeoutError


@pytest.mark.parametrize("name", CALLS)
async def test_a_timeout_after_an_answer_names_the_answer(name: str) -> None:
    kept = Kept()
    with FaultServer(otherwise=unless_validation(Answer(503))) as server:
        async with webhooks(handlers(server), Late(), kept) as sink:
            failure = await kept.failure(CALLS[name](sink))
    assert failure == "no success within 100 seconds; the last problem: the answer is 503"
    assert [attempt.status for attempt in kept.records[0].attempts] == [503]


@pytest.mark.parametrize("name", CALLS)
async def test_a_call_that_is_cancelled_is_on_record(name: str) -> None:
    kept, gate = Kept(), Gate()
    with FaultServer(ALLOW, otherwise=Answer(200, gate=gate)) as server:
        async with webhooks(handlers(server), observer=kept) as sink:
            call = asyncio.ensure_future(CALLS[name](sink))
            await asyncio.to_thread(gate.reached.wait)
            call.cancel()
            failure = await kept.failure(call)
        gate.open()
    assert failure == "cancelled: the client is gone, or the emulator stops"
    assert [attempt.problem for attempt in kept.records[0].attempts] == ["cancelled"]


class Broken:
    """A transport with a bug."""

    async def send(self, method: str, *_: object, **__: object) -> Any:
        raise ZeroDivisionError(method)

    async def close(self) -> None:
        """Do nothing."""


@pytest.mark.parametrize("name", CALLS)
async def test_an_error_of_the_emulator_is_on_record(name: str) -> None:
    kept = Kept()
    with FaultServer(listening=False) as server:
        async with webhooks(handlers(server), observer=kept) as sink:
            await sink._http.close()
            sink._http = Broken()  # type: ignore[assignment]
            assert await kept.failure(CALLS[name](sink)) == "validation failed: ZeroDivisionError: OPTIONS"
            accepted(sink, server)
            with pytest.raises(ZeroDivisionError):
                await CALLS[name](sink)
    assert kept.records[-1].failure == "ZeroDivisionError: POST"


@pytest.mark.parametrize(
    "url", ["http://127.0.0.1:99999/x", "http://[::1/x", "http://a..b/x", f"http://{'a' * 64}.example/x"]
)
def test_an_address_that_cannot_be_connected_to_is_refused_at_once(url: str) -> None:
    with pytest.raises(ValueError, match="url must be with a host and a port that there can be, got"):
        EventHandler(url)


@pytest.mark.parametrize("returned", ["hello", b"hello", Payload("text", b""), EventReply("hello"), 5])  # type: ignore[arg-type]
async def test_a_sink_that_returns_no_reply_fails_the_event(
    returned: Any, session: aiohttp.ClientSession, caplog: pytest.LogCaptureFixture
) -> None:
    class Sink(NoEventHandlers):
        @override
        async def user_event(self, client: ClientInfo, event: SendEvent) -> Any:
            return returned

    async with Emulator(events=Sink()) as emulator:
        async with Caller(emulator, session).connect(protocol=JSON_V1) as client:
            ack = await client.ask(type="event", event="e", ackId=1, dataType="text", data="x")
            assert ack["error"]["name"] == "InternalServerError"
    assert f"the event handler returned {type(returned).__name__}, not a Payload with a" in caplog.text


@pytest.mark.parametrize("reply", [{"roles": "webpubsub.sendToGroup"}, {"groups": "ab"}, {"user_id": 5}])
async def test_a_sink_that_accepts_a_client_with_other_types_refuses_it(
    reply: Any, session: aiohttp.ClientSession, caplog: pytest.LogCaptureFixture
) -> None:
    class Sink(NoEventHandlers):
        @override
        async def connect(self, event: ConnectRequest) -> ConnectReply:
            return ConnectReply(**reply)

    caplog.set_level(logging.INFO)
    async with Emulator(events=Sink()) as emulator:
        with pytest.raises(aiohttp.WSServerHandshakeError, match="500"):
            await session.ws_connect(emulator.client_url("chat"))
    assert "the connect event handler failed: the reply has " in caplog.text
