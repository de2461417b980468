"""The events, with the responses to each."""

from __future__ import annotations

import base64
import json as _json
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any, Final, Literal, NoReturn, TypeAlias

from azure.messaging.webpubsubservice._arguments import list_of_texts
from azure.messaging.webpubsubservice._keywords import explain_calls
from azure.messaging.webpubsubservice._roles import warn_about_roles

from ._responses import (
    TEXT,
    EventError,
    EventResponse,
    dump,
    encode_text,
    is_header_value,
    known_charset,
    media_type,
    metadata_headers,
    state_headers,
)

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from azure.messaging.webpubsubservice._arguments import Texts

DataType: TypeAlias = Literal["text", "json", "binary", "protobuf"]
"""The type of data that a client declares."""

DATA_TYPES: Final[Mapping[str, DataType]] = {
    "text/plain": "text",
    "application/json": "json",
    "application/octet-stream": "binary",
    "application/x-protobuf": "protobuf",
}


@explain_calls
@dataclass(frozen=True, slots=True)
class ValidationRequest:
    """The service asks whether it may send events here, before it sends any (CloudEvents' abuse protection).

    :ivar origins: The hosts that ask, such as ``contoso.webpubsub.azure.com``.
    """

    origins: tuple[str, ...]

    def allow(self, *hosts: str) -> EventResponse:
        """Answer with 200 if one of these hosts asks, otherwise with 403.

        :param hosts: The hosts of the resources whose events you handle, at least one.
        :raises TypeError: There is no host, or something that is not a string.
        :raises ValueError: A host is empty, or a URL.
        """
        if not hosts:
            raise TypeError("allow() needs the hosts of your resources; allow_any() lets every resource send")
        for host in hosts:
            if not isinstance(host, str):
                raise TypeError(f"a host must be a str, not {type(host).__name__}")
            if host == "*":
                raise ValueError("a host must be a name, not '*'; allow_any() lets every resource send")
            if not host.strip() or "/" in host:
                raise ValueError(f"a host must be a name such as 'contoso.webpubsub.azure.com', not {host!r}")
        allowed = {host.lower() for host in hosts}
        for origin in self.origins:
            if origin.lower() in allowed:
                return EventResponse(200, {"WebHook-Allowed-Origin": origin})
        return EventResponse(403)

    def allow_any(self) -> EventResponse:
        """Answer with 200: every resource may send events here. Signatures still show which are yours."""
        return EventResponse(200, {"WebHook-Allowed-Origin": "*"})


@dataclass(frozen=True, slots=True, kw_only=True)
class _ClientEvent:
    """The attributes of every event.

    :ivar hub: The hub.
    :ivar connection_id: The client's connection.
    :ivar user_id: The client's user, or None for an anonymous client.
    :ivar subprotocol: The WebSocket subprotocol in use, or None.
    :ivar connection_state: The state that your last answer set for the connection, as a string, or None.
    :ivar origin: The host of the resource, such as ``contoso.webpubsub.azure.com``, or None.
    :ivar id: The number of the event within its connection, or None.
    :ivar time: When it happened, in RFC 3339, or None.
    """

    hub: str
    connection_id: str
    user_id: str | None = None
    subprotocol: str | None = None
    connection_state: str | None = field(default=None, repr=False)
    origin: str | None = None
    id: str | None = None
    time: str | None = None

    @property
    def state(self) -> dict[str, Any]:
        """The JSON object in ``connection_state``, as the service's SDKs write it; empty if there is none.

        :raises EventError: The state is something else. Read it from ``connection_state``.
        """
        if not self.connection_state:
            return {}
        try:
            state = _json.loads(base64.b64decode(self.connection_state, validate=True))
        except (ValueError, RecursionError):
            state = None
        if not isinstance(state, dict):
            raise EventError("ce-connectionState is not a JSON object in base64")
        return state

    def done(self) -> EventResponse:
        """Answer with 204: the event was handled, and nothing changes."""
        return EventResponse(204)


@dataclass(frozen=True, slots=True, kw_only=True)
class _BlockingEvent(_ClientEvent):
    @explain_calls
    def reject(self, status: int = 401, message: str = "") -> EventResponse:
        """Answer with an error.

        A client that wants to connect gets this status and text instead of a connection. If a user event
        fails, the service drops the connection, according to its documentation.

        :param status: 400 to 499.
        :param message: The reason, as text.
        """
        if isinstance(status, bool) or not isinstance(status, int):
            raise TypeError(f"status must be an int, not {type(status).__name__}")
        if not 400 <= status <= 499:
            raise ValueError(f"status must be from 400 to 499, not {status!r}")
        if not isinstance(message, str):
            raise TypeError(f"message must be a str, not {type(message).__name__}")
        return EventResponse(status, {"Content-Type": TEXT}, encode_text("message", message, "utf-8"))


