"""The credentials that a caller's own ``authentication_policy`` sets, whatever headers they are in."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Final

from azure.core.pipeline.policies import SansIOHTTPPolicy

if TYPE_CHECKING:
    from azure.core.pipeline import PipelineContext, PipelineRequest, PipelineResponse

__all__ = ["AfterAuthentication", "BeforeAuthentication", "own_credentials"]

_BEFORE: Final = "webpubsub_headers_before_authentication"
_NAMES: Final = "webpubsub_own_credentials"


class BeforeAuthentication(SansIOHTTPPolicy[Any, Any]):
    """Note the headers that a request has, and take those off again that authentication has added.

    Responses and errors hold on to the request, and are shown, kept and pickled.
    """

    def on_request(self, request: PipelineRequest[Any]) -> None:
        """Note the headers."""
        request.context[_BEFORE] = dict(request.http_request.headers.items())

    def on_response(self, request: PipelineRequest[Any], response: PipelineResponse[Any, Any]) -> None:
        """Take the credentials off."""
        _restore(request.http_request, request.context)
        _restore(response.http_request, request.context)

    def on_exception(self, request: PipelineRequest[Any]) -> None:
        """Take the credentials off."""
        _restore(request.http_request, request.context)


class AfterAuthentication(SansIOHTTPPolicy[Any, Any]):
    """Note which headers authentication has added or changed."""

    def on_request(self, request: PipelineRequest[Any]) -> None:
        """Compare the headers with those before."""
        before = request.context[_BEFORE]
        request.context[_NAMES] = [
            name for name, value in request.http_request.headers.items() if before.get(name) != value
        ]


def own_credentials(context: PipelineContext) -> list[str]:
    """Return the names of the headers that a caller's own authentication has set."""
    names: list[str] = context.get(_NAMES, [])
    return names


def _restore(http_request: Any, context: PipelineContext) -> None:
    before = context[_BEFORE]
    for name in own_credentials(context):
        if name in before:
            http_request.headers[name] = before[name]
        else:
            http_request.headers.pop(name, None)
