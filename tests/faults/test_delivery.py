"""Messages get through faults: none that was accepted is lost, none altered, none repeated unsaid."""

from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from random import Random
from typing import Any

import pytest
from azure.core.credentials import AzureKeyCredential

from azure.messaging.webpubsubservice import WebPubSubServiceClient
from azure.messaging.webpubsubservice.aio import WebPubSubServiceClient as AsyncClient
from tests.faults import Answer, FaultServer, Request, Step
from tests.faults.delivery import BREAKS, REFUSALS, message, number_of, send, send_async, violations
from tests.faults.soak import WAYS, Way, client_options, deliver

KEY = "a-key-made-up-for-this-test-0123456789"
TAKEN = Answer(202)
COUNT = 200


def one_in_five(faults: list[Step], seed: int) -> Callable[[Request], Step]:
    random = Random(seed)
    return lambda _: random.choice(faults) if random.random() < 0.2 else TAKEN


async def outcomes_of(asynchronous: bool, server: FaultServer, seed: int, **more: Any) -> dict[int, str]:
    """Send all messages, and check all that is true whatever the client retries."""
    messages = [message(number, seed, asynchronous=asynchronous) for number in range(COUNT)]
    credential = AzureKeyCredential(KEY)
    if asynchronous:
        async with AsyncClient(endpoint=server.endpoint, credential=credential, **client_options()) as client:
            outcomes = await send_async(client, messages, **more)
    else:
        with WebPubSubServiceClient(
            endpoint=server.endpoint, credential=credential, **client_options()
        ) as client:
            outcomes = send(client, messages, **more)
    complete = [request for request in server.requests if request.complete]
    failed = {number_of(request.body) for request in complete if request.step is not TAKEN}
    assert [*violations(messages, outcomes, (request.body for request in complete), failed)] == []
    for request in complete:
        request.claims(KEY)
    return outcomes


modes = pytest.mark.parametrize("asynchronous", [False, True], ids=["sync", "async"])


@modes
@pytest.mark.parametrize("seed", range(2))
async def test_refusals_are_retried_until_all_is_accepted(asynchronous: bool, seed: int) -> None:
    with FaultServer(otherwise=one_in_five(REFUSALS, seed)) as server:
        outcomes = await outcomes_of(asynchronous, server, seed)
    assert set(outcomes.values()) == {"202"}


@modes
async def test_a_send_whose_connection_breaks_is_an_error_and_is_not_repeated(asynchronous: bool) -> None:
    with FaultServer(otherwise=one_in_five(BREAKS, 0)) as server:
        outcomes = await outcomes_of(asynchronous, server, 0)
    arrived = [number_of(request.body) for request in server.requests if request.complete]
    assert len(arrived) == len(set(arrived))
    broken = sum(request.step is not TAKEN for request in server.requests)
    assert [*outcomes.values()].count("202") == COUNT - broken
    assert broken > COUNT / 10


@modes
async def test_sends_are_repeated_over_broken_connections_if_asked_for(asynchronous: bool) -> None:
    with FaultServer(otherwise=one_in_five([*REFUSALS, *BREAKS], 0)) as server:
        outcomes = await outcomes_of(asynchronous, server, 0, retry_on_methods=["POST"])
    assert set(outcomes.values()) == {"202"}


@pytest.mark.parametrize("way", WAYS)
def test_what_the_emulator_delivers_is_what_was_accepted(way: Way) -> None:
    batches = {False: range(COUNT), True: range(COUNT, 2 * COUNT)}
    with ThreadPoolExecutor(2) as executor:
        result = deliver(executor, batches, way, seed=0, one_fails_in=4)
    assert result.problems == []
    assert sum(result.outcomes.values()) == 2 * COUNT
    assert (result.outcomes["202"] == 2 * COUNT) is (way == "repeated")
    assert (result.repeats == 0) is (way == "straight")
