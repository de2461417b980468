"""The transport of the asynchronous client: aiohttp behind azure-core's interface.

azure-core's own transport lets aiohttp look up proxies and ``.netrc`` for each request, in a thread, and
wraps each response in several layers. Here the environment is asked once for each server.
"""

from __future__ import annotations

import asyncio
from contextlib import suppress
from functools import lru_cache
from typing import TYPE_CHECKING, Any, Final, NamedTuple

import aiohttp
from azure.core.exceptions import StreamClosedError
from azure.core.pipeline.transport import AsyncHttpTransport
from azure.core.rest import AsyncHttpResponse, HttpRequest
from typing_extensions import Self, override
from yarl import URL

from ._base import KEEP_ALIVE, Destination, TransportBase, message_of, split_target
from ._errors import (
    LibraryErrors,
    PermanentConnectionError,
    make_error,
    not_connected,
    proxy_refused,
    response_error,
)
from ._response import ResponseBase
from ._single_request import (
    AIOHTTP_ERRORS,
    SENDING,
    Failed,
    NothingSent,
    SingleRequest,
    SingleResponse,
)

if TYPE_CHECKING:
    from collections.abc import AsyncIterator

    from azure.core.exceptions import AzureError

    from ._settings import ConnectionSettings

__all__ = ["AiohttpTransport"]

_LONGEST_LINE: Final = 65536
"""Most bytes in a line of a response's head, as in the standard library."""
_NO_CONTENT_TYPE: Final = frozenset({"Content-Type"})
_ERRORS: Final = LibraryErrors(
    timeout=asyncio.TimeoutError,
    truncation=aiohttp.ClientPayloadError,
    loss=(aiohttp.ClientConnectionError, OSError),
)


class _Route(NamedTuple):
    """aiohttp's arguments for one server."""

    destination: Destination
    arguments: dict[str, Any]
    headers: dict[str, str]


