"""Measure how the time of each row grows with its input. It is a program, so that no row can hang the tests.

Prints a line of JSON for each row: its name, and the time for the longer input as a multiple of the time for
the shorter one, a sixteenth of it. Linear time results in 16, quadratic time in 256, and a row that takes too
long in null.
"""

import json
import signal
import sys
import time
from base64 import b64encode
from collections.abc import Callable, Mapping
from contextlib import suppress
from datetime import date
from decimal import Decimal
from typing import Any

from azure.messaging.webpubsubservice import odata_filter
from azure.messaging.webpubsubservice._client_tokens import ClientTokenRequest
from azure.messaging.webpubsubservice._connection_string import ConnectionString
from azure.messaging.webpubsubservice._endpoint import Endpoint
from azure.messaging.webpubsubservice._flows._entra import requested_claims
from azure.messaging.webpubsubservice._flows._retry import retry_after
from azure.messaging.webpubsubservice._logging import redact, redact_url
from azure.messaging.webpubsubservice._serialization import (
    Array,
    Body,
    Number,
    PrefixedHeaders,
    Text,
    request,
)
from azure.messaging.webpubsubservice._serialization.formats import Formatted, parse_duration
from azure.messaging.webpubsubservice.events import (
    UserEvent,
    ValidationRequest,
    parse_event,
    parse_unverified_event,
    verify_signature,
)
from azure.messaging.webpubsubservice.rest import build_send_to_group_request

LIMIT = 20  # seconds of processor time for one row
BOUND = 100  # long strings cost more a byte than short ones; no other program makes up the rest
SHORTEST, LONGEST = 256, 1 << 18
LONG_ENOUGH = 0.001  # seconds, well above the clock's resolution
SERVICE = Endpoint.parse("https://h.example/base")


def connect(**headers: str) -> dict[str, str]:
    kind = {"ce-type": "azure.webpubsub.sys.connect", "ce-eventName": "connect"}
    return {"ce-hub": "h", "ce-connectionId": "c", **kind, **headers}


def message(content: bytes = b"", content_type: str | None = None, state: str | None = None) -> UserEvent:
    return UserEvent(
        hub="h",
        connection_id="c",
        name="n",
        content=content,
        content_type=content_type,
        connection_state=state,
    )


def token_request(**arguments: Any) -> object:
    defaults: dict[str, Any] = dict.fromkeys(
        ("user_id", "roles", "groups", "expires_in", "minutes_to_expire", "client_protocol", "jwt_headers")
    )
    return ClientTokenRequest.validated(**{"hub": "h", **defaults, **arguments})


def query(parameter: Any, value: Any) -> object:
    return request("GET", "/", query={"x": (parameter, value)})


def send(**body: Any) -> object:
    return build_send_to_group_request("h", "g", **body)


