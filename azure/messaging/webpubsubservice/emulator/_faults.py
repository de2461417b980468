"""Faults on demand: which requests fail, and how. The same seed and requests lead to the same faults."""

import random
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, fields
from typing import Any

from azure.messaging.webpubsubservice._keywords import explain_calls

from ._fault_rules import PYTHON, SETTINGS, Reset, problem
from ._notebook import html_table
from ._validation import check, no_such

#: The fields that choose requests.
_CHOICES = ("method", "path", "operation")


@explain_calls
@dataclass(frozen=True, slots=True, kw_only=True)
class Fault:
    """Something that goes wrong, and the requests that it happens to.

    A request must match ``method``, ``path`` and ``operation`` if they are set. Without a path, a fault
    applies to calls of the data plane or, if it can only happen to clients (``refuse_recovery``,
    ``drop_after``), to handshakes of clients. Only the first fault that matches a request takes effect.

    :ivar method: HTTP method, such as ``POST``; a client's handshake is a ``GET``.
    :ivar path: Pattern of the path as sent, without the query. ``*`` stands for any text, as in
        ``*/:send``.
    :ivar operation: Name of the operation in the specification, such as ``WebPubSub_SendToAll``.
    :ivar times: How many times it takes effect; ``None`` for always.
    :ivar probability: How likely it takes effect each time, by the emulator's seeded random numbers.
    :ivar delay: Seconds on the emulator's clock before anything else happens.
    :ivar status: Respond with this status instead of acting on the request.
    :ivar retry_after: Seconds after which that response asks the client to try again, if any.
        ``Retry-After`` holds whole seconds (RFC 9110), so fractions go into ``Retry-After-Ms``, which
        Azure's clients understand.
    :ivar reset: Reset the connection ``"before"`` or ``"after"`` acting on the request, without a
        response.
    :ivar refuse_recovery: Refuse a reliable client that comes back, as if its session had ended.
    :ivar drop_after: Seconds on the emulator's clock after which the client's WebSocket is dropped
        without a Close frame.
    """

    method: str | None = None
    path: str | None = None
    operation: str | None = None
    times: int | None = None
    probability: float = 1.0

    delay: float = 0.0
    status: int | None = None
    retry_after: float | None = None
    reset: Reset | None = None
    refuse_recovery: bool = False
    drop_after: float | None = None

    def __post_init__(self) -> None:
        if wrong := problem({field.name: getattr(self, field.name) for field in fields(self)}, PYTHON):
            raise ValueError(wrong)

    def __repr__(self) -> str:
        return f"Fault({', '.join(f'{name}={value!r}' for name, value in self._set())})"

    def _set(self) -> Iterator[tuple[str, Any]]:
        """Return the fields that differ from their defaults."""
        for field in fields(self):
            value = getattr(self, field.name)
            if value != field.default:
                yield field.name, value

    @property
    def requests(self) -> str:
        """The requests that the fault happens to, in words."""
        return (
            ", ".join(f"{name} {value}" for name, value in self._set() if name in _CHOICES) or "every request"
        )

    @property
    def effect(self) -> str:
        """What goes wrong, in words."""
        return ", ".join(
            f"{name.replace('_', ' ')} {value}"
            for name, value in self._set()
            if name not in _CHOICES and name != "times"
        )

    @classmethod
    def parse(cls, text: str) -> "Fault":
        """Read a fault written as ``key=value,key=value``, with the names of the fields.

        :raises ValueError: A name or a value is not valid; the message says which.
        """
        check(isinstance(text, str), "text", text, "a text such as 'status=503,times=2'")
        values: dict[str, Any] = {}
        for item in text.split(","):
            name, _, value = map(str.strip, item.partition("="))
            if name.isdigit():
                raise ValueError(f"{name} needs the name of its field: write status={name}")
            field = name.replace("-", "_")
            if field not in _READERS:
                raise ValueError(unknown_field(name))
            if field in values:
                raise ValueError(f"{name} is given twice")
            try:
                values[field] = _READERS[field](value)
            except ValueError:
                raise ValueError(SETTINGS.must(field, value)) from None
        if wrong := problem(values, SETTINGS):
            raise ValueError(wrong)
        return cls(**values)

    @property
    def headers(self) -> dict[str, str]:
        """The headers of the response with ``status``."""
        if self.retry_after is None:
            return {}
        if self.retry_after == int(self.retry_after):
            return {"Retry-After": f"{self.retry_after:.0f}"}
        return {"Retry-After-Ms": f"{self.retry_after * 1000:.0f}"}

    def matches(self, method: str, path: str, operation: str | None) -> bool:
        """Return whether a request matches."""
        return (
            (self.method is None or self.method.upper() == method.upper())
            and self._matches_path(path)
            and (self.operation is None or self.operation == operation)
        )

    def _matches_path(self, path: str) -> bool:
        if self.path is not None:
            return _matches_pattern(self.path, path)
        return path.lower().startswith("/client") == (self.refuse_recovery or self.drop_after is not None)


def _matches_pattern(pattern: str, text: str) -> bool:
    """Return whether a pattern with ``*`` matches. This takes linear time; a regular expression might not."""
    first, *rest = pattern.split("*")
    if not rest:
        return pattern == text
    *middle, last = rest
    start, end = len(first), len(text) - len(last)
    if start > end or not text.startswith(first) or not text.endswith(last):
        return False
    for piece in middle:
        found = text.find(piece, start, end)
        if found < 0:
            return False
        start = found + len(piece)
    return True


def unknown_field(name: str) -> str:
    """Return what to say of a name that no field has, with the names as settings have them."""
    return no_such("a fault", name, [field.name.replace("_", "-") for field in fields(Fault)])


def _times(number: int) -> str:
    return "once" if number == 1 else f"{number} times"


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
    used: int = 0


class Faults:
    """The faults of one emulator. Any thread may change them."""

    __slots__ = ("_faults", "_random")  # faults.status = 503 is an error

    def __init__(self, seed: int) -> None:
        self._random = random.Random(seed)  # noqa: S311 - not for secrets
        self._faults: list[_Armed] = []

    @explain_calls
    def add(self, fault: Fault) -> None:
        """Add a fault, after those already there."""
        check(isinstance(fault, Fault), "fault", fault, "a Fault, as in add(Fault(status=503))")
        self._faults.append(_Armed(fault))

    def clear(self) -> None:
        """Remove every fault."""
        self._faults.clear()

    def entries(self) -> list[tuple[Fault, int]]:
        """Return the faults in order, each with the number of times it took effect."""
        return [(armed.fault, armed.used) for armed in tuple(self._faults)]

    def next_for(self, method: str, path: str, operation: str | None) -> Fault | None:
        """Return the fault that takes effect on a request, if any, and count its use."""
        for armed in tuple(self._faults):  # other threads may change the list
            fault = armed.fault
            if not fault.matches(method, path, operation) or armed.used == fault.times:
                continue
            if fault.probability < 1 and self._random.random() >= fault.probability:
                continue
            armed.used += 1
            return fault
        return None

    def __bool__(self) -> bool:
        return bool(self._faults)

    def __repr__(self) -> str:
        shown = [f"{fault!r} used {_times(used)}" for fault, used in self.entries()]
        return f"<Faults: {'; '.join(shown) or 'none'}>"

    def _repr_html_(self) -> str:
        entries = self.entries()
        if not entries:
            return "<p>No faults</p>"
        rows = [(fault.requests, fault.effect, fault.times or "always", used) for fault, used in entries]
        return html_table(("requests", "what goes wrong", "times", "used"), rows, caption="Faults, in order")
