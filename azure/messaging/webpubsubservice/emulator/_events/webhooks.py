"""Events over HTTP: the sink that calls event handlers as the service does.

Where the documentation is silent, this follows Microsoft's emulator. An endpoint is validated before its
first event and then once a minute. After 408, 5xx and network errors, an event is sent again after 1, 3 and 5
seconds. Cookies of successful responses are sent with later events of the same connection.
"""

import asyncio
import contextlib
import logging
import time
import uuid
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from typing import Final, Protocol, TypeVar

import aiohttp
from yarl import URL

from azure.messaging.webpubsubservice.emulator._protocol.messages import SendEvent
from azure.messaging.webpubsubservice.emulator._service.event_sink import (
    ConnectRejectedError,
    ConnectReply,
    ConnectRequest,
    EventFailedError,
    EventReply,
    shown_reason,
)
from azure.messaging.webpubsubservice.emulator._service.observers import Observer
from azure.messaging.webpubsubservice.emulator._service.values import ClientInfo, EventAttempt, EventRecord

from . import cloud_events as _cloud_events
from .applications import Application, transport_of
from .cloud_events import STATE_HEADER, CloudEvent
from .handlers import AnyHandler, EventHandler, EventHandlers, HandlerTable, without_query
from .transport import Answer, HttpTransport, NoAnswerError, Transport
from .validation import Validations

_log = logging.getLogger(__name__)
T = TypeVar("T")

#: The problem of an attempt that was cancelled before its response.
_CANCELLED: Final = "cancelled"

_SECRET_HEADERS: Final = frozenset({"authorization", "ce-signature", "cookie", "set-cookie"})


class Clock(Protocol):
    """The emulator's time."""

    def now(self) -> float:
        """Return seconds since the Unix epoch."""
        ...

    async def sleep(self, seconds: float) -> None:
        """Wait."""


@dataclass(slots=True, eq=False)
class _Connection:
    """The data to keep for a connection between its events."""

    events: int = 0
    state: str | None = None
    cookies: aiohttp.CookieJar | None = None

    def cookies_for(self, url: URL) -> str:
        """Return the value of a request's ``Cookie`` header."""
        found = None if self.cookies is None else self.cookies.filter_cookies(url)
        return "; ".join(f"{name}={morsel.coded_value}" for name, morsel in (found or {}).items())

    def keep_cookies(self, answer: Answer, url: URL) -> None:
        """Keep the cookies of a successful response."""
        if answer.ok and answer.cookies:
            if self.cookies is None:
                # An "unsafe" jar also works for hosts without a name, such as 127.0.0.1.
                self.cookies = aiohttp.CookieJar(unsafe=True)
            self.cookies.update_cookies(answer.cookies, url)


@dataclass(slots=True, eq=False)
class _Delivery:
    """An event that is being sent."""

    handler: EventHandler
    client: ClientInfo
    connection: _Connection
    event: CloudEvent
    headers: Mapping[str, str]
    started: float = field(default_factory=time.perf_counter)
    attempts: list[EventAttempt] = field(default_factory=list)
    #: The last response.
    answer: Answer | None = None

    @property
    def url(self) -> str:
        """The address that the event is sent to."""
        return self.handler.resolve(self.client.hub, self.event.name)

    def __str__(self) -> str:
        return f"event {self.event.name!r} of {self.client.connection_id} to {without_query(self.url)}"


