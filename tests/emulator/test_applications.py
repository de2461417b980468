"""Event handlers that are applications in the test's process, and the record of what they were asked."""

from __future__ import annotations

import asyncio
import contextlib
import functools
import itertools
import json
import logging
import sys
import threading
from typing import TYPE_CHECKING, Any

import pytest
from websockets.sync.client import ClientConnection, connect
from websockets.typing import Subprotocol

from azure.messaging.webpubsubservice import WebPubSubServiceClient
from azure.messaging.webpubsubservice.emulator import (
    Emulator,
    EventAttempt,
    EventHandler,
    EventRecord,
    NoEventHandlers,
)
from azure.messaging.webpubsubservice.events import (
    ConnectEvent,
    EventResponse,
    UserEvent,
    ValidationRequest,
    parse_event,
)
from azure.messaging.webpubsubservice.rest import build_send_to_all_request

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Sequence

KEY = "an access key"
JSON = Subprotocol("json.webpubsub.azure.v1")
ONCE: Sequence[float] = ()
ACK_IDS = itertools.count(1)


def answer(method: str, headers: Any, body: bytes) -> EventResponse:
    """What both kinds of application answer: the signature is right, or this raises."""
    event = parse_event(method, headers, body, access_keys=[KEY])
    match event:
        case ValidationRequest():
            return event.allow_any()
        case ConnectEvent():
            return event.accept(state={"greeted": True})
        case UserEvent(name="fail"):
            raise LookupError("as asked")
        case UserEvent():
            assert event.state == {"greeted": True}
            return event.reply(content=f"{event.user_id}: {event.text()}")
        case _:
            return event.done()


class Asgi:
    """An ASGI application without a framework, which knows its lifespan."""

    def __init__(self) -> None:
        self.lives: list[str] = []
        self.threads: set[int] = set()
        self.broken = False

    async def __call__(self, scope: Any, receive: Any, send: Any) -> None:
        self.threads.add(threading.get_ident())
        if scope["type"] == "lifespan":
            await self.live(scope, receive, send)
            return
        assert scope["path"] == "/eventhandler"
        assert scope["state"]["client"] == "made at startup"
        response = answer(scope["method"], scope["headers"], (await receive())["body"])
        headers = [(name.encode(), value.encode()) for name, value in response.headers.items()]
        await send({"type": "http.response.start", "status": response.status, "headers": headers})
        await send({"type": "http.response.body", "body": response.body})

    async def live(self, scope: Any, receive: Any, send: Any) -> None:
        while True:
            message = (await receive())["type"]
            self.lives.append(message)
            if self.broken:
                raise OSError("no database")
            scope["state"]["client"] = "made at startup"
            await send({"type": f"{message}.complete"})
            if message == "lifespan.shutdown":
                return


def wsgi(environ: Any, start_response: Any) -> list[bytes]:
    headers = {
        name.removeprefix("HTTP_").replace("_", "-"): value
        for name, value in environ.items()
        if name.startswith("HTTP_") or name in {"CONTENT_TYPE", "CONTENT_LENGTH"}
    }
    response = answer(environ["REQUEST_METHOD"], headers, environ["wsgi.input"].read())
    start_response(f"{response.status} Status", list(response.headers.items()))
    return [response.body]


@contextlib.contextmanager
def client(emulator: Emulator, user: str = "alice") -> Iterator[ClientConnection]:
    with connect(emulator.client_url("chat", user_id=user), subprotocols=[JSON]) as socket:
        assert json.loads(socket.recv(timeout=10))["event"] == "connected"
        yield socket


def ask(socket: ClientConnection, text: str, event: str = "say") -> Sequence[Any]:
    """Send an event, and return the messages up to its ack."""
    message = {"type": "event", "event": event, "ackId": next(ACK_IDS), "dataType": "text", "data": text}
    socket.send(json.dumps(message))
    received: list[Any] = []
    while not received or received[-1]["type"] != "ack":
        received.append(json.loads(socket.recv(timeout=10)))
    return received


