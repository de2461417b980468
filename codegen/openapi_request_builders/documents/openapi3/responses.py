"""Responses of the service, and their media types."""

from collections.abc import Mapping
from typing import Any

from openapi_request_builders.documents.node import PLACE, Node
from openapi_request_builders.documents.openapi3.bodies import media_types, preferred
from openapi_request_builders.documents.openapi3.definitions import Definitions
from openapi_request_builders.documents.openapi3.reading import member


def response(node: Node, definitions: Definitions) -> Mapping[str, Any]:
    """Return a response as in OpenAPI 2.0."""
    content = media_types(node)
    chosen = preferred(content)
    found: dict[str, Any] = {"description": member(node, "description", str, ""), PLACE: node}
    if chosen:
        found["schema"] = definitions.schema(content[chosen], "schema") or {"type": "file"}
    return found


def produced(responses: Mapping[str, Node]) -> list[str]:
    """Return the media types of all responses; those of successes come first."""
    ordered = sorted(responses, key=lambda status: not status.startswith("2"))
    return list(dict.fromkeys(each for status in ordered for each in media_types(responses[status])))
