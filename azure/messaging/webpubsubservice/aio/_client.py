"""The asynchronous client."""

from __future__ import annotations

import asyncio
from typing import TYPE_CHECKING, Any, NoReturn

from azure.messaging.webpubsubservice._auth import ClientAccessToken, ClientTokenRequest
from azure.messaging.webpubsubservice._base import DEFAULT_API_VERSION, DEFAULT_SCOPES, ClientBase
from azure.messaging.webpubsubservice._body import Accumulator, is_asynchronous, read_all
from azure.messaging.webpubsubservice._paging import check_pageable, read_page, request_page
from azure.messaging.webpubsubservice._pipeline import ASYNCHRONOUS, AsyncLeanPipeline
from azure.messaging.webpubsubservice._transports._aiohttp import AiohttpTransport

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping
    from datetime import timedelta
    from types import TracebackType

    from azure.core.async_paging import AsyncItemPaged, AsyncPageIterator
    from azure.core.credentials import AzureKeyCredential
    from azure.core.credentials_async import AsyncTokenCredential
    from azure.core.pipeline.transport import AsyncHttpTransport
    from azure.core.rest import AsyncHttpResponse, HttpRequest
    from typing_extensions import Self, Unpack

    from azure.messaging.webpubsubservice._options import ClientOptions, RequestOptions

__all__ = ["WebPubSubServiceClient"]


