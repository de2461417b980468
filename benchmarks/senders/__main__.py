"""Measure, and print the tables."""

import argparse
import asyncio
import sys
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from benchmarks.client.measure import Contender, Process, Rates, processes, rates, server
from benchmarks.client.report import table
from benchmarks.senders import pieces
from benchmarks.senders.far_server import far_server

IN_FLIGHT = 64
ROUND_TRIP = 0.02
"""Seconds: a service in the same part of the world."""
NAMES = ("send_requests", "send_request", "aiohttp")
GOAL = 0.9
TITLES = {
    "send_requests": "send_requests",
    "send_request": "a loop around send_request",
    "aiohttp": "a loop around aiohttp",
}


@dataclass(frozen=True)
class Module(Contender):
    """A contender of this benchmark."""

    def command(self, *arguments: str) -> list[str]:
        """Return the command that runs it."""
        return [self.python, "-m", "benchmarks.senders.contender", self.name, *arguments]


def rows(measured: dict[str, Rates]) -> list[list[str]]:
    """Return a line for each contender and each kind of message."""
    lines = []
    for to, figures in measured.items():
        for name in NAMES:
            low, ratio, high = figures.ratio("send_requests", name)
            verdict = "" if name != "aiohttp" else "met" if ratio >= GOAL else "missed"
            lines.append(
                [
                    to,
                    TITLES[name],
                    f"{figures.median(name):,.0f}",
                    f"{1e6 * figures.processor_median(name):,.0f}",
                    f"{ratio:.2f}",
                    f"{low:.2f} to {high:.2f}",
                    f"{figures.processor_ratio('send_requests', name):.2f}",
                    verdict,
                ]
            )
    return lines


def memory(endpoint: str, messages: int) -> list[str]:
    """Return peaks of memory while ``send_requests`` sends so many messages, in MiB."""
    process = Process(Module("send_requests", sys.executable), endpoint)
    process.start({"to": "users", "messages": messages, "in_flight": IN_FLIGHT})
    kib: list[int] = process.result()["kib"]
    process.close()
    grown = 1024 * (kib[9] - kib[0]) / (0.9 * messages)
    return [f"{messages:,}", *(f"{kib[tenth] / 1024:.1f}" for tenth in (0, 4, 9)), f"{grown:.1f}"]


def main(arguments: Sequence[str]) -> None:
    """Run the benchmark."""
    parser = argparse.ArgumentParser(prog="python -m benchmarks.senders", description=__doc__)
    parser.add_argument("--quick", action="store_true", help="fewer rounds and messages")
    parser.add_argument("--memory", type=int, metavar="MESSAGES", help="watch memory over so many messages")
    options = parser.parse_args(arguments)
    rounds, messages = (3, 2_000) if options.quick else (5, 10_000)
    watched = options.memory or (20_000 if options.quick else 100_000)

    commands: dict[str, dict[str, Any]] = {
        f"{messages:,} to {'one group' if to == 'group' else 'as many users'}": {
            "to": to,
            "messages": messages,
            "in_flight": IN_FLIGHT,
        }
        for to in ("group", "users")
    }
    contenders = [Module(name, sys.executable) for name in NAMES]
    measured = {}
    with server() as endpoint:
        with processes(contenders, endpoint) as running:
            for title, figures in rates(running, commands, rounds).items():
                measured[f"{title}, no round trip"] = figures
        watched_row = memory(endpoint, watched)
    with far_server(ROUND_TRIP) as endpoint, processes(contenders, endpoint) as running:
        one_group = dict([*commands.items()][:1])
        for title, figures in rates(running, one_group, rounds).items():
            measured[f"{title}, {1000 * ROUND_TRIP:.0f} ms away"] = figures
    print(f"Many requests, {IN_FLIGHT} in flight; the goal is {GOAL} of the rate of a loop around aiohttp.")
    print("Without a round trip, the processor is what limits all of them.\n")
    header = ["", "", "a second", "processor µs", "send_requests to it", "quartiles", "by processor time", ""]
    print(table(header, rows(measured)))
    print("\nMemory of send_requests.\n")
    print(table(["messages", "MiB at a tenth", "at half", "at the end", "bytes a message"], [watched_row]))
    print("\nPieces of text to one group, pieces a second by the round trip.\n")
    round_trips = [f"{1000 * round_trip:.0f} ms" for round_trip in pieces.ROUND_TRIPS]
    print(table(["", *round_trips], asyncio.run(pieces.measure())))


if __name__ == "__main__":
    main(sys.argv[1:])
