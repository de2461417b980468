"""The emulated service behind listening sockets, in the running event loop."""

import asyncio
import contextlib
import errno
import ipaddress
import itertools
import logging
import socket
import ssl
from collections.abc import Iterator
from pathlib import Path
from typing import Any

from aiohttp import web

from ._certificates import OwnCertificate, load
from ._clients.endpoint import ClientEndpoint
from ._clients.socket import Connector
from ._control import ControlInterface
from ._listening import ListeningSocket, listening_sockets
from ._names import split_target
from ._patience import Patience
from ._playground import Playground
from ._rest.data_plane import DataPlane
from ._service.service import Service
from ._specification import NOT_EMULATED, not_emulated

_log = logging.getLogger(__name__)

#: The most bytes of a URL without an access token. The service answers longer ones with 414.
_MAX_URL = 32 * 1024

#: The most bytes of a request line and of one header. A token with thousands of groups is long in both.
_MAX_LINE = 1024 * 1024

#: Connections that may wait to be accepted.
_BACKLOG = 4096

#: The most characters of a path in the log.
_MAX_SHOWN = 200

#: Seconds for each step of a stop: for requests and event handlers to end, and for clients to read their last
#: frames.
STOP_STEP = 0.25

#: The most steps for clients that go on reading.
_DRAIN_STEPS = 20

#: A pause between pings that is longer by this share than it should be: the machine has stalled.
_STALLED = 0.1

#: Seconds; more than 0, so that the loop uses a timer.
_NEXT_TIMER = 1e-6


