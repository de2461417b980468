"""Responses, read and streamed, and lists that come in pages."""

import copy
import gzip
import json
import pickle
import zlib
from functools import partial
from typing import Any

import pytest
from azure.core.exceptions import (
    AzureError,
    DecodeError,
    HttpResponseError,
    IncompleteReadError,
    ResponseNotReadError,
    ServiceResponseError,
    ServiceResponseTimeoutError,
    StreamClosedError,
    StreamConsumedError,
)
from azure.core.rest import AsyncHttpResponse, HttpRequest, HttpResponse

from azure.messaging.webpubsubservice import WebPubSubServiceClient
from azure.messaging.webpubsubservice.aio import WebPubSubServiceClient as AsyncWebPubSubServiceClient
from tests.contract.facts import DEFAULT
from tests.faults import Answer, FaultServer, Gate, Raw, Request, Step, authorized
from tests.unit.clients import KEY, both_clients, connect

GET = HttpRequest("GET", "/x")
TEXT = "grüße, 世界 " * 1000
gzipped = partial(gzip.compress, mtime=0)  # the same name of a test at any time


@both_clients
def test_a_response_is_azure_cores(kind: str) -> None:
    headers = [("Content-Type", "application/json; charset=utf-8"), ("X-A", "1"), ("x-a", "2"), ("ETag", "e")]
    with (
        FaultServer(Answer(200, headers, b'{"a": "\xc3\xbc"}')) as server,
        connect(kind, server.endpoint) as client,
    ):
        response = client.send(GET)
        assert isinstance(response, HttpResponse if kind == "sync" else AsyncHttpResponse)
        assert (response.status_code, response.reason) == (200, "OK")
        assert response.content_type == "application/json; charset=utf-8"
        assert (response.headers["x-A"], response.headers.get("etag"), "ETAG" in response.headers) == (
            "1, 2",
            "e",
            True,
        )
        assert (response.encoding, response.json(), response.text()) == ("utf-8", {"a": "ü"}, '{"a": "ü"}')
        assert response.url == f"{server.endpoint}/x?api-version={DEFAULT}" == response.request.url
        assert response.is_closed
        assert response.is_stream_consumed
        name = "HttpResponse" if kind == "sync" else "AsyncHttpResponse"
        assert repr(response) == f"<{name}: 200 OK, Content-Type: application/json; charset=utf-8>"
        assert client.blocks(response) == [response.content]
        assert client.call(response, "read") == response.content


@both_clients
@pytest.mark.parametrize(
    ("content_type", "body", "text"),
    [
        ("text/plain", b"\xef\xbb\xbfa", "a"),
        ("text/plain; charset=UTF-8", b"\xef\xbb\xbfa", "a"),
        ("text/plain; charset=latin-1", b"\xfc", "ü"),
        ('text/plain; a=b; charset="utf-16"', "ü".encode("utf-16"), "ü"),
        ("text/plain; charset=unknown", b"\xff", "\ufffd"),
        (None, "ü".encode(), "ü"),
        ("text/plain", b"", ""),
    ],
)
def test_text_is_decoded(kind: str, content_type: str | None, body: bytes, text: str) -> None:
    headers = {"Content-Type": content_type} if content_type else {}
    with FaultServer(Answer(200, headers, body)) as server, connect(kind, server.endpoint) as client:
        response = client.send(GET)
    assert response.text() == text
    response.encoding = "latin-1"
    assert response.text() == body.decode("latin-1")
    assert response.text("latin-1") == body.decode("latin-1")


def deflated(data: bytes, wbits: int = zlib.MAX_WBITS) -> bytes:
    packer = zlib.compressobj(wbits=wbits)
    return packer.compress(data) + packer.flush()


