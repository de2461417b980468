"""Run the service's own packages, against an emulator each.

Usage: ``python -m tests.emulator.official PYTHON NODE_FOLDER``. ``PYTHON`` is an interpreter whose
environment has the published service SDK; ``NODE_FOLDER`` is a folder whose ``node_modules`` has
``@azure/web-pubsub``, ``@azure/web-pubsub-client``, ``@azure/web-pubsub-express`` and ``express``.
"""

import asyncio
import json
import subprocess
import sys
import tempfile
from pathlib import Path

import aiohttp
import pytest

from azure.messaging.webpubsubservice.emulator import (
    AsyncEmulator,
    ClientInfo,
    Emulator,
    EventFailedError,
    NoEventHandlers,
    Payload,
    SendEvent,
)
from tests.emulator.clients import JSON, Caller

HERE = Path(__file__).parent

#: What the published SDK calls over HTTP; its 22nd operation, ``get_client_access_token``, signs by itself.
SDK_OPERATIONS = 21


class Echo(NoEventHandlers):
    """Answers each event with its data, but for one."""

    async def user_event(self, client: ClientInfo, event: SendEvent) -> Payload | None:  # noqa: ARG002
        """Answer."""
        if event.event == "failing":
            raise EventFailedError("as asked")
        return event.payload


async def service_sdk(python: str) -> None:
    """Run all operations of the service SDK for Python."""
    async with Emulator() as emulator, aiohttp.ClientSession() as session:
        async with Caller(emulator, session).connect(protocol=JSON, user="alice") as client:
            # In a folder of its own, or this checkout's package would be imported there.
            with tempfile.TemporaryDirectory() as folder:
                arguments = (emulator.connection_string, client.connection_id)
                process = await asyncio.create_subprocess_exec(
                    python, str(HERE / "service_sdk.py"), *arguments, cwd=folder
                )
                assert await process.wait() == 0, "the service SDK failed"
            received = [await client.message() for _ in range(5)]
        assert [message["data"] for message in received[:4]] == [{"to": "all"}, "to user", "AP8=", [1, 2.5]]
        assert received[4]["message"].endswith("Reason: enough")
        called = {request.operation for request in emulator.requests}
        assert len(called) == SDK_OPERATIONS, sorted(map(str, called))
        print(f"service SDK for Python: {len(called)} operations, {len(emulator.requests)} requests")


async def javascript(folder: str) -> None:
    """Run both packages for JavaScript, dropping their sockets when they ask for it."""
    async with Emulator(events=Echo()) as emulator:
        process = await asyncio.create_subprocess_exec(
            "node",
            str(HERE / "packages.mjs"),
            emulator.connection_string,
            cwd=folder,
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
        )
        passed = await serve(emulator, process)
        assert await process.wait() == 0
        assert passed, "the packages for JavaScript failed"
        called = {request.operation for request in emulator.requests}
        print(f"packages for JavaScript: {len(called)} operations, {len(emulator.requests)} requests")


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
    """Let the middleware for JavaScript handle the events of clients."""
    process = await asyncio.create_subprocess_exec(
        "node", str(HERE / "event_handler.mjs"), cwd=folder, stdout=subprocess.PIPE
    )
    assert process.stdout is not None
    try:
        port = json.loads(await process.stdout.readline())["port"]
        handlers = {"chat": f"http://127.0.0.1:{port}/eventhandler"}
        async with Emulator(event_handlers=handlers) as emulator, aiohttp.ClientSession() as session:
            await use_middleware(Caller(emulator, session))
        told = [json.loads(await process.stdout.readline()) for _ in range(8)]
    finally:
        process.kill()
        await process.wait()
    names = ["connect", "connected", "text", "json", "binary", "failing", "disconnected", "connect"]
    assert [event["event"] for event in told] == names, told
    assert [event["context"]["states"] for event in told[:3]] == [{}, {"count": 1}, {"count": 1}]
    assert told[6]["context"]["states"] == {"count": 4}
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
        assert (await client.ask(type="sendToGroup", group="room", data=1, ackId=9))["group"] == "room"
    with pytest.raises(aiohttp.WSServerHandshakeError, match="401"):
        await caller.session.ws_connect(caller.client_url("chat") + "&deny=1")


async def main(python: str, folder: str) -> None:
    """Run all of them, with an end to waiting."""
    await asyncio.wait_for(service_sdk(python), 120)
    await asyncio.wait_for(javascript(folder), 120)
    await asyncio.wait_for(middleware(folder), 120)


if __name__ == "__main__":
    interpreter, node_folder = sys.argv[1:]
    asyncio.run(main(str(Path(interpreter).absolute()), node_folder))
