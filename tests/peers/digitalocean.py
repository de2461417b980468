"""Compare what builders of DigitalOcean's public document put on the wire with what pydo does, call by call.

Usage: python -m tests.peers.digitalocean DOCUMENT PYDO_PYTHON [--config FILE]

DOCUMENT is ``specification/DigitalOcean-public.v2.yaml`` of the repository digitalocean/openapi, and FILE the
``client_gen_config.md`` of digitalocean/pydo; neither is part of this project. Every operation must have a
builder, except those that FILE removes. Each operation that the published pydo has too is called with all of
its parameters, and with those that are required. Prints what differs; the exit status is 1 if anything does
that is not explained here.
"""

from __future__ import annotations

import argparse
import json
import re
import subprocess
import sys
import tempfile
from collections import Counter
from contextlib import suppress
from datetime import datetime
from pathlib import Path
from typing import TYPE_CHECKING, Any
from uuid import UUID

from openapi_request_builders.command import main as generate
from tests.documents.builders import Builder, builders
from tests.documents.compare import JSON_VALUE
from tests.documents.reader import Operation, operations
from tests.documents.values import NoValueError, sample
from tests.documents.wire import normal

if TYPE_CHECKING:
    from collections.abc import Iterator

OTHER_DOCUMENT = "pydo 0.44.0 was generated when the operation had more parameters"
# Operations whose requests differ, and why.
EXPLAINED = {
    "kubernetes_get_kubeconfig": "the answer is YAML, and errors are JSON: pydo asks for JSON only",
    "genai_list_evaluation_datasets": OTHER_DOCUMENT,
    "genai_list_model_catalog": OTHER_DOCUMENT,
}
PACKAGE = "made_for_digitalocean"
RECORD = Path(__file__).with_name("digitalocean_record.py")


def main() -> int:
    """Generate, call, and compare."""
    parser = argparse.ArgumentParser()
    parser.add_argument("document", type=Path)
    parser.add_argument("python")
    parser.add_argument("--config")
    options = parser.parse_args()
    with tempfile.TemporaryDirectory() as folder:
        config = ["--config", options.config] if options.config else []
        where = ["--namespace", PACKAGE, "--output-folder", folder]
        command = [*config, "--input-file", str(options.document), *where]
        if status := generate(command):
            return status
        sys.path.insert(0, folder)
        found = {
            (each.method, each.path): each
            for each in builders(Path(folder, PACKAGE, "rest"), f"{PACKAGE}.rest")
        }
        listed = list(operations(options.document))
        text = Path(options.config).read_text(encoding="utf-8") if options.config else ""
        missing = [
            f"{each.method} {each.path}"
            for each in listed
            if (each.method, each.path) not in found and f"remove-operation: {each.name}\n" not in text
        ]
        calls = [
            call
            for each in listed
            if (each.method, each.path) in found
            for call in _calls(each, found[each.method, each.path])
        ]
        ours = _recorded([sys.executable, str(RECORD), "builders", folder, f"{PACKAGE}.rest"], calls)
        theirs = _recorded([options.python, str(RECORD), "pydo"], calls)
    return _report(len(listed), missing, calls, ours, theirs)


def _calls(operation: Operation, builder: Builder) -> Iterator[dict[str, Any]]:
    """Yield a call with all parameters and one with the required ones."""
    samples = {}
    for each in operation.parameters:
        with suppress(NoValueError, TypeError):
            samples[each] = json.loads(
                json.dumps(sample(each.schema, each.location).value, default=_passed_on)
            )
    group, _, name = operation.name.partition("_")
    least = {each: value for each, value in samples.items() if each.required}
    body = JSON_VALUE if any("json" in each.media_type for each in operation.bodies) else None
    for chosen in (samples, least) if samples != least else (samples,):
        yield {
            "operation": operation.name,
            "group": group,
            "name": name,
            "module": builder.call.__module__.rpartition(".")[2],
            "function": builder.call.__name__,
            "arguments": {
                builder.arguments[each.location, each.name]: value for each, value in chosen.items()
            },
            "body": body,
        }


def _passed_on(value: object) -> object:
    """Return a value as JSON has it; what cannot be passed on is left out of a call."""
    if isinstance(value, datetime):
        return {"datetime": value.isoformat()}
    if isinstance(value, UUID):
        return str(value)
    raise TypeError


def _recorded(command: list[str], calls: list[dict[str, Any]]) -> list[dict[str, Any]]:
    done = subprocess.run(
        command, input=json.dumps(calls), text=True, capture_output=True, check=False, timeout=600
    )
    if done.returncode:
        sys.exit(done.stderr)
    found: list[dict[str, Any]] = json.loads(done.stdout)
    return found


def _report(
    count: int,
    missing: list[str],
    calls: list[dict[str, Any]],
    ours: list[dict[str, Any]],
    theirs: list[dict[str, Any]],
) -> int:
    print(f"{count} operations, {count - len(missing)} with a builder", *missing, sep="\n    ")
    absent: Counter[str] = Counter()
    compared, unexplained = 0, 0
    different: list[str] = []
    for call, our, their in zip(calls, ours, theirs, strict=True):
        if "error" in their:
            absent[re.sub(r"build_\w+|'\w+'|\d+", "...", their["error"])[:90]] += 1
            continue
        compared += 1
        if aspects := _differences(our, their):
            reason = EXPLAINED.get(call["operation"])
            unexplained += reason is None
            different.append(f"{call['operation']}: {reason or aspects}")
    same = compared - len(different)
    print(f"{len(calls)} calls, of which pydo makes {compared}: {same} are the same on the wire")
    print(
        "not made by pydo:", *(f"{number} {error}" for error, number in absent.most_common(8)), sep="\n    "
    )
    print(*dict.fromkeys(different), sep="\n")
    return int(bool(missing or unexplained))


def _differences(our: dict[str, Any], their: dict[str, Any]) -> dict[str, Any]:
    if "error" in our:
        return our
    found = {}
    for aspect in ("method", "Accept", "Content-Type"):
        if our[aspect] != their[aspect]:
            found[aspect] = our[aspect], their[aspect]
    if _target(our) != _target(their):
        found["target"] = our["target"], their["target"]
    if _body(our) != _body(their):
        found["body"] = our["body"], their["body"]
    return found


def _target(request: dict[str, Any]) -> tuple[str, list[str]]:
    path, _, query = str(request["target"]).partition("?")
    return normal(path), sorted(map(normal, query.split("&")))


def _body(request: dict[str, Any]) -> Any:
    text = request["body"].encode("latin-1").decode()
    return json.loads(text) if text and "json" in str(request["Content-Type"]) else text


if __name__ == "__main__":
    sys.exit(main())
