"""100,000 messages through faults to the emulator: ``nox -s soak``.

A subscriber is connected to the emulator. In front of it stands a server that passes requests on, and for
one in twenty does something else instead, or acts and then withholds the answer. Two clients, one synchronous
and one asynchronous, send from processes of their own. Of each batch, the emulator's record of deliveries is
compared with what was sent and with what the clients were told. Of three batches, one is sent by clients that
are asked to repeat sends over broken connections as well, and one straight to the emulator, whose own faults
strike before it acts, or end in a reset: then nothing may arrive twice.
"""

import argparse
import asyncio
import itertools
import multiprocessing
import sys
import time
from collections import Counter
from collections.abc import Callable, Mapping, Sequence
from concurrent.futures import Executor, ProcessPoolExecutor, ThreadPoolExecutor
from dataclasses import dataclass, field
from random import Random
from typing import Any, Literal, get_args

from azure.core.credentials import AzureKeyCredential
from websockets.sync.client import ClientConnection, connect

from azure.messaging.webpubsubservice import WebPubSubServiceClient
from azure.messaging.webpubsubservice.aio import WebPubSubServiceClient as AsyncClient
from azure.messaging.webpubsubservice.emulator import Emulator, Fault
from azure.messaging.webpubsubservice.rest import build_send_to_all_request
from tests.faults import Answer, Disconnect, FaultServer, Raw, Relay, Request, Step
from tests.faults.delivery import BREAKS, HUB, REFUSALS, message, number_of, send, send_async, violations

END = b"end"
FAILURES_AFTER: list[Answer | Disconnect | Raw] = [
    Answer(500),
    Answer(503),
    Answer(504, {"Retry-After": "0"}),
    Disconnect(),
    Disconnect(reset=False),
    Raw(b"HTTP/1.1 20"),
]
"""Once the service has acted."""


def one_in(n: int, port: int, seed: int) -> Callable[[Request], Step]:
    """Return a script that passes requests on to ``port``, except one in ``n`` on average."""
    random = Random(seed)
    failures: list[Step] = [*REFUSALS, *BREAKS, *(Relay(port, then=failure) for failure in FAILURES_AFTER)]
    relay = Relay(port)
    return lambda _: relay if random.randrange(n) else random.choice(failures)


def own_faults(n: int) -> list[Fault]:
    """Return faults for the emulator that strike one request in ``n``, on average."""
    kinds: list[dict[str, Any]] = [
        {"status": 429},
        {"status": 429, "retry_after": 0},
        {"status": 500},
        {"status": 503},
        {"status": 503, "retry_after": 0},
        {"reset": "before"},
        {"reset": "after"},
    ]
    return [Fault(path="*/:send", probability=1 / n / len(kinds), **kind) for kind in kinds]


def client_options() -> dict[str, Any]:
    """Return options to try often, at once."""
    often = dict.fromkeys(("retry_total", "retry_connect", "retry_read", "retry_status"), 30)
    return {**often, "retry_backoff_factor": 0}


def send_batch(
    endpoint: str, key: str, numbers: range, seed: int, asynchronous: bool, repeat: bool
) -> dict[int, str]:
    """Send the messages of these numbers, and return each one's status or the name of its error."""
    options = {"retry_on_methods": ["POST"]} if repeat else {}
    messages = [message(number, seed, asynchronous=asynchronous) for number in numbers]
    credential = AzureKeyCredential(key)
    if not asynchronous:
        with WebPubSubServiceClient(endpoint=endpoint, credential=credential, **client_options()) as client:
            return send(client, messages, **options)

    async def with_async_client() -> dict[int, str]:
        async with AsyncClient(endpoint=endpoint, credential=credential, **client_options()) as client:
            return await send_async(client, messages, **options)

    return asyncio.run(with_async_client())


@dataclass
class Result:
    """What came of some messages."""

    outcomes: Counter[str] = field(default_factory=Counter)
    """How many messages ended in each status or error."""
    steps: Counter[str] = field(default_factory=Counter)
    """What was done with the requests."""
    deliveries: int = 0
    repeats: int = 0
    """How many of the deliveries were not the first of their message."""
    problems: list[str] = field(default_factory=list)

    def add(self, other: "Result") -> None:
        """Add another's figures to these."""
        self.outcomes += other.outcomes
        self.steps += other.steps
        self.deliveries += other.deliveries
        self.repeats += other.repeats
        self.problems += other.problems


Way = Literal["once", "repeated", "straight"]
WAYS: Sequence[Way] = get_args(Way)


