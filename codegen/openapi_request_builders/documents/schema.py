"""Check that a document has the form on which request builders rely.

``openapi2.schema.json`` describes it. It is shorter than the schema that the OpenAPI initiative publishes: it
covers only the parts that are used here, and allows AutoRest's extensions of OpenAPI 2.0. Breaking a rule
with ``"severity": "note"`` does not affect requests, so it is only noted. Schemas of bodies only lead to
samples, so a table is enough for them, and members with a mistake are left out.
"""

import json
from collections.abc import Iterable, Mapping
from functools import lru_cache
from pathlib import Path
from typing import Any

from jsonschema import Draft202012Validator, ValidationError  # type: ignore[import-untyped]

from openapi_request_builders.problems import Collector, Notes, pointer, problem, suggestion
from openapi_request_builders.words import JSON_NAMES

At = tuple[str | int, ...]

REMEDIES: Mapping[str, str] = {"required": "add it"}
# The members of schemas that samples use, with their types.
SCHEMA_MEMBERS: Mapping[str, tuple[type, ...]] = {
    "additionalProperties": (bool, dict),
    "allOf": (list,),
    "description": (str,),
    "discriminator": (str,),
    "enum": (list,),
    "format": (str,),
    "items": (dict,),
    "properties": (dict,),
    "readOnly": (bool,),
    "required": (list,),
    "type": (str,),
    "x-ms-client-name": (str,),
    "x-ms-discriminator-value": (str,),
}
# Members with any value, which are not read; and objects whose members have names of the author's choice.
UNREAD = ("x-ms-examples", "example", "examples", "default", "enum")
NAMED = ("properties", "definitions", "parameters", "responses", "paths", "x-ms-paths")
_TYPES: Mapping[str, str] = {
    "array": "a list",
    "boolean": "true or false",
    "integer": "an integer",
    "number": "a number",
    "object": "an object",
    "string": "text",
}


def check(place: str, tree: Any, kind: str, notes: Notes) -> None:
    """Check a document, or a part of one.

    :param kind: One of ``document``, ``pathItem``, ``parameter``, ``response`` and ``schema``.
    :param notes: Collects mistakes that do not affect requests.
    :raises Problems: There are other mistakes.
    """
    try:
        if kind == "schema":
            _clean(tree, place, notes)
            return
        errors = sorted(
            _validator(kind).iter_errors(tree), key=lambda error: list(map(str, error.absolute_path))
        )
        _clean_below(tree, (), place, notes)
    except RecursionError:
        raise problem(place, "it is nested too deeply, or in itself", "flatten it") from None
    problems = Collector()
    for error in errors:
        where = f"{place}{pointer(*error.absolute_path)}"
        collector = notes if error.schema.get("severity") == "note" else problems
        collector.add(where, *_words(error))
    problems.stop()


def _place(error: ValidationError) -> list[str]:
    return [str(part) for part in error.absolute_path]


def _words(error: ValidationError) -> tuple[str, str]:
    """Return an error as a message and a remedy."""
    schema: Any = error.schema
    if "message" in schema:
        return schema["message"], schema["remedy"]
    if error.validator in ("not", "anyOf"):
        word = str(error.absolute_path[-1] if error.validator == "not" else error.instance)
        message = f"OpenAPI 2.0 has no {word!r} here, so it has no effect"
        return message, suggestion(word, _known_words())
    if error.validator == "enum":
        allowed: Any = error.validator_value
        remedy = suggestion(error.instance, map(str, allowed), "use one of the allowed values")
        return str(error.message), remedy
    if error.validator == "minProperties":
        return "it has no members", ""
    if error.validator == "type":
        types: Any = error.validator_value
        names = [types] if isinstance(types, str) else types
        wanted = " or ".join(_TYPES[each] for each in names if each != "null")
        return f"{_short(error.instance)} is not {wanted}", f"write {wanted}"
    return str(error.message), REMEDIES.get(str(error.validator), "see the OpenAPI 2.0 specification")


def _short(value: object) -> str:
    text = json.dumps(value, ensure_ascii=False, default=str)
    return text if len(text) <= 80 else f"{text[:60]} ... {text[-15:]}"


@lru_cache(maxsize=1)
def _schema() -> Any:
    path = Path(__file__).with_name("openapi2.schema.json")
    return json.loads(path.read_text(encoding="utf-8"))


@lru_cache(maxsize=8)
def _validator(kind: str) -> Any:
    return Draft202012Validator({"$ref": f"#/$defs/{kind}", "$defs": _schema()["$defs"]})


@lru_cache(maxsize=1)
def _known_words() -> list[str]:
    definitions = _schema()["$defs"]
    words = set(definitions["parameterWord"]["anyOf"][1]["enum"])
    kinds = ("document", "pathItem", "operation", "values")
    return sorted(words.union(*(definitions[kind]["properties"] for kind in kinds)))


def _clean_below(tree: Any, at: At, place: str, notes: Notes) -> None:
    """Clean the schemas of bodies in a document or a part of one."""
    for key, value in children(tree, at):
        where = f"{place}{pointer(*at, key)}"
        if at == ("definitions",) or (key == "schema" and not set(at[-1:]) & set(NAMED)):
            _clean(value, where, notes)
        elif isinstance(value, dict | list):
            _clean_below(value, (*at, key), place, notes)


def _clean(schema: Any, place: str, notes: Notes) -> None:
    """Remove members that do not have the form that samples need, from a schema and those inside it."""
    if not isinstance(schema, dict) or "$ref" in schema:
        return
    for name, types in SCHEMA_MEMBERS.items():
        if name in schema and not isinstance(schema[name], types):
            expected = " or ".join(JSON_NAMES[each] for each in types)
            message = f"{_short(schema.pop(name))} is not {expected}; samples leave it out"
            notes.add(f"{place}{pointer(name)}", message)
    for name in ("items", "additionalProperties"):
        _clean(schema.get(name), f"{place}{pointer(name)}", notes)
    for number, each in enumerate(schema.get("allOf", ())):
        _clean(each, f"{place}{pointer('allOf', number)}", notes)
    properties = schema.get("properties", {})
    for name in [name for name, value in properties.items() if not isinstance(value, dict)]:
        del properties[name]
        notes.add(f"{place}{pointer('properties', name)}", "it is not an object; samples leave it out")
    for name, value in properties.items():
        _clean(value, f"{place}{pointer('properties', name)}", notes)


def children(value: Any, at: tuple[object, ...]) -> Iterable[tuple[str | int, Any]]:
    """Return the children of a value at a place, except for members with any value."""
    if isinstance(value, list):
        return enumerate(value)
    if not isinstance(value, dict):
        return ()
    return [(key, each) for key, each in value.items() if key not in UNREAD or (at[-1:] and at[-1] in NAMED)]
