"""Errors that a user can do something about: their output, and the command's exit status."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, TypeVar
from urllib.parse import urlsplit

import click
from azure.core.exceptions import AzureError, DecodeError, HttpResponseError

from azure.messaging.webpubsubservice.diagnostics._evidence import explain_error

from ._output import report

if TYPE_CHECKING:
    from collections.abc import Callable

    from azure.core.rest import HttpResponse

__all__ = [
    "DENIED",
    "INTERRUPTED",
    "NO",
    "OK",
    "UNREACHED",
    "UNWRITTEN",
    "USAGE",
    "Failure",
    "advise",
    "checked",
    "report_error",
    "status_of",
]

T = TypeVar("T")

OK = 0
NO = 1
USAGE = 2
UNREACHED = 3
DENIED = 4
UNWRITTEN = 5
INTERRUPTED = 130

#: Exit statuses by HTTP status. Any other error status means "no".
_EXIT_STATUSES = {401: DENIED, 403: DENIED, 407: UNREACHED, 408: UNREACHED, 429: UNREACHED} | dict.fromkeys(
    range(500, 600), UNREACHED
)

#: Advice by HTTP status.
_ADVICE = {
    401: "The key may be another resource's, or a clock may be wrong: 'webpubsub status' says which.",
    403: "The identity may lack a role, or the resource's network rules refuse you: see 'webpubsub status'.",
    413: "The service takes messages of up to 1 MiB.",
    429: "The service is busy. Try again later, or send less at a time.",
}


class Failure(click.ClickException):
    """A failure that is not a mistake on the command line.

    :param status: The exit status.
    """

    def __init__(self, message: str, status: int) -> None:
        super().__init__(message)
        self.status = status


def checked(function: Callable[..., T], *args: Any, **options: Any) -> T:
    """Call a function that checks its arguments, such as a builder. Its errors become usage errors.

    :raises click.UsageError: An argument is refused.
    """
    try:
        return function(*args, **options)
    except UnicodeEncodeError as error:  # a byte that is not UTF-8, in an argument
        raise click.UsageError(
            f"An argument is not text in UTF-8: see its character {error.start + 1}."
        ) from None
    except (TypeError, ValueError) as error:
        raise click.UsageError(str(error)) from None


def status_of(http_status: int) -> int:
    """Return the exit status for the status of a response."""
    return OK if 200 <= http_status < 300 else _EXIT_STATUSES.get(http_status, NO)


def advise(response: HttpResponse) -> str:
    """Return what to do about the status of a response; nothing for a success."""
    if not 300 <= response.status_code < 400:
        return _ADVICE.get(response.status_code, "")
    try:
        target = urlsplit(response.headers.get("Location", ""))
        where = f"to {target.scheme}://{target.hostname}" if target.hostname else "to no other server"
    except ValueError:
        where = "to a malformed URL"
    return f"This redirect, {where}, was not followed. Check the endpoint, and what is between it and you."


def report_error(error: AzureError, state: dict[str, Any]) -> int:
    """Print an error and what to do about it, and return the exit status.

    :param state: The options, and the endpoint of the client.
    """
    response = getattr(error, "response", None)
    if isinstance(error, HttpResponseError) and response is not None:
        status = response.status_code
        if isinstance(error, DecodeError):
            advice = "Check that the endpoint is that of a Web PubSub service: 'webpubsub status'."
            report(error.message, advice, state=state, status=status)
            return NO
        details = getattr(error, "error", None) if status >= 400 else None
        parts = (getattr(details, "code", None), getattr(details, "message", None))
        code, text = (part if isinstance(part, str) else None for part in parts)  # a proxy may send anything
        said = ": ".join(part for part in (code, text) if part) or response.reason
        message = f"The service responded with {status}: {said}"
        report(message, advise(response), state=state, status=status, code=code)
        return status_of(status) or NO
    finding = explain_error(error, state.get("reached", "the service"))
    report(finding.summary, finding.advice, state=state)
    return DENIED if finding.check == "credential" else UNREACHED
