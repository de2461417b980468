"""The shapes of parameters, from the places in a document that describe them."""

import json
from collections.abc import Callable, Mapping
from dataclasses import replace
from functools import cache
from typing import Any

from openapi_request_builders.documents.node import Node
from openapi_request_builders.model.linearity import is_linear
from openapi_request_builders.model.patterns import translate
from openapi_request_builders.model.shape import Shape, Style
from openapi_request_builders.model.values import (
    COMPOUND,
    PLAIN,
    broken_default,
    frozen,
    has_object,
    value_of,
)
from openapi_request_builders.problems import Problems, problem, suggestion

# The kinds, as the templates and the run time know them, by OpenAPI's type and format ("" for any other).
KINDS: Mapping[str, Mapping[str, str]] = {
    "string": {
        "": "text",
        "date": "date",
        "date-time": "date-time",
        "date-time-rfc1123": "date-time-rfc1123",
        "time": "time",
        "duration": "duration",
        "byte": "byte",
        "base64url": "base64url",
        "uuid": "uuid",
        "decimal": "number",
    },
    "boolean": {"": "boolean"},
    "integer": {"": "integer", "unixtime": "unixtime"},
    "number": {"": "number", "unixtime": "unixtime"},
    "array": {"": "array"},
    "file": {"": "file"},
    "any": {"": "any"},
    "json": {"": "json"},
    "object": {"": "object"},
}
# Formats that do not change how a value is written: those of OpenAPI's registry, and common ones.
PLAIN_FORMATS = (
    *(
        "binary",
        "char",
        "email",
        "file",
        "hostname",
        "html",
        "idn-email",
        "idn-hostname",
        "ipv4",
        "ipv6",
        "iri",
    ),
    *("iri-reference", "json-pointer", "password", "regex", "relative-json-pointer", "uri", "uri-reference"),
    *("uri-template", "url", "commonmark", "media-range", "arm-id", "base64", "guid"),
    *("int8", "int16", "int32", "int64", "uint8", "uint16", "uint32", "uint64", "double-int", "integer"),
    *("decimal", "decimal128", "double", "float", "number", "string"),
)
# Constraints by kind: OpenAPI's name and the run time's name.
_LENGTHS = {"pattern": "pattern", "minLength": "min_length", "maxLength": "max_length"}
_BOUNDS = {
    "minimum": "minimum",
    "maximum": "maximum",
    "exclusiveMinimum": "exclusive_minimum",
    "exclusiveMaximum": "exclusive_maximum",
    "multipleOf": "multiple_of",
}
_COUNTS = {"minItems": "min_items", "maxItems": "max_items", "uniqueItems": "unique_items"}
COUNTED = ("minLength", "maxLength", "minItems", "maxItems")


def _is_number(value: Any) -> bool:
    return isinstance(value, int | float) and not isinstance(value, bool)


# What the values of constraints are, by constraint: words, and a function that checks one.
_FLAG = "true or false", lambda value: isinstance(value, bool)
_COUNT = "a whole number", lambda value: _is_number(value) and value >= 0 and value == int(value)
_BOUND_VALUES: Mapping[str, tuple[str, Callable[[Any], bool]]] = {
    "pattern": ("text", lambda value: isinstance(value, str)),
    "minimum": ("a number", _is_number),
    "maximum": ("a number", _is_number),
    "exclusiveMinimum": _FLAG,
    "exclusiveMaximum": _FLAG,
    "multipleOf": ("a number above 0", lambda value: _is_number(value) and value > 0),
    "uniqueItems": _FLAG,
}
CONSTRAINTS: Mapping[str, Mapping[str, str]] = {
    "text": _LENGTHS,
    "integer": _BOUNDS,
    "number": _BOUNDS,
    "array": _COUNTS,
}


