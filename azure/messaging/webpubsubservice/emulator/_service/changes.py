"""Waiting for conditions on the emulator."""

import asyncio
import contextlib
from collections.abc import Callable
from concurrent.futures import Future, InvalidStateError
from typing import TypeVar

T = TypeVar("T")


class Changes:
    """Conditions that callers wait for. Each is evaluated in the emulator's loop after every change."""

    def __init__(self) -> None:
        self._waiting: list[Callable[[], bool]] = []
        self._scheduled = False
        self._stopped = False

    def notify(self) -> None:
        """Evaluate the conditions again, after the current callback. Costs nothing while nobody waits."""
        if self._waiting and not self._scheduled:
            self._scheduled = True
            asyncio.get_running_loop().call_soon(self._evaluate)

    def stop(self) -> None:
        """Evaluate the conditions for the last time. The waiting fails for those that are not true."""
        self._stopped = True
        self._evaluate()
        self._stopped = False

    def future(self, condition: Callable[[], T | None]) -> "Future[T]":
        """Return a future for the condition's first result that is not ``None``.

        Call this in the emulator's loop. Cancelling the future ends the waiting.
        """
        future: Future[T] = Future()

        def check() -> bool:
            if future.done():
                return True
            with contextlib.suppress(InvalidStateError):  # cancelled meanwhile, in another thread
                try:
                    result = condition()
                    if result is None and self._stopped:
                        raise RuntimeError("the emulator was stopped")
                except Exception as error:
                    future.set_exception(error)
                else:
                    if result is not None:
                        future.set_result(result)
            return future.done()

        if not check():
            self._waiting.append(check)
        return future

    def _evaluate(self) -> None:
        self._scheduled = False
        self._waiting = [check for check in self._waiting if not check()]


async def result_of(future: "Future[T]", timeout: float) -> T:
    """Wait for a future that this thread or another one completes.

    :raises TimeoutError: It is not done after ``timeout`` seconds.
    """
    try:
        return await asyncio.wait_for(asyncio.wrap_future(future), timeout)
    except asyncio.TimeoutError:
        raise TimeoutError(f"not within {timeout} s") from None
