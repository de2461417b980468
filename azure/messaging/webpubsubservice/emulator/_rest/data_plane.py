"""The HTTP endpoint of the data plane: from a request to an operation, and from its outcome to a response.

The order of the checks is that of the service's own emulator: api-version, names and numbers, token, filter,
length, content type, body.
"""

import logging
import time
from collections.abc import Mapping
from email.utils import formatdate
from typing import Any

from aiohttp import web

from azure.messaging.webpubsubservice.emulator._faults import Fault
from azure.messaging.webpubsubservice.emulator._names import split_path, split_target
from azure.messaging.webpubsubservice.emulator._query import Query
from azure.messaging.webpubsubservice.emulator._service.service import Service
from azure.messaging.webpubsubservice.emulator._service.values import RequestRecord, without_tokens
from azure.messaging.webpubsubservice.emulator._specification import (
    API_VERSIONS,
    DEFAULT_API_VERSION,
    LATEST,
    Body,
    Match,
    Route,
    match,
)
from azure.messaging.webpubsubservice.emulator._tokens import TokenError, bearer_token

from . import bodies
from .errors import ApiError, Reply, bad_request, json_body, unauthorized
from .operations import HANDLERS, Call
from .parameters import check_path, ignored, read_filter, read_query

_log = logging.getLogger(__name__)

_SUPPORTED = {"api-supported-versions": ", ".join(API_VERSIONS)}

#: Statuses of responses that list the versions. The service was seen to omit them from a 400.
_NAMES_VERSIONS = frozenset({200, 202, 204, 404})


class DataPlane:
    """Answers requests to ``/api``."""

    def __init__(self, service: Service) -> None:
        self._service = service

    async def handle(self, request: web.BaseRequest) -> web.StreamResponse:
        """Answer one request, and notify the observers."""
        exchange = _Exchange(self._service, request)
        fault = await self._fault(request, exchange)
        if fault is not None and fault.reset == "before":
            return exchange.reset()
        if fault is not None and fault.status is not None:
            reply, reason = Reply(fault.status, fault.headers), "a fault"
        else:
            reply, reason = await self._reply(request, exchange)
        if fault is not None and fault.reset == "after":
            return exchange.reset()
        exchange.record(reply.status, reason)
        date = formatdate(self._service.clock.now(), usegmt=True)  # lets clients compare their clock
        headers = {
            "Date": date,
            **reply.headers,
            **(_SUPPORTED if reply.status in _NAMES_VERSIONS else {}),
        }
        response = web.Response(status=reply.status, headers=headers, body=reply.body)
        if exchange.awaits_continue:
            response.force_close()  # otherwise the client's next request would be read as this one's body
        return response

    async def _fault(self, request: web.BaseRequest, exchange: "_Exchange") -> Fault | None:
        faults = self._service.faults
        if not faults:
            return None
        fault = faults.next_for(request.method, exchange.raw_path, exchange.operation)
        if fault is not None:
            _log.info("%s %s hits %r", request.method, exchange.raw_path, fault)
            await self._service.clock.sleep(fault.delay)
        return fault

    @staticmethod
    async def _reply(request: web.BaseRequest, exchange: "_Exchange") -> tuple[Reply, str]:
        """Return the response, and the reason if the request is refused."""
        try:
            return await exchange.reply(), ""
        except ApiError as error:
            return error.reply, error.reason
        except Exception:
            _log.exception("500 %s %s", request.method, exchange.raw_path)
            return Reply(500), "the emulator failed"


