"""The messages between a client and the emulator, as typed values.

A *codec* turns WebSocket frames into the messages below and back, and a *session* acts on them. A codec holds
no state, and a session never sees the bytes of a frame. A new subprotocol is a new codec and a row in
``subprotocols.CODECS``.
"""

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from enum import Enum, IntEnum
from typing import Final, NamedTuple, Protocol, TypeAlias


class PayloadType(str, Enum):
    """The type of a payload. The values are those of ``dataType`` on the wire."""

    TEXT = "text"
    JSON = "json"
    BINARY = "binary"
    PROTOBUF = "protobuf"


@dataclass(frozen=True, slots=True)
class Payload:
    """One message body.

    ``data`` is UTF-8 for text, UTF-8 JSON as the sender wrote it for JSON (so that numbers and key order
    survive), and the bytes themselves for the others: for ``protobuf`` a serialized ``google.protobuf.Any``.
    """

    data_type: PayloadType
    data: bytes


class Opcode(IntEnum):
    """The opcodes of the data frames of RFC 6455."""

    TEXT = 0x1
    BINARY = 0x2


class Frame(NamedTuple):
    """The opcode and the unmasked payload of one whole WebSocket message."""

    opcode: Opcode
    data: bytes


class ProtocolError(Exception):
    """The subprotocol does not allow the frame. The connection closes with this code and reason."""

    def __init__(self, close_code: int, reason: str) -> None:
        super().__init__(reason)
        self.close_code = close_code
        self.reason = reason


_NO_METADATA: Mapping[str, str] = {}


# --- client to service -------------------------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class JoinGroup:
    """Become a member of ``group``."""

    group: str
    ack_id: int | None = None


@dataclass(frozen=True, slots=True)
class LeaveGroup:
    """Stop being a member of ``group``."""

    group: str
    ack_id: int | None = None


@dataclass(frozen=True, slots=True)
class SendToGroup:
    """Publish to the members of ``group``; with ``no_echo``, not to the sender."""

    group: str
    payload: Payload
    ack_id: int | None = None
    no_echo: bool = False
    ttl_seconds: int = 0
    metadata: Mapping[str, str] = field(default_factory=lambda: _NO_METADATA)


@dataclass(frozen=True, slots=True)
class StreamStart:
    """Open a stream to the members of ``group``; with ``no_echo``, not to the sender."""

    group: str
    stream_id: str
    #: How long the stream may be silent; ``None`` for the default.
    idle_timeout_ms: int | None = None
    no_echo: bool = False
    #: Why the stream cannot be opened; empty if it can be.
    problem: str = ""
    ack_id: int | None = None


@dataclass(frozen=True, slots=True)
class StreamData:
    """The next message of a stream; without number and payload, only a sign of life."""

    stream_id: str
    sequence_id: int | None = None
    payload: Payload | None = None


#: The name of an error that a publisher defines.
USER_ERROR: Final = "UserError"


@dataclass(frozen=True, slots=True)
class StreamError:
    """Why a stream ended before its time: a name that clients compare, and a text that people read."""

    name: str
    message: str = ""
    #: A code that the publisher defines.
    user_error_code: str | None = None


@dataclass(frozen=True, slots=True)
class StreamEnd:
    """The end of a stream; with an error, the stream is not complete."""

    stream_id: str
    error: StreamError | None = None


@dataclass(frozen=True, slots=True)
class SendEvent:
    """A user event for the hub's event handler."""

    event: str
    payload: Payload
    ack_id: int | None = None
    metadata: Mapping[str, str] = field(default_factory=lambda: _NO_METADATA)


@dataclass(frozen=True, slots=True)
class Invoke:
    """A user event whose reply goes back to the caller under ``invocation_id``."""

    invocation_id: str
    event: str
    payload: Payload


@dataclass(frozen=True, slots=True)
class CancelInvocation:
    """The caller no longer waits for the reply to ``invocation_id``."""

    invocation_id: str


@dataclass(frozen=True, slots=True)
class SequenceAck:
    """Every message up to ``sequence_id`` has arrived (reliable subprotocols)."""

    sequence_id: int


