"""Checks of arguments."""

import math
from collections.abc import Collection

from azure.messaging.webpubsubservice._keywords import did_you_mean


def check(valid: bool, name: str, value: object, rule: str) -> None:
    """Raise if an argument breaks its rule.

    :raises ValueError: It does. The message names the argument, the rule and the value.
    """
    if not valid:
        raise ValueError(f"{name} must be {rule}, got {value!r}")


def no_such(what: str, name: str, known: Collection[str]) -> str:
    """Return what to say of a name that is not among the known ones."""
    hint = did_you_mean(name, known)
    return f"{what} has no {name!r}" + (f".{hint}" if hint else f"; it has: {', '.join(known)}")


def is_number(value: object, minimum: float) -> bool:
    """Return whether this is a finite number, from ``minimum`` on."""
    return (
        isinstance(value, int | float)
        and not isinstance(value, bool)
        and math.isfinite(value)
        and value >= minimum
    )


def is_integer(value: object, minimum: float = -math.inf, maximum: float = math.inf) -> bool:
    """Return whether this is an integer from ``minimum`` to ``maximum``."""
    return isinstance(value, int) and not isinstance(value, bool) and minimum <= value <= maximum


def is_texts(values: object) -> bool:
    """Return whether this is a collection of texts. A single text, which is a collection, too, is not."""
    if not isinstance(values, Collection) or isinstance(values, str):
        return False
    return all(isinstance(each, str) for each in values)
