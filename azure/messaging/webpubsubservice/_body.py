"""Request bodies: whatever a caller passes becomes bytes of known length before the first attempt.

The service refuses a body without a length and a body over 1 MiB. A body that can be read only once would be
sent empty by a retry, and the service would accept it. So every body is read into memory first, up to that
limit. The steps without I/O are here; each client brings its own loop.
"""

from __future__ import annotations

from collections.abc import AsyncIterable, Iterable, Iterator, Mapping
from inspect import iscoroutinefunction
from typing import Any, Final
from urllib.parse import urlencode

__all__ = ["MAX_BODY", "Accumulator", "as_replayable", "check_length", "is_asynchronous", "read_all"]

MAX_BODY: Final = 1024 * 1024
"""The most bytes the service accepts in a request."""

_BLOCK: Final = 64 * 1024


class Accumulator:
    """Joins the pieces of a body that can be read only once."""

    def __init__(self, source: object, *, one_shot: bool) -> None:
        self._source = source
        self._one_shot = one_shot
        self._pieces: list[bytes] = []
        self._length = 0

    def add(self, piece: object) -> None:
        """Add the next piece.

        :raises TypeError: The piece is neither bytes nor text.
        :raises ValueError: The body grows over the limit.
        """
        data = _encoded(piece)
        if data is None:
            raise TypeError(
                f"The content ({type(self._source).__name__}) yielded {type(piece).__name__}. "
                "A body is made of bytes, or of str, which is sent as UTF-8."
            )
        self._length += len(data)
        check_length(self._length, self._source)
        self._pieces.append(data)

    def join(self) -> bytes:
        """Return the whole body.

        :raises ValueError: A source that can be read only once was empty, as it is when it was read before.
        """
        if self._one_shot and not self._pieces:
            raise ValueError(
                f"The content ({type(self._source).__name__}) yielded nothing: it was read before, or "
                "is empty. Build a new request for each send. For an empty message, pass content=b''."
            )
        return b"".join(self._pieces)


def check_length(length: int, source: object) -> None:
    """Refuse a body that the service would refuse.

    :raises ValueError: The length is over the limit.
    """
    if length > MAX_BODY:
        raise ValueError(
            f"The content ({type(source).__name__}) has more than {MAX_BODY} bytes (1 MiB), "
            "the most that the service accepts. Nothing was sent; send smaller messages."
        )


def is_asynchronous(content: Any) -> bool:
    """Whether only a coroutine can read it."""
    if hasattr(content, "read"):
        return iscoroutinefunction(content.read)
    return isinstance(content, AsyncIterable) and not isinstance(content, Iterable)


def as_replayable(content: object) -> bytes | None:
    """Return the body as bytes, if that does not use up a source that can be read only once.

    A seekable file is left at the position where it was, so that the caller can send the request again.

    :return: ``None`` if the content can be read only once; see :func:`read_all`.
    :raises ValueError: The body is over the limit.
    """
    if isinstance(content, Mapping):
        data: bytes | None = urlencode(content, doseq=True).encode()
    elif hasattr(content, "read"):
        return _read_seekable(content)
    else:
        data = _encoded(content)
    if data is not None:
        check_length(len(data), content)
    return data


def read_all(content: Any) -> bytes:
    """Read content that needs no coroutine to be read.

    :raises TypeError: It cannot be read.
    :raises ValueError: It is used up, or over the limit.
    """
    if hasattr(content, "read"):
        pieces, one_shot = _blocks(content), True
    elif isinstance(content, Iterable):
        pieces = iter(content)
        one_shot = pieces is content
    else:
        raise TypeError(f"A {type(content).__name__} cannot be read as the content of a request.")
    body = Accumulator(content, one_shot=one_shot)
    for piece in pieces:
        body.add(piece)
    return body.join()


def _encoded(piece: object) -> bytes | None:
    if isinstance(piece, bytes):
        return piece
    if isinstance(piece, str):
        return piece.encode()
    return bytes(piece) if isinstance(piece, (bytearray, memoryview)) else None


def _read_seekable(file: Any) -> bytes | None:
    if iscoroutinefunction(file.read):
        return None
    try:
        start = file.tell()
        file.seek(start)
    except (AttributeError, OSError, ValueError):
        # A pipe or a socket, for instance.
        return None
    body = Accumulator(file, one_shot=False)
    try:
        for block in _blocks(file):
            body.add(block)
    finally:
        file.seek(start)
    return body.join()


def _blocks(file: Any) -> Iterator[object]:
    while block := file.read(_BLOCK):
        yield block
