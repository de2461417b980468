"""Send many requests, with threads."""

from __future__ import annotations

import contextvars
import threading
import time
import warnings
from itertools import chain
from typing import TYPE_CHECKING, Any, Final

from azure.messaging.webpubsubservice._blocks import ForWith

from ._arguments import check_iterable
from ._notes import add_note

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Iterator
    from types import TracebackType

    from azure.core.rest import HttpRequest, HttpResponse
    from typing_extensions import Self

    from ._results import SendResult
    from ._schedule import Job, Schedule

__all__ = ["RequestSender"]

_SLOW: Final = 0.05
"""Seconds. If the iterable takes longer to return a request, results do not wait for it."""
_IDLE: Final = 5.0
"""Seconds after which an idle thread ends."""
_END: Final = object()


class RequestSender(ForWith):
    """Sends the requests of an iterable, several at once, and iterates over their results.

    :meth:`~azure.messaging.webpubsubservice.WebPubSubServiceClient.send_requests` returns it, and
    describes how it works. Several threads may iterate; each result goes to one of them.
    """

    def __init__(
        self,
        send: Callable[..., HttpResponse],
        requests: Iterable[HttpRequest],
        schedule: Schedule,
    ) -> None:
        self._workers: _Workers | None = None  # for __del__, if the iterable is refused
        check_iterable(requests, asynchronous=False)
        self._schedule = schedule
        self._source = iter(requests)
        self._workers = _Workers(send, schedule)
        self._reading_took = 0.0

    @property
    def unsent(self) -> list[HttpRequest]:
        """Requests that were read from the iterable but not sent, in its order."""
        with self._running.lock:
            return self._schedule.unsent

    @property
    def uncertain(self) -> list[HttpRequest]:
        """Requests that were on their way when they were interrupted. They may have arrived.

        Empty unless :meth:`close` was interrupted, for example by a second Ctrl-C, or a hook, policy or
        credential raised ``KeyboardInterrupt`` or ``SystemExit``.
        """
        with self._running.lock:
            return [*self._schedule.uncertain]

    def __repr__(self) -> str:
        return f"<RequestSender{self._schedule.progress}>"

    def remaining(self) -> Iterator[HttpRequest]:
        """Return an iterator over what was not sent: :attr:`unsent`, then the rest of the iterable.

        Call it after :meth:`close`, to send the rest later.
        """
        return chain(self.unsent, self._source)

    def __iter__(self) -> Self:
        return self

    def __next__(self) -> SendResult[HttpResponse]:
        workers = self._running
        while True:
            there_is_one = False
            # A slow iterable must not delay a result that is ready.
            while not there_is_one and workers.begin_reading(
                self._reading_took if self._reading_took > _SLOW else 0.0
            ):
                there_is_one = self._schedule.has_result
                self._read_one()
            result = workers.wait()
            if result is not None:
                return result

    def _read_one(self) -> None:
        start = time.monotonic()
        try:
            request = next(self._source, _END)
            if request is _END:
                self._running.exhaust()
            else:
                self._running.add(request)
        except BaseException as error:  # the schedule knows when to raise it
            self._running.fail(error)
        self._reading_took = time.monotonic() - start

    def close(self) -> None:
        """Send nothing more, and wait for the requests on their way.

        You can still iterate over the results so far. If the iterable failed and its error was not raised
        yet, it is raised after them.

        :raises BaseException: A ``KeyboardInterrupt`` or ``SystemExit`` that was not raised yet.
        """
        self._running.close()

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self,
        exc_type: type[BaseException] | None,
        exc_value: BaseException | None,
        traceback: TracebackType | None,
    ) -> None:
        try:
            self.close()
        finally:
            report = self._schedule.report()
            if report and exc_value is not None:
                add_note(exc_value, report)

    def __del__(self) -> None:
        workers = self._workers
        if workers is not None and workers.abandon():
            warnings.warn(f"{self!r} was left before its end; use it in a with statement", ResourceWarning, 2)

    @property
    def _running(self) -> _Workers:
        assert self._workers is not None
        return self._workers


