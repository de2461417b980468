"""List the connections of a group, page by page."""

import contextlib
import os

from websockets.sync.client import connect

from azure.messaging.webpubsubservice import WebPubSubServiceClient
from azure.messaging.webpubsubservice.emulator import Emulator
from azure.messaging.webpubsubservice.rest import (
    build_list_connections_in_group_request,
)

with contextlib.ExitStack() as stack:
    connection_string = os.environ.get("WEBPUBSUB_CONNECTION_STRING")
    if not connection_string:
        connection_string = stack.enter_context(Emulator()).connection_string
    client = stack.enter_context(
        WebPubSubServiceClient.from_connection_string(connection_string)
    )

    for user in ("alice", "bob", "carol"):
        token = client.get_client_access_token(
            "chat", user_id=user, groups=["readers"]
        )
        stack.enter_context(connect(token["url"]))

    # All of them. The client requests further pages as they are needed.
    request = build_list_connections_in_group_request(
        "chat", "readers", maxpagesize=2
    )
    members = client.list_items(request)
    users = sorted(member.get("userId", "nobody") for member in members)
    print("members:", users)
    pages = client.list_items(request).by_page()
    print("pages:", [len(list(page)) for page in pages])

    # One page by hand. The response has the address of the next.
    page = client.send_request(request).json()
    print(
        "first page:",
        len(page["value"]),
        "members; more to come:",
        page["nextLink"] is not None,
    )
