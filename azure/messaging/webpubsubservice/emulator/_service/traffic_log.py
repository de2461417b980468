"""One line in the log for each request, each client that comes or goes, and each call to an event handler.

For logs that machines read, every record also has its facts as ``extra``, under :data:`FACTS`. There are no
secrets in either: paths have no query, headers are not shown, and of bodies only what an event handler says
about an error.
"""

import logging
from typing import Any, Final

from typing_extensions import override

from .observers import Observer
from .values import ClientInfo, EventRecord, RequestRecord

_log = logging.getLogger(__name__)

#: The attribute of a log record that has its facts.
FACTS: Final = "webpubsub"

_SUSPICIOUS = frozenset({401, 403})


class TrafficLog(Observer):
    """Writes the log."""

    @override
    def on_request(self, record: RequestRecord, seconds: float, reason: str) -> None:
        level = logging.WARNING if record.status in _SUSPICIOUS else logging.INFO
        if not _log.isEnabledFor(level):
            return
        milliseconds = round(1000 * seconds, 1)
        note = f": {reason}" if reason else ""
        if record.recipients:
            note = f": {record.recipients} recipient{'s' if record.recipients > 1 else ''}"
        _log.log(
            level,
            "%s %s %s%s (%.1f ms)",
            record.status or "no response to",
            record.method,
            record.path,
            note,
            milliseconds,
            extra=_facts(
                "request",
                method=record.method,
                path=record.path,
                operation=record.operation,
                status=record.status,
                milliseconds=milliseconds,
                recipients=record.recipients,
                reason=reason,
            ),
        )

    @override
    def on_refused(self, method: str, path: str, status: int, reason: str) -> None:
        level = logging.WARNING if status in _SUSPICIOUS else logging.INFO
        facts = _facts("refused", method=method, path=path, status=status, reason=reason)
        _log.log(level, "%d %s %s: %s", status, method, path, reason, extra=facts)

    @override
    def on_connected(self, client: ClientInfo) -> None:
        _log.info(
            "%s connected to hub %r %s, %s",
            client.connection_id,
            client.hub,
            "without a user" if client.user_id is None else f"as user {client.user_id!r}",
            client.subprotocol or "without a subprotocol",
            extra=_facts("connected", **_client(client)),
        )

    @override
    def on_ended(self, client: ClientInfo, reason: str) -> None:
        _log.info(
            "%s disconnected from hub %r%s",
            client.connection_id,
            client.hub,
            reason and f": {reason}",
            extra=_facts("disconnected", **_client(client), reason=reason),
        )

    @override
    def on_event(self, record: EventRecord) -> None:
        milliseconds = round(1000 * record.seconds, 1)
        outcome = record.failure or str(record.status)
        note = f", after {len(record.attempts)} attempts" if len(record.attempts) > 1 else ""
        _log.log(
            logging.WARNING if record.failure else logging.INFO,
            "event %r of %s to %s: %s%s (%.1f ms)",
            record.event,
            record.client.connection_id,
            record.url,
            outcome,
            note,
            milliseconds,
            extra=_facts(
                "event",
                **_client(record.client),
                event=record.event,
                url=record.url,
                status=record.status,
                attempts=len(record.attempts),
                milliseconds=milliseconds,
                reason=record.failure,
            ),
        )


def _client(client: ClientInfo) -> dict[str, Any]:
    return {
        "hub": client.hub,
        "connection": client.connection_id,
        "user": client.user_id,
        "subprotocol": client.subprotocol,
    }


def _facts(kind: str, **facts: Any) -> dict[str, dict[str, Any]]:
    return {FACTS: {"kind": kind, **facts}}