@explain_calls
@dataclass(frozen=True, slots=True, kw_only=True)
class ConnectEvent(_BlockingEvent):
    """A client wants to connect, and waits for your answer.

    :ivar claims: The claims of its token: a tuple of texts for each name.
    :ivar query: The parameters of its URL, without the token: a tuple of texts for each name.
    :ivar headers: The headers of its request: a tuple of texts for each name.
    :ivar subprotocols: The WebSocket subprotocols that it offers.
    :ivar certificates: The SHA-1 thumbprints of its TLS certificates.
    """

    claims: Mapping[str, Sequence[str]] = field(default_factory=dict, repr=False)
    query: Mapping[str, Sequence[str]] = field(default_factory=dict, repr=False)
    headers: Mapping[str, Sequence[str]] = field(default_factory=dict, repr=False)
    subprotocols: tuple[str, ...] = ()
    certificates: tuple[str, ...] = ()

    @explain_calls
    def accept(
        self,
        *,
        user_id: str | None = None,
        groups: Texts | None = None,
        roles: Texts | None = None,
        subprotocol: str | None = None,
        state: Mapping[str, Any] | None = None,
        connection_state: str | None = None,
    ) -> EventResponse:
        """Accept the client. Anything that you leave out stays as its token says.

        The service refuses a client that has no user ID from its token or from you, unless the hub allows
        anonymous clients.

        :keyword user_id: The client's user.
        :keyword groups: Groups that it joins at once; it needs no role for them. ``[]`` keeps those in the
            token.
        :keyword roles: Roles such as ``webpubsub.sendToGroup.chat``; ``[]`` removes those in the token.
        :keyword subprotocol: One of those that the client offers.
        :keyword state: An object that every later event of this connection has as its ``state``.
        :keyword connection_state: The same as a string in a format of your own; see :attr:`connection_state`.
        :raises TypeError: A value is of the wrong type, such as one ``str`` where a list is expected.
        :raises ValueError: The service or the client would refuse a value.
        """
        if user_id is not None and not isinstance(user_id, str):
            raise TypeError(f"user_id must be a str, not {type(user_id).__name__}")
        if user_id is not None and not user_id.strip():
            raise ValueError("user_id must not be blank; leave it out for the user of the token")
        changes: dict[str, Any] = {
            "userId": user_id,
            "groups": None if groups is None else _groups(groups),
            "roles": None if roles is None else list_of_texts("roles", roles),
            "subprotocol": self._offered(subprotocol),
        }
        warn_about_roles(changes["roles"] or (), 3)
        body = {name: value for name, value in changes.items() if value is not None}
        headers = state_headers(state, connection_state)
        if not body:
            return EventResponse(204, headers)
        return EventResponse(200, {"Content-Type": "application/json"} | headers, dump("the reply", body))

    def _offered(self, subprotocol: str | None) -> str | None:
        if subprotocol is not None and subprotocol not in self.subprotocols:
            offered = ", ".join(self.subprotocols) or "none"
            raise ValueError(
                f"subprotocol must be one that the client offers ({offered}), not {subprotocol!r}"
            )
        return subprotocol


def _groups(groups: Texts) -> tuple[str, ...]:
    names = list_of_texts("groups", groups)
    for name in names:
        if len(name) > 1024:
            raise ValueError(f"groups contains a name of {len(name)} characters; it may have at most 1024.")
    return names


@explain_calls
@dataclass(frozen=True, slots=True, kw_only=True)
class ConnectedEvent(_ClientEvent):
    """A client has connected. The service does not wait for your answer."""


@explain_calls
@dataclass(frozen=True, slots=True, kw_only=True)
class DisconnectedEvent(_ClientEvent):
    """A client has disconnected. The service does not wait for your answer.

    :ivar reason: The reason, as text for people, or None.
    """

    reason: str | None = None


@explain_calls
@dataclass(frozen=True, slots=True, kw_only=True)
class GroupJoinedEvent(_ClientEvent):
    """A client has joined a group. The service does not wait for your answer.

    It sends this event and :class:`GroupLeftEvent` only to handlers whose settings ask for them.

    :ivar group: The group.
    """

    group: str


