"""Bodies that can be read only once, and what the clients refuse to send."""

import contextlib
import io
import mmap
import os
import tempfile
from collections.abc import AsyncIterator, Callable, Iterator
from typing import Any
from urllib.parse import quote

import pytest
from azure.core.rest import HttpRequest
from hypothesis import given, settings
from hypothesis import strategies as st

from tests.faults import Answer, FaultServer, authorized
from tests.unit.clients import KEY, both_clients, connect

LIMIT = 1024 * 1024
OVER_THE_LIMIT = r"1048576 bytes \(1 MiB\).*Nothing was sent"


def request(content: Any) -> HttpRequest:
    return HttpRequest(
        "POST", "/api/hubs/default/:send", content=content, headers={"Content-Type": "text/plain"}
    )


def pieces(size: int) -> Iterator[bytes]:
    for at in range(0, size, 64 * 1024):
        yield bytes(min(64 * 1024, size - at))


async def pieces_async(size: int) -> AsyncIterator[bytes]:
    for piece in pieces(size):
        yield piece


class Unseekable(io.RawIOBase):
    """A stream that can be read once, like a pipe."""

    def __init__(self, data: bytes) -> None:
        self._file = io.BytesIO(data)

    def readable(self) -> bool:
        return True

    def readinto(self, buffer: Any) -> int:
        return self._file.readinto(buffer)


class AsyncFile:
    """A file whose methods are coroutines, as aiofiles gives it."""

    def __init__(self, data: bytes) -> None:
        self._file = io.BytesIO(data)

    async def read(self, size: int = -1) -> bytes:
        return self._file.read(size)

    async def tell(self) -> int:
        return self._file.tell()

    def __aiter__(self) -> "AsyncFile":
        return self


ONE_SHOT: dict[str, Callable[[int], Any]] = {
    "generator": pieces,
    "stream": lambda size: Unseekable(bytes(size)),
    "asynchronous generator": pieces_async,
    "asynchronous file": lambda size: AsyncFile(bytes(size)),
}
one_shot_bodies = pytest.mark.parametrize(
    ("kind", "make"),
    [
        pytest.param(kind, make, id=f"{name}-{kind}")
        for name, make in ONE_SHOT.items()
        for kind in ("sync", "async")
        if kind == "async" or "asynchronous" not in name
    ],
)


@one_shot_bodies
def test_one_shot_bodies_are_sent_up_to_the_limit(kind: str, make: Callable[[int], Any]) -> None:
    content = make(LIMIT)
    with FaultServer(otherwise=authorized(KEY)) as server, connect(kind, server.endpoint) as client:
        assert client.send(request(content)).status_code == 202
    [seen] = server.requests
    assert (len(seen.body), seen.header("Content-Length"), seen.chunked) == (LIMIT, str(LIMIT), False)


@one_shot_bodies
def test_one_shot_bodies_over_the_limit_are_refused_before_sending(
    kind: str, make: Callable[[int], Any]
) -> None:
    content = make(LIMIT + 1)
    with FaultServer() as server, connect(kind, server.endpoint) as client:
        with pytest.raises(ValueError, match=OVER_THE_LIMIT):
            client.send(request(content))
    assert not server.requests


@one_shot_bodies
def test_spent_bodies_are_refused_before_sending(kind: str, make: Callable[[int], Any]) -> None:
    content = make(5)
    message = request(content)
    with FaultServer() as server, connect(kind, server.endpoint) as client:
        client.send(message)
        with pytest.raises(ValueError, match="read before, or is empty"):
            client.send(message)
    assert len(server.requests) == 1


@pytest.mark.parametrize("content", [pieces_async(5), AsyncFile(b"hello")])
def test_the_synchronous_client_refuses_asynchronous_bodies(content: Any) -> None:
    with FaultServer() as server, connect("sync", server.endpoint) as client:
        with pytest.raises(TypeError, match=r"is asynchronous.*\.aio\."):
            client.send(request(content))
    assert not server.requests


