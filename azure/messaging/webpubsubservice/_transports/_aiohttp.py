"""The transport of the asynchronous client: aiohttp behind azure-core's interface.

azure-core's own transport lets aiohttp look up proxies and ``.netrc`` for each request, in a thread, and
wraps each response in several layers. Here the environment is asked once for each server.

An error says whether the request can have reached the service: azure-core's transport calls a connection that
broke half-way a ``ServiceRequestError`` too.
"""

from __future__ import annotations

import asyncio
import os
import zlib
from typing import TYPE_CHECKING, Any

import aiohttp
from azure.core.configuration import ConnectionConfiguration
from azure.core.exceptions import (
    AzureError,
    DecodeError,
    IncompleteReadError,
    ServiceRequestError,
    ServiceRequestTimeoutError,
    ServiceResponseError,
    ServiceResponseTimeoutError,
)
from azure.core.pipeline.transport import AsyncHttpTransport
from azure.core.rest import AsyncHttpResponse, HttpRequest
from typing_extensions import Self
from yarl import URL

from azure.messaging.webpubsubservice._headers import Headers, plain
from azure.messaging.webpubsubservice._logging import redact_error
from azure.messaging.webpubsubservice._transports._response import ResponseBase
from azure.messaging.webpubsubservice._transports._settings import (
    MOST_KEPT,
    Timeouts,
    ca_bundle,
    environment_names_proxies,
    route_key,
)

if TYPE_CHECKING:
    from collections.abc import AsyncIterator, Callable, MutableMapping
    from types import TracebackType

__all__ = ["AiohttpTransport"]

_BLOCK = 64 * 1024
# aiohttp warns of larger bodies in one piece: they would hold up the event loop.
_LARGEST_PIECE = 1024 * 1024
_NO_CONTENT_TYPE = frozenset({"Content-Type"})
_ERRORS = (aiohttp.ClientError, asyncio.TimeoutError, OSError)


