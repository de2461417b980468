"""The scenarios, as ``emit.mjs`` lists them."""

import json
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any


@dataclass(frozen=True)
class Expected:
    """A request that the mock server waits for.

    :param uri: The path, in which ``:name`` stands for what ``path`` may have.
    :param body: Media type and content, or the parts of a form; None if there is no body.
    """

    uri: str
    method: str
    query: Mapping[str, Any]
    headers: Mapping[str, Any]
    path: Mapping[str, Any]
    body: Mapping[str, Any] | None
    status: int


@dataclass(frozen=True)
class Scenario:
    """A scenario: one request or several, one after the other.

    :param documents: The folder with the documents of its specification.
    :param problem: Why there are no documents, if there are none.
    """

    name: str
    specification: str
    documents: Path
    problem: str
    requests: tuple[Expected, ...]


def read(folder: Path) -> list[Scenario]:
    """Read the scenarios from the folder that ``emit.mjs`` wrote."""
    specifications = json.loads((folder / "scenarios.json").read_text(encoding="utf-8"))
    return [
        Scenario(
            name,
            specification,
            folder / specification,
            found["problem"],
            tuple(_expected(each) for each in scenario["requests"]),
        )
        for specification, found in specifications.items()
        for name, scenario in found["scenarios"].items()
    ]


def _expected(request: Mapping[str, Any]) -> Expected:
    return Expected(
        request["uri"],
        request["method"].upper(),
        request["query"],
        request["headers"],
        request["path"],
        request["body"],
        request["status"],
    )
