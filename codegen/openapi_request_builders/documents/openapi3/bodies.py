"""Request bodies, passed as a whole or as the fields of forms."""

import re
from collections.abc import Iterator, Mapping
from typing import Any

from openapi_request_builders.documents.node import PLACE, PLACES, Node
from openapi_request_builders.documents.openapi3.definitions import Definitions
from openapi_request_builders.documents.openapi3.parameters import is_json, styled
from openapi_request_builders.documents.openapi3.reading import entries, member, members
from openapi_request_builders.documents.openapi3.values import ANY_OF, Facets, facets, one_of

URLENCODED, MULTIPART = "application/x-www-form-urlencoded", "multipart/form-data"
_WORD = r"[!#$%&'*+.^_`|~0-9A-Za-z-]+"  # a token of RFC 9110, section 5.6.2
_is_media_type = re.compile(rf"{_WORD}/{_WORD}\s*(;[\x20-\x7e\t]*)?").fullmatch
_BODY_NAMES = ("x-ms-requestBody-name", "x-codegen-request-body-name", "x-body-name")


def body(node: Node, definitions: Definitions) -> dict[str, Any]:
    """Return the members that a request body adds to an operation: parameters, and the accepted media types.

    Each field of a form becomes a parameter. There is also a parameter for the whole body, unless the body is
    always the same form.
    """
    content = media_types(node)
    forms = {media_type: found for media_type in content if (found := _form(media_type, content[media_type]))}
    whole = {media_type: each for media_type, each in content.items() if media_type not in forms}
    fields = list(_fields(forms, content))
    added: dict[str, Any] = {"parameters": fields, "consumes": list(content)}
    if len(forms) != 1 or whole:
        added["parameters"] = [_whole_body(node, whole, definitions), *fields]
    if forms and (len(forms) > 1 or whole):
        added["x-forms"] = {
            essence(form): [field["name"] for field in fields if form not in field.get("x-forms", forms)]
            for form in forms
        }
        added["consumes"] = [essence(each) if each in forms else each for each in content]
    return added


def media_types(node: Node) -> dict[str, Node]:
    """Return the content of a body or a response by media type, without keys that are not media types."""
    content = dict(members(node, "content"))
    for name in [name for name in content if not _is_media_type(name)]:
        node.documents.notes.add(content.pop(name), f"{name!r} is not a media type", "remove it")
    return content


def _whole_body(node: Node, content: Mapping[str, Node], definitions: Definitions) -> Facets:
    chosen = preferred(content)
    schema = definitions.schema(content[chosen], "schema") if chosen else {}
    names = (member(node, name, str, "") for name in _BODY_NAMES)
    return {
        "name": next(filter(None, names), "body"),
        "in": "body",
        "required": member(node, "required", bool, False),
        "description": member(node, "description", str, ""),
        "schema": schema,
        PLACE: node,
    }


def preferred(content: Mapping[str, Node]) -> str | None:
    """Return the media type for samples: JSON if it is there, otherwise the first one."""
    return next(filter(is_json, content), next(iter(content), None))


def essence(media_type: str) -> str:
    """Return type and subtype in lower case."""
    return media_type.partition(";")[0].strip().lower()


def _form(media_type: str, content: Node) -> dict[str, tuple[list[Node], bool]]:
    """Return the schemas of a form's fields by name, each with whether it is required."""
    if essence(media_type) not in (URLENCODED, MULTIPART) or "schema" not in content:
        return {}
    schema = content["schema"]
    required = _required(schema, ())
    return {name: (field, name in required) for name, field in _properties(schema, ()).items()}


def _properties(schema: Node, around: tuple[Node, ...]) -> dict[str, list[Node]]:
    """Return the properties that can be sent. Alternatives may describe the same one in several ways."""
    found: dict[str, list[Node]] = {}
    if schema in around:
        return found
    for part in entries(schema, "allOf"):
        found.update(_properties(part, (*around, schema)))
    alternatives: dict[str, list[Node]] = {}
    for part in (each for key in ("oneOf", "anyOf") for each in entries(schema, key)):
        for name, nodes in _properties(part, (*around, schema)).items():
            alternatives.setdefault(name, []).extend(nodes)
    found.update(alternatives)
    for name, node in members(schema, "properties"):
        found[name] = [node]
    return {name: nodes for name, nodes in found.items() if not all(map(_is_read_only, nodes))}


