"""Presence events: an event handler that asks for them learns who joins and leaves a group."""

from typing_extensions import override

from .event_queue import EventQueue
from .event_sink import EventSink, PresenceSink
from .observers import Observer
from .values import ClientInfo


class PresenceEvents(Observer):
    """Turns memberships that begin and end into events, in turn with the others of the connection.

    It does not matter why: a message of the client, a request, its token, or its end.
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
        """Return who is told, if anybody. Looking for its methods each time would cost too much."""
        sink = self._queue.sink
        if sink is not self._known:
            self._known = sink
            self._presence = sink if isinstance(sink, PresenceSink) else None
        return self._presence
