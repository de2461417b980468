"""What a generated package needs at run time, and brings along."""

import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest

from openapi_request_builders.write.format import format_files
from openapi_request_builders.write.run_time import run_time_files
from tests.codegen.conftest import Generate, document, document3, operation

TEXT = {"name": "q", "in": "query", "type": "string", "pattern": "^a", "maxLength": 3}
DATE = {"name": "day", "in": "query", "type": "string", "format": "date"}
FIELD = {"name": "field", "in": "formData", "type": "string"}
FILE = {"name": "file", "in": "formData", "type": "file"}
PRIVATE = {
    *("__init__", "_body", "_calls", "_headers", "_kinds", "_lists"),
    *("_parameter", "_request", "_text", "_versions"),
}


def do(*parameters: Any, **rest: Any) -> Any:
    return document({"/things": {"post": operation(*parameters, **rest)}})


def do3(location: str, schema: Any, **rest: Any) -> Any:
    parameter = {"name": "q", "in": location, "schema": schema, **rest}
    return document3({"/things": {"post": operation(parameter)}})


def do_form3(*media_types: str, schema: Any, **rest: Any) -> Any:
    content = {"schema": {"type": "object", "properties": {"field": schema}}, **rest}
    body = {"content": dict.fromkeys(media_types, content)}
    return document3({"/things": {"post": operation(requestBody=body)}})


NUMBER_OR_DAY = {"oneOf": [{"type": "integer"}, {"type": "string", "format": "date"}]}
OBJECT = {"type": "object", "additionalProperties": {"type": "integer"}}
STRING = {"type": "string"}
URLENCODED, MULTIPART = "application/x-www-form-urlencoded", "multipart/form-data"
MARKDOWN = {"field": {"contentType": "text/markdown"}}


@pytest.mark.parametrize(
    ("made_from", "modules"),
    [
        (do(TEXT), set()),
        (do(DATE), {"formats"}),
        (do(FIELD), set()),
        (do(FIELD, consumes=["multipart/form-data"]), {"forms"}),
        (do(FILE, consumes=["multipart/form-data"]), {"forms"}),
        (do(DATE, FILE, consumes=["multipart/form-data"]), {"formats", "forms"}),
        (do3("query", STRING), set()),
        (do3("query", NUMBER_OR_DAY), {"formats", "schemas"}),
        (do3("query", OBJECT, style="deepObject"), {"schemas", "styles"}),
        (do3("cookie", STRING), {"schemas", "styles"}),
        (do_form3(MULTIPART, schema=STRING, encoding=MARKDOWN), {"forms"}),
        (do_form3(URLENCODED, MULTIPART, schema=STRING), {"form_bodies", "forms"}),
    ],
    ids=[
        "text",
        "date",
        "form",
        "multipart",
        "file",
        "date and file",
        "text of OpenAPI 3",
        "alternatives",
        "style",
        "cookie",
        "part with a media type",
        "two forms",
    ],
)
def test_a_package_brings_the_modules_that_it_needs(
    made_from: Any, modules: set[str], generate: Generate, tmp_path: Path
) -> None:
    made = generate(made_from)
    assert callable(made.build_do_request)
    folder = tmp_path / "made" / "up" / "rest" / "_serialization"
    assert {path.stem for path in folder.glob("*.py")} == PRIVATE | modules


@pytest.mark.parametrize(
    ("made_from", "needed"),
    [
        (do(TEXT), "azure-core"),
        (do(DATE), "azure-core, isodate, msrest"),
        (do(FIELD, consumes=["multipart/form-data"]), "azure-core, urllib3"),
        (do(DATE, FILE, consumes=["multipart/form-data"]), "azure-core, isodate, msrest, urllib3"),
    ],
    ids=["text", "date", "multipart", "date and file"],
)
def test_a_package_says_what_it_needs(made_from: Any, needed: str, generate: Generate) -> None:
    assert f"This package needs {needed}.\n" in str(generate(made_from).__doc__)


def test_a_package_is_typed_and_has_nothing_that_ruff_finds_by_default(
    generate: Generate, tmp_path: Path
) -> None:
    generate(do(DATE, FILE, TEXT, consumes=["multipart/form-data"]))
    folder = tmp_path / "made" / "up" / "rest"
    for name, text in format_files(run_time_files(), 88).items():  # also what this one does not need
        (folder / name).write_text(text, encoding="utf-8")
    assert (folder / "py.typed").read_bytes() == b""
    command = [sys.executable, "-m", "ruff", "check", "--isolated", "--no-cache", str(folder)]
    done = subprocess.run(command, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stdout


@pytest.mark.parametrize(
    ("made_from", "arguments", "url"),
    [
        (do(TEXT), "q='ab'", "/things?q=ab"),
        (do(FIELD, consumes=["multipart/form-data"]), "field='a'", "/things"),
    ],
    ids=["text", "multipart"],
)
def test_a_package_without_formats_needs_neither_msrest_nor_isodate(
    made_from: Any, arguments: str, url: str, generate: Generate, tmp_path: Path
) -> None:
    generate(made_from)
    code = f"""
import sys
for name in ("msrest", "isodate", "azure.messaging"):
    sys.modules[name] = None
from made.up.rest import build_do_request
print(build_do_request({arguments}).url)
"""
    done = subprocess.run(
        [sys.executable, "-c", code], cwd=tmp_path, capture_output=True, text=True, check=False
    )
    assert (done.stdout.strip(), done.stderr) == (url, "")
