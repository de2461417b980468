"""A service to talk to: the emulator, or a real one if WEBPUBSUB_CONNECTION_STRING names it."""

import contextlib
import os
import uuid
from collections.abc import Callable, Iterator
from typing import Any

import pytest
from azure.core.pipeline.transport import AioHttpTransport, RequestsTransport
from websockets.sync.client import ClientConnection, connect

from azure.messaging.webpubsubservice._connection_string import ConnectionString
from azure.messaging.webpubsubservice.emulator import Emulator
from tests.unit import clients

Subscribe = Callable[..., ClientConnection]

TRANSPORTS: dict[str, Callable[[], Any]] = {
    "sync": lambda: None,
    "sync-requests": RequestsTransport,
    "async": lambda: None,
    "async-aiohttp": AioHttpTransport,
}


@pytest.fixture(scope="session")
def service() -> Iterator[ConnectionString]:
    given = os.environ.get("WEBPUBSUB_CONNECTION_STRING")
    if given:
        yield ConnectionString.parse(given)
        return
    with Emulator() as emulator:
        yield ConnectionString.parse(emulator.connection_string)


@pytest.fixture
def hub() -> str:
    """A hub that no other test uses."""
    return f"test{uuid.uuid4().hex}"


@pytest.fixture(params=TRANSPORTS)
def client(request: pytest.FixtureRequest, service: ConnectionString) -> Iterator[Any]:
    """Both clients, with their own transports and with azure-core's."""
    kind = request.param.partition("-")[0]
    transport = TRANSPORTS[request.param]()
    with clients.connect(kind, service.endpoint, service.access_key, transport=transport) as connected:
        yield connected


@pytest.fixture
def subscribe(client: Any, hub: str) -> Iterator[Subscribe]:
    """Open WebSockets to the test's hub, with tokens of the client under test."""
    with contextlib.ExitStack() as stack:

        def subscribe(protocol: str | None = None, **token: Any) -> ClientConnection:
            url = client.token(hub, **token)["url"]
            protocols: Any = [protocol] if protocol else None
            return stack.enter_context(connect(url, subprotocols=protocols))

        yield subscribe
