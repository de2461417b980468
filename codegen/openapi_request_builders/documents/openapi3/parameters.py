"""Parameters of a path, a query, headers and cookies."""

from collections.abc import Iterator, Mapping
from typing import Any

from openapi_request_builders.documents.node import PLACE, Node
from openapi_request_builders.documents.openapi3.reading import extensions, member, members, require_object
from openapi_request_builders.documents.openapi3.values import ANY_OF, Facets, facets
from openapi_request_builders.problems import problem, suggestion

# The styles of each location, its default first.
STYLES: Mapping[str, tuple[str, ...]] = {
    "path": ("simple", "label", "matrix"),
    "query": ("form", "spaceDelimited", "pipeDelimited", "deepObject"),
    "header": ("simple",),
    "cookie": ("form", "cookie"),
}
# The styles of lists that OpenAPI 2.0 can express, each with whether it is exploded.
_COLLECTIONS: Mapping[tuple[str, str, bool], str] = {
    ("query", "form", True): "multi",
    ("query", "form", False): "csv",
    ("query", "spaceDelimited", True): "multi",
    ("query", "spaceDelimited", False): "ssv",
    ("query", "pipeDelimited", True): "multi",
    ("query", "pipeDelimited", False): "pipes",
    ("path", "simple", True): "csv",
    ("path", "simple", False): "csv",
    ("header", "simple", True): "csv",
    ("header", "simple", False): "csv",
}
# Headers that a document describes elsewhere. OpenAPI ignores parameters with these names.
_DESCRIBED_ELSEWHERE = ("accept", "authorization", "content-type")


def parameter(node: Node) -> Facets | None:
    """Return a parameter as in OpenAPI 2.0, or None if OpenAPI ignores it."""
    require_object(node, "a parameter")
    name, location = member(node, "name", str, ""), member(node, "in", str, "")
    if not name:
        raise problem(node, "the parameter has no name", "add it")
    if location == "querystring":
        return _whole_query(node, name)
    if location not in STYLES:
        message = f"{location!r} is not one of {', '.join(map(repr, sorted(STYLES)))}"
        raise problem(node / "in", message, suggestion(location, STYLES, "use one of the allowed values"))
    if location == "header" and name.lower() in _DESCRIBED_ELSEWHERE:
        return None
    value = (
        _content_value(node) if member(node, "content", dict, {}) else styled(_value(node), node, location)
    )
    own = extensions(node)
    if description := member(node, "description", str, ""):
        own["description"] = description
    required = location == "path" or member(node, "required", bool, False)
    if value.get("deprecated") or member(node, "deprecated", bool, False):
        own["x-deprecated"] = True
    if (example := _example(node)) is not None:
        own["example"] = example
    return {**value, **own, "name": name, "in": location, "required": required, PLACE: node}


def _example(node: Node) -> Any:
    """Return the first example of a parameter or of its schema."""
    for holder in (node, node["schema"]) if "schema" in node else (node,):
        if (example := holder.get("example")) is not None:
            return example
        found = holder.get("examples")
        if isinstance(found, list) and found:
            return found[0]
        if isinstance(found, dict):
            return next(
                (each["value"] for each in found.values() if isinstance(each, dict) and "value" in each), None
            )
    return None


def _whole_query(node: Node, name: str) -> Facets:
    """Return a parameter of OpenAPI 3.2 for the whole query: an object whose members are its items."""
    media_type, content = next(members(node, "content"), ("", node))
    if media_type != "application/x-www-form-urlencoded" or "schema" not in content:
        remedy = "describe it as application/x-www-form-urlencoded, with a schema"
        raise problem(node / "content", "a query with another media type is not supported", remedy)
    found: Facets = {**facets(content["schema"]), "x-style": "form", "x-explode": True}
    if description := member(node, "description", str, ""):
        found["description"] = description
    return {
        **found,
        "name": name,
        "in": "query",
        "required": member(node, "required", bool, False),
        PLACE: node,
    }


def _value(node: Node) -> Facets:
    """Return the facets of the values. A document without a schema may have them as in OpenAPI 2.0."""
    if "schema" in node:
        return facets(node["schema"])
    return facets(Node(node.documents, node.path, node.at, dict(_without_meaning(node))))


def _without_meaning(node: Node) -> Iterator[tuple[str, Any]]:
    return ((key, value) for key, value in node.value.items() if key not in ("required", "description"))


def _content_value(node: Node) -> Facets:
    """Return the facets of a parameter that is written in a media type."""
    media_type, content = next(members(node, "content"))
    if is_json(media_type):
        described = content["schema"].get("description") if "schema" in content else None
        return {"type": "json", **({"description": described} if described else {})}
    return {**_value(content), PLACE: node} if "schema" in content else {"type": "any"}


def is_json(media_type: str) -> bool:
    """Whether a media type is JSON or a format built on it."""
    return media_type.partition(";")[0].strip().lower().endswith(("/json", "+json"))


def styled(value: Facets, node: Node, location: str) -> Facets:
    """Return a value with the style of a parameter or a form field.

    :param node: The object with ``style``, ``explode`` and ``allowReserved``.
    """
    default = STYLES[location][0]
    style = member(node, "style", str, default)
    if style not in STYLES[location]:
        message = f"{style!r} is not a style of a {location} parameter"
        remedy = suggestion(style, STYLES[location], f"use {' or '.join(STYLES[location])}")
        raise problem(node / "style", message, remedy)
    explode = member(node, "explode", bool, style in ("form", "cookie"))
    reserved = member(node, "allowReserved", bool, False)
    collection = _COLLECTIONS.get((location, style, explode))
    if value.get("type") == "array" and collection and not reserved and _is_plain(value.get("items", {})):
        return {**value, "collectionFormat": collection}
    if _is_compound(value) or reserved or style in ("label", "matrix", "cookie"):
        more: Facets = {"x-style": style, "x-explode": explode}
        return {**value, **more, **({"x-reserved": True} if reserved else {})}
    return value


def _is_compound(value: Facets) -> bool:
    return value.get("type") in ("array", "object") or any(map(_is_compound, value.get(ANY_OF, ())))


def _is_plain(items: Facets) -> bool:
    """Whether the items of a list are written in the same way in all styles."""
    return ANY_OF not in items and items.get("type") not in ("array", "object")
