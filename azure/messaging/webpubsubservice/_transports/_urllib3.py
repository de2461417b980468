"""The transport of the synchronous client: urllib3 behind azure-core's interface.

azure-core's own transport is a ``requests.Session``, which looks up proxies, ``.netrc`` and certificates in
the environment for each request and parses, merges and copies most of it. That takes longer than the rest of
sending a message. Here the environment is asked once for each server, by requests' own rules where there is
anything to find, and urllib3, on which requests is built, does the rest.

What is left out on purpose: ``.netrc`` (each request has its own ``Authorization``, which requests would
replace by what it finds there) and cookies.
"""

from __future__ import annotations

import logging
import os
import threading
import weakref
from http.client import IncompleteRead
from typing import TYPE_CHECKING, Any

import urllib3
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
from azure.core.pipeline.transport import HttpTransport
from azure.core.rest import HttpRequest, HttpResponse
from typing_extensions import Self
from urllib3.exceptions import ConnectTimeoutError as Urllib3ConnectTimeoutError
from urllib3.exceptions import DecodeError as Urllib3DecodeError
from urllib3.exceptions import HTTPError, NewConnectionError, ReadTimeoutError
from urllib3.util import parse_url

from azure.messaging.webpubsubservice._headers import plain
from azure.messaging.webpubsubservice._logging import redact_error, redact_url

from ._response import ResponseBase
from ._settings import MOST_KEPT, Timeouts, ca_bundle, environment_names_proxies, route_key

if TYPE_CHECKING:
    from collections.abc import Iterator, MutableMapping
    from types import TracebackType

__all__ = ["Urllib3Transport"]

_POOL_SIZE = 100
"""Connections kept open for each server: as many as there are threads that send at the same time, up to
this.
"""

_ONE_PIECE = 64 * 1024


class _NotConnected(Exception):  # noqa: N818 - never leaves this module
    """The connection was never made: urllib3 raises the same errors for connections that broke later."""


def _improved(connection: type[Any]) -> type[Any]:
    """Give a connection whose errors tell when they happened, and that sends small requests in one piece."""

    class Connection(connection):  # type: ignore[misc]
        _held: list[bytes] | None = None

        def request(self, method: str, url: str, body: Any = None, *args: Any, **options: Any) -> None:
            if not isinstance(body, bytes) or len(body) > _ONE_PIECE:
                super().request(method, url, body, *args, **options)
                return
            # http.client sends head and body apart: two system calls, two segments, two awakenings of the
            # server.
            held: list[bytes] = []
            self._held = held
            try:
                super().request(method, url, body, *args, **options)
            finally:
                self._held = None
            self.send(b"".join(held))

        def send(self, data: Any) -> None:
            if self._held is None:
                super().send(data)
            else:
                self._held.append(bytes(data))

        def connect(self) -> None:
            try:
                super().connect()
            except (HTTPError, OSError) as error:
                raise _NotConnected from error

    return Connection


class _RedactTargets(logging.Filter):
    """urllib3 logs each request's target at DEBUG, whatever its query holds."""

    def filter(self, record: logging.LogRecord) -> bool:
        if isinstance(record.args, tuple):
            record.args = tuple(
                redact_url(arg) if isinstance(arg, str) and "?" in arg else arg for arg in record.args
            )
        return True


_redact_targets = _RedactTargets()


class _Route:
    """The way to one server: a pool of connections, and how it wants to be asked."""

    def __init__(self, pool: urllib3.HTTPConnectionPool, *, absolute: bool) -> None:
        pool.ConnectionCls = _improved(pool.ConnectionCls)
        self.pool = pool
        self.absolute = absolute


def _ssl_context(verify: bool | str, cert: str | tuple[str, str] | None) -> Any:
    import certifi  # noqa: PLC0415 - TLS only
    from urllib3.util.ssl_ import create_urllib3_context  # noqa: PLC0415 - TLS only

    context = create_urllib3_context(cert_reqs=None if verify else 0)
    if verify:
        trusted = certifi.where() if verify is True else verify
        if not os.path.exists(trusted):  # noqa: PTH110 - str in, str out
            raise OSError(
                f"connection_verify={trusted!r}: there is no such file or folder of trusted certificates."
            )
        folder = os.path.isdir(trusted)  # noqa: PTH112
        context.load_verify_locations(**{"capath" if folder else "cafile": trusted})
    if cert:
        context.load_cert_chain(*((cert,) if isinstance(cert, str) else cert))
    return context


