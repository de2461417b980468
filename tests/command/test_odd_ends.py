"""Odd input, odd output and odd responses: an exit status and a message, never a traceback or a secret."""

import io
import json
import os
import re
import subprocess
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest

from azure.messaging.webpubsubservice.emulator import Emulator
from tests.command.conftest import MODULE, Outcome, Run
from tests.faults import Answer, FaultServer, redirect
from tests.limits import PATIENCE

KEY = "a-key-made-up-for-this-test-0123456789"
MIB = 1024 * 1024
FULL = Path("/dev/full")
ZERO = Path("/dev/zero")

needs_devices = pytest.mark.skipif(not FULL.exists(), reason="/dev/full and /dev/zero are Linux's")

#: A command for each kind of request, what it prints when done, and what it exits with if its response is no
#: success: for a question, 1 would mean "no".
COMMANDS: dict[str, tuple[list[str], str, int]] = {
    "send": (["send", "chat", "hi"], "Sent.\n", 1),
    "lines": (["send", "chat", "--lines"], "2 sent.\n", 1),
    "close": (["close", "chat", "--all"], "Closed.\n", 1),
    "add": (["groups", "add", "chat", "g", "--user", "a"], "Added to g.\n", 1),
    "remove": (["groups", "remove", "chat", "g", "--user", "a"], "Removed from g.\n", 1),
    "grant": (["permissions", "grant", "chat", "sendToGroup", "c", "--group", "g"], "Granted.\n", 1),
    "revoke": (["permissions", "revoke", "chat", "sendToGroup", "c", "--group", "g"], "Revoked.\n", 1),
    "check": (["permissions", "check", "chat", "sendToGroup", "c", "--group", "g"], "yes\n", 2),
    "exists": (["exists", "chat", "--group", "g"], "yes\n", 2),
    "request": (["request", "send-to-all", "chat", "--json", "1"], "200 OK\n", 1),
}
LIST = ["list", "chat", "g"]


@pytest.fixture
def server(monkeypatch: pytest.MonkeyPatch) -> Iterator[FaultServer]:
    """A server whose responses a test writes, and which is the one of the settings."""
    with FaultServer() as server:
        monkeypatch.setenv(
            "WEBPUBSUB_CONNECTION_STRING", f"Endpoint={server.endpoint};AccessKey={KEY};Version=1.0;"
        )
        yield server


def check(outcome: Outcome, status: int, *texts: str) -> None:
    """Check the exit status and the words, and that there is neither a traceback nor a secret."""
    printed = outcome.stdout + outcome.stderr
    assert outcome.status == status, outcome
    for text in texts:
        assert text in printed
    assert "Traceback" not in printed
    assert KEY not in printed
    assert not re.search(r"eyJ[\w-]+\.[\w-]+", printed)  # how every token begins


@pytest.mark.parametrize("name", COMMANDS)
@pytest.mark.parametrize(
    ("status", "location"),
    [
        (307, "http://[::1"),  # a malformed URL
        (308, ""),
        (304, "https://login.example/?secret=1"),
    ],
)
def test_only_2xx_is_a_success(run: Run, server: FaultServer, name: str, status: int, location: str) -> None:
    arguments, done, expected = COMMANDS[name]
    server.otherwise = Answer(status, {"Location": location} if location else {})
    outcome = run(*arguments, stdin=b"a\nb\n")
    check(outcome, expected, str(status), "Check the endpoint")
    assert done not in outcome.stdout
    assert "secret" not in outcome.stderr
    assert ("https://login.example" in outcome.stderr) == location.startswith("https://login")


@pytest.mark.parametrize("name", ["exists", "close", "remove", "grant", "list"])
def test_the_host_that_is_not_found_is_named(run: Run, server: FaultServer, name: str) -> None:
    server.otherwise = redirect("https://nobody.invalid/")  # reserved for this (RFC 2606)
    outcome = run(*COMMANDS.get(name, (LIST,))[0])
    check(outcome, 3, "There is no host 'nobody.invalid'.", "redirects there")


