"""Logs and spans that show what is useful and no secret.

Three places could tell a key or a token: the one-line-per-field log of each request (azure-core's
``HttpLoggingPolicy``, which allows what it knows), the full trace asked for by ``logging_enable=True``, and
the spans of distributed tracing. The last two are made here.
"""

from __future__ import annotations

import logging
import os
import re
from typing import Any, Final

from azure.core.pipeline import PipelineRequest, PipelineResponse
from azure.core.pipeline.policies import (
    DistributedTracingPolicy,
    HttpLoggingPolicy,
    NetworkTraceLoggingPolicy,
)
from azure.core.rest import HttpRequest
from azure.core.settings import PrioritizedSetting, settings

__all__ = [
    "REDACTED",
    "RedactingLoggingPolicy",
    "RedactingTracePolicy",
    "RedactingTracingPolicy",
    "hides_body",
    "redact",
    "redact_url",
    "scrubbed",
]

_logger = logging.getLogger("azure.messaging.webpubsubservice")

REDACTED: Final = "REDACTED"

# Patterns are compiled when the first thing is logged, which is never in most programs.
_SENSITIVE_NAME = (
    r"(?i)authorization|cookie|token|secret|password|signature|credential|apikey|accesskey"
    r"|(?:^|[-_.])(?:key|sig|code)$"
)
_SENSITIVE_TEXT = (
    # A JWT, wherever it stands.
    (r"eyJ[A-Za-z0-9_-]+\.[A-Za-z0-9_-]+\.[A-Za-z0-9_-]*", REDACTED),
    # A user name and password in a URL.
    (r"(//)[^\s/@'\"]+@", rf"\1{REDACTED}@"),
    (r"(?i)\b(bearer\s+)[^\s'\",;]+", rf"\1{REDACTED}"),
    (r"(?i)\b(access_token|awps_reconnection_token|accesskey)(=)[^\s&'\",;#]+", rf"\1\2{REDACTED}"),
    (r"""(?i)(["'](?:access_token|accesskey)["']\s*:\s*["'])[^"']*""", rf"\1{REDACTED}"),
)

# Beyond azure-core's own lists: what tells how a request went, and nothing about whom.
_SAFE_QUERY = ("api-version", "maxpagesize", "top", "messageTtlSeconds", "minutesToExpire", "clientType")
_SAFE_HEADERS = (
    "api-supported-versions",
    "Allow",
    "Content-Encoding",
    "retry-after-ms",
    "x-ms-retry-after-ms",
    "x-ms-error-code",
    "x-ms-request-id",
    "x-ms-client-request-id",
)
_TEXT = ("application/json", "application/problem+json", "text/", "application/x-www-form-urlencoded")
_LONGEST_BODY = 4096

_TRACING_VARIABLES = ("AZURE_TRACING_ENABLED", "AZURE_SDK_TRACING_IMPLEMENTATION")
# What azure-core's settings hold that nobody has set; where that is not to be had, they are always asked.
_UNSET: Any = type(getattr(PrioritizedSetting("unset"), "_user_value", None))


def redact(text: str) -> str:
    """Replace everything in free text that looks like a token or a key given by name."""
    for pattern, replacement in _SENSITIVE_TEXT:
        text = re.sub(pattern, replacement, text)
    return text


def scrubbed(error: BaseException) -> str:
    """Give an error's text without secrets, and take them out of the error as well, which tracebacks show."""
    text = str(error)
    safe = redact(text)
    if safe != text:
        error.args = tuple(
            redact(str(part)) if isinstance(part, (str, Exception)) else part for part in error.args
        )
    return safe


def redact_url(url: str) -> str:
    """Replace the values of query parameters whose names say that they are secret, and a password."""
    head, question, query = url.partition("?")
    head = re.sub(r"//[^/@]*@", f"//{REDACTED}@", head)
    if not question:
        return head
    return head + "?" + "&".join(_redact_parameter(parameter) for parameter in query.split("&"))