@explain_calls
@dataclass(frozen=True, slots=True, kw_only=True)
class GroupLeftEvent(_ClientEvent):
    """A client has left a group, or disconnected. The service does not wait for your answer.

    :ivar group: The group.
    """

    group: str


@explain_calls
@dataclass(frozen=True, slots=True, kw_only=True)
class UserEvent(_BlockingEvent):
    """A client sends you a message, and may wait for your answer.

    :ivar name: The event's name. It is ``message`` for a client without a subprotocol.
    :ivar data_type: The type of data that the client declares.
    :ivar content: The data.
    :ivar content_type: The media type of the data, as it was sent.
    :ivar metadata: Texts that the client adds to the data, with names in lower case.
    """

    name: str
    data_type: DataType = "binary"
    content: bytes = field(default=b"", repr=False)
    content_type: str | None = None
    metadata: Mapping[str, str] = field(default_factory=dict)

    if not TYPE_CHECKING:  # which would take any name for an attribute

        def __getattr__(self, name: str) -> NoReturn:
            hint = ": call text() or json(), or read content" if name in ("data", "body") else ""
            raise AttributeError(f"{type(self).__name__!r} object has no attribute {name!r}{hint}")

    def text(self) -> str:
        """Return the data as text.

        :raises EventError: It is not text.
        """
        charset = media_type(self.content_type)[1] or "utf-8"
        try:
            return self.content.decode(known_charset(charset))
        except (LookupError, ValueError):
            raise EventError(f"the data of the event {self.name!r} is not text in {charset}") from None

    def json(self) -> Any:
        """Return the data as a JSON value.

        :raises EventError: It is not JSON.
        """
        try:
            return _json.loads(self.content)
        except (ValueError, RecursionError):
            raise EventError(f"the data of the event {self.name!r} is not JSON") from None

    @explain_calls
    def reply(
        self,
        *,
        json: Any = None,
        content: str | bytes | None = None,
        content_type: str | None = None,
        metadata: Mapping[str, str] | None = None,
        state: Mapping[str, Any] | None = None,
        connection_state: str | None = None,
    ) -> EventResponse:
        """Answer, with or without a message to this client.

        :keyword json: A value to send as JSON.
        :keyword content: Text or bytes to send instead.
        :keyword content_type: The type of ``content``. The default is ``text/plain`` for text and
            ``application/octet-stream`` for bytes; the service also knows ``application/json`` and
            ``application/x-protobuf``.
        :keyword metadata: Texts that go with the message, by name: header names, with values of printable
            ASCII. A client without a subprotocol does not see them.
        :keyword state: An object that every later event of this connection has as its ``state``.
        :keyword connection_state: The same as a string in a format of your own; see :attr:`connection_state`.
        :raises TypeError: A value is of the wrong type.
        :raises ValueError: The service would refuse a value.
        """
        headers = state_headers(state, connection_state) | metadata_headers(metadata)
        if json is not None:
            if content is not None:
                raise ValueError("json and content are two answers: pass only one")
            content = dump("json", json)
            content_type = "application/json" if content_type is None else content_type
        if content is None:
            if content_type is not None:
                raise ValueError("content_type is given without content")
            return EventResponse(204, headers)
        if content_type is None:
            content_type = TEXT if isinstance(content, str) else "application/octet-stream"
        return EventResponse(200, {"Content-Type": content_type} | headers, _encoded(content, content_type))


def _encoded(content: object, content_type: str) -> bytes:
    """Return content as bytes, if the service knows its type."""
    if not isinstance(content_type, str):
        raise TypeError(f"content_type must be a str, not {type(content_type).__name__}")
    kind, charset = media_type(content_type)
    if kind not in DATA_TYPES or not is_header_value(content_type):
        raise ValueError(f"content_type must be one of {', '.join(DATA_TYPES)}, not {content_type!r}")
    if isinstance(content, str):
        return encode_text("content", content, charset or "utf-8")
    if isinstance(content, (bytes, bytearray, memoryview)):
        return bytes(content)
    raise TypeError(f"content must be str or bytes, not {type(content).__name__}; pass other values as json")


Event: TypeAlias = (
    ValidationRequest
    | ConnectEvent
    | ConnectedEvent
    | DisconnectedEvent
    | GroupJoinedEvent
    | GroupLeftEvent
    | UserEvent
)
