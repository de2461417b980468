"""What a page is told: traffic as it happens, and who is connected.

Every page has a bounded buffer of its own. The emulator appends to it and goes on; what a page does not fetch
in time is dropped, oldest first, and the page is told how much that was. Payloads are cut to a preview when
they are appended, so that a buffer's size does not depend on what people send.
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
from typing import TYPE_CHECKING, Any, TypeAlias

from azure.messaging.webpubsubservice.emulator._messages import Ack, Connected, DataType, Opcode

if TYPE_CHECKING:
    from azure.messaging.webpubsubservice.emulator._messages import ControlMessage, DataMessage, Frame
    from azure.messaging.webpubsubservice.emulator._records import Recipient, RequestRecord
    from azure.messaging.webpubsubservice.emulator._service import Service
    from azure.messaging.webpubsubservice.emulator._session import Session
    from azure.messaging.webpubsubservice.emulator._state import Connection

#: Entries that wait for a page, which is also the most that one batch holds.
BUFFERED = 400
#: Seconds between batches.
_INTERVAL = 0.1
#: Seconds between looks at who is connected; more, if a look takes more than a twentieth of it.
_ROSTER_INTERVAL = 0.25
_ROSTER_SHARE = 20
#: Bytes of a payload that are shown, and recipients that are named.
PREVIEW = 4096
_NAMED = 16
#: Connections that a page lists, and groups that it lists of each; hubs are counted in full.
LISTED = 5000
_LISTED_GROUPS = 50

Entry: TypeAlias = Mapping[str, Any]


class Feed:
    """Watches a service on behalf of any number of pages."""

    def __init__(self, service: "Service") -> None:
        self._service = service
        self._pages: set[PageFeed] = set()

    def open(self) -> "PageFeed":
        """Start to tell a page; the emulator is watched from the first page on."""
        page = PageFeed(self._service)
        self._pages.add(page)
        self._service.watcher = self
        return page

    def close(self, page: "PageFeed") -> None:
        """Stop telling a page; the emulator is left alone after the last one."""
        self._pages.discard(page)
        if not self._pages:
            self._service.watcher = None

    # --- the watcher ---

    def request(self, record: "RequestRecord", seconds: float, reason: str) -> None:
        """Tell of a request to the data plane."""
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

    def refused(self, path: str, status: int, reason: str) -> None:
        """Tell of a client that was not let in."""
        self._tell("refused", path=path, status=status, reason=reason)

    def connected(self, session: "Session") -> None:
        """Tell of a new client."""
        self._tell("open", **_who(session))

    def ended(self, session: "Session", reason: str) -> None:
        """Tell that a client is gone."""
        self._tell("close", **_who(session), reason=reason)

    def received(self, session: "Session", frame: "Frame") -> None:
        """Tell of a frame from a client."""
        self._tell("in", **_who(session), **_preview(frame.data, binary=frame.opcode is Opcode.BINARY))

    def told(self, session: "Session", message: "ControlMessage", frame: "Frame") -> None:
        """Tell of a frame to a client that carries no data."""
        if isinstance(message, Connected) and message.reconnection_token is not None:
            # Whoever has the token can take the connection over.
            shown = session.codec.encode(replace(message, reconnection_token="(not shown)"))  # noqa: S106
            frame = shown or frame
        preview = _preview(frame.data, binary=frame.opcode is Opcode.BINARY)
        failed = isinstance(message, Ack) and message.error is not None
        self._tell("out", **_who(session), recipients=1, failed=failed, **preview)

    def published(self, hub: str, message: "DataMessage", recipients: Sequence["Recipient"]) -> None:
        """Tell of a message to clients, once for all of them."""
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
            **_preview(message.payload.data, binary=data_type in {DataType.BINARY, DataType.PROTOBUF}),
        )

    def _tell(self, kind: str, **details: Any) -> None:
        entry = {"time": self._service.clock.now(), "kind": kind, **details}
        for page in self._pages:
            page.add(entry)


class PageFeed:
    """What one page is told, in batches."""

    def __init__(self, service: "Service") -> None:
        self._entries: deque[Entry] = deque(maxlen=BUFFERED)
        self._skipped = 0
        self._roster = Roster(service)
        self._roster_due = 0.0
        self._news = asyncio.Event()

    def add(self, entry: Entry) -> None:
        """Append an entry; the oldest goes if there is no room."""
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
    """Finds what changed about hubs and connections between two looks.

    Comparing costs less than a millisecond for a thousand connections, only while a page is open, and cannot
    miss a change that somebody forgot to tell.
    """

    def __init__(self, service: "Service") -> None:
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
            phase = self._service.sessions[key].phase.value
            known = self._known.get(key)
            if known is None or known[0] != connection.groups or known[1] != phase:
                known = (frozenset(connection.groups), phase)
                put.append(_row(hub, connection, phase))
            present[key] = known
        gone = [key for key in self._known if key not in present]
        changed = hubs != self._hubs or put or gone
        self._hubs, self._known = hubs, present
        return {"hubs": hubs, "put": put, "gone": gone} if changed else {}

    def _connections(self) -> Iterator[tuple[str, "Connection"]]:
        for hub in self._service.state:
            for connection in hub.connections.values():
                yield hub.name, connection


def _time(entry: Entry) -> float:
    """Return when something began: a request comes before the messages that it sent."""
    began: float = entry["time"]
    return began


def _row(hub: str, connection: "Connection", phase: str) -> Sequence[Any]:
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


def _who(session: "Session") -> dict[str, Any]:
    connection_id, user_id = session.recipient
    return {
        "hub": session.hub.name,
        "connections": [connection_id],
        "user": user_id,
        "protocol": session.codec.subprotocol,
    }


def _is_textual(content_type: str) -> bool:
    return content_type.lower().startswith(("text/", "application/json"))


def _preview(data: bytes, *, binary: bool) -> dict[str, Any]:
    """Return the beginning of a payload, as text or base64, and its size in bytes."""
    shown = data[:PREVIEW]
    if binary:
        return {"base64": base64.b64encode(shown).decode(), "size": len(data)}
    # A cut may go through a character; what else is not UTF-8 must not stop the feed.
    return {"text": shown.decode(errors="ignore" if len(data) > PREVIEW else "replace"), "size": len(data)}
