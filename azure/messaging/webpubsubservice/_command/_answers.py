"""Requests, and what counts as a success or as an answer."""

from __future__ import annotations

from typing import TYPE_CHECKING

import click
from azure.core.exceptions import HttpResponseError

from azure.messaging.webpubsubservice.senders._status import raise_unless_success

from ._errors import NO, USAGE, checked, report_error
from ._settings import options

if TYPE_CHECKING:
    from azure.core.rest import HttpRequest, HttpResponse

    from azure.messaging.webpubsubservice import WebPubSubServiceClient

__all__ = ["ask", "send_request", "send_successfully"]


def send_request(client: WebPubSubServiceClient, request: HttpRequest) -> HttpResponse:
    """Send a request and return its response, of any status.

    :raises click.UsageError: The request cannot be sent: its body is too long, for example.
    """
    return checked(client.send_request, request)


def send_successfully(client: WebPubSubServiceClient, request: HttpRequest) -> None:
    """Send a request that changes something.

    :raises click.UsageError: The request cannot be sent.
    :raises ~azure.core.exceptions.HttpResponseError: The status of the response is not 2xx.
    """
    raise_unless_success(send_request(client, request))


def ask(client: WebPubSubServiceClient, request: HttpRequest) -> bool:
    """Return the answer to a question: 2xx is yes, and 404 is no.

    Any other response is reported, and ends the command with an exit status that does not mean "no".
    """
    response = send_request(client, request)
    if response.status_code == 404:
        return False
    try:
        raise_unless_success(response)
    except HttpResponseError as error:
        ctx = click.get_current_context()
        status = report_error(error, options(ctx))
        ctx.exit(USAGE if status == NO else status)
    return True