@both_clients
@pytest.mark.parametrize("content", [b"", "", io.BytesIO(), []], ids=["bytes", "text", "file", "list"])
def test_an_empty_message_is_sent_if_it_is_meant(kind: str, content: Any) -> None:
    with FaultServer(otherwise=authorized(KEY)) as server, connect(kind, server.endpoint) as client:
        assert client.send(request(content)).status_code == 202
    [seen] = server.requests
    assert (seen.body, seen.header("Content-Length")) == (b"", "0")


@both_clients
def test_files_on_disk_are_sent_from_where_they_stand(kind: str) -> None:
    with tempfile.TemporaryFile() as binary, tempfile.TemporaryFile("w+", encoding="utf-8") as text:
        binary.write(b"skip me: h\xff")
        binary.seek(9)
        text.write("grüße, 世界")
        text.seek(0)
        with FaultServer(otherwise=authorized(KEY)) as server, connect(kind, server.endpoint) as client:
            for file in (binary, text, binary, text):
                assert client.send(request(file)).status_code == 202
        assert (binary.tell(), text.tell()) == (9, 0)
    assert [seen.body for seen in server.requests] == [b"h\xff", "grüße, 世界".encode()] * 2


def spooled(mode: str, data: Any) -> Any:
    file = tempfile.SpooledTemporaryFile(mode=mode, encoding=None if "b" in mode else "latin-1")  # noqa: SIM115
    file.write(data)
    file.seek(0)
    return file


def mapped(data: bytes) -> mmap.mmap:
    file = mmap.mmap(-1, len(data))
    file[:] = data
    return file


