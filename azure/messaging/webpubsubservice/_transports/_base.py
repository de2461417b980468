"""What the transports of both clients share: their options, and how each remembers the ways to servers."""

from __future__ import annotations

import os
import re
import weakref
from functools import lru_cache
from typing import TYPE_CHECKING, Any, ClassVar, Final, Generic, NamedTuple, TypeVar
from urllib.parse import urlsplit

from azure.messaging.webpubsubservice._body import MAX_BODY, as_replayable, is_asynchronous, read_all
from azure.messaging.webpubsubservice._headers import headers_of, wire_headers
from azure.messaging.webpubsubservice._request import PreparedRequest, check_no_files, checked_method

from ._errors import PermanentConnectionError, make_error
from ._proxies import Proxy, find_proxy
from ._settings import ConnectionSettings
from ._tls import make_context

if TYPE_CHECKING:
    from azure.core.rest import HttpRequest

__all__ = ["KEEP_ALIVE", "Destination", "TransportBase", "message_of", "split_target"]

R = TypeVar("R")

KEEP_ALIVE: Final = 60.0
"""Seconds that an idle connection is kept. Azure's load balancers drop them after four minutes, silently."""

_MAX_REMEMBERED: Final = 64
"""Most routes that a transport remembers: there are few, unless each call has its own options."""

_PORTS: Final = {"http": 80, "https": 443}
_HOST: Final = r"[A-Za-z0-9._~!$&'()*+,;=:-]+"
"""A name or an address (RFC 3986, 3.2.2). Endpoints and redirects never have escapes or zones in theirs."""


class Destination(NamedTuple):
    """Where a request goes, and how. Making one reads the environment, and files."""

    server: str
    """``scheme://host:port``, for errors."""
    scheme: str
    host: str
    port: int
    proxy: Proxy | None
    ssl: Any
    """An ``ssl.SSLContext``, if the server or the proxy speaks TLS."""

    @property
    def peer(self) -> str:
        """What is connected to, for errors."""
        return self.server if self.proxy is None else f"{self.server} through the proxy {self.proxy.url}"

    @property
    def forwarder(self) -> Proxy | None:
        """The proxy, if it reads requests with their whole URL rather than making a tunnel."""
        proxy = self.proxy
        tunnels = self.scheme == "https" or (proxy is not None and proxy.scheme.startswith("socks"))
        return None if tunnels else proxy


class TransportBase(Generic[R]):
    """The options of a transport, and its routes: one for each server, and for what calls say of it.

    Both transports take the options in :class:`ConnectionSettings`, and ignore the rest of a client's.
    """

    block: ClassVar[str]
    """The kind of block that the client's user writes."""

    def __init__(self, **options: Any) -> None:
        self.connection_config: Any = ConnectionSettings.from_options(options)
        self._settings: ConnectionSettings = self.connection_config
        self._routes: dict[Any, R] = {}
        self._closed = False
        _transports.add(self)

    def reset_after_fork(self) -> None:
        """Have no connections, in a new process that shares its parent's."""
        raise NotImplementedError

    def check_open(self) -> None:
        """Raise if the transport was closed.

        :raises ValueError: It was.
        """
        if self._closed:
            raise ValueError(
                f"The client was closed. Create another one, or send inside its '{self.block}' block."
            )

    def _route_key(self, server: str, settings: ConnectionSettings) -> Any:
        """Return what a route depends on: the origin, and what a call says of TLS and proxies."""
        if settings is self._settings:
            return server
        verify, cert, proxies = settings.verify, settings.cert, settings.proxies
        if verify is self._settings.verify and cert is self._settings.cert and not proxies:
            return server
        return server, verify, cert, tuple(sorted(proxies.items())) if proxies else None

    def _remember(self, key: Any, route: R) -> R | None:
        """Keep a route, and return the one that has to go for it."""
        forgotten = (
            self._routes.pop(next(iter(self._routes))) if len(self._routes) >= _MAX_REMEMBERED else None
        )
        self._routes[key] = route
        return forgotten

    def _destination(self, url: str, settings: ConnectionSettings) -> Destination:
        """Look up how to reach a server.

        :raises PermanentConnectionError: A URL, a proxy or a certificate is not what it should be.
        """
        scheme, host, port = _split(url)
        use_environment = settings.use_env_settings
        shown = f"[{host}]" if ":" in host else host
        server = f"{scheme}://{shown}:{port}"
        proxy = find_proxy(url, scheme, shown, settings.proxies, use_environment=use_environment)
        secure = scheme == "https" or (proxy is not None and proxy.scheme == "https")
        context = (
            make_context(settings.verify, settings.cert, use_environment=use_environment) if secure else None
        )
        return Destination(server, scheme, host, port, proxy, context)


