"""What is sent again and what is not, on sockets that fail."""

import io
import itertools
import threading
import time
from collections.abc import Callable
from typing import Any

import pytest
from azure.core.exceptions import (
    ClientAuthenticationError,
    IncompleteReadError,
    ServiceRequestError,
    ServiceResponseError,
    ServiceResponseTimeoutError,
)
from azure.core.pipeline import PipelineRequest
from azure.core.pipeline.policies import SansIOHTTPPolicy
from azure.core.rest import HttpRequest

from tests.faults import Answer, Disconnect, FaultServer, Gate, Request, Step, authorized
from tests.unit.clients import KEY, both_clients, connect

SEND = "/api/hubs/default/:send?api-version=2024-12-01"


def request(method: str = "POST", content: Any = b"hello") -> HttpRequest:
    return HttpRequest(method, SEND, content=content, headers={"Content-Type": "text/plain"})


class Waits:
    """Notes the waits between attempts instead of waiting."""

    def __init__(self, monkeypatch: pytest.MonkeyPatch) -> None:
        self.seconds: list[float] = []

        def note(_: Any, seconds: float) -> None:
            self.seconds.append(seconds)

        async def note_async(_: Any, seconds: float) -> None:
            self.seconds.append(seconds)

        monkeypatch.setattr("azure.core.pipeline.transport.HttpTransport.sleep", note)
        monkeypatch.setattr("azure.core.pipeline.transport.AsyncHttpTransport.sleep", note_async)


@pytest.fixture
def waits(monkeypatch: pytest.MonkeyPatch) -> Waits:
    return Waits(monkeypatch)


@both_clients
@pytest.mark.parametrize("status", [408, 429, 500, 502, 503, 504])
def test_answers_that_ask_for_it_are_followed_for_sends_too(kind: str, status: int) -> None:
    with (
        FaultServer(Answer(status), Answer(status), otherwise=authorized(KEY)) as server,
        connect(kind, server.endpoint) as client,
    ):
        assert client.send(request()).status_code == 202
    assert [seen.body for seen in server.requests] == [b"hello"] * 3


@both_clients
@pytest.mark.parametrize("status", [400, 401, 403, 404, 409, 413, 415, 501, 505])
def test_other_errors_stand(kind: str, status: int) -> None:
    with FaultServer(otherwise=Answer(status)) as server, connect(kind, server.endpoint) as client:
        assert client.send(request()).status_code == status
    assert len(server.requests) == 1


@both_clients
def test_an_error_that_persists_is_given_back(kind: str) -> None:
    with FaultServer(otherwise=Answer(503, body=b"busy")) as server, connect(kind, server.endpoint) as client:
        response = client.send(request())
        assert (response.status_code, response.text()) == (503, "busy")
    assert len(server.requests) == 4


@both_clients
@pytest.mark.parametrize(
    ("headers", "waited"),
    [
        ({"Retry-After": "7"}, 7),
        ({"retry-after-ms": "250"}, 0.25),
        ({"x-ms-retry-after-ms": "1500"}, 1.5),
        ({"Retry-After": "Fri, 01 Jan 2100 00:00:00 GMT"}, None),
        ({"Retry-After": "soon"}, 0),
        ({"Retry-After": "nan"}, 0),
        ({"Retry-After": "inf"}, 0),
        ({"Retry-After": "-5"}, 0),
        ({}, 0),
    ],
)
def test_retry_after_is_waited_for(
    kind: str, headers: dict[str, str], waited: float | None, waits: Waits
) -> None:
    with FaultServer(Answer(429, headers)) as server:
        with connect(kind, server.endpoint, timeout=10**12, retry_backoff_max=10**12) as client:
            assert client.send(request()).status_code == 202
    if waited is None:
        assert waits.seconds[0] > time.time()  # 2100 is further away than now is from 1970
    else:
        assert waits.seconds == ([waited] if waited else [])


