"""OpenAPI's own schema, and what AutoRest's documents do beyond it."""

import json
import sys
from collections.abc import Iterable, Iterator, Mapping
from functools import lru_cache
from importlib.util import find_spec
from pathlib import Path
from typing import Any

from jsonschema import Draft4Validator, ValidationError  # type: ignore[import-untyped]

from openapi_request_builders.problems import Collector, pointer, problem

REMEDIES: Mapping[str, str] = {
    "additionalProperties": "remove it, or begin its name with x-",
    "minProperties": "give it a member",
    "enum": "use one of the values that are allowed",
    "pattern": "write it in the form that is asked for",
    "required": "add it",
    "type": "write it as the type that is asked for",
    "uniqueItems": "remove the duplicate",
}


# Members that hold anything, and are not read; and those whose own members are names, which can be any.
UNREAD = ("x-ms-examples", "example", "examples", "default", "enum")
NAMED = ("properties", "definitions", "parameters", "responses", "paths", "x-ms-paths")
EXTENSIONS: Mapping[str, type] = {
    "x-ms-api-version": bool,
    "x-ms-client-name": str,
    "x-ms-discriminator-value": str,
    "x-ms-enum": dict,
    "x-ms-header-collection-prefix": str,
    "x-ms-long-running-operation": bool,
    "x-ms-pageable": dict,
    "x-ms-skip-url-encoding": bool,
    "x-ms-parameterized-host": dict,
}
_JSON_NAMES: Mapping[type, str] = {bool: "true or false", str: "text", dict: "an object"}


def check(place: str, tree: Any, kind: str = "") -> None:
    """Check a document, or a part of one of the kind that the schema defines.

    :raises Problems: It breaks the schema.
    """
    try:
        errors, extensions = list(_validator(kind).iter_errors(tree)), list(_extensions(tree))
    except RecursionError:
        raise problem(place, "it is nested too deeply, or in itself", "flatten it") from None
    causes: dict[str, ValidationError] = {}  # the first one of a place: the others repeat it in other words
    for error in errors:
        cause = _cause(error)
        causes.setdefault(f"{place}{pointer(*cause.absolute_path)}", cause)
    problems = Collector()
    for where, cause in causes.items():
        remedy = REMEDIES.get(str(cause.validator), "see the OpenAPI 2.0 specification")
        message = _short(cause.message)
        if cause.validator == "enum" and where.endswith(
            "/in"
        ):  # each alternative of the schema names one only
            message = f"{cause.instance!r} is not one of 'body', 'formData', 'header', 'path', 'query'"
        problems.add(where, message, remedy)
    for at, key, value in extensions:
        if not isinstance(value, EXTENSIONS[key]):
            message = f"{json.dumps(value)} is not {_JSON_NAMES[EXTENSIONS[key]]}"
            problems.add(f"{place}{pointer(*at, key)}", message, REMEDIES["type"])
    problems.stop()


def _extensions(tree: Any, at: tuple[object, ...] = ()) -> Iterator[tuple[tuple[object, ...], str, Any]]:
    """Yield the extensions that are read here, which the schema says nothing about."""
    for key, value in children(tree, at):
        if key in EXTENSIONS and at[-1:] != ("properties",):
            yield at, str(key), value
        elif isinstance(value, dict | list):
            yield from _extensions(value, (*at, key))


def children(value: Any, at: tuple[object, ...]) -> Iterable[tuple[str | int, Any]]:
    """Return what stands below a value at a place, but for members that hold anything."""
    if isinstance(value, list):
        return enumerate(value)
    if not isinstance(value, dict):
        return ()
    return [(key, each) for key, each in value.items() if key not in UNREAD or (at[-1:] and at[-1] in NAMED)]


def _cause(error: ValidationError) -> ValidationError:
    """Find what an author would call the mistake: the deepest one in the alternative that fits best."""
    while error.context:
        branches: dict[Any, list[ValidationError]] = {}
        for each in error.context:
            branches.setdefault(each.schema_path[0], []).append(each)
        best = min(branches.values(), key=lambda errors: (_misfit(errors), len(errors)))
        error = max(best, key=lambda each: len(each.absolute_path))
    return error


def _misfit(errors: list[ValidationError]) -> int:
    """Say how far an alternative is from what was meant: another kind of parameter or object is far."""
    return sum(
        10
        if each.validator == "enum" and each.path and each.path[-1] in ("in", "type")
        else 5
        if each.validator == "required" and "$ref" in each.message
        else 1
        for each in errors
    )


def _short(message: str) -> str:
    return message if len(message) <= 300 else f"{message[:200]} ... {message[-90:]}"


@lru_cache(maxsize=4)
def _validator(kind: str) -> Any:
    """Load the schema that openapi-spec-validator ships; to import the package takes longer than all else."""
    spec = find_spec("openapi_spec_validator")
    if spec is None or spec.origin is None:
        raise problem(
            "openapi-spec-validator",
            f"{sys.executable} does not have it",
            "install it",
        )
    file = Path(spec.origin).parent / "resources" / "schemas" / "v2.0" / "schema.json"
    schema = _as_autorest_reads(json.loads(file.read_text(encoding="utf-8")))
    return Draft4Validator(
        {**schema["definitions"][kind], "definitions": schema["definitions"]} if kind else schema
    )


def _as_autorest_reads(schema: dict[str, Any]) -> dict[str, Any]:
    """Allow what AutoRest's documents do beyond it: members beside ``$ref``, files in bodies and lists."""
    definitions = schema["definitions"]
    body = definitions["bodyParameter"]["properties"]
    body["schema"] = {"anyOf": [body["schema"], {"$ref": "#/definitions/fileSchema"}]}
    del definitions["jsonReference"]["additionalProperties"]
    schema["properties"]["x-ms-paths"] = {"$ref": "#/definitions/paths"}
    definitions["primitivesItems"]["properties"]["type"]["enum"].append("file")
    _ask_for_references_first(schema)
    return schema


def _ask_for_references_first(schema: Any) -> None:
    """Have a reference recognized before what else could stand there is tried, which takes longer."""
    for value in schema.values() if isinstance(schema, dict) else schema:
        if isinstance(value, dict | list):
            _ask_for_references_first(value)
    reference = {"$ref": "#/definitions/jsonReference"}
    if isinstance(schema, dict) and reference in schema.get("oneOf", ()):
        schema["anyOf"] = [reference, *(each for each in schema.pop("oneOf") if each != reference)]
