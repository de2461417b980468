"""Check the arguments of ``send_requests``."""

from __future__ import annotations

from collections.abc import AsyncIterable, Iterable, Mapping
from typing import Any, Final

from azure.core.rest import HttpRequest

from azure.messaging.webpubsubservice._arguments import check_integer
from azure.messaging.webpubsubservice._flows import RetryRules

from ._schedule import OrderBy, Schedule

__all__ = ["NAMES", "check_iterable", "make_schedule", "replaces_retries"]

NAMES: Final = ("max_concurrency", "order_by", "read_ahead")
"""The keyword arguments that are only for ``send_requests``."""


def make_schedule(
    max_concurrency: int,
    read_ahead: int | None,
    order_by: OrderBy | None,
    client_options: Mapping[str, Any],
    options: Mapping[str, Any],
) -> Schedule:
    """Return a schedule for the arguments of a call.

    :raises TypeError: An argument is of the wrong type.
    :raises ValueError: A number is too small.
    """
    check_integer("max_concurrency", max_concurrency, 1)
    if read_ahead is None:
        # With an order, the next requests may all have to wait for the same one, so look further ahead.
        read_ahead = max_concurrency * (2 if order_by is None else 16)
    if check_integer("read_ahead", read_ahead, 1) < max_concurrency:
        raise ValueError(f"read_ahead={read_ahead}: must be at least max_concurrency ({max_concurrency}).")
    if order_by is not None and not callable(order_by):
        raise TypeError(
            f"order_by must be a function from a request to its key, not {order_by!r}. "
            "azure.messaging.webpubsubservice.senders.destination is one."
        )
    rules = RetryRules.from_options({**client_options, **options})
    if replaces_retries(client_options):
        rules = rules._replace(status=0)
    return Schedule(rules, options, max_concurrency, read_ahead, order_by)


def replaces_retries(client_options: Mapping[str, Any]) -> bool:
    """Return whether the caller has replaced a client's retries, which then have their own options."""
    return not client_options.keys().isdisjoint({"policies", "retry_policy"})


def check_iterable(requests: object, *, asynchronous: bool) -> None:
    """Raise unless the argument is an iterable of requests.

    :raises TypeError: It is not one, or not one for this kind of client.
    """
    if isinstance(requests, HttpRequest):
        raise TypeError("send_requests takes an iterable of requests. Send a single one with send_request.")
    is_text = isinstance(requests, (str, bytes))
    if not is_text and (
        isinstance(requests, Iterable) or (asynchronous and isinstance(requests, AsyncIterable))
    ):
        return
    hint = ""
    if isinstance(requests, AsyncIterable):
        hint = ", which is asynchronous: use azure.messaging.webpubsubservice.aio.WebPubSubServiceClient"
    raise TypeError(f"send_requests takes an iterable of requests, not {type(requests).__name__}{hint}.")
