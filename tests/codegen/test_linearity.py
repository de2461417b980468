"""Patterns of documents: those that could take more than linear time are passed over."""

import json
import random
import re
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path

import pytest

from openapi_request_builders.model.linearity import is_linear
from openapi_request_builders.model.patterns import translate
from tests.codegen.conftest import Generate, document, operation
from tests.limits import PATIENCE

ROOT = Path(__file__).parents[2]
LINEAR = (
    r"^[a-zA-Z0-9-_]{1,63}$",
    r"^[A-Za-z][A-Za-z0-9_`,.[\]]{0,127}$",
    r"^(?!\s+$).+$",
    r"^[a-zA-Z0-9]+(-[a-zA-Z0-9]+)*$",
    r"^[a-z0-9]([-a-z0-9]*[a-z0-9])?(\.[a-z0-9]([-a-z0-9]*[a-z0-9])?)*$",
    r"^(([a-zA-Z]|[a-zA-Z][a-zA-Z0-9\-]*[a-zA-Z0-9])\.)*([A-Za-z]|[A-Za-z][A-Za-z0-9\-]*[A-Za-z0-9])$",
    r"^[0-9a-fA-F]{8}-[0-9a-fA-F]{4}-[0-9a-fA-F]{4}-[0-9a-fA-F]{4}-[0-9a-fA-F]{12}$",
    r"^/subscriptions/[^/]+/resourceGroups/[^/]+$",
    r"^(\d{1,3}\.){3}\d{1,3}$",
    r"^v[0-9]+(\.[0-9]+)*(-[a-z]+)?$",
    r"^(foo|far)*$",
    r"^[^@]+@[^@]+$",
    r"(^[a-z]+$)|(^[0-9]*$)",
    r"[0-9a-f]{8}-[0-9a-f]{4}",
    r"^a{1,30}a{1,30}$",
    r"[a-z]+",
    r"\S",
    r".*",
    "",
)
NOT_LINEAR = (
    r"^(a+)+$",
    r"^(a|a)*$",
    r"^(a|aa)+$",
    r"^(a*)*$",
    r"^(a?b?)*c$",
    r"^((a?)*b)*c$",
    r"^((a*)?b)*c$",
    r"^(.*a){11}$",
    r"^([a-zA-Z0-9]+\s?)*$",
    r"^([0-9]+,?)*$",
    r"^(([a-z])+.)+[A-Z]([a-z])+$",
    r"^(x+x+)+y$",
    r"(x+x+)+y",
    r"^\S+@\S+$",
    r"^\s*\s*$",
    r"^[a-z]+[a-z0-9]+$",
    r"^.*.*$",
    r"^(?:a{1,40}){1,40}$",
    r"((b{1,3})*a)?",
    r"^(?=(a+)+$)b",
    r"^(?:(?=[a-z]+1)[a-z])*$",
    r"^a*?(?!a*b)c$",
    r"^(a+)\1+$",
    r"[a-z]+@[a-z]+\.com",
    r"foo[a-z]*bar",
    r"\s+$",
)


@pytest.mark.parametrize("pattern", LINEAR)
def test_a_linear_pattern(pattern: str) -> None:
    assert is_linear(str(translate(pattern)))


@pytest.mark.parametrize("pattern", NOT_LINEAR)
def test_a_pattern_that_is_not_linear(pattern: str) -> None:
    assert not is_linear(str(translate(pattern)))


@pytest.mark.parametrize(
    ("pattern", "longest"),
    [(r"^\S+@\S+$", 300), (r"^[a-z]+[a-z0-9]+$", 300), (r"\s+$", 300), (r"^(a|b){2}(a|b){2}$", 2000)],
)
def test_a_pattern_that_is_harmless_up_to_a_length(pattern: str, longest: int) -> None:
    assert is_linear(str(translate(pattern)), longest)


@pytest.mark.parametrize("pattern", [r"^(a+)+$", r"^(a|aa)+$", r"^\S+@\S+@\S+$"])
def test_a_pattern_whose_length_does_not_help(pattern: str) -> None:
    assert not is_linear(str(translate(pattern)), 300)


