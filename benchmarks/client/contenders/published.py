"""The published package, through the methods that it documents."""

import importlib
from collections.abc import AsyncIterator, Awaitable, Callable, Iterator
from contextlib import asynccontextmanager, contextmanager
from typing import Any

KEY = "a-key-made-up-for-this-benchmark-0123456789"
BYTES = "application/octet-stream"


def _package(submodule: str = "") -> Any:
    # A type checker would see this checkout's package: it has the same name.
    return importlib.import_module("azure.messaging.webpubsubservice" + submodule)


def _client(submodule: str, endpoint: str) -> Any:
    from azure.core.credentials import AzureKeyCredential

    return _package(submodule).WebPubSubServiceClient(endpoint, "hub", AzureKeyCredential(KEY))


@contextmanager
def sync(endpoint: str) -> Iterator[Callable[..., None]]:
    """Yield a function that sends one message, to everyone or to the user of that number."""
    with _client("", endpoint) as client:

        def send(body: bytes, user: int | None = None) -> None:
            if user is None:
                client.send_to_all(body, content_type=BYTES)
            else:
                client.send_to_user(f"user{user}", body, content_type=BYTES)

        yield send


@asynccontextmanager
async def asynchronous(endpoint: str) -> AsyncIterator[Callable[..., Awaitable[None]]]:
    """Yield a function that sends one message, to everyone or to the user of that number."""
    async with _client(".aio", endpoint) as client:

        async def send(body: bytes, user: int | None = None) -> None:
            if user is None:
                await client.send_to_all(body, content_type=BYTES)
            else:
                await client.send_to_user(f"user{user}", body, content_type=BYTES)

        yield send


def builder() -> Callable[[], object]:
    """Return a function that builds a request with five parameters beside the hub."""
    build = _package("._operations._operations").build_web_pub_sub_service_send_to_all_request
    return lambda: build(
        "hub",
        content=b"hello",
        content_type="application/octet-stream",
        excluded=["a", "b"],
        filter="userId eq 'alice'",
        message_ttl_seconds=60,
    )


def token() -> Callable[[], object]:
    """Return a function that makes a client access token."""
    client = _client("", "http://127.0.0.1")
    return lambda: client.get_client_access_token(user_id="alice", roles=["webpubsub.joinLeaveGroup"])
