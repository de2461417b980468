"""From arguments to an HTTP request: what the generated builders stand on.

A builder states its request as data: for each part, the wire names in their order, and beside each name
the parameter, which knows the rules, and the value that was given. :func:`request` checks and writes them.

Text, numbers, booleans and lists of them are written here. The formats that are more than that (dates, times,
durations, base64) are msrest's, which is imported when the first one is needed.
"""

import inspect
import json as json_module
import math
import re
import reprlib
from collections.abc import AsyncIterable, AsyncIterator, Callable, Collection, Iterable, Mapping, Sequence
from datetime import date, datetime, time, timedelta, timezone
from decimal import Decimal
from functools import lru_cache
from pathlib import PurePath
from typing import IO, Any, ClassVar, NamedTuple, TypeAlias
from urllib.parse import quote, unquote
from uuid import UUID

from azure.core.rest import HttpRequest
from azure.core.serialization import AzureJSONEncoder
from azure.core.utils import case_insensitive_dict

File: TypeAlias = str | bytes | IO[str] | IO[bytes]
Content: TypeAlias = File | Iterable[str] | Iterable[bytes] | AsyncIterable[str] | AsyncIterable[bytes]
"""A body: bytes, or text, which is sent as UTF-8; in one piece, as an open file, or piece by piece."""
FormFile: TypeAlias = File | tuple[str, File] | tuple[str, File, str]
"""A file in a form: its content, or a tuple of file name, content and, if wanted, content type."""

_encode_json = json_module.JSONEncoder(
    ensure_ascii=False, allow_nan=False, separators=(",", ":"), default=AzureJSONEncoder().default
).encode
_is_plain = re.compile(r"[A-Za-z0-9._~-]*").fullmatch  # the characters that RFC 3986 never escapes
_WORD = r"[!#$%&'*+.^_`|~\w-]+"  # what RFC 9110 calls a token
_is_word = re.compile(_WORD, re.ASCII).fullmatch
_is_media_type = re.compile(rf"{_WORD}/{_WORD}\s*(;.*)?", re.ASCII).fullmatch
_has_control_character = re.compile(r"[\x00-\x08\x0a-\x1f\x7f]").search
_is_dated = re.compile(r"\d{4}-(0[1-9]|1[0-2])-(0[1-9]|[12]\d|3[01])(-[a-z][a-z0-9.-]*)?", re.ASCII).fullmatch
_is_version = re.compile(r"[A-Za-z0-9][A-Za-z0-9._-]*").fullmatch
_URL_CHARACTERS = "%/:?#[]@!$&'()*+,;=~"
_brief = reprlib.Repr()
_brief.maxstring = _brief.maxother = 120


@lru_cache(maxsize=1024)
def _escape_name(name: str) -> str:
    return quote(name, safe="$")  # `$filter` and its like stay readable


