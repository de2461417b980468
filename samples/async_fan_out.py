"""Send a message of its own to each of many users."""

import asyncio
import contextlib
import os

from websockets.asyncio.client import connect

from azure.messaging.webpubsubservice.aio import WebPubSubServiceClient
from azure.messaging.webpubsubservice.emulator import Emulator
from azure.messaging.webpubsubservice.rest import build_send_to_user_request

USERS = [f"user-{number}" for number in range(20)]


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

        requests = (
            build_send_to_user_request("chat", user, content=f"hello, {user}")
            for user in USERS
        )
        accepted = 0
        async with client.send_requests(
            requests, max_concurrency=8
        ) as results:
            async for result in results:
                result.raise_for_status()
                accepted += 1

        print(f"{accepted} of {len(USERS)} accepted")
        messages = await asyncio.gather(*(socket.recv() for socket in sockets))
        print(f"{len(messages)} arrived, such as {messages[-1]!r}")


asyncio.run(main())
