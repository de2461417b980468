"""Event handlers that are ASGI or WSGI applications in this process: requests without a network.

An application runs as it would under a server, separate from the emulator. An ASGI application has its own
event loop in its own thread, so it may block; its lifespan begins with its first request and ends with the
emulator. A WSGI application runs in threads. An exception in an application is logged and answered with 500.
"""

import asyncio
import contextlib
import functools
import importlib.util
import inspect
import logging
import threading
from collections.abc import Callable, Coroutine, Mapping
from concurrent.futures import Future, ThreadPoolExecutor
from http.cookies import CookieError, SimpleCookie
from typing import TYPE_CHECKING, Any, Final

from multidict import CIMultiDict, CIMultiDictProxy

from .transport import Answer, NoAnswerError, Transport, check_size

if TYPE_CHECKING:
    from yarl import URL

_log = logging.getLogger(__name__)

Application = Callable[..., Any]

#: The distributions that are needed, each with the modules of which one must exist. For Python 3.11 and
#: newer, httpx is called httpx2.
_LIBRARIES: Final = {"httpx": ("httpx2", "httpx"), "asgi-lifespan": ("asgi_lifespan",)}

#: Seconds that an application has to shut down.
_SHUTDOWN: Final = 5.0


def transport_of(application: Application) -> Transport:
    """Return the transport that calls an application.

    :raises ModuleNotFoundError: A library that this needs is not installed.
    :raises ValueError: The application is neither ASGI nor WSGI.
    """
    missing = [name for name, modules in _LIBRARIES.items() if not any(map(_is_installed, modules))]
    if missing:
        # Not a command that installs the extra: the package index has another package of this name.
        raise ModuleNotFoundError(
            "event handlers that are applications need the extra [applications] of this package, or run: "
            f"python -m pip install {' '.join(missing)}",
            name=missing[0],
        )
    return AsgiTransport(application) if _is_asgi(application) else WsgiTransport(application)


def _is_installed(module: str) -> bool:
    try:
        return importlib.util.find_spec(module) is not None
    except ValueError:  # it was replaced with None
        return False


@functools.cache
def _httpx() -> Any:
    """Return the module ``httpx``, which an extra installs."""
    names = next(modules for modules in _LIBRARIES.values() if "httpx" in modules)
    return importlib.import_module(next(filter(_is_installed, names)))


def _is_asgi(application: Application) -> bool:
    for function in (application, getattr(application, "__call__", None)):  # noqa: B004 - for its signature
        if inspect.iscoroutinefunction(function):
            return True
    try:
        inspect.signature(application).bind(object(), object())
    except TypeError:
        pass
    else:
        return False
    try:
        inspect.signature(application).bind(object(), object(), object())
    except TypeError:
        raise ValueError(
            f"{application!r} is neither an ASGI application, called with scope, receive and send, nor a "
            "WSGI application, called with environ and start_response"
        ) from None
    return True


class AsgiTransport:
    """Calls an ASGI application."""

    def __init__(self, application: Application) -> None:
        self._application = application
        self._runner: _Runner | None = None

    async def send(
        self, method: str, url: "URL", *, headers: Mapping[str, str], body: bytes = b"", cookies: str = ""
    ) -> Answer:
        """Call the application, and return its response.

        :raises NoAnswerError: It does not start, or fails in the middle of its response.
        """
        if self._runner is None or self._runner.failed:
            self._runner = _Runner(self._application)
        request = _request(method, url, headers, body, cookies)
        try:
            return await self._runner.run(lambda runner: runner.respond(request))
        except _ApplicationError as error:
            raise NoAnswerError(str(error), final=True) from None

    async def close(self) -> None:
        """Shut the application down."""
        if self._runner is not None:
            await self._runner.stop()
            self._runner = None


class _ApplicationError(Exception):
    """The application failed, and there is no status to respond with."""


