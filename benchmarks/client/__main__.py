"""Measure, print the tables, and write them and a plot."""

import argparse
import platform
import sys
import time
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from benchmarks.client import report, tricks
from benchmarks.client.measure import Contender, Process, Rates, cold_starts, processes, rates, server

IN_FLIGHT = [1, 4, 16, 64, 128]
SYNC = ("ours", "published", "bare_requests", "bare_urllib3")
ASYNC = ("ours", "published", "bare_aiohttp")
BOTH = ("ours", "published")


@dataclass(frozen=True)
class Effort:
    """How long to measure."""

    rounds: int
    seconds: float
    cold_rounds: int
    messages: int
    """How many messages the clients send whose memory is watched."""


THOROUGH = Effort(rounds=9, seconds=0.2, cold_rounds=15, messages=100_000)
QUICK = Effort(rounds=5, seconds=0.1, cold_rounds=5, messages=5_000)

RATES: Sequence[tuple[Sequence[str], Mapping[str, Mapping[str, Any]]]] = [
    (
        SYNC,
        {
            "sync, 100 B": {"do": "sync", "size": 100},
            "sync, 10 kB": {"do": "sync", "size": 10_000},
            "sync, 1 MB": {"do": "sync", "size": 1_000_000},
        },
    ),
    (
        ASYNC,
        {
            f"async, {in_flight} in flight, {title}": {"do": "async", "size": size, "in_flight": in_flight}
            for title, size, several in (
                ("100 B", 100, IN_FLIGHT),
                ("10 kB", 10_000, [1, 16, 128]),
                ("1 MB", 1_000_000, [1, 16, 128]),
            )
            for in_flight in several
        },
    ),
    (BOTH, {"builder": {"do": "builder"}, "token": {"do": "token"}}),
]


def measure(contenders: Mapping[str, Contender], endpoint: str, effort: Effort) -> dict[str, Rates]:
    """Measure everything but memory."""
    measurements = {}
    for names, commands in RATES:
        some = [contenders[name] for name in names if name in contenders]
        timed = {title: {**command, "seconds": effort.seconds} for title, command in commands.items()}
        with processes(some, endpoint) as running:
            measurements.update(rates(running, timed, effort.rounds))
    for mode, names in (("sync", SYNC), ("async", ASYNC)):
        some = [contenders[name] for name in names if name in contenders]
        measurements[f"cold start, {mode}"] = cold_starts(some, endpoint, mode, effort.cold_rounds)
    return measurements


def memory(
    contenders: Mapping[str, Contender], endpoint: str, messages: int
) -> dict[str, dict[str, list[int]]]:
    """Watch the memory of clients that send each message to another user, all clients at the same time.

    The published package sends a tenth of the messages, for it would take minutes longer than the rest.
    """
    running = {}
    for name in BOTH:
        for mode in ("sync", "async"):
            if name in contenders:
                running[f"{name}, {mode}"] = process = Process(contenders[name], endpoint)
                count = messages if name == "ours" else messages // 10
                process.start({"do": f"{mode} memory", "messages": count})
    points = {title: process.result() for title, process in running.items()}
    for process in running.values():
        process.close()
    return points


def main(arguments: Sequence[str]) -> None:
    """Run the benchmark."""
    parser = argparse.ArgumentParser(prog="python -m benchmarks.client", description=__doc__)
    parser.add_argument("--published", metavar="PYTHON", help="interpreter that has the published package")
    parser.add_argument(
        "--output", type=Path, default=Path("benchmarks", "results"), help="folder to write to"
    )
    parser.add_argument("--quick", action="store_true", help="a minute instead of several")
    parser.add_argument("--tricks", action="store_true", help="only what each trick of the client is worth")
    parser.add_argument("--no-memory", action="store_true", help="leave out what memory is watched on")
    options = parser.parse_args(arguments)

    effort = QUICK if options.quick else THOROUGH
    contenders = {name: Contender(name, sys.executable) for name in {*SYNC, *ASYNC} - {"published"}}
    if options.published:
        contenders["published"] = Contender("published", options.published)

    start = time.perf_counter()
    if options.tricks:
        with server() as endpoint:
            print(tricks.report(tricks.measure(sys.executable, endpoint, effort.rounds, effort.seconds)))
        return
    with server() as endpoint:
        measurements = measure(contenders, endpoint, effort)
        points = {} if options.no_memory else memory(contenders, endpoint, effort.messages)
    machine = f"Python {platform.python_version()} on {platform.system()} {platform.machine()}"
    parts = [f"{machine}, medians of {effort.rounds} rounds, {time.perf_counter() - start:.0f} s in all."]
    if options.published:
        parts.append(report.targets(measurements))
    parts.append(report.everything(measurements))
    if points:
        parts.append(report.memory(points))
    text = "\n\n".join(parts) + "\n"
    print(text)
    options.output.mkdir(parents=True, exist_ok=True)
    (options.output / "client.md").write_text(text, encoding="utf-8")
    report.plot(measurements, IN_FLIGHT, options.output / "client.png")


if __name__ == "__main__":
    main(sys.argv[1:])
