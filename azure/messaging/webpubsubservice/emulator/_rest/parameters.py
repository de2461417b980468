"""Parameters of the data plane: their rules, and the api-version that introduced each."""

from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from azure.messaging.webpubsubservice.emulator import _names
from azure.messaging.webpubsubservice.emulator._odata.compile import Subject, parse_filter
from azure.messaging.webpubsubservice.emulator._odata.syntax import FilterError
from azure.messaging.webpubsubservice.emulator._query import Query
from azure.messaging.webpubsubservice.emulator._service.permissions import Permission
from azure.messaging.webpubsubservice.emulator._specification import API_VERSIONS, MAX_PAGE, Route

from .errors import invalid_parameter


@dataclass(frozen=True, slots=True)
class QueryParameter:
    """One parameter of the query. ``read`` raises ``ValueError`` with a message for the caller."""

    read: Callable[[Sequence[str]], Any]
    since: str = API_VERSIONS[0]


def _text(values: Sequence[str]) -> str:
    return values[-1]  # of several values, ASP.NET takes the last


def _integer(minimum: int, maximum: int, message: str) -> Callable[[Sequence[str]], int]:
    def read(values: Sequence[str]) -> int:
        text = _text(values)
        digits = text.removeprefix("+")
        if not (
            digits.isascii() and digits.isdigit() and len(digits) <= 10 and minimum <= int(digits) <= maximum
        ):
            raise ValueError(message)
        return int(digits)

    return read


def _bounded(maximum: int, message: str) -> Callable[[Sequence[str]], str]:
    def read(values: Sequence[str]) -> str:
        text = _text(values)
        if not 1 <= len(text) <= maximum:
            raise ValueError(message)
        return text

    return read


def _choice(*choices: str) -> Callable[[Sequence[str]], str]:
    def read(values: Sequence[str]) -> str:
        text = _text(values)
        for choice in choices:
            if text.lower() == choice.lower():
                return choice
        raise ValueError(f"The value must be one of {', '.join(choices)}.")

    return read


_INT32 = 2**31 - 1

#: The permissions by name, in lower case, and by number.
_PERMISSIONS: Mapping[str, Permission] = {
    "sendtogroup": Permission.SEND_TO_GROUP,
    "1": Permission.SEND_TO_GROUP,
    "joinleavegroup": Permission.JOIN_LEAVE_GROUP,
    "2": Permission.JOIN_LEAVE_GROUP,
}


def permission_of(name: str) -> Permission | None:
    """Return the permission with this name in a path."""
    return _PERMISSIONS.get(name.lower())


QUERY: Mapping[str, QueryParameter] = {
    "excluded": QueryParameter(list),
    "filter": QueryParameter(_text, since="2022-11-01"),
    "messageTtlSeconds": QueryParameter(_integer(0, 300, "Invalid messageTtlSeconds."), since="2023-07-01"),
    "reason": QueryParameter(_text),
    "targetName": QueryParameter(_text),
    "maxpagesize": QueryParameter(_integer(1, MAX_PAGE, "Invalid maxpagesize.")),
    "top": QueryParameter(_integer(1, _INT32, "Invalid top.")),
    "continuationToken": QueryParameter(_bounded(2048, "Invalid continuationToken.")),
    "userId": QueryParameter(_text),
    "role": QueryParameter(list),
    "group": QueryParameter(list, since="2022-11-01"),
    "minutesToExpire": QueryParameter(_integer(1, _INT32, "Invalid minutesToExpire.")),
    "clientType": QueryParameter(_choice("Default", "MQTT"), since="2024-01-01"),
}

_PATH: Mapping[str, tuple[Callable[[str], bool], str]] = {
    "hub": (_names.is_hub, _names.INVALID_HUB),
    "group": (_names.is_group, _names.INVALID_GROUP),
    "connectionId": (_names.is_id, "Invalid connection id: it must not be blank."),
    "userId": (_names.is_id, "Invalid user id: it must not be blank."),
    "permission": (
        lambda name: permission_of(name) is not None,
        "Invalid permission. It must be sendToGroup or joinLeaveGroup.",
    ),
}


def read_filter(text: str, name: str = "filter") -> Callable[[Subject], bool]:
    """Return the predicate for a filter in the query or in a body.

    :raises ApiError: 400, in the service's words.
    """
    try:
        return parse_filter(text).matches
    except FilterError as error:
        raise invalid_parameter(name, str(error)) from None


def check_path(parameters: Mapping[str, str]) -> None:
    """Check the parameters in the path.

    :raises ApiError: One breaks its rule.
    """
    for name, value in parameters.items():
        accepts, message = _PATH[name]
        if not accepts(value):
            raise invalid_parameter(name, message)


def read_query(route: Route, api_version: str, query: Query) -> Mapping[str, Any]:
    """Parse the parameters that the operation has in this api-version, and ignore others.

    :raises ApiError: One breaks its rule.
    """
    values: dict[str, Any] = {}
    for name in _known(route, api_version):
        if name in query:
            try:
                values[name] = QUERY[name].read(query.all(name))
            except ValueError as error:
                raise invalid_parameter(name, str(error)) from None
    return values


def ignored(route: Route, api_version: str, query: Query) -> list[str]:
    """Return the names in a query that the operation does not have in this api-version."""
    known = {"api-version", *(name.lower() for name in _known(route, api_version))}
    return [name for name in query if name.lower() not in known]


def _known(route: Route, api_version: str) -> Iterator[str]:
    return (name for name in route.query if QUERY[name].since <= api_version)
