import os
import shutil
import subprocess
import sys
from collections.abc import Callable, Mapping
from pathlib import Path

import pytest

import azure.messaging.webpubsubservice as package
from tests.limits import PATIENCE

ROOT = Path(__file__).parents[2]
Run = Callable[..., "subprocess.CompletedProcess[str]"]


@pytest.fixture(scope="session")
def environment(tmp_path_factory: pytest.TempPathFactory) -> Mapping[str, str]:
    """The variables of a person who has installed the package and set nothing up."""
    inherited = {
        name: value for name, value in os.environ.items() if not name.startswith(("PYTHON", "WEBPUBSUB_"))
    }
    return inherited | {
        "PYTHONPATH": str(Path(package.__path__[0]).parents[2]),
        "PYTHONPYCACHEPREFIX": str(tmp_path_factory.mktemp("bytecode")),  # once, not in each process
        "PYTHONUTF8": "1",
    }


@pytest.fixture
def checkout(tmp_path: Path) -> Path:
    """A copy of what a reader has at hand in the repository's folder, free to be changed."""
    for name in ("samples", "swagger", "tests/codegen", "tests/samples"):
        shutil.copytree(ROOT / name, tmp_path / name, ignore=shutil.ignore_patterns("__pycache__"))
    for name in ("autorest.md", "pyproject.toml"):
        shutil.copy(ROOT / name, tmp_path)
    (tmp_path / "azure" / "messaging").mkdir(parents=True)
    shutil.copytree(package.__path__[0], tmp_path / "azure" / "messaging" / "webpubsubservice")
    shutil.copy(ROOT / "samples" / "file.json", tmp_path)
    return tmp_path


@pytest.fixture
def run_python(environment: Mapping[str, str]) -> Run:
    """Run Python in a process of its own, where a warning is an error."""

    def run(*arguments: str | Path, cwd: Path) -> "subprocess.CompletedProcess[str]":
        command = [sys.executable, "-W", "error", *map(str, arguments)]
        return subprocess.run(
            command, cwd=cwd, env=environment, capture_output=True, text=True, timeout=PATIENCE, check=False
        )

    return run
