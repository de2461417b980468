"""``webpubsub listen`` against servers that break the protocol: one line, exit status 1, and an end."""

import base64
import hashlib
import json
import socket
import struct
import threading
from collections.abc import Iterator
from contextlib import contextmanager

import aiohttp
import pytest

from tests.command.conftest import Outcome, Run
from tests.faults import Answer, FaultServer, Gate, Raw
from tests.faults.requests import Request
from tests.faults.steps import Script

SUBPROTOCOL = "json.webpubsub.azure.v1"
CLOSE = b"\x88\x02" + struct.pack(">H", 1000)
MIB = 1024 * 1024


def frame(payload: bytes, opcode: int = 0x81, length: int | None = None) -> bytes:
    """A WebSocket frame of a server: text by default. ``length`` is what its head says."""
    return bytes([opcode, 127]) + struct.pack(">Q", len(payload) if length is None else length) + payload


def as_json(value: object) -> bytes:
    return frame(json.dumps(value).encode())


def handshake(key: str, protocol: str | None = SUBPROTOCOL) -> bytes:
    accepted = hashlib.sha1(f"{key}258EAFA5-E914-47DA-95CA-C5AB0DC85B11".encode()).digest()
    lines = [
        "HTTP/1.1 101 Switching Protocols",
        "Upgrade: websocket",
        "Connection: Upgrade",
        f"Sec-WebSocket-Accept: {base64.b64encode(accepted).decode()}",
        *([f"Sec-WebSocket-Protocol: {protocol}"] if protocol else []),
    ]
    return "\r\n".join([*lines, "", ""]).encode()


def sending(frames: bytes, protocol: str | None = SUBPROTOCOL) -> Script:
    """Take a client, send it frames, and close."""

    def step(request: Request) -> Raw:
        key = request.header("Sec-WebSocket-Key")
        assert key is not None
        return Raw(handshake(key, protocol) + frames + CLOSE, close=False)

    return step


def listen(run: Run, server: FaultServer, *more: str) -> Outcome:
    url = f"ws://127.0.0.1:{server.port}/client/hubs/chat?access_token=s3cr3t"
    return run("listen", "--url", url, "--group", "lobby", *more)


def ack(**members: object) -> bytes:
    return as_json({"type": "ack", "ackId": 1, "success": True, **members})


MESSAGE = {"type": "message", "from": "server", "dataType": "text", "data": "hi"}
DEEP = b"[" * 100_000

FRAMES = {
    "no JSON": (frame(b"hello"), "a frame is not JSON"),
    "a number that JSON lacks": (frame(b'{"type": NaN}'), "a frame is not JSON"),
    "a number too long": (frame(b"9" * 5000), "a frame is not a JSON object"),
    "no object": (as_json([1]), "a frame is not a JSON object"),
    "null": (as_json(None), "a frame is not a JSON object"),
    "no type": (as_json({}), "a frame has no type"),
    "a type that is no text": (as_json({"type": ["ack"]}), "a frame has no type"),
    "deep": (frame(b'{"type":' + DEEP), "a frame is nested too deeply"),
    "an ack without its identifier": (
        as_json({"type": "ack", "success": False}),
        "a frame of type ack has no ackId",
    ),
    "an ack of null": (ack(ackId=None), "a frame of type ack has no ackId"),
    "an ack of text": (ack(ackId="1"), "in a frame of type ack, ackId is not an integer"),
    "an ack of true": (ack(ackId=True), "in a frame of type ack, ackId is not an integer"),
    "an ack of nothing": (ack(ackId=0, success=False), "an ack is for a message that was not sent"),
    "an ack of the future": (ack(ackId=2), "an ack is for a message that was not sent"),
    "an ack without a result": (
        as_json({"type": "ack", "ackId": 1}),
        "a frame of type ack has no success",
    ),
    "an ack of a text for a result": (
        ack(success="no"),
        "in a frame of type ack, success is not true or false",
    ),
    "an ack with an error of text": (
        ack(success=False, error="no"),
        "in a frame of type ack, error is not an object",
    ),
    "an ack with a reason of a list": (
        ack(success=False, error={"message": [1]}),
        "in a frame of type ack, message is not text",
    ),
    "a number of text": (
        as_json({**MESSAGE, "sequenceId": "1"}),
        "in a frame of type message, sequenceId is not an integer",
    ),
    "a group that is a list": (
        as_json({**MESSAGE, "group": []}),
        "in a frame of type message, group is not text",
    ),
    "a message without data": (as_json({"type": "message"}), "a frame of type message has no data"),
    "a user that is an object": (
        as_json({"type": "system", "event": "connected", "userId": {}}),
        "in a frame of type system, userId is not text",
    ),
    "no event": (as_json({"type": "system"}), "a frame of type system has no event"),
    "bytes": (frame(b"\x00", 0x82), "a frame is binary, not text"),
    "no UTF-8": (frame(b"\xff"), "a frame is not text in UTF-8"),
    "too long": (frame(b"a" * (7 * MIB + 1)), "a frame is over 7 MiB"),
    "endless, in pieces": (
        frame(b"a" * MIB, 0x01) + frame(b"a" * MIB, 0x00) * 7,
        "a frame is over 7 MiB",
    ),
    "a reserved opcode": (frame(b"", 0x83), "a frame breaks the rules of WebSocket"),
    "an end without a start": (frame(b"", 0x80), "a frame breaks the rules of WebSocket"),
}


# Older releases of aiohttp look at a frame's length when all of it is there.
VERSION = tuple(map(int, aiohttp.__version__.split(".")[:3]))
if VERSION >= (3, 14, 4) or (3, 13, 5) <= VERSION < (3, 14):
    FRAMES["endless"] = frame(b"a" * MIB, length=1 << 62), "a frame is over 7 MiB"


