"""A small chat: open the address it prints in two browser windows.

The server hands out the page and a token for each person, and announces who
joins. What people write goes directly between their browsers and the service.
"""

import contextlib
import json
import os
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from urllib.parse import parse_qs, urlsplit

from azure.messaging.webpubsubservice import WebPubSubServiceClient
from azure.messaging.webpubsubservice.emulator import Emulator
from azure.messaging.webpubsubservice.rest import build_send_to_group_request

PAGE = Path(__file__).with_name("chat.html")

with contextlib.ExitStack() as stack:
    connection_string = os.environ.get("WEBPUBSUB_CONNECTION_STRING")
    if not connection_string:
        connection_string = stack.enter_context(Emulator()).connection_string
    client = stack.enter_context(
        WebPubSubServiceClient.from_connection_string(connection_string)
    )

    class Chat(BaseHTTPRequestHandler):
        def do_GET(self) -> None:
            url = urlsplit(self.path)
            if url.path == "/":
                self.answer(200, "text/html; charset=utf-8", PAGE.read_bytes())
            elif url.path == "/negotiate" and (
                names := parse_qs(url.query).get("name")
            ):
                # In an application, take the user from the session. Never
                # trust what the browser says.
                token = client.get_client_access_token(
                    "chat",
                    user_id=names[0],
                    groups=["room"],
                    roles=["webpubsub.sendToGroup.room"],
                )
                news = build_send_to_group_request(
                    "chat", "room", json=f"{names[0]} joins"
                )
                client.send_request(news).raise_for_status()
                self.answer(
                    200,
                    "application/json",
                    json.dumps({"url": token["url"]}).encode(),
                )
            else:
                self.answer(404, "text/plain", b"Not found")

        def answer(self, status: int, content_type: str, body: bytes) -> None:
            self.send_response(status)
            self.send_header("Content-Type", content_type)
            self.end_headers()
            self.wfile.write(body)

    server = stack.enter_context(
        ThreadingHTTPServer(
            ("127.0.0.1", int(os.environ.get("PORT", "0"))), Chat
        )
    )
    stack.enter_context(contextlib.suppress(KeyboardInterrupt))
    print(f"http://127.0.0.1:{server.server_port}/", flush=True)
    server.serve_forever()
