"""What the page asks the emulator to prepare, read from JSON."""

import base64
import binascii
import json
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any
from urllib.parse import quote, urlencode

from azure.messaging.webpubsubservice.emulator._names import (
    INVALID_GROUP,
    INVALID_HUB,
    is_group,
    is_hub,
    is_id,
)
from azure.messaging.webpubsubservice.emulator._protocol.messages import PayloadType
from azure.messaging.webpubsubservice.emulator._specification import LATEST

from .python import python


class InvalidRequestError(ValueError):
    """The page asked for something impossible. The text is for the person who uses it."""


@dataclass(frozen=True, slots=True)
class _Target:
    operation: str
    path: str
    #: The optional parameters that it has, by the builder's names.
    options: Sequence[str]
    accepts: Callable[[str], bool] | None = None
    refusal: str = ""


_TARGETS: Mapping[str, _Target] = {
    "all": _Target("send_to_all", "", ("excluded", "filter", "message_ttl_seconds")),
    "group": _Target(
        "send_to_group",
        "/groups/{}",
        ("excluded", "filter", "message_ttl_seconds"),
        is_group,
        INVALID_GROUP,
    ),
    "user": _Target(
        "send_to_user", "/users/{}", ("filter", "message_ttl_seconds"), is_id, "A user id must not be blank."
    ),
    "connection": _Target(
        "send_to_connection",
        "/connections/{}",
        ("message_ttl_seconds",),
        is_id,
        "A connection id must not be blank.",
    ),
}

_CONTENT_TYPES = {
    PayloadType.JSON: "application/json",
    PayloadType.TEXT: "text/plain",
    PayloadType.BINARY: "application/octet-stream",
}


@dataclass(frozen=True, slots=True)
class Send:
    """One of the four sends."""

    operation: str
    #: Values of the path's parameters.
    parameters: Sequence[str]
    #: Path and query, escaped.
    url: str
    #: The optional parameters that are set, by the builder's names.
    options: Mapping[str, Any]
    data_type: PayloadType
    data: bytes

    @classmethod
    def read(cls, body: bytes) -> "Send":
        """Read the page's form.

        :raises InvalidRequestError: It does not make a request.
        """
        form = _object(body)
        hub = _hub(form)
        target = _TARGETS.get(_text(form, "to"))
        if target is None:
            raise InvalidRequestError(f"'to' must be one of {', '.join(_TARGETS)}.")
        parameters = [hub]
        if target.accepts is not None:
            name = _text(form, "name")
            if not target.accepts(name):
                raise InvalidRequestError(target.refusal)
            if name in {".", ".."}:
                raise InvalidRequestError(f"{name!r} cannot be a name in a URL: it means another path.")
            parameters.append(name)
        options = _options(form)
        for option in options.keys() - set(target.options):
            raise InvalidRequestError(f"{target.operation} has no parameter {option!r}.")
        wire = {_WIRE_NAMES.get(name, name): value for name, value in options.items()}
        path = f"/api/hubs/{_escaped(hub)}{target.path.format(*map(_escaped, parameters[1:]))}/:send"
        query = urlencode({"api-version": LATEST, **wire}, doseq=True, quote_via=quote, safe="")
        data_type, data = _message(form)
        return cls(target.operation, parameters, f"{path}?{query}", options, data_type, data)

    @property
    def content_type(self) -> str:
        """The media type of the request's body."""
        return _CONTENT_TYPES[self.data_type]

    @property
    def python(self) -> str | None:
        """The program that does the same."""
        return python(self.operation, self.parameters, (self.data_type, self.data), self.options)


@dataclass(frozen=True, slots=True)
class Client:
    """A client connection that the page wants to open."""

    hub: str
    user_id: str | None
    roles: Sequence[str]
    groups: Sequence[str]

    @classmethod
    def read(cls, body: bytes) -> "Client":
        """Read the page's form.

        :raises InvalidRequestError: No client can connect like this.
        """
        form = _object(body)
        groups = _texts(form, "groups")
        if not all(map(is_group, groups)):
            raise InvalidRequestError(INVALID_GROUP)
        return cls(_hub(form), _text(form, "userId") or None, _texts(form, "roles"), groups)


_WIRE_NAMES = {"message_ttl_seconds": "messageTtlSeconds"}


def _options(form: Mapping[str, Any]) -> dict[str, Any]:
    options: dict[str, Any] = {}
    excluded = _texts(form, "excluded")
    if excluded:
        options["excluded"] = list(excluded)
    odata = _text(form, "filter")
    if odata:
        options["filter"] = odata
    seconds = form.get("messageTtlSeconds")
    if seconds is not None:
        if type(seconds) is not int:
            raise InvalidRequestError("The time to live must be a whole number of seconds.")
        options["message_ttl_seconds"] = seconds
    return options


def _message(form: Mapping[str, Any]) -> tuple[PayloadType, bytes]:
    text = _text(form, "data")
    match form.get("dataType"):
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


def _object(body: bytes) -> Mapping[str, Any]:
    try:
        form = json.loads(body)
    except (ValueError, RecursionError):
        raise InvalidRequestError("The request is not JSON.") from None
    if not isinstance(form, dict):
        raise InvalidRequestError("The request is not a JSON object.")
    return form


def _hub(form: Mapping[str, Any]) -> str:
    hub = _text(form, "hub")
    if not is_hub(hub):
        raise InvalidRequestError(INVALID_HUB)
    return hub


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


def _escaped(segment: str) -> str:
    return quote(segment, safe="")
