"""Run the contenders in turn and keep what they report."""

import json
import os
import resource
import statistics
import subprocess
import sys
import time
from collections.abc import Iterable, Iterator, Mapping, Sequence
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from typing_extensions import Self

HERE = Path(__file__).parent


@dataclass(frozen=True)
class Contender:
    """A module of ``contenders``, and the interpreter whose environment has what it measures."""

    name: str
    python: str

    def command(self, *arguments: str) -> list[str]:
        """Return the command that runs it."""
        return [self.python, str(HERE / "contenders"), self.name, *arguments]


class Process:
    """A contender that is running, and waits for what to do."""

    def __init__(self, contender: Contender, endpoint: str) -> None:
        self._process = subprocess.Popen(
            contender.command(endpoint),
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            text=True,
            env=environment(),
        )

    def start(self, command: Mapping[str, Any]) -> None:
        """Start a command."""
        assert self._process.stdin is not None
        self._process.stdin.write(json.dumps(command) + "\n")
        self._process.stdin.flush()

    def result(self) -> Any:
        """Wait for its figures."""
        assert self._process.stdout is not None
        line = self._process.stdout.readline()
        if not line:
            raise RuntimeError(f"{self._process.args!r} ended with exit code {self._process.wait()}")
        return json.loads(line)

    def close(self) -> None:
        """End it, and wait until it has ended."""
        self._process.communicate()


def environment() -> dict[str, str]:
    """Return this process's environment without what changes which modules are imported, and how fast."""
    return {name: value for name, value in os.environ.items() if not name.startswith("PYTHON")}


@contextmanager
def server() -> Iterator[str]:
    """Run the server in a process of its own, and yield its endpoint.

    It stays on one processor, where the system can see to that: a server that wanders now shares a client's
    processor, now does not. Clients may use them all, as where they are used: some have threads of their own.
    """
    with subprocess.Popen(
        [sys.executable, str(HERE / "server.py")], stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True
    ) as process:
        if sys.platform == "linux":
            os.sched_setaffinity(process.pid, [max(os.sched_getaffinity(0))])
        assert process.stdout is not None
        yield f"http://127.0.0.1:{process.stdout.readline().strip()}"
        process.communicate()


@contextmanager
def processes(contenders: Sequence[Contender], endpoint: str) -> Iterator[dict[str, Process]]:
    """Run the contenders, and yield them by name."""
    with ExitStack() as stack:
        running = {}
        for contender in contenders:
            running[contender.name] = Process(contender, endpoint)
            stack.callback(running[contender.name].close)
        yield running


@dataclass(frozen=True)
class Rates:
    """How often a second each contender did one thing, round by round."""

    rounds: Mapping[str, list[float]]
    processor: Mapping[str, list[float]]
    """Seconds of its own processor time that each needed to do it once."""

    @classmethod
    def of(cls, names: Iterable[str]) -> Self:
        """Return the rates of these contenders before the first round."""
        names = list(names)
        return cls({name: [] for name in names}, {name: [] for name in names})

    def add(self, name: str, count: float, seconds: float, processor_seconds: float) -> None:
        """Add a round, in which ``name`` did it ``count`` times."""
        self.rounds[name].append(count / seconds)
        self.processor[name].append(processor_seconds / count)

    def median(self, name: str) -> float:
        """Return how often a second ``name`` did it."""
        return statistics.median(self.rounds[name])

    def processor_median(self, name: str) -> float:
        """Return the seconds of processor time in which ``name`` did it."""
        return statistics.median(self.processor[name])

    def ratio(self, name: str, base: str) -> tuple[float, float, float]:
        """Return the lower quartile, the median and the upper quartile of ``name``'s rate by ``base``'s.

        The two rates of one round were measured one after the other, on a machine in about the same state.
        """
        ratios = [a / b for a, b in zip(self.rounds[name], self.rounds[base], strict=True)]
        low, middle, high = statistics.quantiles(ratios, n=4, method="inclusive")
        return low, middle, high

    def processor_quartiles(self, name: str, base: str) -> tuple[float, float, float]:
        """Return the quartiles of ``name``'s processor time by ``base``'s, round by round."""
        ratios = [a / b for a, b in zip(self.processor[name], self.processor[base], strict=True)]
        low, middle, high = statistics.quantiles(ratios, n=4, method="inclusive")
        return low, middle, high

    def processor_ratio(self, name: str, base: str) -> float:
        """Return ``name``'s rate by ``base``'s, if the processor had nothing else to do."""
        return self.processor_median(base) / self.processor_median(name)


def rates(
    running: Mapping[str, Process], commands: Mapping[str, Mapping[str, Any]], rounds: int
) -> dict[str, Rates]:
    """Run every command with every contender in turns: once to warm up, then ``rounds`` times.

    A round goes through all commands, so that they too were measured on a machine in about the same state.
    """
    measured = {title: Rates.of(running) for title in commands}
    names = list(running)
    for number in range(rounds + 1):
        names.append(names.pop(0))  # no one is always first
        for title, command in commands.items():
            for name in names:
                running[name].start(command)
                figures = running[name].result()
                if number:
                    measured[title].add(
                        name, figures["count"], figures["seconds"], figures["processor_seconds"]
                    )
    return measured


def cold_starts(contenders: Sequence[Contender], endpoint: str, mode: str, rounds: int) -> Rates:
    """Start every contender in turns, and time it from the start of its process to the first answer."""
    measured = Rates.of(contender.name for contender in contenders)
    for number in range(rounds + 1):
        for contender in contenders:
            start, used = time.perf_counter(), _processor_time_of_children()
            with subprocess.Popen(
                contender.command(endpoint, mode), stdout=subprocess.PIPE, text=True, env=environment()
            ) as process:
                assert process.stdout is not None
                if process.stdout.readline() != "sent\n":
                    raise RuntimeError(f"{contender.name} sent nothing")
                elapsed = time.perf_counter() - start
            if number:  # the first start fills the caches of compiled modules and of the disk
                measured.add(contender.name, 1, elapsed, _processor_time_of_children() - used)
    return measured


def _processor_time_of_children() -> float:
    """Return the seconds of processor time of all processes that were started here and have ended."""
    usage = resource.getrusage(resource.RUSAGE_CHILDREN)
    return usage.ru_utime + usage.ru_stime
