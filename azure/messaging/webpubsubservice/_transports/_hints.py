"""What to look at first when there is no connection, or the service refuses a request."""

from __future__ import annotations

import socket
import ssl
from typing import TYPE_CHECKING, Final
from urllib.parse import urlsplit

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping

__all__ = ["connection_hint", "is_loopback", "status_hint"]

_LOOPBACK: Final = ("localhost", "::1", "127.")
# How OpenSSL names the response of a server without TLS; the last two since OpenSSL 3.
_NO_TLS: Final = (
    "WRONG_VERSION_NUMBER",
    "UNKNOWN_PROTOCOL",
    "RECORD_LAYER_FAILURE",
    "PACKET_LENGTH_TOO_LONG",
)
# How servers with TLS respond to plain HTTP: Go's, nginx and Apache, in this order.
_ONLY_TLS: Final = (
    b"http request to an https server",
    b"plain http request was sent to https port",
    b"speaking plain http to an ssl-enabled server",
)


def connection_hint(server: str, causes: Iterable[BaseException], *, connected: bool) -> str:
    """Return what to look at, as a sentence after a space; or nothing.

    :param server: What is connected to, as errors show it: ``scheme://host:port``, and its proxy.
    :param causes: The error and all that it comes from.
    :param connected: Whether there was a connection, which broke.
    """
    if " " in server:
        return ""  # the proxy may be what refuses
    if connected:
        return "" if server.startswith("https:") else " If it speaks TLS, write https:// in the endpoint."
    for cause in causes:
        if isinstance(cause, ConnectionRefusedError):
            return _refused(server)
        if isinstance(cause, socket.gaierror):
            return " Check the spelling of the endpoint, which is like https://<name>.webpubsub.azure.com."
        if isinstance(cause, ssl.SSLError) and getattr(cause, "reason", None) in _NO_TLS:
            return " It does not speak TLS: check the port, or write http:// for the emulator."
    return ""


def _refused(server: str) -> str:
    if not is_loopback(server):
        return " Nothing listens there: check host and port of the endpoint. The service listens on 443."
    command = f"python -m azure.messaging.webpubsubservice.emulator --port {urlsplit(server).port}"
    return f" Is the emulator running? '{command}' starts it."


def is_loopback(url: str) -> bool:
    """Return whether a URL leads to this machine, where only an emulator listens."""
    return (urlsplit(url).hostname or "").startswith(_LOOPBACK)


def status_hint(status: int, headers: Mapping[str, str], content: bytes | None) -> str:
    """Return what a status means beyond the service's own words, as lines after a line break; or nothing."""
    if status == 400 and content and any(words in content[:1024].lower() for words in _ONLY_TLS):
        return "\nThe server speaks TLS: write https:// in the endpoint."
    if status != 401:
        return ""
    date = headers.get("Date")
    return (
        "\nThe service does not accept the token. There are four usual causes:\n"
        "1. The access key belongs to another resource, or was regenerated: copy it again from the portal.\n"
        "2. This machine's clock is more than five minutes slow"
        f"{f': the response is of {date}' if date else ''}.\n"
        "3. Something in between changes the URL that the token is for: pass reverse_proxy_endpoint.\n"
        "4. The resource does not accept access keys: use Microsoft Entra."
    )
