"""The codec of ``json.webpubsub.azure.v1`` and its reliable form.

Reading is tolerant where the documentation is (UTF-8 JSON in binary frames, ``type`` and ``dataType`` in any
case) and strict about values. Writing splices payloads that are JSON already into the message.
"""

import base64
import json
from collections.abc import Callable, Mapping
from typing import Any

from azure.messaging.webpubsubservice.emulator import _strict_json
from azure.messaging.webpubsubservice.emulator._metadata import check_metadata
from azure.messaging.webpubsubservice.emulator._names import is_event, is_group

from .messages import (
    Ack,
    CancelInvocation,
    Connected,
    ControlMessage,
    DataMessage,
    Disconnected,
    ErrorInfo,
    Frame,
    Invoke,
    InvokeResponse,
    JoinGroup,
    LeaveGroup,
    Opcode,
    Payload,
    PayloadType,
    Ping,
    Pong,
    ProtocolError,
    SendEvent,
    SendToGroup,
    SequenceAck,
    StreamClosed,
    Unsupported,
    UpstreamMessage,
)

_MAX_UINT64 = 2**64 - 1
_REQUIRED: Any = object()


class JsonCodec:
    """One text frame, one JSON object."""

    def __init__(self, subprotocol: str, *, reliable: bool) -> None:
        self.subprotocol = subprotocol
        self.reliable = reliable

    def decode(self, frame: Frame) -> UpstreamMessage:
        """Read one JSON object.

        :raises ProtocolError: 1007, if it is not a valid message.
        """
        try:
            fields = Fields(_strict_json.parse_object(frame.data.decode()))
            return _READERS[fields.text("type").lower()](fields)
        except (ValueError, KeyError):
            raise ProtocolError(1007, "The client message is not a valid JSON protocol message.") from None

    def encode(self, message: ControlMessage) -> Frame:
        """Write one JSON object."""
        text = _dump(_WRITERS[type(message)](message))
        if isinstance(message, InvokeResponse) and message.payload is not None:
            text = text[:-1] + b"," + _payload_members(message.payload) + b"}"
        return Frame(Opcode.TEXT, text)

    def encode_data(self, message: DataMessage) -> Callable[[int | None], Frame]:
        """Write everything except the sequence id."""
        if message.group is None:
            origin: dict[str, object] = {"type": "message", "from": "server"}
        else:
            origin = {"type": "message", "from": "group", "group": message.group}
            origin["fromUserId"] = message.from_user_id
        if message.metadata:
            origin["metadata"] = dict(message.metadata)
        tail = _dump(origin)[1:-1] + b"," + _payload_members(message.payload) + b"}"
        unnumbered = Frame(Opcode.TEXT, b"{" + tail)

        def frame(sequence_id: int | None) -> Frame:
            if sequence_id is None:
                return unnumbered
            return Frame(Opcode.TEXT, b'{"sequenceId":%d,%b' % (sequence_id, tail))

        return frame


class Fields:
    """The members of one message, read by the rules of their types. ``null`` counts as absent.

    :raises ValueError: From each method, if the value breaks the rule.
    """

    def __init__(self, members: Mapping[str, _strict_json.Member]) -> None:
        self._members = members

    def __contains__(self, name: str) -> bool:
        return self._get(name) is not None

    def text(self, name: str, default: str = _REQUIRED) -> str:
        """Return a string."""
        value = self._get(name, default)
        if not isinstance(value, str):
            raise ValueError(f"{name} is not a string")
        value.encode()  # a lone surrogate cannot be sent on
        return value

    def flag(self, name: str) -> bool:
        """Return a boolean, false by default."""
        value = self._get(name, default=False)
        if not isinstance(value, bool):
            raise ValueError(f"{name} is not a boolean")
        return value

    def integer(self, name: str, *, maximum: int = _MAX_UINT64, default: int = _REQUIRED) -> int:
        """Return an integer from 0 to ``maximum``."""
        value = self._get(name, default)
        if not isinstance(value, int) or isinstance(value, bool) or not 0 <= value <= maximum:
            raise ValueError(f"{name} is not an integer from 0 to {maximum}")
        return value

    def ack_id(self) -> int | None:
        """Return the ``ackId``, if there is one."""
        return self.integer("ackId") if "ackId" in self else None

    def group(self) -> str:
        """Return a valid name of a group."""
        name = self.text("group")
        if not is_group(name):
            raise ValueError("group is not a group name")
        return name

    def event(self) -> str:
        """Return a valid name of a user event."""
        name = self.text("event")
        if not is_event(name):
            raise ValueError("event is not an event name")
        return name

    def metadata(self) -> Mapping[str, str]:
        """Return an object of strings, empty by default."""
        value = self._get("metadata", {})
        if value:
            _strict_json.refuse_duplicates(self._members["metadata"].text)
        if not isinstance(value, dict) or not all(isinstance(item, str) for item in value.values()):
            raise ValueError("metadata is not an object of strings")
        return check_metadata(value)

    def stream_id(self) -> str | None:
        """Return the id of the stream that a message wants to start."""
        stream = self._get("stream")
        stream_id = stream.get("streamId") if isinstance(stream, dict) else None
        return stream_id if isinstance(stream_id, str) else None

    def payload(self) -> Payload:
        """Return ``data`` as ``dataType`` says, JSON by default."""
        if "data" not in self._members and self._get("metadata"):
            return Payload(PayloadType.TEXT, b"")
        data_type = PayloadType(self.text("dataType", "json").lower())
        return Payload(data_type, _PAYLOAD_READERS[data_type](self._members["data"]))

    def _get(self, name: str, default: Any = None) -> Any:
        member = self._members.get(name)
        value = member.value if member else None
        if value is None:
            if default is _REQUIRED:
                raise ValueError(f"{name} is missing")
            return default
        return value


