"""Which part of a path may be empty."""

import re

from openapi_request_builders.documents.node import Node
from openapi_request_builders.model.operations import VersionedOperation
from openapi_request_builders.model.patterns import translate
from openapi_request_builders.model.sources import PLACEHOLDER


def may_be_empty(operation: VersionedOperation, name: str, node: Node) -> bool:
    """Whether a document lets a parameter, which is text, be empty at the end of the path.

    Key Vault means the latest version of a secret by that. No rule of the parameter may be against it, and
    the path that remains must not be that of another operation. For other methods than GET, the document has
    to say it, by ``minLength: 0``, ``allowEmptyValue`` or a pattern that the empty text matches: nobody
    should delete a whole collection because a variable was empty.
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
    """Return how an operation at a path, with or without a final slash, may be identified."""
    return tuple(each for text in (path, f"{path}/") for each in (text, PLACEHOLDER.sub("{}", text)))
