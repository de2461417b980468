"""Writing to one client's WebSocket without ever waiting for it.

While the client keeps up, frames go straight to the transport, so a broadcast costs one write per client.
While the transport's buffer is full, frames queue here. Messages in the queue can expire, and a client whose
queue exceeds its limit is cut off. No other client ever waits.
"""

import asyncio
import logging
from collections import deque
from collections.abc import Callable
from typing import NamedTuple

from azure.messaging.webpubsubservice.emulator._protocol.frames import encode_close, encode_ping, encode_pong

from .outgoing import OutgoingMessage

_log = logging.getLogger(__name__)

#: Seconds that a client has to answer a Close frame.
_CLOSE_TIMEOUT = 5.0

#: Seconds that a client has to read the frames that are queued before the Close frame.
_DRAIN_TIMEOUT = 60.0

#: The minimum delay of a client's upgrade and its acks, in seconds of real time. No real service answers at
#: once, and published clients rely on that. The synchronous client for Python starts to wait for an ack only
#: after it has sent the message; it would miss an earlier ack and wait for its full 30 seconds. The client
#: for JavaScript treats a stream as failed if it is closed before the end has been sent.
CLIENT_LATENCY = 0.005


class _Queued(NamedTuple):
    wire: bytes
    #: The message in the frame; ``None`` for a frame that does not expire and is not recorded.
    message: OutgoingMessage | None
    #: The bytes that count towards the limit.
    size: int


class Channel:
    """One client's WebSocket, for writing. Frames that are written before :meth:`open` are queued."""

    __slots__ = (
        "_close_timer",
        "_closing",
        "_held_back",
        "_limit",
        "_now",
        "_paused",
        "_queue",
        "_queued_bytes",
        "_transport",
        "awaiting_pong",
        "listening",
        "on_late_write",
    )

    def __init__(self, *, limit: int, now: Callable[[], float]) -> None:
        self._limit = limit
        self._now = now
        self._transport: asyncio.Transport | None = None
        self._paused = True
        # None while they are empty, as for most clients: an empty deque takes 760 bytes.
        self._queue: deque[_Queued] | None = None
        self._queued_bytes = 0
        self._held_back: deque[bytes] | None = None
        self._closing = False
        self._close_timer: asyncio.TimerHandle | None = None
        #: Whether nothing has arrived from the client since the last ping.
        self.awaiting_pong: bool = False
        #: Whether the client's frames are being read, so that a pong would be seen.
        self.listening: bool = False
        #: Called with each queued message when it is written.
        self.on_late_write: Callable[[OutgoingMessage], None] | None = None

    @property
    def closing(self) -> bool:
        """Whether a Close frame was sent, or the socket is gone."""
        return self._closing

    def open(self, transport: asyncio.Transport) -> None:
        """Start to write, after the upgrade was sent."""
        self._transport = transport
        aborted = self._closing and not self._queue  # a Close frame would wait in the queue
        if aborted or transport.is_closing():
            self.abort()
        self.resume_writing()

    def write(self, wire: bytes, message: OutgoingMessage | None = None, *, counted: bool = True) -> bool:
        """Write a frame now, or queue it until the client reads.

        :param message: The message in the frame, which may expire and is recorded.
        :param counted: Whether the frame counts towards the limit of the queue.
        :return: Whether it was written. False if it was queued, or if the socket takes no more frames.
        """
        transport = self._transport
        if self._closing or (transport is not None and transport.is_closing()):
            return False
        if self._paused or transport is None:
            self._enqueue(_Queued(wire, message, len(wire) if counted else 0))
            return False
        transport.write(wire)
        return True

    def write_ack(self, wire: bytes) -> None:
        """Write a frame after a short delay, after earlier acks and before a Close frame."""
        if self._held_back is None:
            self._held_back = deque()
        self._held_back.append(wire)
        asyncio.get_running_loop().call_later(CLIENT_LATENCY, self._release)

    def ping(self) -> None:
        """Send a ping. Any frame from the client counts as an answer."""
        self.awaiting_pong = True
        self.write(encode_ping())

    def pong(self, data: bytes) -> None:
        """Answer a ping of the client."""
        self.write(encode_pong(data))

    def close(self, code: int, reason: str = "") -> None:
        """Send a Close frame after all other frames, and wait a while for the client's answer."""
        while self._held_back:
            self._release()
        if not self._closing:
            self.write(encode_close(code, reason), counted=False)
            self._closing = True
            self._abort_after(_DRAIN_TIMEOUT if self._paused else _CLOSE_TIMEOUT)

    def close_now(self, code: int, reason: str) -> None:
        """Drop the queue, send a Close frame unless one was sent, and close the socket."""
        waits = not self._closing or bool(self._queue)  # a Close frame is last in the queue
        self._stop()
        if waits and self._transport is not None and not self._transport.is_closing():
            self._transport.write(encode_close(code, reason))
        self._closing = True
        if self._transport is not None and self._transport.get_extra_info("ssl_object") is None:
            self._transport.close()
        # With TLS, a client would notice the end and fail to answer the Close frame. So the server waits.

    def finish(self) -> None:
        """Close the socket, after both sides have sent a Close frame or the client is gone."""
        self._closing = True
        self._stop()
        if self._transport is not None:
            self._transport.close()

    def abort(self) -> None:
        """Cut the client off."""
        self._closing = True
        self._stop()
        if self._transport is not None:
            self._transport.abort()

    def pause_writing(self) -> None:
        """Queue frames from now on, because the transport's buffer is full (asyncio's flow control)."""
        self._paused = True

    def resume_writing(self) -> None:
        """Write queued frames until the transport's buffer is full again."""
        transport = self._transport
        if transport is None or transport.is_closing():
            return
        self._paused = False
        while self._queue and not self._paused:
            wire, message, size = self._queue.popleft()
            self._queued_bytes -= size
            if message is None:
                transport.write(wire)
            elif not message.expired(self._now()):
                transport.write(wire)
                if self.on_late_write is not None:
                    self.on_late_write(message)
        if not self._queue:
            self._queue = None
        if self._closing and not self._queue:
            self._abort_after(_CLOSE_TIMEOUT)

    def _release(self) -> None:
        if self._held_back:
            self.write(self._held_back.popleft())
        if not self._held_back:
            self._held_back = None

    def _abort_after(self, seconds: float) -> None:
        if self._close_timer is not None:
            self._close_timer.cancel()
        self._close_timer = asyncio.get_running_loop().call_later(seconds, self.abort)

    def _enqueue(self, queued: _Queued) -> None:
        if self._queue is None:
            self._queue = deque()
        self._queue.append(queued)
        self._queued_bytes += queued.size
        if self._queued_bytes > self._limit:
            _log.warning("A client does not read: cut off with %d bytes waiting for it.", self._queued_bytes)
            self.abort()

    def _stop(self) -> None:
        self._queue = self._held_back = None
        self._queued_bytes = 0
        if self._close_timer is not None:
            self._close_timer.cancel()
            self._close_timer = None
