"""The two that are compared: the emulator, and the least that aiohttp needs to do the same."""

import contextlib
import json
import time
from collections.abc import AsyncIterator, Callable
from typing import Protocol

import aiohttp
import jwt
from aiohttp import web

from azure.messaging.webpubsubservice.emulator import AsyncEmulator, Emulator

HUB = "bench"
#: Seconds; the readers answer no pings.
NEVER = 3600.0
PAYLOAD = json.dumps({"at": "2026-01-01T00:00:00Z", "values": [number / 7 for number in range(5)]})

#: The subprotocol of each kind of client, and the text of the message of a number.
KINDS: dict[str, tuple[str | None, Callable[[int], str]]] = {
    "simple": (None, lambda _: PAYLOAD),
    "json": (
        "json.webpubsub.azure.v1",
        lambda _: f'{{"type":"message","from":"server","dataType":"json","data":{PAYLOAD}}}',
    ),
    "reliable": (
        "json.reliable.webpubsub.azure.v1",
        lambda n: f'{{"sequenceId":{n},"type":"message","from":"server","dataType":"json","data":{PAYLOAD}}}',
    ),
}


class Broadcaster(Protocol):
    """A server that writes a message to every client."""

    port: int
    #: What clients ask for in their handshake.
    target: str

    async def broadcast(self, first: int, count: int) -> None:
        """Write the messages from number ``first`` on to every client."""


class BareLoop:
    """Writes a frame to one client after another."""

    def __init__(self, text: Callable[[int], str]) -> None:
        self._text = text
        self._clients: list[web.WebSocketResponse] = []
        self.port = 0
        self.target = "/"

    async def broadcast(self, first: int, count: int) -> None:
        """Write the messages from number ``first`` on to every client."""
        for number in range(first, first + count):
            text = self._text(number)
            for client in self._clients:
                await client.send_str(text)

    async def handle(self, request: web.BaseRequest) -> web.WebSocketResponse:
        """Register a client, and read until it closes."""
        offered = request.headers.get("Sec-WebSocket-Protocol")
        client = web.WebSocketResponse(protocols=(offered,) if offered else (), compress=False)
        await client.prepare(request)
        self._clients.append(client)
        async for _ in client:
            pass
        return client


class Emulated:
    """The emulator, asked over HTTP as any application asks it."""

    def __init__(self, emulator: AsyncEmulator, session: aiohttp.ClientSession) -> None:
        self._emulator = emulator
        self._session = session
        self.port = int(emulator.endpoint.rpartition(":")[2])
        self.target = emulator.client_url(HUB).removeprefix(f"ws://127.0.0.1:{self.port}")

    async def broadcast(self, first: int, count: int) -> None:  # noqa: ARG002 - the emulator counts for itself
        """Send to the hub."""
        for _ in range(count):
            await self.send(PAYLOAD)

    async def send(self, payload: str) -> None:
        """Send one message to the hub."""
        url = f"{self._emulator.endpoint}/api/hubs/{HUB}/:send"
        token = jwt.encode({"aud": url, "exp": int(time.time()) + 60}, self._emulator.access_key)
        headers = {"Authorization": f"Bearer {token}", "Content-Type": "application/json"}
        query = {"api-version": "2024-12-01"}
        async with self._session.post(url, params=query, data=payload.encode(), headers=headers) as response:
            if response.status != 202:
                raise RuntimeError(f"{response.status}: {await response.text()}")


@contextlib.asynccontextmanager
async def bare_loop(kind: str) -> AsyncIterator[Broadcaster]:
    """Run a bare loop."""
    loop = BareLoop(KINDS[kind][1])
    runner = web.ServerRunner(web.Server(loop.handle), shutdown_timeout=0.1)
    await runner.setup()
    try:
        await web.TCPSite(runner, "127.0.0.1", 0, backlog=4096).start()
        loop.port = runner.addresses[0][1]
        yield loop
    finally:
        await runner.cleanup()


@contextlib.asynccontextmanager
async def emulated(kind: str) -> AsyncIterator[Broadcaster]:
    """Run an emulator."""
    del kind  # it serves all of them
    async with Emulator(keep_alive_interval=NEVER) as emulator, aiohttp.ClientSession() as session:
        yield Emulated(emulator, session)


SERVERS: dict[str, Callable[[str], contextlib.AbstractAsyncContextManager[Broadcaster]]] = {
    "emulator": emulated,
    "bare aiohttp loop": bare_loop,
}
