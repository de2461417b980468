"""Send many requests, with tasks."""

from __future__ import annotations

import asyncio
import warnings
from collections.abc import AsyncIterable, AsyncIterator, Awaitable, Callable, Iterable, Iterator
from typing import TYPE_CHECKING, Final

from azure.messaging.webpubsubservice._blocks import ForAsyncWith
from azure.messaging.webpubsubservice.senders._arguments import check_iterable
from azure.messaging.webpubsubservice.senders._notes import add_note

if TYPE_CHECKING:
    from types import TracebackType

    from azure.core.rest import AsyncHttpResponse, HttpRequest
    from typing_extensions import Self

    from azure.messaging.webpubsubservice.senders import SendResult
    from azure.messaging.webpubsubservice.senders._schedule import Job, Schedule

    Requests = Iterable[HttpRequest] | AsyncIterable[HttpRequest]

__all__ = ["AsyncRequestSender"]

_END: Final = object()
_ENDS_TASK: Final = (asyncio.CancelledError, GeneratorExit)


class AsyncRequestSender(ForAsyncWith):
    """Sends the requests of an iterable, several at once, and iterates over their results.

    :meth:`~azure.messaging.webpubsubservice.aio.WebPubSubServiceClient.send_requests` returns it, and
    describes how it works. Several tasks may iterate; each result goes to one of them.
    """

    def __init__(
        self,
        send: Callable[..., Awaitable[AsyncHttpResponse]],
        requests: Requests,
        schedule: Schedule,
    ) -> None:
        self._tasks: _Tasks | None = None  # for __del__, if the iterable is refused
        check_iterable(requests, asynchronous=True)
        self._schedule = schedule
        self._tasks = _Tasks(send, schedule, requests)

    @property
    def unsent(self) -> list[HttpRequest]:
        """Requests that were read from the iterable but not sent, in its order."""
        return self._schedule.unsent

    @property
    def uncertain(self) -> list[HttpRequest]:
        """Requests that were on their way when the task was cancelled. They may have arrived.

        So may one whose hook, policy or credential raised ``KeyboardInterrupt`` or ``SystemExit``.
        """
        return [*self._schedule.uncertain]

    def __repr__(self) -> str:
        return f"<AsyncRequestSender{self._schedule.progress}>"

    async def remaining(self) -> AsyncIterator[HttpRequest]:
        """Iterate over what was not sent: :attr:`unsent`, then the rest of the iterable.

        Call it after :meth:`close`, to send the rest later.
        """
        for request in self.unsent:
            yield request
        source = self._running.source
        if isinstance(source, AsyncIterator):
            async for request in source:
                yield request
        else:
            for request in source:
                yield request

    def __aiter__(self) -> Self:
        return self

    def __anext__(self) -> Awaitable[SendResult[AsyncHttpResponse]]:
        return self._running.next_result()

    async def close(self) -> None:
        """Send nothing more, and wait for the requests on their way.

        You can still iterate over the results so far. If the iterable failed and its error was not raised
        yet, it is raised after them. An asynchronous iterable that waits for something is cancelled.

        :raises BaseException: A ``KeyboardInterrupt`` or ``SystemExit`` that was not raised yet.
        """
        await self._running.close(cancel=False)

    async def __aenter__(self) -> Self:
        self._running.start()
        return self

    async def __aexit__(
        self,
        exc_type: type[BaseException] | None,
        exc_value: BaseException | None,
        traceback: TracebackType | None,
    ) -> None:
        # A cancelled task does not wait for responses.
        try:
            await self._running.close(cancel=exc_value is not None and not isinstance(exc_value, Exception))
        finally:
            report = self._schedule.report()
            if report and exc_value is not None:
                add_note(exc_value, report)

    def __del__(self) -> None:
        tasks = self._tasks
        if tasks is not None and tasks.abandon():
            warnings.warn(
                f"{self!r} was left before its end; use it in an async with statement", ResourceWarning, 2
            )

    @property
    def _running(self) -> _Tasks:
        assert self._tasks is not None
        return self._tasks


