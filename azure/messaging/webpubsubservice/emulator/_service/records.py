"""What happened, for tests to assert on: requests to the data plane, and messages written to clients.

Both records are bounded by memory. When the oldest entries have to go, the log says so once, so that an
assertion on a part of the truth does not go unnoticed.
"""

import logging
from collections import deque
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Generic, NamedTuple, TypeVar

from ._messages import DataMessage, DataType

_log = logging.getLogger(__name__)
T = TypeVar("T")

#: Bytes each record may take, by estimate.
RECORD_BYTES = 64 * 1024 * 1024
_ENTRY_BYTES = 512  # of an entry, apart from its data
_REFERENCE_BYTES = 8


@dataclass(frozen=True, slots=True)
class RequestRecord:
    """One request to the data plane and how it was answered."""

    method: str
    #: The path as sent, escapes included, without the query.
    path: str
    query: Mapping[str, Sequence[str]]
    #: By lower-case name, without ``authorization``.
    headers: Mapping[str, str] = field(repr=False)
    #: ``None`` when the request was answered before its body was read.
    body: bytes | None = field(repr=False)
    #: The operation's name in the specification, such as ``WebPubSub_SendToAll``; ``None`` for no operation.
    operation: str | None
    #: ``None`` when there was no answer: a fault reset the connection.
    status: int | None


@dataclass(frozen=True, slots=True)
class Delivery:
    """One message written to one client's socket; a recovery writes again what was not acknowledged."""

    hub: str
    connection_id: str
    user_id: str | None
    data_type: DataType
    #: As it was sent; UTF-8 for text and JSON.
    data: bytes
    #: The group it was published to; ``None`` for messages to connections, users and the whole hub.
    group: str | None
    from_user_id: str | None

    @property
    def text(self) -> str:
        """The data of a text or JSON message."""
        return self.data.decode()


@dataclass(frozen=True, slots=True)
class ConnectionInfo:
    """One client that is connected, or that may still come back."""

    hub: str
    connection_id: str
    user_id: str | None
    #: ``None`` for simple clients.
    subprotocol: str | None
    groups: frozenset[str]


class Recipient(NamedTuple):
    """Whom a message was written to."""

    connection_id: str
    user_id: str | None


class _Written(NamedTuple):
    hub: str
    message: DataMessage
    recipients: Sequence[Recipient]


class BoundedLog(Generic[T]):
    """The newest entries whose estimated sizes fit into :data:`RECORD_BYTES`."""

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
                _log.warning("The record of %s is full: the oldest are dropped from now on.", self._what)

    def clear(self) -> None:
        """Start anew."""
        self._entries.clear()
        self._bytes = 0
        self._complete = True

    def entries(self) -> list[T]:
        """Return the entries, oldest first."""
        return [entry for entry, _ in self._entries]


class Records:
    """The records of one emulator."""

    def __init__(self) -> None:
        self._requests = BoundedLog[RequestRecord]("requests")
        self._written = BoundedLog[_Written]("deliveries")

    def request(self, record: RequestRecord) -> None:
        """Record an answered request."""
        self._requests.append(record, _ENTRY_BYTES + len(record.body or b""))

    def written(self, hub: str, message: DataMessage, recipients: Sequence[Recipient]) -> None:
        """Record that a message was written to these clients."""
        size = _ENTRY_BYTES + len(message.payload.data) + _REFERENCE_BYTES * len(recipients)
        self._written.append(_Written(hub, message, recipients), size)

    def clear(self) -> None:
        """Forget everything so far."""
        self._requests.clear()
        self._written.clear()

    @property
    def requests(self) -> list[RequestRecord]:
        """The requests so far, in the order of their answers."""
        return self._requests.entries()

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
