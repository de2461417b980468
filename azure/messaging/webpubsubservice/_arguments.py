"""Checks of arguments and options that several modules share."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import TYPE_CHECKING, Any, TypeAlias

if TYPE_CHECKING:
    from collections.abc import Iterator

    from ._serialization import Items

__all__ = [
    "Texts",
    "check_boolean",
    "check_integer",
    "check_seconds",
    "encodable",
    "list_of",
    "list_of_texts",
    "shown",
]

Texts: TypeAlias = "Items[str] | Iterator[str]"
"""Several strings: a list, a tuple, a set, a generator and the like, but not a single ``str``."""


def check_boolean(name: str, value: object) -> bool:
    """Return a value that is ``True`` or ``False``.

    :raises TypeError: It is something else.
    """
    if not isinstance(value, bool):
        raise TypeError(f"{name} must be True or False, not {shown(value)}.")
    return value


def check_integer(name: str, value: object, least: int = 0) -> int:
    """Return an integer that is not too small.

    :raises TypeError: It is not an integer.
    :raises ValueError: It is too small.
    """
    if isinstance(value, bool) or not isinstance(value, int):
        raise TypeError(f"{name} must be an int, not {shown(value)}.")
    if value < least:
        raise ValueError(f"{name}={value}: must be at least {least}. None means the default.")
    return value


def check_seconds(name: str, value: object, hint: str = "") -> float:
    """Return a number of seconds, whatever its range.

    :param hint: What else to say of a value that is not a number.
    :raises TypeError: It is not a number.
    """
    if isinstance(value, bool) or not isinstance(value, (int, float)):
        raise TypeError(f"{name} must be a number of seconds, not {shown(value)}.{hint}")
    return value


def encodable(name: str, text: str) -> str:
    """Return text that UTF-8 can carry.

    :raises ValueError: It has a lone surrogate.
    """
    try:
        text.encode()
    except UnicodeEncodeError as error:
        raise ValueError(f"{name} has a lone surrogate at {error.start}, which UTF-8 cannot carry.") from None
    return text


def list_of(kind: type[Any], name: str, values: object) -> tuple[Any, ...]:
    """Return several values of one type.

    :raises TypeError: It is not a list of them. A single ``str`` is not one, though it could be iterated.
    """
    if isinstance(values, (str, bytes, Mapping)) or not isinstance(values, Iterable):
        raise TypeError(
            f"{name} must be a list of {kind.__name__}, not {shown(values)}; for one, write {name}=[...]."
        )
    checked = tuple(values)
    for value in checked:
        if not isinstance(value, kind) or isinstance(value, bool):
            raise TypeError(
                f"{name} must be a list of {kind.__name__}; it contains an item of type {shown(value)}."
            )
    return checked


def list_of_texts(name: str, values: Iterable[str] | None) -> tuple[str, ...]:
    """Return several texts, none of them blank; None is none of them.

    :raises TypeError: It is not a list of texts.
    :raises ValueError: One of them is blank, or UTF-8 cannot carry it.
    """
    checked: tuple[str, ...] = () if values is None else list_of(str, name, values)
    for text in checked:
        if not text.strip():
            raise ValueError(
                f"{name} contains {text!r}; a name has at least one character that is not white space."
            )
        encodable(name, text)
    return checked


def shown(value: object) -> str:
    """Return the name of a value's type. Only a number is shown: anything else may be a misplaced secret."""
    kind = type(value).__name__
    return f"{kind} {value!r}" if isinstance(value, (bool, int, float)) else kind