class _Runner:
    """One run of an ASGI application, in its own thread."""

    def __init__(self, application: Application) -> None:
        self._application = application
        self._started: Future[asyncio.AbstractEventLoop] = Future()
        self._stopping = asyncio.Event()
        #: The calls that are running, some of them after their response.
        self._calls: set[asyncio.Task[None]] = set()
        self._thread = threading.Thread(target=self._run, name="webpubsub-application", daemon=True)
        self._thread.start()

    @property
    def failed(self) -> bool:
        """Whether the application did not start."""
        return self._started.done() and self._started.exception() is not None

    async def run(self, work: "Callable[[_Runner], Coroutine[Any, Any, Answer]]") -> Answer:
        """Run a coroutine in the application's loop once the application has started.

        :raises _ApplicationError: The application did not start, or it failed.
        """
        loop = await asyncio.wrap_future(_shielded(self._started))
        return await asyncio.wrap_future(asyncio.run_coroutine_threadsafe(work(self), loop))

    async def stop(self) -> None:
        """Shut the application down, and wait a while for that."""
        try:
            loop = await asyncio.wait_for(asyncio.wrap_future(_shielded(self._started)), _SHUTDOWN)
        except (_ApplicationError, TimeoutError, asyncio.TimeoutError):
            return  # it did not start, which was logged, or it will end with the process
        loop.call_soon_threadsafe(self._stopping.set)
        await asyncio.to_thread(self._thread.join, _SHUTDOWN)
        if self._thread.is_alive():
            _log.warning("An application did not shut down within %g seconds", _SHUTDOWN)

    async def respond(self, request: Any) -> Answer:
        """Return the application's response as soon as it is complete. The application may go on."""
        httpx = _httpx()
        response = await httpx.ASGITransport(app=self._call).handle_async_request(request)
        headers = [(name.decode("latin-1"), value.decode("latin-1")) for name, value in response.headers.raw]
        return _answer(response.status_code, headers, await response.aread())

    def _run(self) -> None:
        try:
            asyncio.run(self._live())
        except Exception as error:
            if self._started.done():
                _log.exception("An application failed when it was shut down")
            else:
                _log.exception("An application did not start")
                self._started.set_exception(_ApplicationError(f"the application did not start: {error!r}"))

    async def _live(self) -> None:
        from asgi_lifespan import LifespanManager, LifespanNotSupported  # noqa: PLC0415 - an extra

        async with contextlib.AsyncExitStack() as stack:
            manager = LifespanManager(self._application, startup_timeout=None, shutdown_timeout=_SHUTDOWN)
            with contextlib.suppress(LifespanNotSupported):
                await stack.enter_async_context(manager)
                self._application = manager.app  # this one has the state from the lifespan's start
            self._started.set_result(asyncio.get_running_loop())
            await self._stopping.wait()
            for call in tuple(self._calls):
                call.cancel()

    async def _call(self, scope: Any, receive: Any, send: Any) -> None:
        started, complete = False, asyncio.Event()

        async def watch(message: Any) -> None:
            nonlocal started
            await send(message)
            started = True
            if message["type"] == "http.response.body" and not message.get("more_body", False):
                complete.set()

        call: asyncio.Task[None] = asyncio.ensure_future(self._application(scope, receive, watch))
        self._calls.add(call)
        call.add_done_callback(self._ended)
        waiting = asyncio.create_task(complete.wait())
        try:
            await asyncio.wait({call, waiting}, return_when=asyncio.FIRST_COMPLETED)
        except asyncio.CancelledError:
            call.cancel()
            raise
        finally:
            waiting.cancel()
        if complete.is_set():
            return
        if started:
            raise _ApplicationError("the application ended in the middle of its response")
        await send({"type": "http.response.start", "status": 500, "headers": []})
        await send({"type": "http.response.body"})

    def _ended(self, call: "asyncio.Task[None]") -> None:
        self._calls.discard(call)
        if not call.cancelled() and call.exception() is not None:
            _log.error("An application raised an exception", exc_info=call.exception())


def _shielded(future: "Future[Any]") -> "Future[Any]":
    """Return a future with the same outcome. Cancelling it does not cancel the original."""
    copy: Future[Any] = Future()

    def finish(done: "Future[Any]") -> None:
        if not copy.set_running_or_notify_cancel():
            return
        error = done.exception()
        if error is not None:
            copy.set_exception(error)
        else:
            copy.set_result(done.result())

    future.add_done_callback(finish)
    return copy


class WsgiTransport:
    """Calls a WSGI application."""

    def __init__(self, application: Application) -> None:
        self._application = application
        self._threads: ThreadPoolExecutor | None = None

    async def send(
        self, method: str, url: "URL", *, headers: Mapping[str, str], body: bytes = b"", cookies: str = ""
    ) -> Answer:
        """Call the application in a thread, and return its response."""
        if self._threads is None:
            self._threads = ThreadPoolExecutor(thread_name_prefix="webpubsub-application")
        request = _request(method, url, headers, body, cookies)
        return await asyncio.get_running_loop().run_in_executor(self._threads, self._call, request)

    async def close(self) -> None:
        """Free the threads."""
        if self._threads is not None:
            self._threads.shutdown(wait=False, cancel_futures=True)
            self._threads = None

    def _call(self, request: Any) -> Answer:
        httpx = _httpx()
        answered: list[tuple[str, str]] = []
        # httpx passes on only ASCII, in both directions; a user id may be anything.
        fields = {_environ_name(name): value for name, value in request.headers.raw}
        request.headers = httpx.Headers()

        def application(environ: Any, start_response: Any) -> Any:
            environ.update({name: value.decode("latin-1") for name, value in fields.items()})

            def start(status: str, headers: list[tuple[str, str]], exc_info: Any = None) -> Any:
                answered[:] = headers
                return start_response(status, [], exc_info)

            return self._application(environ, start)

        try:
            response = httpx.WSGITransport(app=application).handle_request(request)
            try:
                return _answer(response.status_code, answered, response.read())
            finally:
                response.close()
        except NoAnswerError:
            raise
        except Exception:
            _log.exception("An application raised an exception")
            return Answer(500)


def _environ_name(header: bytes) -> str:
    name = header.decode("ascii").upper().replace("-", "_")
    return name if name in {"CONTENT_TYPE", "CONTENT_LENGTH"} else f"HTTP_{name}"


def _request(method: str, url: "URL", headers: Mapping[str, str], body: bytes, cookies: str) -> Any:
    httpx = _httpx()
    fields = {**headers, "Cookie": cookies} if cookies else headers
    encoded = [(name.encode("ascii"), value.encode()) for name, value in fields.items()]
    return httpx.Request(method, str(url), headers=encoded, content=body)


def _answer(status: int, headers: list[tuple[str, str]], body: bytes) -> Answer:
    check_size(body)
    fields = CIMultiDict(headers)
    cookies = SimpleCookie()
    for cookie in fields.getall("Set-Cookie", []):
        with contextlib.suppress(CookieError):
            cookies.load(cookie)
    return Answer(status, CIMultiDictProxy(fields), body, cookies)
