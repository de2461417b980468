"""Checks of arguments that several modules share."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import TYPE_CHECKING, TypeAlias

if TYPE_CHECKING:
    from collections.abc import Iterator

    from ._serialization import Items

__all__ = ["Texts", "encodable", "list_of_texts"]

Texts: TypeAlias = "Items[str] | Iterator[str]"
"""Several strings: a list, a tuple, a set, a generator and the like, but not a single ``str``."""


def encodable(argument: str, text: str) -> str:
    """Return text that UTF-8 can carry.

    :raises ValueError: It has a lone surrogate.
    """
    try:
        text.encode()
    except UnicodeEncodeError as error:
        raise ValueError(
            f"{argument} has a lone surrogate at {error.start}, which UTF-8 cannot carry."
        ) from None
    return text


def list_of_texts(argument: str, values: Iterable[str] | None) -> tuple[str, ...]:
    """Return several texts, none of them blank; None is none of them.

    :raises TypeError: It is not a list of texts. A single ``str`` is not one, though it could be iterated.
    :raises ValueError: One of them is blank, or UTF-8 cannot carry it.
    """
    if values is None:
        return ()
    if isinstance(values, (str, bytes, Mapping)) or not isinstance(values, Iterable):
        raise TypeError(
            f"{argument} must be a list of str, not {type(values).__name__}; for one, write {argument}=[...]."
        )
    checked = tuple(values)
    for value in checked:
        if not isinstance(value, str):
            raise TypeError(
                f"{argument} must be a list of str; it contains an item of type {type(value).__name__}."
            )
        if not value.strip():
            raise ValueError(
                f"{argument} contains {value!r}; a name has at least one character that is not white space."
            )
        encodable(argument, value)
    return checked
