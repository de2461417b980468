"""The messages of ``protobuf.webpubsub.azure.v1``, as classes of the protobuf library.

There is no ``.proto`` file, because code generated from one works only with some versions of the library. The
descriptors have their own pool, because a program that tests its client may have loaded the service's own
``azure.webpubsub`` package. Messages are not nested, which makes no difference on the wire.

Fields and numbers are those of the service's ``webpubsub.v1.proto``. Messages about group states are only
recognised, to be refused by name.
"""

from typing import Any, Final, NamedTuple

from google.protobuf.descriptor_pb2 import DescriptorProto, FieldDescriptorProto, FileDescriptorProto
from google.protobuf.descriptor_pool import DescriptorPool
from google.protobuf.message_factory import GetMessageClass

_PACKAGE: Final = "azure.webpubsub"
_STRING: Final = FieldDescriptorProto.TYPE_STRING
_BYTES: Final = FieldDescriptorProto.TYPE_BYTES
_BOOL: Final = FieldDescriptorProto.TYPE_BOOL
_UINT32: Final = FieldDescriptorProto.TYPE_UINT32
_UINT64: Final = FieldDescriptorProto.TYPE_UINT64


class _Field(NamedTuple):
    number: int
    name: str
    #: A scalar type of the library, or the name of a message.
    type: Any
    #: Whether an absent value differs from an empty one.
    optional: bool = False


class _OneOf(NamedTuple):
    """Fields of which a message has at most one."""

    name: str
    fields: tuple[_Field, ...]


class _TextMap(NamedTuple):
    """A field that maps names to texts."""

    number: int
    name: str


_ACK_ID: Final = "ack_id"
_STREAM_ID: Final = "stream_id"

_SCHEMA: Final[dict[str, tuple[_Field | _OneOf | _TextMap, ...]]] = {
    "UpstreamMessage": (
        _OneOf(
            "message",
            (
                _Field(1, "send_to_group_message", "SendToGroupMessage"),
                _Field(5, "event_message", "EventMessage"),
                _Field(6, "join_group_message", "GroupMessage"),
                _Field(7, "leave_group_message", "GroupMessage"),
                _Field(8, "sequence_ack_message", "SequenceAckMessage"),
                _Field(9, "ping_message", "EmptyMessage"),
                _Field(10, "invoke_event_message", "InvokeEventMessage"),
                _Field(11, "cancel_invocation_message", "CancelInvocationMessage"),
                _Field(13, "stream_data_message", "StreamDataMessage"),
                _Field(14, "stream_end_message", "StreamEndMessage"),
                _Field(15, "set_group_state_message", "GroupMessage"),
                _Field(16, "subscribe_group_state_message", "GroupMessage"),
                _Field(17, "unsubscribe_group_state_message", "GroupMessage"),
            ),
        ),
    ),
    "SendToGroupMessage": (
        _Field(1, "group", _STRING),
        _Field(2, _ACK_ID, _UINT64, optional=True),
        _Field(3, "data", "MessageData"),
        _Field(4, "no_echo", _BOOL),
        _Field(5, "ttl_seconds", _UINT32),
        _TextMap(6, "metadata"),
        _Field(7, "stream", "StreamStartInfo"),
    ),
    "EventMessage": (
        _Field(1, "event", _STRING),
        _Field(2, "data", "MessageData"),
        _Field(3, _ACK_ID, _UINT64, optional=True),
        _TextMap(4, "metadata"),
        _Field(5, "stream", "StreamStartInfo"),
    ),
    "GroupMessage": (_Field(1, "group", _STRING), _Field(2, _ACK_ID, _UINT64, optional=True)),
    "SequenceAckMessage": (_Field(1, "sequence_id", _UINT64),),
    "InvokeEventMessage": (
        _Field(1, "event", _STRING),
        _Field(2, "invocation_id", _STRING),
        _Field(3, "data", "MessageData"),
        _TextMap(4, "metadata"),
        _Field(5, "stream", "StreamStartInfo"),
    ),
    "CancelInvocationMessage": (_Field(1, "invocation_id", _STRING),),
    "StreamStartInfo": (
        _Field(1, _STREAM_ID, _STRING),
        _Field(2, "idle_timeout_ms", _UINT32, optional=True),
    ),
    "StreamDataMessage": (
        _Field(1, _STREAM_ID, _STRING),
        _Field(2, "stream_sequence_id", _UINT64, optional=True),
        _Field(3, "data", "MessageData"),
    ),
    "StreamEndMessage": (_Field(1, _STREAM_ID, _STRING), _Field(2, "error", "StreamEndError")),
    "StreamEndError": (
        _Field(1, "message", _STRING, optional=True),
        _Field(2, "user_error_code", _STRING, optional=True),
    ),
    "EmptyMessage": (),
    "MessageData": (
        _OneOf(
            "data",
            (
                _Field(1, "text_data", _STRING),
                _Field(2, "binary_data", _BYTES),
                # A `google.protobuf.Any`, whose bytes are passed on unchanged.
                _Field(3, "protobuf_data", _BYTES),
                _Field(4, "json_data", _STRING),
            ),
        ),
    ),
    "DownstreamMessage": (
        _OneOf(
            "message",
            (
                _Field(1, "ack_message", "AckMessage"),
                _Field(2, "data_message", "DataMessage"),
                _Field(3, "system_message", "SystemMessage"),
                _Field(4, "pong_message", "EmptyMessage"),
                _Field(5, "invoke_response_message", "InvokeResponseMessage"),
                _Field(6, "stream_ack_message", "StreamAckMessage"),
                _Field(7, "stream_nack_message", "StreamNackMessage"),
                _Field(8, "stream_closed_message", "StreamClosedMessage"),
            ),
        ),
    ),
    "AckMessage": (
        _Field(1, _ACK_ID, _UINT64),
        _Field(2, "success", _BOOL),
        _Field(3, "error", "ErrorMessage"),
    ),
    "ErrorMessage": (_Field(1, "name", _STRING), _Field(2, "message", _STRING)),
    "DataMessage": (
        _Field(1, "from", _STRING),
        _Field(2, "group", _STRING, optional=True),
        _Field(3, "data", "MessageData"),
        _Field(4, "sequence_id", _UINT64, optional=True),
        _TextMap(5, "metadata"),
        _Field(6, "stream", "StreamInfo"),
    ),
    "StreamInfo": (
        _Field(1, _STREAM_ID, _STRING),
        _Field(2, "stream_sequence_id", _UINT64),
        _Field(3, "end_of_stream", _BOOL, optional=True),
        _Field(4, "error", "StreamError"),
    ),
    "StreamError": (
        _Field(1, "name", _STRING),
        _Field(2, "message", _STRING),
        _Field(3, "user_error_code", _STRING),
    ),
    "SystemMessage": (
        _OneOf(
            "message",
            (
                _Field(1, "connected_message", "ConnectedMessage"),
                _Field(2, "disconnected_message", "DisconnectedMessage"),
            ),
        ),
    ),
    "ConnectedMessage": (
        _Field(1, "connection_id", _STRING),
        _Field(2, "user_id", _STRING),
        _Field(3, "reconnection_token", _STRING, optional=True),
    ),
    "DisconnectedMessage": (_Field(2, "reason", _STRING),),
    "InvokeResponseMessage": (
        _Field(1, "invocation_id", _STRING),
        _Field(2, "success", _BOOL),
        _Field(3, "data", "MessageData"),
        _Field(4, "error", "ErrorMessage"),
    ),
    "StreamAckMessage": (_Field(1, _STREAM_ID, _STRING), _Field(2, "expected_sequence_id", _UINT64)),
    "StreamNackMessage": (
        _Field(1, _STREAM_ID, _STRING),
        _Field(2, "name", _STRING),
        _Field(3, "message", _STRING),
        _Field(4, "expected_sequence_id", _UINT64),
    ),
    "StreamClosedMessage": (_Field(1, _STREAM_ID, _STRING), _Field(2, "error", "ErrorMessage")),
}


