"""Filters whose values cannot change what they mean."""

from __future__ import annotations

from collections.abc import Iterable
from string import Formatter
from typing import TypeAlias

__all__ = ["FilterValue", "odata_filter"]

_Single: TypeAlias = str | int | bool | None
FilterValue: TypeAlias = _Single | Iterable[_Single]


def odata_filter(template: str, *values: FilterValue, **named: FilterValue) -> str:
    """Write a filter for the service, with each value as the literal of its type.

    >>> odata_filter("userId eq {} and not ({} in groups)", "O'Neil", "muted")
    "userId eq 'O''Neil' and not ('muted' in groups)"
    >>> odata_filter("userId in {users}", users=["alice", "bob"])
    "userId in ('alice','bob')"

    :param template: The filter, with ``{}``, ``{0}`` or ``{name}`` where a value goes; ``{{`` and ``}}`` are
        braces.
    :param values: ``str``, ``int``, ``bool`` or ``None``, or several of them for ``in``.
    :param named: The same, by name.
    :return: The value of a builder's ``filter``. The language is that of
        https://learn.microsoft.com/azure/azure-web-pubsub/reference-odata-filter.
    :raises TypeError: A value is of another type.
    :raises ValueError: Values and places do not match, or a place is inside quotes.
    """
    parts: list[str] = []
    used: set[int | str] = set()
    numbered = 0
    for text, field, specification, conversion in Formatter().parse(template):
        parts.append(text)
        if field is None:
            continue
        if specification or conversion:
            raise ValueError(
                f"The place {{{field}}} of {template!r} has a format; values are written by their type."
            )
        if "".join(parts).count("'") % 2:
            raise ValueError(
                f"The place {{{field}}} of {template!r} is inside quotes; they come with the value."
            )
        key: int | str = field
        if not field or field.isdecimal():
            key = int(field) if field else numbered
            numbered += not field
        if isinstance(key, int) and key >= len(values):
            raise ValueError(f"There is no value for place {{{field}}}, number {key}, of {template!r}.")
        if isinstance(key, str) and key not in named:
            raise ValueError(f"There is no value named {key!r} for {template!r}.")
        used.add(key)
        parts.append(_literal(key, values[key] if isinstance(key, int) else named[key]))
    unused = [key for key in [*range(len(values)), *named] if key not in used]
    if unused:
        raise ValueError(f"The value {unused[0]!r} has no place in {template!r}.")
    return "".join(parts)


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
            f"The value {key!r} is a {type(value).__name__}; a filter takes str, int, bool, None and lists."
        )
    literals = [_literal(key, item) for item in value if not _is_list(key, item)]
    if not literals:
        raise ValueError(f"The value {key!r} is an empty list, which 'in' does not take.")
    return f"({','.join(literals)})"


def _is_list(key: int | str, item: object) -> bool:
    if isinstance(item, Iterable) and not isinstance(item, str):
        raise TypeError(f"The value {key!r} is a list that holds a {type(item).__name__}.")
    return False
