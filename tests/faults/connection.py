"""One connection of the server: reads requests, records them, plays a step for each."""

import asyncio
import contextlib
import socket
import struct
from collections.abc import Callable

from tests.faults.relay import Upstream
from tests.faults.requests import Request, read_body
from tests.faults.steps import Answer, Disconnect, Gate, Raw, Relay, Step

_RESET_ON_CLOSE = struct.pack("ii", 1, 0)  # SO_LINGER with a time of 0: closing sends RST


class Connection:
    """One connection, from its acceptance to its end.

    :param number: Its number, for the record.
    :param begin: Called with each request when its head is read; records it and returns what to do.
    """

    def __init__(
        self,
        number: int,
        begin: Callable[[Request], Step],
        reader: asyncio.StreamReader,
        writer: asyncio.StreamWriter,
    ) -> None:
        self._number = number
        self._begin = begin
        self._reader = reader
        self._writer = writer
        self._upstreams: dict[int, Upstream] = {}
        writer.transport.set_write_buffer_limits(0)  # drain() returns when all is with the kernel

    async def serve(self) -> None:
        """Play until a step or the client ends the connection."""
        keep_alive = True
        while keep_alive:
            request = Request.parse(self._number, await self._reader.readuntil(b"\r\n\r\n"))
            request.step = self._begin(request)
            keep_alive = await self._play(request.step, request)

    async def close(self) -> None:
        """Close the connection, and those to other servers."""
        for upstream in self._upstreams.values():
            await upstream.close()
        self._writer.close()
        with contextlib.suppress(ConnectionError):
            await self._writer.wait_closed()

    def reset(self) -> None:
        """End the connection at once, by RST."""
        connected = self._writer.get_extra_info("socket")
        connected.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, _RESET_ON_CLOSE)
        self._writer.transport.abort()

    async def _play(self, step: Step, request: Request) -> bool:
        """Play one step and return whether the connection lives on."""
        match step:
            case Disconnect(after=after, reset=reset):
                if after == "body":
                    await read_body(request, self._reader)
                if reset:
                    self.reset()
                else:
                    await self._linger()
                return False
            case Raw(data=data, close=close):
                await read_body(request, self._reader)
                await self._write(data)
                return not close
            case Relay(port=port, then=then):
                await read_body(request, self._reader)
                upstream = self._upstreams.setdefault(port, Upstream(port))
                answer = await upstream.exchange(request)
                if then:
                    return await self._play(then, request)
                await self._write(answer)
                return True
            case Answer():
                if not step.early:
                    await read_body(request, self._reader)
                head, body = step.encode(request.method)
                await _held(step.gate)
                await self._write(head)
                await _held(step.body_gate)
                await self._write(body)
                if step.early:
                    await self._linger()
                return not step.closes and (request.header("Connection") or "").lower() != "close"

    async def _write(self, data: bytes) -> None:
        self._writer.write(data)
        await self._writer.drain()

    async def _linger(self) -> None:
        """Send FIN and wait for the client's: closing a socket with unread data would send RST."""
        self._writer.write_eof()
        while await self._reader.read(1 << 16):
            pass


async def _held(gate: Gate | None) -> None:
    if gate:
        await gate.passed()
