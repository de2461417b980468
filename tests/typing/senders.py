"""Senders and writers as users see them. Only type-checked, never run.

A line with an `ignore` is one that has to be refused: without an error the ignore itself is one.
"""

from collections.abc import AsyncIterator, Sequence

from azure.core.rest import AsyncHttpResponse, HttpRequest, HttpResponse
from typing_extensions import assert_type

from azure.messaging.webpubsubservice import WebPubSubServiceClient
from azure.messaging.webpubsubservice.aio import WebPubSubServiceClient as AsyncClient
from azure.messaging.webpubsubservice.senders import SendResult, destination


def many(client: WebPubSubServiceClient, requests: Sequence[HttpRequest]) -> None:
    with client.send_requests(requests, order_by=destination, retry_status=5) as results:
        for result in results:
            assert_type(result, SendResult[HttpResponse])
            assert_type(result.response, HttpResponse | None)
            assert_type(result.error, BaseException | None)
            assert_type(result.status_code, int | None)
    client.send_requests(requests, order_by=lambda request: request.url)
    client.send_requests(requests, order_by="url")  # type: ignore[arg-type] # pyright: ignore[reportArgumentType]


async def many_asynchronously(client: AsyncClient, requests: AsyncIterator[HttpRequest]) -> None:
    async with client.send_requests(requests) as results:
        async for result in results:
            assert_type(result, SendResult[AsyncHttpResponse])


def write(client: WebPubSubServiceClient) -> None:
    with client.open_writer("hub", group="group", numbering="envelope", join=False) as writer:
        writer.write("text")
        writer.write(b"text")  # type: ignore[arg-type] # pyright: ignore[reportArgumentType]
    client.open_writer("hub", group="g", numbering="no")  # type: ignore[arg-type] # pyright: ignore[reportArgumentType]


async def write_asynchronously(client: AsyncClient) -> None:
    async with client.open_writer("hub", user_id="user", timeout=5) as writer:
        await writer.write("text")