class Server:
    """Listens for one :class:`Service`."""

    def __init__(self, service: Service) -> None:
        self._service = service
        self.host: str = service.settings.host
        self.ca_file: Path | None = None
        self._tls = self._ssl_context()
        self._requested_port = service.settings.port
        self._data_plane = DataPlane(service)
        self._clients = ClientEndpoint(service)
        self._playground = Playground(service) if service.settings.playground else None
        control = service.settings.control
        self._control = None if control == "off" else ControlInterface(service, remote=control == "remote")
        self._listeners: list[asyncio.Server] = []
        self._sockets: list[ListeningSocket] = []
        self._manager: web.Server | None = None
        self._keep_alive: asyncio.Task[None] | None = None
        #: The tasks that answer requests. aiohttp does not stop them when their client is gone.
        self._tasks: set[asyncio.Task[Any]] = set()
        self._connectors: set[Connector] = set()
        #: The port, once :meth:`start` has returned.
        self.port: int = service.settings.port

    async def start(self) -> None:
        """Listen.

        :raises OSError: The address cannot be used. The message names it.
        :raises RuntimeError: It is already listening.
        """
        if self._manager is not None:
            raise RuntimeError("the emulator is already running")
        loop = asyncio.get_running_loop()
        self._manager = web.Server(self._handle)
        try:
            self._sockets = listening_sockets(self.host, self._requested_port)
        except OSError as error:
            self._manager = None
            raise _explained(error, self.host, self._requested_port) from None
        self._listeners = [
            await loop.create_server(self._connector, sock=each, backlog=_BACKLOG, ssl=self._tls)
            for each in self._sockets
        ]
        self.port = self._sockets[0].getsockname()[1]
        self._service.clock.start()
        self._keep_alive = loop.create_task(self._ping_clients())
        if not _is_loopback(self.host):
            _log.warning("Listening on %s port %d: reachable from other machines.", self.host, self.port)

    async def stop(self) -> None:
        """Close every connection, stop listening, and leave no task running.

        Clients get a Close frame. Requests and event handlers that take longer than ``STOP_STEP`` are
        cancelled.
        """
        manager, keep_alive = self._manager, self._keep_alive
        if manager is None or keep_alive is None:
            return
        # asyncio accepts a connection in one iteration of the loop and creates its transport in the next. If
        # the listener is closed in between, the connection is lost. Timers run after the sockets of the same
        # iteration, so code that waits for a timer continues after the transports exist. With ``sleep(0)`` it
        # could continue before.
        await asyncio.sleep(_NEXT_TIMER)
        for listener in self._listeners:
            listener.close()
        keep_alive.cancel()
        self._service.sessions.shut_down()
        manager.pre_shutdown()
        await asyncio.gather(
            # aiohttp waits twice: for handlers to end, and after it has cancelled them.
            manager.shutdown(STOP_STEP / 2),
            self._service.events.settle(STOP_STEP),
            *([self._playground.stop()] if self._playground is not None else []),
        )
        tasks = {keep_alive, *self._tasks}
        for task in tasks:
            task.cancel()
        await asyncio.wait(tasks)
        await self._service.events.settle(STOP_STEP)  # calls that the cancelled tasks began
        await self._drain()
        await self._close_sockets()
        for listener in self._listeners:
            await listener.wait_closed()
        await self._service.events.sink.close()
        self._service.clock.stop()
        self._service.changes.stop()
        self._manager = None

    async def _drain(self) -> None:
        """Wait while clients read what was written to them: several steps if they read, else one."""
        for _ in range(_DRAIN_STEPS):
            before, step = self._unsent, Patience(STOP_STEP)
            while (left := self._unsent) == before and left and await step.goes_on():
                pass
            if left == before:
                return

    async def _close_sockets(self) -> None:
        for connector in tuple(self._connectors):
            connector.abort()  # clients that do not read
        for each in self._open_sockets():  # and those in the middle of a TLS handshake, without a connector
            with contextlib.suppress(OSError):
                each.shutdown(socket.SHUT_RDWR)
        while self._connectors or any(self._open_sockets()):  # noqa: ASYNC110 - for a few rounds of the loop
            await asyncio.sleep(0)

    def _open_sockets(self) -> Iterator[socket.socket]:
        return itertools.chain.from_iterable(each.open_connections for each in self._sockets)

    @property
    def _unsent(self) -> int:
        return sum(connector.unsent for connector in self._connectors)

    def _ssl_context(self) -> ssl.SSLContext | None:
        settings = self._service.settings
        if settings.certificate is not None:
            key = None if settings.private_key is None else Path(settings.private_key)
            return load(Path(settings.certificate), key)
        if settings.https:
            own = OwnCertificate(settings.host)
            self.ca_file = own.ca_file
            return own.context()
        return settings.ssl_context

    @property
    def scheme(self) -> str:
        """``https`` with TLS, otherwise ``http``."""
        return "https" if self._service.settings.secure else "http"

    def _connector(self) -> Connector:
        assert self._manager is not None
        loop = asyncio.get_running_loop()
        return Connector(
            self._manager,
            connections=self._connectors,
            loop=loop,
            access_log=None,
            auto_decompress=False,
            max_line_size=_MAX_LINE,
            max_field_size=_MAX_LINE,
        )

    async def _handle(self, request: web.BaseRequest) -> web.StreamResponse:
        if request.task not in self._tasks:  # one task answers all requests of a connection
            self._tasks.add(request.task)
            request.task.add_done_callback(self._tasks.discard)
        path = split_target(request.raw_path)[0]
        if _too_long(*split_target(request.raw_path)):
            return self._refuse(request, 414, "The URL is too long.")
        for prefix, what in NOT_EMULATED.items():
            if path.lower().startswith(prefix):
                return self._refuse(request, 501, not_emulated(what))
        if path.lower().startswith("/client"):
            return await self._clients.handle(request)
        if self._playground is not None and self._playground.takes(request):
            return await self._playground.handle(request)
        if self._control is not None and self._control.takes(request):
            return await self._control.handle(request)
        return await self._data_plane.handle(request)

    def _refuse(self, request: web.BaseRequest, status: int, reason: str) -> web.StreamResponse:
        """Answer a request that is for no other part. Clients show the reason from the status line."""
        path = split_target(request.raw_path)[0]
        self._service.observers.on_refused(request.method, path[:_MAX_SHOWN], status, reason)
        response = web.Response(status=status, reason=reason.rstrip("."), text=reason)
        response.force_close()
        return response

    async def _ping_clients(self) -> None:
        """Ping all clients at once. One timer per client would cost more than the pings."""
        loop, forgiven = asyncio.get_running_loop(), False
        while True:
            begun, interval = loop.time(), self._service.settings.keep_alive_interval
            await asyncio.sleep(interval)
            # If the machine stalled, or stood in a debugger, no pong was read meanwhile: once is no silence.
            forgiven = not forgiven and loop.time() - begun > interval * (1 + _STALLED)
            self._service.sessions.keep_alive(cut_off=not forgiven)


def _too_long(path: str, query: str) -> bool:
    tokens = sum(len(part) for part in query.split("&") if part.lower().startswith("access_token="))
    return len(path) + len(query) - tokens >= _MAX_URL


def _explained(error: OSError, host: str, port: int) -> OSError:
    if error.errno == errno.EADDRINUSE:
        text = f"port {port} of {host} is taken; choose another, or 0 for a free one"
    elif error.errno == errno.EACCES:
        text = f"port {port} of {host} needs privileges; choose one above 1023, or 0 for a free one"
    else:
        text = f"cannot listen on {host!r} port {port}: {error.strerror or error}"
    return OSError(error.errno, text)


def _is_loopback(host: str) -> bool:
    if host == "localhost":
        return True
    try:
        return ipaddress.ip_address(host).is_loopback
    except ValueError:
        return False
