"""A pytest plugin that puts this package in the place of azure-core's own transports and clients."""

import os
from importlib import import_module
from pathlib import Path
from typing import Any

import azure.core.pipeline.transport as transports
import pytest
from azure.core.credentials import AzureKeyCredential
from azure.core.rest import HttpRequest
from typing_extensions import Self

from azure.messaging.webpubsubservice import WebPubSubServiceClient
from azure.messaging.webpubsubservice._transports._aiohttp import AiohttpTransport
from azure.messaging.webpubsubservice._transports._urllib3 import Urllib3Transport
from azure.messaging.webpubsubservice.aio import WebPubSubServiceClient as AsyncWebPubSubServiceClient

MODE = os.environ.get("SUBSTITUTE", "transports")
KEY = "a-key-made-up-for-these-tests-0123456789"


class Client:
    """The test-suite's client for its own server, made of this package's."""

    kind: type[Any] = WebPubSubServiceClient

    def __init__(self, port: str, **options: Any) -> None:
        endpoint = f"http://localhost:{port}"
        self._client = self.kind(endpoint=endpoint, credential=AzureKeyCredential(KEY), **options)

    def send_request(self, request: HttpRequest, **options: Any) -> Any:
        return self._client.send_request(request, **options)

    def close(self) -> Any:
        return self._client.close()

    def __enter__(self) -> Self:
        self._client.__enter__()
        return self

    def __exit__(self, *exception: object) -> None:
        self._client.__exit__(*exception)


class AsyncClient(Client):
    """The same, for coroutines."""

    kind = AsyncWebPubSubServiceClient

    async def __aenter__(self) -> Self:
        await self._client.__aenter__()
        return self

    async def __aexit__(self, *exception: object) -> None:
        await self._client.__aexit__(*exception)


if MODE == "client":
    # Before the suite imports them from its own modules, beside its tests.
    import_module("rest_client").MockRestClient = Client  # type: ignore[attr-defined]
    import_module("rest_client_async").AsyncMockRestClient = AsyncClient  # type: ignore[attr-defined]
else:
    setattr(transports, "RequestsTransport", Urllib3Transport)  # noqa: B010 - imported when looked up
    setattr(transports, "AioHttpTransport", AiohttpTransport)  # noqa: B010


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    known = differences()
    for item in items:
        table = known.get(item.nodeid.removeprefix("tests/"))
        if table:
            mark = pytest.mark.xfail(reason=table["reason"], strict=not table.get("sometimes", False))
            item.add_marker(mark)


def differences() -> dict[str, dict[str, Any]]:
    """Return the entry of each test that fails on purpose."""
    tomllib: Any = import_module("tomllib")  # which Python 3.10 does not have
    tables = tomllib.loads(Path(__file__).with_name("differences.toml").read_text(encoding="utf-8"))
    found = [table for table in tables["difference"] if MODE in table["with"]]
    return {test: table for table in found for test in table["tests"]}
