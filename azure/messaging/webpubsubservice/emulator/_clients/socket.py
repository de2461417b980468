"""One WebSocket of a client: aiohttp reads its frames, and a channel writes them."""

import asyncio
import logging
from collections.abc import Callable
from typing import Any

from aiohttp import WebSocketError, WSCloseCode, WSMessage, WSMsgType, web
from aiohttp.http_exceptions import LineTooLong

from azure.messaging.webpubsubservice.emulator._protocol.messages import Frame, Opcode
from azure.messaging.webpubsubservice.emulator._service import actions
from azure.messaging.webpubsubservice.emulator._service.channel import Channel
from azure.messaging.webpubsubservice.emulator._service.session import Session

from .masking import EarlyBytes, MaskCheck

_log = logging.getLogger(__name__)

#: The largest message of a client, in bytes. aiohttp refuses what reaches its limit.
_MAX_MESSAGE = 1024 * 1024

_INVALID_FRAME = "The client frame is invalid."
FRAMING_ERRORS: dict[int, str] = {
    WSCloseCode.MESSAGE_TOO_BIG: "The client message is too large.",
    WSCloseCode.PROTOCOL_ERROR: _INVALID_FRAME,
    WSCloseCode.INVALID_TEXT: _INVALID_FRAME,
}

#: Close codes that are never sent (RFC 6455, section 7.4.1).
_NOT_FOR_THE_WIRE = frozenset({1005, 1006, 1015})


