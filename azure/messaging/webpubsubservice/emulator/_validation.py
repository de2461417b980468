"""Checks of what callers in Python pass in."""

import math
from collections.abc import Collection


def check(valid: bool, name: str, value: object, rule: str) -> None:
    """Refuse an argument that breaks its rule.

    :raises ValueError: It does; the text names argument, rule and value.
    """
    if not valid:
        raise ValueError(f"{name} must be {rule}, got {value!r}")


def is_number(value: object, minimum: float) -> bool:
    """Whether this is a finite number, from ``minimum``."""
    return (
        isinstance(value, int | float)
        and not isinstance(value, bool)
        and math.isfinite(value)
        and value >= minimum
    )


def is_integer(value: object, minimum: float = -math.inf, maximum: float = math.inf) -> bool:
    """Whether this is an integer from ``minimum`` to ``maximum``."""
    return isinstance(value, int) and not isinstance(value, bool) and minimum <= value <= maximum


def is_texts(values: object) -> bool:
    """Whether these are several texts, and not one, which Python takes for a sequence of characters."""
    if not isinstance(values, Collection) or isinstance(values, str):
        return False
    return all(isinstance(each, str) for each in values)
