"""Generate a package for each document of the test server, and let the server judge the requests it makes.

Usage: python -m tests.conformance.run PACKAGE FOLDER

PACKAGE is where npm put ``@microsoft.azure/autorest.testserver``; everything written goes to FOLDER. The
calls are the rows of ``tests/conformance/calls.py``. Prints, per document, the rows that turned out as they
say and the server's keys that were hit, then what failed; the exit status is 1 if anything did.
"""

from __future__ import annotations

import importlib
import json
import re
import sys
from contextlib import redirect_stderr, redirect_stdout, suppress
from fnmatch import fnmatchcase
from io import StringIO
from pathlib import Path
from pkgutil import iter_modules
from typing import TYPE_CHECKING, Any
from urllib.parse import urljoin

from azure.core import PipelineClient
from azure.core.exceptions import AzureError
from azure.core.pipeline.policies import RedirectPolicy, RequestIdPolicy, RetryPolicy
from azure.core.polling import LROPoller
from azure.core.polling.base_polling import LROBasePolling
from azure.core.rest import HttpRequest

from openapi_request_builders.command import main as codegen
from tests.conformance.calls import BASES, CALLS, REQUEST_ID, UNHIT, AnswerOf, Call
from tests.conformance.testserver import TestServer, running

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Mapping
    from types import ModuleType

ROOT = "conformance"
"""The package that holds the generated ones."""

METHODS = {"get", "put", "post", "delete", "options", "head", "patch"}


def module_name(document: str) -> str:
    """Return the name of a document's package."""
    return re.sub(r"\W", "_", document).lower()


def generated(document: Path, folder: Path) -> str:
    """Generate and import the package of one document, and count its builders; return what went wrong."""
    namespace = f"{ROOT}.{module_name(document.stem)}"
    command = ["--operation-groups", f"--namespace={namespace}", f"--output-folder={folder}"]
    messages = StringIO()
    try:
        with redirect_stdout(messages), redirect_stderr(messages):
            status = codegen([*command, f"--input-file={document}"])
        if status:
            return messages.getvalue()
        built = len(builders(importlib.import_module(f"{namespace}.rest")))
    except Exception as error:  # whatever the generator or generated code raises is a finding
        return f"{type(error).__name__}: {error}"
    described = operations(json.loads(document.read_text("utf-8-sig")))
    return "" if built == described else f"{built} builders for {described} operations"


def operations(document: Mapping[str, Any]) -> int:
    """Count the operations of a document."""
    paths = [*document.get("paths", {}).values(), *document.get("x-ms-paths", {}).values()]
    return sum(method in METHODS for item in paths for method in item)


def builders(package: ModuleType) -> list[str]:
    """Name the builders of a package and of its modules."""
    modules = [
        importlib.import_module(f"{package.__name__}.{each.name}") for each in iter_modules(package.__path__)
    ]
    names = [name for module in modules for name in vars(module) if name.startswith("build_")]
    return [name for name in names if name.endswith("_request")]


def builder(document: str, operation: str) -> Callable[..., HttpRequest]:
    """Return the builder of ``group.member``, or of ``member``."""
    *group, member = operation.split(".")
    module = importlib.import_module(".".join((ROOT, module_name(document), "rest", *group)))
    function: Callable[..., HttpRequest] = getattr(module, f"build_{member}_request")
    return function


