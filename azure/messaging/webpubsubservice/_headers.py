"""HTTP headers, whose names are compared without regard to case."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Mapping, MutableMapping, Sequence
from typing import Any, Final

__all__ = ["HEADER_NAME", "Headers", "check_headers", "decode_value", "put", "wire_headers"]

HEADER_NAME: Final = r"[!#$%&'*+\-.^_`|~0-9A-Za-z]+"
"""RFC 9110, section 5.1."""

_NAMES: Final = re.compile(f"(?:{HEADER_NAME})?")
# RFC 9110, section 5.5: no control characters but the tab. Surrogates have no encoding.
_NOT_IN_VALUES: Final = re.compile(r"[\x00-\x08\x0a-\x1f\x7f\ud800-\udfff]")

_FRAMING = frozenset({"content-length", "transfer-encoding"})
_NO_ITEM = (None, None)


class Headers(MutableMapping[str, str]):
    """azure-core's case-insensitive dictionary, in a tenth of the time where it is copied or read whole.

    Each attempt reads all headers of a request once, and each request copies its caller's.
    """

    __slots__ = ("_items", "are_checked")

    def __init__(self, items: Iterable[tuple[str, str]] = (), *, are_checked: bool = False) -> None:
        self._items: dict[str, tuple[str, str]] = {item[0].lower(): item for item in items}
        self.are_checked = are_checked
        """Whether all of them can be sent, as :func:`check_headers` found or :meth:`put` promises."""

    @classmethod
    def from_response(cls, items: Sequence[tuple[str, str]]) -> Headers:
        """Collect headers that may be repeated; their values are joined by commas (RFC 9110, section 5.2)."""
        headers = cls(items)
        if len(headers) < len(items):
            headers = cls()
            for name, value in items:
                before = headers.get(name)
                headers[name] = value if before is None else f"{before}, {value}"
        return headers

    def __getitem__(self, name: str) -> str:
        return self._items[name.lower()][1]

    def __setitem__(self, name: str, value: str) -> None:
        self._items[name.lower()] = (name, value)
        self.are_checked = False

    def put(self, lower: str, name: str, value: str) -> None:
        """Set a header that is known to be one that can be sent; see :func:`put`."""
        self._items[lower] = (name, value)

    def __delitem__(self, name: str) -> None:
        del self._items[name.lower()]

    def __iter__(self) -> Iterator[str]:
        return (item[0] for item in self._items.values())

    def __len__(self) -> int:
        return len(self._items)

    def __contains__(self, name: object) -> bool:
        return isinstance(name, str) and name.lower() in self._items

    def __eq__(self, other: object) -> bool:
        if not isinstance(other, MutableMapping):
            return NotImplemented
        ours = {name: item[1] for name, item in self._items.items()}
        return ours == {name.lower(): value for name, value in other.items()}

    __hash__ = None  # type: ignore[assignment]

    def get(self, name: str, default: Any = None) -> Any:
        """Return a header's value."""
        item = self._items.get(name.lower())
        return default if item is None else item[1]

    def discard(self, lower: str) -> None:
        """Remove a header if it is there, by its name in lower case."""
        self._items.pop(lower, None)

    def pop(self, name: str, default: Any = None) -> Any:
        """Take a header out, and return its value."""
        item = self._items.pop(name.lower(), None)
        return default if item is None else item[1]

    def for_wire(self, length: str | None) -> dict[str, str]:
        """Return the headers to send with a body of this length, or with ``None`` if it has none."""
        items = self._items
        wire = dict(items.values())
        if items.get("content-length", _NO_ITEM)[1] != length or "transfer-encoding" in items:
            wire = {name: value for lower, (name, value) in items.items() if lower not in _FRAMING}
            if length is not None:
                wire["Content-Length"] = length
        if "accept-encoding" not in items:
            wire["Accept-Encoding"] = "gzip, deflate"
        return wire

    def copy(self) -> Headers:
        """Return an independent copy."""
        return Headers(self._items.values())

    def __repr__(self) -> str:
        return repr(dict(self._items.values()))


def put(headers: MutableMapping[str, str], lower: str, name: str, value: str) -> None:
    """Set a header that is known to be one that can be sent, so that it need not be checked.

    :param headers: Those of a request, which a policy may have replaced.
    :param lower: The name in lower case.
    """
    if isinstance(headers, Headers):
        headers.put(lower, name, value)
    else:
        headers[name] = value


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
        if not isinstance(name, str) or not isinstance(value, str):
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
    if body is not None:
        length = str(len(body)) if isinstance(body, bytes) else None
    else:
        length = "0" if method.upper() in {"POST", "PUT", "PATCH"} else None
    wire = headers.for_wire(length)
    if not headers.are_checked:
        check_headers(wire)
    return wire


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
