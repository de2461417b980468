"""Documents with faults that change no request: they are read, and each fault is noted."""

import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from tests.codegen.conftest import Generate, document, document3, operation

OUT = ("--input-file", "spec.json", "--namespace", "made.up", "--output-folder", "out")
TEXT = {"type": "string"}
X = {"name": "x", "in": "query", "type": "string"}
ANSWER = {"200": {"description": "Fine.", "schema": {"$ref": "#/definitions/A"}}}


@pytest.mark.parametrize(
    ("sloppy", "note"),
    [
        (document({"/a": {"get": {"responses": {}}}}), "#/paths/~1a/get/responses: it has no members"),
        (document({"/a": {"get": {}}}), "#/paths/~1a/get: 'responses' is a required property"),
        (
            document({"/a": {"get": operation({**X, "requried": True})}}),
            (
                "#/paths/~1a/get/parameters/0: OpenAPI 2.0 has no 'requried' here, "
                "so it has no effect\n    did you mean required?"
            ),
        ),
        (
            document({"/a": {"get": operation(sumary="Get it.")}}),
            (
                "#/paths/~1a/get/sumary: OpenAPI 2.0 has no 'sumary' here, so it has no effect\n"
                "    did you mean summary?"
            ),
        ),
        (
            document({"/a": {"get": operation()}}, definitions={"A": {"$ref": "#/definitions/A"}}),
            "#/definitions/A: the reference leads back to itself",
        ),
        (
            document({"/a": {"get": operation()}}, definitions={"A": {"$ref": "no.json#/A"}}),
            "#/definitions/A/$ref: no.json cannot be read: there is no such file",
        ),
        (
            document({"/a": {"get": operation()}}, parameters={"A": {"$ref": "https://example.com/a.json"}}),
            "#/parameters/A/$ref: https://example.com/a.json is not on this machine",
        ),
        (
            document({"/a": {"get": operation(responses=ANSWER)}}, definitions={"A": {"properties": []}}),
            "#/definitions/A/properties: [] is not an object; samples leave it out",
        ),
        (
            document(
                {"/a": {"get": operation(responses=ANSWER)}},
                definitions={"A": {"properties": {"b": {"type": "string", "required": True}, "c": "d"}}},
            ),
            "#/definitions/A/properties/b/required: true is not a list; samples leave it out",
        ),
        (
            document({"/a": {"get": operation({**X, "format": "datetime"})}}),
            (
                "#/paths/~1a/get/parameters/0/format: the format 'datetime' is not known, "
                "so it has no effect\n    did you mean date-time?"
            ),
        ),
        (
            document({"/a": {"get": operation({**X, "type": "integer", "format": "int-32"})}}),
            (
                "#/paths/~1a/get/parameters/0/format: the format 'int-32' is not known, "
                "so it has no effect\n    did you mean int32?"
            ),
        ),
        (
            document(
                {"/a": {"get": operation(responses=ANSWER)}},
                definitions={"A": {"properties": {"b": {"type": "strng"}}}},
            ),
            (
                "#/definitions/A/properties/b/type: OpenAPI has no type 'strng'; samples show text\n"
                "    did you mean string?"
            ),
        ),
        (
            document({}),
            (
                "#: the document has no operations, so it adds no builders\n"
                "    describe them in `paths`, or leave the document out"
            ),
        ),
        (
            document({"/a": {"get": operation({**X, "name": "bad name", "in": "header"})}}),
            (
                "#/paths/~1a/get/parameters/0/name: no header can have the name 'bad name', "
                "so every value is refused\n    use letters, digits and hyphens"
            ),
        ),
        (
            document({"/a": {"get": operation({**X, "name": "bad\r\n", "in": "header"})}}),
            "#/paths/~1a/get/parameters/0/name: no header can have the name 'bad\\r\\n', so",
        ),
        (
            document({"/a": {"get": operation({**X, "type": "integer", "default": "many"})}}),
            '#/paths/~1a/get/parameters/0/default: "many" is not a value of type',
        ),
        (
            document({"/a": {"get": operation({**X, "enum": ["a"], "default": "b"})}}),
            '#/paths/~1a/get/parameters/0/default: "b" is not one of "a", and is not sent',
        ),
        (
            document({"/a": {"get": operation({**X, "type": "array", "items": TEXT, "enum": ["a"]})}}),
            "#/paths/~1a/get/parameters/0/enum: its values are not arrays, so they are taken for the items",
        ),
        (
            document({"/{a}": {"get": operation()}}),
            (
                "#/paths/~1{a}/get: nothing describes {a} in the path /{a}, so it is text\n"
                '    add a parameter {"name": "a", "in": "path", ...}, or correct the name of one'
            ),
        ),
        (
            document({"/a": {"get": operation({**X, "in": "path", "required": True})}}),
            "#/paths/~1a/get/parameters/0: the path /a has no {x}\n    put it in, or remove the parameter",
        ),
        (
            document({"/{X}": {"get": operation({**X, "in": "path", "required": True})}}),
            (
                "#/paths/~1{X}/get/parameters/0: nothing describes {X} in the path /{X} except x, "
                "which is used for it"
            ),
        ),
        (
            document({"/a": {"get": operation(X, X)}}),
            "#/paths/~1a/get/parameters/1: the query parameter 'x' is listed twice",
        ),
        (
            document({"/a": {"get": operation({"name": "x", "in": "query"})}}),
            "#/paths/~1a/get/parameters/0: 'type' is a required property",
        ),
    ],
)
def test_a_fault_is_noted_and_with_strict_it_is_an_error(
    run: Callable[..., str], sloppy: Any, note: str
) -> None:
    heard = run(*OUT, spec__json=sloppy)
    assert f"note: spec.json{note}" in heard
    assert "nothing was written" not in heard
    heard = run(*OUT, "--strict", spec__json=sloppy)
    assert f"spec.json{note}" in heard
    assert "note: " not in heard
    assert heard.endswith("nothing was written.\n")


