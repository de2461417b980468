"""When a redirect is followed, and what goes along.

=====================  ==============================================================================
status                 followed
=====================  ==============================================================================
300, 307, 308          with the same method and the same body
301, 302               only for GET and HEAD: a send that became a GET would be lost
303                    as a GET without a body
=====================  ==============================================================================

Credentials never go to another origin. Neither do the body and the headers that you added: a request with a
body is not redirected to another origin or from ``https`` to ``http`` (its response is returned as it is),
and one without a body goes there with the headers of every request only. ``redirect_across_origins=True``
sends body and headers along, still without credentials.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Final, NamedTuple

from azure.core.exceptions import TooManyRedirectsError
from azure.core.pipeline.policies import RequestHistory
from azure.core.rest import HttpRequest

from azure.messaging.webpubsubservice._endpoint import redirected
from azure.messaging.webpubsubservice._logging import redact_url
from azure.messaging.webpubsubservice._request import PreparedRequest

from ._steps import Close, Flow, send_once

if TYPE_CHECKING:
    from collections.abc import Mapping, MutableMapping

    from azure.core.pipeline import PipelineRequest, PipelineResponse
    from typing_extensions import Self

    from azure.messaging.webpubsubservice._endpoint import Endpoint

    from ._retry import RetryFlow

__all__ = ["COMMON_HEADERS", "CREDENTIAL_HEADERS", "RedirectFlow", "RedirectRules"]

REDIRECT_STATUSES: Final = frozenset({300, 301, 302, 303, 307, 308})

CREDENTIAL_HEADERS: Final = ("Authorization", "Proxy-Authorization", "x-ms-authorization-auxiliary", "Cookie")
"""Headers that go to the client's own origin only."""

_BODY_HEADERS: Final = frozenset({"content-length", "content-type", "content-encoding", "transfer-encoding"})

COMMON_HEADERS: Final = frozenset(
    {"accept", "accept-encoding", "accept-language", "user-agent", "x-ms-client-request-id"}
)
"""Headers without anything of the caller's, which any origin may see."""


class RedirectRules(NamedTuple):
    """The options of redirects."""

    permit: bool = True
    maximum: int = 30
    across_origins: bool = False
    statuses: frozenset[int] = REDIRECT_STATUSES
    removed_headers: frozenset[str] = frozenset()

    @classmethod
    def from_options(cls, options: Mapping[str, Any]) -> Self:
        """Return the rules of a client."""
        rules = cls(
            statuses=REDIRECT_STATUSES.union(options.get("redirect_on_status_codes") or ()),
            removed_headers=frozenset(name.lower() for name in options.get("redirect_remove_headers") or ()),
        )
        return rules.for_call(dict(options))

    def for_call(self, options: MutableMapping[str, Any]) -> Self:
        """Return the rules of a call, whose options of redirects are taken out."""
        names = _OPTIONS.keys() & options.keys()
        return self._replace(**{_OPTIONS[name]: options.pop(name) for name in names})


_OPTIONS: Final = {
    "permit_redirects": "permit",
    "redirect_max": "maximum",
    "redirect_across_origins": "across_origins",
}


class RedirectFlow:
    """Send a request, and follow the redirects of its responses.

    :param endpoint: The client's own origin, and its reverse proxy.
    :param options: The options of the client.
    :param retry: Sends each request until a response stands. ``None`` if a policy of the caller's does.
    """

    def __init__(
        self, endpoint: Endpoint, options: Mapping[str, Any], retry: RetryFlow | None = None
    ) -> None:
        self._endpoint = endpoint
        self._rules = RedirectRules.from_options(options)
        self._retry = retry

    def __call__(self, request: PipelineRequest[Any]) -> Flow:
        """Send a request until a response stands."""
        rules = self._rules
        if not _OPTIONS.keys().isdisjoint(request.context.options):
            rules = rules.for_call(request.context.options)
        send = send_once if self._retry is None else self._retry.for_call(request)
        history: list[RequestHistory[Any, Any]] = []
        headers: dict[str, str] | None = None
        while True:
            response = yield from send(request)
            if response.http_response.status_code not in rules.statuses:
                return response
            url = self._next_url(rules, response)
            if url is None:
                return response
            if request.context.options.get("stream"):
                yield Close(response.http_response)
            # The history becomes an attribute of an error: without headers and secrets.
            seen = HttpRequest(request.http_request.method, redact_url(request.http_request.url))
            history.append(RequestHistory(seen))
            if len(history) > rules.maximum:
                raise TooManyRedirectsError(history)
            if headers is None:
                headers = dict(request.http_request.headers.items())
            if response.http_response.status_code == 303:
                headers = {
                    name: value for name, value in headers.items() if name.lower() not in _BODY_HEADERS
                }
                method = "HEAD" if request.http_request.method.upper() == "HEAD" else "GET"
                request.http_request = PreparedRequest(method, url, headers, None)
            else:
                request.http_request.url = url
            own = self._endpoint.to_origin(url) is not None
            _keep_headers(request.http_request.headers, headers, rules, own=own or rules.across_origins)

    def _next_url(self, rules: RedirectRules, response: PipelineResponse[Any, Any]) -> str | None:
        """Return where a redirect leads, or ``None`` if it is not followed."""
        http_request, http_response = response.http_request, response.http_response
        status = http_response.status_code
        if not rules.permit or (status in {301, 302} and http_request.method.upper() not in {"GET", "HEAD"}):
            return None
        location = http_response.headers.get("Location")
        url = redirected(http_request.url, location) if location else None
        if url is None or rules.across_origins or self._endpoint.to_origin(url) is not None:
            return url
        return url if status == 303 or not http_request.content else None


def _keep_headers(
    headers: MutableMapping[str, str], before: Mapping[str, str], rules: RedirectRules, *, own: bool
) -> None:
    """Leave out what must not go to a foreign origin, and put it back for the client's own."""
    for name, value in before.items():
        lower = name.lower()
        if lower in rules.removed_headers or not (own or lower in COMMON_HEADERS):
            headers.pop(name, None)
        else:
            headers.setdefault(name, value)
