"""The base of all parameters: the parts of a request in which a value can be, and its form in each."""

import re
from collections.abc import Mapping, Sequence
from functools import lru_cache
from typing import Any, ClassVar, TypeAlias
from urllib.parse import quote, unquote

from ._text import header_name, header_value, show

_is_unreserved = re.compile(r"[A-Za-z0-9._~-]*").fullmatch  # the characters that RFC 3986 never escapes
_URL_CHARACTERS = "%/:?#[]@!$&'()*+,;=~"
CHANGES_PATH = "would change the path: a part of it must not be empty, '.' or '..'"


@lru_cache(maxsize=1024)
def escape_name(name: str) -> str:
    """Return a name for a query or a form. Names such as ``$filter`` stay readable."""
    return quote(name, safe="$")


_NO_VERSIONS: "Mapping[str, Parameter]" = {}


class Parameter:
    """The rules of one parameter, and how its values are written.

    :param name: The argument's name, for errors.
    :param required: Whether None is refused.
    :param default: The value that the builder passes by default. ``params`` and ``headers`` take precedence
        over it.
    :param skip_quote: Whether values are already in the form of a URL, so they are not percent-encoded.
    :param before: The parameter in the api-versions before each named one, oldest first.
    :param after: The parameter in the api-versions after each named one, newest first.
    """

    expected: str
    """The types that the parameter takes, for errors."""
    content_type: str | None = None
    """The media type of its part of a multipart form, if the part names one."""
    allow_empty: bool = False
    """Whether a value may be empty at the end of a path."""
    is_file: ClassVar[bool] = False

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
        self.before = before or _NO_VERSIONS
        self.after = after or _NO_VERSIONS

    def text(self, value: Any) -> str:
        """Check a value and return it as text, not escaped yet."""
        raise NotImplementedError

    def body(self, content: Any, json: Any, content_type: str | None) -> tuple[Any, str | None]:
        """Return a body in the form for azure-core, and its default content type."""
        raise NotImplementedError

    def unknown_type(self) -> TypeError:
        """Return the error for a body whose media type only the caller can know."""
        raise NotImplementedError

    def chosen_form(
        self, form: "Values", content: Any, json: Any, content_type: str | None
    ) -> "tuple[str, Values] | None":
        """Return the media type and the fields of the form, if the body is written as a form."""
        del form, content, json, content_type  # only some bodies may be forms
        return None

    def escaped(self, value: Any) -> str:
        """Return a value in the form for a URL."""
        text = self.text(value)
        if _is_unreserved(text):
            return text
        try:
            return quote(text, safe=_URL_CHARACTERS if self.skip_quote else "")
        except UnicodeEncodeError as error:
            raise self.invalid(value, "has a lone surrogate, which UTF-8 cannot carry") from error

    def segment(self, value: Any) -> str:
        """Return a value in the form for a path.

        An empty segment, ``.`` and ``..`` are refused: HTTP libraries remove them, so the request would go to
        another resource.
        """
        if value is None:
            raise TypeError(f"{self.name} is a part of the path, and cannot be None")
        text = self.escaped(value)
        parts = unquote(text.partition("?")[0]).split("/") if self.skip_quote else (text,)
        if not (text or self.allow_empty) or "." in parts or ".." in parts:
            raise self.invalid(value, CHANGES_PATH)
        return text

    def query_item(self, name: str, value: Any) -> str:
        """Return ``name=value`` for a query or a form."""
        return f"{escape_name(name)}={self.escaped(value)}"

    def headers(self, name: str, value: Any) -> dict[str, str]:
        """Return the header, or the headers, that carry a value."""
        return {header_name(self.name, name): header_value(self.name, self.text(value))}

    def parts(self, name: str, value: Any) -> list[tuple[str, Any]]:
        """Return the parts of a multipart form that carry a value."""
        text = self.text(value)
        return [(name, (None, text.encode(), self.content_type) if self.content_type else text)]

    def verify(self, value: Any) -> None:
        """Raise if a value breaks a rule."""
        self.escaped(value)

    def require(self, value: object) -> bool:
        """Return whether there is a value. Raise if a required one is missing."""
        if value is None and self.required:
            raise TypeError(f"{self.name} is required, and cannot be None")
        return value is not None

    def is_overridable(self, value: object) -> bool:
        """Whether the caller's ``params`` or ``headers`` take precedence over a value."""
        return value is None or self.is_default(value)

    def is_default(self, value: object) -> bool:
        """Whether a value is the one that the builder passes by default."""
        return self.default is not None and value == self.default

    def in_version(self, version: str, known: Sequence[str]) -> "Parameter":
        """Return the parameter in one of the api-versions that the documents describe."""
        index = known.index(version)
        for boundary, parameter in self.before.items():
            if index < known.index(boundary):
                return parameter
        for boundary, parameter in self.after.items():
            if index > known.index(boundary):
                return parameter
        return self

    def invalid(self, value: object, rule: str) -> ValueError:
        """Return the error for a value that breaks a rule."""
        return ValueError(f"{show(self.name, value)} {rule}")

    def wrong_type(self, value: object) -> TypeError:
        """Return the error for a value of the wrong type."""
        return TypeError(f"{show(self.name, value)} is of type {type(value).__name__}, not {self.expected}")


Values: TypeAlias = Mapping[str, tuple[Parameter, Any]]
"""The parameters of one part of a request with their values, by name and in the order of the wire."""