def deliver(
    executor: Executor, batches: Mapping[bool, range], way: Way, *, seed: int, one_fails_in: int
) -> Result:
    """Send messages to the emulator, and compare.

    :param executor: Runs the clients.
    :param batches: The numbers of the messages of the synchronous (``False``) and the asynchronous client.
    :param way: ``once`` and ``repeated`` go through the server in front, and clients repeat sends over broken
        connections or do not; ``straight`` goes to the emulator, with faults of its own.
    :param one_fails_in: Of so many requests, one fails, on average.
    """
    with (
        Emulator(seed=seed) as emulator,
        FaultServer(otherwise=one_in(one_fails_in, port_of(emulator), seed)) as server,
    ):
        credential = AzureKeyCredential(emulator.access_key)
        with WebPubSubServiceClient(endpoint=emulator.endpoint, credential=credential) as client:
            url = client.get_client_access_token(HUB)["url"]
            with connect(url) as subscriber, ThreadPoolExecutor(1) as reader:
                reading = reader.submit(read_to_the_end, subscriber)
                if way == "straight":
                    for fault in own_faults(one_fails_in):
                        emulator.faults.add(fault)
                to = (emulator if way == "straight" else server).endpoint, emulator.access_key
                sending = [
                    executor.submit(send_batch, *to, numbers, seed, asynchronous, way == "repeated")
                    for asynchronous, numbers in batches.items()
                ]
                outcomes = {number: outcome for part in sending for number, outcome in part.result().items()}
                emulator.faults.clear()
                client.send_request(build_send_to_all_request(HUB, content=END)).raise_for_status()
                received = reading.result()
        arrived = [delivery.data for delivery in emulator.deliveries if delivery.data != END]
    messages = [
        message(number, seed, asynchronous=asynchronous)
        for asynchronous, numbers in batches.items()
        for number in numbers
    ]
    repeatable = {
        number_of(request.body)
        for request in server.requests
        if isinstance(request.step, Relay) and request.step.then
    }
    problems = [*violations(messages, outcomes, arrived, repeatable)]
    if received != arrived:
        problems.append("the subscriber received something else than the record says")
    return Result(
        outcomes=Counter(outcomes.values()),
        steps=Counter(map(describe, server.requests))
        + Counter(
            f"{record.status or 'reset'} by the emulator" for record in emulator.requests if way == "straight"
        ),
        deliveries=len(arrived),
        repeats=len(arrived) - len(set(arrived)),
        problems=problems,
    )


def port_of(emulator: Emulator) -> int:
    """Return the port that the emulator listens on."""
    return int(emulator.endpoint.rpartition(":")[2])


def read_to_the_end(subscriber: ClientConnection) -> list[bytes]:
    """Return what a subscriber receives until the message that says that it was the last."""
    received = []
    while (frame := subscriber.recv(timeout=120, decode=False)) != END:
        received.append(frame)
    return received


def describe(request: Request) -> str:
    """Return what was done with a request, in words."""
    step = request.step
    if isinstance(step, Relay):
        return f"acted, then {describe_failure(step.then)}" if step.then else "passed on"
    return describe_failure(step)


def describe_failure(step: object) -> str:
    match step:
        case Answer(status=status, early=early):
            return f"{status} early" if early else str(status)
        case Disconnect(after=after, reset=reset):
            return f"{'reset' if reset else 'closed'} after the {after}"
    return "broken answer"


def main(arguments: Sequence[str]) -> int:
    """Run it, print what happened, and return 1 if anything was lost, altered or repeated unsaid."""
    parser = argparse.ArgumentParser(prog="python -m tests.faults.soak", description=__doc__)
    parser.add_argument("--messages", type=int, default=100_000)
    parser.add_argument("--batch", type=int, default=10_000)
    parser.add_argument("--seed", type=int, default=0)
    options = parser.parse_args(arguments)

    start = time.perf_counter()
    total = Result()
    spawn = multiprocessing.get_context("spawn")
    with ProcessPoolExecutor(2, mp_context=spawn) as executor:
        ways = itertools.cycle(WAYS)
        for first in range(0, options.messages, options.batch):
            middle, end = first + options.batch // 2, min(first + options.batch, options.messages)
            batches = {False: range(first, middle), True: range(middle, end)}
            total.add(
                deliver(
                    executor,
                    batches,
                    next(ways),
                    seed=options.seed + first,
                    one_fails_in=20,
                )
            )
            print(f"{end:,} messages, {time.perf_counter() - start:.0f} s", flush=True)
    for title, counts in (("requests", total.steps), ("messages", total.outcomes)):
        print(f"\n{title}:")
        for name, count in counts.most_common():
            print(f"{count:9,}  {name}")
    print(
        f"\naccepted: {total.outcomes['202']:,}, deliveries: {total.deliveries:,}, repeats: {total.repeats:,}"
    )
    print(f"{len(total.problems)} problems")
    for problem in total.problems[:20]:
        print(problem)
    return 1 if total.problems else 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
