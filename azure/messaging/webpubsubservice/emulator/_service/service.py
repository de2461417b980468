"""One emulated service, put together: its settings and the parts that its HTTP and WebSocket ends share."""

import secrets
from dataclasses import dataclass

from azure.messaging.webpubsubservice.emulator._clock import Clock
from azure.messaging.webpubsubservice.emulator._faults import Faults
from azure.messaging.webpubsubservice.emulator._tokens import TokenAuthority

from .changes import Changes
from .event_queue import EventQueue
from .event_sink import EventSink, NoEventHandlers
from .observers import Observers
from .records import Records
from .sessions import Sessions
from .state import State


@dataclass(frozen=True, slots=True, repr=False)
class Settings:
    """How an emulator behaves. Has no repr, because it holds the keys."""

    access_key: str
    secondary_access_key: str
    allow_unvalidated_entra_tokens: bool = False
    #: Accept clients that have no token.
    allow_anonymous: bool = False
    #: Serve the page at ``/``.
    playground: bool = True
    #: Seconds that a reliable client has to come back.
    recovery_window: float = 30.0
    #: Seconds between pings to a client; one that sends nothing from one to the next is cut off.
    keep_alive_interval: float = 20.0
    #: Bytes that may wait for a client that does not read.
    send_buffer_bytes: int = 16 * 1024 * 1024


class Service:
    """The parts of one service. Whoever needs one part takes that one."""

    def __init__(self, settings: Settings, sink: EventSink | None = None, seed: int = 0) -> None:
        self.settings = settings
        self.changes: Changes = Changes()
        self.records: Records = Records()
        self.observers: Observers = Observers(self.changes, self.records)
        self.clock: Clock = Clock(self.changes.notify)
        self.faults: Faults = Faults(seed)
        self.tokens: TokenAuthority = TokenAuthority(
            (settings.access_key, settings.secondary_access_key),
            self.clock.now,
            settings.allow_unvalidated_entra_tokens,
        )
        self.state: State = State(self.observers)
        self.events: EventQueue = EventQueue(sink or NoEventHandlers())
        self.sessions: Sessions = Sessions(
            clock=self.clock,
            state=self.state,
            events=self.events,
            observers=self.observers,
            recovery_window=settings.recovery_window,
            send_buffer_bytes=settings.send_buffer_bytes,
        )
        #: Keys the continuation tokens, so that those of another process are refused.
        self.paging_secret: bytes = secrets.token_bytes(16)
