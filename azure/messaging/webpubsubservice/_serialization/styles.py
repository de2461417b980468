"""Values in the styles of OpenAPI 3: objects, alternatives, JSON, and the ways to write them into a request.

Generated code imports this module only if an operation needs it. The styles are those of RFC 6570
(``simple``, ``label``, ``matrix`` and ``form``), and OpenAPI's own ``spaceDelimited``, ``pipeDelimited``,
``deepObject`` and ``cookie``.
"""

import json as json_module
import math
from collections.abc import Callable, Iterator, Mapping, MutableMapping, Sequence
from decimal import Decimal
from typing import Any, ClassVar, TypeAlias
from urllib.parse import quote, unquote

from azure.core.serialization import AzureJSONEncoder

from ._kinds import Array
from ._parameter import Parameter, Values
from ._text import header_value, listed, show

Scalar: TypeAlias = str | bool | int | float | Decimal
"""Text, a number, or true or false."""
Tree: TypeAlias = "str | list[Tree] | dict[str, Tree]"
"""A value of which every part is text, not escaped yet."""
Escape: TypeAlias = Callable[[str], str]

_RESERVED = "!$'()*+,/:;=?@[]"  # without what ends a query's item (&), the query (#) or an escape (%)
_encode_json = json_module.JSONEncoder(
    allow_nan=False, separators=(",", ":"), default=AzureJSONEncoder().default
).encode


class Anything(Parameter):
    """Text, a number or a boolean, where the document does not say which."""

    expected = "str, bool, int, float or Decimal"

    def text(self, value: Any) -> str:
        """Return the value as text."""
        if isinstance(value, bool):
            return "true" if value else "false"
        if isinstance(value, str):
            return str.__str__(value)
        if isinstance(value, int):
            return int.__repr__(value)
        if not isinstance(value, float | Decimal):
            raise self.wrong_type(value)
        if not math.isfinite(value):
            raise self.invalid(value, "is not a finite number")
        return str(value)


class Json(Parameter):
    """Any value, written as JSON.

    :param content_type: The media type of a part of a multipart form.
    """

    expected = "a value that JSON can represent"

    def __init__(self, name: str, *, content_type: str = "application/json", **shape: Any) -> None:
        super().__init__(name, **shape)
        self.content_type = content_type

    def text(self, value: Any) -> str:
        """Return the value as JSON, in ASCII, which a header can carry too."""
        return write_json(self.name, value)

    def parts(self, name: str, value: Any) -> list[tuple[str, Any]]:
        """Return one part with its media type."""
        return [(name, (None, self.text(value).encode(), self.content_type))]


class Object(Parameter):
    """An object: a mapping of member names to values.

    :param members: What the known members are like.
    :param more: What other members are like; none if there may be no others.
    :param needed: The members that must be there.
    """

    expected = "a mapping"

    def __init__(
        self,
        name: str,
        members: Mapping[str, Parameter],
        more: Parameter | None = None,
        *,
        needed: Sequence[str] = (),
        **shape: Any,
    ) -> None:
        super().__init__(name, **shape)
        self.members = members
        self.more = more
        self.needed = needed

    def items(self, value: Any) -> Iterator[tuple[str, Parameter, Any]]:
        """Yield name, rules and value of each member that is not None."""
        if not isinstance(value, Mapping) or not all(isinstance(key, str) for key in value):
            raise self.wrong_type(value)
        if missing := [key for key in self.needed if value.get(key) is None]:
            raise self.invalid(value, f"lacks {listed(missing)}")
        for key, each in value.items():
            member = self.members.get(key, self.more)
            if member is None:
                raise self.invalid(value, f"has {key!r}, which is not one of {listed(self.members)}")
            if each is not None:
                yield key, member, each

    def text(self, value: Any) -> str:
        """Return the object as JSON, once its members keep their rules."""
        tree(self, value)
        return write_json(self.name, value)

    def verify(self, value: Any) -> None:
        """Raise if a member breaks a rule."""
        tree(self, value)


