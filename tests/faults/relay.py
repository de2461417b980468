"""The other end of a :class:`~tests.faults.Relay`: a connection to the server that acts on the requests."""

import asyncio
import contextlib
import re

from tests.faults.requests import Request

_LENGTH = re.compile(rb"\r\ncontent-length: *(\d+)\r\n", re.IGNORECASE)


class Upstream:
    """One keep-alive connection to a port on 127.0.0.1, opened when it is first needed."""

    def __init__(self, port: int) -> None:
        self._port = port
        self._writer: asyncio.StreamWriter | None = None

    async def exchange(self, request: Request) -> bytes:
        """Pass the request on, and return the answer's bytes. Both have to tell their length."""
        if request.chunked:
            raise ValueError("a relay passes on requests that tell their length")
        if self._writer is None:
            self._reader, self._writer = await asyncio.open_connection("127.0.0.1", self._port)
        self._writer.write(request.head + request.body)
        head = await self._reader.readuntil(b"\r\n\r\n")
        length = _LENGTH.search(head)
        return head + await self._reader.readexactly(int(length[1]) if length else 0)

    async def close(self) -> None:
        """Close the connection, if there is one."""
        if self._writer:
            self._writer.close()
            with contextlib.suppress(ConnectionError):
                await self._writer.wait_closed()
