"""Values for observers, event handlers and tests: who a client is, and what happened."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Final, NamedTuple

from azure.messaging.webpubsubservice.emulator._notebook import html_table, preview
from azure.messaging.webpubsubservice.emulator._protocol.messages import PayloadType


@dataclass(frozen=True, slots=True)
class ClientInfo:
    """The client that an event is about.

    :ivar hub: The hub's name in lower case.
    :ivar subprotocol: The negotiated subprotocol, which the event handler may have chosen. ``None`` for
        other simple clients, and before the choice (``connect``).
    :ivar host: The host that the client connected to, without the port.
    """

    hub: str
    connection_id: str
    user_id: str | None
    subprotocol: str | None
    host: str = ""


@dataclass(frozen=True, slots=True)
class EventAttempt:
    """One request to an event handler.

    :ivar status: ``None`` if there was no response.
    :ivar problem: Why the event was sent again, or failed; empty for the final response.
    """

    status: int | None
    problem: str
    seconds: float


@dataclass(frozen=True, slots=True)
class EventRecord:
    """One event that was sent to an event handler, and its outcome.

    Header names are in lower case. The signature and cookies are left out, because they would let somebody
    impersonate another.

    :ivar event: ``connect``, ``connected``, ``disconnected``, ``joined``, ``left``, or the name of a user
        event.
    :ivar type: The type of the event, such as ``azure.webpubsub.sys.connect``.
    :ivar url: The handler's address, without its query.
    :ivar attempts: Empty if the handler was not called because it failed the validation.
    :ivar status: The status of the last attempt; ``None`` if it had no response.
    :ivar failure: Why the event failed: no response, a status other than 2xx (even a refusal's), or a
        reply that does not have the documented form. Empty if it did not fail.
    :ivar seconds: The duration of all attempts, including the time between them.
    """

    client: ClientInfo
    event: str
    type: str
    url: str
    headers: Mapping[str, str] = field(repr=False)
    body: bytes = field(repr=False)
    attempts: Sequence[EventAttempt]
    status: int | None
    response_headers: Mapping[str, str] = field(repr=False)
    response_body: bytes = field(repr=False)
    failure: str
    seconds: float

    def __repr__(self) -> str:
        answer = "no response" if self.status is None else self.status
        failure = f", failed: {self.failure}" if self.failure else ""
        return (
            f"<EventRecord {self.event} of {self.client.connection_id} on hub {self.client.hub!r}, "
            f"body {preview(self.body)} -> {answer}, body {preview(self.response_body)}{failure}>"
        )

    def _repr_html_(self) -> str:
        rows = [
            ("event", self.event),
            ("type", self.type),
            ("hub", self.client.hub),
            ("connection", self.client.connection_id),
            ("user", self.client.user_id),
            ("handler", self.url),
            ("body", preview(self.body)),
            ("attempts", len(self.attempts)),
            ("status", "no response" if self.status is None else self.status),
            ("response", preview(self.response_body)),
            ("failure", self.failure or None),
        ]
        return html_table(("EventRecord", ""), rows)

    @property
    def text(self) -> str:
        """The body of the event, if it is text or JSON."""
        return self.body.decode()

    @property
    def response_text(self) -> str:
        """The body of the response, if it is text or JSON."""
        return self.response_body.decode()


@dataclass(frozen=True, slots=True)
class ConnectionInfo:
    """One client that is connected or may still come back.

    :ivar subprotocol: ``None`` for simple clients.
    """

    hub: str
    connection_id: str
    user_id: str | None
    subprotocol: str | None
    groups: frozenset[str]


class Recipient(NamedTuple):
    """A client that a message was written to."""

    connection_id: str
    user_id: str | None


_SECRETS: Final = frozenset({"access_token"})


def without_tokens(query: Mapping[str, Sequence[str]]) -> Mapping[str, Sequence[str]]:
    """Return a query whose tokens are replaced. No operation takes one there, but a program may send it."""
    if not any(name.lower() in _SECRETS for name in query):
        return query
    return {
        name: ["REDACTED"] * len(values) if name.lower() in _SECRETS else values
        for name, values in query.items()
    }


@dataclass(frozen=True, slots=True)
class RequestRecord:
    """One request to the data plane and its response.

    :ivar path: The path as sent, escapes included, without the query.
    :ivar headers: By name in lower case, without ``authorization``.
    :ivar body: ``None`` if the response was sent before the body was read.
    :ivar operation: The operation's name in the specification, such as ``WebPubSub_SendToAll``; ``None``
        if there is none.
    :ivar status: ``None`` if there was no response, because a fault reset the connection.
    :ivar recipients: The number of clients that the request's message was written to at once.
    """

    method: str
    path: str
    #: The values by name; those of ``access_token`` are ``REDACTED``.
    query: Mapping[str, Sequence[str]]
    headers: Mapping[str, str] = field(repr=False)
    body: bytes | None = field(repr=False)
    operation: str | None
    status: int | None
    recipients: int = 0

    def __repr__(self) -> str:
        query = "&".join(f"{name}={value}" for name, values in self.query.items() for value in values)
        target = f"{self.path}?{query}" if query else self.path
        answer = "no response" if self.status is None else self.status
        return f"<RequestRecord {self.method} {target} -> {answer}, body {preview(self.body)}>"

    def _repr_html_(self) -> str:
        rows = [
            ("request", f"{self.method} {self.path}"),
            *((name, ", ".join(values)) for name, values in self.query.items()),
            ("operation", self.operation or "none"),
            ("status", "no response" if self.status is None else self.status),
            ("content type", self.headers.get("content-type")),
            ("body", preview(self.body)),
        ]
        return html_table(("RequestRecord", ""), rows)


@dataclass(frozen=True, slots=True)
class Delivery:
    """One message written to one client's socket. After a recovery, a message may be written again.

    :ivar data: As it was sent; UTF-8 for text and JSON.
    :ivar group: The group that it was published to; ``None`` for messages to connections, users and the
        whole hub.
    """

    hub: str
    connection_id: str
    user_id: str | None
    data_type: PayloadType
    data: bytes
    group: str | None
    from_user_id: str | None

    def __repr__(self) -> str:
        user = "" if self.user_id is None else f" of user {self.user_id!r}"
        group = "" if self.group is None else f" in group {self.group!r}"
        sender = "" if self.from_user_id is None else f" from user {self.from_user_id!r}"
        return (
            f"<Delivery to {self.connection_id}{user} on hub {self.hub!r}{group}{sender}: "
            f"{self.data_type.value} {preview(self.data)}>"
        )

    def _repr_html_(self) -> str:
        rows = [
            ("hub", self.hub),
            ("connection", self.connection_id),
            ("user", self.user_id),
            ("group", self.group),
            ("from user", self.from_user_id),
            ("type", self.data_type.value),
            ("data", preview(self.data)),
        ]
        return html_table(("Delivery", ""), rows)

    @property
    def text(self) -> str:
        """The data of a text or JSON message."""
        return self.data.decode()
