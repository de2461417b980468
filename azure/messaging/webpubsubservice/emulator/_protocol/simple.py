"""The codec of simple clients: WebSockets without a subprotocol of the service.

A frame is a payload, in both directions. The codec reads every frame of a client as the event ``message``;
the session knows whether it is rather a message to the group that the URL names.
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
    """Payloads as they are."""

    subprotocol = None
    reliable = False

    def decode(self, frame: Frame) -> SendEvent:
        """Read any frame as the event ``message``."""
        return SendEvent("message", Payload(_DATA_TYPES[frame.opcode], frame.data))

    def encode(self, message: ControlMessage) -> None:  # noqa: ARG002 - the signature of every codec
        """Write nothing: simple clients get only data."""
        return

    def encode_data(self, message: DataMessage) -> Callable[[int | None], Frame]:
        """Write the payload and nothing else."""
        frame = Frame(_OPCODES[message.payload.data_type], message.payload.data)
        return lambda _: frame
