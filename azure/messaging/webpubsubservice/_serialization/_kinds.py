"""Parameters that are text, numbers, booleans, or lists of them."""

import re
from collections.abc import Collection, Iterable, Mapping, Sequence
from decimal import Decimal
from typing import Any, ClassVar

from ._parameter import Parameter, escape_name
from ._text import header_name, header_value, listed

# The separators between the items of a list: in headers and bodies, and in URLs.
_SEPARATORS: Mapping[str, tuple[str, str]] = {
    "csv": (",", ","),
    "ssv": (" ", "%20"),
    "tsv": ("\t", "%09"),
    "pipes": ("|", "%7C"),
    "multi": (",", ","),
}


class Text(Parameter):
    """Text, which is not changed.

    :param pattern: A pattern that must be found in the value, in Python's syntax. It is checked last, so that
        a maximum length also bounds the time of the search.
    :param pattern_description: The text about the pattern in errors, such as "must begin with a letter".
    :param document_pattern: The pattern in the document, if Python's syntax differs. Errors show it.
    :param enum: The only allowed values.
    :param allow_empty: Whether the value may be empty at the end of a path.
    """

    expected = "str"

    def __init__(
        self,
        name: str,
        *,
        pattern: str | None = None,
        pattern_description: str | None = None,
        document_pattern: str | None = None,
        min_length: int = 0,
        max_length: int | None = None,
        enum: Sequence[str] = (),
        allow_empty: bool = False,
        **shape: Any,
    ) -> None:
        super().__init__(name, **shape)
        self.allow_empty = allow_empty or "" in enum
        self.matches = re.compile(pattern).search if pattern is not None else None
        self.rule = pattern_description or (
            f"does not match the pattern {document_pattern or pattern}" if pattern else ""
        )
        self.min_length = min_length
        self.max_length = max_length
        self.enum = enum
        self.is_free = not (pattern is not None or min_length or max_length is not None or enum)

    def text(self, value: Any) -> str:
        """Return the value, if it is text that keeps the rules."""
        if not isinstance(value, str):
            raise self.wrong_type(value)
        if not self.is_free:
            self._check(value)
        return value if type(value) is str else str.__str__(value)  # for an enumeration's member, its value

    def _check(self, value: str) -> None:
        if len(value) < self.min_length:
            raise self.invalid(value, f"has a length of {len(value)}: it must be {self.min_length} or more")
        if self.max_length is not None and len(value) > self.max_length:
            raise self.invalid(value, f"has a length of {len(value)}: it must be {self.max_length} or less")
        if self.enum and value not in self.enum:
            raise self.invalid(value, f"is not one of {listed(self.enum)}")
        if self.matches is not None and not self.matches(value):
            raise self.invalid(value, self.rule)


class Boolean(Parameter):
    """``true`` or ``false``."""

    expected = "bool"

    def __init__(self, name: str, *, enum: Sequence[bool] = (), **shape: Any) -> None:
        super().__init__(name, **shape)
        self.enum = enum

    def text(self, value: Any) -> str:
        """Return the value in lower case."""
        if not isinstance(value, bool):
            raise self.wrong_type(value)
        if self.enum and value not in self.enum:
            raise self.invalid(value, f"is not one of {listed(self.enum)}")
        return "true" if value else "false"


class Number(Parameter):
    """An integer, a floating point number or a decimal.

    Bounds are compared by the digits that are written: ``Decimal("0.1")`` keeps a minimum of 0.1, although
    the float 0.1 is a little larger.
    """

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
        self.minimum = None if minimum is None else _exact(minimum)
        self.maximum = None if maximum is None else _exact(maximum)
        self.exclusive_minimum = exclusive_minimum
        self.exclusive_maximum = exclusive_maximum
        self.multiple_of = None if multiple_of is None else _exact(multiple_of)
        self.enum = enum

    def text(self, value: Any) -> str:
        """Return the number, if it keeps the rules."""
        if not isinstance(value, self.types) or isinstance(value, bool):
            raise self.wrong_type(value)
        number: Any = value
        if type(value) is not int:
            number = _exact(value)
            if isinstance(number, Decimal) and not number.is_finite():
                raise self.invalid(value, "is not a finite number")
        low, high = self.minimum, self.maximum
        if low is not None and (number < low or (self.exclusive_minimum and number == low)):
            raise self.invalid(
                value, f"must be {'more than' if self.exclusive_minimum else 'at least'} {low}"
            )
        if high is not None and (number > high or (self.exclusive_maximum and number == high)):
            raise self.invalid(
                value, f"must be {'less than' if self.exclusive_maximum else 'at most'} {high}"
            )
        if self.multiple_of is not None and not _is_multiple(number, self.multiple_of):
            raise self.invalid(value, f"is not a multiple of {self.multiple_of}")
        if self.enum and number not in map(_exact, self.enum):
            raise self.invalid(value, f"is not one of {listed(self.enum)}")
        try:
            return self.digits(value)
        except ValueError as error:
            raise self.invalid(value, f"cannot be written: {error}") from error

    @staticmethod
    def digits(value: Any, /) -> str:
        """Return a number's digits, also for a member of an enumeration and for the numbers of NumPy."""
        if isinstance(value, int):
            return int.__repr__(value)
        return float.__repr__(value) if isinstance(value, float) else Decimal.__str__(value)


