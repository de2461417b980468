"""Where requests may go: the endpoint's origin, and the reverse proxy in front of it.

These are pure functions from URLs to URLs. A request has two of them. The *origin* URL is what the service
knows and what a token is issued for (``aud``); the *wire* URL is where the bytes go. They differ only behind
a reverse proxy (such as API Management), which replaces scheme, host, port and base path and nothing else.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from functools import cached_property, lru_cache
from typing import TYPE_CHECKING
from urllib.parse import quote, urljoin, urlsplit

if TYPE_CHECKING:
    from collections.abc import Callable

__all__ = ["Address", "Endpoint", "canonical", "redirected", "with_api_version"]

_DEFAULT_PORTS = {"http": 80, "https": 443}

# Only the two patterns that every request is checked with are compiled here; the others when they are needed.
# RFC 3986: unreserved and reserved characters, and upper-case escapes of anything but unreserved characters.
# No repetition stands inside another: a URL comes from a stranger, and must not take exponential time.
_CANONICAL = re.compile(
    r"(?:[A-Za-z0-9\-._~:/?@!$&'()*+,;=]|%(?!2[DE]|3[0-9]|[46][1-9A-F]|5[0-9AF]|7[0-9AE])[0-9A-F]{2})*"
)
_ESCAPE = r"%([0-9A-Fa-f]{2})"
_BARE_PERCENT = r"%(?![0-9A-Fa-f]{2})"
_UNRESERVED = frozenset(b"ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-._~")
_SAFE = "%:/?@!$&'()*+,;="
_BAD_SEGMENT = re.compile(r"/(?:\.{1,2}(?:/|$)|/)")
_ABSOLUTE = r"[A-Za-z][A-Za-z0-9+.\-]*://"
_HOST = r"[^\s;,<>\"'%/?#@\\]+"
_CONNECTION_STRING = r"(?i)(?:^|;)\s*(?:endpoint|accesskey)\s*="
_OF_A_HUB = r"(?i)/(?:api|clients?(?:/[a-z]+)?)/hubs(?:/|$)"
_EXAMPLE = "'https://<name>.webpubsub.azure.com'"


def _spell_escape(match: re.Match[str]) -> str:
    byte = int(match[1], 16)
    return chr(byte) if byte in _UNRESERVED else match[0].upper()


def canonical(target: str) -> str:
    """Return a path and query in RFC 3986's normal form, so that no transport rewrites it after signing.

    Characters that a URI may not contain become UTF-8 escapes, escapes of unreserved characters are undone,
    and hexadecimal digits are upper case. What the URI identifies stays the same (RFC 3986, section 6.2.2).

    :param target: Path and query, without scheme and authority.
    :raises ValueError: The target has a fragment, or an empty, ``.`` or ``..`` path segment.
    """
    if not _CANONICAL.fullmatch(target):
        if "#" in target:
            raise ValueError(
                f"The URL {_shown(target)!r} has a fragment, which is never sent. If the '#' is part of a "
                "name, write it as %23, as the build_*_request functions do."
            )
        target = re.sub(_ESCAPE, _spell_escape, re.sub(_BARE_PERCENT, "%25", target))
        target = quote(target, safe=_SAFE)
    path = target.partition("?")[0]
    if _BAD_SEGMENT.search(path):
        raise ValueError(
            f"The path {path!r} has an empty, '.' or '..' segment. HTTP libraries and servers collapse "
            "these, so the request would reach something other than it names."
        )
    return target


def with_api_version(target: str, api_version: str) -> str:
    """Add ``api-version`` to a path and query that carries none."""
    _, _, query = target.lower().partition("?")
    if query.startswith("api-version=") or "&api-version=" in query:
        return target
    return f"{target}{'&' if '?' in target else '?'}api-version={api_version}"


def redirected(url: str, location: str) -> str | None:
    """Return the absolute URL that ``Location`` means in a response to a URL (RFC 9110, section 10.2.2).

    :return: ``None`` if no HTTP request can go there.
    """
    try:
        origin, rest = _split(urljoin(url, location))
    except ValueError:
        return None
    path, question, query = rest.partition("#")[0].partition("?")
    return f"{origin}{quote(path or '/', safe=_SAFE)}{question}{quote(query, safe=_SAFE)}"


@lru_cache(maxsize=256)  # behind a proxy, each attempt comes here
def _split(url: str) -> tuple[str, str]:
    """Split an absolute URL into its origin, and the rest from the path on.

    :return: The origin is ``scheme://host[:port]`` in lower case, with the default port left out.
    :raises ValueError: It is not an ``http`` or ``https`` URL with a host.
    """
    scheme, separator, rest = url.partition("://")
    scheme = scheme.lower()
    if scheme not in _DEFAULT_PORTS or not separator:
        raise ValueError("it must begin with https:// or http://.")
    start = min((at for at in map(rest.find, "/?#") if at >= 0), default=len(rest))
    authority, rest = rest[:start], rest[start:]
    if "@" in authority or "\\" in authority:
        raise ValueError("it has a user name, a password or a backslash before its path.")
    try:
        parts = urlsplit(f"//{authority}")
        port = parts.port
    except ValueError:
        raise ValueError("its host or its port is not valid.") from None
    host = parts.hostname or ""
    if not re.fullmatch(_HOST, host):
        raise ValueError(f"there is no valid host name after {scheme}://.")
    host = host if host.isascii() else host.encode("idna").decode("ascii")
    shown_port = "" if port in {None, _DEFAULT_PORTS[scheme]} else f":{port}"
    return f"{scheme}://{f'[{host}]' if ':' in host else host}{shown_port}", rest


@dataclass(frozen=True)
class Address:
    """An absolute ``http`` or ``https`` URL without query.

    :ivar origin: ``scheme://host[:port]`` in lower case, with the default port left out.
    :ivar base: Path below which everything lies, without a trailing slash; often empty.
    """

    origin: str
    base: str

    @classmethod
    def parse(cls, url: str, argument: str) -> Address:
        """Parse a caller's URL.

        :param url: The URL. No error message repeats it: it may be a connection string pasted by mistake.
        :param argument: The name of the caller's argument, for error messages.
        :raises TypeError: It is not a ``str``.
        :raises ValueError: It is not an ``http`` or ``https`` URL with a host, or has more than a path.
        """
        if not isinstance(url, str):
            raise TypeError(f"{argument} must be a str like {_EXAMPLE}, not {type(url).__name__}.")
        try:
            if not url.strip():
                raise ValueError("this is empty. Is the setting that it comes from not set?")
            if re.search(_CONNECTION_STRING, url):
                raise ValueError("this is a connection string; pass it to from_connection_string.")
            origin, base = _split(url.strip())
            if "?" in base or "#" in base:
                raise ValueError("it may have a path, but no query and no fragment.")
            if re.search(_OF_A_HUB, base):
                raise ValueError("its path is that of a hub; leave it out, and name the hub in each call.")
            return cls(origin, canonical(base.rstrip("/")))
        except ValueError as error:
            raise ValueError(f"{argument} must be a URL like {_EXAMPLE}: {error}") from None

    @cached_property
    def url(self) -> str:
        """The origin and the base path."""
        return self.origin + self.base


@dataclass(frozen=True)
class Endpoint:
    """The service's address, and how a request gets there.

    :ivar service: The address the service knows itself by. Tokens are issued for it.
    :ivar proxy: The reverse proxy that requests are sent to instead, if there is one.
    """

    service: Address
    proxy: Address | None = None

    @classmethod
    def parse(cls, endpoint: str, reverse_proxy_endpoint: str | None = None) -> Endpoint:
        """Parse the two constructor arguments; see :meth:`Address.parse` for the errors."""
        proxy = reverse_proxy_endpoint
        return cls(
            Address.parse(endpoint, "endpoint"),
            None if proxy is None else Address.parse(proxy, "reverse_proxy_endpoint"),
        )

    @cached_property
    def resolve(self) -> Callable[..., str]:
        """Return :meth:`resolve_uncached` with a cache: most requests go to few URLs.

        Worth up to 1.1x in both clients (``nox -s bench -- --tricks``).
        """
        return lru_cache(maxsize=1024)(self.resolve_uncached)

    def resolve_uncached(self, url: str, api_version: str | None = None) -> str:
        """Return the absolute origin URL that a request is signed for.

        :param url: A path with its query, relative to the endpoint, or an absolute URL of the endpoint's own
            origin or of its reverse proxy.
        :param api_version: The ``api-version`` to add to a relative URL that carries none.
        :raises ValueError: The URL has another origin, or cannot be sent as it is written.
        """
        prefix = self.service.url
        if url.startswith("//"):
            raise ValueError(
                f"{_shown(url)!r} has no scheme. Pass a path below the endpoint, or an absolute URL."
            )
        relative = url if url.startswith("/") else None if re.match(_ABSOLUTE, url) else f"/{url}"
        if relative is not None:
            target = canonical(relative)
            return prefix + (target if api_version is None else with_api_version(target, api_version))
        origin = self._locate(url)
        if origin is None:
            raise ValueError(
                f"{_shown(url)!r} is not at the client's endpoint {prefix!r}, and its credential goes "
                "nowhere else. Pass a relative URL, or use a client of that endpoint."
            )
        return origin

    def to_origin(self, url: str) -> str | None:
        """Return the origin URL of an absolute URL of the service or its proxy; ``None`` for all others."""
        prefix = self.service.origin
        if self.proxy is None and url.startswith(prefix) and url[len(prefix) : len(prefix) + 1] in {"/", "?"}:
            return url
        try:
            return self._locate(url)
        except ValueError:
            return None

    def _locate(self, url: str) -> str | None:
        try:
            origin, rest = _split(url)
        except ValueError as error:
            raise ValueError(f"The URL {_shown(url)!r} cannot be sent: {error}") from None
        target = canonical(rest if rest.startswith("/") else f"/{rest}")
        if origin == self.service.origin:
            return origin + target
        if self.proxy is not None and origin == self.proxy.origin:
            below = _below(target, self.proxy.base)
            return None if below is None else self.service.url + below
        return None

    def to_wire(self, url: str) -> str:
        """Return the wire URL of an origin URL."""
        if self.proxy is None or not url.startswith(self.service.origin):
            return url
        rest = url[len(self.service.origin) :]
        below = _below(rest, self.service.base)
        return self.proxy.url + (rest if below is None else below)


def _below(rest: str, base: str) -> str | None:
    """Remove a base path that ends where a segment does."""
    if not rest.startswith(base) or rest[len(base) : len(base) + 1] not in {"", "/", "?"}:
        return None
    return rest[len(base) :]


def _shown(url: str) -> str:
    """Remove what an error message must not repeat: the query and a password."""
    shown = url.partition("?")[0]
    return re.sub(r"//[^/]*@", "//", shown)
