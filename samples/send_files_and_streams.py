"""Send the contents of a file, or of an iterable."""

import contextlib
import io
import os
from collections.abc import Iterator
from pathlib import Path

from websockets.sync.client import connect

from azure.messaging.webpubsubservice import WebPubSubServiceClient
from azure.messaging.webpubsubservice.emulator import Emulator
from azure.messaging.webpubsubservice.rest import build_send_to_all_request

FILE = Path(__file__).with_name("file.json")


def lines() -> Iterator[str]:
    yield "first line\n"
    yield "second line\n"


with contextlib.ExitStack() as stack:
    connection_string = os.environ.get("WEBPUBSUB_CONNECTION_STRING")
    if not connection_string:
        connection_string = stack.enter_context(Emulator()).connection_string
    client = stack.enter_context(
        WebPubSubServiceClient.from_connection_string(connection_string)
    )

    subscriber = stack.enter_context(
        connect(client.get_client_access_token("chat")["url"])
    )

    # A file opened as text is sent as UTF-8. A file opened as bytes is sent as
    # it is.
    with FILE.open(encoding="utf-8") as text, FILE.open("rb") as binary:
        requests = [
            build_send_to_all_request(
                "chat", content=text, content_type="application/json"
            ),
            build_send_to_all_request("chat", content=binary),
            build_send_to_all_request("chat", content=io.BytesIO(b"\x00\xff")),
            # The service needs to know a message's length, so the client
            # reads an iterable to its end before it sends.
            build_send_to_all_request(
                "chat", content=lines(), content_type="text/plain"
            ),
        ]
        for request in requests:
            client.send_request(request).raise_for_status()
            content_type = request.headers["Content-Type"]
            print(f"{content_type}: {subscriber.recv(timeout=10)!r}")
