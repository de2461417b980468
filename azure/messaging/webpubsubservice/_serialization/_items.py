"""The type of lists in signatures."""

from collections.abc import Iterator
from typing import Protocol, TypeVar

_Item_co = TypeVar("_Item_co", covariant=True)


class Items(Protocol[_Item_co]):
    """A list, a tuple, a set or the like.

    A single ``str`` does not match, although its characters are strings: its ``__contains__`` only takes
    strings.
    """

    def __contains__(self, item: object, /) -> bool: ...

    def __iter__(self) -> Iterator[_Item_co]: ...

    def __len__(self) -> int: ...
