"""The asynchronous client."""

from __future__ import annotations

import asyncio
import math
from typing import TYPE_CHECKING, Any, TypeVar, overload

from azure.core.credentials_async import AsyncTokenCredential
from azure.core.exceptions import AzureError
from azure.core.pipeline import AsyncPipeline, PipelineContext, PipelineRequest

from azure.messaging.webpubsubservice._base import ClientBase
from azure.messaging.webpubsubservice._blocks import ForAsyncWith
from azure.messaging.webpubsubservice._body import Accumulator, is_asynchronous, read_all
from azure.messaging.webpubsubservice._client_tokens import ClientAccessToken, ClientTokenRequest
from azure.messaging.webpubsubservice._keywords import explain_calls, explaining
from azure.messaging.webpubsubservice._logging import redact_error
from azure.messaging.webpubsubservice._migration import hub_in_constructor, hub_is_missing
from azure.messaging.webpubsubservice._option_checks import checked_call_options
from azure.messaging.webpubsubservice._paging import Pages, check_pageable
from azure.messaging.webpubsubservice._pipeline import Driver
from azure.messaging.webpubsubservice._transports._aiohttp import AiohttpTransport

from ._deadline import Deadline
from ._flows import AsyncFlowPolicy
from ._sending import Sending

if TYPE_CHECKING:
    from collections.abc import AsyncIterable, Callable, Hashable, Iterable, Mapping
    from datetime import timedelta

    from azure.core.async_paging import AsyncItemPaged, AsyncPageIterator
    from azure.core.rest import AsyncHttpResponse, HttpRequest
    from typing_extensions import Self, Unpack

    from azure.messaging.webpubsubservice._arguments import Texts
    from azure.messaging.webpubsubservice._client_tokens import ClientProtocol
    from azure.messaging.webpubsubservice._options import RequestOptions
    from azure.messaging.webpubsubservice._request import PreparedRequest
    from azure.messaging.webpubsubservice._serialization import ListRequest
    from azure.messaging.webpubsubservice.senders import WriterOptions

    from .senders import AsyncRequestSender, AsyncTextWriter

__all__ = ["WebPubSubServiceClient"]

T = TypeVar("T")


def _make_transport(options: Mapping[str, Any]) -> Any:
    if "session" in options:  # an aiohttp.ClientSession works with azure-core's transport
        from azure.core.pipeline.transport import AioHttpTransport  # noqa: PLC0415 - in place of ours

        return AioHttpTransport(**options)
    return AiohttpTransport(**options)


