"""The command, as a process of its own."""

import json
import os
import queue
import re
import signal
import socket
import subprocess
import sys
import threading
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import fields

import aiohttp
import pytest
from flask import Flask, request
from websockets.sync.client import connect as websocket
from werkzeug.serving import make_server

from azure.messaging.webpubsubservice import WebPubSubServiceClient
from azure.messaging.webpubsubservice.emulator import Fault
from azure.messaging.webpubsubservice.emulator._command.options import OPTIONS
from azure.messaging.webpubsubservice.rest import build_send_to_all_request
from tests.emulator.clients import sign
from tests.limits import PATIENCE

MODULE = [sys.executable, "-m", "azure.messaging.webpubsubservice.emulator"]


@contextmanager
def running(*arguments: str) -> Iterator[tuple[subprocess.Popen[str], dict[str, str]]]:
    """The process, and what it printed before it was ready, by label."""
    command = [*MODULE, "--port", "0", *arguments]
    with subprocess.Popen(command, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True) as process:
        assert process.stdout is not None
        printed: dict[str, str] = {}
        try:
            for line in process.stdout:
                if line.startswith("Ready."):
                    break
                label, _, value = line.strip().partition(": ")
                printed[label] = value
            yield process, printed
        finally:
            process.kill()


def run(*arguments: str) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        [*MODULE, *arguments], capture_output=True, text=True, timeout=PATIENCE, check=False
    )


@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGTERM])
async def test_serves_until_a_signal_and_stops_cleanly(
    session: aiohttp.ClientSession, number: signal.Signals
) -> None:
    key = "a key for this test, long enough for anybody"
    hubs = ("--hub", "chat", "--hub", "other")
    with running("--access-key", key, "--allow-anonymous", *hubs) as (process, printed):
        endpoint = printed["Endpoint"]
        assert printed["Connection string"] == f"Endpoint={endpoint};AccessKey={key};Version=1.0;"
        async with session.get(printed["Playground"]) as page:
            assert page.content_type == "text/html"
        assert printed["Client of other"].startswith(endpoint.replace("http", "ws") + "/client/hubs/other?")
        async with session.ws_connect(printed["Client of chat"]) as client:
            url = f"{endpoint}/api/hubs/chat/:send"
            headers = {"Authorization": f"Bearer {sign(key, url)}", "Content-Type": "text/plain"}
            async with session.post(url, data=b"hi", headers=headers) as answer:
                assert answer.status == 202
            assert await client.receive_str(timeout=10) == "hi"
        async with session.ws_connect(f"{endpoint}/client/hubs/chat") as client:
            process.send_signal(number)
            assert (await client.receive(timeout=10)).data == 1001
        _, errors = process.communicate(timeout=PATIENCE)
        assert process.returncode == 0
        assert "Traceback" not in errors
        assert key not in errors


async def test_lets_requests_go_wrong_and_says_why_in_the_log(session: aiohttp.ClientSession) -> None:
    with running("--fault", "status=429,retry-after=1,times=1", "--log-level", "warning") as (
        process,
        printed,
    ):
        url = f"{printed['Endpoint']}/api/hubs/chat/:send"
        statuses = []
        for _ in range(2):
            async with session.post(url, data=b"") as answer:
                statuses.append(answer.status)
        assert statuses == [429, 401]
        process.send_signal(signal.SIGTERM)
        _, errors = process.communicate(timeout=PATIENCE)
        assert "401 POST /api/hubs/chat/:send: no bearer token" in errors


