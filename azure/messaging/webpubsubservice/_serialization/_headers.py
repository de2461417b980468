"""HTTP headers, whose names are compared without regard to case."""

from collections.abc import Iterable, Iterator, Mapping, MutableMapping
from typing import Any, TypeAlias

from azure.core.utils import case_insensitive_dict

_Data: TypeAlias = Mapping[str, str] | Iterable[tuple[str, str]]
_Items: TypeAlias = dict[str, tuple[str, str]]


class Headers(MutableMapping[str, str]):
    """azure-core's case-insensitive dictionary, much faster where it is made, copied or read whole.

    :param data: Names and values, as for a ``dict``.
    :ivar by_name: Each header's name and value, by the name in lower case.
    :ivar are_checked: Whether HTTP can carry all of them, as far as they came from where that is checked.
    """

    __slots__ = ("are_checked", "by_name")
    by_name: _Items
    are_checked: bool

    def __init__(self, data: _Data = (), **more: str) -> None:
        self.by_name = {}
        self.are_checked = False
        self.update(data, **more)

    @classmethod
    def of(cls, by_name: _Items, *, are_checked: bool = False) -> "Headers":
        """Return headers that are in their final form."""
        made = cls.__new__(cls)
        made.by_name = by_name
        made.are_checked = are_checked
        return made

    def __getitem__(self, name: str) -> str:
        return self.by_name[name.lower()][1]

    def __setitem__(self, name: str, value: str) -> None:
        self.are_checked = False  # first, for a thread that copies them at this moment
        # Of an enumeration's member, the value: HTTP libraries differ about what it is otherwise.
        plain = str.__str__(value) if isinstance(value, str) else value
        self.by_name[name.lower()] = (name, plain)

    def __delitem__(self, name: str) -> None:
        del self.by_name[name.lower()]

    def __iter__(self) -> Iterator[str]:
        return (item[0] for item in self.by_name.values())

    def __len__(self) -> int:
        return len(self.by_name)

    def __contains__(self, name: object) -> bool:
        return isinstance(name, str) and name.lower() in self.by_name

    def __eq__(self, other: object) -> bool:
        if not isinstance(other, Mapping):
            return NotImplemented
        ours = {name: item[1] for name, item in self.by_name.items()}
        return ours == {str(name).lower(): value for name, value in other.items()}

    __hash__ = None  # type: ignore[assignment]

    def get(self, name: str, default: Any = None) -> Any:
        """Return a header's value."""
        item = self.by_name.get(name.lower())
        return default if item is None else item[1]

    def pop(self, name: str, *default: Any) -> Any:
        """Take a header out, and return its value.

        :raises KeyError: It is not there, and there is no default.
        """
        item = self.by_name.pop(name.lower(), None)
        if item is not None:
            return item[1]
        if not default:
            raise KeyError(name)
        return default[0]

    def copy(self) -> "Headers":
        """Return an independent copy."""
        return Headers.of(self.by_name.copy(), are_checked=self.are_checked)

    def __copy__(self) -> "Headers":
        return self.copy()

    def __deepcopy__(self, memo: object) -> "Headers":
        return self.copy()

    def __reduce__(self) -> tuple[Any, ...]:
        # Another process may have another release of this module, or only azure-core.
        return case_insensitive_dict, (dict(self.by_name.values()),)

    def __repr__(self) -> str:
        return repr(dict(self.by_name.values()))
