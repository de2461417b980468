"""Handle client events with Flask: decide who may connect, and reply.

Runs against a local emulator that it starts itself. To use a resource of your
own, give the web server a public HTTPS address. In the hub's settings, enter
``https://.../eventhandler`` with the
system event ``connect`` and the user events ``*``. Set
WEBPUBSUB_ACCESS_KEY to one of the resource's keys.
"""

import json
import os
import secrets
import threading

from flask import Flask, Response, request
from websockets.sync.client import connect
from websockets.typing import Subprotocol
from werkzeug.serving import make_server

from azure.messaging.webpubsubservice import WebPubSubServiceClient
from azure.messaging.webpubsubservice.emulator import Emulator
from azure.messaging.webpubsubservice.events import (
    ConnectEvent,
    EventError,
    UserEvent,
    ValidationRequest,
    parse_event,
)

ACCESS_KEY = os.environ.get("WEBPUBSUB_ACCESS_KEY") or secrets.token_urlsafe(
    32
)

app = Flask(__name__)


@app.route("/eventhandler", methods=["OPTIONS", "POST"])
def eventhandler() -> Response:
    """Answer one event of the service."""
    try:
        event = parse_event(
            request.method,
            request.headers,
            request.get_data(),
            access_keys=[ACCESS_KEY],
        )
        match event:
            case ValidationRequest():
                answer = event.allow_any()
            case ConnectEvent() if "banned" in event.query:
                answer = event.reject(403, "You are not welcome.")
            case ConnectEvent():
                answer = event.accept(user_id="alice", state={"shouts": 0})
            case UserEvent(name="shout"):
                shouts = event.state["shouts"] + 1
                text = (
                    f"{event.user_id}, shout {shouts}: {event.text().upper()}!"
                )
                answer = event.reply(content=text, state={"shouts": shouts})
            case _:
                answer = event.done()
    except EventError as error:
        answer = error.response
    return Response(answer.body, answer.status, dict(answer.headers))


def main() -> None:
    """Serve the handler, let a client shout at it, and stop."""
    server = make_server("127.0.0.1", 0, app, threaded=True)
    threading.Thread(target=server.serve_forever).start()
    handlers = {"chat": f"http://127.0.0.1:{server.server_port}/eventhandler"}
    try:
        with Emulator(
            access_key=ACCESS_KEY, event_handlers=handlers
        ) as emulator:
            shout(emulator.connection_string)
    finally:
        server.shutdown()


def shout(connection_string: str) -> None:
    """Be a client: connect, and send two events."""
    with WebPubSubServiceClient.from_connection_string(
        connection_string
    ) as client:
        url = client.get_client_access_token("chat")["url"]
    with connect(
        url, subprotocols=[Subprotocol("json.webpubsub.azure.v1")]
    ) as websocket:
        print("connected as", json.loads(websocket.recv(timeout=10))["userId"])
        for word in ("hello", "anybody there"):
            event = {
                "type": "event",
                "event": "shout",
                "dataType": "text",
                "data": word,
            }
            websocket.send(json.dumps(event))
            print("answered:", json.loads(websocket.recv(timeout=10))["data"])


if __name__ == "__main__":
    main()
