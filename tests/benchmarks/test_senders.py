"""The benchmark of many requests sends what it says it does."""

import asyncio

import pytest

from benchmarks.client.measure import Rates
from benchmarks.senders import pieces
from benchmarks.senders.__main__ import NAMES, rows
from benchmarks.senders.contender import CONTENDERS, measure
from tests.faults import FaultServer


@pytest.mark.parametrize("name", CONTENDERS)
@pytest.mark.parametrize(("to", "targets"), [("group", 1), ("users", 20)])
def test_a_contender_sends_each_message_once(name: str, to: str, targets: int) -> None:
    with FaultServer() as server:
        figures = asyncio.run(measure(name, server.endpoint, to, messages=20, in_flight=4))
    assert figures["count"] == len(server.requests) == 20
    assert len(figures["kib"]) == 10
    assert len({request.target for request in server.requests}) == targets
    assert server.connections <= 4


@pytest.mark.parametrize("title", pieces.WAYS)
def test_a_way_sends_each_piece(title: str) -> None:
    way, _ = pieces.WAYS[title]

    async def write() -> None:
        async with pieces.connect(server.endpoint) as client:
            async with way(client) as write:
                for number in range(3):
                    await write(f"{number} ")

    with FaultServer() as server:
        asyncio.run(write())
    assert b"".join(request.body for request in server.requests) == b"0 1 2 "


def test_the_goal_is_about_the_loop_around_aiohttp() -> None:
    measured = Rates({name: [100.0, 100.0] for name in NAMES}, {name: [0.1, 0.1] for name in NAMES})
    assert [row[-1] for row in rows({"some": measured})] == ["", "", "met"]
