"""Events over HTTP: the sink that calls event handlers as the service does.

Where the documentation is silent, this follows Microsoft's emulator. An endpoint is validated before its
first event and then once a minute. After 408, 5xx and network errors, an event is sent again after 1, 3 and 5
seconds. Cookies of successful responses come back with later events of the same connection.
"""

import asyncio
import logging
import uuid
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Final, Protocol

import aiohttp
from yarl import URL

from azure.messaging.webpubsubservice.emulator._protocol.messages import SendEvent
from azure.messaging.webpubsubservice.emulator._service.event_sink import (
    ConnectRejectedError,
    ConnectReply,
    ConnectRequest,
    EventFailedError,
    EventReply,
)
from azure.messaging.webpubsubservice.emulator._service.values import ClientInfo

from . import cloud_events as _cloud_events
from .cloud_events import STATE_HEADER, CloudEvent
from .handlers import EventHandler, EventHandlers, HandlerTable, without_query

_log = logging.getLogger(__name__)

RETRY_DELAYS: Final = (1.0, 3.0, 5.0)
MAX_REPLY_BYTES: Final = 16 * 1024 * 1024

_VALIDATION_TIMEOUT: Final = 10.0
_VALIDATION_INTERVAL: Final = 60.0
_FIRST_VALIDATION_INTERVAL: Final = 1.0

# Many servers close a connection that is idle for five seconds. An event that is sent at that moment is lost.
_KEEP_ALIVE: Final = 3.0


class Clock(Protocol):
    """The emulator's time."""

    def now(self) -> float:
        """Return seconds since the Unix epoch."""
        ...

    async def sleep(self, seconds: float) -> None:
        """Wait."""


@dataclass(frozen=True, slots=True)
class _Answer:
    status: int
    headers: Mapping[str, str]
    body: bytes

    @property
    def ok(self) -> bool:
        return 200 <= self.status <= 299


@dataclass(slots=True, eq=False)
class _Connection:
    """What has to be kept for a connection between its events."""

    events: int = 0
    state: str | None = None
    cookies: aiohttp.CookieJar | None = None


@dataclass(frozen=True, slots=True, eq=False)
class _Delivery:
    """An event that is being sent."""

    handler: EventHandler
    client: ClientInfo
    connection: _Connection
    event: CloudEvent
    headers: Mapping[str, str]

    def __str__(self) -> str:
        return f"event {self.event.name!r} of {self.client.connection_id}: {without_query(self.handler.url)}"


@dataclass(slots=True, eq=False)
class _Validation:
    """The last answer of an endpoint to whether it accepts events."""

    problem: str | None = "it has not been asked yet"
    interval: float = 0.0
    due_at: float = 0.0
    running: asyncio.Task[None] | None = None


