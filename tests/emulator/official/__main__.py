"""Run the service's own packages, against an emulator each.

Usage: ``python -m tests.emulator.official PYTHON NODE_FOLDER``. ``PYTHON`` is an interpreter whose
environment has the published service SDK; ``NODE_FOLDER`` is a folder whose ``node_modules`` has
``@azure/web-pubsub``, ``@azure/web-pubsub-client``, ``@azure/web-pubsub-express`` and ``express``.
"""

import asyncio
import base64
import json
import os
import ssl
import subprocess
import sys
import tempfile
import time
from collections.abc import Sequence
from pathlib import Path
from typing import NamedTuple

import aiohttp
import pytest

from azure.messaging.webpubsubservice.emulator import (
    AsyncEmulator,
    ClientInfo,
    Emulator,
    EmulatorOptions,
    EventFailedError,
    EventHandler,
    NoEventHandlers,
    Payload,
    SendEvent,
)
from tests.emulator.clients import JSON, Caller

HERE = Path(__file__).parent

#: What the published SDK calls over HTTP; its 22nd operation, ``get_client_access_token``, signs by itself.
SDK_OPERATIONS = 21


class Echo(NoEventHandlers):
    """Responds to each event except one with its data."""

    async def user_event(self, client: ClientInfo, event: SendEvent) -> Payload | None:  # noqa: ARG002
        """Answer."""
        if event.event == "failing":
            raise EventFailedError("as asked")
        return event.payload


class Way(NamedTuple):
    """How the packages reach an emulator."""

    name: str
    options: EmulatorOptions
    #: Arguments after the connection string.
    arguments: Sequence[str] = ()

    def environment(self, emulator: AsyncEmulator) -> dict[str, str]:
        """Return the environment of a program that trusts the emulator."""
        if emulator.ca_file is None:
            return dict(os.environ)
        names = ("NODE_EXTRA_CA_CERTS", "REQUESTS_CA_BUNDLE", "SSL_CERT_FILE")
        return {**os.environ, **dict.fromkeys(names, emulator.ca_file)}


def entra_token() -> str:
    """Return a token as Microsoft Entra makes them, except that nobody knows who signed it."""
    claims = {"aud": "https://webpubsub.azure.com", "exp": int(time.time()) + 3600, "tid": "x", "oid": "y"}
    parts = ({"alg": "RS256", "typ": "JWT", "kid": "z"}, claims)
    encoded = [base64.urlsafe_b64encode(json.dumps(part).encode()).rstrip(b"=").decode() for part in parts]
    return ".".join([*encoded, "c2lnbmF0dXJl"])


WITH_KEY = Way("key", {})
WITH_ENTRA = Way("Entra over TLS", {"https": True, "allow_unvalidated_entra_tokens": True}, [entra_token()])


def trusting(emulator: AsyncEmulator) -> aiohttp.TCPConnector:
    """Return a connector for this process's own client."""
    return aiohttp.TCPConnector(
        ssl=True if emulator.ca_file is None else ssl.create_default_context(cafile=emulator.ca_file)
    )


async def service_sdk(python: str, way: Way) -> None:
    """Run all operations of the service SDK for Python."""
    async with (
        Emulator(**way.options) as emulator,
        aiohttp.ClientSession(connector=trusting(emulator)) as session,
    ):
        async with Caller(emulator, session).connect(protocol=JSON, user="alice") as client:
            # In a folder of its own, or this checkout's package would be imported there.
            with tempfile.TemporaryDirectory() as folder:
                arguments = (emulator.connection_string, client.connection_id, *way.arguments)
                process = await asyncio.create_subprocess_exec(
                    python,
                    str(HERE / "service_sdk.py"),
                    *arguments,
                    cwd=folder,
                    env=way.environment(emulator),
                )
                assert await process.wait() == 0, "the service SDK failed"
            received = [await client.message() for _ in range(5)]
        assert [message["data"] for message in received[:4]] == [{"to": "all"}, "to user", "AP8=", [1, 2.5]]
        assert received[4]["message"].endswith("Reason: enough")
        called = {request.operation for request in emulator.requests}
        expected = SDK_OPERATIONS + len(way.arguments)  # with Entra, the service signs the token of a client
        assert len(called) == expected, sorted(map(str, called))
        print(
            f"service SDK for Python, {way.name}: {len(called)} operations, {len(emulator.requests)} requests"
        )


