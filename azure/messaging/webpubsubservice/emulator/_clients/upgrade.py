"""After the handshake: the upgrade, and the client's frames until its socket closes.

These objects live as long as the client's socket. They do not keep the handshake, because its token, claims
and query take kilobytes.
"""

from collections.abc import Callable
from functools import partial
from typing import Protocol

from aiohttp import web
from multidict import CIMultiDict

from azure.messaging.webpubsubservice.emulator._faults import Fault
from azure.messaging.webpubsubservice.emulator._service.channel import Channel
from azure.messaging.webpubsubservice.emulator._service.service import Service
from azure.messaging.webpubsubservice.emulator._service.session import Session

from .socket import Connector, Socket, discard_until_closed, refuse_frame, serve


class Upgrade(Protocol):
    """A client whose handshake has been decided."""

    async def serve(self) -> web.StreamResponse:
        """Upgrade the connection, and serve the client until its socket closes.

        :raises ConnectionError: The client went away before the upgrade.
        """
        ...


class _Upgrade:
    """Does the upgrade.

    :param fault: A fault that happens to the client after the upgrade.
    """

    __slots__ = ("_channel", "_clock", "_fault", "_request", "_subprotocol")

    def __init__(
        self, service: Service, request: web.BaseRequest, subprotocol: str | None, fault: Fault | None
    ) -> None:
        self._channel = service.sessions.new_channel()
        self._clock = service.clock
        self._request = request
        self._subprotocol = subprotocol
        self._fault = fault

    async def _upgrade(self, *, on_unmasked: Callable[[], None]) -> Socket:
        channel = self._channel
        socket = Socket(channel, self._subprotocol)
        request = self._request
        if self._subprotocol is None and "Sec-WebSocket-Protocol" in request.headers:
            # aiohttp would warn of an unknown subprotocol, but clients may offer one.
            rest = CIMultiDict(request.headers)
            rest.popall("Sec-WebSocket-Protocol")
            request = request.clone(headers=rest)
        if request.transport is None:  # older releases of aiohttp assert that there is one
            raise ConnectionResetError("the client went away before the upgrade")
        await socket.prepare(request)
        protocol, transport = self._request.protocol, self._request.transport
        if transport is None or not isinstance(protocol, Connector):
            raise ConnectionResetError("the client went away during the upgrade")
        channel.open(transport)
        protocol.upgraded(channel, on_unmasked)
        if self._fault is not None and self._fault.reset == "after":
            channel.abort()
        if self._fault is not None and self._fault.drop_after is not None:
            self._clock.call_later(self._fault.drop_after, channel.abort)
        return socket


class Accepted(_Upgrade):
    """A client that is new or comes back.

    :param attach: Attaches the new channel to the session.
    """

    __slots__ = ("_attach", "_session")

    def __init__(
        self,
        service: Service,
        request: web.BaseRequest,
        subprotocol: str | None,
        fault: Fault | None,
        session: Session,
        attach: Callable[[Channel], None],
    ) -> None:
        super().__init__(service, request, subprotocol, fault)
        self._session = session
        self._attach = attach

    async def serve(self) -> web.StreamResponse:
        """Serve the client. It receives messages sent from now on, even if its socket opens later."""
        channel, session = self._channel, self._session
        try:
            self._attach(channel)
            socket = await self._upgrade(on_unmasked=partial(refuse_frame, channel, session))
            await serve(socket, channel, session)
        finally:
            session.socket_lost(channel)
            channel.finish()
        return socket


class RecoveryRefused(_Upgrade):
    """A client that cannot be recovered."""

    __slots__ = ()

    async def serve(self) -> web.StreamResponse:
        """Upgrade, then refuse: clients start a new connection after this close code, but after no status."""
        socket = await self._upgrade(on_unmasked=self._channel.finish)
        self._channel.close(1008, "The connection could not be recovered.")
        await discard_until_closed(socket, self._channel)
        return socket
