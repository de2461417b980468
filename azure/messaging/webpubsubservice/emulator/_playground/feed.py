"""What a page shows: traffic as it happens, and who is connected.

Every page has a bounded buffer, so that the emulator never waits for a page. What a page does not fetch in
time is dropped, oldest first, and the page learns how much that was. Payloads are cut to a preview when they
are appended, so that a buffer's size does not depend on what people send.
"""

import asyncio
import base64
import contextlib
import itertools
import json
import time
from collections import deque
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import replace
from typing import Any, TypeAlias

from typing_extensions import override

from azure.messaging.webpubsubservice.emulator._protocol.messages import (
    Ack,
    Connected,
    ControlMessage,
    DataMessage,
    Frame,
    Opcode,
    PayloadType,
)
from azure.messaging.webpubsubservice.emulator._protocol.subprotocols import CODECS, codec_of
from azure.messaging.webpubsubservice.emulator._service.observers import Observer
from azure.messaging.webpubsubservice.emulator._service.service import Service
from azure.messaging.webpubsubservice.emulator._service.state import Connection
from azure.messaging.webpubsubservice.emulator._service.values import ClientInfo, Recipient, RequestRecord

#: Entries that wait for a page, which is also the most that one batch holds.
BUFFERED = 400
#: Seconds between batches.
_INTERVAL = 0.1
#: Seconds between comparisons of who is connected; more, if one takes more than a twentieth of it.
_ROSTER_INTERVAL = 0.25
_ROSTER_SHARE = 20
#: Bytes of a payload that are shown, and recipients that are named.
PREVIEW = 4096
_NAMED = 16
#: Connections that a page lists, and groups that it lists of each; hubs are counted in full.
LISTED = 5000
_LISTED_GROUPS = 50

Entry: TypeAlias = Mapping[str, Any]


class Feed(Observer):
    """Observes a service on behalf of any number of pages."""

    def __init__(self, service: Service) -> None:
        self._service = service
        self._pages: set[PageFeed] = set()

    def open(self) -> "PageFeed":
        """Add a page. The emulator is observed from the first page on."""
        page = PageFeed(self._service)
        if not self._pages:
            self._service.observers.add(self)
        self._pages.add(page)
        return page

    def close(self, page: "PageFeed") -> None:
        """Remove a page. The emulator is no longer observed after the last one."""
        self._pages.discard(page)
        if not self._pages:
            self._service.observers.remove(self)

    # --- the observer ---

    @override
    def on_request(self, record: RequestRecord, seconds: float, reason: str) -> None:
        body = record.body or b""
        binary = not _is_textual(record.headers.get("content-type", ""))
        self._tell(
            "request",
            time=self._service.clock.now() - seconds,
            method=record.method,
            path=record.path,
            query=[[name, value] for name, values in record.query.items() for value in values],
            operation=record.operation,
            status=record.status,
            milliseconds=round(seconds * 1000, 2),
            reason=reason,
            contentType=record.headers.get("content-type"),
            **_preview(body, binary=binary),
        )

    @override
    def on_refused(self, method: str, path: str, status: int, reason: str) -> None:
        self._tell("refused", path=path, status=status, reason=reason)

    @override
    def on_connected(self, client: ClientInfo) -> None:
        self._tell("open", **_who(client))

    @override
    def on_ended(self, client: ClientInfo, reason: str) -> None:
        self._tell("close", **_who(client), reason=reason)

    @override
    def on_frame(self, client: ClientInfo, frame: Frame) -> None:
        self._tell("in", **_who(client), **_preview(frame.data, binary=frame.opcode is Opcode.BINARY))

    @override
    def on_control(self, client: ClientInfo, message: ControlMessage, frame: Frame) -> None:
        if isinstance(message, Connected) and message.reconnection_token is not None:
            # Whoever has the token can take the connection over.
            hidden = replace(message, reconnection_token="(not shown)")  # noqa: S106
            frame = codec_of(client.subprotocol).encode(hidden) or frame
        preview = _preview(frame.data, binary=frame.opcode is Opcode.BINARY)
        failed = isinstance(message, Ack) and message.error is not None
        self._tell("out", **_who(client), recipients=1, failed=failed, **preview)

    @override
    def on_message(self, hub: str, message: DataMessage, recipients: Sequence[Recipient]) -> None:
        data_type = message.payload.data_type
        self._tell(
            "out",
            hub=hub,
            connections=[recipient.connection_id for recipient in recipients[:_NAMED]],
            user=recipients[0].user_id if len(recipients) == 1 else None,
            recipients=len(recipients),
            group=message.group,
            fromUser=message.from_user_id,
            dataType=data_type.value,
            **_preview(message.payload.data, binary=data_type in {PayloadType.BINARY, PayloadType.PROTOBUF}),
        )

    def _tell(self, kind: str, **details: Any) -> None:
        entry = {"time": self._service.clock.now(), "kind": kind, **details}
        for page in self._pages:
            page.add(entry)


