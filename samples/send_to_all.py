"""Send to everybody in a hub: JSON, text or bytes."""

import contextlib
import os

from websockets.sync.client import connect

from azure.messaging.webpubsubservice import WebPubSubServiceClient
from azure.messaging.webpubsubservice.emulator import Emulator
from azure.messaging.webpubsubservice.rest import build_send_to_all_request

with contextlib.ExitStack() as stack:
    connection_string = os.environ.get("WEBPUBSUB_CONNECTION_STRING")
    if not connection_string:
        connection_string = stack.enter_context(Emulator()).connection_string
    client = stack.enter_context(
        WebPubSubServiceClient.from_connection_string(connection_string)
    )

    alice = stack.enter_context(
        connect(client.get_client_access_token("chat", user_id="alice")["url"])
    )
    bob = stack.enter_context(
        connect(client.get_client_access_token("chat", user_id="bob")["url"])
    )

    requests = [
        # The content type follows from the argument: application/json,
        # text/plain, application/octet-stream.
        build_send_to_all_request("chat", json={"hello": "everybody"}),
        build_send_to_all_request("chat", content="hello, everybody"),
        build_send_to_all_request("chat", content=b"\x00\xff"),
        # Dropped for clients that cannot be reached within a minute.
        build_send_to_all_request(
            "chat", content="lunch is ready", message_ttl_seconds=60
        ),
    ]
    for request in requests:
        response = client.send_request(request)
        response.raise_for_status()
        print(request.headers["Content-Type"], response.status_code)
        print(f"  alice received {alice.recv(timeout=10)!r}")
        print(f"  bob received {bob.recv(timeout=10)!r}")
