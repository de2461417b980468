"""Servers, to which URLs are relative."""

import re
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any
from urllib.parse import urljoin

from openapi_request_builders.documents.node import PLACE, Node
from openapi_request_builders.documents.openapi3.reading import entries, member, members

_VARIABLE = re.compile(r"\{([^{}]*)\}")


@dataclass(frozen=True)
class Server:
    """A server: its URL, and the variables in the URL by name."""

    url: str
    variables: Mapping[str, Node]
    description: str = ""

    def parameters(self) -> list[dict[str, Any]]:
        """Return the variables as parameters of the path with defaults."""
        return [self._parameter(name) for name in dict.fromkeys(_VARIABLE.findall(self.url))]

    def _parameter(self, name: str) -> dict[str, Any]:
        found: dict[str, Any] = {"name": name, "in": "path", "required": True, "type": "string"}
        if name in self.variables:
            node = self.variables[name]
            found[PLACE] = node
            found["description"] = member(node, "description", str, "")
            if "default" in node:
                found["default"] = str(node.value["default"])
            if listed := [str(each) for each in member(node, "enum", list, [])]:
                found["enum"] = listed
            # A variable can be a host with a port, some parts of a path, or a whole origin.
            known = (found.get("default", ""), *listed)
            found["x-ms-skip-url-encoding"] = any(set(":/") & set(each) for each in known)
        return found

    @property
    def is_absolute(self) -> bool:
        """Whether the URL has an origin, which may be in a variable."""
        variable = _VARIABLE.match(self.url)
        first = self.variables.get(variable[1]) if variable else None
        default = "" if first is None else str(first.get("default", ""))
        return "://" in self.url or "://" in default


def servers(holder: Node) -> list[Server]:
    """Return the servers of a document, a path or an operation."""
    return [
        Server(
            member(node, "url", str, ""),
            dict(members(node, "variables")),
            member(node, "description", str, ""),
        )
        for node in entries(holder, "servers")
    ]


def own_server(root: list[Server], holders: list[Node]) -> Server | None:
    """Return the server of an operation, unless it is the document's.

    :param holders: The operation, then its path.
    """
    found = next((listed for holder in holders if (listed := servers(holder))), None)
    if not found or any(_same(found[0], each) for each in root[:1]):
        return None
    url = found[0].url
    if root and root[0].is_absolute and not found[0].is_absolute:
        url = urljoin(root[0].url, url)
    variables = {**(root[0].variables if root else {}), **found[0].variables}
    return Server(url.rstrip("/"), variables, found[0].description)


def _same(one: Server, other: Server) -> bool:
    return one.url.rstrip("/") == other.url.rstrip("/")
