"""``webpubsub send``: to whom, what, and line by line."""

import json
import signal
import subprocess
from collections.abc import Iterator
from pathlib import Path

import pytest
from websockets.sync.client import connect

from azure.messaging.webpubsubservice.emulator import Emulator, Fault
from tests.command.conftest import MODULE, Outcome, Run
from tests.limits import PATIENCE


@pytest.fixture
def alice(emulator: Emulator) -> Iterator[str]:
    """A connection of alice's in the group lobby; yields its identifier."""
    with connect(emulator.client_url("chat", user_id="alice", groups=["lobby"])):
        (connection,) = emulator.wait_for_connections()
        yield connection.connection_id
    emulator.wait_until(lambda: not emulator.connections)


def received(emulator: Emulator, count: int = 1) -> list[bytes]:
    return [delivery.data for delivery in emulator.wait_for_deliveries(count)]


@pytest.mark.parametrize("target", [[], ["--group", "lobby"], ["-u", "alice"], ["--connection", "<id>"]])
def test_sends_text_to_whom_it_is_told(run: Run, emulator: Emulator, alice: str, target: list[str]) -> None:
    outcome = run("send", "chat", "hello [red]", *(alice if part == "<id>" else part for part in target))
    assert outcome == Outcome(0, "Sent.\n", "")
    assert received(emulator) == [b"hello [red]"]
    assert emulator.requests[-1].headers["content-type"] == "text/plain"


@pytest.mark.parametrize("text", ['{"a": 1.50, "big": 123456789012345678901234567890}', '"text"', "null"])
def test_json_is_sent_as_it_was_written(run: Run, emulator: Emulator, text: str) -> None:
    assert run("send", "chat", "--json", text, "--output", "json").json() == {"sent": 1}
    (request,) = emulator.requests
    assert (request.headers["content-type"], request.body) == ("application/json", text.encode())


@pytest.mark.parametrize(
    ("name", "content", "content_type"),
    [
        ("note.txt", "grüße".encode(), "text/plain"),
        ("page.html", b"<p>", "text/plain"),
        ("value.json", b'{"a": 1}', "application/json"),
        ("photo.png", b"\x89PNG\xff", "application/octet-stream"),
        ("nameless", b"\x00", "application/octet-stream"),
    ],
)
def test_a_files_name_says_what_it_is(
    run: Run, emulator: Emulator, tmp_path: Path, name: str, content: bytes, content_type: str
) -> None:
    (tmp_path / name).write_bytes(content)
    assert run("send", "chat", "--file", name).status == 0
    (request,) = emulator.requests
    assert (request.headers["content-type"], request.body) == (content_type, content)


def test_standard_input_is_text_unless_another_type_is_named(run: Run, emulator: Emulator) -> None:
    assert run("send", "chat", "--file", "-", stdin=b"two\nlines").status == 0
    binary = ("send", "chat", "--file", "-", "--content-type", "application/octet-stream")
    assert run(*binary, stdin=b"\xff").status == 0
    assert [(each.headers["content-type"], each.body) for each in emulator.requests] == [
        ("text/plain", b"two\nlines"),
        ("application/octet-stream", b"\xff"),
    ]


def test_options_of_the_operation_arrive(run: Run, emulator: Emulator) -> None:
    arguments = ("--except", "a", "--except", "b", "--filter", "userId eq 'x'", "--ttl", "60")
    assert run("send", "chat", "hi", *arguments).status == 0
    query = emulator.requests[-1].query
    assert query["excluded"] == ["a", "b"]
    assert query["filter"] == ["userId eq 'x'"]
    assert query["messageTtlSeconds"] == ["60"]


@pytest.mark.parametrize("in_flight", ["1", "8"])
def test_lines_become_messages(run: Run, emulator: Emulator, in_flight: str) -> None:
    lines = [f"line {number}" for number in range(50)]
    source = "\r\n".join(["", *lines, ""]).encode()
    outcome = run("send", "chat", "--lines", "--in-flight", in_flight, stdin=source)
    assert outcome == Outcome(0, "50 sent.\n", "")
    sent = [str(request.body, "utf-8") for request in emulator.requests if request.body is not None]
    assert (sent if in_flight == "1" else sorted(sent, key=lines.index)) == lines


