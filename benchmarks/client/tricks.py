"""What each trick of the client is worth: its processor time without the trick by that with it."""

from collections.abc import Mapping

from benchmarks.client.measure import Contender, Rates, processes, rates
from benchmarks.client.report import table

__all__ = ["measure", "report"]

TRICKS = {
    "transports": "transports of our own in place of azure-core's",
    "policies": "policies of our own in place of azure-core's",
    "runners": "one policy for a flow and the policies around it",
    "memory": "memory that is not mapped again for each read",
    "tokens": "tokens that are kept while they are valid",
    "urls": "URLs that are kept once checked",
    "requests": "requests of our own in place of azure-core's",
}
COMMANDS = {
    "sync": {"do": "sync", "size": 100},
    "async": {"do": "async", "size": 100, "in_flight": 16},
}


def measure(python: str, endpoint: str, rounds: int, seconds: float) -> dict[str, Rates]:
    """Send with all tricks and without each, in turns, three times as often as usual."""
    contenders = [Contender(name, python) for name in ("ours", *(f"tricks:{trick}" for trick in TRICKS))]
    commands = {title: {**command, "seconds": seconds} for title, command in COMMANDS.items()}
    with processes(contenders, endpoint) as running:
        return rates(running, commands, 3 * rounds)


def report(measured: Mapping[str, Rates]) -> str:
    """Return the table of what each trick is worth by the best rounds, with the quartiles of all rounds."""
    rows = []
    for trick, meaning in TRICKS.items():
        cells = []
        for rate in measured.values():
            low, _, high = rate.processor_quartiles(f"tricks:{trick}", "ours")
            # The best rounds: whatever else the machine does can only add to the processor time of a send.
            worth = min(rate.processor[f"tricks:{trick}"]) / min(rate.processor["ours"])
            cells += [f"{worth:.2f}x", f"{low:.2f} to {high:.2f}"]
        rows.append([meaning, *cells])
    header = ["", *(cell for title in measured for cell in (title, "quartiles"))]
    return table(header, rows)
