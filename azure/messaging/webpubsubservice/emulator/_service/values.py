"""Values that say who a client is and what happened: what observers, event handlers and tests get to see."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import NamedTuple

from azure.messaging.webpubsubservice.emulator._protocol.messages import PayloadType


@dataclass(frozen=True, slots=True)
class ClientInfo:
    """The client that an event is about."""

    #: The hub's name in lower case.
    hub: str
    connection_id: str
    user_id: str | None
    #: The negotiated subprotocol, which may be one of the event handler's own; ``None`` for other simple
    #: clients, and while it is not chosen yet (``connect``).
    subprotocol: str | None


@dataclass(frozen=True, slots=True)
class ConnectionInfo:
    """One client that is connected, or that may still come back."""

    hub: str
    connection_id: str
    user_id: str | None
    #: ``None`` for simple clients.
    subprotocol: str | None
    groups: frozenset[str]


class Recipient(NamedTuple):
    """A client that a message was written to."""

    connection_id: str
    user_id: str | None


@dataclass(frozen=True, slots=True)
class RequestRecord:
    """One request to the data plane and its response."""

    method: str
    #: The path as sent, escapes included, without the query.
    path: str
    query: Mapping[str, Sequence[str]]
    #: By lower-case name, without ``authorization``.
    headers: Mapping[str, str] = field(repr=False)
    #: ``None`` if the response was sent before the body was read.
    body: bytes | None = field(repr=False)
    #: The operation's name in the specification, such as ``WebPubSub_SendToAll``; ``None`` for no operation.
    operation: str | None
    #: ``None`` if there was no response, because a fault reset the connection.
    status: int | None


@dataclass(frozen=True, slots=True)
class Delivery:
    """One message written to one client's socket. A recovery writes again what was not acknowledged."""

    hub: str
    connection_id: str
    user_id: str | None
    data_type: PayloadType
    #: As it was sent; UTF-8 for text and JSON.
    data: bytes
    #: The group it was published to; ``None`` for messages to connections, users and the whole hub.
    group: str | None
    from_user_id: str | None

    @property
    def text(self) -> str:
        """The data of a text or JSON message."""
        return self.data.decode()
