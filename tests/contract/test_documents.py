"""Every document in ``swagger/`` says what its version of the service says: no more, no less."""

from __future__ import annotations

import json
from functools import cache
from pathlib import Path
from typing import Any

import pytest
from openapi_spec_validator import OpenAPIV2SpecValidator

from tests.contract import facts

SWAGGER = Path(__file__).parents[2] / "swagger"
CELLS = [
    pytest.param(operation, version, id=f"{version}-{operation.name}")
    for operation in facts.OPERATIONS
    for version in operation.versions()
]


@cache
def document(version: str) -> dict[str, Any]:
    loaded: dict[str, Any] = json.loads((SWAGGER / f"{version}.json").read_text("utf-8"))
    return loaded


def operations(version: str) -> dict[tuple[str, str], dict[str, Any]]:
    return {
        (method.upper(), path): operation
        for path, item in document(version)["paths"].items()
        for method, operation in item.items()
    }


def resolved(version: str, node: dict[str, Any]) -> dict[str, Any]:
    """Follow the reference that a parameter or a response is."""
    if "$ref" not in node:
        return node
    section, name = node["$ref"].removeprefix("#/").split("/")
    target: dict[str, Any] = document(version)[section][name]
    return target


def undescribed(node: Any) -> Any:
    """Drop the prose. A property called ``description`` would be a mapping, and stays."""
    if isinstance(node, dict):
        return {
            key: undescribed(value)
            for key, value in node.items()
            if not (key == "description" and isinstance(value, str))
        }
    return [undescribed(item) for item in node] if isinstance(node, list) else node


def test_there_is_a_document_for_each_version_and_no_other() -> None:
    assert tuple(sorted(path.stem for path in SWAGGER.iterdir())) == facts.VERSIONS


@pytest.mark.parametrize("version", facts.VERSIONS)
def test_a_document_is_valid_openapi(version: str) -> None:
    assert list(OpenAPIV2SpecValidator(document(version)).iter_errors()) == []


@pytest.mark.parametrize("version", facts.VERSIONS)
def test_a_document_is_named_after_its_version(version: str) -> None:
    assert document(version)["info"]["version"] == version


@pytest.mark.parametrize("version", facts.VERSIONS)
def test_a_document_has_the_operations_of_its_version(version: str) -> None:
    known = {(row.method, row.path) for row in facts.OPERATIONS if version in row.versions()}
    assert set(operations(version)) == known
    assert len(known) == facts.OPERATIONS_PER_VERSION[version]


@pytest.mark.parametrize(("operation", "version"), CELLS)
def test_an_operation_is_what_the_facts_say(operation: facts.Operation, version: str) -> None:
    found = operations(version)[operation.method, operation.path]
    expected = {
        "operationId": operation.operation_id(version),
        "consumes": list(operation.consumes),
        "produces": list(facts.produces(operation, version)),
        "parameters": facts.parameters(operation, version),
        "responses": facts.responses(operation, version),
        **operation.extensions,
    }
    prose = {"summary", "description"}
    assert {
        "consumes": [],
        "produces": [],
        **{key: value for key, value in undescribed(found).items() if key not in prose},
        "parameters": [
            {
                key: value
                for key, value in undescribed(resolved(version, parameter)).items()
                if key not in {"x-ms-parameter-location", "x-example"}
            }
            for parameter in found["parameters"]
        ],
        "responses": {
            code: undescribed(resolved(version, response)) for code, response in found["responses"].items()
        },
    } == expected


@pytest.mark.parametrize("version", facts.VERSIONS)
def test_the_definitions_are_what_the_facts_say(version: str) -> None:
    expected = {
        name: definition.schema(version)
        for name, definition in facts.DEFINITIONS.items()
        if definition.since <= version
    }
    assert undescribed(document(version).get("definitions", {})) == expected


@pytest.mark.parametrize("version", facts.VERSIONS)
def test_the_host_is_what_the_facts_say(version: str) -> None:
    assert undescribed(document(version).get("x-ms-parameterized-host")) == facts.host(version)


@pytest.mark.parametrize("version", facts.VERSIONS)
def test_a_shared_parameter_belongs_to_the_method(version: str) -> None:
    # Without the mark, AutoRest takes a parameter that stands under `parameters` for one of the client.
    unmarked = [
        name
        for name, parameter in document(version)["parameters"].items()
        if parameter.get("x-ms-parameter-location") != "method"
    ]
    assert unmarked == []


@pytest.mark.parametrize("version", facts.VERSIONS)
def test_everything_shared_is_used(version: str) -> None:
    text = json.dumps(document(version))
    shared = [
        f"#/{section}/{name}"
        for section in ("parameters", "responses", "definitions")
        for name in document(version).get(section, {})
    ]
    assert [reference for reference in shared if f'"{reference}"' not in text] == []


@pytest.mark.parametrize("version", facts.VERSIONS)
def test_everything_is_described(version: str) -> None:
    definitions = document(version).get("definitions", {})
    described: dict[str, Any] = {
        **{f"parameter {name}": node for name, node in document(version)["parameters"].items()},
        **{f"response {name}": node for name, node in document(version)["responses"].items()},
        **definitions,
        **{
            f"{model}.{name}": node
            for model, definition in definitions.items()
            for name, node in definition["properties"].items()
            if "$ref" not in node
        },
    }
    for (method, path), operation in operations(version).items():
        described[f"{method} {path}"] = {"description": operation.get("summary")}
        for parameter in operation["parameters"]:
            described[f"{method} {path} {parameter}"] = resolved(version, parameter)
        for code, response in operation["responses"].items():
            described[f"{method} {path} {code}"] = resolved(version, response)
    assert [name for name, node in described.items() if not node.get("description")] == []
