"""Headers on their way to an HTTP library, and back from it."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Any, Final

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping

    from ._serialization import Headers

__all__ = ["HEADER_NAME", "check_headers", "decode_value", "framing", "headers_of", "joined", "wire_headers"]

HEADER_NAME: Final = r"[!#$%&'*+\-.^_`|~0-9A-Za-z]+"
"""RFC 9110, section 5.1."""

_NAMES: Final = re.compile(f"(?:{HEADER_NAME})?")
# RFC 9110, section 5.5: no control characters but the tab. Surrogates have no encoding.
_NOT_IN_VALUES: Final = re.compile(r"[\x00-\x08\x0a-\x1f\x7f\ud800-\udfff]")

_METHODS_WITH_BODY: Final = frozenset({"POST", "PUT", "PATCH"})
_FRAMING: Final = frozenset({"content-length", "transfer-encoding"})
_NO_BODY: Final = ("Content-Length", "0")


def check_headers(headers: Mapping[str, str]) -> None:
    """Refuse headers that cannot be sent.

    No message repeats a value: it may be a key that was read with its line end.

    :raises TypeError: A name or a value is not a ``str``.
    :raises ValueError: A name or a value has a character that it cannot have.
    """
    try:  # all at once: every attempt comes here
        names, values = "".join(headers), "".join(headers.values())
        if _NAMES.fullmatch(names) and "" not in headers and values.isprintable():
            return
    except TypeError:
        pass  # the header is found below
    for name, value in headers.items():
        if not isinstance(name, str):
            raise TypeError(f"Headers map str to str; the name {name!r} is {type(name).__name__}.")
        if not isinstance(value, str):
            raise TypeError(f"Headers map str to str; the value of {name!r} is {type(value).__name__}.")
        if not name or not _NAMES.fullmatch(name):
            raise ValueError(f"There is a header with the name {name!r}, which no header can have.")
        if _NOT_IN_VALUES.search(value):
            raise ValueError(
                f"The header {name} has a character that no header can have, such as a line end."
            )


def wire_headers(headers: Headers, body: object, method: str) -> dict[str, str]:
    """Return the headers to send with a body, as HTTP libraries take them.

    There is one length, and it is the body's: policies and hooks may have added a ``Content-Length`` or a
    ``Transfer-Encoding`` of their own.

    :raises TypeError: A header is not text.
    :raises ValueError: A header cannot be sent.
    """
    by_name = headers.by_name
    wire = dict(by_name.values())
    length = framing(body, method)
    if by_name.get("content-length") != length or "transfer-encoding" in by_name:
        wire = {name: value for lower, (name, value) in by_name.items() if lower not in _FRAMING}
        if length is not None:
            wire["Content-Length"] = length[1]
    if "accept-encoding" not in by_name:
        wire["Accept-Encoding"] = "gzip, deflate"
    if not headers.are_checked:
        check_headers(wire)
    return wire


def framing(body: object, method: str) -> tuple[str, str] | None:
    """Return the header that says how long a body is; ``None`` if there is none, or it is sent in pieces."""
    if isinstance(body, bytes):
        return "Content-Length", str(len(body))
    return _NO_BODY if body is None and method in _METHODS_WITH_BODY else None


def headers_of(headers: Any) -> Headers:
    """Return a request's headers as those that builders make, of whichever package the builder is.

    :raises TypeError: A header is not text.
    :raises ValueError: A header cannot be sent.
    """
    if hasattr(headers, "by_name"):
        found: Headers = headers
        return found
    items = {name: headers[name] for name in headers}
    check_headers(items)
    made = _make(items)
    made.are_checked = True
    return made


def _make(data: Any = ()) -> Headers:
    from ._serialization import Headers  # noqa: PLC0415 - which the emulator must do without

    return Headers(data)


def joined(items: Iterable[tuple[str, str]]) -> Headers:
    """Collect a response's headers. Values of repeated ones are joined by commas (RFC 9110, section 5.2)."""
    headers = _make()
    for name, value in items:
        before = headers.get(name)
        headers[name] = value if before is None else f"{before}, {value}"
    return headers


def decode_value(value: bytes) -> str:
    """Return a response header's value as text: UTF-8 if it can be, else Latin-1, which anything can be.

    RFC 9110, section 5.5, allows bytes beyond ASCII and gives them no meaning. A value that an old server
    folded over several lines becomes one line.
    """
    try:
        text = value.decode()
    except UnicodeDecodeError:
        text = value.decode("latin-1")
    return " ".join(line.strip() for line in text.split("\n")) if "\n" in text else text.strip(" \t")
