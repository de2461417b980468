"""The emulator as its users hold it: started, asked and stopped from a test, a program or a notebook."""

import asyncio
import contextlib
import secrets
import threading
from collections.abc import Callable, Sequence
from concurrent.futures import Future
from concurrent.futures import TimeoutError as FutureTimeoutError
from types import TracebackType
from typing import TYPE_CHECKING, TypeVar
from urllib.parse import urlsplit

from ._clock import Clock
from ._events.handlers import EventHandlers
from ._events.webhooks import Webhooks
from ._faults import Faults
from ._names import is_group, is_hub, is_id
from ._server import Server
from ._service.changes import result_of
from ._service.event_sink import EventSink
from ._service.service import Service, Settings
from ._service.values import ConnectionInfo, Delivery, RequestRecord
from ._validation import check, is_integer, is_number, is_texts

if TYPE_CHECKING:
    from typing_extensions import Self

T = TypeVar("T")


class _Facade:
    """What the two faces of an emulator, blocking and asynchronous, have in common."""

    def __init__(self, service: Service, server: Server, host: str) -> None:
        self._service = service
        self._server = server
        self._host = host

    @property
    def endpoint(self) -> str:
        """URL of the data plane, such as ``http://127.0.0.1:54321``.

        :raises RuntimeError: The emulator has not been started, so that no port is chosen yet.
        """
        if not self._server.port:
            raise RuntimeError("the emulator is not started: use it in a with statement, or call start()")
        host = f"[{self._host}]" if ":" in self._host else self._host
        return f"http://{host}:{self._server.port}"

    @property
    def access_key(self) -> str:
        """The primary key."""
        return self._service.settings.access_key

    @property
    def secondary_access_key(self) -> str:
        """The secondary key, which is as good as the primary."""
        return self._service.settings.secondary_access_key

    @property
    def connection_string(self) -> str:
        """The connection string, with the primary key."""
        return f"Endpoint={self.endpoint};AccessKey={self.access_key};Version=1.0;"

    def client_url(
        self,
        hub: str,
        *,
        user_id: str | None = None,
        roles: Sequence[str] = ("webpubsub.joinLeaveGroup", "webpubsub.sendToGroup"),
        groups: Sequence[str] = (),
        minutes_to_expire: int = 24 * 60,
    ) -> str:
        """Return a URL that a WebSocket client may open, with a token in it.

        :param roles: What the client may do; by default, join, leave and send to every group.
        :param groups: Groups that it joins at once.
        :param minutes_to_expire: How long the URL is good for, on the emulator's clock.
        :raises ValueError: An argument breaks its rule.
        """
        check(is_hub(hub), "hub", hub, "a hub's name: a letter, then at most 127 of A-Za-z0-9_`,.[]")
        check(is_texts(roles), "roles", roles, "a list of texts")
        check(is_texts(groups) and all(map(is_group, groups)), "groups", groups, "a list of groups' names")
        url = f"{self.endpoint}/client/hubs/{hub}"
        token = self._service.tokens.issue(
            url, minutes=minutes_to_expire, user_id=user_id, roles=roles, groups=groups
        )
        return f"{url.replace('http', 'ws', 1)}?access_token={token}"

    @property
    def clock(self) -> Clock:
        """The emulator's time; ``clock.advance(60)`` lets a minute pass at once."""
        return self._service.clock

    @property
    def faults(self) -> Faults:
        """What goes wrong on demand: ``faults.add(Fault(status=503, times=2))``, say."""
        return self._service.faults

    @property
    def requests(self) -> list[RequestRecord]:
        """The requests to the data plane so far, in the order of their answers."""
        return self._call(lambda: self._service.records.requests)

    @property
    def deliveries(self) -> list[Delivery]:
        """The messages written to clients so far, in order."""
        return self._call(lambda: self._service.records.deliveries)

    @property
    def connections(self) -> list[ConnectionInfo]:
        """The clients that are connected, and the reliable ones that may still come back."""
        return self._call(self._service.sessions.connections)

    def clear_records(self) -> None:
        """Forget the requests and deliveries so far."""
        self._call(self._service.records.clear)

    def drop_clients(self, *connection_ids: str) -> None:
        """Drop the WebSockets of these clients, or of all, as a broken network does: no Close frame."""
        self._call(lambda: self._service.sessions.drop(connection_ids or None))

    def _call(self, function: Callable[[], T]) -> T:
        """Run something in the emulator's loop, where its state may be looked at."""
        raise NotImplementedError


