"""The facets of a parameter's values, from its schema: as in OpenAPI 2.0, and without references."""

import json
from collections.abc import Iterable, Mapping
from typing import Any

from openapi_request_builders.documents.node import PLACE, PLACES, Node
from openapi_request_builders.documents.openapi3.reading import entries, extensions, member, members

Facets = dict[str, Any]

ANY_OF = "x-any-of"
# Members that are copied unchanged.
_PLAIN = (
    *("type", "format", "enum", "default", "description", "deprecated"),
    *("pattern", "minLength", "maxLength", "minimum", "maximum", "multipleOf"),
    *("minItems", "maxItems", "uniqueItems", "exclusiveMinimum", "exclusiveMaximum"),
)
# Members that do not affect which values are allowed.
_SAID_OF_ANY = (PLACE, PLACES, "description", "default", "title", "deprecated", "x-service-default")
# The type that a member implies if the schema has no type.
_IMPLIED: Mapping[str, str] = {
    "properties": "object",
    "additionalProperties": "object",
    "items": "array",
    "prefixItems": "array",
    "minItems": "array",
    "maxItems": "array",
    "uniqueItems": "array",
    "pattern": "string",
    "minLength": "string",
    "maxLength": "string",
    "contentEncoding": "string",
    "contentMediaType": "string",
    "minimum": "number",
    "maximum": "number",
    "multipleOf": "number",
}
_ENCODINGS = {"base64": "byte", "base64url": "base64url"}
# Formats of numbers; all others are formats of text.
_NUMBER_FORMATS = {"int32": "integer", "int64": "integer", "float": "number", "double": "number"}
# Members that apply to only one type, so that a list of types can be split.
_OF_TYPE: Mapping[str, str] = {
    **dict.fromkeys(("pattern", "minLength", "maxLength"), "string"),
    **dict.fromkeys(("minimum", "maximum", "multipleOf", "exclusiveMinimum", "exclusiveMaximum"), "number"),
    **dict.fromkeys(("items", "minItems", "maxItems", "uniqueItems"), "array"),
    **dict.fromkeys(("properties", "additionalProperties", "x-required"), "object"),
}


def facets(schema: Node, around: tuple[Node, ...] = (), *, deep: bool = True) -> Facets:
    """Return the facets that a schema gives a value, including inherited ones and alternatives.

    :param around: The schemas that contain this one. Inside itself, a schema allows any value.
    :param deep: Whether to include the members of objects.
    """
    if schema in around or not isinstance(schema.value, dict):  # true: any value
        return {"type": "any", PLACE: schema}
    around = (*around, schema)
    found: Facets = {}
    for part in entries(schema, "allOf"):
        found = _merged(found, facets(part, around, deep=deep))
    found = _merged(found, _own(schema, around, deep=deep))
    found[PLACE] = schema
    alternatives = [
        facets(each, around, deep=deep)
        for key in ("oneOf", "anyOf")
        for each in entries(schema, key)
        if not _is_null(each.value)
    ]
    if alternatives:
        return one_of(found, alternatives)
    return found if "type" in found or ANY_OF in found else {**found, "type": _implied_type(found)}


def _own(schema: Node, around: tuple[Node, ...], *, deep: bool) -> Facets:
    """Return the facets that a schema has itself."""
    value = schema.value
    own: Facets = {key: value[key] for key in _PLAIN if value.get(key) is not None}
    own.update(extensions(schema))
    if "const" in value:
        own["enum"] = [value["const"]]
    _read_bounds(own)
    _read_content(own, value)
    if isinstance(value.get("items"), dict):
        own["items"] = facets(schema["items"], around, deep=deep)
    elif any(isinstance(each, dict) for each in member(schema, "prefixItems", list, [])):
        own["items"] = one_of(
            {}, [facets(each, around, deep=deep) for each in entries(schema, "prefixItems")]
        )
    if deep:
        own.update(_members(schema, around))
    own[PLACES] = dict.fromkeys((key for key in own if not key.startswith("x-")), schema)
    types = own.get("type")
    if isinstance(types, list):
        del own["type"]
        return _with_types(own, [str(each) for each in types if each != "null"])
    if types == "null":
        del own["type"]
    if "type" not in own and (implied := next(filter(None, map(_IMPLIED.get, value)), None)):
        own["type"] = implied
    return own


