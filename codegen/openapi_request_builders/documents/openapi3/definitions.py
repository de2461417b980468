"""Schemas of bodies and responses as definitions of OpenAPI 2.0, for samples."""

from contextlib import suppress
from typing import Any

from openapi_request_builders.documents.node import PLACE, Node
from openapi_request_builders.documents.openapi3.reading import extensions, member, members
from openapi_request_builders.problems import Problems

_PLAIN = ("format", "enum", "default", "description", "readOnly", "writeOnly", "required")


class Definitions:
    """The referenced schemas, by name. References to them use these names."""

    def __init__(self) -> None:
        self.found: dict[str, Any] = {}
        self._names: dict[tuple[Any, ...], str] = {}

    def schema(self, holder: Node, key: str | int) -> Any:
        """Return the schema in a member, or an empty one if there is none."""
        value: Any = holder.value
        value = value.get(key) if isinstance(value, dict) else value[key]
        if not isinstance(value, dict):
            return {}
        if not isinstance(value.get("$ref"), str):
            return self._lowered(Node(holder.documents, holder.path, (*holder.at, key), value))
        try:
            target = holder[key]
        except Problems as error:
            for each in error.problems:
                holder.documents.notes.add(each.place, each.message, each.remedy)
            return {}
        beside = {each: value[each] for each in ("description", "readOnly") if each in value}
        return {"$ref": f"#/definitions/{_escaped(self.name(target))}", **beside}

    def define(self, components: Node) -> None:
        """Define all named schemas of a document, because others may be derived from them."""
        for key in member(components, "schemas", dict, {}):
            with suppress(Problems):
                self.name(components["schemas"][key])

    def name(self, target: Node) -> str:
        """Return the name of a referenced schema, and define the schema if necessary."""
        known = (target.path, target.at)
        if known not in self._names:
            wanted = next(
                (str(part) for part in reversed(target.at) if isinstance(part, str)), target.path.stem
            )
            name, number = wanted, 2
            while name in self.found:
                name, number = f"{wanted}{number}", number + 1
            self._names[known] = name
            self.found[name] = {}  # the schema may contain itself
            whole = Node(target.documents, target.path, target.at, _whole(target))
            self.found[name] = self._lowered(whole)
        return self._names[known]

    def _lowered(self, schema: Node) -> dict[str, Any]:
        value = schema.value
        found: dict[str, Any] = {key: value[key] for key in _PLAIN if key in value}
        found.update(extensions(schema))
        found[PLACE] = schema
        if "const" in value:
            found["enum"] = [value["const"]]
        kinds = value.get("type")
        if isinstance(kinds, list):
            kinds = next((kind for kind in kinds if kind != "null"), None)
        if kinds:
            found["type"] = kinds
        if isinstance(value.get("properties"), dict):
            holder = schema["properties"]
            found["properties"] = {name: self.schema(holder, name) for name in holder.value}
        if "items" in value:
            found["items"] = self.schema(schema, "items")
        elif isinstance(value.get("prefixItems"), list) and value["prefixItems"]:
            found["items"] = self.schema(schema["prefixItems"], 0)
        if isinstance(value.get("additionalProperties"), dict):
            found["additionalProperties"] = self.schema(schema, "additionalProperties")
        parents = self._listed(schema, "allOf")
        variants = self._variants(schema, found)
        if not variants and (first := self._first_alternative(schema)):
            parents.append(first)
        if parents:
            found["allOf"] = parents
        return found

    def _listed(self, schema: Node, key: str) -> list[Any]:
        holder = schema[key] if isinstance(schema.value.get(key), list) else None
        return [self.schema(holder, index) for index in range(len(holder.value))] if holder else []

    def _first_alternative(self, schema: Node) -> Any:
        for key in ("oneOf", "anyOf"):
            for index, each in enumerate(schema.value.get(key) or ()):
                if isinstance(each, dict) and each.get("type") != "null":
                    return self.schema(schema[key], index)
        return None

    def _variants(self, schema: Node, found: dict[str, Any]) -> bool:
        """Add the discriminator and its alternatives, and return whether there are any."""
        discriminator = schema.value.get("discriminator")
        if isinstance(discriminator, str):
            found["discriminator"] = discriminator
        if not isinstance(discriminator, dict) or not isinstance(discriminator.get("propertyName"), str):
            return False
        found["discriminator"] = discriminator["propertyName"]
        variants = self._mapped(schema) or self._named(schema)
        if variants:
            found["x-variants"] = variants
        return bool(variants)

    def _mapped(self, schema: Node) -> dict[str, Any]:
        """Return the alternatives in the mapping of a discriminator, by value."""
        found = {}
        for value, target in members(schema["discriminator"], "mapping"):
            name = str(target.value)
            reference = name if "/" in name or "#" in name or "." in name else f"#/components/schemas/{name}"
            place = Node(
                schema.documents,
                schema.path,
                (*schema.at, "discriminator", "mapping"),
                {value: {"$ref": reference}},
            )
            if referred := self.schema(place, value):
                found[str(value)] = referred
        return found

    def _named(self, schema: Node) -> dict[str, Any]:
        """Return the alternatives by name. Names are the values of a discriminator without a mapping."""
        found = {}
        for key in ("oneOf", "anyOf"):
            for each in self._listed(schema, key):
                if name := str(each.get("$ref", "")).rpartition("/")[2]:
                    found[name] = each
        return found


def _whole(target: Node) -> Any:
    """Return the value at a place, without members that stand beside a reference to it."""
    value = target.documents.trees[target.path]
    for key in target.at:
        value = value[key]
    return value if isinstance(value, dict) else {}


def _escaped(name: str) -> str:
    return name.replace("~", "~0").replace("/", "~1").replace("%", "%25")
