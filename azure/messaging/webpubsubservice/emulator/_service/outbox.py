"""What a reliable client has not acknowledged yet. Pure: no clock, no socket.

Every data message gets the next sequence id and stays until the client acknowledges it, so that a recovered
connection can be told again what it missed. Delivery is at least once; clients drop what they have seen.
"""

from collections import deque
from collections.abc import Iterator

from ._broadcast import Broadcast

#: Limits of the service's own emulator.
MAX_MESSAGES = 1000
MAX_BYTES = 16_000_000


class Outbox:
    """Numbered messages in order, from the oldest not acknowledged.

    The numbers are those of the positions, so that keeping a message creates no object: in a broadcast to
    thousands, the garbage collector would go through all of them again and again.
    """

    __slots__ = ("_broadcasts", "_bytes", "_last")

    def __init__(self) -> None:
        self._broadcasts: deque[Broadcast] = deque()
        self._bytes = 0
        self._last = 0

    @property
    def full(self) -> bool:
        """Whether a limit is exceeded: the connection is lost for good."""
        return len(self._broadcasts) > MAX_MESSAGES or self._bytes > MAX_BYTES

    def append(self, broadcast: Broadcast) -> int:
        """Keep a message and return its sequence id: 1, 2, 3 and so on."""
        self._last += 1
        self._broadcasts.append(broadcast)
        self._bytes += len(broadcast.message.payload.data)
        return self._last

    def acknowledge(self, sequence_id: int) -> None:
        """Forget every message up to ``sequence_id``."""
        while self._broadcasts and self._last - len(self._broadcasts) < sequence_id:
            self._bytes -= len(self._broadcasts.popleft().message.payload.data)

    def unacknowledged(self, now: float) -> Iterator[tuple[int, Broadcast]]:
        """Yield what is to be delivered again, with its sequence id, in order; not what expired meanwhile."""
        first = self._last - len(self._broadcasts) + 1
        for sequence_id, broadcast in enumerate(tuple(self._broadcasts), first):
            if not broadcast.expired(now):
                yield sequence_id, broadcast
