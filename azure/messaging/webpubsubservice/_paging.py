"""Lists that come in pages, each with the link to the next."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any
from urllib.parse import urljoin

from azure.core.exceptions import DecodeError
from azure.core.rest import HttpRequest

if TYPE_CHECKING:
    from ._endpoint import Endpoint

__all__ = ["check_continuation", "check_pageable", "read_page", "request_page"]


def check_pageable(request: HttpRequest) -> None:
    """Refuse what is not a list, before it does something.

    :raises TypeError: It is not a request.
    :raises ValueError: Its method changes something.
    """
    if not isinstance(request, HttpRequest):
        raise TypeError(f"list_items takes an azure.core.rest.HttpRequest, not {type(request).__name__}.")
    if request.method.upper() != "GET":
        raise ValueError(
            f"list_items takes a request that reads (GET), not {request!r}. Send it with send_request."
        )


def check_continuation(first: HttpRequest, continuation_token: str | None, endpoint: Endpoint) -> None:
    """Refuse the continuation token of another list: of another hub or group, for instance.

    :raises ValueError: It is not a link to a page of this list, or leads to another endpoint.
    """
    if continuation_token is None:
        return
    paths = [endpoint.resolve(url).partition("?")[0] for url in (first.url, continuation_token)]
    if paths[0] != paths[1]:
        raise ValueError(
            f"The continuation_token leads to {paths[1]!r}, and the request lists {paths[0]!r}. Use a token "
            "only for the list whose pages returned it."
        )


def request_page(first: HttpRequest, link: str | None) -> HttpRequest:
    """Return the request for the page at a link. The link repeats the query of the first page."""
    return first if link is None else HttpRequest(first.method, link, headers=first.headers)


def read_page(response: Any, endpoint: Endpoint, seen: set[str]) -> tuple[str | None, list[Any]]:
    """Return the link to the next page, and the items of this one.

    :param seen: The URLs of the pages before, to which this one's is added.
    :raises ~azure.core.exceptions.DecodeError: The response is not a page, or links to one before it, to
        another server, or to no URL.
    """
    try:
        page = response.json()
        items, link = page["value"], page.get("nextLink")
    except (ValueError, TypeError, KeyError, AttributeError):
        items = link = None
    if not isinstance(items, list) or not isinstance(link, (str, type(None))):
        raise DecodeError(
            "The response is not a page: a JSON object with a list 'value' and a 'nextLink'.",
            response=response,
        )
    if not link:
        return None, items
    here = endpoint.to_origin(response.request.url) or response.request.url
    seen.add(here)
    reason = ""
    try:
        # As it will be requested: a link may be written otherwise than the URL of the page it leads to.
        link = endpoint.resolve_uncached(urljoin(here, link))
    except ValueError as error:
        reason = f"The page's nextLink cannot be followed: {error}"
    if link in seen:
        reason = "The page's nextLink leads back to a page that was read before."
    if reason:
        raise DecodeError(reason, response=response)
    return link, items
