"""The trace, the span and the log of each attempt, without secrets."""

from __future__ import annotations

import logging
import os
from typing import TYPE_CHECKING, Any

from azure.core.pipeline import PipelineRequest, PipelineResponse
from azure.core.pipeline.policies import (
    DistributedTracingPolicy,
    HttpLoggingPolicy,
    NetworkTraceLoggingPolicy,
    SansIOHTTPPolicy,
)
from azure.core.rest import HttpRequest
from azure.core.settings import PrioritizedSetting, settings

from azure.messaging.webpubsubservice._logging import (
    SAFE_HEADERS,
    SAFE_QUERY_PARAMETERS,
    credentials_in,
    is_sensitive_name,
    loggable_body,
    loggable_headers,
    redact,
    redact_header,
    redact_url,
    without,
)

if TYPE_CHECKING:
    from collections.abc import Mapping

__all__ = ["LogPolicy", "SpanPolicy", "TelemetryPolicy", "TracePolicy"]

_logger = logging.getLogger("azure.messaging.webpubsubservice")

_OBSERVED = "webpubsub_observed"
_OPTIONS = frozenset(
    {
        "logging_enable",
        "logger",
        "http_logging_level",
        "network_span_namer",
        "tracing_attributes",
        "tracing_options",
    }
)
"""The options of a call that these policies take."""

_TRACING_VARIABLES = ("AZURE_TRACING_ENABLED", "AZURE_SDK_TRACING_IMPLEMENTATION")
# What azure-core's settings hold that nobody has set; where that cannot be found out, they are always asked.
_UNSET: Any = type(getattr(PrioritizedSetting("unset"), "_user_value", None))


class TelemetryPolicy(SansIOHTTPPolicy[Any, Any]):
    """Observe each attempt, in one step that does nothing if nobody observes.

    :param options: The options of the client. ``logging_policy`` and ``http_logging_policy`` replace parts.
    """

    def __init__(self, options: Mapping[str, Any]) -> None:
        self._log = LogPolicy(**options)
        self._log_level = getattr(self._log, "http_logging_level", logging.INFO)  # fixed in older azure-core
        self._trace = TracePolicy(**options)
        self._spans = SpanPolicy(**options)

    def on_request(self, request: PipelineRequest[Any]) -> None:
        """Begin to observe, if anybody is interested."""
        context = request.context
        if (
            _OPTIONS.isdisjoint(context.options)
            and not self._trace.enable_http_logger
            and not self._log.logger.isEnabledFor(self._log_level)
            and not self._spans.enabled()
            and _OBSERVED not in context
        ):
            return
        context[_OBSERVED] = True
        self._trace.on_request(request)
        self._spans.on_request(request)
        self._log.on_request(request)

    def on_response(self, request: PipelineRequest[Any], response: PipelineResponse[Any, Any]) -> None:
        """Note the response."""
        if _OBSERVED in request.context:
            self._log.on_response(request, response)
            self._spans.on_response(request, response)
            self._trace.on_response(request, response)

    def on_exception(self, request: PipelineRequest[Any]) -> None:
        """Note the error."""
        if _OBSERVED in request.context:
            self._spans.on_exception(request)


class TracePolicy(NetworkTraceLoggingPolicy):
    """Log requests and responses in full at DEBUG, when ``logging_enable=True`` asks for it."""

    def on_request(self, request: PipelineRequest[Any]) -> None:
        """Log the request, if that was asked for."""
        enabled = request.context.options.pop("logging_enable", None)
        if enabled is None:
            # A retry: the first attempt took the option away.
            enabled = request.context.get("logging_enable", self.enable_http_logger)
        request.context["logging_enable"] = enabled
        if not enabled or not _logger.isEnabledFor(logging.DEBUG):
            return
        message = request.http_request
        _logger.debug(
            "Request URL: %r\nRequest method: %r\nRequest headers:%s\nRequest body:\n%s",
            redact_url(message.url),
            message.method,
            loggable_headers(message.headers),
            loggable_body(message.url, message.headers.get("Content-Type"), message.content),
        )

    def on_response(self, request: PipelineRequest[Any], response: PipelineResponse[Any, Any]) -> None:
        """Log the response, if that was asked for."""
        if not request.context.get("logging_enable") or not _logger.isEnabledFor(logging.DEBUG):
            return
        message = response.http_response
        secrets = credentials_in(request.http_request.headers)
        streamed = bool(request.context.options.get("stream"))
        _logger.debug(
            "Response status: %s %s\nResponse headers:%s\nResponse content:\n%s",
            message.status_code,
            redact(without(message.reason or "", secrets)),
            loggable_headers(message.headers, secrets),
            "(streamed)"
            if streamed
            else loggable_body(request.http_request.url, message.content_type, message.content, secrets),
        )


