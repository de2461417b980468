"""What one client's connection does with messages, whichever subprotocol carried them.

A session outlives its WebSocket when the subprotocol is reliable: it is *open* while there is one, *detached*
while the client may come back for it, and *ended* for good after that.
"""

import asyncio
import logging
import secrets
from collections import deque
from collections.abc import Callable, Mapping
from enum import Enum
from typing import TYPE_CHECKING, Any, ClassVar, NamedTuple

from ._event_sink import ClientInfo, EventFailedError, EventReply
from ._frames import encode_frame
from ._messages import (
    Ack,
    CancelInvocation,
    Codec,
    Connected,
    ControlMessage,
    DataMessage,
    Disconnected,
    ErrorInfo,
    Frame,
    Invoke,
    InvokeResponse,
    JoinGroup,
    LeaveGroup,
    Payload,
    Ping,
    Pong,
    ProtocolError,
    SendEvent,
    SendToGroup,
    SequenceAck,
    StreamClosed,
    Unsupported,
    UpstreamMessage,
)
from ._outbox import Outbox
from ._records import Recipient
from ._roles import Permission
from ._state import select

if TYPE_CHECKING:
    from ._broadcast import Broadcast
    from ._channel import Channel
    from ._clock import Timer
    from ._service import Service
    from ._state import Connection, Hub

_log = logging.getLogger(__name__)

#: Successful acks remembered per connection, for ``Duplicate``.
_ACKS_REMEMBERED = 1000

#: Events of a client that may wait for the event handler; while there are more, its socket is not read.
_MAX_UNHANDLED = 64


class Phase(Enum):
    """Where a session is in its life."""

    OPEN = "open"
    DETACHED = "detached"
    ENDED = "ended"


class Cause(Enum):
    """What may happen to a session as a whole."""

    SOCKET_LOST = "the socket was lost"
    CLIENT_LEFT = "the client closed normally"
    CLIENT_PAUSED = "the client closed with another code, or none"
    SERVER_CLOSED = "the service closed the connection"
    MISBEHAVED = "the client broke the subprotocol or did not keep up"
    RECOVERED = "the client came back"
    WINDOW_OVER = "the client did not come back in time"


#: What becomes of a reliable session. That a lost socket may not have been noticed yet when the client comes
#: back is why an open session can be recovered, too. That a Close without a code keeps the session is a
#: choice: the service's own emulator does so, the documentation is silent.
RELIABLE_TRANSITIONS: Mapping[tuple[Phase, Cause], Phase] = {
    (Phase.OPEN, Cause.SOCKET_LOST): Phase.DETACHED,
    (Phase.OPEN, Cause.CLIENT_LEFT): Phase.ENDED,
    (Phase.OPEN, Cause.CLIENT_PAUSED): Phase.DETACHED,
    (Phase.OPEN, Cause.SERVER_CLOSED): Phase.ENDED,
    (Phase.OPEN, Cause.MISBEHAVED): Phase.ENDED,
    (Phase.OPEN, Cause.RECOVERED): Phase.OPEN,
    (Phase.DETACHED, Cause.RECOVERED): Phase.OPEN,
    (Phase.DETACHED, Cause.SERVER_CLOSED): Phase.ENDED,
    (Phase.DETACHED, Cause.MISBEHAVED): Phase.ENDED,
    (Phase.DETACHED, Cause.WINDOW_OVER): Phase.ENDED,
}

#: What becomes of any other session: it ends with its socket.
TRANSITIONS: Mapping[tuple[Phase, Cause], Phase] = {
    (Phase.OPEN, Cause.SOCKET_LOST): Phase.ENDED,
    (Phase.OPEN, Cause.CLIENT_LEFT): Phase.ENDED,
    (Phase.OPEN, Cause.CLIENT_PAUSED): Phase.ENDED,
    (Phase.OPEN, Cause.SERVER_CLOSED): Phase.ENDED,
    (Phase.OPEN, Cause.MISBEHAVED): Phase.ENDED,
}


class RawTarget(NamedTuple):
    """Where a simple client in mode ``sendToGroup`` publishes its frames."""

    group: str
    no_echo: bool