ENCODED = [
    ("gzip", gzipped(TEXT.encode())),
    ("x-gzip", gzipped(TEXT.encode())),
    ("gzip", gzipped(TEXT.encode()[:100]) + gzipped(TEXT.encode()[100:])),
    ("deflate", deflated(TEXT.encode())),
    ("deflate", deflated(TEXT.encode(), -zlib.MAX_WBITS)),
    ("identity", TEXT.encode()),
]


@both_clients
@pytest.mark.parametrize(
    ("encoding", "body"),
    ENCODED,
    ids=["gzip", "x-gzip", "two members", "deflate", "bare deflate", "identity"],
)
@pytest.mark.parametrize("framing", ["length", "chunked", "close"])
def test_encoded_bodies_are_decoded(kind: str, encoding: str, body: bytes, framing: Any) -> None:
    answer = Answer(200, {"Content-Encoding": encoding}, body, framing=framing)
    with FaultServer(otherwise=answer) as server, connect(kind, server.endpoint) as client:
        assert client.send(GET).text() == TEXT
        streamed = client.send(GET, stream=True)
        blocks = client.blocks(streamed)
        assert b"".join(blocks).decode() == TEXT
        raw = client.send(GET, stream=True)
        assert b"".join(client.blocks(raw, "iter_raw")) == body
        late = client.send(GET, stream=True)
        client.call(late, "read")
        assert late.text() == TEXT
    assert server.requests[0].header("Accept-Encoding") == "gzip, deflate"


@both_clients
def test_a_body_that_is_not_what_it_says_is_an_error(kind: str) -> None:
    answer = Answer(200, {"Content-Encoding": "gzip"}, b"not gzip at all")
    with FaultServer(otherwise=answer) as server, connect(kind, server.endpoint) as client:
        with pytest.raises(DecodeError):
            client.send(GET)
        streamed = client.send(GET, stream=True)
        with pytest.raises(DecodeError):
            client.blocks(streamed)
    assert len(server.requests) == 2


@both_clients
def test_a_streamed_response_is_read_once(kind: str) -> None:
    with (
        FaultServer(otherwise=Answer(200, {}, b"x" * 10_000)) as server,
        connect(kind, server.endpoint) as client,
    ):
        response = client.send(GET, stream=True)
        assert not response.is_closed
        with pytest.raises(ResponseNotReadError):
            response.text()
        blocks = client.blocks(response)
        assert (b"".join(blocks), len(blocks) > 1) == (b"x" * 10_000, True)
        with pytest.raises(StreamConsumedError):
            client.blocks(response)
        closed = client.send(GET, stream=True)
        client.call(closed, "close")
        with pytest.raises(StreamClosedError):
            client.blocks(closed, "iter_raw")


@both_clients
def test_streamed_responses_give_their_connections_back(kind: str) -> None:
    with (
        FaultServer(otherwise=Answer(200, {}, b"x" * 10_000)) as server,
        connect(kind, server.endpoint) as client,
    ):
        for _ in range(3):
            client.blocks(client.send(GET, stream=True))
        assert server.connections == 1
        client.call(client.send(GET, stream=True), "close")
        client.blocks(client.send(GET, stream=True))


@both_clients
def test_streams_that_break_off_or_stall_are_errors(kind: str) -> None:
    gate = Gate()
    steps = [Answer(200, {}, b"x" * 100, truncate=50), Answer(200, {}, b"x" * 100, body_gate=gate)]
    with FaultServer(*steps) as server, connect(kind, server.endpoint, retry_total=0) as client:
        with pytest.raises(IncompleteReadError):
            client.blocks(client.send(GET, stream=True))
        with pytest.raises(ServiceResponseTimeoutError):
            client.blocks(client.send(GET, stream=True, read_timeout=0.1))
        gate.open()


@both_clients
def test_a_retried_response_is_closed_though_it_is_streamed(kind: str) -> None:
    with FaultServer(Answer(503, {}, b"x" * 10_000)) as server, connect(kind, server.endpoint) as client:
        response = client.send(GET, stream=True)
        assert response.status_code == 202
        assert client.call(response, "read") == b""