PAGES = {
    "HTML": b"<html>",
    "broken JSON": b"{",
    "a list": b"[]",
    "null": b"null",
    "no list": b'{"value": null}',
    "a foreign link": b'{"value": [], "nextLink": "http://evil.example/"}',
    "deep": b'{"value":' + b"[" * 100_000,
    "a number too long": b'{"value": [' + b"9" * 5000 + b"]}",
    "items that are no objects": b'{"value": [1, null, {"a": 1}]}',
    "an item of text": '{"value": ["é"]}'.encode(),
}


@pytest.mark.parametrize("json_flag", [[], ["--json"]])
@pytest.mark.parametrize("page", PAGES)
def test_what_is_no_page_is_1(run: Run, server: FaultServer, page: str, json_flag: list[str]) -> None:
    server.otherwise = Answer(200, {"Content-Type": "application/json"}, PAGES[page])
    outcome = run(*LIST, *json_flag)
    check(outcome, 1)
    assert re.search("not a page|cannot be followed|not a connection", outcome.stderr)


def test_a_name_of_half_a_character_is_shown_as_an_escape(run: Run, server: FaultServer) -> None:
    page = b'{"value": [{"connectionId": "\\ud800", "userId": [1]}]}'
    server.otherwise = Answer(200, {"Content-Type": "application/json"}, page)
    assert run(*LIST) == Outcome(0, "\\ud800\t[1]\n", "")
    assert run(*LIST, "--json").json() == {"connectionId": "\ud800", "userId": [1]}


JSON = {"Content-Type": "application/json", "api-supported-versions": "2024-12-01"}
#: Responses that a broken or hostile server may send.
RESPONSES: dict[str, Answer] = {
    "a code that is a number": Answer(400, JSON, b'{"error": {"code": 5, "message": {"a": 1}}}'),
    "an error that is a list": Answer(400, JSON, b'{"error": [1]}'),
    "an error too deep": Answer(400, JSON, b'{"error": ' + b"[" * 100_000),
    "a charset that nobody knows": Answer(400, {"Content-Type": "text/plain; charset=x"}, b"\xff"),
    "a reason with a control character": Answer(400, JSON, b'{"code": "\\u001b[2J", "message": "\\ud800"}'),
    "a date beyond integers": Answer(400, {**JSON, "Date": f"Fri, 01 Jan {'9' * 20} 00:00:00 GMT"}),
    "a date beyond years": Answer(400, {**JSON, "Date": "Fri, 31 Dec 9999 23:59:59 -2359"}),
    "versions that are control characters": Answer(200, {"api-supported-versions": "\x1b[31m," * 99}),
    "a date of a healthy service": Answer(200, {**JSON, "Date": f"Fri, 01 Jan {'9' * 20} 00:00:00 GMT"}),
}


@pytest.mark.parametrize("json_flag", [[], ["--output", "json"]])
@pytest.mark.parametrize("name", [*COMMANDS, "list", "status"])
@pytest.mark.parametrize("response", RESPONSES)
def test_no_response_is_a_traceback_or_moves_the_cursor(
    run: Run, server: FaultServer, name: str, response: str, json_flag: list[str]
) -> None:
    server.otherwise = RESPONSES[response]
    others = {"list": LIST, "status": ["status", "chat", "--group", "g"]}
    arguments = others.get(name) or COMMANDS[name][0]
    outcome = run(*arguments, *json_flag, stdin=b"a\n")
    printed = outcome.stdout + outcome.stderr
    assert "Traceback" not in printed
    assert "\x1b" not in printed
    assert outcome.status in {0, 1, 2, 3}
    if RESPONSES[response].status == 400:
        assert outcome.status != 0


@dataclass(frozen=True)
class Sent:
    """What the command is called with, and the mistake in it."""

    arguments: list[str]
    message: str
    stdin: bytes | None = b""
    env: str | None = None


def write_big_files(folder: Path) -> None:
    (folder / "big.bin").write_bytes(bytes(MIB + 1))
    (folder / "big.txt").write_bytes(b"a" * (MIB + 1))
    (folder / "big.json").write_bytes(b'"' + b"a" * MIB + b'"')


