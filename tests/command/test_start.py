"""Ctrl+C while a program is still being imported: exit status 130, and no traceback."""

import os
import re
import subprocess
import sys
from pathlib import Path

import pytest

from tests.limits import PATIENCE

PACKAGE = "azure.messaging.webpubsubservice"
PYPROJECT = Path(__file__).parents[2] / "pyproject.toml"

#: Python imports this module before anything else. It interrupts the process where a module is imported.
INTERRUPT = """
import os, signal, sys

class Interrupt:
    def find_spec(self, name, path=None, target=None):
        if name == os.environ["INTERRUPT_AT"]:
            signal.raise_signal(signal.SIGINT)

sys.meta_path.insert(0, Interrupt())
"""


def script() -> list[str]:
    """Return how a shell's ``webpubsub`` starts, as its installer writes it."""
    found = re.search(r'^webpubsub = "(.+):(.+)"', PYPROJECT.read_text(encoding="utf-8"), re.MULTILINE)
    assert found is not None
    return ["-c", f"import sys; from {found[1]} import {found[2]}; sys.exit({found[2]}())"]


#: Each program, and an early and a late moment of its start.
MOMENTS = [
    ([*script(), "completion", "bash"], PACKAGE),
    ([*script(), "completion", "bash"], "click"),
    (["-m", PACKAGE, "completion", "bash"], f"{PACKAGE}._client"),
    (["-m", PACKAGE, "completion", "bash"], f"{PACKAGE}._command._completion"),
    ([f"-m{PACKAGE}.emulator", "--port", "0"], "azure.core"),
    (["-m", f"{PACKAGE}.emulator", "--port", "0"], f"{PACKAGE}.emulator._command.run"),
]


def interrupt(folder: Path, arguments: list[str], module: str) -> subprocess.CompletedProcess[str]:
    (folder / "sitecustomize.py").write_text(INTERRUPT, encoding="utf-8")
    path = os.pathsep.join([str(folder), str(PYPROJECT.parent)])
    return subprocess.run(
        [sys.executable, *arguments],
        env={**os.environ, "PYTHONPATH": path, "INTERRUPT_AT": module},
        capture_output=True,
        text=True,
        timeout=PATIENCE,
        check=False,
    )


@pytest.mark.parametrize(("arguments", "module"), MOMENTS)
def test_an_interrupt_while_importing_is_130(tmp_path: Path, arguments: list[str], module: str) -> None:
    done = interrupt(tmp_path, arguments, module)
    assert (done.returncode, done.stdout, done.stderr.strip()) == (130, "", "")


def test_a_program_that_imports_the_package_gets_its_own_interrupts(tmp_path: Path) -> None:
    (tmp_path / "app").mkdir()
    (tmp_path / "app" / "__init__.py").write_text(
        f"try:\n    import {PACKAGE}\nexcept KeyboardInterrupt:\n    print('cleaned up')\n", encoding="utf-8"
    )
    (tmp_path / "app" / "__main__.py").write_text("", encoding="utf-8")
    done = interrupt(tmp_path, ["-m", "app", "-m", PACKAGE], "azure.core")
    assert (done.returncode, done.stdout, done.stderr) == (0, "cleaned up\n", "")
