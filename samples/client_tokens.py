"""Create client tokens: who a client is, what it may do, and for how long."""

import base64
import contextlib
import json
import os
from datetime import timedelta

from websockets.sync.client import connect
from websockets.typing import Subprotocol

from azure.messaging.webpubsubservice import WebPubSubServiceClient
from azure.messaging.webpubsubservice.emulator import Emulator

with contextlib.ExitStack() as stack:
    connection_string = os.environ.get("WEBPUBSUB_CONNECTION_STRING")
    if not connection_string:
        connection_string = stack.enter_context(Emulator()).connection_string
    client = stack.enter_context(
        WebPubSubServiceClient.from_connection_string(connection_string)
    )

    token = client.get_client_access_token(
        "chat",
        user_id="alice",
        roles=["webpubsub.sendToGroup.news", "webpubsub.joinLeaveGroup"],
        groups=["news"],
        expires_in=timedelta(minutes=5),
    )
    # Give the client the URL. It contains the token, so keep both out of your
    # logs. A token has three parts; the middle one is what it says.
    middle = token["token"].split(".")[1]
    claims = json.loads(base64.urlsafe_b64decode(middle + "=="))
    print({name: claims[name] for name in ("sub", "role", "webpubsub.group")})
    seconds = claims["exp"] - claims["iat"]
    hub = token["baseUrl"].rpartition("/")[2]
    print(f"valid for {seconds} seconds at {hub!r}")

    alice = stack.enter_context(
        connect(
            token["url"], subprotocols=[Subprotocol("json.webpubsub.azure.v1")]
        )
    )
    print("connected as", json.loads(alice.recv(timeout=10))["userId"])
    for number, group in enumerate(("news", "weather")):
        alice.send(
            json.dumps(
                {
                    "type": "sendToGroup",
                    "group": group,
                    "ackId": number,
                    "data": "hello",
                }
            )
        )
        frames = [
            json.loads(alice.recv(timeout=10))
            for _ in range(2 if group == "news" else 1)
        ]
        (ack,) = (frame for frame in frames if frame["type"] == "ack")
        print(
            f"sends to {group!r}:",
            "accepted" if ack["success"] else ack["error"]["name"],
        )
