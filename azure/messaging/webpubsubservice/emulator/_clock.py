"""The emulator's time. It follows the system's clock, and tests may move it ahead.

Token lifetimes, message lifetimes, recovery windows and injected delays follow this clock. Keep-alive of
WebSockets does not: a client must not look dead because a test moved the time.
"""

import asyncio
import bisect
import heapq
import itertools
import math
import threading
import time
from collections.abc import Callable, Mapping
from datetime import datetime, timedelta, timezone

from azure.messaging.webpubsubservice._keywords import explain_calls

from ._notebook import html_table
from ._validation import check, is_number

#: Seconds by which the service's clock and the clock of a token's signer may differ.
_TOLERANCE = 300.0


class Timer:
    """A callback that runs at a given time unless it is cancelled first."""

    __slots__ = ("_callback", "cancelled")

    def __init__(self, callback: Callable[[], None]) -> None:
        self._callback: Callable[[], None] | None = callback
        self.cancelled: bool = False

    def cancel(self) -> None:
        """Forget the callback."""
        self.cancelled = True
        self._callback = None

    def run(self) -> None:
        """Run the callback, unless it has already run or was cancelled."""
        callback, self._callback = self._callback, None
        if callback is not None:
            callback()


#: Seconds in each.
_UNITS: Mapping[str, float] = {"seconds": 1.0, "minutes": 60.0, "hours": 3600.0, "days": 86400.0}


def _sum_of(times: Mapping[str, float]) -> float:
    """Return the seconds in several times, by the names of their units."""
    if not times:
        raise TypeError("advance() needs a time, as in advance(60) or advance(hours=1)")
    for name, value in times.items():
        check(is_number(value, 0), name, value, "a finite number that is not negative")
    total = sum(_UNITS[name] * value for name, value in times.items())
    check(math.isfinite(total), "the sum of the times", total, "finite")
    return total


#: 9999-01-01. Dates have four digits, and tokens end after the time at which they are made.
_LATEST = 253_370_764_800.0


