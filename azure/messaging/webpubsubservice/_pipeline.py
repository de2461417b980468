"""The policies and their order, for both clients.

A request goes down this list and its response comes back up::

    request id, headers,     once a call
    user agent, proxies
    per_call_policies
    redirects
    retries
    per_retry_policies       once an attempt, from here on
    authentication           Microsoft Entra's token, if that is the credential
    wire                     the signature, the reverse proxy's URL
    custom hook              raw_request_hook sees the request as it goes out
    trace, span, log         without secrets

Policies without I/O are the same for both clients. Those that follow each other run in one step: azure-core
would wrap each in a frame of its own, or in three coroutines.
"""

from __future__ import annotations

import logging
import os
import platform
import sys
from collections.abc import Iterable, Mapping
from inspect import iscoroutinefunction
from typing import TYPE_CHECKING, Any, NamedTuple

from azure.core.exceptions import ServiceRequestError, TooManyRedirectsError
from azure.core.pipeline import AsyncPipeline, Pipeline, PipelineContext, PipelineRequest, PipelineResponse
from azure.core.pipeline.policies import (
    AsyncBearerTokenCredentialPolicy,
    AsyncHTTPPolicy,
    AsyncRedirectPolicy,
    AsyncRetryPolicy,
    BearerTokenCredentialPolicy,
    CustomHookPolicy,
    HeadersPolicy,
    HTTPPolicy,
    ProxyPolicy,
    RedirectPolicy,
    RequestIdPolicy,
    RetryPolicy,
    SansIOHTTPPolicy,
    UserAgentPolicy,
)

from ._auth import RequestSigner
from ._endpoint import redirected
from ._headers import Headers
from ._logging import RedactingLoggingPolicy, RedactingTracePolicy, RedactingTracingPolicy
from ._request import PreparedRequest
from ._retry import FINAL, AsyncSendRetryPolicy, SendRetryPolicy
from ._version import VERSION

if TYPE_CHECKING:
    from ._endpoint import Endpoint

__all__ = [
    "ASYNCHRONOUS",
    "SYNCHRONOUS",
    "AsyncLeanPipeline",
    "Credential",
    "Flavour",
    "LeanPipeline",
    "authenticate",
    "replaced_policies",
    "standard_policies",
]

_OWN_MODULES = ("azure.core.", __name__.rpartition(".")[0])
_GET_TOKEN = ("get_token", "get_token_info")
_OBSERVED = "webpubsub_observed"
_SENSITIVE = ("Authorization", "Proxy-Authorization", "x-ms-authorization-auxiliary", "Cookie")


class FirstHeadersPolicy(SansIOHTTPPolicy[Any, Any]):
    """azure-core's policies for request ids, headers and user agent, in one step if a call has no options.

    Request ids are random: asking the clock (``uuid1``), as azure-core does, takes longer than all the rest.
    """

    def __init__(self, options: Mapping[str, Any]) -> None:
        self._policies = (
            RequestIdPolicy(**options),
            HeadersPolicy(**options),
            UserAgentPolicy(base_user_agent=_user_agent(options), **options),
        )
        _, headers, user_agent = self._policies
        self._simple = not headers.headers and not user_agent.overwrite and "request_id" not in options
        self._agent = user_agent.user_agent
        random = "request_id" not in options and options.get("auto_request_id", True)
        self._id_name = options.get("request_id_header_name", "x-ms-client-request-id") if random else None

    def on_request(self, request: PipelineRequest[Any]) -> None:
        """Set the headers."""
        headers = request.http_request.headers
        options = request.context.options
        if self._simple and len(options) <= 1 and isinstance(headers, Headers):
            headers.default("user-agent", "User-Agent", self._agent)
            if self._id_name:
                headers.default(self._id_name.lower(), self._id_name, _random_uuid())
            return
        if self._id_name and "request_id" not in options and self._id_name not in headers:
            headers[self._id_name] = _random_uuid()
        for policy in self._policies:
            policy.on_request(request)


def _random_uuid() -> str:
    digits = os.urandom(16).hex()
    return f"{digits[:8]}-{digits[8:12]}-4{digits[13:16]}-8{digits[17:20]}-{digits[20:]}"


