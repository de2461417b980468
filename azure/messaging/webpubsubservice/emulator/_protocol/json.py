"""The codec for ``json.webpubsub.azure.v1`` and its reliable form.

Decoding is tolerant where the documentation is (UTF-8 JSON in binary frames, ``type`` and ``dataType`` in any
case) and strict about values. Encoding splices payloads that are JSON already into the message.
"""

import base64
import json
from collections.abc import Callable, Mapping
from typing import Any

from azure.messaging.webpubsubservice.emulator import _strict_json
from azure.messaging.webpubsubservice.emulator._metadata import check_metadata
from azure.messaging.webpubsubservice.emulator._names import is_event, is_group

from . import messages

_MAX_UINT32 = 2**32 - 1
_MAX_UINT64 = 2**64 - 1
#: Members that a message to a group may have, but not a message that only opens a stream to it.
_NOT_AT_THE_START = ("data", "dataType", "ackId", "ttlSeconds", "metadata")
_REQUIRED: Any = object()


class JsonCodec:
    """One text frame, one JSON object."""

    def __init__(self, subprotocol: str, *, reliable: bool) -> None:
        self.subprotocol = subprotocol
        self.reliable = reliable

    def decode(self, frame: messages.Frame) -> messages.UpstreamMessage:
        """Decode one JSON object.

        :raises ProtocolError: 1007, if it is not a valid message.
        """
        try:
            fields = Fields(_strict_json.parse_object(frame.data.decode()))
            return _READERS[fields.text("type").lower()](fields)
        except (ValueError, KeyError):
            raise messages.ProtocolError(
                1007, "The client message is not a valid JSON protocol message."
            ) from None

    def encode(self, message: messages.ControlMessage) -> messages.Frame:
        """Encode one JSON object."""
        text = _dump(_WRITERS[type(message)](message))
        if isinstance(message, messages.InvokeResponse) and message.payload is not None:
            text = text[:-1] + b"," + _payload_members(message.payload) + b"}"
        return messages.Frame(messages.Opcode.TEXT, text)

    def encode_data(self, message: messages.DataMessage) -> Callable[[int | None], messages.Frame]:
        """Encode everything except the sequence id."""
        if message.group is None:
            origin: dict[str, object] = {"type": "message", "from": "server"}
        else:
            origin = {"type": "message", "from": "group", "group": message.group}
            origin["fromUserId"] = message.from_user_id
        if message.metadata:
            origin["metadata"] = dict(message.metadata)
        if message.stream is not None:
            origin["stream"] = _write_stream(message.stream)
        tail = _dump(origin)[1:-1] + b"," + _payload_members(message.payload) + b"}"
        unnumbered = messages.Frame(messages.Opcode.TEXT, b"{" + tail)

        def frame(sequence_id: int | None) -> messages.Frame:
            if sequence_id is None:
                return unnumbered
            return messages.Frame(messages.Opcode.TEXT, b'{"sequenceId":%d,%b' % (sequence_id, tail))

        return frame


class Fields:
    """The members of one message, checked by the rules for their types. ``null`` counts as absent.

    :raises ValueError: By each method, if the value breaks the rule.
    """

    def __init__(self, members: Mapping[str, _strict_json.Member]) -> None:
        self._members = members

    def __contains__(self, name: str) -> bool:
        return self._get(name) is not None

    def has(self, name: str) -> bool:
        """Return whether there is a member with this name, even if it is ``null``."""
        return name in self._members

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

    def stream_id(self) -> str:
        """Return the id of a stream."""
        stream_id = self.text("streamId")
        if not stream_id:
            raise ValueError("streamId is empty")
        return stream_id

    def nested(self, name: str) -> "Fields | None":
        """Return the members of an object, if it is there."""
        member = self._members.get(name)
        if member is None or member.value is None:
            return None
        return Fields(_strict_json.parse_object(member.text))

    def payload(self) -> messages.Payload:
        """Return ``data`` in the form that ``dataType`` names, which is JSON by default."""
        if "data" not in self._members and self._get("metadata"):
            return messages.Payload(messages.PayloadType.TEXT, b"")
        data_type = messages.PayloadType(self.text("dataType", "json").lower())
        return messages.Payload(data_type, _PAYLOAD_READERS[data_type](self._members["data"]))

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


_PAYLOAD_READERS: Mapping[messages.PayloadType, Callable[[_strict_json.Member], bytes]] = {
    messages.PayloadType.TEXT: _read_text,
    messages.PayloadType.JSON: lambda member: member.text.encode(),
    messages.PayloadType.BINARY: _read_base64,
    # The documentation for JSON clients used to have it, and both published clients can still send it.
    messages.PayloadType.PROTOBUF: _read_base64,
}


def _read_send_to_group(fields: Fields) -> messages.UpstreamMessage:
    stream = fields.nested("stream")
    if stream is not None:
        return _read_stream_start(fields, stream)
    return messages.SendToGroup(
        fields.group(),
        fields.payload(),
        fields.ack_id(),
        no_echo=fields.flag("noEcho"),
        ttl_seconds=fields.integer("ttlSeconds", maximum=300, default=0),
        metadata=fields.metadata(),
    )


