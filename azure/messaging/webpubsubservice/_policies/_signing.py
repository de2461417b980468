"""The signature of each attempt, and where it may go."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from azure.core.pipeline.policies import SansIOHTTPPolicy

from azure.messaging.webpubsubservice._flows import CREDENTIAL_HEADERS
from azure.messaging.webpubsubservice._request import PreparedRequest

from ._own_authentication import own_credentials

if TYPE_CHECKING:
    from azure.core.pipeline import PipelineRequest, PipelineResponse

    from azure.messaging.webpubsubservice._endpoint import Endpoint
    from azure.messaging.webpubsubservice._signer import RequestSigner

__all__ = ["SigningPolicy"]


class SigningPolicy(SansIOHTTPPolicy[Any, Any]):
    """Sign each attempt over its URL, and address it to the reverse proxy.

    A request that goes to neither the service nor its proxy carries no credential, not even the
    caller's. The token is taken off again after the attempt: responses and errors hold on to the request, and
    are shown, kept and pickled.

    :param endpoint: The client's own origin, and its reverse proxy.
    :param signer: Signs with an access key. ``None`` if another policy sets the header.
    """

    def __init__(self, endpoint: Endpoint, signer: RequestSigner | None) -> None:
        self._endpoint = endpoint
        self._signer = signer

    def on_request(self, request: PipelineRequest[Any]) -> None:
        """Sign the request if it is the service's, and address it to the proxy."""
        request.context.options.pop("enforce_https", None)  # for Microsoft Entra, and for no transport
        self._address(request, self._signer)
        prepared = request.http_request  # unless a policy has put another in its place
        if isinstance(prepared, PreparedRequest) and not getattr(
            request.context.transport, "marks_sent", False
        ):
            prepared.mark_sent()

    def on_response(self, request: PipelineRequest[Any], response: PipelineResponse[Any, Any]) -> None:  # noqa: ARG002
        """Take the token off."""
        if self._signer is not None:
            request.http_request.headers.pop("Authorization", None)

    def on_exception(self, request: PipelineRequest[Any]) -> None:
        """Take the token off."""
        if self._signer is not None:
            request.http_request.headers.pop("Authorization", None)

    def after_hook(self, request: PipelineRequest[Any], url: str, header: str | None) -> None:
        """Sign again if a hook has changed the URL, unless it has set a header of its own.

        :param url: The URL before the hook.
        :param header: ``Authorization`` before the hook.
        """
        if request.http_request.url != url:
            replaced = request.http_request.headers.get("Authorization") != header
            self._address(request, None if replaced else self._signer)

    def _address(self, request: PipelineRequest[Any], signer: RequestSigner | None) -> None:
        http_request = request.http_request
        url = http_request.url
        headers = http_request.headers
        origin = self._endpoint.to_origin(url)
        if origin is None:
            for name in (*CREDENTIAL_HEADERS, *own_credentials(request.context)):
                headers.pop(name, None)
            return
        if signer is not None:
            token = signer.header(origin)
            by_name = getattr(headers, "by_name", None)
            if by_name is None:  # a policy has put another request in place of ours
                headers["Authorization"] = token
            else:
                by_name["authorization"] = ("Authorization", token)  # which need not be checked
        wire = origin if self._endpoint.proxy is None else self._endpoint.to_wire(origin)
        if wire != url:
            http_request.url = wire
