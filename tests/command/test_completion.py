"""Completion in bash, zsh and fish."""

import os
import shutil
import subprocess
import sys
from pathlib import Path

import pytest

from tests.command.conftest import Run
from tests.limits import PATIENCE

SHELLS = ("bash", "zsh", "fish")
PROGRAM = """#!/bin/sh
exec {python} -m azure.messaging.webpubsubservice "$@"
"""

#: What was typed, and what may come next.
CASES = [
    (["webpubsub", "se"], {"send"}),
    (["webpubsub", "permissions", "gr"], {"grant"}),
    (
        ["webpubsub", "request", "send-to"],
        {"send-to-all", "send-to-connection", "send-to-group", "send-to-user"},
    ),
    (["webpubsub", "request", "close-connection", "--rea"], {"--reason"}),
    (["webpubsub", "permissions", "check", "chat", "send"], {"sendToGroup"}),
    (["webpubsub", "token", "chat", "--protocol", "M"], {"MQTT"}),
]
NAMES = ["a command", "a subcommand", "an operation", "an option", "a choice", "a choice of an option"]


@pytest.fixture
def path(tmp_path: Path) -> str:
    """A PATH on which the command is, installed or not."""
    script = tmp_path / "bin" / "webpubsub"
    script.parent.mkdir()
    script.write_text(PROGRAM.format(python=sys.executable), encoding="utf-8")
    script.chmod(0o755)
    return os.pathsep.join([str(script.parent), os.environ["PATH"]])


@pytest.mark.parametrize("shell", SHELLS)
def test_each_shell_has_a_script_that_it_reads(run: Run, shell: str) -> None:
    outcome = run("completion", shell)
    assert outcome.status == 0
    assert f"_WEBPUBSUB_COMPLETE={shell}_complete" in outcome.stdout
    if (program := shutil.which(shell)) is not None:
        subprocess.run([program, "-n"], input=outcome.stdout, text=True, timeout=PATIENCE, check=True)


@pytest.mark.parametrize("shell", SHELLS)
@pytest.mark.parametrize(("words", "expected"), CASES, ids=NAMES)
def test_each_shell_is_answered_in_its_form(
    run: Run,
    capsys: pytest.CaptureFixture[str],
    monkeypatch: pytest.MonkeyPatch,
    shell: str,
    words: list[str],
    expected: set[str],
) -> None:
    monkeypatch.setenv("_WEBPUBSUB_COMPLETE", f"{shell}_complete")
    monkeypatch.setenv("COMP_WORDS", " ".join(words))
    monkeypatch.setenv("COMP_CWORD", words[-1] if shell == "fish" else str(len(words) - 1))
    with pytest.raises(SystemExit):
        run()
    lines = capsys.readouterr().out.splitlines()
    if shell == "zsh":  # type, value and help, a line each
        assert set(lines[1::3]) == expected
    else:  # type and value, and in fish help
        assert {line.partition(",")[2].partition("\t")[0] for line in lines} == expected


@pytest.mark.skipif(shutil.which("bash") is None, reason="no bash here")
@pytest.mark.parametrize(("words", "expected"), CASES[::2], ids=NAMES[::2])
def test_bash_completes(run: Run, path: str, words: list[str], expected: set[str]) -> None:
    script = run("completion", "bash").stdout
    begun = " ".join(f"'{word}'" for word in words)
    asked = f"""{script}
COMP_WORDS=({begun})
COMP_CWORD={len(words) - 1}
_webpubsub_completion webpubsub
printf '%s\\n' "${{COMPREPLY[@]}}"
"""
    done = subprocess.run(
        ["bash", "-c", asked],
        env={**os.environ, "PATH": path},
        capture_output=True,
        text=True,
        timeout=PATIENCE,
        check=False,
    )
    assert set(done.stdout.split()) == expected, done.stderr
