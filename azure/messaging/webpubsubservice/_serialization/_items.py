"""The type of lists in signatures."""

from collections.abc import Iterator
from typing import Protocol, TypeVar

_Item_co = TypeVar("_Item_co", covariant=True)


class Items(Protocol[_Item_co]):
    """A list, a tuple, a set and the like.

    A single ``str`` is none, though its characters are strings, too: its ``__contains__`` takes only strings.
    """

    def __contains__(self, item: object, /) -> bool: ...

    def __iter__(self) -> Iterator[_Item_co]: ...

    def __len__(self) -> int: ...
