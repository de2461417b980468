"""A view of the documents in which every value knows its place, and references are followed."""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Any
from urllib.parse import unquote

from openapi_request_builders.documents.load import Documents
from openapi_request_builders.documents.references import referred
from openapi_request_builders.problems import pointer, problem

PLACE = "x-place"
"""The place of an object of a lowered document in the original document."""
PLACES = "x-places"
"""The original objects that its members come from."""


@dataclass(frozen=True)
class Node:
    """A place in a document. A child that is a reference is followed when it is accessed."""

    documents: Documents = field(repr=False, compare=False)
    path: Path
    at: tuple[str | int, ...]
    value: Any = field(repr=False, compare=False)

    def __str__(self) -> str:
        origin = self.value.get(PLACE) if isinstance(self.value, dict) else None
        return f"{self.path}#{pointer(*self.at)}" if origin is None else str(origin)

    def __truediv__(self, key: str) -> str:
        origins: Mapping[str, Node] = self.value.get(PLACES, {}) if isinstance(self.value, dict) else {}
        return f"{origins.get(key, self)}{pointer(key)}"

    def __contains__(self, key: object) -> bool:
        return isinstance(self.value, dict) and key in self.value

    def __getitem__(self, key: str | int) -> "Node":
        return Node(self.documents, self.path, (*self.at, key), self.value[key]).followed()

    def get(self, key: str, default: Any = None) -> Any:
        """Return a child's plain value."""
        if key not in self:
            return default
        value = self.value[key]
        return self[key].value if isinstance(value, dict) and "$ref" in value else value

    def items(self) -> Iterator[tuple[str, "Node"]]:
        """Return an iterator over the members of an object."""
        return ((key, self[key]) for key in self.value)

    def each(self, key: str) -> "Iterator[Node]":
        """Iterate over a child that is a list, if it is there."""
        if key in self:
            child = self[key]
            yield from (child[index] for index in range(len(child.value)))

    def followed(self) -> "Node":
        """Return the target of a reference. Members beside the reference take precedence."""
        if not isinstance(self.value, dict) or "$ref" not in self.value:
            return self  # most nodes are not references
        node, seen = self, set()
        beside: dict[str, Any] = {}
        while isinstance(node.value, dict) and isinstance(node.value.get("$ref"), str):
            if node in seen:
                raise problem(self, "the reference leads back to itself", "refer to a definition")
            seen.add(node)
            beside = {**{key: value for key, value in node.value.items() if key != "$ref"}, **beside}
            node = node._target(node.value["$ref"])
        return (
            replace(node, value={**node.value, **beside}) if beside and isinstance(node.value, dict) else node
        )

    def _target(self, reference: str) -> "Node":
        place = self / "$ref"
        if "://" in reference:
            raise problem(place, f"{reference} is not on this machine", "download it, and refer to the file")
        path = referred(self.path, reference)
        value = self.documents.tree(path, place)
        at: list[str | int] = []
        for part in filter(None, reference.partition("#")[2].split("/")):
            name = unquote(part).replace("~1", "/").replace("~0", "~")
            key: Any = int(name) if isinstance(value, list) and name.isascii() and name.isdigit() else name
            try:
                value = value[key]
            except (KeyError, IndexError, TypeError):
                remedy = "correct the reference, or add its target"
                raise problem(place, f"there is nothing at {reference}", remedy) from None
            at.append(key)
        return Node(self.documents, path, tuple(at), value)