class AnyOf(Parameter):
    """A value that is one of several kinds: the first that takes it writes it."""

    def __init__(self, name: str, *alternatives: Parameter, **shape: Any) -> None:
        super().__init__(name, **shape)
        # Almost any value can be JSON, and all bytes can be a file.
        self.alternatives = sorted(alternatives, key=lambda each: (isinstance(each, Json), each.is_file))

    @property
    def expected(self) -> str:  # type: ignore[override]
        """The types that the parameter takes, for errors."""
        return " or ".join(dict.fromkeys(each.expected for each in self.alternatives))

    def taking(self, value: Any) -> Parameter:
        """Return the alternative that takes a value.

        :raises ValueError: It has the type of one, and breaks a rule of it.
        :raises TypeError: It has the type of none.
        """
        errors = []
        for each in self.alternatives:
            error = _error(each, value)
            if error is None:
                return each
            errors.append(error)
        raise next((error for error in errors if isinstance(error, ValueError)), self.wrong_type(value))

    def text(self, value: Any) -> str:
        """Return the value as the alternative that takes it does."""
        return self.taking(value).text(value)

    def query_item(self, name: str, value: Any) -> str:
        """Return ``name=value``, likewise."""
        return self.taking(value).query_item(name, value)

    def parts(self, name: str, value: Any) -> list[tuple[str, Any]]:
        """Return the parts of a multipart form, likewise."""
        return self.taking(value).parts(name, value)

    def verify(self, value: Any) -> None:
        """Raise if no alternative takes a value."""
        self.taking(value)


class Part(Parameter):
    """A field of a multipart form with a media type of its own."""

    def __init__(self, name: str, value: Parameter, content_type: str, **shape: Any) -> None:
        super().__init__(name, **shape)
        self.value = value
        self.content_type = content_type

    @property
    def expected(self) -> str:  # type: ignore[override]
        """The types that the parameter takes, for errors."""
        return self.value.expected

    def text(self, value: Any) -> str:
        """Return the value as text."""
        return self.value.text(value)

    def parts(self, name: str, value: Any) -> list[tuple[str, Any]]:
        """Return one part with its media type."""
        return [(name, (None, self.text(value).encode(), self.content_type))]


