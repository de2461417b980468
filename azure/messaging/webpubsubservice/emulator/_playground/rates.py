"""Counts and durations for each of the last seconds, for the page's plots."""

import time
from collections import deque
from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Any

from typing_extensions import override

from azure.messaging.webpubsubservice.emulator._protocol.messages import DataMessage, Frame
from azure.messaging.webpubsubservice.emulator._service.observers import Observer
from azure.messaging.webpubsubservice.emulator._service.values import (
    ClientInfo,
    EventRecord,
    Recipient,
    RequestRecord,
)

#: How many seconds are kept.
KEPT = 180
#: The most durations that are kept for one second; the rest would hardly change the median.
_SAMPLES = 500


@dataclass(slots=True)
class _Second:
    second: int
    requests: int = 0
    frames: int = 0
    deliveries: int = 0
    durations: list[float] = field(default_factory=list)
    handler: float | None = None

    def as_json(self) -> Sequence[Any]:
        """Return the second, its numbers of requests, frames and deliveries, and times in milliseconds.

        The times are the median and the longest of requests, and the longest of calls to event handlers.
        """
        durations = sorted(self.durations)
        median, longest = (durations[len(durations) // 2], durations[-1]) if durations else (None, None)
        times = map(_milliseconds, (median, longest, self.handler))
        return [self.second, self.requests, self.frames, self.deliveries, *times]


class Rates(Observer):
    """Counts by the seconds of the machine's clock, which tests cannot move."""

    def __init__(self) -> None:
        self._seconds: deque[_Second] = deque(maxlen=KEPT)

    @override
    def on_request(self, record: RequestRecord, seconds: float, reason: str) -> None:
        now = self._now()
        now.requests += 1
        if len(now.durations) < _SAMPLES:
            now.durations.append(seconds)

    @override
    def on_event(self, record: EventRecord) -> None:
        now = self._now()
        now.handler = max(record.seconds, now.handler or 0.0)

    @override
    def on_frame(self, client: ClientInfo, frame: Frame) -> None:
        self._now().frames += 1

    @override
    def on_message(self, hub: str, message: DataMessage, recipients: Sequence[Recipient]) -> None:
        self._now().deliveries += len(recipients)

    def since(self, second: int) -> list[Sequence[Any]]:
        """Return the completed seconds after this one in which something happened."""
        now = int(time.time())
        return [each.as_json() for each in self._seconds if second < each.second < now]

    def _now(self) -> _Second:
        second = int(time.time())
        if not self._seconds or self._seconds[-1].second != second:
            self._seconds.append(_Second(second))
        return self._seconds[-1]


def _milliseconds(seconds: float | None) -> float | None:
    return None if seconds is None else round(seconds * 1000, 2)
