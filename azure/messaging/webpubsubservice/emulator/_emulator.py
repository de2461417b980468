"""The emulator's public interface, for tests, programs and notebooks."""

import asyncio
import contextlib
import threading
from collections.abc import Callable
from concurrent.futures import Future
from concurrent.futures import TimeoutError as FutureTimeoutError
from types import TracebackType
from typing import TYPE_CHECKING, TypeVar

from azure.messaging.webpubsubservice._keywords import explain_calls

from ._events.webhooks import Webhooks
from ._facade import TIMEOUT, Facade
from ._server import Server
from ._service.changes import result_of
from ._service.service import Service
from ._service.settings import EmulatorOptions, Settings
from ._service.values import ConnectionInfo, Delivery, EventRecord, RequestRecord
from ._waiting import Condition, Until, Where, check_timeout

if TYPE_CHECKING:
    from typing_extensions import Self, Unpack

T = TypeVar("T")


@explain_calls
class Emulator(Facade):
    """A local Azure Web PubSub.

    As a context manager, it runs in its own thread. ``async with`` runs it in the current event loop and
    returns an :class:`AsyncEmulator`. Instances share nothing, so any number can run at once.

    :param options: See :class:`EmulatorOptions`.
    :raises TypeError: There is no such option.
    :raises ValueError: An option breaks its rule.
    :raises OSError: When started: the port is taken, or the address does not belong to this machine.
    """

    __slots__ = ("_loop", "_stopping", "_thread")

    def __init__(self, **options: "Unpack[EmulatorOptions]") -> None:
        settings = Settings.of(options)
        service = Service(settings)
        super().__init__(service, Server(service))
        if settings.events is None:
            service.events.sink = Webhooks(
                settings.event_handlers or {},
                access_keys=(settings.access_key, settings.secondary_access_key),
                clock=service.clock,
                observer=service.observers,
            )
        self._thread: threading.Thread | None = None
        self._loop: asyncio.AbstractEventLoop | None = None
        self._stopping = asyncio.Event()

    def __repr__(self) -> str:
        return f"<Emulator endpoint:{self.endpoint!r}>" if self._server.port else "<Emulator, not started>"

    def start(self) -> None:
        """Start the emulator in its own thread, and return when it listens.

        :raises OSError: The port is taken, or the address does not belong to this machine.
        :raises RuntimeError: It is already running.
        """
        if self._thread is not None:
            raise RuntimeError("the emulator is already running")
        started: Future[None] = Future()
        self._loop = asyncio.new_event_loop()
        self._stopping = asyncio.Event()
        self._thread = threading.Thread(
            target=self._run, args=(self._loop, started), name="webpubsub-emulator", daemon=True
        )
        self._thread.start()
        try:
            started.result()
        except BaseException:  # also for an interrupt, which only the main thread gets
            self.stop()
            raise

    def stop(self) -> None:
        """Close every connection, stop listening, and return when the thread has ended."""
        if self._thread is not None and self._loop is not None:
            with contextlib.suppress(RuntimeError):  # it did not start, so its loop is closed
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
        return AsyncEmulator(self._service, self._server)

    async def __aexit__(
        self, kind: type[BaseException] | None, error: BaseException | None, traceback: TracebackType | None
    ) -> None:
        await self._server.stop()

    @explain_calls
    def wait_until(self, condition: Callable[[], T | None], *, timeout: float = TIMEOUT) -> T:
        """Wait until a condition is true, and return its result.

        :param condition: Evaluated now and after each change. It may use this emulator, except for the
            methods that wait.
        :param timeout: Seconds, in real time.
        :raises TimeoutError: It did not become true within that time.
        """
        return self._wait(Until(condition), timeout)

    @explain_calls
    def wait_for_connections(
        self, count: int = 1, *, where: Where[ConnectionInfo] = None, timeout: float = TIMEOUT
    ) -> list[ConnectionInfo]:
        """Return the clients that ``where`` accepts, once there are at least ``count``.

        :raises TimeoutError: There are fewer after ``timeout`` seconds of real time.
        """
        return self._wait(self._connections(count, where), timeout)

    @explain_calls
    def wait_for_deliveries(
        self, count: int = 1, *, where: Where[Delivery] = None, timeout: float = TIMEOUT
    ) -> list[Delivery]:
        """Return the deliveries that ``where`` accepts, once there are at least ``count``.

        :raises TimeoutError: There are fewer after ``timeout`` seconds of real time.
        """
        return self._wait(self._deliveries(count, where), timeout)

    @explain_calls
    def wait_for_requests(
        self, count: int = 1, *, where: Where[RequestRecord] = None, timeout: float = TIMEOUT
    ) -> list[RequestRecord]:
        """Return the requests that ``where`` accepts, once there are at least ``count``.

        :raises TimeoutError: There are fewer after ``timeout`` seconds of real time.
        """
        return self._wait(self._requests(count, where), timeout)

    @explain_calls
    def wait_for_events(
        self, count: int = 1, *, where: Where[EventRecord] = None, timeout: float = TIMEOUT
    ) -> list[EventRecord]:
        """Return the calls to event handlers that ``where`` accepts, once at least ``count`` have ended.

        :raises TimeoutError: There are fewer after ``timeout`` seconds of real time.
        """
        return self._wait(self._events(count, where), timeout)

    def _wait(self, condition: Condition[T], timeout: float) -> T:
        check_timeout(timeout)
        if self._loop is None:
            raise RuntimeError("the emulator has no thread: use it in a with statement, or call start()")
        if threading.get_ident() == self._thread_id():
            raise RuntimeError("waiting in the emulator's own thread would wait for ever")
        future = self._call(lambda: self._service.changes.future(condition))
        try:
            return future.result(timeout)
        except FutureTimeoutError:
            future.cancel()
            raise self._timed_out(condition, timeout) from None

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