class Parameter:
    """The rules of one parameter, and how a value of it is written.

    :param name: The argument's name, for errors.
    :param required: None is refused.
    :param default: What the builder passes when its caller says nothing; what the caller has in ``params`` or
        ``headers`` goes before it.
    :param skip_quote: The value is URL text already, and is not percent-encoded.
    :param before: What the parameter is like in the api-versions before each one named, oldest first.
    :param after: What it is like in the api-versions after each one named, newest first.
    """

    expected: ClassVar[str]

    def __init__(
        self,
        name: str,
        *,
        required: bool = False,
        default: object = None,
        skip_quote: bool = False,
        before: "Mapping[str, Parameter] | None" = None,
        after: "Mapping[str, Parameter] | None" = None,
    ) -> None:
        self.name = name
        self.required = required
        self.default = default
        self.skip_quote = skip_quote
        self.before = before or {}
        self.after = after or {}

    def text(self, value: Any) -> str:
        """Check a value and write it, not yet escaped for the place it goes to."""
        raise NotImplementedError

    def write(self, content: Any, json: Any, content_type: str | None) -> tuple[Any, str | None]:
        """Return a body as azure-core takes it, and the content type that it has by default."""
        raise NotImplementedError

    def escaped(self, value: Any) -> str:
        """Write a value for a URL."""
        text = self.text(value)
        if _is_plain(text):
            return text
        try:
            return quote(text, safe=_URL_CHARACTERS if self.skip_quote else "")
        except UnicodeEncodeError as error:
            raise self.broken(value, "has a lone surrogate, which UTF-8 cannot carry") from error

    def segment(self, value: Any) -> str:
        """Write a value for a path, where it must not vanish."""
        if value is None:
            raise TypeError(f"{self.name} is a part of the path, and cannot be None")
        text = self.escaped(value)
        parts = unquote(text.partition("?")[0]).split("/") if self.skip_quote else (text,)
        if not (text or self.allows_empty()) or "." in parts or ".." in parts:
            raise self.broken(value, "would change the path: a part of it must not be empty, '.' or '..'")
        return text

    def pairs(self, name: str, value: Any) -> str:
        """Write ``name=value`` for a query or a form."""
        return f"{_escape_name(name)}={self.escaped(value)}"

    def headers(self, name: str, value: Any) -> dict[str, str]:
        """Write the header, or the headers, of a value."""
        return {name: _header(self.name, self.text(value))}

    def parts(self, name: str, value: Any) -> list[tuple[str, Any]]:
        """Write a value for a multipart form."""
        return [(name, self.text(value))]

    def verify(self, value: Any) -> None:
        """Refuse a value that breaks a rule."""
        self.escaped(value)

    def is_given(self, value: object) -> bool:
        """Whether there is a value; if there must be one and is not, raise."""
        if value is None and self.required:
            raise TypeError(f"{self.name} is required, and cannot be None")
        return value is not None

    def yields(self, value: object) -> bool:
        """Whether what the caller has in ``params`` or ``headers`` goes before the value."""
        return value is None or self.is_default(value)

    def allows_empty(self) -> bool:
        """Whether the document lists the empty text among the values."""
        return False

    def is_default(self, value: object) -> bool:
        """Whether a value is what the builder passes when its caller says nothing."""
        return self.default is not None and value == self.default

    def at(self, version: str, known: Sequence[str]) -> "Parameter":
        """Return what the parameter is like in one of the versions that the documents describe."""
        place = known.index(version)
        for boundary, parameter in self.before.items():
            if place < known.index(boundary):
                return parameter
        for boundary, parameter in self.after.items():
            if place > known.index(boundary):
                return parameter
        return self

    def broken(self, value: object, rule: str) -> ValueError:
        """Describe a value that breaks a rule."""
        return ValueError(f"{self.name}={_brief.repr(value)} {rule}")

    def mistyped(self, value: object) -> TypeError:
        """Describe a value of the wrong type."""
        return TypeError(
            f"{self.name}={_brief.repr(value)} is of type {type(value).__name__}, not {self.expected}"
        )


class Absent(Parameter):
    """A parameter that an api-version does not have."""

    def __init__(self, name: str, api_version: "ApiVersion | None" = None, **shape: Any) -> None:
        super().__init__(name, **shape)
        self.api_version = api_version

    def text(self, value: Any) -> str:
        """Refuse."""
        assert self.api_version is not None, "a shape of another version is not asked to write"
        raise self.api_version.refusal(self, value, self.api_version.latest)

    def write(self, content: Any, json: Any, content_type: str | None) -> tuple[Any, str | None]:
        """Refuse a body."""
        del content_type  # says nothing without one
        if content is not None or json is not None:
            self.text(content if json is None else json)
        return None, None


