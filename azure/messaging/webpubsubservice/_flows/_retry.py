"""When a request is sent again.

azure-core decides by method: a POST whose connection was never made is given up, and of the answers that ask
for a retry only some are followed. Ten of the service's operations are POST, all sends among them, so here it
is decided by what is known about the attempt:

=================================================  =========================================================
what happened                                      sent again
=================================================  =========================================================
the connection was never made                      always, up to ``retry_connect``
the answer is 408, 429, 500, 502, 503 or 504, one  always, up to ``retry_status``. The answer may come from a
of ``retry_on_status_codes``, or an error with     machine in between while the service took the message, so
``Retry-After``                                    sends are delivered *at least* once
the connection broke, no answer came in time, or   methods that may be repeated (``retry_on_methods``, by
the answer broke off                               default all but POST and PATCH), up to ``retry_read``
=================================================  =========================================================

``retry_total=0`` turns all of it off, per client or per call. ``retry_status=0`` turns off the answers alone,
and a send is delivered at most once. ``retry_on_methods=["POST", ...]`` takes sends into the last row.
"""

from __future__ import annotations

import math
import sys
import time
from typing import TYPE_CHECKING, Any, Final

from azure.core.exceptions import (
    AzureError,
    ClientAuthenticationError,
    DecodeError,
    IncompleteReadError,
    ServiceRequestError,
    ServiceRequestTimeoutError,
)
from azure.core.pipeline.policies import AsyncRetryPolicy, RequestHistory, RetryPolicy
from azure.core.rest import HttpRequest

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping

    from azure.core.pipeline import PipelineRequest, PipelineResponse

__all__ = ["FINAL", "AsyncSendRetryPolicy", "SendRetryPolicy", "never_connected"]

REPEATABLE_METHODS: Final = frozenset({"HEAD", "GET", "PUT", "DELETE", "OPTIONS", "TRACE"})
RETRIED_STATUSES: Final = frozenset({408, 429, 500, 502, 503, 504})

_A_WEEK: Final = 7 * 24 * 3600
"""azure-core's default for ``timeout``, in seconds: too long to be worth keeping count of."""

FINAL: Final = "webpubsub_final"
"""Key in the pipeline's context: set by whoever fails for a reason that another attempt does not change."""


def never_connected(error: AzureError) -> bool:
    """Whether the service cannot have seen the request, since there was no connection to send it on.

    azure-core's ``ServiceRequestError`` says so by its name. Its aiohttp transport raises it for connections
    that broke later as well, and its requests transport for all errors of TLS.
    """
    if not isinstance(error, ServiceRequestError):
        return False
    cause = error.inner_exception
    aiohttp = sys.modules.get("aiohttp")
    if aiohttp is not None and isinstance(cause, aiohttp.ClientError):
        return isinstance(cause, _never_connected_by(aiohttp))
    requests = sys.modules.get("requests")
    return requests is None or not isinstance(cause, requests.exceptions.SSLError)


def _never_connected_by(aiohttp: Any) -> tuple[type[Exception], ...]:
    return aiohttp.ClientConnectorError, aiohttp.ConnectionTimeoutError, aiohttp.ClientHttpProxyError


class _Rules:
    """What azure-core's policies do not keep, or only for statuses and calls of their own."""

    def __init__(self, options: Mapping[str, Any]) -> None:
        self.statuses = RETRIED_STATUSES.union(options.get("retry_on_status_codes") or ())
        self.methods = _upper(options.get("retry_on_methods", REPEATABLE_METHODS))


def _upper(methods: Iterable[str]) -> frozenset[str]:
    if isinstance(methods, str):
        raise TypeError(f"retry_on_methods must be a list of methods, not the str {methods!r}.")
    return frozenset(method.upper() for method in methods)


