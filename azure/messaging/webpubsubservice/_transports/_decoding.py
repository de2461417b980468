"""``Content-Encoding``: one decoder for both clients.

``gzip``, ``x-gzip`` and ``deflate`` are decoded, also several on top of each other. A body in any other
encoding, which this client does not ask for, is passed on as it is.
"""

from __future__ import annotations

import zlib
from typing import Final

from azure.core.exceptions import DecodeError

from ._errors import make_error

__all__ = ["Decoder", "decoder_for"]

_GZIP: Final = zlib.MAX_WBITS | 16
_MAX_LAYERS: Final = 5


def decoder_for(encoding: str | None) -> Decoder | None:
    """Return a decoder for the value of ``Content-Encoding``, or ``None`` if nothing is to be decoded.

    :raises ~azure.core.exceptions.DecodeError: There are more layers than any server has use for.
    """
    if not encoding:
        return None
    names = [name for part in encoding.split(",") if (name := part.strip().lower()) not in {"", "identity"}]
    if not names or not set(names) <= {"gzip", "x-gzip", "deflate"}:
        return None
    if len(names) > _MAX_LAYERS:
        raise make_error(
            DecodeError, f"The body is encoded {len(names)} times; {_MAX_LAYERS} times is the limit."
        )
    return Decoder([_Layer(name) for name in reversed(names)])


class Decoder:
    """Decodes a body, block by block."""

    def __init__(self, layers: list[_Layer]) -> None:
        self._layers = layers

    def decode(self, block: bytes) -> bytes:
        """Return what can be decoded with the next block.

        :raises ~azure.core.exceptions.DecodeError: The body is not in this encoding.
        """
        for layer in self._layers:
            block = layer.decode(block)
        return block

    def finish(self) -> bytes:
        """Return the rest at the end of the body.

        :raises ~azure.core.exceptions.DecodeError: The body breaks off.
        """
        rest = b""
        for layer in self._layers:
            rest = layer.decode(rest) + layer.finish()
        return rest


class _Layer:
    def __init__(self, name: str) -> None:
        self._name = name
        self._head = b""
        self._inflater = zlib.decompressobj(_GZIP) if "gzip" in name else None
        self._empty = True

    def decode(self, block: bytes) -> bytes:
        if not block:
            return b""
        self._empty = False
        if self._inflater is None:
            # "deflate" is the zlib format, but some servers send it without zlib's two bytes of header.
            block = self._head + block
            if len(block) < 2:
                self._head = block
                return b""
            zlib_header = block[0] & 0x0F == 8 and int.from_bytes(block[:2], "big") % 31 == 0
            self._inflater = zlib.decompressobj(zlib.MAX_WBITS if zlib_header else -zlib.MAX_WBITS)
        try:
            return self._inflate(block)
        except zlib.error:
            pass
        raise make_error(DecodeError, f"The body is not {self._name}, as Content-Encoding says.")

    def _inflate(self, block: bytes) -> bytes:
        assert self._inflater is not None
        parts = []
        while block:
            if self._inflater.eof:
                if self._name == "deflate" or not block.startswith(b"\x1f"):
                    break  # padding
                self._inflater = zlib.decompressobj(_GZIP)  # the next member: gzip files can be joined
            parts.append(self._inflater.decompress(block))
            block = self._inflater.unused_data
        return b"".join(parts)

    def finish(self) -> bytes:
        if self._empty:
            return b""  # a response without a body
        if self._inflater is None or not self._inflater.eof:
            raise make_error(DecodeError, f"The body, which is {self._name}, breaks off.")
        return self._inflater.flush()