class Text(Parameter):
    """Text, as it is.

    :param pattern: Searched for in the value, in Python's syntax.
    :param enum: The only values there are.
    """

    expected = "str"

    def __init__(
        self,
        name: str,
        *,
        pattern: str | None = None,
        min_length: int = 0,
        max_length: int | None = None,
        enum: Sequence[str] = (),
        **shape: Any,
    ) -> None:
        super().__init__(name, **shape)
        self.matches = re.compile(pattern).search if pattern is not None else None
        self.pattern = pattern
        self.min_length = min_length
        self.max_length = max_length
        self.enum = enum
        self.is_free = not (pattern is not None or min_length or max_length is not None or enum)

    def text(self, value: Any) -> str:
        """Check the constraints."""
        if not isinstance(value, str):
            raise self.mistyped(value)
        if not self.is_free:
            self.check(value)
        return value if type(value) is str else str.__str__(value)  # of an enumeration, the value

    def check(self, value: str) -> None:
        """Refuse a value that breaks a constraint."""
        if len(value) < self.min_length:
            raise self.broken(value, f"has a length of {len(value)}: it must be {self.min_length} or more")
        if self.max_length is not None and len(value) > self.max_length:
            raise self.broken(value, f"has a length of {len(value)}: it must be {self.max_length} or less")
        if self.matches is not None and not self.matches(value):
            raise self.broken(value, f"does not match the pattern {_as_in_the_document(self.pattern)}")
        if self.enum and value not in self.enum:
            raise self.broken(value, f"is not one of {_listed(self.enum)}")

    def allows_empty(self) -> bool:
        """Whether the document lists the empty text among the values."""
        return "" in self.enum


class Boolean(Parameter):
    """``true`` or ``false``."""

    expected = "bool"

    def __init__(self, name: str, *, enum: Sequence[bool] = (), **shape: Any) -> None:
        super().__init__(name, **shape)
        self.enum = enum

    def text(self, value: Any) -> str:
        """Write it in lower case."""
        if not isinstance(value, bool):
            raise self.mistyped(value)
        if self.enum and value not in self.enum:
            raise self.broken(value, f"is not one of {_listed(self.enum)}")
        return "true" if value else "false"


class Number(Parameter):
    """An integer, a floating point number or a decimal."""

    expected = "int, float or Decimal"
    types: ClassVar[tuple[type[int | float | Decimal], ...]] = (int, float, Decimal)

    def __init__(
        self,
        name: str,
        *,
        minimum: float | None = None,
        maximum: float | None = None,
        exclusive_minimum: bool = False,
        exclusive_maximum: bool = False,
        multiple_of: float | None = None,
        enum: Sequence[float] = (),
        **shape: Any,
    ) -> None:
        super().__init__(name, **shape)
        self.minimum = minimum
        self.maximum = maximum
        self.exclusive_minimum = exclusive_minimum
        self.exclusive_maximum = exclusive_maximum
        self.multiple_of = multiple_of
        self.enum = enum

    def text(self, value: Any) -> str:
        """Check the constraints."""
        if not isinstance(value, self.types) or isinstance(value, bool):
            raise self.mistyped(value)
        if not math.isfinite(value):
            raise self.broken(value, "is not a finite number")
        low, high = self.minimum, self.maximum
        if low is not None and (value < low or (self.exclusive_minimum and value == low)):
            raise self.broken(value, f"must be {'more than' if self.exclusive_minimum else 'at least'} {low}")
        if high is not None and (value > high or (self.exclusive_maximum and value == high)):
            raise self.broken(value, f"must be {'less than' if self.exclusive_maximum else 'at most'} {high}")
        if self.multiple_of is not None and Decimal(str(value)) % Decimal(str(self.multiple_of)):
            raise self.broken(value, f"is not a multiple of {self.multiple_of}")
        if self.enum and value not in self.enum:
            raise self.broken(value, f"is not one of {_listed(self.enum)}")
        return self.written(value)

    def written(self, value: Any) -> str:
        """Write a number that keeps the rules."""
        return str(value)


class Integer(Number):
    """An integer."""

    expected = "int"
    types = (int,)

    def written(self, value: Any) -> str:
        """Write the number, also that of an enumeration's member."""
        return int.__repr__(value)


class Formatted(Parameter):
    """A value with a wire format of its own: one of :data:`FORMATS`."""

    def __init__(self, name: str, format: str, **shape: Any) -> None:  # noqa: A002 (OpenAPI's word)
        super().__init__(name, **shape)
        self.format = FORMATS[format]

    def text(self, value: Any) -> str:
        """Have the format write the value."""
        types, expected, write = self.format
        if isinstance(value, str) and value == self.default:
            return value  # the document has it as it is written
        if not isinstance(value, types) or (isinstance(value, datetime) and datetime not in types):
            raise TypeError(
                f"{self.name}={_brief.repr(value)} is of type {type(value).__name__}, not {expected}"
            )
        try:
            return write(value)
        except (ValueError, OverflowError) as error:
            raise self.broken(value, f"cannot be written: {error}") from error


