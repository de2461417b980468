"""Presence events: an event handler can subscribe to clients that join and leave groups."""

from typing_extensions import override

from .event_queue import EventQueue
from .event_sink import EventSink, PresenceSink
from .observers import Observer
from .values import ClientInfo


class PresenceEvents(Observer):
    """Sends events when memberships begin and end, in order with the connection's other events.

    The reason may be a message from the client, a request, the client's token, or the connection's end.
    """

    def __init__(self, queue: EventQueue) -> None:
        self._queue = queue
        self._known: EventSink | None = None
        self._presence: PresenceSink | None = None

    @override
    def on_joined(self, client: ClientInfo, group: str) -> None:
        sink = self._sink()
        if sink is not None and sink.handles_presence(client.hub, "joined", group):
            self._queue.call_in_turn(client.connection_id, lambda: sink.joined(client, group))

    @override
    def on_left(self, client: ClientInfo, group: str) -> None:
        sink = self._sink()
        if sink is not None and sink.handles_presence(client.hub, "left", group):
            self._queue.call_in_turn(client.connection_id, lambda: sink.left(client, group))

    def _sink(self) -> PresenceSink | None:
        """Return the sink if it has the methods for presence. The result is kept, because checks are slow."""
        sink = self._queue.sink
        if sink is not self._known:
            self._known = sink
            self._presence = sink if isinstance(sink, PresenceSink) else None
        return self._presence
