"""The programs that the playground shows: each is run, and makes the request that it stands for."""

import ast
import contextlib
import io
import json
import shutil
import subprocess
from collections.abc import Callable, Iterator, Mapping, Sequence
from typing import Any
from urllib.parse import parse_qs

import pytest
from azure.core.exceptions import HttpResponseError
from hypothesis import given, settings
from hypothesis import strategies as st

from azure.messaging.webpubsubservice.emulator import Emulator, RequestRecord
from azure.messaging.webpubsubservice.emulator._playground.operations import BY_NAME, path_parameters
from azure.messaging.webpubsubservice.emulator._playground.programs import programs
from azure.messaging.webpubsubservice.emulator._playground.python import python
from azure.messaging.webpubsubservice.emulator._playground.requests import Call
from azure.messaging.webpubsubservice.emulator._protocol.messages import PayloadType
from azure.messaging.webpubsubservice.emulator._specification import ROUTES, Body, Route
from tests.emulator.page import form
from tests.limits import PATIENCE

JSON_VALUES = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats(allow_nan=False, allow_infinity=False) | st.text(),
    lambda inner: st.lists(inner) | st.dictionaries(st.text(), inner),
)


def _arguments(program: str | None) -> tuple[Sequence[Any], Mapping[str, Any]]:
    """The arguments of the builder's call, read without running anything."""
    assert program is not None
    call = next(
        node
        for node in ast.walk(ast.parse(program))
        if isinstance(node, ast.Call)
        and isinstance(node.func, ast.Name)
        and node.func.id.startswith("build_")
    )
    keywords = {str(keyword.arg): ast.literal_eval(keyword.value) for keyword in call.keywords}
    return [ast.literal_eval(argument) for argument in call.args], keywords


@settings(deadline=None, max_examples=50)
@given(
    st.text(alphabet=st.characters(exclude_categories=["Cs"])),
    st.text(alphabet=st.characters(exclude_categories=["Cs"])),
)
def test_any_text_is_quoted(name: str, text: str) -> None:
    program = python(_call("SendToGroup", ["chat", name], PayloadType.TEXT, text.encode(), filter=text))
    assert _arguments(program) == (["chat", name], {"content": text, "filter": text})


@settings(deadline=None, max_examples=50)
@given(st.binary())
def test_any_bytes_are_quoted(data: bytes) -> None:
    assert _arguments(python(_call("SendToAll", ["chat"], PayloadType.BINARY, data)))[1] == {"content": data}


@settings(deadline=None, max_examples=50)
@given(JSON_VALUES)
def test_any_json_is_a_literal(value: Any) -> None:
    data = json.dumps(value).encode()
    _, keywords = _arguments(python(_call("SendToAll", ["chat"], PayloadType.JSON, data)))
    if value is None:
        assert keywords == {"content": "null", "content_type": "application/json"}
    else:
        assert json.dumps(keywords["json"]) == json.dumps(value)


@pytest.mark.parametrize(
    "text",
    [
        "null",
        "1e400",
        "0.12345678901234567890123",
        '{"a":1,"a":2}',
        "9" * 5000,
        "[" * 5000,
        "NaN",
        "Infinity",
        "{",
    ],
    ids=lambda text: text[:12],
)
def test_json_that_python_would_change_stays_text(text: str) -> None:
    _, keywords = _arguments(python(_call("SendToAll", ["chat"], PayloadType.JSON, text.encode())))
    assert keywords == {"content": text, "content_type": "application/json"}


def _call(operation: str, path: list[str], data_type: PayloadType, data: bytes, **query: Any) -> Call:
    return Call(BY_NAME[f"WebPubSub_{operation}"], path, query, (data_type, data))


def _run_python(program: str) -> None:
    namespace: dict[str, Any] = {}
    with contextlib.redirect_stdout(io.StringIO()):
        exec(program, namespace)
    namespace["client"].close()


def _run_curl(program: str) -> None:
    subprocess.run(["bash", "-eu", "-c", program], check=True, capture_output=True, timeout=PATIENCE)


def _run_javascript(program: str) -> None:
    subprocess.run(
        ["node", "--input-type=module", "-"],
        input=program.encode(),
        check=True,
        capture_output=True,
        timeout=PATIENCE,
    )


#: How to run a program of each language, and the commands that it takes.
LANGUAGES: Mapping[str, tuple[Callable[[str], None], Sequence[str]]] = {
    "python": (_run_python, ()),
    "curl": (_run_curl, ("bash", "curl", "openssl")),
    "javascript": (_run_javascript, ("node",)),
}