class Styled(Parameter):
    """A value that is written in a style.

    :param value: What the value is like.
    :param explode: Whether each item of a list, or member of an object, stands by itself.
    :param reserved: Whether characters that are reserved in URLs stay as they are.
    :param wire: The name on the wire, which the style ``matrix`` writes into the path.
    """

    expected: ClassVar[str] = "a value that the style can write"

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
        """Return the value as it stands in a header."""
        return _in_path(self._tree(value), "simple", self.wire, self.explode, _as_it_is)

    def escaped(self, value: Any) -> str:
        """Return the value as it stands in a path."""
        return _in_path(self._tree(value), self.style, self.wire, self.explode, self._escape)

    def segment(self, value: Any) -> str:
        """Return the value as it stands in a path, of which no segment may become empty, ``.`` or ``..``."""
        if value is None:
            raise TypeError(f"{self.name} is a part of the path, and cannot be None")
        text = self.escaped(value).replace("?", "%3F")
        if not {"", ".", ".."}.isdisjoint(unquote(text).split("/") if self.reserved else [text]):
            raise self.invalid(value, "would change the path: a part of it must not be empty, '.' or '..'")
        return text

    def query_item(self, name: str, value: Any) -> str:
        """Return the items of a query or a form."""
        return "&".join(f"{key}={text}" for key, text in self._pairs(name, value, self._escape))

    def cookies(self, name: str, value: Any) -> str:
        """Return the pairs of a ``Cookie`` header."""
        if self.style != "cookie":
            return self.query_item(name, value)
        return "; ".join(
            f"{key}={_cookie(self.name, text)}" for key, text in self._pairs(name, value, _as_it_is)
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
            return _escape_reserved(text) if self.reserved else quote(text, safe="")
        except UnicodeEncodeError as error:
            raise self.invalid(text, "has a lone surrogate, which UTF-8 cannot carry") from error


_DELIMITERS: Mapping[str, str] = {"spaceDelimited": "%20", "pipeDelimited": "%7C"}


def tree(parameter: Parameter, value: Any, *, deep: bool = False, inside: bool = False) -> Tree:
    """Check a value and return it with all of its parts as text.

    :param deep: Whether lists and objects inside others have a way to be written; they become JSON otherwise.
    """
    if isinstance(parameter, AnyOf):
        return tree(parameter.taking(value), value, deep=deep, inside=inside)
    if isinstance(parameter, Array):
        items = parameter.checked(value)
        found: Tree = [
            "" if each is None else tree(parameter.items, each, deep=deep, inside=True) for each in items
        ]
    elif isinstance(parameter, Object):
        found = {
            key: tree(member, each, deep=deep, inside=True) for key, member, each in parameter.items(value)
        }
    else:
        return parameter.text(value)
    return found if deep or not inside else write_json(parameter.name, value)


def add_cookies(headers: MutableMapping[str, str], cookies: Values) -> None:
    """Add cookies to a request's headers. They replace those of their names that the caller passed.

    :raises TypeError: A value is missing, or of the wrong type.
    :raises ValueError: A value breaks a rule.
    """
    given = {name: each for name, each in cookies.items() if each[0].require(each[1])}
    written = next((name for name in headers if name.lower() == "cookie"), "Cookie")
    kept = [
        pair
        for pair in map(str.strip, headers.get(written, "").split(";"))
        if pair and pair.partition("=")[0] not in given
    ]
    added = [
        parameter.cookies(name, value) if isinstance(parameter, Styled) else parameter.query_item(name, value)
        for name, (parameter, value) in given.items()
    ]
    if text := "; ".join(filter(None, [*kept, *added])):
        headers[written] = text


def write_json(name: str, value: Any) -> str:
    """Return a value as JSON.

    :raises TypeError: A part of it is of a type that JSON cannot represent.
    :raises ValueError: A number in it is not finite.
    """
    try:
        return _encode_json(value)
    except (TypeError, ValueError, RecursionError) as error:
        kind = TypeError if isinstance(error, TypeError) else ValueError
        raise kind(f"{show(name, value)} cannot be written as JSON: {error}") from error


def _in_path(value: Tree, style: str, name: str, explode: bool, escape: Escape) -> str:
    """Write a value in the style ``simple``, ``label`` or ``matrix``."""
    if style == "matrix":
        pairs = _flat(escape(name), value, ",", explode, escape)
        return "".join(f";{key}={text}" if text else f";{key}" for key, text in pairs)
    prefix = "." if style == "label" else ""
    separator = prefix if prefix and explode else ","
    if isinstance(value, dict):
        joint = "=" if explode else ","
        return prefix + separator.join(
            f"{escape(key)}{joint}{escape(_leaf(each))}" for key, each in value.items()
        )
    if isinstance(value, list):
        return prefix + separator.join(escape(_leaf(each)) for each in value)
    return prefix + escape(value)


def _flat(name: str, value: Tree, delimiter: str, explode: bool, escape: Escape) -> Iterator[tuple[str, str]]:
    """Yield the pairs of a value, in which a list or an object is one, or exploded."""
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
    """Yield ``name[member]`` with its value, to any depth; a list as PHP, Rails, qs and Stripe read it."""
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
    assert isinstance(value, str), "what is inside is text already"
    return value


def _as_it_is(text: str) -> str:
    return text


def _escape_reserved(text: str) -> str:
    """Escape what a URL cannot hold; escapes stay as they are."""
    return quote(text, safe=f"{_RESERVED}%") if _has_escapes_only(text) else quote(text, safe=_RESERVED)


def _has_escapes_only(text: str) -> bool:
    """Whether each per cent sign begins an escape."""
    hexadecimal = frozenset("0123456789abcdefABCDEF")
    return all(len(part) > 1 and hexadecimal.issuperset(part[:2]) for part in text.split("%")[1:])


def _cookie(name: str, value: str) -> str:
    """Return the value of a cookie, if it can be one."""
    text = header_value(name, value)
    if any(letter in text for letter in ';, "\\') or not text.isascii():
        raise ValueError(f"{show(name, value)} has a character that a cookie cannot carry")
    return text


def _error(parameter: Parameter, value: Any) -> TypeError | ValueError | None:
    """Return what is wrong with a value."""
    try:
        _check(parameter, value)
    except (TypeError, ValueError) as error:
        return error
    return None


def _check(parameter: Parameter, value: Any) -> None:
    """Raise if a value breaks a rule. A file is not read: that can be done only once."""
    if parameter.is_file:
        if not _can_be_file(value):
            raise parameter.wrong_type(value)
    elif isinstance(parameter, Array) and parameter.items.is_file:
        if not isinstance(value, list) or not all(map(_can_be_file, value)):
            raise parameter.wrong_type(value)
    else:
        tree(parameter, value)


def _can_be_file(value: Any) -> bool:
    return isinstance(value, bytes | bytearray | memoryview | tuple) or hasattr(value, "read")