class Emulator(_Facade):
    """A local Azure Web PubSub.

    As a context manager it runs in a thread of its own; ``async with`` runs it in the running loop and gives
    an :class:`AsyncEmulator`. Instances share nothing, so that any number can run at once.

    :param host: Address to listen on. Anything but loopback lets other machines in; the log says so.
    :param port: Port to listen on; 0 for a free one.
    :param access_key: Primary key, as text; a random one by default.
    :param secondary_access_key: Secondary key, as text; a random one by default.
    :param events: Receiver of the clients' events; by default there is none, as in a hub without event
        handlers.
    :param event_handlers: HTTP endpoints that handle the clients' events, by hub: an address, an
        :class:`EventHandler`, or several; hub ``*`` stands for all others.
    :param allow_unvalidated_entra_tokens: Accept Microsoft Entra tokens on the data plane by their audience
        and lifetime, without checking who signed them.
    :param allow_anonymous: Let clients in that have no token, without roles, as a hub's setting of the
        service does. A token that comes is still checked.
    :param playground: Serve the playground at ``/``: a page for browsers on this machine, which needs no key.
    :param recovery_window: Seconds that a reliable client has to come back, on the emulator's clock.
    :param keep_alive_interval: Seconds between pings to a client, in real time. A client that answers
        nothing from one to the next is cut off.
    :param send_buffer_bytes: Bytes that may wait for a client that does not read; beyond, it is cut off.
    :param seed: Of the random numbers that decide about faults with a probability.
    :raises ValueError: An argument breaks its rule.
    :raises OSError: When started: the port is taken, or the address is not one of this machine.
    """

    def __init__(
        self,
        *,
        host: str = "127.0.0.1",
        port: int = 0,
        access_key: str | None = None,
        secondary_access_key: str | None = None,
        events: EventSink | None = None,
        event_handlers: EventHandlers | None = None,
        allow_unvalidated_entra_tokens: bool = False,
        allow_anonymous: bool = False,
        playground: bool = True,
        recovery_window: float = 30.0,
        keep_alive_interval: float = 20.0,
        send_buffer_bytes: int = 16 * 1024 * 1024,
        seed: int = 0,
    ) -> None:
        check(isinstance(host, str) and host != "", "host", host, "a name or an address")
        check(is_integer(port, 0, 65535), "port", port, "an integer from 0 to 65535")
        check(is_number(recovery_window, 0), "recovery_window", recovery_window, "a number from 0")
        check(
            is_number(keep_alive_interval, 0) and keep_alive_interval > 0,
            "keep_alive_interval",
            keep_alive_interval,
            "a number above 0",
        )
        check(is_integer(send_buffer_bytes, 1), "send_buffer_bytes", send_buffer_bytes, "an integer from 1")
        check(is_integer(seed), "seed", seed, "an integer")
        settings = Settings(
            access_key=_key(access_key, "access_key"),
            secondary_access_key=_key(secondary_access_key, "secondary_access_key"),
            allow_unvalidated_entra_tokens=allow_unvalidated_entra_tokens,
            allow_anonymous=allow_anonymous,
            playground=playground,
            recovery_window=recovery_window,
            keep_alive_interval=keep_alive_interval,
            send_buffer_bytes=send_buffer_bytes,
        )
        service = Service(settings, events, seed)
        super().__init__(service, Server(service, host, port), host)
        if event_handlers is not None:
            if events is not None:
                raise ValueError("events and event_handlers are two receivers of the same events; give one")
            service.events.sink = Webhooks(
                event_handlers,
                origin=lambda: urlsplit(self.endpoint).netloc,
                access_keys=(settings.access_key, settings.secondary_access_key),
                clock=service.clock,
            )
        self._thread: threading.Thread | None = None
        self._loop: asyncio.AbstractEventLoop | None = None
        self._stopping = asyncio.Event()

    def __repr__(self) -> str:
        return f"<Emulator endpoint:{self.endpoint!r}>" if self._server.port else "<Emulator, not started>"

    def start(self) -> None:
        """Start in a thread of its own, and return when it listens.

        :raises OSError: The port is taken, or the address is not one of this machine.
        :raises RuntimeError: It runs already.
        """
        if self._thread is not None:
            raise RuntimeError("the emulator runs already")
        started: Future[None] = Future()
        self._loop = asyncio.new_event_loop()
        self._stopping = asyncio.Event()
        self._thread = threading.Thread(
            target=self._run, args=(self._loop, started), name="webpubsub-emulator", daemon=True
        )
        self._thread.start()
        try:
            started.result()
        except BaseException:  # an interrupt, too, which the thread does not hear of
            self.stop()
            raise

    def stop(self) -> None:
        """Close every connection, stop listening, and return when the thread has ended."""
        if self._thread is not None and self._loop is not None:
            with contextlib.suppress(RuntimeError):  # it did not start, so that its loop is closed
                self._loop.call_soon_threadsafe(self._stopping.set)
            self._thread.join()
            self._thread = self._loop = None

    def __enter__(self) -> "Self":
        self.start()
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, traceback: TracebackType | None
    ) -> None:
        self.stop()

    async def __aenter__(self) -> "AsyncEmulator":
        await self._server.start()
        return AsyncEmulator(self._service, self._server, self._host)

    async def __aexit__(
        self, kind: type[BaseException] | None, error: BaseException | None, traceback: TracebackType | None
    ) -> None:
        await self._server.stop()

    def wait_until(self, condition: Callable[[], T | None], *, timeout: float = 10.0) -> T:
        """Return the condition's result once it is true.

        :param condition: Looked at now and after each change; may ask this emulator whatever does not wait.
        :raises TimeoutError: It did not come to that within ``timeout`` seconds of real time.
        """
        return self._wait(lambda: condition() or None, timeout)

    def wait_for_connections(
        self,
        count: int = 1,
        *,
        where: Callable[[ConnectionInfo], bool] | None = None,
        timeout: float = 10.0,
    ) -> list[ConnectionInfo]:
        """Return the clients, those that ``where`` accepts, once there are at least ``count``.

        :raises TimeoutError: It did not come to that within ``timeout`` seconds of real time.
        """
        return self._wait(_at_least(count, self._service.sessions.connections, where), timeout)

    def wait_for_deliveries(
        self,
        count: int = 1,
        *,
        where: Callable[[Delivery], bool] | None = None,
        timeout: float = 10.0,
    ) -> list[Delivery]:
        """Return the deliveries, those that ``where`` accepts, once there are at least ``count``.

        :raises TimeoutError: It did not come to that within ``timeout`` seconds of real time.
        """
        return self._wait(_at_least(count, lambda: self._service.records.deliveries, where), timeout)

    def wait_for_requests(
        self,
        count: int = 1,
        *,
        where: Callable[[RequestRecord], bool] | None = None,
        timeout: float = 10.0,
    ) -> list[RequestRecord]:
        """Return the requests, those that ``where`` accepts, once there are at least ``count``.

        :raises TimeoutError: It did not come to that within ``timeout`` seconds of real time.
        """
        return self._wait(_at_least(count, lambda: self._service.records.requests, where), timeout)

    def _wait(self, condition: Callable[[], T | None], timeout: float) -> T:
        if self._loop is None:
            raise RuntimeError("the emulator has no thread: use it in a with statement, or call start()")
        if threading.get_ident() == self._thread_id():
            raise RuntimeError("waiting in the emulator's own thread would wait for ever")
        future = self._call(lambda: self._service.changes.future(condition))
        try:
            return future.result(timeout)
        except FutureTimeoutError:
            future.cancel()
            raise _timed_out(timeout, self._service) from None

    def _thread_id(self) -> int | None:
        return self._thread.ident if self._thread is not None else None

    def _call(self, function: Callable[[], T]) -> T:
        if self._loop is None or threading.get_ident() == self._thread_id():
            return function()

        async def call() -> T:
            return function()

        return asyncio.run_coroutine_threadsafe(call(), self._loop).result()

    def _run(self, loop: asyncio.AbstractEventLoop, started: "Future[None]") -> None:
        try:
            loop.run_until_complete(self._serve(started))
        finally:
            loop.run_until_complete(loop.shutdown_asyncgens())
            loop.close()

    async def _serve(self, started: "Future[None]") -> None:
        try:
            await self._server.start()
        except BaseException as error:
            started.set_exception(error)
            return
        started.set_result(None)
        await self._stopping.wait()
        await self._server.stop()


