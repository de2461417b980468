"""Errors are reported in words, with an exit status, and without secrets."""

import json
import re
import socket
from collections.abc import Callable, Iterator

import pytest

from azure.messaging.webpubsubservice.emulator import Emulator, Fault
from tests.command.conftest import Outcome, Run

COMMANDS = (
    "send",
    "listen",
    "token",
    "exists",
    "list",
    "groups",
    "permissions",
    "close",
    "status",
    "request",
    "emulator",
    "completion",
)


@pytest.fixture
def closed_port() -> Iterator[int]:
    """A port where nobody listens, and nobody else can begin to."""
    with socket.socket() as taken:
        taken.bind(("127.0.0.1", 0))
        yield taken.getsockname()[1]


def connection_string(endpoint: str, key: str = "a-key-made-up-for-these-tests-0123456789") -> str:
    return f"Endpoint={endpoint};AccessKey={key};Version=1.0;"


def test_help_names_every_command_and_each_explains_itself(run: Run) -> None:
    root = run("--help")
    assert root.status == 0
    assert "Exit status:" in root.stdout
    for name in COMMANDS:
        assert re.search(rf"^  {name} +[A-Z].*\.$", root.stdout, re.MULTILINE), name  # not cut off
        if name != "emulator":  # which has a parser of its own
            outcome = run(name, "--help")
            assert outcome.status == 0
            has_subcommands = "\nCommands:" in outcome.stdout
            assert (
                has_subcommands
                or f"webpubsub {name}" in outcome.stdout.partition("Example")[2]
                or (name == "completion")
            )


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        (["exist"], "There is no command 'exist'. Did you mean exists"),
        (["SEND"], "There is no command 'SEND'. Did you mean send"),
        (["permissions", "grnt"], "There is no command 'grnt'. Did you mean grant"),
        (["groups", "ad"], "There is no command 'ad'. Did you mean add"),
        (["xyzzy"], "There is no command 'xyzzy'.\n"),
        (["send", "chat", "hi", "--gruop", "a"], "--group"),
        (["send", "9chat", "hi"], "hub"),
        (["exists", "chat"], "Choose one: --group, --user or --connection."),
        (["completion", "tcsh"], "is not one of bash, zsh, fish"),
        (["listen"], "Name a hub, or a --url"),
        (["status", "--group", "a"], "name the hub too"),
        (["token", "chat", "--minutes", "0"], "0 is not at least 1."),
        (
            ["list", "chat", "--group", "a"],
            "GROUP is an argument, without --group: write 'webpubsub list HUB",
        ),
        (
            ["send"],
            "write 'webpubsub send HUB [MESSAGE]'. For example: webpubsub send chat \"Hello\"\n",
        ),
        (
            ["list", "chat"],
            "GROUP is missing: write 'webpubsub list HUB GROUP'. For example: webpubsub list chat lobby\n",
        ),
        (["groups", "add", "chat"], "GROUP is missing: write 'webpubsub groups add HUB GROUP...'."),
        (["exists", "a", "b", "c"], "Too many arguments: b c. Write 'webpubsub exists HUB'.\n"),
        (["exists", *["word"] * 90], "word word [...]. Write"),
        (["exists", "--hub", "chat"], "HUB is an argument, without --hub: write 'webpubsub exists HUB'"),
    ],
)
def test_a_mistake_on_the_command_line_is_2(run: Run, arguments: list[str], message: str) -> None:
    outcome = run(*arguments)
    assert (outcome.status, outcome.stdout) == (2, "")
    assert outcome.stderr.startswith("error: ")
    assert message in outcome.stderr
    assert " --help'." in outcome.stderr


@pytest.mark.parametrize(
    ("http_status", "status"),
    [(400, 1), (404, 1), (409, 1), (413, 1), (401, 4), (403, 4), (429, 3), (500, 3), (503, 3)],
)
def test_each_answer_has_its_exit_status(run: Run, emulator: Emulator, http_status: int, status: int) -> None:
    emulator.faults.add(Fault(status=http_status, retry_after=0.001))
    try:
        outcome = run("send", "chat", "hi")
        asked = run("exists", "chat", "--user", "alice")
        requested = run("request", "send-to-all", "chat", "--json", "1")
    finally:
        emulator.faults.clear()
    assert (outcome.status, outcome.stdout) == (status, "")
    assert f"The service responded with {http_status}" in outcome.stderr
    assert asked.status == (1 if http_status == 404 else 2 if status == 1 else status)  # 1 is no
    assert requested.status == status


