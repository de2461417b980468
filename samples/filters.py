"""Send to the connections that match a filter."""

import contextlib
import os

from websockets.sync.client import connect

from azure.messaging.webpubsubservice import (
    WebPubSubServiceClient,
    odata_filter,
)
from azure.messaging.webpubsubservice.emulator import Emulator
from azure.messaging.webpubsubservice.rest import build_send_to_all_request

USERS = {"alice": ["readers"], "O'Neil": ["readers", "muted"], "carol": []}

with contextlib.ExitStack() as stack:
    connection_string = os.environ.get("WEBPUBSUB_CONNECTION_STRING")
    if not connection_string:
        connection_string = stack.enter_context(Emulator()).connection_string
    client = stack.enter_context(
        WebPubSubServiceClient.from_connection_string(connection_string)
    )

    sockets = {
        user: stack.enter_context(
            connect(
                client.get_client_access_token(
                    "chat", user_id=user, groups=groups
                )["url"]
            )
        )
        for user, groups in USERS.items()
    }

    filters = [
        # Values are quoted and escaped, so none can change what the filter
        # means.
        odata_filter("userId eq {}", "O'Neil"),
        odata_filter(
            "{} in groups and not ({} in groups)", "readers", "muted"
        ),
        odata_filter("userId in {users}", users=["alice", "carol"]),
        "length(groups) eq 0 or startswith(userId, 'al')",
    ]
    for filter in filters:  # noqa: A001 - the parameter's name
        client.send_request(
            build_send_to_all_request("chat", content=filter, filter=filter)
        ).raise_for_status()
    client.send_request(
        build_send_to_all_request("chat", content="everybody")
    ).raise_for_status()

    for user, socket in sockets.items():
        print(f"{user} received:")
        while (message := socket.recv(timeout=10)) != "everybody":
            print("  ", message)
