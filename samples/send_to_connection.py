"""Send to one connection, and to all except one."""

import contextlib
import json
import os

from websockets.sync.client import connect
from websockets.typing import Subprotocol

from azure.messaging.webpubsubservice import WebPubSubServiceClient
from azure.messaging.webpubsubservice.emulator import Emulator
from azure.messaging.webpubsubservice.rest import (
    build_send_to_all_request,
    build_send_to_connection_request,
)

with contextlib.ExitStack() as stack:
    connection_string = os.environ.get("WEBPUBSUB_CONNECTION_STRING")
    if not connection_string:
        connection_string = stack.enter_context(Emulator()).connection_string
    client = stack.enter_context(
        WebPubSubServiceClient.from_connection_string(connection_string)
    )

    # A JSON client receives the id of its connection as its first message.
    url = client.get_client_access_token("chat")["url"]
    subprotocols = [Subprotocol("json.webpubsub.azure.v1")]
    alice = stack.enter_context(connect(url, subprotocols=subprotocols))
    bob = stack.enter_context(connect(url, subprotocols=subprotocols))
    alice_id, bob_id = (
        json.loads(socket.recv(timeout=10))["connectionId"]
        for socket in (alice, bob)
    )

    client.send_request(
        build_send_to_connection_request(
            "chat", alice_id, content="only for alice"
        )
    ).raise_for_status()
    client.send_request(
        build_send_to_all_request(
            "chat", content="for all except alice", excluded=[alice_id]
        )
    ).raise_for_status()

    print("alice received", json.loads(alice.recv(timeout=10)))
    print("bob received", json.loads(bob.recv(timeout=10)))
