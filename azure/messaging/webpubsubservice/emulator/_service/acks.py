"""The messages of a connection that have succeeded, so that one that is sent twice takes effect only once."""

#: Successful acks remembered per connection, as in the service's own emulator.
MAX_REMEMBERED = 1000


class RememberedAcks:
    """The ids of the newest messages that succeeded.

    A failed message may be sent again with the same id.
    """

    __slots__ = ("_ids",)

    def __init__(self) -> None:
        # A dictionary without values, for its order. An empty set and deque would cost a kilobyte per client.
        self._ids: dict[int, None] = {}

    def __contains__(self, ack_id: int) -> bool:
        return ack_id in self._ids

    def remember(self, ack_id: int) -> None:
        """Add an id, and forget the oldest if there are too many."""
        self._ids[ack_id] = None
        if len(self._ids) > MAX_REMEMBERED:
            del self._ids[next(iter(self._ids))]
