"""Commands that ask, list, let in and close."""

from collections.abc import Iterator
from contextlib import ExitStack

import pytest
from websockets.sync.client import ClientConnection, connect

from azure.messaging.webpubsubservice.emulator import Emulator
from tests.command.conftest import Outcome, Run


@pytest.fixture
def alice(emulator: Emulator) -> Iterator[ClientConnection]:
    with connect(emulator.client_url("chat", user_id="alice", groups=["lobby"])) as socket:
        emulator.wait_for_connections()
        yield socket
    emulator.wait_until(lambda: not emulator.connections)


def identifier(emulator: Emulator) -> str:
    (connection,) = emulator.connections
    return connection.connection_id


@pytest.mark.usefixtures("alice")
def test_exists_says_who_is_there(run: Run, emulator: Emulator) -> None:
    there = (["--user", "alice"], ["--group", "lobby"], ["--connection", identifier(emulator)])
    for target in there:
        assert run("exists", "chat", *target) == Outcome(0, "yes\n", "")
        assert run("exists", "other", *target) == Outcome(1, "no\n", "")
    assert run("exists", "chat", "--user", "bob", "--json").json() == {"exists": False}


@pytest.mark.usefixtures("alice")
def test_list_prints_lines_for_programs_and_people(run: Run, emulator: Emulator) -> None:
    connection = identifier(emulator)
    assert run("list", "chat", "lobby") == Outcome(0, f"{connection}\talice\n", "")
    assert run("list", "chat", "lobby", "--json").json() == {"connectionId": connection, "userId": "alice"}
    assert run("list", "chat", "empty") == Outcome(0, "", "")


def test_list_ends_at_its_maximum(run: Run, emulator: Emulator) -> None:
    with ExitStack() as stack:
        for _ in range(3):
            stack.enter_context(connect(emulator.client_url("chat", groups=["many"])))
        emulator.wait_for_connections(3)
        assert len(run("list", "chat", "many", "--max", "2").stdout.splitlines()) == 2
    emulator.wait_until(lambda: not emulator.connections)


def groups(emulator: Emulator) -> set[str]:
    (connection,) = emulator.connections
    return set(connection.groups)


@pytest.mark.usefixtures("alice")
@pytest.mark.parametrize("target", ["user", "connection", "filter"])
def test_groups_are_joined_and_left(run: Run, emulator: Emulator, target: str) -> None:
    who = {"user": "alice", "connection": identifier(emulator), "filter": "userId eq 'alice'"}[target]
    assert run("groups", "add", "chat", "a", "b", f"--{target}", who) == Outcome(0, "Added to a, b.\n", "")
    assert groups(emulator) == {"lobby", "a", "b"}
    assert run("groups", "remove", "chat", "a", f"--{target}", who, "--json").json() == {"removed": ["a"]}
    assert groups(emulator) == {"lobby", "b"}
    outcome = run("groups", "remove", "chat", "--all", f"--{target}", who)
    if target == "filter":
        assert (outcome.status, groups(emulator)) == (2, {"lobby", "b"})
    else:
        assert (outcome.stdout, groups(emulator)) == ("Removed from all groups.\n", set())


def test_groups_to_leave_are_named_or_all(run: Run) -> None:
    for arguments in (["a", "--all"], []):
        outcome = run("groups", "remove", "chat", *arguments, "--user", "alice")
        assert outcome.status == 2
        assert "Name the groups, or use --all" in outcome.stderr


@pytest.mark.usefixtures("alice")
def test_permissions_are_granted_checked_and_revoked(run: Run, emulator: Emulator) -> None:
    subject = ("chat", "sendToGroup", identifier(emulator), "--group", "news")
    assert run("permissions", "revoke", *subject).status == 0
    steps = [("check", 1, "no"), ("grant", 0, "Granted."), ("check", 0, "yes"), ("revoke", 0, "Revoked.")]
    for command, status, text in steps:
        assert run("permissions", command, *subject) == Outcome(status, f"{text}\n", "")
    typo = run("permissions", "check", "chat", "sendToGruop", "id", "-g", "news")
    assert typo.status == 2
    assert "not one of sendToGroup, joinLeaveGroup. Did you mean sendToGroup?" in typo.stderr


@pytest.mark.parametrize(
    "target", [["--all"], ["--user", "alice"], ["--group", "lobby"], ["--connection", "<id>"]]
)
@pytest.mark.usefixtures("alice")
def test_close_closes_whom_it_is_told(run: Run, emulator: Emulator, target: list[str]) -> None:
    connection = identifier(emulator)
    if target[0] != "--connection":
        assert run("close", "chat", *target, "--except", connection).status == 0
        assert emulator.requests[-1].query["excluded"] == [connection]
    arguments = [connection if part == "<id>" else part for part in target]
    assert run("close", "chat", *arguments, "--reason", "bye") == Outcome(0, "Closed.\n", "")
    assert emulator.requests[-1].query["reason"] == ["bye"]
    emulator.wait_until(lambda: not emulator.connections)


def test_close_does_not_close_a_hub_unasked(run: Run, emulator: Emulator) -> None:
    outcome = run("close", "chat")
    assert outcome.status == 2
    assert "--group, --user, --connection or --all" in outcome.stderr
    assert "--connection names one" in run("close", "chat", "-c", "a", "--except", "b").stderr
    assert emulator.requests == []


def test_a_token_lets_a_client_in(run: Run, emulator: Emulator) -> None:
    options = ("--user", "bob", "--group", "lobby", "--role", "webpubsub.sendToGroup", "--minutes", "5")
    outcome = run("token", "chat", *options)
    assert (outcome.status, outcome.stderr) == (0, "")
    with connect(outcome.stdout.strip()):
        (connection,) = emulator.wait_for_connections()
    assert (connection.user_id, set(connection.groups)) == ("bob", {"lobby"})
    access = run("token", "chat", "--json").json()
    assert access["url"] == f"{access['baseUrl']}?access_token={access['token']}"
    assert run("token", "chat", "--only-token").stdout.count(".") == 2


def test_what_a_stranger_named_does_not_reach_the_terminal(run: Run, emulator: Emulator) -> None:
    with connect(emulator.client_url("chat", user_id="\x1b]0;title\x07\tx", groups=["lobby"])):
        emulator.wait_for_connections()
        outcome = run("list", "chat", "lobby")
    assert outcome.stdout.endswith("\t\\x1b]0;title\\x07\\tx\n")
