"""The calls to event handlers: in turn for each connection, at the same time for different ones."""

import asyncio
import logging
from collections.abc import Awaitable, Callable

from .event_sink import EventSink

_log = logging.getLogger(__name__)


class EventQueue:
    """Calls an event sink in the background.

    :param sink: Who handles the events. May be replaced while the emulator runs; what is queued goes to the
        new one.
    """

    def __init__(self, sink: EventSink) -> None:
        self.sink: EventSink = sink
        self._last: dict[str, asyncio.Task[None]] = {}
        self._unfinished: set[asyncio.Task[None]] = set()

    def call_in_turn(self, connection_id: str, call: Callable[[], Awaitable[None]]) -> asyncio.Task[None]:
        """Start a call as soon as the earlier calls for this connection have ended. Do not wait for it."""
        previous = self._last.get(connection_id)

        async def take_turn() -> None:
            if previous is not None:
                await asyncio.wait([previous])  # which does not pass on a cancellation
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
        """Wait at most ``timeout`` seconds until every call has ended, and cancel the rest."""
        if not self._unfinished:
            return
        _, late = await asyncio.wait(self._unfinished, timeout=timeout)
        for turn in late:
            turn.cancel()
        if late:
            _log.warning("Event handlers take too long: %d calls were cancelled", len(late))
            await asyncio.wait(late)

    def _end_turn(self, connection_id: str, turn: asyncio.Task[None]) -> None:
        self._unfinished.discard(turn)
        if self._last.get(connection_id) is turn:
            del self._last[connection_id]
