"""The emulator's own route table against the published documents: every operation, and no more."""

import json
from collections.abc import Iterable, Mapping
from pathlib import Path
from typing import Any

import pytest

from azure.messaging.webpubsubservice.emulator._specification import (
    API_VERSIONS,
    LATEST,
    QUERY,
    ROUTES,
    Body,
    match,
)

SWAGGER = Path(__file__).parents[2] / "swagger"
DOCUMENTS = {
    path.stem: json.loads(path.read_text(encoding="utf-8")) for path in sorted(SWAGGER.glob("*.json"))
}
KINDS = {"array": "list", "integer": "integer", "string": "text"}

#: Operations whose names changed after the first version.
RENAMED = {
    "HealthApi_GetHealthStatus": "HealthApi_GetServiceStatus",
    "WebPubSub_CloseClientConnection": "WebPubSub_CloseConnection",
}


def operations(document: Mapping[str, Any]) -> dict[tuple[str, str], Mapping[str, Any]]:
    return {
        (method.upper(), path): operation
        for path, methods in document["paths"].items()
        for method, operation in methods.items()
        if method != "parameters"
    }


def test_every_document_is_a_version() -> None:
    assert sorted(DOCUMENTS) == sorted(API_VERSIONS)
    assert max(DOCUMENTS) == LATEST


@pytest.mark.parametrize("version", API_VERSIONS)
def test_operations_of_a_version(version: str) -> None:
    documented = operations(DOCUMENTS[version])
    routes = {(route.method, route.template): route for route in ROUTES if version in route.versions()}
    assert set(routes) == set(documented)
    for key, operation in documented.items():
        route = routes[key]
        assert route.operation == RENAMED.get(operation["operationId"], operation["operationId"])
        assert str(route.success_status(version)) in operation["responses"], key
        declared = [resolved(DOCUMENTS[version], parameter) for parameter in operation["parameters"]]
        assert parameters(declared) == {name for name in route.query if QUERY[name].since <= version}, key
        takes_body = any(parameter["in"] == "body" for parameter in declared)
        assert takes_body is (route.body is not Body.NONE), key


@pytest.mark.parametrize("name", QUERY)
def test_a_query_parameter_has_the_type_and_the_bounds_of_the_documents(name: str) -> None:
    declared = [
        resolved(document, parameter)
        for document in DOCUMENTS.values()
        for operation in operations(document).values()
        for parameter in operation["parameters"]
    ]
    found = [each for each in declared if (each["in"], each["name"]) == ("query", name)]
    newest = found[-1]
    fact = QUERY[name]
    assert fact.kind == ("choice" if "enum" in newest else KINDS[newest["type"]])
    assert list(fact.choices) == newest.get("enum", [])
    if fact.kind == "integer":
        assert (fact.minimum, fact.maximum) == (newest["minimum"], newest.get("maximum", 2**31 - 1))


def resolved(document: Mapping[str, Any], parameter: Mapping[str, Any]) -> Mapping[str, Any]:
    reference: str = parameter.get("$ref", "")
    target: Mapping[str, Any] = (
        document["parameters"][reference.rpartition("/")[2]] if reference else parameter
    )
    return target


def parameters(declared: Iterable[Mapping[str, Any]]) -> set[str]:
    return {
        parameter["name"]
        for parameter in declared
        if parameter["in"] == "query" and parameter["name"] != "api-version"
    }


@pytest.mark.parametrize("route", ROUTES, ids=lambda route: route.operation)
def test_each_route_is_found_by_its_path(route: Any) -> None:
    found = match([part or "x" for part in route.template[1:].split("/")])
    assert found is not None
    assert found.routes[route.method] is route


def test_routes_are_listed_once() -> None:
    assert len({route.operation for route in ROUTES}) == len(ROUTES) == 26
