"""When a request is sent again.

azure-core decides by method: it gives up a POST whose connection was never made, and follows only some of the
responses that ask for a retry. Ten of the service's operations are POST, all sends among them, so here the
decision rests on what is known about the attempt:

=================================================  =========================================================
what happened                                      sent again
=================================================  =========================================================
the connection was never made                      always, up to ``retry_connect``
the response is 408, 429, 500, 502, 503 or 504,    always, up to ``retry_status``. The response may come from
one of ``retry_on_status_codes``, or an error      a machine in between while the service took the message,
with ``Retry-After``                               so sends are delivered *at least* once
the connection broke, no response came in time,    methods that may be repeated (``retry_on_methods``, by
or the response broke off                          default all except POST and PATCH), up to ``retry_read``
=================================================  =========================================================

``retry_total=0`` turns all of it off, per client or per call. ``retry_status=0`` turns off only the second
row, and a send is delivered at most once. ``retry_on_methods=["POST", ...]`` takes sends into the last row.

``Retry-After: 0`` means now. A response that asks for a longer wait than ``retry_backoff_max`` stands: the
caller gets it at once, with its ``Retry-After``, instead of a call that hangs for an hour or a retry that
comes too soon.
"""

from __future__ import annotations

import email.utils
import math
import re
import sys
import time
from datetime import timezone
from functools import lru_cache
from typing import TYPE_CHECKING, Any, Final, NamedTuple

from azure.core.exceptions import (
    AzureError,
    ClientAuthenticationError,
    DecodeError,
    IncompleteReadError,
    ServiceRequestError,
    ServiceRequestTimeoutError,
    ServiceResponseTimeoutError,
)
from azure.core.pipeline.policies import RequestHistory, RetryMode
from azure.core.rest import HttpRequest

from azure.messaging.webpubsubservice._transports._errors import PermanentConnectionError, certificate_error

from ._steps import SEND, Close, Flow, FlowFunction, Sleep

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping, MutableMapping

    from azure.core.pipeline import PipelineContext, PipelineRequest, PipelineResponse

__all__ = ["DO_NOT_RETRY", "RetryFlow", "RetryRules", "never_connected", "retry_after"]

REPEATABLE_METHODS: Final = frozenset({"HEAD", "GET", "PUT", "DELETE", "OPTIONS", "TRACE"})
RETRIED_STATUSES: Final = frozenset({408, 429, 500, 502, 503, 504})

DO_NOT_RETRY: Final = "webpubsub_do_not_retry"
"""Key in the pipeline's context, set where an error would be the same at the next attempt."""

_SEND: Final = "webpubsub_send"

_RETRY_AFTER: Final = (("Retry-After", 1), ("retry-after-ms", 1000), ("x-ms-retry-after-ms", 1000))
"""Headers that say how long to wait, and how many of their units make a second."""


class RetryRules(NamedTuple):
    """The options of retries, by the meaning that azure-core gives them."""

    total: int = 10
    connect: int = 3
    read: int = 3
    status: int = 3
    backoff_factor: float = 0.8
    backoff_max: float = 120
    mode: RetryMode = RetryMode.Exponential
    methods: frozenset[str] = REPEATABLE_METHODS
    statuses: frozenset[int] = RETRIED_STATUSES
    timeout: float = math.inf

    @classmethod
    def from_options(cls, options: Mapping[str, Any]) -> RetryRules:
        """Return the rules of a client."""
        rules = cls(statuses=RETRIED_STATUSES.union(options.get("retry_on_status_codes") or ()))
        return rules.with_options((name, options[name]) for name in _OPTIONS if name in options)

    def with_options(self, options: Iterable[tuple[str, Any]]) -> RetryRules:
        """Return the rules with other options of retries."""
        changes = {_OPTIONS[name]: value for name, value in options}
        if "methods" in changes:
            changes["methods"] = frozenset(method.upper() for method in changes["methods"])
        return self._replace(**changes)

    def backoff(self, attempts: int) -> float:
        """Return the seconds to wait after this many attempts that failed."""
        if attempts <= 1:
            return 0
        factor = self.backoff_factor
        return min(self.backoff_max, factor if self.mode == RetryMode.Fixed else factor * 2 ** (attempts - 1))


_OPTIONS: Final = {
    "retry_total": "total",
    "retry_connect": "connect",
    "retry_read": "read",
    "retry_status": "status",
    "retry_backoff_factor": "backoff_factor",
    "retry_backoff_max": "backoff_max",
    "retry_mode": "mode",
    "retry_on_methods": "methods",
    "timeout": "timeout",
}


class RetryFlow:
    """Send a request until a response or an error stands, as this module's table says.

    :param options: The options of the client.
    """

    def __init__(self, options: Mapping[str, Any]) -> None:
        self._rules = RetryRules.from_options(options)
        # Many calls have the same options.
        self._rules_with = lru_cache(maxsize=64)(self._rules.with_options)

    def rules_of_call(self, options: MutableMapping[str, Any]) -> RetryRules:
        """Return the rules of a call, whose options of retries are taken out."""
        if _OPTIONS.keys().isdisjoint(options):
            return self._rules
        return self._rules_with(tuple((name, options.pop(name)) for name in _OPTIONS if name in options))

    def __call__(self, request: PipelineRequest[Any]) -> Flow:
        """Send a request until a response or an error stands."""
        context = request.context
        send: FlowFunction | None = context.get(_SEND)
        if send is None:  # or it is the redirect of the same call, by a policy of the caller's
            send = context[_SEND] = self.for_call(request)
        return send(request)

    def for_call(self, request: PipelineRequest[Any]) -> FlowFunction:
        """Return how each request of one call is sent, redirects included: they share its limits."""
        return _Attempts(self.rules_of_call(request.context.options)).send


