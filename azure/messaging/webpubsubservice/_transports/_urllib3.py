"""The transport of the synchronous client: urllib3's connections behind azure-core's interface.

azure-core's own transport is a ``requests.Session``, which looks up proxies, ``.netrc`` and certificates in
the environment for each request and parses, merges and copies most of it. That takes longer than the rest of
sending a message. Here the environment is asked once for each server, by requests' own rules.

What is left out on purpose: ``.netrc`` (each request has its own ``Authorization``, which requests would
replace by what it finds there) and cookies.
"""

from __future__ import annotations

import threading
from functools import partial
from http.client import HTTPException, IncompleteRead
from typing import TYPE_CHECKING, Any, Final, NamedTuple

from azure.core.exceptions import StreamClosedError
from azure.core.pipeline.transport import HttpTransport
from azure.core.rest import HttpRequest, HttpResponse
from typing_extensions import Self, override
from urllib3.exceptions import ConnectTimeoutError, HTTPError, NewConnectionError

from ._base import KEEP_ALIVE, Destination, TransportBase, message_of, split_target
from ._connections import Connection, FinalResponse, connections_to, tunnel_status
from ._errors import LibraryErrors, not_connected, proxy_refused, response_error
from ._pool import Pool
from ._response import ResponseBase

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    from azure.core.exceptions import AzureError

    from ._proxies import Proxy
    from ._settings import ConnectionSettings

__all__ = ["Urllib3Transport"]

_CONNECT_ERRORS: Final = (HTTPError, HTTPException, OSError, ValueError)
_READ_ERRORS: Final = (HTTPException, OSError, ValueError)
# RemoteDisconnected is an OSError, and an HTTPException too.
_ERRORS: Final = LibraryErrors(timeout=TimeoutError, truncation=IncompleteRead, loss=OSError)
_BLOCK: Final = 64 * 1024


class _Route(NamedTuple):
    """The way to one server."""

    destination: Destination
    connect: Callable[[], Connection]
    pool: Pool
    forwarder: Proxy | None


class Urllib3Transport(TransportBase[_Route], HttpTransport[HttpRequest, HttpResponse]):
    """Sends requests with urllib3. Many threads may use it.

    Takes the options of :class:`TransportBase`. Any number of connections can be in use at a time.
    """

    block = "with"

    def __init__(self, **options: Any) -> None:
        super().__init__(**options)
        self._lock = threading.Lock()

    def __enter__(self) -> Self:
        self.open()
        return self

    def __exit__(self, *error: object) -> None:
        self.close()

    def open(self) -> None:
        """Do nothing: connections are made when they are needed.

        :raises ValueError: The transport was closed.
        """
        if self._closed:
            self.check_open()

    @override
    def reset_after_fork(self) -> None:
        self._lock = threading.Lock()
        self._routes = {}

    def close(self) -> None:
        """Close all connections."""
        self._closed = True
        with self._lock:
            routes, self._routes = self._routes, {}
        for route in routes.values():
            route.pool.close()

    def send(self, request: HttpRequest, *, stream: bool = False, **options: Any) -> HttpResponse:
        """Send one request, and follow or repeat nothing.

        :raises TypeError: There is an option that neither a policy nor the transport knows.
        :raises ~azure.core.exceptions.ServiceRequestError: There was no connection to send the request on.
        :raises ~azure.core.exceptions.ServiceResponseError: The connection broke, or no response came in
            time.
        """
        self.open()
        settings = self._settings.for_call(options)
        server, target = split_target(request.url)
        key = self._route_key(server, settings)
        route = self._routes.get(key) or self._new_route(key, request.url, settings)
        body, plain = message_of(request)
        headers = _encoded(plain)
        if route.forwarder is not None:
            target = server + target
            headers.update(route.forwarder.authorization)
        connection = _connected(route, settings.timeout)
        raw = _exchanged(route, connection, settings.read_timeout, (request.method, target, body, headers))
        response = Urllib3Response(request, raw, connection, route, settings)
        if not stream:
            response.read()
        return response

    def _new_route(self, key: Any, url: str, settings: ConnectionSettings) -> _Route:
        with self._lock:
            route = self._routes.get(key)
            if route is None:
                destination = self._destination(url, settings)
                pool = Pool(self._settings.pool_size, KEEP_ALIVE)
                route = _Route(destination, connections_to(destination), pool, destination.forwarder)
                forgotten = self._remember(key, route)
                if forgotten is not None:
                    forgotten.pool.close()
        return route


def _encoded(headers: dict[str, str]) -> dict[str, Any]:
    """Encode values that the standard library would take for Latin-1."""
    return {name: value if value.isascii() else value.encode() for name, value in headers.items()}


