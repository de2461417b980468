"""Requests for lists, so that type checkers know the items."""

from typing import Any, Generic, TypeVar, cast

from azure.core.rest import HttpRequest

from ._request import request

_Item_co = TypeVar("_Item_co", covariant=True)


class ListRequest(HttpRequest, Generic[_Item_co]):
    """A request for the first page of a list, for type checkers only: the request is an ``HttpRequest``."""


def list_request(method: str, url: str, **parts: Any) -> ListRequest[Any]:
    """Return a request like :func:`request`, for an operation that returns a page of a list."""
    return cast("ListRequest[Any]", request(method, url, **parts))
