"""One client's connection with any subprotocol, from its start to its end.

A session has its life (``lifecycle``), its socket (``channel``) and the messages that its client has not
acknowledged (``outbox``). The effects of its client's messages are in ``actions``.
"""

import asyncio
import logging
import secrets
from collections.abc import Awaitable, Callable, Sequence
from typing import NamedTuple, Protocol

from azure.messaging.webpubsubservice.emulator._clock import Clock, Timer
from azure.messaging.webpubsubservice.emulator._protocol.frames import encode_frame
from azure.messaging.webpubsubservice.emulator._protocol.messages import (
    Ack,
    Codec,
    Connected,
    ControlMessage,
    DataMessage,
    Disconnected,
    ErrorInfo,
    Payload,
    StreamAck,
    StreamClosed,
    StreamInfo,
    StreamNack,
)
from azure.messaging.webpubsubservice.emulator._protocol.subprotocols import codec_of

from .acks import RememberedAcks
from .channel import Channel
from .event_sink import EventSink
from .lifecycle import RELIABLE_TRANSITIONS, TRANSITIONS, Cause, Phase
from .observers import Observer
from .outbox import Outbox
from .outgoing import OutgoingMessage
from .permissions import Permission
from .state import Connection, Hub, select
from .streams import Streams
from .values import Recipient

_log = logging.getLogger(__name__)

#: The most events of a client that may wait for the event handler.
MAX_UNHANDLED = 64

#: Seconds that the last events of a simple client may take after its Close frame.
_GOODBYE = 1.0

#: Messages that clients wait for after they have sent one; see ``CLIENT_LATENCY``.
_ANSWERS = (Ack, StreamAck, StreamNack, StreamClosed)

_STOPPING = "The emulator is stopping."


class RawTarget(NamedTuple):
    """The group that receives the frames of a simple client in mode ``sendToGroup``."""

    group: str
    no_echo: bool


class SessionHost(Protocol):
    """What a session needs from the service around it."""

    @property
    def clock(self) -> Clock:
        """The emulator's time."""
        ...

    @property
    def recovery_window(self) -> float:
        """Seconds that a reliable client has to come back."""
        ...

    @property
    def observers(self) -> Observer:
        """The observer of everything that happens."""
        ...

    @property
    def sink(self) -> EventSink:
        """The receiver of the client's events."""
        ...

    def publish(
        self, hub: Hub, targets: Sequence[Connection], message: DataMessage, ttl_seconds: int = 0
    ) -> None:
        """Send a message to connections of a hub."""
        ...

    def handle_in_turn(self, connection_id: str, call: Callable[[], Awaitable[None]]) -> asyncio.Task[None]:
        """Schedule a call to the event sink for when the earlier ones for this connection have ended."""
        ...

    def ended(self, session: "Session", reason: str) -> None:
        """Forget a session that is gone for good."""
        ...


