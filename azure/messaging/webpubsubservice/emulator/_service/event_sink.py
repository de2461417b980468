"""Where the events of clients go: the seam between the emulator and event handlers.

The emulator calls an :class:`EventSink`, which may do nothing, be part of a test, or call an HTTP endpoint
with CloudEvents. Calls for one connection never overlap, and come in this order: ``connect``, ``connected``,
any number of ``user_event``, ``disconnected``. ``disconnected`` follows every ``connect`` that returned, even
if the client left before the upgrade, so a sink can keep data by connection id until then. A connection that
recovers causes no events.
"""

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Protocol, runtime_checkable

from azure.messaging.webpubsubservice._keywords import explain_calls
from azure.messaging.webpubsubservice.emulator._names import is_group, is_id
from azure.messaging.webpubsubservice.emulator._protocol.messages import Payload, PayloadType, SendEvent
from azure.messaging.webpubsubservice.emulator._validation import check, is_integer, is_texts

from .values import ClientInfo


@dataclass(frozen=True, slots=True)
class ConnectRequest:
    """A client that asks to connect. Its token was accepted.

    ``query`` and ``headers`` do not contain ``access_token`` and ``Authorization``.
    """

    client: ClientInfo
    claims: Mapping[str, Sequence[str]]
    query: Mapping[str, Sequence[str]]
    headers: Mapping[str, Sequence[str]]
    subprotocols: Sequence[str]


@explain_calls
@dataclass(frozen=True, slots=True)
class ConnectReply:
    """The handler's changes to the connection; ``None`` keeps the values from the token."""

    user_id: str | None = None
    groups: Sequence[str] | None = None
    roles: Sequence[str] | None = None
    subprotocol: str | None = None

    def check(self, offered: Collection[str]) -> None:
        """Check the reply to a client that offers these subprotocols.

        :raises EventFailedError: The service would not accept such a client.
        """
        for name in ("groups", "roles"):
            if getattr(self, name) is not None and not is_texts(getattr(self, name)):
                raise EventFailedError(f"the reply has {name} that are not a list of texts")
        if self.subprotocol is not None and self.subprotocol not in offered:
            raise EventFailedError(
                f"the reply chooses the subprotocol {self.subprotocol!r}, which the client does not offer"
            )
        for group in self.groups or ():
            if not is_group(group):
                raise EventFailedError(f"the reply has the group {group!r}, which is not a valid name")
        if self.user_id not in (None, "") and not is_id(self.user_id):
            raise EventFailedError(f"the reply has the user id {self.user_id!r}, which is not a valid one")


@explain_calls
@dataclass(frozen=True, slots=True)
class EventReply:
    """A message with metadata to the client that sent an event."""

    payload: Payload
    metadata: Mapping[str, str] = field(default_factory=dict)


_SHOWN = 200  # bytes of a handler's reason that go into the log


def shown_reason(body: bytes) -> str:
    """Return the end of a sentence about a response that is an error: its body, if it has one."""
    return f": {body[:_SHOWN].decode(errors='replace')!r}" if body else ""


@explain_calls
class ConnectRejectedError(Exception):
    """The handler refuses the client. The client gets this response instead of an upgrade.

    :raises ValueError: There is no such response.
    """

    def __init__(self, status: int, body: bytes = b"", content_type: str | None = None) -> None:
        valid = is_integer(status, 100, 999) and not 200 <= status <= 299
        check(valid, "status", status, "an HTTP status other than 200 to 299")
        check(isinstance(body, bytes), "body", body, "bytes")
        super().__init__(f"the connect event handler responded with {status}{shown_reason(body)}")
        self.status = status
        self.body = body
        self.content_type = content_type


@explain_calls
class EventFailedError(Exception):
    """The event has no handler, or its handler failed. The message goes only into the emulator's log.

    :param logged: Whether the failure was logged already.
    """

    def __init__(self, reason: str, *, logged: bool = False) -> None:
        super().__init__(reason)
        self.logged = logged


class EventSink(Protocol):
    """A receiver of the clients' events."""

    async def connect(self, event: ConnectRequest) -> ConnectReply:
        """Decide about a client before its upgrade.

        :raises ConnectRejectedError: The client is refused.
        :raises EventFailedError: There is no decision. The client is refused with 500.
        """
        ...

    async def connected(self, client: ClientInfo) -> None:
        """Handle the event of a client that has connected. The client does not wait for this."""
        ...

    async def disconnected(self, client: ClientInfo, reason: str) -> None:
        """Handle the event of a client that is gone for good. Nobody waits for this."""
        ...

    async def user_event(self, client: ClientInfo, event: SendEvent) -> Payload | EventReply | None:
        """Handle a user event. A returned payload is sent to this client as a message before the ack.

        A simple client's frames arrive as the event ``message``.

        :raises EventFailedError: No handler accepts the event, or it failed.
        """
        ...

    async def close(self) -> None:
        """Free resources, because the emulator stops. No call follows."""


@runtime_checkable
class PresenceSink(Protocol):
    """More methods that an :class:`EventSink` may have, for clients that join and leave groups.

    These events come between ``connected`` and ``disconnected``, in order with the connection's others.
    """

    def handles_presence(self, hub: str, event: str, group: str) -> bool:
        """Return whether to call ``joined`` or ``left`` for this group."""
        ...

    async def joined(self, client: ClientInfo, group: str) -> None:
        """Handle the event of a client that joined a group. Nobody waits for this."""
        ...

    async def left(self, client: ClientInfo, group: str) -> None:
        """Handle the event of a client that is no longer in a group. Nobody waits for this."""
        ...


class NoEventHandlers:
    """The default: every client may connect as its token says, and no user event has a handler."""

    async def connect(self, event: ConnectRequest) -> ConnectReply:  # noqa: ARG002 - the seam's signature
        """Accept the client as its token says."""
        return ConnectReply()

    async def connected(self, client: ClientInfo) -> None:
        """Do nothing."""

    async def disconnected(self, client: ClientInfo, reason: str) -> None:
        """Do nothing."""

    async def user_event(self, client: ClientInfo, event: SendEvent) -> Payload | None:
        """Refuse the event, because there is no handler."""
        raise EventFailedError(f"hub {client.hub!r} has no event handler for {event.event!r}")

    async def close(self) -> None:
        """Do nothing."""


def is_reply(value: object) -> bool:
    """Return whether a sink's value is a reply that can be sent."""
    payload = value.payload if isinstance(value, EventReply) else value
    return (
        isinstance(payload, Payload)
        and isinstance(payload.data_type, PayloadType)
        and isinstance(payload.data, bytes)
    )


def is_sink(value: object) -> bool:
    """Return whether an object has the methods of an :class:`EventSink`."""
    names = ("connect", "connected", "disconnected", "user_event", "close")
    return all(callable(getattr(value, name, None)) for name in names)
