"""The codec for ``protobuf.webpubsub.azure.v1`` and its reliable form.

It is a choice to send JSON to clients as ``json_data``. The published schema and the service's .NET client
have this field; the documentation is older.
"""

from collections.abc import Callable, Mapping
from typing import Any, Final

from google.protobuf.any_pb2 import Any as AnyMessage
from google.protobuf.message import DecodeError

from azure.messaging.webpubsubservice.emulator import _strict_json
from azure.messaging.webpubsubservice.emulator._metadata import check_metadata
from azure.messaging.webpubsubservice.emulator._names import is_event, is_group

from . import messages
from . import protobuf_schema as schema

_MAX_TTL_SECONDS: Final = 300


class ProtobufCodec:
    """One binary frame, one message."""

    def __init__(self, subprotocol: str, *, reliable: bool) -> None:
        self.subprotocol = subprotocol
        self.reliable = reliable

    def decode(self, frame: messages.Frame) -> messages.UpstreamMessage:
        """Decode one message.

        :raises ProtocolError: 1003, if the frame is a text frame; 1007, if it is not a valid message.
        """
        if frame.opcode is not messages.Opcode.BINARY:
            raise messages.ProtocolError(1003, "The protobuf subprotocol requires binary messages.")
        try:
            message = schema.UpstreamMessage.FromString(frame.data)
            kind = message.WhichOneof("message")
            return _READERS[kind](getattr(message, kind))
        except (DecodeError, ValueError, KeyError):
            raise messages.ProtocolError(
                1007, "The client message is not a valid protobuf protocol message."
            ) from None

    def encode(self, message: messages.ControlMessage) -> messages.Frame:
        """Encode one message."""
        return _frame(_WRITERS[type(message)](message))

    def encode_data(self, message: messages.DataMessage) -> Callable[[int | None], messages.Frame]:
        """Encode everything except the sequence id."""
        data: dict[str, Any] = {
            "from": "server" if message.group is None else "group",
            "group": message.group,
            "data": _write_payload(message.payload),
            "metadata": message.metadata,
        }
        if message.stream is not None:
            data["stream"] = _write_stream(message.stream)
        built = schema.DownstreamMessage(data_message=data)
        unnumbered = _frame(built)

        def frame(sequence_id: int | None) -> messages.Frame:
            if sequence_id is None:
                return unnumbered
            built.data_message.sequence_id = sequence_id
            return _frame(built)

        return frame


def _frame(message: Any) -> messages.Frame:
    return messages.Frame(messages.Opcode.BINARY, message.SerializeToString())


def _ack_id(message: Any) -> int | None:
    return message.ack_id if message.HasField("ack_id") else None


def _group(message: Any) -> str:
    if not is_group(message.group):
        raise ValueError("group is not a group name")
    return str(message.group)


def _event(message: Any) -> str:
    if not is_event(message.event):
        raise ValueError("event is not an event name")
    return str(message.event)


def _stream_id(message: Any) -> str:
    if not message.stream_id:
        raise ValueError("stream_id is empty")
    return str(message.stream_id)


def _payload(message: Any) -> messages.Payload:
    if not message.data.WhichOneof("data") and message.metadata:
        return messages.Payload(messages.PayloadType.TEXT, b"")
    return _read_payload(message.data)


def _read_payload(data: Any) -> messages.Payload:
    kind = data.WhichOneof("data") or ""
    data_type = _DATA_TYPES[kind]
    value = getattr(data, kind)
    if data_type is messages.PayloadType.JSON:
        _strict_json.parse(value)
    elif data_type is messages.PayloadType.PROTOBUF:
        AnyMessage.FromString(value)
    return messages.Payload(data_type, value.encode() if isinstance(value, str) else value)


def _write_payload(payload: messages.Payload) -> dict[str, Any]:
    field = _FIELDS[payload.data_type]
    text = payload.data_type in (messages.PayloadType.TEXT, messages.PayloadType.JSON)
    return {field: payload.data.decode() if text else payload.data}


_DATA_TYPES: Final[Mapping[str, messages.PayloadType]] = {
    "text_data": messages.PayloadType.TEXT,
    "binary_data": messages.PayloadType.BINARY,
    "protobuf_data": messages.PayloadType.PROTOBUF,
    "json_data": messages.PayloadType.JSON,
}
_FIELDS: Final = {data_type: field for field, data_type in _DATA_TYPES.items()}


def _read_send_to_group(message: Any) -> messages.UpstreamMessage:
    if message.HasField("stream"):
        return _read_stream_start(message)
    if message.ttl_seconds > _MAX_TTL_SECONDS:
        raise ValueError(f"ttl_seconds is more than {_MAX_TTL_SECONDS}")
    return messages.SendToGroup(
        _group(message),
        _payload(message),
        _ack_id(message),
        no_echo=message.no_echo,
        ttl_seconds=message.ttl_seconds,
        metadata=check_metadata(dict(message.metadata)),
    )


def _read_stream_start(message: Any) -> messages.StreamStart:
    timed = message.stream.HasField("idle_timeout_ms")
    idle = message.stream.idle_timeout_ms if timed else None
    problem = "idle_timeout_ms is not above 0." if idle == 0 else ""
    present = [name for name in ("data", "ack_id") if message.HasField(name)]
    present += [name for name in ("ttl_seconds", "metadata") if getattr(message, name)]
    if present:
        problem = f"The start of a stream has no {present[0]}."
    group, stream_id = _group(message), _stream_id(message.stream)
    return messages.StreamStart(group, stream_id, idle, message.no_echo, problem, _ack_id(message))


