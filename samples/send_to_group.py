"""Send to the members of a group."""

import contextlib
import os

from websockets.sync.client import connect

from azure.messaging.webpubsubservice import WebPubSubServiceClient
from azure.messaging.webpubsubservice.emulator import Emulator
from azure.messaging.webpubsubservice.rest import (
    build_send_to_all_request,
    build_send_to_group_request,
)

with contextlib.ExitStack() as stack:
    connection_string = os.environ.get("WEBPUBSUB_CONNECTION_STRING")
    if not connection_string:
        connection_string = stack.enter_context(Emulator()).connection_string
    client = stack.enter_context(
        WebPubSubServiceClient.from_connection_string(connection_string)
    )

    # A client joins the groups of its token when it connects.
    member = stack.enter_context(
        connect(
            client.get_client_access_token("chat", groups=["readers"])["url"]
        )
    )
    other = stack.enter_context(
        connect(client.get_client_access_token("chat")["url"])
    )

    client.send_request(
        build_send_to_group_request("chat", "readers", content="a new chapter")
    ).raise_for_status()
    client.send_request(
        build_send_to_all_request("chat", content="good night")
    ).raise_for_status()

    print(
        "the member received",
        [member.recv(timeout=10), member.recv(timeout=10)],
    )
    print("the other received", [other.recv(timeout=10)])
