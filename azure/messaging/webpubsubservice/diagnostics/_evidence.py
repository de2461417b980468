"""Read evidence about the connection to the service from errors, headers and the environment."""

from __future__ import annotations

import re
import socket
import ssl
from email.utils import parsedate_to_datetime
from typing import TYPE_CHECKING
from urllib.parse import urlsplit
from urllib.request import getproxies, proxy_bypass

from azure.core.exceptions import (
    ClientAuthenticationError,
    ServiceRequestTimeoutError,
    ServiceResponseError,
    ServiceResponseTimeoutError,
)

from azure.messaging.webpubsubservice._transports._hints import connection_hint

from ._findings import Finding

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

    from azure.core.exceptions import AzureError

    from ._findings import Exchange

__all__ = ["clock_offset", "environment_proxy", "explain_error", "proxy_signs"]

#: Response headers that the service does not send, with the intermediaries that do.
_PROXY_HEADERS = {
    "via": "a proxy",
    "x-azure-ref": "Azure Front Door",
    "cf-ray": "Cloudflare",
    "x-amz-cf-id": "Amazon CloudFront",
    "x-served-by": "a proxy",
    "x-squid-error": "Squid",
    "x-cache": "a cache",
    "age": "a cache",
}


#: By kind of error, specific kinds first: the summary, and the advice if the transports have no hint.
_PROBLEMS: tuple[tuple[type[BaseException] | tuple[type[BaseException], ...], str, str], ...] = (
    (
        socket.gaierror,
        "There is no host {host!r}.",
        "Check the endpoint's spelling, then DNS and VPN.",
    ),
    (
        ssl.SSLCertVerificationError,
        "The certificate of {endpoint} is not one that this machine trusts.",
        "If a proxy replaces it, name its authority in REQUESTS_CA_BUNDLE. Otherwise check the host.",
    ),
    (ssl.SSLError, "TLS with {endpoint} fails: {reason}.", "Check host and port."),
    (ConnectionRefusedError, "Nothing listens at {endpoint}.", "Check host and port."),
    (
        ConnectionResetError,
        "{endpoint} cut the connection without a response.",
        "Something on the way cut it: a firewall, or a server that does not speak HTTP.",
    ),
    (
        (TimeoutError, ServiceRequestTimeoutError, ServiceResponseTimeoutError),
        "{endpoint} did not respond in time.",
        "Check host and port; a firewall may drop what you send. A longer timeout may help.",
    ),
)
#: The kinds of errors that the hints apply to. A time-out says nothing about TLS.
_HINTED = (socket.gaierror, ssl.SSLError, ConnectionRefusedError, ConnectionResetError)

#: The server in the transports' errors, which is not the endpoint after a redirect or with a reverse proxy.
_SERVER = re.compile(r"https?://(?:\[[^\]\s]{0,64}\]|[^\s:/]{1,256}):[0-9]{1,5}", re.IGNORECASE)

#: The beginning of this package's own errors about proxies.
_PROXY_TEXT = "The proxy "


def _causes(error: BaseException) -> Iterator[BaseException]:
    """Yield an error and its causes, each once."""
    waiting: list[object] = [error]
    seen: set[int] = set()
    while waiting:
        current = waiting.pop(0)
        if isinstance(current, BaseException) and id(current) not in seen:
            seen.add(id(current))
            yield current
            waiting += [getattr(current, "inner_exception", None), current.__cause__, current.__context__]


