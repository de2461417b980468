"""The server that all contenders talk to: reads a request by its length, answers 202, keeps nothing.

It must cost less than any client, so it is one ``select`` loop over sockets, and knows no more of HTTP than
its contenders use. Run as a script it prints its port, and serves until its standard input ends.
"""

import re
import selectors
import socket
import sys

ANSWER = b"HTTP/1.1 202 Accepted\r\nContent-Length: 0\r\nDate: Thu, 01 Jan 2026 00:00:00 GMT\r\n\r\n"
_LENGTH = re.compile(rb"\r\ncontent-length: *(\d+)\r\n", re.IGNORECASE)
_buffer = memoryview(bytearray(1 << 20))


class Connection:
    """Where one connection is in its current request."""

    __slots__ = ("_head", "_missing", "_socket")

    def __init__(self, accepted: socket.socket) -> None:
        self._socket = accepted
        self._head = b""
        self._missing = 0

    def read(self) -> bool:
        """Take what has arrived, and answer if that completes a request. Return whether more may come."""
        try:
            received = self._socket.recv_into(_buffer)
        except ConnectionError:
            received = 0
        if not received:
            return False
        if self._missing:
            self._missing -= received
        else:
            self._head += _buffer[:received]
            head, end, body = self._head.partition(b"\r\n\r\n")
            if not end:
                return True
            length = _LENGTH.search(head + b"\r\n")
            self._missing = (int(length[1]) if length else 0) - len(body)
            self._head = b""
        assert self._missing >= 0, "contenders do not pipeline"
        if not self._missing:
            self._socket.send(ANSWER)
        return True


def serve(listener: socket.socket) -> None:
    """Serve until standard input ends, as it does when the process that started this one is gone."""
    selector = selectors.DefaultSelector()
    selector.register(listener, selectors.EVENT_READ)
    selector.register(sys.stdin, selectors.EVENT_READ)
    while True:
        for key, _ in selector.select():
            if key.fileobj is listener:
                accepted, _ = listener.accept()
                accepted.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
                selector.register(accepted, selectors.EVENT_READ, Connection(accepted))
            elif key.fileobj is sys.stdin:
                return
            elif not key.data.read():
                selector.unregister(key.fileobj)
                assert isinstance(key.fileobj, socket.socket)
                key.fileobj.close()


if __name__ == "__main__":
    with socket.create_server(("127.0.0.1", 0), backlog=1024) as listening:
        print(listening.getsockname()[1], flush=True)
        serve(listening)
