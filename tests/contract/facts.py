"""What the service's published api-versions say, as tables.

These rows are the other half of the contract: they were written from the published facts, not from the
documents in ``swagger/``, so a mistake in a document shows. A cell that changed over time is a mapping from
the version where a value starts to the value; it holds until the next one.

An operation's parameters are one string, in the order of the document: ``{hub}`` is in the path,
``?excluded`` in the query, ``=message`` is the body, and ``@2022-11-01`` says since when.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from typing import Any, TypeVar

T = TypeVar("T")
Since = Mapping[str, T]

#: How many operations each version has.
OPERATIONS_PER_VERSION = {
    "2020-10-01": 18,
    "2021-05-01-preview": 17,
    "2021-08-01-preview": 18,
    "2021-10-01": 21,
    "2022-11-01": 22,
    "2023-07-01": 24,
    "2024-01-01": 24,
    "2024-12-01": 25,
}
VERSIONS = tuple(OPERATIONS_PER_VERSION)
NEWEST = VERSIONS[-1]
#: What builders and clients use if nothing else is said.
DEFAULT = next(version for version in reversed(VERSIONS) if not version.endswith("-preview"))


def at(version: str, changes: Since[T]) -> T:
    """Return the value that holds in ``version``."""
    return changes[max(start for start in changes if start <= version)]


@dataclass(frozen=True)
class Operation:
    """One method of one path, through all versions."""

    name: str
    """What the operation id says after its first underscore, in the newest version that has it."""
    method: str
    path: str
    parameters: str
    answers: Since[str]
    """Status codes except ``default``; ``200:Model`` where there is a body."""
    since: str = "2020-10-01"
    until: str = NEWEST
    """The last version that has the operation."""
    group: str = "WebPubSub"
    consumes: tuple[str, ...] = ()
    renamed: Since[str] = field(default_factory=dict)
    """Earlier operation ids, where they differ."""
    extensions: Mapping[str, Any] = field(default_factory=dict)

    def versions(self) -> Iterator[str]:
        """Yield the versions that have the operation."""
        return (version for version in VERSIONS if self.since <= version <= self.until)

    def operation_id(self, version: str) -> str:
        """Return the id that the document of ``version`` gives it."""
        return at(version, {VERSIONS[0]: f"{self.group}_{self.name}", **self.renamed})


MESSAGE = ("application/octet-stream", "text/plain", "application/json")
JSON = ("application/json",)
ANY_JSON = ("text/plain", "application/json", "text/json")

OPERATIONS = (
    Operation(
        "GetServiceStatus",
        "HEAD",
        "/api/health",
        "?api-version",
        {"2020-10-01": "200"},
        group="HealthApi",
        renamed={
            "2020-10-01": "HealthApi_GetHealthStatus",
            "2021-05-01-preview": "HealthApi_GetServiceStatus",
        },
    ),
    Operation(
        "AddConnectionsToGroups",
        "POST",
        "/api/hubs/{hub}/:addToGroups",
        "{hub} ?api-version =groupsToAdd",
        {"2023-07-01": "200"},
        since="2023-07-01",
        consumes=JSON,
    ),
    Operation(
        "CloseAllConnections",
        "POST",
        "/api/hubs/{hub}/:closeConnections",
        "{hub} ?excluded ?reason ?api-version",
        {"2021-10-01": "204"},
        since="2021-10-01",
    ),
    Operation(
        "GenerateClientToken",
        "POST",
        "/api/hubs/{hub}/:generateToken",
        "{hub} ?userId ?role ?minutesToExpire ?api-version ?group@2022-11-01 ?clientType@2024-01-01",
        {"2021-08-01-preview": "200:ClientTokenResponse"},
        since="2021-08-01-preview",
    ),
    Operation(
        "RemoveConnectionsFromGroups",
        "POST",
        "/api/hubs/{hub}/:removeFromGroups",
        "{hub} ?api-version =groupsToRemove",
        {"2023-07-01": "200"},
        since="2023-07-01",
        consumes=JSON,
    ),
    Operation(
        "SendToAll",
        "POST",
        "/api/hubs/{hub}/:send",
        "{hub} ?excluded ?api-version =message ?filter@2022-11-01 ?messageTtlSeconds@2023-07-01",
        {"2020-10-01": "202"},
        consumes=MESSAGE,
    ),
    Operation(
        "ConnectionExists",
        "HEAD",
        "/api/hubs/{hub}/connections/{connectionId}",
        "{hub} {connectionId} ?api-version",
        {"2020-10-01": "200 404"},
    ),
    Operation(
        "CloseConnection",
        "DELETE",
        "/api/hubs/{hub}/connections/{connectionId}",
        "{hub} {connectionId} ?reason ?api-version",
        {"2020-10-01": "200", "2021-10-01": "204"},
        renamed={
            "2020-10-01": "WebPubSub_CloseClientConnection",
            "2021-05-01-preview": "WebPubSub_CloseConnection",
        },
    ),
    Operation(
        "SendToConnection",
        "POST",
        "/api/hubs/{hub}/connections/{connectionId}/:send",
        "{hub} {connectionId} ?api-version =message ?messageTtlSeconds@2023-07-01",
        {"2020-10-01": "202"},
        consumes=MESSAGE,
    ),
    Operation(
        "RemoveConnectionFromAllGroups",
        "DELETE",
        "/api/hubs/{hub}/connections/{connectionId}/groups",
        "{hub} {connectionId} ?api-version",
        {"2022-11-01": "204"},
        since="2022-11-01",
    ),
    Operation(
        "GroupExists",
        "HEAD",
        "/api/hubs/{hub}/groups/{group}",
        "{hub} {group} ?api-version",
        {"2020-10-01": "200 404"},
    ),
    Operation(
        "CloseGroupConnections",
        "POST",
        "/api/hubs/{hub}/groups/{group}/:closeConnections",
        "{hub} {group} ?excluded ?reason ?api-version",
        {"2021-10-01": "204"},
        since="2021-10-01",
    ),
    Operation(
        "SendToGroup",
        "POST",
        "/api/hubs/{hub}/groups/{group}/:send",
        "{hub} {group} ?excluded ?api-version =message ?filter@2022-11-01 ?messageTtlSeconds@2023-07-01",
        {"2020-10-01": "202"},
        consumes=MESSAGE,
    ),
    Operation(
        "ListConnectionsInGroup",
        "GET",
        "/api/hubs/{hub}/groups/{group}/connections",
        "{hub} {group} ?maxpagesize ?top ?continuationToken ?api-version",
        {"2024-12-01": "200:GroupMemberPagedValues"},
        since="2024-12-01",
        extensions={"x-ms-pageable": {"nextLinkName": "nextLink"}},
    ),
    Operation(
        "AddConnectionToGroup",
        "PUT",
        "/api/hubs/{hub}/groups/{group}/connections/{connectionId}",
        "{hub} {group} {connectionId} ?api-version",
        {"2020-10-01": "200 404", "2021-10-01": "200"},
    ),
    Operation(
        "RemoveConnectionFromGroup",
        "DELETE",
        "/api/hubs/{hub}/groups/{group}/connections/{connectionId}",
        "{hub} {group} {connectionId} ?api-version",
        {"2020-10-01": "200 404", "2021-05-01-preview": "200", "2021-10-01": "204"},
    ),
    Operation(
        "CheckPermission",
        "HEAD",
        "/api/hubs/{hub}/permissions/{permission}/connections/{connectionId}",
        "{hub} {permission} {connectionId} ?targetName ?api-version",
        {"2020-10-01": "200 404"},
    ),
    Operation(
        "GrantPermission",
        "PUT",
        "/api/hubs/{hub}/permissions/{permission}/connections/{connectionId}",
        "{hub} {permission} {connectionId} ?targetName ?api-version",
        {"2020-10-01": "200"},
    ),
    Operation(
        "RevokePermission",
        "DELETE",
        "/api/hubs/{hub}/permissions/{permission}/connections/{connectionId}",
        "{hub} {permission} {connectionId} ?targetName ?api-version",
        {"2020-10-01": "200", "2021-10-01": "204"},
    ),
    Operation(
        "UserExists",
        "HEAD",
        "/api/hubs/{hub}/users/{userId}",
        "{hub} {userId} ?api-version",
        {"2020-10-01": "200 404"},
    ),
    Operation(
        "CloseUserConnections",
        "POST",
        "/api/hubs/{hub}/users/{userId}/:closeConnections",
        "{hub} {userId} ?excluded ?reason ?api-version",
        {"2021-10-01": "204"},
        since="2021-10-01",
    ),
    Operation(
        "SendToUser",
        "POST",
        "/api/hubs/{hub}/users/{userId}/:send",
        "{hub} {userId} ?api-version =message ?filter@2022-11-01 ?messageTtlSeconds@2023-07-01",
        {"2020-10-01": "202"},
        consumes=MESSAGE,
    ),
    Operation(
        "RemoveUserFromAllGroups",
        "DELETE",
        "/api/hubs/{hub}/users/{userId}/groups",
        "{hub} {userId} ?api-version",
        {"2020-10-01": "200", "2021-10-01": "204"},
    ),
    Operation(
        "UserExistsInGroup",
        "HEAD",
        "/api/hubs/{hub}/users/{userId}/groups/{group}",
        "{hub} {group} {userId} ?api-version",
        {"2020-10-01": "200 404"},
        until="2020-10-01",
    ),
    Operation(
        "AddUserToGroup",
        "PUT",
        "/api/hubs/{hub}/users/{userId}/groups/{group}",
        "{hub} {group} {userId} ?api-version",
        {"2020-10-01": "200", "2021-05-01-preview": "200 404", "2021-10-01": "200"},
    ),
    Operation(
        "RemoveUserFromGroup",
        "DELETE",
        "/api/hubs/{hub}/users/{userId}/groups/{group}",
        "{hub} {group} {userId} ?api-version",
        {"2020-10-01": "200", "2021-10-01": "204"},
    ),
)

# Parameters as they stand in the documents, except for name, location and description. The same name means
# the same thing in every operation of a version.

TEXT: dict[str, Any] = {"type": "string"}
TEXTS: dict[str, Any] = {"type": "array", "items": TEXT, "collectionFormat": "multi"}
INT32: dict[str, Any] = {"type": "integer", "format": "int32"}
IN_PATH: dict[str, Any] = {"type": "string", "required": True}
PERMISSIONS: dict[str, Any] = {**IN_PATH, "enum": ["sendToGroup", "joinLeaveGroup"]}

PARAMETERS: dict[str, Since[Mapping[str, Any]]] = {
    "{hub}": {
        "2020-10-01": IN_PATH,
        "2021-05-01-preview": {**IN_PATH, "pattern": r"^[A-Za-z][A-Za-z0-9_`,.[\]]{0,127}$"},
    },
    "{group}": {
        "2020-10-01": IN_PATH,
        "2021-05-01-preview": {**IN_PATH, "minLength": 1, "maxLength": 1024},
        "2022-11-01": {**IN_PATH, "minLength": 1, "maxLength": 1024, "pattern": r"^(?!\s+$).+$"},
    },
    "{connectionId}": {"2020-10-01": IN_PATH, "2021-05-01-preview": {**IN_PATH, "minLength": 1}},
    "{userId}": {"2020-10-01": IN_PATH, "2021-05-01-preview": {**IN_PATH, "minLength": 1}},
    "{permission}": {
        "2020-10-01": PERMISSIONS,
        "2021-05-01-preview": {
            **PERMISSIONS,
            "x-ms-enum": {"name": "WebPubSubPermission", "modelAsString": True},
        },
    },
    "?api-version": {
        "2020-10-01": {**TEXT, "default": "2020-10-01"},
        "2021-05-01-preview": {**TEXT, "default": "2021-05-01-preview"},
        # 2021-08-01-preview was published with the default of the version before it.
        "2021-10-01": {**TEXT, "required": True},
    },
    "?excluded": {"2020-10-01": TEXTS},
    "?reason": {"2020-10-01": TEXT},
    "?targetName": {"2020-10-01": TEXT},
    "?filter": {"2022-11-01": TEXT},
    "?messageTtlSeconds": {"2023-07-01": {**INT32, "minimum": 0, "maximum": 300}},
    "?userId": {"2021-08-01-preview": {**TEXT, "default": ""}, "2021-10-01": TEXT},
    "?role": {"2021-08-01-preview": TEXTS},
    "?minutesToExpire": {
        "2021-08-01-preview": {**INT32, "default": 60},
        "2022-11-01": {**INT32, "default": 60, "minimum": 1},
    },
    "?group": {"2022-11-01": TEXTS},
    "?clientType": {
        "2024-01-01": {
            **TEXT,
            "default": "Default",
            "enum": ["Default", "MQTT"],
            "x-ms-enum": {"name": "WebPubSubClientType", "modelAsString": True},
        }
    },
    "?maxpagesize": {"2024-12-01": {**INT32, "minimum": 1, "maximum": 200}},
    "?top": {"2024-12-01": {**INT32, "minimum": 1, "maximum": 2147483647}},
    "?continuationToken": {"2024-12-01": TEXT},
    "=message": {"2020-10-01": {"required": True, "schema": {**TEXT, "format": "binary"}}},
    "=groupsToAdd": {
        "2023-07-01": {"required": True, "schema": {"$ref": "#/definitions/AddToGroupsRequest"}}
    },
    "=groupsToRemove": {
        "2023-07-01": {"required": True, "schema": {"$ref": "#/definitions/RemoveFromGroupsRequest"}}
    },
}

PLACES = {"{": "path", "?": "query", "=": "body"}


def parameters(operation: Operation, version: str) -> list[dict[str, Any]]:
    """Return the parameters of an operation, resolved and in order."""
    listed = []
    for word in operation.parameters.split():
        key, _, since = word.partition("@")
        if since <= version:
            name = key.strip("{}?=")
            listed.append({"name": name, "in": PLACES[key[0]], **at(version, PARAMETERS[key])})
    return listed


def produces(operation: Operation, version: str) -> tuple[str, ...]:
    """Return the content types of an operation's answers; none where the document declares none."""
    if operation.path == "/api/health":
        return at(version, {"2020-10-01": (), "2021-10-01": ANY_JSON, "2022-11-01": ()})
    if operation.name == "GenerateClientToken":
        return ANY_JSON
    newest = () if operation.method == "HEAD" else JSON
    return at(version, {"2020-10-01": (), "2021-10-01": ANY_JSON, "2022-11-01": newest})


