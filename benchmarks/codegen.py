"""How long the generator takes: ``python -m benchmarks.codegen [DOCUMENT ...]``.

Processor seconds, once everything is imported: the package from its own documents, and documents of a growing
number of operations; or the documents that are named, with the number of builders, their size, and the share
of docstrings in it. The time of ruff, which formats in a process of its own, is counted.
"""

import ast
import json
import resource
import sys
from collections.abc import Iterable, Mapping
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

from openapi_request_builders.config.config import Config
from openapi_request_builders.config.read import read_config
from openapi_request_builders.pipeline import generate
from openapi_request_builders.problems import Notes

ROOT = Path(__file__).parents[1]
SIZES = (10, 50, 100, 200, 500, 1000)


def cpu() -> float:
    """Return the processor seconds of this process and of those it started."""
    used = [resource.getrusage(who) for who in (resource.RUSAGE_SELF, resource.RUSAGE_CHILDREN)]
    return sum(each.ru_utime + each.ru_stime for each in used)


def read(path: Path) -> str:
    """Return the text of a file."""
    return path.read_text(encoding="utf-8")


def measured(config: Config) -> tuple[float, Mapping[str, str]]:
    """Generate, and return the seconds it took and the files that came out."""
    before = cpu()
    files = generate(config, "openapi-request-builders", read, Notes())
    return cpu() - before, files


def lines(files: Mapping[str, str]) -> int:
    """Count the lines of files."""
    return sum(text.count("\n") for text in files.values())


def docstrings(text: str) -> Iterable[str]:
    """Yield the docstrings of the functions in a module."""
    functions = [each for each in ast.parse(text).body if isinstance(each, ast.FunctionDef)]
    return (ast.get_docstring(each, clean=False) or "" for each in functions)


def measure_documents(documents: Iterable[Path]) -> None:
    """Print a table of documents."""
    print(f"{'document':<36}{'seconds':>9}{'builders':>10}{'MB':>8}{'docstrings':>12}{'bytes each':>12}")
    for document in documents:
        seconds, files = measured(Config((document,), Path("rest"), "measured"))
        written = [text for name, text in files.items() if not name.startswith("_serialization")]
        size = sum(len(text.encode()) for text in written)
        said = sum(len(each.encode()) for text in written for each in docstrings(text))
        count = sum(text.count("\ndef build_") for text in written)
        counted = f"{count:>10}{size / 1e6:>8.2f}{said / size:>12.0%}{said / max(count, 1):>12.0f}"
        print(f"{document.name:<36}{seconds:>9.2f}{counted}")


def synthetic(operations: int) -> Mapping[str, Any]:
    """Make a document in the manner of the service's own: shared parameters, a body and an answer each."""
    hub = {"name": "hub", "in": "path", "required": True, "type": "string", "pattern": "^[A-Za-z]{1,128}$"}
    version = {"name": "api-version", "in": "query", "required": True, "type": "string"}
    thing = {"name": {"type": "string", "description": "What it is called."}, "size": {"type": "integer"}}
    paths = {
        f"/hubs/{{hub}}/things{number}": {
            "post": {
                "operationId": f"Things_Make{number}",
                "summary": f"Make thing {number}.",
                "parameters": [
                    {"$ref": "#/parameters/Hub"},
                    {"$ref": "#/parameters/ApiVersion"},
                    {
                        "name": f"filter{number % 7}",
                        "in": "query",
                        "type": "string",
                        "maxLength": 10 + number % 3,
                    },
                    {"name": "count", "in": "query", "type": "integer", "minimum": 0, "maximum": 300},
                    {
                        "name": "thing",
                        "in": "body",
                        "required": True,
                        "schema": {"$ref": "#/definitions/Thing"},
                    },
                ],
                "responses": {"200": {"description": "Made.", "schema": {"$ref": "#/definitions/Thing"}}},
            }
        }
        for number in range(operations)
    }
    return {
        "swagger": "2.0",
        "info": {"title": "Synthetic", "version": "2024-01-01"},
        "paths": paths,
        "parameters": {"Hub": hub, "ApiVersion": version},
        "definitions": {"Thing": {"type": "object", "properties": thing}},
    }


def main() -> None:
    """Print a table."""
    (own,) = read_config(ROOT / "autorest.md", {}, read, Notes())
    measured(own)  # imports, templates and the schema are read once
    if documents := [Path(each) for each in sys.argv[1:]]:
        measure_documents(documents)
        return
    seconds, files = measured(own)
    print(f"{'documents':<24}{'seconds':>10}{'ms each':>10}{'lines':>10}")
    print(f"{f'{len(own.inputs)} of this package':<24}{seconds:>10.2f}{'':>10}{lines(files):>10}")
    with TemporaryDirectory() as folder:
        for size in SIZES:
            path = Path(folder, "synthetic.json")
            path.write_text(json.dumps(synthetic(size)), encoding="utf-8")
            seconds, files = measured(Config((path,), Path(folder, "rest"), "synthetic"))
            print(
                f"{f'{size} operations':<24}{seconds:>10.2f}{1000 * seconds / size:>10.1f}{lines(files):>10}"
            )


if __name__ == "__main__":
    main()