class _Attempts:
    """One call's attempts: what is left of each count and of the time."""

    def __init__(
        self,
        policy: RetryPolicy[Any, Any] | AsyncRetryPolicy[Any, Any],
        rules: _Rules,
        request: PipelineRequest[Any],
    ) -> None:
        self._policy = policy
        self._statuses = rules.statuses
        self._request = request
        options = request.context.options
        self._methods = _upper(options.pop("retry_on_methods", rules.methods))
        longest = options.get("retry_backoff_max", policy.backoff_max)
        self._settings = policy.configure_retries(options)
        self._settings["max_backoff"] = longest  # which older azure-core takes from calls alone
        self._timeout = self._settings["timeout"]
        self._deadline = time.monotonic() + self._timeout
        self._limits: dict[str, Any] = {}

    @property
    def history(self) -> list[RequestHistory[Any, Any]]:
        """The attempts that failed."""
        history: list[RequestHistory[Any, Any]] = self._settings["history"]
        return history

    def begin(self) -> None:
        """Prepare the next attempt: no connection is waited for longer than the call's ``timeout``."""
        context = self._request.context
        context["retry_count"] = len(self.history)
        if self._timeout >= _A_WEEK:
            return
        remaining = self._deadline - time.monotonic()
        if remaining <= 0:
            raise ServiceRequestTimeoutError(f"The call's timeout of {self._timeout} seconds is over.")
        config = getattr(context.transport, "connection_config", None)
        for option, attribute in (("connection_timeout", "timeout"), ("read_timeout", "read_timeout")):
            if option not in self._limits:
                given = context.options.get(option)
                # Of a transport that does not show its own limits, it is not known whether it takes others.
                self._limits[option] = getattr(config, attribute, 0) if given is None else given
            limit = self._limits[option]
            if limit is None or (isinstance(limit, (int, float)) and remaining < limit):
                context.options[option] = remaining

    def after_response(self, response: PipelineResponse[Any, Any]) -> float | None:
        """Give the seconds to wait before the next attempt, or ``None`` if the response stands."""
        status = response.http_response.status_code
        if status < 400:
            return None
        retry_after = self._retry_after(response)
        if retry_after is None and status not in self._statuses:
            return None
        return self._next("status", retry_after, response=response.http_response)

    def after_error(self, error: AzureError) -> float | None:
        """Give the seconds to wait before the next attempt, or ``None`` if the error stands."""
        if isinstance(error, ClientAuthenticationError) or self._request.context.get(FINAL):
            return None
        if never_connected(error):
            return self._next("connect", None, error=error)
        if isinstance(error, DecodeError) and not isinstance(error, IncompleteReadError):
            return None
        if self._request.http_request.method.upper() not in self._methods:
            return None
        return self._next("read", None, error=error)

    def _next(self, kind: str, retry_after: float | None, **outcome: Any) -> float | None:
        settings = self._settings
        settings["total"] -= 1
        settings[kind] -= 1
        request = self._request.http_request
        # A history holds copies of requests; the body is the caller's and stays out of it.
        seen = HttpRequest(request.method, request.url, headers=request.headers)
        self.history.append(RequestHistory(seen, outcome.get("response"), outcome.get("error")))
        if self._policy.is_exhausted(settings):
            return None
        pause = retry_after or self._policy.get_backoff_time(settings)
        return None if time.monotonic() + pause >= self._deadline else pause

    def _retry_after(self, response: PipelineResponse[Any, Any]) -> float | None:
        try:
            seconds = self._policy.get_retry_after(response)
        except (ValueError, OverflowError):
            return None
        return seconds if seconds is not None and math.isfinite(seconds) else None


class SendRetryPolicy(RetryPolicy[Any, Any]):
    """Sends again what this module's table says. Takes the options of azure-core's ``RetryPolicy``."""

    def __init__(self, **kwargs: Any) -> None:
        self.rules = _Rules(kwargs)
        super().__init__(**kwargs)

    def send(self, request: PipelineRequest[Any]) -> PipelineResponse[Any, Any]:
        """Send the request until an answer or an error stands."""
        # Of most calls nothing is asked and nothing fails: then there is nothing to keep count of.
        simple = self.timeout >= _A_WEEK and len(request.context.options) <= 1
        attempts = None if simple else _Attempts(self, self.rules, request)
        while True:
            if attempts is not None:
                attempts.begin()
            try:
                response = self.next.send(request)
            except AzureError as error:
                attempts = attempts or _Attempts(self, self.rules, request)
                pause = attempts.after_error(error)
                if pause is None:
                    raise
            else:
                if attempts is None and response.http_response.status_code < 400:
                    return response
                attempts = attempts or _Attempts(self, self.rules, request)
                pause = attempts.after_response(response)
                if pause is None:
                    self.update_context(response.context, {"history": attempts.history})
                    return response
                if request.context.options.get("stream"):
                    response.http_response.close()
            if pause > 0:
                transport: Any = request.context.transport
                transport.sleep(pause)


class AsyncSendRetryPolicy(AsyncRetryPolicy[Any, Any]):
    """The same as :class:`SendRetryPolicy`, for coroutines."""

    def __init__(self, **kwargs: Any) -> None:
        self.rules = _Rules(kwargs)
        super().__init__(**kwargs)

    async def send(self, request: PipelineRequest[Any]) -> PipelineResponse[Any, Any]:
        """Send the request until an answer or an error stands."""
        # Of most calls nothing is asked and nothing fails: then there is nothing to keep count of.
        simple = self.timeout >= _A_WEEK and len(request.context.options) <= 1
        attempts = None if simple else _Attempts(self, self.rules, request)
        while True:
            if attempts is not None:
                attempts.begin()
            try:
                response = await self.next.send(request)
            except AzureError as error:
                attempts = attempts or _Attempts(self, self.rules, request)
                pause = attempts.after_error(error)
                if pause is None:
                    raise
            else:
                if attempts is None and response.http_response.status_code < 400:
                    return response
                attempts = attempts or _Attempts(self, self.rules, request)
                pause = attempts.after_response(response)
                if pause is None:
                    self.update_context(response.context, {"history": attempts.history})
                    return response
                if request.context.options.get("stream"):
                    await response.http_response.close()
            if pause > 0:
                transport: Any = request.context.transport
                await transport.sleep(pause)