def _is_read_only(node: Node) -> bool:
    return isinstance(node.value, dict) and bool(node.get("readOnly"))


def _required(schema: Node, around: tuple[Node, ...]) -> set[str]:
    if schema in around:
        return set()
    found = {str(name) for name in member(schema, "required", list, [])}
    around = (*around, schema)
    for part in entries(schema, "allOf"):
        found |= _required(part, around)
    for key in ("oneOf", "anyOf"):
        alternatives = [_required(part, around) for part in entries(schema, key)]
        found |= set.intersection(*alternatives) if alternatives else set()
    return found


def _fields(
    forms: Mapping[str, Mapping[str, tuple[list[Node], bool]]], content: Mapping[str, Node]
) -> Iterator[Facets]:
    """Yield the fields of all forms. A field of several forms is yielded once, with all of its shapes."""
    for name in dict.fromkeys(name for fields in forms.values() for name in fields):
        having = [media_type for media_type, fields in forms.items() if name in fields]
        shapes: list[Facets] = []
        for media_type in having:
            nodes, required = forms[media_type][name]
            for node in nodes:
                field = _field(name, node, content[media_type], media_type)
                shapes.append({**field, "required": required})
        found = _combined(shapes)
        if len(having) < len(forms):
            found["x-forms"] = having
        yield {**found, "name": name, "in": "formData"}


def _combined(shapes: list[Facets]) -> Facets:
    """Return a field that several forms, or alternatives in one, describe in different ways."""
    required = all(each["required"] for each in shapes)
    alternatives = [{key: value for key, value in each.items() if key != "required"} for each in shapes]
    found = {**one_of({}, alternatives), "required": required}
    for key in ("description", PLACE, "x-service-default"):
        if key in shapes[0]:
            found.setdefault(key, shapes[0][key])
    return found


def _field(name: str, schema: Node, content: Node, media_type: str) -> Facets:
    """Return a form field as in OpenAPI 2.0."""
    encoding = next((each for key, each in members(content, "encoding") if key == name), None)
    is_styled = encoding is not None and any(key in encoding for key in ("style", "explode", "allowReserved"))
    value = facets(schema, deep=is_styled)
    # The service assumes the default for a field that is left out. Sending it could reset a value.
    if "default" in value:
        value["x-service-default"] = value.pop("default")
    is_multipart = essence(media_type) == MULTIPART
    if encoding is not None and is_styled:
        return styled(value, encoding, "query")
    types = [each.strip() for each in member(encoding, "contentType", str, "").split(",")] if encoding else []
    return _encoded(value, [each for each in types if _is_media_type(each)], multipart=is_multipart)


def _encoded(value: Facets, types: list[str], *, multipart: bool) -> Facets:
    """Return a field without a style, with its content type. Without one, that depends on its type."""
    if ANY_OF in value:
        return {**value, ANY_OF: [_encoded(each, types, multipart=multipart) for each in value[ANY_OF]]}
    kind = value.get("type")
    if kind == "array":
        items = value.get("items", {"type": "any"})
        # A list in a list cannot be written as text.
        is_list = items.get("type") == "array"
        items = {"type": "json"} if is_list else _encoded(items, types, multipart=multipart)
        return {**value, "items": items, "collectionFormat": "multi"}
    if multipart and (value.get("format") == "binary" or _is_binary(value, types)):
        value = {**value, "type": "file"}
    elif kind == "object" or (types and all(map(is_json, types)) and kind != "string"):
        value = {**_described(value), "type": "json"}
    if types and multipart:
        value["x-media-types"] = types
    return value


def _is_binary(value: Facets, types: list[str]) -> bool:
    """Whether a field without a type is a file, because its content type is not text."""
    text = ("text/", "application/json", "application/xml")
    return value.get("type") == "any" and bool(types) and not any(each.startswith(text) for each in types)


def _described(value: Facets) -> Facets:
    kept = ("description", "x-service-default", PLACE, PLACES, "deprecated", "x-nullable")
    return {key: each for key, each in value.items() if key in kept}