def _members(schema: Node, around: tuple[Node, ...]) -> Facets:
    """Return the facets of the members of an object."""
    own: Facets = {}
    if properties := {name: facets(each, around) for name, each in members(schema, "properties")}:
        own["properties"] = properties
        own["x-required"] = [str(name) for name in member(schema, "required", list, [])]
    more = schema.value.get("additionalProperties")
    if isinstance(more, dict):
        own["additionalProperties"] = facets(schema["additionalProperties"], around)
    elif more is not None:
        own["additionalProperties"] = more is not False
    return own


def _read_bounds(own: Facets) -> None:
    """Replace exclusive bounds of OpenAPI 3.1 by a bound and a flag."""
    for exclusive, bound, stricter in (
        ("exclusiveMinimum", "minimum", max),
        ("exclusiveMaximum", "maximum", min),
    ):
        limit = own.get(exclusive)
        if isinstance(limit, bool) or not isinstance(limit, int | float):
            continue
        other = own.get(bound)
        excluded = not isinstance(other, int | float) or stricter(limit, other) == limit
        own[bound] = limit if excluded else other
        own[exclusive] = excluded


def _read_content(own: Facets, value: Mapping[str, Any]) -> None:
    """Replace the encoding of bytes in text by a format."""
    encoding, media_type = value.get("contentEncoding"), value.get("contentMediaType")
    if encoding in _ENCODINGS and "format" not in own:
        own["format"] = _ENCODINGS[encoding]
    elif media_type and not encoding and not str(media_type).startswith(("text/", "application/json")):
        own.setdefault("format", "binary")


def _with_types(own: Facets, types: list[str]) -> Facets:
    """Return alternatives for values of several types, each with the facets that apply to it."""
    if "number" in types and "integer" in types:
        types.remove("integer")
    if len(types) < 2:
        return {**own, "type": types[0]} if types else own
    listed = own.get("enum", ())
    alternatives = []
    for kind in types:
        numeric = "number" if kind == "integer" else kind
        each = {key: own[key] for key in own if _OF_TYPE.get(key) == numeric}
        if values := [value for value in listed if _type_of(value) in (kind, numeric)]:
            each["enum"] = values
        if values or not listed:
            alternatives.append({**each, "type": kind, PLACES: own[PLACES]})
    shared = {key: value for key, value in own.items() if key not in _OF_TYPE and key != "enum"}
    return one_of(shared, alternatives)


def one_of(base: Facets, alternatives: list[Facets]) -> Facets:
    """Combine a schema's own facets with its alternatives, as simply as possible."""
    whole = [
        each
        for found in alternatives
        for each in ([{**_shared(found), **x} for x in found[ANY_OF]] if ANY_OF in found else [found])
    ]
    if base.get("type") not in (None, "any"):
        # Alternatives may repeat or refine the type. One with another type can never match.
        whole = [each for each in whole if each.get("type") in ("any", base["type"])] or whole
    whole = _distinct([_merged(_shared(base), each) for each in whole])
    if len(whole) > 1:
        whole = _joined_texts(whole)
    if len(whole) > 1:
        shared = {key: base[key] for key in ("description", "default", "deprecated", PLACE) if key in base}
        places = base.get(PLACES, {})
        return {
            **shared,
            PLACES: places,
            ANY_OF: whole,
            **{k: v for k, v in base.items() if k.startswith("x-ms-")},
        }
    return {**whole[0], **({PLACE: base[PLACE]} if PLACE in base else {}), **_described(base)}


def _shared(base: Facets) -> Facets:
    return {key: value for key, value in base.items() if key != ANY_OF}


