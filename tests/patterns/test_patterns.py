"""No input is a trap: the time that a pattern takes grows with the text, and not faster."""

import json
import re
import subprocess
import sys

import pytest

from tests.limits import PATIENCE
from tests.patterns.attack import grows_too_fast
from tests.patterns.collect import ELSEWHERE, ROOT, SOURCES, Pattern, elsewhere


@pytest.mark.skipif(
    not all(folder.exists() for folder in SOURCES.values()), reason="the sources are not here"
)
def test_every_pattern_takes_linear_time() -> None:
    command = [sys.executable, "-m", "tests.patterns.attack"]
    try:  # an exponential one takes years; all others together take a few seconds
        done = subprocess.run(
            command, capture_output=True, text=True, cwd=ROOT, timeout=PATIENCE, check=False
        )
    except subprocess.TimeoutExpired as error:
        output = error.stdout or b""
        last = (output.decode() if isinstance(output, bytes) else output).strip().splitlines()[-1:]
        pytest.fail(f"this pattern does not end: {last}")
    assert done.returncode == 0, done.stderr
    result = json.loads(done.stdout.splitlines()[-1])
    assert result["failed"] == []
    assert result["count"] > 50


@pytest.mark.skipif(
    not all(folder.exists() for folder in SOURCES.values()), reason="the sources are not here"
)
def test_each_pattern_that_is_tried_elsewhere_is_still_there() -> None:
    assert set(ELSEWHERE) == set(elsewhere())


@pytest.mark.parametrize(
    ("text", "method"),
    [
        (r"eyJ[A-Za-z0-9_-]+\.[A-Za-z0-9_-]+\.[A-Za-z0-9_-]*", "search"),
        (r"[a-z]+@", "sub"),
        (r"\s*,\s*x", "search"),
        (r"(?:a|b)*c", "search"),
        (r"a*a*b", "match"),
    ],
)
def test_a_quadratic_pattern_is_found(text: str, method: str) -> None:
    assert grows_too_fast(Pattern("here", method, re.compile(text)))


@pytest.mark.parametrize(
    ("text", "method"),
    [(r"(?:[a-z]+|%[0-9]{2})*", "fullmatch"), (r"(?:[a-z]*,?)*;", "match"), (r"(a|a)*b", "match")],
)
def test_an_exponential_pattern_is_found_at_24_characters(text: str, method: str) -> None:
    assert grows_too_fast(Pattern("here", method, re.compile(text)))


@pytest.mark.parametrize(
    ("text", "method"),
    [(r"[a-z]+@", "match"), (r"[a-z]{1,9}@", "search"), (r"(?:[a-z]|%[0-9]{2})*", "fullmatch")],
)
def test_a_linear_pattern_is_not(text: str, method: str) -> None:
    assert grows_too_fast(Pattern("here", method, re.compile(text))) is None
