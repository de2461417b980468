"""Events and replies on the wire: CloudEvents 1.0 over HTTP in binary mode, with the service's attributes.

From "CloudEvents extension for Azure Web PubSub event handler with HTTP protocol" in the service's
documentation. No I/O here.
"""

import hashlib
import hmac
import json
import logging
from collections.abc import Collection, Iterable, Mapping
from dataclasses import dataclass
from datetime import datetime, timezone
from email.message import Message
from typing import Any, Final
from urllib.parse import quote

from azure.messaging.webpubsubservice._keywords import did_you_mean
from azure.messaging.webpubsubservice.emulator import _strict_json
from azure.messaging.webpubsubservice.emulator._metadata import MetadataError, metadata_headers, metadata_of
from azure.messaging.webpubsubservice.emulator._protocol.messages import Payload, PayloadType, SendEvent
from azure.messaging.webpubsubservice.emulator._service.event_sink import (
    ConnectReply,
    ConnectRequest,
    EventFailedError,
    EventReply,
)
from azure.messaging.webpubsubservice.emulator._service.values import ClientInfo

_log = logging.getLogger(__name__)

JSON: Final = "application/json; charset=utf-8"
STATE_HEADER: Final = "ce-connectionState"
VERSION_HEADERS: Final[Mapping[str, str]] = {"ce-awpsversion": "1.0"}

_CONTENT_TYPES: Final[Mapping[PayloadType, str]] = {
    PayloadType.TEXT: "text/plain",
    PayloadType.JSON: "application/json",
    PayloadType.BINARY: "application/octet-stream",
    PayloadType.PROTOBUF: "application/x-protobuf",
}
#: The content types that a reply may have. Protobuf is not one of them.
_DATA_TYPES: Final = {
    content_type: data_type
    for data_type, content_type in _CONTENT_TYPES.items()
    if data_type is not PayloadType.PROTOBUF
}


_REPLY_TYPES: Final = "text/plain, application/json or application/octet-stream"


@dataclass(frozen=True, slots=True)
class CloudEvent:
    """An event for a handler, without its client."""

    type: str
    name: str
    body: bytes
    content_type: str
    headers: Mapping[str, str]


def _system_event(name: str, body: Mapping[str, object], category: str = "sys") -> CloudEvent:
    content = json.dumps(body, ensure_ascii=False).encode(errors="replace")
    return CloudEvent(f"azure.webpubsub.{category}.{name}", name, content, JSON, {})


def connect_event(event: ConnectRequest) -> CloudEvent:
    """Return the event for a client that asks to connect."""
    body = {
        "claims": {name: list(values) for name, values in event.claims.items()},
        "query": {name: list(values) for name, values in event.query.items()},
        "headers": {name: list(values) for name, values in event.headers.items()},
        "subprotocols": list(event.subprotocols),
        "clientCertificates": [],
    }
    return _system_event("connect", body)


def connected_event() -> CloudEvent:
    """Return the event for a client that has connected."""
    return _system_event("connected", {})


def disconnected_event(reason: str) -> CloudEvent:
    """Return the event for a client that is gone."""
    return _system_event("disconnected", {"reason": reason})


def presence_event(name: str, group: str) -> CloudEvent:
    """Return the event ``joined`` or ``left`` of a group."""
    return _system_event(name, {"group": group}, "gp")


def user_event(event: SendEvent) -> CloudEvent:
    """Return the event for a user event of a client."""
    return CloudEvent(
        f"azure.webpubsub.user.{event.event}",
        event.event,
        event.payload.data,
        _CONTENT_TYPES[event.payload.data_type],
        metadata_headers(event.metadata),
    )


def signature(connection_id: str, access_keys: Iterable[str]) -> str:
    """Return the signatures of a connection id, one for each key."""
    message = connection_id.encode()
    return ",".join(
        f"sha256={hmac.new(key.encode(), message, hashlib.sha256).hexdigest()}" for key in access_keys
    )


