"""The places that a directive chooses in a document, by path, by operation or by model."""

import re
from collections.abc import Callable, Iterator, Mapping
from typing import Any

from openapi_request_builders.directives.jsonpath import Place, find
from openapi_request_builders.words import METHODS

# The keys that choose places in a document.
WHERE = ("where", "where-operation", "where-operation-match", "where-model")

Choice = Callable[[Any], list[Place]]
"""Takes a document, in a container under ``$``, and returns the chosen places."""


def choice(directive: Mapping[str, Any], *, of_operations: bool) -> Choice:
    """Return the function that finds a directive's places.

    :param of_operations: Whether a directive without a choice means every operation, not the document.
    :raises PathError: The syntax of a path is not supported.
    """
    if "where-operation" in directive:
        wanted = str(directive["where-operation"])
        return lambda root: [place for place, names in operations(root) if wanted in names]
    if "where-operation-match" in directive:
        matches = pattern(directive["where-operation-match"]).search
        return lambda root: [place for place, names in operations(root) if matches(names[0])]
    if "where-model" in directive:
        fits = pattern(directive["where-model"]).fullmatch
        return lambda root: [place for place in models(root) if fits(str(place[1]))]
    if "where" in directive:
        paths = directive["where"]
        found = [find(str(path)) for path in (paths if isinstance(paths, list) else [paths])]
        return lambda root: [place for path in found for place in path(root)]
    if of_operations:
        return lambda root: [place for place, _ in operations(root)]
    return lambda root: [(root, "$")]


def operations(root: Any) -> Iterator[tuple[Place, tuple[str, str]]]:
    """Yield the operations of a document, each with its two names: its id, and its method and path."""
    for section in ("paths", "x-ms-paths"):
        for path, item in members(members(root["$"]).get(section)).items():
            for method in METHODS:  # the schema reports values of another form
                operation = members(item).get(method)
                if isinstance(operation, dict):
                    names = str(operation.get("operationId", "")), f"{method.upper()} {path}"
                    yield (item, method), names


def models(root: Any) -> Iterator[Place]:
    """Yield the definitions of a document."""
    document = members(root["$"])
    for holder in (document.get("definitions"), members(document.get("components")).get("schemas")):
        yield from ((holder, name) for name in members(holder))


def members(value: Any) -> dict[str, Any]:
    """Return a value if it is an object, and otherwise an empty object."""
    return value if isinstance(value, dict) else {}


def pattern(text: Any) -> re.Pattern[str]:
    """Return a regular expression. It may be written between slashes and with flags."""
    match = re.fullmatch(r"/(.*)/([a-z]*)", str(text))
    if not match:
        return re.compile(str(text))
    return re.compile(match[1], re.IGNORECASE if "i" in match[2] else 0)
