"""Answers and settings as an attacker, or a broken machine in between, would make them."""

import gzip
import io
import json
import pickle
import socket
import socketserver
import struct
import threading
import time
import zlib
from collections.abc import AsyncIterator, Callable, Iterator
from typing import Any

import pytest
from azure.core.credentials import AccessToken
from azure.core.exceptions import (
    AzureError,
    ClientAuthenticationError,
    DecodeError,
    IncompleteReadError,
    ServiceRequestError,
    ServiceRequestTimeoutError,
    ServiceResponseError,
)
from azure.core.pipeline.policies import SansIOHTTPPolicy
from azure.core.pipeline.transport import HttpRequest as OlderHttpRequest
from azure.core.rest import HttpRequest
from typing_extensions import override

from azure.messaging.webpubsubservice._body import MAX_BODY
from azure.messaging.webpubsubservice._transports import _decoding
from azure.messaging.webpubsubservice._transports._errors import PermanentConnectionError
from tests.faults import Answer, FaultServer, Raw
from tests.unit.clients import both_clients, connect
from tests.unit.test_responses import shown

GET = HttpRequest("GET", "/x")
SECRET = "a-secret-made-up-for-these-tests"
OK = b"HTTP/1.1 200 OK\r\n"


@both_clients
@pytest.mark.parametrize(
    "framing",
    [
        *(b"Content-Length: %d\r\n\r\n" % length for length in (5 * 10**10, 10**18, 2**63 - 1, 10**23)),
        b"Content-Length: " + b"9" * 5000 + b"\r\n\r\n",
        *(
            b"Transfer-Encoding: chunked\r\n\r\n%x\r\n" % length
            for length in (5 * 10**10, 10**18, 2**63 - 1, 2**70)
        ),
    ],
    ids=lambda framing: repr(framing)[:50],
)
@pytest.mark.parametrize("stream", [False, True])
def test_a_length_that_is_announced_takes_no_memory(kind: str, framing: bytes, stream: bool) -> None:
    with FaultServer(Raw(OK + framing + b"hello")) as server:
        with connect(kind, server.endpoint, retry_total=0) as client:
            with pytest.raises((IncompleteReadError, ServiceResponseError)):
                client.blocks(client.send(GET, stream=True)) if stream else client.send(GET)


@both_clients
@pytest.mark.parametrize(
    "head",
    [
        b"Transfer-Encoding: gzip, chunked\r\n",
        b"Transfer-Encoding: gzip\r\n",
        b"Transfer-Encoding: xchunked\r\nContent-Length: 2\r\n",
        b"Transfer-Encoding: identity\r\nContent-Length: 2\r\n",
        b"Transfer-Encoding: chunked, chunked\r\n",
        b"Transfer-Encoding: chunked\r\nContent-Length: 2\r\n",
    ],
)
def test_a_body_whose_end_is_not_clear_is_an_error(kind: str, head: bytes) -> None:
    with FaultServer(Raw(OK + head + b"\r\n2\r\nok\r\n0\r\n\r\n")) as server:
        with connect(kind, server.endpoint, retry_total=0) as client, pytest.raises(ServiceResponseError):
            client.send(GET)


CHUNKED = OK + b"Transfer-Encoding: chunked\r\n\r\n"


@both_clients
@pytest.mark.parametrize(
    "size", ["0x5", "0X5", "+5", "-5", "0_5", " 5", "5\v", "\u0665", "g", "", ";a", "5;\0", "f" * 40]
)
@pytest.mark.parametrize("stream", [False, True])
def test_a_size_of_a_chunk_that_is_none_is_malformed(kind: str, size: str, stream: bool) -> None:
    answer = Raw(CHUNKED + size.encode() + b"\r\nhello\r\n0\r\n\r\n")
    with FaultServer(answer) as server, connect(kind, server.endpoint, retry_total=0) as client:
        with pytest.raises(ServiceResponseError, match="is not HTTP/1"):
            client.blocks(client.send(GET, stream=True)) if stream else client.send(GET)


