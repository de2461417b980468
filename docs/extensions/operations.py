"""The directive ``operations``: the operations by api-version, or by request, from ``swagger/``."""

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
    """Return the versions, from old to new, and the operations by path."""
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


def by_version(versions: Sequence[str], operations: Sequence[Operation]) -> str:
    """Write which version has which operation, in Markdown; the newest first, if not all fit on a screen."""
    versions = versions[::-1]
    marks = [["✓" if version in each.versions else "" for version in versions] for each in operations]
    counts = [str(sum(map(bool, column))) for column in zip(*marks, strict=True)]
    return _table(
        ["", *versions],
        *([_link(each), *row] for each, row in zip(operations, marks, strict=True)),
        ["operations", *counts],
    )


def on_the_wire(operations: Sequence[Operation]) -> str:
    """Write which request each builder makes, in Markdown."""
    return _table(
        ["builder", "request"], *([_link(each), f"`{each.method} {each.path}`"] for each in operations)
    )


def _link(operation: Operation) -> str:
    short = operation.builder.removeprefix("build_").removesuffix("_request")
    return f"{{func}}`{short} <azure.messaging.webpubsubservice.rest.{operation.builder}>`"


def _table(header: Sequence[str], *rows: Sequence[str]) -> str:
    return "\n".join(f"| {' | '.join(cells)} |" for cells in (header, ["---"] * len(header), *rows))


def setup(app: "Sphinx") -> dict[str, Any]:
    """Register the directive with Sphinx."""
    from sphinx.util.docutils import SphinxDirective  # noqa: PLC0415 - the tests read tables without Sphinx

    class Operations(SphinxDirective):
        """Puts a table where it stands: ``by-version`` or ``by-request``."""

        required_arguments = 1

        def run(self) -> "list[Node]":
            for path in sorted(SWAGGER.glob("*.json")):
                self.env.note_dependency(str(path))
            versions, operations = read(SWAGGER)
            by_request = self.arguments == ["by-request"]
            return self.parse_text_to_nodes(
                on_the_wire(operations) if by_request else by_version(versions, operations)
            )

    app.add_directive("operations", Operations)
    return {"parallel_read_safe": True, "parallel_write_safe": True}