HOSTILE = "\\'\\'\\' \\ \n\u202e 🦊 $(exit 9) `exit 9` ${x} %s \" @"

FORMS = [
    pytest.param(form(), "/api/hubs/chat/:send", b'{"Hello":"webpubsub!"}', id="all"),
    pytest.param(
        form("SendToGroup", group='it\'s "a"/\\n{x}$(exit 9)') | {"dataType": "text", "data": HOSTILE},
        "/api/hubs/chat/groups/it%27s%20%22a%22%2F%5Cn%7Bx%7D%24%28exit%209%29/:send",
        HOSTILE.encode(),
        id="group, hostile text",
    ),
    pytest.param(
        form("SendToUser", userId="');import os#") | {"dataType": "binary", "data": "AAEC/w=="},
        "/api/hubs/chat/users/%27%29%3Bimport%20os%23/:send",
        b"\x00\x01\x02\xff",
        id="user, bytes",
    ),
    pytest.param(
        form() | {"dataType": "text", "data": "@/etc/passwd\x00"},
        "/api/hubs/chat/:send",
        b"@/etc/passwd\x00",
        id="text with NUL and @",
    ),
    pytest.param(
        form("SendToConnection", connectionId="x")
        | {"data": "[1.5,null,true]", "query": {"messageTtlSeconds": 5}},
        "/api/hubs/chat/connections/x/:send",
        b"[1.5,null,true]",
        id="connection",
    ),
    pytest.param(
        form() | {"data": "1e400"}, "/api/hubs/chat/:send", b"1e400", id="a number too large for Python"
    ),
    pytest.param(form() | {"data": "null"}, "/api/hubs/chat/:send", b"null", id="null"),
]


@pytest.fixture(scope="module")
def emulator() -> Iterator[Emulator]:
    with Emulator() as running:
        yield running


@pytest.mark.parametrize("language", LANGUAGES)
@pytest.mark.parametrize(("asked", "path", "body"), FORMS)
def test_a_program_does_what_it_shows(
    emulator: Emulator,
    monkeypatch: pytest.MonkeyPatch,
    language: str,
    asked: dict[str, Any],
    path: str,
    body: bytes,
) -> None:
    request = _made_by(language, Call.read(asked), emulator, monkeypatch)
    assert (request.status, request.path) == (202, path)
    sent = request.body or b""
    same_json = asked["dataType"] == "json" and sent.startswith(b"{") and json.loads(sent) == json.loads(body)
    assert same_json or sent == body


@pytest.mark.parametrize("language", ["python", "curl"])
@pytest.mark.parametrize("route", ROUTES, ids=lambda route: route.operation)
def test_every_operation_has_a_program_that_makes_it(
    emulator: Emulator, monkeypatch: pytest.MonkeyPatch, language: str, route: Route
) -> None:
    values = {"permission": "sendToGroup", "hub": "chat", "group": "blue & green"}
    path = [values.get(name, f"some {name}") for name in path_parameters(route)]
    queries: dict[str, Any] = {
        "targetName": "a b",
        "excluded": ["x", "y"],
        "filter": "true",
        "role": ["r"],
        "top": 3,
    }
    query = {name: queries[name] for name in route.query if name in queries}
    data = b'{"groups":["blue"]}' if route.body is Body.GROUPS else b"{}"
    message = None if route.body is Body.NONE else (PayloadType.JSON, data)
    call = Call(route, path, query, message)
    request = _made_by(language, call, emulator, monkeypatch)
    assert (request.operation, request.method) == (route.operation, route.method)
    assert request.path == call.raw_path
    assert request.status != 401
    if route.needs_token:
        # A builder also sends the defaults that the specification gives.
        assert parse_qs(call.url.partition("?")[2]).items() <= dict(request.query).items()


def _made_by(language: str, call: Call, emulator: Emulator, monkeypatch: pytest.MonkeyPatch) -> RequestRecord:
    run, commands = LANGUAGES[language]
    missing = [command for command in commands if shutil.which(command) is None]
    if missing:
        pytest.skip(f"not installed: {', '.join(missing)}")
    program = programs(call)[language]
    assert program is not None
    assert emulator.access_key not in program
    monkeypatch.setenv("WEBPUBSUB_CONNECTION_STRING", emulator.connection_string)
    emulator.clear_records()
    with contextlib.suppress(HttpResponseError):  # somebody who is not there
        run(program)
    (request,) = emulator.requests
    return request


def test_a_program_too_long_to_read_is_not_written() -> None:
    shown = programs(_call("SendToAll", ["chat"], PayloadType.TEXT, b"x" * 100_000))
    assert shown == {"python": None, "curl": None, "javascript": None}
