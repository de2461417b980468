"""The WebSocket end: handshakes at ``/client``, and frames in and out of sessions."""

import asyncio
import json
import logging
from collections.abc import Callable, Mapping, Sequence
from typing import Any
from urllib.parse import parse_qs

from aiohttp import WebSocketError, WSCloseCode, WSMsgType, web
from multidict import CIMultiDict

from ._channel import CLIENT_LATENCY, Channel
from ._data_plane import bearer_token
from ._event_sink import ClientInfo, ConnectEvent, ConnectRejectedError, EventFailedError
from ._faults import Fault
from ._messages import Frame, Opcode
from ._names import INVALID_GROUP, is_group, is_hub, split_path, split_target
from ._service import Service
from ._session import RawTarget, Session
from ._subprotocols import CODECS, SIMPLE, choose
from ._tokens import TokenError

_log = logging.getLogger(__name__)

#: The largest message of a client, in bytes. aiohttp refuses what reaches its limit.
_MAX_MESSAGE = 1024 * 1024

_FRAMING_ERRORS: Mapping[int, str] = {
    WSCloseCode.MESSAGE_TOO_BIG: "The client message is too large.",
    WSCloseCode.PROTOCOL_ERROR: "The client frame is invalid.",
    WSCloseCode.INVALID_TEXT: "The client frame is invalid.",
}


#: Close codes that stand for what did not happen on the wire (RFC 6455, section 7.4.1).
_NOT_FOR_THE_WIRE = frozenset({1005, 1006, 1015})


class HandshakeError(Exception):
    """A client that is not let in; the reason is for the log."""

    def __init__(
        self, status: int, reason: str, body: bytes = b"", headers: Mapping[str, str] | None = None
    ) -> None:
        super().__init__(reason)
        self.status = status
        self.body = body
        self.headers = headers or {}


class Connector(web.RequestHandler):
    """aiohttp's protocol for one TCP connection, passing asyncio's flow control on to a channel."""

    __slots__ = ("channel",)

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.channel: Channel | None = None

    def handle_error(
        self,
        request: web.BaseRequest,
        status: int = 500,
        exc: BaseException | None = None,
        message: str | None = None,
    ) -> web.StreamResponse:
        """Answer what is not HTTP; aiohttp would log all of it, and there may be a token in it."""
        if status >= 500:
            return super().handle_error(request, status, exc, message)
        _log.info("%d %s: not HTTP (%s)", status, request.remote, type(exc).__name__)
        response = web.Response(status=status)
        response.force_close()
        return response

    def pause_writing(self) -> None:
        """Hear that the transport's buffer is full."""
        super().pause_writing()
        if self.channel is not None:
            self.channel.pause_writing()

    def resume_writing(self) -> None:
        """Hear that the transport's buffer has room again."""
        super().resume_writing()
        if self.channel is not None:
            self.channel.resume_writing()


class _Socket(web.WebSocketResponse):
    """A WebSocket whose Close frames the channel writes, so that they come after what it has queued."""

    def __init__(self, channel: Channel, subprotocol: str | None) -> None:
        # Uncompressed frames are the same for every client, which is what makes broadcasts cheap.
        super().__init__(
            protocols=(subprotocol,) if subprotocol else (),
            compress=False,
            autoclose=False,
            autoping=False,
            max_msg_size=_MAX_MESSAGE + 1,
        )
        self._channel = channel

    async def close(self, *, code: int = WSCloseCode.OK, message: bytes = b"", drain: bool = True) -> bool:
        """Close through the channel; aiohttp calls this on frames that break RFC 6455, and at the end."""
        del drain  # the channel never waits
        if self._channel.closing:
            return False
        self._channel.close(code, message.decode() or _FRAMING_ERRORS.get(code, ""))
        return True


class ClientEndpoint:
    """Answers requests to ``/client``."""

    def __init__(self, service: Service) -> None:
        self._service = service

    async def handle(self, request: web.BaseRequest) -> web.StreamResponse:
        """Let a client in and serve it until its socket closes, or answer the handshake with an error."""
        await asyncio.sleep(CLIENT_LATENCY)
        handshake = _Handshake(self._service, request)
        fault = self._service.faults.strike(request.method, handshake.raw_path, None)
        try:
            if fault is not None:
                _log.info("%s %s meets %r", request.method, handshake.raw_path, fault)
                await handshake.suffer(fault)
            return await handshake.serve()
        except ConnectionError as error:
            _log.info("%s %s: the client went away: %s", request.method, handshake.raw_path, error)
            return web.Response()
        except HandshakeError as error:
            level = logging.WARNING if error.status in {401, 403} else logging.INFO
            _log.log(level, "%d %s %s: %s", error.status, request.method, handshake.raw_path, error)
            if self._service.watcher is not None:
                self._service.watcher.refused(handshake.raw_path, error.status, str(error))
            return web.Response(status=error.status, body=error.body, headers=error.headers)


