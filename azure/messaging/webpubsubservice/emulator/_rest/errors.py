"""Error responses of the data plane, in the two forms that the service uses."""

import json
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any


@dataclass(frozen=True, slots=True)
class Reply:
    """A response to a data plane request."""

    status: int
    headers: Mapping[str, str] = field(default_factory=dict)
    body: bytes = b""


class ApiError(Exception):
    """The request gets an error response."""

    def __init__(self, reply: Reply, reason: str) -> None:
        super().__init__(reason)
        self.reply = reply
        self.reason = reason


def api_error(status: int, code: str, message: str, target: str) -> ApiError:
    """Return the usual error: the ``ErrorDetail`` of the specification, as the service spells it."""
    body = {"code": code, "message": message, "target": target, "details": None, "innererror": None}
    return ApiError(_json_reply(status, code, body, "application/json; charset=utf-8"), message)


def bad_request(message: str, target: str = "Request") -> ApiError:
    """Return a 400 for a request that breaks a rule."""
    return api_error(400, "Error.BadRequest", message, target)


def invalid_parameter(name: str, message: str) -> ApiError:
    """Return a 400 for a value that breaks a rule, in the form of ASP.NET's model validation.

    The real service was seen to do this for ``filter``. It is a choice to do the same for other parameters.
    """
    body = {
        "code": "Error.BadRequest",
        "message": message,
        "target": name,
        "errors": {name: [message]},
        "type": None,
        "title": "One or more validation errors occurred.",
        "status": 400,
        "detail": None,
        "instance": None,
        "extensions": {},
    }
    return ApiError(
        _json_reply(400, "Error.BadRequest", body, "application/problem+json; charset=utf-8"), message
    )


def unauthorized(reason: str) -> ApiError:
    """Return a 401 without a body. ``_tokens`` decides; its reason goes only into the log."""
    return ApiError(Reply(401, {"WWW-Authenticate": "Bearer"}), reason)


def unsupported_media_type(reason: str) -> ApiError:
    """Return a 415 without a body."""
    return ApiError(Reply(415), reason)


def json_body(status: int, body: Mapping[str, Any]) -> Reply:
    """Return a success with a JSON body."""
    return Reply(status, {"Content-Type": "application/json; charset=utf-8"}, _dump(body))


def _json_reply(status: int, code: str, body: Mapping[str, object], content_type: str) -> Reply:
    return Reply(status, {"Content-Type": content_type, "x-ms-error-code": code}, _dump(body))


def _dump(body: Mapping[str, Any]) -> bytes:
    # Only ASCII, because names in messages may contain characters that UTF-8 cannot encode.
    return json.dumps(body, separators=(",", ":")).encode()