def _read_text(member: _strict_json.Member) -> bytes:
    if not isinstance(member.value, str):
        raise ValueError("data is not a string")
    return member.value.encode()


def _read_base64(member: _strict_json.Member) -> bytes:
    return base64.b64decode(_read_text(member), validate=True)


_PAYLOAD_READERS: Mapping[PayloadType, Callable[[_strict_json.Member], bytes]] = {
    PayloadType.TEXT: _read_text,
    PayloadType.JSON: lambda member: member.text.encode(),
    PayloadType.BINARY: _read_base64,
    # The documentation for JSON clients had it at first. Both published clients can still send it.
    PayloadType.PROTOBUF: _read_base64,
}


def _read_send_to_group(fields: Fields) -> UpstreamMessage:
    if "stream" in fields:
        return Unsupported("stream", fields.ack_id(), fields.stream_id())
    return SendToGroup(
        fields.group(),
        fields.payload(),
        fields.ack_id(),
        no_echo=fields.flag("noEcho"),
        ttl_seconds=fields.integer("ttlSeconds", maximum=300, default=0),
        metadata=fields.metadata(),
    )


def _read_unsupported(fields: Fields) -> Unsupported:
    return Unsupported(fields.text("type"), fields.ack_id(), fields.text("streamId", "") or None)


_READERS: Mapping[str, Callable[[Fields], UpstreamMessage]] = {
    "joingroup": lambda fields: JoinGroup(fields.group(), fields.ack_id()),
    "leavegroup": lambda fields: LeaveGroup(fields.group(), fields.ack_id()),
    "sendtogroup": _read_send_to_group,
    "event": lambda fields: SendEvent(fields.event(), fields.payload(), fields.ack_id(), fields.metadata()),
    "sequenceack": lambda fields: SequenceAck(fields.integer("sequenceId")),
    "ping": lambda _: Ping(),
    "invoke": lambda fields: Invoke(fields.text("invocationId"), fields.event(), fields.payload()),
    "cancelinvocation": lambda fields: CancelInvocation(fields.text("invocationId")),
    "streamdata": _read_unsupported,
    "streamend": _read_unsupported,
    "setgroupstate": _read_unsupported,
    "subscribegroupstate": _read_unsupported,
    "unsubscribegroupstate": _read_unsupported,
}


def _write_connected(message: Connected) -> dict[str, object]:
    fields: dict[str, object] = {
        "type": "system",
        "event": "connected",
        "userId": message.user_id,
        "connectionId": message.connection_id,
    }
    if message.reconnection_token is not None:
        fields["reconnectionToken"] = message.reconnection_token
    return fields


def _write_error(error: ErrorInfo | None) -> dict[str, object]:
    if error is None:
        return {"success": True}
    return {"success": False, "error": {"name": error.name, "message": error.message}}


_WRITERS: Mapping[type[ControlMessage], Callable[[Any], Mapping[str, object]]] = {
    Connected: _write_connected,
    Disconnected: lambda m: {"type": "system", "event": "disconnected", "message": m.message},
    Ack: lambda m: {"type": "ack", "ackId": m.ack_id, **_write_error(m.error)},
    InvokeResponse: lambda m: {
        "type": "invokeResponse",
        "invocationId": m.invocation_id,
        **_write_error(m.error),
    },
    StreamClosed: lambda m: {
        "type": "streamClosed",
        "streamId": m.stream_id,
        "error": {"name": m.error.name, "message": m.error.message},
    },
    Pong: lambda _: {"type": "pong"},
}


def _payload_members(payload: Payload) -> bytes:
    """Return ``"dataType":...,"data":...`` as a part of an object."""
    match payload.data_type:
        case PayloadType.JSON:
            data = payload.data
        case PayloadType.TEXT:
            data = _dump(payload.data.decode())
        case PayloadType.BINARY | PayloadType.PROTOBUF:
            data = b'"%b"' % base64.b64encode(payload.data)
    return b'"dataType":"%b","data":%b' % (payload.data_type.value.encode(), data)


def _dump(value: object) -> bytes:
    return json.dumps(value, ensure_ascii=False, separators=(",", ":")).encode()
