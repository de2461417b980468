"""Generate a package for each of Spector's specifications, and let its mock server judge the requests.

Usage: python -m tests.spector.run FOLDER

FOLDER is where npm put the packages; everything written goes there. Prints what came of each scenario:
passed, failed, or not expressible, with the reason. The exit status is 1 if one failed, or passed although
``expectations`` says that it cannot.
"""

import importlib
import json
import re
import subprocess
import sys
from collections import Counter
from collections.abc import Mapping
from contextlib import redirect_stderr, redirect_stdout
from io import StringIO
from pathlib import Path
from typing import Any
from urllib.parse import unquote, urlsplit

from azure.core import PipelineClient
from azure.core.exceptions import AzureError
from azure.core.pipeline.policies import RetryPolicy
from azure.core.rest import HttpRequest, HttpResponse

from openapi_request_builders.command import main as generate
from tests.documents.builders import builders
from tests.spector.calls import Interface, NoCallError, call_for, path_of, prefix_pattern, query
from tests.spector.expectations import INEXPRESSIBLE, calls, reason
from tests.spector.scenarios import Expected, Scenario, read
from tests.spector.server import coverage, running

ROOT = "spector"
"""The package that holds the generated ones."""


class Packages:
    """The generated packages, by specification."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self._found: dict[str, Interface | str] = {}

    def interface(self, scenario: Scenario) -> Interface:
        """Return the builders for a scenario's specification.

        :raises NoCallError: There are none, for the reason that it gives.
        """
        if scenario.specification not in self._found:
            self._found[scenario.specification] = scenario.problem or self._generated(scenario)
        found = self._found[scenario.specification]
        if isinstance(found, str):
            raise NoCallError(found)
        return found

    def _generated(self, scenario: Scenario) -> Interface | str:
        name = re.sub(r"\W", "_", scenario.specification)
        namespace = f"{ROOT}.{name}"
        documents = sorted(scenario.documents.glob("*.json"))
        inputs = [f"--input-file={each}" for each in documents]
        said = StringIO()
        with redirect_stdout(said), redirect_stderr(said):
            status = generate([f"--namespace={namespace}", f"--output-folder={self.folder}", *inputs])
        if status:
            return f"not generated: {said.getvalue()}"
        importlib.invalidate_caches()
        found = list(builders(self.folder.joinpath(*namespace.split("."), "rest"), f"{namespace}.rest"))
        servers = [
            each["url"]
            for document in documents
            for each in json.loads(document.read_text(encoding="utf-8")).get("servers", [{"url": ""}])
        ]
        return Interface(found, list(dict.fromkeys(map(prefix_pattern, servers))))


class Sender:
    """Sends what builders make, by azure-core, and follows the links of its answers."""

    def __init__(self, endpoint: str) -> None:
        self.client: PipelineClient[Any, Any] = PipelineClient(
            endpoint, policies=[RetryPolicy(retry_backoff_factor=0)]
        )

    def run(self, scenario: Scenario, interface: Interface) -> str:
        """Send the requests of a scenario; return what went wrong."""
        said: list[str] = []
        links: list[str] = []
        for expected in scenario.requests:
            for given in calls(scenario.name):
                link = next((each for each in links if _leads_to(each, path_of(expected))), None)
                if link:
                    request = HttpRequest(expected.method, link, params=query(expected))
                else:
                    request = self._built(expected, interface, given)
                address = urlsplit(request.url).path
                try:
                    response = self._sent(request, expected)
                except AzureError as error:
                    said.append(f"{request.method} {address}: {error}")
                    continue
                links = [*_links(response), *links]
                if response.status_code != expected.status:
                    text = " ".join(response.text().split())[:300]
                    said.append(f"{request.method} {address}: {response.status_code} {text}")
        return "; ".join(said)

    def _sent(self, request: HttpRequest, expected: Expected) -> HttpResponse:
        """Send a request; ask once more for what is not ready yet."""
        response: HttpResponse = self.client.send_request(request)
        response.read()
        if response.status_code == 202 and expected.status == 200 and request.method == "GET":
            response = self.client.send_request(request)
            response.read()
        return response

    def _built(self, expected: Expected, interface: Interface, given: Mapping[str, Any]) -> HttpRequest:
        call = call_for(expected, interface, given)
        try:
            request = call.builder.call(*call.arguments, **call.keywords)
        except (TypeError, ValueError) as error:
            raise NoCallError(f"{call.builder.call.__name__}: {error}") from None
        request.url = self.client.format_url(call.prefix + request.url)
        return request


def _links(response: HttpResponse) -> list[str]:
    """Return the links in an answer, which azure-core follows to pages and results."""
    return [*response.headers.values(), *re.findall(r'https?://[^"<\s]+', response.text())]


def _leads_to(link: str, path: str) -> bool:
    return link.startswith("http") and unquote(urlsplit(link).path).rstrip("/") == path.rstrip("/")


def outcome(scenario: Scenario, packages: Packages, sender: Sender) -> str:
    """Send the requests of a scenario; return what went wrong."""
    try:
        return sender.run(scenario, packages.interface(scenario))
    except NoCallError as error:
        return str(error)


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
    counts = Counter(
        _report(scenario, judged.get(scenario.name), said[scenario.name]) for scenario in scenarios
    )
    met = {reason(scenario.name, key=True) for scenario in scenarios}
    for pattern in sorted(INEXPRESSIBLE.keys() - met):
        print(f"no scenario is like {pattern}")
    listed = ", ".join(f"{count} {name}" for name, count in sorted(counts.items()))
    print(f"\n{len(scenarios)} scenarios: {listed}")
    return int(not counts.keys() <= {"passed", "not expressible"} or not INEXPRESSIBLE.keys() <= met)


def _report(scenario: Scenario, judged: str | None, said: str) -> str:
    """Print what came of a scenario, and return it."""
    why = reason(scenario.name)
    if judged == "pass":
        result = "passed" if why is None else "passed, unexpectedly"
    else:
        result = "failed" if why is None else "not expressible"
    detail = "" if result.startswith("passed") else f": {why or said or 'the server wants more requests'}"
    print(f"{result}: {scenario.name}{detail}")
    return result


if __name__ == "__main__":
    sys.exit(main(Path(sys.argv[1])))
