"""Presence events: an event handler that asks for them learns who joins and leaves a group."""

from typing_extensions import override

from .event_queue import EventQueue
from .event_sink import PresenceSink
from .observers import Observer
from .values import ClientInfo


class PresenceEvents(Observer):
    """Turns memberships that begin and end into events, in turn with the others of the connection.

    It does not matter why: a message of the client, a request, its token, or its end.
    """

    def __init__(self, queue: EventQueue) -> None:
        self._queue = queue

    @override
    def on_joined(self, client: ClientInfo, group: str) -> None:
        sink = self._queue.sink
        if isinstance(sink, PresenceSink) and sink.handles_presence(client.hub, "joined", group):
            self._queue.call_in_turn(client.connection_id, lambda: sink.joined(client, group))

    @override
    def on_left(self, client: ClientInfo, group: str) -> None:
        sink = self._queue.sink
        if isinstance(sink, PresenceSink) and sink.handles_presence(client.hub, "left", group):
            self._queue.call_in_turn(client.connection_id, lambda: sink.left(client, group))