INPUTS = [
    Sent(["send", "chat", "--file", "big.bin"], "big.bin is over 1 MiB"),
    Sent(["send", "chat", "--file", "big.txt"], "big.txt is over 1 MiB"),
    Sent(["send", "chat", "--file", "big.json"], "big.json is over 1 MiB"),
    Sent(["send", "chat", "--file", "-"], "- is over 1 MiB", b"a" * (MIB + 1)),
    Sent(["send", "chat", "--json", f'"{"a" * MIB}"'], "1 MiB"),
    Sent(["send", "chat", "--lines"], "Line 1 is over 1 MiB", b"a" * (MIB + 1)),
    Sent(["send", "chat", "--json-lines", "--file", "big.json"], "Line 1 is over 1 MiB"),
    Sent(["request", "send-to-all", "chat", "--file", "big.bin"], "big.bin is over 1 MiB"),
    Sent(["request", "send-to-all", "chat", "--content", "a" * (MIB + 1)], "1 MiB"),
    Sent(["send", "chat", "--lines"], "Standard input is closed", None),
    Sent(["send", "chat", "--file", "-"], "Standard input is closed", None),
    Sent(["send", "chat", "\udcff"], "UTF-8"),
    Sent(["send", "chat", "--json", '"\udcff"'], "UTF-8"),
    Sent(["send", "chat", "hi", "--group", "\udcff"], "UTF-8"),
    Sent(["exists", "chat", "--user", "\udcff"], "UTF-8"),
    Sent(["send", "chat", "hi"], "connection string is not text in UTF-8", env="AccessKey=secret\udcff"),
    Sent(["send", "chat", "hi", "--endpoint", "http://\udcff"], "The endpoint is not text in UTF-8"),
]
ENDLESS = [
    Sent(["send", "chat", "--file", str(ZERO)], "is over 1 MiB"),
    Sent(["request", "send-to-all", "chat", "--file", str(ZERO)], "is over 1 MiB"),
    Sent(["send", "chat", "--lines", "--file", str(ZERO)], "Line 1 is over 1 MiB"),
    Sent(["send", "chat", "hi", "--env-file", str(ZERO)], "is over 1 MiB"),
]


@pytest.mark.parametrize(
    "given",
    [*INPUTS, *(pytest.param(each, marks=needs_devices) for each in ENDLESS)],
    ids=lambda given: f"{' '.join(given.arguments)[:30]!a} {given.message}",
)
def test_what_cannot_be_sent_is_2_and_is_not_sent(
    run: Run, emulator: Emulator, monkeypatch: pytest.MonkeyPatch, tmp_path: Path, given: Sent
) -> None:
    if given.env is not None:
        monkeypatch.setenv("WEBPUBSUB_CONNECTION_STRING", f"Endpoint={emulator.endpoint};{given.env}")
    write_big_files(tmp_path)
    outcome = run(*given.arguments, stdin=given.stdin)
    check(outcome, 2, given.message)
    assert outcome.stdout == ""
    assert "secret" not in outcome.stderr
    assert emulator.requests == []


class Pipe(io.TextIOWrapper):
    """A pipe whose reader has closed it."""

    def __init__(self) -> None:
        reader, writer = os.pipe()
        os.close(reader)
        super().__init__(os.fdopen(writer, "wb"))


#: Standard outputs that take nothing, with the exit status of a command whose output is what was asked for,
#: and what its error says.
OUTPUTS: dict[str, tuple[Callable[[], Any], int, str]] = {
    "closed": (lambda: None, 5, "Standard output is closed."),
    "full": (lambda: FULL.open("w"), 5, "Standard output cannot be written: No space left on device."),
    "pipe": (Pipe, 141, ""),
}
#: With the number of requests. A command that changed something exits with 0: if a failure to print looked
#: like a failure to send, people would send again.
DONE = {name: 2 if name == "lines" else 1 for name in COMMANDS if name not in {"check", "exists"}}
ASKED = [
    ["list", "chat", "g"],
    ["token", "chat"],
    ["request", "--list"],
    ["request", "send-to-all", "chat", "--json", "1", "--dry-run"],
    ["request", "list-connections-in-group", "chat", "g"],
    ["completion", "bash"],
    ["status"],
]


