"""Bodies with ``Content-Encoding``, decoded up to a limit, so that a small body cannot become a huge one."""

import gzip
import io
import zlib
from collections.abc import Callable, Mapping


class EncodingError(ValueError):
    """The body is not valid in its encoding."""


class UnknownEncodingError(EncodingError):
    """The encoding is not one of :data:`ENCODINGS`."""


class TooLargeError(EncodingError):
    """The decoded body is larger than allowed."""


def decode(body: bytes, content_encoding: str, *, limit: int) -> bytes:
    """Return a body as it was before it was encoded.

    :param content_encoding: The value of ``Content-Encoding``: names in the order in which they were applied,
        with commas between them. An empty value is no encoding.
    :param limit: The most bytes that the body may have after any step of decoding.
    :raises EncodingError: A name is unknown, the body is too large, or it is not valid in its encoding.
    """
    for name in reversed(names_of(content_encoding)):
        try:
            body = ENCODINGS[name](body, limit)
        except (EOFError, OSError, zlib.error):
            raise EncodingError(f"not valid {name} data") from None
        if len(body) > limit:
            raise TooLargeError(f"more than {limit} bytes when decoded")
    return body


def names_of(content_encoding: str) -> list[str]:
    """Return the names in the value of a ``Content-Encoding`` header, in lower case.

    :raises UnknownEncodingError: One of them is unknown.
    """
    names = [name for name in (part.strip().lower() for part in content_encoding.split(",")) if name]
    for name in names:
        if name not in ENCODINGS:
            raise UnknownEncodingError(f"content encoding {name!r} is not supported")
    return names


def _gunzip(body: bytes, limit: int) -> bytes:
    with gzip.GzipFile(fileobj=io.BytesIO(body)) as file:
        return file.read(limit + 1)


def _inflate(body: bytes, limit: int) -> bytes:
    """Decode zlib data, which is what ``deflate`` means (RFC 9110), or raw deflate data, as some send."""
    is_zlib = len(body) >= 2 and body[0] & 0x0F == 8 and (body[0] << 8 | body[1]) % 31 == 0
    decompressor = zlib.decompressobj(zlib.MAX_WBITS if is_zlib else -zlib.MAX_WBITS)
    decoded = decompressor.decompress(body, limit + 1)
    if len(decoded) <= limit and (not decompressor.eof or decompressor.unused_data):
        raise EOFError("the data ends too early or goes on after its end")
    return decoded


#: Decoders by encoding. They return at most one byte more than the limit.
ENCODINGS: Mapping[str, Callable[[bytes, int], bytes]] = {
    "deflate": _inflate,
    "gzip": _gunzip,
    "identity": lambda body, _: body,
    "x-gzip": _gunzip,  # another name for gzip (RFC 9110, section 8.4.1.3)
}
