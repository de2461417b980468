"""Errors that a user can do something about: their output, and the command's exit status."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, TypeVar

import click
from azure.core.exceptions import AzureError, HttpResponseError

from azure.messaging.webpubsubservice.diagnostics._evidence import explain_error

from ._output import report

if TYPE_CHECKING:
    from collections.abc import Callable

__all__ = [
    "ADVICE",
    "DENIED",
    "INTERRUPTED",
    "NO",
    "OK",
    "UNREACHED",
    "USAGE",
    "Failure",
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
INTERRUPTED = 130

#: Exit statuses by HTTP status. Any other error status means "no".
_EXIT_STATUSES = {401: DENIED, 403: DENIED, 407: UNREACHED, 408: UNREACHED, 429: UNREACHED} | dict.fromkeys(
    range(500, 600), UNREACHED
)

#: Advice by HTTP status.
ADVICE = {
    401: "The key may be another resource's, or a clock may be wrong: 'webpubsub status' tells which.",
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
    """Call a function that checks its arguments, such as a builder. Its errors become the user's mistakes.

    :raises click.UsageError: An argument is refused.
    """
    try:
        return function(*args, **options)
    except (TypeError, ValueError) as error:
        raise click.UsageError(str(error)) from None


def status_of(http_status: int) -> int:
    """Return the exit status for the status of a response."""
    return OK if http_status < 400 else _EXIT_STATUSES.get(http_status, NO)


def report_error(error: AzureError, state: dict[str, Any]) -> int:
    """Print an error and what to do about it, and return the exit status.

    :param state: The options, and the endpoint of the client.
    """
    response = getattr(error, "response", None)
    if isinstance(error, HttpResponseError) and response is not None:
        details = getattr(error, "error", None)
        code, text = getattr(details, "code", None), getattr(details, "message", None)
        status = response.status_code
        said = ": ".join(part for part in (code, text) if part) or response.reason
        advice = ADVICE.get(status, "")
        report(f"The service responded with {status}: {said}", advice, state=state, status=status, code=code)
        return status_of(status)
    finding = explain_error(error, state.get("reached", "the service"))
    report(finding.summary, finding.advice, state=state)
    return DENIED if finding.check == "credential" else UNREACHED