def test_a_taken_port_is_an_error_without_a_traceback() -> None:
    with socket.create_server(("127.0.0.1", 0)) as taken:
        port = taken.getsockname()[1]
        result = run("--port", str(port))
    assert result.returncode == 1
    text = f"error: port {port} of 127.0.0.1 is taken; choose another, or 0 for a free one\n"
    assert (result.stdout, result.stderr) == ("", text)


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        (["--port", "70000"], "'70000' is not a port"),
        (["--hub", "1"], "'1' is not a hub name: a letter, then at most 127 of A-Za-z0-9_`,.[]\n"),
        (
            ["--fault", "code=1"],
            "a fault has no 'code'; it has: method, path, operation, times, probability, ",
        ),
        (["--event-handler", "a b=http://x"], "must be a hub's name or '*', got 'a b'"),
        (["--host", ""], "host must be a name or an address, got ''"),
        (["--event-handler", "chat"], "'chat' is not of the form HUB=URL"),
        (
            ["--access-key", ""],
            "argument --access-key: a key is text that is not empty, without semicolons\n",
        ),
        (["--access-key", "a;s3cr3t"], "argument --access-key: a key is text that is not empty, without"),
        (["--access-key", "a", "--development-key"], "access-key and development-key are two primary keys"),
        (["--private-key", "x.pem"], "error: private-key needs a certificate\n"),
        (["--seed", "x"], "argument --seed: 'x' is not an integer\n"),
        (["--recovery-window", "x"], "argument --recovery-window: 'x' is not a number of seconds from 0\n"),
        (["--recovery-window", "nan"], "'nan' is not a number of seconds from 0\n"),
        (["--keep-alive-interval", "0"], "'0' is not a number of seconds above 0\n"),
        (["--https=true"], "error: --https does not take a value\n"),
        (["--seed"], "error: --seed needs a value\n"),
        (["--allow"], "error: --allow could be any of --allow-"),
        (["--prot", "1"], "'--prot' is not an option. Did you mean --port?"),
        (["--prot=1"], "'--prot' is not an option. Did you mean --port?"),
        (["8080"], "'8080' is not an option. Did you mean --port 8080?\n"),
        (["chat"], "'chat' is not an option.\n"),
        (["--control", "nobody"], "argument --control: 'nobody' is not one of local, remote, off\n"),
        (["--fault", "429"], "argument --fault: 429 needs the name of its field: write status=429\n"),
        (["--fault", "statsu=429"], "argument --fault: a fault has no 'statsu'. Did you mean status?\n"),
        (["--fault", "status=200"], "--fault: status must be an integer from 400 to 599, got 200\n"),
        (["--event-handler", "chat=http://x;user-event-patern=*"], ". Did you mean user-event-pattern?\n"),
    ],
)
def test_bad_options_are_named(arguments: Sequence[str], message: str) -> None:
    result = run(*arguments)
    assert result.returncode == 2
    assert message in result.stderr
    assert result.stderr.startswith("error: ")
    assert result.stderr.splitlines()[1:] == [
        "See 'python -m azure.messaging.webpubsubservice.emulator --help'."
    ]
    assert "Traceback" not in result.stderr
    assert "s3cr3t" not in result.stderr


def test_help_is_readable() -> None:
    done = subprocess.run(
        [*MODULE, "--help"],
        env={**os.environ, "COLUMNS": "80"},
        capture_output=True,
        text=True,
        timeout=PATIENCE,
        check=True,
    )
    lines = done.stdout.splitlines()
    assert lines[0] == "usage: python -m azure.messaging.webpubsubservice.emulator [OPTIONS]"
    assert max(map(len, lines)) <= 80
    for option in OPTIONS:
        flag = f"--[no-]{option.name}" if option.is_switch else f"--{option.name}"
        (line,) = (each for each in lines if f"{each.strip()} ".startswith(f"{flag} "))
        if not option.is_switch:
            assert line.split()[1] in {"|".join(option.choices), option.metavar}
            assert line.split()[1] != option.key.upper()  # argparse's own
    text = " ".join(done.stdout.split())
    for default in ("127.0.0.1", "8080", "on", "local", "30", "20", "info", "text", "0"):
        assert f"(default: {default})" in text
    for field in fields(Fault):
        assert re.search(rf"\b{field.name.replace('_', '-')}\b", text)
    assert "--control local|remote|off" in text
    assert "'path=*/:send,status=429,retry-after=1,times=3'" in text


def test_a_chat_whose_handler_asks_for_one_system_event() -> None:
    """As the service's tutorial of a chat in Python has it: it reads headers itself."""
    app = Flask(__name__)
    news: queue.SimpleQueue[str] = queue.SimpleQueue()
    service: list[WebPubSubServiceClient] = []

    @app.route("/eventhandler", methods=["POST", "OPTIONS"])
    def handle() -> tuple[str, int, dict[str, str]]:
        if request.method == "OPTIONS":
            return (
                "",
                200,
                {"WebHook-Allowed-Origin": "*"} if request.headers["WebHook-Request-Origin"] else {},
            )
        user, kind = request.headers.get("ce-userid"), request.headers.get("ce-type")
        if kind == "azure.webpubsub.sys.connected":
            news.put(f"{user} connected")
            return f"{user} connected", 200, {}
        if kind == "azure.webpubsub.user.message":
            text = {"from": user, "message": request.data.decode()}
            service[0].send_request(build_send_to_all_request("Sample_ChatApp", json=text))
            return "", 204, {"Content-Type": "text/plain"}
        return "Bad Request", 400, {}

    server = make_server("127.0.0.1", 0, app, threaded=True)
    threading.Thread(target=server.serve_forever).start()
    url = f"http://127.0.0.1:{server.server_port}/eventhandler"
    handler = f"Sample_ChatApp={url};user-event-pattern=*;system-event=connected"
    try:
        with running("--event-handler", handler) as (_, printed):
            with WebPubSubServiceClient.from_connection_string(printed["Connection string"]) as client:
                service.append(client)
                urls = [
                    client.get_client_access_token("Sample_ChatApp", user_id=user)["url"] for user in "ab"
                ]
                with websocket(urls[0]) as alice, websocket(urls[1]) as bob:
                    alice.send("hello")
                    for reader in (alice, bob):
                        assert json.loads(reader.recv(timeout=10)) == {"from": "a", "message": "hello"}
                    assert sorted(news.get(timeout=10) for _ in "ab") == ["a connected", "b connected"]
    finally:
        server.shutdown()
    assert news.empty()
