"""The operations of the data plane as the page's form needs them, from the specification's facts."""

import re
from collections.abc import Callable, Mapping, Sequence
from typing import Any

from azure.messaging.webpubsubservice.emulator._names import PATH_RULES
from azure.messaging.webpubsubservice.emulator._service.permissions import INVALID_PERMISSION, Permission
from azure.messaging.webpubsubservice.emulator._specification import (
    DEFAULT_API_VERSION,
    QUERY,
    ROUTES,
    Body,
    Route,
)

_PLACEHOLDER = re.compile(r"\{(\w+)\}")

PERMISSIONS = tuple(permission.value for permission in Permission)

#: The rule for each parameter of a path, and the message if it is broken.
PATH: Mapping[str, tuple[Callable[[str], bool], str]] = {
    **PATH_RULES,
    "permission": (PERMISSIONS.__contains__, INVALID_PERMISSION),
}

BY_NAME: Mapping[str, Route] = {route.operation: route for route in ROUTES}


def path_parameters(route: Route) -> Sequence[str]:
    """Return the names of the path's parameters, in the order of the path."""
    return _PLACEHOLDER.findall(route.template)


def api_version(route: Route) -> str:
    """Return the api-version that a request for the operation has by default."""
    return max(route.since, min(route.until, DEFAULT_API_VERSION))


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
            "query": [{"name": name, **_field(name)} for name in route.query],
            "body": {Body.NONE: None, Body.MESSAGE: "message", Body.GROUPS: "groups"}[route.body],
        }
        for route in ROUTES
    ]


def _field(name: str) -> Mapping[str, Any]:
    """Return the kind of form field for a parameter of a query, and what it allows."""
    parameter = QUERY[name]
    match parameter.kind:
        case "integer":
            bounds = {"minimum": parameter.minimum, "maximum": parameter.maximum}
            return {"kind": "integer", **bounds}
        case "choice":
            return {"kind": "choice", "choices": list(parameter.choices)}
        case kind:
            return {"kind": kind}