@both_clients
def test_what_is_not_http_is_an_error_of_the_response(kind: str) -> None:
    with FaultServer(Raw(b"SSH-2.0-OpenSSH_9.9\r\n")) as server, connect(kind, server.endpoint) as client:
        with pytest.raises(ServiceResponseError):
            client.send(HttpRequest("POST", "/x"))


@both_clients
def test_no_cookie_is_kept(kind: str) -> None:
    with (
        FaultServer(Answer(202, {"Set-Cookie": "a=b; Path=/"})) as server,
        connect(kind, server.endpoint) as client,
    ):
        client.send(GET)
        client.send(GET)
    assert server.requests[1].header("Cookie") is None


def test_a_response_is_a_context_manager() -> None:
    with FaultServer(otherwise=Answer(200, {}, b"x")) as server:
        with WebPubSubServiceClient.from_connection_string(
            f"Endpoint={server.endpoint};AccessKey={KEY}"
        ) as client:
            with client.send_request(GET, stream=True) as response:
                assert response.read() == b"x"
            assert response.is_closed


async def test_an_asynchronous_response_is_a_context_manager() -> None:
    connection_string = "Endpoint={};AccessKey=" + KEY
    with FaultServer(otherwise=Answer(200, {}, b"x")) as server:
        async with AsyncWebPubSubServiceClient.from_connection_string(
            connection_string.format(server.endpoint)
        ) as client:
            async with await client.send_request(GET, stream=True) as response:
                assert await response.read() == b"x"
            assert response.is_closed


LIST = "/api/hubs/h/groups/g/connections?api-version=2024-12-01&maxpagesize=2"


class Pages:
    """A list of connections in pages of two, behind signed requests."""

    def __init__(
        self, count: int, link: str = "{endpoint}{path}?api-version=2024-12-01&continuationToken={at}"
    ) -> None:
        self.count = count
        self.link = link
        self.endpoint = ""

    def __call__(self, request: Request) -> Step:
        path, _, query = request.target.partition("?")
        at = int(dict(pair.split("=") for pair in query.split("&")).get("continuationToken", 0))
        page: dict[str, Any] = {
            "value": [{"connectionId": str(n)} for n in range(at, min(at + 2, self.count))]
        }
        if at + 2 < self.count:
            page["nextLink"] = self.link.format(endpoint=self.endpoint, path=path, at=at + 2)
        return authorized(KEY, Answer(200, {"Content-Type": "application/json"}, json.dumps(page).encode()))(
            request
        )


def listed(client: Any, request: HttpRequest, **options: Any) -> list[str]:
    async def collect() -> list[str]:
        return [item["connectionId"] async for item in client.client.list_items(request, **options)]

    if hasattr(client, "run"):
        found: list[str] = client.run(collect())
        return found
    return [item["connectionId"] for item in client.client.list_items(request, **options)]