class _Attempts:
    """The attempts of one call: what is left of each count, and of the time."""

    def __init__(self, rules: RetryRules) -> None:
        self._rules = rules
        self._deadline = math.inf if rules.timeout == math.inf else time.monotonic() + rules.timeout
        self._limits: dict[str, Any] = {}
        self._failures: list[str] = []
        self._history: list[RequestHistory[Any, Any]] = []

    def send(self, request: PipelineRequest[Any]) -> Flow:
        """Send a request until a response or an error stands."""
        while True:
            self._begin(request.context)
            try:
                response: PipelineResponse[Any, Any] = yield SEND
            except AzureError as error:
                pause = self._after_error(request, error)
                if pause is None:
                    raise
            else:
                status = response.http_response.status_code
                pause = None if status < 400 else self._after_response(request, response)
                if pause is None:
                    if self._history:
                        response.context["history"] = self._history
                    return response
                if request.context.options.get("stream"):
                    yield Close(response.http_response)
            if pause > 0:
                yield Sleep(pause)

    def _begin(self, context: PipelineContext) -> None:
        """Prepare the next attempt: no wait for the network is longer than what is left of ``timeout``."""
        if self._history:
            context["retry_count"] = len(self._history)
        if self._deadline == math.inf:
            return
        remaining = self._deadline - time.monotonic()
        if remaining <= 0:
            kind = ServiceResponseTimeoutError if self._history else ServiceRequestTimeoutError
            raise kind(f"The call's timeout of {self._rules.timeout} seconds ended before the next attempt.")
        config = getattr(context.transport, "connection_config", None)
        for option, attribute in (("connection_timeout", "timeout"), ("read_timeout", "read_timeout")):
            if option not in self._limits:
                given = context.options.get(option)
                # Of a transport that does not show its own limits, it is not known whether it takes others.
                self._limits[option] = getattr(config, attribute, 0) if given is None else given
            limit = self._limits[option]
            if limit is None or (isinstance(limit, (int, float)) and remaining < limit):
                context.options[option] = remaining

    def _after_response(
        self, request: PipelineRequest[Any], response: PipelineResponse[Any, Any]
    ) -> float | None:
        """Return the seconds to wait before the attempt after an error status; ``None`` if that stands."""
        wait = retry_after(response.http_response.headers, time.time())
        if wait is None and response.http_response.status_code not in self._rules.statuses:
            return None
        return self._next(request, "status", wait, response=response.http_response)

    def _after_error(self, request: PipelineRequest[Any], error: AzureError) -> float | None:
        """Return the seconds to wait before the next attempt, or ``None`` if the error stands."""
        if isinstance(error, ClientAuthenticationError) or request.context.get(DO_NOT_RETRY):
            return None
        if isinstance(error, PermanentConnectionError) or certificate_error(error) is not None:
            return None
        if never_connected(error):
            return self._next(request, "connect", None, error=error)
        if isinstance(error, DecodeError) and not isinstance(error, IncompleteReadError):
            return None
        if request.http_request.method.upper() not in self._rules.methods:
            return None
        return self._next(request, "read", None, error=error)

    def _next(
        self, request: PipelineRequest[Any], kind: str, wait: float | None, **outcome: Any
    ) -> float | None:
        self._failures.append(kind)
        sent = request.http_request
        # A history holds copies of requests; the body is the caller's and stays out of it.
        seen = HttpRequest(sent.method, sent.url, headers=sent.headers)
        self._history.append(RequestHistory(seen, outcome.get("response"), outcome.get("error")))
        rules = self._rules
        if len(self._failures) > rules.total or self._failures.count(kind) > getattr(rules, kind):
            return None
        if wait is not None and wait > rules.backoff_max:
            return None
        pause = rules.backoff(len(self._history)) if wait is None else wait
        return None if time.monotonic() + pause >= self._deadline else pause


def retry_after(headers: Mapping[str, str], now: float) -> float | None:
    """Return the seconds that a response asks to wait, 0 for now, or ``None`` if it asks for none.

    ``Retry-After`` holds seconds or a date in any of the three forms of RFC 9110, section 5.6.7.

    :param now: Seconds since the epoch, which a date is compared with.
    """
    for name, units in _RETRY_AFTER:
        text = (headers.get(name) or "").strip()
        if re.fullmatch(r"[0-9]{1,15}(?:\.[0-9]{1,15})?", text):
            return float(text) / units
        try:
            date = email.utils.parsedate_to_datetime(text)
            # The oldest of the three forms names no zone; all are in GMT.
            return max(0.0, date.replace(tzinfo=date.tzinfo or timezone.utc).timestamp() - now)
        except (ValueError, TypeError, IndexError, OverflowError):
            continue
    return None


def never_connected(error: AzureError) -> bool:
    """Return whether the service cannot have seen the request, since there was no connection to send it on.

    azure-core's ``ServiceRequestError`` says so by its name. Its aiohttp transport raises it for connections
    that broke later as well, and its requests transport for all errors of TLS.
    """
    if not isinstance(error, ServiceRequestError):
        return False
    cause = error.inner_exception
    aiohttp = sys.modules.get("aiohttp")
    if aiohttp is not None and isinstance(cause, aiohttp.ClientError):
        return isinstance(
            cause,
            (aiohttp.ClientConnectorError, aiohttp.ConnectionTimeoutError, aiohttp.ClientHttpProxyError),
        )
    requests = sys.modules.get("requests")
    return requests is None or not isinstance(cause, requests.exceptions.SSLError)
