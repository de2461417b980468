"""Connections of the synchronous client: urllib3's, with the standard library's responses."""

from __future__ import annotations

import http.client
import io
import re
import ssl
from typing import TYPE_CHECKING, Any, Final

import urllib3.connection
from typing_extensions import override
from urllib3.exceptions import HTTPError
from urllib3.util import parse_url
from urllib3.util.response import assert_header_parsing

from ._chunks import ChunkedBody
from ._errors import PermanentConnectionError, make_error

if TYPE_CHECKING:
    from collections.abc import Callable

    from ._base import Destination
    from ._proxies import Proxy

__all__ = ["Connection", "FinalResponse", "connections_to", "tunnel_status"]

_MAX_INTERIM: Final = 100
_LENGTH: Final = r"[ \t]*[0-9]{1,18}[ \t]*"
"""More digits are more bytes than there are, and the standard library would ignore them."""


class _Source(io.RawIOBase):
    """A socket's bytes, until the response that is read from it has ended."""

    def __init__(self, raw: Any) -> None:
        super().__init__()
        self._raw = raw
        self.ended = False

    @override
    def readable(self) -> bool:
        return True

    @override
    def readinto(self, buffer: Any, /) -> int | None:
        count: int | None = None if self.ended else self._raw.readinto(buffer)
        return count

    @override
    def close(self) -> None:
        if not self.closed:
            super().close()
            self._raw.close()


class _Reader(io.BufferedReader):
    """Reads a response, and notes what came with it and is not part of it."""

    last_line = b"\n"
    has_rest = False

    @override
    def readline(self, size: int | None = -1, /) -> bytes:
        self.last_line = super().readline(size)
        return self.last_line

    @override
    def close(self) -> None:
        if not self.closed:
            source: Any = self.raw
            source.ended = True
            self.has_rest = bool(self.peek())
        super().close()


class FinalResponse(http.client.HTTPResponse):
    """A response, without the interim ones before it.

    The standard library skips 100 (Continue) only, and would take 102 (Processing) or 103 (Early Hints) for
    the response. The next request would then get this one's. It also takes the end of a connection for the
    end of the head, waits for chunks after a 204, and is careless about what a chunk is.
    """

    def __init__(self, *arguments: Any, **options: Any) -> None:
        super().__init__(*arguments, **options)
        self._reader = _Reader(_Source(self.fp.detach()))
        self.fp = self._reader

    @property
    def has_rest(self) -> bool:
        """Whether there were bytes behind a complete response, as of one that nobody asked for."""
        return self._reader.has_rest

    def begin(self) -> None:
        """Read up to the end of the head.

        :raises http.client.HTTPException: It is not HTTP, or not what was asked for.
        """
        self._begin()
        for _ in range(_MAX_INTERIM):
            if self.status >= 200:
                break
            if self.status == 101:
                raise http.client.HTTPException("protocol switched")
            self.headers = self.msg = None  # type: ignore[assignment] # or it would not begin again
            self._begin()
        else:
            raise http.client.HTTPException("only interim responses")
        if self.chunked:
            self.chunked = False
            if self.length is None:  # RFC 9112, section 6.3: some have no body, whatever the headers say
                self.fp = io.BufferedReader(ChunkedBody(self._reader))
        try:
            assert_header_parsing(self.msg)
        except HTTPError as error:
            raise http.client.HTTPException("malformed header") from error
        lengths = set(self.msg.get_all("Content-Length", ()))
        if len(lengths) > 1 or not all(re.fullmatch(_LENGTH, length) for length in lengths):
            raise http.client.HTTPException("malformed length")
        # RFC 9112, section 6.3: with another coding, or a length beside it, nobody knows where the body ends.
        codings = self.msg.get_all("Transfer-Encoding", ())
        if codings and (lengths or [coding.strip().lower() for coding in codings] != ["chunked"]):
            raise http.client.HTTPException("ambiguous length")

    def _begin(self) -> None:
        super().begin()
        if self._reader.last_line.strip():
            raise http.client.HTTPException("head without an end")
        if not self._reader.last_line:
            raise http.client.RemoteDisconnected("the connection was closed within the response's head")
        if "\0" in "".join(self.msg.values()):
            raise http.client.HTTPException("malformed header")


class Connection(urllib3.connection.HTTPConnection):
    """A connection whose time-outs are those of a call, and that says what has been done on it."""

    response_class = FinalResponse
    reusable = True

    @property
    def has_pending(self) -> bool:
        """Whether there are bytes that TLS has decrypted and nobody has read."""
        pending = getattr(self.sock, "pending", None)
        return pending is not None and pending() > 0

    def exchange(
        self, method: str, target: str, body: Any, headers: dict[str, Any], timeout: float
    ) -> FinalResponse:
        """Send a request and read the head of its response.

        :param timeout: Seconds until the request is taken, and for each part of the response.
        """
        self.timeout = timeout
        try:
            self.request(method, target, body, headers)
        except (BrokenPipeError, ConnectionResetError, ssl.SSLEOFError):
            # The server may have responded before it read all of the body, and closed.
            self.reusable = False
            if self.sock is None:
                raise
        response: FinalResponse = http.client.HTTPConnection.getresponse(self)  # type: ignore[assignment]
        return response


class TlsConnection(Connection, urllib3.connection.HTTPSConnection):
    """The same over TLS."""


def connections_to(destination: Destination) -> Callable[[], Connection]:
    """Return a function that makes connections to a server, not connected yet."""
    proxy, context = destination.proxy, destination.ssl
    if proxy is not None and proxy.scheme.startswith("socks"):
        return _through_socks(destination, proxy)
    if proxy is None or destination.scheme == "http":
        peer = proxy or destination
        if peer.scheme == "https":
            return lambda: TlsConnection(peer.host, peer.port, ssl_context=context)
        return lambda: Connection(peer.host, peer.port)
    url = parse_url(proxy.url)
    config = urllib3.connection.ProxyConfig(context, False, None, None)

    def tunnel() -> Connection:
        connection = TlsConnection(
            proxy.host, proxy.port, ssl_context=context, proxy=url, proxy_config=config
        )
        connection.set_tunnel(destination.host, destination.port, proxy.authorization, proxy.scheme)
        return connection

    return tunnel


def _through_socks(destination: Destination, proxy: Proxy) -> Callable[[], Connection]:
    try:
        from urllib3.contrib.socks import SOCKSProxyManager  # noqa: PLC0415 - an extra of urllib3's
    except ImportError:
        text = f"The proxy {proxy.url} speaks SOCKS, for which PySocks is needed: pip install PySocks."
        raise make_error(PermanentConnectionError, text) from None
    manager = SOCKSProxyManager(proxy.url, proxy.user, proxy.password)
    pool = manager.connection_from_host(destination.host, destination.port, destination.scheme)
    base = TlsConnection if destination.scheme == "https" else Connection
    kind: Any = type("SocksConnection", (base, pool.ConnectionCls), {})
    options = dict(pool.conn_kw)
    if destination.ssl is not None:
        options["ssl_context"] = destination.ssl
    # By name: the first positional argument of urllib3's class is the proxy.
    return lambda: kind(host=destination.host, port=destination.port, **options)


def tunnel_status(error: BaseException) -> int | None:
    """Return the status with which a proxy refused a tunnel, or ``None`` if that is not what happened."""
    match = (
        re.match(r"Tunnel connection failed: (\d{3})\b", str(error)) if isinstance(error, OSError) else None
    )
    return int(match[1]) if match else None
