"""Documents with faults that change no request: they are read, and each fault is noted."""

from collections.abc import Callable
from typing import Any

import pytest

from tests.codegen.conftest import document, operation

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
                "#/paths/~1a/get/parameters/0: 'requried' is not a word of OpenAPI 2.0 here, "
                "and has no effect\n    did you mean required?"
            ),
        ),
        (
            document({"/a": {"get": operation(sumary="Get it.")}}),
            (
                "#/paths/~1a/get/sumary: 'sumary' is not a word of OpenAPI 2.0 here, and has no effect\n"
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
            document({"/a": {"get": operation({**X, "type": "integer", "default": "many"})}}),
            '#/paths/~1a/get/parameters/0/default: "many" is not a value of a parameter of type',
        ),
        (
            document({"/a": {"get": operation({**X, "enum": ["a"], "default": "b"})}}),
            '#/paths/~1a/get/parameters/0/default: "b" is not one of "a", and is not sent',
        ),
        (
            document({"/a": {"get": operation({**X, "type": "array", "items": TEXT, "enum": ["a"]})}}),
            "#/paths/~1a/get/parameters/0/enum: its values are none of an array: they are those of the items",
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
