"""Imports go one way: `layers.toml` beside this file says which."""

from pathlib import Path

import pytest
from importlinter.cli import lint_imports

LAYERS = Path(__file__).with_name("layers.toml")
SOURCES = Path(__file__).parents[2] / "azure"


@pytest.mark.skipif(not SOURCES.exists(), reason="the sources are not here")
def test_every_wing_is_a_stack(capsys: pytest.CaptureFixture[str]) -> None:
    code = lint_imports(config_filename=str(LAYERS), no_cache=True, show_timings=False)
    assert code == 0, capsys.readouterr().out