ERROR_CODE = {"x-ms-error-code": {"type": "string", "x-ms-client-name": "ErrorCode"}}
ERROR: dict[str, Any] = {"x-ms-error-response": True}
ERROR_WITH_CODE: dict[str, Any] = {**ERROR, "headers": ERROR_CODE}
ERROR_WITH_BODY: dict[str, Any] = {**ERROR_WITH_CODE, "schema": {"$ref": "#/definitions/ErrorDetail"}}


def responses(operation: Operation, version: str) -> dict[str, dict[str, Any]]:
    """Return the responses of an operation, resolved and without descriptions."""
    answers = {}
    for word in at(version, operation.answers).split():
        code, _, model = word.partition(":")
        answers[code] = {"schema": {"$ref": f"#/definitions/{model}"}} if model else {}
    if operation.path == "/api/health":
        default = at(version, {"2020-10-01": ERROR, "2021-10-01": {}})
    else:
        newest = ERROR_WITH_CODE if operation.method == "HEAD" else ERROR_WITH_BODY
        default = at(version, {"2020-10-01": ERROR, "2021-10-01": ERROR_WITH_BODY, "2022-11-01": newest})
    return {**answers, "default": default}


@dataclass(frozen=True)
class Definition:
    """A model: its properties, and those of them that are required."""

    properties: Mapping[str, Any]
    since: str
    required: tuple[str, ...] = ()

    def schema(self, version: str) -> dict[str, Any]:
        """Return the schema that the document of ``version`` gives it."""
        schema: dict[str, Any] = {"type": "object", "properties": self.properties}
        if self.required:
            schema["required"] = list(self.required)
        if version >= "2024-12-01":
            schema["additionalProperties"] = False
        return schema


