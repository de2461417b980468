"""The client of this checkout, used as its README shows."""

from collections.abc import AsyncIterator, Awaitable, Callable, Iterator
from contextlib import asynccontextmanager, contextmanager
from typing import Any

KEY = "a-key-made-up-for-this-benchmark-0123456789"
BYTES = "application/octet-stream"


@contextmanager
def sync(endpoint: str, **options: Any) -> Iterator[Callable[..., None]]:
    """Yield a function that sends one message, to everyone or to the user of that number."""
    from azure.core.credentials import AzureKeyCredential

    from azure.messaging.webpubsubservice import WebPubSubServiceClient
    from azure.messaging.webpubsubservice.rest import build_send_to_all_request, build_send_to_user_request

    with WebPubSubServiceClient(endpoint=endpoint, credential=AzureKeyCredential(KEY), **options) as client:

        def send(body: bytes, user: int | None = None) -> None:
            if user is None:
                request = build_send_to_all_request("hub", content=body, content_type=BYTES)
            else:
                request = build_send_to_user_request("hub", f"user{user}", content=body, content_type=BYTES)
            client.send_request(request).raise_for_status()

        yield send


@asynccontextmanager
async def asynchronous(endpoint: str, **options: Any) -> AsyncIterator[Callable[..., Awaitable[None]]]:
    """Yield a function that sends one message, to everyone or to the user of that number."""
    from azure.core.credentials import AzureKeyCredential

    from azure.messaging.webpubsubservice.aio import WebPubSubServiceClient
    from azure.messaging.webpubsubservice.rest import build_send_to_all_request, build_send_to_user_request

    async with WebPubSubServiceClient(
        endpoint=endpoint, credential=AzureKeyCredential(KEY), **options
    ) as client:

        async def send(body: bytes, user: int | None = None) -> None:
            if user is None:
                request = build_send_to_all_request("hub", content=body, content_type=BYTES)
            else:
                request = build_send_to_user_request("hub", f"user{user}", content=body, content_type=BYTES)
            (await client.send_request(request)).raise_for_status()

        yield send


def builder() -> Callable[[], object]:
    """Return a function that builds a request with five parameters beside the hub."""
    from azure.messaging.webpubsubservice.rest import build_send_to_all_request

    return lambda: build_send_to_all_request(
        "hub",
        content=b"hello",
        content_type="application/octet-stream",
        excluded=["a", "b"],
        filter="userId eq 'alice'",
        message_ttl_seconds=60,
    )


def token() -> Callable[[], object]:
    """Return a function that makes a client access token."""
    from azure.core.credentials import AzureKeyCredential

    from azure.messaging.webpubsubservice import WebPubSubServiceClient

    client = WebPubSubServiceClient(endpoint="http://127.0.0.1", credential=AzureKeyCredential(KEY))
    return lambda: client.get_client_access_token("hub", user_id="alice", roles=["webpubsub.joinLeaveGroup"])
