"""``webpubsub listen`` and ``webpubsub emulator``, as processes."""

import json
import os
import signal
import subprocess
from collections.abc import Iterator
from contextlib import contextmanager

import pytest

from azure.messaging.webpubsubservice import WebPubSubServiceClient
from azure.messaging.webpubsubservice.emulator import Emulator
from azure.messaging.webpubsubservice.rest import (
    build_close_all_connections_request,
    build_send_to_all_request,
    build_send_to_group_request,
)
from tests.command.conftest import MODULE, Run
from tests.limits import PATIENCE


@contextmanager
def listening(*arguments: str) -> Iterator["subprocess.Popen[str]"]:
    """The command as a process that goes on until it is done, or the test is."""
    environment = {**os.environ, "PYTHONUTF8": "1"}
    with subprocess.Popen(
        [*MODULE, *arguments], stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True, env=environment
    ) as process:
        try:
            yield process
        finally:
            process.kill()


@pytest.fixture
def client(emulator: Emulator) -> Iterator[WebPubSubServiceClient]:
    with WebPubSubServiceClient.from_connection_string(emulator.connection_string) as opened:
        yield opened
    emulator.wait_until(lambda: not emulator.connections)


def send(client: WebPubSubServiceClient, text: str, group: str | None = None) -> None:
    if group is None:
        request = build_send_to_all_request("chat", content=text, content_type="text/plain")
    else:
        request = build_send_to_group_request("chat", group, content=text, content_type="text/plain")
    client.send_request(request).raise_for_status()


def test_prints_what_arrives_until_it_is_interrupted(
    client: WebPubSubServiceClient, emulator: Emulator
) -> None:
    with listening("listen", "chat", "--group", "lobby", "--user", "alice") as process:
        (connection,) = emulator.wait_for_connections(timeout=PATIENCE)
        assert (connection.user_id, set(connection.groups)) == ("alice", {"lobby"})
        assert process.stdout is not None
        send(client, "hello [red] \x1b[2J")
        send(client, "you", "lobby")
        client.send_request(build_send_to_all_request("chat", json={"a": [1]}))
        shown = [process.stdout.readline()[10:] for _ in range(3)]
        assert shown == ["server:  hello [red] \\x1b[2J\n", "group lobby:  you\n", 'server:  {"a": [1]}\n']
        process.send_signal(signal.SIGINT)
        _, notes = process.communicate(timeout=PATIENCE)
    assert process.returncode == 0
    assert notes.startswith("Connected as alice, connection ")
    assert "Traceback" not in notes


def test_json_is_a_line_for_each_message(client: WebPubSubServiceClient, emulator: Emulator) -> None:
    with listening("listen", "chat", "--json", "--count", "2") as process:
        emulator.wait_for_connections(timeout=PATIENCE)
        send(client, "one")
        client.send_request(
            build_send_to_all_request("chat", content=b"\x00", content_type="application/octet-stream")
        )
        printed, notes = process.communicate(timeout=PATIENCE)
    assert (process.returncode, notes) == (0, "")
    assert [json.loads(line) for line in printed.splitlines()] == [
        {"from": "server", "dataType": "text", "data": "one"},
        {"from": "server", "dataType": "binary", "data": "AA=="},
    ]


def test_a_connection_that_breaks_is_made_again(client: WebPubSubServiceClient, emulator: Emulator) -> None:
    with listening("listen", "chat", "--count", "1") as process:
        (first,) = emulator.wait_for_connections(timeout=PATIENCE)
        client.send_request(build_close_all_connections_request("chat", reason="maintenance"))
        emulator.wait_for_connections(
            where=lambda each: each.connection_id != first.connection_id, timeout=PATIENCE
        )
        send(client, "again")
        printed, notes = process.communicate(timeout=PATIENCE)
    assert process.returncode == 0
    assert printed.endswith("server:  again\n")
    assert "maintenance" in notes
    assert "Trying again in 1 s" in notes


def test_no_message_in_time_is_a_no(run: Run) -> None:
    assert run("listen", "chat", "--count", "1", "--seconds", "0.3").status == 1
    assert run("listen", "chat", "--seconds", "0.3").status == 0


def test_a_url_from_somebody_else_is_enough(client: WebPubSubServiceClient, emulator: Emulator) -> None:
    url = emulator.client_url("chat", user_id="carol")
    with listening("listen", "--url", url, "--group", "lobby", "--count", "1") as process:
        emulator.wait_for_connections(where=lambda each: "lobby" in each.groups, timeout=PATIENCE)
        send(client, "hi", "lobby")
        printed, _ = process.communicate(timeout=PATIENCE)
    assert (process.returncode, printed[10:]) == (0, "group lobby:  hi\n")


def test_a_group_that_may_not_be_joined_is_named(run: Run, emulator: Emulator) -> None:
    outcome = run("listen", "--url", emulator.client_url("chat", roles=[]), "--group", "lobby")
    assert outcome.status == 1
    assert "does not let this client join group 'lobby'" in outcome.stderr


def test_a_refused_token_is_4_and_is_not_shown(run: Run, emulator: Emulator) -> None:
    url = emulator.client_url("chat").replace("access_token=e", "access_token=x")
    outcome = run("listen", "--url", url)
    assert outcome.status == 4
    assert "The service refuses the connection (401)" in outcome.stderr
    assert "access_token" not in outcome.stderr


def test_nobody_there_is_3(run: Run) -> None:
    outcome = run("listen", "--url", "ws://127.0.0.1:1/client/hubs/chat?access_token=s3cr3t")
    assert outcome.status == 3
    assert "127.0.0.1:1" in outcome.stderr
    assert "s3cr3t" not in outcome.stderr


def test_emulator_is_the_emulators_own_command() -> None:
    with listening("emulator", "--port", "0", "--hub", "chat") as process:
        assert process.stdout is not None
        lines = []
        for line in process.stdout:
            lines.append(line)
            if line.startswith("Ready."):
                break
        assert lines[0].startswith("Endpoint: http://127.0.0.1:")
        assert any(line.startswith("Client of chat: ws://") for line in lines)
        process.send_signal(signal.SIGINT)
        process.communicate(timeout=PATIENCE)
    assert process.returncode == 0
    with listening("emulator", "--port", "70000") as process:
        _, errors = process.communicate(timeout=PATIENCE)
    assert process.returncode == 2
    assert "'70000' is not a port" in errors
    assert errors.endswith("\nSee 'webpubsub emulator --help'.\n")
