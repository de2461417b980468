"""Records for tests to assert on: requests, messages written to clients, and calls to event handlers.

The memory for records is bounded. When the oldest entries have to be dropped, the log says so once, so that
nobody unknowingly asserts on an incomplete record.
"""

import logging
from collections import deque
from collections.abc import Sequence
from typing import Generic, NamedTuple, TypeVar

from typing_extensions import override

from azure.messaging.webpubsubservice.emulator._protocol.messages import DataMessage

from .observers import Observer
from .values import Delivery, EventRecord, Recipient, RequestRecord

_log = logging.getLogger(__name__)
T = TypeVar("T")

#: The most bytes that each record may take, by estimate.
RECORD_BYTES = 64 * 1024 * 1024
#: The estimated bytes of an entry without its data.
ENTRY_BYTES = 512
_REFERENCE_BYTES = 8
#: The most refusals that are kept, for the messages of time-outs.
_REFUSALS = 5


class _Written(NamedTuple):
    hub: str
    message: DataMessage
    recipients: Sequence[Recipient]


class BoundedLog(Generic[T]):
    """The newest entries whose estimated sizes fit into :data:`RECORD_BYTES`; always at least one."""

    def __init__(self, what: str) -> None:
        self._what = what
        self._entries: deque[tuple[T, int]] = deque()
        self._bytes = 0
        self._complete = True

    def append(self, entry: T, size: int) -> None:
        """Add an entry; drop the oldest while there is no room."""
        self._entries.append((entry, size))
        self._bytes += size
        while self._bytes > RECORD_BYTES and len(self._entries) > 1:
            self._bytes -= self._entries.popleft()[1]
            if self._complete:
                self._complete = False
                _log.warning("The record of %s is full. From now on, the oldest are dropped.", self._what)

    def clear(self) -> None:
        """Forget every entry."""
        self._entries.clear()
        self._bytes = 0
        self._complete = True

    def entries(self) -> list[T]:
        """Return the entries, oldest first."""
        return [entry for entry, _ in self._entries]


class Records(Observer):
    """The records of one emulator."""

    def __init__(self) -> None:
        self._requests = BoundedLog[RequestRecord]("requests")
        self._written = BoundedLog[_Written]("deliveries")
        self._events = BoundedLog[EventRecord]("events")
        self._refusals: deque[str] = deque(maxlen=_REFUSALS)

    @override
    def on_request(self, record: RequestRecord, seconds: float, reason: str) -> None:
        headers = sum(map(len, record.headers.values()))
        self._requests.append(record, ENTRY_BYTES + len(record.path) + headers + len(record.body or b""))

    @override
    def on_refused(self, method: str, path: str, status: int, reason: str) -> None:
        self._refusals.append(f"{method} {path} -> {status}: {reason}")

    @override
    def on_message(self, hub: str, message: DataMessage, recipients: Sequence[Recipient]) -> None:
        if recipients:
            size = ENTRY_BYTES + len(message.payload.data) + _REFERENCE_BYTES * len(recipients)
            self._written.append(_Written(hub, message, recipients), size)

    @override
    def on_event(self, record: EventRecord) -> None:
        headers = sum(map(len, (*record.headers.values(), *record.response_headers.values())))
        size = len(record.body) + len(record.response_body)
        self._events.append(record, 2 * ENTRY_BYTES + headers + size)

    def clear(self) -> None:
        """Forget everything so far."""
        self._requests.clear()
        self._written.clear()
        self._events.clear()
        self._refusals.clear()

    @property
    def refusals(self) -> list[str]:
        """The last handshakes and requests that were refused, in words."""
        return list(self._refusals)

    @property
    def requests(self) -> list[RequestRecord]:
        """The requests so far, in the order of their responses."""
        return self._requests.entries()

    @property
    def events(self) -> list[EventRecord]:
        """The calls to event handlers so far, in the order in which they ended."""
        return self._events.entries()

    @property
    def deliveries(self) -> list[Delivery]:
        """The messages written so far, in order."""
        return [
            Delivery(
                hub,
                recipient.connection_id,
                recipient.user_id,
                message.payload.data_type,
                message.payload.data,
                message.group,
                message.from_user_id,
            )
            for hub, message, recipients in self._written.entries()
            for recipient in recipients
        ]