class Clock:
    """Seconds since the Unix epoch, plus what :meth:`advance` added.

    :param on_timer: Called when a timer is set, because tests may wait for that.
    """

    __slots__ = ("_loop", "_loop_thread", "_moves", "_on_timer", "_tiebreak", "_timers", "_wakeup")

    def __init__(self, on_timer: Callable[[], None] = lambda: None) -> None:
        self._on_timer = on_timer
        #: Moments in machine time, and how far ahead the clock has been since each of them.
        self._moves: list[tuple[float, float]] = [(-math.inf, 0.0)]
        self._timers: list[tuple[float, int, Timer]] = []
        self._tiebreak = itertools.count()
        self._loop: asyncio.AbstractEventLoop | None = None
        self._loop_thread: int | None = None
        self._wakeup: asyncio.TimerHandle | None = None

    def __setattr__(self, name: str, value: object) -> None:
        if name not in self.__slots__:  # such as now = 5, which would replace the method
            raise AttributeError(f"{name} of a clock cannot be set; advance(seconds) moves its time ahead")
        object.__setattr__(self, name, value)

    def __repr__(self) -> str:
        return f"<Clock {self._text}, {self.offset:g} s ahead of the machine, {self.pending} timers>"

    def _repr_html_(self) -> str:
        rows = [(self._text, f"{self.offset:g} s", self.pending)]
        return html_table(("time", "ahead of the machine", "timers that are set"), rows)

    @property
    def _text(self) -> str:
        return datetime.fromtimestamp(self.now(), timezone.utc).isoformat(timespec="seconds")

    def now(self) -> float:
        """Return the current time, in seconds since the Unix epoch."""
        return self.machine_time() + self.offset

    @staticmethod
    def machine_time() -> float:
        """Return the machine's time, in seconds since the Unix epoch."""
        return time.time()

    @property
    def offset(self) -> float:
        """How many seconds this clock is ahead of the machine's."""
        return self._moves[-1][1]

    def offset_at(self, machine_time: float) -> float:
        """Return how many seconds this clock was ahead at a moment in the machine's time."""
        after = bisect.bisect_right(self._moves, machine_time, key=lambda move: move[0])
        return self._moves[max(after - 1, 0)][1]

    @explain_calls
    def advance(
        self,
        seconds: float | timedelta | None = None,
        *,
        minutes: float | None = None,
        hours: float | None = None,
        days: float | None = None,
    ) -> None:
        """Move time ahead. When this returns, every timer that became due has run.

        You may call this from any thread. Tokens carry whole seconds. To tell tokens from before and after a
        jump apart, a jump of more than five minutes waits for the machine's next full second.

        >>> emulator.clock.advance(30)
        >>> emulator.clock.advance(hours=1)

        :param seconds: How far, as a number or a ``timedelta``.
        :keyword minutes: Further minutes, hours and days.
        :raises TypeError: No time is passed.
        :raises ValueError: A time is not finite, or is negative: timers that ran cannot be undone. Or the
            clock would pass the year 9998.
        """
        if isinstance(seconds, timedelta):
            seconds = seconds.total_seconds()
        times = {"seconds": seconds, "minutes": minutes, "hours": hours, "days": days}
        self._advance_by(_sum_of({name: value for name, value in times.items() if value is not None}))

    def _advance_by(self, seconds: float) -> None:
        if self.now() + seconds >= _LATEST:
            raise ValueError(f"{seconds:g} seconds would move the clock past the year 9998, its last one")
        moment = self._moment_of_jump(seconds)
        if self._loop is None or threading.get_ident() == self._loop_thread:
            self._advance(moment, seconds)
        else:
            asyncio.run_coroutine_threadsafe(self._advance_in_loop(moment, seconds), self._loop).result()

    def call_later(self, seconds: float, callback: Callable[[], None]) -> Timer:
        """Run ``callback`` in the emulator's loop once this clock has moved on by ``seconds``."""
        timer = Timer(callback)
        heapq.heappush(self._timers, (self.now() + seconds, next(self._tiebreak), timer))
        self._arm()
        self._on_timer()
        return timer

    @property
    def pending(self) -> int:
        """The number of timers that are set: for the ends of recovery windows, for delays and for drops."""
        return sum(not timer.cancelled for _, _, timer in self._timers)

    def after(self, seconds: float) -> "asyncio.Future[None]":
        """Return a future of the running loop that is done once this clock has moved on by ``seconds``."""
        done: asyncio.Future[None] = asyncio.get_running_loop().create_future()
        timer = self.call_later(seconds, lambda: None if done.done() else done.set_result(None))
        done.add_done_callback(lambda _: timer.cancel())
        return done

    async def sleep(self, seconds: float) -> None:
        """Wait until this clock has moved on by ``seconds``; 0 does not wait."""
        if seconds > 0:
            await self.after(seconds)

    def start(self) -> None:
        """Run timers in the running loop from now on."""
        self._loop = asyncio.get_running_loop()
        self._loop_thread = threading.get_ident()
        self._arm()

    def stop(self) -> None:
        """Cancel every timer."""
        if self._wakeup is not None:
            self._wakeup.cancel()
        self._wakeup = self._loop = self._loop_thread = None
        self._timers.clear()

    async def _advance_in_loop(self, moment: float, seconds: float) -> None:
        self._advance(moment, seconds)

    def _advance(self, moment: float, seconds: float) -> None:
        self._moves.append((moment, self.offset + seconds))
        self._run_due()

    def _moment_of_jump(self, seconds: float) -> float:
        """Return the moment of a jump in machine time. Wait for the next full second if it is ambiguous.

        A token issued in the second of a jump counts as one from before it. If the clock moves no further
        than the tolerance within that second, a token from after the jump is accepted anyway. Otherwise the
        jump has to be at the start of a second.
        """
        now = self.machine_time()
        if self.offset + seconds - self.offset_at(math.floor(now)) <= _TOLERANCE:
            return now
        second = math.floor(now) + 1
        time.sleep(second - now)
        return second

    def _run_due(self) -> None:
        while self._timers and (self._timers[0][2].cancelled or self._timers[0][0] <= self.now()):
            heapq.heappop(self._timers)[2].run()
        self._arm()

    def _arm(self) -> None:
        if self._wakeup is not None:
            self._wakeup.cancel()
            self._wakeup = None
        if self._loop is not None and self._timers:
            self._wakeup = self._loop.call_later(max(0.0, self._timers[0][0] - self.now()), self._run_due)
