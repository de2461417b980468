"""Both clients' senders and writers, used in the same way, so that each test runs with both."""

import contextlib
from collections.abc import AsyncIterator, Iterable, Iterator
from types import TracebackType
from typing import Any

import pytest
from azure.core.credentials import AzureKeyCredential
from azure.core.rest import HttpRequest
from typing_extensions import Self

from azure.messaging.webpubsubservice import WebPubSubServiceClient
from azure.messaging.webpubsubservice.aio import WebPubSubServiceClient as AsyncWebPubSubServiceClient
from azure.messaging.webpubsubservice.rest import build_send_to_user_request

KEY = "a-key-made-up-for-these-tests-0123456789"
modes = pytest.mark.parametrize("asynchronous", [False, True], ids=["sync", "async"])


class Blocking:
    """A synchronous sender or writer; each call blocks the event loop, as it would block its thread."""

    def __init__(self, wrapped: Any) -> None:
        self.wrapped = wrapped

    def __getattr__(self, name: str) -> Any:
        return getattr(self.wrapped, name)

    def __aiter__(self) -> Self:
        return self

    async def __anext__(self) -> Any:
        try:
            return next(self.wrapped)
        except StopIteration:
            raise StopAsyncIteration from None

    async def __aenter__(self) -> Self:
        self.wrapped.__enter__()
        return self

    async def __aexit__(
        self, kind: type[BaseException] | None, error: BaseException | None, traceback: TracebackType | None
    ) -> None:
        self.wrapped.__exit__(kind, error, traceback)

    async def write(self, text: str) -> None:
        self.wrapped.write(text)

    async def flush(self) -> None:
        self.wrapped.flush()

    async def close(self) -> None:
        self.wrapped.close()


class Client:
    """A client of either kind."""

    def __init__(self, client: Any, *, asynchronous: bool) -> None:
        self.client = client
        self._asynchronous = asynchronous

    def send_requests(self, requests: Iterable[HttpRequest], **options: Any) -> Any:
        sender = self.client.send_requests(requests, **options)
        return sender if self._asynchronous else Blocking(sender)

    def open_writer(self, *args: Any, **options: Any) -> Any:
        writer = self.client.open_writer(*args, **options)
        return writer if self._asynchronous else Blocking(writer)


@contextlib.asynccontextmanager
async def connect(asynchronous: bool, endpoint: str, key: str = KEY, **options: Any) -> AsyncIterator[Client]:
    """Yield a client; no retry waits unless a test says so."""
    options = {"retry_backoff_factor": 0, "credential": AzureKeyCredential(key), **options}
    if asynchronous:
        async with AsyncWebPubSubServiceClient(endpoint=endpoint, **options) as client:
            yield Client(client, asynchronous=True)
    else:
        with WebPubSubServiceClient(endpoint=endpoint, **options) as sync_client:
            yield Client(sync_client, asynchronous=False)


def requests(count: int, start: int = 0) -> Iterator[HttpRequest]:
    """Yield so many requests, each to the user of its number."""
    for number in range(start, start + count):
        yield build_send_to_user_request("hub", f"user{number}", content=str(number).encode())


def number_of(request: Any) -> int:
    """Return the number that a request carries, before it was sent or after."""
    return int(getattr(request, "body", None) or request.content)
