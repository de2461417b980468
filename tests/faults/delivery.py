"""Many messages through faults: what is sent, and what must be true of what arrived.

A message's number and seed decide all of it: its text, which begins with the number, and how the text is
given to the builder (bytes, str, JSON, files, one-shot iterables). So what arrives can be checked by itself.
"""

import asyncio
import io
import json
from collections import Counter
from collections.abc import AsyncIterator, Callable, Collection, Iterable, Iterator, Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from random import Random
from typing import Any

from azure.core.exceptions import AzureError
from azure.core.rest import HttpRequest

from azure.messaging.webpubsubservice import WebPubSubServiceClient
from azure.messaging.webpubsubservice.aio import WebPubSubServiceClient as AsyncClient
from azure.messaging.webpubsubservice.rest import build_send_to_all_request
from tests.faults import Answer, Disconnect, Raw, Step

HUB = "hub"
REFUSALS: list[Step] = [
    *(Answer(status) for status in (408, 429, 500, 502, 503, 504)),
    Answer(429, {"Retry-After": "0"}),
    Answer(503, {"retry-after-ms": "1"}, body=b'{"code":"Busy"}', framing="chunked"),
    Answer(503, early=True),
]
"""Answers that ask for another attempt."""
BREAKS: list[Step] = [
    Disconnect("head"),
    Disconnect("body"),
    Disconnect("head", reset=False),
    Disconnect("body", reset=False),
    Raw(b"HTTP/1.1 20"),
]
"""Ends of connections that leave it open whether the request was acted on."""
_TEXT = "".join(Random(0).choices('abc æøå ÅÄÖ 中文 🎈 " \\ / \n', k=20_000))


@dataclass(frozen=True)
class Message:
    """One message."""

    number: int
    json: bool
    body: bytes
    """What the service has to receive."""
    content: Callable[[], Any]
    """Makes what is given to the builder as ``content``, or ``json``."""

    def request(self) -> HttpRequest:
        """Build the request."""
        content = self.content()
        return (
            build_send_to_all_request(HUB, json=content)
            if self.json
            else build_send_to_all_request(HUB, content=content, content_type="text/plain")
        )


async def _asynchronously(parts: Iterable[bytes]) -> AsyncIterator[bytes]:
    for part in parts:
        yield part


def _file_not_at_its_start(data: bytes) -> io.BytesIO:
    file = io.BytesIO(b"not this" + data)
    file.seek(8)
    return file


class _Pipe(io.RawIOBase):
    """Can be read once, from its start to its end."""

    def __init__(self, data: bytes) -> None:
        self._data = data

    def readable(self) -> bool:
        return True

    def readinto(self, buffer: Any, /) -> int:
        part = self._data[: len(buffer)]
        self._data = self._data[len(part) :]
        buffer[: len(part)] = part
        return len(part)


_WAYS: list[Callable[[str, bytes], Any]] = [
    lambda _, data: data,
    lambda text, _: text,
    lambda text, _: [text[:10], text[10:]],
    lambda _, data: _file_not_at_its_start(data),
    lambda text, _: io.StringIO(text),
    lambda _, data: _Pipe(data),
    lambda _, data: iter([data[:10], b"", data[10:]]),
]
_ASYNC_WAYS: list[Callable[[str, bytes], Any]] = [
    *_WAYS,
    lambda _, data: _asynchronously([data[:10], data[10:]]),
]


def message(number: int, seed: int, *, asynchronous: bool) -> Message:
    """Return the message of that number."""
    random = Random(seed * 1_000_003 + number)
    start = random.randrange(10_000)
    text = f"{number} {_TEXT[start : start + random.randrange(500)]}"
    ways = _ASYNC_WAYS if asynchronous else _WAYS
    way = random.randrange(len(ways) + 1)
    if way == len(ways):
        return Message(number, True, json.dumps(text, ensure_ascii=False).encode(), lambda: text)
    data = text.encode()
    return Message(number, False, data, lambda: ways[way](text, data))


def number_of(body: bytes) -> int | None:
    """Return the number of the message with this body, if it is one."""
    number = body.removeprefix(b'"').partition(b" ")[0]
    return int(number) if number.isdigit() else None


def send(client: WebPubSubServiceClient, messages: Sequence[Message], **options: Any) -> dict[int, str]:
    """Send the messages by four threads; return each one's status, or the name of its error."""

    def one(message: Message) -> str:
        try:
            return str(client.send_request(message.request(), **options).status_code)
        except AzureError as error:
            return type(error).__name__

    with ThreadPoolExecutor(4) as pool:
        numbers = [message.number for message in messages]
        return dict(zip(numbers, pool.map(one, messages), strict=True))


async def send_async(client: AsyncClient, messages: Iterable[Message], **options: Any) -> dict[int, str]:
    """Send the messages, sixteen at a time; return each one's status, or the name of its error."""
    outcomes = {}
    waiting = iter(messages)

    async def one(message: Message) -> str:
        try:
            return str((await client.send_request(message.request(), **options)).status_code)
        except AzureError as error:
            return type(error).__name__

    async def one_after_another() -> None:
        for message in waiting:
            outcomes[message.number] = await one(message)

    await asyncio.gather(*(one_after_another() for _ in range(16)))
    return outcomes


def violations(
    messages: Iterable[Message],
    outcomes: Mapping[int, str],
    arrived: Iterable[bytes],
    repeatable: Collection[int | None],
) -> Iterator[str]:
    """Yield a sentence for each way in which what arrived is not what it should be.

    :param arrived: The bodies of all messages that the service took.
    :param repeatable: Numbers of the messages that the documentation lets arrive more than once.
    """
    expected = {message.number: message.body for message in messages}
    times: Counter[int] = Counter()
    for body in arrived:
        number = number_of(body)
        if number is None or expected.get(number) != body:
            yield f"what arrived was never sent: {body[:60]!r} ({len(body)} bytes)"
        else:
            times[number] += 1
    for number in expected:
        if outcomes[number] == "202" and not times[number]:
            yield f"message {number} was accepted and never arrived"
        if times[number] > 1 and number not in repeatable:
            yield f"message {number} arrived {times[number]} times"
