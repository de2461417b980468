"""Filters whose values cannot change what they mean."""

from __future__ import annotations

from collections.abc import Iterable
from string import Formatter
from typing import Any, TypeAlias

__all__ = ["FilterValue", "odata_filter"]

_Single: TypeAlias = str | int | bool | None
FilterValue: TypeAlias = _Single | Iterable[_Single]


def odata_filter(template: str, *values: FilterValue, **named: FilterValue) -> str:
    """Write a filter for the service, with each value as the literal of its type.

    >>> odata_filter("userId eq {} and not ({} in groups)", "O'Neil", "muted")
    "userId eq 'O''Neil' and not ('muted' in groups)"
    >>> odata_filter("userId in {users}", users=["alice", "bob"])
    "userId in ('alice','bob')"

    :param template: The filter, with a placeholder for each value: ``{}``, ``{0}`` or ``{name}``. ``{{`` and
        ``}}`` are braces.
    :param values: ``str``, ``int``, ``bool`` or ``None``, or several of them for ``in``.
    :param named: The same, by name.
    :return: The value of a builder's ``filter``. The language is that of
        https://learn.microsoft.com/azure/azure-web-pubsub/reference-odata-filter.
    :raises TypeError: The template is not a string, or a value is of another type.
    :raises ValueError: Values and placeholders do not match, or a placeholder is inside quotes.
    """
    if not isinstance(template, str):
        raise TypeError(f"The template must be a str, not {type(template).__name__}.")
    given: dict[Any, FilterValue] = {**dict(enumerate(values)), **named}
    used: set[int | str] = set()
    parts: list[str] = []
    quotes = numbered = 0
    for text, field, specification, conversion in Formatter().parse(template):
        parts.append(text)
        quotes += text.count("'")
        if field is None:
            continue
        if specification or conversion:
            raise ValueError(
                f"Placeholder {{{field}}} of {template!r} has a format; values are written by their type."
            )
        if quotes % 2:
            raise ValueError(
                f"Placeholder {{{field}}} of {template!r} is inside quotes; they come with the value."
            )
        key: int | str = field
        if not field or field.isdecimal():
            key = int(field) if field else numbered
            numbered += not field
        if key not in given:
            raise ValueError(_missing(key, template, len(values)))
        used.add(key)
        parts.append(_literal(key, given[key]))
    if unused := [key for key in given if key not in used]:
        raise ValueError(f"{_shown(unused[0])} has no placeholder in {template!r}.")
    return "".join(parts)


def _missing(key: int | str, template: str, count: int) -> str:
    if isinstance(key, str):
        return f"There is no value named {key!r} for {template!r}."
    return f"{template!r} has a placeholder for value {key + 1}; {count} given."


def _shown(key: int | str) -> str:
    """Return how errors call a value: people count from one."""
    return f"Value {key + 1}" if isinstance(key, int) else f"The value {key!r}"


def _literal(key: int | str, value: FilterValue) -> str:
    if value is None:
        return "null"
    if isinstance(value, bool):
        return "true" if value else "false"
    if isinstance(value, int):
        return str(int(value))
    if isinstance(value, str):
        # A quote inside is written twice (OData 4.01, part 2, section 5.1.1.6.1).
        return "'" + str.__str__(value).replace("'", "''") + "'"
    if not isinstance(value, Iterable) or isinstance(value, (bytes, bytearray, memoryview, dict)):
        raise TypeError(
            f"{_shown(key)} is of type {type(value).__name__}; a filter takes str, int, bool, None and lists."
        )
    literals = [_literal(key, _single(key, item)) for item in value]
    if not literals:
        raise ValueError(f"{_shown(key)} is an empty list, which 'in' does not take.")
    return f"({','.join(literals)})"


def _single(key: int | str, item: _Single) -> _Single:
    if isinstance(item, Iterable) and not isinstance(item, str):
        raise TypeError(f"{_shown(key)} is a list that contains an item of type {type(item).__name__}.")
    return item