class Session:
    """One client of the service."""

    __slots__ = (
        "_channel",
        "_outbox",
        "_recovery_timer",
        "_streams",
        "acks",
        "codec",
        "connection",
        "host",
        "hub",
        "phase",
        "raw_target",
        "recipient",
        "reconnection_token",
        "turns",
        "unhandled_events",
    )

    def __init__(
        self,
        host: SessionHost,
        hub: Hub,
        connection: Connection,
        codec: Codec,
        raw_target: RawTarget | None = None,
    ) -> None:
        self._channel: Channel | None = None
        self._outbox = Outbox() if codec.reliable else None
        self._recovery_timer: Timer | None = None
        self._streams: Streams | None = None
        self.acks: RememberedAcks = RememberedAcks()
        self.host: SessionHost = host
        self.hub: Hub = hub
        self.connection: Connection = connection
        self.codec: Codec = codec
        self.raw_target: RawTarget | None = raw_target
        self.phase: Phase = Phase.OPEN
        self.reconnection_token: str | None = secrets.token_urlsafe(24) if codec.reliable else None
        #: While there is no room for another event, the client's socket is not read.
        self.unhandled_events: asyncio.Semaphore = asyncio.Semaphore(MAX_UNHANDLED)
        #: The calls to the event handler that have not ended.
        self.turns: list[asyncio.Task[None]] = []
        self.recipient: Recipient = Recipient(connection.connection_id, connection.user_id)

    # --- from the service to the client ---

    def start(self, channel: Channel) -> None:
        """Greet the client on its first socket."""
        self._attach(channel)
        self._greet()

    def deliver(self, message: OutgoingMessage) -> bool:
        """Send a message to the client, and return whether it was written at once.

        A message that is queued is reported to the observers when it is written.
        """
        if self._outbox is None:
            wire = message.wire(self.codec)
        else:
            wire = message.wire(self.codec, self._outbox.append(message))
            if self._outbox.overflowed:
                self.misbehave(1008, "The reliable message buffer is full.")
                return False
        return self._channel is not None and self._channel.write(wire, message)

    def send_control(self, message: ControlMessage) -> None:
        """Send a message without data, if the client's subprotocol has such a message."""
        frame = self.codec.encode(message)
        if frame is not None and self._channel is not None:
            write = self._channel.write_ack if isinstance(message, _ANSWERS) else self._channel.write
            write(encode_frame(frame))
            self.host.observers.on_control(self.connection.client, message, frame)

    def acknowledge(self, ack_id: int | None, error: ErrorInfo | None) -> None:
        """Answer a message that has an ack id, and remember the id if the message succeeded."""
        if ack_id is not None:
            if error is None:
                self.acks.remember(ack_id)
            self.send_control(Ack(ack_id, error))

    def close(self, reason: str | None) -> None:
        """Close the connection for good, on behalf of the application."""
        message = "Application server closed the connection." + (f" Reason: {reason}" if reason else "")
        self.send_control(Disconnected(message))
        # A Close frame may be too short for the reason, so the message above has it, too.
        self._transition(Cause.SERVER_CLOSED, close=(1000, ""), reason=message)

    def misbehave(self, code: int, reason: str) -> None:
        """Close the connection for good, because the client broke a rule or did not keep up."""
        self._transition(Cause.MISBEHAVED, close=(code, reason))

    def recover(self, channel: Channel) -> None:
        """Continue on a new socket, and send again the messages that were not acknowledged.

        It is a choice to repeat the greeting only for clients with streams: all clients accept both, but the
        published one for JavaScript continues its streams only when it is greeted.
        """
        if self._channel is not None:
            self._channel.abort()
        self._attach(channel)
        self._transition(Cause.RECOVERED)
        if self._streams is not None:
            self._greet()
        if self._outbox is not None:
            for sequence_id, message in self._outbox.unacknowledged(self.host.clock.now()):
                # Not counted: the outbox has its own limit, and a client must be able to catch up with all
                # of it.
                if channel.write(message.wire(self.codec, sequence_id), message, counted=False):
                    self._written(message)

    def shut_down(self) -> None:
        """Close the connection because the emulator stops. The close code is a choice."""
        channel = self._channel
        self._channel = None
        if channel is not None:
            channel.close_now(1001, _STOPPING)
        self._transition(Cause.SERVER_CLOSED, reason=_STOPPING)

    def keep_alive(self, *, cut_off: bool) -> None:
        """Ping the client. If it has not answered the last ping, cut it off, or let it have longer."""
        channel = self._channel
        if channel is None or not channel.listening:
            return
        if channel.awaiting_pong:
            if not cut_off:
                return
            _log.warning("%s does not answer pings, so it is cut off", self.connection.connection_id)
            self.drop()
        else:
            channel.ping()

    def drop(self) -> None:
        """Cut the client off as a broken network would."""
        channel = self._channel
        if channel is not None:
            channel.abort()
            self.socket_lost(channel)

    # --- from the client to the service ---

    def acknowledge_sequence(self, sequence_id: int) -> None:
        """Forget the messages up to this one, because they have arrived."""
        if self._outbox is not None:
            self._outbox.acknowledge(sequence_id)

    def socket_lost(self, channel: Channel) -> None:
        """Note that the socket is gone without a Close frame from the client."""
        if channel is self._channel:
            self._transition(Cause.SOCKET_LOST, reason="The connection was lost.")

    def client_closed(self, channel: Channel, code: int | None, reason: str) -> None:
        """Note that the client sent a Close frame."""
        if channel is self._channel:
            self._transition(Cause.CLIENT_LEFT if code == 1000 else Cause.CLIENT_PAUSED, reason=reason)

    def framing_broken(self, channel: Channel, code: int, reason: str) -> None:
        """Note that the client broke the WebSocket protocol."""
        if channel is self._channel:
            self.misbehave(code, reason)

    @property
    def streams(self) -> Streams:
        """The streams that the client publishes."""
        if self._streams is None:
            self._streams = Streams(self, self.host.clock)
        return self._streams

    def may_publish(self, group: str) -> bool:
        """Return whether the client may send to a group."""
        return self.connection.permissions.allows(Permission.SEND_TO_GROUP, group)

    def publish_stream(self, group: str, payload: Payload, stream: StreamInfo, *, no_echo: bool) -> None:
        """Publish a message of a stream. Simple clients get its data, but cannot learn of its end."""
        excluded = {self.connection.connection_id} if no_echo else set[str]()
        targets = select(self.hub.of_group(group), excluded=excluded)
        if stream.end_of_stream:
            targets = [target for target in targets if codec_of(target.protocol).subprotocol is not None]
        message = DataMessage(payload, group, self.connection.user_id, stream=stream)
        self.host.publish(self.hub, targets, message)

    # --- the session itself ---

    def _greet(self) -> None:
        self.send_control(
            Connected(self.recipient.connection_id, self.recipient.user_id, self.reconnection_token)
        )

    def _attach(self, channel: Channel) -> None:
        self._channel = channel
        channel.on_late_write = self._written

    def _written(self, message: OutgoingMessage) -> None:
        self.host.observers.on_message(self.hub.name, message.message, (self.recipient,))

    def _transition(self, cause: Cause, *, close: tuple[int, str] | None = None, reason: str = "") -> None:
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
            self._recovery_timer = self.host.clock.call_later(self.host.recovery_window, self._window_over)
        self.host.observers.on_phase(self.connection.client, phase)
        if phase is Phase.ENDED:
            if self._streams is not None:
                self._streams.cancel()
            if self.codec.subprotocol is None and self.turns:
                self._cancel_events(cause)
            self.host.ended(self, reason or (close[1] if close else ""))

    def _cancel_events(self, cause: Cause) -> None:
        """Cancel the calls to the event handler for a simple client, because nobody would get the replies.

        But a client that closes normally may have just sent an event, which still has to reach the handler.
        """
        seconds = 0.0 if cause is Cause.SOCKET_LOST else _GOODBYE
        turns = tuple(self.turns)
        asyncio.get_running_loop().call_later(seconds, lambda: [turn.cancel() for turn in turns])

    def _window_over(self) -> None:
        self._transition(Cause.WINDOW_OVER, reason="The connection recovery timeout expired.")