class AsyncEmulator(_Facade):
    """An emulator that runs in the current event loop: what ``async with Emulator()`` gives."""

    async def wait_until(self, condition: Callable[[], T | None], *, timeout: float = 10.0) -> T:
        """Return the condition's result once it is true.

        :param condition: Looked at now and after each change; may ask this emulator whatever does not wait.
        :raises TimeoutError: It did not come to that within ``timeout`` seconds of real time.
        """
        return await self._wait(lambda: condition() or None, timeout)

    async def wait_for_connections(
        self,
        count: int = 1,
        *,
        where: Callable[[ConnectionInfo], bool] | None = None,
        timeout: float = 10.0,
    ) -> list[ConnectionInfo]:
        """Return the clients, those that ``where`` accepts, once there are at least ``count``.

        :raises TimeoutError: It did not come to that within ``timeout`` seconds of real time.
        """
        return await self._wait(_at_least(count, self._service.sessions.connections, where), timeout)

    async def wait_for_deliveries(
        self,
        count: int = 1,
        *,
        where: Callable[[Delivery], bool] | None = None,
        timeout: float = 10.0,
    ) -> list[Delivery]:
        """Return the deliveries, those that ``where`` accepts, once there are at least ``count``.

        :raises TimeoutError: It did not come to that within ``timeout`` seconds of real time.
        """
        return await self._wait(_at_least(count, lambda: self._service.records.deliveries, where), timeout)

    async def wait_for_requests(
        self,
        count: int = 1,
        *,
        where: Callable[[RequestRecord], bool] | None = None,
        timeout: float = 10.0,
    ) -> list[RequestRecord]:
        """Return the requests, those that ``where`` accepts, once there are at least ``count``.

        :raises TimeoutError: It did not come to that within ``timeout`` seconds of real time.
        """
        return await self._wait(_at_least(count, lambda: self._service.records.requests, where), timeout)

    async def _wait(self, condition: Callable[[], T | None], timeout: float) -> T:
        try:
            return await result_of(self._service.changes.future(condition), timeout)
        except TimeoutError:
            raise _timed_out(timeout, self._service) from None

    def _call(self, function: Callable[[], T]) -> T:
        return function()


def _key(given: str | None, name: str) -> str:
    if given is None:
        return secrets.token_urlsafe(32)
    if not isinstance(given, str) or not is_id(given) or ";" in given:  # which ends it in connection strings
        raise ValueError(f"{name} must be text that is not empty, without semicolons")  # never quote a key
    return given


def _timed_out(timeout: float, service: Service) -> TimeoutError:
    records = service.records
    return TimeoutError(
        f"not within {timeout} s; there are {len(service.sessions)} clients, "
        f"{len(records.requests)} requests and {len(records.deliveries)} deliveries on record"
    )


def _at_least(
    count: int, find: Callable[[], list[T]], where: Callable[[T], bool] | None
) -> Callable[[], list[T] | None]:
    def condition() -> list[T] | None:
        found = [each for each in find() if where is None or where(each)]
        return found if len(found) >= count else None

    return condition
