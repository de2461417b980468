"""Entries as JSON for a page, with the beginning of their data."""

import base64
from collections.abc import Mapping
from typing import Any, TypeAlias

from .entry import Entry

#: The most bytes of a payload that are shown, and the most clients that are named.
PREVIEW = 4096
_NAMED = 16

Json: TypeAlias = Mapping[str, Any]


def as_json(entry: Entry) -> Json:
    """Return an entry as JSON."""
    shown: dict[str, Any] = {"id": entry.id, "time": entry.time, "kind": entry.kind, **entry.details}
    if entry.path:
        shown |= {"path": entry.path, "reached": entry.reached}
    else:
        shown |= {
            "hub": entry.hub,
            "connections": [client.connection_id for client in entry.clients[:_NAMED]],
            "user": entry.clients[0].user_id if len(entry.clients) == 1 else None,
            "recipients": len(entry.clients),
        }
    optional = {"group": entry.group, "fromUser": entry.from_user, "failure": entry.failure}
    shown |= {name: value for name, value in optional.items() if value}
    if entry.cause is not None:
        shown["cause"] = entry.cause.id
    return shown if entry.data is None else {**shown, **preview(entry.data, binary=entry.binary)}


def preview(data: bytes, *, binary: bool) -> Json:
    """Return the beginning of a payload, as text or base64, and its size in bytes."""
    shown = data[:PREVIEW]
    if binary:
        return {"base64": base64.b64encode(shown).decode(), "size": len(data)}
    # The cut may be inside a character. Text that is not UTF-8 for another reason must not stop the feed.
    return {"text": shown.decode(errors="ignore" if len(data) > PREVIEW else "replace"), "size": len(data)}
