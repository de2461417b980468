"""Event handlers: understand the requests that Azure Web PubSub makes to your server, and answer them.

The service tells an event handler what its clients do, with HTTP requests in CloudEvents' binary mode
("CloudEvents extension for Azure Web PubSub event handler with HTTP protocol" in its documentation). This
module turns such a request into a typed event, and your decision into a response. It knows no web framework
and does no I/O, so that it works with every one::

    @app.route("/eventhandler", methods=["OPTIONS", "POST"])
    def eventhandler():
        try:
            event = parse_event(request.method, request.headers, request.get_data(), access_keys=[KEY])
            match event:
                case ValidationRequest():
                    response = event.allow("contoso.webpubsub.azure.com")
                case ConnectEvent():
                    response = event.accept(user_id="alice", roles=["webpubsub.sendToGroup.chat"])
                case UserEvent(name="message"):
                    response = event.reply(content=event.text().upper())
                case _:
                    response = event.done()
        except EventError as error:
            response = error.response
        return response.body, response.status, response.headers

Anybody who knows a handler's address can reach it. :func:`parse_event` checks the signature of every event,
which only the service can make. It covers the connection's id, not the rest of the request, so the address
has to be HTTPS.
"""

from __future__ import annotations

import base64
import hashlib
import hmac
import json as _json
import re
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from email.message import Message
from typing import Any, Final, Literal, Protocol, TypeAlias

__all__ = [
    "ConnectEvent",
    "ConnectedEvent",
    "DataType",
    "DisconnectedEvent",
    "Event",
    "EventError",
    "EventResponse",
    "SignatureError",
    "UserEvent",
    "ValidationRequest",
    "parse_event",
    "verify_signature",
]

DataType: TypeAlias = Literal["text", "json", "binary", "protobuf"]


@dataclass(frozen=True, slots=True)
class EventResponse:
    """What to answer the service: hand its three parts to your web framework.

    :ivar status: The HTTP status.
    :ivar headers: The headers, without ``Content-Length``.
    :ivar body: The body, empty for 204.
    """

    status: int
    headers: Mapping[str, str] = field(default_factory=dict)
    body: bytes = b""


class EventError(ValueError):
    """The request is not an event of the service."""

    status = 400

    @property
    def response(self) -> EventResponse:
        """The answer to such a request: its status, with this error's text."""
        return EventResponse(self.status, {"Content-Type": _TEXT}, str(self).encode())


class SignatureError(EventError):
    """The request is not signed with any of the access keys."""

    status = 401


def verify_signature(signature: str | None, connection_id: str, access_keys: Iterable[str]) -> bool:
    """Whether a ``ce-signature`` was made with one of the keys, in a time that tells nothing about them.

    The service signs with its primary and its secondary key: ``sha256=<hex>,sha256=<hex>``, each an
    HMAC-SHA256 of the connection's id. Give the keys you know; one match is enough, so that keys can be
    rotated one by one.

    :param signature: The value of the header, or None without one.
    :param connection_id: The value of ``ce-connectionId``.
    :param access_keys: Access keys as they stand in connection strings.
    :raises ValueError: There is no key, or an empty one, with which anybody could sign.
    """
    if isinstance(access_keys, str):
        raise TypeError("access_keys must be several strings, such as [key], not one")
    keys = list(access_keys)
    if not keys or not all(keys):
        raise ValueError("access_keys must be one or more access keys, none of them empty")
    message = connection_id.encode(errors="surrogatepass")
    expected = [
        f"sha256={hmac.new(key.encode(), message, hashlib.sha256).hexdigest()}".encode() for key in keys
    ]
    found = False
    for given in (signature or "").split(","):
        value = given.strip().lower().encode(errors="surrogatepass")
        for one in expected:
            found |= hmac.compare_digest(value, one)
    return found


