"""What is sent: bodies that have a length and can be replayed.

The service takes no body without a length and none over 1 MiB. A body that can be read only once would also
be sent empty by a retry and answered as a success. So whatever is not in memory or in a seekable file is read
before the first attempt, up to that bound. The steps without I/O are here once; each client brings its own
loop.
"""

from __future__ import annotations

import io
from collections.abc import AsyncIterable, Iterable, Iterator, Mapping
from contextlib import contextmanager
from inspect import iscoroutinefunction
from typing import Any, Final, Protocol
from urllib.parse import urlencode

__all__ = [
    "LIMIT",
    "Accumulator",
    "Binary",
    "Lent",
    "is_asynchronous",
    "joined",
    "kept_in_place",
    "length",
    "replayable",
]

LIMIT: Final = 1024 * 1024
"""Most bytes the service takes in a request, and most that are read ahead of one."""


class Binary(Protocol):
    """A file open for reading, at least."""

    def read(self, size: int = -1, /) -> Any: ...


class Lent(io.RawIOBase):
    """A file that its reader cannot close: aiohttp, if it is given a file, closes it after an attempt."""

    def __init__(self, file: Any) -> None:
        self._file = file

    def readable(self) -> bool:
        """Give ``True``."""
        return True

    def seekable(self) -> bool:
        """Give ``True``."""
        return True

    def read(self, size: int = -1, /) -> Any:
        """Read from the file."""
        return self._file.read(size)

    def seek(self, offset: int, whence: int = io.SEEK_SET, /) -> int:
        """Move in the file."""
        self._file.seek(offset, whence)
        return self.tell()

    def tell(self) -> int:
        """Give the place in the file."""
        return int(self._file.tell())

    def close(self) -> None:
        """Do nothing."""


class Accumulator:
    """Joins the pieces of a body that can be read only once."""

    def __init__(self, source: object, *, one_shot: bool) -> None:
        self._source = source
        self._one_shot = one_shot
        self._pieces: list[bytes] = []
        self._length = 0

    def add(self, piece: object) -> None:
        """Take the next piece.

        :raises TypeError: It is neither bytes nor text.
        :raises ValueError: The body grows over the limit.
        """
        if isinstance(piece, str):
            data = piece.encode()
        elif isinstance(piece, (bytes, bytearray, memoryview)):
            data = bytes(piece)
        else:
            raise TypeError(
                f"The content, a {type(self._source).__name__}, gave a {type(piece).__name__}; "
                "a body is made of bytes, or of str to be sent as UTF-8."
            )
        self._length += len(data)
        if self._length > LIMIT:
            raise ValueError(
                f"The content, a {type(self._source).__name__}, gives more than {LIMIT} bytes (1 MiB), "
                "the most that the service takes. Nothing was sent; send it in smaller messages."
            )
        self._pieces.append(data)

    def join(self) -> bytes:
        """Give the whole body.

        :raises ValueError: A one-shot source gave nothing, which is what one that was read before does.
        """
        if self._one_shot and not self._pieces:
            raise ValueError(
                f"The content, a {type(self._source).__name__}, gave nothing: it was read before, or "
                "is empty. Build a new request for each time it is sent; an empty message is content=b''."
            )
        return b"".join(self._pieces)


def is_asynchronous(content: Any) -> bool:
    """Whether only a coroutine can read it."""
    if hasattr(content, "read"):
        return iscoroutinefunction(content.read)
    return isinstance(content, AsyncIterable) and not isinstance(content, Iterable)


def replayable(content: object) -> bytes | Binary | None:
    """Turn content into bytes, or give the file back, if that takes no reading of a one-shot source.

    A seekable file is left where it stood, so that the caller's request can be sent again. Files over the
    limit are given back: the transport reads them, from the same place at each attempt.

    :return: ``None`` if the content has to be read whole first.
    """
    if isinstance(content, bytes):
        return content
    if isinstance(content, str):
        return content.encode()
    if isinstance(content, (bytearray, memoryview)):
        return bytes(content)
    if isinstance(content, Mapping):
        return urlencode(content, doseq=True).encode()
    if hasattr(content, "read"):
        return _seekable(content)
    return None


def _seekable(file: Any) -> bytes | Binary | None:
    if iscoroutinefunction(file.read):
        return None
    try:
        start = file.tell()
        # Text is encoded to UTF-8 whatever the file's encoding, so its length is known once it is read.
        in_memory = isinstance(file.read(0), str) or length(file) <= LIMIT
        file.seek(start)
    except (AttributeError, OSError, ValueError):
        # A pipe or a socket, for instance: it is read once, as a whole.
        return None
    if not in_memory:
        return file  # type: ignore[no-any-return]
    data = file.read()
    file.seek(start)
    return data.encode() if isinstance(data, str) else bytes(data)


def length(file: Any) -> int:
    """Give the bytes from where a file stands to its end, and leave it there."""
    start: int = file.tell()
    file.seek(0, io.SEEK_END)  # what this returns is None for some files, mmap and older temporary ones
    end: int = file.tell()
    file.seek(start)
    return end - start


def joined(content: Any) -> bytes:
    """Read content that can be read without coroutines.

    :raises TypeError: It cannot.
    :raises ValueError: It gives nothing, or more than the limit.
    """
    if hasattr(content, "read"):
        pieces, one_shot = _pieces(content), True
    elif isinstance(content, Iterable):
        pieces = iter(content)
        one_shot = pieces is content
    else:
        raise TypeError(f"A {type(content).__name__} cannot be read as the content of a request.")
    body = Accumulator(content, one_shot=one_shot)
    for piece in pieces:
        body.add(piece)
    return body.join()


@contextmanager
def kept_in_place(body: Any) -> Iterator[None]:
    """Leave a file where it stood, however far it was read: then the request can be sent again."""
    start = body.tell()
    try:
        yield
    finally:
        if not getattr(body, "closed", False):
            body.seek(start)


def _pieces(file: Any) -> Iterator[object]:
    while piece := file.read(64 * 1024):
        yield piece
