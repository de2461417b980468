"""Reach the service through a reverse proxy, such as Azure API Management."""

import contextlib
import os
import threading
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from urllib.parse import urlsplit
from urllib.request import Request, urlopen

from websockets.sync.client import connect

from azure.messaging.webpubsubservice import WebPubSubServiceClient
from azure.messaging.webpubsubservice.emulator import Emulator
from azure.messaging.webpubsubservice.rest import build_send_to_all_request

with contextlib.ExitStack() as stack:
    connection_string = os.environ.get("WEBPUBSUB_CONNECTION_STRING")
    if not connection_string:
        connection_string = stack.enter_context(Emulator()).connection_string

    class Proxy(BaseHTTPRequestHandler):
        """Forwards /pubsub/... with the same token."""

        def do_POST(self) -> None:
            body = self.rfile.read(int(self.headers["Content-Length"]))
            headers = {
                name: self.headers[name]
                for name in ("Authorization", "Content-Type")
            }
            url = service + self.path.removeprefix("/pubsub")
            with urlopen(Request(url, body, headers)) as answer:
                self.send_response(answer.status)
            self.end_headers()

        def log_request(self, code: object = "-", size: object = "-") -> None:
            path = urlsplit(self.path).path
            print(f"the proxy saw {self.command} {path}: {code}")

    server = stack.enter_context(ThreadingHTTPServer(("127.0.0.1", 0), Proxy))
    threading.Thread(target=server.serve_forever, daemon=True).start()
    stack.callback(server.shutdown)
    proxy = f"http://127.0.0.1:{server.server_port}"

    # Requests go to the proxy. Tokens are for the service behind it.
    client = stack.enter_context(
        WebPubSubServiceClient.from_connection_string(
            connection_string,
            reverse_proxy_endpoint=f"{proxy}/pubsub",
        )
    )
    service = client.endpoint.rstrip("/")
    subscriber = stack.enter_context(
        connect(client.get_client_access_token("chat")["url"])
    )
    client.send_request(
        build_send_to_all_request("chat", content="by way of the proxy")
    ).raise_for_status()
    print("received:", subscriber.recv(timeout=10))
