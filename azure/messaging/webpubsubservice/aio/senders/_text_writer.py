"""Pieces of text in order, with a task."""

from __future__ import annotations

import asyncio
import warnings
from typing import TYPE_CHECKING, Any

from azure.messaging.webpubsubservice.senders import WriterError
from azure.messaging.webpubsubservice.senders._notes import add_note

if TYPE_CHECKING:
    from collections.abc import Awaitable, Callable, Mapping
    from types import TracebackType

    from azure.core.rest import AsyncHttpResponse, HttpRequest
    from typing_extensions import Self

    from azure.messaging.webpubsubservice.senders._pieces import Pieces

__all__ = ["AsyncTextWriter"]


class AsyncTextWriter:
    """Sends pieces of text to one group, user or connection, in the order of writing.

    Made by :meth:`~azure.messaging.webpubsubservice.aio.WebPubSubServiceClient.open_writer`,
    which says how it works. Any task may write.
    """

    def __init__(
        self,
        send: Callable[..., Awaitable[AsyncHttpResponse]],
        build: Callable[..., HttpRequest],
        pieces: Pieces,
        options: Mapping[str, Any],
    ) -> None:
        self._pieces = pieces
        self._outlet = _Outlet(send, build, pieces, options)

    @property
    def stream_id(self) -> str:
        """What tells this stream from others to the same receivers."""
        return self._pieces.stream_id

    @property
    def pieces_accepted(self) -> int:
        """How many pieces the service has accepted."""
        return self._pieces.pieces_accepted

    @property
    def messages_accepted(self) -> int:
        """In how many messages, the last one's number."""
        return self._pieces.messages_accepted

    @property
    def unaccepted(self) -> str:
        """The text that was written, and that the service has not accepted (yet)."""
        return self._pieces.unaccepted

    async def write(self, text: str) -> None:
        """Write a piece. It waits only while the buffer is full, and lets other tasks run in any case.

        A call that is cancelled has written nothing.

        :raises TypeError: It is no ``str``.
        :raises ValueError: The writer is closed, or the piece is over 1 MiB and ``join`` is false.
        :raises WriterError: A message before this one was not accepted. The piece was not added.
        """
        await self._outlet.write(text)

    async def flush(self) -> None:
        """Wait until the service has accepted all that was written.

        :raises WriterError: A message was not accepted.
        """
        await self._outlet.flush()

    async def close(self) -> None:
        """Send what is left and the mark of the end, and wait until the service has accepted it.

        :raises WriterError: A message was not accepted.
        """
        self._outlet.end("complete")
        await self._outlet.flush()

    async def __aenter__(self) -> Self:
        return self

    async def __aexit__(
        self,
        exc_type: type[BaseException] | None,
        exc_value: BaseException | None,
        traceback: TracebackType | None,
    ) -> None:
        if exc_value is None:
            await self.close()
            return
        try:
            if isinstance(exc_value, Exception):
                self._outlet.end("broken")
                await self._outlet.flush()
            else:
                await self._outlet.cancel()
        except WriterError as error:
            # The exception that ended the block goes on, and says what happened here.
            if not isinstance(exc_value, WriterError):
                add_note(exc_value, str(error))

    def __del__(self) -> None:
        outlet = getattr(self, "_outlet", None)
        if outlet is not None and outlet.is_left_open:
            warnings.warn(f"{self!r} was not closed; use it in an async with statement", ResourceWarning, 2)


class _Outlet:
    """The task of a writer, which does not keep the writer alive."""

    def __init__(
        self,
        send: Callable[..., Awaitable[AsyncHttpResponse]],
        build: Callable[..., HttpRequest],
        pieces: Pieces,
        options: Mapping[str, Any],
    ) -> None:
        self._send = send
        self._build = build
        self._pieces = pieces
        self._options = options
        self._task: asyncio.Task[None] | None = None
        self._turn = asyncio.Lock()
        """Held by the one who writes next, so that others who wait for room keep behind."""
        self._news: asyncio.Future[None] | None = None

    @property
    def is_left_open(self) -> bool:
        """Whether something was written that no one waits for."""
        return not self._pieces.settled

    async def write(self, text: str) -> None:
        """Add a piece once there is room."""
        self._pieces.check(text)
        async with self._turn:
            # Pieces often come from what never waits: without this, none would be sent before the end.
            await asyncio.sleep(0)
            self._pieces.check(text)
            while not self._pieces.has_room:
                await self._wait()
                self._pieces.check(text)
            self._pieces.add(text)
        self._start()

    async def flush(self) -> None:
        """Wait until all is accepted."""
        while not self._pieces.settled:
            await self._wait()
        self._pieces.raise_failure()

    def end(self, how: Any) -> None:
        """Let nothing more be written."""
        self._pieces.end(how)
        self._start()

    async def cancel(self) -> None:
        """Send nothing more, and do not wait for the message that is on its way."""
        self._pieces.stop()
        if self._task is not None and not self._task.done():
            self._task.cancel()
            await asyncio.wait([self._task])

    async def _wait(self) -> None:
        """Wait until a message was accepted or failed."""
        if self._news is None or self._news.done():
            self._news = asyncio.get_running_loop().create_future()
        await asyncio.shield(self._news)  # others may wait for it too

    def _start(self) -> None:
        """See to it that a task sends what there is to be sent."""
        if self._pieces.has_next and (self._task is None or self._task.done()):
            self._task = asyncio.get_running_loop().create_task(self._run())

    async def _run(self) -> None:
        while (message := self._pieces.next_message()) is not None:
            request = self._build(
                content=message.content, content_type=message.content_type, headers=message.headers
            )
            try:
                (await self._send(request, **self._options)).raise_for_status()
            except asyncio.CancelledError:
                self._pieces.fail(None)
                raise
            except BaseException as error:  # raised where the next piece is written
                self._pieces.fail(error)
            else:
                self._pieces.accepted()
            finally:
                if self._news is not None and not self._news.done():
                    self._news.set_result(None)
