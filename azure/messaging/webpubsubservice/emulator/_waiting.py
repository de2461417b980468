"""The conditions that tests wait for. They can also describe what there is instead."""

from collections.abc import Callable
from typing import Any, Generic, Protocol, TypeAlias, TypeVar

from ._service.shortfall import LOOKED_AT, Miss, Wanted, shown_value
from ._service.tables import Table
from ._validation import check, is_integer, is_number

T = TypeVar("T")
T_co = TypeVar("T_co", covariant=True)

Where: TypeAlias = Callable[[T], bool] | None
"""A function that chooses entries; ``None`` chooses all."""


class Condition(Protocol[T_co]):
    """Something to wait for."""

    def __call__(self) -> T_co | None:
        """Return the result, or ``None`` until there is one."""
        ...

    def wanted(self) -> Wanted:
        """Describe what to wait for, and what there is so far."""
        ...


class Until(Generic[T]):
    """A condition from a test.

    :raises ValueError: It is not a function.
    """

    def __init__(self, condition: Callable[[], T | None]) -> None:
        check(callable(condition), "condition", condition, "a function without arguments")
        self._condition = condition

    def __call__(self) -> T | None:
        """Return the condition's result once it is true."""
        return self._condition() or None

    def wanted(self) -> Wanted:
        """Return a description without entries, because the condition can be anything."""
        return Wanted("")


class AtLeast(Generic[T]):
    """A number of entries that ``where`` accepts.

    :param find: Returns all entries, oldest first.
    :raises ValueError: An argument breaks its rule.
    """

    def __init__(self, kind: str, count: int, find: Callable[[], list[T]], where: Where[T]) -> None:
        check(is_integer(count, 1), "count", count, "an integer from 1")
        check(where is None or callable(where), "where", where, "a function of an entry, or None")
        self._kind, self._count, self._find, self._where = kind, count, find, where

    def __call__(self) -> list[T] | None:
        """Return the entries once there are enough."""
        where = self._where
        found = Table((each for each in self._find() if where is None or where(each)), self._kind)
        return found if len(found) >= self._count else None

    def wanted(self) -> Wanted:
        """Describe the entries that ``where`` accepts, and what it read from the others."""
        where, entries = self._where, self._find()
        if where is None:
            return Wanted(self._kind, self._count, entries)
        accepted = [where(entry) for entry in entries]
        refused = [entry for entry, good in zip(entries, accepted, strict=True) if not good]
        return Wanted(
            self._kind,
            self._count,
            [entry for entry, good in zip(entries, accepted, strict=True) if good],
            [_miss(entry, where) for entry in refused[-LOOKED_AT:]],
        )


def _miss(entry: T, where: Callable[[T], bool]) -> Miss:
    """Return what a function read from an entry before it refused the entry.

    ``and`` stops at the first part that is false. So the more was read, the more was right.
    """
    reads: dict[str, Any] = {}
    watched: Any = _Watched(entry, reads)
    try:
        where(watched)
    except Exception:  # it needs the entry itself
        return Miss(entry, 0, "")
    looked = ", ".join(f"{name}={shown_value(value)}" for name, value in reads.items())
    return Miss(entry, len(reads), f"where looked at {looked}" if looked else "")


class _Watched:
    """An entry that remembers which attributes are read."""

    def __init__(self, entry: object, reads: dict[str, Any]) -> None:
        self._watched_entry = entry
        self._watched_reads = reads

    def __getattr__(self, name: str) -> Any:
        value = getattr(self._watched_entry, name)
        self._watched_reads[name] = value
        return value

    @property  # type: ignore[misc]
    def __class__(self) -> Any:  # pyright: ignore[reportIncompatibleMethodOverride]
        """The class of the entry, which this object imitates."""
        return type(self._watched_entry)


def check_timeout(timeout: float) -> None:
    """Check the argument ``timeout``.

    :raises ValueError: It is not a number of seconds from 0.
    """
    check(is_number(timeout, 0), "timeout", timeout, "a number of seconds from 0")
