"""The clients of the service: their coming and going, and the fan-out of messages to them."""

import asyncio
import logging
import secrets
import uuid
from collections.abc import Awaitable, Callable, Collection, Mapping, Sequence

from azure.messaging.webpubsubservice.emulator._clock import Clock
from azure.messaging.webpubsubservice.emulator._protocol.messages import Codec, DataMessage

from .channel import Channel
from .event_queue import EventQueue
from .event_sink import EventSink
from .observers import Observers
from .outgoing import OutgoingMessage
from .permissions import Permissions
from .session import RawTarget, Session
from .state import Connection, Hub, State
from .values import ClientInfo, ConnectionInfo, Recipient

_log = logging.getLogger(__name__)


class Sessions:
    """All sessions of one service. This object is the host of each session.

    :param recovery_window: Seconds that a reliable client has to come back.
    :param send_buffer_bytes: The most bytes that may wait for a client that does not read.
    """

    def __init__(
        self,
        *,
        clock: Clock,
        state: State,
        events: EventQueue,
        observers: Observers,
        recovery_window: float,
        send_buffer_bytes: int,
    ) -> None:
        self.clock: Clock = clock
        self.observers: Observers = observers
        self.recovery_window: float = recovery_window
        self._state = state
        self._events = events
        self.send_buffer_bytes: int = send_buffer_bytes
        self._sessions: dict[str, Session] = {}
        #: How many times a message was written to a client at once.
        self.written: int = 0

    def __len__(self) -> int:
        return len(self._sessions)

    @property
    def sink(self) -> EventSink:
        """The receiver of the clients' events."""
        return self._events.sink

    @property
    def by_id(self) -> Mapping[str, Session]:
        """The sessions by connection id."""
        return self._sessions

    # --- messages ---

    def publish(
        self, hub: Hub, targets: Sequence[Connection], message: DataMessage, ttl_seconds: int = 0
    ) -> None:
        """Send a message to connections of a hub."""
        outgoing = OutgoingMessage(message, self.clock.now() + ttl_seconds if ttl_seconds else None)
        session_of = self._sessions.get
        written: list[Recipient] = []
        for connection in targets:
            session = session_of(connection.connection_id)
            # It is gone if delivery to an earlier client ended that client, and the ends of its streams were
            # too much for this one.
            if session is not None and session.deliver(outgoing):
                written.append(session.recipient)
        self.written += len(written)
        self.observers.on_message(hub.name, message, written)

    # --- clients that come and go ---

    @staticmethod
    def new_connection_id() -> str:
        """Return an id for a connection: opaque, and safe in a URL."""
        return uuid.uuid4().hex

    def new_channel(self) -> Channel:
        """Return a channel for a socket that is about to open."""
        return Channel(limit=self.send_buffer_bytes, now=self.clock.now)

    def connect(
        self,
        client: ClientInfo,
        *,
        groups: Collection[str],
        roles: Collection[str],
        codec: Codec,
        raw_target: RawTarget | None = None,
    ) -> Session:
        """Register a client. Call :meth:`Session.start` next to greet it."""
        connection = Connection(client, Permissions.from_roles(roles))
        for role, reason in connection.permissions.ignored:
            _log.warning("Role %r of %s grants nothing: %s", role, client.connection_id, reason)
        hub = self._state.add(connection)
        session = self._sessions[client.connection_id] = Session(self, hub, connection, codec, raw_target)
        self.observers.on_connected(client)
        self.handle_in_turn(client.connection_id, lambda: self.sink.connected(client))
        for group in groups:
            hub.join(connection, group)
        return session

    def ended(self, session: Session, reason: str) -> None:
        """Forget a client that is gone for good."""
        client = session.connection.client
        del self._sessions[client.connection_id]
        self._state.remove(session.hub, session.connection)
        self.observers.on_ended(client, reason)
        self.handle_in_turn(client.connection_id, lambda: self.sink.disconnected(client, reason))

    def handle_in_turn(self, connection_id: str, call: Callable[[], Awaitable[None]]) -> asyncio.Task[None]:
        """Schedule a call to the event sink for when the earlier ones for this connection have ended."""
        return self._events.call_in_turn(connection_id, call)

    def recoverable(self, hub: str, connection_id: str, token: str | None) -> Session | None:
        """Return the session that a client may recover with this token, if there is one."""
        session = self._sessions.get(connection_id)
        if session is None or session.reconnection_token is None or session.hub.name != hub.lower():
            return None
        expected = session.reconnection_token.encode()
        return session if secrets.compare_digest(expected, (token or "").encode(errors="replace")) else None

    # --- all clients ---

    def keep_alive(self, *, cut_off: bool = True) -> None:
        """Ping every client.

        :param cut_off: Cut off those that have not answered the last ping. Otherwise they have longer.
        """
        for session in list(self._sessions.values()):
            session.keep_alive(cut_off=cut_off)

    def shut_down(self) -> None:
        """Close every connection, because the emulator stops."""
        for session in list(self._sessions.values()):
            session.shut_down()

    def drop(self, connection_ids: Collection[str] | None) -> None:
        """Drop the sockets of these clients, or of all with ``None``, without a Close frame."""
        chosen = self._sessions if connection_ids is None else connection_ids
        for connection_id in list(chosen):
            session = self._sessions.get(connection_id)
            if session is not None:
                session.drop()

    def connections(self) -> list[ConnectionInfo]:
        """Return the connections, by hub, in the order in which they were made."""
        return [
            ConnectionInfo(
                hub.name,
                connection.connection_id,
                connection.user_id,
                connection.protocol,
                frozenset(connection.groups),
            )
            for hub in self._state
            for connection in hub.connections.values()
        ]
