"""Kept connections of the synchronous client.

urllib3's own pool logs each URL with its query, which may be a token, and warns when more threads send than
it has room for. Its connections do not, and are all that is used of it.
"""

from __future__ import annotations

import threading
import time
import weakref
from collections import deque
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Callable

    from ._connections import Connection

__all__ = ["Pool"]


class Pool:
    """Connections to one server that are waiting for the next request; the newest is used first.

    Any number of connections may be in use; those that come back are kept up to the size of the pool.

    :param size: Most connections kept.
    :param keep_alive: Seconds after which an idle connection is closed, when the pool is next used.
    :param clock: Counts seconds.
    """

    def __init__(self, size: int, keep_alive: float, clock: Callable[[], float] = time.monotonic) -> None:
        self._size = size
        self._keep_alive = keep_alive
        self._clock = clock
        self._idle: deque[tuple[float, Connection]] = deque()
        self._lock = threading.Lock()
        self._closed = False
        # A client that is dropped without being closed leaves no socket open.
        weakref.finalize(self, _close_all, self._idle)

    def take(self) -> Connection | None:
        """Return a connection that is open and silent, or ``None`` if there is none."""
        now = self._clock()
        while True:
            with self._lock:
                if not self._idle:
                    return None
                since, connection = self._idle.pop()
            # Bytes on an idle connection are its end, or a response that nobody asked for.
            if now - since < self._keep_alive and connection.is_connected:
                return connection
            connection.close()

    def put(self, connection: Connection) -> None:
        """Keep a connection for the next request, or close it if there is no room."""
        now = self._clock()
        dropped = []
        with self._lock:
            self._idle.append((now, connection))
            while self._idle and (
                self._closed or len(self._idle) > self._size or now - self._idle[0][0] >= self._keep_alive
            ):
                dropped.append(self._idle.popleft()[1])
        for old in dropped:
            old.close()

    def close(self) -> None:
        """Close all connections, and those that come back later."""
        with self._lock:
            self._closed = True
            _close_all(self._idle)


def _close_all(idle: deque[tuple[float, Connection]]) -> None:
    while idle:
        idle.pop()[1].close()
