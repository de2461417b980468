"""Many WebSocket clients in a process of their own, that read and count but parse nothing.

Usage: ``python -m benchmarks.emulator.readers``, with lines of JSON on standard input. The first opens the
clients: ``{"port": ..., "target": ..., "count": ..., "subprotocol": ...}``. Each of the others is a number
of bytes to read, over all clients. Each is answered by a line when it is done.
"""

import json
import selectors
import socket
import sys
from collections.abc import Mapping
from typing import Any

_HANDSHAKE = (
    "GET {target} HTTP/1.1\r\nHost: 127.0.0.1:{port}\r\nConnection: Upgrade\r\nUpgrade: websocket\r\n"
    "Sec-WebSocket-Version: 13\r\nSec-WebSocket-Key: AAAAAAAAAAAAAAAAAAAAAA==\r\n{offer}\r\n"
)
#: Seconds without a byte after which the greetings are over.
_QUIET = 0.3


class Readers:
    """The clients."""

    def __init__(self, options: Mapping[str, Any]) -> None:
        self._selector = selectors.DefaultSelector()
        self._buffer = bytearray(1 << 18)
        for _ in range(options["count"]):
            self._open(options["port"], options["target"], options["subprotocol"])
        while self._read_some(_QUIET):
            pass

    def read(self, size: int) -> None:
        """Read this many bytes in all."""
        while size > 0:
            size -= self._read_some(None)

    def _read_some(self, timeout: float | None) -> int:
        size = 0
        for key, _ in self._selector.select(timeout):
            client = key.fileobj
            assert isinstance(client, socket.socket)
            received = client.recv_into(self._buffer)
            if not received:
                raise ConnectionError("a client was cut off")
            size += received
        return size

    def _open(self, port: int, target: str, subprotocol: str | None) -> None:
        client = socket.create_connection(("127.0.0.1", port))
        offer = f"Sec-WebSocket-Protocol: {subprotocol}\r\n" if subprotocol else ""
        client.sendall(_HANDSHAKE.format(target=target, port=port, offer=offer).encode())
        answer = b""
        while b"\r\n\r\n" not in answer:
            answer += client.recv(4096)
        if not answer.startswith(b"HTTP/1.1 101"):
            raise ConnectionError(answer.decode())
        client.setblocking(False)
        self._selector.register(client, selectors.EVENT_READ)


def main() -> None:
    """Serve the lines on standard input."""
    readers = Readers(json.loads(sys.stdin.readline()))
    print("open", flush=True)
    for line in sys.stdin:
        readers.read(json.loads(line))
        print("read", flush=True)


if __name__ == "__main__":
    main()
