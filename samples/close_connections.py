"""Close connections: one, a user's, a group's, all; and tell clients why."""

import contextlib
import json
import os

from websockets.exceptions import ConnectionClosed
from websockets.sync.client import ClientConnection, connect
from websockets.typing import Subprotocol

from azure.messaging.webpubsubservice import WebPubSubServiceClient
from azure.messaging.webpubsubservice.emulator import Emulator
from azure.messaging.webpubsubservice.rest import (
    build_close_all_connections_request,
    build_close_connection_request,
    build_close_group_connections_request,
    build_close_user_connections_request,
)

with contextlib.ExitStack() as stack:
    connection_string = os.environ.get("WEBPUBSUB_CONNECTION_STRING")
    if not connection_string:
        connection_string = stack.enter_context(Emulator()).connection_string
    client = stack.enter_context(
        WebPubSubServiceClient.from_connection_string(connection_string)
    )

    def join(user: str, *groups: str) -> tuple[ClientConnection, str]:
        url = client.get_client_access_token(
            "chat", user_id=user, groups=groups
        )["url"]
        socket = stack.enter_context(
            connect(url, subprotocols=[Subprotocol("json.webpubsub.azure.v1")])
        )
        return socket, json.loads(socket.recv(timeout=10))["connectionId"]

    (alice, alice_id), (bob, _), (carol, _) = (
        join("alice"),
        join("bob"),
        join("carol", "readers"),
    )
    (dave, dave_id), (erin, _) = join("dave"), join("erin")

    steps = {
        build_close_connection_request(
            "chat", alice_id, reason="signed out"
        ): [alice],
        build_close_user_connections_request(
            "chat", "bob", reason="account closed"
        ): [bob],
        build_close_group_connections_request(
            "chat", "readers", reason="the library closes"
        ): [carol],
        build_close_all_connections_request(
            "chat", excluded=[dave_id], reason="maintenance"
        ): [erin],
        build_close_all_connections_request("chat"): [dave],
    }
    for request, sockets in steps.items():
        client.send_request(request).raise_for_status()
        for socket in sockets:
            print(json.loads(socket.recv(timeout=10))["message"])
            try:
                socket.recv(timeout=10)
            except ConnectionClosed as closed:
                code = closed.rcvd.code if closed.rcvd else None
                print(f"  closed with code {code}")