def explain_error(error: AzureError, endpoint: str) -> Finding:
    """Return why there was no response, and what to do."""
    causes = list(_causes(error))
    host = urlsplit(endpoint).hostname or ""
    if isinstance(error, ClientAuthenticationError) or "non-TLS" in str(error):
        return _credential_error(error)
    if any("Proxy" in type(cause).__name__ for cause in causes) or _PROXY_TEXT in str(error):
        return Finding(
            "proxy",
            "wrong",
            f"The proxy {environment_proxy(endpoint) or 'of this client'} let nothing through to {host}.",
            f"Check the proxy's address, or name {host} in the environment variable NO_PROXY.",
        )
    server = _server(endpoint)
    named = _SERVER.search(str(error))
    if named and server != _server(named[0]):  # what failed is not the endpoint
        elsewhere = f"{endpoint} redirects there, or reverse_proxy_endpoint names it."
        endpoint, server, host = named[0], _server(named[0]), urlsplit(named[0]).hostname or ""
    else:
        elsewhere = ""
    hint = connection_hint(server, causes, connected=isinstance(error, ServiceResponseError)).strip()
    for kind, summary, advice in _PROBLEMS:
        cause = next((cause for cause in causes if isinstance(cause, kind)), None)
        if cause is not None:
            reason = str(getattr(cause, "reason", "")).replace("_", " ").lower()
            text = summary.format(endpoint=endpoint, host=host, reason=reason)
            if elsewhere or not (isinstance(cause, _HINTED) and hint):
                hint = f"{advice} {elsewhere}".rstrip()
            return Finding("endpoint", "wrong", text, hint)
    return Finding("endpoint", "wrong", f"There is no response: {_first_line(error)}")


def _server(url: str) -> str:
    """Return scheme, host and port of a URL, as the transports write them."""
    address = urlsplit(url)
    scheme, host = address.scheme.lower(), address.hostname or ""
    shown = f"[{host}]" if ":" in host else host
    return f"{scheme}://{shown}:{address.port or (443 if scheme == 'https' else 80)}"


def _first_line(error: Exception) -> str:
    return next(iter(str(error).splitlines()), type(error).__name__)


def _credential_error(error: AzureError) -> Finding:
    if "non-TLS" in str(error):
        return Finding(
            "credential",
            "wrong",
            "A Microsoft Entra token does not go over plain HTTP.",
            "Use an https:// endpoint, an access key, or enforce_https=False for the emulator.",
        )
    return Finding(
        "credential",
        "wrong",
        f"There is no Microsoft Entra token: {_first_line(error)}",
        "Sign in, for example with 'az login', or use a connection string.",
    )


def clock_offset(exchange: Exchange, headers: Mapping[str, str]) -> float | None:
    """Return how many seconds the server's clock is ahead of this machine's.

    ``Date`` has whole seconds and was written while the request was on its way, so it only gives a range for
    the offset. If the range includes zero, the result is zero. A response from a cache is ignored.
    """
    if "age" in headers:
        return None
    try:
        date = parsedate_to_datetime(headers["date"]).timestamp()
    except (KeyError, TypeError, ValueError, IndexError, OverflowError):  # no date, or none that exists
        return None
    least, most = date - exchange.received, date + 1 - exchange.sent
    return 0.0 if least <= 0 <= most else round((least + most) / 2, 1)


def environment_proxy(endpoint: str) -> str | None:
    """Return host and port of the proxy for an endpoint in the environment."""
    address = urlsplit(endpoint)
    host = address.hostname or ""
    proxies = getproxies()
    proxy = proxies.get(address.scheme.lower()) or proxies.get("all")
    if not proxy or proxy_bypass(host):
        return None
    return proxy.rpartition("@")[2].rpartition("//")[2].rstrip("/")  # the user's password is before the @


def proxy_signs(endpoint: str, url: str, headers: Mapping[str, str]) -> list[str]:
    """Return signs of an intermediary between this machine and the service.

    :param url: The URL to which the request was finally sent.
    """
    signs = []
    asked, reached = urlsplit(endpoint), urlsplit(url)
    if (asked.scheme.lower(), asked.netloc.lower()) != (reached.scheme.lower(), reached.netloc.lower()):
        signs.append(f"requests go to {reached.scheme}://{reached.netloc}")
    if proxy := environment_proxy(endpoint):
        signs.append(f"the environment names the proxy {proxy}")
    signs += [
        f"the response has the header {name.title()}, which {sender} adds"
        for name, sender in _PROXY_HEADERS.items()
        if name in headers
    ]
    return signs
