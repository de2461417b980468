"""Turn a request from the service into an event."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterable, Mapping
from typing import Any, Final, Protocol, TypeAlias

from azure.messaging.webpubsubservice._keywords import explain_calls

from ._responses import METADATA_PREFIX, EventError, SignatureError, media_type
from ._signature import checked_keys, verify_signature
from ._types import (
    DATA_TYPES,
    ConnectedEvent,
    ConnectEvent,
    DisconnectedEvent,
    Event,
    GroupJoinedEvent,
    GroupLeftEvent,
    UserEvent,
    ValidationRequest,
)


class _HasItems(Protocol):
    def items(self) -> Iterable[tuple[str, str]]: ...


Headers: TypeAlias = _HasItems | Iterable[tuple[str, str]] | Iterable[tuple[bytes, bytes]]
"""Headers in the form of any web framework: an object with ``items()``, or pairs."""


@explain_calls
def parse_event(method: str, headers: Headers, body: bytes, *, access_keys: Iterable[str]) -> Event:
    """Return the event in a request to an event handler.

    :param method: The HTTP method: ``POST`` for events, ``OPTIONS`` (or ``GET``) for the validation.
    :param headers: The headers: anything with ``items()``, or pairs of names and values. The case of names
        does not matter. Text must be decoded as Latin-1, as WSGI and ASGI do. Frameworks that decode
        differently also have the headers as bytes: with aiohttp, pass ``request.raw_headers``.
    :param body: The whole body.
    :keyword access_keys: The access keys of the resource, one or both; see :func:`verify_signature`. To
        accept events without a signature, call :func:`parse_unverified_event`.
    :raises SignatureError: The request does not come from the service. Answer with the error's ``response``.
    :raises EventError: The request is not an event. Answer with the error's ``response``.
    :raises TypeError: ``access_keys`` is None or a single string, or another argument is of the wrong type.
    :raises ValueError: ``access_keys`` is empty, or contains an empty key.
    """
    return _parse(method, headers, body, checked_keys(access_keys))


@explain_calls
def parse_unverified_event(method: str, headers: Headers, body: bytes) -> Event:
    """Return the event in a request without checking its signature, so anyone may have sent it.

    Use this only on a server that only the service can reach, or behind something that checks signatures. The
    arguments and the other errors are those of :func:`parse_event`.
    """
    return _parse(method, headers, body, None)


def _parse(method: str, headers: Headers, body: bytes, access_keys: Iterable[str] | None) -> Event:
    if not isinstance(method, str):
        raise TypeError(f"method must be a str, not {type(method).__name__}")
    if not isinstance(body, (bytes, bytearray, memoryview)):
        raise TypeError(f"body must be bytes, not {type(body).__name__}; without a body, pass b''")
    fields = _Fields(headers)
    if method.upper() in ("OPTIONS", "GET"):
        origins = fields.required("WebHook-Request-Origin")
        return ValidationRequest(tuple(origin.strip() for origin in origins.split(",")))
    if method.upper() != "POST":
        raise EventError(f"events come by POST, not by {method}")
    kind = fields.required("ce-type")
    name = fields.required("ce-eventName")
    client = _client(fields)
    signature = fields.get("ce-signature")
    if access_keys is not None and not verify_signature(signature, client["connection_id"], access_keys):
        raise SignatureError("ce-signature was not made with any of the access keys")
    content = bytes(body)
    if kind in _SYSTEM_EVENTS:
        return _SYSTEM_EVENTS[kind](client, content)
    if not kind.startswith("azure.webpubsub.user."):
        raise EventError(f"ce-type is {kind!r}, which is not an event of this service")
    content_type = fields.get("Content-Type")
    return UserEvent(
        **client,
        name=name,
        data_type=DATA_TYPES.get(media_type(content_type)[0], "binary"),
        content=content,
        content_type=content_type,
        metadata=fields.beginning(METADATA_PREFIX),
    )


def _client(fields: _Fields) -> dict[str, Any]:
    """Return the attributes that every event has."""
    return {
        "hub": fields.required("ce-hub"),
        "connection_id": fields.required("ce-connectionId"),
        "user_id": fields.get("ce-userId"),
        "subprotocol": fields.get("ce-subprotocol"),
        "connection_state": fields.get("ce-connectionState"),
        "origin": fields.get("WebHook-Request-Origin"),
        "id": fields.get("ce-id"),
        "time": fields.get("ce-time"),
    }


class _Fields:
    """Headers by name in lower case. The values of repeated headers are joined by commas."""

    def __init__(self, headers: Headers) -> None:
        items = getattr(headers, "items", None)
        pairs: Any = headers if items is None else items()
        if isinstance(pairs, (str, bytes)) or not isinstance(pairs, Iterable):
            raise TypeError(f"headers must be a mapping or pairs, not {type(headers).__name__}")
        values: dict[str, list[str]] = {}
        for pair in pairs:
            name, value = _pair(pair)
            values.setdefault(_header_text(name).lower(), []).append(_header_text(value))
        self._values = {name: ",".join(texts) for name, texts in values.items()}

    def get(self, name: str) -> str | None:
        return self._values.get(name.lower()) or None

    def required(self, name: str) -> str:
        value = self.get(name)
        if value is None:
            raise EventError(f"the request has no header {name}: it is not an event of the service")
        return value

    def beginning(self, prefix: str) -> dict[str, str]:
        """Return the headers whose names start with a prefix, by the rest of their names."""
        start = prefix.lower()
        return {
            name[len(start) :]: value
            for name, value in self._values.items()
            if name.startswith(start) and name != start
        }


def _pair(pair: object) -> tuple[str | bytes, str | bytes]:
    """Return the name and the value of a header.

    :raises TypeError: They are not a pair of texts.
    """
    if isinstance(pair, (tuple, list)) and len(pair) == 2:
        name, value = pair
        if isinstance(name, (str, bytes)) and isinstance(value, (str, bytes)):
            return name, value
        raise TypeError(
            f"a header's name and value must be str or bytes, not {type(name).__name__} and "
            f"{type(value).__name__}"
        )
    raise TypeError(f"headers must be a mapping or pairs; {type(pair).__name__} is not a pair")


def _header_text(value: str | bytes) -> str:
    # WSGI and ASGI pass on the bytes of a header as Latin-1. A user ID beyond ASCII is UTF-8 on the wire.
    try:
        data = value.encode("latin-1") if isinstance(value, str) else bytes(value)
        return data.decode()
    except UnicodeEncodeError:
        return str(value)
    except UnicodeDecodeError:
        return value if isinstance(value, str) else bytes(value).decode("latin-1")


def _parse_object(body: bytes, event: str) -> dict[str, Any]:
    try:
        value = json.loads(body) if body else {}
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


def _group(body: bytes) -> str:
    group = _parse_object(body, "joined or left").get("group")
    if not isinstance(group, str) or not group:
        raise EventError("the body of the event does not name a group")
    return group


_SYSTEM_EVENTS: Final[Mapping[str, Callable[[Mapping[str, Any], bytes], Event]]] = {
    "azure.webpubsub.sys.connect": _parse_connect,
    "azure.webpubsub.sys.connected": lambda client, _: ConnectedEvent(**client),
    "azure.webpubsub.sys.disconnected": _parse_disconnected,
    "azure.webpubsub.gp.joined": lambda client, body: GroupJoinedEvent(**client, group=_group(body)),
    "azure.webpubsub.gp.left": lambda client, body: GroupLeftEvent(**client, group=_group(body)),
}