class WebPubSubServiceClient(ClientBase):
    """Sends requests to Azure Web PubSub, with coroutines.

    The same as :class:`azure.messaging.webpubsubservice.WebPubSubServiceClient`, whose arguments it takes,
    but for the credential: an ``AzureKeyCredential``, or an asynchronous token credential such as those of
    ``azure.identity.aio``.

    It is an asynchronous context manager; :meth:`close` closes its connections. It belongs to the event loop
    that it first sends in; when that has ended, to the next.
    """

    def __init__(
        self,
        *,
        endpoint: str,
        credential: AzureKeyCredential | AsyncTokenCredential,
        reverse_proxy_endpoint: str | None = None,
        api_version: str = DEFAULT_API_VERSION,
        credential_scopes: Iterable[str] = DEFAULT_SCOPES,
        **options: Unpack[ClientOptions],
    ) -> None:
        super().__init__(
            ASYNCHRONOUS,
            endpoint,
            credential,
            reverse_proxy_endpoint,
            api_version,
            credential_scopes,
            options,
        )
        transport = options.get("transport") or _transport(options)
        self._pipeline = AsyncLeanPipeline(transport, self._policies)

    @classmethod
    def from_connection_string(
        cls,
        connection_string: str,
        *,
        reverse_proxy_endpoint: str | None = None,
        api_version: str = DEFAULT_API_VERSION,
        **options: Unpack[ClientOptions],
    ) -> Self:
        """Create a client from ``Endpoint=<url>;AccessKey=<key>;Version=1.0;``.

        :raises ValueError: The connection string is malformed. The message does not repeat it.
        """
        return cls(
            **cls._connection_arguments(
                connection_string,
                {"reverse_proxy_endpoint": reverse_proxy_endpoint, "api_version": api_version, **options},
            )
        )

    async def send_request(
        self, request: HttpRequest, *, stream: bool = False, **options: Unpack[RequestOptions]
    ) -> AsyncHttpResponse:
        """Send a request and give the response, whatever its status.

        The request stays as it is and can be sent again. A file is left where it stood. What can be read only
        once (a generator, an asynchronous iterable, a pipe) is read first, up to 1 MiB, the most the service
        takes.

        >>> request = build_send_to_all_request("default", json={"Hello": "webpubsub!"})
        >>> response = await client.send_request(request)
        >>> response.raise_for_status()

        :param request: The request. A URL that is a path is taken below the endpoint, and gets the client's
            ``api_version`` if it has none.
        :keyword stream: Leave the response's body unread: close the response, or read it to its end.
        :keyword options: The options of a call: :class:`RequestOptions` lists them.
        :raises TypeError: An option is unknown, or the content cannot be read.
        :raises ValueError: The URL is not the endpoint's, or the content is spent or over the bound. Nothing
            was sent.
        :raises ~azure.core.exceptions.ServiceRequestError: There was no connection to send the request on.
        :raises ~azure.core.exceptions.ServiceResponseError: The connection broke, or no answer came in time.
        """
        content, body = self._content(request)
        if body is None and content is not None:
            body = await _read(content)
        prepared = self._prepare(request, body)
        response: AsyncHttpResponse = (
            await self._pipeline.run(prepared, stream=stream, **options)
        ).http_response
        return response

    def list(self, request: HttpRequest, **options: Unpack[RequestOptions]) -> AsyncItemPaged[Any]:
        """Give the items of a list, over all its pages, each fetched when it is needed.

        >>> async for member in client.list(build_list_connections_in_group_request("default", "group")):
        ...     print(member["connectionId"])

        :param request: The request for the first page; links to the next are followed at the endpoint alone.
        :keyword options: The options of each call.
        :return: The items, as the JSON values they are; ``by_page()`` gives pages.
        :raises ValueError: The request is no GET.
        :raises ~azure.core.exceptions.HttpResponseError: While iterating: a status is an error.
        """
        from azure.core.async_paging import (  # noqa: PLC0415 - for lists alone
            AsyncItemPaged,
            AsyncList,
            AsyncPageIterator,
        )

        check_pageable(request)

        def pages(continuation_token: str | None = None) -> AsyncPageIterator[Any]:
            seen: set[str] = set()

            async def get_next(link: str | None) -> AsyncHttpResponse:
                response = await self.send_request(request_page(request, link), **options)
                response.raise_for_status()
                return response

            async def extract_data(response: AsyncHttpResponse) -> tuple[Any, Any]:
                link, items = read_page(response, self._endpoint, seen)
                return link, AsyncList(items)

            return AsyncPageIterator(get_next, extract_data, continuation_token)

        return AsyncItemPaged(page_iterator_class=pages)

    async def get_client_access_token(
        self,
        hub: str,
        *,
        user_id: str | None = None,
        roles: Iterable[str] | None = None,
        groups: Iterable[str] | None = None,
        expires_in: timedelta | str | None = None,
        minutes_to_expire: int | None = None,
        client_protocol: str = "Default",
        jwt_headers: Mapping[str, Any] | None = None,
    ) -> ClientAccessToken:
        """Give a WebSocket client what it needs to connect to a hub.

        The same as the synchronous client's: signed here with an access key, asked for with Microsoft Entra.

        :raises TypeError: An argument is of the wrong type; a ``str`` for ``roles`` or ``groups`` is one.
        :raises ValueError: An argument breaks a rule.
        :raises ~azure.core.exceptions.HttpResponseError: The service gave no token.
        """
        asked = ClientTokenRequest.check(
            hub,
            user_id=user_id,
            roles=roles,
            groups=groups,
            expires_in=expires_in,
            minutes_to_expire=minutes_to_expire,
            client_protocol=client_protocol,
            jwt_headers=jwt_headers,
        )
        signed = self._sign_client_token(asked)
        if signed is not None:
            return signed
        response = await self.send_request(self._client_token_request(asked))
        response.raise_for_status()
        return asked.received(self._endpoint.service.url, response)

    async def close(self) -> None:
        """Close the client's connections."""
        await self._pipeline.__aexit__()

    def __enter__(self) -> NoReturn:
        raise TypeError("Use 'async with': this client is the asynchronous one.")

    def __exit__(self, *_: object) -> None:
        """Do nothing: without this method, Python would not get as far as :meth:`__enter__`."""

    async def __aenter__(self) -> Self:
        await self._pipeline.__aenter__()
        return self

    async def __aexit__(
        self,
        exc_type: type[BaseException] | None = None,
        exc_value: BaseException | None = None,
        traceback: TracebackType | None = None,
    ) -> None:
        await self._pipeline.__aexit__(exc_type, exc_value, traceback)


def _transport(options: ClientOptions) -> AsyncHttpTransport[HttpRequest, AsyncHttpResponse]:
    if options.get("session") is None:
        return AiohttpTransport(**options)
    # An aiohttp.ClientSession works with azure-core's transport.
    from azure.core.pipeline.transport import AioHttpTransport  # noqa: PLC0415 - in place of ours

    transport: AsyncHttpTransport[HttpRequest, AsyncHttpResponse] = AioHttpTransport(**options)
    return transport


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
