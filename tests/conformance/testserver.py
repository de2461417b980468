"""Microsoft's test server for generators: a Node program that judges each request that it gets."""

from __future__ import annotations

import json
from contextlib import closing, contextmanager
from dataclasses import dataclass
from http.client import HTTPConnection
from typing import TYPE_CHECKING

from tests import node_server

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

CATEGORIES = ("vanilla", "azure", "optional", "dpg")


@dataclass(frozen=True)
class TestServer:
    """A running server."""

    __test__ = False  # not a test case, though its name begins like one

    endpoint: str
    connection: HTTPConnection

    def report(self) -> dict[str, int]:
        """Return how often each key was hit since the server started."""
        hits: dict[str, int] = {}
        for category in CATEGORIES:
            self.connection.request("GET", f"/report/{category}")
            hits.update(json.load(self.connection.getresponse()))
        return hits


@contextmanager
def running(package: Path, folder: Path) -> Iterator[TestServer]:
    """Run the npm package on 127.0.0.1 and a free port, with its log and its files in ``folder``."""
    arguments = ("run", f"--coverageDirectory={folder / 'coverage'}")
    with (
        node_server.running(package / "dist/cli/cli.js", arguments, folder / "testserver.log") as port,
        closing(HTTPConnection("127.0.0.1", port, timeout=60)) as connection,
    ):
        yield TestServer(f"http://127.0.0.1:{port}", connection)
