"""Allow a connected client to send to a group, then forbid it again."""

import contextlib
import json
import os

from websockets.sync.client import connect
from websockets.typing import Subprotocol

from azure.messaging.webpubsubservice import WebPubSubServiceClient
from azure.messaging.webpubsubservice.emulator import Emulator
from azure.messaging.webpubsubservice.rest import (
    build_check_permission_request,
    build_grant_permission_request,
    build_revoke_permission_request,
)

with contextlib.ExitStack() as stack:
    connection_string = os.environ.get("WEBPUBSUB_CONNECTION_STRING")
    if not connection_string:
        connection_string = stack.enter_context(Emulator()).connection_string
    client = stack.enter_context(
        WebPubSubServiceClient.from_connection_string(connection_string)
    )

    url = client.get_client_access_token("chat", user_id="alice")["url"]
    alice = stack.enter_context(
        connect(url, subprotocols=[Subprotocol("json.webpubsub.azure.v1")])
    )
    connection_id = json.loads(alice.recv(timeout=10))["connectionId"]

    def try_to_send(ack_id: int) -> None:
        message = {
            "type": "sendToGroup",
            "group": "news",
            "ackId": ack_id,
            "dataType": "text",
            "data": "!",
        }
        alice.send(json.dumps(message))
        ack = json.loads(alice.recv(timeout=10))
        print(
            "  alice sends to 'news':",
            "accepted" if ack["success"] else ack["error"]["name"],
        )

    try_to_send(1)
    for number, build in enumerate(
        (build_grant_permission_request, build_revoke_permission_request), 2
    ):
        request = build(
            "chat", "sendToGroup", connection_id, target_name="news"
        )
        print(request.method, client.send_request(request).status_code)
        check = client.send_request(
            build_check_permission_request(
                "chat", "sendToGroup", connection_id, target_name="news"
            )
        )
        print("  she has the permission:", check.status_code == 200)
        try_to_send(number)