class WirePolicy(SansIOHTTPPolicy[Any, Any]):
    """Signs each attempt and addresses it.

    A request that goes to neither the service nor its proxy carries no credential, whoever gave it one.

    :param endpoint: Says what the client's own origin is, and where its proxy is.
    :param signer: Signs with an access key. Without one, the header is somebody else's.
    """

    def __init__(self, endpoint: Endpoint, signer: RequestSigner | None) -> None:
        self._endpoint = endpoint
        self._signer = signer

    def on_request(self, request: PipelineRequest[Any]) -> None:
        """Sign the request if it is the service's, and send it through the proxy."""
        self.address(request, self._signer)

    def address(self, request: PipelineRequest[Any], signer: RequestSigner | None) -> None:
        """Do this again, after the URL was changed; without a signer, keep the header."""
        http_request = request.http_request
        url = http_request.url
        origin = self._endpoint.to_origin(url)
        if origin is None:
            for header in _SENSITIVE:
                http_request.headers.pop(header, None)
            return
        if signer is not None:
            http_request.headers["Authorization"] = signer.header(origin)
        wire = self._endpoint.to_wire(origin)
        if wire != url:
            http_request.url = wire


class HookPolicy(CustomHookPolicy[Any, Any]):
    """azure-core's hooks. A URL that a hook changes is signed again, if the header is still the client's."""

    def __init__(self, wire: WirePolicy, signer: RequestSigner | None, options: Mapping[str, Any]) -> None:
        super().__init__(**options)
        self._wire = wire
        self._signer = signer
        self._idle = not options.get("raw_request_hook") and not options.get("raw_response_hook")

    def on_request(self, request: PipelineRequest[Any]) -> None:
        """Call the hook, if there is one."""
        context = request.context
        if self._idle and len(context.options) <= 1:
            return
        http_request = request.http_request
        url, header = http_request.url, http_request.headers.get("Authorization")
        super().on_request(request)
        if http_request.url != url:
            replaced = http_request.headers.get("Authorization") != header
            self._wire.address(request, None if replaced else self._signer)


class ObservingPolicy(SansIOHTTPPolicy[Any, Any]):
    """The trace, the span and the log of each attempt, skipped in one step if nobody wants any."""

    def __init__(self, options: Mapping[str, Any]) -> None:
        self._log = RedactingLoggingPolicy(**options)
        self._log_level = getattr(self._log, "http_logging_level", logging.INFO)  # fixed in older azure-core
        self._trace = RedactingTracePolicy(**options)
        self._spans = RedactingTracingPolicy(**options)

    def on_request(self, request: PipelineRequest[Any]) -> None:
        """Begin to observe, if somebody is interested."""
        context = request.context
        log = self._log
        if (
            len(context.options) <= 1
            and not self._trace.enable_http_logger
            and not log.logger.isEnabledFor(self._log_level)
            and not self._spans.enabled()
            and _OBSERVED not in context
        ):
            return
        context[_OBSERVED] = True
        self._trace.on_request(request)
        self._spans.on_request(request)
        log.on_request(request)

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


class _OwnRedirects:
    """azure-core's redirects, without its search for changed domains: authentication looks at each URL."""

    _statuses: frozenset[int]

    def __init__(self, **kwargs: Any) -> None:
        super().__init__(**kwargs)
        self._statuses = RedirectPolicy.REDIRECT_STATUSES.union(kwargs.get("redirect_on_status_codes") or ())

    def get_redirect_location(self, response: PipelineResponse[Any, Any]) -> str | None:
        """Give the absolute URL to go to, if the status and the method allow it."""
        location = super().get_redirect_location(response)  # type: ignore[misc]
        return redirected(response.http_request.url, location) if location else None

    def increment(
        self, settings: dict[str, Any], response: PipelineResponse[Any, Any], redirect_location: str
    ) -> bool:
        """Turn the request to its new URL, and tell whether it may go there."""
        more: bool = super().increment(settings, response, redirect_location)  # type: ignore[misc]
        if response.http_response.status_code == 303 and isinstance(response.http_request, PreparedRequest):
            response.http_request.drop_body()
        return more