def made_up(chance: random.Random, depth: int) -> str:
    """Make a pattern up that is as often harmful as not."""
    form = chance.random()
    if depth == 0 or form < 0.25:
        return chance.choice(("a", "b", "[ab]", "c", "[^a]"))
    if form < 0.5:
        return made_up(chance, depth - 1) + made_up(chance, depth - 1)
    if form < 0.65:
        return f"(?:{made_up(chance, depth - 1)}|{made_up(chance, depth - 1)})"
    if form < 0.95:
        repeat = chance.choice(("*", "+", "?", "{2}", "{1,3}", "{0,40}", "*?", "+?"))
        return f"(?:{made_up(chance, depth - 1)}){repeat}"
    return f"(?{chance.choice('=!')}{made_up(chance, depth - 1)})"


PROGRAM = """
import json, re, sys, time
for pattern in json.load(sys.stdin):
    search = re.compile(pattern).search
    worst = 0
    for text in ("a", "b", "ab", "ba", "aab", "abc", "c"):
        for end in ("", "!"):
            growth = 99
            for _ in range(5):  # something else may take time from one of the two
                times = []
                for length in (1000, 4000):
                    start = time.process_time()
                    search(text * (length // len(text)) + end)
                    times.append(time.process_time() - start)
                # The clock tells nothing about less.
                growth = min(growth, times[1] / max(times[0], 0.01) if times[1] > 0.05 else 0)
                if growth < 10:
                    break
            worst = max(worst, growth)
    print(json.dumps([pattern, worst]), flush=True)
"""


def test_what_passes_is_linear_when_it_is_run() -> None:
    """A hundred patterns made up of repetitions in repetitions, in a process that can be given up."""
    chance = random.Random(7)
    patterns = [translate(each) for each in LINEAR]
    while len(patterns) < 120:
        start, end = chance.choice(("^", "^", "")), chance.choice((r"\Z", ""))
        pattern = f"{start}{made_up(chance, 4)}{end}"
        try:
            re.compile(pattern)
        except re.error:
            continue
        if len(pattern) > 20 and is_linear(pattern):
            patterns.append(pattern)
    done = subprocess.run(
        [sys.executable, "-c", PROGRAM],
        input=json.dumps(patterns),
        capture_output=True,
        text=True,
        timeout=PATIENCE,
        check=True,
    )
    rows = [json.loads(line) for line in done.stdout.splitlines()]
    assert len(rows) == len(patterns)
    assert [row for row in rows if row[1] > 10] == []


def test_a_pattern_that_is_not_linear_is_passed_over_with_a_note(run: Callable[..., str]) -> None:
    parameter = {"name": "x", "in": "query", "type": "string", "pattern": "^(a+)+$"}
    options = ("--input-file", "spec.json", "--namespace", "made.up", "--output-folder", ".")
    heard = run(*options, spec__json=document({"/a": {"get": operation(parameter)}}))
    assert heard == (
        "note: spec.json#/paths/~1a/get/parameters/0: the pattern ^(a+)+$ is left to the service to check\n"
        "    for some values, it would take more than linear time\n"
    )
    source = Path("made/up/rest/_builders.py").read_text(encoding="utf-8")
    assert "Matches ``^(a+)+$``, which only the service checks." in source
    assert "pattern" not in Path("made/up/rest/_parameters.py").read_text(encoding="utf-8")


def test_a_pattern_that_its_length_makes_harmless_is_checked(generate: Generate) -> None:
    parameter = {"name": "x", "in": "query", "type": "string", "pattern": r"^\S+@\S+$", "maxLength": 254}
    made = generate(document({"/a": {"get": operation(parameter, name="Get")}}))
    assert made.build_get_request(x="a@b").url == "/a?x=a%40b"
    with pytest.raises(ValueError, match="does not match"):
        made.build_get_request(x="ab")
