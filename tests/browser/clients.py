"""Clients that are not the page's, and requests that no builder makes."""

import contextlib
from collections.abc import Iterator
from typing import Any

from azure.core.rest import HttpRequest
from websockets.sync.client import ClientConnection, connect
from websockets.typing import Subprotocol

from azure.messaging.webpubsubservice import WebPubSubServiceClient

JSON = "json.webpubsub.azure.v1"
RELIABLE = "json.reliable.webpubsub.azure.v1"

#: What the builders refuse to build, and the service answers with 415.
UNSUPPORTED = HttpRequest("POST", "/api/hubs/chat/:send", content=b"x", headers={"Content-Type": "image/png"})


@contextlib.contextmanager
def subscriber(
    service: WebPubSubServiceClient, hub: str = "chat", protocol: str | None = JSON, **claims: Any
) -> Iterator[ClientConnection]:
    """A client that is not the page's."""
    url = service.get_client_access_token(hub, **claims)["url"]
    protocols = None if protocol is None else [Subprotocol(protocol)]
    with connect(url, subprotocols=protocols, proxy=None, max_queue=None) as socket:
        if protocol is not None:
            socket.recv(timeout=10)  # the greeting
        yield socket
