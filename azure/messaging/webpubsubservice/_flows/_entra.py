"""When a request carries a Microsoft Entra token, and when a new token is asked for."""

from __future__ import annotations

import base64
import random
import re
import time
from typing import TYPE_CHECKING, Any, Final

from azure.core.exceptions import ClientAuthenticationError, HttpResponseError, ServiceRequestError

from ._retry import DO_NOT_RETRY
from ._steps import SEND, Close, Flow, GetToken

if TYPE_CHECKING:
    from collections.abc import Mapping

    from azure.core.pipeline import PipelineRequest, PipelineResponse

    from azure.messaging.webpubsubservice._endpoint import Endpoint

__all__ = ["EntraFlow", "requested_claims"]

_RENEW_BEFORE: Final = 300
"""Seconds before its end at which a token is renewed, if it does not say itself when."""

# A scheme, or a parameter with its value (RFC 9110, section 11.2). Each word is looked at once.
_CHALLENGE_PART: Final = r'(?<![\w\-])([\w\-]+)(\s*=\s*(?:"([^"]*)"|([^\s,"]*)))?'


class EntraFlow:
    """Send each request with a token, and once more if the service asks for a token with other claims.

    A token goes to the client's own origin only, and over TLS only.

    :param endpoint: The client's own origin, and its reverse proxy.
    :param credential: A token credential, synchronous or asynchronous as the driver is.
    :param scopes: What the token is for.
    :param options: The client's ``enforce_https`` and ``enable_cae``.
    """

    def __init__(
        self, endpoint: Endpoint, credential: Any, scopes: tuple[str, ...], options: Mapping[str, Any]
    ) -> None:
        self._endpoint = endpoint
        self._credential = credential
        self._scopes = scopes
        self._enforce_https = options.get("enforce_https", True)
        self._token_options: dict[str, Any] = {"enable_cae": True} if options.get("enable_cae") else {}
        self._token: Any = None
        self._renewal = 0.0

    def valid_token(self) -> Any:
        """Return the token of the last time, or ``None`` if there is none or it ends soon."""
        return self._token if time.time() < self._renewal else None

    def request_token(self, claims: str | None) -> Any:
        """Ask the credential for a token; an asynchronous one returns an awaitable."""
        options = self._token_options if claims is None else {**self._token_options, "claims": claims}
        if hasattr(self._credential, "get_token_info"):
            return self._credential.get_token_info(*self._scopes, options=options)
        return self._credential.get_token(*self._scopes, **options)

    def keep(self, token: Any) -> Any:
        """Use a token from now on, and return it.

        :raises ~azure.core.exceptions.ClientAuthenticationError: It is not a token that can be sent.
        """
        self._check(token)
        renewal = getattr(token, "refresh_on", None) or token.expires_on - _RENEW_BEFORE
        # Processes that were started together do not all renew in the same second.
        self._renewal = min(renewal + random.uniform(0, 60), token.expires_on)  # noqa: S311 - no secret
        self._token = token
        return token

    def _check(self, token: Any) -> None:
        """Refuse what no credential should return; no message repeats it, since it may be a secret."""
        text, ends = getattr(token, "token", None), getattr(token, "expires_on", None)
        if token is None:
            reason = "returned None instead of a token"
        elif not isinstance(text, str):
            kind = type(token if text is None and not hasattr(token, "token") else text).__name__
            reason = f"returned a token of type {kind}, which is not text"
        elif not text.strip():
            reason = "returned an empty token"
        elif not isinstance(ends, (int, float)):
            reason = f"returned a token whose expires_on is {type(ends).__name__}, not seconds"
        else:
            return
        raise ClientAuthenticationError(
            f"The credential ({type(self._credential).__name__}) {reason}. Nothing was sent."
        )

    def __call__(self, request: PipelineRequest[Any]) -> Flow:
        """Send a request with a token, or without one if it was redirected elsewhere."""
        enforce_https = request.context.options.pop("enforce_https", None)
        if enforce_https is not None:
            request.context["enforce_https"] = enforce_https  # for the next attempt
        if not self._move_to_origin(request):
            return (yield SEND)
        try:
            self._check_tls(request)
            token = self.valid_token() or (yield GetToken(self))
        except Exception:
            request.context[DO_NOT_RETRY] = True
            raise
        response = yield from self._send_with(token, request)
        if response.http_response.status_code != 401:
            return response
        self._renewal = 0.0
        claims = requested_claims(response.http_response.headers.get("WWW-Authenticate") or "")
        if claims is None or not self._move_to_origin(request):
            return response
        if request.context.options.get("stream"):
            yield Close(response.http_response)
        try:
            token = yield GetToken(self, claims)
        except Exception as error:
            request.context[DO_NOT_RETRY] = True
            raise error from HttpResponseError(response=response.http_response)
        return (yield from self._send_with(token, request))

    @staticmethod
    def _send_with(token: Any, request: PipelineRequest[Any]) -> Flow:
        headers = request.http_request.headers
        headers["Authorization"] = f"Bearer {token.token}"
        try:
            response: PipelineResponse[Any, Any] = yield SEND
        finally:
            # Responses and errors hold on to the request, and are shown, kept and pickled.
            headers.pop("Authorization", None)
        return response

    def _move_to_origin(self, request: PipelineRequest[Any]) -> bool:
        """Address a request to the service rather than to its proxy; return whether it is the service's."""
        http_request = request.http_request
        origin = self._endpoint.to_origin(http_request.url)
        if origin is None:
            http_request.headers.pop("Authorization", None)
            return False
        if origin != http_request.url:
            http_request.url = origin
        return True

    def _check_tls(self, request: PipelineRequest[Any]) -> None:
        if not request.context.get("enforce_https", self._enforce_https):
            return
        origin = request.http_request.url
        for name, url in (("endpoint", origin), ("reverse_proxy_endpoint", self._endpoint.to_wire(origin))):
            if not url.startswith("https:"):
                raise ServiceRequestError(
                    f"A Microsoft Entra token is not sent unencrypted, and {name} is not https://. Where "
                    "nobody can listen, such as with the emulator, enforce_https=False allows it."
                )


def requested_claims(challenge: str) -> str | None:
    """Return the claims that a ``WWW-Authenticate`` header asks for, or ``None`` if it asks for none.

    Continuous Access Evaluation sends ``Bearer error="insufficient_claims", claims="<base64>"``.
    """
    scheme = ""
    parameters: dict[str, str] = {}
    for match in re.finditer(_CHALLENGE_PART, challenge):
        if match[2] is None:
            scheme = match[1].lower()
        elif scheme == "bearer":
            parameters.setdefault(match[1].lower(), match[3] or match[4] or "")
    if parameters.get("error") != "insufficient_claims":
        return None
    encoded = parameters.get("claims", "")
    try:
        return base64.urlsafe_b64decode(encoded + "=" * (-len(encoded) % 4)).decode() or None
    except ValueError:
        return None