@dataclass(frozen=True, slots=True)
class Ping:
    """A keep-alive of the subprotocol, not of the WebSocket."""


@dataclass(frozen=True, slots=True)
class Unsupported:
    """A message that the emulator only knows by name. It is refused, and the connection stays open."""

    type: str
    ack_id: int | None = None


UpstreamMessage: TypeAlias = (
    JoinGroup
    | LeaveGroup
    | SendToGroup
    | StreamStart
    | StreamData
    | StreamEnd
    | SendEvent
    | Invoke
    | CancelInvocation
    | SequenceAck
    | Ping
    | Unsupported
)


# --- service to client -------------------------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class ErrorInfo:
    """The ``error`` of an ack: a name that clients compare, and a text that people read."""

    name: str
    message: str


@dataclass(frozen=True, slots=True)
class Connected:
    """The first message after the upgrade."""

    connection_id: str
    user_id: str | None
    reconnection_token: str | None = None


@dataclass(frozen=True, slots=True)
class Disconnected:
    """The last message before the service closes the connection."""

    message: str


@dataclass(frozen=True, slots=True)
class Ack:
    """The answer to a message with an ``ack_id``; a success if there is no error."""

    ack_id: int
    error: ErrorInfo | None = None


@dataclass(frozen=True, slots=True)
class InvokeResponse:
    """The answer to an :class:`Invoke`: an error, or a payload, which may be ``None``."""

    invocation_id: str
    payload: Payload | None = None
    error: ErrorInfo | None = None


@dataclass(frozen=True, slots=True)
class StreamAck:
    """Every message of a stream before ``expected_sequence_id`` was published."""

    stream_id: str
    expected_sequence_id: int


@dataclass(frozen=True, slots=True)
class StreamNack:
    """A message of a stream was not published, because the expected one has to come first."""

    stream_id: str
    expected_sequence_id: int
    error: ErrorInfo


@dataclass(frozen=True, slots=True)
class StreamClosed:
    """A stream has ended, or was never opened. There is an error unless it ended normally."""

    stream_id: str
    error: ErrorInfo | None = None


@dataclass(frozen=True, slots=True)
class Pong:
    """The answer to :class:`Ping`."""


@dataclass(frozen=True, slots=True)
class StreamInfo:
    """The stream that a message belongs to, and the message's number in it."""

    stream_id: str
    sequence_id: int
    end_of_stream: bool = False
    error: StreamError | None = None


@dataclass(frozen=True, slots=True)
class DataMessage:
    """A message to clients: from the server if ``group`` is ``None``, otherwise from that group."""

    payload: Payload
    group: str | None = None
    from_user_id: str | None = None
    metadata: Mapping[str, str] = field(default_factory=lambda: _NO_METADATA)
    stream: StreamInfo | None = None


ControlMessage: TypeAlias = (
    Connected | Disconnected | Ack | InvokeResponse | StreamAck | StreamNack | StreamClosed | Pong
)


# --- codecs ------------------------------------------------------------------------------------------------


class Codec(Protocol):
    """The wire form of one subprotocol. It holds no state, so one instance serves every connection."""

    @property
    def subprotocol(self) -> str | None:
        """The name in ``Sec-WebSocket-Protocol``, in lower case; ``None`` for simple clients."""
        ...

    @property
    def reliable(self) -> bool:
        """Whether data messages carry sequence ids and the connection can be recovered."""
        ...

    def decode(self, frame: Frame) -> UpstreamMessage:
        """Decode one message of a client.

        :raises ProtocolError: The frame is not a message of this subprotocol.
        """
        ...

    def encode(self, message: ControlMessage) -> Frame | None:
        """Encode a control message; return ``None`` if the subprotocol has no such message."""
        ...

    def encode_data(self, message: DataMessage) -> Callable[[int | None], Frame]:
        """Encode a message once for any number of connections.

        Return a function that takes a sequence id, or ``None``, and returns the frame for one connection. All
        work that does not depend on the id is done before.
        """
        ...