class Session:
    """One client of the service, from its first connect to its end."""

    __slots__ = (
        "_ack_order",
        "_acked",
        "_channel",
        "_outbox",
        "_raw_target",
        "_recovery_timer",
        "_service",
        "_unhandled",
        "codec",
        "connection",
        "hub",
        "info",
        "phase",
        "recipient",
        "reconnection_token",
    )

    def __init__(
        self,
        service: "Service",
        hub: "Hub",
        connection: "Connection",
        codec: Codec,
        raw_target: RawTarget | None = None,
    ) -> None:
        self._raw_target = raw_target
        self._service = service
        self._channel: Channel | None = None
        self._outbox = Outbox() if codec.reliable else None
        self._recovery_timer: Timer | None = None
        self._unhandled = asyncio.Semaphore(_MAX_UNHANDLED)
        self._acked: set[int] = set()
        self._ack_order: deque[int] = deque()
        self.hub: Hub = hub
        self.connection: Connection = connection
        self.codec: Codec = codec
        self.phase: Phase = Phase.OPEN
        self.reconnection_token: str | None = secrets.token_urlsafe(24) if codec.reliable else None
        self.info: ClientInfo = ClientInfo(
            hub.name, connection.connection_id, connection.user_id, connection.protocol
        )
        self.recipient: Recipient = Recipient(connection.connection_id, connection.user_id)

    # --- from the service to the client ---

    def start(self, channel: "Channel") -> None:
        """Greet the client on its first socket."""
        self._attach(channel)
        self._tell(Connected(self.recipient.connection_id, self.recipient.user_id, self.reconnection_token))

    def deliver(self, broadcast: "Broadcast") -> bool:
        """Write a message to the client; false when it was not written, or not yet (which is told later)."""
        if self._outbox is None:
            wire = broadcast.wire(self.codec)
        else:
            wire = broadcast.wire(self.codec, self._outbox.append(broadcast))
            if self._outbox.full:
                self._happened(Cause.MISBEHAVED, close=(1008, "The reliable message buffer is full."))
                return False
        return self._channel is not None and self._channel.write(wire, broadcast)

    def close(self, reason: str | None) -> None:
        """Close the connection for good, on behalf of the application."""
        message = "Application server closed the connection." + (f" Reason: {reason}" if reason else "")
        self._tell(Disconnected(message))
        # The reason may be longer than a Close frame can hold; the message above has carried it.
        self._happened(Cause.SERVER_CLOSED, close=(1000, ""), reason=message)

    def recover(self, channel: "Channel") -> None:
        """Go on over a new socket, and tell again what was not acknowledged.

        The greeting is not repeated; a choice, as clients get along with both.
        """
        if self._channel is not None:
            self._channel.abort()
        self._attach(channel)
        self._happened(Cause.RECOVERED)
        if self._outbox is not None:
            for sequence_id, broadcast in self._outbox.unacknowledged(self._service.clock.now()):
                # Bounded by the outbox. If it counted here, a client with much to catch up with could not.
                if channel.write(broadcast.wire(self.codec, sequence_id), broadcast, counted=False):
                    self._written(broadcast)

    def shut_down(self) -> None:
        """End with the service. The code is a choice: what the service sends when it reloads is not known."""
        channel = self._channel
        self._happened(Cause.SERVER_CLOSED, close=(1001, "The emulator is stopping."))
        if channel is not None:
            channel.finish()  # nobody is there any more to hear the client's answer

    def keep_alive(self) -> None:
        """Ping the client, or cut it off if it has not answered the last ping."""
        channel = self._channel
        if channel is None or not channel.listening:
            return
        if channel.awaiting_pong:
            _log.warning("%s does not answer pings: cut off", self.connection.connection_id)
            self.drop()
        else:
            channel.ping()

    def drop(self) -> None:
        """Cut the client off as a broken network does."""
        channel = self._channel
        if channel is not None:
            channel.abort()
            self.socket_lost(channel)

    # --- from the client to the service ---

    async def receive(self, frame: Frame) -> None:
        """Act on one frame; what comes after the end is ignored.

        Events wait for their turn with the event handler. Nothing else waits for them, so that a handler that
        takes its time looks to nobody like a client that is gone.
        """
        if self.phase is Phase.ENDED:
            return
        if self._service.watcher is not None:
            self._service.watcher.received(self, frame)
        try:
            message = self.codec.decode(frame)
        except ProtocolError as error:
            self._happened(Cause.MISBEHAVED, close=(error.close_code, error.reason))
            return
        if not isinstance(message, SendEvent | Invoke):
            self._act(message)
        elif self._raw_target is not None:
            self._publish_raw(message.payload, self._raw_target)
        else:
            await self._unhandled.acquire()
            turn = self._service.in_turn(self.connection.connection_id, lambda: self._have_handled(message))
            turn.add_done_callback(lambda _: self._unhandled.release())

    def socket_lost(self, channel: "Channel") -> None:
        """Learn that the socket is gone without a Close frame of the client."""
        if channel is self._channel:
            self._happened(Cause.SOCKET_LOST, reason="The connection was lost.")

    def client_closed(self, channel: "Channel", code: int | None, reason: str) -> None:
        """Learn that the client sent a Close frame."""
        if channel is self._channel:
            self._happened(Cause.CLIENT_LEFT if code == 1000 else Cause.CLIENT_PAUSED, reason=reason)

    def misbehaved(self, channel: "Channel", code: int, reason: str) -> None:
        """Learn that the client broke the rules of WebSockets."""
        if channel is self._channel:
            self._happened(Cause.MISBEHAVED, close=(code, reason))

    def _act(self, message: UpstreamMessage) -> None:
        ack_id: int | None = getattr(message, "ack_id", None)
        if not self._repeated(ack_id):
            self._acknowledge(ack_id, self._HANDLERS[type(message)](self, message))

    async def _have_handled(self, message: SendEvent | Invoke) -> None:
        if isinstance(message, Invoke):
            await self._invoke(message)
        elif not self._repeated(message.ack_id):
            error = await self._event(message)
            self._acknowledge(message.ack_id, error)
            if error is not None and self.codec.subprotocol is None:
                # Simple clients can be told about failure by a Close frame only.
                self._happened(Cause.MISBEHAVED, close=(1011, error.message))

    def _repeated(self, ack_id: int | None) -> bool:
        """Whether a message is not to be acted on again, which its sender is told."""
        if ack_id is None or ack_id not in self._acked:
            return False
        self._tell(Ack(ack_id, ErrorInfo("Duplicate", f"Message with ack-id: {ack_id} has been processed")))
        return True

    def _acknowledge(self, ack_id: int | None, error: ErrorInfo | None) -> None:
        if ack_id is not None:
            if error is None:
                self._remember(ack_id)
            self._tell(Ack(ack_id, error))

    def _join(self, message: JoinGroup) -> ErrorInfo | None:
        if not self.connection.permissions.allows(Permission.JOIN_LEAVE_GROUP, message.group):
            return _forbidden("join", message.group)
        self.hub.join(self.connection, message.group)
        self._service.changed()
        return None

    def _leave(self, message: LeaveGroup) -> ErrorInfo | None:
        if not self.connection.permissions.allows(Permission.JOIN_LEAVE_GROUP, message.group):
            return _forbidden("leave", message.group)
        self.hub.leave(self.connection, message.group)
        self._service.changed()
        return None

    def _send_to_group(self, message: SendToGroup) -> ErrorInfo | None:
        if not self.connection.permissions.allows(Permission.SEND_TO_GROUP, message.group):
            return _forbidden("send to", message.group)
        data = DataMessage(message.payload, message.group, self.connection.user_id, message.metadata)
        excluded = {self.connection.connection_id} if message.no_echo else set[str]()
        targets = select(self.hub.of_group(message.group), excluded=excluded)
        self._service.publish(self.hub, targets, data, message.ttl_seconds)
        return None

    async def _event(self, message: SendEvent) -> ErrorInfo | None:
        try:
            reply = await self._handled(message)
        except EventFailedError:
            return ErrorInfo("InternalServerError", "Internal server error")
        if reply is not None and self.phase is not Phase.ENDED:
            answer = DataMessage(reply.payload, metadata=reply.metadata)
            self._service.publish(self.hub, [self.connection], answer)
        return None

    async def _invoke(self, message: Invoke) -> None:
        try:
            reply = await self._handled(SendEvent(message.event, message.payload))
        except EventFailedError:
            error = ErrorInfo("InternalServerError", "Internal server error")
            self._tell(InvokeResponse(message.invocation_id, error=error))
        else:
            self._tell(InvokeResponse(message.invocation_id, reply.payload if reply else None))

    async def _handled(self, event: SendEvent) -> EventReply | None:
        """Hand an event to its handler; whatever goes wrong there is logged, and one exception here."""
        try:
            reply = await self._service.sink.user_event(self.info, event)
        except EventFailedError as error:
            _log.warning("Event %r of %s failed: %s", event.event, self.connection.connection_id, error)
            raise
        except Exception as error:
            _log.exception("Event %r of %s failed", event.event, self.connection.connection_id)
            raise EventFailedError("the event handler raised an exception") from error
        return EventReply(reply) if isinstance(reply, Payload) else reply

    def _publish_raw(self, payload: Payload, target: RawTarget) -> None:
        group, no_echo = target
        if self._send_to_group(SendToGroup(group, payload, no_echo=no_echo)) is not None:
            reason = "The connection is not authorized for raw sendToGroup mode."
            self._happened(Cause.MISBEHAVED, close=(1008, reason))

    def _cancel_invocation(self, message: CancelInvocation) -> None:
        """Do nothing: the event handler could not be told, and the client ignores an answer that comes."""

    def _sequence_ack(self, message: SequenceAck) -> None:
        if self._outbox is not None:
            self._outbox.acknowledge(message.sequence_id)

    def _ping(self, message: Ping) -> None:  # noqa: ARG002 - the signature of every handler
        self._tell(Pong())

    def _unsupported(self, message: Unsupported) -> ErrorInfo:
        error = ErrorInfo("BadRequest", f"The emulator does not support {message.type!r}.")
        if message.stream_id is not None:
            self._tell(StreamClosed(message.stream_id, error))
        return error

    _HANDLERS: ClassVar[Mapping[type[UpstreamMessage], Callable[[Any, Any], ErrorInfo | None]]] = {
        JoinGroup: _join,
        LeaveGroup: _leave,
        SendToGroup: _send_to_group,
        CancelInvocation: _cancel_invocation,
        SequenceAck: _sequence_ack,
        Ping: _ping,
        Unsupported: _unsupported,
    }

    # --- the session itself ---

    def _attach(self, channel: "Channel") -> None:
        self._channel = channel
        channel.on_late_write = self._written

    def _written(self, broadcast: "Broadcast") -> None:
        self._service.written(self.hub, broadcast.message, (self.recipient,))

    def _tell(self, message: ControlMessage) -> None:
        frame = self.codec.encode(message)
        if frame is not None and self._channel is not None:
            write = self._channel.write_ack if isinstance(message, Ack) else self._channel.write
            write(encode_frame(frame))
            if self._service.watcher is not None:
                self._service.watcher.told(self, message, frame)

    def _remember(self, ack_id: int) -> None:
        self._acked.add(ack_id)
        self._ack_order.append(ack_id)
        if len(self._ack_order) > _ACKS_REMEMBERED:
            self._acked.discard(self._ack_order.popleft())

    def _happened(self, cause: Cause, *, close: tuple[int, str] | None = None, reason: str = "") -> None:
        transitions = RELIABLE_TRANSITIONS if self.codec.reliable else TRANSITIONS
        phase = transitions.get((self.phase, cause))
        if phase is None:
            return
        self.phase = phase
        if self._recovery_timer is not None:
            self._recovery_timer.cancel()
            self._recovery_timer = None
        if close is not None and self._channel is not None:
            self._channel.close(*close)
        if phase is not Phase.OPEN:
            self._channel = None
        if phase is Phase.DETACHED:
            self._recovery_timer = self._service.clock.call_later(
                self._service.settings.recovery_window, self._window_over
            )
        if phase is Phase.ENDED:
            self._service.ended(self, reason or (close[1] if close else ""))
        self._service.changed()

    def _window_over(self) -> None:
        self._happened(Cause.WINDOW_OVER, reason="The connection recovery timeout expired.")


def _forbidden(action: str, group: str) -> ErrorInfo:
    return ErrorInfo("Forbidden", f"The client does not have permission to {action} group '{group}'.")
