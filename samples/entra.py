"""Use Microsoft Entra instead of an access key.

To use a real resource, set WEBPUBSUB_ENDPOINT and sign in, for example with
`az login`. You need the role Web PubSub Service Owner.
"""

import contextlib
import os
import time
from typing import Any

import jwt
from azure.core.credentials import AccessToken, TokenCredential
from azure.identity import DefaultAzureCredential
from websockets.sync.client import connect

from azure.messaging.webpubsubservice import WebPubSubServiceClient
from azure.messaging.webpubsubservice.emulator import Emulator
from azure.messaging.webpubsubservice.rest import build_send_to_user_request


class LocalCredential:
    """Tokens for the emulator, which checks only audience and lifetime."""

    def get_token(self, *scopes: str, **_options: Any) -> AccessToken:
        print("a token for", *scopes)
        expires = int(time.time()) + 3600
        claims = {"aud": "https://webpubsub.azure.com", "exp": expires}
        return AccessToken(
            jwt.encode(claims, "a key that the emulator does not look at"),
            expires,
        )


with contextlib.ExitStack() as stack:
    credential: TokenCredential
    if endpoint := os.environ.get("WEBPUBSUB_ENDPOINT"):
        credential = stack.enter_context(DefaultAzureCredential())
    else:
        endpoint = stack.enter_context(
            Emulator(allow_unvalidated_entra_tokens=True)
        ).endpoint
        credential = LocalCredential()
    client = stack.enter_context(
        WebPubSubServiceClient(
            endpoint=endpoint,
            credential=credential,
            # Without TLS, tokens go to the emulator only.
            enforce_https=endpoint.startswith("https:"),
        )
    )
    # Without a key the client cannot sign a token for a WebSocket client, so
    # it asks the service for one.
    token = client.get_client_access_token("chat", user_id="alice")
    alice = stack.enter_context(connect(token["url"]))
    client.send_request(
        build_send_to_user_request("chat", "alice", content="hello")
    ).raise_for_status()
    print("alice received", alice.recv(timeout=10))