class Array(Parameter):
    """A list, written with a separator, or as one pair for each item (``multi``).

    :param items: What the items are like. None is an empty item.
    """

    expected = "a list"

    def __init__(
        self,
        name: str,
        items: Parameter,
        collection_format: str = "csv",
        *,
        min_items: int = 0,
        max_items: int | None = None,
        unique_items: bool = False,
        **shape: Any,
    ) -> None:
        super().__init__(name, **shape)
        self.items = items
        self.multi = collection_format == "multi"
        self.separator = SEPARATORS[collection_format]
        self.min_items = min_items
        self.max_items = max_items
        self.unique_items = unique_items

    def checked(self, value: Any) -> list[Any]:
        """Check what is asked of the list as a whole."""
        # The abstract classes are asked last: that takes longer than all of the rest.
        if not isinstance(value, list | tuple) and (
            isinstance(value, str | bytes | bytearray | Mapping) or not isinstance(value, Collection)
        ):
            raise self.mistyped(value)
        items = list(value)
        if len(items) < self.min_items:
            raise self.broken(items, f"has {len(items)} items: it must have {self.min_items} or more")
        if self.max_items is not None and len(items) > self.max_items:
            raise self.broken(items, f"has {len(items)} items: it must have {self.max_items} or fewer")
        if self.unique_items and any(item in items[:place] for place, item in enumerate(items)):
            raise self.broken(items, "has an item twice")
        return items

    def text(self, value: Any) -> str:
        """Write the items with the separator between them."""
        return self.separator.join(
            "" if item is None else self.items.text(item) for item in self.checked(value)
        )

    def escaped(self, value: Any) -> str:
        """Escape the items, then put the separator between them, so that it can be told from their text."""
        items = ("" if item is None else self.items.escaped(item) for item in self.checked(value))
        return _URL_SEPARATORS[self.separator].join(items)

    def pairs(self, name: str, value: Any) -> str:
        """Write one pair, or one for each item."""
        if not self.multi:
            return super().pairs(name, value)
        name = _escape_name(name)
        escaped = self.items.escaped
        return "&".join([f"{name}={'' if item is None else escaped(item)}" for item in self.checked(value)])

    def parts(self, name: str, value: Any) -> list[tuple[str, Any]]:
        """Write one part, or one for each item; files cannot share one."""
        if not self.multi and not isinstance(self.items, FilePart):
            return super().parts(name, value)
        return [part for item in self.checked(value) for part in self.items.parts(name, item)]


class PrefixedHeaders(Parameter):
    """Headers that share a prefix: a mapping of the rest of their names to their values."""

    expected = "a mapping of str to str"

    def verify(self, value: Any) -> None:
        """Refuse what is not a mapping of text."""
        self.headers("", value)

    def headers(self, name: str, value: Any) -> dict[str, str]:
        """Write one header for each item."""
        if not isinstance(value, Mapping):
            raise self.mistyped(value)
        return {f"{name}{key}": _header(f"{self.name}[{key!r}]", text) for key, text in value.items()}


class FilePart(Parameter):
    """A file in a multipart form."""

    expected = "text, bytes, an open file, or a tuple of file name, one of these and a content type"

    def verify(self, value: Any) -> None:
        """Leave it for when it is read, which can be done once."""

    def parts(self, name: str, value: Any) -> list[tuple[str, Any]]:
        """Return file name, content and content type."""
        content: Any
        file_name, content, content_type = (*(value if isinstance(value, tuple) else (None, value)), None)[:3]
        if hasattr(content, "read"):
            file_name = file_name or PurePath(str(getattr(content, "name", ""))).name
            content = content.read()
        if not isinstance(content, str | bytes | bytearray | memoryview):
            raise self.mistyped(value)
        return [(name, (file_name or name, _utf8(content), _media_type(self.name, content_type)))]


