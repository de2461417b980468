"""The codec for simple clients: WebSockets without a subprotocol of the service.

A frame is a payload, in both directions. The codec decodes every frame of a client as the event ``message``;
the session decides whether it is a message to the group in the client's URL instead.
"""

from collections.abc import Callable

from .messages import (
    ControlMessage,
    DataMessage,
    Frame,
    Opcode,
    Payload,
    PayloadType,
    SendEvent,
)

_DATA_TYPES = {Opcode.TEXT: PayloadType.TEXT, Opcode.BINARY: PayloadType.BINARY}
_OPCODES = {
    PayloadType.TEXT: Opcode.TEXT,
    PayloadType.JSON: Opcode.TEXT,
    PayloadType.BINARY: Opcode.BINARY,
    PayloadType.PROTOBUF: Opcode.BINARY,
}


class SimpleCodec:
    """Frames that are payloads."""

    subprotocol = None
    reliable = False

    def decode(self, frame: Frame) -> SendEvent:
        """Decode any frame as the event ``message``."""
        return SendEvent("message", Payload(_DATA_TYPES[frame.opcode], frame.data))

    def encode(self, message: ControlMessage) -> None:  # noqa: ARG002 - the signature of every codec
        """Return ``None``: simple clients get only data."""
        return

    def encode_data(self, message: DataMessage) -> Callable[[int | None], Frame]:
        """Encode only the payload."""
        frame = Frame(_OPCODES[message.payload.data_type], message.payload.data)
        return lambda _: frame