class LogPolicy(HttpLoggingPolicy):
    """azure-core's log of method, URL, headers and status, with what is safe to show of this service."""

    def __init__(self, **options: Any) -> None:
        super().__init__(**options)
        self.allowed_query_params.update(SAFE_QUERY_PARAMETERS)
        # Older releases of azure-core know neither this option nor the next one.
        self.allowed_query_params.update(options.get("additional_allowed_query_params") or ())
        self.allowed_header_names.update(SAFE_HEADERS)

    def on_request(self, request: PipelineRequest[Any]) -> None:
        """Log the request."""
        super().on_request(request)
        request.context.options.pop("http_logging_level", None)

    def on_response(self, request: PipelineRequest[Any], response: PipelineResponse[Any, Any]) -> None:
        """Log the response, without what a server repeats of a token in a header that is safe otherwise."""
        secrets = credentials_in(request.http_request.headers)
        shown: Any = _ShownResponse(response.http_response, secrets)
        super().on_response(request, PipelineResponse(response.http_request, shown, response.context))


class _ShownResponse:
    """What the log shows of a response."""

    def __init__(self, response: Any, secrets: list[str]) -> None:
        self._response = response
        self._secrets = secrets
        self.status_code: int = response.status_code

    @property
    def headers(self) -> dict[str, str]:
        """The headers, without secrets. Responses are also observed where none is logged, to end a span."""
        return {name: redact_header(value, self._secrets) for name, value in self._response.headers.items()}


class SpanPolicy(DistributedTracingPolicy[Any, Any]):
    """azure-core's spans, whose attributes hold no value of a query that could be secret."""

    def __init__(self, **options: Any) -> None:
        super().__init__(**options)
        self._set_in_environment = any(name in os.environ for name in _TRACING_VARIABLES)
        self._tracing_enabled = settings.tracing_enabled
        self._tracing_implementation = settings.tracing_implementation

    def enabled(self) -> bool:
        """Return whether there may be a tracer.

        azure-core's settings say so for certain, but asking them takes as long as a policy. So the
        environment, which they ask each time, is asked once here, and they are asked only if somebody has set
        them.
        """
        return (
            self._set_in_environment
            or not isinstance(getattr(self._tracing_enabled, "_user_value", None), _UNSET)
            or not isinstance(getattr(self._tracing_implementation, "_user_value", None), _UNSET)
        )

    def on_request(self, request: PipelineRequest[Any]) -> None:
        """Start a span, if tracing is on."""
        super().on_request(request)
        # azure-core leaves them there when tracing is off, and no transport takes them.
        for option in ("network_span_namer", "tracing_attributes"):
            request.context.options.pop(option, None)

    def end_span(self, request: PipelineRequest[Any], response: Any = None, exc_info: Any = None) -> None:
        """End the span, if there is one; older releases of azure-core put the whole URL into it."""
        if self.TRACING_CONTEXT not in request.context:
            return
        message = request.http_request
        headers = {name: value for name, value in message.headers.items() if not is_sensitive_name(name)}
        shown = HttpRequest(message.method, redact_url(message.url), headers=headers)
        super().end_span(PipelineRequest(shown, request.context), response, exc_info)
