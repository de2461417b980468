"""Make the calls given on standard input with the installed package, and write what reached the wire.

This runs as a script in an environment of each package, so it imports nothing of this repository, and reaches
whatever is installed as ``azure.messaging.webpubsubservice``. Standard input is a JSON list of calls
(``operation``, ``args``, ``kwargs``; bytes as ``{"base64": ...}``); standard output is a JSON list with a
request, or an ``error``, for each.

Usage: python record.py builders|methods
"""

from __future__ import annotations

import base64
import json
import sys
import threading
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from importlib import import_module
from typing import Any, ClassVar
from urllib.parse import urlsplit

from azure.core.credentials import AccessToken, AzureKeyCredential

# Typed as Any: which of the packages this is, and what it has, shows when it runs.
PACKAGE: Any = import_module("azure.messaging.webpubsubservice")
KEY = "a made-up access key of at least 32 bytes"

# What 1.0.0b1 called operations that were renamed since.
EARLIER_NAMES = {
    "get_service_status": "healthapi_get_health_status",
    "close_connection": "close_client_connection",
}
# What the methods of 1.3.0 call the operations and their arguments.
METHOD_NAMES = {
    "check_permission": "has_permission",
    "list_connections_in_group": "list_connections",
    "generate_client_token": "get_client_access_token",
}
ARGUMENT_NAMES = {
    "role": "roles",
    "group": "groups",
    "client_type": "client_protocol",
    "continuation_token": "continuation_token_parameter",
}


class Service(BaseHTTPRequestHandler):
    """Keep each request, and answer as the service does when all is well."""

    seen: ClassVar[list[dict[str, Any]]] = []
    protocol_version = "HTTP/1.1"

    def answer(self) -> None:
        """Record the request."""
        body = self.rfile.read(int(self.headers.get("Content-Length") or 0))
        self.seen.append(
            {
                "method": self.command,
                "target": self.path,
                "headers": {
                    name: self.headers[name]
                    for name in ("Accept", "Content-Type")
                    # An Accept of */* says what no Accept says too; some transports add it.
                    if self.headers.get(name, "*/*") != "*/*"
                },
                "body": base64.b64encode(body).decode(),
            }
        )
        path = urlsplit(self.path).path
        status, answer = 200, b""
        if self.command == "DELETE" or path.endswith(":closeConnections"):
            status = 204
        elif path.endswith(":send"):
            status = 202
        elif self.command == "GET" or path.endswith(":generateToken"):
            answer = b'{"value":[],"token":""}'
        self.send_response(status)
        if status != 204:
            self.send_header("Content-Length", str(len(answer)))
        if answer:
            self.send_header("Content-Type", "application/json")
        self.end_headers()
        self.wfile.write(answer)

    do_GET = do_HEAD = do_POST = do_PUT = do_DELETE = answer  # noqa: N815 - the names BaseHTTPRequestHandler calls

    def log_message(self, format: str, *args: object) -> None:  # noqa: A002 - the base class names them
        """Log nothing: standard output is the result."""


class Entra:
    """Stands for Microsoft Entra ID, without which 1.3.0 signs a token itself instead of asking for it."""

    def get_token(self, *_: object, **__: object) -> AccessToken:
        """Return a token that nobody checks."""
        return AccessToken("token", 2**31)


def with_builders(endpoint: str, operation: str, args: list[Any], kwargs: dict[str, Any]) -> None:
    """Send the request of a ``build_*_request`` function."""
    rest = import_module("azure.messaging.webpubsubservice.rest")
    names = (operation, EARLIER_NAMES.get(operation))
    build: Any = next(filter(None, (getattr(rest, f"build_{name}_request", None) for name in names)))
    client = PACKAGE.WebPubSubServiceClient(endpoint=endpoint, credential=AzureKeyCredential(KEY))
    client.send_request(build(*args, **kwargs))


def with_methods(endpoint: str, operation: str, args: list[Any], kwargs: dict[str, Any]) -> None:
    """Call the operation's method on a client of 1.3.0, which has the hub."""
    hub, *positional = args or ["chat"]
    # Its methods cannot be told to leave out a default, and take None for a value.
    kwargs = {ARGUMENT_NAMES.get(name, name): value for name, value in kwargs.items() if value is not None}
    client = PACKAGE.WebPubSubServiceClient(endpoint, hub, AzureKeyCredential(KEY))
    for body in ("json", "content"):
        if body in kwargs:
            positional.append(kwargs.pop(body))
    if operation == "list_connections_in_group":
        kwargs["group"] = positional.pop()
    if operation == "generate_client_token":
        client = PACKAGE.WebPubSubServiceClient(endpoint, hub, Entra())
        kwargs["enforce_https"] = False
    result = getattr(client, METHOD_NAMES.get(operation, operation))(*positional, **kwargs)
    if operation == "list_connections_in_group":
        list(result)


def decoded(value: Any) -> Any:
    """Turn bytes back into bytes."""
    if isinstance(value, dict):
        return base64.b64decode(value["base64"]) if set(value) == {"base64"} else value
    return value


def main() -> None:
    """Make every call and write what came of it."""
    call = {"builders": with_builders, "methods": with_methods}[sys.argv[1]]
    server = ThreadingHTTPServer(("127.0.0.1", 0), Service)
    threading.Thread(target=server.serve_forever, daemon=True).start()
    outcomes = []
    for row in json.load(sys.stdin):
        Service.seen.clear()
        kwargs = {name: decoded(value) for name, value in row["kwargs"].items()}
        try:
            call(f"http://127.0.0.1:{server.server_port}", row["operation"], row["args"], kwargs)
            (request,) = Service.seen
            outcomes.append(request)
        except Exception as error:  # whatever it raises is what came of the call
            outcomes.append({"error": f"{type(error).__name__}: {error}"})
    server.shutdown()
    json.dump(outcomes, sys.stdout)


if __name__ == "__main__":
    main()
