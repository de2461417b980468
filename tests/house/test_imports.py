"""Imports go one way: `layers.toml` beside this file says which."""

import subprocess
import sys
from pathlib import Path

import pytest

LAYERS = Path(__file__).with_name("layers.toml")
SOURCES = Path(__file__).parents[2] / "azure"
LINT = "from importlinter.cli import lint_imports_command; lint_imports_command()"


@pytest.mark.skipif(not SOURCES.exists(), reason="the sources are not here")
def test_every_wing_is_a_stack() -> None:
    # In its own process, because it configures logging, which would silence the loggers of every later test.
    options = [str(LAYERS), "--no-cache"]
    done = subprocess.run([sys.executable, "-c", LINT, *options], capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stdout + done.stderr
