"""Handle the events that Azure Web PubSub sends to your server.

The service notifies an event handler of what its clients do, by HTTP requests in CloudEvents' binary mode
(see "CloudEvents extension for Azure Web PubSub event handler with HTTP protocol" in its documentation). This
module turns such a request into a typed event, and your decision into a response. It does no I/O and does not
depend on a web framework, so it works with all of them::

    @app.route("/eventhandler", methods=["OPTIONS", "POST"])
    def eventhandler():
        try:
            event = parse_event(request.method, request.headers, request.get_data(), access_keys=[KEY])
            match event:
                case ValidationRequest():
                    response = event.allow("contoso.webpubsub.azure.com")
                case ConnectEvent():
                    response = event.accept(user_id="alice", roles=["webpubsub.sendToGroup.chat"])
                case UserEvent(name="message"):
                    response = event.reply(content=event.text().upper())
                case _:
                    response = event.done()
        except EventError as error:
            response = error.response
        return response.body, response.status, response.headers

Anybody who knows a handler's address can send requests to it. :func:`parse_event` checks the signature of
every event, which only the service can make. The signature covers only the id of the connection, not the rest
of the request, so use HTTPS.
"""

from ._parse import Headers, parse_event, parse_unverified_event
from ._responses import EventError, EventResponse, SignatureError
from ._signature import verify_signature
from ._types import (
    ConnectedEvent,
    ConnectEvent,
    DataType,
    DisconnectedEvent,
    Event,
    GroupJoinedEvent,
    GroupLeftEvent,
    UserEvent,
    ValidationRequest,
)

__all__ = [
    "ConnectEvent",
    "ConnectedEvent",
    "DataType",
    "DisconnectedEvent",
    "Event",
    "EventError",
    "EventResponse",
    "GroupJoinedEvent",
    "GroupLeftEvent",
    "Headers",
    "SignatureError",
    "UserEvent",
    "ValidationRequest",
    "parse_event",
    "parse_unverified_event",
    "verify_signature",
]
