"""A waiting time that a stall of the machine cannot use up.

After a stall, a timer is due although nothing else had a chance to run. So the time is split into parts, and
a stall uses up only one of them.
"""

import asyncio
from typing import Final

_PARTS: Final = 5


class Patience:
    """A time to wait, which can be used once.

    :param seconds: Its length if the machine does not stall.
    """

    def __init__(self, seconds: float) -> None:
        self._part = seconds / _PARTS
        self._left = _PARTS

    async def goes_on(self, *tasks: "asyncio.Task[None]") -> bool:
        """Wait for the next part, or until all ``tasks`` have ended. Return False if no part is left."""
        if not self._left:
            return False
        self._left -= 1
        if tasks:
            await asyncio.wait(tasks, timeout=self._part)
        else:
            await asyncio.sleep(self._part)
        return True
