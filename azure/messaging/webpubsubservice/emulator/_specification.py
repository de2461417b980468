"""Facts about every operation of the data plane: path, api-versions, parameters, status of success.

Written from the specification, version by version; a test compares it with the documents in ``swagger/``.
What an operation does is in ``_rest.operations``.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from enum import Enum
from typing import Literal

#: The published api-versions, oldest first.
API_VERSIONS = (
    "2020-10-01",
    "2021-05-01-preview",
    "2021-08-01-preview",
    "2021-10-01",
    "2022-11-01",
    "2023-07-01",
    "2024-01-01",
    "2024-12-01",
)

#: The newest api-version, which may be a preview.
LATEST = API_VERSIONS[-1]

#: The api-version of requests that name none, which is a choice: the newest one that is no preview.
DEFAULT_API_VERSION = [version for version in API_VERSIONS if not version.endswith("-preview")][-1]

#: The most connections in one page of a list, which is also the default.
MAX_PAGE = 200

_INT32 = 2**31 - 1


class Body(Enum):
    """The kind of body that an operation reads."""

    NONE = "nothing"
    MESSAGE = "a message"
    GROUPS = "groups and a filter"


@dataclass(frozen=True, slots=True)
class Route:
    """One operation of the specification."""

    operation: str
    method: str
    template: str
    #: The status of success, by the first api-version that uses it.
    success: Mapping[str, int]
    query: Sequence[str] = ()
    body: Body = Body.NONE
    since: str = API_VERSIONS[0]
    until: str = LATEST
    #: Whether callers need a token. An operation that needs none ignores everything else in a request.
    needs_token: bool = True
    #: Other methods that get the same response.
    aliases: Sequence[str] = ()

    def success_status(self, api_version: str) -> int:
        """Return the status that ``api_version`` documents for success."""
        return next(
            self.success[begin] for begin in sorted(self.success, reverse=True) if begin <= api_version
        )

    def versions(self) -> list[str]:
        """Return the api-versions that have the operation."""
        return [version for version in API_VERSIONS if self.since <= version <= self.until]


_OK = {"2020-10-01": 200}
_ACCEPTED = {"2020-10-01": 202}
_NO_CONTENT = {"2020-10-01": 200, "2021-10-01": 204}

_SEND = ("excluded", "filter", "messageTtlSeconds")
_CLOSE = ("excluded", "reason")

_HUB = "/api/hubs/{hub}"
_CONNECTION = _HUB + "/connections/{connectionId}"
_GROUP = _HUB + "/groups/{group}"
_MEMBER = _GROUP + "/connections/{connectionId}"
_USER = _HUB + "/users/{userId}"
_USER_IN_GROUP = _USER + "/groups/{group}"
_PERMISSION = _HUB + "/permissions/{permission}/connections/{connectionId}"


@dataclass(frozen=True, slots=True)
class QueryParameter:
    """One parameter of a query."""

    kind: Literal["text", "list", "integer", "choice"] = "text"
    #: The bounds of an integer, or of the length of a text.
    minimum: int = 0
    maximum: int = _INT32
    choices: Sequence[str] = ()
    since: str = API_VERSIONS[0]


#: The parameters of the operations' queries, by name.
QUERY: Mapping[str, QueryParameter] = {
    "excluded": QueryParameter("list"),
    "filter": QueryParameter(since="2022-11-01"),
    "messageTtlSeconds": QueryParameter("integer", maximum=300, since="2023-07-01"),
    "reason": QueryParameter(),
    "targetName": QueryParameter(),
    "maxpagesize": QueryParameter("integer", 1, MAX_PAGE),
    "top": QueryParameter("integer", 1),
    "continuationToken": QueryParameter("text", 1, 2048),
    "userId": QueryParameter(),
    "role": QueryParameter("list"),
    "group": QueryParameter("list", since="2022-11-01"),
    "minutesToExpire": QueryParameter("integer", 1),
    "clientType": QueryParameter("choice", choices=("Default", "MQTT"), since="2024-01-01"),
}

# fmt: off
ROUTES: Sequence[Route] = (
    Route("HealthApi_GetServiceStatus", "HEAD", "/api/health", _OK, needs_token=False, aliases=("GET",)),

    Route("WebPubSub_SendToAll", "POST", _HUB + "/:send", _ACCEPTED, _SEND, Body.MESSAGE),
    Route("WebPubSub_SendToGroup", "POST", _GROUP + "/:send", _ACCEPTED, _SEND, Body.MESSAGE),
    Route("WebPubSub_SendToUser", "POST", _USER + "/:send", _ACCEPTED, ("filter", "messageTtlSeconds"),
          Body.MESSAGE),
    Route("WebPubSub_SendToConnection", "POST", _CONNECTION + "/:send", _ACCEPTED, ("messageTtlSeconds",),
          Body.MESSAGE),

    Route("WebPubSub_ConnectionExists", "HEAD", _CONNECTION, _OK),
    Route("WebPubSub_GroupExists", "HEAD", _GROUP, _OK),
    Route("WebPubSub_UserExists", "HEAD", _USER, _OK),
    Route("WebPubSub_UserExistsInGroup", "HEAD", _USER_IN_GROUP, _OK, until="2020-10-01"),

    Route("WebPubSub_CloseConnection", "DELETE", _CONNECTION, _NO_CONTENT, ("reason",)),
    Route("WebPubSub_CloseAllConnections", "POST", _HUB + "/:closeConnections", _NO_CONTENT, _CLOSE,
          since="2021-10-01"),
    Route("WebPubSub_CloseGroupConnections", "POST", _GROUP + "/:closeConnections", _NO_CONTENT, _CLOSE,
          since="2021-10-01"),
    Route("WebPubSub_CloseUserConnections", "POST", _USER + "/:closeConnections", _NO_CONTENT, _CLOSE,
          since="2021-10-01"),

    Route("WebPubSub_AddConnectionToGroup", "PUT", _MEMBER, _OK),
    Route("WebPubSub_RemoveConnectionFromGroup", "DELETE", _MEMBER, _NO_CONTENT),
    Route("WebPubSub_RemoveConnectionFromAllGroups", "DELETE", _CONNECTION + "/groups", _NO_CONTENT,
          since="2022-11-01"),
    Route("WebPubSub_AddUserToGroup", "PUT", _USER_IN_GROUP, _OK),
    Route("WebPubSub_RemoveUserFromGroup", "DELETE", _USER_IN_GROUP, _NO_CONTENT),
    Route("WebPubSub_RemoveUserFromAllGroups", "DELETE", _USER + "/groups", _NO_CONTENT),
    Route("WebPubSub_AddConnectionsToGroups", "POST", _HUB + "/:addToGroups", _OK, body=Body.GROUPS,
          since="2023-07-01"),
    Route("WebPubSub_RemoveConnectionsFromGroups", "POST", _HUB + "/:removeFromGroups", _OK,
          body=Body.GROUPS, since="2023-07-01"),
    Route("WebPubSub_ListConnectionsInGroup", "GET", _GROUP + "/connections", _OK, ("maxpagesize", "top",
          "continuationToken"), since="2024-12-01"),

    Route("WebPubSub_GrantPermission", "PUT", _PERMISSION, _OK, ("targetName",)),
    Route("WebPubSub_RevokePermission", "DELETE", _PERMISSION, _NO_CONTENT, ("targetName",)),
    Route("WebPubSub_CheckPermission", "HEAD", _PERMISSION, _OK, ("targetName",)),

    Route("WebPubSub_GenerateClientToken", "POST", _HUB + "/:generateToken", _OK, ("userId", "role",
          "group", "minutesToExpire", "clientType"), since="2021-08-01-preview"),
)
# fmt: on

#: Parts of the service that the emulator lacks, by the beginning of their paths.
NOT_EMULATED: Mapping[str, str] = {
    "/clients/mqtt": "MQTT",
    "/clients/socketio": "Socket.IO",
    "/clients/chat": "Chat",
    "/server/tunnel": "Tunnel connections",
}


def not_emulated(what: str) -> str:
    """Return the message for a part of the service that is not emulated."""
    return f"{what} are not emulated." if what.endswith("s") else f"{what} is not emulated."


#: The names of all operations.
OPERATIONS = frozenset(route.operation for route in ROUTES)


@dataclass(frozen=True, slots=True)
class Match:
    """The routes of a path, by method, and the path's parameters."""

    routes: Mapping[str, Route]
    parameters: Mapping[str, str]


def match(segments: Sequence[str]) -> Match | None:
    """Return the operations at a path of decoded segments. Fixed segments match in any case."""
    for template, routes in _BY_TEMPLATE.items():
        parameters = _match_template(template, segments)
        if parameters is not None:
            return Match(routes, parameters)
    return None


def _match_template(template: Sequence[str], segments: Sequence[str]) -> dict[str, str] | None:
    if len(template) != len(segments):
        return None
    parameters: dict[str, str] = {}
    for pattern, segment in zip(template, segments, strict=True):
        if pattern.startswith("{") and segment:
            parameters[pattern[1:-1]] = segment
        elif pattern.lower() != segment.lower():
            return None
    return parameters


def _by_template() -> Mapping[Sequence[str], Mapping[str, Route]]:
    table: dict[Sequence[str], dict[str, Route]] = {}
    for route in ROUTES:
        routes = table.setdefault(tuple(route.template[1:].split("/")), {})
        routes |= dict.fromkeys((route.method, *route.aliases), route)
    return table


_BY_TEMPLATE = _by_template()
