"""Documents are untrusted: no text in one can change the code that comes out."""

import ast
import inspect
import json
from pathlib import Path
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from openapi_request_builders.config.config import Config
from openapi_request_builders.documents.load import load
from openapi_request_builders.documents.resolve import resolve
from openapi_request_builders.model.assemble import assemble
from openapi_request_builders.problems import Notes
from openapi_request_builders.write.format import format_files
from openapi_request_builders.write.render import render
from tests.codegen.conftest import Generate, document, operation

EVIL = [
    '"""\nimport os\n"""',
    "'''",
    "\\",
    'ends with a quote"',
    'ends with a backslash\\"',
    "{% raw %}{{ 7 * 7 }}{# x #}",
    "${jndi}",
    "# comment\r\nimport os",
    "\u202eesrever\u2066",
    "\x00\x07\x1b[31m",
    "\ud800",
    "*/ ]]> --> ``` ``x`` :param x: y",
    "\u2028import os\x85import os\x0cimport os",
    "%s %(x)s {x} {0}",
    "N\\{BULLET} \\N{BULLET} \\x41 \\u0041",
]


def evil_document(text: str) -> dict[str, Any]:
    """Write a text wherever a document has one."""
    parameter = {
        "name": text or "x",
        "in": "query",
        "type": "string",
        "description": text,
        "default": text,
        "enum": [text, "other"],
        "x-ms-client-name": text,
    }
    pattern = {"name": "p", "in": "header", "type": "string", "pattern": text}
    body = {"name": text or "b", "in": "body", "description": text, "schema": {"$ref": "#/definitions/Evil"}}
    answers = {"200": {"description": text, "schema": {"$ref": "#/definitions/Evil"}}}
    get = operation(parameter, pattern, body, name=f"{text} one", summary=text, description=text)
    get |= {"responses": answers, "consumes": ["application/json"], "produces": ["application/json"]}
    segment = text.replace("{", "").replace("}", "").encode(errors="ignore").decode()
    path = {"name": "in path", "in": "path", "required": True, "type": "string", "description": text}
    put = operation(path, name=f"{text} two", description=text)
    schema = {
        "type": "object",
        "description": text,
        "properties": {text: {"type": "string", "description": text}},
    }
    return document(
        {"/a": {"post": get}, f"/b/{segment}/{{in path}}": {"put": put}},
        definitions={"Evil": schema},
        info={"title": text, "version": "1"},
    )


def files_of(
    spec: dict[str, Any], header: str, title: str | None = None, command: str = "openapi-request-builders"
) -> dict[str, str]:
    """Return the files that are generated from a document."""
    config = Config((Path("evil.json"),), Path("out"), "evil", title=title, license_header=header)
    source = json.dumps(spec)
    notes = Notes()
    roots = resolve(load(config, lambda _: source, notes), notes)
    return dict(render(assemble(config, roots, notes), command, {"_serialization/__init__.py": "x = 1\n"}))


def generated(text: str, **options: str) -> dict[str, str]:
    return files_of(evil_document(text), text, **options)


def shape(files: dict[str, str]) -> list[str]:
    """Return the code without names, texts and values."""
    kinds = []
    for _, source in sorted(files.items(), key=lambda item: len(item[0])):
        tree = ast.parse(source)
        kinds.append(
            " ".join(sorted(type(node).__name__ for node in ast.walk(tree) if isinstance(node, ast.stmt)))
        )
    return sorted(kinds)


PLAIN = shape(generated("plain"))


@pytest.mark.parametrize("text", EVIL)
def test_the_code_is_what_it_is_for_a_plain_text(text: str) -> None:
    files = generated(text)
    assert shape(files) == PLAIN
    format_files(files, 88)


@given(st.text())
@settings(max_examples=30, deadline=None, suppress_health_check=[HealthCheck.too_slow])
def test_any_text(text: str) -> None:
    files = generated(text)
    assert shape(files) == PLAIN


def test_the_text_arrives_as_it_was(generate: Generate) -> None:
    text = 'A "quoted" \\ text.'
    made = generate(document({"/a": {"get": operation(name="a", summary=text, description=text)}}))
    assert str(inspect.getdoc(made.build_a_request)).count('A "quoted" \\ text.') == 2
    hidden = "left\u202eright"
    made = generate(document({"/a": {"get": operation(name="a", description=hidden)}}))
    assert "\u202e" in made.build_a_request.__doc__
    assert "\u202e" not in inspect.getsource(made.build_a_request)
    assert "\\u202e" in inspect.getsource(made.build_a_request)


def test_a_value_that_looks_like_code_is_a_value(generate: Generate) -> None:
    value = "'); import os; ('"
    parameter = {"name": "x", "in": "query", "required": True, "type": "string", "enum": [value]}
    made = generate(document({"/a": {"get": operation(parameter, name="a")}}))
    assert made.build_a_request().url == "/a?x=%27%29%3B%20import%20os%3B%20%28%27"


def test_a_command_in_line_one_stays_in_line_one() -> None:
    made = generated("x", command="a\nimport os")
    (source,) = {text.split("\n")[0] for name, text in made.items() if name != "py.typed"}
    assert source == "# Generated by `a import os`; do not edit."
