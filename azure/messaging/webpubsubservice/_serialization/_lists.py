"""The types of lists: in signatures, and of requests, so that type checkers know the items."""

from collections.abc import Callable, Iterator
from typing import Any, Generic, Protocol, TypeVar, cast

from azure.core.rest import HttpRequest

from ._request import request

_Item_co = TypeVar("_Item_co", covariant=True)


class Items(Protocol[_Item_co]):
    """A list, a tuple, a set or the like.

    A single ``str`` does not match, although its characters are strings: its ``__contains__`` only takes
    strings.
    """

    def __contains__(self, item: object, /) -> bool: ...

    def __iter__(self) -> Iterator[_Item_co]: ...

    def __len__(self) -> int: ...


class ListRequest(HttpRequest, Generic[_Item_co]):
    """A request for the first page of a list, for type checkers only: the request is an ``HttpRequest``."""


list_request = cast("Callable[..., ListRequest[Any]]", request)
"""The function :func:`request`, for an operation that returns a page of a list."""
