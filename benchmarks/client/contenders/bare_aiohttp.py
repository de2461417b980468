"""aiohttp with nothing around it: one session, one URL, one token for all messages."""

from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager

PATH = "/api/hubs/hub/:send?api-version=2024-12-01"
HEADERS = {"Content-Type": "application/octet-stream", "Authorization": "Bearer " + "x" * 200}


@asynccontextmanager
async def asynchronous(endpoint: str) -> AsyncIterator[Callable[[bytes], Awaitable[None]]]:
    """Yield a function that sends one message."""
    import aiohttp

    async with aiohttp.ClientSession(raise_for_status=True) as session:

        async def send(body: bytes) -> None:
            async with session.post(endpoint + PATH, data=body, headers=HEADERS) as response:
                await response.read()

        yield send
