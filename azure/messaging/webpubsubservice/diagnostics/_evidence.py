"""What errors, headers and the environment tell about the way to the service."""

from __future__ import annotations

import socket
import ssl
from email.utils import parsedate_to_datetime
from typing import TYPE_CHECKING
from urllib.parse import urlsplit
from urllib.request import getproxies, proxy_bypass

from azure.core.exceptions import (
    ClientAuthenticationError,
    ServiceRequestTimeoutError,
    ServiceResponseTimeoutError,
)

from ._findings import Finding

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

    from azure.core.exceptions import AzureError

    from ._findings import Exchange

__all__ = ["clock_offset", "environment_proxy", "explain_error", "proxy_signs"]

#: Response headers that the service does not send itself, and what sends them.
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


#: How this package's own errors about proxies begin.
_PROXY_TEXT = "The proxy "


def _causes(error: BaseException) -> Iterator[BaseException]:
    """Yield an error and what led to it, each once."""
    waiting: list[object] = [error]
    seen: set[int] = set()
    while waiting:
        current = waiting.pop(0)
        if isinstance(current, BaseException) and id(current) not in seen:
            seen.add(id(current))
            yield current
            waiting += [getattr(current, "inner_exception", None), current.__cause__, current.__context__]


def explain_error(error: AzureError, endpoint: str) -> Finding:
    """Say why there was no response, and what to do."""
    causes = list(_causes(error))
    address = urlsplit(endpoint)
    host, secure = address.hostname or "", address.scheme.lower() == "https"
    is_local = host in {"localhost", "::1"} or host.startswith("127.")
    if isinstance(error, ClientAuthenticationError) or "non-TLS" in str(error):
        return _credential_error(error)
    if any("Proxy" in type(cause).__name__ for cause in causes) or _PROXY_TEXT in str(error):
        return Finding(
            "proxy",
            "wrong",
            f"The proxy {environment_proxy(endpoint) or 'of this client'} let nothing through to {host}.",
            f"Check the proxy's address, or name {host} in the environment variable NO_PROXY.",
        )
    for kind, summary, advice in _connection_problems(host, secure=secure, is_local=is_local):
        if any(isinstance(cause, kind) for cause in causes):
            return Finding("endpoint", "wrong", summary.format(endpoint), advice)
    first_line = next(iter(str(error).splitlines()), type(error).__name__)
    return Finding("endpoint", "wrong", f"There is no response: {first_line}")


def _credential_error(error: AzureError) -> Finding:
    if "non-TLS" in str(error):
        return Finding(
            "credential",
            "wrong",
            "A Microsoft Entra token does not go over plain HTTP.",
            "Use an https:// endpoint, an access key, or enforce_https=False for the emulator.",
        )
    first_line = next(iter(str(error).splitlines()), type(error).__name__)
    return Finding(
        "credential",
        "wrong",
        f"There is no Microsoft Entra token: {first_line}",
        "Sign in, for example with 'az login', or use a connection string.",
    )


def _connection_problems(
    host: str, *, secure: bool, is_local: bool
) -> tuple[tuple[type[BaseException] | tuple[type[BaseException], ...], str, str], ...]:
    """Return what each kind of error says, the more specific kinds first."""
    refused = (
        "Is the emulator running? Start it with 'webpubsub emulator', and check the port."
        if is_local
        else "Check the port; the service listens on 443. A firewall may be in between."
    )
    reset = (
        "Something on the way cut the connection: a firewall, or a server that does not speak HTTP."
        if secure
        else "The server may speak TLS only: try the endpoint with https://."
    )
    return (
        (
            socket.gaierror,
            f"There is no host {host!r}.",
            "Check the endpoint's spelling (https://<name>.webpubsub.azure.com), then your DNS and VPN.",
        ),
        (
            ssl.SSLCertVerificationError,
            "The certificate of {} is not one that this machine trusts.",
            "If a proxy replaces it, name its authority in REQUESTS_CA_BUNDLE. Otherwise check the host.",
        ),
        (
            ssl.SSLError,
            "{} does not speak TLS.",
            "The emulator speaks plain HTTP: use http://. For the service, check host and port.",
        ),
        (ConnectionRefusedError, "Nothing listens at {}.", refused),
        (ConnectionResetError, "{} cut the connection without a response.", reset),
        (
            (TimeoutError, ServiceRequestTimeoutError, ServiceResponseTimeoutError),
            "{} did not respond in time.",
            "Check host and port; a firewall may drop what you send. A longer timeout may help.",
        ),
    )


def clock_offset(exchange: Exchange, headers: Mapping[str, str]) -> float | None:
    """Return how many seconds the server's clock is ahead of this machine's.

    ``Date`` has whole seconds and was written while the request was under way, so the true time lies in a
    span; zero is the answer if the span includes it. A response out of a cache does not tell the time.
    """
    if "age" in headers:
        return None
    try:
        date = parsedate_to_datetime(headers["date"]).timestamp()
    except (KeyError, TypeError, ValueError):
        return None
    least, most = date - exchange.received, date + 1 - exchange.sent
    return 0.0 if least <= 0 <= most else round((least + most) / 2, 1)


def environment_proxy(endpoint: str) -> str | None:
    """Return host and port of the proxy that the environment names for an endpoint."""
    address = urlsplit(endpoint)
    host = address.hostname or ""
    proxies = getproxies()
    proxy = proxies.get(address.scheme.lower()) or proxies.get("all")
    if not proxy or proxy_bypass(host):
        return None
    return proxy.rpartition("@")[2].rpartition("//")[2].rstrip("/")  # the user's password is before the @


def proxy_signs(endpoint: str, url: str, headers: Mapping[str, str]) -> list[str]:
    """Return what shows that something is between this machine and the service.

    :param url: Where the request went in the end.
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
