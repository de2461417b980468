"""The query of a URL as the service reads it: names in any case, and the last value of a repeated one."""

from collections.abc import Iterator, Mapping, Sequence
from urllib.parse import parse_qsl


class Query:
    """The parameters of a query.

    :ivar sent: The values by name, as they were sent.
    """

    def __init__(self, text: str) -> None:
        sent: dict[str, list[str]] = {}
        self._values: dict[str, list[str]] = {}
        for name, value in parse_qsl(text, keep_blank_values=True):
            sent.setdefault(name, []).append(value)
            self._values.setdefault(name.lower(), []).append(value)
        self.sent: Mapping[str, Sequence[str]] = sent

    def __contains__(self, name: str) -> bool:
        return name.lower() in self._values

    def __iter__(self) -> Iterator[str]:
        return iter(self.sent)

    def all(self, name: str) -> Sequence[str]:
        """Return every value of a parameter; an empty sequence if the query does not have it."""
        return self._values.get(name.lower(), ())

    def last(self, name: str) -> str | None:
        """Return the value of a parameter, if the query has it."""
        values = self.all(name)
        return values[-1] if values else None
