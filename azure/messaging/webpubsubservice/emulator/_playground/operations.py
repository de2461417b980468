"""The operations of the data plane as the page's form needs them, from the specification's facts."""

import re
from collections.abc import Callable, Mapping, Sequence
from typing import Any

from azure.messaging.webpubsubservice.emulator._names import (
    INVALID_GROUP,
    INVALID_HUB,
    is_group,
    is_hub,
    is_id,
)
from azure.messaging.webpubsubservice.emulator._specification import LATEST, MAX_PAGE, ROUTES, Body, Route

_PLACEHOLDER = re.compile(r"\{(\w+)\}")

PERMISSIONS = ("sendToGroup", "joinLeaveGroup")

#: The kinds of form fields for parameters of a query. The others are text.
QUERY: Mapping[str, Mapping[str, Any]] = {
    "excluded": {"kind": "list"},
    "role": {"kind": "list"},
    "group": {"kind": "list"},
    "messageTtlSeconds": {"kind": "integer", "minimum": 0, "maximum": 300},
    "maxpagesize": {"kind": "integer", "minimum": 1, "maximum": MAX_PAGE},
    "top": {"kind": "integer", "minimum": 1},
    "minutesToExpire": {"kind": "integer", "minimum": 1},
    "clientType": {"kind": "choice", "choices": ["Default", "MQTT"]},
}

#: The rule for each parameter of a path, and the message if it is broken.
PATH: Mapping[str, tuple[Callable[[str], bool], str]] = {
    "hub": (is_hub, INVALID_HUB),
    "group": (is_group, INVALID_GROUP),
    "connectionId": (is_id, "A connection id must not be blank."),
    "userId": (is_id, "A user id must not be blank."),
    "permission": (PERMISSIONS.__contains__, f"The permission must be one of {', '.join(PERMISSIONS)}."),
}

BY_NAME: Mapping[str, Route] = {route.operation: route for route in ROUTES}


def path_parameters(route: Route) -> Sequence[str]:
    """Return the names of the path's parameters, in the order of the path."""
    return _PLACEHOLDER.findall(route.template)


def api_version(route: Route) -> str:
    """Return the newest api-version that has the operation."""
    return min(route.until, LATEST)


def words(operation: str) -> list[str]:
    """Return the words of an operation's name: ``send``, ``to``, ``all`` for ``WebPubSub_SendToAll``."""
    return [word.lower() for word in re.findall("[A-Z][a-z]*", operation.partition("_")[2])]


def described() -> Sequence[Mapping[str, Any]]:
    """Return every operation as the page's form needs it."""
    return [
        {
            "operation": route.operation,
            "title": " ".join(words(route.operation)).capitalize(),
            "method": route.method,
            "template": route.template,
            "apiVersion": api_version(route),
            "path": [
                {"name": name, "kind": "choice", "choices": PERMISSIONS}
                if name == "permission"
                else {"name": name, "kind": "text"}
                for name in path_parameters(route)
            ],
            "query": [{"name": name, **QUERY.get(name, {"kind": "text"})} for name in route.query],
            "body": {Body.NONE: None, Body.MESSAGE: "message", Body.GROUPS: "groups"}[route.body],
        }
        for route in ROUTES
    ]
