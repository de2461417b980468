"""Waiting for a while in which there is a chance that something happens.

When a machine stalls, a timer that is due afterwards says nothing about what it was set for: there was no
time for that. So a while is waited for in parts, and a stall takes up one of them.
"""

import asyncio
from typing import Final

_PARTS: Final = 5


class Patience:
    """A while that can be waited for once.

    :param seconds: How long it is, if the machine does not stall.
    """

    def __init__(self, seconds: float) -> None:
        self._part = seconds / _PARTS
        self._left = _PARTS

    async def goes_on(self, *tasks: "asyncio.Task[None]") -> bool:
        """Wait for the next part, or until all ``tasks`` have ended; return False if there is none."""
        if not self._left:
            return False
        self._left -= 1
        if tasks:
            await asyncio.wait(tasks, timeout=self._part)
        else:
            await asyncio.sleep(self._part)
        return True