def _read_stream_data(message: Any) -> messages.StreamData:
    present = [message.HasField(name) for name in ("stream_sequence_id", "data")]
    if not any(present):
        return messages.StreamData(_stream_id(message))
    if not all(present):
        raise ValueError("stream_sequence_id and data come together")
    return messages.StreamData(_stream_id(message), message.stream_sequence_id, _read_payload(message.data))


def _read_stream_end(message: Any) -> messages.StreamEnd:
    if not message.HasField("error"):
        return messages.StreamEnd(_stream_id(message))
    error = message.error
    return messages.StreamEnd(
        _stream_id(message),
        messages.StreamError(messages.USER_ERROR, error.message, error.user_error_code or None),
    )


def _read_event(message: Any) -> messages.UpstreamMessage:
    if message.HasField("stream"):
        return messages.Unsupported("stream", _ack_id(message))
    metadata = check_metadata(dict(message.metadata))
    return messages.SendEvent(_event(message), _payload(message), _ack_id(message), metadata)


_READERS: Final[Mapping[str, Callable[[Any], messages.UpstreamMessage]]] = {
    "send_to_group_message": _read_send_to_group,
    "event_message": _read_event,
    "join_group_message": lambda message: messages.JoinGroup(_group(message), _ack_id(message)),
    "leave_group_message": lambda message: messages.LeaveGroup(_group(message), _ack_id(message)),
    "sequence_ack_message": lambda message: messages.SequenceAck(message.sequence_id),
    "ping_message": lambda _: messages.Ping(),
    "invoke_event_message": lambda message: messages.Invoke(
        message.invocation_id, _event(message), _payload(message)
    ),
    "cancel_invocation_message": lambda message: messages.CancelInvocation(message.invocation_id),
    "stream_data_message": _read_stream_data,
    "stream_end_message": _read_stream_end,
    "set_group_state_message": lambda message: messages.Unsupported("setGroupState", _ack_id(message)),
    "subscribe_group_state_message": lambda message: messages.Unsupported(
        "subscribeGroupState", _ack_id(message)
    ),
    "unsubscribe_group_state_message": lambda message: messages.Unsupported(
        "unsubscribeGroupState", _ack_id(message)
    ),
}


def _write_error(error: messages.ErrorInfo | None) -> dict[str, Any]:
    if error is None:
        return {"success": True}
    return {"success": False, "error": {"name": error.name, "message": error.message}}


def _write_connected(message: messages.Connected) -> Any:
    connected = {
        "connection_id": message.connection_id,
        "user_id": message.user_id or "",
        "reconnection_token": message.reconnection_token,
    }
    return schema.DownstreamMessage(system_message={"connected_message": connected})


def _write_disconnected(message: messages.Disconnected) -> Any:
    return schema.DownstreamMessage(system_message={"disconnected_message": {"reason": message.message}})


def _write_ack(message: messages.Ack) -> Any:
    return schema.DownstreamMessage(ack_message={"ack_id": message.ack_id, **_write_error(message.error)})


def _write_invoke_response(message: messages.InvokeResponse) -> Any:
    response = {"invocation_id": message.invocation_id, **_write_error(message.error)}
    if message.payload is not None:
        response["data"] = _write_payload(message.payload)
    return schema.DownstreamMessage(invoke_response_message=response)


def _write_stream(stream: messages.StreamInfo) -> dict[str, Any]:
    fields: dict[str, Any] = {"stream_id": stream.stream_id, "stream_sequence_id": stream.sequence_id}
    if stream.end_of_stream:
        fields["end_of_stream"] = True
    if stream.error is not None:
        error = stream.error
        code = error.user_error_code or ""
        fields["error"] = {"name": error.name, "message": error.message, "user_error_code": code}
    return fields


def _write_stream_ack(message: messages.StreamAck) -> Any:
    fields = {"stream_id": message.stream_id, "expected_sequence_id": message.expected_sequence_id}
    return schema.DownstreamMessage(stream_ack_message=fields)


def _write_stream_nack(message: messages.StreamNack) -> Any:
    fields = {"stream_id": message.stream_id, "expected_sequence_id": message.expected_sequence_id}
    error = {"name": message.error.name, "message": message.error.message}
    return schema.DownstreamMessage(stream_nack_message={**fields, **error})


def _write_stream_closed(message: messages.StreamClosed) -> Any:
    fields: dict[str, Any] = {"stream_id": message.stream_id}
    if message.error is not None:
        fields["error"] = {"name": message.error.name, "message": message.error.message}
    return schema.DownstreamMessage(stream_closed_message=fields)


_WRITERS: Final[Mapping[type[messages.ControlMessage], Callable[[Any], Any]]] = {
    messages.Ack: _write_ack,
    messages.Connected: _write_connected,
    messages.Disconnected: _write_disconnected,
    messages.InvokeResponse: _write_invoke_response,
    messages.Pong: lambda _: schema.DownstreamMessage(pong_message={}),
    messages.StreamAck: _write_stream_ack,
    messages.StreamClosed: _write_stream_closed,
    messages.StreamNack: _write_stream_nack,
}
