"""The type of lists in signatures."""

from collections.abc import Iterator
from collections.abc import Set as AbstractSet
from typing import Protocol, SupportsIndex, TypeAlias, TypeVar

_T = TypeVar("_T")
_Item_co = TypeVar("_Item_co", covariant=True)


class _Sequence(Protocol[_Item_co]):
    """A sequence, but not a ``str``: one of those contains nothing but strings, says its ``__contains__``."""

    def __contains__(self, item: object, /) -> bool: ...

    def __getitem__(self, index: SupportsIndex, /) -> _Item_co: ...

    def __iter__(self) -> Iterator[_Item_co]: ...

    def __len__(self) -> int: ...


Items: TypeAlias = _Sequence[_T] | AbstractSet[_T]
"""A list, a tuple, a set and the like. A single ``str`` is none, though its characters are strings, too."""
