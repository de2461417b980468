"""Handle client events with Starlette: decide who may connect, and reply.

Runs against a local emulator that it starts itself. To use a resource of your
own, give the web server a public HTTPS address. In the hub's settings, enter
``https://.../eventhandler`` with the
system events ``connect``, ``disconnected`` and the user events ``*``. Set
WEBPUBSUB_ACCESS_KEY to one of the resource's keys.
"""

import asyncio
import os
import secrets
import socket

import uvicorn
from starlette.applications import Starlette
from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Route
from websockets.asyncio.client import connect
from websockets.typing import Subprotocol

from azure.messaging.webpubsubservice.aio import WebPubSubServiceClient
from azure.messaging.webpubsubservice.emulator import Emulator
from azure.messaging.webpubsubservice.events import (
    ConnectEvent,
    DisconnectedEvent,
    EventError,
    UserEvent,
    ValidationRequest,
    parse_event,
)

ACCESS_KEY = os.environ.get("WEBPUBSUB_ACCESS_KEY") or secrets.token_urlsafe(
    32
)


async def eventhandler(request: Request) -> Response:
    """Answer one event of the service."""
    try:
        event = parse_event(
            request.method,
            request.headers,
            await request.body(),
            access_keys=[ACCESS_KEY],
        )
        match event:
            case ValidationRequest():
                answer = event.allow_any()
            case ConnectEvent():
                answer = event.accept(
                    groups=["room"], roles=["webpubsub.sendToGroup.room"]
                )
            case UserEvent(data_type="json"):
                answer = event.reply(json={"sum": sum(event.json())})
            case DisconnectedEvent():
                print("gone:", event.user_id, "because:", event.reason)
                answer = event.done()
            case _:
                answer = event.done()
    except EventError as error:
        answer = error.response
    return Response(answer.body, answer.status, answer.headers)


app = Starlette(
    routes=[Route("/eventhandler", eventhandler, methods=["OPTIONS", "POST"])]
)


async def main() -> None:
    """Serve the handler, let a client ask it, and stop."""
    server = uvicorn.Server(
        uvicorn.Config(app, log_level="warning", ws="none")
    )
    with socket.create_server(("127.0.0.1", 0)) as listener:
        serving = asyncio.create_task(server.serve(sockets=[listener]))
        port = listener.getsockname()[1]
        handlers = {"chat": f"http://127.0.0.1:{port}/eventhandler"}
        try:
            async with Emulator(
                access_key=ACCESS_KEY, event_handlers=handlers
            ) as emulator:
                await ask(emulator.connection_string)
        finally:
            server.should_exit = True
            await serving


async def ask(connection_string: str) -> None:
    """Be a client: connect, send an event, and leave."""
    async with WebPubSubServiceClient.from_connection_string(
        connection_string
    ) as client:
        token = await client.get_client_access_token("chat", user_id="alice")
    async with connect(
        token["url"], subprotocols=[Subprotocol("json.webpubsub.azure.v1")]
    ) as websocket:
        print("greeting:", await websocket.recv())
        await websocket.send(
            '{"type":"event","event":"add","ackId":1,"data":[1,2,3]}'
        )
        print("reply:", await websocket.recv())
        print("ack:", await websocket.recv())
        await websocket.send(
            '{"type":"sendToGroup","group":"room","data":"Hello, room!"}'
        )
        print("from the group:", await websocket.recv())
        await websocket.close(reason="That is all.")


if __name__ == "__main__":
    asyncio.run(main())
