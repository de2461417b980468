"""Every operation of the data plane: where it is, since when, what it takes, what it does, how it answers.

Written from the specification's facts, version by version, and compared with the documents in ``swagger/``
by a test.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from enum import Enum

from . import _operations as op

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
LATEST = API_VERSIONS[-1]


class Body(Enum):
    """What an operation reads from the request's body."""

    NONE = "nothing"
    MESSAGE = "a message"
    GROUPS = "groups and a filter"


@dataclass(frozen=True, slots=True)
class Route:
    """One operation of the specification."""

    operation: str
    method: str
    template: str
    handler: op.Handler
    #: The status of success by the api-version it begins with.
    success: Mapping[str, int]
    query: Sequence[str] = ()
    body: Body = Body.NONE
    since: str = API_VERSIONS[0]
    until: str = LATEST

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

_HUB = "/api/hubs/{hub}"

ROUTES: Sequence[Route] = (
    Route("HealthApi_GetServiceStatus", "HEAD", "/api/health", op.get_service_status, _OK),
    Route(
        "WebPubSub_SendToAll",
        "POST",
        _HUB + "/:send",
        op.send_to_all,
        _ACCEPTED,
        ("excluded", "filter", "messageTtlSeconds"),
        Body.MESSAGE,
    ),
    Route(
        "WebPubSub_SendToGroup",
        "POST",
        _HUB + "/groups/{group}/:send",
        op.send_to_group,
        _ACCEPTED,
        ("excluded", "filter", "messageTtlSeconds"),
        Body.MESSAGE,
    ),
    Route(
        "WebPubSub_SendToUser",
        "POST",
        _HUB + "/users/{userId}/:send",
        op.send_to_user,
        _ACCEPTED,
        ("filter", "messageTtlSeconds"),
        Body.MESSAGE,
    ),
    Route(
        "WebPubSub_SendToConnection",
        "POST",
        _HUB + "/connections/{connectionId}/:send",
        op.send_to_connection,
        _ACCEPTED,
        ("messageTtlSeconds",),
        Body.MESSAGE,
    ),
)


@dataclass(frozen=True, slots=True)
class Match:
    """The routes of a path, by method, and the path's parameters."""

    routes: Mapping[str, Route]
    parameters: Mapping[str, str]


def match(segments: Sequence[str]) -> Match | None:
    """Find the operations at a path, given as decoded segments; fixed segments match in any case."""
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
        table.setdefault(tuple(route.template[1:].split("/")), {})[route.method] = route
    return table


_BY_TEMPLATE = _by_template()
