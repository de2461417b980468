"""Generate packages from any documents, call every builder, and compare its requests with the documents.

Usage: python -m tests.documents.run FOLDER [--types] [--show N] [--keep FOLDER]

Each document in the folder, or below, becomes a package without any option. Prints, for each, what it took
and what came of it; then a table of constructs: how often each was met, and how often it was right.
The exit status is 1 if anything was wrong.
"""

import argparse
import importlib
import re
import resource
import subprocess
import sys
import tempfile
import time
import traceback
from collections import Counter
from collections.abc import Callable
from contextlib import redirect_stderr, redirect_stdout
from dataclasses import dataclass, field
from io import StringIO
from pathlib import Path

from azure.core.rest import HttpRequest

from openapi_request_builders.command import main as generate
from tests.documents.builders import builders
from tests.documents.compare import Results, compare
from tests.documents.examples import example, run_example
from tests.documents.reader import is_document, operations


@dataclass
class Outcome:
    """What came of a document."""

    document: Path
    package: str
    seconds: float = 0.0
    operations: int = 0
    built: int = 0
    examples: int = 0
    size: int = 0
    importing: float = 0.0
    errors: list[str] = field(default_factory=list)

    def __str__(self) -> str:
        return (
            f"{self.built} of {self.operations} operations, {self.examples} examples, {self.seconds:.2f} s,"
            f" {self.size / 1e6:.2f} MB, imported in {self.importing:.2f} s"
        )


def processor_time() -> float:
    """Return the processor time of this process and of the programs it ran, in seconds."""
    children = resource.getrusage(resource.RUSAGE_CHILDREN)
    return time.process_time() + children.ru_utime + children.ru_stime


def run(document: Path, folder: Path, results: Results, number: int) -> Outcome:
    """Generate a package, and compare what its builders make with the document."""
    name = re.sub(r"\W+", "_", f"{document.parent.name}_{document.stem}".lower()).strip("_")
    outcome = Outcome(document, f"d{number}_{name}")
    said = StringIO()
    before = processor_time()
    command = ["--input-file", str(document), "--namespace", outcome.package, "--output-folder", str(folder)]
    with redirect_stdout(said), redirect_stderr(said):
        status = generate(command)
    outcome.seconds = processor_time() - before
    if status:
        outcome.errors = said.getvalue().splitlines()
        return outcome
    rest = folder / outcome.package / "rest"
    outcome.size = sum(file.stat().st_size for file in rest.rglob("*.py"))
    before = time.process_time()
    importlib.import_module(f"{outcome.package}.rest")
    outcome.importing = time.process_time() - before
    found = {(each.method, each.path): each for each in builders(rest, f"{outcome.package}.rest")}
    for operation in operations(document):
        outcome.operations += 1
        key = (operation.method, " ".join(operation.path.split()))
        if key not in found:
            outcome.errors.append(f"no builder for {key}")
            continue
        outcome.built += 1
        outcome.examples += bool(example(found[key].call))
        outcome.errors += _wrong_example(found[key].call)
        compare(operation, found[key], results, document.name)
    return outcome


def _wrong_example(builder: Callable[..., HttpRequest]) -> list[str]:
    """Return what is wrong with the example in a builder's docstring."""
    try:
        if example(builder):
            run_example(builder)
    except Exception as error:
        return [f"the example of {builder.__name__} raises {error!r}"]
    return []


def main() -> int:
    """Run all documents of a folder."""
    parser = argparse.ArgumentParser()
    parser.add_argument("folder", type=Path)
    parser.add_argument("--types", action="store_true", help="check the packages with mypy, strictly")
    parser.add_argument("--show", type=int, default=20, help="how many wrong requests to show")
    parser.add_argument("--keep", type=Path, help="where to put the packages")
    options = parser.parse_args()
    files = sorted(file for file in options.folder.rglob("*") if file.is_file() and is_document(file))
    results, outcomes = Results(), []
    with tempfile.TemporaryDirectory() as temporary:
        folder = options.keep or Path(temporary)
        sys.path.insert(0, str(folder))
        for number, file in enumerate(files):
            try:
                outcome = run(file.resolve(), folder, results, number)
            except Exception:  # a fault of the generator, or of this program: the others are still to come
                outcome = Outcome(file, "", errors=traceback.format_exc().splitlines()[-6:])
            outcomes.append(outcome)
            print(file.relative_to(options.folder), outcome, *outcome.errors[:6], sep="\n    ", flush=True)
        wrong_types = _types(folder, outcomes) if options.types else 0
    _report(results, options.show)
    return int(bool(results.wrong or wrong_types or any(outcome.errors for outcome in outcomes)))


def _types(folder: Path, outcomes: list[Outcome]) -> int:
    packages = [part for outcome in outcomes if not outcome.errors for part in ("-p", outcome.package)]
    command = [
        sys.executable,
        "-m",
        "mypy",
        "--strict",
        "--namespace-packages",
        "--no-incremental",
        *packages,
    ]
    done = subprocess.run(command, cwd=folder, check=False, capture_output=True, text=True)
    print(done.stdout[-3000:])
    return done.returncode


def _report(results: Results, show: int) -> None:
    print(f"\n{results.calls} calls\n\n{'construct':60} {'met':>8} {'right':>8}")
    for name in sorted(results.met):
        print(f"{name:60} {results.met[name]:8} {results.right[name]:8}")
    print(f"{'all':60} {results.met.total():8} {results.right.total():8}")
    if results.skipped:
        print(
            "\nnot compared:",
            *(f"  {count:6} {name}" for name, count in results.skipped.most_common(15)),
            sep="\n",
        )
    if results.wrong:
        print(f"\n{len(results.wrong)} wrong:")
        seen: Counter[str] = Counter()
        for each in results.wrong:
            construct = each.partition(": /")[0]
            seen[construct] += 1
            if seen[construct] <= 3 and sum(seen.values()) <= show:
                print(f"  {each[:400]}")


if __name__ == "__main__":
    sys.exit(main())
