"""The emulator's values as JSON: members are in camel case, like those of the service."""

import base64
from collections.abc import Mapping
from dataclasses import fields
from typing import Any, Final

from azure.messaging.webpubsubservice.emulator._clock import Clock
from azure.messaging.webpubsubservice.emulator._fault_rules import JSON
from azure.messaging.webpubsubservice.emulator._faults import Fault
from azure.messaging.webpubsubservice.emulator._service.values import (
    ConnectionInfo,
    Delivery,
    EventRecord,
    RequestRecord,
)

#: The fields of a fault, by their names in JSON.
FAULT_FIELDS: Final[Mapping[str, str]] = {JSON.name(field.name): field.name for field in fields(Fault)}


def of_fault(fault: Fault, used: int) -> dict[str, Any]:
    """Return a fault and how many times it took effect."""
    return {**{name: getattr(fault, field) for name, field in FAULT_FIELDS.items()}, "used": used}


def of_clock(clock: Clock) -> dict[str, Any]:
    """Return the time in seconds since the Unix epoch, and how many seconds it is ahead of the machine's."""
    return {"now": clock.now(), "ahead": clock.offset}


def of_connection(connection: ConnectionInfo) -> dict[str, Any]:
    """Return a client that is connected or may still come back."""
    return {
        "hub": connection.hub,
        "connectionId": connection.connection_id,
        "userId": connection.user_id,
        "subprotocol": connection.subprotocol,
        "groups": sorted(connection.groups),
    }


def of_request(record: RequestRecord) -> dict[str, Any]:
    """Return a request to the data plane, which was recorded without its tokens."""
    return {
        "method": record.method,
        "path": record.path,
        "query": {name: list(values) for name, values in record.query.items()},
        "headers": dict(record.headers),
        "operation": record.operation,
        "status": record.status,
        **of_bytes(record.body),
    }


def of_delivery(delivery: Delivery) -> dict[str, Any]:
    """Return a message that was written to a client."""
    return {
        "hub": delivery.hub,
        "connectionId": delivery.connection_id,
        "userId": delivery.user_id,
        "group": delivery.group,
        "fromUserId": delivery.from_user_id,
        "dataType": delivery.data_type.value,
        **of_bytes(delivery.data),
    }


def of_event(record: EventRecord) -> dict[str, Any]:
    """Return an event that was sent to an event handler, and its outcome."""
    response = of_bytes(None if record.status is None else record.response_body)
    return {
        "hub": record.client.hub,
        "connectionId": record.client.connection_id,
        "userId": record.client.user_id,
        "event": record.event,
        "type": record.type,
        "url": record.url,
        "headers": dict(record.headers),
        **of_bytes(record.body),
        "attempts": [
            {"status": attempt.status, "problem": attempt.problem, "seconds": attempt.seconds}
            for attempt in record.attempts
        ],
        "status": record.status,
        "responseHeaders": dict(record.response_headers),
        "responseText": response["text"],
        "responseBase64": response["base64"],
        "failure": record.failure,
        "seconds": record.seconds,
    }


def of_bytes(data: bytes | None) -> dict[str, Any]:
    """Return bytes as text if they are UTF-8, and otherwise as Base64."""
    if data is None:
        return {"text": None, "base64": None}
    try:
        return {"text": data.decode(), "base64": None}
    except UnicodeDecodeError:
        return {"text": None, "base64": base64.b64encode(data).decode("ascii")}


_BYTES: Final = ("text", "base64")
#: The members of each kind of entry.
CONNECTION_MEMBERS: Final = ("hub", "connectionId", "userId", "subprotocol", "groups")
REQUEST_MEMBERS: Final = ("method", "path", "query", "headers", "operation", "status", *_BYTES)
DELIVERY_MEMBERS: Final = ("hub", "connectionId", "userId", "group", "fromUserId", "dataType", *_BYTES)
EVENT_MEMBERS: Final = (
    *("hub", "connectionId", "userId", "event", "type", "url", "headers", *_BYTES, "attempts", "status"),
    *("responseHeaders", "responseText", "responseBase64", "failure", "seconds"),
)
