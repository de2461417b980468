"""Time that a test moves, in place of time that passes while a machine does something else."""

import asyncio

from typing_extensions import Self

from tests.faults import Request, Step
from tests.faults.steps import Script


class LoopTime:
    """The time of an event loop: it stands still, however long the machine takes, until a test moves it.

    A context manager for loops whose time goes on after the test.
    """

    def __init__(self, loop: asyncio.AbstractEventLoop) -> None:
        self._loop = loop
        self._passes = loop.time
        self._now = loop.time()
        loop.time = self  # type: ignore[method-assign]

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self._loop.time = self._passes  # type: ignore[method-assign]

    def __call__(self) -> float:
        return self._now

    def advance(self, seconds: float) -> None:
        """Move it, from any thread."""
        self._now += seconds
        self._loop.call_soon_threadsafe(lambda: None)  # so that it looks at its timers

    def moved_by(self, seconds: float, step: Step) -> Script:
        """Return a step before which a server moves the time: it has the request of whoever waits, then."""

        def play(_: Request) -> Step:
            self.advance(seconds)
            return step

        return play