@both_clients
@pytest.mark.parametrize(
    "link",
    [
        "{endpoint}{path}?api-version=2024-12-01&continuationToken={at}",
        "{path}?continuationToken={at}",
        "?continuationToken={at}",
    ],
)
@pytest.mark.parametrize("count", [0, 1, 2, 5])
def test_lists_are_followed_over_their_pages(kind: str, link: str, count: int) -> None:
    pages = Pages(count, link)
    with FaultServer(otherwise=pages) as server, connect(kind, server.endpoint) as client:
        pages.endpoint = server.endpoint
        request = HttpRequest("GET", LIST, headers={"X-Mine": "1"})
        assert listed(client, request) == [str(number) for number in range(count)]
        assert len(server.requests) == max(1, -(-count // 2))
        assert {seen.header("X-Mine") for seen in server.requests} == {"1"}


@both_clients
def test_links_are_followed_through_the_proxy(kind: str) -> None:
    service = "https://service.example"
    steps: list[Any] = []
    for link, value in ((f"{service}/api/next?token=1", "a"), (None, "b")):
        body = json.dumps({"value": [{"connectionId": value}], "nextLink": link}).encode()
        steps.append(Answer(200, {"Content-Type": "application/json"}, body))
    with FaultServer(*steps) as proxy:
        with connect(kind, service, reverse_proxy_endpoint=f"{proxy.endpoint}/apim") as client:
            assert listed(client, HttpRequest("GET", "/api/first")) == ["a", "b"]
    assert [seen.target for seen in proxy.requests] == [
        f"/apim/api/first?api-version={DEFAULT}",
        "/apim/api/next?token=1",
    ]
    proxy.requests[1].claims(KEY, url=f"{service}/api/next?token=1")


@both_clients
def test_a_link_elsewhere_is_not_followed(kind: str) -> None:
    pages = Pages(5, "https://other.example{path}?continuationToken={at}")
    with FaultServer(otherwise=pages) as server, connect(kind, server.endpoint) as client:
        with pytest.raises(DecodeError, match="nowhere else"):
            listed(client, HttpRequest("GET", LIST))
    assert len(server.requests) == 1


@both_clients
@pytest.mark.parametrize("links", [["/a"], ["/b", "/a"], ["/b", "/c", "/b"]], ids=" ".join)
def test_a_link_back_to_a_page_that_was_read_is_an_error(kind: str, links: list[str]) -> None:
    pages = [Answer(200, body=json.dumps({"value": [], "nextLink": f"{link}?x"}).encode()) for link in links]
    with FaultServer(*pages) as server, connect(kind, server.endpoint, api_version="2024-12-01") as client:
        with pytest.raises(DecodeError, match="leads back to a page that was read"):
            listed(client, HttpRequest("GET", f"{server.endpoint}/a?x"))
    assert len(server.requests) == len(links)


@both_clients
@pytest.mark.parametrize("body", [b"", b"no json", b"[]", b'{"value": 1}', b'{"value": [], "nextLink": 5}'])
def test_what_is_no_page_is_an_error(kind: str, body: bytes) -> None:
    with FaultServer(Answer(200, {}, body)) as server, connect(kind, server.endpoint) as client:
        with pytest.raises(DecodeError, match="not a page"):
            listed(client, HttpRequest("GET", LIST))


@both_clients
@pytest.mark.parametrize(
    "page",
    [
        {"value": "TOKEN"},
        {"value": [], "nextLink": "https://other.example/TOKEN"},
        {"value": [], "nextLink": "https://other.example/?access_token=TOKEN"},
        {"value": [], "nextLink": ["TOKEN"]},
    ],
    ids=["items", "path", "query", "no link"],
)
def test_the_error_of_a_page_does_not_repeat_the_token(kind: str, page: dict[str, Any]) -> None:
    tokens = []

    def repeat(request: Request) -> Answer:
        tokens.append((request.header("Authorization") or "").removeprefix("Bearer "))
        return Answer(200, {}, json.dumps(page).replace("TOKEN", tokens[0]).encode())

    with FaultServer(otherwise=repeat) as server, connect(kind, server.endpoint) as client:
        with pytest.raises(DecodeError) as caught:
            listed(client, HttpRequest("GET", LIST))
    assert tokens[0].count(".") == 2
    shown = (str(caught.value), repr(vars(caught.value)), pickle.dumps(caught.value))
    assert tokens[0] not in "".join(map(str, shown))
    assert caught.value.response is not None
    assert tokens[0] not in caught.value.response.text()


@both_clients
def test_an_error_while_listing_is_raised(kind: str) -> None:
    with FaultServer(Answer(404)) as server, connect(kind, server.endpoint) as client:
        with pytest.raises(HttpResponseError):
            listed(client, HttpRequest("GET", LIST))


@both_clients
def test_only_reading_requests_are_lists(kind: str) -> None:
    with FaultServer() as server, connect(kind, server.endpoint) as client:
        with pytest.raises(ValueError, match="send_request"):
            client.client.list_items(HttpRequest("POST", "/api/hubs/h/:send"))
        with pytest.raises(TypeError, match="HttpRequest"):
            client.client.list_items("/api")  # type: ignore[call-overload]
        with pytest.raises(ValueError, match="not at the client's endpoint"):
            client.client.list_items(HttpRequest("GET", "https://other.example/api"))
    assert not server.requests


@both_clients
@pytest.mark.parametrize(
    ("client_options", "options", "error", "message"),
    [
        ({}, {"top": 5}, TypeError, r"^list_items\(\) got an unexpected keyword argument 'top'"),
        ({}, {"stream": True}, TypeError, r"^list_items\(\) got an unexpected keyword argument 'stream'"),
        ({"per_call_policies": []}, {"stream": True}, TypeError, "^list_items reads the responses"),
        ({}, {"timeout": 0}, ValueError, "^timeout=0: nothing can happen in no time"),
    ],
)
def test_a_wrong_option_of_a_list_is_refused_at_the_call(
    kind: str,
    client_options: dict[str, Any],
    options: dict[str, Any],
    error: type[Exception],
    message: str,
) -> None:
    with connect(kind, "http://127.0.0.1:1", **client_options) as client:
        with pytest.raises(error, match=message):
            client.client.list_items(HttpRequest("GET", LIST), **options)


@both_clients
def test_a_list_of_a_closed_client_is_refused_at_the_call(kind: str) -> None:
    with connect(kind, "http://127.0.0.1:1") as client:
        client.close()
        with pytest.raises(ValueError, match="The client was closed"):
            client.client.list_items(HttpRequest("GET", LIST))


@both_clients
def test_every_page_has_the_options_of_a_list(kind: str) -> None:
    pages = Pages(5)
    with FaultServer(otherwise=pages) as server, connect(kind, server.endpoint) as client:
        pages.endpoint = server.endpoint
        options = {"request_id": "mine", "retry_on_methods": iter(["GET"])}  # which can be read only once
        assert len(listed(client, HttpRequest("GET", LIST), **options)) == 5
    assert [seen.header("x-ms-client-request-id") for seen in server.requests] == ["mine"] * 3


@both_clients
def test_pages_can_be_had_one_by_one_and_later(kind: str) -> None:
    pages = Pages(5)
    with FaultServer(otherwise=pages) as server, connect(kind, server.endpoint) as client:
        pages.endpoint = server.endpoint
        request = HttpRequest("GET", LIST)

        async def first_async() -> tuple[Any, str]:
            found: Any = client.client.list_items(request).by_page()
            page = [item async for item in await found.__anext__()]
            return page, found.continuation_token

        if kind == "async":
            asynchronous: Any = client
            page, token = asynchronous.run(first_async())
        else:
            found: Any = client.client.list_items(request).by_page()
            page, token = list(next(found)), found.continuation_token
        assert [item["connectionId"] for item in page] == ["0", "1"]
        rest: Any = client.client.list_items(request).by_page(token)
        if kind == "async":
            return
        assert [item["connectionId"] for page in rest for item in page] == ["2", "3", "4"]


def raw(head: str | bytes, body: bytes = b"ok") -> Raw:
    """An answer with this head after the status line, and a connection that stays open."""
    encoded = head if isinstance(head, bytes) else head.encode("latin-1")
    return Raw(
        b"HTTP/1.1 200 OK\r\n" + encoded + b"Content-Length: %d\r\n\r\n" % len(body) + body, close=False
    )


@both_clients
@pytest.mark.parametrize(
    ("head", "value"),
    [
        (b"X: plain\r\n", "plain"),
        (b"X: caf\xc3\xa9\r\n", "café"),
        (b"X: caf\xe9\r\n", "café"),
        (b"X: \xff\xfe\r\n", "ÿþ"),
        (b"X:\r\n", ""),
        (b"X:   spaced \t\r\n", "spaced"),
        (b"X: a\r\nx: b\r\nX: c, d\r\n", "a, b, c, d"),
        (b"X: " + b"long" * 4000 + b"\r\n", "long" * 4000),
        (b'X: a:b;c="d"\r\n', 'a:b;c="d"'),
    ],
    ids=lambda value: repr(value)[:30],
)
def test_odd_headers_are_the_same_in_both_clients(kind: str, head: bytes, value: str) -> None:
    with FaultServer(raw(head)) as server, connect(kind, server.endpoint) as client:
        headers = client.send(GET).headers
    assert headers["x"] == headers.get("X") == value
    assert sorted(name.lower() for name in set(headers)) == ["content-length", "x"]
    assert {name.lower(): each for name, each in headers.items()} == {"content-length": "2", "x": value}
    assert (len(headers), "x" in headers, "y" in headers, 5 in headers) == (2, True, False, False)
    assert dict(headers) == dict(zip(headers.keys(), headers.values(), strict=True))


TWICE = gzipped(gzipped(TEXT.encode()))
MORE_ENCODED = [
    ("gzip, gzip", TWICE),
    ("deflate, gzip", gzipped(deflated(TEXT.encode()))),
    ("GZIP , identity", gzipped(TEXT.encode())),
    ("gzip", gzipped(TEXT.encode()) + bytes(512)),
    ("gzip", gzipped(TEXT.encode()) + b"padding"),
    ("br", TEXT.encode()),
    ("", TEXT.encode()),
]


@both_clients
@pytest.mark.parametrize(("encoding", "body"), MORE_ENCODED, ids=range(len(MORE_ENCODED)))
@pytest.mark.parametrize("block_size", [1, 4096])
def test_encodings_are_the_same_in_both_clients(
    kind: str, encoding: str, body: bytes, block_size: int
) -> None:
    answer = Answer(200, {"Content-Encoding": encoding}, body)
    options: dict[str, Any] = {"connection_data_block_size": block_size}
    with FaultServer(otherwise=answer) as server, connect(kind, server.endpoint, **options) as client:
        assert client.send(GET).text() == TEXT
        assert b"".join(client.blocks(client.send(GET, stream=True))).decode() == TEXT


@both_clients
@pytest.mark.parametrize(
    ("encoding", "body"),
    [
        ("gzip", gzipped(TEXT.encode())[:-9]),
        ("gzip", gzipped(TEXT.encode())[:5]),
        ("deflate", deflated(TEXT.encode())[:-1]),
        ("deflate", deflated(TEXT.encode(), -zlib.MAX_WBITS)[:-1]),
        ("deflate", b"x"),
        ("gzip, gzip", gzipped(TWICE[:-9])),
        ("gzip, gzip", gzipped(TEXT.encode())),
        ("gzip" + ", gzip" * 9, TWICE),
    ],
)
def test_encoded_bodies_that_break_off_are_errors(kind: str, encoding: str, body: bytes) -> None:
    answer = Answer(200, {"Content-Encoding": encoding}, body)
    with FaultServer(otherwise=answer) as server, connect(kind, server.endpoint) as client:
        with pytest.raises(DecodeError):
            client.send(GET)
        streamed = client.send(GET, stream=True)
        with pytest.raises(DecodeError):
            client.blocks(streamed)


@both_clients
@pytest.mark.parametrize("status", [200, 204, 304])
def test_an_encoding_without_a_body_is_none(kind: str, status: int) -> None:
    with FaultServer(Answer(status, {"Content-Encoding": "gzip"})) as server:
        with connect(kind, server.endpoint) as client:
            assert client.send(GET).content == b""


@both_clients
@pytest.mark.parametrize(
    "answer",
    [
        b"",
        b"\r\n\r\n",
        b"garbage\r\n\r\n",
        b"HTTP/1.1 abc OK\r\n\r\n",
        b"HTTP/1.1 20",
        b"HTTP/1.1 200 OK\r\nno colon\r\n\r\n",
        b"HTTP/1.1 200 OK\r\nContent-Length: -5\r\n\r\nhello",
        b"HTTP/1.1 200 OK\r\nContent-Length: five\r\n\r\nhello",
        b"HTTP/1.1 200 OK\r\nContent-Length: 5\r\nContent-Length: 6\r\n\r\nhello!",
        b"HTTP/1.1 200 OK\r\nContent-Length: 50\r\n\r\nhello",
        b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\nz\r\nhello\r\n0\r\n\r\n",
        b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n5\r\nhel",
        b"HTTP/1.1 200 OK\r\nX: " + b"x" * 70_000 + b"\r\nContent-Length: 0\r\n\r\n",
        b"HTTP/2.0 200 OK\r\nContent-Length: 0\r\n\r\n"[:9] + b"\r\n\r\n",
    ],
    ids=lambda answer: repr(answer)[:60],
)
def test_malformed_answers_are_errors_of_azure_cores_and_hold_no_secret(kind: str, answer: bytes) -> None:
    with FaultServer(Raw(answer)) as server, connect(kind, server.endpoint, retry_total=0) as client:
        with pytest.raises(AzureError) as caught:
            client.send(HttpRequest("GET", "/x?access_token=a-secret-made-up"))
    assert isinstance(caught.value, (ServiceResponseError, IncompleteReadError))
    again = pickle.loads(pickle.dumps(caught.value))
    assert (type(again), str(again)) == (type(caught.value), str(caught.value))
    assert "a-secret" not in shown(caught.value)


def shown(error: BaseException | None) -> str:
    """All that an error, its causes and its contexts tell."""
    if error is None:
        return ""
    told = [
        str(error),
        repr(error),
        repr(error.args),
        repr(vars(error)),
        pickle.dumps(error).decode("latin-1"),
    ]
    inner = getattr(error, "inner_exception", None)
    return "\n".join([*told, *(shown(part) for part in (error.__cause__, error.__context__, inner))])


@both_clients
def test_responses_and_their_errors_pickle_and_copy_without_credentials(kind: str) -> None:
    def repeating(request: Request) -> Step:
        token = (request.header("Authorization") or "").partition(" ")[2]
        body = json.dumps({"error": {"code": "Bad", "message": f"What is {token}?"}}).encode()
        return Answer(400, [("Content-Type", "application/json"), ("X", "1"), ("X", "2")], body)

    with FaultServer(otherwise=repeating) as server, connect(kind, server.endpoint) as client:
        url = "/x?access_token=a-secret-made-up"
        response = client.send(HttpRequest("POST", url, content=b"hello"))
        streamed = client.send(GET, stream=True)
        with pytest.raises(ResponseNotReadError):
            pickle.dumps(streamed)
        client.call(streamed, "read")
        assert pickle.loads(pickle.dumps(streamed)).status_code == 400
        with pytest.raises(HttpResponseError) as caught:
            response.raise_for_status()
    secret = (server.requests[0].header("Authorization") or "").partition(" ")[2]
    assert secret in response.text()
    for again in (pickle.loads(pickle.dumps(response)), copy.copy(response), copy.deepcopy(response)):
        assert (again.status_code, again.reason, again.headers["x"]) == (400, "Bad Request", "1, 2")
        assert again.json()["error"]["code"] == "Bad"
        assert (again.request.method, again.request.content) == ("POST", b"hello")
        assert secret not in repr([again.text(), again.request.url, dict(again.request.headers)])
        assert "a-secret-made-up" not in again.url
    told = shown(caught.value)
    assert secret not in told
    assert "a-secret-made-up" not in told
    error = pickle.loads(pickle.dumps(caught.value))
    assert (error.status_code, error.error.code, error.response.status_code) == (400, "Bad", 400)
