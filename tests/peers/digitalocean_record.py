"""Make calls with pydo, or with generated builders, and write what reached the wire.

This runs as a script in an environment of each, so it imports nothing of this repository. Standard input is
a JSON list of calls: for pydo an operation's group and name, for builders a module and a function; and their
arguments. Standard output is a JSON list with a request, or an ``error``, for each.

Usage: python digitalocean_record.py pydo
       python digitalocean_record.py builders FOLDER PACKAGE
"""

from __future__ import annotations

import inspect
import json
import re
import sys
import threading
from datetime import datetime
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from importlib import import_module
from typing import TYPE_CHECKING, Any, ClassVar

if TYPE_CHECKING:
    from collections.abc import Callable

Call = dict[str, Any]


class Service(BaseHTTPRequestHandler):
    """Keep each request, and answer with an empty object."""

    seen: ClassVar[list[Call]] = []
    protocol_version = "HTTP/1.1"

    def answer(self) -> None:
        """Record the request."""
        body = self.rfile.read(int(self.headers.get("Content-Length") or 0))
        headers = {name: self.headers.get(name) for name in ("Accept", "Content-Type")}
        self.seen.append(
            {"method": self.command, "target": self.path, **headers, "body": body.decode("latin-1")}
        )
        self.send_response(200)
        self.send_header("Content-Type", "application/json")
        self.send_header("Content-Length", "2")
        self.end_headers()
        self.wfile.write(b"{}")

    def log_message(self, format: str, *args: object) -> None:  # noqa: A002 (as the base class has it)
        """Say nothing."""
        del format, args


for method in ("GET", "PUT", "POST", "DELETE", "PATCH", "HEAD", "OPTIONS"):
    setattr(Service, f"do_{method}", Service.answer)


def squashed(name: str) -> str:
    """Return a name as generators agree on it: they differ about where words end."""
    return name.replace("_", "").lower()


def member(holder: Any, name: str) -> Any:
    """Return the member with a name, however its words are separated."""
    found = next((each for each in dir(holder) if squashed(each) == squashed(name)), None)
    if found is None:
        raise LookupError(f"{type(holder).__name__} has no {name}")
    return getattr(holder, found)


def as_moment(value: Any) -> Any:
    """Return a time where an object stands for one."""
    return datetime.fromisoformat(value["datetime"]) if set(value) == {"datetime"} else value


def with_pydo(url: str) -> Callable[[Call], object]:
    """Return what makes a call with pydo."""
    names = ("endpoint", "inference_endpoint", "agent_endpoint", "agents_endpoint", "gateway_endpoint")
    options = {**dict.fromkeys(names, url), "timeout": 5, "retry_total": 0, "connection_timeout": 5}
    # Its own policy refuses to send a token without TLS.
    policy = import_module("azure.core.pipeline.policies").SansIOHTTPPolicy()
    client: Any = import_module("pydo").Client(token="made up", authentication_policy=policy, **options)

    def make(call: Call) -> object:
        method = member(member(client, call["group"]), call["name"])
        parameters = {squashed(name): name for name in inspect.signature(method).parameters}
        arguments = {parameters[squashed(name)]: value for name, value in call["arguments"].items()}
        return method(**arguments, **({"body": call["body"]} if call["body"] is not None else {}))

    return make


def with_builders(url: str, folder: str, package: str) -> Callable[[Call], object]:
    """Return what makes a call with builders, and azure-core's client to send what they make."""
    sys.path.insert(0, folder)
    client: Any = import_module("azure.core").PipelineClient(url)

    def make(call: Call) -> object:
        build = getattr(import_module(f"{package}.{call['module']}"), call["function"])
        request = build(**call["arguments"], **({"json": call["body"]} if call["body"] is not None else {}))
        request.url = url + re.sub(
            "^https://[^/]*", "", request.url
        )  # some operations have servers of their own
        return client.send_request(request)

    return make


def main() -> None:
    """Make the calls."""
    server = ThreadingHTTPServer(("127.0.0.1", 0), Service)
    threading.Thread(target=server.serve_forever, daemon=True).start()
    url = f"http://127.0.0.1:{server.server_port}"
    make = with_pydo(url) if sys.argv[1] == "pydo" else with_builders(url, *sys.argv[2:])
    found: list[Call] = []
    for call in json.load(sys.stdin, object_hook=as_moment):
        Service.seen.clear()
        error = ""
        try:
            make(call)
        except Exception as raised:
            error = f"{type(raised).__name__}: {raised}"
        found.append(Service.seen[0] if Service.seen else {"error": error})
    json.dump(found, sys.stdout)


if __name__ == "__main__":
    main()
