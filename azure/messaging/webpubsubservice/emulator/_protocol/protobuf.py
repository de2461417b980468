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

from . import protobuf_schema as schema
from .messages import (
    USER_ERROR,
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
    StreamAck,
    StreamClosed,
    StreamData,
    StreamEnd,
    StreamError,
    StreamInfo,
    StreamNack,
    StreamStart,
    Unsupported,
    UpstreamMessage,
)

_MAX_TTL_SECONDS: Final = 300


class ProtobufCodec:
    """One binary frame, one message."""

    def __init__(self, subprotocol: str, *, reliable: bool) -> None:
        self.subprotocol = subprotocol
        self.reliable = reliable

    def decode(self, frame: Frame) -> UpstreamMessage:
        """Decode one message.

        :raises ProtocolError: 1003, if the frame is a text frame; 1007, if it is not a valid message.
        """
        if frame.opcode is not Opcode.BINARY:
            raise ProtocolError(1003, "The protobuf subprotocol requires binary messages.")
        try:
            message = schema.UpstreamMessage.FromString(frame.data)
            kind = message.WhichOneof("message")
            return _READERS[kind](getattr(message, kind))
        except (DecodeError, ValueError, KeyError):
            raise ProtocolError(
                1007, "The client message is not a valid protobuf protocol message."
            ) from None

    def encode(self, message: ControlMessage) -> Frame:
        """Encode one message."""
        return _frame(_WRITERS[type(message)](message))

    def encode_data(self, message: DataMessage) -> Callable[[int | None], Frame]:
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

        def frame(sequence_id: int | None) -> Frame:
            if sequence_id is None:
                return unnumbered
            built.data_message.sequence_id = sequence_id
            return _frame(built)

        return frame


def _frame(message: Any) -> Frame:
    return Frame(Opcode.BINARY, message.SerializeToString())


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


def _payload(message: Any) -> Payload:
    if not message.data.WhichOneof("data") and message.metadata:
        return Payload(PayloadType.TEXT, b"")
    return _read_payload(message.data)


def _read_payload(data: Any) -> Payload:
    kind = data.WhichOneof("data") or ""
    data_type = _DATA_TYPES[kind]
    value = getattr(data, kind)
    if data_type is PayloadType.JSON:
        _strict_json.parse(value)
    elif data_type is PayloadType.PROTOBUF:
        AnyMessage.FromString(value)
    return Payload(data_type, value.encode() if isinstance(value, str) else value)


def _write_payload(payload: Payload) -> dict[str, Any]:
    field = _FIELDS[payload.data_type]
    text = payload.data_type in (PayloadType.TEXT, PayloadType.JSON)
    return {field: payload.data.decode() if text else payload.data}


_DATA_TYPES: Final[Mapping[str, PayloadType]] = {
    "text_data": PayloadType.TEXT,
    "binary_data": PayloadType.BINARY,
    "protobuf_data": PayloadType.PROTOBUF,
    "json_data": PayloadType.JSON,
}
_FIELDS: Final = {data_type: field for field, data_type in _DATA_TYPES.items()}


def _read_send_to_group(message: Any) -> UpstreamMessage:
    if message.HasField("stream"):
        return _read_stream_start(message)
    if message.ttl_seconds > _MAX_TTL_SECONDS:
        raise ValueError(f"ttl_seconds is more than {_MAX_TTL_SECONDS}")
    return SendToGroup(
        _group(message),
        _payload(message),
        _ack_id(message),
        no_echo=message.no_echo,
        ttl_seconds=message.ttl_seconds,
        metadata=check_metadata(dict(message.metadata)),
    )


def _read_stream_start(message: Any) -> StreamStart:
    timed = message.stream.HasField("idle_timeout_ms")
    idle = message.stream.idle_timeout_ms if timed else None
    problem = "idle_timeout_ms is not above 0." if idle == 0 else ""
    present = [name for name in ("data", "ack_id") if message.HasField(name)]
    present += [name for name in ("ttl_seconds", "metadata") if getattr(message, name)]
    if present:
        problem = f"The start of a stream has no {present[0]}."
    group, stream_id = _group(message), _stream_id(message.stream)
    return StreamStart(group, stream_id, idle, message.no_echo, problem, _ack_id(message))


def _read_stream_data(message: Any) -> StreamData:
    present = [message.HasField(name) for name in ("stream_sequence_id", "data")]
    if not any(present):
        return StreamData(_stream_id(message))
    if not all(present):
        raise ValueError("stream_sequence_id and data come together")
    return StreamData(_stream_id(message), message.stream_sequence_id, _read_payload(message.data))


