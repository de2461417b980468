"""``Content-Encoding``: one decoder for both clients.

``gzip``, ``x-gzip`` and ``deflate`` are decoded, also several on top of each other. A body in any other
encoding, which this client does not ask for, is passed on as it is.

A kilobyte can become a megabyte, and that a gigabyte. So a body that is read whole has a limit, and one that
is streamed comes in small pieces, whatever it is made of.
"""

from __future__ import annotations

import zlib
from typing import TYPE_CHECKING, Final

from azure.core.exceptions import DecodeError

from ._errors import make_error

if TYPE_CHECKING:
    from collections.abc import Iterator

__all__ = ["MAX_DECODED", "Decoder", "decoder_for"]

MAX_DECODED: Final = 64 * 1024 * 1024
"""Most bytes that an encoded body may become when it is read whole. The service's have a few thousand."""

_PIECE: Final = 64 * 1024
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
    """Decodes a body, block by block, in pieces of bounded length."""

    def __init__(self, layers: list[_Layer]) -> None:
        self._layers = layers

    def decode_all(self, content: bytes) -> bytes:
        """Return a whole body, decoded.

        :raises ~azure.core.exceptions.DecodeError: The body is not in this encoding, breaks off, or becomes
            too large.
        """
        pieces: list[bytes] = []
        length = 0
        for piece in self.decode(content):
            length += len(piece)
            if length > MAX_DECODED:
                raise make_error(
                    DecodeError,
                    f"The body has {len(content)} bytes and decodes to more than {MAX_DECODED}. If that "
                    "is meant, read it with stream=True and iter_bytes().",
                )
            pieces.append(piece)
        self.check_end()
        return b"".join(pieces)

    def decode(self, block: bytes) -> Iterator[bytes]:
        """Yield what can be decoded with the next block.

        :raises ~azure.core.exceptions.DecodeError: The body is not in this encoding.
        """
        return self._through(self._layers, block)

    def check_end(self) -> None:
        """Check that the body is whole, at its end.

        :raises ~azure.core.exceptions.DecodeError: The body breaks off.
        """
        for layer in self._layers:
            layer.check_end()

    def _through(self, layers: list[_Layer], block: bytes) -> Iterator[bytes]:
        if not layers:
            if block:
                yield block
            return
        for piece in layers[0].decode(block):
            yield from self._through(layers[1:], piece)


class _Layer:
    def __init__(self, name: str) -> None:
        self._name = name
        self._head = b""
        self._inflater = zlib.decompressobj(_GZIP) if "gzip" in name else None
        self._empty = True

    def decode(self, block: bytes) -> Iterator[bytes]:
        if not block:
            return
        self._empty = False
        if self._inflater is None:
            # "deflate" is the zlib format, but some servers send it without zlib's two bytes of header.
            block = self._head + block
            if len(block) < 2:
                self._head = block
                return
            zlib_header = block[0] & 0x0F == 8 and int.from_bytes(block[:2], "big") % 31 == 0
            self._inflater = zlib.decompressobj(zlib.MAX_WBITS if zlib_header else -zlib.MAX_WBITS)
        try:
            yield from self._inflate(block)
        except zlib.error:
            text = f"The body is not {self._name}, as Content-Encoding says."
            raise make_error(DecodeError, text) from None

    def _inflate(self, block: bytes) -> Iterator[bytes]:
        assert self._inflater is not None
        while True:
            if self._inflater.eof:
                if self._name == "deflate" or not block.startswith(b"\x1f"):
                    return  # padding
                self._inflater = zlib.decompressobj(_GZIP)  # the next member: gzip files can be joined
            piece = self._inflater.decompress(block, _PIECE)
            if piece:
                yield piece
            block = self._inflater.unused_data or self._inflater.unconsumed_tail
            if not block and len(piece) < _PIECE:
                return  # and nothing is held back

    def check_end(self) -> None:
        is_whole = self._empty or (self._inflater is not None and self._inflater.eof)
        if not is_whole:  # a response without a body is
            raise make_error(DecodeError, f"The body, which is {self._name}, breaks off.")