@both_clients
def test_retry_after_makes_any_error_worth_another_attempt(kind: str, waits: Waits) -> None:
    with FaultServer(Answer(409, {"Retry-After": "1"})) as server, connect(kind, server.endpoint) as client:
        assert client.send(request()).status_code == 202
    assert waits.seconds == [1]


@both_clients
def test_a_wait_longer_than_the_calls_timeout_is_not_begun(kind: str, waits: Waits) -> None:
    with FaultServer(Answer(503, {"Retry-After": "60"})) as server, connect(kind, server.endpoint) as client:
        assert client.send(request(), timeout=30).status_code == 503
    assert (len(server.requests), waits.seconds) == (1, [])


@both_clients
def test_waits_grow(kind: str, waits: Waits) -> None:
    with FaultServer(otherwise=Answer(503)) as server:
        with connect(
            kind, server.endpoint, retry_backoff_factor=0.5, retry_status=5, retry_backoff_max=3
        ) as client:
            client.send(request())
    assert waits.seconds == [1, 2, 3, 3]


@both_clients
@pytest.mark.parametrize("method", ["POST", "PUT", "GET", "DELETE", "HEAD", "PATCH"])
def test_any_method_is_sent_when_the_connection_is_made_at_last(
    kind: str, method: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    with FaultServer(listening=False) as server:
        attempts = itertools.count(1)

        def listen_at_last(*_: Any) -> None:
            if next(attempts) == 2:
                server.listen()

        async def listen_at_last_async(*_: Any) -> None:
            listen_at_last()

        monkeypatch.setattr("azure.core.pipeline.transport.HttpTransport.sleep", listen_at_last)
        monkeypatch.setattr("azure.core.pipeline.transport.AsyncHttpTransport.sleep", listen_at_last_async)
        with connect(kind, server.endpoint, retry_backoff_factor=1) as client:
            assert client.send(request(method, None)).status_code == 202
    assert len(server.requests) == 1


@both_clients
def test_a_refused_connection_is_told_as_never_made(kind: str) -> None:
    with FaultServer(listening=False) as server, connect(kind, server.endpoint, retry_connect=1) as client:
        with pytest.raises(ServiceRequestError) as caught:
            client.send(request())
    assert type(caught.value) is ServiceRequestError  # and no timeout
    assert KEY not in str(caught.value)


@both_clients
@pytest.mark.parametrize("after", ["head", "body"])
@pytest.mark.parametrize("reset", [True, False])
def test_a_send_whose_connection_broke_is_not_repeated(kind: str, after: Any, reset: bool) -> None:
    with FaultServer(Disconnect(after, reset)) as server, connect(kind, server.endpoint) as client:
        with pytest.raises(ServiceResponseError):
            client.send(request())
    assert len(server.requests) == 1


@both_clients
def test_a_send_on_an_idle_connection_that_broke_is_not_repeated(kind: str) -> None:
    with FaultServer(Answer(202), Disconnect("body")) as server, connect(kind, server.endpoint) as client:
        client.send(request())
        with pytest.raises(ServiceResponseError):
            client.send(request())
    assert len(server.requests) == 2


@both_clients
@pytest.mark.parametrize("method", ["PUT", "GET", "DELETE", "HEAD"])
def test_what_may_be_repeated_is_when_the_connection_broke(kind: str, method: str) -> None:
    with FaultServer(Disconnect("body"), Disconnect("head", reset=False)) as server:
        with connect(kind, server.endpoint) as client:
            assert client.send(request(method, None)).status_code == 202
    assert len(server.requests) >= 3


@both_clients
@pytest.mark.parametrize("per_call", [True, False])
def test_sends_are_repeated_after_a_broken_connection_if_the_caller_says_so(
    kind: str, per_call: bool
) -> None:
    options: dict[str, Any] = {"retry_on_methods": ["post"]}
    with FaultServer(Disconnect("body"), otherwise=authorized(KEY)) as server:
        with connect(kind, server.endpoint, **({} if per_call else options)) as client:
            assert client.send(request(), **(options if per_call else {})).status_code == 202
    assert [seen.body for seen in server.requests] == [b"hello"] * 2


@both_clients
def test_a_slow_answer_is_told_as_such_and_a_send_is_not_repeated(kind: str) -> None:
    gate = Gate()
    with (
        FaultServer(Answer(202, gate=gate)) as server,
        connect(kind, server.endpoint, read_timeout=0.05) as client,
    ):
        with pytest.raises(ServiceResponseTimeoutError):
            client.send(request())
        assert gate.reached.wait(10)
        gate.open()
    assert len(server.requests) == 1


@both_clients
@pytest.mark.parametrize("options", [{}, {"read_timeout": None}, {"read_timeout": 300}], ids=repr)
def test_a_calls_timeout_bounds_its_waits(kind: str, options: dict[str, Any]) -> None:
    gate = Gate()
    at_last = threading.Timer(10, gate.open)
    with FaultServer() as server, connect(kind, server.endpoint, **options) as client:
        server.script(client.after(0.2, Answer(202, gate=gate)))
        at_last.start()
        with pytest.raises(ServiceResponseTimeoutError):
            client.send(request(), timeout=0.2)
        at_last.cancel()


@both_clients
def test_a_slow_answer_is_asked_for_again_where_that_does_no_harm(kind: str) -> None:
    gate = Gate()
    limits = iter((0.05, 60))

    def limit(request: PipelineRequest[Any]) -> None:
        request.context.options["read_timeout"] = next(limits)

    with FaultServer(Answer(200, gate=gate)) as server, connect(kind, server.endpoint) as client:
        assert client.send(request("GET", None), raw_request_hook=limit).status_code == 202
        assert gate.reached.wait(10)
        gate.open()
    assert len(server.requests) == 2


@both_clients
def test_an_answer_that_breaks_off_is_an_error(kind: str) -> None:
    with (
        FaultServer(Answer(200, body=b"x" * 100, truncate=50)) as server,
        connect(kind, server.endpoint) as client,
    ):
        with pytest.raises(IncompleteReadError):
            client.send(request())
    assert len(server.requests) == 1


@both_clients
@pytest.mark.parametrize("options", [{"retry_total": 0}, {"retry_status": 0}])
@pytest.mark.parametrize("per_call", [True, False])
def test_retries_can_be_turned_off(kind: str, options: dict[str, Any], per_call: bool) -> None:
    with FaultServer(Answer(503)) as server:
        with connect(kind, server.endpoint, **({} if per_call else options)) as client:
            assert client.send(request(), **(options if per_call else {})).status_code == 503
    assert len(server.requests) == 1


@both_clients
@pytest.mark.parametrize("per_call", [True, False])
def test_retries_of_connections_can_be_turned_off(kind: str, per_call: bool, waits: Waits) -> None:
    options: dict[str, Any] = {"retry_connect": 0}
    with FaultServer(listening=False) as server:
        with connect(
            kind, server.endpoint, retry_backoff_factor=1, **({} if per_call else options)
        ) as client:
            with pytest.raises(ServiceRequestError):
                client.send(request(), **(options if per_call else {}))
    assert not waits.seconds


@both_clients
@pytest.mark.parametrize(("total", "requests"), [(0, 2), (1, 3)])
def test_what_a_call_says_of_retries_holds_after_a_redirect(kind: str, total: int, requests: int) -> None:
    moved = Answer(307, {"Location": "/elsewhere"})
    with FaultServer(moved, otherwise=Answer(503)) as server, connect(kind, server.endpoint) as client:
        assert client.send(request(), retry_total=total).status_code == 503
    assert len(server.requests) == requests


@both_clients
def test_one_call_has_one_count_of_retries_over_all_its_redirects(kind: str) -> None:
    moved = Answer(307, {"Location": "/elsewhere"})
    with FaultServer(Answer(503), moved, otherwise=Answer(503)) as server:
        with connect(kind, server.endpoint, retry_total=2) as client:
            assert client.send(request()).status_code == 503
    assert len(server.requests) == 4


@both_clients
def test_more_statuses_can_be_followed(kind: str) -> None:
    with FaultServer(Answer(418)) as server:
        with connect(kind, server.endpoint, retry_on_status_codes=[418]) as client:
            assert client.send(request()).status_code == 202


@both_clients
def test_each_attempt_is_signed_anew(kind: str) -> None:
    with (
        FaultServer(Answer(503), otherwise=authorized(KEY)) as server,
        connect(kind, server.endpoint) as client,
    ):
        response = client.send(request())
        client.client._credential.update("another" + KEY)
        assert response.status_code == 202
        assert client.send(request()).status_code == 401


@both_clients
def test_a_key_rotated_between_attempts_is_used_for_the_next(kind: str) -> None:
    with connect(kind, "http://127.0.0.1:1") as unused:
        credential = unused.client._credential

    def rotate(_: Request) -> Step:
        credential.update("another" + KEY)
        return Answer(503)

    with FaultServer(rotate, otherwise=authorized("another" + KEY)) as server:
        with connect(kind, server.endpoint, credential=credential) as client:
            assert client.send(request()).status_code == 202


class Failing(SansIOHTTPPolicy[Any, Any]):
    """Fails each attempt with an error of its own."""

    def __init__(self, error: Exception) -> None:
        self.attempts = 0
        self.error = error

    def on_request(self, request: PipelineRequest[Any]) -> None:
        assert request.http_request.method == "POST"
        self.attempts += 1
        raise self.error


@both_clients
@pytest.mark.parametrize(
    ("error", "attempts"),
    [
        (ServiceRequestError("never sent"), 4),
        (ServiceResponseError("who knows"), 1),
        (ClientAuthenticationError("no"), 1),
        (ValueError("a bug"), 1),
    ],
)
def test_errors_of_policies_are_told_apart(kind: str, error: Exception, attempts: int) -> None:
    failing = Failing(error)
    with connect(kind, "http://127.0.0.1:1", per_retry_policies=[failing]) as client:
        with pytest.raises(type(error)):
            client.send(request())
    assert failing.attempts == attempts


BODIES: list[tuple[str, Callable[[], Any]]] = [
    ("bytes", lambda: b"hello"),
    ("bytearray", lambda: bytearray(b"hello")),
    ("memoryview", lambda: memoryview(b"hello")),
    ("text", lambda: "hello"),
    ("list", lambda: [b"he", b"llo"]),
    ("generator", lambda: (part for part in (b"he", b"llo"))),
    ("text generator", lambda: (part for part in ("he", "llo"))),
    ("file", lambda: io.BytesIO(b"hello")),
    ("text file", lambda: io.StringIO("hello")),
]


@both_clients
@pytest.mark.parametrize("make", [make for _, make in BODIES], ids=[name for name, _ in BODIES])
def test_every_body_has_a_length_and_is_replayed_whole(kind: str, make: Callable[[], Any]) -> None:
    with FaultServer(Answer(503), Answer(429), otherwise=authorized(KEY)) as server:
        with connect(kind, server.endpoint) as client:
            assert client.send(request(content=make())).status_code == 202
    assert [seen.body for seen in server.requests] == [b"hello"] * 3
    assert [seen.header("Content-Length") for seen in server.requests] == ["5"] * 3
    assert not any(seen.chunked for seen in server.requests)


@both_clients
def test_the_largest_file_is_replayed_from_where_it_stood_and_left_there(kind: str) -> None:
    data = bytes(1000) + bytes(range(256)) * 4096
    file = io.BytesIO(data)
    file.seek(1000)
    with (
        FaultServer(Answer(503), otherwise=authorized(KEY)) as server,
        connect(kind, server.endpoint) as client,
    ):
        for _ in range(2):
            assert client.send(request(content=file)).status_code == 202
            assert file.tell() == 1000
            assert not file.closed
    assert [seen.body == data[1000:] for seen in server.requests] == [True] * 3