class Urllib3Transport(HttpTransport[HttpRequest, HttpResponse]):
    """Sends requests with urllib3. Takes the options of azure-core's ``RequestsTransport``.

    Many threads may use it.

    :keyword use_env_settings: Whether proxies and certificates are looked up in the environment
        (``HTTP_PROXY``, ``HTTPS_PROXY``, ``ALL_PROXY``, ``NO_PROXY``, ``REQUESTS_CA_BUNDLE``,
        ``CURL_CA_BUNDLE``).
    """

    def __init__(self, *, use_env_settings: bool = True, **options: Any) -> None:
        self.connection_config = ConnectionConfiguration(**options)
        self._use_env_settings = use_env_settings
        self.forget()
        self._timeouts = Timeouts(
            self.connection_config, lambda connect, read: urllib3.Timeout(connect=connect, read=read)
        )
        self._closed = False
        _transports.add(self)
        # The same object each time, so it is there once.
        logging.getLogger("urllib3.connectionpool").addFilter(_redact_targets)

    def __enter__(self) -> Self:
        self.open()
        return self

    def __exit__(
        self,
        exc_type: type[BaseException] | None = None,
        exc_value: BaseException | None = None,
        traceback: TracebackType | None = None,
    ) -> None:
        self.close()

    def open(self) -> None:
        """Do nothing: connections are made when they are needed.

        :raises ValueError: The transport was closed.
        """
        if self._closed:
            raise ValueError("The client was closed. Create another one, or send inside its 'with' block.")

    def forget(self) -> None:
        """Have no connections, in a new process that shares its parent's."""
        self._lock = threading.Lock()
        self._routes: dict[Any, _Route] = {}

    def close(self) -> None:
        """Close all connections."""
        self._closed = True
        with self._lock:
            routes, self._routes = self._routes, {}
        for route in routes.values():
            route.pool.close()

    def send(
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
    ) -> HttpResponse:
        """Send one request, and follow or repeat nothing.

        :raises TypeError: There is an option that neither a policy nor the transport knows.
        :raises ~azure.core.exceptions.ServiceRequestError: There was no connection to send the request on.
        :raises ~azure.core.exceptions.ServiceResponseError: The connection broke, or no answer came in time.
        """
        if options:
            raise TypeError(f"send_request() got an unexpected keyword argument {next(iter(options))!r}")
        self.open()
        url = request.url
        at = url.find("/", 8)
        config = self.connection_config
        key = route_key(url[:at] if at > 0 else url, connection_verify, connection_cert, proxies)
        route = self._routes.get(key)
        if route is None:
            verify = config.verify if connection_verify is None else connection_verify
            cert = config.cert if connection_cert is None else connection_cert
            route = self._route(key, url, verify, cert, proxies)
        headers = plain(request.headers)
        headers.setdefault("Accept-Encoding", "gzip, deflate")
        try:
            raw = route.pool.urlopen(
                request.method,
                url if route.absolute else (url[at:] if at > 0 else "/"),
                body=request.content,
                headers=headers,
                retries=False,
                redirect=False,
                assert_same_host=False,
                timeout=self._timeouts.get(connection_timeout, read_timeout),
                preload_content=not stream,
            )
        except (HTTPError, _NotConnected) as error:
            raise _translated(error) from error
        return Urllib3Response(request, raw, config.data_block_size, stream=stream)

    def _route(
        self,
        key: Any,
        url: str,
        verify: bool | str,
        cert: str | tuple[str, str] | None,
        proxies: MutableMapping[str, str] | None,
    ) -> _Route:
        with self._lock:
            route = self._routes.get(key)
            if route is None:
                if self._use_env_settings and verify is True:
                    verify = ca_bundle() or verify
                if proxies or (self._use_env_settings and environment_names_proxies()):
                    route = _route_by_requests(url, verify, cert, proxies, trust_env=self._use_env_settings)
                else:
                    route = _direct_route(url, verify, cert)
                if len(self._routes) < MOST_KEPT:
                    self._routes[key] = route
        return route


_transports: weakref.WeakSet[Urllib3Transport] = weakref.WeakSet()


def _forget_connections() -> None:
    for transport in _transports:
        transport.forget()


if hasattr(os, "register_at_fork"):
    # On a connection of both, a parent and its child would read each other's answers.
    os.register_at_fork(after_in_child=_forget_connections)