class PageFeed:
    """The entries for one page, in batches."""

    def __init__(self, service: Service) -> None:
        self._entries: deque[Entry] = deque(maxlen=BUFFERED)
        self._skipped = 0
        self._roster = Roster(service)
        self._roster_due = 0.0
        self._news = asyncio.Event()

    def add(self, entry: Entry) -> None:
        """Append an entry, and drop the oldest if there is no room."""
        if len(self._entries) == BUFFERED:
            self._skipped += 1
        self._entries.append(entry)
        self._news.set()

    async def run(self, send: Callable[[str], Any]) -> None:
        """Send batches until cancelled; ``send`` waits while the page has not read the one before."""
        while True:
            batch = self._batch()
            if batch:
                await send(json.dumps(batch, ensure_ascii=False, separators=(",", ":")))
            await asyncio.sleep(_INTERVAL)
            if not self._entries:
                wait = max(0.0, self._roster_due - time.monotonic())
                with contextlib.suppress(asyncio.TimeoutError):
                    await asyncio.wait_for(self._news.wait(), wait)
            self._news.clear()

    def _batch(self) -> dict[str, Any]:
        batch: dict[str, Any] = {}
        started = time.monotonic()
        if started >= self._roster_due:
            roster = self._roster.changes()
            batch |= {"roster": roster} if roster else {}
            ended = time.monotonic()
            self._roster_due = ended + max(_ROSTER_INTERVAL, _ROSTER_SHARE * (ended - started))
        if self._entries:
            batch |= {"entries": sorted(self._entries, key=_time), "skipped": self._skipped}
            self._entries.clear()
            self._skipped = 0
        return batch


class Roster:
    """Finds what changed about hubs and connections since the last call.

    A comparison costs less than a millisecond for a thousand connections, only while a page is open, and it
    cannot miss a change.
    """

    def __init__(self, service: Service) -> None:
        self._service = service
        self._hubs: list[Sequence[Any]] | None = None
        self._known: dict[str, tuple[frozenset[str], str]] = {}

    def changes(self) -> dict[str, Any]:
        """Return what changed since the last call; everything the first time; nothing if nothing did."""
        hubs: list[Sequence[Any]] = [
            [hub.name, len(hub.connections), len(hub.groups), len(hub.users)] for hub in self._service.state
        ]
        present: dict[str, tuple[frozenset[str], str]] = {}
        put: list[Sequence[Any]] = []
        for hub, connection in itertools.islice(self._connections(), LISTED):
            key = connection.connection_id
            phase = self._service.sessions.by_id[key].phase.value
            known = self._known.get(key)
            if known is None or known[0] != connection.groups or known[1] != phase:
                known = (frozenset(connection.groups), phase)
                put.append(_row(hub, connection, phase))
            present[key] = known
        gone = [key for key in self._known if key not in present]
        changed = hubs != self._hubs or put or gone
        self._hubs, self._known = hubs, present
        return {"hubs": hubs, "put": put, "gone": gone} if changed else {}

    def _connections(self) -> Iterator[tuple[str, Connection]]:
        for hub in self._service.state:
            for connection in hub.connections.values():
                yield hub.name, connection


def _time(entry: Entry) -> float:
    """Return when something began: a request comes before the messages that it sent."""
    began: float = entry["time"]
    return began


def _row(hub: str, connection: Connection, phase: str) -> Sequence[Any]:
    groups = sorted(connection.groups)
    return [
        connection.connection_id,
        hub,
        connection.user_id,
        connection.protocol,
        phase,
        groups[:_LISTED_GROUPS],
        len(groups),
    ]


def _who(client: ClientInfo) -> dict[str, Any]:
    subprotocol = client.subprotocol
    return {
        "hub": client.hub,
        "connections": [client.connection_id],
        "user": client.user_id,
        "protocol": subprotocol if subprotocol in CODECS else None,
    }


def _is_textual(content_type: str) -> bool:
    return content_type.lower().startswith(("text/", "application/json"))


def _preview(data: bytes, *, binary: bool) -> dict[str, Any]:
    """Return the beginning of a payload, as text or base64, and its size in bytes."""
    shown = data[:PREVIEW]
    if binary:
        return {"base64": base64.b64encode(shown).decode(), "size": len(data)}
    # The cut may be inside a character. Other text that is not UTF-8 must not stop the feed.
    return {"text": shown.decode(errors="ignore" if len(data) > PREVIEW else "replace"), "size": len(data)}
