"""The service behind a listening socket, in the running event loop."""

import asyncio
import errno
import ipaddress
import logging
from typing import Any

from aiohttp import web

from ._clients.endpoint import ClientEndpoint
from ._clients.socket import Connector
from ._control import ControlInterface
from ._names import split_target
from ._playground import Playground
from ._rest.data_plane import DataPlane
from ._service.service import Service

_log = logging.getLogger(__name__)

#: Bytes of the request line and of one header. Tokens with many roles are long; the service's limits are not
#: known.
_HEADER_LIMITS = {"max_line_size": 32 * 1024, "max_field_size": 32 * 1024}

#: Seconds for each step of a stop: for requests and event handlers to end, and for clients to read their last
#: frames.
STOP_STEP = 0.25


class Server:
    """Listens for one :class:`Service`."""

    def __init__(self, service: Service) -> None:
        self._service = service
        self.host: str = service.settings.host
        self._requested_port = service.settings.port
        self._data_plane = DataPlane(service)
        self._clients = ClientEndpoint(service)
        self._playground = Playground(service) if service.settings.playground else None
        control = service.settings.control
        self._control = None if control == "off" else ControlInterface(service, remote=control == "remote")
        self._listener: asyncio.Server | None = None
        self._manager: web.Server | None = None
        self._keep_alive: asyncio.Task[None] | None = None
        #: The tasks that answer requests. aiohttp does not stop those whose client is gone.
        self._tasks: set[asyncio.Task[Any]] = set()
        self._connectors: set[Connector] = set()
        #: The port that is listened to, from :meth:`start` on.
        self.port: int = service.settings.port

    async def start(self) -> None:
        """Listen.

        :raises OSError: The address cannot be used. The text names it.
        :raises RuntimeError: It listens already.
        """
        if self._manager is not None:
            raise RuntimeError("the emulator runs already")
        loop = asyncio.get_running_loop()
        self._manager = web.Server(self._handle)
        try:
            self._listener = await loop.create_server(
                self._connector, self.host, self._requested_port, backlog=4096
            )
        except OSError as error:
            self._manager = None
            raise _explained(error, self.host, self._requested_port) from None
        self.port = self._listener.sockets[0].getsockname()[1]
        self._service.clock.start()
        self._keep_alive = loop.create_task(self._ping_clients())
        if not _is_loopback(self.host):
            _log.warning("Listening on %s port %d: reachable from other machines.", self.host, self.port)

    async def stop(self) -> None:
        """Close every connection and stop listening, and leave nothing behind that runs.

        Clients get a Close frame. Requests and event handlers that take longer than the steps of a stop are
        cancelled.
        """
        manager, listener, keep_alive = self._manager, self._listener, self._keep_alive
        if manager is None or listener is None or keep_alive is None:
            return
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
        await self._service.events.settle(STOP_STEP)  # what the cancelled tasks began, if anything
        for connector in tuple(self._connectors):
            connector.abort()  # clients that do not read
        await listener.wait_closed()
        await self._service.events.sink.close()
        self._service.clock.stop()
        self._service.changes.stop()
        self._manager = None

    def _connector(self) -> Connector:
        assert self._manager is not None
        loop = asyncio.get_running_loop()
        return Connector(
            self._manager,
            connections=self._connectors,
            loop=loop,
            access_log=None,
            auto_decompress=False,
            **_HEADER_LIMITS,
        )

    async def _handle(self, request: web.BaseRequest) -> web.StreamResponse:
        self._tasks.add(request.task)
        request.task.add_done_callback(self._tasks.discard)
        if split_target(request.raw_path)[0].lower().startswith("/client"):
            return await self._clients.handle(request)
        if self._playground is not None and self._playground.takes(request):
            return await self._playground.handle(request)
        if self._control is not None and self._control.takes(request):
            return await self._control.handle(request)
        return await self._data_plane.handle(request)

    async def _ping_clients(self) -> None:
        """Ping all clients at once. A timer for each would cost more than the pings."""
        while True:
            await asyncio.sleep(self._service.settings.keep_alive_interval)
            self._service.sessions.keep_alive()


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
