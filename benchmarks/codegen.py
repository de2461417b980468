"""How long the generator takes: ``python -m benchmarks.codegen``.

Processor seconds, once everything is imported: the package from its own documents, and documents of a growing
number of operations. The time of ruff, which formats in a process of its own, is counted.
"""

import json
import resource
from collections.abc import Mapping
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


def measured(config: Config) -> tuple[float, int]:
    """Generate, and return the seconds it took and the lines that came out."""
    before = cpu()
    files = generate(config, "openapi-request-builders", read, Notes())
    return cpu() - before, sum(text.count("\n") for text in files.values())


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
    seconds, lines = measured(own)
    print(f"{'documents':<24}{'seconds':>10}{'ms each':>10}{'lines':>10}")
    print(f"{f'{len(own.inputs)} of this package':<24}{seconds:>10.2f}{'':>10}{lines:>10}")
    with TemporaryDirectory() as folder:
        for size in SIZES:
            path = Path(folder, "synthetic.json")
            path.write_text(json.dumps(synthetic(size)), encoding="utf-8")
            seconds, lines = measured(Config((path,), Path(folder, "rest"), "synthetic"))
            print(f"{f'{size} operations':<24}{seconds:>10.2f}{1000 * seconds / size:>10.1f}{lines:>10}")


if __name__ == "__main__":
    main()