class _Exchange:
    """A request and the facts about it."""

    def __init__(self, service: Service, request: web.BaseRequest) -> None:
        self.raw_path, query = split_target(request.raw_path)
        self._service = service
        self._request = request
        self._started = time.perf_counter()
        self._query = Query(query)
        self._body: bytes | None = None
        self._recipients = 0
        self._match = match(split_path(self.raw_path))

    @property
    def awaits_continue(self) -> bool:
        """Whether the client waits for permission to send its body."""
        return self._body is None and self._request.headers.get("Expect", "").lower() == "100-continue"

    @property
    def operation(self) -> str | None:
        """The name of the operation that the request calls, even if it is refused."""
        route = self._match.routes.get(self._request.method) if self._match else None
        return route.operation if route else None

    async def reply(self) -> Reply:
        """Check the request and do its operation.

        :raises ApiError: The response is an error.
        """
        found = self._match
        if found is None:
            raise ApiError(Reply(404), "no operation has this path")
        route = self._route_of(found)
        if not route.needs_token:
            return Reply(route.success_status(LATEST))
        api_version = self._api_version(route)
        check_path(found.parameters)
        query = read_query(route, api_version, self._query)
        self._authenticate()
        for name in ignored(route, api_version, self._query):
            _log.warning(
                "%s has no query parameter %r in api-version %s: ignored", route.operation, name, api_version
            )
        body = await self._body_of(route, query)
        call = Call(
            service=self._service,
            # Looked up after the last await, because a hub exists only while it has connections.
            hub=self._service.state.hub(found.parameters["hub"]),
            url=f"{self._request.scheme}://{self._request.host}{self.raw_path}",
            api_version=api_version,
            path=found.parameters,
            query=query,
            **body,
        )
        written = self._service.sessions.written
        result = HANDLERS[route.operation](call)
        self._recipients = self._service.sessions.written - written
        status = route.success_status(api_version)
        return Reply(status) if result is None else json_body(status, result)

    def record(self, status: int | None, reason: str) -> None:
        """Notify the observers of the request; ``reason`` says why it was refused, if it was."""
        headers = {name.lower(): value for name, value in self._request.headers.items()}
        headers.pop("authorization", None)
        method = self._request.method
        record = RequestRecord(
            method,
            self.raw_path,
            without_tokens(self._query.sent),
            headers,
            self._body,
            self.operation,
            status,
            self._recipients,
        )
        self._service.observers.on_request(record, time.perf_counter() - self._started, reason)

    def reset(self) -> web.StreamResponse:
        """Cut the connection. The response that is returned is never sent."""
        self.record(None, "a fault")
        if self._request.transport is not None:
            self._request.transport.abort()
        return web.Response()

    def _route_of(self, found: Match) -> Route:
        route = found.routes.get(self._request.method)
        if route is None:
            reply = Reply(405, {"Allow": ", ".join(sorted(found.routes))})
            raise ApiError(reply, "the path has operations, but none with this method")
        return route

    def _api_version(self, route: Route) -> str:
        """Return the request's api-version."""
        given = self._query.all("api-version") or [DEFAULT_API_VERSION]
        if len(given) != 1 or given[0].lower() not in API_VERSIONS:
            raise bad_request("The specified API version is not supported.", "api-version")
        version = given[0].lower()
        if version not in route.versions():
            error = bad_request("The specified API version is not supported.", "api-version")
            versions = {"api-supported-versions": ", ".join(route.versions())}
            reply = Reply(400, {**error.reply.headers, **versions}, error.reply.body)
            raise ApiError(reply, f"api-version {version} does not have {route.operation}")
        return version

    def _authenticate(self) -> None:
        try:
            self._service.tokens.check_request(
                bearer_token(self._request.headers), host=self._request.host, raw_path=self.raw_path
            )
        except TokenError as error:
            raise unauthorized(str(error)) from None

    async def _body_of(self, route: Route, query: Mapping[str, Any]) -> dict[str, Any]:
        """Return the filter, the body and the metadata as arguments, checked in this order."""
        arguments: dict[str, Any] = {"matches": read_filter(query["filter"])} if "filter" in query else {}
        if route.body is Body.NONE:
            return arguments
        headers = self._request.headers
        length = bodies.read_content_length(headers.get("Content-Length"))
        json_only = route.body is Body.GROUPS
        content_type = bodies.read_content_type(headers.get("Content-Type"), json_only=json_only)
        encoding = ",".join(headers.getall("Content-Encoding", ()))
        bodies.check_content_encoding(encoding)
        if length and self.awaits_continue:
            await self._request.writer.write(b"HTTP/1.1 100 Continue\r\n\r\n")
        self._body = bodies.decode(await self._request.content.read(), encoding)
        payload = bodies.read_payload(content_type, self._body)
        if json_only:
            groups, text = bodies.read_groups(payload)
            return {"groups": groups, "matches": read_filter(text, "Filter")}
        return {**arguments, "payload": payload, "metadata": bodies.read_metadata(headers)}
