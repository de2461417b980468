"""The caller's hooks, which see each attempt."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from azure.core.pipeline.policies import SansIOHTTPPolicy

if TYPE_CHECKING:
    from collections.abc import Mapping

    from azure.core.pipeline import PipelineRequest, PipelineResponse

    from ._signing import SigningPolicy

__all__ = ["HookPolicy"]

_REQUEST, _RESPONSE = "raw_request_hook", "raw_response_hook"
_NAMES = frozenset({_REQUEST, _RESPONSE})


class HookPolicy(SansIOHTTPPolicy[Any, Any]):
    """Call ``raw_request_hook`` with each attempt as it goes out, ``raw_response_hook`` with each response.

    azure-core's ``CustomHookPolicy`` calls a call's ``raw_request_hook`` for the first attempt only.

    :param signing: Signs a URL again that a hook has changed.
    :param options: The options of the client.
    """

    def __init__(self, signing: SigningPolicy, options: Mapping[str, Any]) -> None:
        self._signing = signing
        self._hooks = {name: options.get(name) for name in _NAMES}

    def on_request(self, request: PipelineRequest[Any]) -> None:
        """Call the hook of the call, or the client's."""
        context = request.context
        if not _NAMES.isdisjoint(context.options):  # as they are at the next attempt
            for name in _NAMES & context.options.keys():
                context[name] = context.options.pop(name)
        hook = context.get(_REQUEST) or self._hooks[_REQUEST]
        if hook is not None:
            http_request = request.http_request
            url, header = http_request.url, http_request.headers.get("Authorization")
            hook(request)
            self._signing.after_hook(request, url, header)

    def on_response(self, request: PipelineRequest[Any], response: PipelineResponse[Any, Any]) -> None:
        """Call the hook of the call, or the client's."""
        hook = request.context.get(_RESPONSE) or self._hooks[_RESPONSE]
        if hook is not None:
            hook(response)
