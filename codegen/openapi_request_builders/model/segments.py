"""Decide which part of a path may be empty."""

import re

from openapi_request_builders.documents.node import Node
from openapi_request_builders.model.operations import VersionedOperation
from openapi_request_builders.model.patterns import translate
from openapi_request_builders.model.sources import PLACEHOLDER


def may_be_empty(operation: VersionedOperation, name: str, node: Node) -> bool:
    """Whether a document allows a text parameter to be empty at the end of the path.

    In Key Vault, this means the latest version of a secret. No rule of the parameter may forbid it, and the
    remaining path must not be that of another operation. For methods other than GET, the document has to
    allow it explicitly, by ``minLength: 0``, ``allowEmptyValue`` or a pattern that the empty text matches:
    nobody should delete a whole collection because a variable was empty.
    """
    source = operation.newest
    path = source.path.partition("?")[0].partition("#")[0]
    parent = path.removesuffix(f"/{{{name}}}")
    if parent in (path, ""):
        return False
    if any((source.method, each) in operation.api.sources for each in _spellings(parent)):
        return False
    pattern = node.get("pattern")
    if pattern is not None:
        translated = translate(str(pattern))
        return not node.get("minLength") and translated is not None and re.search(translated, "") is not None
    is_said = node.get("minLength") == 0 or bool(node.get("allowEmptyValue"))
    return is_said or (source.method == "GET" and not node.get("minLength"))


def _spellings(path: str) -> tuple[str, ...]:
    """Return the paths that identify an operation, with and without a final slash."""
    return tuple(each for text in (path, f"{path}/") for each in (text, PLACEHOLDER.sub("{}", text)))
