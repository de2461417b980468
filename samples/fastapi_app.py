"""A chat with FastAPI: tokens, events of clients, and one client for all.

Set WEBPUBSUB_CONNECTION_STRING, and WEBPUBSUB_ACCESS_KEY to its key. Run
`uvicorn fastapi_app:app` here, and enter `https://.../eventhandler` in the
hub's settings, with the system event `connect` and the user events `*`.
"""

import os
from collections.abc import AsyncIterator, Mapping
from contextlib import asynccontextmanager
from typing import Any

from fastapi import FastAPI, Request, Response

from azure.messaging.webpubsubservice.aio import WebPubSubServiceClient
from azure.messaging.webpubsubservice.events import (
    ConnectEvent,
    EventError,
    UserEvent,
    ValidationRequest,
    parse_event,
)
from azure.messaging.webpubsubservice.rest import build_send_to_group_request


@asynccontextmanager
async def lifespan(_: FastAPI) -> AsyncIterator[Mapping[str, Any]]:
    """Open the client when the application starts, and close it at its end."""
    async with WebPubSubServiceClient.from_connection_string(
        os.environ["WEBPUBSUB_CONNECTION_STRING"]
    ) as service:
        yield {"service": service}


app = FastAPI(lifespan=lifespan)


@app.get("/negotiate")
async def negotiate(request: Request, user: str) -> dict[str, str]:
    """Return the URL with which a user's browser opens its WebSocket."""
    service: WebPubSubServiceClient = request.state.service
    token = await service.get_client_access_token("chat", user_id=user)
    return {"url": token["url"]}


@app.api_route("/eventhandler", methods=["OPTIONS", "POST"])
async def eventhandler(request: Request) -> Response:
    """Answer one event of the service."""
    service: WebPubSubServiceClient = request.state.service
    try:
        event = parse_event(
            request.method,
            request.headers,
            await request.body(),
            access_keys=[os.environ["WEBPUBSUB_ACCESS_KEY"]],
        )
        match event:
            case ValidationRequest():
                answer = event.allow_any()
            case ConnectEvent():
                answer = event.accept(groups=["room"])
            case UserEvent(name="say"):
                message = {"from": event.user_id, "text": event.text()}
                await service.send_request(
                    build_send_to_group_request("chat", "room", json=message)
                )
                answer = event.done()
            case _:
                answer = event.done()
    except EventError as error:
        answer = error.response
    return Response(answer.body, answer.status, answer.headers)
