"""Check and parse the parameters of the data plane, by the specification's facts."""

from collections.abc import Callable, Iterator, Mapping, Sequence
from typing import Any

from azure.messaging.webpubsubservice.emulator._names import PATH_RULES
from azure.messaging.webpubsubservice.emulator._odata.compile import Subject, parse_filter
from azure.messaging.webpubsubservice.emulator._odata.syntax import FilterError
from azure.messaging.webpubsubservice.emulator._query import Query
from azure.messaging.webpubsubservice.emulator._service.permissions import INVALID_PERMISSION, Permission
from azure.messaging.webpubsubservice.emulator._specification import QUERY, Route

from .errors import invalid_parameter

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


_PATH: Mapping[str, tuple[Callable[[str], bool], str]] = {
    **PATH_RULES,
    "permission": (lambda name: permission_of(name) is not None, INVALID_PERMISSION),
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
                values[name] = _read(name, query.all(name))
            except ValueError as error:
                raise invalid_parameter(name, str(error)) from None
    return values


def _read(name: str, values: Sequence[str]) -> Any:
    """Parse the values of a parameter.

    :raises ValueError: It breaks its rule. The message is for the caller.
    """
    parameter = QUERY[name]
    text = values[-1]  # of several values, ASP.NET takes the last
    match parameter.kind:
        case "list":
            return list(values)
        case "text":
            if parameter.minimum <= len(text) <= parameter.maximum:
                return text
        case "integer":
            digits = text.removeprefix("+")
            if digits.isascii() and digits.isdigit() and len(digits) <= 10:
                number = int(digits)
                if parameter.minimum <= number <= parameter.maximum:
                    return number
        case "choice":
            for choice in parameter.choices:
                if text.lower() == choice.lower():
                    return choice
            raise ValueError(f"The value must be one of {', '.join(parameter.choices)}.")
    raise ValueError(f"Invalid {name}.")


def ignored(route: Route, api_version: str, query: Query) -> list[str]:
    """Return the names in a query that the operation does not have in this api-version."""
    known = {"api-version", *(name.lower() for name in _known(route, api_version))}
    return [name for name in query if name.lower() not in known]


def _known(route: Route, api_version: str) -> Iterator[str]:
    return (name for name in route.query if QUERY[name].since <= api_version)
