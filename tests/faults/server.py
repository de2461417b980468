"""The server: its port, its thread, its script and its record."""

import asyncio
import socket
import threading
from collections import deque
from collections.abc import Coroutine
from types import TracebackType
from typing import Any, TypeVar

from typing_extensions import Self

from tests.faults.connection import Connection
from tests.faults.requests import Request
from tests.faults.steps import Answer, Script, Step

T = TypeVar("T")

_ACCEPTED = Answer(202)

#: Seconds, more than 0, so that a timer of the loop is used: a connection that asyncio has accepted has its
#: transport by then, and is not lost when the listener is closed.
_NEXT_TIMER = 1e-6


class FaultServer:
    """An HTTP/1.1 server on a port of its own on 127.0.0.1, in a thread of its own.

    A context manager; what it recorded can be read after the ``with`` block as well as in it. An unexpected
    error in the server (a request that is not HTTP, a bug) is raised when the block ends.

    :param steps: What to do with the first requests, in the order in which their heads arrive. A step may be
        a function from the request's head to a step.
    :param otherwise: What to do with all requests after these.
    :param listening: ``False``: the port is taken, and refuses connections until :meth:`listen` is called.
    """

    def __init__(
        self, *steps: Step | Script, otherwise: Step | Script = _ACCEPTED, listening: bool = True
    ) -> None:
        self.port = 0
        """The port, listening or not."""
        self.requests: list[Request] = []
        """All requests, complete or not, in the order in which their heads arrived."""
        self.connections = 0
        """How many connections were accepted."""
        self.otherwise = otherwise
        self._steps = deque(steps)
        self._listening = listening
        self._errors: list[Exception] = []
        self._open: dict[asyncio.Task[None], Connection] = {}
        self._none_open = threading.Event()
        self._none_open.set()
        self._loop = asyncio.new_event_loop()
        self._thread = threading.Thread(target=self._loop.run_forever, name="fault-server", daemon=True)
        # asyncio turns Nagle's algorithm off for sockets that say they are TCP; else answers take 40 ms.
        self._socket = socket.socket(proto=socket.IPPROTO_TCP)
        self._server: asyncio.Server | None = None

    def __enter__(self) -> Self:
        self._socket.bind(("127.0.0.1", 0))
        self.port = self._socket.getsockname()[1]
        self._thread.start()
        if self._listening:
            self.listen()
        return self

    def __exit__(
        self, exc_type: type[BaseException] | None, exc: BaseException | None, tb: TracebackType | None
    ) -> None:
        self._run(self._shut_down())
        self._loop.call_soon_threadsafe(self._loop.stop)
        self._thread.join()
        self._loop.close()
        self._socket.close()
        if self._errors and exc is None:
            raise self._errors[0]

    @property
    def endpoint(self) -> str:
        """``http://127.0.0.1:PORT``."""
        return f"http://127.0.0.1:{self.port}"

    def script(self, *steps: Step | Script) -> None:
        """Do these with the next requests, after those still planned."""
        self._steps.extend(steps)

    def listen(self) -> None:
        """Stop refusing connections."""
        self._run(self._listen())

    def drop_connections(self, *, reset: bool = False) -> None:
        """Close (or reset) every open connection, whatever it is doing, and return when that is done."""
        self._run(self._drop(reset))

    def wait_disconnected(self, timeout: float = 10) -> bool:
        """Wait until no connection is open, at most ``timeout`` seconds; return whether that came true."""
        return self._none_open.wait(timeout)

    def _run(self, coroutine: Coroutine[Any, Any, T]) -> T:
        return asyncio.run_coroutine_threadsafe(coroutine, self._loop).result()

    async def _listen(self) -> None:
        self._server = await asyncio.start_server(self._accept, sock=self._socket)

    async def _shut_down(self) -> None:
        if self._server:
            await asyncio.sleep(_NEXT_TIMER)  # whatever is accepted has a transport
            self._server.close()
            await asyncio.sleep(_NEXT_TIMER)  # and a task
        await self._drop(reset=False)

    async def _drop(self, reset: bool) -> None:
        connections = dict(self._open)
        for task, connection in connections.items():
            if reset:
                connection.reset()
            task.cancel()
        await asyncio.gather(*connections, return_exceptions=True)

    async def _accept(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        task = asyncio.current_task()
        assert task is not None
        connection = self._open[task] = Connection(self.connections, self._begin, reader, writer)
        self.connections += 1
        self._none_open.clear()
        try:
            await connection.serve()
        except (ConnectionError, asyncio.IncompleteReadError):
            pass  # the client went away; the record shows how much of its request came
        except asyncio.CancelledError:
            pass  # _drop
        except Exception as error:
            self._errors.append(error)  # raised where the test sees it, by __exit__
        finally:
            await connection.close()
            del self._open[task]
            if not self._open:
                self._none_open.set()

    def _begin(self, request: Request) -> Step:
        self.requests.append(request)
        step = self._steps.popleft() if self._steps else self.otherwise
        return step(request) if callable(step) else step