def test_what_is_not_reached_is_3(run: Run, closed_port: int, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("WEBPUBSUB_CONNECTION_STRING", connection_string(f"http://127.0.0.1:{closed_port}"))
    outcome = run("send", "chat", "hi")
    assert (outcome.status, outcome.stdout) == (3, "")
    assert outcome.stderr.startswith(
        f"error: Nothing listens at http://127.0.0.1:{closed_port}.\nIs the emulator running? "
    )


def test_what_does_not_answer_is_3(run: Run, monkeypatch: pytest.MonkeyPatch) -> None:
    with socket.create_server(("127.0.0.1", 0)) as server:
        endpoint = f"http://127.0.0.1:{server.getsockname()[1]}"
        monkeypatch.setenv("WEBPUBSUB_CONNECTION_STRING", connection_string(endpoint))
        outcome = run("send", "chat", "hi", "--timeout", "0.2")
    assert outcome.status == 3
    assert "did not respond in time" in outcome.stderr


def test_errors_are_json_for_programs(run: Run, emulator: Emulator) -> None:
    emulator.faults.add(Fault(status=403, times=1))
    error = json.loads(run("exists", "chat", "--user", "a", "--json").stderr)["error"]
    assert (error["status"], "role" in error["advice"]) == (403, True)
    assert "hub" in json.loads(run("--json", "exists", "9", "--user", "a").stderr)["error"]["message"]


def assert_no_secret(outcome: Outcome, given: str) -> None:
    printed = outcome.stdout + outcome.stderr
    assert "Traceback" not in printed
    assert given.split("AccessKey=")[1].split(";", maxsplit=1)[0] not in printed
    assert "eyJ" not in printed  # how every token begins


@pytest.mark.parametrize(
    "arguments",
    [
        ["send", "chat", "hi"],
        ["send", "9", "hi"],
        ["request", "generate-client-token", "chat"],
        ["request", "send-to-all", "chat", "--json", "1", "--dry-run"],
        ["status", "chat", "--group", "a"],
        ["exists", "chat", "--user", "a", "--json"],
        ["listen", "chat", "--count", "1", "--seconds", "0.2"],
        ["send", "chat"],
    ],
)
def test_no_command_but_token_prints_a_secret(
    run: Run, emulator: Emulator, monkeypatch: pytest.MonkeyPatch, arguments: list[str]
) -> None:
    for given in (emulator.connection_string, connection_string(emulator.endpoint)):
        monkeypatch.setenv("WEBPUBSUB_CONNECTION_STRING", given)
        assert_no_secret(run(*arguments), given)


def test_the_log_of_requests_holds_no_secret(process: Callable[..., Outcome], emulator: Emulator) -> None:
    outcome = process("request", "generate-client-token", "chat", "--verbose")
    assert ":generateToken" in outcome.stderr
    assert_no_secret(outcome, emulator.connection_string)


@pytest.mark.parametrize(
    "text", ["Endpoint=https://x;AccessKey", "AccessKey=s3cr3t-s3cr3t;", "s3cr3t-s3cr3t"]
)
def test_a_malformed_connection_string_is_not_repeated(
    run: Run, monkeypatch: pytest.MonkeyPatch, text: str
) -> None:
    monkeypatch.setenv("WEBPUBSUB_CONNECTION_STRING", text)
    outcome = run("send", "chat", "hi")
    assert outcome.status == 2
    assert "s3cr3t" not in outcome.stderr
    assert "onnection string" in outcome.stderr


@pytest.mark.parametrize(
    "command", ["send", "listen", "list", "groups add", "permissions grant", "completion"]
)
def test_help_explains_each_argument(run: Run, command: str) -> None:
    outcome = run(*command.split(), "--help")
    usage = outcome.stdout.partition("\n\n")[0].partition("[OPTIONS]")[2]
    arguments = outcome.stdout.partition("\nArguments:\n")[2].partition("\n\n")[0]
    assert len(re.findall(r"^  [A-Z]+ +[A-Za-z].*\.$", arguments, re.MULTILINE)) == len(usage.split())
    assert not re.search(r"^  (HUB|\[HUB\]|GROUP\.\.\.)\s*$", outcome.stdout, re.MULTILINE)


@pytest.mark.parametrize("command", COMMANDS)
def test_help_has_words_for_ranges_and_names_for_choices(run: Run, command: str) -> None:
    if command == "emulator":  # which has a parser of its own
        return
    shown = run(command, "--help").stdout
    assert not re.search(r"x[<>]|\{\w+\|", shown)


@pytest.mark.parametrize(
    ("command", "text"),
    [
        ("send", "[1 to 64]"),
        ("send", "[0 to 300]"),
        ("token", "[default: 60; at least 1]"),
        ("listen", "[more than 0]"),
        ("completion", "Usage: webpubsub completion [OPTIONS] SHELL"),
    ],
)
def test_help_says_what_an_option_takes(run: Run, command: str, text: str) -> None:
    assert text in " ".join(run(command, "--help").stdout.split())


@pytest.mark.parametrize(
    ("role", "hint"),
    [
        ("sendToGroup", " Did you mean webpubsub.sendToGroup?"),
        ("webpubsub.sendToGruop.lobby", " Did you mean webpubsub.sendToGroup.lobby?"),
        ("admin", ""),
    ],
)
@pytest.mark.usefixtures("emulator")
def test_a_role_that_grants_nothing_is_noted(run: Run, role: str, hint: str) -> None:
    outcome = run("token", "chat", "--role", role, "--role", "webpubsub.sendToGroups.a*")
    assert (outcome.status, outcome.stdout.partition(":")[0]) == (0, "ws")
    expected = f"{role!r} is not a role that the service documents, and grants nothing.{hint}\n"
    assert outcome.stderr == expected
