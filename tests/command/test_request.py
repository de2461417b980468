"""``webpubsub request``: every builder, by its operation's name."""

import inspect
import re
from typing import Any

import pytest

from azure.messaging.webpubsubservice import rest
from azure.messaging.webpubsubservice.emulator import Emulator
from tests.command.conftest import Run

VALUES = {"permission": "sendToGroup", "hub": "chat"}

BUILDERS = [name for name in rest.__all__ if name.startswith("build_")]


def parameters(builder: str) -> dict[str, inspect.Parameter]:
    return dict(inspect.signature(getattr(rest, builder)).parameters)


def value(parameter: inspect.Parameter) -> tuple[list[str], Any]:
    """What stands after an option on the command line, once or more, and what the builder gets."""
    kind = str(parameter.annotation)
    if parameter.name == "api_version":
        return ["2024-12-01"], "2024-12-01"
    if "Mapping" in kind:
        return ["x-a=1", "x-b=2=3"], {"x-a": "1", "x-b": "2=3"}
    if "Items" in kind:
        return ["one", "two"], ["one", "two"]
    if "int" in kind:
        return ["7"], 7
    return ["text"], "text"


@pytest.mark.parametrize("builder", BUILDERS)
def test_a_command_builds_what_its_builder_builds(run: Run, builder: str) -> None:
    name = builder.removeprefix("build_").removesuffix("_request").replace("_", "-")
    arguments, positional, keywords = [], [], {}
    for parameter in parameters(builder).values():
        if parameter.kind is not inspect.Parameter.KEYWORD_ONLY:
            arguments.append(VALUES.get(parameter.name, "someone"))
            positional.append(arguments[-1])
        elif parameter.name == "json":
            arguments += ["--json", '{"groups": ["a"]}']
            keywords["json"] = {"groups": ["a"]}
        elif parameter.name not in {"content", "content_type"}:
            if builder == "build_user_exists_in_group_request" and parameter.name == "api_version":
                continue  # a version that no longer has it is refused
            given, keywords[parameter.name] = value(parameter)
            for each in given:
                arguments += [f"--{parameter.name.replace('_', '-')}", each]
    expected = getattr(rest, builder)(*positional, **keywords)
    shown = run("request", name, *arguments, "--dry-run", "--output", "json")
    assert shown.status == 0, shown.stderr
    body = expected.content.decode() if isinstance(expected.content, bytes) else expected.content or ""
    assert shown.json() == {
        "method": expected.method,
        "url": expected.url,
        "headers": dict(expected.headers),
        "body": body,
    }


@pytest.mark.parametrize("builder", BUILDERS)
def test_help_explains_each_parameter(run: Run, builder: str) -> None:
    name = builder.removeprefix("build_").removesuffix("_request").replace("_", "-")
    outcome = run("request", name, "--help")
    assert outcome.status == 0
    assert "``" not in outcome.stdout
    for parameter in parameters(builder).values():
        shown = f"--{parameter.name.replace('_', '-')} "
        if parameter.kind is not inspect.Parameter.KEYWORD_ONLY:
            shown = f"\n  {parameter.name.upper()} "
        assert shown in outcome.stdout


#: What only means something in Python: markup, its values and types, and names of parameters.
PYTHON = re.compile(
    r""":\w+:`|``|\b(None|True|False|str|dict|iterable|keyword|argument|parameter|[a-z]+_\w+)\b"""
    r"""|\bof json and content\b|\bin headers\b|\w="""
)


@pytest.mark.parametrize("builder", BUILDERS)
def test_help_has_no_words_of_python(run: Run, builder: str) -> None:
    name = builder.removeprefix("build_").removesuffix("_request").replace("_", "-")
    help_ = " ".join(run("request", name, "--help").stdout.partition("Service and output:")[0].split())
    for allowed in ("Content-Type=TYPE", "NAME=VALUE"):
        help_ = help_.replace(allowed, "")
    assert [match[0] for match in PYTHON.finditer(help_)] == []


def test_help_says_how_a_body_is_given(run: Run) -> None:
    help_ = " ".join(run("request", "send-to-all", "--help").stdout.split())
    assert "Any JSON value. Use exactly one of --json, --content and --file." in help_
    assert "--content TEXT The body as text, sent in UTF-8. For bytes, use --file." in help_
    assert "For any other, use --headers Content-Type=TYPE." in help_
    outcome = run(
        *("request", "send-to-all", "chat", "--content", "a"),
        *("--headers", "Content-Type=text/csv", "--dry-run", "-o", "json"),
    )
    assert outcome.json()["headers"]["Content-Type"] == "text/csv"


