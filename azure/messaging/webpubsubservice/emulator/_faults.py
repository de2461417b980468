"""Faults on demand: which requests go wrong, and how. The same seed and requests give the same faults."""

import random
import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass, fields
from typing import Any, Literal, get_args

from ._specification import OPERATIONS
from ._validation import check, is_integer, is_number

Reset = Literal["before", "after"]


@dataclass(frozen=True, slots=True, kw_only=True)
class Fault:
    """What goes wrong, and for which requests.

    A request must fit ``method``, ``path`` and ``operation``, as far as they are given. Without a path, it
    must be a call of the data plane; or a client's handshake, for what happens to clients alone
    (``refuse_recovery``, ``drop_after``). Of the faults that a request fits, the first that strikes does so
    alone.
    """

    #: HTTP method, such as ``POST``; a client's handshake is a ``GET``.
    method: str | None = None
    #: Pattern of the path as sent, without the query; ``*`` stands for anything, such as in ``*/:send``.
    path: str | None = None
    #: Name of the operation in the specification, such as ``WebPubSub_SendToAll``.
    operation: str | None = None
    #: How many times it strikes; ``None`` for always.
    times: int | None = None
    #: How likely it strikes each time, by the emulator's seeded random numbers.
    probability: float = 1.0

    #: Seconds on the emulator's clock before anything else happens.
    delay: float = 0.0
    #: Answer with this status instead of acting.
    status: int | None = None
    #: Seconds after which that answer asks to try again; ``None`` if it does not. ``Retry-After`` holds whole
    #: seconds (RFC 9110), so others go into ``Retry-After-Ms``, which Azure's clients know.
    retry_after: float | None = None
    #: Reset the connection ``"before"`` acting, or ``"after"`` acting without an answer.
    reset: Reset | None = None
    #: Answer a reliable client that comes back as if its session had ended.
    refuse_recovery: bool = False
    #: Seconds on the emulator's clock after which the client's WebSocket is dropped without a Close frame.
    drop_after: float | None = None

    def __post_init__(self) -> None:
        operation = self.operation
        check(
            operation is None or operation in OPERATIONS,
            "operation",
            operation,
            "named as in the specification, such as WebPubSub_SendToAll",
        )
        check(self.times is None or is_integer(self.times, 1), "times", self.times, "an integer from 1")
        check(0 <= self.probability <= 1, "probability", self.probability, "from 0 to 1")
        check(is_number(self.delay, 0), "delay", self.delay, "not negative")
        status, retry_after, drop_after = self.status, self.retry_after, self.drop_after
        check(status is None or is_integer(status, 400, 599), "status", status, "from 400 to 599")
        check(retry_after is None or status is not None, "retry_after", retry_after, "with status")
        check(retry_after is None or is_number(retry_after, 0), "retry_after", retry_after, "not negative")
        check(self.reset is None or self.reset in get_args(Reset), "reset", self.reset, "'before' or 'after'")
        check(self.reset is None or self.status is None, "reset", self.reset, "without status")
        check(drop_after is None or is_number(drop_after, 0), "drop_after", drop_after, "not negative")
        effects = (self.delay, self.status, self.reset, self.refuse_recovery, self.drop_after is not None)
        if not any(effects):
            raise ValueError("a fault needs one of delay, status, reset, refuse_recovery and drop_after")

    @classmethod
    def parse(cls, text: str) -> "Fault":
        """Read a fault written as ``key=value,key=value``, with the names of the fields.

        :raises ValueError: A name or a value is not valid; the text says which.
        """
        values: dict[str, Any] = {}
        for item in text.split(","):
            name, _, value = item.partition("=")
            name = name.strip().replace("-", "_")
            if name not in _READERS:
                raise ValueError(f"{name!r} is not part of a fault; these are: {', '.join(_READERS)}")
            if name in values:
                raise ValueError(f"{name} is given twice")
            try:
                values[name] = _READERS[name](value.strip())
            except ValueError:
                raise ValueError(f"{name}={value!r} is not valid") from None
        return cls(**values)

    @property
    def headers(self) -> dict[str, str]:
        """The headers of the answer with :attr:`status`."""
        if self.retry_after is None:
            return {}
        if self.retry_after == int(self.retry_after):
            return {"Retry-After": f"{self.retry_after:.0f}"}
        return {"Retry-After-Ms": f"{self.retry_after * 1000:.0f}"}

    def matches(self, method: str, path: str, operation: str | None) -> bool:
        """Whether it is about such a request."""
        return (
            (self.method is None or self.method.upper() == method.upper())
            and self._matches_path(path)
            and (self.operation is None or self.operation == operation)
        )

    def _matches_path(self, path: str) -> bool:
        if self.path is not None:
            return re.fullmatch(".*".join(map(re.escape, self.path.split("*"))), path) is not None
        return path.lower().startswith("/client") == (self.refuse_recovery or self.drop_after is not None)


def _read_flag(text: str) -> bool:
    if text.lower() not in {"", "true", "false"}:
        raise ValueError(text)
    return text.lower() != "false"


_READERS: Mapping[str, Callable[[str], Any]] = {
    "method": str,
    "path": str,
    "operation": str,
    "times": int,
    "probability": float,
    "delay": float,
    "status": int,
    "retry_after": float,
    "reset": str,
    "refuse_recovery": _read_flag,
    "drop_after": float,
}
assert set(_READERS) == {each.name for each in fields(Fault)}


@dataclass(slots=True, eq=False)
class _Armed:
    fault: Fault
    struck: int = 0


class Faults:
    """The faults of one emulator, which any thread may change."""

    def __init__(self, seed: int) -> None:
        self._random = random.Random(seed)  # noqa: S311 - not for secrets
        self._faults: list[_Armed] = []

    def add(self, fault: Fault) -> None:
        """Let it strike from now on, after those already there."""
        check(isinstance(fault, Fault), "fault", fault, "a Fault")
        self._faults.append(_Armed(fault))

    def clear(self) -> None:
        """Let nothing go wrong from now on."""
        self._faults.clear()

    def next_for(self, method: str, path: str, operation: str | None) -> Fault | None:
        """Return the fault that strikes a request."""
        for armed in tuple(self._faults):  # which other threads may change
            fault = armed.fault
            if not fault.matches(method, path, operation) or armed.struck == fault.times:
                continue
            if fault.probability < 1 and self._random.random() >= fault.probability:
                continue
            armed.struck += 1
            return fault
        return None

    def __bool__(self) -> bool:
        return bool(self._faults)
