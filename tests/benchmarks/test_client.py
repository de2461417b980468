"""The benchmark's own arithmetic, tables and server."""

import http.client
import sys

import pytest

from benchmarks.client import report, tricks
from benchmarks.client.measure import Contender, Rates, processes, rates, server


def test_a_ratio_is_the_median_of_the_rounds_ratios() -> None:
    # The machine is three times slower in one round, for both: that must not show.
    measured = Rates({"ours": [200, 66, 210, 190], "published": [100, 33, 100, 100]}, {})
    assert measured.ratio("ours", "published") == pytest.approx((1.975, 2.0, 2.025))
    assert measured.median("ours") == 195


@pytest.mark.parametrize(
    ("ours", "of_time", "row"),
    [
        ([300.0, 300.0], False, ["at least 2.5", "3.00", "3.00 to 3.00", "2.00", "met"]),
        ([200.0, 200.0], False, ["at least 2.5", "2.00", "2.00 to 2.00", "2.00", "missed"]),
        ([40.0, 50.0], True, ["at most 2.5", "2.22", "2.11 to 2.35", "0.50", "met"]),
        ([25.0, 25.0], True, ["at most 2.5", "4.00", "4.00 to 4.00", "0.50", "missed"]),
    ],
)
def test_a_target_is_met_or_missed(ours: list[float], of_time: bool, row: list[str]) -> None:
    target = report.Target("t", "sync", "published", 2.5, of_time=of_time)
    processor = {"ours": [0.1, 0.1], "published": [0.2, 0.2]}
    measured = Rates({"ours": ours, "published": [100.0, 100.0]}, processor)
    assert target.row({"sync": measured}) == ["t", "published", *row]


def test_a_table_is_aligned_markdown() -> None:
    assert report.table(["a", "bb"], [["ccc", "d"]]) == "| a   | bb |\n|-----|----|\n| ccc | d  |"


def test_memory_after_the_first_tenth_counts() -> None:
    points = {"ours": {"sent": [*range(100, 1100, 100)], "kib": [2048, *[3072] * 9]}}
    last = report.memory(points).splitlines()[-1]
    assert [cell.strip() for cell in last.split("|")[1:-1]] == [
        "ours",
        "1,000",
        "2.0",
        "3.0",
        "3.0",
        "1165.1",
    ]


def test_the_server_reads_by_length_and_answers() -> None:
    with server() as endpoint:
        connection = http.client.HTTPConnection(endpoint.removeprefix("http://"), timeout=10)
        for body in (b"", b"hello", b"x" * 3_000_000, b"hello"):
            connection.request("POST", "/", body)
            response = connection.getresponse()
            assert (response.status, response.read()) == (202, b"")
        connection.close()


def test_contenders_take_turns() -> None:
    names = ("bare_requests", "bare_urllib3")
    with (
        server() as endpoint,
        processes([Contender(name, sys.executable) for name in names], endpoint) as running,
    ):
        measured = rates(running, {"x": {"do": "sync", "size": 100, "seconds": 0.01}}, rounds=2)["x"]
    assert {name: len(measured.rounds[name]) for name in names} == dict.fromkeys(names, 2)
    assert all(rate > 0 for name in names for rate in measured.rounds[name])


def test_a_trick_is_worth_the_processor_time_that_is_needed_without_it() -> None:
    names = ["ours", *(f"tricks:{trick}" for trick in tricks.TRICKS)]
    # The machine is three times slower in one round, for all.
    times = {name: [3.0, 1.0, 1.0] if name == "ours" else [6.0, 2.0, 2.0] for name in names}
    text = tricks.report({"sync": Rates({}, times)})
    assert text.count("| 2.00x | 2.00 to 2.00 |") == len(tricks.TRICKS)


@pytest.mark.parametrize("trick", tricks.TRICKS)
def test_the_client_sends_without_each_of_its_tricks(trick: str) -> None:
    commands = {title: {**command, "seconds": 0.01} for title, command in tricks.COMMANDS.items()}
    with server() as endpoint:
        with processes([Contender(f"tricks:{trick}", sys.executable)], endpoint) as running:
            for measured in rates(running, commands, 1).values():
                assert measured.median(f"tricks:{trick}") > 0