class Connector(web.RequestHandler):
    """aiohttp's protocol for one TCP connection, which passes asyncio's flow control on to a channel.

    :param connections: A set that holds this object while the connection lasts.
    """

    __slots__ = ("_connections", "_early", "_masks", "_on_unmasked", "_socket", "channel")

    def __init__(self, *args: Any, connections: "set[Connector]", **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.channel: Channel | None = None
        self._connections = connections
        self._socket: asyncio.Transport | None = None
        self._early = EarlyBytes()
        self._masks: MaskCheck | None = None
        self._on_unmasked: Callable[[], None] = _ignore

    def upgraded(self, channel: Channel, on_unmasked: Callable[[], None]) -> None:
        """From now on, pass flow control on to a channel, and check the client's frames.

        :param on_unmasked: Called for a frame that is not masked. Nothing is read after that.
        """
        self.channel = channel
        self._on_unmasked = on_unmasked
        self._masks = MaskCheck()
        if not self._masks.feed(self._early.take()):
            on_unmasked()

    def data_received(self, data: bytes) -> None:
        """Check frames before aiohttp reads them."""
        if self._masks is None:
            self._early.feed(data)
        elif not self._masks.feed(data):
            self._on_unmasked()
            return
        super().data_received(data)

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        """Register the connection."""
        super().connection_made(transport)
        self._connections.add(self)
        if isinstance(transport, asyncio.Transport):
            self._socket = transport

    def connection_lost(self, exc: BaseException | None) -> None:
        """Unregister the connection."""
        self._connections.discard(self)
        super().connection_lost(exc)

    @property
    def unsent(self) -> int:
        """Bytes that were written and are not with the system yet, which has no room while nobody reads."""
        return 0 if self._socket is None else self._socket.get_write_buffer_size()

    def abort(self) -> None:
        """Cut the connection."""
        if self._socket is not None:
            self._socket.abort()

    def handle_error(
        self,
        request: web.BaseRequest,
        status: int = 500,
        exc: BaseException | None = None,
        message: str | None = None,
    ) -> web.StreamResponse:
        """Answer bytes that are not HTTP. aiohttp would log them all, and they may contain a token."""
        if status >= 500:
            return super().handle_error(request, status, exc, message)
        _log.info("%d %s: not HTTP (%s)", status, request.remote, type(exc).__name__)
        if isinstance(exc, LineTooLong) and request.transport is not None:
            # By hand, because aiohttp uses HTTP/1.0 to answer what it cannot parse.
            request.transport.write(_TOO_LONG[b"/" in bytes(exc.args[0][:10])])
            request.transport.close()
        response = web.Response(status=status)
        response.force_close()
        return response

    def pause_writing(self) -> None:
        """Note that the transport's buffer is full."""
        super().pause_writing()
        if self.channel is not None:
            self.channel.pause_writing()

    def resume_writing(self) -> None:
        """Note that the transport's buffer has room again."""
        super().resume_writing()
        if self.channel is not None:
            self.channel.resume_writing()


#: Responses to a header and to a URL that are too long.
_TOO_LONG = {
    False: b"HTTP/1.1 431 Request Header Fields Too Large\r\nConnection: close\r\nContent-Length: 0\r\n\r\n",
    True: b"HTTP/1.1 414 URI Too Long\r\nConnection: close\r\nContent-Length: 0\r\n\r\n",
}


def _ignore() -> None:
    """Do nothing."""


class Socket(web.WebSocketResponse):
    """A WebSocket whose Close frames the channel writes, so that they follow the frames in its queue."""

    def __init__(self, channel: Channel, subprotocol: str | None) -> None:
        # Uncompressed frames are the same for every client, so broadcasts are cheap.
        super().__init__(
            protocols=(subprotocol,) if subprotocol else (),
            compress=False,
            autoclose=False,
            autoping=False,
            max_msg_size=_MAX_MESSAGE + 1,
        )
        self._channel = channel

    async def close(self, *, code: int = WSCloseCode.OK, message: bytes = b"", drain: bool = True) -> bool:
        """Close through the channel. aiohttp calls this for frames that break RFC 6455, and at the end."""
        del drain  # the channel never waits
        if self._channel.closing:
            return False
        self._channel.close(code, message.decode() or FRAMING_ERRORS.get(code, ""))
        return True


async def serve(socket: Socket, channel: Channel, session: Session) -> None:
    """Pass frames from the socket to the session until the socket closes."""
    while True:
        channel.listening = True
        message = await socket.receive()
        channel.listening = channel.awaiting_pong = False
        match message.type:
            case WSMsgType.TEXT:
                await actions.receive(session, Frame(Opcode.TEXT, message.data.encode()))
            case WSMsgType.BINARY:
                await actions.receive(session, Frame(Opcode.BINARY, message.data))
            case WSMsgType.PING:
                channel.pong(bytes(message.data))
            case WSMsgType.PONG:
                pass
            case _:
                _end(message, channel, session)
                return


def _end(message: WSMessage, channel: Channel, session: Session) -> None:
    if message.type is WSMsgType.CLOSE:
        code = message.data or None
        if code in _NOT_FOR_THE_WIRE or (code or 0) >= 5000:
            session.framing_broken(channel, WSCloseCode.PROTOCOL_ERROR, _INVALID_FRAME)
            return
        session.client_closed(channel, code, message.extra or "")
        if not channel.closing:
            channel.close(code or WSCloseCode.OK)
    elif message.type is WSMsgType.ERROR:
        error = message.data
        if isinstance(error, WebSocketError) and error.code in FRAMING_ERRORS:
            session.framing_broken(channel, error.code, FRAMING_ERRORS[error.code])


def refuse_frame(channel: Channel, session: Session) -> None:
    """Fail the connection at once (RFC 6455, section 7.1.7): nothing that follows can be read."""
    session.framing_broken(channel, WSCloseCode.PROTOCOL_ERROR, _INVALID_FRAME)
    channel.finish()


async def discard_until_closed(socket: Socket, channel: Channel) -> None:
    """Ignore the frames of a refused client until it answers the Close frame."""
    ignored = {WSMsgType.TEXT, WSMsgType.BINARY, WSMsgType.PING, WSMsgType.PONG}
    try:
        while (await socket.receive()).type in ignored:
            pass
    finally:
        channel.finish()