class Webhooks:
    """An event sink that calls HTTP endpoints, or applications in the same way.

    :param handlers: The handlers by hub.
    :param access_keys: The keys to sign with, the primary first.
    :param clock: The emulator's time, for retries and validations.
    :param observer: Notified of every event and its outcome.
    """

    def __init__(
        self,
        handlers: EventHandlers,
        *,
        access_keys: Sequence[str],
        clock: Clock,
        observer: Observer,
    ) -> None:
        self._observer = observer
        self._access_keys = access_keys
        self._clock = clock
        self._http = HttpTransport()
        self._applications: dict[int, tuple[Application, Transport]] = {}
        self._connections: dict[str, _Connection] = {}
        self._validations = Validations(clock.now)
        self._use(HandlerTable(handlers))

    async def close(self) -> None:
        """Forget all connections and endpoints, and free all resources."""
        await self._validations.close()
        self._connections.clear()
        await self._http.close()
        for _, transport in self._applications.values():
            await transport.close()

    async def connect(self, event: ConnectRequest) -> ConnectReply:
        """Return the handler's decision. Without a handler, every client may connect as its token says."""
        client = event.client
        handler = self._handlers.for_system_event(client.hub, "connect")
        if handler is None:
            return ConnectReply()
        connection = _Connection()

        def read(answer: Answer) -> ConnectReply:
            if not answer.ok:
                raise ConnectRejectedError(answer.status, answer.body, answer.headers.get("Content-Type"))
            return _cloud_events.read_connect_reply(answer.body, event.subprotocols)

        answer, reply = await self._call(
            handler, client, connection, _cloud_events.connect_event(event), read
        )
        connection.state = answer.headers.get(STATE_HEADER)
        self._connections[client.connection_id] = connection
        return reply

    async def connected(self, client: ClientInfo) -> None:
        """Send the event to the handler, and ignore the response."""
        await self._tell(client, _cloud_events.connected_event())

    async def disconnected(self, client: ClientInfo, reason: str) -> None:
        """Send the event to the handler, and forget the connection."""
        try:
            await self._tell(client, _cloud_events.disconnected_event(reason))
        finally:
            self._connections.pop(client.connection_id, None)

    def handles_presence(self, hub: str, event: str, group: str) -> bool:
        """Return whether a handler wants ``joined`` or ``left`` of this group."""
        return self._handlers.for_presence_event(hub, event, group) is not None

    async def joined(self, client: ClientInfo, group: str) -> None:
        """Send the event to the handler, and ignore the response."""
        await self._tell_of_group(client, "joined", group)

    async def left(self, client: ClientInfo, group: str) -> None:
        """Send the event to the handler, and ignore the response."""
        await self._tell_of_group(client, "left", group)

    async def user_event(self, client: ClientInfo, event: SendEvent) -> EventReply | None:
        """Return the handler's reply.

        :raises EventFailedError: There is no handler, or it failed.
        """
        handler = self._handlers.for_user_event(client.hub, event.event)
        if handler is None:
            raise EventFailedError(f"hub {client.hub!r} has no event handler for {event.event!r}")
        connection = self._connection(client)

        def read(answer: Answer) -> EventReply | None:
            _check_status(answer)
            return _cloud_events.read_user_event_reply(answer.headers, answer.body)

        try:
            answer, reply = await self._call(
                handler, client, connection, _cloud_events.user_event(event), read
            )
        except EventFailedError as failure:
            raise EventFailedError(f"{without_query(handler.url)}: {failure}", logged=True) from None
        connection.state = answer.headers.get(STATE_HEADER, connection.state)
        return reply

    def use(self, handlers: EventHandlers) -> None:
        """Replace the handlers. Events that are being sent stay with the previous ones.

        :raises ValueError: A handler breaks a rule. The previous handlers stay.
        """
        self._use(HandlerTable(handlers))

    def handle(self, hub: str, handlers: AnyHandler | Iterable[AnyHandler]) -> None:
        """Replace the handlers of a hub. Events that are being sent stay with the previous ones.

        :raises ModuleNotFoundError: A library that runs applications is not installed.
        :raises ValueError: A handler breaks a rule. The previous handlers stay.
        """
        self._use(self._handlers.with_hub(hub, handlers))

    def _use(self, handlers: HandlerTable) -> None:
        for application in handlers.applications():
            if id(application) not in self._applications:
                self._applications[id(application)] = (application, transport_of(application))
        self._handlers = handlers

    def _transport(self, handler: EventHandler) -> Transport:
        return self._http if handler.application is None else self._applications[id(handler.application)][1]

    def _connection(self, client: ClientInfo) -> _Connection:
        return self._connections.setdefault(client.connection_id, _Connection())

    def _number(
        self, handler: EventHandler, client: ClientInfo, connection: _Connection, event: CloudEvent
    ) -> _Delivery:
        headers = _cloud_events.headers(
            event,
            client,
            number=connection.events,
            time=self._clock.now(),
            signature=_cloud_events.signature(client.connection_id, self._access_keys),
            state=connection.state,
        )
        headers |= {"WebHook-Request-Origin": client.host, "x-ms-client-request-id": str(uuid.uuid4())}
        connection.events += 1
        return _Delivery(handler, client, connection, event, headers)

    async def _tell(self, client: ClientInfo, event: CloudEvent) -> None:
        await self._notify(self._handlers.for_system_event(client.hub, event.name), client, event)

    async def _tell_of_group(self, client: ClientInfo, name: str, group: str) -> None:
        handler = self._handlers.for_presence_event(client.hub, name, group)
        await self._notify(handler, client, _cloud_events.presence_event(name, group))

    async def _notify(self, handler: EventHandler | None, client: ClientInfo, event: CloudEvent) -> None:
        if handler is not None:
            with contextlib.suppress(EventFailedError):  # it was logged
                await self._call(handler, client, self._connection(client), event, _check_status)

    async def _call(
        self,
        handler: EventHandler,
        client: ClientInfo,
        connection: _Connection,
        event: CloudEvent,
        read: Callable[[Answer], T],
    ) -> tuple[Answer, T]:
        """Send an event, and return the response and its content.

        :param read: Reads a response, or raises one of these errors.
        :raises ConnectRejectedError: The response refuses a client.
        :raises EventFailedError: There is no response, or it does not have the documented form.
        """
        delivery = self._number(handler, client, connection, event)
        failure = ""
        try:
            answer = await self._deliver(delivery)
            value = read(answer)
        except BaseException as error:
            failure = _failure(error)
            raise
        finally:
            self._observer.on_event(_record(delivery, failure))
        return answer, value

    async def _deliver(self, delivery: _Delivery) -> Answer:
        """Send an event, repeatedly if necessary, until there is a response.

        :raises EventFailedError: There is no response, or the endpoint does not accept events.
        """
        try:
            return await asyncio.wait_for(self._attempt(delivery), delivery.handler.timeout)
        except (TimeoutError, asyncio.TimeoutError):
            raise EventFailedError(_timed_out(delivery)) from None

    async def _attempt(self, delivery: _Delivery) -> Answer:
        handler = delivery.handler
        await self._validations.check(
            self._transport(handler),
            handler.resolve(delivery.client.hub, "validate"),
            delivery.client.host,
            hint=handler.hint,
        )
        url = URL(delivery.url, encoded=True)
        for delay in (*delivery.handler.retry_delays, None):
            problem = await self._try(url, delivery)
            if delivery.answer is not None and (not problem or delay is None):
                return delivery.answer
            if delay is None:
                raise EventFailedError(problem)
            _log.warning("%s: %s; again in %g seconds", delivery, problem, delay)
            self._observer.on_attempt(_record(delivery), delay)
            await self._clock.sleep(delay)
        raise AssertionError("the last attempt returns or raises")

    async def _try(self, url: URL, delivery: _Delivery) -> str:
        """Send an event once. Return why it has to be sent again, or an empty text if it need not be."""
        delivery.answer = None
        self._observer.on_attempt(_record(delivery), 0)
        started = time.perf_counter()
        problem = _CANCELLED
        connection = delivery.connection
        try:
            delivery.answer = answer = await self._transport(delivery.handler).send(
                "POST",
                url,
                headers=delivery.headers,
                body=delivery.event.body,
                cookies=connection.cookies_for(url),
            )
            connection.keep_cookies(answer, url)
            again = answer.status == 408 or 500 <= answer.status <= 599
            problem = _refusal(answer.status, answer.body) if again else ""
        except NoAnswerError as error:
            problem = str(error) if error.final else f"no answer: {error}"
            if error.final:
                raise EventFailedError(problem) from None
        finally:
            status = delivery.answer.status if delivery.answer is not None else None
            delivery.attempts.append(EventAttempt(status, problem, time.perf_counter() - started))
        return problem


