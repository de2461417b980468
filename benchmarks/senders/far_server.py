"""A server that is some way off: it answers 202, a round trip after a request has arrived.

Run as a script with the round trip in seconds it prints its port, and serves until its standard input ends.
"""

import asyncio
import re
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from typing import cast

ANSWER = b"HTTP/1.1 202 Accepted\r\nContent-Length: 0\r\nDate: Thu, 01 Jan 2026 00:00:00 GMT\r\n\r\n"
_LENGTH = re.compile(rb"\r\ncontent-length: *(\d+)\r\n", re.IGNORECASE)


class Connection(asyncio.Protocol):
    """One connection, whose requests come one after the other."""

    def __init__(self, round_trip: float) -> None:
        self._round_trip = round_trip
        self._received = b""

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        """Keep the transport."""
        self._transport = cast("asyncio.Transport", transport)

    def data_received(self, data: bytes) -> None:
        """Take what has arrived, and answer later if that completes a request."""
        self._received += data
        head, end, body = self._received.partition(b"\r\n\r\n")
        length = _LENGTH.search(head + b"\r\n")
        if not end or len(body) < (int(length[1]) if length else 0):
            return
        self._received = b""
        asyncio.get_running_loop().call_later(self._round_trip, self._transport.write, ANSWER)


@contextmanager
def far_server(round_trip: float) -> Iterator[str]:
    """Run the server in a process of its own, and yield its endpoint."""
    command = [sys.executable, "-m", "benchmarks.senders.far_server", str(round_trip)]
    with subprocess.Popen(command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True) as process:
        assert process.stdout is not None
        yield f"http://127.0.0.1:{process.stdout.readline().strip()}"
        process.communicate()


async def serve(round_trip: float) -> None:
    """Serve until standard input ends."""
    loop = asyncio.get_running_loop()
    server = await loop.create_server(lambda: Connection(round_trip), "127.0.0.1", 0)
    print(server.sockets[0].getsockname()[1], flush=True)
    await asyncio.to_thread(sys.stdin.read)
    server.close()


if __name__ == "__main__":
    asyncio.run(serve(float(sys.argv[1])))