def shape(node: Node, *, validate: bool) -> Shape:
    """Describe a parameter that is not a body, or the items of one.

    :param validate: Whether to keep the constraints. They cost time, and may be wrong in a document.
    """
    kind = _kind(node)
    if kind == "array" and "enum" in node and "items" in node:
        node = _with_enum_of_items(node)
    if kind not in (*PLAIN, *COMPOUND) and "enum" in node:
        kind = "text"  # the values in the document are in the form of the wire
    result = Shape(
        kind,
        # A path has all its parts, also where a document says that one is optional.
        required=bool(node.get("required", False)) or node.get("in") == "path",
        skip_quote=bool(node.get("x-ms-skip-url-encoding", False)),
        style=_style(node),
        content_types=tuple(node.get("x-media-types", ())),
        service_default=node.get("x-service-default"),
    )
    if kind in COMPOUND:
        return _compound(result, node, validate=validate)
    if "x-ms-header-collection-prefix" in node:
        return replace(result, kind="prefixed-headers")
    if kind == "array":
        items = shape(node["items"], validate=validate) if "items" in node else Shape("text")
        items = replace(items, default=None)  # only the default of the list matters
        result = replace(result, items=items, collection_format=node.get("collectionFormat", "csv"))
    result = _enumerated(result, node)
    if validate:
        result = _constrained(result, node)
    if node.get("default") is not None:
        result = _with_default(result, node)
    if result.default is None and result.is_constant:
        return replace(result, default=result.enum[0])
    return result


def _enumerated(result: Shape, node: Node) -> Shape:
    """Add the values that are listed: the only ones, or those that are known so far."""
    # None leaves a parameter out, even if the document does not list it.
    listed = {place: each for place, each in enumerate(node.get("enum", ())) if each is not None}
    if any(map(has_object, listed.values())):
        node.documents.notes.add(node / "enum", "it lists objects, so the rule is not checked")
        return result
    if result.kind in COMPOUND:
        return replace(result, known_values=tuple(map(frozen, listed.values())))
    values = tuple(value_of(result, each, f"{node}/enum/{place}") for place, each in listed.items())
    extensible = bool(node.get("x-ms-enum", {}).get("modelAsString", False))
    extensible = extensible and not (result.required and len(values) == 1)
    if extensible or node.get("x-extensible"):
        return replace(result, known_values=values)
    return replace(result, enum=values)


def _with_enum_of_items(node: Node) -> Node:
    """Move an enumeration from a list to its items, unless the values are lists."""
    values = node.value["enum"]
    if any(isinstance(each, list) for each in values):
        return node
    node.documents.notes.add(node / "enum", "its values are not arrays, so they are taken for the items")
    items = {**node["items"].value, "enum": values}
    return Node(node.documents, node.path, node.at, {**_without(node, "enum").value, "items": items})


def _without(node: Node, name: str) -> Node:
    rest = {key: each for key, each in node.value.items() if key != name}
    return Node(node.documents, node.path, node.at, rest)


def _with_default(result: Shape, node: Node) -> Shape:
    """Add the default, unless it breaks the parameter's own rules. Then the service applies it."""
    default = node.value["default"]
    if has_object(default) or result.kind == "json":
        return replace(result, service_default=default)
    try:
        default = value_of(result, default, node / "default")
        if broken := broken_default(result, default):
            raise problem(node / "default", broken, "correct the default, or the rule that it breaks")
    except Problems as error:
        for each in error.problems:
            node.documents.notes.add(each.place, f"{each.message}, and is not sent", each.remedy)
        return result
    return replace(result, default=default)


def _style(node: Node) -> Style | None:
    if "x-style" not in node:
        return None
    style = str(node.get("x-style"))
    wire = str(node.get("name", "")) if style == "matrix" else ""
    return Style(style, bool(node.get("x-explode")), bool(node.get("x-reserved")), wire)