class ApiVersion(Parameter):
    """The parameter that chooses the api-version, and the versions that have an operation.

    :param known: All versions that the documents describe, oldest first.
    :param default: The version that the operation has by default.
    :param since: The first version with the operation.
    :param until: The last version with the operation.
    :param without: Versions between the two that lack it.
    """

    def __init__(
        self,
        name: str,
        known: Sequence[str],
        *,
        default: str,
        since: str | None = None,
        until: str | None = None,
        without: Sequence[str] = (),
    ) -> None:
        super().__init__(name, required=True, default=default)
        self.latest = default
        first = known.index(since) if since else 0
        last = known.index(until) if until else len(known) - 1
        self.known = known
        self.supported = tuple(version for version in known[first : last + 1] if version not in without)

    def text(self, value: Any) -> str:
        """Refuse what is not written as a version is."""
        if not isinstance(value, str):
            raise self.mistyped(value)
        if value is self.default:
            return value
        if _is_dated(self.latest) and not _is_dated(value):
            raise self.broken(value, "is not written as a version is: YYYY-MM-DD, or YYYY-MM-DD-preview")
        if not _is_version(value):
            raise self.broken(value, "is not written as a version is: letters, digits, '.', '_' and '-'")
        return value

    def is_default(self, value: object) -> bool:
        """Whether the caller said nothing; the default's text given as an argument is something."""
        return value is self.default

    def check(self, version: str, operation: str) -> None:
        """Refuse a version that lacks the operation."""
        if self.text(version) in self.known and version not in self.supported:
            raise self.broken(version, f"does not know {operation}, which {self._span(self.supported)}")

    def shape(self, parameter: Parameter, value: object, version: str) -> Parameter:
        """Return what a parameter is like in a version; refuse a value of one that it lacks."""
        if version not in self.known:  # nothing is known against it
            shapes = (parameter, *parameter.before.values(), *parameter.after.values())
            return next(shape for shape in shapes if not isinstance(shape, Absent))
        shape = parameter.at(version, self.known)
        if isinstance(shape, Absent) and not parameter.yields(value):
            raise self.refusal(parameter, value, version)
        return shape

    def judged(self, parameter: Parameter, value: Any, version: str) -> tuple[Parameter, Any]:
        """Return what a parameter is like in a version and the value to send; say who takes a bad one."""
        shape = self.shape(parameter, value, version)
        if isinstance(shape, Absent):
            return shape, None
        if shape is parameter or value is None:
            return shape, value
        try:
            shape.verify(value)
        except ValueError as error:
            for other in reversed(self.known):
                if self._takes(parameter.at(other, self.known), value):
                    raise ValueError(f"{error}, in api-version {version}; {other} takes it") from None
            raise
        return shape, value

    def refusal(self, parameter: Parameter, value: object, version: str) -> ValueError:
        """Describe a parameter that a version does not have."""
        having = [other for other in self.known if not isinstance(parameter.at(other, self.known), Absent)]
        return ValueError(
            f"{parameter.name}={_brief.repr(value)} is not known to api-version {version}:"
            f" {parameter.name} {self._span(having)}"
        )

    @staticmethod
    def _takes(shape: Parameter, value: object) -> bool:
        try:
            shape.verify(value)
        except (TypeError, ValueError):
            return False
        return not isinstance(shape, Absent)

    def _span(self, having: Sequence[str]) -> str:
        first, last = self.known.index(having[0]), self.known.index(having[-1])
        if len(having) <= last - first:
            return f"exists in {', '.join(having)}"
        if last == len(self.known) - 1:
            return f"exists since {having[0]}"
        return f"exists until {having[-1]}" if first == 0 else f"exists from {having[0]} to {having[-1]}"