def _redact_parameter(parameter: str) -> str:
    name, equals, value = parameter.partition("=")
    hidden = re.search(_SENSITIVE_NAME, name) and name.lower() != "continuationtoken"
    return f"{name}{equals}{REDACTED}" if hidden else f"{name}{equals}{redact(value)}"


def hides_body(url: str) -> bool:
    """Whether the answer's body is a secret as a whole: ``:generateToken`` answers with a token."""
    return ":generatetoken" in url.partition("?")[0].lower().replace("%3a", ":")


class RedactingTracePolicy(NetworkTraceLoggingPolicy):
    """Logs requests and responses in full at DEBUG, when ``logging_enable=True`` asks for it."""

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
            _headers(message.headers),
            _body(message.url, message.headers.get("Content-Type"), message.content),
        )

    def on_response(self, request: PipelineRequest[Any], response: PipelineResponse[Any, Any]) -> None:
        """Log the response, if that was asked for."""
        if not request.context.get("logging_enable") or not _logger.isEnabledFor(logging.DEBUG):
            return
        message = response.http_response
        streamed = bool(request.context.options.get("stream"))
        _logger.debug(
            "Response status: %s %s\nResponse headers:%s\nResponse content:\n%s",
            message.status_code,
            message.reason,
            _headers(message.headers),
            "(streamed)"
            if streamed
            else _body(request.http_request.url, message.content_type, message.content),
        )


def _headers(headers: Any) -> str:
    return "".join(
        f"\n    {name!r}: {REDACTED if re.search(_SENSITIVE_NAME, name) else redact(value)!r}"
        for name, value in headers.items()
    )


def _body(url: str, content_type: str | None, content: object) -> str:
    if not content:
        return "(none)"
    if hides_body(url):
        return REDACTED
    if not isinstance(content, bytes):
        return f"(a {type(content).__name__})"
    if not (content_type or "").lower().startswith(_TEXT):
        return f"({len(content)} bytes)"
    text = redact(content[:_LONGEST_BODY].decode(errors="replace"))
    return text if len(content) <= _LONGEST_BODY else f"{text}... ({len(content)} bytes)"


class RedactingLoggingPolicy(HttpLoggingPolicy):
    """azure-core's log of method, URL, headers and status, with what is safe to show of this service."""

    def __init__(self, **kwargs: Any) -> None:
        super().__init__(**kwargs)
        self.allowed_query_params.update(_SAFE_QUERY)
        self.allowed_header_names.update(_SAFE_HEADERS)


class RedactingTracingPolicy(DistributedTracingPolicy[Any, Any]):
    """azure-core's spans, whose attributes hold no query value that could be secret."""

    def __init__(self, **kwargs: Any) -> None:
        super().__init__(**kwargs)
        self._asked_for = any(name in os.environ for name in _TRACING_VARIABLES)

    def enabled(self) -> bool:
        """Whether there may be a tracer.

        azure-core's settings say so for certain, but take as long as a policy: the environment, which they
        ask each time, is asked once here, and they only if somebody has set them.
        """
        return (
            self._asked_for
            or not isinstance(getattr(settings.tracing_enabled, "_user_value", None), _UNSET)
            or not isinstance(getattr(settings.tracing_implementation, "_user_value", None), _UNSET)
        )

    def on_request(self, request: PipelineRequest[Any]) -> None:
        """Start a span, if tracing is on."""
        super().on_request(request)
        # Left there when tracing is off, and nothing to a transport.
        for option in ("network_span_namer", "tracing_attributes"):
            request.context.options.pop(option, None)

    def end_span(self, request: PipelineRequest[Any], response: Any = None, exc_info: Any = None) -> None:
        """End the span, if there is one; older releases of azure-core put the whole URL into it."""
        if self.TRACING_CONTEXT not in request.context:
            return
        message = request.http_request
        headers = {
            name: value for name, value in message.headers.items() if not re.search(_SENSITIVE_NAME, name)
        }
        shown = HttpRequest(message.method, redact_url(message.url), headers=headers)
        super().end_span(PipelineRequest(shown, request.context), response, exc_info)