class _Workers:
    """The threads of one call. They do not keep its :class:`RequestSender` alive."""

    def __init__(self, send: Callable[..., HttpResponse], schedule: Schedule) -> None:
        self._send = send
        self._schedule = schedule
        self._threads: set[threading.Thread] = set()
        self.lock = threading.Lock()
        self._work = threading.Condition(self.lock)
        """Notified when something may be sent, or nothing more will be."""
        self._news = threading.Condition(self.lock)
        """Notified when there is a result or no more will come, and when another thread may read."""
        self._reader: int | None = None
        """The thread that reads the iterable now."""

    def begin_reading(self, patience: float) -> bool:
        """Return whether this thread should read a request now, and then call one of the three below.

        :param patience: Seconds to wait for a result first.
        """
        schedule = self._schedule
        with self.lock:
            if patience and not schedule.has_news and not schedule.idle:
                self._news.wait(patience)
            if not self._may_read or (patience and schedule.has_news):
                return False
            self._reader = threading.get_ident()
            return True

    @property
    def _may_read(self) -> bool:
        # A thread that reads, and comes here, was interrupted between reading and reporting it.
        return self._schedule.has_room and self._reader in {None, threading.get_ident()}

    def add(self, request: object) -> None:
        """Queue a request."""
        with self.lock:
            self._reader = None
            self._schedule.add(request)
            self._work.notify()
            self._news.notify()
            if len(self._threads) < min(self._schedule.max_concurrency, self._schedule.wanted):
                self._start_thread()

    def _start_thread(self) -> None:
        run = contextvars.copy_context().run  # for an open tracing span, for example
        thread = threading.Thread(target=run, args=(self._run,), name="webpubsub-sender", daemon=True)
        try:
            thread.start()
        except RuntimeError:
            if self._threads:
                return  # the machine allows no more threads, and the existing ones are enough
            self._schedule.close()
            raise
        self._threads.add(thread)

    def exhaust(self) -> None:
        """Note that there are no more requests."""
        with self.lock:
            self._reader = None
            self._schedule.exhausted = True
            self._announce()

    def fail(self, error: BaseException) -> None:
        """Note that reading failed."""
        with self.lock:
            self._reader = None
            self._schedule.failed(error)
            self._announce()

    def wait(self) -> SendResult[Any] | None:
        """Return the next result, or ``None`` if a request should be read first.

        :raises StopIteration: There will be no more.
        :raises BaseException: See :meth:`Schedule.pop`.
        """
        schedule = self._schedule
        with self.lock:
            while not schedule.has_news:
                if self._may_read:
                    return None
                self._news.wait()
            result = schedule.pop()
            if result is None:
                raise StopIteration
            self._news.notify()  # there is room now, and this thread may not come back to read
            return result

    def close(self) -> None:
        """Send nothing more, and wait for the requests on their way."""
        with self.lock:
            self._schedule.close()
            self._announce()
        try:
            for thread in [*self._threads]:
                thread.join()
        except BaseException:  # an interrupt
            with self.lock:
                self._schedule.give_up()
                self._announce()
            raise
        with self.lock:
            self._schedule.raise_interrupt()

    def abandon(self) -> bool:
        """Send nothing more, and return whether that makes a difference."""
        # The garbage collector may call this while this very thread holds the lock. So it does not take the
        # lock, and notifies nobody: waiting threads check again after a while.
        left = bool(self._threads) and not self._schedule.finished
        self._schedule.closed = True
        return left

    def _announce(self) -> None:
        """Wake all waiting threads: what they wait for may never come."""
        self._work.notify_all()
        self._news.notify_all()

    def _run(self) -> None:
        while (job := self._take()) is not None:
            response, error = None, None
            try:
                response = self._send(job.request, **job.options)
            except BaseException as raised:  # part of the result, or raised in the thread that iterates
                error = raised
            with self.lock:
                self._schedule.ended(job, response, error, time.monotonic())
                if self._schedule.finished:
                    self._announce()
                else:
                    self._news.notify()
            del job, response, error  # otherwise they would live until the next request

    def _take(self) -> Job | None:
        """Wait for a request that may be sent now, and return it; ``None`` if this thread should end."""
        schedule = self._schedule
        wake_up_at = time.monotonic() + _IDLE
        with self.lock:
            while True:
                now = time.monotonic()
                job = schedule.take(now)
                if schedule.has_result:
                    self._news.notify()
                if job is not None:
                    if schedule.has_startable(now):
                        self._work.notify()
                    return job
                pause = schedule.wait(now)
                if schedule.closed or schedule.finished or (pause is None and now >= wake_up_at):
                    self._threads.discard(threading.current_thread())
                    return None
                self._work.wait(_IDLE if pause is None else min(pause, _IDLE))