def _connected(route: _Route, seconds: float) -> Connection:
    connection = route.pool.take()
    if connection is not None:
        return connection
    try:
        connection = route.connect()  # older releases of Python look at the host here
        connection.timeout = seconds
        connection.connect()
    except BaseException as error:
        if connection is not None:
            connection.close()
        if not isinstance(error, _CONNECT_ERRORS):
            raise
        caught = error
    else:
        return connection
    raise _connect_error(route, seconds, caught)


def _connect_error(route: _Route, seconds: float, error: Exception) -> AzureError:
    destination = route.destination
    status = tunnel_status(error)
    if status is not None and destination.proxy is not None:
        return proxy_refused(destination.proxy.url, status)
    # NewConnectionError, for connections that were refused, is by inheritance one of urllib3's time-outs.
    timed_out = isinstance(error, (ConnectTimeoutError, TimeoutError)) and not isinstance(
        error, NewConnectionError
    )
    return not_connected(destination.peer, seconds, error, timed_out=timed_out)


def _exchanged(
    route: _Route, connection: Connection, seconds: float, message: tuple[str, str, Any, dict[str, Any]]
) -> FinalResponse:
    try:
        return connection.exchange(*message, timeout=seconds)
    except BaseException as error:
        connection.close()
        if not isinstance(error, (HTTPException, OSError)):
            raise  # a header that is not one, for instance: what the caller gave is wrong
        caught = error
    raise response_error(route.destination.peer, seconds, caught, _ERRORS)


def _all_of(raw: FinalResponse) -> bytes:
    """Read the whole body, and take memory as it arrives: a server may announce any length."""
    if raw.length is not None and raw.length <= _BLOCK:
        return raw.read()
    blocks = list(iter(lambda: raw.read1(_BLOCK), b""))
    if raw.length:
        raise IncompleteRead(b"")
    return b"".join(blocks)


class Urllib3Response(ResponseBase, HttpResponse):
    """A response, read already unless ``stream=True`` asked for it unread."""

    _header_codec = ("latin-1", "strict")

    def __init__(
        self,
        request: HttpRequest,
        raw: FinalResponse,
        connection: Connection,
        route: _Route,
        settings: ConnectionSettings,
    ) -> None:
        super().__init__(request, raw.status, raw.reason, raw.msg.items(), settings.data_block_size)
        self._raw: Any = raw
        """Until the body is read or the response is closed: it holds the head as the server sent it."""
        # Not as attributes that show them: a connection and its route hold the password of a proxy.
        self._give_back = partial(_give_back, route.pool, connection)
        self._server = route.destination.peer
        self._read_timeout = settings.read_timeout

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *args: object) -> None:
        self.close()

    def close(self) -> None:
        """Return the connection to the pool if the body was read to its end; otherwise close it."""
        self._release(reusable=False)

    def read(self) -> bytes:
        """Read the whole body, decoded."""
        if self._content is None:
            self._begin_stream()
            self._content = self._decoded(self._read_raw())
        return self._content

    def iter_bytes(self, **_: Any) -> Iterator[bytes]:
        """Read the body in blocks, decoded as ``Content-Encoding`` says."""
        if self._content is not None:
            yield from self._blocks(self._content)
            return
        try:
            decoder = self._decoder()
            for block in self.iter_raw():
                yield from (block,) if decoder is None else decoder.decode(block)
            if decoder is not None:
                decoder.check_end()
        finally:
            self.close()

    def iter_raw(self, **_: Any) -> Iterator[bytes]:
        """Read the body in blocks, as it comes."""
        self._begin_stream()
        try:
            while block := self._read_raw(self._block_size):
                yield block
        finally:
            self.close()

    def _read_raw(self, size: int | None = None) -> bytes:
        """Read the whole body, or the next block; at its end, give the connection back."""
        raw = self._raw
        if raw is None:
            raise StreamClosedError(self)
        try:
            block = _all_of(raw) if size is None else raw.read1(size)
            if not block and raw.length:
                raise IncompleteRead(b"")
        except BaseException as error:
            self.close()
            if not isinstance(error, _READ_ERRORS):
                raise
            caught = error
        else:
            if size is None or not block:
                self._release(reusable=True)
            return block
        raise response_error(self._server, self._read_timeout, caught, _ERRORS)

    def _release(self, *, reusable: bool) -> None:
        if self._is_closed:
            return
        self._is_closed = True
        self._raw.close()
        self._give_back(reusable=reusable and not self._raw.has_rest)
        self._raw = None


def _give_back(pool: Pool, connection: Connection, *, reusable: bool) -> None:
    if reusable and connection.reusable and connection.sock is not None and not connection.has_pending:
        pool.put(connection)
    else:
        connection.close()
