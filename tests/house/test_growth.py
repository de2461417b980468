"""No input takes more than linear time, even an attacker's. `growth.py` beside this file measures it."""

import json
import subprocess
import sys
from pathlib import Path

import pytest

from tests.house.growth import BOUND, LIMIT, ROWS
from tests.limits import PATIENCE

ROOT = Path(__file__).parents[2]


@pytest.fixture(scope="module")
def measured() -> dict[str, float | None]:
    command = [sys.executable, "-m", "tests.house.growth"]
    done = subprocess.run(command, cwd=ROOT, capture_output=True, text=True, timeout=PATIENCE, check=False)
    assert done.returncode == 0, done.stderr
    return dict(map(json.loads, done.stdout.splitlines()))


@pytest.mark.parametrize("name", ROWS)
def test_the_time_grows_with_the_input_and_not_faster(name: str, measured: dict[str, float | None]) -> None:
    ratio = measured[name]
    assert ratio is not None, f"more than {LIMIT} seconds of processor time"
    assert ratio < BOUND, "sixteen times the input takes 16 times as long if that is linear, 256 if quadratic"
