"""Both clients behind one interface, so that each test runs with both."""

import asyncio
import contextlib
from collections.abc import Coroutine, Iterator
from typing import Any, TypeVar

import pytest
from azure.core.credentials import AzureKeyCredential
from azure.core.rest import HttpRequest

from azure.messaging.webpubsubservice import WebPubSubServiceClient
from azure.messaging.webpubsubservice.aio import WebPubSubServiceClient as AsyncWebPubSubServiceClient
from tests.faults import Step
from tests.faults.steps import Script
from tests.loop_time import LoopTime

KEY = "a-key-made-up-for-these-tests-0123456789"

T = TypeVar("T")


class SyncClient:
    """The synchronous client."""

    def __init__(self, endpoint: str, **options: Any) -> None:
        self.client = WebPubSubServiceClient(endpoint=endpoint, **options)

    def after(self, seconds: float, step: Step) -> Step | Script:  # noqa: ARG002 - its waits begin then
        """Return the step, for a server to play once ``seconds`` have passed for who waits for it."""
        return step

    def close(self) -> None:
        self.client.close()

    def send(self, request: HttpRequest, **options: Any) -> Any:
        return self.client.send_request(request, **options)

    def token(self, *args: Any, **options: Any) -> Any:
        return self.client.get_client_access_token(*args, **options)

    def blocks(self, response: Any, method: str = "iter_bytes") -> list[bytes]:
        return list(getattr(response, method)())

    def call(self, response: Any, method: str) -> Any:
        return getattr(response, method)()


class AsyncClient:
    """The asynchronous client, in an event loop of its own."""

    def __init__(self, endpoint: str, **options: Any) -> None:
        self.client = AsyncWebPubSubServiceClient(endpoint=endpoint, **options)
        self._loop = asyncio.new_event_loop()

    def after(self, seconds: float, step: Step) -> Step | Script:
        """Return the step, for a server to play once ``seconds`` have passed for who waits for it."""
        return LoopTime(self._loop).moved_by(seconds, step)

    def run(self, coroutine: Coroutine[Any, Any, T]) -> T:
        return self._loop.run_until_complete(coroutine)

    def close(self) -> None:
        self.run(self.client.close())

    def end(self) -> None:
        self.run(self._loop.shutdown_default_executor())
        self._loop.close()

    def send(self, request: HttpRequest, **options: Any) -> Any:
        return self.run(self.client.send_request(request, **options))

    def token(self, *args: Any, **options: Any) -> Any:
        return self.run(self.client.get_client_access_token(*args, **options))

    def blocks(self, response: Any, method: str = "iter_bytes") -> list[bytes]:
        async def collect() -> list[bytes]:
            return [block async for block in getattr(response, method)()]

        return self.run(collect())

    def call(self, response: Any, method: str) -> Any:
        return self.run(getattr(response, method)())


@contextlib.contextmanager
def connect(kind: str, endpoint: str, key: str = KEY, **options: Any) -> Iterator[SyncClient | AsyncClient]:
    """Open a client of one kind; no retry waits unless a test says so."""
    options.setdefault("credential", AzureKeyCredential(key))
    options.setdefault("retry_backoff_factor", 0)
    if kind == "sync":
        with contextlib.closing(SyncClient(endpoint, **options)) as sync_client:
            yield sync_client
        return
    async_client = AsyncClient(endpoint, **options)
    try:
        with contextlib.closing(async_client):
            yield async_client
    finally:
        async_client.end()


both_clients = pytest.mark.parametrize("kind", ["sync", "async"])