class Body(Parameter):
    """A body that the caller gives as a whole.

    :param content_types: The media types that the operation takes, the first one first choice; if there is
        none, it takes any.
    """

    expected = "text, bytes, an open file or an iterable of text or bytes (a JSON value goes to json=)"

    def __init__(self, *content_types: str, **shape: Any) -> None:
        super().__init__("content", **shape)
        self.content_types = content_types
        self.patterns = [re.escape(_essence(each)).replace(r"\*", "[^/]+") for each in content_types]
        self.takes = lru_cache(maxsize=64)(self._takes)
        self.concrete = [each for each in content_types if "*" not in each]
        self.json_type = next(filter(_is_json, self.concrete), "application/json")
        self.takes_json = not content_types or self._matches(self.json_type)
        self.plain, self.octets = self._choose("text/plain"), self._choose("application/octet-stream")

    def _takes(self, content_type: str) -> None:
        """Refuse a content type that the operation does not know."""
        text = _header("content_type", content_type)
        if not _is_media_type(text):
            raise ValueError(f"content_type={_brief.repr(text)} is not a media type, such as 'text/plain'")
        if self.content_types and not self._matches(text):
            raise ValueError(f"content_type={_brief.repr(text)} is not one of {_listed(self.content_types)}")

    def write(self, content: Any, json: Any, content_type: str | None) -> tuple[Any, str | None]:
        """Return the body as azure-core takes it, and the content type that it has by default."""
        if content_type is not None:
            self.takes(content_type)
        if json is not None:
            if content is not None:
                raise TypeError("json and content are both given: one of them is the body")
            if content_type is not None and not _is_json(content_type):
                raise ValueError(
                    f"content_type={_brief.repr(content_type)} is not JSON: give the body as content"
                )
            return _json(json), self.json_type
        if content is None:
            if self.required:
                raise TypeError(
                    f"a body is needed: {'json or ' if self.takes_json else ''}content is missing"
                )
            return None, None
        if isinstance(content, bytes):
            return content, self.octets
        if _is_text(content):
            return _utf8(content if isinstance(content, str) else content.read()), self.plain
        if isinstance(content, list | tuple):
            text = bool(content) and all(isinstance(piece, str) for piece in content)
            return b"".join(map(_utf8, content)), self.plain if text else self.octets
        return self._pieces(content), self.octets

    def _pieces(self, content: Any) -> Any:
        """Return what cannot be told to be text without reading it."""
        if isinstance(content, bytearray | memoryview):
            return bytes(content)
        if isinstance(content, AsyncIterable):
            return _utf8_later(content)
        if hasattr(content, "read"):
            return content
        if isinstance(content, Iterable) and not isinstance(content, Mapping):
            return map(_utf8, content)
        raise self.mistyped(content)

    def _matches(self, content_type: str) -> bool:
        return any(re.fullmatch(each, _essence(content_type)) for each in self.patterns)

    def _choose(self, content_type: str) -> str:
        """Return the content type that goes with a kind of content, or else the operation's first."""
        same = next((each for each in self.concrete if _essence(each) == content_type), None)
        if same or not self.concrete or self._matches(content_type):
            return same or content_type
        return self.concrete[0]


Values: TypeAlias = Mapping[str, tuple[Parameter, Any]]
_NOTHING: Values = {}


