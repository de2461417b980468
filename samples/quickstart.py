"""Send two messages and watch them arrive.

Runs against a local emulator that it starts itself. To use the service, put
the connection string of a Web PubSub resource into the environment variable
WEBPUBSUB_CONNECTION_STRING.
"""

import contextlib
import os
from pathlib import Path

from websockets.sync.client import connect

from azure.messaging.webpubsubservice import WebPubSubServiceClient
from azure.messaging.webpubsubservice.emulator import Emulator
from azure.messaging.webpubsubservice.rest import build_send_to_all_request

FILE = Path(__file__).with_name("file.json")

with contextlib.ExitStack() as stack:
    connection_string = os.environ.get("WEBPUBSUB_CONNECTION_STRING")
    if not connection_string:
        connection_string = stack.enter_context(Emulator()).connection_string

    client = stack.enter_context(
        WebPubSubServiceClient.from_connection_string(connection_string)
    )
    print(f"{client!r}\n")

    # One subscriber per hub: a plain WebSocket, opened with a token that the
    # client signs.
    default = stack.enter_context(
        connect(client.get_client_access_token("default")["url"])
    )
    ahub = stack.enter_context(
        connect(client.get_client_access_token("ahub")["url"])
    )

    request = build_send_to_all_request(
        "default", json={"Hello": "webpubsub!"}
    )
    response = client.send_request(request)
    print(f"sent {request!r}: {response.status_code}")
    print(f"'default' received: {default.recv(timeout=10)!r}\n")

    with FILE.open(encoding="utf-8") as f:
        request = build_send_to_all_request(
            "ahub", content=f, content_type="application/json"
        )
        response = client.send_request(request)
    print(f"sent {FILE.name} with {request!r}: {response.status_code}")
    print(f"'ahub' received: {ahub.recv(timeout=10)!r}")