@pytest.mark.parametrize(
    "application", [Asgi(), wsgi, functools.partial(wsgi)], ids=["asgi", "wsgi", "partial"]
)
@pytest.mark.parametrize("user", ["alice", "用户"])
def test_an_application_handles_events(application: Any, user: str) -> None:
    with Emulator(access_key=KEY, event_handlers={"chat": application}) as emulator:
        with client(emulator, user) as socket:
            reply, ack = ask(socket, "hello")
            assert (reply["data"], ack["success"]) == (f"{user}: hello", True)
        events = emulator.wait_for_events(4)
    assert [event.event for event in events] == ["connect", "connected", "say", "disconnected"]
    assert [event.failure for event in events] == [""] * 4
    said = events[2]
    assert (said.type, said.url) == ("azure.webpubsub.user.say", "http://localhost/eventhandler")
    assert (said.text, said.response_text, said.status) == ("hello", f"{user}: hello", 200)
    assert said.headers["ce-userid"] == user
    assert said.response_headers["content-type"] == "text/plain; charset=utf-8"
    assert [(each.status, each.problem) for each in said.attempts] == [(200, "")]
    assert 0 < said.attempts[0].seconds <= said.seconds


def test_what_could_let_somebody_pose_as_another_is_not_on_record() -> None:
    def application(environ: Any, start_response: Any) -> list[bytes]:
        start_response("204 No Content", [("Set-Cookie", "session=s3cret"), ("WebHook-Allowed-Origin", "*")])
        cookies.append(environ.get("HTTP_COOKIE"))
        return []

    cookies: list[str | None] = []
    with Emulator(event_handlers={"chat": application}) as emulator:
        with client(emulator) as socket:
            ask(socket, "hello")
        events = emulator.wait_for_events(4)
    assert cookies == [None, None, *["session=s3cret"] * 3]
    names = {name for event in events for name in (*event.headers, *event.response_headers)}
    assert not names & {"ce-signature", "cookie", "set-cookie", "authorization"}
    assert "s3cret" not in repr(events)


def test_the_lifespan_of_an_application_is_run_once() -> None:
    application = Asgi()
    with Emulator(access_key=KEY, event_handlers={"chat": application, "*": application}) as emulator:
        assert application.lives == []
        for _ in range(2):
            with client(emulator):
                pass
        emulator.wait_for_events(6)
        assert application.lives == ["lifespan.startup"]
    assert application.lives == ["lifespan.startup", "lifespan.shutdown"]
    (thread,) = application.threads
    assert thread != threading.get_ident()


def test_an_emulator_that_is_started_again_starts_its_applications_again() -> None:
    application = Asgi()
    emulator = Emulator(access_key=KEY, event_handlers={"chat": application, "news": wsgi})
    for _ in range(2):
        with emulator, client(emulator) as socket:
            assert ask(socket, "hello")[-1]["success"]
            with connect(emulator.client_url("news"), subprotocols=[JSON]):
                pass
    assert application.lives == ["lifespan.startup", "lifespan.shutdown"] * 2


def test_an_application_that_does_not_start_fails_each_event(caplog: pytest.LogCaptureFixture) -> None:
    application = Asgi()
    application.broken = True
    with Emulator(
        event_handlers={"chat": EventHandler(application=application, system_events=[])}
    ) as emulator:
        with client(emulator) as socket:
            (ack,) = ask(socket, "hello")
        (event,) = emulator.wait_for_events()
    assert ack["error"]["name"] == "InternalServerError"
    problem = "validation failed: the application did not start: OSError('no database')"
    assert (event.failure, event.attempts, event.status) == (problem, (), None)
    assert "OSError: no database" in caplog.text  # the traceback


@pytest.mark.parametrize("application", [Asgi(), wsgi], ids=["asgi", "wsgi"])
def test_an_exception_is_logged_and_answered_with_500(
    application: Any, caplog: pytest.LogCaptureFixture
) -> None:
    handler = EventHandler(application=application, retry_delays=ONCE)
    with Emulator(access_key=KEY, event_handlers={"chat": handler}) as emulator, client(emulator) as socket:
        (ack,) = ask(socket, "hello", "fail")
        (event,) = emulator.wait_for_events(where=lambda each: each.event == "fail")
        assert ask(socket, "hello")[-1]["success"]
    assert ack["error"]["name"] == "InternalServerError"
    assert (event.status, event.failure) == (500, "the answer is 500")
    assert [each.status for each in event.attempts] == [500]
    assert "LookupError: as asked" in caplog.text