def request(
    method: str,
    url: str,
    *,
    path: Values = _NOTHING,
    query: Values = _NOTHING,
    header: Values = _NOTHING,
    form: Values = _NOTHING,
    multipart: bool = False,
    body: tuple[Parameter, Any, Any, str | None] | None = None,
    accept: str | None = None,
    params: Mapping[str, str] | None = None,
    headers: Mapping[str, str] | None = None,
) -> HttpRequest:
    """Check the values and write the request.

    :param url: The path; ``{name}`` stands where the path's value of that name goes.
    :param path: The values in the path. Here and in the next three: by wire name, in the order of the wire.
    :param multipart: Whether a form is ``multipart/form-data``.
    :param body: The body's parameter, ``content``, ``json`` and ``content_type``.
    :param accept: The media types that the answer may have.
    :param params: The caller's own query: before defaults, after arguments.
    :param headers: The caller's own headers, likewise.
    :raises TypeError: A value is missing, or of the wrong type.
    :raises ValueError: A value breaks a rule, or the api-version does not know it.
    """
    chosen = _chosen_version(
        ((query, params), (header, headers and case_insensitive_dict(headers)), (path, None))
    )
    if chosen:
        api_version, version = chosen
        api_version.check(version, f"{method} {url}")
        path, query, header, form = (
            {name: api_version.judged(*item, version) for name, item in part.items()}
            for part in (path, query, header, form)
        )
        if body:
            kind, content, json, content_type = body
            kind = api_version.shape(kind, content if json is None else json, version)
            body = (kind, content, json, content_type)

    for name, (parameter, value) in path.items():
        url = url.replace(f"{{{name}}}", parameter.segment(value))
    pairs = _pairs(query) if not params else _pairs_with(params, query)
    if pairs:
        url = f"{url}{'&' if '?' in url else '?'}{'&'.join(pairs)}"

    defaults: dict[str, str] = {}
    given: dict[str, str] = {}
    data = None
    if accept:
        defaults["Accept"] = accept
    for name, (parameter, value) in header.items():
        if parameter.is_given(value):
            (defaults if parameter.is_default(value) else given).update(parameter.headers(name, value))
    if body:
        data, content_type = body[0].write(*body[1:])
        if content_type:
            defaults["Content-Type"] = content_type
        if body[3] is not None:
            given["Content-Type"] = body[3]
    elif form:
        data, given["Content-Type"] = _multipart(form) if multipart else _urlencoded(form)
    if headers:
        merged = case_insensitive_dict(defaults)
        merged.update(_own_headers(headers))
        merged.update(given)
        return HttpRequest(method, url, headers=merged, content=data)
    defaults.update(given)
    return HttpRequest(method, url, headers=defaults, content=data)


def _chosen_version(
    parts: Iterable[tuple[Values, Mapping[str, str] | None]],
) -> tuple[ApiVersion, str] | None:
    """Find the api-version in the request, if it is not the default, which has no history to look up."""
    for part, own in parts:
        for name, (parameter, value) in part.items():
            if type(parameter) is ApiVersion:
                if value is not parameter.default:
                    return parameter, value
                return (parameter, own[name]) if own and name in own else None
    return None


def _pairs(query: Values) -> list[str]:
    return [
        pair
        for name, (parameter, value) in query.items()
        if (value is not None or parameter.is_given(value)) and (pair := parameter.pairs(name, value))
    ]


def _pairs_with(own: Mapping[str, str], query: Values) -> list[str]:
    """Put the caller's own query in place of what was left to its default, and the rest of it at the end."""
    replaced = {
        name: (Text(f"params[{name!r}]"), own[name])
        if name in own and parameter.yields(value)
        else (parameter, value)
        for name, (parameter, value) in query.items()
    }
    added = {name: (Text(f"params[{name!r}]"), value) for name, value in own.items() if name not in query}
    return _pairs({**replaced, **added})


def _media_type(name: str, value: object) -> str:
    """Return the content type of a file, if it is one."""
    text = _header(f"{name}'s content type", value or "application/octet-stream")
    if not _is_media_type(text):
        raise ValueError(
            f"{name}'s content type={_brief.repr(text)} is not a media type, such as 'text/plain'"
        )
    return text


def _own_headers(headers: Mapping[str, str]) -> dict[str, str]:
    for name in headers:
        if not isinstance(name, str) or not _is_word(name):
            raise ValueError(
                f"headers has the name {_brief.repr(name)}, which is not one that a header can have"
            )
    return {name: _header(f"headers[{name!r}]", value) for name, value in headers.items()}


def _header(name: str, value: object) -> str:
    """Return a header's value, if it can be one."""
    if not isinstance(value, str):
        raise TypeError(f"{name}={_brief.repr(value)} is of type {type(value).__name__}, not str")
    if _has_control_character(value):
        raise ValueError(f"{name}={_brief.repr(value)} has a control character, which a header cannot carry")
    return value


def _essence(content_type: str) -> str:
    """Return type and subtype alone."""
    return content_type.partition(";")[0].strip().lower()


