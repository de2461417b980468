"""Read members of a document, which may have the wrong type."""

from collections.abc import Iterator
from typing import Any, TypeVar

from openapi_request_builders.documents.node import Node
from openapi_request_builders.problems import problem
from openapi_request_builders.words import JSON_NAMES

T = TypeVar("T")


def member(node: Node, key: str, kind: type[T], default: T) -> T:
    """Return the plain value of a member.

    :raises Problems: It has another type.
    """
    if key not in node or (value := node[key].value) is None:
        return default
    if not isinstance(value, kind):
        raise _wrong_type(node, key, kind)
    return value


def members(node: Node, key: str) -> Iterator[tuple[str, Node]]:
    """Iterate over a member that is an object.

    :raises Problems: It has another type.
    """
    if member(node, key, dict, {}):
        yield from node[key].items()


def entries(node: Node, key: str) -> Iterator[Node]:
    """Iterate over a member that is a list.

    :raises Problems: It has another type.
    """
    if member(node, key, list, []):
        yield from node.each(key)


def require_object(node: Node, what: str) -> None:
    """Raise if a node is not an object."""
    if not isinstance(node.value, dict):
        raise problem(node, f"{what} is not an object", "write it as an object")


def extensions(node: Node) -> dict[str, Any]:
    """Return the extensions that later stages may read: AutoRest's own, and an example of a parameter."""
    return {
        key: value for key, value in node.value.items() if str(key).startswith("x-ms-") or key == "x-example"
    }


def _wrong_type(node: Node, key: str, kind: type) -> Exception:
    return problem(node / key, f"it is not {JSON_NAMES[kind]}", f"write {JSON_NAMES[kind]}")
