"""Lists of records that notebooks show as tables."""

from collections.abc import Callable, Iterable, Mapping, Sequence
from typing import Any, TypeVar

from azure.messaging.webpubsubservice.emulator._notebook import html_table, preview

from .values import ConnectionInfo, Delivery, EventRecord, RequestRecord

T = TypeVar("T")

#: The columns for each kind of entry: a heading, and a function that returns the cell.
_COLUMNS: Mapping[type, Sequence[tuple[str, Callable[[Any], object]]]] = {
    RequestRecord: (
        ("method", lambda record: record.method),
        ("path", lambda record: record.path),
        ("operation", lambda record: record.operation),
        ("status", lambda record: "none" if record.status is None else record.status),
        ("body", lambda record: preview(record.body)),
    ),
    Delivery: (
        ("hub", lambda delivery: delivery.hub),
        ("connection", lambda delivery: delivery.connection_id),
        ("user", lambda delivery: delivery.user_id),
        ("group", lambda delivery: delivery.group),
        ("from user", lambda delivery: delivery.from_user_id),
        ("type", lambda delivery: delivery.data_type.value),
        ("data", lambda delivery: preview(delivery.data)),
    ),
    EventRecord: (
        ("event", lambda record: record.event),
        ("hub", lambda record: record.client.hub),
        ("connection", lambda record: record.client.connection_id),
        ("attempts", lambda record: len(record.attempts)),
        ("status", lambda record: "none" if record.status is None else record.status),
        ("failure", lambda record: record.failure),
        ("body", lambda record: preview(record.body)),
        ("response", lambda record: preview(record.response_body)),
    ),
    ConnectionInfo: (
        ("hub", lambda connection: connection.hub),
        ("connection", lambda connection: connection.connection_id),
        ("user", lambda connection: connection.user_id),
        ("subprotocol", lambda connection: connection.subprotocol or "none"),
        ("groups", lambda connection: connection.groups),
    ),
}


class Table(list[T]):
    """A list of entries. It equals a list with the same entries; notebooks show it as a table."""

    def __init__(self, entries: Iterable[T], what: str) -> None:
        super().__init__(entries)
        self._what = what

    def _repr_html_(self) -> str:
        if not self:
            return f"<p>No {self._what}</p>"
        columns = _COLUMNS[type(self[0])]
        rows = [[value(entry) for _, value in columns] for entry in self]
        return html_table([heading for heading, _ in columns], rows, caption=f"{len(self)} {self._what}")
