"""Send pieces of text in order, with a thread."""

from __future__ import annotations

import contextvars
import threading
from typing import TYPE_CHECKING, Any, Final

from azure.messaging.webpubsubservice._blocks import ForWith

from ._status import raise_unless_success
from ._writer_base import OutletBase, WriterBase, note_failure
from ._writer_error import WriterError

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping
    from types import TracebackType

    from azure.core.rest import HttpRequest, HttpResponse
    from typing_extensions import Self

    from ._pieces import Pieces

__all__ = ["TextWriter"]

_IDLE: Final = 5.0
"""Seconds after which an idle thread ends."""


class TextWriter(WriterBase, ForWith):
    """Sends pieces of text to one group, user or connection, in the order in which they are written.

    :meth:`~azure.messaging.webpubsubservice.WebPubSubServiceClient.open_writer` returns it, and
    describes how it works. Any thread may write.
    """

    def __init__(
        self,
        send: Callable[..., HttpResponse],
        build: Callable[..., HttpRequest],
        pieces: Pieces,
        options: Mapping[str, Any],
    ) -> None:
        super().__init__(pieces)
        self._outlet = _Outlet(send, build, pieces, options)

    @property
    def unaccepted(self) -> str:
        """The text that was written but that the service has not accepted (yet)."""
        with self._outlet.lock:
            return self._pieces.unaccepted

    def write(self, text: str) -> None:
        """Write a piece. It waits only while the buffer is full.

        :raises TypeError: It is not a ``str``.
        :raises ValueError: The writer is closed, or the piece is over 1 MiB and ``join`` is false.
        :raises WriterError: A message before this one was not accepted. The piece was not added.
        """
        self._outlet.write(text)

    def flush(self) -> None:
        """Wait until the service has accepted everything that was written.

        :raises WriterError: A message was not accepted.
        """
        self._outlet.flush()

    def close(self) -> None:
        """Send the rest and the end mark, and wait until the service has accepted them.

        :raises WriterError: A message was not accepted.
        """
        self._outlet.end("complete")
        self._outlet.flush()

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self,
        exc_type: type[BaseException] | None,
        exc_value: BaseException | None,
        traceback: TracebackType | None,
    ) -> None:
        if exc_value is None:
            self.close()
            return
        try:
            if isinstance(exc_value, Exception):
                self._outlet.end("broken")
                self._outlet.flush()
            else:
                self._outlet.stop()
        except WriterError as error:
            note_failure(error, exc_value)  # the original exception continues


class _Outlet(OutletBase):
    """The thread of a writer. It does not keep the writer alive."""

    def __init__(
        self,
        send: Callable[..., HttpResponse],
        build: Callable[..., HttpRequest],
        pieces: Pieces,
        options: Mapping[str, Any],
    ) -> None:
        super().__init__(send, build, pieces, options)
        self._thread: threading.Thread | None = None
        self.lock = threading.Lock()
        self._turn = threading.Lock()
        """Held by the thread that writes next, so that other threads wait for room one after another."""
        self._work = threading.Condition(self.lock)
        self._news = threading.Condition(self.lock)

    def write(self, text: str) -> None:
        """Add a piece once there is room."""
        with self._turn, self.lock:
            self._pieces.check(text)
            while not self._pieces.has_room:
                self._news.wait()
                self._pieces.check(text)
            self._pieces.add(text)
            self._start()

    def flush(self) -> None:
        """Wait until everything is accepted."""
        with self.lock:
            while not self._pieces.settled:
                self._news.wait()
            self._pieces.raise_failure()

    def end(self, how: Any) -> None:
        """Refuse further pieces."""
        with self.lock:
            self._pieces.end(how)
            self._start()

    def stop(self) -> None:
        """Send nothing more, but wait for the message on its way."""
        with self.lock:
            self._pieces.stop()
            self._work.notify()
            thread = self._thread
        if thread is not None:
            thread.join()

    def _start(self) -> None:
        """Start a thread, or wake it, to send the next message."""
        if self._thread is None:
            run = contextvars.copy_context().run  # for an open tracing span, for example
            self._thread = threading.Thread(
                target=run, args=(self._run,), name="webpubsub-writer", daemon=True
            )
            self._thread.start()
        else:
            self._work.notify()

    def _run(self) -> None:
        while True:
            with self.lock:
                message = self._pieces.next_message()
                if message is None and not self._pieces.ended:
                    self._work.wait(_IDLE)
                    message = self._pieces.next_message()
                if message is None:
                    self._thread = None
                    return
            failure: BaseException | None = None
            try:
                raise_unless_success(self._send(self._request(message), **self._options))
            except BaseException as error:  # raised when the next piece is written
                failure = error
            with self.lock:
                if failure is None:
                    self._pieces.accepted()
                else:
                    self._pieces.fail(failure)
                self._news.notify_all()
