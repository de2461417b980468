"""The schedule of one call: order, limits and retries, without I/O.

Both clients use :class:`Schedule`. It receives the requests from the iterable and the outcome of each
attempt, and returns the requests that may be sent now. It has no locks, and the time is an argument.

``send_request`` retries each request separately. Many requests at once would all wait, and then all be sent
again together. So ``send_requests`` turns retries of responses off (``retry_status=0``) and does them here,
by the same rules and options. Failed and broken connections are still left to ``send_request``.
"""

from __future__ import annotations

import heapq
import math
import time
from collections import deque
from collections.abc import Callable, Hashable, Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from azure.core.rest import HttpRequest

from azure.messaging.webpubsubservice._flows._retry import retry_after

from ._pace import THROTTLED, Pace
from ._results import SendResult

if TYPE_CHECKING:
    from azure.messaging.webpubsubservice._flows import RetryRules

__all__ = ["Job", "OrderBy", "Schedule"]

OrderBy = Callable[[HttpRequest], Hashable]


@dataclass(eq=False, slots=True)
class Job:
    """A request that was read from the iterable, and has no result yet."""

    index: int
    request: HttpRequest
    key: Hashable
    options: Mapping[str, Any]
    """For ``send_request``."""
    refused: int
    """How many responses asked to send it again."""
    response: Any
    """The last of those responses."""
    round: int
    deadline: float


