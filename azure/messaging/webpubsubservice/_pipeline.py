"""The policies and their order, for both clients.

A request goes down this list and its response comes back up::

    per_call_policies        once a call
    request id, headers,
    user agent, proxies
    redirects
    retries
    per_retry_policies       once an attempt, from here on
    authentication           signs the service's URL; a request that goes elsewhere loses the header
    custom hook              raw_request_hook sees the request as it is signed
    wire                     the URL of the reverse proxy; the body from where it stood
    trace, span, log         what goes on the wire, without secrets

Policies without I/O are the same for both clients. Those that follow each other run in one step:
azure-core would wrap each in a frame of its own, or in three coroutines.
"""

from __future__ import annotations

import platform
from typing import TYPE_CHECKING, Any, NamedTuple
from uuid import uuid4

from azure.core.exceptions import ServiceRequestError, TooManyRedirectsError
from azure.core.pipeline.policies import (
    AsyncBearerTokenCredentialPolicy,
    AsyncHTTPPolicy,
    AsyncRedirectPolicy,
    BearerTokenCredentialPolicy,
    CustomHookPolicy,
    HeadersPolicy,
    HTTPPolicy,
    ProxyPolicy,
    RedirectPolicy,
    RequestIdPolicy,
    SansIOHTTPPolicy,
    UserAgentPolicy,
)

from ._auth import RequestSigner, SigningPolicy
from ._logging import RedactingLoggingPolicy, RedactingTracePolicy, RedactingTracingPolicy
from ._retry import FINAL, AsyncSendRetryPolicy, SendRetryPolicy
from ._version import VERSION

if TYPE_CHECKING:
    from collections.abc import Iterable

    from azure.core.pipeline import PipelineRequest, PipelineResponse

    from ._endpoint import Endpoint

__all__ = ["ASYNCHRONOUS", "SYNCHRONOUS", "Flavour", "authenticate", "standard_policies"]

_OWN_MODULES = ("azure.core.", __name__.rpartition(".")[0])
_SENSITIVE = ("Authorization", "Proxy-Authorization", "x-ms-authorization-auxiliary", "Cookie")


_BODY_START = "webpubsub_body_start"


class RandomRequestIdPolicy(RequestIdPolicy):
    """azure-core's request ids, but random: asking the clock (``uuid1``) takes longer than the rest."""

    def __init__(self, **kwargs: Any) -> None:
        super().__init__(**kwargs)
        self._random = "request_id" not in kwargs and kwargs.get("auto_request_id", True)
        self._name = kwargs.get("request_id_header_name", "x-ms-client-request-id")

    def set_request_id(self, value: str) -> None:
        """Use this id from now on."""
        super().set_request_id(value)
        self._random = False

    def on_request(self, request: PipelineRequest[Any]) -> None:
        """Set the header, unless the caller chose an id or none."""
        if not self._random or "request_id" in request.context.options:
            super().on_request(request)
        elif self._name not in request.http_request.headers:
            request.http_request.headers[self._name] = str(uuid4())


class WirePolicy(SansIOHTTPPolicy[Any, Any]):
    """The last that changes a request: where it goes, and from where its body is read.

    A hook may have changed the URL after it was signed; then it is signed again. A request that goes to
    neither the service nor its proxy carries no credential, whoever gave it one.
    """

    def __init__(self, endpoint: Endpoint, authentication: object) -> None:
        self._endpoint = endpoint
        self._signing = authentication if isinstance(authentication, SigningPolicy) else None

    def on_request(self, request: PipelineRequest[Any]) -> None:
        """Put the request into the form that goes on the wire."""
        http_request = request.http_request
        url = http_request.url
        origin = self._endpoint.to_origin(url)
        if origin is None:
            for header in _SENSITIVE:
                http_request.headers.pop(header, None)
        else:
            if self._signing is not None:
                self._signing.sign_again(request, origin)
            wire = self._endpoint.to_wire(origin)
            if wire != url:
                http_request.url = wire
        body = http_request.content
        if body is not None and not isinstance(body, bytes) and hasattr(body, "seek"):
            start = request.context.get(_BODY_START)
            if start is None:
                request.context[_BODY_START] = body.tell()
            else:
                body.seek(start)


