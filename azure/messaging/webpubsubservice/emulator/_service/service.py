"""One emulated service: its state, and what requests and clients do to it. Free of HTTP and of sockets."""

import asyncio
import logging
import secrets
import uuid
from collections.abc import Awaitable, Callable, Collection, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING

from ._broadcast import Broadcast
from ._channel import Channel
from ._clock import Clock
from ._event_sink import EventSink, NoEventHandlers
from ._faults import Faults
from ._messages import Codec, DataMessage
from ._records import ConnectionInfo, Recipient, Records
from ._roles import Permissions
from ._session import RawTarget, Session
from ._state import Connection, Hub, State
from ._tokens import TokenAuthority
from ._waiting import Changes

if TYPE_CHECKING:
    from ._watcher import Watcher

_log = logging.getLogger(__name__)


@dataclass(frozen=True, slots=True, repr=False)
class Settings:
    """How an emulator behaves. Has no repr of its own, because it holds the keys."""

    access_key: str
    secondary_access_key: str
    allow_unvalidated_entra_tokens: bool = False
    #: Let clients in that have no token.
    allow_anonymous: bool = False
    #: Serve the page at ``/``.
    playground: bool = True
    #: Seconds that a reliable client has to come back.
    recovery_window: float = 30.0
    #: Seconds between pings to a client; one that has sent nothing from one to the next is cut off.
    keep_alive_interval: float = 20.0
    #: Bytes that may wait for a client that does not read.
    send_buffer_bytes: int = 16 * 1024 * 1024


