"""Asks the playground as its page does, without a browser."""

import contextlib
import json
from collections.abc import AsyncIterator, Mapping
from typing import Any

import aiohttp
from yarl import URL

from azure.messaging.webpubsubservice.emulator import AsyncEmulator
from tests.emulator.clients import Answer

DATA = '{"Hello": "webpubsub!"}'


def form(operation: str = "SendToAll", hub: str = "chat", **path: str) -> dict[str, Any]:
    """The page's form for an operation, with a message."""
    return {
        "operation": f"WebPubSub_{operation}",
        "path": {"hub": hub, **path},
        "query": {},
        "dataType": "json",
        "data": DATA,
    }


class Browser:
    """Asks the playground as its page does."""

    def __init__(self, emulator: AsyncEmulator, session: aiohttp.ClientSession) -> None:
        self.endpoint = emulator.endpoint
        self.session = session

    async def get(self, path: str, **headers: str) -> Answer:
        return await self.request("GET", path, headers)

    async def post(self, what: str, form: Any, **headers: str) -> Answer:
        body = form if isinstance(form, bytes) else json.dumps(form).encode()
        defaults = {"Content-Type": "application/json", "Origin": self.endpoint}
        return await self.request("POST", f"/_playground/{what}", {**defaults, **_names(headers)}, body)

    async def prepare(self, what: str, form: Any) -> Any:
        answer = await self.post(what, form)
        assert answer.status == 200, answer
        return answer.json

    async def request(
        self, method: str, path: str, headers: Mapping[str, str], body: bytes | None = None
    ) -> Answer:
        url = URL(self.endpoint + path, encoded=True)
        sent = {name: value for name, value in _names(headers).items() if value}
        skipped = ["Content-Type"]
        async with self.session.request(
            method, url, data=body, headers=sent, skip_auto_headers=skipped
        ) as response:
            return Answer(response.status, response.headers, await response.read())

    @contextlib.asynccontextmanager
    async def feed(self, **headers: str) -> "AsyncIterator[Feed]":
        sent = {"Origin": self.endpoint, **_names(headers)}
        async with self.session.ws_connect(f"{self.endpoint}/_playground/feed", headers=sent) as socket:
            yield Feed(socket)


class Feed:
    """A page's feed."""

    def __init__(self, socket: "aiohttp.ClientWebSocketResponse[bool]") -> None:
        self.socket = socket
        self._entries: list[Any] = []
        self._changed: list[Any] = []

    async def batch(self) -> Any:
        batch = json.loads(await self.socket.receive_str(timeout=10))
        self._changed += batch.get("changed", [])
        return batch

    async def next(self, name: str) -> Any:
        """What the next batch with a member of this name has in it."""
        while name not in (batch := await self.batch()):
            pass
        return batch[name]

    async def show(self, subject: Any) -> list[Any]:
        """Ask for what concerns a subject; the entries so far that do."""
        await self.socket.send_str(json.dumps(subject))
        while not (batch := await self.batch()).get("fresh"):
            pass
        self._entries = list(batch["entries"])
        return self._entries.copy()

    async def entry(self, kind: str) -> Any:
        """The next entry of this kind."""
        while True:
            while not self._entries:
                self._entries += (await self.batch()).get("entries", [])
            entry = self._entries.pop(0)
            if entry["kind"] == kind:
                return entry

    async def change(self) -> Any:
        """The next entry that has changed."""
        while not self._changed:
            self._entries += (await self.batch()).get("entries", [])
        return self._changed.pop(0)

    async def event(self) -> Any:
        """The next call of an event handler, once it has ended."""
        entry = await self.entry("event")
        while "pending" in entry:
            changed = await self.change()
            if changed["id"] == entry["id"]:
                entry = changed
        return entry


async def perform(
    browser: Browser, prepared: Mapping[str, str], body: bytes | None, url: str | None = None
) -> Answer:
    """Make the call that the playground prepared."""
    headers = {"Authorization": prepared["authorization"]}
    if prepared["contentType"]:
        headers["Content-Type"] = prepared["contentType"]
    return await browser.request(prepared["method"], url or prepared["url"], headers, body)


def _names(headers: Mapping[str, str]) -> dict[str, str]:
    return {name.replace("_", "-"): value for name, value in headers.items()}
