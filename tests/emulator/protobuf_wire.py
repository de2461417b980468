"""Protocol Buffers by hand, so that no schema of ours stands between the tests and the wire.

A message is a list of pairs of field number and value: an `int` is a varint, `bytes` and `str` are what they
are, and a list is a message inside.
"""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any, TypeAlias

#: Any, because a recursive type of tuples in lists is not inferred from literals.
Message: TypeAlias = Iterable[Any]


def encode(message: Message) -> bytes:
    data = b""
    for number, value in message:
        if isinstance(value, int):
            data += _varint(number << 3) + _varint(value)
            continue
        content = value.encode() if isinstance(value, str) else value
        content = content if isinstance(content, bytes) else encode(content)
        data += _varint(number << 3 | 2) + _varint(len(content)) + content
    return data


def decode(data: bytes) -> list[tuple[int, int | bytes]]:
    """The fields of a message; those inside stay encoded."""
    fields: list[tuple[int, int | bytes]] = []
    at = 0
    while at < len(data):
        key, at = _read_varint(data, at)
        value, at = _read_varint(data, at)
        assert key & 7 in (0, 2), "neither varint nor length-delimited"
        if key & 7 == 0:
            fields.append((key >> 3, value))
        else:
            fields.append((key >> 3, data[at : at + value]))
            at += value
    assert at == len(data), "the last field is cut off"
    return fields


def _varint(value: int) -> bytes:
    data = bytearray()
    while value > 0x7F:
        data.append(value & 0x7F | 0x80)
        value >>= 7
    return bytes([*data, value])


def _read_varint(data: bytes, at: int) -> tuple[int, int]:
    value = shift = 0
    while True:
        value |= (data[at] & 0x7F) << shift
        at, shift = at + 1, shift + 7
        if data[at - 1] < 0x80:
            return value, at