def test_attempts_are_on_record_with_their_problems() -> None:
    statuses = iter([503, 408, 200])

    def application(environ: Any, start_response: Any) -> list[bytes]:
        status = next(statuses) if environ["REQUEST_METHOD"] == "POST" else 200
        start_response(f"{status} Status", [("WebHook-Allowed-Origin", "*")])
        return []

    handler = EventHandler(application=application, system_events=[], retry_delays=(0, 0))
    with Emulator(event_handlers={"chat": handler}) as emulator, client(emulator) as socket:
        ask(socket, "hello")
        (event,) = emulator.wait_for_events()
    problems = [(each.status, each.problem) for each in event.attempts]
    assert problems == [(503, "the answer is 503"), (408, "the answer is 408"), (200, "")]
    assert (event.status, event.failure) == (200, "")
    assert all(isinstance(each, EventAttempt) and each.seconds > 0 for each in event.attempts)


def test_an_application_may_call_the_service_while_it_handles_an_event() -> None:
    """Also with a client that blocks, in a coroutine: its loop is not the emulator's."""

    class Application(Asgi):
        async def __call__(self, scope: Any, receive: Any, send: Any) -> None:
            if scope["type"] == "http" and scope["method"] == "POST":
                with WebPubSubServiceClient.from_connection_string(emulator.connection_string) as service:
                    service.send_request(build_send_to_all_request("chat", json="from the application"))
            await super().__call__(scope, receive, send)

    handler = EventHandler(application=Application(), system_events=["connect"])
    with Emulator(access_key=KEY, event_handlers={"chat": handler}) as emulator, client(emulator) as socket:
        first, reply, ack = ask(socket, "hello")
    assert (first["data"], reply["data"]) == ("from the application", "alice: hello")
    assert ack["success"]


def test_an_answer_does_not_wait_for_what_an_application_does_after_it() -> None:
    released = threading.Event()

    async def application(scope: Any, _receive: Any, send: Any) -> None:
        assert scope["type"] == "http"  # so it has no lifespan
        headers = [(b"webhook-allowed-origin", b"*")]
        await send({"type": "http.response.start", "status": 204, "headers": headers})
        await send({"type": "http.response.body"})
        if scope["method"] == "POST":
            await asyncio.to_thread(released.wait, 10)

    handler = EventHandler(application=application, system_events=[])
    with Emulator(event_handlers={"chat": handler}) as emulator, client(emulator) as socket:
        assert ask(socket, "hello")[-1]["success"]
        assert not released.is_set()
        released.set()


@pytest.mark.parametrize("again", [True, False])
def test_a_running_emulator_can_be_given_a_handler(again: bool) -> None:
    with Emulator(access_key=KEY) as emulator:
        with client(emulator) as socket:
            assert ask(socket, "hello")[-1]["error"]["name"] == "InternalServerError"
        assert emulator.events == []
        emulator.handle_events("Chat", Asgi() if again else wsgi)
        with client(emulator) as socket:
            assert ask(socket, "hello")[0]["data"] == "alice: hello"
        assert len(emulator.wait_for_events(4)) == 4
        emulator.clear_records()
        assert emulator.events == []
        with pytest.raises(ValueError, match=r"event_handlers\['chat'\]"):
            emulator.handle_events("chat", 1)  # type: ignore[arg-type]
        with client(emulator) as socket:
            assert ask(socket, "hello")[0]["data"] == "alice: hello"


async def test_an_asynchronous_emulator_waits_for_events_too() -> None:
    async with Emulator(access_key=KEY) as emulator:
        emulator.handle_events("chat", Asgi())

        def talk() -> None:
            with connect(emulator.client_url("chat"), subprotocols=[JSON]):
                pass

        await asyncio.to_thread(talk)
        (record,) = await emulator.wait_for_events(where=lambda each: each.event == "disconnected")
        assert isinstance(record, EventRecord)
        with pytest.raises(TimeoutError, match=r"and \d events? on record"):
            await emulator.wait_for_events(9, timeout=0)


@pytest.mark.parametrize("timeout", [0.05])
def test_an_application_that_takes_too_long_fails_the_event(timeout: float) -> None:
    async def application(scope: Any, _receive: Any, send: Any) -> None:
        if dict(scope["headers"]).get(b"ce-eventname") == b"say":
            await asyncio.Event().wait()
        await send(
            {"type": "http.response.start", "status": 200, "headers": [(b"webhook-allowed-origin", b"*")]}
        )
        await send({"type": "http.response.body"})

    handlers = [
        EventHandler("/eventhandler", "first", [], application=application),
        EventHandler("/eventhandler", "say", [], application=application, timeout=timeout),
    ]
    with Emulator(event_handlers={"chat": handlers}) as emulator, client(emulator) as socket:
        assert ask(socket, "hello", "first")[-1]["success"]  # so that the application has started
        ask(socket, "hello")
        (event,) = emulator.wait_for_events(where=lambda each: each.event == "say")
    assert event.failure == "no answer within 0.05 seconds"
    assert [(each.status, each.problem) for each in event.attempts] == [(None, event.failure)]


