"""What scenarios want that their requests do not say, and what no builder can express, with the reasons."""

from collections.abc import Mapping
from fnmatch import fnmatchcase
from typing import Any

CALLS: Mapping[str, Mapping[str, Any]] = {}
"""Arguments beside those that follow from the request, by scenario."""

INEXPRESSIBLE: Mapping[str, str] = {}
"""Scenarios, by patterns of their names, that no builder can express, and why."""


def reason(scenario: str, *, key: bool = False) -> str | None:
    """Return why a scenario cannot be expressed, or the pattern of its name; None if it can."""
    found = next((pattern for pattern in INEXPRESSIBLE if fnmatchcase(scenario, pattern)), None)
    return found if key or found is None else INEXPRESSIBLE[found]
