"""Lower a whole document with its operations."""

from typing import Any

from openapi_request_builders.documents.node import PLACE, Node
from openapi_request_builders.documents.openapi3.bodies import body
from openapi_request_builders.documents.openapi3.definitions import Definitions
from openapi_request_builders.documents.openapi3.parameters import parameter
from openapi_request_builders.documents.openapi3.reading import (
    entries,
    extensions,
    member,
    members,
    require_object,
)
from openapi_request_builders.documents.openapi3.responses import produced, response
from openapi_request_builders.documents.openapi3.servers import Server, own_server, servers
from openapi_request_builders.documents.openapi3.values import Facets
from openapi_request_builders.problems import Collector
from openapi_request_builders.words import METHODS

_CARRIED = ("operationId", "summary", "description", "deprecated")


def lower(root: Node, problems: Collector) -> dict[str, Any]:
    """Return a document as in OpenAPI 2.0, with the extensions of this package.

    :param problems: Collects problems of operations; the rest of the document is still read.
    """
    return _Lowering(root, problems).document()


class _Lowering:
    """The facts that the operations of a document share."""

    def __init__(self, root: Node, problems: Collector) -> None:
        self.root = root
        self.problems = problems
        self.definitions = Definitions()
        self.servers = servers(root)
        self._parameters: dict[Node, Facets | None] = {}

    def document(self) -> dict[str, Any]:
        """Return the document."""
        info = {"version": "", **member(self.root, "info", dict, {})}
        version = str(self.root.value["openapi"])
        found: dict[str, Any] = {"swagger": "2.0", "x-openapi": version, "info": info}
        found.update(extensions(self.root))
        if "components" in self.root:
            self.definitions.define(self.root["components"])
        found["paths"] = paths = {}
        for path in member(self.root, "paths", dict, {}):
            with self.problems.each():
                paths[path] = self._item(self.root["paths"][path], path)
        found["definitions"] = self.definitions.found
        if self.servers:
            found["x-endpoint"] = [_endpoint(each) for each in self.servers]
        return found

    def _item(self, item: Node, path: str) -> dict[str, Any]:
        """Return a path with its operations."""
        if path.startswith("x-"):
            return {}
        require_object(item, "a path")
        found: dict[str, Any] = {PLACE: item, "parameters": self._lowered_parameters(item)}
        additional = [method for method, _ in members(item, "additionalOperations")]
        found["x-methods"] = [method for method in additional if method.isalpha() and method.isupper()]
        for method in found["x-methods"]:
            with self.problems.each():
                found[method] = self._operation(item, item["additionalOperations"][method])
        for method in METHODS:
            if method in item:
                with self.problems.each():
                    found[method] = self._operation(item, item[method])
        return found

    def _operation(self, item: Node, operation: Node) -> dict[str, Any]:
        require_object(operation, "an operation")
        found: dict[str, Any] = {key: operation.value[key] for key in _CARRIED if key in operation}
        found.update(extensions(operation))
        found[PLACE] = operation
        found["parameters"] = self._lowered_parameters(operation)
        if server := own_server(self.servers, [operation, item]):
            found["x-server"] = server.url
            found["parameters"] += server.parameters()
        if member(operation, "requestBody", dict, {}):
            more = body(operation["requestBody"], self.definitions)
            found.update({**more, "parameters": [*found["parameters"], *more["parameters"]]})
        responses = dict(members(operation, "responses"))
        found["responses"] = {
            status: response(node, self.definitions)
            for status, node in responses.items()
            if not status.startswith("x-")
        }
        found["produces"] = produced(responses)
        return found

    def _lowered_parameters(self, holder: Node) -> list[Facets]:
        found = []
        for node in entries(holder, "parameters"):
            if node not in self._parameters:
                self._parameters[node] = parameter(node)
            found.append(self._parameters[node])
        return [each for each in found if each is not None]


def _endpoint(server: Server) -> dict[str, Any]:
    return {
        "url": server.url.rstrip("/"),
        "description": server.description,
        "variables": {each["name"]: each for each in server.parameters()},
    }
