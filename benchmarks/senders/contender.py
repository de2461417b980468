"""One contender: a process that sends as many messages as its input asks for, and reports how long it took.

``python -m benchmarks.senders.contender NAME ENDPOINT`` reads a JSON object a line from standard input and
answers each with a line of figures. ``to`` is ``group`` (all messages to one group) or ``users`` (each to
another user).
"""

import asyncio
import json
import resource
import sys
import time
from collections.abc import Awaitable, Callable, Iterable, Iterator
from typing import Any

import aiohttp
import jwt
from azure.core.credentials import AzureKeyCredential
from azure.core.rest import HttpRequest

from azure.messaging.webpubsubservice.aio import WebPubSubServiceClient
from azure.messaging.webpubsubservice.rest import build_send_to_group_request, build_send_to_user_request

KEY = "a-key-made-up-for-this-benchmark-0123456789"
MESSAGE = b"x" * 100
BYTES = "application/octet-stream"

Progress = Callable[[], None]


def requests(to: str, count: int) -> Iterator[HttpRequest]:
    """Build the messages."""
    for number in range(count):
        if to == "group":
            yield build_send_to_group_request("hub", "group", content=MESSAGE, content_type=BYTES)
        else:
            yield build_send_to_user_request("hub", f"user{number}", content=MESSAGE, content_type=BYTES)


async def send_requests(endpoint: str, to: str, count: int, in_flight: int, sent: Progress) -> None:
    """Send with the client's method for many."""
    async with (
        WebPubSubServiceClient(endpoint=endpoint, credential=AzureKeyCredential(KEY)) as client,
        client.send_requests(requests(to, count), max_concurrency=in_flight) as results,
    ):
        async for result in results:
            result.raise_for_status()
            sent()


async def send_request(endpoint: str, to: str, count: int, in_flight: int, sent: Progress) -> None:
    """Send with a loop around the client's method for one."""
    async with WebPubSubServiceClient(endpoint=endpoint, credential=AzureKeyCredential(KEY)) as client:

        async def send(request: HttpRequest) -> None:
            (await client.send_request(request)).raise_for_status()
            sent()

        await _in_flight(send, requests(to, count), in_flight)


async def aiohttp_loop(endpoint: str, to: str, count: int, in_flight: int, sent: Progress) -> None:
    """Send with a loop around aiohttp, as somebody writes it who knows the service's URLs and tokens."""
    tokens: dict[str, str] = {}

    def headers(url: str) -> dict[str, str]:
        # The service wants a token for each URL. One for the group serves all its messages.
        token = tokens.get(url)
        if token is None:
            token = jwt.encode({"aud": url, "exp": int(time.time()) + 60}, KEY, algorithm="HS256")
            if to == "group":
                tokens[url] = token
        return {"Content-Type": BYTES, "Authorization": f"Bearer {token}"}

    async with aiohttp.ClientSession(raise_for_status=True) as session:

        async def send(number: int) -> None:
            path = "groups/group" if to == "group" else f"users/user{number}"
            url = f"{endpoint}/api/hubs/hub/{path}/:send?api-version=2024-12-01"
            async with session.post(url, data=MESSAGE, headers=headers(url)) as response:
                await response.read()
            sent()

        await _in_flight(send, range(count), in_flight)


async def _in_flight(send: Callable[[Any], Awaitable[None]], items: Iterable[Any], in_flight: int) -> None:
    waiting = iter(items)

    async def one_after_another() -> None:
        for item in waiting:
            await send(item)

    await asyncio.gather(*(one_after_another() for _ in range(in_flight)))


CONTENDERS = {"send_requests": send_requests, "send_request": send_request, "aiohttp": aiohttp_loop}


async def measure(name: str, endpoint: str, to: str, messages: int, in_flight: int) -> dict[str, Any]:
    """Send, and return the figures: time, and peak resident memory after each tenth of the messages."""
    count = 0
    kib: list[int] = []

    def sent() -> None:
        nonlocal count
        count += 1
        if count % tenth == 0:
            kib.append(resource.getrusage(resource.RUSAGE_SELF).ru_maxrss)

    tenth = max(messages // 10, 1)
    wall, processor = time.perf_counter(), time.process_time()
    await CONTENDERS[name](endpoint, to, messages, in_flight, sent)
    seconds, processor_seconds = time.perf_counter() - wall, time.process_time() - processor
    assert count == messages
    return {"count": count, "seconds": seconds, "processor_seconds": processor_seconds, "kib": kib}


def main(name: str, endpoint: str) -> None:
    """Carry out commands until standard input ends."""
    for line in sys.stdin:
        print(json.dumps(asyncio.run(measure(name, endpoint, **json.loads(line)))), flush=True)


if __name__ == "__main__":
    main(*sys.argv[1:])
