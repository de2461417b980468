"""The synchronous client."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from ._auth import ClientAccessToken, ClientTokenRequest
from ._base import DEFAULT_API_VERSION, DEFAULT_SCOPES, ClientBase
from ._body import is_asynchronous, read_all
from ._paging import check_pageable, read_page, request_page
from ._pipeline import SYNCHRONOUS, LeanPipeline

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping
    from datetime import timedelta
    from types import TracebackType

    from azure.core.credentials import AzureKeyCredential, TokenCredential
    from azure.core.paging import ItemPaged, PageIterator
    from azure.core.pipeline.transport import HttpTransport
    from azure.core.rest import HttpRequest, HttpResponse
    from typing_extensions import Self, Unpack

    from ._options import ClientOptions, RequestOptions

__all__ = ["WebPubSubServiceClient"]


class WebPubSubServiceClient(ClientBase):
    """Sends requests to Azure Web PubSub.

    Requests come from the ``build_*_request`` functions of :mod:`azure.messaging.webpubsubservice.rest`, or
    are made by hand. A client may be used by many threads. It is a context manager; :meth:`close` closes its
    connections.

    :keyword endpoint: The service, such as ``https://<name>.webpubsub.azure.com``. It may have a base path.
    :keyword credential: An ``AzureKeyCredential`` with an access key, which is read at each request so that
        its ``update`` works, or a token credential for Microsoft Entra.
    :keyword reverse_proxy_endpoint: Where requests go instead, such as API Management in front of the
        service. Tokens are still issued for ``endpoint``.
    :keyword api_version: The ``api-version`` of requests that name none.
    :keyword credential_scopes: The scopes of Microsoft Entra tokens, for clouds other than the public one.
    :keyword options: The options of azure-core's clients: :class:`ClientOptions` lists them.
    :raises TypeError: An argument is of the wrong kind, or unknown.
    :raises ValueError: The endpoint is no ``http`` or ``https`` URL, or another argument breaks its rule.

    Sends are repeated when the connection was never made, and when the service or a machine in between
    answers 408, 429, 500, 502, 503 or 504: so they are delivered at least once. ``retry_total=0`` turns that
    off, ``retry_status=0`` for answers alone. A send whose connection breaks, or whose answer does not come
    in time, is not repeated, for it may have arrived: the caller gets a ``ServiceResponseError`` and decides,
    or decides beforehand with ``retry_on_methods=["POST"]``.
    """

    def __init__(
        self,
        *,
        endpoint: str,
        credential: AzureKeyCredential | TokenCredential,
        reverse_proxy_endpoint: str | None = None,
        api_version: str = DEFAULT_API_VERSION,
        credential_scopes: Iterable[str] = DEFAULT_SCOPES,
        **options: Unpack[ClientOptions],
    ) -> None:
        super().__init__(
            SYNCHRONOUS, endpoint, credential, reverse_proxy_endpoint, api_version, credential_scopes, options
        )
        transport = options.get("transport") or _transport(options)
        self._pipeline = LeanPipeline(transport, self._policies)

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

    def send_request(
        self, request: HttpRequest, *, stream: bool = False, **options: Unpack[RequestOptions]
    ) -> HttpResponse:
        """Send a request and give the response, whatever its status.

        The request stays as it is and can be sent again. A file is left where it stood. What can be read only
        once (a generator, a pipe) is read first, up to 1 MiB, the most the service takes.

        >>> response = client.send_request(build_send_to_all_request("default", json={"Hello": "webpubsub!"}))
        >>> response.raise_for_status()

        :param request: The request. A URL that is a path is taken below the endpoint, and gets the client's
            ``api_version`` if it has none.
        :keyword stream: Leave the response's body unread: close the response, or read it to its end.
        :keyword options: The options of a call: :class:`RequestOptions` lists them.
        :raises TypeError: The request's content is asynchronous, or an option is unknown.
        :raises ValueError: The URL is not the endpoint's, or the content is spent or over the bound. Nothing
            was sent.
        :raises ~azure.core.exceptions.ServiceRequestError: There was no connection to send the request on.
        :raises ~azure.core.exceptions.ServiceResponseError: The connection broke, or no answer came in time.
        """
        content, body = self._content(request)
        if body is None and content is not None:
            body = _read(content)
        prepared = self._prepare(request, body)
        response: HttpResponse = self._pipeline.run(prepared, stream=stream, **options).http_response
        return response

    def list(self, request: HttpRequest, **options: Unpack[RequestOptions]) -> ItemPaged[Any]:
        """Give the items of a list, over all its pages, each fetched when it is needed.

        >>> for member in client.list(build_list_connections_in_group_request("default", "group")):
        ...     print(member["connectionId"])

        :param request: The request for the first page; links to the next are followed at the endpoint alone.
        :keyword options: The options of each call.
        :return: The items, as the JSON values they are; ``by_page()`` gives pages.
        :raises ValueError: The request is no GET.
        :raises ~azure.core.exceptions.HttpResponseError: While iterating: a status is an error.
        """
        from azure.core.paging import ItemPaged, PageIterator  # noqa: PLC0415 - for lists alone

        check_pageable(request)

        def pages(continuation_token: str | None = None) -> PageIterator[Any]:
            seen: set[str] = set()

            def get_next(link: str | None) -> HttpResponse:
                response = self.send_request(request_page(request, link), **options)
                response.raise_for_status()
                return response

            def extract_data(response: HttpResponse) -> tuple[Any, Any]:
                link, items = read_page(response, self._endpoint, seen)
                return link, iter(items)

            return PageIterator(get_next, extract_data, continuation_token)

        return ItemPaged(page_iterator_class=pages)

    def get_client_access_token(
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

        With an access key the token is signed here, without a request. With Microsoft Entra the service is
        asked for it.

        :param hub: The hub's name.
        :keyword user_id: Who the client is; ``None`` for an anonymous one.
        :keyword roles: What it may do: ``webpubsub.joinLeaveGroup``, ``webpubsub.sendToGroup``, or either for
            one group, as in ``webpubsub.sendToGroup.<group>``.
        :keyword groups: Groups it joins when it connects.
        :keyword expires_in: How long the token lives: a ``timedelta`` or an ISO 8601 duration such as
            ``PT1H``. The service takes whole minutes, rounded up. The default is an hour.
        :keyword minutes_to_expire: The same in minutes, at least 1.
        :keyword client_protocol: ``Default``, ``MQTT`` or ``SocketIO``.
        :keyword jwt_headers: More headers for a token signed here.
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
        response = self.send_request(self._client_token_request(asked))
        response.raise_for_status()
        return asked.received(self._endpoint.service.url, response)

    def close(self) -> None:
        """Close the client's connections."""
        self._pipeline.__exit__()

    def __enter__(self) -> Self:
        self._pipeline.__enter__()
        return self

    def __exit__(
        self,
        exc_type: type[BaseException] | None = None,
        exc_value: BaseException | None = None,
        traceback: TracebackType | None = None,
    ) -> None:
        self._pipeline.__exit__(exc_type, exc_value, traceback)


def _transport(options: ClientOptions) -> HttpTransport[HttpRequest, HttpResponse]:
    if options.get("session") is None:
        from ._transports._urllib3 import Urllib3Transport  # noqa: PLC0415 - the asynchronous client needs no urllib3

        return Urllib3Transport(**options)
    # A requests.Session works with azure-core's transport.
    from azure.core.pipeline.transport import RequestsTransport  # noqa: PLC0415 - imports requests

    transport: HttpTransport[HttpRequest, HttpResponse] = RequestsTransport(**options)
    return transport


def _read(content: object) -> bytes:
    if is_asynchronous(content):
        raise TypeError(
            f"The content, a {type(content).__name__}, is asynchronous: send it with azure.messaging."
            "webpubsubservice.aio.WebPubSubServiceClient."
        )
    return read_all(content)
