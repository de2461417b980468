"""Spector's mock server: a Node program that judges each request that it gets."""

import json
import subprocess
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from urllib.request import urlopen

from tests import node_server

PACKAGES = ("@typespec/http-specs", "@azure-tools/azure-http-specs")


def _commit(folder: Path) -> None:
    """Make the folder a repository: the server asks git for the commit of its scenarios."""
    git = ("git", "-C", str(folder))
    if subprocess.run([*git, "rev-parse", "HEAD"], capture_output=True, check=False).returncode:
        subprocess.run([*git, "init", "--quiet"], check=True)
        identity = ("-c", "user.name=spector", "-c", "user.email=spector@localhost")
        subprocess.run([*git, *identity, "commit", "--quiet", "--allow-empty", "-m", "Empty"], check=True)


@contextmanager
def running(folder: Path) -> Iterator[str]:
    """Run the server of the npm packages in a folder on 127.0.0.1 and a free port; yield its address."""
    _commit(folder)
    modules = folder / "node_modules"
    specifications = [str(modules / package / "specs") for package in PACKAGES]
    arguments = ("serve", *specifications, f"--coverageFile={folder / 'coverage.json'}")
    script = modules / "@typespec/spector/dist/src/cli/cli.js"
    with node_server.running(script, arguments, folder / "spector.log") as port:
        yield f"http://127.0.0.1:{port}"


def coverage(endpoint: str) -> dict[str, str]:
    """Return the server's judgement of each scenario so far."""
    with urlopen(f"{endpoint}/.coverage") as response:
        reports = json.load(response)
    return {name: result for report in reports for name, result in report["results"].items()}
