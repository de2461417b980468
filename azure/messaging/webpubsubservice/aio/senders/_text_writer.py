"""Send pieces of text in order, with a task."""

from __future__ import annotations

import asyncio
from typing import TYPE_CHECKING, Any

from azure.messaging.webpubsubservice._blocks import ForAsyncWith
from azure.messaging.webpubsubservice.senders import WriterError
from azure.messaging.webpubsubservice.senders._status import raise_unless_success
from azure.messaging.webpubsubservice.senders._writer_base import OutletBase, WriterBase, note_failure

if TYPE_CHECKING:
    from collections.abc import Awaitable, Callable, Mapping
    from types import TracebackType

    from azure.core.rest import AsyncHttpResponse, HttpRequest
    from typing_extensions import Self

    from azure.messaging.webpubsubservice.senders._pieces import Message, Pieces

__all__ = ["AsyncTextWriter"]


class AsyncTextWriter(WriterBase, ForAsyncWith):
    """Sends pieces of text to one group, user or connection, in the order in which they are written.

    :meth:`~azure.messaging.webpubsubservice.aio.WebPubSubServiceClient.open_writer` returns it, and
    describes how it works. Any task may write.
    """

    def __init__(
        self,
        send: Callable[..., Awaitable[AsyncHttpResponse]],
        build: Callable[..., HttpRequest],
        pieces: Pieces,
        options: Mapping[str, Any],
    ) -> None:
        super().__init__(pieces)
        self._outlet = _Outlet(send, build, pieces, options)

    async def write(self, text: str) -> None:
        """Write a piece. It waits only while the buffer is full, and lets other tasks run in any case.

        A call that is cancelled has written nothing.

        :raises TypeError: It is not a ``str``.
        :raises ValueError: The writer is closed, or the piece is over 1 MiB and ``join`` is false.
        :raises WriterError: A message before this one was not accepted. The piece was not added.
        """
        await self._outlet.write(text)

    async def flush(self) -> None:
        """Wait until the service has accepted everything that was written.

        :raises WriterError: A message was not accepted.
        """
        await self._outlet.flush()

    async def close(self) -> None:
        """Send the rest and the end mark, and wait until the service has accepted them.

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
            note_failure(error, exc_value)  # the original exception continues


class _Outlet(OutletBase):
    """The task of a writer. It does not keep the writer alive."""

    def __init__(
        self,
        send: Callable[..., Awaitable[AsyncHttpResponse]],
        build: Callable[..., HttpRequest],
        pieces: Pieces,
        options: Mapping[str, Any],
    ) -> None:
        super().__init__(send, build, pieces, options)
        self._task: asyncio.Task[None] | None = None
        self._turn = asyncio.Lock()
        """Held by the task that writes next, so that other tasks wait for room one after another."""
        self._news: asyncio.Future[None] | None = None

    async def write(self, text: str) -> None:
        """Add a piece once there is room."""
        self._pieces.check(text)
        async with self._turn:
            # Pieces often come from code that never awaits. Without this, none would be sent before the end.
            await asyncio.sleep(0)
            self._pieces.check(text)
            while not self._pieces.has_room:
                await self._wait()
                self._pieces.check(text)
            self._pieces.add(text)
        self._start()

    async def flush(self) -> None:
        """Wait until everything is accepted."""
        while not self._pieces.settled:
            await self._wait()
        self._pieces.raise_failure()

    def end(self, how: Any) -> None:
        """Refuse further pieces."""
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
        """Start a task if there is something to send."""
        if self._pieces.has_next and (self._task is None or self._task.done()):
            self._task = asyncio.get_running_loop().create_task(self._run())

    async def _run(self) -> None:
        while (message := self._pieces.next_message()) is not None:
            await self._deliver(message)

    async def _deliver(self, message: Message) -> None:
        try:
            raise_unless_success(await self._send(self._request(message), **self._options))
        except Exception as error:  # raised when the next piece is written
            self._pieces.fail(error)
        except BaseException:
            self._pieces.fail(None)
            raise
        else:
            self._pieces.accepted()
        finally:
            if self._news is not None and not self._news.done():
                self._news.set_result(None)
