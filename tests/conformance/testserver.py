"""Microsoft's test server for generators: a Node program that judges each request that it gets."""

from __future__ import annotations

import json
import os
import subprocess
from contextlib import closing, contextmanager
from dataclasses import dataclass
from http.client import HTTPConnection
from pathlib import Path
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Iterator

CATEGORIES = ("vanilla", "azure", "optional", "dpg")
PRELOAD = Path(__file__).with_name("preload.js")


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
    receiver, sender = os.pipe()
    with (folder / "testserver.log").open("wb") as log:
        server = subprocess.Popen(
            [
                "node",
                f"--require={PRELOAD}",
                str(package / "dist/cli/cli.js"),
                "run",
                "--port=0",
                f"--coverageDirectory={folder / 'coverage'}",
            ],
            env={**os.environ, "PORT_FD": str(sender)},
            pass_fds=[sender],
            stdout=log,
            stderr=subprocess.STDOUT,
        )
    os.close(sender)
    try:
        with os.fdopen(receiver) as port:
            line = port.readline()
        if not line:
            raise RuntimeError(f"the test server did not start: see {log.name}")
        with closing(HTTPConnection("127.0.0.1", int(line), timeout=60)) as connection:
            yield TestServer(f"http://127.0.0.1:{int(line)}", connection)
    finally:
        server.terminate()
        server.wait()
