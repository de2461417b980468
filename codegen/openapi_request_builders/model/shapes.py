"""What the values of a parameter are like."""

import json
import re
from collections.abc import Mapping
from contextlib import suppress
from dataclasses import dataclass, replace
from typing import Any

from openapi_request_builders.documents.node import Node
from openapi_request_builders.model.patterns import translate
from openapi_request_builders.parse import parse
from openapi_request_builders.problems import problem

# OpenAPI's types and formats (the default under ""), as the kinds that the templates and the run time know.
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
}
# Types that a document can have values of, as defaults and enumerations.
_PLAIN: Mapping[str, tuple[type, ...]] = {
    "text": (str,),
    "boolean": (bool,),
    "integer": (int,),
    "number": (int, float),
    "array": (tuple,),
}
# Constraints by kind, as OpenAPI and as the run time names them.
_LENGTHS = {"pattern": "pattern", "minLength": "min_length", "maxLength": "max_length"}
_BOUNDS = {
    "minimum": "minimum",
    "maximum": "maximum",
    "exclusiveMinimum": "exclusive_minimum",
    "exclusiveMaximum": "exclusive_maximum",
    "multipleOf": "multiple_of",
}
_COUNTS = {"minItems": "min_items", "maxItems": "max_items", "uniqueItems": "unique_items"}
CONSTRAINTS: Mapping[str, Mapping[str, str]] = {
    "text": _LENGTHS,
    "integer": _BOUNDS,
    "number": _BOUNDS,
    "array": _COUNTS,
}


@dataclass(frozen=True)
class Shape:
    """The kind of a parameter's values and the rules they keep.

    :param constraints: Names and values of what the run time checks.
    :param enum: The only values there are.
    :param known_values: Values that the document knows, of a set that may grow.
    :param default: What is sent when the caller says nothing.
    :param pattern: The pattern as the document has it; it is not checked if Python has no equal of it.
    """

    kind: str
    constraints: tuple[tuple[str, Any], ...] = ()
    enum: tuple[Any, ...] = ()
    known_values: tuple[Any, ...] = ()
    items: "Shape | None" = None
    collection_format: str = "csv"
    required: bool = False
    default: Any = None
    skip_quote: bool = False
    pattern: str | None = None
    is_pattern_checked: bool = True

    @property
    def nested(self) -> tuple["Shape", ...]:
        """The shape, and those of items within items."""
        return (self, *self.items.nested) if self.items else (self,)

    @property
    def is_constant(self) -> bool:
        """Whether a required parameter has one value only."""
        return self.required and len(self.enum) == 1


def shape(node: Node, *, validate: bool) -> Shape:
    """Describe a parameter that is not a body, or the items of one.

    :param validate: Keep the constraints, which cost time and may be wrong in a document.
    """
    kind = _kind(node)
    if kind not in _PLAIN and "enum" in node:
        kind = "text"  # the document has the values as they are written
    result = Shape(
        kind,
        required=bool(node.get("required", False)),
        skip_quote=bool(node.get("x-ms-skip-url-encoding", False)),
    )
    if "x-ms-header-collection-prefix" in node:
        return replace(result, kind="prefixed-headers")
    if kind == "array":
        items = shape(node["items"], validate=validate) if "items" in node else Shape("text")
        items = replace(items, default=None)  # a list says itself what it is by default
        result = replace(result, items=items, collection_format=node.get("collectionFormat", "csv"))
    listed = enumerate(node.get("enum", ()))
    # None leaves a parameter out, whether or not the document lists it.
    if values := tuple(
        _typed(kind, each, f"{node}/enum/{place}") for place, each in listed if each is not None
    ):
        extensible = bool(node.get("x-ms-enum", {}).get("modelAsString", False))
        extensible = extensible and not (result.required and len(values) == 1)
        result = replace(result, known_values=values) if extensible else replace(result, enum=values)
    if validate:
        result = _constrained(result, node)
    if node.get("default") is not None:
        default = _typed(result.kind, node.value["default"], node / "default")
        if result.items:
            default = tuple(_typed(result.items.kind, each, node / "default") for each in default)
        if broken := _broken_rule(result, default):
            raise problem(node / "default", broken, "correct the default, or the rule that it breaks")
        return replace(result, default=default)
    return replace(result, default=values[0]) if result.is_constant else result


def _broken_rule(of: Shape, value: Any) -> str | None:
    """Say which of its own rules a parameter's default breaks."""
    rules = dict(of.constraints)
    text = json.dumps(value, ensure_ascii=False)
    if of.enum and value not in of.enum:
        return f"{text} is not one of {json.dumps(of.enum, ensure_ascii=False)[1:-1]}"
    if isinstance(value, str) and of.kind == "text" and not re.search(rules.get("pattern", ""), value):
        return f"{text} does not match the pattern {of.pattern}"
    measure = len(value) if isinstance(value, str | tuple) else value
    for low in ("minimum", "min_length", "min_items"):
        if low in rules and measure < rules[low]:
            return f"{text} is under the minimum of {rules[low]}"
    for high in ("maximum", "max_length", "max_items"):
        if high in rules and measure > rules[high]:
            return f"{text} is over the maximum of {rules[high]}"
    if of.items:
        return next(filter(None, (_broken_rule(of.items, each) for each in value)), None)
    return None


def _typed(kind: str, value: Any, place: str) -> Any:
    """Return a value of the document in the type that the parameter has."""
    if kind == "array" and isinstance(value, list):
        return tuple(value)
    if isinstance(value, str) and kind in ("boolean", "integer", "number"):
        with suppress(ValueError):
            value = parse(value.lower(), is_yaml=False)
    types = _PLAIN.get(kind, (str,))
    if not isinstance(value, types) or (isinstance(value, bool) and bool not in types):
        message = f"{json.dumps(value)} is not a value of a parameter of type {kind}"
        raise problem(place, message, "correct the value, or the type")
    return value


def _kind(node: Node) -> str:
    kind = str(node.get("type", "string"))
    formats = KINDS.get(kind)
    if formats is None:
        raise problem(f"{node}/type", f"a parameter cannot be of type {kind!r}", f"use {', '.join(KINDS)}")
    return formats.get(str(node.get("format", "")), formats[""])


def _constrained(result: Shape, node: Node) -> Shape:
    constraints = []
    for name, python_name in CONSTRAINTS.get(result.kind, {}).items():
        value = node.get(name)
        if name == "pattern" and value is not None:
            translated = translate(value)
            result = replace(result, pattern=value, is_pattern_checked=translated is not None)
            value = translated
        if value is None or value is False or (value == 0 and name in ("minLength", "minItems")):
            continue  # nothing is asked for
        constraints.append((python_name, value))
    given = dict(constraints)
    for low, high in (("minimum", "maximum"), ("min_length", "max_length"), ("min_items", "max_items")):
        if low in given and high in given and given[low] > given[high]:
            message = f"no value is at least {given[low]} and at most {given[high]}"
            raise problem(node, message, "correct one of the two")
    return replace(result, constraints=tuple(constraints))