class AiohttpTransport(AsyncHttpTransport[HttpRequest, AsyncHttpResponse]):
    """Sends requests with aiohttp. Takes the options of azure-core's ``AioHttpTransport``.

    :keyword use_env_settings: Whether proxies and certificates are looked up in the environment
        (``HTTP_PROXY``, ``HTTPS_PROXY``, ``NO_PROXY``, ``REQUESTS_CA_BUNDLE``, ``CURL_CA_BUNDLE``).
    """

    def __init__(self, *, use_env_settings: bool = True, **options: Any) -> None:
        self.connection_config = ConnectionConfiguration(**options)
        self._use_env_settings = use_env_settings
        self._session: aiohttp.ClientSession | None = None
        self._loop: asyncio.AbstractEventLoop | None = None
        self._closed = False
        self._routes: dict[Any, dict[str, Any]] = {}
        self._timeouts = Timeouts(
            self.connection_config,
            lambda connect, read: aiohttp.ClientTimeout(sock_connect=connect, sock_read=read),
        )

    async def __aenter__(self) -> Self:
        await self.open()
        return self

    async def __aexit__(
        self,
        exc_type: type[BaseException] | None = None,
        exc_value: BaseException | None = None,
        traceback: TracebackType | None = None,
    ) -> None:
        await self.close()

    async def open(self) -> None:
        """Be ready to send.

        :raises ValueError: The transport was closed, or is open in another event loop.
        """
        await self._opened()

    async def _opened(self) -> aiohttp.ClientSession:
        if self._closed:
            raise ValueError(
                "The client was closed. Create another one, or send inside its 'async with' block."
            )
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
            self._session = aiohttp.ClientSession(
                auto_decompress=False, cookie_jar=aiohttp.DummyCookieJar(), trust_env=False
            )
            self._loop = loop
        return self._session

    async def close(self) -> None:
        """Close all connections."""
        self._closed = True
        session, self._session = self._session, None
        if session is not None:
            await session.close()

    async def send(
        self,
        request: HttpRequest,
        *,
        stream: bool = False,
        connection_timeout: float | None = None,
        read_timeout: float | None = None,
        connection_verify: bool | str | None = None,
        connection_cert: str | tuple[str, str] | None = None,
        proxies: MutableMapping[str, str] | None = None,
        **options: Any,
    ) -> AsyncHttpResponse:
        """Send one request, and follow or repeat nothing.

        :raises TypeError: There is an option that neither a policy nor the transport knows.
        :raises ~azure.core.exceptions.ServiceRequestError: There was no connection to send the request on.
        :raises ~azure.core.exceptions.ServiceResponseError: The connection broke, or no answer came in time.
        """
        if options:
            raise TypeError(f"send_request() got an unexpected keyword argument {next(iter(options))!r}")
        session = self._session
        if session is None or self._loop is not asyncio.get_running_loop():
            session = await self._opened()
        url = request.url
        at = url.find("/", 8)
        config = self.connection_config
        key = route_key(url[:at] if at > 0 else url, connection_verify, connection_cert, proxies)
        route = self._routes.get(key)
        if route is None:
            verify = config.verify if connection_verify is None else connection_verify
            cert = config.cert if connection_cert is None else connection_cert
            if url.startswith("http:") and not environment_names_proxies():
                route = self._find_route(url, verify, cert, proxies)
            else:
                # Files are read: certificates, and .netrc for the passwords of proxies.
                route = await asyncio.to_thread(self._find_route, url, verify, cert, proxies)
            if len(self._routes) < MOST_KEPT:
                self._routes[key] = route
        headers = plain(request.headers)
        headers.setdefault("Accept-Encoding", "gzip, deflate")
        body = request.content
        if body is not None and (not isinstance(body, bytes) or len(body) > _LARGEST_PIECE):
            body = _pieces(body)
        try:
            raw = await session.request(
                request.method,
                URL(url, encoded=True),
                headers=headers,
                data=body,
                timeout=self._timeouts.get(connection_timeout, read_timeout),
                allow_redirects=False,
                skip_auto_headers=_NO_CONTENT_TYPE if body is None else None,
                **route,
            )
            content = None if stream else await raw.read()
        except _ERRORS as error:
            raise _translated(error) from error
        return AiohttpResponse(request, raw, config.data_block_size, content)

    def _find_route(
        self,
        url: str,
        verify: bool | str,
        cert: str | tuple[str, str] | None,
        proxies: MutableMapping[str, str] | None,
    ) -> dict[str, Any]:
        """Give aiohttp's arguments for a server. This reads the environment, and files."""
        target = URL(url, encoded=True)
        route: dict[str, Any] = {}
        proxy = _chosen(url, proxies)
        if proxy is None and self._use_env_settings and environment_names_proxies():
            proxy = _from_environment(target)
        if proxy is not None:
            route["proxy"] = proxy
        ssl = self._ssl(verify, cert) if target.scheme == "https" else None
        if ssl is not None:
            route["ssl"] = ssl
        return route

    def _ssl(self, verify: bool | str, cert: str | tuple[str, str] | None) -> Any:
        bundle = None
        if verify is True and self._use_env_settings:
            bundle = ca_bundle()
        if verify is True and bundle is None and not cert:
            return None  # aiohttp's own context, made once for the process
        if verify is False and not cert:
            return False
        import ssl  # noqa: PLC0415 - TLS with settings only

        context = ssl.create_default_context()
        if verify is False:
            context.check_hostname = False
            context.verify_mode = ssl.CERT_NONE
        for trusted in filter(None, (bundle, verify if isinstance(verify, str) else None)):
            if os.path.isdir(trusted):  # noqa: PTH112 - str in, str out
                context.load_verify_locations(capath=trusted)
            else:
                context.load_verify_locations(cafile=trusted)
        if cert:
            context.load_cert_chain(*((cert,) if isinstance(cert, str) else cert))
        return context


def _chosen(url: str, proxies: MutableMapping[str, str] | None) -> URL | None:
    """Choose from a mapping as azure-core does: by the longest key that the URL begins with."""
    for key in sorted(proxies or (), reverse=True):
        if proxies and url.startswith(key):
            return URL(proxies[key])
    return None


def _from_environment(url: URL) -> URL | None:
    # aiohttp's own rules, which its public interface applies to each request anew.
    from aiohttp.helpers import get_env_proxy_for_url  # noqa: PLC0415 - once for each server

    try:
        proxy, auth = get_env_proxy_for_url(url)
    except LookupError:
        return None
    return proxy if auth is None else proxy.with_user(auth.login).with_password(auth.password)


async def _pieces(body: Any) -> AsyncIterator[bytes]:
    """Read a file, or cut bytes, in pieces that do not hold up the event loop."""
    if isinstance(body, bytes):
        view = memoryview(body)
        for at in range(0, len(body), _BLOCK):
            yield bytes(view[at : at + _BLOCK])
        return
    while piece := await asyncio.to_thread(body.read, _BLOCK):
        yield piece