class OwnRedirectPolicy(_OwnRedirects, RedirectPolicy[Any, Any]):
    """Follows redirects by azure-core's rules."""

    def send(self, request: PipelineRequest[Any]) -> PipelineResponse[Any, Any]:
        """Follow the redirects of a response."""
        options = request.context.options
        settings = self.configure_redirects(options) if len(options) > 1 else None
        while True:
            response = self.next.send(request)
            if response.http_response.status_code not in self._statuses:
                return response
            settings = settings or self.configure_redirects(options)
            location = self.get_redirect_location(response)
            if not location or not settings["allow"]:
                return response
            if options.get("stream"):
                response.http_response.close()
            if not self.increment(settings, response, location):
                raise TooManyRedirectsError(settings["history"])


class AsyncOwnRedirectPolicy(_OwnRedirects, AsyncRedirectPolicy[Any, Any]):
    """The same as :class:`OwnRedirectPolicy`, for coroutines."""

    async def send(self, request: PipelineRequest[Any]) -> PipelineResponse[Any, Any]:
        """Follow the redirects of a response."""
        options = request.context.options
        settings = self.configure_redirects(options) if len(options) > 1 else None
        while True:
            response = await self.next.send(request)
            if response.http_response.status_code not in self._statuses:
                return response
            settings = settings or self.configure_redirects(options)
            location = self.get_redirect_location(response)
            if not location or not settings["allow"]:
                return response
            if options.get("stream"):
                await response.http_response.close()
            if not self.increment(settings, response, location):
                raise TooManyRedirectsError(settings["history"])


class _Entra:
    """What both policies for Microsoft Entra have in common: tokens go to the own origin, over TLS."""

    _endpoint: Endpoint
    _enforce: bool

    def _owns(self, request: PipelineRequest[Any]) -> bool:
        http_request = request.http_request
        origin = self._endpoint.to_origin(http_request.url)
        if origin is None:
            http_request.headers.pop("Authorization", None)
            return False
        if origin != http_request.url:
            http_request.url = origin
        if not self._enforce:
            request.context.options.setdefault("enforce_https", False)
        return True

    def _check_tls(self, request: PipelineRequest[Any]) -> None:
        # azure-core moves the option to the context, and looks at the first of the two URLs alone.
        context = request.context
        if context.options.get("enforce_https") is False or context.get("enforce_https") is False:
            return
        origin = request.http_request.url
        for name, url in (("endpoint", origin), ("reverse_proxy_endpoint", self._endpoint.to_wire(origin))):
            if not url.startswith("https:"):
                request.http_request.headers.pop("Authorization", None)
                raise ServiceRequestError(
                    f"A Microsoft Entra token is not sent in clear, and {name} is not https://. Where no "
                    "stranger can listen, such as with the emulator, enforce_https=False allows it."
                )


class EntraPolicy(_Entra, BearerTokenCredentialPolicy[Any, Any]):
    """azure-core's bearer tokens, for the client's own origin alone."""

    def __init__(self, endpoint: Endpoint, credential: Any, *scopes: str, **kwargs: Any) -> None:
        super().__init__(credential, *scopes, **kwargs)
        self._endpoint = endpoint
        self._enforce = kwargs.get("enforce_https", True)

    def on_request(self, request: PipelineRequest[Any]) -> None:
        """Set the header, or take it off a request that was redirected elsewhere."""
        if not self._owns(request):
            return
        try:
            self._check_tls(request)
            super().on_request(request)
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
        self._enforce = kwargs.get("enforce_https", True)

    async def on_request(self, request: PipelineRequest[Any]) -> None:
        """Set the header, or take it off a request that was redirected elsewhere."""
        if not self._owns(request):
            return
        try:
            self._check_tls(request)
            await super().on_request(request)
        except Exception:
            request.context[FINAL] = True
            raise

    async def on_challenge(self, request: PipelineRequest[Any], response: PipelineResponse[Any, Any]) -> bool:
        """Answer a challenge, if it comes from the client's own origin."""
        return self._owns(request) and await super().on_challenge(request, response)


class _Chain:
    """Policies without I/O and without coroutines, one after the other.

    The last of a pipeline also speaks to the transport: a frame less, and in the other client a coroutine.
    """

    transport: Any = None

    def __init__(self, policies: Iterable[SansIOHTTPPolicy[Any, Any]]) -> None:
        super().__init__()
        members = list(policies)
        base = SansIOHTTPPolicy
        self.down = [member.on_request for member in members]
        # Calling what does nothing takes as long as what a policy does.
        self.up = [m.on_response for m in reversed(members) if type(m).on_response is not base.on_response]
        self.failed = [
            m.on_exception for m in reversed(members) if type(m).on_exception is not base.on_exception
        ]

    @staticmethod
    def _for_transport(request: PipelineRequest[Any]) -> dict[str, Any]:
        options = request.context.options
        if len(options) > 1:
            # What azure-core does not pass on to transports either.
            for name in ("insecure_domain_change", "enable_cae", "tracing_options", "enforce_https"):
                options.pop(name, None)
        return options


