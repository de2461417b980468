"""Callers and WebSocket clients for the emulator's tests, written from the protocols only."""

import json
import time
from collections.abc import AsyncIterator, Mapping, Sequence
from contextlib import asynccontextmanager
from dataclasses import dataclass
from io import BytesIO
from typing import Any
from urllib.parse import quote, urlencode

import aiohttp
import jwt
from yarl import URL

from azure.messaging.webpubsubservice.emulator import AsyncEmulator, Emulator

JSON = "json.webpubsub.azure.v1"
RELIABLE = "json.reliable.webpubsub.azure.v1"
API_VERSION = "2024-12-01"


def sign(key: str, audience: str | Sequence[str] | None, **claims: Any) -> str:
    """A token as a client would sign it, good for a minute unless ``exp`` says otherwise."""
    payload = {"exp": int(time.time()) + 60, **claims}
    return jwt.encode(payload if audience is None else {"aud": audience, **payload}, key, algorithm="HS256")


@dataclass
class Answer:
    status: int
    headers: Mapping[str, str]
    body: bytes

    @property
    def json(self) -> Any:
        return json.loads(self.body)


class Subscriber:
    """A client's WebSocket."""

    def __init__(self, socket: "aiohttp.ClientWebSocketResponse[bool]") -> None:
        self.socket = socket
        self.connection_id = ""
        self.connected: dict[str, Any] = {}

    async def frame(self) -> str | bytes:
        """The next data frame."""
        message = await self.socket.receive(timeout=10)
        assert message.type in {aiohttp.WSMsgType.TEXT, aiohttp.WSMsgType.BINARY}, message
        data: str | bytes = message.data
        return data

    async def message(self) -> Any:
        """The next data frame, as JSON."""
        return json.loads(await self.frame())

    async def send(self, **message: Any) -> None:
        await self.socket.send_str(json.dumps(message))

    async def ask(self, **message: Any) -> Any:
        """Send a message and return the next one that comes."""
        await self.send(**message)
        return await self.message()

    async def closed(self) -> tuple[int | None, str]:
        """The code and the reason of the Close frame, which must come next."""
        message = await self.socket.receive(timeout=10)
        assert message.type in {aiohttp.WSMsgType.CLOSE, aiohttp.WSMsgType.CLOSED}, message
        return self.socket.close_code, message.extra or ""

    async def silent(self) -> None:
        """Prove that nothing was sent before now: the answer to a ping comes next."""
        await self.socket.ping()
        message = await self.socket.receive(timeout=10)
        assert message.type is aiohttp.WSMsgType.PONG, message


class Caller:
    """Talks to an emulator the way SDKs do, and in ways that they do not."""

    def __init__(self, emulator: Emulator | AsyncEmulator, session: aiohttp.ClientSession) -> None:
        self.emulator = emulator
        self.session = session

    async def call(
        self,
        method: str,
        path: str,
        *,
        body: bytes | AsyncIterator[bytes] | None = None,
        content_type: str | None = None,
        query: Mapping[str, str | Sequence[str]] | None = None,
        headers: Mapping[str, str] | None = None,
        token: str | None = "",
        api_version: str | None = API_VERSION,
    ) -> Answer:
        """Make one request to the data plane. A ``token`` of ``None`` sends none, ``""`` a good one."""
        pairs: dict[str, str | Sequence[str]] = {} if api_version is None else {"api-version": api_version}
        encoded = urlencode({**pairs, **(query or {})}, doseq=True, quote_via=quote)
        url = f"{self.emulator.endpoint}{path}?{encoded}"
        sent = dict(headers or {})
        if token is not None:
            sent.setdefault("Authorization", f"Bearer {token or sign(self.emulator.access_key, url)}")
        if content_type is not None:
            sent["Content-Type"] = content_type
        data = BytesIO(body) if isinstance(body, bytes) else body  # aiohttp warns of large bytes
        skipped = [] if content_type is not None else ["Content-Type"]
        async with self.session.request(
            method, URL(url, encoded=True), data=data, headers=sent, skip_auto_headers=skipped
        ) as response:
            return Answer(response.status, response.headers, await response.read())

    async def send(self, path: str, data: Any, **query: str | Sequence[str]) -> None:
        """Send a JSON message."""
        body = json.dumps(data, separators=(",", ":")).encode()
        answer = await self.call("POST", path, body=body, content_type="application/json", query=query)
        assert answer.status == 202, answer

    def client_url(self, hub: str, claims: Mapping[str, Any] | None = None, *, key: str | None = None) -> str:
        url = f"{self.emulator.endpoint}/client/hubs/{hub}"
        return f"{url}?access_token={sign(key or self.emulator.access_key, url, **(claims or {}))}"

    @asynccontextmanager
    async def connect(
        self,
        hub: str = "chat",
        *,
        protocol: str | None = None,
        user: str | None = None,
        groups: Sequence[str] = (),
        roles: Sequence[str] = (),
        query: str = "",
        **claims: Any,
    ) -> AsyncIterator[Subscriber]:
        """A client of the hub; one that speaks JSON has been greeted."""
        claims |= {} if user is None else {"sub": user}
        claims |= {"webpubsub.group": list(groups)} if groups else {}
        claims |= {"role": list(roles)} if roles else {}
        url = self.client_url(hub, claims) + query
        async with self.open(url, protocol) as subscriber:
            if protocol is not None:
                subscriber.connected = await subscriber.message()
                subscriber.connection_id = subscriber.connected["connectionId"]
            yield subscriber

    @asynccontextmanager
    async def open(self, url: str, protocol: str | None = None) -> AsyncIterator[Subscriber]:
        """A WebSocket at this URL."""
        protocols = () if protocol is None else (protocol,)
        async with self.session.ws_connect(
            URL(url, encoded=True), protocols=protocols, autoping=False
        ) as socket:
            assert socket.protocol == protocol
            yield Subscriber(socket)