class AsyncEmulator(Facade):
    """An emulator that runs in the current event loop: the value of ``async with Emulator()``."""

    __slots__ = ()

    def __init__(
        self, service: Service | None = None, server: Server | None = None, **options: object
    ) -> None:
        if service is None or server is None or options:
            raise TypeError("write 'async with Emulator(...) as emulator', which makes an AsyncEmulator")
        super().__init__(service, server)

    def __repr__(self) -> str:
        return (
            f"<AsyncEmulator endpoint:{self.endpoint!r}>" if self._server.port else "<AsyncEmulator, stopped>"
        )

    @explain_calls
    async def wait_until(self, condition: Callable[[], T | None], *, timeout: float = TIMEOUT) -> T:
        """Do what :meth:`Emulator.wait_until` does."""
        return await self._wait(Until(condition), timeout)

    @explain_calls
    async def wait_for_connections(
        self, count: int = 1, *, where: Where[ConnectionInfo] = None, timeout: float = TIMEOUT
    ) -> list[ConnectionInfo]:
        """Do what :meth:`Emulator.wait_for_connections` does."""
        return await self._wait(self._connections(count, where), timeout)

    @explain_calls
    async def wait_for_deliveries(
        self, count: int = 1, *, where: Where[Delivery] = None, timeout: float = TIMEOUT
    ) -> list[Delivery]:
        """Do what :meth:`Emulator.wait_for_deliveries` does."""
        return await self._wait(self._deliveries(count, where), timeout)

    @explain_calls
    async def wait_for_requests(
        self, count: int = 1, *, where: Where[RequestRecord] = None, timeout: float = TIMEOUT
    ) -> list[RequestRecord]:
        """Do what :meth:`Emulator.wait_for_requests` does."""
        return await self._wait(self._requests(count, where), timeout)

    @explain_calls
    async def wait_for_events(
        self, count: int = 1, *, where: Where[EventRecord] = None, timeout: float = TIMEOUT
    ) -> list[EventRecord]:
        """Do what :meth:`Emulator.wait_for_events` does."""
        return await self._wait(self._events(count, where), timeout)

    async def _wait(self, condition: Condition[T], timeout: float) -> T:
        check_timeout(timeout)
        try:
            return await result_of(self._service.changes.future(condition), timeout)
        except TimeoutError:
            raise self._timed_out(condition, timeout) from None

    def _call(self, function: Callable[[], T]) -> T:
        return function()
