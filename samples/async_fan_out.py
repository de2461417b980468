"""Send to many users at once, with a limit on requests in flight."""

import asyncio
import contextlib
import os

from websockets.asyncio.client import connect

from azure.messaging.webpubsubservice.aio import WebPubSubServiceClient
from azure.messaging.webpubsubservice.emulator import Emulator
from azure.messaging.webpubsubservice.rest import build_send_to_user_request

USERS = [f"user-{number}" for number in range(20)]
AT_ONCE = 8


async def main() -> None:
    async with contextlib.AsyncExitStack() as stack:
        connection_string = os.environ.get("WEBPUBSUB_CONNECTION_STRING")
        if not connection_string:
            connection_string = (
                await stack.enter_async_context(Emulator())
            ).connection_string
        client = await stack.enter_async_context(
            WebPubSubServiceClient.from_connection_string(connection_string)
        )
        tokens = [
            await client.get_client_access_token("chat", user_id=user)
            for user in USERS
        ]
        sockets = [
            await stack.enter_async_context(connect(token["url"]))
            for token in tokens
        ]

        slots = asyncio.Semaphore(AT_ONCE)

        async def send(user: str) -> int:
            async with slots:
                request = build_send_to_user_request(
                    "chat", user, content=f"hello, {user}"
                )
                response = await client.send_request(request)
                return response.status_code

        statuses = await asyncio.gather(*map(send, USERS))
        print(f"{statuses.count(202)} of {len(USERS)} accepted")
        messages = await asyncio.gather(*(socket.recv() for socket in sockets))
        print(f"{len(messages)} arrived, such as {messages[-1]!r}")


asyncio.run(main())