class Judge:
    """Makes calls and compares what came of them with their rows."""

    def __init__(self, server: TestServer) -> None:
        self.server = server
        self.hits = server.report()
        self.client: PipelineClient[Any, Any] = PipelineClient(
            server.endpoint,
            policies=[
                RequestIdPolicy(auto_request_id=False),
                RedirectPolicy(),
                RetryPolicy(retry_backoff_factor=0),
            ],
        )

    def send(self, request: HttpRequest, base: str = "") -> Any:
        """Send a request whose URL is relative; leave the answer, which may have gigabytes, unread."""
        request.url = self.server.endpoint + base + request.url
        return self.client.send_request(request, stream=True)

    def follow(self, response: Any, link: str) -> None:
        """Read the pages that an answer links to."""
        while url := json.loads(response.read()).get(link):
            response = self.client.send_request(HttpRequest("GET", urljoin(self.server.endpoint, url)))

    def poll(self, request: HttpRequest) -> Any:
        """Start an operation, and let azure-core follow it to its end, good or bad."""
        request.url = self.server.endpoint + request.url
        request.headers["x-ms-client-request-id"] = REQUEST_ID  # azure-core's poller repeats it
        first = self.client.send_request(request, _return_pipeline_response=True)
        with suppress(AzureError):
            LROPoller(self.client, first, lambda response: response, LROBasePolling(timeout=0)).wait(60)
        return first.http_response

    def filled(self, document: str, argument: Any) -> Any:
        """Replace what stands for an answer by that answer."""
        if isinstance(argument, AnswerOf):
            response = self.send(builder(document, argument.operation)())
            body = response.read()
            self.hits = self.server.report()
            return json.loads(body) if "json" in response.headers["Content-Type"] else body
        return argument

    def complaint(self, document: str, call: Call) -> str:
        """Make a call; return in what it differs from its row."""
        kwargs = {name: self.filled(document, value) for name, value in call.kwargs.items()}
        try:
            request = builder(document, call.operation)(*call.args, **kwargs)
        except (TypeError, ValueError) as error:
            return "" if call.error and call.error in str(error) else f"{type(error).__name__}: {error}"
        made = f"{request.method} {request.url}"
        if call.error:
            return f"made {made}, though it should be refused: {call.error}"
        if call.request:
            return "" if made == call.request else f"made {made}"
        response = self.poll(request) if call.polled else self.send(request, BASES.get(document, ""))
        if call.link:
            self.follow(response, call.link)
        earlier, self.hits = self.hits, self.server.report()
        counted = call.key and self.hits[call.key] > earlier.get(call.key, 0)
        if counted or response.status_code == call.status:
            response.close()
            return ""
        return f"{made}: {response.status_code} {response.read()[:200]!r}"


def complaints(judge: Judge, document: str) -> list[str]:
    """Make the calls of a document; return what did not turn out as the rows say."""
    found = []
    for call in CALLS[document]:
        try:
            complaint = judge.complaint(document, call)
        except Exception as error:  # the report goes on with the next row
            complaint = f"{type(error).__name__}: {error}"
        if complaint:
            found.append(f"{document} {call.operation}: {complaint}")
    return found


def keys_by_document(known: Iterable[str]) -> dict[str, set[str]]:
    """Return the keys of each document: those of its rows, and of the server's others those of ``UNHIT``."""
    keys = {document: {call.key for call in calls if call.key} for document, calls in CALLS.items()}
    for key in set(known).difference(*keys.values()):
        for document in [document for document, pattern, _ in UNHIT if fnmatchcase(key, pattern)][:1]:
            keys[document].add(key)
    return keys


def main(package: Path, folder: Path) -> int:
    """Generate, call and report."""
    sys.path.insert(0, str(folder))
    documents = sorted((package / "swagger").glob("*.json"))
    problems = {document.stem: generated(document, folder) for document in documents}
    failures = [f"{document}: {problem}" for document, problem in problems.items() if problem]
    good = len(documents) - len(failures)
    print(f"{good} of {len(documents)} documents generate, import and have a builder for each operation\n")
    with running(package, folder) as server:
        judge = Judge(server)
        found = {document: complaints(judge, document) for document in CALLS}
        hits = server.report()
    keys = keys_by_document(hits)
    print(f"{'document':32}{'calls':>6}{'failed':>8}{'keys':>6}{'hit':>6}")
    for document, calls in CALLS.items():
        hit = sum(hits.get(key, 0) > 0 for key in keys[document])
        print(f"{document:32}{len(calls):6}{len(found[document]):8}{len(keys[document]):6}{hit:6}")
    counts = [sum(map(len, table.values())) for table in (CALLS, found)]
    print(f"{'all':32}{counts[0]:6}{counts[1]:8}{len(hits):6}{sum(map(bool, hits.values())):6}\n")
    for document, pattern, reason in UNHIT:
        print(f"not hit: {pattern} of {document}: {reason}")
    failures += [complaint for each in found.values() for complaint in each]
    failures += [f"no row is about the key {key}" for key in sorted(set(hits).difference(*keys.values()))]
    for failure in failures:
        print(f"FAILED {failure}")
    return int(bool(failures))


if __name__ == "__main__":
    sys.exit(main(Path(sys.argv[1]), Path(sys.argv[2])))
