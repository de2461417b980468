"""What the items of lists are: the schemas of what comes in pages, as types."""

import re
from collections.abc import Iterator, Mapping
from contextlib import suppress
from dataclasses import dataclass, field, replace
from keyword import iskeyword
from typing import Any

from openapi_request_builders.documents.node import PLACE, Node
from openapi_request_builders.model.bodies import returns_json, successes
from openapi_request_builders.model.package import ItemField, ItemType, JsonType
from openapi_request_builders.model.sources import Source
from openapi_request_builders.problems import Problems

ANY = JsonType("any")
_KINDS = {"string": "text", "integer": "integer", "number": "number", "boolean": "boolean"}
_TAKEN = frozenset({"Any", "NotRequired", "TypedDict"})
"""What the module with the types imports."""


@dataclass
class ItemTypes:
    """The types that operations need, each once, by its schema."""

    found: dict[Node, ItemType] = field(default_factory=dict)
    _names: dict[Node, str] = field(default_factory=dict)
    _open: set[Node] = field(default_factory=set)
    """The schemas without members that are being described: one that contains itself has no end."""

    def of(self, source: Source, name: str) -> JsonType | None:
        """Return what the items are of the list that an operation returns; None if nothing is known.

        :param name: The operation, for items whose schema has no name.
        """
        with suppress(Problems):  # a reference that leads nowhere, in a response
            items = _items(source)
            if items is not None:
                kind = self._type(items, f"{name}_item")
                return None if kind == ANY else kind
        return None

    def _type(self, schema: Node, name: str) -> JsonType:
        """Return the type of a value.

        :param name: What to call it if it is an object whose schema has no name.
        """
        if (schema in self._open and schema not in self._names) or _is_one_of_several(schema):
            return ANY
        self._open.add(schema)
        kind = self._kind(schema, name)
        self._open.discard(schema)
        return replace(kind, nullable=kind.nullable or _is_nullable(schema))

    def _kind(self, schema: Node, name: str) -> JsonType:
        if "discriminator" in schema or "x-variants" in schema:
            return JsonType("map", ANY)  # its other members depend on one of them
        parents = list(schema.each("allOf"))
        if len(parents) == 1 and "properties" not in schema:
            return self._type(parents[0], name)
        if members := dict(_members(schema)):
            return JsonType("object", name=self._object(schema, members, name))
        if "items" in schema:
            return JsonType("array", self._type(schema["items"], f"{name}_item"))
        if isinstance(schema.get("additionalProperties"), dict) and schema.value["additionalProperties"]:
            return JsonType("map", self._type(schema["additionalProperties"], f"{name}_value"))
        kind = str(schema.get("type", ""))
        return JsonType("map", ANY) if kind == "object" else JsonType(_KINDS.get(kind, "any"))

    def _object(self, schema: Node, members: Mapping[str, tuple[Node, bool]], name: str) -> str:
        """Return the name of an object's type, which is described when it is met first."""
        if schema not in self._names:
            is_named = "definitions" in schema.at[-2:-1]
            chosen = self._names[schema] = self._free_name(str(schema.at[-1]) if is_named else name)
            fields = tuple(
                ItemField(
                    each, self._type(node, f"{chosen}_{each}"), str(node.get("description", "")), required
                )
                for each, (node, required) in members.items()
            )
            self.found[schema] = ItemType(chosen, str(schema.get("description", "")), fields)
        return self._names[schema]

    def _free_name(self, wanted: str) -> str:
        plain = _class_name(wanted)
        name, number = plain, 2
        while name in _TAKEN or name in self._names.values():
            name, number = f"{plain}{number}", number + 1
        return name


def _class_name(wanted: str) -> str:
    """Return a name as classes have it; it begins with a capital letter, as no module and no builder does."""
    parts = re.split(r"\W+|_+", wanted) if not wanted.isidentifier() or "_" in wanted else [wanted]
    name = "".join(part[:1].upper() + part[1:] for part in parts)
    if not name.isidentifier() or iskeyword(name) or not name[0].isupper():
        return f"Item{name}" if f"Item{name}".isidentifier() else "Item"
    return name


def _items(source: Source) -> Node | None:
    """Return the schema of the items in a page."""
    if not returns_json(source):
        return None
    member = str(source.node.get("x-ms-pageable", {}).get("itemName") or "value")
    for response in successes(source):
        if "schema" in response:
            page = response["schema"]
            whole, _ = dict(_members(page)).get(member, (page, True))
            return whole["items"] if "items" in whole else None  # noqa: SIM401 - a node, not a value
    return None


def _members(schema: Node, around: tuple[Node, ...] = ()) -> Iterator[tuple[str, tuple[Node, bool]]]:
    """Yield the members of an object and whether they must be there, those of its parents first."""
    for parent in schema.each("allOf"):
        if parent not in (*around, schema):
            yield from _members(parent, (*around, schema))
    required = schema.get("required", ())
    for name, node in schema["properties"].items() if "properties" in schema else ():
        yield name, (node, isinstance(required, list) and name in required)


def _original(schema: Node) -> Node:
    """Return a schema as the document has it."""
    original = schema.get(PLACE)
    return original if isinstance(original, Node) else schema


def _is_nullable(schema: Node) -> bool:
    value = _original(schema).value
    kinds, alternatives = value.get("type"), _alternatives(value)
    return bool(
        schema.get("x-nullable")
        or value.get("nullable")
        or (isinstance(kinds, list) and "null" in kinds)
        or any(_is_null(each) for each in alternatives)
    )


def _is_one_of_several(schema: Node) -> bool:
    """Whether a value may be of several types; null does not count."""
    value = _original(schema).value
    kinds = value.get("type")
    several = isinstance(kinds, list) and len({*kinds} - {"null"}) > 1
    return several or len([each for each in _alternatives(value) if not _is_null(each)]) > 1


def _alternatives(value: Mapping[str, Any]) -> list[Any]:
    found = [value.get(key) for key in ("oneOf", "anyOf")]
    return [each for alternatives in found if isinstance(alternatives, list) for each in alternatives]


def _is_null(schema: object) -> bool:
    return isinstance(schema, dict) and schema.get("type") == "null"