@explaining(hub_in_constructor)
class WebPubSubServiceClient(ClientBase[AsyncTokenCredential], ForAsyncWith):
    """Send requests to Azure Web PubSub, with coroutines.

    The arguments, the options and the errors are those of
    :class:`azure.messaging.webpubsubservice.WebPubSubServiceClient`, whose page describes them. A token
    credential is an asynchronous one, such as those of ``azure.identity.aio``.

    The client is an asynchronous context manager; :meth:`close` closes its connections. It belongs to the
    event loop that it first sends in; when that has ended, to the next.
    """

    _driver = Driver(AsyncFlowPolicy, _make_transport, AsyncPipeline, is_asynchronous=True)

    def send_request(
        self, request: HttpRequest, *, stream: bool = False, **options: Unpack[RequestOptions]
    ) -> Sending:
        """Send a request and return the response, whatever its status.

        The same as the synchronous client's. Await it; or, with ``stream=True``, use ``async with``, which
        closes the response at the end. Content may be asynchronous too.

        >>> response = await client.send_request(request)
        >>> async with client.send_request(request, stream=True) as response:
        ...     async for block in response.iter_bytes():
        ...         print(block)
        """
        return Sending(self._send(request, stream, options))

    async def _send(
        self, request: HttpRequest, stream: bool, options: Mapping[str, Any]
    ) -> AsyncHttpResponse:
        if stream and stream is not True:
            raise TypeError(f"stream must be True or False, not {stream!r}.")
        checked = checked_call_options(options, self._for_others) if options else {}
        timeout = checked.get("timeout", self._timeout)
        try:
            if timeout == math.inf:
                return await self._run(
                    self._prepare(request) or await self._prepare_read(request), stream, checked
                )
            async with Deadline(timeout) as deadline:
                deadline.prepared = self._prepare(request) or await self._prepare_read(request)
                return await self._run(deadline.prepared, stream, checked)
        except AzureError as error:
            redact_error(error)
            raise

    async def _prepare_read(self, request: HttpRequest) -> PreparedRequest:
        """Return the request that goes down the pipeline, of content that can be read only once."""
        return self._with_body(request, await _read(request.content))

    async def _run(
        self, prepared: PreparedRequest, stream: bool, options: Mapping[str, Any]
    ) -> AsyncHttpResponse:
        if self._has_default_policies:
            # The first policy is ours. AsyncPipeline.run reaches it through three coroutines more, for
            # multipart bodies: 1.5 µs, a hundredth of a send.
            begun = PipelineRequest(prepared, PipelineContext(self._transport, stream=stream, **options))
            run = self._policies[0].send(begun)
        else:
            run = self._pipeline.run(prepared, stream=stream, **options)
        response: AsyncHttpResponse = (await run).http_response
        return response

    @explain_calls
    def send_requests(
        self,
        requests: Iterable[HttpRequest] | AsyncIterable[HttpRequest],
        *,
        max_concurrency: int | None = 64,
        order_by: Callable[[HttpRequest], Hashable] | None = None,
        read_ahead: int | None = None,
        **options: Unpack[RequestOptions],
    ) -> AsyncRequestSender:
        """Send many requests, several at once, and iterate over their results.

        >>> async with client.send_requests(requests) as results:
        ...     async for result in results:
        ...         result.raise_for_status()

        The same as the synchronous client's, with tasks instead of threads. If the ``async with`` block is
        cancelled, its requests on their way are cancelled too. They may have arrived: ``results.uncertain``
        holds them.

        :param requests: The requests. The iterable may be asynchronous.
        :keyword options: As those of the synchronous client; ``max_concurrency`` is 64 by default.
        """
        from azure.messaging.webpubsubservice.senders import _arguments  # noqa: PLC0415 - for many requests only

        from .senders import AsyncRequestSender  # noqa: PLC0415

        concurrency = 64 if max_concurrency is None else max_concurrency
        checked = self._options_for_later(options, "send_requests", *_arguments.NAMES)
        schedule = _arguments.make_schedule(concurrency, read_ahead, order_by, self._options, checked)
        return AsyncRequestSender(self.send_request, requests, schedule)

    @explain_calls
    def open_writer(
        self,
        hub: str,
        *,
        group: str | None = None,
        user_id: str | None = None,
        connection_id: str | None = None,
        **options: Unpack[WriterOptions],
    ) -> AsyncTextWriter:
        """Open a writer that sends pieces of text to one group, user or connection, in order and complete.

        >>> async with client.open_writer("chat", group="answers") as writer:
        ...     async for piece in answer:
        ...         await writer.write(piece)

        The same as the synchronous client's, with a task instead of a thread. If the ``async with`` block is
        cancelled, so is the message on its way, and no mark of the end is sent.
        """
        from azure.messaging.webpubsubservice.senders import _writer_options  # noqa: PLC0415 - for writers only

        from .senders import AsyncTextWriter  # noqa: PLC0415

        call_options = _writer_options.request_options(options)
        checked = self._options_for_later(call_options, "open_writer", *_writer_options.NAMES)
        return AsyncTextWriter(
            self.send_request,
            _writer_options.make_builder(hub, group, user_id, connection_id, options),
            _writer_options.make_pieces(options),
            _writer_options.repeat_sends(self._options, checked),
        )

    @overload
    def list_items(self, request: ListRequest[T], **options: Unpack[RequestOptions]) -> AsyncItemPaged[T]: ...

    @overload
    def list_items(self, request: HttpRequest, **options: Unpack[RequestOptions]) -> AsyncItemPaged[Any]: ...

    def list_items(self, request: HttpRequest, **options: Unpack[RequestOptions]) -> AsyncItemPaged[Any]:
        """Return the items of a list, over all its pages. Each page is fetched when it is needed.

        >>> request = build_list_connections_in_group_request("default", "group")
        >>> async for member in client.list_items(request):
        ...     print(member["connectionId"])
        """
        from azure.core.async_paging import AsyncItemPaged, AsyncPageIterator  # noqa: PLC0415 - for lists only

        check_pageable(request, self._endpoint)
        checked: Any = self._options_for_later(options, "list_items")

        def iterate(continuation_token: str | None = None) -> AsyncPageIterator[Any]:
            pages = Pages(request, continuation_token, self._endpoint)

            async def get_next(link: str | None) -> AsyncHttpResponse:
                response = await self.send_request(pages.request(link), **checked)
                response.raise_for_status()
                return response

            async def extract_data(response: AsyncHttpResponse) -> tuple[Any, Any]:
                return pages.read(response)

            return AsyncPageIterator(get_next, extract_data, continuation_token)

        return AsyncItemPaged(page_iterator_class=iterate)

    @explaining(hub_is_missing)
    async def get_client_access_token(
        self,
        hub: str,
        *,
        user_id: str | None = None,
        roles: Texts | None = None,
        groups: Texts | None = None,
        expires_in: timedelta | str | None = None,
        minutes_to_expire: int | None = None,
        client_protocol: ClientProtocol | None = "Default",
        jwt_headers: Mapping[str, Any] | None = None,
    ) -> ClientAccessToken:
        """Return what a WebSocket client needs to connect to a hub, as the synchronous client does."""
        token_request = ClientTokenRequest.validated(
            hub, user_id, roles, groups, expires_in, minutes_to_expire, client_protocol, jwt_headers
        )
        signed = self._sign_client_token(token_request)
        if signed is not None:
            return signed
        response = await self.send_request(self._client_token_request(token_request))
        response.raise_for_status()
        return token_request.from_response(self._endpoint.service.url, response)

    async def close(self) -> None:
        """Close the client's connections."""
        await self._pipeline.__aexit__()

    async def __aenter__(self) -> Self:
        await self._pipeline.__aenter__()
        return self

    async def __aexit__(self, *error: object) -> None:
        await self._pipeline.__aexit__(*error)


async def _read(content: Any) -> bytes:
    if not is_asynchronous(content):
        # A pipe may take its time.
        return await asyncio.to_thread(read_all, content) if hasattr(content, "read") else read_all(content)
    body = Accumulator(content, one_shot=True)
    if hasattr(content, "read"):
        while piece := await content.read(64 * 1024):
            body.add(piece)
    else:
        async for piece in content:
            body.add(piece)
    return body.join()
