"""Follow ``$ref``: a view of the documents in which every node knows where it stands."""

import re
from collections.abc import Iterator
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Any
from urllib.parse import unquote

from openapi_request_builders.documents.load import Documents, referred
from openapi_request_builders.documents.schema import check, children
from openapi_request_builders.problems import Collector, pointer, problem

_STATUS = re.compile(r"default|\d{3}")


@dataclass(frozen=True)
class Node:
    """A place in a document. Children that are references are followed as they are read."""

    documents: Documents = field(repr=False, compare=False)
    path: Path
    at: tuple[str | int, ...]
    value: Any = field(repr=False, compare=False)

    def __str__(self) -> str:
        return f"{self.path}#{pointer(*self.at)}"

    def __truediv__(self, key: str) -> str:
        return f"{self}{pointer(key)}"

    def __contains__(self, key: object) -> bool:
        return isinstance(self.value, dict) and key in self.value

    def __getitem__(self, key: str | int) -> "Node":
        return Node(self.documents, self.path, (*self.at, key), self.value[key]).followed()

    def get(self, key: str, default: Any = None) -> Any:
        """Return a child's plain value."""
        return self[key].value if key in self else default

    def items(self) -> Iterator[tuple[str, "Node"]]:
        """Iterate over an object."""
        return ((key, self[key]) for key in self.value)

    def each(self, key: str) -> "Iterator[Node]":
        """Iterate over the list that a child is, if it is there."""
        if key in self:
            child = self[key]
            yield from (child[index] for index in range(len(child.value)))

    def followed(self) -> "Node":
        """Go where a reference points to. What stands beside it goes before what stands there."""
        node, seen = self, set()
        beside: dict[str, Any] = {}
        while isinstance(node.value, dict) and isinstance(node.value.get("$ref"), str):
            if node in seen:
                raise problem(self, "the reference leads back to itself", "point it to what it stands for")
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
        if path in self.documents.unreadable:
            raise self.documents.unreadable[path]
        value: Any = self.documents.trees[path]
        at: list[str | int] = []
        for part in filter(None, reference.partition("#")[2].split("/")):
            name = unquote(part).replace("~1", "/").replace("~0", "~")
            key: Any = int(name) if isinstance(value, list) and name.isascii() and name.isdigit() else name
            try:
                value = value[key]
            except (KeyError, IndexError, TypeError):
                remedy = "correct the reference, or add what it names"
                raise problem(place, f"there is nothing at {reference}", remedy) from None
            at.append(key)
        return Node(self.documents, path, tuple(at), value)


def resolve(documents: Documents) -> tuple[Node, ...]:
    """Return the documents that were asked for as nodes, once every reference leads to what it should.

    :raises Problems: Some references do not.
    """
    problems = Collector()
    roots = tuple(Node(documents, path, (), documents.trees[path]) for path in documents.inputs)
    waiting, seen = list(roots), set(roots)
    while waiting:
        for reference in _references(waiting.pop()):
            with problems.each():
                target, kind = reference.followed(), _kind(reference.at)
                if target.path not in documents.inputs and target not in seen:
                    seen.add(target)
                    waiting.append(target)
                    check(str(target), target.value, kind)
                elif target.path in documents.inputs and _kind(target.at) != kind:
                    check(str(target), target.value, kind)
    problems.stop()
    return roots


def _kind(at: tuple[str | int, ...]) -> str:
    """Return what stands at a place, in the words of OpenAPI's schema."""
    holder, name = at[-2:] if len(at) > 1 else ("", "")
    if holder == "parameters" and (isinstance(name, int) or len(at) == 2):
        return "parameter"
    if holder == "responses" and (_STATUS.fullmatch(str(name)) or len(at) == 2):
        return "response"
    return "pathItem" if holder in ("paths", "x-ms-paths") and len(at) == 2 else "schema"


def _references(node: Node) -> Iterator[Node]:
    if isinstance(node.value, dict) and isinstance(node.value.get("$ref"), str):
        yield node
    for key, value in children(node.value, node.at):
        yield from _references(Node(node.documents, node.path, (*node.at, key), value))