class _Tasks:
    """The tasks of one call, which do not keep its :class:`AsyncRequestSender` alive.

    A task sends one request after another, and ends when there is none that may be sent. A new one is started
    when that changes: a request was read, a result was fetched, a pause is over.
    """

    def __init__(
        self, send: Callable[..., Awaitable[AsyncHttpResponse]], schedule: Schedule, requests: Requests
    ) -> None:
        self._send = send
        self._schedule = schedule
        self.source: Iterator[HttpRequest] | AsyncIterator[HttpRequest]
        if isinstance(requests, AsyncIterable):
            self.source = aiter(requests)
        else:
            self.source = iter(requests)
        self._tasks: set[asyncio.Task[None]] = set()
        self._reader: asyncio.Task[None] | None = None
        self._loop: asyncio.AbstractEventLoop | None = None
        self._timer: asyncio.TimerHandle | None = None
        self._waiting: list[asyncio.Future[None]] = []
        """One for each task that waits for a result."""
        self._room: asyncio.Future[None] | None = None

    def start(self) -> None:
        """Begin to send."""
        if self._loop is not None:
            return
        self._loop = asyncio.get_running_loop()
        if isinstance(self.source, AsyncIterator):
            self._reader = self._loop.create_task(self._read_all(self.source))
        self._fill()

    async def next_result(self) -> SendResult[AsyncHttpResponse]:
        """Return the next result.

        :raises StopAsyncIteration: There will be no more.
        :raises BaseException: See :meth:`Schedule.pop`.
        """
        schedule = self._schedule
        self.start()
        assert self._loop is not None
        while not schedule.has_news:
            news = self._loop.create_future()
            self._waiting.append(news)
            await news
        result = schedule.pop()
        if result is None:
            raise StopAsyncIteration
        _wake(self._room)
        # The task of a request that was cancelled has started no other.
        if schedule.can_start(self._loop.time()) or isinstance(result.error, _ENDS_TASK):
            self._fill()
        return result

    async def close(self, *, cancel: bool) -> None:
        """Send nothing more, and wait for what is on its way.

        :param cancel: Do not wait for responses.
        """
        self._schedule.close()
        if self._timer is not None:
            self._timer.cancel()
        if self._reader is not None:
            self._reader.cancel()
        if cancel:
            self._cancel()
        waiting = {*self._tasks, *([] if self._reader is None else [self._reader])}
        try:
            if waiting:
                await asyncio.wait(waiting)
        except asyncio.CancelledError:
            self._cancel()
            raise
        finally:
            self._announce()
        self._schedule.raise_interrupt()

    def _announce(self) -> None:
        """Wake the tasks that wait for a result."""
        waiting, self._waiting = self._waiting, []
        for news in waiting:
            _wake(news)

    def _cancel(self) -> None:
        self._schedule.give_up()
        for task in self._tasks:
            task.cancel()

    def abandon(self) -> bool:
        """Send nothing more, and return whether that makes a difference."""
        loop = self._loop
        if loop is None or self._schedule.finished or loop.is_closed():
            return False
        self._schedule.closed = True
        # The garbage collector may call this in any thread.
        for task in [self._reader, *self._tasks]:
            if task is not None:
                loop.call_soon_threadsafe(task.cancel)
        return True

    async def _read_all(self, source: AsyncIterator[HttpRequest]) -> None:
        """Read an asynchronous iterable as far ahead as there is room."""
        schedule = self._schedule
        assert self._loop is not None
        try:
            async for request in source:
                schedule.add(request)
                self._fill()
                while not schedule.has_room and not schedule.exhausted:
                    self._room = self._loop.create_future()
                    await self._room
                if schedule.closed:
                    return  # the iterable has caught the cancellation of close()
        except asyncio.CancelledError as error:
            if schedule.closed:
                raise
            schedule.failed(error)  # not from close(): the iterable waited for what somebody has cancelled
        except BaseException as error:  # the schedule knows when to raise it
            schedule.failed(error)
        finally:
            schedule.exhausted = True
            self._announce()

    def _fill(self) -> None:
        """Start as many tasks as there are requests that may go now; look again when a pause is over."""
        loop = self._loop
        assert loop is not None
        while (job := self._take()) is not None:
            task = loop.create_task(self._run(job))
            self._tasks.add(task)
            task.add_done_callback(self._tasks.discard)
        if self._timer is not None:
            self._timer.cancel()
            self._timer = None
        pause = self._schedule.wait(loop.time())
        if pause is not None:
            self._timer = loop.call_later(pause, self._fill)

    def _take(self) -> Job | None:
        """Return a request that may be sent now, if need be from the iterable."""
        assert self._loop is not None
        job = self._schedule.take(self._loop.time(), None if self._reader else self._read_one)
        if self._waiting and self._schedule.has_news:
            self._announce()
        return job

    def _read_one(self) -> None:
        assert isinstance(self.source, Iterator)
        try:
            request = next(self.source, _END)
            if request is _END:
                self._schedule.exhausted = True
            else:
                self._schedule.add(request)
        except BaseException as error:  # the schedule knows when to raise it
            self._schedule.failed(error)
        if self._schedule.exhausted:
            self._announce()

    async def _run(self, first: Job) -> None:
        schedule = self._schedule
        assert self._loop is not None
        job: Job | None = first
        while job is not None:
            response, error = None, None
            try:
                response = await self._send(job.request, **job.options)
            except BaseException as raised:  # part of the result, or raised in the task that iterates
                error = raised
            now = self._loop.time()
            schedule.ended(job, response, error, now)
            if isinstance(error, _ENDS_TASK):
                # Raised by a hook, or because this task was cancelled. Then it must not continue.
                self._announce()
                if isinstance(error, asyncio.CancelledError):
                    raise error
                return
            del error
            job = self._take()
            if job is None or schedule.has_startable(now):
                self._fill()


def _wake(future: asyncio.Future[None] | None) -> None:
    if future is not None and not future.done() and not future.get_loop().is_closed():
        future.set_result(None)
