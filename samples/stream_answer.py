"""Stream the answer of a (made-up) language model to a browser page.

Open the address that it prints. The page asks, and shows the answer while it
grows: each piece is written to the group of this page, in order.
"""

import contextlib
import json
import os
import time
from collections.abc import Iterator
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from urllib.parse import parse_qs, urlsplit
from uuid import uuid4

from azure.messaging.webpubsubservice import WebPubSubServiceClient
from azure.messaging.webpubsubservice.emulator import Emulator

PAGE = Path(__file__).with_name("stream_answer.html")
PAUSE = float(os.environ.get("PAUSE", "0.03"))


def ask_model(question: str) -> Iterator[str]:
    """Stand in for a language model: yield an answer, a word at a time."""
    answer = f"You asked: {question} I do not know, but I can say so slowly."
    for word in answer.split(" "):
        yield f"{word} "
        time.sleep(PAUSE)


with contextlib.ExitStack() as stack:
    connection_string = os.environ.get("WEBPUBSUB_CONNECTION_STRING")
    if not connection_string:
        connection_string = stack.enter_context(Emulator()).connection_string
    client = stack.enter_context(
        WebPubSubServiceClient.from_connection_string(connection_string)
    )

    class Answers(BaseHTTPRequestHandler):
        def do_GET(self) -> None:
            path = urlsplit(self.path).path
            if path == "/":
                self.answer(200, "text/html; charset=utf-8", PAGE.read_bytes())
            elif path == "/negotiate":
                # A group that nobody can guess, for one page.
                group = f"page-{uuid4()}"
                token = client.get_client_access_token("chat", groups=[group])
                news = {"url": token["url"], "group": group}
                self.answer(200, "application/json", json.dumps(news).encode())
            else:
                self.answer(404, "text/plain", b"Not found")

        def do_POST(self) -> None:
            length = int(self.headers["Content-Length"])
            form = parse_qs(self.rfile.read(length).decode())
            group, question = form["group"][0], form["question"][0]
            with client.open_writer("chat", group=group) as writer:
                for piece in ask_model(question):
                    writer.write(piece)
            self.answer(204, "text/plain", b"")

        def answer(self, status: int, content_type: str, body: bytes) -> None:
            self.send_response(status)
            self.send_header("Content-Type", content_type)
            self.end_headers()
            self.wfile.write(body)

    server = stack.enter_context(
        ThreadingHTTPServer(
            ("127.0.0.1", int(os.environ.get("PORT", "0"))), Answers
        )
    )
    stack.enter_context(contextlib.suppress(KeyboardInterrupt))
    print(f"http://127.0.0.1:{server.server_port}/", flush=True)
    server.serve_forever()
