"""The calls to event handlers: one after another for each connection, concurrently for different ones."""

import asyncio
import logging
from collections.abc import Awaitable, Callable

from azure.messaging.webpubsubservice.emulator._patience import Patience

from .event_sink import EventSink

_log = logging.getLogger(__name__)


class EventQueue:
    """Calls an event sink in the background.

    :param sink: The receiver of the events. It may be replaced while the emulator runs; queued events go to
        the new one.
    """

    def __init__(self, sink: EventSink) -> None:
        self.sink: EventSink = sink
        self._last: dict[str, asyncio.Task[None]] = {}
        self._unfinished: set[asyncio.Task[None]] = set()

    def call_in_turn(self, connection_id: str, call: Callable[[], Awaitable[None]]) -> asyncio.Task[None]:
        """Schedule a call for when the earlier calls for this connection have ended."""
        previous = self._last.get(connection_id)

        async def take_turn() -> None:
            if previous is not None:
                await asyncio.wait([previous])  # unlike await, this does not pass on a cancellation
            try:
                await call()
            except Exception:
                _log.exception("An event handler failed for %s", connection_id)

        turn = asyncio.get_running_loop().create_task(take_turn())
        self._last[connection_id] = turn
        self._unfinished.add(turn)
        turn.add_done_callback(lambda _: self._end_turn(connection_id, turn))
        return turn

    async def settle(self, timeout: float) -> None:
        """Wait at most ``timeout`` seconds for the calls to end, and cancel the rest."""
        late, step = tuple(self._unfinished), Patience(timeout)
        while late and await step.goes_on(*late):
            late = tuple(turn for turn in late if not turn.done())
        for turn in late:
            turn.cancel()
        if late:
            _log.warning("Event handlers take too long: %d calls were cancelled", len(late))
            await asyncio.wait(late)

    def _end_turn(self, connection_id: str, turn: asyncio.Task[None]) -> None:
        self._unfinished.discard(turn)
        if self._last.get(connection_id) is turn:
            del self._last[connection_id]