@pytest.fixture(
    params=[pytest.param(name, marks=needs_devices if name == "full" else ()) for name in OUTPUTS]
)
def output(request: pytest.FixtureRequest) -> str:
    name: str = request.param
    return name


@pytest.fixture
def run_into(run: Run, monkeypatch: pytest.MonkeyPatch) -> Callable[..., Outcome]:
    """Run the command with a standard output that takes nothing."""

    def run_into(output: str, *arguments: str) -> Outcome:
        stream = OUTPUTS[output][0]()
        with monkeypatch.context() as patch:
            patch.setattr("sys.stdout", stream)
            outcome = run(*arguments, stdin=b"a\nb\n")
        if stream is not None:
            stream.close()  # as Python does at its end: nothing is left that could fail
        return outcome

    return run_into


@pytest.mark.parametrize("json_flag", [[], ["--output", "json"]])
@pytest.mark.parametrize("name", DONE)
def test_what_was_done_is_done_whether_it_can_be_printed_or_not(
    run_into: Callable[..., Outcome], server: FaultServer, output: str, name: str, json_flag: list[str]
) -> None:
    server.otherwise = Answer(200)
    outcome = run_into(output, *COMMANDS[name][0], *json_flag)
    check(outcome, 0)
    assert len(server.requests) == DONE[name]
    assert ("Standard output cannot be written" in outcome.stderr) == (output == "full")
    if output == "full" and json_flag:
        assert "warning" in json.loads(outcome.stderr)


@pytest.mark.parametrize(("http_status", "status"), [(200, 0), (404, 1), (403, 4)])
@pytest.mark.parametrize("name", ["exists", "check"])
def test_an_exit_status_answers_a_question_without_output(
    run_into: Callable[..., Outcome],
    server: FaultServer,
    output: str,
    name: str,
    http_status: int,
    status: int,
) -> None:
    server.otherwise = Answer(http_status)
    check(run_into(output, *COMMANDS[name][0]), status)


@pytest.mark.parametrize("arguments", ASKED, ids=" ".join)
def test_what_was_asked_for_and_cannot_be_printed_is_an_error(
    run_into: Callable[..., Outcome], server: FaultServer, output: str, arguments: list[str]
) -> None:
    page = json.dumps({"value": [{"connectionId": "a"}]}).encode()
    server.otherwise = Answer(200, {"Content-Type": "application/json"}, page)
    _, status, message = OUTPUTS[output]
    check(run_into(output, *arguments), status, message)


@pytest.mark.parametrize(
    ("encoding", "text", "as_json"),
    [
        ("ascii", "\\xe9\\u20ac", "\\u00e9\\u20ac"),
        ("latin-1", "é\\u20ac", "\\u00e9\\u20ac"),
        ("cp1252", "é€", "\\u00e9\\u20ac"),
        ("utf-8", "é€", "é€"),
    ],
)
def test_any_encoding_is_written(
    run: Run, monkeypatch: pytest.MonkeyPatch, encoding: str, text: str, as_json: str
) -> None:
    for more, expected in ((), text), (("--output", "json"), f'"body": "{as_json}"'):
        written = io.BytesIO()
        with monkeypatch.context() as patch:
            patch.setattr("sys.stdout", io.TextIOWrapper(written, encoding=encoding))
            outcome = run("request", "send-to-all", "chat", "--content", "é€", "--dry-run", *more)
            assert outcome == Outcome(0, "", "")
            assert expected in written.getvalue().decode(encoding)


@needs_devices
@pytest.mark.parametrize(
    ("arguments", "status"), [(["send", "chat", "hi"], 0), (["completion", "bash"], 5), (["--help"], 5)]
)
def test_the_end_of_the_process_adds_nothing(emulator: Emulator, arguments: list[str], status: int) -> None:
    with FULL.open("w") as full:
        done = subprocess.run(
            [*MODULE, *arguments], stdout=full, stderr=subprocess.PIPE, timeout=PATIENCE, check=False
        )
    check(Outcome(done.returncode, "", done.stderr.decode()), status, "No space left on device")
    assert len(done.stderr.splitlines()) == 1
    assert len(emulator.requests) == (arguments[0] == "send")
