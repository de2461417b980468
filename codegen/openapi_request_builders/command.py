"""The command line. Every access to files starts here."""

import argparse
import shlex
import sys
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

from openapi_request_builders.config.config import Config
from openapi_request_builders.config.keys import KEYS
from openapi_request_builders.config.read import CONFIG, read_config
from openapi_request_builders.pipeline import generate
from openapi_request_builders.problems import Notes, Problems, problem, suggestion
from openapi_request_builders.write.changes import changes
from openapi_request_builders.write.output import differences, found_files, refuse_to_lose, write
from openapi_request_builders.write.run_time import requirements

PROGRAM = "openapi-request-builders"
FLAGS = {
    "operation-groups": "write a module for each operation group; by default, only if names would clash",
    "samples": "show bodies and responses in docstrings; false: none, true: all responses",
    "keep-parameter-order": "keep positional arguments in the order of the document's list, not of the path",
    "clear-output-folder": "also remove files from the folder that were not generated",
    "no-namespace-folders": "write to FOLDER/rest instead of FOLDER/my/service/rest",
}
EPILOG = """\
examples:
  openapi-request-builders              rewrite what autorest.md describes
  openapi-request-builders --check      fail with a diff if that would change anything
  openapi-request-builders --input-file spec.json --namespace my.service --output-folder out/
                                        write out/my/service/rest/, which imports as my.service.rest

You can pass every key of the configuration as --key=value, for example --client-side-validation=false. It
takes precedence over the file. The folder `rest` belongs to the generator, which replaces it as a whole.
"""


def main(arguments: Sequence[str] | None = None) -> int:
    """Run the generator, and return its exit code."""
    arguments = sys.argv[1:] if arguments is None else arguments
    options, rest = _parser().parse_known_args(arguments)
    notes = Notes()
    generated: list[tuple[Config, Mapping[str, str]]] = []
    try:
        path = options.config or (None if options.input_file else CONFIG)
        configs = read_config(path, _settings(options, rest), _read, notes)
        command = shlex.join([PROGRAM, *(each for each in arguments if each != "--check")])
        generated = [(config, generate(config, command, _read, notes)) for config in configs]
        if options.strict and notes.found:
            raise Problems(notes.found)
        _print_notes(notes)
        if options.check:
            return _check(generated, command)
        for config, _ in generated:
            refuse_to_lose(config)
        changed = [changes(found_files(config.output), files) for config, files in generated]
        for config, files in generated:
            write(config, files)
    except Problems as error:
        if not generated and not options.strict:  # the cause may be a typo that was noted
            _print_notes(notes)
        print(error, file=sys.stderr)
        print(f"{len(error.problems)} problem(s): nothing was written.", file=sys.stderr)
        return 1
    for (config, files), lines in zip(generated, changed, strict=True):
        needed = ", ".join(requirements(files))
        print(f"{config.output}: {len(files)} files{f', which need {needed}' if needed else ''}")
        for line in lines:
            print(f"    {line}")
    return 0


def _print_notes(notes: Notes) -> None:
    for line in notes.lines():
        print(line, file=sys.stderr)


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(
        PROGRAM,
        description="Write Python functions that build a service's requests, from its OpenAPI documents.",
        formatter_class=argparse.RawDescriptionHelpFormatter,
        epilog=EPILOG,
        allow_abbrev=False,
    )
    add = parser.add_argument
    add("--config", type=Path, metavar="FILE", help=f"the configuration; {CONFIG} by default")
    add("--check", action="store_true", help="write nothing; fail and show a diff if the folder differs")
    add("--strict", action="store_true", help="treat every note as an error")
    add("--input-file", action="append", metavar="FILE", help="an OpenAPI document; may be repeated")
    add("--output-folder", metavar="FOLDER", help="the folder that contains the package's folders")
    add("--namespace", metavar="NAME", help="the package, such as my.service")
    add("--title", metavar="TEXT", help="the service's name; by default the document's")
    add(
        "--hook",
        metavar="MODULE:FUNCTION",
        help="a function that changes each document before it is read",
    )
    add("--tag", metavar="NAME", help="the tag for the conditions of a configuration's blocks")
    for flag, text in FLAGS.items():
        add(f"--{flag}", nargs="?", const="true", metavar="true|false", help=text)
    return parser


def _settings(options: argparse.Namespace, rest: Sequence[str]) -> dict[str, Any]:
    """Return the command line as settings. An unknown option such as ``--my-key=value`` sets a key."""
    named = {name.replace("_", "-"): value for name, value in vars(options).items() if value is not None}
    settings = {name: value for name, value in named.items() if name in KEYS}
    bare = ""
    for argument in rest:
        name, equals, value = argument.removeprefix("--").partition("=")
        if bare and not argument.startswith("-"):
            # Values of the configuration's keys have to follow a `=`, so this looks like a misspelt option.
            remedy = suggestion(f"--{bare}", [f"--{key}" for key in KEYS], "see --help.")
            raise problem(
                "command line",
                f"'--{bare} {argument}': --{bare} is not an option that takes a value",
                f"{remedy} A key of the configuration is --key=value",
            )
        bare = "" if equals or not argument.startswith("--") else name
        if not argument.startswith("--") or not name or ":" in name:
            remedy = "see --help; a key is --key=value"
            if argument.endswith(".md"):
                remedy = f"write --config {argument}"
            elif argument.endswith((".json", ".yaml", ".yml")):
                remedy = f"write --input-file {argument}"
            elif ":" in name:
                remedy = f"write {argument.replace(':', '=', 1)}"
            raise problem("command line", f"{argument!r} is not an option", remedy)
        settings[name] = value if equals else "true"
    truths = {"true": True, "false": False}
    return {
        name: truths.get(value, value) if KEYS.get(name, bool) is bool else value
        for name, value in settings.items()
    }


def _check(generated: Sequence[tuple[Config, Mapping[str, str]]], command: str) -> int:
    lines = [line for config, files in generated for line in differences(config.output, files)]
    if lines:
        encoding = sys.stdout.encoding or "utf-8"
        print("".join(lines).encode(encoding, "backslashreplace").decode(encoding), end="")
        print(f"\nThe generated code does not match its documents. Run: {command}", file=sys.stderr)
    return 1 if lines else 0


def _read(path: Path) -> str:
    return path.read_text(encoding="utf-8-sig")