async def javascript(folder: str, way: Way) -> None:
    """Run both packages for JavaScript, dropping their sockets when they ask for it."""
    options: EmulatorOptions = {**way.options, "events": Echo()}
    async with Emulator(**options) as emulator:
        process = await asyncio.create_subprocess_exec(
            "node",
            str(HERE / "packages.mjs"),
            emulator.connection_string,
            *way.arguments,
            cwd=folder,
            env=way.environment(emulator),
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
        )
        passed = await serve(emulator, process)
        assert await process.wait() == 0
        assert passed, "the packages for JavaScript failed"
        called = {request.operation for request in emulator.requests}
        numbers = f"{len(called)} operations, {len(emulator.requests)} requests"
        print(f"packages for JavaScript, {way.name}: {numbers}")


async def serve(emulator: AsyncEmulator, process: asyncio.subprocess.Process) -> bool:
    """Do what the process asks for, until it says that it passed or ends."""
    assert process.stdin is not None
    assert process.stdout is not None
    async for line in process.stdout:
        match line.decode().strip():
            case "passed":
                return True
            case "drop":
                emulator.drop_clients()
            case "wait":
                seen = len(emulator.connections)
                await emulator.wait_for_connections(seen)
            case other:
                print(other)
                continue
        process.stdin.write(b"done\n")
        await process.stdin.drain()
    return False


async def middleware(folder: str) -> None:
    """Handle the events of clients with the middleware for JavaScript."""
    process = await asyncio.create_subprocess_exec(
        "node", str(HERE / "event_handler.mjs"), cwd=folder, stdout=subprocess.PIPE
    )
    assert process.stdout is not None
    try:
        port = json.loads(await process.stdout.readline())["port"]
        url = f"http://127.0.0.1:{port}/eventhandler"
        filters = ["room", "by request*"]
        handler = EventHandler(url, presence_events=["joined", "left"], group_filters=filters)
        handlers = {"chat": handler}
        async with Emulator(event_handlers=handlers) as emulator, aiohttp.ClientSession() as session:
            await use_middleware(Caller(emulator, session))
        told = [json.loads(await process.stdout.readline()) for _ in range(12)]
    finally:
        process.kill()
        await process.wait()
    names = ["connect", "connected", "joined", "text", "json", "binary", "failing", "joined", "left", "left"]
    names += ["disconnected", "connect"]
    assert [event["event"] for event in told] == names, told
    assert [event["context"]["states"] for event in told[:4]] == [{}, *[{"count": 1}] * 3]
    assert told[10]["context"]["states"] == {"count": 4}
    groups = [(event["event"], event["group"]) for event in told if event["event"] in {"joined", "left"}]
    by_request = "by request é"
    assert groups == [("joined", "room"), ("joined", by_request), ("left", by_request), ("left", "room")]
    assert {event["context"]["userId"] for event in told[1:11]} == {"bob"}
    assert (told[0]["queries"], told[0]["claims"]["sub"]) == ({"page": ["1"]}, ["alice"])
    print(f"middleware for JavaScript: {len(told)} events")


async def use_middleware(caller: Caller) -> None:
    """Be the clients whose events the middleware handles."""
    async with caller.connect(protocol=JSON, user="alice", query="&page=1") as client:
        assert client.connected["userId"] == "bob"
        sent = {"text": "é", "json": {"a": [1]}, "binary": "AP8="}
        for number, (kind, data) in enumerate(sent.items()):
            reply = await client.ask(type="event", event=kind, dataType=kind, data=data, ackId=number)
            expected = {"a": [1], "count": 3} if kind == "json" else data
            assert (reply["dataType"], reply["data"]) == (kind, expected), reply
            assert (await client.message())["success"]
        failed = await client.ask(type="event", event="failing", dataType="text", data="x", ackId=8)
        assert failed["error"]["name"] == "InternalServerError", failed
        path = f"/api/hubs/chat/groups/by%20request%20%C3%A9/connections/{client.connection_id}"
        assert (await caller.call("PUT", path)).status == 200
        assert (await caller.call("DELETE", path)).status == 204
        assert (await client.ask(type="sendToGroup", group="room", data=1, ackId=9))["group"] == "room"
    assert isinstance(caller.emulator, AsyncEmulator)
    await caller.emulator.wait_for_events(where=lambda record: record.event == "disconnected")
    with pytest.raises(aiohttp.WSServerHandshakeError, match="401"):
        await caller.session.ws_connect(caller.client_url("chat") + "&deny=1")


async def main(python: str, folder: str) -> None:
    """Run all of them, with an end to waiting."""
    for way in (WITH_KEY, WITH_ENTRA):
        await asyncio.wait_for(service_sdk(python, way), 120)
        await asyncio.wait_for(javascript(folder, way), 120)
    await asyncio.wait_for(middleware(folder), 120)


if __name__ == "__main__":
    interpreter, node_folder = sys.argv[1:]
    with tempfile.TemporaryDirectory() as data:
        os.environ["XDG_DATA_HOME"] = data  # the certificate is for this run only
        asyncio.run(main(str(Path(interpreter).absolute()), node_folder))
