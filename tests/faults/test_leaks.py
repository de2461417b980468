"""A client keeps nothing of what it has sent, and no socket once it is closed."""

import gc
import sys
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager, suppress

import pytest
from azure.core.credentials import AzureKeyCredential
from azure.core.exceptions import AzureError
from azure.core.rest import AsyncHttpResponse, HttpResponse

from azure.messaging.webpubsubservice import WebPubSubServiceClient
from azure.messaging.webpubsubservice.aio import WebPubSubServiceClient as AsyncClient
from azure.messaging.webpubsubservice.rest import build_send_to_user_request
from tests.faults import Answer, Disconnect, FaultServer, Raw, Step

KEY = "a-key-made-up-for-this-test-0123456789"
FAULTS: list[Step] = [
    Answer(503),
    Answer(404, body=b'{"code":"Error","message":"text"}'),
    Answer(200, body=b"0123456789", truncate=4),
    Disconnect("head"),
    Disconnect("body", reset=False),
    Raw(b"HTTP/1.1 20"),
]

Send = Callable[[int], Awaitable[HttpResponse | AsyncHttpResponse]]
modes = pytest.mark.parametrize("asynchronous", [False, True], ids=["sync", "async"])


@asynccontextmanager
async def sender(asynchronous: bool, endpoint: str) -> AsyncIterator[Send]:
    """Yield a function that sends a message to the user of that number, once."""
    credential = AzureKeyCredential(KEY)
    if asynchronous:
        async with AsyncClient(endpoint=endpoint, credential=credential, retry_total=0) as client:
            yield lambda user: client.send_request(
                build_send_to_user_request("hub", f"user{user}", content=b"x" * 1000)
            )
    else:
        with WebPubSubServiceClient(endpoint=endpoint, credential=credential, retry_total=0) as sync_client:

            async def send(user: int) -> HttpResponse:
                request = build_send_to_user_request("hub", f"user{user}", content=b"x" * 1000)
                return sync_client.send_request(request)

            yield send


def blocks_in_use() -> int:
    """Return how many blocks of memory are allocated: everything that is kept takes one, at least."""
    gc.collect()
    return sys.getallocatedblocks()


@modes
async def test_memory_is_flat(asynchronous: bool) -> None:
    with FaultServer() as server:
        async with sender(asynchronous, server.endpoint) as send:

            async def blocks_after(users: range) -> int:
                for user in users:
                    assert (await send(user)).status_code == 202
                assert len({request.target for request in server.requests}) == len(users)
                server.requests.clear()
                return blocks_in_use()

            full = await blocks_after(range(1_500))  # what is bounded has reached its bound
            kept = await blocks_after(range(1_500, 2_500)) - full
    assert kept / 1_000 < 0.5, f"{kept} blocks of memory were kept of 1,000 messages"


@modes
async def test_memory_is_flat_when_messages_fail(asynchronous: bool) -> None:
    with FaultServer() as server:
        async with sender(asynchronous, server.endpoint) as send:

            async def blocks_after(times: int) -> int:
                for _ in range(times):
                    server.script(*FAULTS)
                    for user in range(len(FAULTS)):
                        with suppress(AzureError):
                            assert (await send(user)).status_code in {503, 404}
                server.requests.clear()
                return blocks_in_use()

            settled = await blocks_after(50)
            # Many rounds: asyncio keeps cancelled timers until they are hundreds, then drops them all.
            kept = await blocks_after(400) - settled
    assert kept / 400 < 0.5 * len(FAULTS), f"{kept} blocks of memory were kept of 400 rounds of faults"


@modes
async def test_no_socket_outlives_its_client(asynchronous: bool) -> None:
    with FaultServer() as server:
        async with sender(asynchronous, server.endpoint) as send:
            for user in range(3):
                await send(user)
            assert server.connections == 1
            server.script(*FAULTS)
            for user in range(len(FAULTS)):
                with suppress(AzureError):
                    await send(user)
            await send(0)
            assert not server.wait_disconnected(0)
        assert server.wait_disconnected()


@modes
async def test_clients_that_come_and_go_leave_nothing(asynchronous: bool) -> None:
    with FaultServer() as server:

        async def blocks_after(clients: int) -> int:
            for _ in range(clients):
                async with sender(asynchronous, server.endpoint) as send:
                    assert (await send(0)).status_code == 202
            server.requests.clear()
            return blocks_in_use()

        settled = await blocks_after(50)
        kept = await blocks_after(100) - settled
    assert kept / 100 < 3, f"{kept} blocks of memory were kept of 100 clients"