def headers(
    event: CloudEvent,
    client: ClientInfo,
    *,
    number: int,
    time: float,
    signature: str,
    state: str | None,
) -> dict[str, str]:
    """Return the headers of an event.

    :param number: The number of earlier events of the connection.
    :param time: Seconds since the Unix epoch.
    :param state: The state that the handler set for the connection.
    """
    moment = datetime.fromtimestamp(time, timezone.utc)
    optional = {"ce-userId": client.user_id, "ce-subprotocol": client.subprotocol, STATE_HEADER: state}
    attributes = {
        "Content-Type": event.content_type,
        "ce-specversion": "1.0",
        "ce-type": event.type,
        "ce-source": f"/hubs/{client.hub}/client/{client.connection_id}",
        "ce-id": str(number),
        "ce-time": moment.strftime("%Y-%m-%dT%H:%M:%SZ"),
        "ce-signature": signature,
        "ce-connectionId": client.connection_id,
        "ce-hub": client.hub,
        "ce-eventName": event.name,
        **VERSION_HEADERS,
        **{name: value for name, value in optional.items() if value},
        **event.headers,
    }
    return {name: _header_value(value) for name, value in attributes.items()}


def _header_value(value: str) -> str:
    # Only characters that a header must not have are escaped. CloudEvents' HTTP binding wants "%" to be
    # escaped, too, but the service's own libraries for handlers do not decode the value.
    text = value.encode(errors="replace").decode()
    return "".join(quote(one) if one < " " or one == "\x7f" else one for one in text)


#: What a reply to ``connect`` may have; ``mqtt`` is for clients that the emulator does not have.
_MEMBERS: Final = frozenset({"groups", "mqtt", "roles", "subprotocol", "userId"})


def read_connect_reply(body: bytes, offered: Collection[str]) -> ConnectReply:
    """Return the changes that a handler's reply makes to a connection.

    ``null`` changes nothing, as a member's value or as the whole reply. The same is true for an empty list of
    groups and an empty subprotocol, which the documentation's own example has. But an empty user id is a user
    id, and an empty list of roles takes all roles away.

    :raises EventFailedError: The reply does not have the documented form, or names a subprotocol that the
        client would refuse.
    """
    if not body:
        return ConnectReply()
    try:
        reply = _strict_json.parse(body.decode())
    except ValueError:
        raise EventFailedError("the reply is not JSON") from None
    if reply is None:
        return ConnectReply()
    if not isinstance(reply, dict):
        raise EventFailedError("the reply is not a JSON object")
    for name in reply.keys() - _MEMBERS:
        hint = did_you_mean(name, _MEMBERS)
        _log.warning("the reply to 'connect' has %r, which has no meaning there.%s", name, hint)
    connect_reply = ConnectReply(
        _text(reply, "userId"),
        _texts(reply, "groups") or None,
        _texts(reply, "roles"),
        _text(reply, "subprotocol") or None,
    )
    connect_reply.check(offered)
    return connect_reply


def _text(reply: Mapping[str, Any], name: str) -> str | None:
    value = reply.get(name)
    if value is not None and not isinstance(value, str):
        raise EventFailedError(f"{name!r} in the reply is not a string")
    return value


def _texts(reply: Mapping[str, Any], name: str) -> list[str] | None:
    value = reply.get(name)
    if value is not None and not (isinstance(value, list) and all(isinstance(one, str) for one in value)):
        raise EventFailedError(f"{name!r} in the reply is not a list of strings")
    return value


def read_user_event_reply(headers: Mapping[str, str], body: bytes) -> EventReply | None:
    """Return a handler's message to the client; ``None`` if the reply has neither a body nor metadata.

    :raises EventFailedError: The body does not match its content type, or the metadata breaks a rule.
    """
    try:
        metadata = metadata_of(headers.items())
    except MetadataError as error:
        raise EventFailedError(f"the reply: {error}") from None
    if not body:
        return EventReply(Payload(PayloadType.TEXT, b""), metadata) if metadata else None
    return EventReply(_read_payload(headers.get("Content-Type"), body), metadata)


def _read_payload(content_type: str | None, body: bytes) -> Payload:
    media_type, charset = _media_type(content_type)
    data_type = _DATA_TYPES.get(media_type)
    if data_type is None:
        raise EventFailedError(f"the reply has the content type {media_type!r}, not {_REPLY_TYPES}")
    if data_type not in (PayloadType.TEXT, PayloadType.JSON):
        return Payload(data_type, body)
    try:
        text = body.decode(charset or "utf-8")
        if data_type is PayloadType.JSON:
            _strict_json.parse(text)
    except (ValueError, LookupError):
        raise EventFailedError(f"the reply is not valid {content_type}") from None
    return Payload(data_type, text.encode())


def _media_type(content_type: str | None) -> tuple[str, str | None]:
    message = Message()
    message["Content-Type"] = content_type or "application/octet-stream"
    return message.get_content_type(), message.get_content_charset()