@pytest.mark.parametrize("name", FRAMES)
def test_a_frame_that_is_not_allowed_is_one_line_and_1(run: Run, name: str) -> None:
    sent, reason = FRAMES[name]
    with FaultServer(sending(sent)) as server:
        outcome = listen(run, server)
    assert outcome == Outcome(1, "", f"error: This server does not speak {SUBPROTOCOL}: {reason}.\n")


def test_an_error_is_json_for_programs(run: Run) -> None:
    with FaultServer(sending(as_json([]))) as server:
        outcome = listen(run, server, "--json")
    assert (outcome.status, outcome.stdout) == (1, "")
    assert json.loads(outcome.stderr) == {
        "error": {"message": f"This server does not speak {SUBPROTOCOL}: a frame is not a JSON object."}
    }


def test_a_server_must_accept_the_subprotocol(run: Run) -> None:
    with FaultServer(sending(as_json(MESSAGE), protocol=None)) as server:
        outcome = listen(run, server)
    message = f"error: This server does not speak {SUBPROTOCOL}: it did not accept this subprotocol.\n"
    assert outcome == Outcome(1, "", message)


def test_frames_of_unknown_types_and_members_are_no_error(run: Run) -> None:
    frames = [{"type": "pong"}, {"type": "later", "ackId": "x"}, {**MESSAGE, "group": None, "more": [1]}]
    with FaultServer(sending(b"".join(map(as_json, frames)))) as server:
        outcome = listen(run, server, "--count", "1")
    assert (outcome.status, outcome.stdout[10:], outcome.stderr) == (0, "server:  hi\n", "")


def test_the_longest_message_of_a_service_is_printed(run: Run) -> None:
    data = "\x01" * MIB  # six bytes each, in JSON
    with FaultServer(sending(as_json({**MESSAGE, "data": data}))) as server:
        outcome = listen(run, server, "--count", "1", "--json")
    assert outcome.status == 0
    assert outcome.json()["data"] == data


def test_a_number_beyond_floats_is_still_json(run: Run) -> None:
    text = json.dumps({**MESSAGE, "data": 0}).replace("0", f"[1e999, -1e999, 1.5, -{'9' * 5000}, {2**64}]")
    with FaultServer(sending(frame(text.encode()))) as server:
        outcome = listen(run, server, "--count", "1", "--json")

    def refuse(name: str) -> None:
        raise AssertionError(name)

    largest = 1.7976931348623157e308
    assert json.loads(outcome.stdout, parse_constant=refuse)["data"] == [
        largest,
        -largest,
        1.5,
        -largest,
        2**64,
    ]


@pytest.mark.parametrize(
    ("answer", "status", "message"),
    [
        (Answer(200, {}, b"<html>"), 1, "does not speak WebSocket: it responded with 200."),
        (Raw(handshake("another")), 1, "does not speak WebSocket: it responded with 101."),
        (Answer(429), 3, "(429): there are too many connections or requests."),
        (Answer(503), 3, "(503): it cannot serve it now."),
        (Raw(b"\x00\xff\r\n\r\n"), 3, "There is no WebSocket connection"),
    ],
    ids=lambda value: str(value)[:20],
)
def test_a_response_that_is_no_handshake_is_one_line(
    run: Run, answer: Answer | Raw, status: int, message: str
) -> None:
    with FaultServer(otherwise=answer) as server:
        outcome = listen(run, server)
    assert (outcome.status, outcome.stdout) == (status, "")
    assert message in outcome.stderr
    assert "s3cr3t" not in outcome.stderr
    assert outcome.stderr.count("\n") == 1


def test_a_server_that_does_not_answer_is_waited_for_as_long_as_timeout_says(run: Run) -> None:
    with FaultServer(otherwise=Answer(gate=Gate())) as server:
        outcome = listen(run, server, "--timeout", "0.05")
    assert outcome.status == 3
    assert "There is no WebSocket connection: no response in time." in outcome.stderr


@pytest.mark.parametrize("url", ["", "chat", "ftp://host/", "ws://", "ws://[::1/?s3cr3t", "ws://h:x/?s3cr3t"])
def test_a_url_for_no_websocket_is_a_mistake(run: Run, url: str) -> None:
    outcome = run("listen", "--url", url)
    assert outcome.status == 2
    assert "--url takes a URL that starts with ws:// or wss://" in outcome.stderr
    assert "s3cr3t" not in outcome.stderr


@contextmanager
def flooding() -> Iterator[int]:
    """A server that sends messages as long as it can, and never closes. Yields its port."""

    def serve() -> None:
        connection, _ = listener.accept()
        with connection:
            head = b""
            while not head.endswith(b"\r\n\r\n"):
                head += connection.recv(4096)
            fields = dict(line.split(": ", 1) for line in head.decode().split("\r\n")[1:-2])
            try:
                connection.sendall(handshake(fields["Sec-WebSocket-Key"]))
                while True:
                    connection.sendall(as_json(MESSAGE) * 100)
            except OSError:  # the client is gone
                pass

    with socket.create_server(("127.0.0.1", 0)) as listener:
        thread = threading.Thread(target=serve)
        thread.start()
        yield listener.getsockname()[1]
        thread.join()


def test_a_server_that_goes_on_sending_does_not_keep_the_command_open(run: Run) -> None:
    with flooding() as port:
        outcome = run("listen", "--url", f"ws://127.0.0.1:{port}/client/hubs/chat", "--count", "2")
    assert outcome.status == 0
    assert outcome.stdout.count("\n") == 2
