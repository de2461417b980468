"""What importing 1,000 generated builders costs: ``python -m benchmarks.generated [--peers PYTHON]``.

Processor time and resident memory that imports add, in a fresh interpreter each, bytecode written before:
first azure-core, which a program that sends requests imports anyway, then the builders. ``PYTHON`` is an
interpreter that has pydo, the published client of DigitalOcean (840 builders by AutoRest), and
openapi-python-client, which generates from the same document. The median of several runs counts.
"""

import argparse
import json
import os
import subprocess
import sys
from collections.abc import Mapping
from pathlib import Path
from statistics import median
from tempfile import TemporaryDirectory
from typing import Any

from benchmarks.codegen import synthetic
from openapi_request_builders.command import main as generate

OPERATIONS = 1000
ROUNDS = 7
MEASURE = """
import sys, time
from pathlib import Path
from importlib import import_module
from pkgutil import walk_packages

def resident():
    return int(Path("/proc/self/statm").read_text().split()[1]) * 4096 / 2**20

def everything(name):
    package = import_module(name)
    for each in walk_packages(package.__path__, f"{name}."):
        import_module(each.name)

before, memory = time.process_time(), resident()
exec(sys.argv[1])
middle, more = time.process_time(), resident()
exec(sys.argv[2])
print(middle - before, more - memory, time.process_time() - middle, resident() - more)
"""
AZURE_CORE = "from azure.core import PipelineClient"
Row = tuple[str, str, str, str]
"""Name, interpreter, what is imported before, and what is imported."""


def measured(row: Row, folder: Path) -> tuple[float, ...]:
    """Return what the two imports of a row cost: milliseconds and MB of the first, and of the second."""
    _, python, before, statement = row
    environment = {name: each for name, each in os.environ.items() if name != "PYTHONDONTWRITEBYTECODE"}
    command = [python, "-c", MEASURE, before, statement]
    rounds = []
    for _ in range(ROUNDS + 1):  # the first one writes bytecode
        done = subprocess.run(
            command, cwd=folder, env=environment, capture_output=True, text=True, check=True
        )
        rounds.append([float(each) for each in done.stdout.split()])
    seconds, memory, more_seconds, more_memory = (median(each) for each in zip(*rounds[1:], strict=True))
    return 1000 * seconds, memory, 1000 * more_seconds, more_memory


def in_openapi3(document: Mapping[str, Any]) -> dict[str, Any]:
    """Return the synthetic document in OpenAPI 3, without its shared parameters, for the other generator."""
    shared = {name: _parameter3(each) for name, each in document["parameters"].items()}
    paths = {}
    for path, item in document["paths"].items():
        operation = item["post"]
        listed = [shared[each["$ref"].split("/")[-1]] for each in operation["parameters"] if "$ref" in each]
        listed += [
            _parameter3(each) for each in operation["parameters"] if each.get("in") in ("query", "path")
        ]
        content = {"application/json": {"schema": {"$ref": "#/components/schemas/Thing"}}}
        paths[path] = {
            "post": {
                "operationId": operation["operationId"],
                "summary": operation["summary"],
                "tags": ["things"],
                "parameters": listed,
                "requestBody": {"required": True, "content": content},
                "responses": {"200": {"description": "Made.", "content": content}},
            }
        }
    components = {"schemas": document["definitions"]}
    return {"openapi": "3.0.3", "info": document["info"], "paths": paths, "components": components}


def _parameter3(parameter: Mapping[str, Any]) -> dict[str, Any]:
    own = {name: parameter[name] for name in ("name", "in", "required") if name in parameter}
    return {**own, "schema": {name: each for name, each in parameter.items() if name not in own}}


def peers(python: str, document: Mapping[str, Any], folder: Path) -> list[Row]:
    """Return the rows of the others, and generate what they need."""
    path = folder / "synthetic3.json"
    path.write_text(json.dumps(in_openapi3(document)), encoding="utf-8")
    command = [python, "-m", "openapi_python_client", "generate", "--meta", "none", "--path", str(path)]
    subprocess.run([*command, "--output-path", str(folder / "other")], check=True, capture_output=True)
    return [
        ("pydo: its 840 builders", python, AZURE_CORE, "import pydo.operations"),
        (
            "openapi-python-client: the same document",
            python,
            "import httpx, attrs",
            "everything('other.api')",
        ),
    ]


def main() -> None:
    """Print a table."""
    parser = argparse.ArgumentParser()
    parser.add_argument(
        "--peers", metavar="PYTHON", help="an interpreter with pydo and openapi-python-client"
    )
    parser.add_argument("--document", type=Path, help="measure the builders of this document too")
    options = parser.parse_args()
    document = synthetic(OPERATIONS)
    with TemporaryDirectory() as temporary:
        folder = Path(temporary)
        path = folder / "synthetic.json"
        path.write_text(json.dumps(document), encoding="utf-8")
        rows: list[Row] = []
        for name, each in (("synthetic", path), ("document", options.document)):
            if each:
                generate([f"--input-file={each}", f"--namespace={name}", f"--output-folder={folder}"])
                rows.append((f"ours: {each.name}", sys.executable, AZURE_CORE, f"from {name}.rest import *"))
        if options.peers:
            rows += peers(options.peers, document, folder)
        print(f"{'':44}{'before':>9}{'':>8}{'import':>10}{'':>8}{'share':>8}")
        for row in rows:
            before, memory, cost, more = measured(row, folder)
            print(
                f"{row[0]:44}{before:6.0f} ms{memory:5.1f} MB{cost:7.0f} ms{more:5.1f} MB{cost / before:8.0%}"
            )


if __name__ == "__main__":
    main()