FILES = pytest.mark.parametrize(
    ("make", "sent"),
    [
        pytest.param(lambda size: mapped(b"x" * size), b"x", id="mmap"),
        pytest.param(lambda size: spooled("w+b", b"x" * size), b"x", id="spooled"),
        pytest.param(lambda size: spooled("w+", "é" * (size // 2)), "é".encode(), id="spooled-text"),
    ],
)


@both_clients
@pytest.mark.parametrize("size", [6, LIMIT])
@FILES
def test_what_is_like_a_file_is_sent_whole_at_each_attempt(
    kind: str, make: Callable[[int], Any], sent: bytes, size: int
) -> None:
    with (
        contextlib.closing(make(size)) as file,
        FaultServer(Answer(503), otherwise=authorized(KEY)) as server,
        connect(kind, server.endpoint) as client,
    ):
        assert client.send(request(file)).status_code == 202
        assert file.tell() == 0
    assert [seen.body for seen in server.requests] == [sent * (size // len(sent))] * 2


@both_clients
@FILES
def test_files_over_the_limit_are_refused_and_stay_where_they_were(
    kind: str, make: Callable[[int], Any], sent: bytes
) -> None:
    with contextlib.closing(make(LIMIT + len(sent))) as file:
        with FaultServer() as server, connect(kind, server.endpoint) as client:
            with pytest.raises(ValueError, match=OVER_THE_LIMIT):
                client.send(request(file))
        assert file.tell() == 0
        assert not server.requests


IN_MEMORY: list[tuple[str, Callable[[int], dict[str, Any]]]] = [
    ("bytes", lambda size: {"content": bytes(size)}),
    ("bytearray", lambda size: {"content": bytearray(size)}),
    ("memoryview", lambda size: {"content": memoryview(bytes(size))}),
    ("text", lambda size: {"content": "é" * (size // 2) + "x" * (size % 2)}),
    ("list", lambda size: {"content": [bytes(size - 1), "x"]}),
    ("json", lambda size: {"json": "x" * (size - 2)}),
    ("form", lambda size: {"data": {"a": "x" * (size - 2)}}),
]


@both_clients
@pytest.mark.parametrize("make", [pytest.param(make, id=name) for name, make in IN_MEMORY])
def test_bodies_in_memory_are_sent_up_to_the_limit_and_refused_over_it(
    kind: str, make: Callable[[int], dict[str, Any]]
) -> None:
    with FaultServer(otherwise=authorized(KEY)) as server, connect(kind, server.endpoint) as client:
        assert client.send(HttpRequest("POST", "/x", **make(LIMIT))).status_code == 202
        with pytest.raises(ValueError, match=OVER_THE_LIMIT):
            client.send(HttpRequest("POST", "/x", **make(LIMIT + 1)))
    [seen] = server.requests
    assert (len(seen.body), seen.header("Content-Length")) == (LIMIT, str(LIMIT))


@both_clients
@pytest.mark.parametrize(
    "name", ["Content-Length", "content-length", "Transfer-Encoding", "TRANSFER-ENCODING"]
)
@pytest.mark.parametrize("method", ["POST", "GET"])
@pytest.mark.parametrize("content", [None, b"hello"])
def test_only_the_real_length_goes_out(kind: str, name: str, method: str, content: bytes | None) -> None:
    value = "chunked" if "ran" in name.lower() else "3"
    with FaultServer(otherwise=authorized(KEY)) as server, connect(kind, server.endpoint) as client:
        message = HttpRequest(method, "/x", content=content, headers={name: value})
        assert client.send(message).status_code == 202
    for seen in server.requests:
        length = "5" if content else {"POST": "0", "GET": None}[method]
        assert (seen.header("Content-Length"), seen.header("Transfer-Encoding")) == (length, None)
        assert seen.body == (content or b"")


@both_clients
def test_a_pipe_is_read_to_its_end(kind: str) -> None:
    reader, writer = os.pipe()
    with os.fdopen(writer, "wb") as end:
        end.write(b"hello")
    with os.fdopen(reader, "rb") as pipe, FaultServer() as server, connect(kind, server.endpoint) as client:
        client.send(request(pipe))
    assert server.requests[0].body == b"hello"


@both_clients
def test_text_goes_out_as_utf8_with_its_length_in_bytes(kind: str) -> None:
    with FaultServer() as server, connect(kind, server.endpoint) as client:
        client.send(HttpRequest("POST", "/x", content="grüße"))
        client.send(HttpRequest("POST", "/x", json={"a": "grüße"}))
        client.send(HttpRequest("POST", "/x", data={"a": "grüße"}))
    assert server.requests[0].body == "grüße".encode()
    assert server.requests[0].header("Content-Length") == "7"
    assert server.requests[2].body == b"a=gr%C3%BC%C3%9Fe"


@both_clients
@pytest.mark.parametrize("piece", [1, None, [b"nested"]], ids=repr)
def test_pieces_of_other_types_are_refused(kind: str, piece: Any) -> None:
    with FaultServer() as server, connect(kind, server.endpoint) as client:
        for content in ([b"a", piece], iter([piece])):
            with pytest.raises(TypeError, match="made of bytes"):
                client.send(request(content))
    assert not server.requests


@both_clients
def test_forms_with_files_are_refused(kind: str) -> None:
    with FaultServer() as server, connect(kind, server.endpoint) as client:
        with pytest.raises(TypeError, match="no forms"):
            client.send(HttpRequest("POST", "/x", files={"a": io.BytesIO(b"x")}))
    assert not server.requests


@both_clients
@pytest.mark.parametrize("method", ["POST", "PUT"])
def test_no_body_has_a_length_too(kind: str, method: str) -> None:
    with FaultServer() as server, connect(kind, server.endpoint) as client:
        client.send(HttpRequest(method, "/x"))
    [seen] = server.requests
    assert (seen.header("Content-Length"), seen.header("Content-Type"), seen.chunked) == ("0", None, False)


@pytest.mark.parametrize("kind", ["sync", "async"])
def test_what_arrives_is_what_was_given(kind: str) -> None:
    with FaultServer(otherwise=authorized(KEY)) as server, connect(kind, server.endpoint) as client:

        @given(st.text(), st.binary(max_size=2000), st.text(st.characters(codec="utf-8"), max_size=50))
        @settings(max_examples=40, deadline=None)
        def send(text: str, data: bytes, name: str) -> None:
            before = len(server.requests)
            for content, sent in ((data, data), (iter([data, b"."]), data + b"."), (name, name.encode())):
                url = f"/x/{quote('x' + name, safe='')}?name={quote(text, safe='', errors='replace')}"
                response = client.send(HttpRequest("POST", url, content=content))
                assert response.status_code == 202, text
                assert server.requests[-1].body == sent
            assert len(server.requests) == before + 3

        send()
