"""The directive ``operations``: every operation and the api-versions that have it, from ``swagger/``."""

import json
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from docutils.nodes import Node
    from sphinx.application import Sphinx

SWAGGER = Path(__file__).parents[2] / "swagger"
METHODS = ("get", "head", "post", "put", "delete")


@dataclass(frozen=True)
class Operation:
    """One method of one path, in all versions that have it.

    :ivar name: What the newest of these versions calls it, without its group.
    :ivar versions: From old to new.
    """

    method: str
    path: str
    name: str
    versions: tuple[str, ...]

    @property
    def builder(self) -> str:
        """The name of its request builder."""
        words = "".join(f"_{letter.lower()}" if letter.isupper() else letter for letter in self.name)
        return f"build{words}_request"


def read(folder: Path) -> tuple[list[str], list[Operation]]:
    """Give the versions, from old to new, and the operations by path."""
    documents = [json.loads(path.read_text(encoding="utf-8")) for path in sorted(folder.glob("*.json"))]
    found: dict[tuple[str, str], list[tuple[str, str]]] = {}
    for document in documents:
        for path, method, operation in _operations(document):
            name = operation["operationId"].partition("_")[2]
            found.setdefault((path, method), []).append((name, document["info"]["version"]))
    operations = [
        Operation(method.upper(), path, entries[-1][0], tuple(version for _, version in entries))
        for (path, method), entries in sorted(found.items())
    ]
    return [document["info"]["version"] for document in documents], operations


def _operations(document: Any) -> Iterator[tuple[str, str, Any]]:
    for path, item in document["paths"].items():
        for method in METHODS:
            if method in item:
                yield path, method, item[method]


def table(versions: Sequence[str], operations: Sequence[Operation]) -> str:
    """Write the table, in Markdown."""
    header = ["Builder", "Method and path", *(version.replace("-preview", "p") for version in versions)]
    rows = [
        [
            f"{{func}}`~azure.messaging.webpubsubservice.rest.{operation.builder}`",
            f"`{operation.method} {operation.path}`",
            *("✓" if version in operation.versions else "" for version in versions),
        ]
        for operation in operations
    ]
    counts = [str(sum(version in operation.versions for operation in operations)) for version in versions]
    lines = [header, ["---"] * len(header), *rows, ["operations", "", *counts]]
    return "\n".join(f"| {' | '.join(cells)} |" for cells in lines)


def setup(app: "Sphinx") -> dict[str, Any]:
    """Tell Sphinx of the directive."""
    from sphinx.util.docutils import SphinxDirective  # noqa: PLC0415 - the tests read tables without Sphinx

    class Operations(SphinxDirective):
        """Puts the table where it stands."""

        def run(self) -> "list[Node]":
            for path in sorted(SWAGGER.glob("*.json")):
                self.env.note_dependency(str(path))
            return self.parse_text_to_nodes(table(*read(SWAGGER)))

    app.add_directive("operations", Operations)
    return {"parallel_read_safe": True, "parallel_write_safe": True}