_transports: weakref.WeakSet[TransportBase[Any]] = weakref.WeakSet()


def _reset_after_fork() -> None:
    for transport in _transports:
        transport.reset_after_fork()


if hasattr(os, "register_at_fork"):
    # On a connection of both, a parent and its child would read each other's responses.
    os.register_at_fork(after_in_child=_reset_after_fork)


def message_of(request: HttpRequest, *, asynchronous: bool = False) -> tuple[Any, dict[str, str]]:
    """Return the body and the headers to send.

    :param asynchronous: Whether the transport can send content that only a coroutine can read.
    :raises PermanentConnectionError: The method, a header or the content cannot be sent. The caller's own
        were checked before; this one comes from a policy, a hook, a credential or a setting.
    """
    try:
        body: Any = request.content
    except AttributeError:
        text = (
            "Nothing was sent. A policy or a hook has put a request in place of the client's that is not an "
            f"azure.core.rest.HttpRequest, but a {type(request).__qualname__} of {type(request).__module__}."
        )
        raise make_error(PermanentConnectionError, text) from None
    try:
        if body is not None and not (isinstance(body, bytes) and len(body) <= MAX_BODY):
            check_no_files(request, body)
            body = _read(body, asynchronous=asynchronous)
        if not isinstance(request, PreparedRequest):  # a policy or a hook has put it in place of ours
            request.method = checked_method(request.method)
        return body, wire_headers(headers_of(request.headers), body, request.method)
    except (TypeError, ValueError) as error:
        raise make_error(PermanentConnectionError, f"Nothing was sent. {error}") from None


def _read(content: Any, *, asynchronous: bool) -> Any:
    """Return content that a policy or a hook has set as bytes, if no coroutine is needed to read it.

    :raises TypeError: It cannot be read here.
    :raises ValueError: It is used up, or over the service's limit.
    """
    if is_asynchronous(content):
        if asynchronous and hasattr(content, "__aiter__"):
            return content
        raise TypeError(f"The content ({type(content).__name__}) can only be read by a coroutine.")
    body = as_replayable(content)
    return read_all(content) if body is None else body


@lru_cache(maxsize=256)
def split_target(url: str) -> tuple[str, str]:
    """Return a URL's server and the target of a request for it, without the fragment.

    :raises PermanentConnectionError: It has a character that no URL can have.
    """
    if not url.isascii() or not url.isprintable() or " " in url:
        text = "The request's URL has a character that no URL can have. Write it as a percent-encoding."
        raise make_error(PermanentConnectionError, text)
    url, _, _ = url.partition("#")
    path, query = url.find("/", 8), url.find("?", 8)
    if 0 < query < path or path < 0 < query:
        return url[:query], f"/{url[query:]}"
    return (url[:path], url[path:]) if path > 0 else (url, "/")


def _split(url: str) -> tuple[str, str, int]:
    """Return scheme, host and port of a URL.

    The standard library reads it: importing urllib3's parser, which imports all of urllib3, took 7 % of the
    time in which an asynchronous program starts and sends its first message.
    """
    try:
        scheme, authority, *_ = parts = urlsplit(url)
        host = parts.hostname or ""
        host = host if host.isascii() else host.encode("idna").decode("ascii")
        if scheme in _PORTS and re.fullmatch(_HOST, host) and "\\" not in authority:
            return scheme, host, parts.port or _PORTS[scheme]
    except ValueError:
        pass
    raise make_error(PermanentConnectionError, "The request's URL is no http:// or https:// URL with a host.")
