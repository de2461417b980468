"""The two drivers of the checks: one blocks, and one awaits."""

from __future__ import annotations

import time
from inspect import iscoroutinefunction
from typing import TYPE_CHECKING

from azure.core.exceptions import AzureError

from azure.messaging.webpubsubservice._keywords import explain_calls

from ._examination import examine
from ._findings import Diagnosis, Exchange

if TYPE_CHECKING:
    from collections.abc import Callable

    from azure.core.rest import HttpRequest

    from azure.messaging.webpubsubservice import RequestOptions, WebPubSubServiceClient
    from azure.messaging.webpubsubservice.aio import WebPubSubServiceClient as AsyncWebPubSubServiceClient

__all__ = ["diagnose", "diagnose_async"]


@explain_calls
def diagnose(
    client: WebPubSubServiceClient,
    hub: str | None = None,
    *,
    group: str | None = None,
    user_id: str | None = None,
    timeout: float = 10.0,
) -> Diagnosis:
    """Check a client's endpoint, clock and credential, and whether anybody is connected.

    :param client: The client to check, as your program uses it.
    :param hub: The hub to check. Everything else is checked even without one.
    :keyword group: A group of the hub in which to look for connections. The REST API only knows about groups
        and users, so without one of them, the diagnosis cannot say whether the hub has connections.
    :keyword user_id: A user of the hub to look for.
    :keyword timeout: Seconds to wait for a connection, and for each response.
    :return: The findings. A problem is a finding, not an exception.
    :raises TypeError: An argument is of the wrong type, such as an asynchronous client.
    :raises ValueError: ``group`` or ``user_id`` without ``hub``, or a timeout that is not more than 0.
    """
    _check(diagnose, client, timeout)
    steps = examine(client.endpoint, client.api_version, hub, group=group, user_id=user_id)
    try:
        request = next(steps)
        while True:
            request = steps.send(_exchange(client, request, timeout))
    except StopIteration as finished:
        diagnosis: Diagnosis = finished.value
        return diagnosis


@explain_calls
async def diagnose_async(
    client: AsyncWebPubSubServiceClient,
    hub: str | None = None,
    *,
    group: str | None = None,
    user_id: str | None = None,
    timeout: float = 10.0,
) -> Diagnosis:
    """Check an asynchronous client; see :func:`diagnose`."""
    _check(diagnose_async, client, timeout)
    steps = examine(client.endpoint, client.api_version, hub, group=group, user_id=user_id)
    try:
        request = next(steps)
        while True:
            request = steps.send(await _exchange_async(client, request, timeout))
    except StopIteration as finished:
        diagnosis: Diagnosis = finished.value
        return diagnosis


def _check(function: Callable[..., object], client: object, timeout: object) -> None:
    """Raise for a client of the other kind. Otherwise it would fail with a misleading error."""
    close = getattr(client, "close", None)
    if close is None or not hasattr(client, "send_request") or not hasattr(client, "api_version"):
        raise TypeError(f"{function.__name__} takes a WebPubSubServiceClient, not {type(client).__name__}.")
    if iscoroutinefunction(close) is not iscoroutinefunction(function):
        other = "diagnose(...)" if iscoroutinefunction(function) else "await diagnose_async(...)"
        raise TypeError(f"{function.__name__} takes the other kind of client; for this one, call {other}.")
    if isinstance(timeout, bool) or not isinstance(timeout, (int, float)):
        raise TypeError(f"timeout must be a number of seconds, not {type(timeout).__name__}.")
    if not timeout > 0:  # and NaN is not
        raise ValueError(f"timeout={timeout!r}: must be more than 0 seconds.")


def _options(seconds: float) -> RequestOptions:
    """Return options without retries and redirects, which would hide a problem."""
    return {
        "retry_total": 0,
        "permit_redirects": False,
        "connection_timeout": seconds,
        "read_timeout": seconds,
    }


def _exchange(client: WebPubSubServiceClient, request: HttpRequest, seconds: float) -> Exchange:
    sent = time.time()
    try:
        response = client.send_request(request, **_options(seconds))
    except AzureError as error:
        return Exchange(sent, time.time(), error=error)
    return Exchange(sent, time.time(), response)


async def _exchange_async(
    client: AsyncWebPubSubServiceClient, request: HttpRequest, seconds: float
) -> Exchange:
    sent = time.time()
    try:
        response = await client.send_request(request, **_options(seconds))
    except AzureError as error:
        return Exchange(sent, time.time(), error=error)
    return Exchange(sent, time.time(), response)
