"""The synchronous client."""

from __future__ import annotations

import math
import time
from typing import TYPE_CHECKING, Any, TypeVar, overload

from azure.core.credentials import TokenCredential
from azure.core.exceptions import AzureError, ServiceRequestTimeoutError
from azure.core.pipeline import Pipeline

from ._base import ClientBase
from ._blocks import ForWith
from ._body import is_asynchronous, read_all
from ._client_tokens import ClientAccessToken, ClientTokenRequest
from ._flows import FlowPolicy
from ._keywords import explain_calls, explaining
from ._logging import redact_error
from ._migration import hub_in_constructor, hub_is_missing
from ._option_checks import checked_call_options
from ._paging import Pages, check_pageable
from ._pipeline import Driver

if TYPE_CHECKING:
    from collections.abc import Callable, Hashable, Iterable, Mapping
    from datetime import timedelta

    from azure.core.paging import ItemPaged, PageIterator
    from azure.core.rest import HttpRequest, HttpResponse
    from typing_extensions import Self, Unpack

    from ._arguments import Texts
    from ._client_tokens import ClientProtocol
    from ._options import RequestOptions
    from ._serialization import ListRequest
    from .senders import RequestSender, TextWriter, WriterOptions

__all__ = ["WebPubSubServiceClient"]

T = TypeVar("T")


def _make_transport(options: Mapping[str, Any]) -> Any:
    if "session" in options:  # a requests.Session works with azure-core's transport
        from azure.core.pipeline.transport import RequestsTransport  # noqa: PLC0415 - imports requests

        return RequestsTransport(**options)
    # The asynchronous client needs no urllib3.
    from ._transports._urllib3 import Urllib3Transport  # noqa: PLC0415

    return Urllib3Transport(**options)