class OwnRedirectPolicy(RedirectPolicy[Any, Any]):
    """azure-core's redirects, without its search for changed domains: authentication looks at each URL."""

    def send(self, request: PipelineRequest[Any]) -> PipelineResponse[Any, Any]:
        """Follow the redirects of a response."""
        settings = self.configure_redirects(request.context.options)
        while True:
            response = self.next.send(request)
            location = self.get_redirect_location(response)
            if not location or not settings["allow"]:
                return response
            response.http_response.close()
            more = self.increment(settings, response, location)
            if response.http_response.status_code == 303:
                request.http_request.drop_body()
            if not more:
                raise TooManyRedirectsError(settings["history"])


class AsyncOwnRedirectPolicy(AsyncRedirectPolicy[Any, Any]):
    """The same as :class:`OwnRedirectPolicy`, for coroutines."""

    async def send(self, request: PipelineRequest[Any]) -> PipelineResponse[Any, Any]:
        """Follow the redirects of a response."""
        settings = self.configure_redirects(request.context.options)
        while True:
            response = await self.next.send(request)
            location = self.get_redirect_location(response)
            if not location or not settings["allow"]:
                return response
            await response.http_response.close()
            more = self.increment(settings, response, location)
            if response.http_response.status_code == 303:
                request.http_request.drop_body()
            if not more:
                raise TooManyRedirectsError(settings["history"])


class _Entra:
    """What both policies for Microsoft Entra have in common: tokens go to the own origin, over TLS."""

    _endpoint: Endpoint

    def _owns(self, request: PipelineRequest[Any]) -> bool:
        http_request = request.http_request
        origin = self._endpoint.to_origin(http_request.url)
        if origin is None:
            http_request.headers.pop("Authorization", None)
            return False
        if origin != http_request.url:
            http_request.url = origin
        return True

    def _check_proxy(self, request: PipelineRequest[Any]) -> None:
        wire = self._endpoint.to_wire(request.http_request.url)
        if request.context.get("enforce_https", True) and not wire.startswith("https:"):
            request.http_request.headers.pop("Authorization", None)
            raise ServiceRequestError(
                "A Microsoft Entra token does not go over plain HTTP, to a reverse proxy neither."
            )


class EntraPolicy(_Entra, BearerTokenCredentialPolicy[Any, Any]):
    """azure-core's bearer tokens, for the client's own origin alone."""

    def __init__(self, endpoint: Endpoint, credential: Any, *scopes: str, **kwargs: Any) -> None:
        super().__init__(credential, *scopes, **kwargs)
        self._endpoint = endpoint

    def on_request(self, request: PipelineRequest[Any]) -> None:
        """Set the header, or take it off a request that was redirected elsewhere."""
        if not self._owns(request):
            return
        try:
            super().on_request(request)
            self._check_proxy(request)
        except Exception:
            request.context[FINAL] = True
            raise

    def on_challenge(self, request: PipelineRequest[Any], response: PipelineResponse[Any, Any]) -> bool:
        """Answer a challenge, if it comes from the client's own origin."""
        return self._owns(request) and super().on_challenge(request, response)


class AsyncEntraPolicy(_Entra, AsyncBearerTokenCredentialPolicy[Any, Any]):
    """The same as :class:`EntraPolicy`, for coroutines."""

    def __init__(self, endpoint: Endpoint, credential: Any, *scopes: str, **kwargs: Any) -> None:
        super().__init__(credential, *scopes, **kwargs)
        self._endpoint = endpoint

    async def on_request(self, request: PipelineRequest[Any]) -> None:
        """Set the header, or take it off a request that was redirected elsewhere."""
        if not self._owns(request):
            return
        try:
            await super().on_request(request)
            self._check_proxy(request)
        except Exception:
            request.context[FINAL] = True
            raise

    async def on_challenge(self, request: PipelineRequest[Any], response: PipelineResponse[Any, Any]) -> bool:
        """Answer a challenge, if it comes from the client's own origin."""
        return self._owns(request) and await super().on_challenge(request, response)


class _Chain:
    """Policies without I/O and without coroutines, one after the other."""

    def __init__(self, policies: Iterable[SansIOHTTPPolicy[Any, Any]]) -> None:
        super().__init__()
        members = list(policies)
        base = SansIOHTTPPolicy
        self._down = [member.on_request for member in members]
        # Calling what does nothing takes as long as what a policy does.
        self._up = [m.on_response for m in reversed(members) if type(m).on_response is not base.on_response]
        self._failed = [
            m.on_exception for m in reversed(members) if type(m).on_exception is not base.on_exception
        ]


