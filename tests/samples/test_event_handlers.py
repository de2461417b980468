"""The samples of event handlers, run as a reader would."""

import subprocess
import sys
from pathlib import Path

import pytest

from tests.limits import PATIENCE

ROOT = Path(__file__).parents[2]


@pytest.mark.parametrize(
    ("sample", "framework", "lines"),
    [
        (
            "event_handler_flask.py",
            "flask",
            [
                "connected as alice",
                "answered: alice, shout 1: HELLO!",
                "answered: alice, shout 2: ANYBODY THERE!",
            ],
        ),
        (
            "event_handler_starlette.py",
            "starlette",
            [
                'reply: {"type":"message","from":"server","dataType":"json","data":{"sum":6}}',
                'ack: {"type":"ack","ackId":1,"success":true}',
                "gone: alice because: That is all.",
            ],
        ),
    ],
)
def test_sample(sample: str, framework: str, lines: list[str]) -> None:
    pytest.importorskip(framework, reason="the dependency group `samples` is not installed")
    done = subprocess.run(
        [sys.executable, "-W", "error", ROOT / "samples" / sample],
        capture_output=True,
        cwd=ROOT,
        env={"PYTHONPATH": str(ROOT)},
        text=True,
        timeout=PATIENCE,
        check=False,
    )
    assert done.returncode == 0, done.stderr
    assert [line for line in done.stdout.splitlines() if line in lines] == lines
