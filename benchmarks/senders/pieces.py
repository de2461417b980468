"""Pieces of text to one group: by a writer, or one call a piece, with a pause as in Microsoft's sample."""

import asyncio
import time
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager

from azure.core.credentials import AzureKeyCredential

from azure.messaging.webpubsubservice.aio import WebPubSubServiceClient
from azure.messaging.webpubsubservice.rest import build_send_to_group_request
from benchmarks.senders.far_server import far_server

KEY = "a-key-made-up-for-this-benchmark-0123456789"
ROUND_TRIPS = (0.0, 0.02, 0.1)
PAUSE = 0.05

Write = Callable[[str], Awaitable[object]]


def connect(endpoint: str) -> WebPubSubServiceClient:
    """Return a client."""
    return WebPubSubServiceClient(endpoint=endpoint, credential=AzureKeyCredential(KEY))


@asynccontextmanager
async def with_writer(client: WebPubSubServiceClient) -> AsyncIterator[Write]:
    """Yield the method of a writer."""
    async with client.open_writer("hub", group="group") as writer:
        yield writer.write


@asynccontextmanager
async def with_calls(client: WebPubSubServiceClient) -> AsyncIterator[Write]:
    """Yield a function that makes a call for each piece."""

    async def write(piece: str) -> None:
        request = build_send_to_group_request("hub", "group", content=piece)
        (await client.send_request(request)).raise_for_status()

    yield write


@asynccontextmanager
async def with_calls_and_pauses(client: WebPubSubServiceClient) -> AsyncIterator[Write]:
    """Yield a function that makes a call for each piece, and sleeps after it so that order is kept."""
    async with with_calls(client) as write_at_once:

        async def write(piece: str) -> None:
            await write_at_once(piece)
            await asyncio.sleep(PAUSE)

        yield write


WAYS = {
    "a writer": (with_writer, 10_000),
    "one call a piece": (with_calls, 50),
    "one call a piece, 50 ms between": (with_calls_and_pauses, 20),
}


async def measure() -> list[list[str]]:
    """Return a row for each way: pieces a second, for each round trip."""
    rows = []
    for title, (way, count) in WAYS.items():
        row = [title]
        for round_trip in ROUND_TRIPS:
            with far_server(round_trip) as endpoint:
                async with connect(endpoint) as client:
                    start = time.perf_counter()
                    async with way(client) as write:
                        for number in range(count):
                            await write(f"{number} ")
                    row.append(f"{count / (time.perf_counter() - start):,.0f}")
        rows.append(row)
    return rows
