"""Measure the emulator: ``python -m benchmarks.emulator`` (``--quick`` for a look).

The emulator and a bare aiohttp loop each write the same frames to as many clients, which read in a process
of their own. Rounds alternate and medians are compared, so that other work on the machine hits both alike.
"""

import argparse
import asyncio
import contextlib
import gc
import json
import logging
import os
import random
import resource
import statistics
import subprocess
import sys
import time
from collections.abc import AsyncIterator, Sequence
from pathlib import Path
from typing import NamedTuple

import aiohttp

from azure.messaging.webpubsubservice.emulator import AsyncEmulator, Emulator

from .servers import HUB, KINDS, NEVER, SERVERS, Broadcaster, Emulated

PACKAGE = "azure.messaging.webpubsubservice.emulator"


class Cost(NamedTuple):
    """What a delivery costs, in seconds."""

    wall: float
    cpu: float


class Readers:
    """The clients' process."""

    def __init__(self, process: asyncio.subprocess.Process) -> None:
        self._process = process

    async def ask(self, what: object) -> None:
        """Wait until it has done something."""
        await self.tell(what)
        await self.done()

    async def tell(self, what: object) -> None:
        """Ask it to do something."""
        assert self._process.stdin is not None
        self._process.stdin.write(json.dumps(what).encode() + b"\n")
        await self._process.stdin.drain()

    async def done(self) -> None:
        """Wait until it has done what it was told."""
        assert self._process.stdout is not None
        if not await self._process.stdout.readline():
            raise RuntimeError("the clients' process ended")


@contextlib.asynccontextmanager
async def readers(server: Broadcaster, kind: str, count: int) -> AsyncIterator[Readers]:
    """Connect clients to a server."""
    process = await asyncio.create_subprocess_exec(
        sys.executable, "-m", "benchmarks.emulator.readers", stdin=subprocess.PIPE, stdout=subprocess.PIPE
    )
    try:
        clients = Readers(process)
        options = {"port": server.port, "target": server.target, "subprotocol": KINDS[kind][0]}
        await clients.ask({**options, "count": count})
        yield clients
    finally:
        with contextlib.suppress(ProcessLookupError):
            process.kill()
        await process.wait()


def wire_size(text: str) -> int:
    """Bytes of a text frame from a server."""
    size = len(text.encode())
    return size + (2 if size < 126 else 4 if size < 65536 else 10)


async def round_of(
    server: Broadcaster, clients: Readers, kind: str, count: int, first: int, messages: int
) -> Cost:
    """Broadcast, and wait until every client has everything."""
    text = KINDS[kind][1]
    size = count * sum(wire_size(text(number)) for number in range(first, first + messages))
    wall, cpu = time.perf_counter(), time.process_time()
    await clients.tell(size)
    await server.broadcast(first, messages)
    await clients.done()
    deliveries = count * messages
    return Cost((time.perf_counter() - wall) / deliveries, (time.process_time() - cpu) / deliveries)


async def fan_out(kind: str, count: int, rounds: int, messages: int) -> dict[str, Cost]:
    """Compare the servers, round by round."""
    costs: dict[str, list[Cost]] = {name: [] for name in SERVERS}
    async with contextlib.AsyncExitStack() as stack:
        pairs = {}
        for name, run in SERVERS.items():
            server = await stack.enter_async_context(run(kind))
            pairs[name] = server, await stack.enter_async_context(readers(server, kind, count))
        for number in range(rounds + 1):
            for name, (server, clients) in pairs.items():
                cost = await round_of(server, clients, kind, count, 1 + number * messages, messages)
                if number:  # the first is for warming up
                    costs[name].append(cost)
    return {
        name: Cost(*(statistics.median(column) for column in zip(*measured, strict=True)))
        for name, measured in costs.items()
    }


async def memory(name: str, kind: str, count: int) -> int:
    """Bytes that an idle client costs a server in this process, which is new."""
    async with SERVERS[name](kind) as server:
        async with readers(server, kind, 50):  # what the first clients need is needed once
            pass
        gc.collect()
        before = resident()
        async with readers(server, kind, count):
            gc.collect()
            return (resident() - before) // count


def resident() -> int:
    """Bytes of memory of this process."""
    statm = Path("/proc/self/statm")
    if statm.exists():
        return int(statm.read_text(encoding="ascii").split()[1]) * os.sysconf("SC_PAGE_SIZE")
    return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss * (1 if sys.platform == "darwin" else 1024)


class SlowReader(NamedTuple):
    """What a client that does not read does to the others: seconds of a broadcast with it and without."""

    beside: float
    without: float
    cut_off: bool


async def slow_reader(count: int, messages: int) -> SlowReader:
    """Send large messages, with and without a client that does not read."""
    payload = json.dumps("x" * 64_000)

    async def broadcast(server: Emulated, clients: Readers) -> float:
        start = time.perf_counter()
        await clients.tell(count * messages * wire_size(payload))
        for _ in range(messages):
            await server.send(payload)
        await clients.done()
        return time.perf_counter() - start

    async with (
        Emulator(send_buffer_bytes=1024 * 1024, keep_alive_interval=NEVER) as emulator,
        aiohttp.ClientSession() as session,
    ):
        server = Emulated(emulator, session)
        async with readers(server, "simple", count) as clients:
            await broadcast(server, clients)
            async with readers(server, "simple", 1):  # reads only when asked, and is not asked
                beside = await broadcast(server, clients)
            cut_off = len(emulator.connections) == count
            return SlowReader(beside, await broadcast(server, clients), cut_off)


