"""The message of a time-out: what there is instead. It is bounded and contains no secrets."""

from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, NamedTuple, TypeVar

from azure.messaging.webpubsubservice.emulator._notebook import preview

from .records import Records
from .values import RequestRecord

T = TypeVar("T")

#: The most matching entries that are listed, and the most others.
LISTED = 5
_OTHERS = 3
#: The most other entries that are examined.
LOOKED_AT = 200
#: The most characters of a line.
LINE = 300
_VALUE = 80
_ONE = {"connections": "connection", "deliveries": "delivery", "requests": "request", "events": "event"}
_NAMES = 8


class Miss(NamedTuple):
    """An entry that was not accepted.

    :ivar entry: The entry, whose ``repr`` is shown; or the text to show.
    :ivar passed: How much of it was right. Entries with more are nearer.
    :ivar reason: What was read from it, or what was wrong.
    """

    entry: object
    passed: int
    reason: str


@dataclass(frozen=True, slots=True)
class Wanted:
    """A description of what a test waits for.

    :ivar kind: ``connections``, ``deliveries``, ``requests`` or ``events``; empty for a condition.
    :ivar accepted: The matching entries, or texts that show them, oldest first.
    :ivar misses: The newest other entries, oldest first.
    """

    kind: str
    count: int = 1
    accepted: Sequence[object] = ()
    misses: Sequence[Miss] = ()


def explain(wanted: Wanted, seconds: float, records: Records, clients: int) -> str:
    """Return the message of a time-out.

    :param seconds: How long the test waited.
    :param clients: How many clients are connected.
    """
    lines = [*_first_lines(wanted, seconds), *_context(wanted.kind, records), _sum(records, clients)]
    return "\n".join(lines)


def _first_lines(wanted: Wanted, seconds: float) -> Iterator[str]:
    if not wanted.kind:
        yield f"after {seconds:g} s the condition is not true"
        return
    found = len(wanted.accepted)
    are = "is" if found == 1 else "are"
    matching = f"matching {_ONE[wanted.kind] if found == 1 else wanted.kind}"
    yield f"after {seconds:g} s there {are} {found} {matching}, not {wanted.count}"
    yield from _last("matching", wanted.accepted, _shown, LISTED)
    # Of equally near entries, the newest are the most interesting, so the list ends with them.
    nearest = sorted(wanted.misses, key=lambda miss: miss.passed)
    yield from _last("not matching, the nearest last", nearest, _of_miss, LISTED)


def _context(kind: str, records: Records) -> Iterator[str]:
    """Yield other entries that may explain the shortfall."""
    if kind != "requests":
        yield from _last("the last requests", records.requests, _of_request)
    if kind in ("", "connections"):
        yield from _last("the last refusals", records.refusals, _shown)
    if not kind:
        yield from _last("the last deliveries", records.deliveries, _shown)
    if kind != "events":
        failed = [record for record in records.events if record.failure]
        yield from _last("the last events that failed", failed, _shown)


def _last(title: str, entries: Sequence[T], text: Callable[[T], str], length: int = _OTHERS) -> Iterator[str]:
    """Yield the last entries as text, below a title. Yield nothing if there are none."""
    if entries:
        more = len(entries) - length
        yield f"{title}{f' ({more} not shown)' if more > 0 else ''}:"
        yield from (f"  {_cut(text(entry), LINE)}" for entry in entries[-length:])


def _shown(entry: object) -> str:
    return entry if isinstance(entry, str) else repr(entry)


def _of_miss(miss: Miss) -> str:
    reason = f": {miss.reason}" if miss.reason else ""
    return f"{_cut(_shown(miss.entry), LINE - len(reason))}{reason}"


def _of_request(record: RequestRecord) -> str:
    if record.operation is None or not record.operation.startswith("WebPubSub_SendTo"):
        return repr(record)
    return f"{record!r}, to {_counted(record.recipients, 'client')}"


def _sum(records: Records, clients: int) -> str:
    return (
        f"in all: {_counted(clients, 'client')}, {_counted(len(records.requests), 'request')}, "
        f"{_counted(len(records.deliveries), 'delivery', 'deliveries')} and "
        f"{_counted(len(records.events), 'event')} on record"
    )


def _counted(number: int, one: str, many: str = "") -> str:
    return f"{number} {one if number == 1 else many or f'{one}s'}"


def _cut(text: str, length: int) -> str:
    return text if len(text) <= length else f"{text[: max(length - 3, 0)]}..."


def shown_value(value: Any, write: Callable[[Any], str] = repr) -> str:
    """Return a member of an entry to show: shortened, and only the names of headers and of a query.

    :param write: Returns the text of other values.
    """
    if isinstance(value, bytes):
        return preview(value)
    if isinstance(value, Mapping):
        more = ", ..." if len(value) > _NAMES else ""
        return f"<{', '.join(map(str, list(value)[:_NAMES]))}{more}>"
    return _cut(write(value), _VALUE)
