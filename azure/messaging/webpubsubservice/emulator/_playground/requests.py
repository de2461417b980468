"""The page's requests to the emulator, read from JSON."""

import base64
import binascii
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any
from urllib.parse import quote, urlencode

from azure.messaging.webpubsubservice.emulator._protocol.messages import PayloadType
from azure.messaging.webpubsubservice.emulator._specification import QUERY, Body, Route
from azure.messaging.webpubsubservice.emulator._validation import is_integer

from .entry import Entry
from .operations import BY_NAME, PATH, api_version, path_parameters


class InvalidRequestError(ValueError):
    """The page's request is not possible. The message is for the person who uses the page."""


_CONTENT_TYPES: Mapping[PayloadType, str] = {
    PayloadType.JSON: "application/json",
    PayloadType.TEXT: "text/plain",
    PayloadType.BINARY: "application/octet-stream",
}

#: The most minutes for which a client's URL may be valid.
_LONGEST = 24 * 60


@dataclass(frozen=True, slots=True)
class Call:
    """A request to an operation of the data plane."""

    route: Route
    #: Values of the path's parameters, in the order of the path.
    path: Sequence[str]
    #: The parameters of the query that are set, by the specification's names.
    query: Mapping[str, Any]
    #: Type and bytes of the body, if the operation has one.
    message: tuple[PayloadType, bytes] | None

    @classmethod
    def read(cls, form: Mapping[str, Any]) -> "Call":
        """Read the page's form for a request.

        :raises InvalidRequestError: The form is not complete or not valid.
        """
        route = BY_NAME.get(_text(form, "operation"))
        if route is None:
            raise InvalidRequestError("There is no operation of this name.")
        path = [_segment(name, _text(_part(form, "path"), name)) for name in path_parameters(route)]
        values = _part(form, "query")
        for name in values.keys() - set(route.query):
            raise InvalidRequestError(f"{route.operation} has no parameter {name!r}.")
        query = {name: value for name in route.query for value in [_query(name, values)] if value is not None}
        return cls(route, path, query, None if route.body is Body.NONE else _message(form, route.body))

    @property
    def raw_path(self) -> str:
        """The path, escaped."""
        names = path_parameters(self.route)
        return self.route.template.format(
            **{name: quote(value, safe="") for name, value in zip(names, self.path, strict=True)}
        )

    @property
    def url(self) -> str:
        """Path and query, escaped."""
        if not self.route.needs_token:
            return self.raw_path
        query = {"api-version": api_version(self.route), **self.query}
        return f"{self.raw_path}?{urlencode(query, doseq=True, quote_via=quote, safe='')}"

    @property
    def content_type(self) -> str | None:
        """The media type of the request's body."""
        return None if self.message is None else _CONTENT_TYPES[self.message[0]]


@dataclass(frozen=True, slots=True)
class Client:
    """A client connection that the page wants to open."""

    hub: str
    user_id: str | None
    roles: Sequence[str]
    groups: Sequence[str]
    #: How long its URL is valid.
    minutes: int

    @classmethod
    def read(cls, form: Mapping[str, Any]) -> "Client":
        """Read the page's form for a client.

        :raises InvalidRequestError: No client could connect with these values.
        """
        hub = _named("hub", _text(form, "hub"))
        groups = [_named("group", group) for group in _texts(form, "groups")]
        minutes = form.get("minutes", 1)
        if not is_integer(minutes, 1, _LONGEST):
            raise InvalidRequestError(f"The minutes must be a whole number from 1 to {_LONGEST}.")
        return cls(hub, _text(form, "userId") or None, _texts(form, "roles"), groups, minutes)


def form_of(entry: Entry) -> Mapping[str, Any] | None:
    """Return a form that repeats a recorded request with its whole body.

    :return: ``None`` if the request did not call an operation.
    """
    route = BY_NAME.get(entry.details.get("operation") or "")
    if route is None:
        return None
    given: dict[str, list[str]] = {}
    for name, value in entry.details["query"]:
        given.setdefault(name, []).append(value)
    data = entry.data or b""
    media_type = (entry.details["contentType"] or "").partition(";")[0].strip().lower()
    kinds = {content_type: kind.value for kind, content_type in _CONTENT_TYPES.items()}
    kind = kinds.get(media_type, PayloadType.BINARY.value)
    text = kind != PayloadType.BINARY.value
    return {
        "operation": route.operation,
        "path": dict(entry.named),
        "query": {name: _as_typed(name, given[name]) for name in route.query if name in given},
        "dataType": kind,
        "data": data.decode(errors="replace") if text else base64.b64encode(data).decode(),
    }


def _as_typed(name: str, values: Sequence[str]) -> Any:
    kind = QUERY[name].kind
    if kind == "list":
        return list(values)
    last = values[-1]
    return int(last) if kind == "integer" and last.isascii() and last.isdigit() else last


def _named(name: str, value: str) -> str:
    """Return a value that keeps the rule of its parameter."""
    accepts, message = PATH[name]
    if not accepts(value):
        raise InvalidRequestError(message)
    return value


def _segment(name: str, value: str) -> str:
    """Return a value that can also be a part of a path."""
    if _named(name, value) in {".", ".."}:
        raise InvalidRequestError(f"{value!r} cannot be a name in a URL: it would mean another path.")
    return value


def _query(name: str, values: Mapping[str, Any]) -> Any:
    """Return the value of a parameter; ``None`` if it is not set."""
    match QUERY[name].kind:
        case "list":
            return list(_texts(values, name)) or None
        case "integer":
            number = values.get(name)
            if number is not None and not is_integer(number):
                raise InvalidRequestError(f"{name} must be a whole number.")
            return number
        case _:
            return _text(values, name) or None


def _message(form: Mapping[str, Any], kind: Body) -> tuple[PayloadType, bytes]:
    text = _text(form, "data")
    match form.get("dataType") if kind is Body.MESSAGE else "json":
        case "json":
            return PayloadType.JSON, text.encode()
        case "text":
            return PayloadType.TEXT, text.encode()
        case "binary":
            try:
                return PayloadType.BINARY, base64.b64decode("".join(text.split()), validate=True)
            except (binascii.Error, ValueError):
                raise InvalidRequestError("The message is not base64.") from None
        case _:
            raise InvalidRequestError("'dataType' must be json, text or binary.")


def _part(form: Mapping[str, Any], name: str) -> Mapping[str, Any]:
    part = form.get(name) or {}
    if not isinstance(part, dict):
        raise InvalidRequestError(f"{name!r} must be an object.")
    return part


def _text(form: Mapping[str, Any], name: str) -> str:
    return _checked(form.get(name) or "", name)


def _texts(form: Mapping[str, Any], name: str) -> Sequence[str]:
    values = form.get(name) or []
    if not isinstance(values, list):
        raise InvalidRequestError(f"{name!r} must be a list.")
    return [_checked(value, name) for value in values]


def _checked(value: Any, name: str) -> str:
    if not isinstance(value, str):
        raise InvalidRequestError(f"{name!r} must be text.")
    try:
        value.encode()
    except UnicodeEncodeError:
        raise InvalidRequestError(f"{name!r} holds half a character, which no URL or message can.") from None
    return value