class _SyncChain(_Chain, HTTPPolicy[Any, Any]):
    def send(self, request: PipelineRequest[Any]) -> PipelineResponse[Any, Any]:
        for on_request in self.down:
            on_request(request)
        try:
            if self.transport is None:
                response = self.next.send(request)
            else:
                http_request = request.http_request
                answer = self.transport.send(http_request, **self._for_transport(request))
                response = PipelineResponse(http_request, answer, request.context)
        except Exception:
            for on_exception in self.failed:
                on_exception(request)
            raise
        for on_response in self.up:
            on_response(request, response)
        return response


class _AsyncChain(_Chain, AsyncHTTPPolicy[Any, Any]):
    async def send(self, request: PipelineRequest[Any]) -> PipelineResponse[Any, Any]:
        for on_request in self.down:
            on_request(request)
        try:
            if self.transport is None:
                response = await self.next.send(request)
            else:
                http_request = request.http_request
                answer = await self.transport.send(http_request, **self._for_transport(request))
                response = PipelineResponse(http_request, answer, request.context)
        except Exception:
            for on_exception in self.failed:
                on_exception(request)
            raise
        for on_response in self.up:
            on_response(request, response)
        return response


class _Lean:
    """A pipeline that begins and ends with chains.

    The first, which looks at requests alone, needs no frame of its own; the last speaks to the transport.
    """

    def __init__(self, transport: Any, policies: list[Any]) -> None:
        super().__init__(transport, policies)  # type: ignore[call-arg]
        if policies and isinstance(policies[-1], _Chain):
            policies[-1].transport = transport
        self._down: list[Any] = []
        self._then: Any = None
        first: Any = policies[0] if len(policies) > 1 else None
        if isinstance(first, (_SyncChain, _AsyncChain)) and not first.up and not first.failed:
            self._down, self._then = first.down, first.next.send
        self._sender = transport

    def _begun(self, request: Any, options: dict[str, Any]) -> PipelineRequest[Any]:
        begun = PipelineRequest(request, PipelineContext(self._sender, **options))
        for on_request in self._down:
            on_request(begun)
        return begun


class LeanPipeline(_Lean, Pipeline[Any, Any]):
    """azure-core's pipeline, in fewer steps if its policies are a client's own."""

    def run(self, request: Any, **kwargs: Any) -> PipelineResponse[Any, Any]:
        """Send a request down the pipeline."""
        if self._then is None:
            return super().run(request, **kwargs)
        response: PipelineResponse[Any, Any] = self._then(self._begun(request, kwargs))
        return response


class AsyncLeanPipeline(_Lean, AsyncPipeline[Any, Any]):
    """The same as :class:`LeanPipeline`, for coroutines."""

    def run(self, request: Any, **kwargs: Any) -> Any:
        """Give the coroutine that sends a request down the pipeline."""
        return (
            super().run(request, **kwargs) if self._then is None else self._then(self._begun(request, kwargs))
        )


class Flavour(NamedTuple):
    """The policies that do I/O, of one of the two clients."""

    redirect: type[Any]
    retry: type[Any]
    entra: type[Any]
    chain: type[Any]


SYNCHRONOUS = Flavour(OwnRedirectPolicy, SendRetryPolicy, EntraPolicy, _SyncChain)
ASYNCHRONOUS = Flavour(AsyncOwnRedirectPolicy, AsyncSendRetryPolicy, AsyncEntraPolicy, _AsyncChain)


class Credential(NamedTuple):
    """How a client authenticates."""

    policy: Any
    """A policy of its own, for Microsoft Entra."""
    signer: RequestSigner | None
    """Or a signer, for access keys."""