@dataclass(frozen=True, slots=True)
class ValidationRequest:
    """The service asks whether it may send events here, before it sends any (CloudEvents' abuse protection).

    :ivar origins: The hosts that ask, such as ``contoso.webpubsub.azure.com``.
    """

    origins: tuple[str, ...]

    def allow(self, *hosts: str) -> EventResponse:
        """Answer 200 if one of these hosts asks, else 403.

        :param hosts: The hosts of the resources whose events you handle. Without any, everybody may send; the
            signatures of the events still tell who did.
        """
        if not hosts:
            return EventResponse(200, {"WebHook-Allowed-Origin": "*"})
        allowed = {host.lower() for host in hosts}
        for origin in self.origins:
            if origin.lower() in allowed:
                return EventResponse(200, {"WebHook-Allowed-Origin": origin})
        return EventResponse(403)


@dataclass(frozen=True, slots=True, kw_only=True)
class _ClientEvent:
    """What every event says.

    :ivar hub: The hub.
    :ivar connection_id: The client's connection.
    :ivar user_id: The client's user, or None for an anonymous client.
    :ivar subprotocol: The WebSocket subprotocol in use, or None.
    :ivar connection_state: What your last answer left with the connection, as the service keeps it: a string.
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
        """The JSON object in ``connection_state``, as SDKs of the service write it; empty without one.

        :raises EventError: The state is something else. It is there to read in ``connection_state``.
        """
        if not self.connection_state:
            return {}
        try:
            state = _json.loads(base64.b64decode(self.connection_state, validate=True))
        except ValueError:
            state = None
        if not isinstance(state, dict):
            raise EventError("ce-connectionState is not a JSON object in base64")
        return state

    def done(self) -> EventResponse:
        """Answer 204: the event was taken, and nothing changes."""
        return EventResponse(204)


@dataclass(frozen=True, slots=True, kw_only=True)
class _BlockingEvent(_ClientEvent):
    def reject(self, status: int = 401, message: str = "") -> EventResponse:
        """Answer with an error.

        A client that wants to connect gets this status and text instead of a connection. A user event fails,
        and by its documentation the service drops the connection.

        :param status: 400 to 499.
        :param message: The reason, as text.
        """
        if not 400 <= status <= 499:
            raise ValueError(f"status must be from 400 to 499, not {status!r}")
        return EventResponse(status, {"Content-Type": _TEXT}, message.encode())


@dataclass(frozen=True, slots=True, kw_only=True)
class ConnectEvent(_BlockingEvent):
    """A client wants to connect, and waits for your answer.

    :ivar claims: The claims of its token.
    :ivar query: The parameters of its URL, without the token.
    :ivar headers: The headers of its request.
    :ivar subprotocols: The WebSocket subprotocols it offers.
    :ivar certificates: The SHA-1 thumbprints of its TLS certificates.
    """

    claims: Mapping[str, Sequence[str]] = field(default_factory=dict, repr=False)
    query: Mapping[str, Sequence[str]] = field(default_factory=dict, repr=False)
    headers: Mapping[str, Sequence[str]] = field(default_factory=dict, repr=False)
    subprotocols: tuple[str, ...] = ()
    certificates: tuple[str, ...] = ()

    def accept(
        self,
        *,
        user_id: str | None = None,
        groups: Sequence[str] | None = None,
        roles: Sequence[str] | None = None,
        subprotocol: str | None = None,
        state: Mapping[str, Any] | None = None,
        connection_state: str | None = None,
    ) -> EventResponse:
        """Let the client in. What you leave out stays as its token says.

        The service refuses a client that has no user ID either by its token or from you, unless the hub lets
        anonymous clients in.

        :keyword user_id: The client's user.
        :keyword groups: Groups to join at once, without a role for them; ``[]`` leaves those of the token.
        :keyword roles: Roles such as ``webpubsub.sendToGroup.chat``; ``[]`` takes those of the token away.
        :keyword subprotocol: One of those the client offers.
        :keyword state: An object to find in the ``state`` of every later event of this connection.
        :keyword connection_state: The same as a string of your own; see :attr:`connection_state`.
        :raises ValueError: A value that the service or the client would refuse.
        """
        if user_id is not None and (not user_id or user_id.isspace()):
            raise ValueError("user_id must not be blank; leave it out for the user of the token")
        for group in _strings("groups", groups) or ():
            if not 1 <= len(group) <= 1024 or group.isspace():
                raise ValueError(
                    f"groups must be names of 1 to 1024 characters, not all white space: {group!r}"
                )
        if subprotocol is not None and subprotocol not in self.subprotocols:
            offered = ", ".join(self.subprotocols) or "none"
            raise ValueError(
                f"subprotocol must be one that the client offers ({offered}), not {subprotocol!r}"
            )
        changes = {
            "userId": user_id,
            "groups": _strings("groups", groups),
            "roles": _strings("roles", roles),
            "subprotocol": subprotocol,
        }
        body = {name: value for name, value in changes.items() if value is not None}
        headers = _state_headers(state, connection_state)
        if not body:
            return EventResponse(204, headers)
        return EventResponse(200, {"Content-Type": "application/json"} | headers, _dump(body))


@dataclass(frozen=True, slots=True, kw_only=True)
class ConnectedEvent(_ClientEvent):
    """A client is connected. The service does not wait for your answer."""


@dataclass(frozen=True, slots=True, kw_only=True)
class DisconnectedEvent(_ClientEvent):
    """A client is gone. The service does not wait for your answer.

    :ivar reason: Why, in words for a person, or None.
    """

    reason: str | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class UserEvent(_BlockingEvent):
    """A client sends you a message, and may wait for your answer.

    :ivar name: The event that the client names. It is ``message`` for a client without a subprotocol.
    :ivar data_type: What the client says its data is.
    :ivar content: The data.
    :ivar content_type: The media type of the data, as it was sent.
    :ivar metadata: What the client adds to the data: names in lower case, and texts.
    """

    name: str
    data_type: DataType = "binary"
    content: bytes = field(default=b"", repr=False)
    content_type: str | None = None
    metadata: Mapping[str, str] = field(default_factory=dict)

    def text(self) -> str:
        """Read the data as text.

        :raises EventError: It is not text.
        """
        charset = _media_type(self.content_type)[1] or "utf-8"
        try:
            return self.content.decode(charset)
        except (LookupError, ValueError):
            raise EventError(f"the data of the event {self.name!r} is not text in {charset}") from None

    def json(self) -> Any:
        """Read the data as JSON.

        :raises EventError: It is not JSON.
        """
        try:
            return _json.loads(self.content)
        except (ValueError, RecursionError):
            raise EventError(f"the data of the event {self.name!r} is not JSON") from None

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
        """Answer with a message to this client, or with none.

        :keyword json: A value to send as JSON.
        :keyword content: Text or bytes to send instead.
        :keyword content_type: The type of ``content``. Text is ``text/plain`` and bytes are
            ``application/octet-stream`` by default; ``application/json`` and ``application/x-protobuf`` are
            the others that the service knows.
        :keyword metadata: Texts that go with the message, by name: names as of headers, values of printable
            ASCII. A client without a subprotocol does not see them.
        :keyword state: An object to find in the ``state`` of every later event of this connection.
        :keyword connection_state: The same as a string of your own; see :attr:`connection_state`.
        :raises ValueError: A value that the service would refuse.
        """
        if json is not None:
            if content is not None:
                raise ValueError("json and content are two answers; give one")
            content, content_type = _dump(json), content_type or "application/json"
        elif content is None and content_type is not None:
            raise ValueError("content_type is given without content")
        headers = _state_headers(state, connection_state) | _metadata_headers(metadata or {})
        if content is None:
            return EventResponse(204, headers)
        if content_type is None:
            content_type = _TEXT if isinstance(content, str) else "application/octet-stream"
        media_type, charset = _media_type(content_type)
        if media_type not in _DATA_TYPES:
            raise ValueError(f"content_type must be one of {', '.join(_DATA_TYPES)}, not {content_type!r}")
        body = content.encode(charset or "utf-8") if isinstance(content, str) else bytes(content)
        return EventResponse(200, {"Content-Type": content_type} | headers, body)


Event: TypeAlias = ValidationRequest | ConnectEvent | ConnectedEvent | DisconnectedEvent | UserEvent


class _HasItems(Protocol):
    def items(self) -> Iterable[tuple[str, str]]: ...


Headers: TypeAlias = _HasItems | Iterable[tuple[str, str]] | Iterable[tuple[bytes, bytes]]
"""Header fields as any web framework has them: an object with ``items()``, or pairs."""


def parse_event(method: str, headers: Headers, body: bytes, *, access_keys: Iterable[str] | None) -> Event:
    """Understand a request to an event handler.

    :param method: The HTTP method: ``POST`` for events, ``OPTIONS`` (or ``GET``) for the validation.
    :param headers: The headers: anything with ``items()``, or pairs of names and values; names in any case.
        Text is taken for Latin-1, which is how WSGI and ASGI hand over the bytes on the wire. A framework
        that decodes them in another way has them as bytes, too: with aiohttp, give ``request.raw_headers``.
    :param body: The whole body.
    :keyword access_keys: The access keys of the resource, one or both; see :func:`verify_signature`. ``None``
        takes any request for one of the service: only for servers that nobody else can reach.
    :raises SignatureError: The request does not come from the service; answer with the error's ``response``.
    :raises EventError: The request is no event; answer with the error's ``response``.
    """
    fields = _Fields(headers)
    if method.upper() in ("OPTIONS", "GET"):
        origins = fields.required("WebHook-Request-Origin")
        return ValidationRequest(tuple(origin.strip() for origin in origins.split(",")))
    if method.upper() != "POST":
        raise EventError(f"events come by POST, not by {method}")
    kind = fields.required("ce-type")
    name = fields.required("ce-eventName")
    client: dict[str, Any] = {
        "hub": fields.required("ce-hub"),
        "connection_id": fields.required("ce-connectionId"),
        "user_id": fields.get("ce-userId"),
        "subprotocol": fields.get("ce-subprotocol"),
        "connection_state": fields.get("ce-connectionState"),
        "origin": fields.get("WebHook-Request-Origin"),
        "id": fields.get("ce-id"),
        "time": fields.get("ce-time"),
    }
    if access_keys is not None and not verify_signature(
        fields.get("ce-signature"), client["connection_id"], access_keys
    ):
        raise SignatureError("ce-signature was not made with any of the access keys")
    if kind in _SYSTEM_EVENTS:
        return _SYSTEM_EVENTS[kind](client, body)
    if not kind.startswith("azure.webpubsub.user."):
        raise EventError(f"ce-type is {kind!r}, which is no event of this service")
    content_type = fields.get("Content-Type")
    data_type = _DATA_TYPES.get(_media_type(content_type)[0], "binary")
    return UserEvent(
        **client,
        name=name,
        data_type=data_type,
        content=bytes(body),
        content_type=content_type,
        metadata=fields.beginning(_METADATA_PREFIX),
    )


class _Fields:
    """Header fields by lower-case name."""

    def __init__(self, headers: Headers) -> None:
        items = getattr(headers, "items", None)
        pairs: Any = headers if items is None else items()
        self._values: dict[str, str] = {}
        for name, value in pairs:
            key = _header_text(name).lower()
            text = _header_text(value)
            self._values[key] = f"{self._values[key]},{text}" if key in self._values else text

    def get(self, name: str) -> str | None:
        return self._values.get(name.lower()) or None

    def required(self, name: str) -> str:
        value = self.get(name)
        if value is None:
            raise EventError(f"the request has no header {name}: it is no event of the service")
        return value

    def beginning(self, prefix: str) -> dict[str, str]:
        start = prefix.lower()
        return {name[len(start) :]: value for name, value in self._values.items() if name.startswith(start)}


def _header_text(value: str | bytes) -> str:
    # WSGI and ASGI hand over the bytes of a header as Latin-1. A user ID beyond ASCII is UTF-8 on the wire.
    try:
        data = value.encode("latin-1") if isinstance(value, str) else bytes(value)
        return data.decode()
    except UnicodeEncodeError:
        return str(value)
    except UnicodeDecodeError:
        return value if isinstance(value, str) else bytes(value).decode("latin-1")


def _parse_object(body: bytes, event: str) -> dict[str, Any]:
    try:
        value = _json.loads(body) if body else {}
    except (ValueError, RecursionError):
        value = None
    if not isinstance(value, dict):
        raise EventError(f"the body of the event {event!r} is not a JSON object")
    return value


def _lists(body: Mapping[str, Any], member: str) -> dict[str, tuple[str, ...]]:
    value = body.get(member) or {}
    if not isinstance(value, dict):
        raise EventError(f"{member!r} in the body of the event 'connect' is not a JSON object")
    return {
        name: (one,) if isinstance(one, str) else tuple(map(str, one or ())) for name, one in value.items()
    }


def _parse_connect(client: Mapping[str, Any], body: bytes) -> ConnectEvent:
    value = _parse_object(body, "connect")
    try:
        return ConnectEvent(
            **client,
            claims=_lists(value, "claims"),
            query=_lists(value, "query"),
            headers=_lists(value, "headers"),
            subprotocols=tuple(map(str, value.get("subprotocols") or ())),
            certificates=tuple(str(one["thumbprint"]) for one in value.get("clientCertificates") or ()),
        )
    except (TypeError, KeyError):
        raise EventError(
            "the body of the event 'connect' has members of other types than documented"
        ) from None


def _parse_disconnected(client: Mapping[str, Any], body: bytes) -> DisconnectedEvent:
    reason = _parse_object(body, "disconnected").get("reason")
    return DisconnectedEvent(**client, reason=None if reason is None else str(reason))


_SYSTEM_EVENTS: Final[Mapping[str, Callable[[Mapping[str, Any], bytes], Event]]] = {
    "azure.webpubsub.sys.connect": _parse_connect,
    "azure.webpubsub.sys.connected": lambda client, _: ConnectedEvent(**client),
    "azure.webpubsub.sys.disconnected": _parse_disconnected,
}

_TEXT: Final = "text/plain; charset=utf-8"
_DATA_TYPES: Final[Mapping[str, DataType]] = {
    "text/plain": "text",
    "application/json": "json",
    "application/octet-stream": "binary",
    "application/x-protobuf": "protobuf",
}


def _media_type(content_type: str | None) -> tuple[str, str | None]:
    """Split into the media type, in lower case, and the charset, if there is one."""
    if content_type is None:
        return "application/octet-stream", None
    message = Message()
    message["Content-Type"] = content_type.replace("\r", " ").replace("\n", " ")
    return message.get_content_type(), message.get_content_charset()


def _strings(name: str, values: Sequence[str] | None) -> list[str] | None:
    if isinstance(values, str):
        raise TypeError(f"{name} must be several strings, such as [{values!r}], not one")
    return None if values is None else list(values)


_METADATA_PREFIX: Final = "X-WebPubSub-Metadata-"
_METADATA_NAME: Final = re.compile(r"[!#$%&'*+.^_`|~0-9A-Za-z-]{1,256}")


def _metadata_headers(metadata: Mapping[str, str]) -> dict[str, str]:
    for name, value in metadata.items():
        if not _METADATA_NAME.fullmatch(name):
            raise ValueError(f"metadata must have names as headers have, of 1 to 256 characters: {name!r}")
        if not _HEADER_VALUE.fullmatch(value) or len(value) > 1024:
            raise ValueError(f"metadata {name!r} must be 1 to 1024 characters of visible ASCII")
    return {_METADATA_PREFIX + name: value for name, value in metadata.items()}


# What may stand in a header: visible ASCII, and spaces inside.
_HEADER_VALUE: Final = re.compile(r"[!-~](?:[ -~]*[!-~])?")


def _state_headers(state: Mapping[str, Any] | None, connection_state: str | None) -> dict[str, str]:
    if state is not None:
        if connection_state is not None:
            raise ValueError("state and connection_state are two forms of one thing; give one")
        connection_state = base64.b64encode(_dump(dict(state))).decode()
    if connection_state is None:
        return {}
    if not _HEADER_VALUE.fullmatch(connection_state):
        raise ValueError(
            "connection_state must be visible ASCII, as a header has it; encode it, or give state"
        )
    return {"ce-connectionState": connection_state}


def _dump(value: object) -> bytes:
    return _json.dumps(value, ensure_ascii=False, allow_nan=False, separators=(",", ":")).encode()
