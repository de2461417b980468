"""What a reliable client has not acknowledged yet. Pure: no clock, no socket.

Every data message gets the next sequence id and stays until the client acknowledges it, so that a recovered
connection can be told again what it missed. Delivery is at least once; clients drop what they have seen.
"""

from collections import deque
from collections.abc import Iterator
from typing import NamedTuple

from ._broadcast import Broadcast

#: Limits of the service's own emulator.
MAX_MESSAGES = 1000
MAX_BYTES = 16_000_000


class Entry(NamedTuple):
    """A message and its number."""

    sequence_id: int
    broadcast: Broadcast


class Outbox:
    """Numbered messages in order, from the oldest not acknowledged."""

    __slots__ = ("_bytes", "_entries", "_last")

    def __init__(self) -> None:
        self._entries: deque[Entry] = deque()
        self._bytes = 0
        self._last = 0

    @property
    def full(self) -> bool:
        """Whether a limit is exceeded: the connection is lost for good."""
        return len(self._entries) > MAX_MESSAGES or self._bytes > MAX_BYTES

    def append(self, broadcast: Broadcast) -> int:
        """Keep a message and return its sequence id: 1, 2, 3 and so on."""
        self._last += 1
        self._entries.append(Entry(self._last, broadcast))
        self._bytes += len(broadcast.message.payload.data)
        return self._last

    def acknowledge(self, sequence_id: int) -> None:
        """Forget every message up to ``sequence_id``."""
        while self._entries and self._entries[0].sequence_id <= sequence_id:
            self._forget(self._entries.popleft())

    def unacknowledged(self, now: float) -> Iterator[Entry]:
        """Yield what is to be delivered again, in order; forget what expired meanwhile."""
        kept = deque(entry for entry in self._entries if not entry.broadcast.expired(now))
        self._entries, self._bytes = kept, sum(len(entry.broadcast.message.payload.data) for entry in kept)
        return iter(tuple(kept))

    def _forget(self, entry: Entry) -> None:
        self._bytes -= len(entry.broadcast.message.payload.data)
