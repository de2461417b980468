"""What each operation of the data plane does to the service."""

import json
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from ._errors import Reply
from ._messages import DataMessage, Payload
from ._service import Service
from ._state import Hub, select


@dataclass(frozen=True, slots=True, kw_only=True)
class Call:
    """One request to an operation, checked and parsed."""

    service: Service
    hub: Hub
    #: Decoded path parameters, by the specification's names.
    path: Mapping[str, str]
    #: Parsed query parameters, by the specification's names; absent ones are not there.
    query: Mapping[str, Any]
    #: The body of an operation that takes one.
    payload: Payload | None = None
    metadata: Mapping[str, str] = field(default_factory=dict)

    @property
    def message(self) -> Payload:
        """The body of an operation that sends a message."""
        if self.payload is None:
            raise AssertionError("the route of a sending operation reads a body")
        return self.payload

    @property
    def excluded(self) -> Sequence[str]:
        """Connection ids that the operation leaves out."""
        excluded: Sequence[str] = self.query.get("excluded", ())
        return excluded

    @property
    def ttl_seconds(self) -> int:
        """Seconds that a message may wait for a client; 0 for no limit."""
        seconds: int = self.query.get("messageTtlSeconds", 0)
        return seconds


#: Does the operation; returns a JSON body, or ``None`` for an answer without one.
Handler = Callable[[Call], Mapping[str, Any] | None]


def get_service_status(call: Call) -> None:
    """Say nothing: that there is an answer says it all."""


def send_to_all(call: Call) -> None:
    """Send to every connection of the hub."""
    targets = select(call.hub.connections.values(), excluded=call.excluded)
    call.service.publish(call.hub, targets, DataMessage(call.message), call.ttl_seconds)


def send_to_group(call: Call) -> None:
    """Send to the members of a group, who learn its name."""
    group = call.path["group"]
    targets = select(call.hub.of_group(group), excluded=call.excluded)
    call.service.publish(call.hub, targets, DataMessage(call.message, group), call.ttl_seconds)


def send_to_user(call: Call) -> None:
    """Send to every connection of a user."""
    targets = select(call.hub.of_user(call.path["userId"]))
    call.service.publish(call.hub, targets, DataMessage(call.message), call.ttl_seconds)


def send_to_connection(call: Call) -> None:
    """Send to one connection, if it is there."""
    connection = call.hub.connections.get(call.path["connectionId"])
    if connection is not None:
        call.service.publish(call.hub, [connection], DataMessage(call.message), call.ttl_seconds)


def json_reply(status: int, body: Mapping[str, Any]) -> Reply:
    """Return a success with a JSON body."""
    data = json.dumps(body, ensure_ascii=False, separators=(",", ":")).encode()
    return Reply(status, {"Content-Type": "application/json; charset=utf-8"}, data)
