"""azure-core's errors for what goes wrong with a connection: what can be shown, pickled and acted on.

The errors of the HTTP libraries hold whole requests, URLs and proxies with their passwords. None of them is
kept: an error's text is written here, and its ``inner_exception`` is a copy of the standard library's error
behind it, such as ``ConnectionRefusedError`` or ``ssl.SSLCertVerificationError``.
"""

from __future__ import annotations

import os
import ssl
from http.client import HTTPException, IncompleteRead
from typing import TYPE_CHECKING, Any, NamedTuple, TypeAlias, TypeVar

from azure.core.exceptions import (
    AzureError,
    IncompleteReadError,
    ServiceRequestError,
    ServiceRequestTimeoutError,
    ServiceResponseError,
    ServiceResponseTimeoutError,
)

from azure.messaging.webpubsubservice._logging import redact

from ._hints import connection_hint

if TYPE_CHECKING:
    from collections.abc import Iterator

__all__ = [
    "LibraryErrors",
    "PermanentConnectionError",
    "certificate_error",
    "make_error",
    "not_connected",
    "proxy_refused",
    "response_error",
]

E = TypeVar("E", bound=AzureError)
_Kinds: TypeAlias = type[BaseException] | tuple[type[BaseException], ...]

_STANDARD = frozenset({"builtins", "ssl", "socket", "http.client", "zlib", "asyncio.exceptions"})


class PermanentConnectionError(ServiceRequestError):
    """No connection was made, for a reason that another attempt does not change.

    A certificate that is not trusted, a proxy that wants a password, a setting that is wrong.
    """


class LibraryErrors(NamedTuple):
    """What an HTTP library raises once there is a connection. All its other errors mean: this is not HTTP."""

    timeout: _Kinds
    truncation: _Kinds
    """The body breaks off."""
    loss: _Kinds
    """The connection broke."""


def make_error(kind: type[E], text: str, cause: BaseException | None = None) -> E:
    """Return an error of azure-core's that holds no secret and nothing that cannot be pickled."""
    error = kind(redact(text), error=_safe_copy(cause))
    # azure-core notes whatever exception is being handled, with its traceback.
    error.exc_type, error.exc_value, error.exc_traceback = type(error.inner_exception), None, None
    error.exc_msg = error.message
    return error


def not_connected(server: str, seconds: float, cause: BaseException, *, timed_out: bool) -> AzureError:
    """Return the error for a connection that was never made."""
    if timed_out:
        text = f"No connection to {server} within {_duration(seconds)}."
        return make_error(ServiceRequestTimeoutError, text, cause)
    if (rejected := certificate_error(cause)) is not None:
        return _rejected_certificate(server, rejected)
    hint = connection_hint(server, _parts(cause), connected=False)
    return make_error(ServiceRequestError, f"No connection to {server}: {_reason(cause)}.{hint}", cause)


def response_error(server: str, seconds: float, cause: BaseException, raised: LibraryErrors) -> AzureError:
    """Return the error for a connection that failed while the request was sent, or the response read."""
    if isinstance(cause, raised.timeout):
        text = f"{server} was silent for {_duration(seconds)}."
        return make_error(ServiceResponseTimeoutError, text, cause)
    if isinstance(cause, raised.truncation):
        return make_error(IncompleteReadError, f"The response body of {server} broke off.", cause)
    hint = connection_hint(server, _parts(cause), connected=True)
    if not isinstance(cause, raised.loss):
        return make_error(ServiceResponseError, f"The response of {server} is not HTTP/1.1.{hint}", cause)
    if (rejected := certificate_error(cause)) is not None:
        return _rejected_certificate(server, rejected)
    text = f"The connection to {server} broke before its response: {_reason(cause)}.{hint}"
    return make_error(ServiceResponseError, text, cause)


def _duration(seconds: float) -> str:
    return f"{seconds:.3g} {'second' if seconds == 1 else 'seconds'}"


def _rejected_certificate(server: str, cause: ssl.SSLError) -> AzureError:
    why = (
        getattr(cause, "verify_message", "") or (cause.reason or "").replace("_", " ").lower() or "TLS failed"
    )
    whose = "its" if isinstance(cause, ssl.SSLCertVerificationError) else "the client's"
    text = f"No connection to {server}: {whose} certificate was refused ({why})."
    return make_error(PermanentConnectionError, text, cause)


def proxy_refused(proxy: str, status: int) -> AzureError:
    """Return the error for a proxy that makes no tunnel."""
    if status == 407:
        text = f"The proxy {proxy} wants another user name and password: it responded to CONNECT with 407."
        return make_error(PermanentConnectionError, text)
    return make_error(ServiceRequestError, f"The proxy {proxy} responded to CONNECT with {status}.")


def certificate_error(error: BaseException) -> ssl.SSLError | None:
    """Return the error behind this one that says that one of the two sides does not accept a certificate."""
    for part in _parts(error):
        # aiohttp's own errors are subclasses.
        if isinstance(part, ssl.SSLError) and type(part).__module__ == "ssl":
            refused = any(word in (part.reason or "") for word in ("CERT", "UNKNOWN_CA"))
            if refused or isinstance(part, ssl.SSLCertVerificationError):
                return part
    return None


def _reason(error: BaseException) -> str:
    standard = _standard(error)
    if isinstance(standard, ConnectionError) and standard.errno:
        return os.strerror(standard.errno)  # asyncio writes a text of its own
    if isinstance(standard, OSError) and standard.strerror:
        return standard.strerror
    if isinstance(standard, (ConnectionError, HTTPException)) or standard is None:
        return "it was closed"
    return type(standard).__name__


def _parts(error: BaseException | None) -> Iterator[BaseException]:
    """Yield an error and all that it comes from, whichever way a library attaches them."""
    pending, seen = [error], set()
    while pending:
        part = pending.pop(0)
        if part is None or id(part) in seen:
            continue
        seen.add(id(part))
        yield part
        named = [getattr(part, name, None) for name in ("reason", "os_error", "inner_exception")]
        attached = (*part.args, part.__cause__, part.__context__, *named)
        pending += [other for other in attached if isinstance(other, BaseException)]


def _standard(error: BaseException | None) -> BaseException | None:
    found = [part for part in _parts(error) if type(part).__module__ in _STANDARD]
    # An errno says more than the timeout or the disconnection that a library makes of it.
    return next((part for part in found if isinstance(part, OSError) and part.errno), next(iter(found), None))


def _safe_copy(error: BaseException | None) -> BaseException | None:
    standard = _standard(error)
    if standard is None:
        return None
    kind: Any = type(standard)
    if isinstance(standard, HTTPException):
        # What a server sent is in these, whatever it was, and a number that the constructor asks for.
        args: tuple[Any, ...] = (b"",) if isinstance(standard, IncompleteRead) else ("",)
    else:
        args = tuple(map(_safe_argument, standard.args))
    try:
        copy: BaseException = kind(*args)
    except TypeError:
        return None
    if isinstance(standard, ssl.SSLError):
        for name in ("reason", "library", "verify_code", "verify_message"):
            if hasattr(standard, name):
                setattr(copy, name, getattr(standard, name))
    return copy


def _safe_argument(value: Any) -> Any:
    return redact(value) if isinstance(value, str) else value if isinstance(value, int) else None
