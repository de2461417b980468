"""One contender: a process that does what the benchmark asks of it, timed where it happens.

``python contenders NAME ENDPOINT`` reads one JSON object a line from standard input, and answers each with a
line: ``{"do": "sync", "size": 100, "seconds": 0.3}`` with how many messages were sent and in which time.
``python contenders NAME ENDPOINT sync|async`` sends a single message and says so: the whole of a cold start.

A contender is a module here, or ``module:variant``. It imports what it measures inside its functions, so that
a cold start pays for what it uses and for no more. This file imports little for the same reason.
"""

import importlib
import sys
import time
from collections.abc import Awaitable, Callable
from typing import Any

Figures = dict[str, float]
MESSAGE = b"x" * 100


def clocks() -> tuple[float, float]:
    """Return the time on the wall and this process's time on a processor."""
    return time.perf_counter(), time.process_time()


def figures(count: int, start: tuple[float, float]) -> Figures:
    """Return what was done since ``start``."""
    wall, processor = clocks()
    return {"count": count, "seconds": wall - start[0], "processor_seconds": processor - start[1]}


def repeat(call: Callable[[], object], seconds: float) -> Figures:
    """Call again and again for so many seconds."""
    count, start = 0, clocks()
    while time.perf_counter() - start[0] < seconds:
        call()
        count += 1
    return figures(count, start)


async def repeat_in_flight(call: Callable[[], Awaitable[object]], seconds: float, in_flight: int) -> Figures:
    """Keep so many calls under way for so many seconds."""
    import asyncio

    count, start = 0, clocks()

    async def one_after_another() -> None:
        nonlocal count
        while time.perf_counter() - start[0] < seconds:
            await call()
            count += 1

    await asyncio.gather(*(one_after_another() for _ in range(in_flight)))
    return figures(count, start)


def peak_memory(send: Callable[[range], object], count: int) -> dict[str, list[int]]:
    """Send ``count`` messages; return, at ten points, how many were sent and peak resident memory in KiB."""
    import resource

    points: dict[str, list[int]] = {"sent": [], "kib": []}
    for tenth in range(10):
        send(range(count * tenth // 10, count * (tenth + 1) // 10))
        points["sent"].append(count * (tenth + 1) // 10)
        points["kib"].append(resource.getrusage(resource.RUSAGE_SELF).ru_maxrss)
    return points


def obey(contender: Any, endpoint: str) -> None:
    """Carry out commands until standard input ends."""
    import asyncio
    import contextlib
    import functools
    import json

    loop = asyncio.new_event_loop()
    with contextlib.ExitStack() as stack:
        stack.callback(loop.close)

        @functools.cache
        def sync_client() -> Callable[..., object]:
            send: Callable[..., object] = stack.enter_context(contender.sync(endpoint))
            return send

        @functools.cache
        def async_client() -> Callable[..., Awaitable[object]]:
            context = contender.asynchronous(endpoint)
            send: Callable[..., Awaitable[object]] = loop.run_until_complete(context.__aenter__())
            stack.callback(lambda: loop.run_until_complete(context.__aexit__(None, None, None)))
            return send

        def send_each(users: range) -> None:
            send = sync_client()
            for user in users:
                send(MESSAGE, user)

        async def send_16(send: Callable[..., Awaitable[object]], users: range) -> None:
            waiting = iter(users)

            async def one_after_another() -> None:
                for user in waiting:
                    await send(MESSAGE, user)

            await asyncio.gather(*(one_after_another() for _ in range(16)))

        def send_16_each(users: range) -> None:
            loop.run_until_complete(send_16(async_client(), users))

        @functools.cache
        def body(size: int) -> bytes:
            return b"x" * size

        for line in sys.stdin:
            result: Any
            match json.loads(line):
                case {"do": "sync", "size": size, "seconds": seconds}:
                    result = repeat(functools.partial(sync_client(), body(size)), seconds)
                case {"do": "async", "size": size, "seconds": seconds, "in_flight": in_flight}:
                    call = functools.partial(async_client(), body(size))
                    result = loop.run_until_complete(repeat_in_flight(call, seconds, in_flight))
                case {"do": "builder", "seconds": seconds}:
                    result = repeat(contender.builder(), seconds)
                case {"do": "token", "seconds": seconds}:
                    result = repeat(contender.token(), seconds)
                case {"do": "sync memory", "messages": messages}:
                    result = peak_memory(send_each, messages)
                case {"do": "async memory", "messages": messages}:
                    result = peak_memory(send_16_each, messages)
                case other:
                    raise ValueError(f"unknown command {other!r}")
            print(json.dumps(result), flush=True)


def main(name: str, endpoint: str, mode: str | None = None) -> None:
    """Run as the module's docstring says."""
    module, _, variant = name.partition(":")
    contender: Any = importlib.import_module(module)
    if variant:
        contender = contender.variant(variant)
    if mode == "sync":
        with contender.sync(endpoint) as send:
            send(MESSAGE)
            print("sent", flush=True)
    elif mode == "async":
        import asyncio

        async def send_one() -> None:
            async with contender.asynchronous(endpoint) as send:
                await send(MESSAGE)
                print("sent", flush=True)

        asyncio.run(send_one())
    else:
        obey(contender, endpoint)


if __name__ == "__main__":
    main(*sys.argv[1:])
