"""The figures as tables and as a plot."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

from benchmarks.client.measure import Rates


@dataclass(frozen=True)
class Target:
    """A ratio that the client is held to."""

    title: str
    measurement: str
    base: str
    goal: float
    of_time: bool = False
    """Whether it is a ratio of times, where less is better, instead of one of rates."""

    def row(self, measurements: Mapping[str, Rates]) -> list[str]:
        """Return the target's line: what, against whom, the goal, the ratio, how sure it is, the verdict."""
        measured = measurements[self.measurement]
        low, ratio, high = measured.ratio("ours", self.base)
        processor = measured.processor_ratio("ours", self.base)
        if self.of_time:
            low, ratio, high, processor = 1 / high, 1 / ratio, 1 / low, 1 / processor
        met = ratio <= self.goal if self.of_time else ratio >= self.goal
        goal = f"{'at most' if self.of_time else 'at least'} {self.goal}"
        verdict = "met" if met else "missed"
        quartiles = f"{low:.2f} to {high:.2f}"
        return [self.title, self.base, goal, f"{ratio:.2f}", quartiles, f"{processor:.2f}", verdict]


TARGETS = [
    Target("sync, messages a second", "sync, 100 B", "published", 2.5),
    Target("sync, messages a second", "sync, 100 B", "bare_requests", 0.9),
    Target("async, 1 in flight, messages a second", "async, 1 in flight, 100 B", "published", 4),
    Target("async, 16 in flight, messages a second", "async, 16 in flight, 100 B", "published", 4),
    Target("async, 16 in flight, messages a second", "async, 16 in flight, 100 B", "bare_aiohttp", 0.6),
    Target("builder with five parameters, time", "builder", "published", 0.4, of_time=True),
    Target("cold start, sync, time", "cold start, sync", "published", 0.9, of_time=True),
    Target("cold start, async, time", "cold start, async", "published", 0.9, of_time=True),
]


def table(header: Sequence[str], rows: Sequence[Sequence[str]]) -> str:
    """Return a Markdown table whose columns are aligned."""
    lines = [header, *rows]
    widths = [max(len(line[column]) for line in lines) for column in range(len(header))]
    padded = [
        "| " + " | ".join(cell.ljust(width) for cell, width in zip(line, widths, strict=True)) + " |"
        for line in lines
    ]
    return "\n".join([padded[0], "|" + "|".join("-" * (width + 2) for width in widths) + "|", *padded[1:]])


def targets(measurements: Mapping[str, Rates]) -> str:
    """Return the table of ratios beside what they should be, for what was measured."""
    header = ["", "against", "goal", "ratio", "quartiles", "by processor time", ""]
    return table(
        header, [target.row(measurements) for target in TARGETS if target.measurement in measurements]
    )


def everything(measurements: Mapping[str, Rates]) -> str:
    """Return the table of all rates and times."""
    rows = []
    for title, measured in measurements.items():
        for name in measured.rounds:
            rate = measured.median(name)
            rows.append(
                [
                    title,
                    name,
                    f"{rate:,.0f}" if rate >= 100 else f"{rate:.2f}",
                    f"{1e6 / rate:,.0f}",
                    f"{1e6 * measured.processor_median(name):,.0f}",
                    f"{measured.ratio('ours', name)[1]:.2f}",
                ]
            )
    return table(["", "contender", "a second", "µs", "processor µs", "ours to it"], rows)


def memory(points: Mapping[str, Mapping[str, Sequence[int]]]) -> str:
    """Return the table of peaks of resident memory."""
    rows = [
        [
            title,
            f"{values['sent'][-1]:,}",
            *(f"{values['kib'][tenth] / 1024:.1f}" for tenth in (0, 4, 9)),
            f"{1024 * (values['kib'][9] - values['kib'][0]) / (values['sent'][9] - values['sent'][0]):.1f}",
        ]
        for title, values in points.items()
    ]
    header = [
        "",
        "messages",
        "MiB at a tenth",
        "at half",
        "at the end",
        "bytes a message after the first tenth",
    ]
    return table(header, rows)


STYLES = {
    "ours": ("this package", "#0078d4"),
    "published": ("published 1.3.0", "#8a8886"),
    "bare_aiohttp": ("bare aiohttp", "#107c10"),
    "bare_requests": ("bare requests", "#ca5010"),
}


def plot(measurements: Mapping[str, Rates], in_flight: Sequence[int], path: Path) -> None:
    """Draw throughput against messages in flight: asynchronous clients as lines, synchronous ones at 1."""
    # Only `nox -s bench` installs it, and only this function needs it.
    from matplotlib.figure import Figure  # noqa: PLC0415 # pyright: ignore[reportMissingImports]

    figure = Figure(figsize=(8, 4), layout="constrained")
    axes = figure.subplots()
    for name in ("bare_aiohttp", "ours", "published"):
        lines = [measurements[f"async, {number} in flight, 100 B"] for number in in_flight]
        if all(name in line.rounds for line in lines):
            title, colour = STYLES[name]
            medians = [line.median(name) for line in lines]
            axes.plot(in_flight, medians, marker="o", color=colour, label=f"{title}, asynchronous")
    sync = measurements["sync, 100 B"]
    for name in ("bare_requests", "ours", "published"):
        if name in sync.rounds:
            title, colour = STYLES[name]
            axes.scatter(1, sync.median(name), marker="D", color=colour, label=f"{title}, synchronous")
    axes.set_xscale("log", base=2)
    axes.set_xticks(in_flight, [str(number) for number in in_flight])
    axes.set_ylim(bottom=0)
    axes.set_xlabel("messages in flight, against a server on the same machine")
    axes.set_ylabel("messages of 100 B a second")
    axes.grid(alpha=0.3)
    figure.legend(loc="outside right upper", frameon=False)
    figure.savefig(path, dpi=144)