def _direct_route(url: str, verify: bool | str, cert: str | tuple[str, str] | None) -> _Route:
    parts = parse_url(url)
    host = (parts.host or "").strip("[]")
    if parts.scheme != "https":
        return _Route(urllib3.HTTPConnectionPool(host, parts.port, maxsize=_POOL_SIZE), absolute=False)
    pool = urllib3.HTTPSConnectionPool(
        host,
        parts.port,
        maxsize=_POOL_SIZE,
        cert_reqs="CERT_REQUIRED" if verify else "CERT_NONE",
        ssl_context=_ssl_context(verify, cert),
    )
    return _Route(pool, absolute=False)


def _route_by_requests(
    url: str,
    verify: bool | str,
    cert: str | tuple[str, str] | None,
    proxies: MutableMapping[str, str] | None,
    *,
    trust_env: bool,
) -> _Route:
    """Let requests find its way, with all it knows of proxies, their exceptions and their passwords."""
    import requests  # noqa: PLC0415 - as long to import as everything else together
    from requests.adapters import HTTPAdapter  # noqa: PLC0415

    with requests.Session() as session:
        session.trust_env = trust_env
        chosen = dict(proxies) if proxies else {}
        found = session.merge_environment_settings(url, chosen, stream=False, verify=verify, cert=cert)
    prepared = requests.Request("GET", url).prepare()
    adapter = HTTPAdapter(pool_maxsize=_POOL_SIZE)
    pool = adapter.get_connection_with_tls_context(prepared, found["verify"], found["proxies"], found["cert"])
    adapter.cert_verify(pool, url, found["verify"], found["cert"])
    return _Route(pool, absolute=adapter.request_url(prepared, found["proxies"]) != prepared.path_url)


def _translated(error: Exception) -> AzureError:
    """Give azure-core's error for urllib3's."""
    if isinstance(error, _NotConnected):
        cause = error.__cause__
        # NewConnectionError, for connections that were refused, is by inheritance one of urllib3's timeouts.
        refused = isinstance(cause, NewConnectionError)
        timed_out = not refused and isinstance(cause, (Urllib3ConnectTimeoutError, TimeoutError))
        kind = ServiceRequestTimeoutError if timed_out else ServiceRequestError
        return kind(redact_error(cause) if cause else "", error=cause)
    text = redact_error(error)
    if isinstance(error, ReadTimeoutError):
        return ServiceResponseTimeoutError(text, error=error)
    if any(isinstance(part, IncompleteRead) for part in (error, *error.args)):
        return IncompleteReadError(text, error=error)
    if isinstance(error, Urllib3DecodeError):
        return DecodeError(text, error=error)
    return ServiceResponseError(text, error=error)


class Urllib3Response(ResponseBase, HttpResponse):
    """A response, read already unless ``stream=True`` asked for it unread."""

    def __init__(
        self, request: HttpRequest, raw: urllib3.BaseHTTPResponse, block_size: int, *, stream: bool
    ) -> None:
        super().__init__(request, raw.status, raw.reason, raw.headers.get("Content-Type"), block_size)
        self._raw = raw
        if not stream:
            self._content = raw.data
            self._is_stream_consumed = self._is_closed = True

    @property
    def headers(self) -> MutableMapping[str, str]:
        """The headers, by names in any case; repeated ones are joined by commas."""
        return self._raw.headers

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *args: object) -> None:
        self.close()

    def close(self) -> None:
        """Give the connection back if the body was read to its end, or close it."""
        if not self._is_closed:
            self._is_closed = True
            self._raw.close()
            self._raw.release_conn()

    def read(self) -> bytes:
        """Read the whole body, decoded."""
        if self._content is None:
            self._content = b"".join(self.iter_bytes())
        self.close()
        return self._content

    def iter_bytes(self, **_: Any) -> Iterator[bytes]:
        """Read the body in blocks, decoded as ``Content-Encoding`` says."""
        if self._content is not None:
            yield from self._blocks(self._content)
            return
        yield from self._stream(decode=True)

    def iter_raw(self, **_: Any) -> Iterator[bytes]:
        """Read the body in blocks, as it comes."""
        yield from self._stream(decode=False)

    def _stream(self, *, decode: bool) -> Iterator[bytes]:
        self._begin_stream()
        try:
            yield from self._raw.stream(self._block_size, decode_content=decode)
        except HTTPError as error:
            raise _translated(error) from error
        finally:
            self.close()