def _translated(error: BaseException) -> AzureError:
    """Give azure-core's error for aiohttp's."""
    text = redact_error(error)
    if isinstance(error, aiohttp.ConnectionTimeoutError):
        return ServiceRequestTimeoutError(text, error=error)
    if isinstance(error, (aiohttp.ClientConnectorError, aiohttp.ClientHttpProxyError)):
        return ServiceRequestError(text, error=error)
    if isinstance(error, asyncio.TimeoutError):
        return ServiceResponseTimeoutError(text or "No answer came in time.", error=error)
    if isinstance(error, aiohttp.ClientPayloadError):
        return IncompleteReadError(text, error=error)
    return ServiceResponseError(text or type(error).__name__, error=error)


class AiohttpResponse(ResponseBase, AsyncHttpResponse):
    """A response, read already unless ``stream=True`` asked for it unread."""

    _name = "AsyncHttpResponse"

    def __init__(
        self, request: HttpRequest, raw: aiohttp.ClientResponse, block_size: int, content: bytes | None
    ) -> None:
        super().__init__(request, raw.status, raw.reason, raw.headers.get("Content-Type"), block_size)
        self._raw = raw
        self._headers: MutableMapping[str, str] | None = None
        if content is not None:
            # Reading to the end has given the connection back.
            self._content = self._decoded(content) if content else content
            self._is_stream_consumed = self._is_closed = True

    def _decoded(self, content: bytes) -> bytes:
        decode = _decoder(self._raw.headers.get("Content-Encoding"))
        return content if decode is None else decode(content, True)

    @property
    def headers(self) -> MutableMapping[str, str]:
        """The headers, by names in any case; repeated ones are joined by commas."""
        if self._headers is None:
            self._headers = Headers.joined(self._raw.headers.items())
        return self._headers

    async def __aenter__(self) -> Self:
        return self

    async def __aexit__(
        self,
        exc_type: type[BaseException] | None = None,
        exc_value: BaseException | None = None,
        traceback: TracebackType | None = None,
    ) -> None:
        await self.close()

    async def close(self) -> None:
        """Give the connection back if the body was read to its end, or close it."""
        if not self._is_closed:
            self._is_closed = True
            self._raw.close()

    async def read(self) -> bytes:
        """Read the whole body, decoded."""
        if self._content is None:
            self._begin_stream()
            try:
                content = await self._raw.read()
            except _ERRORS as error:
                raise _translated(error) from error
            self._content = self._decoded(content)
        await self.close()
        return self._content

    async def iter_bytes(self, **_: Any) -> AsyncIterator[bytes]:
        """Read the body in blocks, decoded as ``Content-Encoding`` says."""
        if self._content is not None:
            for block in self._blocks(self._content):
                yield block
            return
        decode = _decoder(self._raw.headers.get("Content-Encoding"))
        async for block in self.iter_raw():
            decoded = block if decode is None else decode(block, False)
            if decoded:
                yield decoded
        if decode is not None and (rest := decode(b"", True)):
            yield rest

    async def iter_raw(self, **_: Any) -> AsyncIterator[bytes]:
        """Read the body in blocks, as it comes."""
        self._begin_stream()
        try:
            while block := await self._raw.content.read(self._block_size):
                yield block
        except _ERRORS as error:
            raise _translated(error) from error
        finally:
            await self.close()


def _decoder(encoding: str | None) -> Callable[[bytes, bool], bytes] | None:
    """Give a function from the next block, and whether it is the last, to what it decodes to."""
    name = (encoding or "").strip().lower()
    if name not in {"gzip", "x-gzip", "deflate"}:
        return None
    state = zlib.decompressobj(zlib.MAX_WBITS | 16 if "gzip" in name else zlib.MAX_WBITS)
    first = True

    def decode(block: bytes, last: bool) -> bytes:
        nonlocal state, first
        try:
            try:
                decoded = state.decompress(block)
            except zlib.error:
                if not first or name != "deflate":
                    raise
                # "deflate" is the zlib format, but some servers send it bare.
                state = zlib.decompressobj(-zlib.MAX_WBITS)
                decoded = state.decompress(block)
            first = first and not block
            while state.unused_data and "gzip" in name:
                # Members of a gzip file follow each other.
                rest, state = state.unused_data, zlib.decompressobj(zlib.MAX_WBITS | 16)
                decoded += state.decompress(rest)
        except zlib.error as error:
            raise DecodeError(f"The body is not {name}, as Content-Encoding says.", error=error) from error
        return decoded + state.flush() if last else decoded

    return decode