class Service:
    """The service that an emulator's HTTP and WebSocket ends share."""

    def __init__(self, settings: Settings, sink: EventSink | None = None, seed: int = 0) -> None:
        self.settings = settings
        self.clock: Clock = Clock()
        self.state: State = State()
        self.records: Records = Records()
        self.changes: Changes = Changes()
        self.sink: EventSink = sink or NoEventHandlers()
        self.tokens: TokenAuthority = TokenAuthority(
            (settings.access_key, settings.secondary_access_key),
            self.clock.now,
            settings.allow_unvalidated_entra_tokens,
        )
        #: Whoever watches; ``None`` while nobody does.
        self.watcher: Watcher | None = None
        self.faults: Faults = Faults(seed)
        self.sessions: dict[str, Session] = {}
        #: Keys the continuation tokens, so that those of another process are refused.
        self.paging_secret: bytes = secrets.token_bytes(16)
        #: The last call of the sink for a connection, and all that have not ended.
        self._last_turn: dict[str, asyncio.Task[None]] = {}
        self._turns: set[asyncio.Task[None]] = set()

    def changed(self) -> None:
        """Wake whoever waits for a change."""
        self.changes.notify()

    async def delay(self, seconds: float) -> None:
        """Wait on the emulator's clock, and let tests see that something waits."""
        if seconds > 0:
            over = self.clock.after(seconds)
            self.changed()
            await over

    # --- messages ---

    def publish(
        self, hub: Hub, targets: Sequence[Connection], message: DataMessage, ttl_seconds: int = 0
    ) -> None:
        """Send a message to connections of a hub."""
        broadcast = Broadcast(message, self.clock.now() + ttl_seconds if ttl_seconds else None)
        sessions = self.sessions
        written: list[Recipient] = []
        for connection in targets:
            session = sessions[connection.connection_id]
            if session.deliver(broadcast):
                written.append(session.recipient)
        self.written(hub, message, written)

    def written(self, hub: Hub, message: DataMessage, recipients: Sequence[Recipient]) -> None:
        """Record that a message was written to these clients, who may be none."""
        if recipients:
            self.records.written(hub.name, message, recipients)
            self.changed()
        if self.watcher is not None:
            self.watcher.published(hub.name, message, recipients)

    # --- connections ---

    @staticmethod
    def new_connection_id() -> str:
        """Return an id for a connection: opaque, and safe in a URL."""
        return uuid.uuid4().hex

    def new_channel(self) -> Channel:
        """Return a channel for a socket that is about to open."""
        return Channel(limit=self.settings.send_buffer_bytes, now=self.clock.now)

    def connect(
        self,
        hub: str,
        *,
        connection_id: str,
        user_id: str | None,
        groups: Collection[str],
        roles: Collection[str],
        codec: Codec,
        subprotocol: str | None = None,
        raw_target: RawTarget | None = None,
    ) -> Session:
        """Let a client in, who is to be greeted next."""
        connection = Connection(
            connection_id, user_id, codec.subprotocol or subprotocol, Permissions.from_roles(roles)
        )
        for role, reason in connection.permissions.ignored:
            _log.warning("Role %r of %s gives nothing: %s", role, connection_id, reason)
        joined = self.state.add(hub, connection)
        for group in groups:
            joined.join(connection, group)
        session = self.sessions[connection_id] = Session(self, joined, connection, codec, raw_target)
        if self.watcher is not None:
            self.watcher.connected(session)
        _log.info("%s connected to hub %r as user %r", connection_id, joined.name, user_id)
        self.in_turn(connection_id, lambda: self.sink.connected(session.info))
        self.changed()
        return session

    def ended(self, session: Session, reason: str) -> None:
        """Forget a client that is gone for good."""
        connection_id = session.connection.connection_id
        del self.sessions[connection_id]
        self.state.remove(session.hub, session.connection)
        if self.watcher is not None:
            self.watcher.ended(session, reason)
        _log.info("%s disconnected from hub %r: %s", connection_id, session.hub.name, reason)
        self.in_turn(connection_id, lambda: self.sink.disconnected(session.info, reason))

    def keep_alive(self) -> None:
        """Ping every client, and cut off those that have not answered the last ping."""
        for session in list(self.sessions.values()):
            session.keep_alive()

    def shut_down(self) -> None:
        """Turn every client away."""
        for session in list(self.sessions.values()):
            session.shut_down()

    def drop(self, connection_ids: Collection[str] | None) -> None:
        """Drop the sockets of these clients, or of all, without a Close frame."""
        chosen = self.sessions if connection_ids is None else connection_ids
        for connection_id in list(chosen):
            session = self.sessions.get(connection_id)
            if session is not None:
                session.drop()

    def connections(self) -> list[ConnectionInfo]:
        """Return who is connected, in the order of connecting within each hub."""
        return [
            ConnectionInfo(
                hub.name,
                connection.connection_id,
                connection.user_id,
                connection.protocol,
                frozenset(connection.groups),
            )
            for hub in self.state
            for connection in hub.connections.values()
        ]

    def recoverable(self, hub: str, connection_id: str, token: str | None) -> Session | None:
        """Return the session that a client may recover with this token."""
        session = self.sessions.get(connection_id)
        if session is None or session.reconnection_token is None or session.hub.name != hub.lower():
            return None
        return session if secrets.compare_digest(session.reconnection_token, token or "") else None

    def in_turn(self, connection_id: str, call: Callable[[], Awaitable[None]]) -> asyncio.Task[None]:
        """Call the sink without waiting, once its calls for this connection so far have ended."""
        before = self._last_turn.get(connection_id)

        async def take_turn() -> None:
            if before is not None:
                await before
            try:
                await call()
            except Exception:
                _log.exception("An event handler failed for %s", connection_id)

        turn = asyncio.get_running_loop().create_task(take_turn())
        self._last_turn[connection_id] = turn
        self._turns.add(turn)
        turn.add_done_callback(lambda _: self._end_turn(connection_id, turn))
        return turn

    def _end_turn(self, connection_id: str, turn: asyncio.Task[None]) -> None:
        self._turns.discard(turn)
        if self._last_turn.get(connection_id) is turn:
            del self._last_turn[connection_id]

    async def settled(self, timeout: float) -> None:
        """Wait until every call of the sink has ended, at most ``timeout`` seconds; then cancel the rest."""
        if not self._turns:
            return
        _, late = await asyncio.wait(self._turns, timeout=timeout)
        for turn in late:
            turn.cancel()
        if late:
            _log.warning("Event handlers take too long: %d calls were given up", len(late))
            await asyncio.wait(late)