def _describe(name: str, parts: tuple[_Field | _OneOf | _TextMap, ...]) -> DescriptorProto:
    message = DescriptorProto(name=name)
    optional: list[Any] = []
    for part in parts:
        match part:
            case _OneOf(name=group, fields=fields):
                message.oneof_decl.add(name=group)
                for one in fields:
                    _add_field(message, one).oneof_index = len(message.oneof_decl) - 1
            case _TextMap(number=number, name=field):
                _add_text_map(message, number, field)
            case _Field(optional=True):
                optional.append(_add_field(message, part))
            case _Field():
                _add_field(message, part)
    # An optional scalar is a one-of with one field. It must be declared after the real ones.
    for described in optional:
        described.proto3_optional = True
        described.oneof_index = len(message.oneof_decl)
        message.oneof_decl.add(name=f"_{described.name}")
    return message


def _add_field(message: DescriptorProto, field: _Field) -> Any:
    added = message.field.add(name=field.name, number=field.number, label=FieldDescriptorProto.LABEL_OPTIONAL)
    if isinstance(field.type, str):
        added.type, added.type_name = FieldDescriptorProto.TYPE_MESSAGE, f".{_PACKAGE}.{field.type}"
    else:
        added.type = field.type
    return added


def _add_text_map(message: DescriptorProto, number: int, name: str) -> None:
    entry = message.nested_type.add(name=f"{name.title()}Entry")
    entry.options.map_entry = True
    for key, field in enumerate(("key", "value"), start=1):
        _add_field(entry, _Field(key, field, _STRING))
    message.field.add(
        name=name,
        number=number,
        label=FieldDescriptorProto.LABEL_REPEATED,
        type=FieldDescriptorProto.TYPE_MESSAGE,
        type_name=f".{_PACKAGE}.{message.name}.{entry.name}",
    )


def _load() -> DescriptorPool:
    file = FileDescriptorProto(name="webpubsub.proto", package=_PACKAGE, syntax="proto3")
    file.message_type.extend(_describe(name, parts) for name, parts in _SCHEMA.items())
    pool = DescriptorPool()
    pool.Add(file)
    return pool


_POOL: Final = _load()

UpstreamMessage: Final[Any] = GetMessageClass(_POOL.FindMessageTypeByName(f"{_PACKAGE}.UpstreamMessage"))
DownstreamMessage: Final[Any] = GetMessageClass(_POOL.FindMessageTypeByName(f"{_PACKAGE}.DownstreamMessage"))