def test_the_list_names_every_operation(run: Run) -> None:
    lines = run("request", "--list").stdout.splitlines()
    assert len(lines) == len(BUILDERS)
    assert "send-to-all\tBroadcast a message to every connection of the hub." in lines
    first = run("request", "--list", "-o", "json").stdout.splitlines()[0]
    assert first.startswith('{"name": "add-connection-to-group", "summary": "')
    assert '"route": "PUT /api/hubs/{hub}/groups/{group}/connections/{connectionId}"' in first


def test_a_request_is_sent_and_its_response_shown(run: Run, emulator: Emulator) -> None:
    outcome = run("request", "send-to-all", "chat", "--json", "{}")
    assert (outcome.status, outcome.stdout) == (0, "202 Accepted\n")
    assert emulator.requests[-1].body == b"{}"
    answer = run("request", "list-connections-in-group", "chat", "lobby", "-o", "json").json()
    assert (answer["status"], answer["body"]["value"]) == (200, [])


@pytest.mark.parametrize(
    ("arguments", "status", "text"),
    [
        (["user-exists", "chat", "nobody"], 1, "404 Not Found"),
        (["add-user-to-group", "chat", "lobby", "nobody"], 1, "Warning.User.NotExisted"),
    ],
)
def test_an_answer_that_is_an_error_is_the_exit_status(
    run: Run, arguments: list[str], status: int, text: str
) -> None:
    outcome = run("request", *arguments)
    assert outcome.status == status
    assert text in outcome.stdout


def test_a_body_comes_from_a_file(run: Run, emulator: Emulator) -> None:
    arguments = ("request", "send-to-group", "chat", "lobby", "--file", "-")
    assert run(*arguments, stdin=b"hello").status == 0
    assert (emulator.requests[-1].body, emulator.requests[-1].headers["content-type"]) == (
        b"hello",
        "text/plain",
    )
    assert "exclude each other" in run(*arguments, "--json", "1").stderr


def test_a_token_in_a_response_is_hidden(run: Run) -> None:
    for output in ("text", "json"):
        outcome = run("request", "generate-client-token", "chat", "-o", output)
        assert outcome.status == 0
        assert "webpubsub token" in outcome.stdout
        assert "eyJ" not in outcome.stdout


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        ([], "Name an operation: 'webpubsub request --list' shows them."),
        (["send-too-all"], "There is no operation 'send-too-all'. Did you mean send-to-all or"),
        (["send_to_all"], "There is no operation 'send_to_all'. Did you mean send-to-all"),
        (["send-to-all"], "HUB is missing: write 'webpubsub request send-to-all HUB'."),
        (["send-to-all", "chat"], "A body is needed: use one of --json, --content and --file."),
        (
            ["send-to-all", "chat", "--json", "1", "--content", "a"],
            "--json and --content exclude each other.",
        ),
        (["send-to-all", "9", "--json", "1"], "HUB '9' must be a letter from A to Z"),
        (
            ["send-to-all", "chat", "--json", "1", "--api-version", "1"],
            "--api-version '1' is not written as a version is",
        ),
        (["check-permission", "chat", "a", "b"], "Invalid value for 'PERMISSION': 'a' is not one of"),
        (
            ["check-permission", "chat", "sendToGroup"],
            "CONNECTION_ID is missing: write 'webpubsub request check-permission HUB PERMISSION CONN",
        ),
        (
            ["send-to-all", "chat", "a", "b"],
            "Too many arguments: a b. Write 'webpubsub request send-to-all HUB'.",
        ),
        (["send-to-all", "chat", "--json", "{"], "--json is not JSON"),
        (["send-to-all", "chat", "--content", "a", "--exluded", "b"], "--excluded"),
        (["send-to-all", "chat", "--content", "a", "--headers", "b"], "--headers takes NAME=VALUE, not 'b'"),
        (
            ["send-to-all", "chat", "--content", "a", "--message-ttl-seconds", "301"],
            "--message-ttl-seconds 301 must be at most 300",
        ),
    ],
)
def test_mistakes_are_named_and_nothing_is_sent(
    run: Run, emulator: Emulator, arguments: list[str], message: str
) -> None:
    outcome = run("request", *arguments)
    assert (outcome.status, outcome.stdout) == (2, "")
    assert message in outcome.stderr
    assert emulator.requests == []
