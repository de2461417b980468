"""Every sample, run as its reader would run it, prints what it is expected to."""

import doctest
import json
import signal
import subprocess
import sys
from collections.abc import Mapping
from importlib.metadata import entry_points
from pathlib import Path
from typing import Any
from urllib.parse import urlencode
from urllib.request import urlopen

import pytest
from websockets.sync.client import ClientConnection, connect
from websockets.typing import Subprotocol

from tests.samples.conftest import ROOT, Run

SAMPLES = ROOT / "samples"
PLUGIN = "azure.messaging._webpubsubservice_pytest"
EXPECTED = Path(__file__).with_name("expected")
# Those that go on until they are stopped, are started by another command, or need a framework.
APART = {"chat", "event_handler_flask", "event_handler_starlette", "stream_answer", "test_with_emulator"}
FRAMEWORKS = ("django", "fastapi", "flask")
APART |= {name for framework in FRAMEWORKS for name in (f"{framework}_app", f"test_{framework}_app")}

names = {path.stem for path in SAMPLES.glob("*.py")} - APART


def test_every_sample_is_run() -> None:
    assert names == {path.stem for path in EXPECTED.glob("*.txt")}


@pytest.mark.parametrize("name", sorted(names))
def test_a_sample_prints_what_it_does(name: str, run_python: Run, checkout: Path) -> None:
    done = run_python(checkout / "samples" / f"{name}.py", cwd=checkout)
    assert done.returncode == 0, done.stderr
    expected = (EXPECTED / f"{name}.txt").read_text(encoding="utf-8")
    matches = doctest.OutputChecker().check_output(expected, done.stdout, doctest.ELLIPSIS)
    assert matches, f"printed:\n{done.stdout}\nexpected:\n{expected}"
    assert "Warning" not in done.stderr


def test_the_sample_test_passes(run_python: Run, tmp_path: Path) -> None:
    installed = any(each.value == PLUGIN for each in entry_points(group="pytest11"))
    options = [] if installed else ["-p", PLUGIN]
    sample = SAMPLES / "test_with_emulator.py"
    done = run_python("-m", "pytest", sample, "--rootdir", tmp_path, *options, cwd=tmp_path)
    assert done.returncode == 0, done.stdout + done.stderr
    assert "2 passed" in done.stdout


@pytest.mark.parametrize("framework", FRAMEWORKS)
def test_an_application_is_tested_with_its_handlers(framework: str, run_python: Run, checkout: Path) -> None:
    installed = any(each.value == PLUGIN for each in entry_points(group="pytest11"))
    options = [] if installed else ["-p", PLUGIN]
    # Test clients of some releases warn of the releases of others that they use.
    options += ["-W", "default"]
    file = f"test_{framework}_app.py"
    assert len((SAMPLES / file).read_text(encoding="utf-8").splitlines()) <= 30
    done = run_python("-m", "pytest", file, *options, cwd=checkout / "samples")
    assert done.returncode == 0, done.stdout + done.stderr
    assert "1 passed" in done.stdout


def test_people_chat(environment: Mapping[str, str]) -> None:
    command = [sys.executable, "-W", "error", str(SAMPLES / "chat.py")]
    with subprocess.Popen(
        command, env=environment, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True
    ) as server:
        assert server.stdout is not None
        address = server.stdout.readline().strip()
        try:
            with urlopen(address, timeout=10) as page:
                assert page.headers["Content-Type"].startswith("text/html")
                assert b"new WebSocket(url" in page.read()
            with enter(address, "alice") as alice, enter(address, "bob") as bob:
                assert read(alice)["event"] == read(bob)["event"] == "connected"
                assert read(alice)["data"] == "bob joins"
                alice.send(json.dumps({"type": "sendToGroup", "group": "room", "data": "hello"}))
                for socket in (alice, bob):
                    message = read(socket)
                    assert (message["fromUserId"], message["data"]) == ("alice", "hello")
        finally:
            server.send_signal(signal.SIGINT)
    assert server.returncode == 0


def test_an_answer_is_streamed(environment: Mapping[str, str]) -> None:
    command = [sys.executable, "-W", "error", str(SAMPLES / "stream_answer.py")]
    with subprocess.Popen(
        command,
        env={**environment, "PAUSE": "0.001"},
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
    ) as server:
        assert server.stdout is not None
        address = server.stdout.readline().strip()
        try:
            with urlopen(address, timeout=10) as page:
                assert b'metadata["stream-sequence-id"]' in page.read()
            with urlopen(f"{address}negotiate", timeout=10) as answer:
                news = json.load(answer)
            with connect(news["url"], subprotocols=[Subprotocol("json.webpubsub.azure.v1")]) as socket:
                assert read(socket)["event"] == "connected"
                question = urlencode({"group": news["group"], "question": "Why?"})
                with urlopen(address, question.encode(), timeout=10) as answer:
                    assert answer.status == 204
                messages = [read_message(socket)]
                while "end-of-stream" not in messages[-1]["metadata"]:
                    messages.append(read_message(socket))
        finally:
            server.send_signal(signal.SIGINT)
    assert server.returncode == 0
    numbers = [int(message["metadata"]["stream-sequence-id"]) for message in messages]
    assert numbers == list(range(1, len(messages) + 1))
    text = "".join(message["data"] for message in messages)
    assert text == "You asked: Why? I do not know, but I can say so slowly. "
    assert messages[-1]["metadata"]["end-of-stream"] == "complete"


def enter(address: str, name: str) -> ClientConnection:
    with urlopen(f"{address}negotiate?name={name}", timeout=10) as answer:
        url = json.load(answer)["url"]
    return connect(url, subprotocols=[Subprotocol("json.webpubsub.azure.v1")])


def read_message(socket: ClientConnection) -> dict[str, Any]:
    message: dict[str, Any] = json.loads(socket.recv(timeout=10))
    return message


def read(socket: ClientConnection) -> dict[str, str]:
    message: dict[str, str] = json.loads(socket.recv(timeout=10))
    return message