@explaining(hub_in_constructor)
class WebPubSubServiceClient(ClientBase[TokenCredential], ForWith):
    """Send requests to Azure Web PubSub.

    The ``build_*_request`` functions of :mod:`azure.messaging.webpubsubservice.rest` make the requests, or
    you make them by hand. Many threads may use one client. It is a context manager; :meth:`close` closes its
    connections.

    :param endpoint: The service, such as ``https://<name>.webpubsub.azure.com``. It may have a base path.
    :param credential: An ``AzureKeyCredential`` with an access key, which is read for each request so that
        its ``update`` works, or a token credential for Microsoft Entra.
    :keyword reverse_proxy_endpoint: Where requests go instead, such as API Management in front of the
        service. Tokens are still issued for ``endpoint``.
    :keyword api_version: The ``api-version`` of requests that name none. The default is the newest one that
        is not a preview.
    :keyword credential_scopes: The scopes of Microsoft Entra tokens, for clouds other than the public one.
    :keyword options: The options of azure-core's clients: :class:`ClientOptions` lists them. ``None`` means
        the default.
    :raises TypeError: An argument is of the wrong kind, or unknown.
    :raises ValueError: The endpoint is not an ``http`` or ``https`` URL, or another argument breaks its rule.

    A send is repeated when the connection was never made, and when the service or a machine in between
    responds with 408, 429, 500, 502, 503 or 504: so messages are delivered at least once. ``retry_total=0``
    turns retries off, and ``retry_status=0`` those after a response. A send whose connection breaks, or whose
    response does not come in time, is not repeated, because it may have arrived: you get a
    ``ServiceResponseError`` and decide, or decide beforehand with ``retry_on_methods=["POST"]``.
    """

    _driver = Driver(FlowPolicy, _make_transport, Pipeline, is_asynchronous=False)

    def send_request(
        self, request: HttpRequest, *, stream: bool = False, **options: Unpack[RequestOptions]
    ) -> HttpResponse:
        """Send a request and return the response, whatever its status.

        The request stays as it is, and you can send it again; a file is left at its position. Content that
        can be read only once (a generator, a pipe) is read first, up to 1 MiB, the most that the service
        accepts.

        >>> response = client.send_request(build_send_to_all_request("default", json={"Hello": "webpubsub!"}))
        >>> response.raise_for_status()

        :param request: The request. A URL that is a path is taken below the endpoint, and gets the client's
            ``api_version`` if it has none.
        :keyword stream: Leave the response's body unread. Then close the response, or read it to its end.
        :keyword options: The options of a call: :class:`RequestOptions` lists them.
        :raises TypeError: The request's content is asynchronous, or an option is unknown or of the wrong
            type.
        :raises ValueError: The URL is not the endpoint's, the content is used up or over the limit, or an
            option makes no sense. Nothing was sent.
        :raises ~azure.core.exceptions.ServiceRequestError: There was no connection to send the request on.
        :raises ~azure.core.exceptions.ServiceResponseError: The connection broke, or no response came in
            time.
        """
        if stream and stream is not True:
            raise TypeError(f"stream must be True or False, not {stream!r}.")
        checked = checked_call_options(options, self._for_others) if options else {}
        prepared = self._prepare(request)
        if prepared is None:
            begun = time.monotonic()
            prepared = self._with_body(request, _read(request.content))
            limit = checked.get("timeout", self._timeout)
            if limit != math.inf:
                checked["timeout"] = _left(limit, time.monotonic() - begun)
        try:
            response: HttpResponse = self._pipeline.run(prepared, stream=stream, **checked).http_response
        except AzureError as error:
            redact_error(error)
            raise
        return response

    @explain_calls
    def send_requests(
        self,
        requests: Iterable[HttpRequest],
        *,
        max_concurrency: int | None = 16,
        order_by: Callable[[HttpRequest], Hashable] | None = None,
        read_ahead: int | None = None,
        **options: Unpack[RequestOptions],
    ) -> RequestSender:
        """Send many requests, several at once, and iterate over their results.

        >>> with client.send_requests(requests) as results:
        ...     for result in results:
        ...         result.raise_for_status()

        You get one :class:`~.senders.SendResult` for each request, with its response or its error, as soon
        as it ends. Requests are read as you fetch results, so the iterable may be endless. Your thread reads
        the iterable, while you iterate; other threads send.

        When the service responds with 429 or 503, all requests of the call slow down together, obey
        ``Retry-After``, and speed up again. The retry options apply to each request, as in
        :meth:`send_request`.

        If you leave the loop early, nothing more is sent. You can still iterate over the results of the
        requests that were on their way; ``results.unsent`` and ``results.remaining()`` hold the rest.

        :param requests: The requests.
        :keyword max_concurrency: The most requests on their way at once.
        :keyword order_by: A function from a request to a key. Requests with equal keys are sent one after the
            other, each when the one before it has ended, even with an error. ``None`` is not a key.
            :func:`~.senders.destination` keeps the order for each group, user and connection.
        :keyword read_ahead: The most requests that are read before you fetch their results, at least
            ``max_concurrency``. The default is twice that, or 16 times with ``order_by``.
        :keyword options: The options of each call of :meth:`send_request`.
        :raises TypeError: An argument is of the wrong type.
        :raises ValueError: A number is too small, or the client was closed.
        """
        from .senders import RequestSender, _arguments  # noqa: PLC0415 - for many requests only

        concurrency = 16 if max_concurrency is None else max_concurrency
        checked = self._options_for_later(options, "send_requests", *_arguments.NAMES)
        schedule = _arguments.make_schedule(concurrency, read_ahead, order_by, self._options, checked)
        return RequestSender(self.send_request, requests, schedule)

    @explain_calls
    def open_writer(
        self,
        hub: str,
        *,
        group: str | None = None,
        user_id: str | None = None,
        connection_id: str | None = None,
        **options: Unpack[WriterOptions],
    ) -> TextWriter:
        """Open a writer that sends pieces of text to one group, user or connection, in order and complete.

        >>> with client.open_writer("chat", group="answers") as writer:
        ...     for piece in answer:
        ...         writer.write(piece)

        One message is on its way at a time. Pieces that you write meanwhile wait, and go together in the
        next message, so the rate does not depend on the round trip.

        A message is sent again if its connection broke, so it may arrive twice. Its number shows that, and a
        receiver drops a message whose number is not above the last one. The number is in the metadata
        ``stream-id`` and ``stream-sequence-id`` (from 1); the last message also has ``end-of-stream``, which
        is ``complete``, or ``broken`` if an exception ended the ``with`` block. With
        ``numbering="envelope"`` they are ``streamId``, ``streamSequenceId`` and ``endOfStream`` beside
        ``text`` in a JSON object.

        :param hub: The hub.
        :keyword group: The group to write to.
        :keyword user_id: Or the user.
        :keyword connection_id: Or the connection.
        :keyword options: :class:`~.senders.WriterOptions` lists them.
        :raises TypeError: Not exactly one of group, user and connection is given; or an argument is of the
            wrong type.
        :raises ValueError: An argument breaks a rule, or the client was closed.
        """
        from .senders import TextWriter, _writer_options  # noqa: PLC0415 - for writers only

        call_options = _writer_options.request_options(options)
        checked = self._options_for_later(call_options, "open_writer", *_writer_options.NAMES)
        return TextWriter(
            self.send_request,
            _writer_options.make_builder(hub, group, user_id, connection_id, options),
            _writer_options.make_pieces(options),
            _writer_options.repeat_sends(self._options, checked),
        )

    @overload
    def list_items(self, request: ListRequest[T], **options: Unpack[RequestOptions]) -> ItemPaged[T]: ...

    @overload
    def list_items(self, request: HttpRequest, **options: Unpack[RequestOptions]) -> ItemPaged[Any]: ...

    def list_items(self, request: HttpRequest, **options: Unpack[RequestOptions]) -> ItemPaged[Any]:
        """Return the items of a list, over all its pages. Each page is fetched when it is needed.

        >>> for member in client.list_items(build_list_connections_in_group_request("default", "group")):
        ...     print(member["connectionId"])

        :param request: The request for the first page. Links to the next are followed at the endpoint only.
        :keyword options: The options of each call.
        :return: The items, as JSON values; ``by_page()`` returns pages. Type checkers know the members of
            items if a builder made the request.
        :raises TypeError: An option is unknown or of the wrong type.
        :raises ValueError: The request is not a GET or leads to another server, an option makes no sense, or
            the client was closed.
        :raises ~azure.core.exceptions.HttpResponseError: While iterating, if a status is an error.
        """
        from azure.core.paging import ItemPaged, PageIterator  # noqa: PLC0415 - for lists only

        check_pageable(request, self._endpoint)
        checked: Any = self._options_for_later(options, "list_items")

        def iterate(continuation_token: str | None = None) -> PageIterator[Any]:
            pages = Pages(request, continuation_token, self._endpoint)

            def get_next(link: str | None) -> HttpResponse:
                response = self.send_request(pages.request(link), **checked)
                response.raise_for_status()
                return response

            return PageIterator(get_next, pages.read, continuation_token)

        return ItemPaged(page_iterator_class=iterate)

    @explaining(hub_is_missing)
    def get_client_access_token(
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
        """Return what a WebSocket client needs to connect to a hub.

        With an access key the token is signed here, without a request. With Microsoft Entra the service makes
        it.

        :param hub: The hub's name.
        :keyword user_id: Who the client is; ``None`` for an anonymous one.
        :keyword roles: What it may do: ``webpubsub.joinLeaveGroup``, ``webpubsub.sendToGroup``, or either for
            one group, as in ``webpubsub.sendToGroup.<group>``. A role that is probably misspelt is a warning.
        :keyword groups: Groups it joins when it connects.
        :keyword expires_in: How long the token is valid: a ``timedelta`` or an ISO 8601 duration such as
            ``PT1H``. The service takes whole minutes, rounded up. The default is an hour.
        :keyword minutes_to_expire: The same in minutes, at least 1.
        :keyword client_protocol: ``Default``, ``MQTT`` or ``SocketIO``.
        :keyword jwt_headers: More headers for a token signed here.
        :raises TypeError: An argument is of the wrong type, such as a ``str`` for ``roles`` or ``groups``.
        :raises ValueError: An argument breaks a rule.
        :raises ~azure.core.exceptions.HttpResponseError: The service made no token.
        """
        token_request = ClientTokenRequest.validated(
            hub, user_id, roles, groups, expires_in, minutes_to_expire, client_protocol, jwt_headers
        )
        signed = self._sign_client_token(token_request)
        if signed is not None:
            return signed
        response = self.send_request(self._client_token_request(token_request))
        response.raise_for_status()
        return token_request.from_response(self._endpoint.service.url, response)

    def close(self) -> None:
        """Close the client's connections."""
        self._pipeline.__exit__()

    def __enter__(self) -> Self:
        self._pipeline.__enter__()
        return self

    def __exit__(self, *error: object) -> None:
        self._pipeline.__exit__(*error)


def _left(limit: float, used: float) -> float:
    """Return the seconds of a call's time that are left after its content was read."""
    if used >= limit:
        raise ServiceRequestTimeoutError(
            f"The call's timeout of {limit} seconds ended before anything was sent."
        )
    return limit - used


def _read(content: object) -> bytes:
    if is_asynchronous(content):
        raise TypeError(
            f"The content ({type(content).__name__}) is asynchronous: send it with azure.messaging."
            "webpubsubservice.aio.WebPubSubServiceClient."
        )
    return read_all(content)
