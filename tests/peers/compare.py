"""Compare what this package puts on the wire with what the published ones do, call by call.

Usage: python -m tests.peers.compare 1.0.0b1=PYTHON 1.3.0=PYTHON

The calls are the rows of ``tests/contract/calls.py``. Each is made with this package and with a published one
whose interpreter is given, for the api-version that the published one speaks. A difference has to be listed
below with its reason, and a listed one has to occur; otherwise the exit status is 1.
"""

from __future__ import annotations

import base64
import json
import subprocess
import sys
from collections import Counter
from dataclasses import dataclass
from fnmatch import fnmatchcase
from pathlib import Path
from typing import Any

from tests.contract.calls import CALLS, Call

RECORD = Path(__file__).with_name("record.py")


@dataclass(frozen=True)
class Peer:
    """A published package: how it is called, and the api-version it speaks."""

    dialect: str
    api_version: str


PEERS = {
    "1.0.0b1": Peer("builders", "2021-05-01-preview"),
    "1.3.0": Peer("methods", "2024-12-01"),
}


@dataclass(frozen=True)
class Difference:
    """Calls that differ from a peer's in one aspect, on purpose."""

    peer: str
    calls: str
    """Pattern of the calls' names."""
    aspect: str
    """``missing``, ``method``, ``target``, ``Accept``, ``Content-Type``, ``body``, or ``JSON text`` where the
    body is equal once parsed."""
    reason: str


COMPACT = "compact UTF-8 here, spaces and \\u escapes there: fewer bytes, and the same once parsed"
ANSWERS = "2021-05-01-preview has answers without bodies; a builder serves all versions, and asks for JSON"
AS_GIVEN = (
    "content= is sent as it is, and its Python type gives the content type; there, anything but a file"
    " becomes JSON unless a content type is given, bytes in base64"
)
DIFFERENCES = (
    Difference("1.0.0b1", "send_to_*-json", "JSON text", COMPACT),
    Difference(
        "1.0.0b1",
        "send_to_all-content-excluded",
        "Content-Type",
        "an empty text is text; there, it counts as none and is called binary",
    ),
    *(
        Difference("1.0.0b1", calls, "Accept", ANSWERS)
        for calls in ("send_*", "close_*", "add_*", "remove_*", "grant_*", "revoke_*")
    ),
    Difference("1.3.0", "send_to_*-json*", "JSON text", COMPACT),
    *(
        Difference("1.3.0", calls, aspect, AS_GIVEN)
        for calls in ("send_to_*-content", "send_to_*-content-excluded", "send_to_*-content-filter")
        for aspect in ("Content-Type", "body")
    ),
    Difference(
        "1.3.0",
        "send_to_all-content-content_type",
        "body",
        "a text that is JSON already is sent as it is; there, it becomes a JSON string",
    ),
    Difference(
        "1.3.0",
        "send_to_*-message_ttl_seconds",
        "missing",
        "the methods pass the unknown keyword on to requests, which refuses it",
    ),
    Difference(
        "1.3.0",
        "generate_client_token-*client_type",
        "target",
        "None leaves out a parameter that has a default; there it cannot be left out",
    ),
    *(
        Difference("1.3.0", calls, "missing", "1.3.0 has no such method")
        for calls in ("get_service_status", "add_connections_to_groups*", "remove_connections_from_groups*")
    ),
)


def record(python: str, dialect: str, calls: list[Call], **kwargs: str) -> list[dict[str, Any]]:
    """Make the calls with the package that ``python`` has installed."""
    rows = [
        {
            "operation": call.builder,
            "args": call.args,
            "kwargs": {
                name: {"base64": base64.b64encode(value).decode()} if isinstance(value, bytes) else value
                for name, value in {**call.kwargs, **kwargs}.items()
            },
        }
        for call in calls
    ]
    # -I: neither this repository nor the caller's environment may stand in for the installed package.
    done = subprocess.run(
        [python, "-I", RECORD, dialect],
        input=json.dumps(rows),
        capture_output=True,
        text=True,
        check=False,
    )
    if done.returncode:
        raise SystemExit(done.stderr)
    outcomes: list[dict[str, Any]] = json.loads(done.stdout)
    return outcomes


def differing(ours: dict[str, Any], theirs: dict[str, Any]) -> dict[str, str]:
    """Return the aspects in which two outcomes differ, each with what was seen."""
    if "error" in ours:
        return {"ours is missing": ours["error"]}
    if "error" in theirs:
        return {"missing": theirs["error"]}
    pairs = {
        "method": (ours["method"], theirs["method"]),
        "target": (ours["target"], theirs["target"]),
        "Accept": (ours["headers"].get("Accept"), theirs["headers"].get("Accept")),
        "Content-Type": (ours["headers"].get("Content-Type"), theirs["headers"].get("Content-Type")),
        "body": (base64.b64decode(ours["body"]), base64.b64decode(theirs["body"])),
    }
    found = {aspect: f"{mine!r}, peer {other!r}" for aspect, (mine, other) in pairs.items() if mine != other}
    if "body" in found and ours["headers"].get("Content-Type") == "application/json":
        mine, other = (json.loads(body) for body in pairs["body"])
        if mine == other:
            found["JSON text"] = found.pop("body")
    return found


def compare(name: str, python: str) -> tuple[Counter[str], list[str], set[Difference]]:
    """Return counts, complaints and the listed differences that occurred."""
    peer = PEERS[name]
    calls = [call for call in CALLS if peer.api_version in call.versions()]
    ours = record(sys.executable, "builders", calls, api_version=peer.api_version)
    theirs = record(python, peer.dialect, calls)
    counts: Counter[str] = Counter()
    complaints: list[str] = []
    occurred: set[Difference] = set()
    for call, mine, other in zip(calls, ours, theirs, strict=True):
        found = differing(mine, other)
        listed = {
            row.aspect: row
            for row in DIFFERENCES
            if row.peer == name and row.aspect in found and fnmatchcase(str(call), row.calls)
        }
        occurred.update(listed.values())
        complaints += [
            f"{name} {call} {aspect}: {seen}" for aspect, seen in found.items() if aspect not in listed
        ]
        counts[
            "equal" if not found else "different on purpose" if set(found) == set(listed) else "unlisted"
        ] += 1
    return counts, complaints, occurred


def main(arguments: list[str]) -> int:
    """Compare with every peer and print a report."""
    failed = False
    occurred: set[Difference] = set()
    for name, _, python in (argument.partition("=") for argument in arguments):
        counts, complaints, found = compare(name, python)
        occurred |= found
        print(f"{name}: " + ", ".join(f"{count} calls {kind}" for kind, count in sorted(counts.items())))
        for row in DIFFERENCES:
            if row in found:
                print(f"  {row.aspect} of {row.calls}: {row.reason}")
        for complaint in complaints:
            print(f"  NOT LISTED {complaint}")
        failed = failed or bool(complaints)
    for row in DIFFERENCES:
        if row not in occurred:
            print(f"LISTED, BUT DOES NOT OCCUR {row}")
            failed = True
    return int(failed)


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