class Webhooks:
    """An event sink that calls HTTP endpoints.

    :param handlers: The handlers by hub.
    :param origin: Returns the host and port at which the emulator is reached.
    :param access_keys: The keys to sign with, the primary first.
    :param clock: The emulator's time, for retries and validations.
    """

    def __init__(
        self,
        handlers: EventHandlers,
        *,
        origin: Callable[[], str],
        access_keys: Sequence[str],
        clock: Clock,
    ) -> None:
        self._handlers = HandlerTable(handlers)
        self._origin = origin
        self._access_keys = access_keys
        self._clock = clock
        self._session: aiohttp.ClientSession | None = None
        self._connections: dict[str, _Connection] = {}
        self._validations: dict[str, _Validation] = {}

    async def close(self) -> None:
        """Forget everything about connections and endpoints."""
        renewals = [one.running for one in self._validations.values() if one.running is not None]
        for task in renewals:
            task.cancel()
        if renewals:
            await asyncio.wait(renewals)
        self._validations.clear()
        self._connections.clear()
        if self._session is not None:
            await self._session.close()
            self._session = None

    async def connect(self, event: ConnectRequest) -> ConnectReply:
        """Ask the handler. Without one, every client may connect as its token says."""
        client = event.client
        handler = self._handlers.for_system_event(client.hub, "connect")
        if handler is None:
            return ConnectReply()
        connection = _Connection()
        delivery = self._number(handler, client, connection, _cloud_events.connect_event(event))
        try:
            answer = await self._deliver(delivery)
            reply = _cloud_events.read_connect_reply(answer.body, event.subprotocols) if answer.ok else None
        except EventFailedError as failure:
            _log.warning("%s: %s", delivery, failure)
            raise ConnectRejectedError(500) from None
        if reply is None:
            raise ConnectRejectedError(answer.status, answer.body, answer.headers.get("Content-Type"))
        connection.state = answer.headers.get(STATE_HEADER)
        self._connections[client.connection_id] = connection
        return reply

    async def connected(self, client: ClientInfo) -> None:
        """Tell the handler, and ignore its response."""
        await self._tell(client, _cloud_events.connected_event())

    async def disconnected(self, client: ClientInfo, reason: str) -> None:
        """Tell the handler, and forget the connection."""
        try:
            await self._tell(client, _cloud_events.disconnected_event(reason))
        finally:
            self._connections.pop(client.connection_id, None)

    async def user_event(self, client: ClientInfo, event: SendEvent) -> EventReply | None:
        """Ask the handler.

        :raises EventFailedError: There is none, or it failed.
        """
        handler = self._handlers.for_user_event(client.hub, event.event)
        if handler is None:
            raise EventFailedError(f"hub {client.hub!r} has no event handler for {event.event!r}")
        connection = self._connection(client)
        delivery = self._number(handler, client, connection, _cloud_events.user_event(event))
        try:
            answer = await self._deliver(delivery)
            if not answer.ok:
                raise EventFailedError(f"the answer is {answer.status}")
            reply = _cloud_events.read_user_event_reply(answer.headers, answer.body)
        except EventFailedError as failure:
            raise EventFailedError(f"{without_query(handler.url)}: {failure}") from None
        connection.state = answer.headers.get(STATE_HEADER, connection.state)
        return reply

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
        connection.events += 1
        return _Delivery(handler, client, connection, event, headers)

    async def _tell(self, client: ClientInfo, event: CloudEvent) -> None:
        handler = self._handlers.for_system_event(client.hub, event.name)
        if handler is None:
            return
        delivery = self._number(handler, client, self._connection(client), event)
        try:
            answer = await self._deliver(delivery)
        except EventFailedError as failure:
            _log.warning("%s: %s", delivery, failure)
        else:
            if not answer.ok:
                _log.warning("%s: the answer is %d", delivery, answer.status)

    async def _deliver(self, delivery: _Delivery) -> _Answer:
        """Send an event until there is a response.

        :raises EventFailedError: There is no answer, or the endpoint must not be sent events.
        """
        try:
            return await asyncio.wait_for(self._attempt(delivery), delivery.handler.timeout)
        except (TimeoutError, asyncio.TimeoutError):
            raise EventFailedError(f"no answer within {delivery.handler.timeout:g} seconds") from None

    async def _attempt(self, delivery: _Delivery) -> _Answer:
        handler, hub = delivery.handler, delivery.client.hub
        await self._validate(handler.resolve(hub, "validate"))
        url = URL(handler.resolve(hub, delivery.event.name), encoded=True)
        for delay in (*RETRY_DELAYS, None):
            try:
                answer = await self._post(url, delivery)
            except aiohttp.ClientError as error:
                problem = f"no answer: {_explain(error)}"
                if delay is None:
                    raise EventFailedError(problem) from None
            else:
                problem = f"the answer is {answer.status}"
                if delay is None or not (answer.status == 408 or 500 <= answer.status <= 599):
                    return answer
            _log.warning("%s: %s; again in %g seconds", delivery, problem, delay)
            await self._clock.sleep(delay)
        raise AssertionError("the last attempt returns or raises")

    async def _post(self, url: URL, delivery: _Delivery) -> _Answer:
        jar = delivery.connection.cookies
        async with self._open_session().post(
            url,
            data=delivery.event.body,
            headers={
                **delivery.headers,
                "WebHook-Request-Origin": self._origin(),
                "x-ms-client-request-id": str(uuid.uuid4()),
            },
            cookies=None if jar is None else jar.filter_cookies(url),
            allow_redirects=False,
        ) as response:
            answer = _Answer(response.status, response.headers, await _read(response))
            if answer.ok and response.cookies:
                if jar is None:
                    # An "unsafe" jar also works for hosts without a name, such as 127.0.0.1.
                    jar = delivery.connection.cookies = aiohttp.CookieJar(unsafe=True)
                jar.update_cookies(response.cookies, url)
            return answer

    def _open_session(self) -> aiohttp.ClientSession:
        if self._session is None:
            self._session = aiohttp.ClientSession(
                connector=aiohttp.TCPConnector(keepalive_timeout=_KEEP_ALIVE),
                cookie_jar=aiohttp.DummyCookieJar(),  # cookies belong to connections
                timeout=aiohttp.ClientTimeout(
                    total=None
                ),  # the time-out of an event is for all its attempts together
            )
        return self._session

    async def _validate(self, url: str) -> None:
        """Make sure that the endpoint accepts events.

        Wait for its first response. Later, ask again in the background.

        :raises EventFailedError: It does not.
        """
        validation = self._validations.setdefault(url, _Validation())
        if self._clock.now() >= validation.due_at and validation.running is None:
            validation.running = asyncio.create_task(self._renew(url, validation))
        if validation.running is not None and validation.problem is not None:
            await asyncio.wait([validation.running])
        if validation.problem is not None:
            raise EventFailedError(f"validation failed: {validation.problem}")

    async def _renew(self, url: str, validation: _Validation) -> None:
        try:
            problem = await self._ask(url)
        except (TimeoutError, asyncio.TimeoutError):
            problem = f"no answer within {_VALIDATION_TIMEOUT:g} seconds"
        except aiohttp.ClientError as error:
            problem = _explain(error)
        finally:
            validation.running = None
        if problem is None:
            validation.interval = _VALIDATION_INTERVAL
        else:
            _log.warning("validation of %s failed: %s", without_query(url), problem)
            doubled = 0 if validation.problem is None else 2 * validation.interval
            validation.interval = min(max(doubled, _FIRST_VALIDATION_INTERVAL), _VALIDATION_INTERVAL)
        validation.problem = problem
        validation.due_at = self._clock.now() + validation.interval

    async def _ask(self, url: str) -> str | None:
        """Ask an endpoint whether it accepts events, and return what is wrong with its response."""
        origin = self._origin()
        headers = {"WebHook-Request-Origin": origin, **_cloud_events.VERSION_HEADERS}
        timeout = aiohttp.ClientTimeout(total=_VALIDATION_TIMEOUT)
        for method in ("OPTIONS", "GET"):
            async with self._open_session().request(
                method, URL(url, encoded=True), headers=headers, timeout=timeout, allow_redirects=False
            ) as response:
                status = response.status
                allowed = response.headers.getall("WebHook-Allowed-Origin", ())
            if status != 404:
                break
        if not 200 <= status <= 299:
            return f"{method} was answered with {status}"
        if not allowed:
            return f"{method} was answered with {status}, without the header WebHook-Allowed-Origin"
        hosts = {host.strip().lower() for line in allowed for host in line.split(",")}
        if "*" in hosts or origin.lower() in hosts:
            return None
        return f"WebHook-Allowed-Origin is {', '.join(allowed)!r}, which does not allow {origin!r}"


async def _read(response: aiohttp.ClientResponse) -> bytes:
    body = bytearray()
    async for chunk in response.content.iter_any():
        body += chunk
        if len(body) > MAX_REPLY_BYTES:
            raise EventFailedError(f"the reply has more than {MAX_REPLY_BYTES} bytes")
    return bytes(body)


def _explain(error: Exception) -> str:
    return str(error) or type(error).__name__
