"""JavaScript's rules for values: truth, equality, conversion to text, and members."""

import json
import math
from collections.abc import Callable
from typing import Any, Final


class ScriptError(ValueError):
    """A script uses something that is not supported, or fails."""


class Undefined:
    """The type of ``undefined``."""

    def __repr__(self) -> str:
        return "undefined"

    def __bool__(self) -> bool:
        return False


UNDEFINED: Final = Undefined()


def is_true(value: Any) -> bool:
    """Whether a value is true as a condition. An empty object or list is."""
    if isinstance(value, dict | list) or callable(value):
        return True
    return bool(value) and not (isinstance(value, float) and math.isnan(value))


def type_of(value: Any) -> str:
    """Return the result of ``typeof``."""
    if value is UNDEFINED:
        return "undefined"
    if isinstance(value, bool):
        return "boolean"
    if isinstance(value, str):
        return "string"
    if isinstance(value, int | float):
        return "number"
    return "function" if callable(value) else "object"


def as_text(value: Any) -> str:
    """Return a value as text."""
    if isinstance(value, str):
        return value
    if isinstance(value, list):
        return ",".join("" if each is None or each is UNDEFINED else as_text(each) for each in value)
    if isinstance(value, dict):
        return "[object Object]"
    if isinstance(value, float) and value.is_integer():
        return str(int(value))
    return str(value) if value is UNDEFINED else json.dumps(value)


def is_same(one: Any, other: Any) -> bool:
    """Whether ``===`` is true. An object or a list is the same only as itself."""
    if isinstance(one, dict | list) or isinstance(other, dict | list):
        return one is other
    return type_of(one) == type_of(other) and bool(one == other)


def is_equal(one: Any, other: Any) -> bool:
    """Whether ``==`` is true. Lists are compared as text, and numbers and truth values by value."""
    nothing = (None, UNDEFINED)
    if one in nothing or other in nothing:
        return one in nothing and other in nothing
    if isinstance(one, dict | list) != isinstance(other, dict | list):
        one, other = _plain(one), _plain(other)
    if type_of(one) != type_of(other):
        one, other = _number(one), _number(other)
    return is_same(one, other)


def _plain(value: Any) -> Any:
    return as_text(value) if isinstance(value, dict | list) else value


def _number(value: Any) -> float:
    if isinstance(value, str):
        try:
            return float(value or 0)
        except ValueError:
            return math.nan
    return float(value) if isinstance(value, int | float) else math.nan


def key_of(holder: Any, key: Any) -> Any:
    """Return a key in the form that an object or a list needs: ``a["0"]`` and ``a[0]`` are the same."""
    if isinstance(holder, list):
        text = as_text(key)
        return int(text) if text.isascii() and text.isdigit() else text
    return as_text(key)


def member(holder: Any, key: Any, methods: Callable[[Any, str], Any]) -> Any:
    """Return a member, or ``undefined``.

    :param methods: Returns a method of a value by its name, or ``undefined``.
    """
    if holder is None or holder is UNDEFINED:
        raise ScriptError(f"cannot read {as_text(key)!r} of {as_text(holder)}")
    key = key_of(holder, key)
    if isinstance(holder, dict) and key in holder:
        return holder[key]
    if isinstance(holder, list | str):
        if key == "length":
            return len(holder)
        if isinstance(holder, str) and key.isascii() and key.isdigit():
            key = int(key)
        if isinstance(key, int):
            return holder[key] if key < len(holder) else UNDEFINED
    return methods(holder, key)


def assign(holder: Any, key: Any, value: Any) -> None:
    """Set a member. A document cannot have ``undefined``, so assigning it removes the member."""
    key = key_of(holder, key)
    if value is UNDEFINED:
        remove(holder, key)
    elif isinstance(holder, dict):
        holder[key] = value
    elif isinstance(holder, list) and isinstance(key, int):
        holder.extend([None] * (key + 1 - len(holder)))
        holder[key] = value
    else:
        raise ScriptError(f"{as_text(key)!r} cannot be set on {type_of(holder)} {as_text(holder)[:40]!r}")


def remove(holder: Any, key: Any) -> None:
    """Delete a member, if it is there. The items after a deleted item move up."""
    key = key_of(holder, key)
    if isinstance(holder, dict):
        holder.pop(key, None)
    elif isinstance(holder, list) and isinstance(key, int) and key < len(holder):
        del holder[key]
