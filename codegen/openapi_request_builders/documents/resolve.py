"""Follow ``$ref``, and lower OpenAPI 3 to OpenAPI 2.0."""

import re
from collections.abc import Iterator
from dataclasses import replace

from openapi_request_builders.documents.load import Documents, is_openapi3
from openapi_request_builders.documents.node import Node
from openapi_request_builders.documents.openapi3 import lower
from openapi_request_builders.documents.schema import check, children
from openapi_request_builders.problems import Collector, Notes, Problems

_STATUS = re.compile(r"default|\d{3}")


def resolve(documents: Documents, notes: Notes) -> tuple[Node, ...]:
    """Return the inputs as nodes of OpenAPI 2.0 trees without dead references.

    :param notes: Collects notes, such as one on a dead reference that matters only for samples.
    :raises Problems: An operation has a dead reference, or an OpenAPI 3 document cannot be read.
    """
    problems = Collector()
    documents = _lowered(documents, problems)
    roots = tuple(Node(documents, path, (), documents.trees[path]) for path in documents.inputs)
    waiting, seen = [root for root in roots if "x-openapi" not in root], set(roots)
    while waiting:
        for reference in _references(waiting.pop()):
            kind = _kind(reference.at)
            with problems.each():
                if (target := _target(reference, kind, notes)) is None:
                    continue
                if target.path not in documents.inputs and target not in seen:
                    seen.add(target)
                    waiting.append(target)
                    check(str(target), target.value, kind, notes)
                elif target.path in documents.inputs and _kind(target.at) != kind:
                    check(str(target), target.value, kind, notes)
    problems.stop()
    documents.directives.note_unmatched(notes)
    return roots


def _target(reference: Node, kind: str, notes: Notes) -> Node | None:
    """Return the target of a reference; None if the reference is dead but no request needs it."""
    try:
        return reference.followed()
    except Problems as error:
        if reference.at[0] in ("paths", "x-ms-paths") and kind in ("parameter", "pathItem"):
            raise
        for each in error.problems:
            notes.add(each.place, each.message, each.remedy)
        if kind in ("schema", "response"):
            reference.value.clear()
        return None


def _lowered(documents: Documents, problems: Collector) -> Documents:
    trees = dict(documents.trees)
    for path in documents.inputs:
        if is_openapi3(documents.trees[path]):
            with problems.each():
                trees[path] = lower(Node(documents, path, (), documents.trees[path]), problems)
    problems.stop()
    return replace(documents, trees=trees)


def _kind(at: tuple[str | int, ...]) -> str:
    """Return the kind of the object at a place, by its name in OpenAPI's schema."""
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