class _Handshake:
    """One client on its way in."""

    def __init__(self, service: Service, request: web.BaseRequest) -> None:
        self.raw_path, query = split_target(request.raw_path)
        self._service = service
        self._request = request
        self._query = parse_qs(query, keep_blank_values=True)
        self._fault: Fault | None = None
        offered = ",".join(request.headers.getall("Sec-WebSocket-Protocol", []))
        self._offered = [name for name in (part.strip() for part in offered.split(",")) if name]

    async def suffer(self, fault: Fault) -> None:
        """Let a fault happen to the handshake, and remember what happens after it.

        :raises HandshakeError: The fault is an answer.
        """
        self._fault = fault
        await self._service.delay(fault.delay)
        if fault.reset == "before" and self._request.transport is not None:
            self._request.transport.abort()
        if fault.status is not None:
            raise HandshakeError(fault.status, "a fault", headers=fault.headers)

    async def serve(self) -> web.StreamResponse:
        """Decide whether the client is new, returns, or is refused; serve it until its socket closes.

        :raises HandshakeError: It is refused.
        """
        hub, legacy = self._hub()
        if self._parameter("awps_connection_id") is not None:
            # The published clients leave their access token in the URL when they recover; it may have
            # expired.
            return await self._recover(hub)
        claims = self._claims(hub, legacy=legacy)
        return await self._admit(hub, claims)

    def _hub(self) -> tuple[str, bool]:
        match split_path(self.raw_path):
            case ["client", "hubs", hub]:
                legacy = False
            case ["client"]:
                hub, legacy = self._parameter("hub") or "", True
            case _:
                raise HandshakeError(404, "no client endpoint has this path")
        if not is_hub(hub):
            raise HandshakeError(400, f"{hub!r} is not a hub name")
        return hub, legacy

    def _claims(self, hub: str, *, legacy: bool) -> Mapping[str, Any]:
        token = self._parameter("access_token") or bearer_token(self._request.headers)
        if not token and self._service.settings.allow_anonymous:
            return {}
        try:
            return self._service.tokens.check_client(token, host=self._request.host, hub=hub, legacy=legacy)
        except TokenError as error:
            raise HandshakeError(401, str(error)) from None

    async def _admit(self, hub: str, claims: Mapping[str, Any]) -> web.StreamResponse:
        service = self._service
        groups = _strings(claims, "webpubsub.group")
        if not all(map(is_group, groups)):
            raise HandshakeError(
                400, "a group claim is not a group name", b"The token contains an invalid group name."
            )
        raw_target = self._raw_target()
        self._check_upgrade()
        user_id = claims.get("sub") if isinstance(claims.get("sub"), str) else None
        connection_id = service.new_connection_id()
        try:
            reply = await service.sink.connect(self._connect_event(hub, connection_id, user_id, claims))
        except ConnectRejectedError as error:
            headers = {"Content-Type": error.content_type} if error.content_type else {}
            raise HandshakeError(error.status, str(error), error.body, headers) from None
        except Exception as error:
            _log.exception("The connect event of %s failed", connection_id)
            raise HandshakeError(500, f"the connect event handler raised {type(error).__name__}") from None
        try:
            reply.check(self._offered)
        except EventFailedError as error:
            raise HandshakeError(500, f"the connect event handler failed: {error}") from None
        codec, subprotocol = choose(self._offered)
        if reply.subprotocol is not None:
            codec, subprotocol = CODECS.get(reply.subprotocol.lower(), SIMPLE), reply.subprotocol
        session = service.connect(
            hub,
            connection_id=connection_id,
            user_id=user_id if reply.user_id is None else reply.user_id,
            groups=groups if reply.groups is None else reply.groups,
            roles=_strings(claims, "role") if reply.roles is None else reply.roles,
            codec=codec,
            subprotocol=subprotocol,
            raw_target=raw_target,
        )
        return await self._run(session, session.start, service.new_channel(), subprotocol)

    async def _recover(self, hub: str) -> web.StreamResponse:
        self._check_upgrade()
        connection_id = self._parameter("awps_connection_id") or ""
        session = self._service.recoverable(hub, connection_id, self._parameter("awps_reconnection_token"))
        codec, subprotocol = choose(self._offered)
        channel = self._service.new_channel()
        refused = self._fault is not None and self._fault.refuse_recovery
        if session is None or codec is not session.codec or refused:
            # After the upgrade: clients take this close code, but no HTTP status, for a reason to connect
            # anew.
            _log.info("Recovery of %s refused", connection_id)
            socket = await self._upgrade(channel, subprotocol)
            channel.close(1008, "The connection could not be recovered.")
            await _discard_until_closed(socket, channel)
            return socket
        return await self._run(session, session.recover, channel, subprotocol)

    async def _run(
        self, session: Session, attach: Callable[[Channel], None], channel: Channel, subprotocol: str | None
    ) -> web.StreamResponse:
        """Serve a client, who gets what is sent from here on, even if its socket opens a moment later."""
        try:
            attach(channel)
            socket = await self._upgrade(channel, subprotocol)
            await _pump(socket, channel, session)
        finally:
            session.socket_lost(channel)
            channel.finish()
        return socket

    async def _upgrade(self, channel: Channel, subprotocol: str | None) -> _Socket:
        socket = _Socket(channel, subprotocol)
        request = self._request
        if subprotocol is None and self._offered:
            # What nobody speaks is no reason for aiohttp to warn.
            rest = CIMultiDict(request.headers)
            rest.popall("Sec-WebSocket-Protocol")
            request = request.clone(headers=rest)
        if request.transport is None:  # older releases of aiohttp assert that there is one
            raise ConnectionResetError("the client went away before the upgrade")
        await socket.prepare(request)
        protocol, transport = self._request.protocol, self._request.transport
        if transport is None or not isinstance(protocol, Connector):
            raise ConnectionResetError("the client went away during the upgrade")
        protocol.channel = channel
        channel.open(transport)
        if self._fault is not None and self._fault.reset == "after":
            channel.abort()
        if self._fault is not None and self._fault.drop_after is not None:
            self._service.clock.call_later(self._fault.drop_after, channel.abort)
        return socket

    def _raw_target(self) -> RawTarget | None:
        """Return the group that a simple client's frames go to; other clients have no modes."""
        match (self._parameter("webpubsub_mode") or "sendEvent").lower():
            case "sendevent":
                return None
            case "sendtogroup":
                group = self._parameter("group") or ""
                if not is_group(group):
                    raise HandshakeError(
                        400, "mode sendToGroup needs a group in the query", INVALID_GROUP.encode()
                    )
                return RawTarget(group, (self._parameter("noEcho") or "").lower() == "true")
            case mode:
                raise HandshakeError(400, f"webpubsub_mode {mode!r} is not known")

    def _check_upgrade(self) -> None:
        if not web.WebSocketResponse(protocols=self._offered).can_prepare(self._request):
            raise HandshakeError(400, "not a WebSocket handshake")

    def _connect_event(
        self, hub: str, connection_id: str, user_id: str | None, claims: Mapping[str, Any]
    ) -> ConnectEvent:
        headers = self._request.headers
        return ConnectEvent(
            ClientInfo(hub.lower(), connection_id, user_id, None),
            {name: [_claim_text(value) for value in _list(values)] for name, values in claims.items()},
            {name: values for name, values in self._query.items() if name != "access_token"},
            {name: headers.getall(name) for name in headers if name.lower() != "authorization"},
            self._offered,
        )

    def _parameter(self, name: str) -> str | None:
        values = self._query.get(name)
        return values[0] if values else None