class Integer(Number):
    """An integer."""

    expected = "int"
    types = (int,)
    digits = staticmethod(int.__repr__)


def _exact(value: float | Decimal) -> int | Decimal:
    """Return a number with the digits that are written, for comparisons that do not round."""
    return Decimal(Number.digits(value)) if isinstance(value, float) else value


def _is_multiple(value: int | Decimal, unit: int | Decimal) -> bool:
    """Whether a number is a multiple of another: exactly, and in linear time for any exponent."""
    _, digits, exponent = Decimal(value).as_tuple()
    _, unit_digits, unit_exponent = Decimal(unit).as_tuple()
    number, divisor = (Decimal((0, each, 0)) for each in (digits, unit_digits))
    shift = int(exponent) - int(unit_exponent)
    if shift >= 0:
        return int(number) * pow(10, shift, int(divisor)) % int(divisor) == 0
    if not number:
        return True
    return -shift <= len(digits) and int(number) % (int(divisor) * 10**-shift) == 0


class Array(Parameter):
    """A list, written with a separator, or with the name before each item (``multi``).

    :param items: The rules for the items. An item that is None is written as empty text.
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
        enum: Sequence[Sequence[Any]] = (),
        **shape: Any,
    ) -> None:
        super().__init__(name, **shape)
        self.items = items
        self.multi = collection_format == "multi"
        self.separator, self.url_separator = _SEPARATORS[collection_format]
        self.min_items = min_items
        self.max_items = max_items
        self.unique_items = unique_items
        self.enum = enum

    def checked(self, value: Any) -> list[Any]:
        """Return the items of a list, if it keeps the rules for lists."""
        # The abstract classes come last, because they take longer than everything else.
        if not isinstance(value, list | tuple) and (
            isinstance(value, str | bytes | bytearray | Mapping) or not isinstance(value, Collection)
        ):
            raise self.wrong_type(value)
        items = list(value)
        if len(items) < self.min_items:
            raise self.invalid(items, f"has {len(items)} items: it must have {self.min_items} or more")
        if self.max_items is not None and len(items) > self.max_items:
            raise self.invalid(items, f"has {len(items)} items: it must have {self.max_items} or fewer")
        if self.unique_items and not self.items.is_file and len(set(self._written(items))) < len(items):
            raise self.invalid(items, "has an item twice")
        if self.enum and self._written(items) not in map(self._written, self.enum):
            raise self.invalid(items, f"is not one of {listed(map(list, self.enum))}")
        return items

    def _written(self, items: Iterable[Any]) -> list[str | None]:
        return [None if item is None else self.items.text(item) for item in items]

    def text(self, value: Any) -> str:
        """Return the items with the separator between them."""
        return self.separator.join(
            "" if item is None else self.items.text(item) for item in self.checked(value)
        )

    def escaped(self, value: Any) -> str:
        """Return the escaped items with the separator between them. No escaped item contains it."""
        items = ("" if item is None else self.items.escaped(item) for item in self.checked(value))
        return self.url_separator.join(items)

    def query_item(self, name: str, value: Any) -> str:
        """Return ``name=value`` once, or once for each item."""
        if not self.multi:
            return super().query_item(name, value)
        name = escape_name(name)
        escaped = self.items.escaped
        return "&".join([f"{name}={'' if item is None else escaped(item)}" for item in self.checked(value)])

    def parts(self, name: str, value: Any) -> list[tuple[str, Any]]:
        """Return one part, or one for each item, because two files cannot share one."""
        if not (self.multi or self.items.is_file):
            return super().parts(name, value)
        return [part for item in self.checked(value) for part in self.items.parts(name, item)]


class PrefixedHeaders(Parameter):
    """Headers that share a prefix: a mapping of the rest of their names to their values."""

    expected = "a mapping of str to str"

    def verify(self, value: Any) -> None:
        """Raise if a value is not a mapping of text to text."""
        self.headers("", value)

    def headers(self, name: str, value: Any) -> dict[str, str]:
        """Return one header for each item."""
        if not isinstance(value, Mapping) or not all(isinstance(key, str) for key in value):
            raise self.wrong_type(value)
        return {
            header_name(self.name, f"{name}{key}"): header_value(f"{self.name}[{key!r}]", text)
            for key, text in value.items()
        }
