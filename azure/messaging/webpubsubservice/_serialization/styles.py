"""The styles of OpenAPI 3, in which values are written into a path, a query, headers and cookies.

They are those of RFC 6570 (``simple``, ``label``, ``matrix`` and ``form``), and OpenAPI's own
``spaceDelimited``, ``pipeDelimited``, ``deepObject`` and ``cookie``.
"""

import re
from collections.abc import Callable, Iterator, Mapping, MutableMapping
from typing import Any, TypeAlias
from urllib.parse import quote, unquote

from ._parameter import CHANGES_PATH, Parameter, Values
from ._text import header_value, show
from .schemas import Tree, tree

Escape: TypeAlias = Callable[[str], str]

_RESERVED = "!$'()*+,/:;=?@[]"  # without & (ends an item), # (ends the query) and % (begins an escape)
_is_escaped = re.compile(r"(?:[^%]|%[0-9A-Fa-f]{2})*").fullmatch
_DELIMITERS: Mapping[str, str] = {"spaceDelimited": "%20", "pipeDelimited": "%7C"}


class Styled(Parameter):
    """A value that is written in a style.

    :param value: The rules for the value.
    :param explode: Whether each item of a list, or member of an object, is written separately.
    :param reserved: Whether reserved characters of URLs are not escaped.
    :param wire: The name on the wire, which the style ``matrix`` writes into the path.
    """

    expected = "a value that the style can write"

    def __init__(
        self,
        name: str,
        value: Parameter,
        style: str,
        *,
        explode: bool = False,
        reserved: bool = False,
        wire: str = "",
        **shape: Any,
    ) -> None:
        super().__init__(name, **shape)
        self.value = value
        self.style = style
        self.explode = explode
        self.reserved = reserved
        self.wire = wire or name

    def text(self, value: Any) -> str:
        """Return the value in the form for a header."""
        return _in_path(self._tree(value), "simple", self.wire, self.explode, _as_it_is)

    def escaped(self, value: Any) -> str:
        """Return the value in the form for a path."""
        return _in_path(self._tree(value), self.style, self.wire, self.explode, self._escape)

    def segment(self, value: Any) -> str:
        """Return the value for a path, if no segment becomes empty, ``.`` or ``..``."""
        text = super().segment(value).replace("?", "%3F")
        if self.reserved and not {"", ".", ".."}.isdisjoint(unquote(text).split("/")):
            raise self.invalid(value, CHANGES_PATH)
        return text

    def query_item(self, name: str, value: Any) -> str:
        """Return the items of a query or a form."""
        return "&".join(f"{key}={text}" for key, text in self._pairs(name, value, self._escape))

    def cookies(self, name: str, value: Any) -> str:
        """Return the pairs of a ``Cookie`` header."""
        if self.style != "cookie":
            return self.query_item(name, value)
        return "; ".join(
            f"{_cookie(self.name, key, '=')}={_cookie(self.name, text)}"
            for key, text in self._pairs(name, value, _as_it_is)
        )

    def parts(self, name: str, value: Any) -> list[tuple[str, Any]]:
        """Return the parts of a multipart form."""
        return list(self._pairs(name, value, _as_it_is))

    def verify(self, value: Any) -> None:
        """Raise if a value breaks a rule."""
        self._tree(value)

    def _tree(self, value: Any) -> Tree:
        return tree(self.value, value, deep=self.style == "deepObject")

    def _pairs(self, name: str, value: Any, escape: Escape) -> Iterator[tuple[str, str]]:
        found = self._tree(value)
        if self.style == "deepObject":
            return _deep(escape(name), found, escape)
        return _flat(escape(name), found, _DELIMITERS.get(self.style, ","), self.explode, escape)

    def _escape(self, text: str) -> str:
        try:
            if not self.reserved:
                return quote(text, safe="")
            # If each per cent sign begins an escape, these escapes stay.
            return quote(text, safe=f"{_RESERVED}%" if _is_escaped(text) else _RESERVED)
        except UnicodeEncodeError as error:
            raise self.invalid(text, "has a lone surrogate, which UTF-8 cannot carry") from error


def add_cookies(headers: MutableMapping[str, str], cookies: Values) -> None:
    """Add cookies to a request's headers. They replace the caller's cookies with the same names.

    :raises TypeError: A value is missing, or of the wrong type.
    :raises ValueError: A value breaks a rule.
    """
    given = {name: each for name, each in cookies.items() if each[0].require(each[1])}
    kept = [
        pair
        for pair in map(str.strip, headers.get("Cookie", "").split(";"))
        if pair and pair.partition("=")[0] not in given
    ]
    added = [
        parameter.cookies(name, value) if isinstance(parameter, Styled) else parameter.query_item(name, value)
        for name, (parameter, value) in given.items()
    ]
    if text := "; ".join(filter(None, [*kept, *added])):
        headers["Cookie"] = text


def _in_path(value: Tree, style: str, name: str, explode: bool, escape: Escape) -> str:
    """Write a value in the style ``simple``, ``label`` or ``matrix``."""
    pairs = _flat(escape(name), value, ",", explode, escape)
    if style == "matrix":
        return "".join(f";{key}={text}" if text else f";{key}" for key, text in pairs)
    has_keys = explode and isinstance(value, dict)
    prefix = "." if style == "label" else ""
    return prefix + (prefix or ",").join(f"{key}={text}" if has_keys else text for key, text in pairs)


def _flat(name: str, value: Tree, delimiter: str, explode: bool, escape: Escape) -> Iterator[tuple[str, str]]:
    """Yield the pairs for a value: a list or an object is one pair, or several if it is exploded."""
    if isinstance(value, str):
        yield name, escape(value)
    elif isinstance(value, list):
        items = [escape(_leaf(each)) for each in value]
        yield from [(name, each) for each in items] if explode else [(name, delimiter.join(items))]
    elif explode:
        for key, each in value.items():
            yield escape(key), escape(_leaf(each))
    else:
        parts = [part for key, each in value.items() for part in (escape(key), escape(_leaf(each)))]
        yield name, delimiter.join(parts)


def _deep(name: str, value: Tree, escape: Escape) -> Iterator[tuple[str, str]]:
    """Yield ``name[member]`` with values, to any depth; lists in the form of PHP, Rails, qs and Stripe."""
    if isinstance(value, str):
        yield name, escape(value)
    elif isinstance(value, list):
        for index, each in enumerate(value):
            key = escape("[]") if isinstance(each, str) else escape(f"[{index}]")
            yield from _deep(f"{name}{key}", each, escape)
    else:
        for key, each in value.items():
            yield from _deep(f"{name}{escape(f'[{key}]')}", each, escape)


def _leaf(value: Tree) -> str:
    assert isinstance(value, str), "nested values have already become text"
    return value


def _as_it_is(text: str) -> str:
    return text


def _cookie(name: str, value: str, more: str = "") -> str:
    """Return a value, or a name, if a cookie can carry it.

    :param more: What else it must not contain.
    """
    text = header_value(name, value)
    if any(letter in text for letter in f';, "\\{more}') or not text.isascii():
        raise ValueError(f"{show(name, value)} has a character that a cookie cannot carry")
    return text