async def _pump(socket: _Socket, channel: Channel, session: Session) -> None:
    """Feed what comes from the socket to the session until the socket closes."""
    while True:
        channel.listening = True
        message = await socket.receive()
        channel.listening = channel.awaiting_pong = False
        match message.type:
            case WSMsgType.TEXT:
                await session.receive(Frame(Opcode.TEXT, message.data.encode()))
            case WSMsgType.BINARY:
                await session.receive(Frame(Opcode.BINARY, message.data))
            case WSMsgType.PING:
                channel.pong(bytes(message.data))
            case WSMsgType.PONG:
                pass
            case WSMsgType.CLOSE:
                code = message.data or None
                if code in _NOT_FOR_THE_WIRE or (code or 0) >= 5000:
                    error = WSCloseCode.PROTOCOL_ERROR
                    session.misbehaved(channel, error, _FRAMING_ERRORS[error])
                    return
                session.client_closed(channel, code, message.extra or "")
                if not channel.closing:
                    channel.close(code or WSCloseCode.OK)
                return
            case WSMsgType.ERROR:
                error = message.data
                if isinstance(error, WebSocketError) and error.code in _FRAMING_ERRORS:
                    session.misbehaved(channel, error.code, _FRAMING_ERRORS[error.code])
                return
            case _:
                return


async def _discard_until_closed(socket: _Socket, channel: Channel) -> None:
    try:
        while (await socket.receive()).type in {
            WSMsgType.TEXT,
            WSMsgType.BINARY,
            WSMsgType.PING,
            WSMsgType.PONG,
        }:
            pass
    finally:
        channel.finish()


def _list(values: Any) -> Sequence[Any]:
    return values if isinstance(values, list) else [values]


def _claim_text(value: Any) -> str:
    return value if isinstance(value, str) else json.dumps(value, ensure_ascii=False, separators=(",", ":"))


def _strings(claims: Mapping[str, Any], name: str) -> list[str]:
    return [value for value in _list(claims.get(name, [])) if isinstance(value, str)]
