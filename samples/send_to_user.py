"""Send to a user: to every connection opened with a token for that user."""

import contextlib
import os

from websockets.sync.client import connect

from azure.messaging.webpubsubservice import WebPubSubServiceClient
from azure.messaging.webpubsubservice.emulator import Emulator
from azure.messaging.webpubsubservice.rest import (
    build_send_to_user_request,
    build_user_exists_request,
)

with contextlib.ExitStack() as stack:
    connection_string = os.environ.get("WEBPUBSUB_CONNECTION_STRING")
    if not connection_string:
        connection_string = stack.enter_context(Emulator()).connection_string
    client = stack.enter_context(
        WebPubSubServiceClient.from_connection_string(connection_string)
    )

    token = client.get_client_access_token("chat", user_id="alice")
    laptop = stack.enter_context(connect(token["url"]))
    phone = stack.enter_context(connect(token["url"]))

    for user in ("alice", "bob"):
        # 200 if the user has a connection, otherwise 404. Sending to nobody
        # is not an error: the service accepts that too.
        exists = client.send_request(build_user_exists_request("chat", user))
        sent = client.send_request(
            build_send_to_user_request("chat", user, json={"for": user})
        )
        print(f"{user}: exists {exists.status_code}, sent {sent.status_code}")

    print(f"the laptop received {laptop.recv(timeout=10)!r}")
    print(f"the phone received {phone.recv(timeout=10)!r}")
