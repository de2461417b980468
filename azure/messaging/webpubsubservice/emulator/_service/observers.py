"""Who is told what happens in the emulator: records, waiting tests, logs, and the playground's page.

An observer gets values, never a live session. It is called in the emulator's loop while the emulator works,
so it must be quick, and must not wait or raise.
"""

from collections.abc import Callable, Sequence

from typing_extensions import override

from azure.messaging.webpubsubservice.emulator._protocol.messages import ControlMessage, DataMessage, Frame

from .changes import Changes
from .lifecycle import Phase
from .values import ClientInfo, EventRecord, Recipient, RequestRecord


class Observer:
    """Does nothing at any event. Override the methods for the events that you need."""

    def on_request(self, record: RequestRecord, seconds: float, reason: str) -> None:
        """Learn of a request to the data plane.

        :param seconds: How long it took.
        :param reason: Why it was refused; empty if it was not.
        """

    def on_refused(self, method: str, path: str, status: int, reason: str) -> None:
        """Learn that a client's handshake was refused, or a request that is for no part of the service."""

    def on_event(self, record: EventRecord) -> None:
        """Learn of a call of an event handler over HTTP, when it has ended."""

    def on_connected(self, client: ClientInfo) -> None:
        """Learn of a new client."""

    def on_phase(self, client: ClientInfo, phase: Phase) -> None:
        """Learn that a client lost its socket, came back or is about to end."""

    def on_ended(self, client: ClientInfo, reason: str) -> None:
        """Learn that a client is gone for good."""

    def on_joined(self, client: ClientInfo, group: str) -> None:
        """Learn that a client became a member of a group."""

    def on_left(self, client: ClientInfo, group: str) -> None:
        """Learn that a client is no longer a member of a group, because it left or because it is gone."""

    def on_frame(self, client: ClientInfo, frame: Frame) -> None:
        """Learn of a frame from a client, before anybody acts on it."""

    def on_control(self, client: ClientInfo, message: ControlMessage, frame: Frame) -> None:
        """Learn of a frame to a client that carries no data: a greeting, an ack, a pong."""

    def on_message(self, hub: str, message: DataMessage, recipients: Sequence[Recipient]) -> None:
        """Learn of a message that was written to these clients; an empty sequence if nobody got it."""


class Observers(Observer):
    """Tells every observer of an event, and then wakes whoever waits for a change."""

    def __init__(self, changes: Changes, *observers: Observer) -> None:
        self._changes = changes
        self._observers: Sequence[Observer] = observers

    def add(self, observer: Observer) -> None:
        """Add an observer, which is told of events from now on."""
        self._observers = (*self._observers, observer)

    def remove(self, observer: Observer) -> None:
        """Remove an observer."""
        self._observers = tuple(each for each in self._observers if each is not observer)

    @override
    def on_request(self, record: RequestRecord, seconds: float, reason: str) -> None:
        self._each(lambda observer: observer.on_request(record, seconds, reason))

    @override
    def on_refused(self, method: str, path: str, status: int, reason: str) -> None:
        self._each(lambda observer: observer.on_refused(method, path, status, reason))

    @override
    def on_event(self, record: EventRecord) -> None:
        self._each(lambda observer: observer.on_event(record))

    @override
    def on_connected(self, client: ClientInfo) -> None:
        self._each(lambda observer: observer.on_connected(client))

    @override
    def on_phase(self, client: ClientInfo, phase: Phase) -> None:
        self._each(lambda observer: observer.on_phase(client, phase))

    @override
    def on_ended(self, client: ClientInfo, reason: str) -> None:
        self._each(lambda observer: observer.on_ended(client, reason))

    @override
    def on_joined(self, client: ClientInfo, group: str) -> None:
        self._each(lambda observer: observer.on_joined(client, group))

    @override
    def on_left(self, client: ClientInfo, group: str) -> None:
        self._each(lambda observer: observer.on_left(client, group))

    @override
    def on_frame(self, client: ClientInfo, frame: Frame) -> None:
        self._each(lambda observer: observer.on_frame(client, frame))

    @override
    def on_control(self, client: ClientInfo, message: ControlMessage, frame: Frame) -> None:
        self._each(lambda observer: observer.on_control(client, message, frame))

    @override
    def on_message(self, hub: str, message: DataMessage, recipients: Sequence[Recipient]) -> None:
        self._each(lambda observer: observer.on_message(hub, message, recipients))

    def _each(self, tell: Callable[[Observer], None]) -> None:
        for observer in self._observers:
            tell(observer)
        self._changes.notify()
