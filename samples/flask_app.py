"""A chat with Flask: tokens, events of clients, and one client for all.

Set WEBPUBSUB_CONNECTION_STRING, and WEBPUBSUB_ACCESS_KEY to its key. Run
`flask --app flask_app run` here, and enter `https://.../eventhandler` in the
hub's settings, with the system event `connect` and the user events `*`.
"""

import os

from flask import Flask, Response, request

from azure.messaging.webpubsubservice import WebPubSubServiceClient
from azure.messaging.webpubsubservice.events import (
    ConnectEvent,
    EventError,
    UserEvent,
    ValidationRequest,
    parse_event,
)
from azure.messaging.webpubsubservice.rest import build_send_to_group_request


def create_app() -> Flask:
    """Return the application. Its client is open as long as the process."""
    app = Flask(__name__)
    access_key = os.environ["WEBPUBSUB_ACCESS_KEY"]
    service = WebPubSubServiceClient.from_connection_string(
        os.environ["WEBPUBSUB_CONNECTION_STRING"]
    )

    @app.get("/negotiate")
    def negotiate() -> dict[str, str]:
        """Return the URL with which a user's browser opens its WebSocket."""
        user = request.args["user"]
        token = service.get_client_access_token("chat", user_id=user)
        return {"url": token["url"]}

    @app.route("/eventhandler", methods=["OPTIONS", "POST"])
    def eventhandler() -> Response:
        """Answer one event of the service."""
        try:
            event = parse_event(
                request.method,
                request.headers,
                request.get_data(),
                access_keys=[access_key],
            )
            match event:
                case ValidationRequest():
                    answer = event.allow_any()
                case ConnectEvent():
                    answer = event.accept(groups=["room"])
                case UserEvent(name="say"):
                    text = {"from": event.user_id, "text": event.text()}
                    service.send_request(
                        build_send_to_group_request("chat", "room", json=text)
                    )
                    answer = event.done()
                case _:
                    answer = event.done()
        except EventError as error:
            answer = error.response
        return Response(answer.body, answer.status, dict(answer.headers))

    return app
