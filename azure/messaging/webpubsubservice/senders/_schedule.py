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
from typing import TYPE_CHECKING, Any, Final

from azure.core.rest import HttpRequest

from azure.messaging.webpubsubservice._flows._retry import retry_after

from ._pace import THROTTLED, Pace
from ._results import SendResult

if TYPE_CHECKING:
    from azure.messaging.webpubsubservice._flows import RetryRules

__all__ = ["Job", "OrderBy", "Schedule"]

OrderBy = Callable[[HttpRequest], Hashable]

_INTERRUPTS: Final = (KeyboardInterrupt, SystemExit)
"""They ask the program to end, so they do not wait for results. asyncio makes the same choice."""


class _Key:
    """A key, with the hash that it had when it was made: a caller's object may change later."""

    __slots__ = ("_hash", "_value")

    def __init__(self, value: Hashable) -> None:
        self._value = value
        self._hash = hash(value)

    def __hash__(self) -> int:
        return self._hash

    def __eq__(self, other: object) -> bool:
        return isinstance(other, _Key) and bool(self._value == other._value)


@dataclass(eq=False, slots=True)
class Job:
    """A request that was read from the iterable, and has no result yet."""

    index: int
    request: HttpRequest
    key: _Key | None
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
        self._behind: dict[_Key, deque[Job]] = {}  # the waiting requests, by the key of one on its way
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
        """Requests that were cancelled or interrupted on their way."""
        self._error: BaseException | None = None
        """What the iterable raised. It is raised again after the last result."""
        self._interrupt: BaseException | None = None
        """What is raised again before the next result."""

    @property
    def has_room(self) -> bool:
        """Whether another request may be read."""
        pending = self._read - self._given - len(self.uncertain)
        return not self.exhausted and pending < self._read_ahead

    @property
    def progress(self) -> str:
        """How far the call is, for a repr."""
        state = ", finished" if self.finished else ", closed" if self.closed else ""
        return f", requests read: {self._read}, results returned: {self._given}{state}"

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
        """Whether there is a result."""
        return bool(self._results)

    @property
    def has_news(self) -> bool:
        """Whether :meth:`pop` may be called: there is a result, an interrupt, or nothing more to wait for."""
        return bool(self._results) or self._interrupt is not None or self.finished

    @property
    def unsent(self) -> list[HttpRequest]:
        """The requests that were read but not sent, in the order of the iterable."""
        jobs = [*self._ready, *(job for behind in self._behind.values() for job in behind)]
        return [*(job.request for job in sorted(jobs, key=lambda job: job.index)), *self._rejected]

    def add(self, request: object) -> None:
        """Add the next item of the iterable.

        :raises TypeError: It is not a request.
        :raises BaseException: ``order_by`` raised it.
        """
        index = self._read
        if not isinstance(request, HttpRequest):
            raise TypeError(
                f"send_requests takes an iterable of azure.core.rest.HttpRequest; item {index} is a "
                f"{type(request).__name__}."
            )
        key = behind = None
        if self._order_by is not None:
            try:
                value = self._order_by(request)
                if value is not None:
                    key = _Key(value)
                    behind = self._behind.get(key)
            except BaseException:
                self._rejected.append(request)  # it was read, so it must not be lost
                raise
        self._read += 1
        # send_request keeps a body that can be read only once, but only for one call.
        options = self._judging_options if _is_replayable(request.content) else self._options
        job = Job(index, request, key, options, 0, None, 0, 0.0)
        if behind is not None:
            behind.append(job)
            return
        if key is not None:
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

    def ended(self, job: Job, response: Any, error: BaseException | None, now: float) -> None:
        """Note the outcome of an attempt: it becomes the result, or the request will be sent again."""
        if job not in self._on_their_way:
            return  # given up
        if isinstance(error, _INTERRUPTS):
            self.lost(job)
            self._interrupt = error
            return
        self._on_their_way.discard(job)
        if error is None:
            try:
                if self._goes_again(job, response, now):
                    return
            except Exception as unreadable:  # the response of a policy or a transport of the caller's
                response, error = None, unreadable
        self._finish(job, response, error)

    def _finish(self, job: Job, response: Any, error: BaseException | None) -> None:
        self._results.append(SendResult(job.index, job.request, response, error))
        self._release(job)

    def _goes_again(self, job: Job, response: Any, now: float) -> bool:
        """Adapt the pace to a response, and return whether its request will be sent again."""
        status = response.status_code
        if status < 400:
            self._pace.responded(job.round)
            return False
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
        """Make the next request with the same key ready."""
        if job.key is None:
            return
        behind = self._behind[job.key]
        if behind:
            self._ready.append(behind.popleft())
        else:
            del self._behind[job.key]

    def lost(self, job: Job) -> None:
        """Note that the outcome of an attempt will not be known."""
        if job in self._on_their_way:
            self._on_their_way.discard(job)
            self.uncertain.append(job.request)
            self._release(job)

    def give_up(self) -> None:
        """Note that the requests on their way were abandoned."""
        for job in sorted(self._on_their_way, key=lambda job: job.index):
            self.lost(job)

    def failed(self, error: BaseException) -> None:
        """Note what the iterable or ``order_by`` raised. Nothing more will be read."""
        self.exhausted = True
        if isinstance(error, _INTERRUPTS):
            self._interrupt = error
            return
        if isinstance(error, (StopIteration, StopAsyncIteration)):  # which would end the caller's loop
            name = type(error).__name__
            self._error = RuntimeError(f"The iterable or order_by raised {name}.")
            self._error.__cause__ = error
        else:
            self._error = error

    def raise_interrupt(self) -> None:
        """Raise what interrupted the iterable or a request, once."""
        error, self._interrupt = self._interrupt, None
        if error is not None:
            raise error

    def pop(self) -> SendResult[Any] | None:
        """Return the oldest result, or ``None`` if there will be no more.

        :raises BaseException: What interrupted the iterable or a request; or, after the last result, what
            the iterable raised. Each once.
        """
        self.raise_interrupt()
        if self._results:
            self._given += 1
            return self._results.popleft()
        error, self._error = self._error, None
        if error is not None:
            raise error
        return None

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
            (len(self.unsent), "read but not sent (unsent)"),
            (len(self.uncertain), "on their way (uncertain)"),
            (len(self._results), "with a result that was not read"),
        )
        parts = [f"{count} {what}" for count, what in counts if count]
        return f"Requests that send_requests left behind: {', '.join(parts)}." if parts else None


def _is_replayable(content: object) -> bool:
    return content is None or isinstance(content, (bytes, str))
