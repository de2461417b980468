"""Faults on demand: what goes wrong is what was asked for, as often as it was asked for."""

import asyncio
import time
from collections.abc import Callable
from typing import Any

import aiohttp
import pytest

from azure.messaging.webpubsubservice.emulator import AsyncEmulator, Emulator, Fault
from azure.messaging.webpubsubservice.emulator._faults import Faults
from tests.emulator.clients import JSON, RELIABLE, Caller
from tests.emulator.test_reliable_clients import NOT_RECOVERED, drop, recovered

SEND = "/api/hubs/chat/:send"


async def statuses(caller: Caller, count: int, path: str = SEND) -> list[int]:
    return [(await caller.call("POST", path, body=b"")).status for _ in range(count)]


async def test_a_status_a_number_of_times(caller: Caller, emulator: AsyncEmulator) -> None:
    emulator.faults.add(Fault(status=429, retry_after=1, times=1))
    emulator.faults.add(Fault(status=503, times=2))
    async with caller.connect() as client:
        answer = await caller.call("POST", SEND, body=b"")
        assert (answer.status, answer.headers["Retry-After"]) == (429, "1")
        answer = await caller.call("POST", SEND, body=b"")
        assert (answer.status, "Retry-After" in answer.headers) == (503, False)
        await client.silent()
        assert await statuses(caller, 2) == [503, 202]
        assert await client.frame() == b""
    assert [record.status for record in emulator.requests] == [429, 503, 503, 202]


@pytest.mark.parametrize(
    ("fault", "expected"),
    [
        (Fault(status=500, operation="WebPubSub_SendToGroup"), [202, 500]),
        (Fault(status=500, path="*/groups/*"), [202, 500]),
        (Fault(status=500, path="/api/hubs/chat/:*"), [500, 202]),
        (Fault(status=500, method="put"), [202, 202]),
        (Fault(status=500, method="post"), [500, 500]),
    ],
)
async def test_which_requests_it_is_about(
    caller: Caller, emulator: AsyncEmulator, fault: Fault, expected: list[int]
) -> None:
    emulator.faults.add(fault)
    paths = (SEND, "/api/hubs/chat/groups/g/:send")
    assert [(await statuses(caller, 1, path))[0] for path in paths] == expected
    emulator.faults.clear()
    assert [(await statuses(caller, 1, path))[0] for path in paths] == [202, 202]


async def test_chance_depends_on_the_seed_alone(session: aiohttp.ClientSession) -> None:
    outcomes = []
    for seed in (1, 1, 2):
        async with Emulator(seed=seed) as emulator:
            emulator.faults.add(Fault(status=503, probability=0.5))
            outcomes.append(await statuses(Caller(emulator, session), 20))
    assert outcomes[0] == outcomes[1] != outcomes[2]
    assert set(outcomes[0]) == {202, 503}


@pytest.mark.parametrize(("reset", "received"), [("before", 0), ("after", 1)])
async def test_a_reset_before_or_after_acting(
    caller: Caller, emulator: AsyncEmulator, reset: Any, received: int
) -> None:
    emulator.faults.add(Fault(reset=reset, times=1))
    async with caller.connect() as client:
        with pytest.raises(aiohttp.ClientConnectionError):
            await caller.call("POST", SEND, body=b"")
        assert len(emulator.deliveries) == received
        if received:
            assert await client.frame() == b""
        await client.silent()
    assert [record.status for record in emulator.requests] == [None]


async def test_a_delay_passes_on_the_emulators_clock(caller: Caller, emulator: AsyncEmulator) -> None:
    emulator.faults.add(Fault(delay=120))
    start = time.monotonic()
    call = asyncio.create_task(caller.call("POST", SEND, body=b""))
    await emulator.wait_until(lambda: emulator.clock.pending)
    emulator.clock.advance(120)
    assert (await call).status == 202
    assert time.monotonic() - start < 60


async def test_a_client_is_dropped_after_a_while(caller: Caller, emulator: AsyncEmulator) -> None:
    emulator.faults.add(Fault(drop_after=5, times=1))
    async with caller.connect(protocol=JSON) as first, caller.connect(protocol=JSON) as second:
        emulator.clock.advance(6)
        assert (await first.closed())[0] == 1006
        await second.silent()


async def test_clients_are_dropped_at_once(caller: Caller, emulator: AsyncEmulator) -> None:
    async with (
        caller.connect(protocol=JSON) as first,
        caller.connect(protocol=JSON) as second,
        caller.connect(protocol=RELIABLE) as third,
    ):
        emulator.drop_clients(first.connection_id, "nobody")
        assert (await first.closed())[0] == 1006
        await second.silent()
        emulator.drop_clients()
        assert (await second.closed())[0] == (await third.closed())[0] == 1006
        assert [each.connection_id for each in emulator.connections] == [third.connection_id]
        async with recovered(caller, third) as again:
            await again.silent()