class _SyncChain(_Chain, HTTPPolicy[Any, Any]):
    def send(self, request: PipelineRequest[Any]) -> PipelineResponse[Any, Any]:
        for on_request in self._down:
            on_request(request)
        try:
            response = self.next.send(request)
        except Exception:
            for on_exception in self._failed:
                on_exception(request)
            raise
        for on_response in self._up:
            on_response(request, response)
        return response


class _AsyncChain(_Chain, AsyncHTTPPolicy[Any, Any]):
    async def send(self, request: PipelineRequest[Any]) -> PipelineResponse[Any, Any]:
        for on_request in self._down:
            on_request(request)
        try:
            response = await self.next.send(request)
        except Exception:
            for on_exception in self._failed:
                on_exception(request)
            raise
        for on_response in self._up:
            on_response(request, response)
        return response


class Flavour(NamedTuple):
    """The policies that do I/O, of one of the two clients."""

    redirect: type[Any]
    retry: type[Any]
    entra: type[Any]
    chain: type[Any]


SYNCHRONOUS = Flavour(OwnRedirectPolicy, SendRetryPolicy, EntraPolicy, _SyncChain)
ASYNCHRONOUS = Flavour(AsyncOwnRedirectPolicy, AsyncSendRetryPolicy, AsyncEntraPolicy, _AsyncChain)


def authenticate(
    flavour: Flavour, endpoint: Endpoint, credential: Any, scopes: Iterable[str], options: dict[str, Any]
) -> Any:
    """Give the policy for a credential.

    :raises TypeError: The credential is of a kind that this client cannot use.
    """
    if isinstance(getattr(credential, "key", None), str):
        return SigningPolicy(endpoint, RequestSigner(credential))
    if hasattr(credential, "get_token") or hasattr(credential, "get_token_info"):
        return flavour.entra(endpoint, credential, *scopes, **options)
    hint = " Wrap the key: AzureKeyCredential(key)." if isinstance(credential, str) else ""
    raise TypeError(
        "credential must be an AzureKeyCredential, or a token credential such as azure.identity's "
        f"DefaultAzureCredential, not {type(credential).__name__}.{hint}"
    )


def standard_policies(
    flavour: Flavour, endpoint: Endpoint, authentication: Any, options: dict[str, Any]
) -> list[Any]:
    """Give the policies of a client, in their order.

    :param options: The client's options. A policy of the caller's own, such as ``retry_policy``, stands in
        for the client's.
    """

    def own(name: str, standard: type[Any], **more: Any) -> Any:
        return options.get(f"{name}_policy") or standard(**options, **more)

    authentication = options.get("authentication_policy") or authentication
    proxies = options.get("proxy_policy") or (ProxyPolicy(**options) if options.get("proxies") else None)
    return _chained(
        flavour,
        [
            own("request_id", RandomRequestIdPolicy),
            own("headers", HeadersPolicy),
            own("user_agent", UserAgentPolicy, base_user_agent=_user_agent(options)),
            proxies,
            own("redirect", flavour.redirect),
            own("retry", flavour.retry),
            authentication,
            own("custom_hook", CustomHookPolicy),
            WirePolicy(endpoint, authentication),
            own("logging", RedactingTracePolicy),
            RedactingTracingPolicy(**options),
            own("http_logging", RedactingLoggingPolicy),
        ],
    )


def _chained(flavour: Flavour, policies: Iterable[Any]) -> list[Any]:
    """Join neighbours that do no I/O. A caller's own stay apart: theirs may be coroutines."""
    result: list[Any] = []
    run: list[SansIOHTTPPolicy[Any, Any]] = []
    for policy in policies:
        if policy is None:
            continue
        if isinstance(policy, SansIOHTTPPolicy) and type(policy).__module__.startswith(_OWN_MODULES):
            run.append(policy)
            continue
        if run:
            result.append(flavour.chain(run))
            run = []
        result.append(policy)
    if run:
        result.append(flavour.chain(run))
    return result


def _user_agent(options: dict[str, Any]) -> str:
    """Name the package, Python and the system, as Azure's clients do.

    ``platform.platform()`` would add the C library's version, for which it reads the interpreter's whole
    file.
    """
    moniker = options.get("sdk_moniker") or f"messaging-webpubsubservice/{VERSION}"
    system = f"{platform.system()}-{platform.release()}-{platform.machine()}"
    return f"azsdk-python-{moniker} Python/{platform.python_version()} ({system})"
