"""The client of this checkout without one of its tricks, as ``tricks:NAME``.

A trick is code that exists for speed. It stays if this benchmark shows what it is worth, and the figure
stands beside it in the source.
"""

from collections.abc import AsyncIterator, Awaitable, Callable, Iterator
from contextlib import asynccontextmanager, contextmanager
from types import SimpleNamespace
from typing import Any

import ours  # type: ignore[import-not-found] # pyright: ignore[reportMissingImports] - it is beside this file


def transports() -> tuple[dict[str, Any], dict[str, Any]]:
    """Leave out the package's own transports, for azure-core's."""
    from azure.core.pipeline.transport import AioHttpTransport, RequestsTransport

    return {"transport": RequestsTransport()}, {"transport": AioHttpTransport()}


def policies() -> tuple[dict[str, Any], dict[str, Any]]:
    """Leave out the package's own policies, for azure-core's; only the signature is ours."""
    from azure.core.credentials import AzureKeyCredential
    from azure.core.pipeline import policies as core

    from azure.messaging.webpubsubservice._endpoint import Endpoint
    from azure.messaging.webpubsubservice._policies import SigningPolicy
    from azure.messaging.webpubsubservice._signer import RequestSigner

    def those(redirect: Any, retry: Any) -> dict[str, Any]:
        endpoint = Endpoint.parse(ENDPOINT[0])
        return {
            "policies": [
                core.RequestIdPolicy(),
                core.HeadersPolicy(),
                core.UserAgentPolicy("ours"),
                core.ProxyPolicy(),
                redirect,
                retry,
                SigningPolicy(endpoint, RequestSigner(AzureKeyCredential(ours.KEY))),
                core.CustomHookPolicy(),
                core.NetworkTraceLoggingPolicy(),
                core.DistributedTracingPolicy(),
                core.HttpLoggingPolicy(),
            ]
        }

    return (
        those(core.RedirectPolicy(), core.RetryPolicy()),
        those(core.AsyncRedirectPolicy(), core.AsyncRetryPolicy()),
    )


def runners() -> tuple[dict[str, Any], dict[str, Any]]:
    """Leave every policy by itself: azure-core asks after each of its methods whether it is a coroutine."""
    from azure.messaging.webpubsubservice import _pipeline
    from azure.messaging.webpubsubservice._base import ClientBase

    original = _pipeline.default_policies

    def default_policies(driver: Any, *arguments: Any) -> list[Any]:
        def apart(flow: Any, once: Any, each: Any) -> tuple[Any, ...]:
            return (*once, driver.make_policy(flow), *each)

        found = original(driver._replace(make_policy=apart), *arguments)
        return [each for one in found for each in (one if isinstance(one, tuple) else (one,))]

    ClientBase.__init__.__globals__["default_policies"] = default_policies
    is_never = property(lambda _: False, lambda *_: None)
    ClientBase._has_default_policies = is_never  # type: ignore[assignment] # noqa: SLF001 - this trick is private
    return {}, {}


def memory() -> tuple[dict[str, Any], dict[str, Any]]:
    """Leave out the large block that the asynchronous transport frees before its first request."""
    from azure.messaging.webpubsubservice._transports import _aiohttp

    setattr(_aiohttp, "_keep_memory_mapped", lambda: None)  # noqa: B010 - it is private
    return {}, {}


def tokens() -> tuple[dict[str, Any], dict[str, Any]]:
    """Leave out the tokens that are kept: sign each request."""
    from azure.messaging.webpubsubservice._signer import RequestSigner

    header = RequestSigner.header

    def sign(self: RequestSigner, url: str) -> str:
        self._kept.clear()
        return header(self, url)

    RequestSigner.header = sign  # type: ignore[method-assign]
    return {}, {}


def urls() -> tuple[dict[str, Any], dict[str, Any]]:
    """Leave out the URLs that are kept: check and normalise each."""
    from azure.messaging.webpubsubservice._endpoint import Endpoint

    Endpoint.resolve = Endpoint.resolve_uncached  # type: ignore[assignment, method-assign]
    return {}, {}


def requests() -> tuple[dict[str, Any], dict[str, Any]]:
    """Leave out the package's own requests, for azure-core's: the builders' and the prepared ones."""
    from azure.core.rest import HttpRequest

    from azure.messaging.webpubsubservice._base import ClientBase
    from azure.messaging.webpubsubservice._serialization import Headers, _request

    def build(method: str, url: str, headers: Any, content: Any) -> HttpRequest:
        return HttpRequest(method, url, headers=headers, content=content)

    def prepare(method: str, url: str, headers: Any, body: bytes | None) -> HttpRequest:
        made = HttpRequest(method, url, content=body)
        made.headers = Headers({**headers, **made.headers})
        return made

    setattr(_request, "ReadyRequest", build)  # noqa: B010 - these tricks are private
    ClientBase._prepare.__globals__["PreparedRequest"] = prepare  # noqa: SLF001
    return {}, {}


TRICKS = {trick.__name__: trick for trick in (transports, policies, runners, memory, tokens, urls, requests)}
ENDPOINT = [""]


def variant(name: str) -> SimpleNamespace:
    """Return the contender without a trick."""

    @contextmanager
    def sync(endpoint: str) -> Iterator[Callable[..., None]]:
        ENDPOINT[0] = endpoint
        with ours.sync(endpoint, **TRICKS[name]()[0]) as send:
            yield send

    @asynccontextmanager
    async def asynchronous(endpoint: str) -> AsyncIterator[Callable[..., Awaitable[None]]]:
        ENDPOINT[0] = endpoint
        async with ours.asynchronous(endpoint, **TRICKS[name]()[1]) as send:
            yield send

    return SimpleNamespace(sync=sync, asynchronous=asynchronous)