def _record(delivery: _Delivery, failure: str = "") -> EventRecord:
    answer = delivery.answer
    return EventRecord(
        delivery.client,
        delivery.event.name,
        delivery.event.type,
        without_query(delivery.url),
        _shown(delivery.headers),
        delivery.event.body,
        tuple(delivery.attempts),
        None if answer is None else answer.status,
        {} if answer is None else _shown(answer.headers),
        b"" if answer is None else answer.body,
        failure,
        time.perf_counter() - delivery.started,
    )


def _shown(headers: Mapping[str, str]) -> Mapping[str, str]:
    """Return headers for the record, without those that would let somebody impersonate another."""
    lower = {name.lower(): value for name, value in headers.items()}
    return {name: value for name, value in lower.items() if name not in _SECRET_HEADERS}


def _failure(error: BaseException) -> str:
    """Return why an event failed, for its record."""
    match error:
        case ConnectRejectedError():
            return _refusal(error.status, error.body)
        case EventFailedError():
            return str(error)
        case asyncio.CancelledError():
            return f"{_CANCELLED}: the client is gone, or the emulator stops"
        case _:
            return f"{type(error).__name__}: {error}"


def _refusal(status: int, body: bytes) -> str:
    return f"the answer is {status}{shown_reason(body)}"


def _timed_out(delivery: _Delivery) -> str:
    """Return why an event timed out, and note it for the attempt that was cut short."""
    limit = f"within {delivery.handler.timeout:g} seconds"
    if not delivery.attempts:
        return f"validation failed: no answer {limit}"
    last = delivery.attempts[-1]
    if last.problem != _CANCELLED:  # it was waiting for the next one
        return f"no success {limit}; the last problem: {last.problem}"
    delivery.attempts[-1] = replace(last, problem=f"no answer {limit}")
    return f"no answer {limit}"


def _check_status(answer: Answer) -> None:
    if not answer.ok:
        raise EventFailedError(_refusal(answer.status, answer.body))