def test_a_line_is_sent_as_soon_as_it_is_read(emulator: Emulator) -> None:
    command = [*MODULE, "send", "chat", "--lines"]
    with subprocess.Popen(command, stdin=subprocess.PIPE, stdout=subprocess.PIPE) as process:
        assert process.stdin is not None
        for number in (1, 2):
            process.stdin.write(b"%d\n" % number)
            process.stdin.flush()
            assert emulator.wait_for_requests(number, timeout=PATIENCE)[-1].body == b"%d" % number
        printed, _ = process.communicate(timeout=PATIENCE)
    assert (process.returncode, printed) == (0, b"2 sent.\n")


def test_an_interrupt_says_how_many_lines_were_sent(emulator: Emulator) -> None:
    command = [*MODULE, "send", "chat", "--lines"]
    with subprocess.Popen(
        command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, stderr=subprocess.PIPE
    ) as process:
        assert process.stdin is not None
        process.stdin.write(b"1\n")
        process.stdin.flush()
        emulator.wait_for_requests(timeout=PATIENCE)
        process.send_signal(signal.SIGINT)
        printed, errors = process.communicate(timeout=PATIENCE)
    assert process.returncode == 130
    assert printed in {b"0 sent.\n", b"1 sent.\n"}  # the response may not have been read yet
    assert errors == b""


def test_lines_of_json_come_from_a_file(run: Run, emulator: Emulator, tmp_path: Path) -> None:
    (tmp_path / "events.jsonl").write_text('{"n": 1}\n[2]\n', encoding="utf-8")
    outcome = run("send", "chat", "--json-lines", "--file", "events.jsonl", "-o", "json")
    assert outcome.json() == {"sent": 2, "refused": 0}
    assert [json.loads(request.body or b"") for request in emulator.requests] == [{"n": 1}, [2]]


def test_the_first_line_that_is_refused_ends_it(run: Run, emulator: Emulator) -> None:
    emulator.faults.add(Fault(status=413, times=1))
    outcome = run("send", "chat", "--lines", stdin=b"a\nb\nc\n")
    assert outcome.status == 1
    assert outcome.stdout == "0 sent, 1 refused.\n"
    assert outcome.stderr.startswith("Line 1:\nerror: The service responded with 413")
    assert len(emulator.requests) == 1


def test_the_other_lines_are_sent_on_demand(run: Run, emulator: Emulator) -> None:
    emulator.faults.add(Fault(status=413, times=1))
    outcome = run("send", "chat", "--lines", "--keep-going", stdin=b"a\nb\nc\n")
    assert (outcome.status, outcome.stdout) == (1, "2 sent, 1 refused.\n")


def test_a_line_that_cannot_be_sent_is_named(run: Run) -> None:
    outcome = run("send", "chat", "--json-lines", stdin=b"1\n{\n")
    assert outcome.status == 2
    assert "Line 2 is not JSON" in outcome.stderr
    assert "Lines sent before it: 1." in outcome.stderr
    assert "Line 1 is not text in UTF-8" in run("send", "chat", "--lines", stdin=b"\xff\n").stderr


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        (
            [],
            "There is no message for the hub 'chat'. The message comes after the hub: webpubsub send HUB ",
        ),
        (
            ["hi", "--json", "1"],
            "There are several messages: use one of MESSAGE, --json, --file, --lines and",
        ),
        (
            ["hi", "there"],
            'Put a message of several words in quotation marks: webpubsub send chat "hi there"\n',
        ),
        (["costs", "--group", "a", "$5"], "quotation marks: webpubsub send chat 'costs $5'\n"),
        (["a", *["word"] * 90], 'word word [...]"\n'),
        (["--json", "{a"], "--json is not JSON: Expecting property name"),
        (["--json", "hello"], "Text needs double quotes inside single ones"),
        (["--json", "NaN"], "NaN is not a number of JSON"),
        (["--file", "absent"], "absent cannot be read: No such file"),
        (["hi", "--group", "a", "--user", "b"], "--group and --user exclude each other"),
        (["hi", "--user", "a", "--except", "b"], "--except is for hubs and groups"),
        (["hi", "--connection", "a", "--filter", "b"], "--connection names one"),
        (["hi", "--lines"], "exclude each other"),
        (["hi", "--ttl", "301"], "301 is not in the range 0 to 300."),
        (["hi", "--json"], "requires an argument"),
    ],
)
def test_mistakes_are_named_and_nothing_is_sent(
    run: Run, emulator: Emulator, arguments: list[str], message: str
) -> None:
    outcome = run("send", "chat", *arguments)
    assert (outcome.status, outcome.stdout) == (2, "")
    assert message in outcome.stderr
    assert emulator.requests == []
