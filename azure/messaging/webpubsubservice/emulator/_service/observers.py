"""Notifications of what happens in the emulator, for records, waiting tests, logs and the playground.

An observer receives values, never a live session. The emulator's loop calls it and continues when it returns,
so it must be fast, and must not block or raise.
"""

from collections.abc import Callable, Sequence

from typing_extensions import override

from azure.messaging.webpubsubservice.emulator._protocol.messages import ControlMessage, DataMessage, Frame

from .changes import Changes
from .lifecycle import Phase
from .values import ClientInfo, EventRecord, Recipient, RequestRecord


class Observer:
    """Does nothing. Override the methods for what you want to observe."""

    def on_request(self, record: RequestRecord, seconds: float, reason: str) -> None:
        """Observe a request to the data plane.

        :param seconds: How long it took.
        :param reason: Why it was refused; empty if it was not.
        """

    def on_refused(self, method: str, path: str, status: int, reason: str) -> None:
        """Observe a refused handshake of a client, or a request that is for no part of the service."""

    def on_attempt(self, record: EventRecord, wait: float) -> None:
        """Observe an event on its way to an event handler, at the start and the end of an attempt.

        :param record: The attempts that have ended. :meth:`on_event` follows when there are no more.
        :param wait: Seconds until the next attempt, on the emulator's clock; 0 while one is being made.
        """

    def on_event(self, record: EventRecord) -> None:
        """Observe a call to an event handler, after it has ended."""

    def on_connected(self, client: ClientInfo) -> None:
        """Observe a new client."""

    def on_phase(self, client: ClientInfo, phase: Phase) -> None:
        """Observe a client that lost its socket, came back, or is about to end."""

    def on_ended(self, client: ClientInfo, reason: str) -> None:
        """Observe that a client is gone for good."""

    def on_joined(self, client: ClientInfo, group: str) -> None:
        """Observe that a client joined a group."""

    def on_left(self, client: ClientInfo, group: str) -> None:
        """Observe that a client is no longer in a group, because it left or because it is gone."""

    def on_frame(self, client: ClientInfo, frame: Frame) -> None:
        """Observe a frame from a client, before it takes effect."""

    def on_control(self, client: ClientInfo, message: ControlMessage, frame: Frame) -> None:
        """Observe a frame to a client that carries no data, such as a greeting, an ack or a pong."""

    def on_message(self, hub: str, message: DataMessage, recipients: Sequence[Recipient]) -> None:
        """Observe a message and the clients that it was written to, which may be none."""


class Observers(Observer):
    """Passes each call on to every observer, and then evaluates the conditions that callers wait for."""

    def __init__(self, changes: Changes, *observers: Observer) -> None:
        self._changes = changes
        self._observers: Sequence[Observer] = observers

    def add(self, observer: Observer) -> None:
        """Add an observer."""
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
    def on_attempt(self, record: EventRecord, wait: float) -> None:
        self._each(lambda observer: observer.on_attempt(record, wait))

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

    def _each(self, call: Callable[[Observer], None]) -> None:
        for observer in self._observers:
            call(observer)
        self._changes.notify()
