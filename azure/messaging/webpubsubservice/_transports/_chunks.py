"""Bodies in chunks, for the synchronous client.

The standard library takes ``0x5``, ``+5`` and ``5_0`` for the size of a chunk, skips any two bytes behind a
chunk, and takes a connection that ends within the trailer for a whole body.
"""

from __future__ import annotations

import io
import re
from http.client import HTTPException, IncompleteRead
from typing import Final

from typing_extensions import override

from azure.messaging.webpubsubservice._headers import HEADER_NAME

__all__ = ["ChunkedBody"]

_LONGEST_LINE: Final = 65536
_MAX_TRAILERS: Final = 100
_SIZE: Final = re.compile(rb"([0-9A-Fa-f]{1,32})[ \t]*(?:;[\t\x20-\x7e\x80-\xff]*)?")
_TRAILER: Final = HEADER_NAME.encode() + rb":[\t\x20-\x7e\x80-\xff]*"


class ChunkedBody(io.RawIOBase):
    """What the chunks of a body carry (RFC 9112, section 7.1), without the trailer.

    :param source: What stands behind the head.
    """

    def __init__(self, source: io.BufferedReader) -> None:
        super().__init__()
        self._source = source
        self._left: int | None = None
        """Bytes left of a chunk, whose line end is still to come; ``None`` before the first one."""
        self._ended = False

    @override
    def readable(self) -> bool:
        return True

    @override
    def readinto(self, buffer: memoryview, /) -> int:  # type: ignore[override]
        if not self._left and not self._ended:
            self._begin_chunk()
        if not self._left:
            return 0
        count = self._source.readinto1(memoryview(buffer)[: self._left])
        if not count:
            raise IncompleteRead(b"")
        self._left -= count
        return count

    def _begin_chunk(self) -> None:
        if self._left is not None and self._line():
            raise HTTPException("bytes between a chunk and the next one")
        size = _SIZE.fullmatch(self._line())
        if size is None:
            raise HTTPException("malformed size of a chunk")
        self._left = int(size[1], 16)
        if self._left == 0:
            self._ended = True
            self._skip_trailer()

    def _skip_trailer(self) -> None:
        for _ in range(_MAX_TRAILERS):
            line = self._line()
            if not line:
                return
            if not re.fullmatch(_TRAILER, line):
                raise HTTPException("malformed trailer")
        raise HTTPException("too many trailers")

    def _line(self) -> bytes:
        line = self._source.readline(_LONGEST_LINE)
        if line.endswith(b"\r\n"):
            return line[:-2]
        if line.endswith(b"\n") or len(line) == _LONGEST_LINE:
            raise HTTPException("malformed line")
        raise IncompleteRead(b"")

    @override
    def close(self) -> None:
        if not self.closed:
            super().close()
            self._source.close()
