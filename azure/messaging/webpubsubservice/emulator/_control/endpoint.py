"""The HTTP endpoint of the control interface: who may call it, and JSON in and out."""

import functools
import json
import logging
from collections.abc import Mapping
from importlib import resources
from typing import Any, Final
from urllib.parse import parse_qsl

from aiohttp import web

from azure.messaging.webpubsubservice._keywords import did_you_mean
from azure.messaging.webpubsubservice.emulator import _strict_json
from azure.messaging.webpubsubservice.emulator._access import Caller, caller_of, refusal
from azure.messaging.webpubsubservice.emulator._json_bodies import BodyError, parse_object, read_body
from azure.messaging.webpubsubservice.emulator._service.service import Service

from .operations import Call, InvalidCallError, TimedOutError
from .routes import METHODS, PREFIX, ROUTES

_log = logging.getLogger(__name__)

_DESCRIPTION: Final = "/openapi.json"
_LARGEST_BODY: Final = 1024 * 1024
_HEADERS: Final[Mapping[str, str]] = {
    "Cache-Control": "no-store",
    "Cross-Origin-Resource-Policy": "same-origin",
    "X-Content-Type-Options": "nosniff",
}


class ControlInterface:
    """Answers calls to the control interface.

    :param remote: Whether other machines may call. They need no key.
    """

    def __init__(self, service: Service, *, remote: bool) -> None:
        self._service = service
        self._remote = remote

    @staticmethod
    def takes(request: web.BaseRequest) -> bool:
        """Return whether the request is for the control interface."""
        path = request.raw_path.partition("?")[0]
        return path == PREFIX or path.startswith(f"{PREFIX}/")

    async def handle(self, request: web.BaseRequest) -> web.StreamResponse:
        """Answer one call."""
        target, _, query = request.raw_path.partition("?")
        path = target.removeprefix(PREFIX)
        reason = self._refusal(caller_of(request, needs_origin=False, navigation=False))
        if reason is not None:
            _log.warning("403 %s %s: %s", request.method, target, reason)
            return _error(403, reason)
        if path == _DESCRIPTION and request.method in {"GET", "HEAD"}:
            return web.Response(body=_description(), headers={**_HEADERS, "Content-Type": "application/json"})
        operation = ROUTES.get((request.method, path))
        if operation is None:
            return _unknown(request.method, path)
        try:
            arguments = await _arguments(request, query)
            result = await operation.run(Call(self._service, operation.kind, arguments))
        except (BodyError, InvalidCallError) as error:
            end = "" if str(error).endswith("?") else "."
            return _error(400, f"{error}{end} {PREFIX}{_DESCRIPTION} describes each call.")
        except TimedOutError as error:
            return _error(408, str(error))
        return _json(operation.status, result)

    def _refusal(self, caller: Caller) -> str | None:
        settings = self._service.settings
        return refusal(caller, settings.host, what="The control interface", remote=self._remote)


async def _arguments(request: web.BaseRequest, query: str) -> Mapping[str, Any] | None:
    """Return the arguments in the query, for calls that only read, or in the body.

    :raises BodyError: The body cannot be used.
    :raises InvalidCallError: The query or the content type is wrong.
    """
    if request.method in {"GET", "DELETE"}:
        arguments: dict[str, Any] = dict(parse_qsl(query, keep_blank_values=True))
        if "where" in arguments:
            try:
                arguments["where"] = _strict_json.parse(arguments["where"])
            except ValueError as error:
                raise InvalidCallError(f"where is not JSON: {error}") from None
        return arguments
    body = await read_body(request, limit=_LARGEST_BODY)
    if not body:
        return None
    if request.content_type != "application/json":  # a form of another site cannot send this type
        raise InvalidCallError("the body must be JSON, with Content-Type: application/json")
    return parse_object(body)


@functools.cache
def _description() -> bytes:
    return resources.files(__name__.rpartition(".")[0]).joinpath("openapi.json").read_bytes()


def _unknown(method: str, path: str) -> web.Response:
    if path in METHODS:
        allowed = ", ".join(METHODS[path])
        response = _error(405, f"{PREFIX}{path} has no {method}; it has {allowed}.")
        response.headers["Allow"] = allowed
        return response
    hint = did_you_mean(path, [*METHODS, _DESCRIPTION])
    return _error(404, f"The control interface has no {path or '/'}.{hint} See {PREFIX}{_DESCRIPTION}.")


def _error(status: int, message: str) -> web.Response:
    return _json(status, {"error": message})


def _json(status: int, body: object) -> web.Response:
    if status == 204:
        return web.Response(status=status, headers=_HEADERS)
    data = json.dumps(body, separators=(",", ":")).encode()
    return web.Response(status=status, body=data, headers={**_HEADERS, "Content-Type": "application/json"})