async def _half(scope: Any, _receive: Any, send: Any) -> None:
    status = 200
    await send(
        {"type": "http.response.start", "status": status, "headers": [(b"webhook-allowed-origin", b"*")]}
    )
    if scope["method"] == "OPTIONS":
        await send({"type": "http.response.body"})


async def _nothing(scope: Any, _receive: Any, send: Any) -> None:
    if scope["method"] == "OPTIONS":
        await send(
            {"type": "http.response.start", "status": 200, "headers": [(b"webhook-allowed-origin", b"*")]}
        )
        await send({"type": "http.response.body"})


async def _huge(_scope: Any, _receive: Any, send: Any) -> None:
    await send({"type": "http.response.start", "status": 200, "headers": [(b"webhook-allowed-origin", b"*")]})
    await send({"type": "http.response.body", "body": bytes(16 * 1024 * 1024 + 1)})


def _elsewhere(_environ: Any, start_response: Any) -> list[bytes]:
    start_response("404 Not Found", [])
    return []


@pytest.mark.parametrize(
    ("application", "failure"),
    [
        (_half, "the application ended in the middle of its response"),
        (_nothing, "the answer is 500"),
        (_huge, "validation failed: the reply has more than 16777216 bytes"),
        (
            _elsewhere,
            (
                "validation failed: OPTIONS was answered with 404 and GET with 404. The application has no "
                "/eventhandler; pass EventHandler('/its/path', application=...)"
            ),
        ),
    ],
)
def test_an_application_that_answers_badly_says_why(application: Any, failure: str) -> None:
    handler = EventHandler(application=application, system_events=[], retry_delays=ONCE)
    with Emulator(event_handlers={"chat": handler}) as emulator, client(emulator) as socket:
        (ack,) = ask(socket, "hello")
        (event,) = emulator.wait_for_events()
    assert (ack["success"], event.failure) == (False, failure)


@pytest.mark.parametrize(
    ("make", "words"),
    [
        (EventHandler, r"url must be absolute, .* \(only an application has a path\), got '/eventhandler'"),
        (lambda: EventHandler("x", application=wsgi), "url must be a path, or absolute with http or https"),
        (lambda: EventHandler(application=1), "application must be an ASGI or WSGI application"),  # type: ignore[arg-type]
        (
            lambda: EventHandler("http://a", retry_delays=[-1]),
            "retry_delays must be a list of numbers from 0",
        ),
        (lambda: EventHandler("http://a", retry_delays="12"), "retry_delays must be a list of numbers"),  # type: ignore[arg-type]
        (lambda: Emulator(event_handlers={"chat": lambda: None}), "neither an ASGI application"),
        (lambda: Emulator(event_handlers={"chat": []}), "a list with at least one handler"),
        (
            lambda: Emulator(events=NoEventHandlers()).handle_events("chat", wsgi),
            "made with events=..., which receives the events of all hubs",
        ),
    ],
)
def test_bad_handlers_are_refused(make: Callable[[], Any], words: str) -> None:
    with pytest.raises(ValueError, match=words):
        make()


@pytest.mark.parametrize("module", ["httpx", "asgi_lifespan"])
def test_without_the_extra_it_says_what_to_install(module: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(sys.modules, module, None)
    monkeypatch.setitem(sys.modules, f"{module}2", None)
    with pytest.raises(ModuleNotFoundError, match=r"extra \[applications\].*pip install") as missing:
        Emulator(event_handlers={"chat": wsgi})
    assert missing.value.name == module.replace("_", "-")


def test_a_path_and_several_applications_share_a_hub(caplog: pytest.LogCaptureFixture) -> None:
    caplog.set_level(logging.WARNING)
    handlers = [
        EventHandler("/eventhandler", "say", ["connect"], application=wsgi),
        EventHandler("/hooks/{hub}/{event}", application=_elsewhere, system_events=[], retry_delays=ONCE),
    ]
    with Emulator(access_key=KEY, event_handlers={"chat": handlers}) as emulator, client(emulator) as socket:
        assert ask(socket, "hello")[0]["data"] == "alice: hello"
        ask(socket, "hello", "other")
        (other,) = emulator.wait_for_events(where=lambda each: each.event == "other")
    assert other.url == "http://localhost/hooks/chat/other"