class Remains(NamedTuple):
    """What is there after clients came and went."""

    clients: int
    tasks: int
    objects: dict[str, int]


async def chaos(seconds: float, seed: int) -> Remains:
    """Connect, join, send, close and kill clients at random, and look for what they left."""
    chance = random.Random(seed)  # noqa: S311 - not for secrets
    async with Emulator(seed=seed) as emulator:
        connector = aiohttp.TCPConnector(limit=0)  # a hundred is its default
        async with aiohttp.ClientSession(connector=connector) as session:
            await Emulated(emulator, session).send('"warm"')
            tasks = len(asyncio.all_tasks())
            clients = await disturb(emulator, session, chance, time.monotonic() + seconds)
        emulator.drop_clients()
        emulator.clock.advance(60)  # nobody comes back
        for _ in range(100):
            if emulator.connections or len(asyncio.all_tasks()) > tasks:
                await asyncio.sleep(0.05)
        emulator.clear_records()
        gc.collect()
        names = [type(each).__name__ for each in gc.get_objects() if is_of_emulator(each)]
        kept = {name: names.count(name) for name in ("Session", "Channel", "Connection", "Hub", "Timer")}
        return Remains(clients, len(asyncio.all_tasks()) - tasks, kept)


def is_of_emulator(thing: object) -> bool:
    """Whether its class is one of the emulator's."""
    module = getattr(type(thing), "__module__", "")
    return isinstance(module, str) and module.startswith(PACKAGE)


async def disturb(
    emulator: AsyncEmulator, session: aiohttp.ClientSession, chance: random.Random, end: float
) -> int:
    """Do random things until the time is over; returns how many clients there were."""
    server = Emulated(emulator, session)
    sockets: list[aiohttp.ClientWebSocketResponse[bool]] = []
    opened = 0

    async def connect() -> None:
        nonlocal opened
        opened += 1
        subprotocol = KINDS[chance.choice(list(KINDS))][0]
        url = emulator.client_url(HUB, user_id=chance.choice("abc"), groups=[chance.choice("xyz")])
        sockets.append(await session.ws_connect(url, protocols=(subprotocol,) if subprotocol else ()))

    async def join() -> None:
        if sockets:
            with contextlib.suppress(ConnectionError):
                message = {"type": "joinGroup", "group": chance.choice("xyz"), "ackId": chance.randrange(99)}
                await chance.choice(sockets).send_json(message)

    async def close() -> None:
        if sockets:
            await sockets.pop(chance.randrange(len(sockets))).close(code=chance.choice([1000, 1001, 4000]))

    async def kill() -> None:
        emulator.drop_clients(*(each.connection_id for each in emulator.connections[:1]))

    async def send() -> None:
        await server.send('"x"')

    while time.monotonic() < end:
        await chance.choice([connect, connect, join, send, close, kill])()
    for client in sockets:
        await client.close()
    return opened


def in_a_process_of_its_own(*arguments: str) -> str:
    """Run a part of this benchmark where nothing was before."""
    command = [sys.executable, "-m", "benchmarks.emulator", *arguments]
    return subprocess.run(command, check=True, capture_output=True, text=True).stdout.strip()


def report(count: int, rounds: int, messages: int, seconds: float) -> None:
    """Measure everything, and print it."""
    print(f"{count} clients; {rounds} rounds of {messages} broadcasts, medians")
    for kind in KINDS:
        costs = asyncio.run(fan_out(kind, count, rounds, messages))
        emulator, bare = costs["emulator"], costs["bare aiohttp loop"]
        ratios = (
            f"{bare.wall / emulator.wall:.2f} by the clock, {bare.cpu / emulator.cpu:.2f} by processor time"
        )
        print(
            f"{kind:9} emulator {1 / emulator.wall:.0f} deliveries/s, bare loop {1 / bare.wall:.0f}: {ratios}"
        )
    for kind in KINDS:
        sizes = {name: in_a_process_of_its_own("--memory", name, kind, str(count)) for name in SERVERS}
        listed = ", ".join(f"{name} {size}" for name, size in sizes.items())
        print(f"{kind:9} bytes per idle client: {listed}")
    slow = asyncio.run(slow_reader(100, 300))
    outcome = "was cut off" if slow.cut_off else "was NOT cut off"
    print(
        f"a client that does not read {outcome}; "
        f"broadcasts took {slow.beside:.2f} s beside it and {slow.without:.2f} s without"
    )
    remains = asyncio.run(chaos(seconds, seed=1))
    print(f"{remains.clients} clients in {seconds:.0f} s left {remains.tasks} tasks and {remains.objects}")


def main(arguments: Sequence[str] | None = None) -> None:
    """Read the options and measure."""
    parser = argparse.ArgumentParser(prog="python -m benchmarks.emulator", description=__doc__)
    parser.add_argument("--quick", action="store_true", help="fewer clients, rounds and seconds")
    parser.add_argument("--memory", nargs=3, help=argparse.SUPPRESS)
    options = parser.parse_args(arguments)
    logging.disable(logging.WARNING)
    if options.memory:
        name, kind, count = options.memory
        print(asyncio.run(memory(name, kind, int(count))))
    elif options.quick:
        report(500, 3, 20, 5)
    else:
        report(2000, 7, 30, 60)


if __name__ == "__main__":
    main()
