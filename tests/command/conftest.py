"""The command, in this process where that shows the same, and in one of its own where it does not."""

import io
import json
import os
import subprocess
import sys
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Protocol

import pytest

from azure.messaging.webpubsubservice.emulator import Emulator
from tests.limits import PATIENCE

for library in ("click", "rich", "dotenv"):
    pytest.importorskip(library)

MODULE = [sys.executable, "-W", "error", "-m", "azure.messaging.webpubsubservice"]


@dataclass(frozen=True)
class Outcome:
    """What a run of the command printed, and its exit status."""

    status: int
    stdout: str
    stderr: str

    def json(self) -> Any:
        return json.loads(self.stdout)


class Run(Protocol):
    def __call__(self, *arguments: str, stdin: bytes | None = b"") -> Outcome: ...


@pytest.fixture(scope="module")
def emulator() -> Iterator[Emulator]:
    with Emulator(allow_unvalidated_entra_tokens=True) as running:
        yield running


@pytest.fixture(autouse=True)
def fresh(emulator: Emulator, monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    """A folder without a .env, and an environment that names the emulator and nothing else."""
    emulator.clear_records()
    monkeypatch.chdir(tmp_path)
    for name in ("WEBPUBSUB_ENDPOINT", "WEBPUBSUB_REVERSE_PROXY_ENDPOINT"):
        monkeypatch.setenv(name, "")  # noted, so that what a test's .env sets is undone
        monkeypatch.delenv(name)
    monkeypatch.setenv("WEBPUBSUB_CONNECTION_STRING", emulator.connection_string)


@pytest.fixture
def run(capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch) -> Run:
    """Run the command in this process. Without ``stdin`` (``None``), its standard input is closed."""
    from azure.messaging.webpubsubservice._command import main  # noqa: PLC0415 - needs its extra

    def run(*arguments: str, stdin: bytes | None = b"") -> Outcome:
        monkeypatch.setattr("sys.stdin", None if stdin is None else io.TextIOWrapper(io.BytesIO(stdin)))
        capsys.readouterr()
        status = main(arguments)
        printed = capsys.readouterr()
        return Outcome(status, printed.out, printed.err)

    return run


@pytest.fixture
def process() -> Callable[..., Outcome]:
    """Run the command in a process of its own."""

    def run(*arguments: str, stdin: bytes = b"", env: Mapping[str, str] | None = None) -> Outcome:
        done = subprocess.run(
            [*MODULE, *arguments],
            input=stdin,
            capture_output=True,
            env={**os.environ, "PYTHONUTF8": "1", **(env or {})},
            timeout=PATIENCE,
            check=False,
        )
        return Outcome(done.returncode, done.stdout.decode(), done.stderr.decode())

    return run
