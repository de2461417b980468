"""One message on its way to any number of connections, encoded once per subprotocol."""

from collections.abc import Callable

from azure.messaging.webpubsubservice.emulator._protocol.frames import encode_frame
from azure.messaging.webpubsubservice.emulator._protocol.messages import Codec, DataMessage, Frame


class OutgoingMessage:
    """A message, the time at which it expires, and its encodings so far."""

    __slots__ = ("_encoders", "_numbered", "_numbered_for", "_wires", "expires_at", "message")

    def __init__(self, message: DataMessage, expires_at: float | None = None) -> None:
        self.message: DataMessage = message
        #: Seconds since the Unix epoch, on the emulator's clock; ``None`` for a message that never expires.
        self.expires_at: float | None = expires_at
        self._encoders: dict[Codec, Callable[[int | None], Frame]] = {}
        self._wires: dict[Codec, bytes] = {}
        self._numbered_for: tuple[Codec, int] | None = None
        self._numbered = b""

    def expired(self, now: float) -> bool:
        """Return whether it is too late to deliver the message."""
        return self.expires_at is not None and now >= self.expires_at

    def wire(self, codec: Codec, sequence_id: int | None = None) -> bytes:
        """Return the whole frame for a connection that speaks ``codec``."""
        if sequence_id is None:
            wire = self._wires.get(codec)
            if wire is None:
                wire = self._wires[codec] = encode_frame(self._encoder(codec)(None))
            return wire
        # Clients that have received the same messages so far have the same sequence id.
        if (codec, sequence_id) != self._numbered_for:
            self._numbered_for = (codec, sequence_id)
            self._numbered = encode_frame(self._encoder(codec)(sequence_id))
        return self._numbered

    def _encoder(self, codec: Codec) -> Callable[[int | None], Frame]:
        encoder = self._encoders.get(codec)
        if encoder is None:
            encoder = self._encoders[codec] = codec.encode_data(self.message)
        return encoder