def _read_stream_end(message: Any) -> StreamEnd:
    if not message.HasField("error"):
        return StreamEnd(_stream_id(message))
    error = message.error
    return StreamEnd(
        _stream_id(message), StreamError(USER_ERROR, error.message, error.user_error_code or None)
    )


def _read_event(message: Any) -> UpstreamMessage:
    if message.HasField("stream"):
        return Unsupported("stream", _ack_id(message))
    metadata = check_metadata(dict(message.metadata))
    return SendEvent(_event(message), _payload(message), _ack_id(message), metadata)


_READERS: Final[Mapping[str, Callable[[Any], UpstreamMessage]]] = {
    "send_to_group_message": _read_send_to_group,
    "event_message": _read_event,
    "join_group_message": lambda message: JoinGroup(_group(message), _ack_id(message)),
    "leave_group_message": lambda message: LeaveGroup(_group(message), _ack_id(message)),
    "sequence_ack_message": lambda message: SequenceAck(message.sequence_id),
    "ping_message": lambda _: Ping(),
    "invoke_event_message": lambda message: Invoke(message.invocation_id, _event(message), _payload(message)),
    "cancel_invocation_message": lambda message: CancelInvocation(message.invocation_id),
    "stream_data_message": _read_stream_data,
    "stream_end_message": _read_stream_end,
    "set_group_state_message": lambda message: Unsupported("setGroupState", _ack_id(message)),
    "subscribe_group_state_message": lambda message: Unsupported("subscribeGroupState", _ack_id(message)),
    "unsubscribe_group_state_message": lambda message: Unsupported("unsubscribeGroupState", _ack_id(message)),
}


def _write_error(error: ErrorInfo | None) -> dict[str, Any]:
    if error is None:
        return {"success": True}
    return {"success": False, "error": {"name": error.name, "message": error.message}}


def _write_connected(message: Connected) -> Any:
    connected = {
        "connection_id": message.connection_id,
        "user_id": message.user_id or "",
        "reconnection_token": message.reconnection_token,
    }
    return schema.DownstreamMessage(system_message={"connected_message": connected})


def _write_disconnected(message: Disconnected) -> Any:
    return schema.DownstreamMessage(system_message={"disconnected_message": {"reason": message.message}})


def _write_ack(message: Ack) -> Any:
    return schema.DownstreamMessage(ack_message={"ack_id": message.ack_id, **_write_error(message.error)})


def _write_invoke_response(message: InvokeResponse) -> Any:
    response = {"invocation_id": message.invocation_id, **_write_error(message.error)}
    if message.payload is not None:
        response["data"] = _write_payload(message.payload)
    return schema.DownstreamMessage(invoke_response_message=response)


def _write_stream(stream: StreamInfo) -> dict[str, Any]:
    fields: dict[str, Any] = {"stream_id": stream.stream_id, "stream_sequence_id": stream.sequence_id}
    if stream.end_of_stream:
        fields["end_of_stream"] = True
    if stream.error is not None:
        error = stream.error
        code = error.user_error_code or ""
        fields["error"] = {"name": error.name, "message": error.message, "user_error_code": code}
    return fields


def _write_stream_ack(message: StreamAck) -> Any:
    fields = {"stream_id": message.stream_id, "expected_sequence_id": message.expected_sequence_id}
    return schema.DownstreamMessage(stream_ack_message=fields)


def _write_stream_nack(message: StreamNack) -> Any:
    fields = {"stream_id": message.stream_id, "expected_sequence_id": message.expected_sequence_id}
    error = {"name": message.error.name, "message": message.error.message}
    return schema.DownstreamMessage(stream_nack_message={**fields, **error})


def _write_stream_closed(message: StreamClosed) -> Any:
    fields: dict[str, Any] = {"stream_id": message.stream_id}
    if message.error is not None:
        fields["error"] = {"name": message.error.name, "message": message.error.message}
    return schema.DownstreamMessage(stream_closed_message=fields)


_WRITERS: Final[Mapping[type[ControlMessage], Callable[[Any], Any]]] = {
    Ack: _write_ack,
    Connected: _write_connected,
    Disconnected: _write_disconnected,
    InvokeResponse: _write_invoke_response,
    Pong: lambda _: schema.DownstreamMessage(pong_message={}),
    StreamAck: _write_stream_ack,
    StreamClosed: _write_stream_closed,
    StreamNack: _write_stream_nack,
}