@both_clients
@pytest.mark.parametrize(
    "body",
    [
        b"5\nhello\r\n0\r\n\r\n",
        b"5\r\nhelloXX0\r\n\r\n",
        b"5\r\nhello0\r\n\r\n",
        b"5\r\nhello\r\n\r\n0\r\n\r\n",
        b"5\r\nhello\r\n0\r\nX y\r\n\r\n",
    ],
)
def test_what_stands_around_chunks_is_malformed_if_it_is_not_theirs(kind: str, body: bytes) -> None:
    with FaultServer(Raw(CHUNKED + body)) as server:
        with connect(kind, server.endpoint, retry_total=0) as client:
            with pytest.raises(ServiceResponseError, match="is not HTTP/1"):
                client.send(GET)


IN_CHUNKS = b"2\r\nhe\r\n3 ;a=b\r\nllo\r\n00\r\nX: y\r\n\r\n"


@both_clients
def test_a_body_in_chunks_is_whole_only_with_the_end_of_its_trailer(kind: str) -> None:
    parts = [Raw(CHUNKED + IN_CHUNKS[:at]) for at in range(len(IN_CHUNKS))]
    with FaultServer(*parts, otherwise=Raw(CHUNKED + IN_CHUNKS, close=False)) as server:
        with connect(kind, server.endpoint, retry_total=0) as client:
            for _ in parts:
                with pytest.raises(IncompleteReadError):
                    client.send(GET)
            assert [client.send(GET).content for _ in range(2)] == [b"hello"] * 2
            assert b"".join(client.blocks(client.send(GET, stream=True))) == b"hello"
        assert server.connections == len(parts) + 1


@both_clients
@pytest.mark.parametrize("status", [b"000", b"099", b"101", b"1000", b"-20"])
def test_a_status_that_is_none_is_an_error(kind: str, status: bytes) -> None:
    answer = Raw(b"HTTP/1.1 " + status + b" x\r\nContent-Length: 0\r\n\r\n")
    with FaultServer(answer) as server, connect(kind, server.endpoint, retry_total=0) as client:
        with pytest.raises(ServiceResponseError):
            client.send(GET)


def zeros(megabytes: int, encoding: str = "gzip") -> bytes:
    deflater = zlib.compressobj(9, zlib.DEFLATED, 31 if encoding == "gzip" else 15)
    block = bytes(1024 * 1024)
    return b"".join(deflater.compress(block) for _ in range(megabytes)) + deflater.flush()


