"""The batches that one page gets: entries, connections, faults and time, and rates.

Every page has a bounded buffer, so that the emulator never waits for a page. If a page is too slow, the
oldest entries are dropped, and the page learns how many.
"""

import asyncio
import contextlib
import json
import time
from collections import deque
from collections.abc import Callable, Sequence
from typing import Any

from azure.messaging.webpubsubservice.emulator._control.values import of_clock, of_fault
from azure.messaging.webpubsubservice.emulator._service.service import Service

from .as_json import as_json
from .entry import Entry, Subject
from .history import History
from .rates import Rates
from .roster import Roster

#: The most entries that wait for a page, and so the most in one batch.
BUFFERED = 400
#: The most entries from before the page opened, the newest ones.
REPLAYED = 2000
#: Seconds between batches.
_INTERVAL = 0.1
#: Seconds between checks of what no event reports; more, if a check takes more than a twentieth of that.
_LOOK_INTERVAL = 0.25
_LOOK_SHARE = 20


class PageFeed:
    """The batches for one page."""

    def __init__(self, service: Service, history: History, rates: Rates) -> None:
        self._service = service
        self._history = history
        self._rates = rates
        self._roster = Roster(service)
        self._subject: Subject | None = None
        self._entries: deque[Entry] = deque(maxlen=BUFFERED)
        self._changed: dict[int, Entry] = {}
        self._failures: dict[int, str] = {}
        self._skipped = 0
        self._replays = True
        self._look_due = 0.0
        self._second = 0
        self._shown: tuple[Any, float] | None = None
        self._news = asyncio.Event()

    def show(self, subject: Subject | None) -> None:
        """Show only entries about a subject, including those so far; ``None`` shows everything."""
        self._subject = subject
        self._replays = True
        self._news.set()

    def add(self, entry: Entry) -> None:
        """Append an entry if the page shows it, and drop the oldest if there is no room."""
        if self._replays or not self._wants(entry):
            return
        if len(self._entries) == BUFFERED:
            self._skipped += 1
        self._entries.append(entry)
        self._news.set()

    def change(self, entry: Entry) -> None:
        """Report that an entry's details have changed. The page may have the entry already."""
        if self._replays or not self._wants(entry):
            return
        self._changed[entry.id] = entry
        if len(self._changed) > BUFFERED:
            del self._changed[next(iter(self._changed))]
        self._news.set()

    def mark(self, entry: Entry) -> None:
        """Report that an entry failed. The page may have the entry already."""
        self._failures[entry.id] = entry.failure
        self._news.set()

    async def run(self, send: Callable[[str], Any]) -> None:
        """Send batches until cancelled; ``send`` waits until the page has read the previous one."""
        while True:
            batch = self._batch()
            if batch:
                await send(json.dumps(batch, ensure_ascii=False, separators=(",", ":")))
            await asyncio.sleep(_INTERVAL)
            if not self._entries:
                wait = max(0.0, self._look_due - time.monotonic())
                with contextlib.suppress(asyncio.TimeoutError):
                    await asyncio.wait_for(self._news.wait(), wait)
            self._news.clear()

    def _wants(self, entry: Entry) -> bool:
        return self._subject is None or self._subject.concerns(entry)

    def _batch(self) -> dict[str, Any]:
        batch: dict[str, Any] = {}
        if time.monotonic() >= self._look_due:
            batch |= self._look()
        if self._replays:
            self._replays = False
            self._entries.clear()
            kept = [entry for entry in self._history.entries() if self._wants(entry)]
            batch |= {"fresh": True, "entries": _in_order(kept[-REPLAYED:]), "skipped": 0}
        elif self._entries:
            batch |= {"entries": _in_order(self._entries), "skipped": self._skipped}
            self._entries.clear()
        sent = {entry["id"] for entry in batch.get("entries", ())}
        changed = [as_json(entry) for number, entry in self._changed.items() if number not in sent]
        if changed:
            batch["changed"] = changed
        self._changed = {}
        self._skipped = 0
        if self._failures:
            batch["failures"] = list(self._failures.items())
            self._failures = {}
        return batch

    def _look(self) -> dict[str, Any]:
        """Return changes to connections, faults and time, and the rates of the seconds that are over."""
        started = time.monotonic()
        roster = self._roster.changes()
        found: dict[str, Any] = {"roster": roster} if roster else {}
        faults = [of_fault(fault, used) for fault, used in self._service.faults.entries()]
        shown = (faults, self._service.clock.offset)
        if shown != self._shown:
            self._shown = shown
            found |= {"faults": faults, "clock": of_clock(self._service.clock)}
        seconds = self._rates.since(self._second)
        if seconds:
            self._second = seconds[-1][0]
            found["rates"] = seconds
        ended = time.monotonic()
        self._look_due = ended + max(_LOOK_INTERVAL, _LOOK_SHARE * (ended - started))
        return found


def _in_order(entries: Sequence[Entry] | deque[Entry]) -> list[Any]:
    """Return entries as JSON, in the order in which they began: a request before its messages."""
    return [as_json(entry) for entry in sorted(entries, key=lambda entry: entry.time)]
