"""Checks that a client masks its frames, as it must (RFC 6455, section 5.1). aiohttp does not check it.

aiohttp returns whole messages without the headers of their frames. But the bytes of a connection pass through
``data_received``, which is part of asyncio's public interface, so this module finds the headers in those
bytes.
"""

_MASKED = 0x80
_HEADER_LENGTHS = {126: 2, 127: 8}
_KEY_LENGTH = 4
_END_OF_REQUEST = b"\r\n\r\n"

#: The most bytes to keep from a client that does not wait for its upgrade. A client must wait (RFC 6455,
#: section 4.1), so this hardly ever happens.
_MAX_EARLY = 64 * 1024


class MaskCheck:
    """Follows the frames of one connection. Its bytes may arrive in pieces of any size."""

    __slots__ = ("_header", "_skip")

    def __init__(self) -> None:
        self._header = bytearray()
        self._skip = 0

    def feed(self, data: bytes) -> bool:
        """Read the next bytes, and return whether every frame that starts in them is masked."""
        position = 0
        while position < len(data):
            if self._skip:
                step = min(self._skip, len(data) - position)
                self._skip -= step
                position += step
                continue
            self._header.append(data[position])
            position += 1
            if len(self._header) < 2:
                continue
            if not self._header[1] & _MASKED:
                return False
            length = self._header[1] & 0x7F
            extended = _HEADER_LENGTHS.get(length, 0)
            if len(self._header) == 2 + extended:
                self._skip = _KEY_LENGTH + (int.from_bytes(self._header[2:], "big") if extended else length)
                self._header.clear()
        return True


class EarlyBytes:
    """The frames that a client sends between its handshake and the upgrade."""

    __slots__ = ("_bytes",)

    def __init__(self) -> None:
        self._bytes = b""

    def feed(self, data: bytes) -> None:
        """Keep the bytes after the end of the last request's header."""
        if data.endswith(_END_OF_REQUEST):  # nearly always
            self._bytes = b""
            return
        kept = (self._bytes + data).rpartition(_END_OF_REQUEST)[2]
        self._bytes = kept if len(kept) <= _MAX_EARLY else kept[-len(_END_OF_REQUEST) :]

    def take(self) -> bytes:
        """Return the bytes, and forget them."""
        taken, self._bytes = self._bytes, b""
        return taken