@pytest.mark.parametrize(
    ("rules", "note"),
    [
        ({"type": "integer", "minimum": "a"}, 'minimum: "a" is not a number'),
        ({"type": "integer", "maximum": True}, "maximum: true is not a number"),
        ({"type": "integer", "multipleOf": 0}, "multipleOf: 0 is not a number above 0"),
        ({"type": "string", "minLength": "3"}, 'minLength: "3" is not a whole number'),
        ({"type": "string", "maxLength": -1}, "maxLength: -1 is not a whole number"),
        ({"type": "string", "maxLength": 1.5}, "maxLength: 1.5 is not a whole number"),
        ({"type": "string", "pattern": 5}, "pattern: 5 is not text"),
        ({"type": "array", "items": TEXT, "uniqueItems": "yes"}, 'uniqueItems: "yes" is not true or false'),
    ],
)
def test_a_rule_that_makes_no_sense_is_not_checked(run: Callable[..., str], rules: Any, note: str) -> None:
    parameter = {"name": "x", "in": "query", "schema": rules}
    heard = run(*OUT, spec__json=document3({"/a": {"get": operation(parameter)}}))
    assert f"note: spec.json#/paths/~1a/get/parameters/0/schema/{note}, so the rule is not checked" in heard


def test_a_length_with_a_decimal_point_is_a_length(generate: Generate) -> None:
    parameter = {"name": "x", "in": "query", "schema": {"type": "string", "maxLength": 3.0}}
    package = generate(document3({"/a": {"get": operation(parameter)}}))
    with pytest.raises(ValueError, match="it must be 3 or less"):
        package.build_do_request(x="four")


@pytest.mark.parametrize(
    "name", ["", "uuid", "int32", "email", "x-own", "timestamp", "date-time-rfc3339", "URI", "decimal"]
)
def test_a_format_that_nothing_known_resembles_is_not_noted(generate: Generate, name: str) -> None:
    generate(document({"/a": {"get": operation({**X, "format": name})}}))


def test_what_is_said_of_many_places_is_said_once(run: Callable[..., str]) -> None:
    paths = {f"/{number}": {"get": {"operationId": f"Get{number}", "responses": {}}} for number in range(9)}
    heard = run(*OUT, spec__json=document(paths))
    assert heard.count("it has no members") == 1
    assert "#/paths/~12/get/responses (and 6 more): it has no members" in heard


@pytest.mark.parametrize(
    "definition",
    [
        {"allOf": {"type": "object"}},
        {"properties": {"a": None}},
        {"items": [], "type": "array"},
        {"enum": "abc"},
        {"type": ["string", "null"]},
        {"additionalProperties": "string"},
        {"discriminator": {"propertyName": "a"}},
        {"required": "a"},
        {"properties": {"a": {"properties": {"b": {"allOf": 3}}}}},
    ],
    ids=str,
)
def test_a_malformed_definition_only_costs_its_sample(run: Callable[..., str], definition: Any) -> None:
    body = {"name": "b", "in": "body", "schema": {"$ref": "#/definitions/A"}}
    spec = document({"/a": {"post": operation(body, responses=ANSWER)}}, definitions={"A": definition})
    heard = run(*OUT, spec__json=spec)
    assert "samples leave it out" in heard
    assert "nothing was written" not in heard