def _read_stream_start(fields: Fields, stream: Fields) -> messages.StreamStart:
    idle, problem = None, ""
    try:
        idle = stream.integer("idleTimeoutMs", maximum=_MAX_UINT32) if "idleTimeoutMs" in stream else None
    except ValueError as error:
        problem = f"{error}."
    if idle == 0:
        problem = "idleTimeoutMs is not above 0."
    for name in _NOT_AT_THE_START:
        if name in fields:
            problem = f"The start of a stream has no {name}."
    return messages.StreamStart(
        fields.group(),
        stream.stream_id(),
        idle,
        no_echo=fields.flag("noEcho"),
        problem=problem,
        ack_id=fields.ack_id(),
    )


def _read_stream_data(fields: Fields) -> messages.StreamData:
    present = [name in fields for name in ("streamSequenceId", "dataType")]
    if not any(present) and not fields.has("data"):
        return messages.StreamData(fields.stream_id())
    if not all(present):
        raise ValueError("streamSequenceId, dataType and data come together")
    return messages.StreamData(fields.stream_id(), fields.integer("streamSequenceId"), fields.payload())


def _read_stream_end(fields: Fields) -> messages.StreamEnd:
    error = fields.nested("error")
    if error is None:
        return messages.StreamEnd(fields.stream_id())
    code = error.text("userErrorCode", "") or None
    return messages.StreamEnd(
        fields.stream_id(), messages.StreamError(messages.USER_ERROR, error.text("message", ""), code)
    )


def _read_event(fields: Fields) -> messages.UpstreamMessage:
    if "stream" in fields:
        return messages.Unsupported("stream", fields.ack_id())
    return messages.SendEvent(fields.event(), fields.payload(), fields.ack_id(), fields.metadata())


def _read_unsupported(fields: Fields) -> messages.Unsupported:
    return messages.Unsupported(fields.text("type"), fields.ack_id())


_READERS: Mapping[str, Callable[[Fields], messages.UpstreamMessage]] = {
    "joingroup": lambda fields: messages.JoinGroup(fields.group(), fields.ack_id()),
    "leavegroup": lambda fields: messages.LeaveGroup(fields.group(), fields.ack_id()),
    "sendtogroup": _read_send_to_group,
    "event": _read_event,
    "sequenceack": lambda fields: messages.SequenceAck(fields.integer("sequenceId")),
    "ping": lambda _: messages.Ping(),
    "invoke": lambda fields: messages.Invoke(fields.text("invocationId"), fields.event(), fields.payload()),
    "cancelinvocation": lambda fields: messages.CancelInvocation(fields.text("invocationId")),
    "streamdata": _read_stream_data,
    "streamend": _read_stream_end,
    "setgroupstate": _read_unsupported,
    "subscribegroupstate": _read_unsupported,
    "unsubscribegroupstate": _read_unsupported,
}


def _write_connected(message: messages.Connected) -> dict[str, object]:
    fields: dict[str, object] = {
        "type": "system",
        "event": "connected",
        "userId": message.user_id,
        "connectionId": message.connection_id,
    }
    if message.reconnection_token is not None:
        fields["reconnectionToken"] = message.reconnection_token
    return fields


def _write_error(error: messages.ErrorInfo | None) -> dict[str, object]:
    if error is None:
        return {"success": True}
    return {"success": False, "error": {"name": error.name, "message": error.message}}


def _write_stream_closed(message: messages.StreamClosed) -> dict[str, object]:
    fields: dict[str, object] = {"type": "streamClosed", "streamId": message.stream_id}
    if message.error is not None:
        fields["error"] = {"name": message.error.name, "message": message.error.message}
    return fields


def _write_stream(stream: messages.StreamInfo) -> dict[str, object]:
    fields: dict[str, object] = {"streamId": stream.stream_id, "streamSequenceId": stream.sequence_id}
    if stream.end_of_stream:
        fields["endOfStream"] = True
    if stream.error is not None:
        error = {"name": stream.error.name, "message": stream.error.message}
        code = stream.error.user_error_code
        fields["error"] = error if code is None else {**error, "userErrorCode": code}
    return fields


_WRITERS: Mapping[type[messages.ControlMessage], Callable[[Any], Mapping[str, object]]] = {
    messages.Connected: _write_connected,
    messages.Disconnected: lambda m: {"type": "system", "event": "disconnected", "message": m.message},
    messages.Ack: lambda m: {"type": "ack", "ackId": m.ack_id, **_write_error(m.error)},
    messages.InvokeResponse: lambda m: {
        "type": "invokeResponse",
        "invocationId": m.invocation_id,
        **_write_error(m.error),
    },
    messages.StreamAck: lambda m: {
        "type": "streamAck",
        "streamId": m.stream_id,
        "expectedSequenceId": m.expected_sequence_id,
    },
    messages.StreamNack: lambda m: {
        "type": "streamNack",
        "streamId": m.stream_id,
        "name": m.error.name,
        "message": m.error.message,
        "expectedSequenceId": m.expected_sequence_id,
    },
    messages.StreamClosed: _write_stream_closed,
    messages.Pong: lambda _: {"type": "pong"},
}


def _payload_members(payload: messages.Payload) -> bytes:
    """Return ``"dataType":...,"data":...``, to be part of an object."""
    match payload.data_type:
        case messages.PayloadType.JSON:
            data = payload.data
        case messages.PayloadType.TEXT:
            data = _dump(payload.data.decode())
        case messages.PayloadType.BINARY | messages.PayloadType.PROTOBUF:
            data = b'"%b"' % base64.b64encode(payload.data)
    return b'"dataType":"%b","data":%b' % (payload.data_type.value.encode(), data)


def _dump(value: object) -> bytes:
    return json.dumps(value, ensure_ascii=False, separators=(",", ":")).encode()
