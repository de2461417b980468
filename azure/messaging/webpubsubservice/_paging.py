"""Lists that come in pages, each with the link to the next."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any
from urllib.parse import urljoin

from azure.core.exceptions import DecodeError
from azure.core.rest import HttpRequest

from ._logging import redact

if TYPE_CHECKING:
    from ._endpoint import Endpoint

__all__ = ["Pages", "check_pageable"]


def check_pageable(request: HttpRequest, endpoint: Endpoint) -> None:
    """Refuse what is not a list, before it does something.

    :raises TypeError: It is not a request.
    :raises ValueError: Its method changes something, or its URL leads to another server.
    """
    if not isinstance(request, HttpRequest):
        raise TypeError(f"list_items takes an azure.core.rest.HttpRequest, not {type(request).__name__}.")
    if request.method.upper() != "GET":
        raise ValueError(
            f"list_items takes a request that reads (GET), not {request!r}. Send it with send_request."
        )
    endpoint.resolve(request.url)


class Pages:
    """The requests for the pages of a list, and what their responses hold.

    :param first: The request for the first page.
    :param continuation_token: The link to the page to begin with; ``None`` for the first.
    :raises ValueError: The token is that of another list (of another hub or group, for instance), or leads to
        another endpoint.
    """

    def __init__(self, first: HttpRequest, continuation_token: str | None, endpoint: Endpoint) -> None:
        self._first = first
        self._endpoint = endpoint
        self._seen: set[str] = set()
        if continuation_token is None:
            return
        paths = [endpoint.resolve(url).partition("?")[0] for url in (first.url, continuation_token)]
        if paths[0] != paths[1]:
            raise ValueError(
                f"The continuation_token leads to {paths[1]!r}, and the request lists {paths[0]!r}. Use a "
                "token only for the list whose pages returned it."
            )

    def request(self, link: str | None) -> HttpRequest:
        """Return the request for the page at a link. The link repeats the query of the first page."""
        first = self._first
        return first if link is None else HttpRequest(first.method, link, headers=first.headers)

    def read(self, response: Any) -> tuple[Any, list[Any]]:
        """Return the link to the next page, or ``None``, and the items of this one.

        :raises ~azure.core.exceptions.DecodeError: The response is not a page, or links to one before it, to
            another server, or to no URL.
        """
        try:
            page = response.json()
            items, link = page["value"], page.get("nextLink")
        except (ValueError, TypeError, KeyError, AttributeError):
            items = link = None
        if not isinstance(items, list) or not isinstance(link, (str, type(None))):
            raise _no_page(
                "The response is not a page: a JSON object with a list 'value' and a 'nextLink'.", response
            )
        if not link:
            return None, items
        here = self._endpoint.to_origin(response.request.url) or response.request.url
        self._seen.add(here)
        reason = ""
        try:
            # As it will be requested: a link may be written otherwise than the URL of the page it leads to.
            link = self._endpoint.resolve_uncached(urljoin(here, link))
        except ValueError as error:
            reason = f"The page's nextLink cannot be followed: {error}"
        if link in self._seen:
            reason = "The page's nextLink leads back to a page that was read before."
        if reason:
            raise _no_page(reason, response)
        return link, items


def _no_page(reason: str, response: Any) -> DecodeError:
    """Return the error for a page, which may repeat the token that it was asked for with."""
    for_error = getattr(response, "for_error", None)  # of our responses
    return DecodeError(redact(reason), response=response if for_error is None else for_error())
