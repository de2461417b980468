"""Run the code blocks of a page against an emulator: ``python -m tests.samples.run_page PAGE``.

Blocks of Python share one namespace from the top of the page to its end, as a reader would have typed them
into one interpreter. A block with prompts is checked line by line, another one as a whole against the text
block that follows it; tests that it defines are called. Shell commands are run one by one, with the variables
that those before exported. Blocks of data are parsed.

What stands for a reader's own resource is replaced: ``<endpoint>``, ``<connection-string>``, ``somesecret``.
"""

import contextlib
import doctest
import io
import json
import os
import re
import shlex
import signal
import subprocess
import sys
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any

import yaml

from azure.messaging.webpubsubservice.emulator import Emulator
from azure.messaging.webpubsubservice.emulator._command.options import from_file
from azure.messaging.webpubsubservice.emulator._command.run import _toml as toml
from tests.samples.blocks import Block, blocks

#: Commands that go on until they are interrupted, and how the line begins that says that they are ready.
SERVERS = {
    "-m azure.messaging.webpubsubservice.emulator --port": "Ready",
    "webpubsub emulator": "Ready",
    "samples/chat.py": "http://",
}
CHECKED_ELSEWHERE = re.compile(r"(python -m )?(pip install|nox|venv)\b|\. \.venv/")
#: What a session of nox runs, once it has installed what that needs.
SESSIONS = {"python -m nox -s demo": "python samples/quickstart.py"}


class BlockError(Exception):
    """A block does not do what its page says."""


def run_page(page: Path) -> None:
    """Run every block.

    :raises BlockError: One fails; the text says where and how.
    """
    namespace: dict[str, Any] = {"__name__": "__main__"}
    with Emulator() as emulator:
        placeholders = {
            "<endpoint>": emulator.endpoint,
            "<connection-string>": emulator.connection_string,
            "somesecret": emulator.access_key,
        }
        for block in blocks(page):
            place = f"{page.name}, line {block.line}"
            runner = RUNNERS.get(block.language)
            if runner is None:
                raise BlockError(f"{place}: nothing runs a block of {block.language or 'no language'!r}")
            code = _fill_in(block.code, placeholders)
            output = None if block.output is None else _fill_in(block.output, placeholders)
            runner(Block(block.language, code, block.line, output), place, namespace)


def _fill_in(text: str, placeholders: Mapping[str, str]) -> str:
    for name, value in placeholders.items():
        text = text.replace(name, value)
    return text


def _python(block: Block, place: str, namespace: dict[str, Any]) -> None:
    if block.code.startswith(">>>"):
        _transcript(block, place, namespace)
        return
    code = compile("\n" * (block.line - 1) + block.code, place.partition(",")[0], "exec")
    before = set(namespace)
    with contextlib.redirect_stdout(io.StringIO()) as printed:
        exec(code, namespace)
        for test in sorted(name for name in set(namespace) - before if name.startswith("test_")):
            with Emulator() as emulator:
                namespace[test](webpubsub_emulator=emulator)
    _compare(printed.getvalue(), block.output or "", place)


def _transcript(block: Block, place: str, namespace: dict[str, Any]) -> None:
    # A line that is indented after its prompt goes on with the statement before it.
    text = re.sub(r"^>>>(?=\s{2,}\S)", "...", block.code, flags=re.MULTILINE)
    test = doctest.DocTestParser().get_doctest(text, namespace, place, None, 0)
    report = io.StringIO()
    runner = doctest.DocTestRunner(optionflags=doctest.ELLIPSIS)
    runner.run(test, out=report.write, clear_globs=False)
    namespace.update(test.globs)
    if runner.failures:
        raise BlockError(f"{place}:\n{report.getvalue()}")


def _shell(block: Block, place: str, _namespace: dict[str, Any]) -> None:
    printed = ""
    for line in block.code.replace("\\\n", " ").splitlines():
        command = line.partition(" #")[0].strip()
        command = SESSIONS.get(command, command)
        if ready := next((ready for server, ready in SERVERS.items() if server in command), None):
            printed += _serve(command, ready)
        elif command.startswith("export "):
            name, _, value = shlex.split(command)[1].partition("=")
            os.environ[name] = value
        elif command and not all(map(CHECKED_ELSEWHERE.match, map(str.strip, command.split("&&")))):
            done = subprocess.run(command, shell=True, capture_output=True, text=True, check=False)
            if done.returncode:
                raise BlockError(f"{place}: {command}\n{done.stdout}{done.stderr}")
            printed += done.stdout
    if block.output is not None:
        _compare(printed, block.output, place)


def _serve(command: str, ready: str) -> str:
    """Run a server, on a free port, until it is ready."""
    arguments = shlex.split(re.sub(r"--port \d+", "--port 0", command.replace("python", sys.executable, 1)))
    with subprocess.Popen(arguments, stdout=subprocess.PIPE, text=True) as process:
        assert process.stdout is not None
        printed = ""
        for line in process.stdout:
            printed += line
            if line.startswith(ready):
                process.send_signal(signal.SIGINT)
    if process.returncode:
        raise BlockError(f"{command}: exit status {process.returncode}\n{printed}")
    return printed


def _compare(printed: str, promised: str, place: str) -> None:
    checker, example = doctest.OutputChecker(), doctest.Example("", promised)
    if not checker.check_output(promised, printed, doctest.ELLIPSIS):
        difference = checker.output_difference(example, printed, doctest.ELLIPSIS)
        raise BlockError(f"{place}:\n{difference}")


def _data(parse: Callable[[str], object]) -> Callable[[Block, str, dict[str, Any]], None]:
    def run(block: Block, place: str, _namespace: dict[str, Any]) -> None:
        try:
            parse(block.code)
        except ValueError as error:
            raise BlockError(f"{place}: {error}") from None

    return run


def _settings(code: str) -> object:
    """Read settings of the emulator's command, which is what TOML on the pages is."""
    return from_file(toml.loads(code), "settings")


RUNNERS: Mapping[str, Callable[[Block, str, dict[str, Any]], None]] = {
    "python": _python,
    "sh": _shell,
    "json": _data(json.loads),
    "yaml": _data(yaml.safe_load),
    "toml": _data(_settings),
}

if __name__ == "__main__":
    page = Path(sys.argv[1])
    os.environ["PATH"] = os.pathsep.join([str(Path(sys.executable).parent), os.environ["PATH"]])
    try:
        run_page(page)
    except BlockError as error:
        sys.exit(str(error))