async def test_recovery_is_refused(caller: Caller, emulator: AsyncEmulator) -> None:
    async with caller.connect(protocol=RELIABLE) as client:
        drop(caller, client)
        emulator.faults.add(Fault(refuse_recovery=True, times=1))
        async with recovered(caller, client) as again:
            assert await again.closed() == NOT_RECOVERED
        async with recovered(caller, client) as again:
            await again.silent()


async def test_a_handshake_is_answered_with_a_status(caller: Caller, emulator: AsyncEmulator) -> None:
    emulator.faults.add(Fault(path="/client/*", status=503, retry_after=2.5))
    with pytest.raises(aiohttp.WSServerHandshakeError) as error:
        await caller.session.ws_connect(caller.client_url("chat"))
    assert error.value.status == 503
    assert error.value.headers is not None
    assert error.value.headers["Retry-After-Ms"] == "2500"
    assert "Retry-After" not in error.value.headers  # it holds whole seconds only


@pytest.mark.parametrize("reset", ["before", "after"])
async def test_a_handshake_is_reset(caller: Caller, emulator: AsyncEmulator, reset: Any) -> None:
    emulator.faults.add(Fault(path="/client/*", reset=reset))
    with pytest.raises((aiohttp.ClientError, AssertionError)):
        async with caller.connect(protocol=JSON) as client:
            await client.message()
    await emulator.wait_until(lambda: not emulator.connections)


@pytest.mark.parametrize(
    ("make", "message"),
    [
        (Fault, "a fault needs one of delay, status, reset"),
        (lambda: Fault(status=200), "status must be an integer from 400 to 599, or None, got 200"),
        (lambda: Fault(status=503, times=0), "times must be an integer from 1, or None, got 0"),
        (lambda: Fault(status=503, probability=2), "probability must be a number from 0 to 1, got 2"),
        (lambda: Fault(retry_after=1), "retry_after is for a response with a status: set status too"),
        (lambda: Fault(status=503, operation="SendToAll"), "operation must be named as in the specification"),
        (lambda: Fault(delay=-1), "delay must be a number of seconds from 0, got -1"),
        (lambda: Fault(reset="sideways"), "reset must be 'before' or 'after', or None, got 'sideways'"),  # type: ignore[arg-type]
        (
            lambda: Fault(reset="after", status=503),
            "reset and status exclude each other: a reset connection gets no response",
        ),
        (lambda: Faults(0).add("status=503"), "fault must be a Fault, as in .*, got 'status=503'"),  # type: ignore[arg-type]
        (lambda: Fault.parse("status=many"), "status must be an integer from 400 to 599, got 'many'"),
        (lambda: Fault.parse("429"), "429 needs the name of its field: write status=429"),
        (lambda: Fault.parse("429,times=2"), "429 needs the name of its field: write status=429"),
        (lambda: Fault.parse("statsu=429"), r"a fault has no 'statsu'\. Did you mean status\?$"),
        (lambda: Fault.parse("retry_after=-1"), "retry-after must be a number of seconds from 0, got -1"),
        (lambda: Fault.parse("reset=x"), "reset must be before or after, got 'x'"),
        (
            lambda: Fault.parse("delay=0"),
            "a fault needs one of delay, status, reset, refuse-recovery and drop-",
        ),
        (lambda: Fault.parse("code=503"), "a fault has no 'code'; it has: method, path"),
        (lambda: Fault.parse("status=503,status=504"), "status is given twice"),
        (lambda: Fault.parse(""), "a fault has no ''"),
    ],
)
def test_a_fault_that_makes_no_sense(make: Callable[[], Fault], message: str) -> None:
    with pytest.raises(ValueError, match=message.replace("(", r"\(")):
        make()


def test_a_fault_from_text() -> None:
    assert Fault.parse("path=*/:send, status=429, retry-after=0.5, times=3") == Fault(
        path="*/:send", status=429, retry_after=0.5, times=3
    )
    assert Fault.parse("refuse-recovery") == Fault(refuse_recovery=True)


@pytest.mark.parametrize(
    ("pattern", "fits"),
    [
        ("*/groups/g[1]/:send", True),
        ("/api/*", True),
        ("*/groups/g.1]/:send", False),
        ("*", True),
    ],
)
def test_only_an_asterisk_stands_for_anything(pattern: str, fits: bool) -> None:
    fault = Fault(path=pattern, status=503)
    assert fault.matches("POST", "/api/hubs/chat/groups/g[1]/:send", None) is fits