def _described(base: Facets) -> Facets:
    return {key: base[key] for key in ("description", "default") if key in base}


def _distinct(alternatives: list[Facets]) -> list[Facets]:
    """Drop alternatives that allow the same values as another, and integers if all numbers are allowed."""
    found: list[Facets] = []
    for each in alternatives:
        if all(_rules(each) != _rules(other) for other in found):
            found.append(each)
    numbers = [_rules(each) for each in found if each.get("type") == "number"]
    return [each for each in found if not (each.get("type") == "integer" and {"type": "number"} in numbers)]


def _rules(of: Facets) -> Facets:
    """Return the facets that decide whether a value is allowed, at any depth."""
    formats = {"integer": ("int32", "int64"), "number": ("float", "double")}.get(str(of.get("type")), ())
    kept = {key: value for key, value in of.items() if key not in _SAID_OF_ANY}
    if of.get("format") in formats:
        del kept["format"]
    for key in ("items", "additionalProperties"):
        if isinstance(kept.get(key), dict):
            kept[key] = _rules(kept[key])
    if "properties" in kept:
        kept["properties"] = {name: _rules(each) for name, each in kept["properties"].items()}
    if ANY_OF in kept:
        kept[ANY_OF] = [_rules(each) for each in kept[ANY_OF]]
    return kept


def _joined_texts(alternatives: list[Facets]) -> list[Facets]:
    """Join several enumerations. If any other value is allowed as well, theirs are known values."""
    listed = [each for each in alternatives if "enum" in each]
    kinds = {each.get("type", "string") for each in listed}
    rest = [each for each in alternatives if "enum" not in each]
    if len(kinds) != 1 or not listed:
        return alternatives
    (kind,) = kinds
    values = list({json.dumps(value): value for each in listed for value in each["enum"]}.values())
    joined = {**listed[0], "enum": values}
    free = [each for each in rest if _rules(each) == {"type": kind}]
    if free:
        joined["x-extensible"] = True
        rest = [each for each in rest if each is not free[0]]
    return [joined, *rest]


def _merged(base: Facets, more: Facets) -> Facets:
    """Combine the facets that two schemas give one value; ``more`` takes precedence."""
    both = {**base, **more}
    if base.get("type") not in (None, "any") and more.get("type") == "any":
        both["type"] = base["type"]
    if "properties" in base and "properties" in more:
        both["properties"] = {**base["properties"], **more["properties"]}
    if "x-required" in base or "x-required" in more:
        both["x-required"] = [*dict.fromkeys([*base.get("x-required", ()), *more.get("x-required", ())])]
    if "enum" in base and "enum" in more:
        both["enum"] = [each for each in more["enum"] if each in base["enum"]] or more["enum"]
    if PLACES in base or PLACES in more:
        both[PLACES] = {**base.get(PLACES, {}), **more.get(PLACES, {})}
    return both


def _implied_type(of: Facets) -> str:
    """Return the type that a schema without a type implies."""
    kinds = {_type_of(value) for value in of.get("enum", ()) if value is not None}
    if not kinds and "default" in of:
        kinds = {_type_of(of["default"])}
    if len(kinds) == 1:
        return kinds.pop()
    if kinds <= {"integer", "number"} and kinds:
        return "number"
    if "format" in of:
        return _NUMBER_FORMATS.get(str(of["format"]), "string")
    return "string" if kinds else "any"


def _type_of(value: object) -> str:
    if isinstance(value, bool):
        return "boolean"
    names: Iterable[tuple[type, str]] = (
        (int, "integer"),
        (float, "number"),
        (list, "array"),
        (dict, "object"),
    )
    return next((name for kind, name in names if isinstance(value, kind)), "string")


def _is_null(value: object) -> bool:
    """Whether a schema allows only null, which means leaving the value out."""
    if not isinstance(value, dict):
        return False
    return value.get("type") == "null" or value.get("enum") == [None] or value.get("const", ...) is None