def _compound(result: Shape, node: Node, *, validate: bool) -> Shape:
    """Describe an object, a value of several kinds, or a value of any kind."""
    if result.kind == "any-of":
        alternatives = (_without(each, "default") for each in node.each("x-any-of"))
        result = replace(result, alternatives=tuple(shape(each, validate=validate) for each in alternatives))
    elif result.kind == "object":
        members = node["properties"].items() if "properties" in node else ()
        more = node.get("additionalProperties", True)
        result = replace(
            result,
            members=tuple((name, shape(each, validate=validate)) for name, each in members),
            more=_more(node, more, validate=validate),
            needed=tuple(node.get("x-required", ())),
        )
    result = _enumerated(result, node)
    return result if node.get("default") is None else _with_default(result, node)


def _more(node: Node, more: Any, *, validate: bool) -> Shape | None:
    if isinstance(more, dict):
        return replace(shape(node["additionalProperties"], validate=validate), default=None)
    return Shape("any") if more else None


def _kind(node: Node) -> str:
    if "x-any-of" in node:
        return "any-of"
    kind = str(node.get("type", "string"))
    if node.get("in") == "formData" and node.get("format") == "binary":
        return "file"
    formats = KINDS.get(kind)
    if formats is None:
        remedy = suggestion(kind, KINDS, f"use {', '.join(KINDS)}")
        raise problem(node / "type", f"a parameter cannot have type {kind!r}", remedy)
    name = str(node.get("format", ""))
    if name not in formats and (remedy := _known_format(kind, name)):
        node.documents.notes.add(
            node / "format", f"the format {name!r} is not known, so it has no effect", remedy
        )
    return formats.get(name, formats[""])


@cache
def _known_format(kind: str, name: str) -> str:
    """Return the remedy for a misspelt format; empty if it is known, or resembles none that is."""
    known = [each for each in (*KINDS[kind], *PLAIN_FORMATS) if each]
    return "" if name.lower() in PLAIN_FORMATS else suggestion(name, known, cutoff=0.85)


def _with_pattern(result: Shape, pattern: str, max_length: int | None) -> tuple[Shape, str | None]:
    """Return a shape with a pattern, and the pattern in Python's syntax if it can be checked."""
    translated = translate(pattern)
    unchecked = ""
    if translated is None:
        unchecked = "Python's regular expressions have no equivalent"
    elif not is_linear(translated, max_length):
        unchecked = "for some values, it would take more than linear time"
    return replace(result, pattern=pattern, unchecked=unchecked), None if unchecked else translated


def _bound(node: Node, name: str) -> Any:
    """Return the value of a constraint, or None if there is none, or none that makes sense."""
    value = node.get(name)
    words, is_valid = _BOUND_VALUES.get(name, _COUNT)
    if value is None or is_valid(value):
        return int(value) if isinstance(value, float) and name in COUNTED else value
    node.documents.notes.add(
        node / name, f"{json.dumps(value)} is not {words}, so the rule is not checked", f"write {words}"
    )
    return None


def _constrained(result: Shape, node: Node) -> Shape:
    constraints = []
    for name, python_name in CONSTRAINTS.get(result.kind, {}).items():
        value = _bound(node, name)
        if name == "pattern" and value is not None:
            result, value = _with_pattern(result, value, _bound(node, "maxLength"))
        if value is None or value is False or (value == 0 and name in ("minLength", "minItems")):
            continue  # these bounds do not restrict anything
        constraints.append((python_name, value))
        if name == "pattern" and "x-pattern-description" in node:
            constraints.append(("pattern_description", str(node.get("x-pattern-description"))))
        elif name == "pattern" and value != result.pattern:
            constraints.append(("document_pattern", result.pattern))
    given = dict(constraints)
    for low, high in (("minimum", "maximum"), ("min_length", "max_length"), ("min_items", "max_items")):
        if low in given and high in given and given[low] > given[high]:
            message = f"no value is at least {given[low]} and at most {given[high]}"
            raise problem(node, message, "correct one of the two")
    return replace(result, constraints=tuple(constraints))
