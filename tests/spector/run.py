"""Generate a package for each of Spector's specifications, and let its mock server judge the requests.

Usage: python -m tests.spector.run FOLDER

FOLDER is where npm put the packages; everything written goes there. Prints each scenario with what came of it:
passed, failed, or not expressible, with the reason. The exit status is 1 if one failed, or passed although
``expectations`` says that it cannot.
"""

import importlib
import re
import subprocess
import sys
from collections import Counter
from collections.abc import Sequence
from contextlib import redirect_stderr, redirect_stdout
from io import StringIO
from pathlib import Path
from typing import Any

from azure.core import PipelineClient
from azure.core.exceptions import AzureError
from azure.core.pipeline.policies import RetryPolicy

from openapi_request_builders.command import main as generate
from tests.documents.builders import Builder, builders
from tests.spector.calls import NoCall, call_for
from tests.spector.expectations import CALLS, INEXPRESSIBLE, reason
from tests.spector.scenarios import Expected, Scenario, read
from tests.spector.server import coverage, running

ROOT = "spector"
"""The package that holds the generated ones."""


class Packages:
    """The generated packages, by specification."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self._found: dict[str, Sequence[Builder] | str] = {}

    def builders(self, scenario: Scenario) -> Sequence[Builder]:
        """Return the builders for a scenario's specification.

        :raises NoCall: There are none, for the reason that it gives.
        """
        if scenario.specification not in self._found:
            self._found[scenario.specification] = scenario.problem or self._generated(scenario)
        found = self._found[scenario.specification]
        if isinstance(found, str):
            raise NoCall(found)
        return found

    def _generated(self, scenario: Scenario) -> Sequence[Builder] | str:
        name = re.sub(r"\W", "_", scenario.specification)
        namespace = f"{ROOT}.{name}"
        inputs = [f"--input-file={each}" for each in sorted(scenario.documents.glob("*.json"))]
        said = StringIO()
        with redirect_stdout(said), redirect_stderr(said):
            status = generate([f"--namespace={namespace}", f"--output-folder={self.folder}", *inputs])
        if status:
            return f"not generated: {said.getvalue()}"
        importlib.invalidate_caches()
        return list(builders(self.folder.joinpath(*namespace.split("."), "rest"), f"{namespace}.rest"))


class Sender:
    """Sends what builders make, by azure-core."""

    def __init__(self, endpoint: str) -> None:
        self.client: PipelineClient[Any, Any] = PipelineClient(
            endpoint, policies=[RetryPolicy(retry_backoff_factor=0)]
        )

    def send(self, scenario: Scenario, number: int, known: Sequence[Builder]) -> str:
        """Send a request of a scenario; return what went wrong."""
        expected = scenario.requests[number]
        call = call_for(expected, known)
        keywords = {**call.keywords, **CALLS.get(scenario.name, {})}
        try:
            request = call.builder.call(*call.arguments, **keywords)
        except (TypeError, ValueError) as error:
            raise NoCall(f"{call.builder.call.__name__}: {error}") from None
        said = f"{request.method} {request.url}"
        request.url = self.client.format_url(_prefix(expected, request.url) + request.url)
        try:
            response = self.client.send_request(request)
            response.read()
        except AzureError as error:
            return f"{said}: {error}"
        if response.status_code == expected.status:
            return ""
        return f"{said}: {response.status_code} {' '.join(response.text().split())[:300]}"


def _prefix(expected: Expected, url: str) -> str:
    """Return the part of the path that belongs to the service's address."""
    first = url.lstrip("/").partition("/")[0].partition("?")[0]
    before, found, _ = expected.uri.partition(f"/{first}")
    return before if found and first else ""


def outcome(scenario: Scenario, packages: Packages, sender: Sender) -> str:
    """Send the requests of a scenario; return what went wrong."""
    try:
        known = packages.builders(scenario)
        said = [sender.send(scenario, number, known) for number in range(len(scenario.requests))]
    except NoCall as error:
        return str(error)
    return "; ".join(filter(None, said))


def main(folder: Path) -> int:
    """Emit, generate, send and report."""
    folder = folder.resolve()
    sys.path.insert(0, str(folder))
    documents = folder / "documents"
    if not (documents / "scenarios.json").exists():
        emit = Path(__file__).with_name("emit.mjs")
        subprocess.run(["node", str(emit), str(folder), str(documents)], check=True)
    scenarios = read(documents)
    packages = Packages(folder)
    with running(folder) as endpoint:
        sender = Sender(endpoint)
        said = {scenario.name: outcome(scenario, packages, sender) for scenario in scenarios}
        judged = coverage(endpoint)
    counts: Counter[str] = Counter()
    for scenario in scenarios:
        why = reason(scenario.name)
        if judged.get(scenario.name) == "pass":
            result = "passed" if why is None else "passed, unexpectedly"
        else:
            result = "failed" if why is None else "not expressible"
        counts[result] += 1
        detail = (
            "" if result.startswith("passed") else f": {why or said[scenario.name] or 'the server says no'}"
        )
        print(f"{result}: {scenario.name}{detail}")
    unused = INEXPRESSIBLE.keys() - {
        pattern for s in scenarios for pattern in [reason(s.name, key=True)] if pattern
    }
    for pattern in sorted(unused):
        print(f"no scenario is like {pattern}")
    print(
        f"\n{len(scenarios)} scenarios: {', '.join(f'{count} {name}' for name, count in sorted(counts.items()))}"
    )
    return int(bool(counts["failed"] or counts["passed, unexpectedly"] or unused))


if __name__ == "__main__":
    sys.exit(main(Path(sys.argv[1])))
