"""Both clients behind one interface, so that each test runs with both."""

import contextlib
from collections.abc import Iterator
from typing import Any

import pytest
from azure.core.credentials import AzureKeyCredential
from azure.core.rest import HttpRequest

from azure.messaging.webpubsubservice import WebPubSubServiceClient

KEY = "a-key-made-up-for-these-tests-0123456789"


class SyncClient:
    """The synchronous client."""

    kind = "sync"

    def __init__(self, client: WebPubSubServiceClient) -> None:
        self.client = client

    def send(self, request: HttpRequest, **options: Any) -> Any:
        return self.client.send_request(request, **options)

    def token(self, *args: Any, **options: Any) -> Any:
        return self.client.get_client_access_token(*args, **options)


@contextlib.contextmanager
def connect(kind: str, endpoint: str, key: str = KEY, **options: Any) -> Iterator[SyncClient]:
    """Open a client of one kind; no retries wait unless a test says so."""
    assert kind == SyncClient.kind
    options.setdefault("credential", AzureKeyCredential(key))
    options.setdefault("retry_backoff_factor", 0)
    with WebPubSubServiceClient(endpoint=endpoint, **options) as client:
        yield SyncClient(client)


both_clients = pytest.mark.parametrize("kind", ["sync"])
