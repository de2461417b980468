"""The order of api-versions, and the history of parameters and operations across them."""

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from itertools import pairwise
from typing import Generic, TypeVar

T = TypeVar("T")

_TOKEN = re.compile(r"\d+|[A-Za-z]+")
_STAGES = ("alpha", "beta", "preview", "privatepreview", "rc")


def sort_key(version: str) -> tuple[tuple[int, int, str], ...]:
    """Return a sort key for versions. A preview comes before its release."""
    return (*map(_part_key, _TOKEN.findall(version)), (1, 0, ""))


def _part_key(part: str) -> tuple[int, int, str]:
    if not part.isdigit():
        return 0, 0, part.lower()
    digits = part.lstrip("0")
    return 2, len(digits), digits  # sorts like a number, of any length


def is_preview(version: str) -> bool:
    """Whether a version is a preview."""
    return any(part.lower() in _STAGES for part in _TOKEN.findall(version))


def newest(versions: Sequence[str]) -> str:
    """Return the newest release, or the newest preview if there is no release."""
    return max([version for version in versions if not is_preview(version)] or versions, key=sort_key)


@dataclass(frozen=True)
class History(Generic[T]):
    """The state of a parameter or body now, before some versions and after others; None if it is absent."""

    now: T | None
    before: tuple[tuple[str, T | None], ...] = ()
    after: tuple[tuple[str, T | None], ...] = ()

    @property
    def states(self) -> list[T | None]:
        """The states in all versions."""
        return [self.now, *(state for _, state in (*self.before, *self.after))]


def history(states: Mapping[str, T | None], at: str) -> History[T]:
    """Compress the states in all versions, oldest first, relative to one of them."""
    versions = list(states)
    position = versions.index(at)
    changes = [step for step in pairwise(versions) if states[step[0]] != states[step[1]]]
    before = [(new, states[old]) for old, new in changes if versions.index(new) <= position]
    after = [(old, states[new]) for old, new in changes if versions.index(old) >= position]
    return History(states[at], tuple(before), tuple(reversed(after)))


@dataclass(frozen=True)
class Span:
    """A set of versions: from ``since`` to ``until``, except for ``without``."""

    since: str | None = None
    until: str | None = None
    without: tuple[str, ...] = ()


def span(having: Sequence[str], known: Sequence[str]) -> Span:
    """Describe a subset of the known versions. Both are in order, oldest first."""
    first, last = known.index(having[0]), known.index(having[-1])
    return Span(
        having[0] if first else None,
        having[-1] if last < len(known) - 1 else None,
        tuple(version for version in known[first : last + 1] if version not in having),
    )