def _is_text(content: Any) -> bool:
    """Whether content is text or a file of text; a file opened as text does not say so in any other way."""
    if isinstance(content, str):
        return True
    read = getattr(content, "read", None)
    return read is not None and not inspect.iscoroutinefunction(read) and isinstance(read(0), str)


def _utf8(text: object) -> bytes:
    """Return a piece of content as it goes on the wire."""
    if isinstance(text, str):
        try:
            return text.encode()
        except UnicodeEncodeError as error:
            raise ValueError(
                f"content has a lone surrogate at {error.start}, which UTF-8 cannot carry"
            ) from error
    if isinstance(text, bytes | bytearray | memoryview):
        return bytes(text)
    raise TypeError(f"content has an item of type {type(text).__name__}, not str or bytes")


async def _utf8_later(content: AsyncIterable[object]) -> AsyncIterator[bytes]:
    async for piece in content:
        yield _utf8(piece)


def _json(value: object) -> bytes:
    try:
        return _encode_json(value).encode()
    except (TypeError, ValueError) as error:
        kind = TypeError if isinstance(error, TypeError) else ValueError
        raise kind(f"json cannot be written as JSON: {error}") from error


def _is_json(content_type: str) -> bool:
    return _essence(content_type).endswith(("/json", "+json"))


def _as_in_the_document(pattern: str | None) -> str:
    """Show a pattern as documents have it, without what Python needs to read it alike."""
    return str(pattern).replace(r"\Z", "$").replace(r"[^\n\r\u2028\u2029]", ".")


def _listed(values: Iterable[object]) -> str:
    return ", ".join(map(repr, values))


def _urlencoded(form: Values) -> tuple[bytes, str]:
    return "&".join(_pairs(form)).encode(), "application/x-www-form-urlencoded"


def _multipart(form: Values) -> tuple[bytes, str]:
    from urllib3.filepost import encode_multipart_formdata  # noqa: PLC0415 (few need it; requests brings it)

    parts = [
        part
        for name, (parameter, value) in form.items()
        if parameter.is_given(value)
        for part in parameter.parts(name, value)
    ]
    return encode_multipart_formdata(parts)


def _msrest(method: str) -> Callable[[Any], str]:
    """Name a serializer of msrest, which is imported when the first one is called."""

    def write(value: Any) -> str:
        from msrest.serialization import Serializer  # noqa: PLC0415 (costs more than the rest of the package)

        return str(getattr(Serializer, method)(value))

    return write


def _utc(write: Callable[[Any], str]) -> Callable[[datetime], str]:
    """Count a time without a zone as UTC, of which msrest would write a warning to the log."""
    return lambda value: write(value if value.tzinfo else value.replace(tzinfo=timezone.utc))


class Format(NamedTuple):
    """A wire format: the types it takes, their names, and what writes them."""

    types: tuple[type, ...]
    expected: str
    write: Callable[[Any], str]


FORMATS: Mapping[str, Format] = {
    "date": Format((date,), "date", _msrest("serialize_date")),
    "date-time": Format((datetime,), "datetime", _utc(_msrest("serialize_iso"))),
    "date-time-rfc1123": Format((datetime,), "datetime", _utc(_msrest("serialize_rfc"))),
    "unixtime": Format((datetime,), "datetime", _utc(_msrest("serialize_unix"))),
    "time": Format((time,), "time", time.isoformat),  # msrest writes 5 microseconds as .05
    "duration": Format((timedelta,), "timedelta", _msrest("serialize_duration")),
    "byte": Format((bytes, bytearray), "bytes", _msrest("serialize_bytearray")),
    "base64url": Format((bytes, bytearray), "bytes", _msrest("serialize_base64")),
    "uuid": Format(
        (UUID, str), "UUID or str", lambda value: str(value if isinstance(value, UUID) else UUID(value))
    ),
}
SEPARATORS: Mapping[str, str] = {"csv": ",", "ssv": " ", "tsv": "\t", "pipes": "|", "multi": ","}
_URL_SEPARATORS: Mapping[str, str] = {",": ",", " ": "%20", "\t": "%09", "|": "%7C"}
