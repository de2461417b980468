"""One emulated service: the parts that its HTTP and WebSocket endpoints share."""

import secrets

from azure.messaging.webpubsubservice.emulator._clock import Clock
from azure.messaging.webpubsubservice.emulator._faults import Faults
from azure.messaging.webpubsubservice.emulator._tokens import TokenAuthority

from .changes import Changes
from .event_queue import EventQueue
from .event_sink import NoEventHandlers
from .observers import Observers
from .presence import PresenceEvents
from .records import Records
from .sessions import Sessions
from .settings import Settings
from .state import State
from .traffic_log import TrafficLog


class Service:
    """The parts of one service."""

    def __init__(self, settings: Settings) -> None:
        self.settings: Settings = settings
        self.changes: Changes = Changes()
        self.records: Records = Records()
        self.observers: Observers = Observers(self.changes, self.records, TrafficLog())
        self.clock: Clock = Clock(self.changes.notify)
        self.faults: Faults = Faults(settings.seed)
        self.tokens: TokenAuthority = TokenAuthority(
            (settings.access_key, settings.secondary_access_key),
            self.clock,
            allow_unvalidated_entra=settings.allow_unvalidated_entra_tokens,
        )
        self.state: State = State(self.observers)
        self.events: EventQueue = EventQueue(settings.events or NoEventHandlers())
        self.observers.add(PresenceEvents(self.events))
        self.sessions: Sessions = Sessions(
            clock=self.clock,
            state=self.state,
            events=self.events,
            observers=self.observers,
            recovery_window=settings.recovery_window,
            send_buffer_bytes=settings.send_buffer_bytes,
        )
        #: The key for continuation tokens. Tokens from another process are refused.
        self.paging_secret: bytes = secrets.token_bytes(16)

    def reconfigure(self, settings: Settings) -> None:
        """Use new settings from now on, except for those that need a restart."""
        self.settings = settings
        self.tokens.allow_unvalidated_entra = settings.allow_unvalidated_entra_tokens
        self.sessions.recovery_window = settings.recovery_window
        self.sessions.send_buffer_bytes = settings.send_buffer_bytes
