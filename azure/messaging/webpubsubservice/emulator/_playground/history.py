"""The newest things that happened, within a bound of memory, for pages that open now or later.

Two facts are added here that no single event contains. Each message, ack and call to an event handler gets
its *cause*: the request or the client's frame that led to it. And a frame whose ack is an error is marked.

A client's frame is the cause of everything that happens in its context (``contextvars``), which tasks
inherit. A request is reported after its effects, but in the same task and without a pause, so the effects
wait for it.
"""

import asyncio
import itertools
from collections import deque
from collections.abc import Mapping, Sequence
from contextvars import ContextVar
from dataclasses import dataclass, field, replace
from typing import Any, Protocol

from typing_extensions import override

from azure.messaging.webpubsubservice.emulator._clock import Clock
from azure.messaging.webpubsubservice.emulator._protocol.messages import (
    Connected,
    ControlMessage,
    DataMessage,
    Frame,
    Opcode,
    PayloadType,
)
from azure.messaging.webpubsubservice.emulator._protocol.subprotocols import CODECS, codec_of
from azure.messaging.webpubsubservice.emulator._service.observers import Observer
from azure.messaging.webpubsubservice.emulator._service.values import (
    ClientInfo,
    EventRecord,
    Recipient,
    RequestRecord,
)

from .entry import Entry

#: The most entries that are kept, and the most bytes that they may take, by estimate.
KEPT = 5000
KEPT_BYTES = 16 * 1024 * 1024

#: The most bytes of an event handler's answer that are kept.
_ANSWER = 4096
_USER_EVENT = "azure.webpubsub.user."

_BINARY = frozenset({PayloadType.BINARY, PayloadType.PROTOBUF})

#: Details that many entries share.
_DATA_TYPES = {data_type: {"dataType": data_type.value} for data_type in PayloadType}
_PROTOCOLS: Mapping[str | None, Mapping[str, Any]] = {name: {"protocol": name} for name in CODECS}
_SIMPLE: Mapping[str, Any] = {"protocol": None}

#: The frame that is being processed, and the history that contains it.
_FRAME: ContextVar[tuple[object, Entry] | None] = ContextVar("frame", default=None)


class Page(Protocol):
    """A receiver of new entries."""

    def add(self, entry: Entry) -> None:
        """Receive a new entry."""

    def change(self, entry: Entry) -> None:
        """Update an entry whose details have changed after it was added."""

    def mark(self, entry: Entry) -> None:
        """Mark an entry that failed after it was added."""


@dataclass(slots=True)
class _Unclaimed:
    """The effects of a request that has not been reported yet, and the task that answers it."""

    task: object = None
    effects: list[Entry] = field(default_factory=list)
    groups: list[str] = field(default_factory=list)


