"""The messages of a connection that have succeeded, so that one that is sent twice has effect once."""

from collections import deque

#: Successful acks remembered per connection, as in the service's own emulator.
MAX_REMEMBERED = 1000


class RememberedAcks:
    """The ids of the newest messages that succeeded.

    A message that failed may be sent again with the same id.
    """

    __slots__ = ("_ids", "_order")

    def __init__(self) -> None:
        self._ids: set[int] = set()
        self._order: deque[int] = deque()

    def __contains__(self, ack_id: int) -> bool:
        return ack_id in self._ids

    def remember(self, ack_id: int) -> None:
        """Add an id, and forget the oldest if there are too many."""
        self._ids.add(ack_id)
        self._order.append(ack_id)
        if len(self._order) > MAX_REMEMBERED:
            self._ids.discard(self._order.popleft())