@both_clients
@pytest.mark.parametrize("encoding", ["gzip", "deflate"])
@pytest.mark.parametrize(("over", "accepted"), [(0, True), (1, False)])
def test_what_a_small_body_may_become_has_a_bound(
    kind: str, encoding: str, over: int, accepted: bool, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(_decoding, "MAX_DECODED", 1024 * 1024 - over)
    answer = Answer(200, {"Content-Encoding": encoding}, zeros(1, encoding))
    with FaultServer(otherwise=answer) as server, connect(kind, server.endpoint) as client:
        if accepted:
            assert client.send(GET).content == bytes(1024 * 1024)
        else:
            with pytest.raises(DecodeError, match="decodes to more than"):
                client.send(GET)
        blocks = client.blocks(client.send(GET, stream=True))
        assert b"".join(blocks) == bytes(1024 * 1024)


@both_clients
def test_layers_that_multiply_come_in_small_pieces(kind: str) -> None:
    body = gzip.compress(gzip.compress(zeros(64)))
    assert len(body) < 1024
    answer = Answer(200, {"Content-Encoding": "gzip, gzip, gzip"}, body)
    with FaultServer(otherwise=answer) as server, connect(kind, server.endpoint) as client:
        blocks = client.blocks(client.send(GET, stream=True))
        assert sum(map(len, blocks)) == 64 * 1024 * 1024
        assert max(map(len, blocks)) <= 64 * 1024


WHOLE = OK + b"Content-Type: text/plain\r\nContent-Length: 5\r\n\r\nhello"


@both_clients
def test_a_response_that_breaks_off_is_none_wherever_that_is(kind: str) -> None:
    parts = [Raw(WHOLE[:at]) for at in range(len(WHOLE))]
    with FaultServer(*parts, Raw(WHOLE)) as server, connect(kind, server.endpoint, retry_total=0) as client:
        for _ in parts:
            with pytest.raises((ServiceResponseError, IncompleteReadError)):
                client.send(GET)
        assert client.send(GET).content == b"hello"


@both_clients
@pytest.mark.parametrize("status", [b"204 No Content", b"304 Not Modified"])
@pytest.mark.parametrize("stream", [False, True])
def test_a_status_without_a_body_has_none_whatever_the_headers_say(
    kind: str, status: bytes, stream: bool
) -> None:
    head = b"HTTP/1.1 %b\r\nTransfer-Encoding: chunked\r\n\r\n" % status
    with FaultServer(Raw(head, close=False)) as server, connect(kind, server.endpoint) as client:
        response = client.send(HttpRequest("DELETE", "/x"), stream=stream)
        assert client.blocks(response) == [] if stream else response.content == b""


@both_clients
def test_a_header_with_a_null_character_is_malformed(kind: str) -> None:
    with FaultServer(Raw(OK + b"X: a\0b\r\nContent-Length: 0\r\n\r\n")) as server:
        with connect(kind, server.endpoint, retry_total=0) as client, pytest.raises(ServiceResponseError):
            client.send(GET)


@both_clients
@pytest.mark.parametrize("end", ["\n", "\r\nX: y", "\0", "\x7f"], ids=repr)
def test_a_header_that_cannot_be_sent_is_refused_and_not_shown(kind: str, end: str) -> None:
    with FaultServer() as server, connect(kind, server.endpoint) as client:
        with pytest.raises(ValueError, match="Ocp-Apim-Subscription-Key") as caught:
            client.send(HttpRequest("GET", "/x", headers={"Ocp-Apim-Subscription-Key": SECRET + end}))
        assert SECRET not in shown(caught.value)
    assert not server.requests


@both_clients
@pytest.mark.parametrize("value", [SECRET.encode(), 7, None, [SECRET]], ids=type)
def test_a_header_that_is_no_text_is_refused_and_not_shown(kind: str, value: Any) -> None:
    with FaultServer() as server, connect(kind, server.endpoint) as client:
        with pytest.raises(TypeError, match="the value of 'Key' is") as caught:
            client.send(HttpRequest("GET", "/x", headers={"Key": value}))
        assert SECRET not in shown(caught.value)
    assert not server.requests


@both_clients
@pytest.mark.parametrize("name", ["", "a b", "a:b", ":path", "a\nb", "é", "a\0"])
def test_a_header_name_that_is_none_is_refused(kind: str, name: str) -> None:
    with FaultServer() as server, connect(kind, server.endpoint) as client:
        with pytest.raises(ValueError, match="no header can have"):
            client.send(HttpRequest("GET", "/x", headers={name: "7"}))
    assert not server.requests


BROKEN = f"{SECRET}\n"


def _replace_headers(request: Any) -> None:
    request.http_request.headers = {"X-Key": BROKEN}


def _replace_request(request: Any) -> None:
    request.http_request = HttpRequest("GET", request.http_request.url, headers={"X-Key": BROKEN})


BREAKERS: dict[str, Callable[[Any], object]] = {
    "item": lambda request: request.http_request.headers.__setitem__("X-Key", BROKEN),
    "update": lambda request: request.http_request.headers.update({"X-Key": BROKEN}),
    "setdefault": lambda request: request.http_request.headers.setdefault("X-Key", BROKEN),
    "headers": _replace_headers,
    "request": _replace_request,
}


@both_clients
@pytest.mark.parametrize("breaker", BREAKERS.values(), ids=BREAKERS)
@pytest.mark.parametrize("place", ["raw_request_hook", "per_call_policies", "per_retry_policies"])
def test_a_header_that_a_policy_breaks_is_an_azure_error(
    kind: str, place: str, breaker: Callable[[Any], object]
) -> None:
    class Policy(SansIOHTTPPolicy[Any, Any]):
        @override
        def on_request(self, request: Any) -> None:
            breaker(request)

    options: dict[str, Any] = {place: breaker if place == "raw_request_hook" else Policy()}
    with FaultServer() as server:
        with connect(kind, server.endpoint, **options) as client:
            with pytest.raises(PermanentConnectionError, match="X-Key") as caught:
                client.send(GET)
            assert SECRET not in shown(caught.value)
    assert not server.requests


@both_clients
def test_a_header_that_a_setting_breaks_is_an_azure_error(kind: str, monkeypatch: pytest.MonkeyPatch) -> None:
    with FaultServer() as server:
        monkeypatch.setenv("AZURE_HTTP_USER_AGENT", "two\nlines")
        with connect(kind, server.endpoint) as client, pytest.raises(AzureError, match="User-Agent"):
            client.send(GET)
    assert not server.requests


class BrokenCredential:
    """A credential whose token was read with its line end."""

    token = AccessToken(f"{SECRET}\n", int(time.time()) + 3600)

    def get_token(self, *_: str, **__: Any) -> AccessToken:
        return self.token


class BrokenAsyncCredential(BrokenCredential):
    @override
    async def get_token(self, *_: str, **__: Any) -> AccessToken:  # type: ignore[override]
        return self.token


class Returning:
    """A credential that returns this, whatever it is."""

    def __init__(self, token: Any) -> None:
        self.token = token
        self.asked = 0

    def get_token(self, *_: str, **__: Any) -> Any:
        self.asked += 1
        return self.token


class AsyncReturning(Returning):
    @override
    async def get_token(self, *_: str, **__: Any) -> Any:
        return super().get_token()


#: In the year 2100, and not a time of this run: the tests have these values in their names.
LATER = 4_102_444_800


@both_clients
@pytest.mark.parametrize(
    ("token", "words"),
    [
        (None, "returned None instead of a token"),
        (SECRET, "of type str, which is not text"),
        ((SECRET, LATER), "of type tuple, which is not text"),
        (AccessToken("", LATER), "returned an empty token"),
        (AccessToken(" \t", LATER), "returned an empty token"),
        (AccessToken(None, LATER), "of type NoneType, which is not text"),  # type: ignore[arg-type]
        (AccessToken(SECRET.encode(), LATER), "of type bytes, which is not text"),  # type: ignore[arg-type]
        (AccessToken(5, LATER), "of type int, which is not text"),  # type: ignore[arg-type]
        (AccessToken(SECRET, None), "expires_on is NoneType"),  # type: ignore[arg-type]
        (AccessToken(SECRET, "soon"), "expires_on is str"),  # type: ignore[arg-type]
    ],
    ids=repr,
)
def test_what_is_no_token_is_refused_once_and_not_shown(kind: str, token: Any, words: str) -> None:
    credential = Returning(token) if kind == "sync" else AsyncReturning(token)
    with FaultServer() as server:
        with connect(kind, server.endpoint, credential=credential, enforce_https=False) as client:
            with pytest.raises(
                ClientAuthenticationError, match=rf"The credential \(\w+\) .*{words}"
            ) as caught:
                client.send(GET)
    assert SECRET not in shown(caught.value)
    assert not server.requests
    assert credential.asked == 1


@both_clients
def test_a_token_that_cannot_be_sent_is_not_shown(kind: str) -> None:
    credential = BrokenCredential() if kind == "sync" else BrokenAsyncCredential()
    with FaultServer() as server:
        with connect(kind, server.endpoint, credential=credential, enforce_https=False) as client:
            with pytest.raises(AzureError, match="Authorization") as caught:
                client.send(GET)
    assert SECRET not in shown(caught.value)
    assert not server.requests


@both_clients
@pytest.mark.parametrize("method", ["", "GE T", "GET\r\nX: y", "é", "CONNECT", "connect"])
def test_what_is_no_method_is_refused(kind: str, method: str) -> None:
    with FaultServer() as server, connect(kind, server.endpoint) as client:
        with pytest.raises(ValueError, match=r"HTTP method|CONNECT"):
            client.send(HttpRequest(method, "/x"))
    assert not server.requests


def set_method(method: Any) -> Any:
    def change(request: Any) -> None:
        request.http_request.method = method

    return change


def replace_method(method: Any) -> Any:
    def change(request: Any) -> None:
        old = request.http_request
        request.http_request = HttpRequest(method, old.url, headers=dict(old.headers), content=b"x")

    return change


def by(way: str, change: Any) -> tuple[dict[str, Any], dict[str, Any]]:
    """Return the options of a client and of a call with which a hook or a policy changes a request."""

    class Changing(SansIOHTTPPolicy[Any, Any]):
        def on_request(self, request: Any) -> None:
            change(request)

    if way == "hook":
        return {}, {"raw_request_hook": change}
    return {way: [Changing()]}, {}


WAYS = ["hook", "per_call_policies", "per_retry_policies"]


@both_clients
@pytest.mark.parametrize("change", [set_method, replace_method])
@pytest.mark.parametrize("way", WAYS)
@pytest.mark.parametrize("method", ["", "GE T", "GET\r\nX: y", "CONNECT", None, 5])
def test_no_policy_and_no_hook_can_send_what_is_no_method(
    kind: str, way: str, change: Any, method: Any
) -> None:
    options, call = by(way, change(method))
    with FaultServer() as server, connect(kind, server.endpoint, retry_backoff_factor=0, **options) as client:
        with pytest.raises((ValueError, AzureError), match=r"HTTP method|CONNECT"):
            client.send(HttpRequest("POST", "/x"), **call)
    assert not server.requests


@both_clients
@pytest.mark.parametrize("change", [set_method, replace_method])
@pytest.mark.parametrize("way", WAYS)
def test_a_method_of_a_policy_or_a_hook_goes_out_in_capitals(kind: str, way: str, change: Any) -> None:
    options, call = by(way, change("put"))
    with FaultServer() as server, connect(kind, server.endpoint, **options) as client:
        client.send(HttpRequest("POST", "/x"), **call)
    assert [seen.method for seen in server.requests] == ["PUT"]


CONTENTS: dict[str, Any] = {
    "a generator": lambda: (piece for piece in (b"he", b"llo")),
    "text in a generator": lambda: (piece for piece in ("he", "llo")),
    "a list": lambda: [b"he", b"llo"],
    "text": lambda: "hello",
    "a file": lambda: io.BytesIO(b"hello"),
    "a pipe": lambda: Pipe(b"hello"),
    "a bytearray": lambda: bytearray(b"hello"),
    "a view": lambda: memoryview(b"hello"),
}


class Pipe:
    """A file that cannot go back."""

    def __init__(self, data: bytes) -> None:
        self.read = io.BytesIO(data).read


def replace_content(content: Any) -> Any:
    def change(request: Any) -> None:
        request.http_request = HttpRequest("POST", request.http_request.url, content=content())

    return change


@both_clients
@pytest.mark.parametrize("way", WAYS)
@pytest.mark.parametrize("name", CONTENTS)
def test_content_of_a_policy_or_a_hook_goes_out_with_its_length(kind: str, way: str, name: str) -> None:
    options, call = by(way, replace_content(CONTENTS[name]))
    with FaultServer() as server, connect(kind, server.endpoint, **options) as client:
        assert client.send(HttpRequest("POST", "/x"), **call).status_code == 202
    [seen] = server.requests
    assert (seen.body, seen.header("Content-Length"), seen.header("Transfer-Encoding")) == (
        b"hello",
        "5",
        None,
    )


def add_files(request: Any) -> None:
    request.http_request.files = {"a": b"x"}


def replace_by_files(request: Any) -> None:
    files = {"a": io.BytesIO(b"x")}
    request.http_request = HttpRequest("POST", request.http_request.url, data={"b": "c"}, files=files)


@both_clients
@pytest.mark.parametrize("change", [add_files, replace_by_files])
@pytest.mark.parametrize("way", WAYS)
def test_no_policy_and_no_hook_can_send_a_form_with_files(kind: str, way: str, change: Any) -> None:
    options, call = by(way, change)
    with FaultServer() as server, connect(kind, server.endpoint, retry_backoff_factor=0, **options) as client:
        with pytest.raises(PermanentConnectionError, match=r"Nothing was sent\. The service takes no forms"):
            client.send(HttpRequest("POST", "/x"), **call)
    assert not server.requests


def replace_by_older_request(request: Any) -> None:
    request.http_request = OlderHttpRequest("POST", request.http_request.url, data=b"hello")


@both_clients
@pytest.mark.parametrize("way", WAYS)
def test_a_request_of_a_class_that_azure_core_had_before_is_an_error(kind: str, way: str) -> None:
    options, call = by(way, replace_by_older_request)
    with FaultServer() as server, connect(kind, server.endpoint, **options) as client:
        with pytest.raises(PermanentConnectionError, match=r"Nothing was sent.*core\.rest\.HttpRequest"):
            client.send(HttpRequest("POST", "/x"), **call)
    assert not server.requests


async def coroutine_pieces() -> AsyncIterator[bytes]:
    yield b"he"
    yield b"llo"


@both_clients
@pytest.mark.parametrize("way", WAYS)
@pytest.mark.parametrize(
    ("content", "words"),
    [
        (lambda: (piece for piece in (b"a", None)), "yielded NoneType"),
        (lambda: iter([]), "yielded nothing"),
        (lambda: (b"x" * MAX_BODY for _ in range(2)), "1 MiB"),
        (lambda: bytes(MAX_BODY + 1), "1 MiB"),
    ],
)
def test_content_of_a_policy_or_a_hook_that_cannot_be_sent_is_an_error(
    kind: str, way: str, content: Any, words: str
) -> None:
    options, call = by(way, replace_content(content))
    with FaultServer() as server, connect(kind, server.endpoint, retry_backoff_factor=0, **options) as client:
        with pytest.raises(AzureError, match=f"Nothing was sent.*{words}"):
            client.send(HttpRequest("POST", "/x"), **call)
    assert not server.requests


def test_content_of_a_hook_that_needs_a_coroutine_is_the_asynchronous_clients() -> None:
    call = {"raw_request_hook": replace_content(coroutine_pieces)}
    with FaultServer() as server:
        with connect("async", server.endpoint) as client:
            assert client.send(HttpRequest("POST", "/x"), **call).status_code == 202
        with connect("sync", server.endpoint) as client:
            with pytest.raises(AzureError, match="only be read by a coroutine"):
                client.send(HttpRequest("POST", "/x"), **call)
    assert [seen.body for seen in server.requests] == [b"hello"]


@both_clients
def test_methods_go_out_in_capitals(kind: str) -> None:
    with FaultServer() as server, connect(kind, server.endpoint) as client:
        client.send(HttpRequest("get", "/x"))
        client.send(HttpRequest("brew", "/x"))
    assert [seen.method for seen in server.requests] == ["GET", "BREW"]


@both_clients
@pytest.mark.parametrize("host", ["a" * 64, "a..b", "."])
def test_a_host_that_no_name_server_knows_is_an_azure_error(kind: str, host: str) -> None:
    with connect(kind, f"http://{host}", retry_total=0) as client, pytest.raises(ServiceRequestError):
        client.send(GET)
    with FaultServer(Answer(302, {"Location": f"http://{host}/"})) as server:
        with connect(kind, server.endpoint, retry_total=0) as client, pytest.raises(ServiceRequestError):
            client.send(GET)


@both_clients
def test_json_that_is_nested_too_deep_is_an_error(kind: str) -> None:
    body = b'{"value":' + b"[" * 200_000 + b"]" * 200_000 + b"}"
    with FaultServer(otherwise=Answer(200, {}, body)) as server, connect(kind, server.endpoint) as client:
        with pytest.raises(ValueError, match="nested too deep"):
            client.send(GET).json()


@both_clients
@pytest.mark.parametrize(
    "link",
    [
        "http://127.0.0.1:1/x",
        "//127.0.0.1:1/x",
        "https://user:password@127.0.0.1/x",
        "/x#part",
        "/\ud800",
        "http://[::1/",
        "http://127.0.0.1:port/",
    ],
    ids=repr,
)
def test_a_link_that_cannot_be_followed_is_an_azure_error(kind: str, link: str) -> None:
    page = Answer(200, {}, json.dumps({"value": [1], "nextLink": link}).encode())
    with FaultServer(otherwise=page) as server, connect(kind, server.endpoint) as client:
        with pytest.raises(DecodeError, match="nextLink cannot be followed"):
            items(client)
    assert len(server.requests) == 1


@both_clients
@pytest.mark.parametrize("link", ["/a b", "/é", "/a%3db", "\\\\host", "javascript:x", "/a\0"], ids=repr)
def test_a_link_back_is_known_however_it_is_written(kind: str, link: str) -> None:
    page = Answer(200, {}, json.dumps({"value": [1], "nextLink": link}).encode())
    with FaultServer(otherwise=page) as server, connect(kind, server.endpoint) as client:
        with pytest.raises(DecodeError, match="leads back"):
            items(client)
    assert len(server.requests) == 2


def items(client: Any) -> list[Any]:
    listed = client.client.list_items(GET)
    if hasattr(listed, "__next__"):
        return list(listed)

    async def collect() -> list[Any]:
        return [item async for item in listed]

    found: list[Any] = client.run(collect())
    return found


@both_clients
@pytest.mark.parametrize(
    "other", ["/api/hubs/other/groups/g/connections", "/api/hubs/h/groups/other/connections"]
)
def test_a_continuation_token_works_for_its_own_list_only(kind: str, other: str) -> None:
    with FaultServer() as server, connect(kind, server.endpoint) as client:
        request = HttpRequest("GET", "/api/hubs/h/groups/g/connections")
        with pytest.raises(ValueError, match="continuation_token leads to"):
            client.client.list_items(request).by_page(f"{server.endpoint}{other}?continuationToken=2")
    assert not server.requests


@both_clients
@pytest.mark.parametrize("stream", [False, True])
def test_a_response_does_not_hold_the_password_of_a_proxy(kind: str, stream: bool) -> None:
    with FaultServer(otherwise=Answer(200, {}, b"hello")) as proxy:
        address = proxy.endpoint.replace("//", f"//user:{SECRET}@")
        with connect(kind, "http://service.example", proxies={"http": address}) as client:
            response = client.send(GET, stream=stream)
            assert SECRET not in "\n".join(texts(response))
            client.call(response, "close")


def texts(value: Any) -> Iterator[str]:
    """Every text that the attributes of an object lead to."""
    pending, seen = [value], set()
    while pending:
        part = pending.pop()
        if id(part) in seen or isinstance(part, type):
            continue
        seen.add(id(part))
        if isinstance(part, (str, bytes)):
            yield part if isinstance(part, str) else part.decode("latin-1")
        elif isinstance(part, dict):
            pending += [*part, *part.values()]
        elif isinstance(part, (list, tuple, set, frozenset)):
            pending += part
        elif type(part).__module__.startswith("azure."):
            pending += getattr(part, "__dict__", {}).values()
            pending += [getattr(part, name, None) for name in getattr(type(part), "__slots__", ())]


@both_clients
@pytest.mark.parametrize(
    "answer", [SECRET.encode() + b"\r\n\r\n", b"HTTP/1.1 x " + SECRET.encode() + b"\r\n\r\n"]
)
def test_what_a_server_repeats_instead_of_an_answer_is_in_no_error(kind: str, answer: bytes) -> None:
    with FaultServer(Raw(answer)) as server, connect(kind, server.endpoint, retry_total=0) as client:
        with pytest.raises(ServiceResponseError) as caught:
            client.send(GET)
    assert SECRET not in shown(caught.value)
    assert SECRET.encode() not in pickle.dumps(caught.value)


@both_clients
@pytest.mark.parametrize("option", ["timeout", "connection_timeout", "read_timeout", "retry_backoff_max"])
def test_more_seconds_than_a_clock_has_are_as_good_as_none(kind: str, option: str) -> None:
    values: dict[str, Any] = {option: 10**400}
    with FaultServer() as server, connect(kind, server.endpoint) as client:
        assert client.send(GET, **values).status_code == 202


@both_clients
def test_a_handshake_that_stalls_sends_nothing(kind: str) -> None:
    with socket.create_server(("127.0.0.1", 0)) as listener:
        endpoint = f"https://127.0.0.1:{listener.getsockname()[1]}"
        with connect(kind, endpoint, retry_total=0) as client:
            with pytest.raises(ServiceRequestTimeoutError):
                client.send(GET, timeout=0.1)


@both_clients
def test_no_attempt_begins_when_reading_the_content_took_all_the_time(kind: str) -> None:
    def slow() -> Iterator[bytes]:
        end = time.monotonic() + 0.05
        while time.monotonic() < end:
            pass
        yield b"x"

    with FaultServer() as server, connect(kind, server.endpoint) as client:
        with pytest.raises(ServiceRequestTimeoutError, match="before anything was sent"):
            client.send(HttpRequest("POST", "/x", content=slow()), timeout=0.01)
    assert not server.requests


class Socks(socketserver.StreamRequestHandler):
    """A SOCKS 5 proxy (RFC 1928) that asks for no password."""

    @override
    def handle(self) -> None:
        _, methods = self.rfile.read(2)
        self.rfile.read(methods)
        self.wfile.write(b"\x05\x00")
        _, _, _, address_type = self.rfile.read(4)
        host = self.rfile.read(4 if address_type == 1 else self.rfile.read(1)[0])
        port = int.from_bytes(self.rfile.read(2), "big")
        self.server.asked.append(host)  # type: ignore[attr-defined]
        self.wfile.write(b"\x05\x00\x00\x01\x7f\x00\x00\x01\x00\x00")
        with socket.create_connection(("127.0.0.1", port)) as upstream:
            back = threading.Thread(target=relay, args=(upstream, self.connection))
            back.start()
            relay(self.connection, upstream)
            back.join()


def relay(source: socket.socket, target: socket.socket) -> None:
    try:
        while data := source.recv(65536):
            target.sendall(data)
        target.shutdown(socket.SHUT_WR)
    except OSError:
        pass  # the other side is gone


def test_the_synchronous_client_goes_through_socks_proxies() -> None:
    pytest.importorskip("socks")
    with socketserver.ThreadingTCPServer(("127.0.0.1", 0), Socks) as proxy, FaultServer() as server:
        proxy.asked = []  # type: ignore[attr-defined]
        threading.Thread(target=proxy.serve_forever, kwargs={"poll_interval": 0.01}).start()
        try:
            port = server.endpoint.rpartition(":")[2]
            proxies = {"http": f"socks5h://127.0.0.1:{proxy.server_address[1]}"}
            with connect("sync", f"http://service.example:{port}", proxies=proxies) as client:
                assert client.send(GET).status_code == 202
        finally:
            proxy.shutdown()
        assert proxy.asked == [b"service.example"]  # type: ignore[attr-defined]


@both_clients
@pytest.mark.parametrize("stream", [False, True])
def test_a_body_that_ends_with_a_reset_is_not_taken_for_whole(kind: str, stream: bool) -> None:
    arrived = threading.Event()

    def answer() -> None:
        connection, _ = listener.accept()
        with connection:
            connection.recv(65536)
            connection.sendall(OK + b"\r\nhalf")
            arrived.wait(10)
            connection.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))

    with socket.create_server(("127.0.0.1", 0)) as listener:
        thread = threading.Thread(target=answer)
        thread.start()
        endpoint = f"http://127.0.0.1:{listener.getsockname()[1]}"
        with connect(kind, endpoint, retry_total=0) as client:
            response = client.send(GET, stream=True)
            arrived.set()
            with pytest.raises((ServiceResponseError, IncompleteReadError)):
                client.blocks(response) if stream else client.call(response, "read")
        thread.join()