class History(Observer):
    """The newest entries, and the pages that receive them."""

    def __init__(self, clock: Clock) -> None:
        self._clock = clock
        self._ids = itertools.count(1)
        self._entries: deque[Entry] = deque()
        self._bytes = 0
        self._pages: set[Page] = set()
        self._unclaimed = _Unclaimed()
        #: The calls to event handlers that have not ended.
        self._under_way: dict[str, Entry] = {}

    def open(self, page: Page) -> None:
        """Send each new entry to a page from now on."""
        self._pages.add(page)

    def close(self, page: Page) -> None:
        """Stop sending entries to a page."""
        self._pages.discard(page)

    def entries(self) -> Sequence[Entry]:
        """Return the entries, oldest first."""
        return tuple(self._entries)

    def find(self, number: object) -> Entry | None:
        """Return the entry with this number, if it is still kept."""
        return next((entry for entry in self._entries if entry.id == number), None)

    # --- the observer ---

    @override
    def on_request(self, record: RequestRecord, seconds: float, reason: str) -> None:
        content_type = record.headers.get("content-type")
        entry = self._entry(
            "request",
            time=self._clock.now() - seconds,
            path=record.path,
            data=record.body or b"",
            binary=not _is_textual(content_type or ""),
            details={
                "method": record.method,
                "query": [[name, value] for name, values in record.query.items() for value in values],
                "operation": record.operation,
                "status": record.status,
                "milliseconds": _milliseconds(seconds),
                "reason": reason,
                "contentType": content_type,
            },
        )
        if self._unclaimed.task is _current_task():
            entry.effects, entry.groups = self._unclaimed.effects, self._unclaimed.groups
            for effect in entry.effects:
                effect.cause = entry
        self._unclaimed = _Unclaimed()
        self._add(entry)

    @override
    def on_refused(self, method: str, path: str, status: int, reason: str) -> None:
        self._add(
            self._entry("refused", path=path, details={"method": method, "status": status, "reason": reason})
        )

    @override
    def on_attempt(self, record: EventRecord, wait: float) -> None:
        entry = self._under_way.get(_id_of(record))
        details = _event_details(record, pending={"attempt": len(record.attempts) + 1, "wait": wait})
        if entry is None:
            entry = self._under_way[_id_of(record)] = self._of_event(record, details)
            self._add_event(entry)
        else:
            self._change(entry, details)

    @override
    def on_event(self, record: EventRecord) -> None:
        entry, details = self._under_way.pop(_id_of(record), None), _event_details(record)
        if entry is None:  # there was no attempt
            entry = self._of_event(record, details)
            entry.failure = record.failure
            self._add_event(entry)
        else:
            entry.failure = record.failure
            self._change(entry, details)

    @override
    def on_connected(self, client: ClientInfo) -> None:
        self._add(self._of_client("open", client))

    @override
    def on_ended(self, client: ClientInfo, reason: str) -> None:
        self._add(self._of_client("close", client, reason=reason))

    @override
    def on_joined(self, client: ClientInfo, group: str) -> None:
        self._moved(group)

    @override
    def on_left(self, client: ClientInfo, group: str) -> None:
        self._moved(group)

    @override
    def on_frame(self, client: ClientInfo, frame: Frame) -> None:
        entry = Entry(
            next(self._ids),
            self._clock.now(),
            "in",
            client.hub,
            (Recipient(client.connection_id, client.user_id),),
            data=frame.data,
            binary=frame.opcode is Opcode.BINARY,
            details=_PROTOCOLS.get(client.subprotocol, _SIMPLE),
        )
        _FRAME.set((self, entry))
        self._add(entry)

    @override
    def on_control(self, client: ClientInfo, message: ControlMessage, frame: Frame) -> None:
        if isinstance(message, Connected) and message.reconnection_token is not None:
            # The token would let anyone take over the connection.
            hidden = replace(message, reconnection_token="(not shown)")  # noqa: S106
            frame = codec_of(client.subprotocol).encode(hidden) or frame
        error = getattr(message, "error", None)
        entry = self._of_client("out", client, data=frame.data, binary=frame.opcode is Opcode.BINARY)
        entry.failure = "" if error is None else f"{error.name}: {error.message}"
        self._add_effect(entry, control=True)
        if entry.failure and entry.cause is not None:
            entry.cause.failure = entry.failure
            for page in self._pages:
                page.mark(entry.cause)

    @override
    def on_message(self, hub: str, message: DataMessage, recipients: Sequence[Recipient]) -> None:
        data_type = message.payload.data_type
        self._add_effect(
            Entry(
                next(self._ids),
                self._clock.now(),
                "out",
                hub,
                recipients,
                message.group,
                message.from_user_id,
                data=message.payload.data,
                binary=data_type in _BINARY,
                details=_DATA_TYPES[data_type],
            )
        )

    # --- entries ---

    def _entry(self, kind: str, *, time: float | None = None, **fields: Any) -> Entry:
        return Entry(next(self._ids), self._clock.now() if time is None else time, kind, **fields)

    def _of_client(
        self,
        kind: str,
        client: ClientInfo,
        *,
        data: bytes | None = None,
        binary: bool = False,
        **details: Any,
    ) -> Entry:
        return self._entry(
            kind,
            hub=client.hub,
            clients=(Recipient(client.connection_id, client.user_id),),
            data=data,
            binary=binary,
            details={**_PROTOCOLS.get(client.subprotocol, _SIMPLE), **details},
        )

    def _of_event(self, record: EventRecord, details: Mapping[str, Any]) -> Entry:
        entry = self._of_client(
            "event",
            record.client,
            data=record.body,
            binary=not _is_textual(record.headers.get("content-type", "")),
        )
        entry.time -= record.seconds
        entry.details = {**entry.details, **details}
        return entry

    def _add_event(self, entry: Entry) -> None:
        if entry.details["type"].startswith(_USER_EVENT):  # other events are not effects of a frame
            entry.cause = self._frame()
        if entry.cause is not None:
            entry.cause.effects = (*entry.cause.effects, entry)
        self._add(entry)

    def _change(self, entry: Entry, details: Mapping[str, Any]) -> None:
        entry.details = {"protocol": entry.details["protocol"], **details}
        for page in self._pages:
            page.change(entry)

    def _moved(self, group: str) -> None:
        frame = self._frame()
        if frame is not None:
            frame.groups = (*frame.groups, group)
        else:
            self._of_this_task().groups.append(group)

    def _add_effect(self, entry: Entry, *, control: bool = False) -> None:
        entry.cause = self._frame()
        if entry.cause is not None:
            entry.cause.effects = (*entry.cause.effects, entry)
        elif not control:
            self._of_this_task().effects.append(entry)
        self._add(entry)

    def _frame(self) -> Entry | None:
        found = _FRAME.get()
        return found[1] if found is not None and found[0] is self else None

    def _of_this_task(self) -> _Unclaimed:
        task = _current_task()
        if self._unclaimed.task is not task:
            self._unclaimed = _Unclaimed(task)
        return self._unclaimed

    def _add(self, entry: Entry) -> None:
        self._entries.append(entry)
        self._bytes += entry.size
        while self._bytes > KEPT_BYTES or len(self._entries) > KEPT:
            if len(self._entries) == 1:
                break
            self._forget(self._entries.popleft())
        for page in self._pages:
            page.add(entry)

    def _forget(self, entry: Entry) -> None:
        self._bytes -= entry.size
        for effect in entry.effects:  # so that one of them does not keep the others in memory
            effect.cause = None
        entry.effects = ()


def _id_of(record: EventRecord) -> str:
    """Return a key that all attempts of an event share, and no other event has."""
    return record.headers.get("x-ms-client-request-id", "")


def _event_details(record: EventRecord, pending: Mapping[str, Any] | None = None) -> Mapping[str, Any]:
    """Return the details of an entry for a call to an event handler.

    :param pending: The next attempt, and how long until then, for a call that has not ended.
    """
    details = {
        "event": record.event,
        "type": record.type,
        "url": record.url,
        "status": record.status,
        "attempts": [
            {"status": each.status, "problem": each.problem, "milliseconds": _milliseconds(each.seconds)}
            for each in record.attempts
        ],
        "milliseconds": _milliseconds(record.seconds),
        "answer": record.response_body[:_ANSWER].decode(errors="replace"),
    }
    return details if pending is None else {**details, "pending": pending}


def _current_task() -> object:
    try:
        return asyncio.current_task()
    except RuntimeError:  # a test calls this without a loop
        return None


def _milliseconds(seconds: float) -> float:
    return round(seconds * 1000, 2)


def _is_textual(content_type: str) -> bool:
    return content_type.lower().startswith(("text/", "application/json"))