def test_a_path_and_parameters_that_do_not_fit(generate: Generate) -> None:
    known = {**X, "in": "path", "required": True, "maxLength": 2}
    made = generate(
        document({"/{X}/{y}": {"get": operation(known, {**known, "name": "z"}, name="a")}}), notes=True
    )
    assert made.build_a_request("1", "2").url == "/1/2"
    with pytest.raises(ValueError, match="x='123' has a length of 3"):
        made.build_a_request("123", "2")


def test_the_first_of_two_descriptions_of_an_operation_counts(
    generate: Generate, run: Callable[..., str]
) -> None:
    one = document({"/a": {"get": operation(X, name="a")}})
    other = document({"/a": {"get": operation(name="a")}, "/b": {"get": operation(name="b")}})
    made = generate(one, other, notes=True)
    assert made.build_a_request(x="1").url == "/a?x=1"
    assert made.build_b_request().url == "/b"
    arguments = (
        "--input-file",
        "a.json",
        "--input-file",
        "b.json",
        "--namespace",
        "x",
        "--output-folder",
        ".",
    )
    heard = run(*arguments, a__json=one, b__json=other)
    twice = "GET /a is described twice: a.json#/paths/~1a/get describes it too, and is used"
    assert f"b.json#/paths/~1a/get: {twice}" in heard
    assert "remove one of them: they differ" in heard
    assert "they differ" not in run(*arguments, a__json=one, b__json=one)


@pytest.mark.parametrize("is_yaml", [True, False])
def test_numbers_that_stand_for_text_keep_their_spelling(run: Callable[..., str], is_yaml: bool) -> None:
    text = json.dumps(document({"/a": {"get": operation({**X, "enum": "VALUES"}, name="a")}}))
    spec = text.replace('"VALUES"', "[1.10, 08, 500, 1e3]" if is_yaml else "[1.10, 500, 1e3, true]")
    file = "spec.yaml" if is_yaml else "spec.json"
    arguments = ("--input-file", file, "--namespace", "x", "--output-folder", ".")
    assert not run(*arguments, **{file.replace(".", "__"): spec})
    wanted = '["1.10", "08", "500", "1e3"]' if is_yaml else '["1.10", "500", "1e3", "true"]'
    assert f"x: Literal{wanted} | None" in Path("x/rest/_builders.py").read_text(encoding="utf-8")


def test_a_document_without_info(run: Callable[..., str]) -> None:
    text = document({"/a": {"get": operation()}})
    del text["info"]
    heard = run(*OUT, spec__json=text)
    assert "note: spec.json#/info: the document has no version" in heard
    assert "nothing was written" not in heard


@pytest.mark.parametrize(
    ("info", "note"),
    [
        ({"title": "t"}, "#/info: the document has no version"),
        ({"title": "t", "version": 1.5}, "#/info: the version is not text"),
        ({}, "#/info: the document has no version"),
    ],
)
def test_a_document_without_a_version(run: Callable[..., str], info: Any, note: str) -> None:
    assert f"note: spec.json{note}" in run(*OUT, spec__json=document({"/a": {"get": operation()}}, info=info))


def test_a_version_keeps_its_spelling(generate: Generate) -> None:
    version = {"name": "api-version", "in": "query", "required": True, "type": "string"}
    text = json.dumps(document({"/a": {"get": operation(version, name="a")}}, "1.10"))
    made = generate(text.replace('"1.10"', "1.10"), notes=True)
    assert made.build_a_request().url == "/a?api-version=1.10"


def test_a_version_of_openapi_that_is_a_number(run: Callable[..., str]) -> None:
    spec = json.dumps(document({"/a": {"get": operation()}})).replace('"2.0"', "2.0")
    heard = run(*OUT, spec__json=spec)
    assert 'note: spec.json#/swagger: the version is a number\n    put it in quotes: "2.0"' in heard


def test_a_host_with_a_scheme(generate: Generate) -> None:
    made = generate(
        document({"/a": {"get": operation(name="a")}}, host="https://example.com", basePath="/v1")
    )
    assert "``https://example.com/v1``" in str(made.__doc__)


def test_json_with_comments_and_commas(run: Callable[..., str], generate: Generate) -> None:
    spec = json.dumps(document({"/a//b,}": {"get": operation(X, name="a")}}), indent=1)
    sloppy = spec.replace('"paths"', '/* all\n of // them */ "paths"').replace("}", ",\n // the end\n }")
    sloppy = sloppy.replace("/a//b,,\n // the end\n }", "/a//b,}")
    heard = run(*OUT, spec__json=sloppy)
    assert "JSON has no comments and no trailing commas" in heard
    assert generate(sloppy, notes=True).build_a_request(x="1").url == "/a//b,%7D?x=1"
    heard = run(*OUT, spec__json=sloppy.replace('"paths":', '"paths"'))
    assert "spec.json:10: it is not JSON: Expecting ':' delimiter" in heard
