"""A listening emulator: the service behind a socket, in the running event loop."""

import asyncio
import errno
import ipaddress
import logging

from aiohttp import web

from ._clients.endpoint import ClientEndpoint
from ._clients.socket import Connector
from ._names import split_target
from ._playground import Playground
from ._rest.data_plane import DataPlane
from ._service.service import Service

_log = logging.getLogger(__name__)

#: Bytes of the request line and of one header. Tokens with many roles are long; the service's limits are not
#: known.
_HEADER_LIMITS = {"max_line_size": 32 * 1024, "max_field_size": 32 * 1024}

#: Seconds that connections get to send what was written to them before they are cut.
_STOP_TIMEOUT = 2.0


class Server:
    """Listens for one :class:`Service`."""

    def __init__(self, service: Service, host: str, port: int) -> None:
        self._service = service
        self._host = host
        self._requested_port = port
        self._data_plane = DataPlane(service)
        self._clients = ClientEndpoint(service)
        self._playground = Playground(service, host) if service.settings.playground else None
        self._listener: asyncio.Server | None = None
        self._manager: web.Server | None = None
        self._keep_alive: asyncio.Task[None] | None = None
        #: The port that is listened to, from :meth:`start` on.
        self.port: int = port

    async def start(self) -> None:
        """Listen.

        :raises OSError: The address cannot be used; the text says which it was.
        :raises RuntimeError: It listens already.
        """
        if self._manager is not None:
            raise RuntimeError("the emulator runs already")
        loop = asyncio.get_running_loop()
        manager = self._manager = web.Server(self._handle)
        try:
            self._listener = await loop.create_server(
                lambda: Connector(manager, loop=loop, access_log=None, **_HEADER_LIMITS),
                self._host,
                self._requested_port,
                backlog=4096,
            )
        except OSError as error:
            self._manager = None
            raise _explained(error, self._host, self._requested_port) from None
        self.port = self._listener.sockets[0].getsockname()[1]
        self._service.clock.start()
        self._keep_alive = loop.create_task(self._ping_clients())
        if not _is_loopback(self._host):
            _log.warning("Listening on %s port %d: reachable from other machines.", self._host, self.port)

    async def stop(self) -> None:
        """Stop listening, close every connection, and wait until all of it is gone."""
        manager, listener, keep_alive = self._manager, self._listener, self._keep_alive
        if manager is None or listener is None or keep_alive is None:
            return
        listener.close()
        keep_alive.cancel()
        self._service.sessions.shut_down()
        if self._playground is not None:
            await self._playground.stop()
        manager.pre_shutdown()
        # aiohttp waits twice: for handlers to end, and again when it has cancelled them.
        await asyncio.gather(manager.shutdown(_STOP_TIMEOUT / 2), self._service.events.settle(_STOP_TIMEOUT))
        await listener.wait_closed()
        await self._service.events.settle(_STOP_TIMEOUT)  # what those handlers began, if anything
        await asyncio.wait([keep_alive])
        await self._service.events.sink.close()
        self._service.clock.stop()
        self._service.changes.stop()
        self._manager = None

    async def _handle(self, request: web.BaseRequest) -> web.StreamResponse:
        if split_target(request.raw_path)[0].lower().startswith("/client"):
            return await self._clients.handle(request)
        if self._playground is not None and self._playground.takes(request):
            return await self._playground.handle(request)
        return await self._data_plane.handle(request)

    async def _ping_clients(self) -> None:
        """Ping every client in turn; a timer for each would cost more than the pings."""
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