# By name: a function that makes the input from a length, and the function to time.
ROWS: Mapping[str, tuple[Callable[[int], Any], Callable[[Any], object]]] = {
    "connection string, parts": (
        lambda n: "".join(f"k{i}=v;" for i in range(n // 8)),
        ConnectionString.parse,
    ),
    "connection string, near misses": (
        lambda n: "accesskeyz" * n + "=v;Endpoint=https://h",
        ConnectionString.parse,
    ),
    "connection string, endpoint": (
        lambda n: f"Endpoint=https://{'a' * n}!:;Port=1;AccessKey=k",
        ConnectionString.parse,
    ),
    "client token, hub": (lambda n: "a" * n + "!", lambda hub: token_request(hub=hub)),
    "client token, user": (lambda n: " " * n, lambda user: token_request(user_id=user)),
    "client token, roles": (
        lambda n: [f"r{i}" for i in range(n // 8)],
        lambda roles: token_request(roles=roles),
    ),
    "client token, duration": (lambda n: "P" + "9" * n + "D", lambda text: token_request(expires_in=text)),
    "duration of digits": (lambda n: "PT" + "9" * n + "S!", parse_duration),
    "duration of points": (lambda n: "PT" + "9." * n + "S", parse_duration),
    "event, body": (lambda n: b"[" * n, lambda body: parse_unverified_event("POST", connect(), body)),
    "event, repeated headers": (
        lambda n: [*connect().items(), *[("x", "y" * 8)] * (n // 8)],
        lambda fields: parse_unverified_event("POST", fields, b""),
    ),
    "event, metadata": (
        lambda n: connect() | {f"X-WebPubSub-Metadata-{i}": "a" for i in range(n // 32)},
        lambda fields: parse_unverified_event("POST", fields, b""),
    ),
    "event, signatures": (
        lambda n: connect(**{"ce-signature": "sha256=0," * (n // 8)}),
        lambda fields: parse_event("POST", fields, b"", access_keys=["k"]),
    ),
    "event, signature": (lambda n: "sha256=" + "0" * n, lambda text: verify_signature(text, "c", ["k"])),
    "event, origins": (
        lambda n: {"WebHook-Request-Origin": "a," * n},
        lambda fields: parse_unverified_event("OPTIONS", fields, b""),
    ),
    "event, allowed hosts": (lambda n: ValidationRequest(("h",) * n), lambda event: event.allow("other")),
    "event, parameters": (lambda n: 'text/plain;"' + ";" * n, lambda kind: message(content_type=kind).text()),
    "event, charset": (
        lambda n: b"a" * n,
        lambda text: message(text, "text/plain; charset=punycode").text(),
    ),
    "event, state": (lambda n: b64encode(b"[" * n).decode(), lambda state: message(state=state).state),
    "event, state of another kind": (lambda n: "=" * n, lambda state: message(state=state).state),
    "event, metadata of a reply": (lambda n: "a " * n, lambda text: message().reply(metadata={"a": text})),
    "event, state of a reply": (lambda n: "a " * n, lambda text: message().reply(connection_state=text)),
    "event, type of a reply": (
        lambda n: "text/plain;" + " " * n + "\n",
        lambda kind: message().reply(content="", content_type=kind),
    ),
    "parameter, text": (lambda n: "é" * n, lambda text: query(Text("x"), text)),
    "parameter, bounded pattern": (
        lambda n: "a" * n + "b",
        lambda text: query(Text("x", max_length=16, pattern=r"^(a|a)*\Z"), text),
    ),
    "parameter, number": (lambda n: Decimal("9" * n), lambda number: query(Number("x", maximum=1), number)),
    "parameter, exponent": (
        lambda n: Decimal(f"1e-{n}"),
        lambda number: query(Number("x", multiple_of=0.5), number),
    ),
    "parameter, unique items": (
        lambda n: [f"i{i}" for i in range(n // 8)],
        lambda items: query(Array("x", Text("x[]"), "multi", unique_items=True), items),
    ),
    "parameter, uuid": (lambda n: "0" * n, lambda text: query(Formatted("x", "uuid"), text)),
    "parameter, date": (
        lambda n: "0" * n,
        lambda text: query(Formatted("x", "date", default=date.min), text),
    ),
    "parameter, headers": (
        lambda n: {f"h{i}": "v" for i in range(n // 8)},
        lambda items: request("GET", "/", header={"x-": (PrefixedHeaders("x"), items)}),
    ),
    "parameter, params": (
        lambda n: {f"p{i}": "v" for i in range(n // 8)},
        lambda items: request("GET", "/", params=items),
    ),
    "path": (lambda n: "{x}" * n, lambda text: request("GET", "/{x}", path={"x": (Text("x"), text)})),
    "path that is escaped already": (
        lambda n: "/a" * n,
        lambda text: request("GET", "/{x}", path={"x": (Text("x", skip_quote=True), text)}),
    ),
    "header name": (lambda n: "a" * n + " ", lambda name: request("GET", "/", headers={name: ""})),
    "header value": (lambda n: "a" * n + "\0", lambda text: request("GET", "/", headers={"a": text})),
    "content type": (
        lambda n: "a" * n + "/" + "a" * n + " " * n + "!",
        lambda kind: send(content=b"", content_type=kind),
    ),
    "content type in a range": (
        lambda n: "application/" + "a+json" * n + "!",
        lambda kind: request("POST", "/", body=(Body("application/*+json", "*/*b"), b"", None, kind)),
    ),
    "content in pieces": (lambda n: ["é"] * n, lambda pieces: send(content=pieces)),
    "json": (lambda n: ["é"] * n, lambda value: send(json=value)),
    "json, deep": (
        lambda n: json.loads("[" * min(n, 900) + "]" * min(n, 900)),
        lambda value: send(json=value),
    ),
    "filter": (
        lambda n: "userId eq {} or " * (n // 16),
        lambda text: odata_filter(text, *["x"] * text.count("{")),
    ),
    "filter, quotes": (lambda n: "'" * n, lambda text: odata_filter("userId eq {}", text)),
    "url that needs escaping": (lambda n: "/api/" + "a" * n + " é%3d{", SERVICE.resolve),
    "url of segments": (lambda n: "/api" + "/a" * n + "/../b", SERVICE.resolve),
    "url of escapes": (lambda n: "/api/" + "%3d%zz" * n, SERVICE.resolve),
    "url, absolute": (lambda n: "https://h.example/base/" + "a" * n + " ", SERVICE.to_origin),
    "endpoint": (lambda n: "https://" + "a." * n + "!", Endpoint.parse),
    "log line": (lambda n: "ey" + "Ja." * n + "!", redact),
    "log line of words": (lambda n: "access_token " * n, redact),
    "url in a log": (lambda n: "https://h/?" + "access_token&" * n, redact_url),
    "Retry-After": (lambda n: "9" * n + "x", lambda text: retry_after({"Retry-After": text}, 0.0)),
    "challenge": (lambda n: "Bearer " + 'a="' * n, requested_claims),
    "challenge of words": (lambda n: "a-" * n, requested_claims),
}


def timed(call: Callable[[Any], object], value: Any) -> float:
    begin = time.process_time()
    with suppress(ValueError, TypeError):
        call(value)
    return time.process_time() - begin


def growth(make: Callable[[int], Any], call: Callable[[Any], object]) -> float:
    """Return the time for an input as a multiple of the time for a sixteenth of it."""
    length = SHORTEST
    while length < LONGEST and timed(call, make(length)) < LONG_ENOUGH:
        length *= 2
    ratios = []
    for _ in range(5):  # another program may take time from one of the two
        shorter, longer = make(length), make(16 * length)
        short = min(timed(call, shorter) for _ in range(3))
        long = min(timed(call, longer) for _ in range(2))
        ratios.append(long / max(short, LONG_ENOUGH))
        if ratios[-1] < BOUND:
            break
    return min(ratios)


def overdue(*_: object) -> None:
    raise TimeoutError


def main() -> None:
    """Measure the rows named, or all."""
    if hasattr(signal, "SIGPROF"):
        signal.signal(signal.SIGPROF, overdue)
    for name in sys.argv[1:] or ROWS:
        if hasattr(signal, "SIGPROF"):
            signal.setitimer(signal.ITIMER_PROF, LIMIT)
        try:
            print(json.dumps([name, growth(*ROWS[name])]), flush=True)
        except TimeoutError:
            print(json.dumps([name, None]), flush=True)


if __name__ == "__main__":
    main()