class AiohttpTransport(TransportBase[_Route], AsyncHttpTransport[HttpRequest, AsyncHttpResponse]):
    """Sends requests with aiohttp. It belongs to the event loop that it first sends in.

    Takes the options of :class:`TransportBase`. No more connections are open at a time than the pool's size;
    further requests wait for one, at most ``connection_timeout``.
    """

    block = "async with"
    marks_sent = True
    """Whether it sets ``is_sent`` of a request itself, when there is a connection."""

    def __init__(self, **options: Any) -> None:
        super().__init__(**options)
        self._session: aiohttp.ClientSession | None = None
        self._loop: asyncio.AbstractEventLoop | None = None

    async def __aenter__(self) -> Self:
        await self.open()
        return self

    async def __aexit__(self, *error: object) -> None:
        await self.close()

    async def open(self) -> None:
        """Be ready to send.

        :raises ValueError: The transport was closed, or is open in another event loop.
        """
        await self._opened()

    async def _opened(self) -> aiohttp.ClientSession:
        self.check_open()
        loop = asyncio.get_running_loop()
        session = self._session
        if session is not None and self._loop is not loop:
            if self._loop is not None and not self._loop.is_closed():
                raise ValueError(
                    "The client sends in another event loop, which is still open. Create a client for each."
                )
            # Nothing can be sent any more on what was connected in a loop that has ended.
            self._session = None
            await session.close()
        if self._session is None:
            _keep_memory_mapped()
            self._session = aiohttp.ClientSession(
                connector=aiohttp.TCPConnector(limit=self._settings.pool_size, keepalive_timeout=KEEP_ALIVE),
                request_class=SingleRequest,
                response_class=SingleResponse,
                auto_decompress=False,
                cookie_jar=aiohttp.DummyCookieJar(),
                trust_env=False,
                max_line_size=_LONGEST_LINE,
                max_field_size=_LONGEST_LINE,
            )
            self._loop = loop
        return self._session

    @override
    def reset_after_fork(self) -> None:
        """Have no connections, in a new process that shares its parent's.

        They are left alone: closing them here would take them out of the parent's event loop, whose selector
        both processes share.
        """
        if self._session is not None:
            _inherited.append(self._session.connector)
            self._session.detach()
        self._session = self._loop = None

    async def close(self) -> None:
        """Close all connections."""
        self._closed = True
        session, self._session = self._session, None
        if session is not None:
            await session.close()

    async def send(self, request: HttpRequest, *, stream: bool = False, **options: Any) -> AsyncHttpResponse:
        """Send one request, and follow or repeat nothing.

        :raises TypeError: There is an option that neither a policy nor the transport knows.
        :raises ~azure.core.exceptions.ServiceRequestError: There was no connection to send the request on.
        :raises ~azure.core.exceptions.ServiceResponseError: The connection broke, or no response came in
            time.
        """
        session = self._session
        if session is None or self._loop is not asyncio.get_running_loop():
            session = await self._opened()
        settings = self._settings.for_call(options)
        server, target = _target(request.url)
        key = self._route_key(server, settings)
        route = self._routes.get(key)
        if route is None:
            # Files are read: certificates, and the system's settings for proxies.
            route = await asyncio.to_thread(self._new_route, request.url, settings)
            self._remember(key, route)
        arguments = _arguments(request, route, _timeout(settings.timeout, settings.read_timeout))
        raw = await self._exchange(session, request, target, route, settings, arguments)
        response = AiohttpResponse(request, raw, route.destination.peer, settings)
        if not stream:
            await response.read()
        return response

    async def _exchange(
        self,
        session: aiohttp.ClientSession,
        request: HttpRequest,
        target: URL,
        route: _Route,
        settings: ConnectionSettings,
        arguments: dict[str, Any],
    ) -> aiohttp.ClientResponse:
        """Send a request on a live connection, and read the head of its response."""
        # A policy may have put another request in the place of ours.
        before = SENDING.set(getattr(request, "mark_sent", None))
        try:
            while True:
                try:
                    return await session.request(request.method, target, **arguments)
                except NothingSent:
                    # There are as many as there are dead connections: each is closed when it is found.
                    continue
                except (*AIOHTTP_ERRORS, Failed, UnicodeError) as error:
                    caught = error
                raise _error(route.destination, settings, caught)
        finally:
            SENDING.reset(before)

    def _new_route(self, url: str, settings: ConnectionSettings) -> _Route:
        destination = self._destination(url, settings)
        arguments: dict[str, Any] = {}
        headers: dict[str, str] = {}
        proxy = destination.proxy
        if proxy is not None:
            if proxy.scheme.startswith("socks"):
                text = f"The proxy {proxy.url} speaks SOCKS, which only the synchronous client does."
                raise make_error(PermanentConnectionError, text)
            arguments["proxy"] = URL(proxy.url)
            if destination.forwarder is None:
                arguments["proxy_headers"] = proxy.authorization
            else:
                headers = proxy.authorization
        if destination.ssl is not None:
            arguments["ssl"] = destination.ssl
        return _Route(destination, arguments, headers)


_inherited: list[Any] = []
"""What a child process has of its parent's connections."""


def _keep_memory_mapped() -> None:
    """Free a large block.

    asyncio reads into 256 KiB of new memory each time. glibc maps and unmaps it until a larger block was
    freed: in a small program, a send takes up to 1.2 times as long without this
    (``nox -s bench -- --tricks``).
    """
    bytes(512 * 1024)


@lru_cache(maxsize=256)
def _target(url: str) -> tuple[str, URL]:
    """Return a URL's server, and the URL as aiohttp takes it.

    :raises PermanentConnectionError: It is not a URL.
    """
    server = split_target(url)[0]
    with suppress(ValueError):
        return server, URL(url, encoded=True)
    raise make_error(PermanentConnectionError, "The request's URL is no http:// or https:// URL with a host.")


