"""The messages that a reliable client has not acknowledged yet. Pure: no clock, no socket.

Every data message gets the next sequence id and stays until the client acknowledges it, so that a recovered
connection can receive the messages that it missed. Delivery is at least once; clients drop duplicates.
"""

from collections.abc import Iterator

from .outgoing import OutgoingMessage

#: The limits of the service's own emulator.
MAX_MESSAGES = 1000
MAX_BYTES = 16_000_000


class Outbox:
    """Numbered messages in order, starting with the oldest one that is not acknowledged.

    A message's number follows from its position, so keeping a message creates no object. In a broadcast to
    thousands of clients, the garbage collector would have to visit such objects again and again.
    """

    __slots__ = ("_bytes", "_last", "_messages")

    def __init__(self) -> None:
        self._messages: list[OutgoingMessage] = []
        self._bytes = 0
        self._last = 0

    @property
    def overflowed(self) -> bool:
        """Whether a limit is exceeded, which ends the connection for good."""
        return len(self._messages) > MAX_MESSAGES or self._bytes > MAX_BYTES

    def append(self, message: OutgoingMessage) -> int:
        """Keep a message, and return its sequence id: 1, 2, 3 and so on."""
        self._last += 1
        self._messages.append(message)
        self._bytes += len(message.message.payload.data)
        return self._last

    def acknowledge(self, sequence_id: int) -> None:
        """Forget every message up to ``sequence_id``."""
        arrived = max(sequence_id - (self._last - len(self._messages)), 0)
        self._bytes -= sum(len(each.message.payload.data) for each in self._messages[:arrived])
        del self._messages[:arrived]

    def unacknowledged(self, now: float) -> Iterator[tuple[int, OutgoingMessage]]:
        """Yield the messages to deliver again, in order: those that have not expired, with sequence ids."""
        first = self._last - len(self._messages) + 1
        for sequence_id, message in enumerate(tuple(self._messages), first):
            if not message.expired(now):
                yield sequence_id, message
