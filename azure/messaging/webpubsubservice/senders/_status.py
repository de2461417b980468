"""Which responses say that the service accepted a request."""

from __future__ import annotations

import contextlib
import copy
from typing import Any

from azure.core.exceptions import HttpResponseError

__all__ = ["is_success", "raise_unless_success"]


def is_success(status: int) -> bool:
    """Return whether a status is a success: 200 to 299."""
    return 200 <= status < 300


def raise_unless_success(response: Any) -> None:
    """Raise if a response does not say that the request was accepted.

    A response's own ``raise_for_status`` lets a redirect pass. One that was not followed did nothing.

    :raises ~azure.core.exceptions.HttpResponseError: The status is not 200 to 299.
    """
    response.raise_for_status()
    status: int = response.status_code
    if is_success(status):
        return
    shown = response
    with contextlib.suppress(Exception):  # a response of the caller's own transport, perhaps
        shown = copy.copy(response)  # which does not contain the request's credentials
    error = HttpResponseError(
        f"The response has status {status}, a redirect that was not followed, so the request was not "
        "accepted. Check the endpoint."
        if 300 <= status < 400
        else f"The response has status {status}, which is not a success.",
        response=shown,
    )
    # azure-core notes whatever exception is being handled, with its traceback, which cannot be pickled.
    error.exc_type, error.exc_value, error.exc_traceback = None, None, None
    raise error