@lru_cache(maxsize=64)
def _timeout(connect: float, read: float) -> aiohttp.ClientTimeout:
    return aiohttp.ClientTimeout(connect=connect, sock_read=read)


def _arguments(request: HttpRequest, route: _Route, timeout: aiohttp.ClientTimeout) -> dict[str, Any]:
    body, headers = message_of(request, asynchronous=True)
    headers.update(route.headers)
    return {
        "headers": headers,
        "data": body,
        "timeout": timeout,
        "allow_redirects": False,
        "skip_auto_headers": _NO_CONTENT_TYPE if body is None else None,
        **route.arguments,
    }


def _error(destination: Destination, settings: ConnectionSettings, error: Exception) -> AzureError:
    """Return the error for a request that got no response."""
    if isinstance(error, Failed):
        cause = error.__cause__ or error
        return response_error(destination.peer, settings.read_timeout, cause, _ERRORS)
    if isinstance(error, aiohttp.ClientHttpProxyError) and destination.proxy is not None:
        return proxy_refused(destination.proxy.url, error.status)
    timed_out = isinstance(error, asyncio.TimeoutError)
    return not_connected(destination.peer, settings.timeout, error, timed_out=timed_out)


class AiohttpResponse(ResponseBase, AsyncHttpResponse):
    """A response, read already unless ``stream=True`` asked for it unread."""

    _header_codec = ("utf-8", "surrogateescape")
    _name = "AsyncHttpResponse"

    def __init__(
        self, request: HttpRequest, raw: aiohttp.ClientResponse, server: str, settings: ConnectionSettings
    ) -> None:
        super().__init__(request, raw.status, raw.reason or "", raw.headers.items(), settings.data_block_size)
        self._raw: Any = raw
        """Until the body is read or the response is closed: it holds the head as the server sent it."""
        self._server = server
        self._read_timeout = settings.read_timeout

    async def __aenter__(self) -> Self:
        return self

    async def __aexit__(self, *error: object) -> None:
        await self.close()

    async def close(self) -> None:
        """Return the connection to the pool if the body was read to its end; otherwise close it."""
        if not self._is_closed:
            self._is_closed = True
            self._raw.close()
            self._raw = None

    async def read(self) -> bytes:
        """Read the whole body, decoded."""
        if self._content is None:
            self._begin_stream()
            self._content = self._decoded(await self._read_raw(None))
        return self._content

    async def iter_bytes(self, **_: Any) -> AsyncIterator[bytes]:
        """Read the body in blocks, decoded as ``Content-Encoding`` says."""
        if self._content is not None:
            for block in self._blocks(self._content):
                yield block
            return
        try:
            decoder = self._decoder()
            async for block in self.iter_raw():
                for decoded in (block,) if decoder is None else decoder.decode(block):
                    yield decoded
            if decoder is not None:
                decoder.check_end()
        finally:
            await self.close()

    async def iter_raw(self, **_: Any) -> AsyncIterator[bytes]:
        """Read the body in blocks, as it comes."""
        self._begin_stream()
        try:
            while block := await self._read_raw(self._block_size):
                yield block
        finally:
            await self.close()

    async def _read_raw(self, size: int | None) -> bytes:
        """Read the whole body, or the next block; at its end, the connection goes back by itself."""
        raw = self._raw
        if raw is None:
            raise StreamClosedError(self)
        try:
            block: bytes = await (raw.read() if size is None else raw.content.read(size))
        except AIOHTTP_ERRORS as error:
            caught = error
        except BaseException:
            raw.close()
            raise
        else:
            loss = None if size is not None and block else getattr(raw, "loss", None)
            if loss is None:
                if size is None:
                    self._is_closed = True
                    self._raw = None
                return block
            caught = aiohttp.ClientPayloadError(loss)
        await self.close()
        raise response_error(self._server, self._read_timeout, caught, _ERRORS)