def authenticate(
    flavour: Flavour, endpoint: Endpoint, credential: Any, scopes: Iterable[str], options: Mapping[str, Any]
) -> Credential:
    """Tell credentials apart.

    :raises TypeError: The credential is of a kind that this client cannot use.
    :raises ValueError: It has an empty key.
    """
    key = getattr(credential, "key", None)
    if isinstance(key, str):
        if not key:
            raise ValueError("credential has an empty access key. Is the setting that it comes from not set?")
        return Credential(None, RequestSigner(credential))
    get_token = next(filter(None, (getattr(credential, name, None) for name in _GET_TOKEN)), None)
    if get_token is not None:
        asynchronous = iscoroutinefunction(get_token)
        if asynchronous and flavour is SYNCHRONOUS:
            raise TypeError(
                f"credential is asynchronous, a {type(credential).__name__}. Use it with azure.messaging."
                "webpubsubservice.aio.WebPubSubServiceClient, or take the synchronous one of its package."
            )
        if not asynchronous and flavour is ASYNCHRONOUS and not hasattr(credential, "__aenter__"):
            raise TypeError(
                f"credential is synchronous, a {type(credential).__name__}. Take one that is asynchronous, "
                "such as those of azure.identity.aio."
            )
        return Credential(flavour.entra(endpoint, credential, *scopes, **options), None)
    hint = " Wrap the key: AzureKeyCredential(key)." if isinstance(credential, str) else ""
    raise TypeError(
        "credential must be an AzureKeyCredential, or a token credential such as azure.identity's "
        f"DefaultAzureCredential, not {type(credential).__name__}.{hint}"
    )


def standard_policies(
    flavour: Flavour, endpoint: Endpoint, credential: Credential, options: Mapping[str, Any]
) -> list[Any]:
    """Give the policies of a client, in their order.

    :param options: The client's options. A policy of the caller's own, such as ``retry_policy``, stands in
        for the client's.
    """

    def own(name: str) -> Any:
        return options.get(f"{name}_policy")

    authentication = own("authentication") or credential.policy
    signer = None if authentication else credential.signer
    wire = WirePolicy(endpoint, signer)
    if any(map(own, ("request_id", "headers", "user_agent"))):
        first = [
            own("request_id") or RequestIdPolicy(**options),
            own("headers") or HeadersPolicy(**options),
            own("user_agent") or UserAgentPolicy(base_user_agent=_user_agent(options), **options),
        ]
    else:
        first = [FirstHeadersPolicy(options)]
    if any(map(own, ("logging", "http_logging"))):
        last = [
            own("logging") or RedactingTracePolicy(**options),
            RedactingTracingPolicy(**options),
            own("http_logging") or RedactingLoggingPolicy(**options),
        ]
    else:
        last = [ObservingPolicy(options)]
    return _chained(
        flavour,
        [
            *first,
            own("proxy") or (ProxyPolicy(**options) if options.get("proxies") else None),
            *_several(options.get("per_call_policies")),
            own("redirect") or flavour.redirect(**options),
            own("retry") or flavour.retry(**options),
            *_several(options.get("per_retry_policies")),
            own("custom_hook"),
            authentication,
            wire,
            HookPolicy(wire, signer, options),
            *last,
        ],
    )


def replaced_policies(policies: Iterable[Any], options: Mapping[str, Any]) -> list[Any]:
    """Give a caller's own list of policies, with those per call and per retry where azure-core puts them.

    :raises ValueError: There are policies per retry, and no retry policy to put them after.
    """
    result = [*_several(options.get("per_call_policies")), *policies]
    per_retry = _several(options.get("per_retry_policies"))
    if per_retry:
        places = [
            at for at, policy in enumerate(result) if isinstance(policy, (RetryPolicy, AsyncRetryPolicy))
        ]
        if not places:
            raise ValueError("per_retry_policies go after the retry policy, and there is none in policies.")
        result[places[-1] + 1 : places[-1] + 1] = per_retry
    return result


def _several(policies: Any) -> list[Any]:
    if policies is None:
        return []
    return list(policies) if isinstance(policies, Iterable) else [policies]


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


def _user_agent(options: Mapping[str, Any]) -> str:
    """Name the package, Python and the system, as Azure's clients do.

    ``platform.platform()`` would add the C library's version, for which it reads the interpreter's whole
    file.
    """
    moniker = options.get("sdk_moniker") or f"messaging-webpubsubservice/{VERSION}"
    system = f"{platform.system()}-{platform.release()}-{platform.machine()}"
    python = ".".join(map(str, sys.version_info[:3]))
    return f"azsdk-python-{moniker} Python/{python} ({system})"