class Schedule:
    """The requests of one call.

    :param rules: The rules for retries.
    :param options: The options of the call, for ``send_request``.
    :param most: The most requests on their way at once.
    :param read_ahead: The most requests that were read and whose results were not.
    :param order_by: Returns the key of a request. Requests with the same key are sent one after another;
        those with ``None`` in any order.
    """

    def __init__(
        self,
        rules: RetryRules,
        options: Mapping[str, Any],
        most: int,
        read_ahead: int,
        order_by: OrderBy | None,
    ) -> None:
        self._rules = rules
        self._resends = min(rules.status, rules.total)
        self._pace = Pace(most, rules.backoff_factor, rules.backoff_max)
        self.max_concurrency = most
        self._read_ahead = read_ahead
        self._order_by = order_by
        # Responses are judged here, so send_request must not retry them first.
        self._options = options
        self._judging_options = {**options, "retry_status": 0} if self._resends else options
        self._ready: deque[Job] = deque()
        self._behind: dict[Hashable, deque[Job]] = {}  # the waiting requests, by the key of one on its way
        self._again: list[tuple[float, int, Job]] = []  # a heap
        self._on_their_way: set[Job] = set()
        self._read = 0
        self._given = 0
        self._results: deque[SendResult[Any]] = deque()
        self._rejected: list[HttpRequest] = []
        self.exhausted: bool = False
        """Whether nothing more will be read."""
        self.closed: bool = False
        self.uncertain: list[HttpRequest] = []
        """Requests that were cancelled on their way."""

    @property
    def has_room(self) -> bool:
        """Whether another request may be read."""
        return not self.exhausted and self._read - self._given < self._read_ahead

    @property
    def progress(self) -> str:
        """How far the call is, for a repr."""
        state = ", finished" if self.finished else ", closed" if self.closed else ""
        return f", {self._read} requests read, {self._given} results returned{state}"

    @property
    def finished(self) -> bool:
        """Whether there will be no more results."""
        return (
            (self.exhausted or self.closed)
            and not self._on_their_way
            and (self.closed or not (self._ready or self._again or self._behind))
        )

    @property
    def wanted(self) -> int:
        """How many requests are on their way, or would be if there were no limit."""
        return len(self._on_their_way) + len(self._ready)

    @property
    def idle(self) -> bool:
        """Whether there can be no result before another request is read."""
        return not (self._on_their_way or self._ready or self._again)

    @property
    def has_result(self) -> bool:
        """Whether :meth:`pop` has something to return."""
        return bool(self._results)

    @property
    def unsent(self) -> list[HttpRequest]:
        """The requests that were read but not sent, in the order of the iterable."""
        jobs = [*self._ready, *(job for behind in self._behind.values() for job in behind)]
        return [*(job.request for job in sorted(jobs, key=lambda job: job.index)), *self._rejected]

    def add(self, request: object) -> None:
        """Add the next item of the iterable.

        :raises TypeError: It is not a request.
        """
        index = self._read
        if not isinstance(request, HttpRequest):
            raise TypeError(
                f"send_requests takes an iterable of azure.core.rest.HttpRequest; item {index} is a "
                f"{type(request).__name__}."
            )
        key = None
        if self._order_by is not None:
            try:
                key = self._order_by(request)
                hash(key)
            except Exception:
                self._rejected.append(request)  # it was read, so it must not be lost
                raise
        self._read += 1
        # send_request keeps a body that can be read only once, but only for one call.
        options = self._judging_options if _is_replayable(request.content) else self._options
        job = Job(index, request, key, options, 0, None, 0, 0.0)
        if key is not None:
            if key in self._behind:
                self._behind[key].append(job)
                return
            self._behind[key] = deque()
        self._ready.append(job)

    def can_start(self, now: float) -> bool:
        """Return whether another request may be sent, whether or not it has been read yet."""
        return not self.closed and self._pace.allows(len(self._on_their_way), now)

    def has_startable(self, now: float) -> bool:
        """Return whether :meth:`take` would return a request."""
        return self.can_start(now) and bool(self._ready or (self._again and self._again[0][0] <= now))

    def take(self, now: float, read_one: Callable[[], object] | None = None) -> Job | None:
        """Return a request to send now, if there is one.

        :param read_one: Reads the next request from the iterable and adds it, if that does not have to wait.
        """
        if not self.can_start(now):
            return None
        while True:
            if self._again and self._again[0][0] <= now:
                job = heapq.heappop(self._again)[2]
                if now < job.deadline:
                    break
                self._finish(job, job.response, None)  # its time ran out during a pause
                continue
            if self._ready:
                job = self._ready.popleft()
                break
            if read_one is None or not self.has_room:
                return None
            read_one()
        job.round = self._pace.round
        if job.response is not None and job.deadline < math.inf:
            job.options = {**job.options, "timeout": job.deadline - now}
        elif job.response is None:
            job.deadline = now + self._rules.timeout
        self._on_their_way.add(job)
        return job

    def wait(self, now: float) -> float | None:
        """Return the seconds after which :meth:`take` may return more than now.

        ``None`` if that does not depend on time.
        """
        if self.closed or not (self._ready or self._again):
            return None
        at = self._pace.resume_at
        if not self._ready:
            at = max(at, self._again[0][0])
        return at - now if at > now else None

    def ended(self, job: Job, response: Any, error: Exception | None, now: float) -> None:
        """Note the outcome of an attempt: it becomes the result, or the request will be sent again."""
        if job not in self._on_their_way:
            return  # given up
        self._on_their_way.discard(job)
        if response is not None:
            status = response.status_code
            if status < 400:
                self._pace.responded(job.round)
            elif self._goes_again(job, response, status, now):
                return
        self._finish(job, response, error)

    def _finish(self, job: Job, response: Any, error: Exception | None) -> None:
        self._results.append(SendResult(job.index, job.request, response, error))
        if job.key is not None:
            self._release(job)

    def _goes_again(self, job: Job, response: Any, status: int, now: float) -> bool:
        seconds = retry_after(response.headers, time.time())
        if status in THROTTLED:
            self._pace.throttled(job.round, status, seconds, now)
        elif status < 500:
            self._pace.responded(job.round)
        if job.options is self._options or (seconds is None and status not in self._rules.statuses):
            return False
        job.refused += 1
        pause = self._rules.backoff(job.refused) if seconds is None else seconds
        due = now + pause
        if (
            job.refused > self._resends
            or pause > self._rules.backoff_max
            or due >= job.deadline
            or self.closed
        ):
            return False
        job.response = response
        heapq.heappush(self._again, (due, job.index, job))
        return True

    def _release(self, job: Job) -> None:
        """Let the next request with the same key be sent."""
        behind = self._behind[job.key]
        if behind:
            self._ready.append(behind.popleft())
        else:
            del self._behind[job.key]

    def lost(self, job: Job) -> None:
        """Note that an attempt was cancelled."""
        if job in self._on_their_way:
            self._on_their_way.discard(job)
            self.uncertain.append(job.request)

    def give_up(self) -> None:
        """Note that the requests on their way were abandoned."""
        for job in sorted(self._on_their_way, key=lambda job: job.index):
            self.lost(job)

    def pop(self) -> SendResult[Any]:
        """Return the oldest result."""
        self._given += 1
        return self._results.popleft()

    def close(self) -> None:
        """Send nothing more. The result of a request that waits for a retry is its last response."""
        self.closed = self.exhausted = True
        again = sorted(self._again, key=lambda entry: entry[1])
        self._again.clear()
        for _, _, job in again:
            self._finish(job, job.response, None)

    def report(self) -> str | None:
        """Return a sentence about the requests that are left behind, if there are any."""
        counts = (
            (len(self.unsent), "were read and not sent (unsent)"),
            (len(self.uncertain), "were on their way (uncertain)"),
            (len(self._results), "ended with a result that was not read"),
        )
        parts = [f"{count} {what}" for count, what in counts if count]
        return f"Of the requests of send_requests, {', '.join(parts)}." if parts else None


def _is_replayable(content: object) -> bool:
    return content is None or isinstance(content, (bytes, str))
