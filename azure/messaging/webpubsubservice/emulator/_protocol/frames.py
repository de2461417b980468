"""Frames from server to client as bytes (RFC 6455, section 5.2): final, unmasked, uncompressed.

Such a frame is the same for every connection, so a broadcast is encoded only once.
"""

import struct

from .messages import Frame

_FIN = 0x80
_CLOSE = 0x8
_PING = 0x9
_PONG = 0xA


def encode_frame(frame: Frame) -> bytes:
    """Return the bytes of a data frame."""
    return _encode(frame.opcode, frame.data)


def encode_ping() -> bytes:
    """Return the bytes of an empty ping."""
    return _encode(_PING, b"")


def encode_pong(data: bytes) -> bytes:
    """Return the bytes of the pong that answers a ping with ``data``."""
    return _encode(_PONG, data)


def encode_close(code: int, reason: str) -> bytes:
    """Return the bytes of a Close frame. The reason is cut to 123 bytes, between two characters."""
    text = reason.encode()[:123].decode(errors="ignore").encode()
    return _encode(_CLOSE, struct.pack("!H", code) + text)


def _encode(opcode: int, data: bytes) -> bytes:
    length = len(data)
    if length < 126:
        return bytes((_FIN | opcode, length)) + data
    if length < 0x10000:
        return struct.pack("!BBH", _FIN | opcode, 126, length) + data
    return struct.pack("!BBQ", _FIN | opcode, 127, length) + data