GROUPS_AND_FILTER = {"groups": {"type": "array", "items": TEXT}, "filter": TEXT}
INNER_ERROR = {"$ref": "#/definitions/InnerError"}

DEFINITIONS = {
    "ClientTokenResponse": Definition({"token": TEXT}, since="2021-08-01-preview"),
    "ErrorDetail": Definition(
        {
            "code": TEXT,
            "message": TEXT,
            "target": TEXT,
            "details": {"type": "array", "items": {"$ref": "#/definitions/ErrorDetail"}},
            "inner": INNER_ERROR,
        },
        since="2021-10-01",
    ),
    "InnerError": Definition({"code": TEXT, "inner": INNER_ERROR}, since="2021-10-01"),
    "AddToGroupsRequest": Definition(GROUPS_AND_FILTER, since="2023-07-01"),
    "RemoveFromGroupsRequest": Definition(GROUPS_AND_FILTER, since="2023-07-01"),
    "GroupMember": Definition(
        {"connectionId": TEXT, "userId": TEXT}, since="2024-12-01", required=("connectionId",)
    ),
    "GroupMemberPagedValues": Definition(
        {
            "value": {"type": "array", "items": {"$ref": "#/definitions/GroupMember"}},
            "nextLink": {"type": "string", "format": "uri"},
        },
        since="2024-12-01",
        required=("value",),
    ),
}


def host(version: str) -> dict[str, Any] | None:
    """Return the host template; the first versions have none."""
    name = at(version, {"2020-10-01": "", "2021-08-01-preview": "Endpoint", "2023-07-01": "endpoint"})
    if not name:
        return None
    parameter = {
        **IN_PATH,
        "name": name,
        "in": "path",
        "x-ms-parameter-location": "client",
        "x-ms-skip-url-encoding": True,
    }
    if version >= "2023-07-01":
        parameter["format"] = "url"
    return {"hostTemplate": f"{{{name}}}", "useSchemePrefix": False, "parameters": [parameter]}
