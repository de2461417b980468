"""Many requests: each gets a result, and what was not sent is reported."""

import asyncio
import contextlib
import contextvars
import gc
import io
import pickle
import sys
import threading
import time
from collections import defaultdict
from collections.abc import AsyncIterator, Iterator
from random import Random
from types import SimpleNamespace
from typing import Any

import pytest
from azure.core.exceptions import HttpResponseError, ServiceResponseError
from azure.core.pipeline.policies import RetryPolicy, SansIOHTTPPolicy
from azure.core.rest import HttpRequest

from azure.messaging.webpubsubservice.rest import build_send_to_group_request
from azure.messaging.webpubsubservice.senders import SendResult, _request_sender, destination
from tests.faults import Answer, Disconnect, FaultServer, Gate, Request, Step
from tests.senders.clients import Client, connect, modes, number_of, requests

BUSY = Answer(503)


async def results_of(client: Client, items: Any, **options: Any) -> list[SendResult[Any]]:
    async with client.send_requests(items, **options) as results:
        return [result async for result in results]


async def other_tasks() -> None:
    await asyncio.gather(*asyncio.all_tasks() - {asyncio.current_task()}, return_exceptions=True)


def drop(things: list[Any]) -> None:
    things.clear()
    gc.collect()


async def collect(results: Any, into: list[SendResult[Any]]) -> None:
    async for result in results:
        into.append(result)  # noqa: PERF401 - what came before an error stays


class InFlight(SansIOHTTPPolicy[Any, Any]):
    """Counts the requests on their way, and opens a gate once there are so many."""

    def __init__(self, opens_at: int, gate: Gate) -> None:
        self._lock = threading.Lock()
        self._opens_at = opens_at
        self._gate = gate
        self._now = 0
        self.most = 0

    def on_request(self, request: Any) -> None:  # noqa: ARG002
        with self._lock:
            self._now += 1
            self.most = max(self.most, self._now)
            if self._now == self._opens_at and not self._gate.is_open:
                self._gate.open()

    def on_response(self, request: Any, response: Any) -> None:  # noqa: ARG002
        with self._lock:
            self._now -= 1


@modes
async def test_each_request_gets_its_own_response(asynchronous: bool) -> None:
    echo = FaultServer(otherwise=lambda request: Answer(202, {"x-user": request.target.split("/")[5]}))
    with echo as server:
        async with connect(asynchronous, server.endpoint) as client:
            sent = list(requests(100))
            results = await results_of(client, sent, max_concurrency=8)
    assert sorted(result.index for result in results) == list(range(100))
    for result in results:
        assert result.error is None
        assert result.request is sent[result.index]
        assert result.response is not None
        assert result.response.headers["x-user"] == f"user{result.index}"


@modes
async def test_as_many_are_on_their_way_as_allowed_and_no_more(asynchronous: bool) -> None:
    gate = Gate()
    in_flight = InFlight(5, gate)
    with FaultServer(otherwise=Answer(202, gate=gate)) as server:
        async with connect(asynchronous, server.endpoint, per_retry_policies=[in_flight]) as client:
            results = await results_of(client, requests(40), max_concurrency=5)
    assert len(results) == 40
    assert in_flight.most == 5


@modes
@pytest.mark.parametrize("read_ahead", [None, 11])
async def test_an_endless_iterable_is_read_as_its_results_are(
    asynchronous: bool, read_ahead: int | None
) -> None:
    bound = read_ahead or 8
    read = seen = 0

    def endless() -> Iterator[HttpRequest]:
        nonlocal read
        for request in requests(sys.maxsize):
            assert read - seen < bound
            read += 1
            yield request

    with FaultServer() as server:
        async with connect(asynchronous, server.endpoint) as client:
            async with client.send_requests(endless(), max_concurrency=4, read_ahead=read_ahead) as results:
                async for _ in results:
                    seen += 1
                    if seen == 100:
                        break
            assert read == 100 + len([result async for result in results]) + len(results.unsent)
    assert len(server.requests) == read - len(results.unsent)


@modes
async def test_an_error_is_the_result_of_its_request_only(asynchronous: bool) -> None:
    def step(request: Request) -> Step:
        steps: dict[str, Step] = {"user3": Disconnect("head"), "user5": Answer(404)}
        return steps.get(request.target.split("/")[5], Answer(202))

    spent = iter([b"4"])
    list(spent)
    items = list(requests(8))
    items[4] = HttpRequest("POST", items[4].url, content=spent)
    items[6] = HttpRequest("POST", "https://other.example/", content=b"6")
    with FaultServer(otherwise=step) as server:
        async with connect(asynchronous, server.endpoint) as client:
            results = {result.index: result for result in await results_of(client, items)}
    assert {index for index, result in results.items() if result.is_success} == {0, 1, 2, 7}
    errors = {index: type(result.error) for index, result in results.items() if result.error}
    assert errors == {3: ServiceResponseError, 4: ValueError, 6: ValueError}
    assert all((result.response is None) == (result.error is not None) for result in results.values())
    assert results[5].status_code == 404
    for index, error in {**errors, 5: HttpResponseError}.items():
        with pytest.raises(error):
            results[index].raise_for_status()
    for index in (0, 1, 2, 7):
        results[index].raise_for_status()


@modes
@pytest.mark.parametrize("status", [200, 202, 204, 299, *range(300, 309), 399, 400, 503, 599])
async def test_only_2xx_is_a_success(asynchronous: bool, status: int) -> None:
    redirect = Answer(status, {"Location": "https://other.example/"})
    with FaultServer(redirect) as server:
        async with connect(asynchronous, server.endpoint, permit_redirects=False) as client:
            (result,) = await results_of(client, requests(1), retry_total=0)
    assert result.status_code == status
    assert result.is_success is (200 <= status < 300)
    if result.is_success:
        result.raise_for_status()
        return
    with pytest.raises(HttpResponseError) as raised:
        result.raise_for_status()
    assert raised.value.status_code == status
    if status < 400:
        assert f"status {status}, a redirect that was not followed" in str(raised.value)
        response: Any = raised.value.response
        assert response.headers["Location"] == "https://other.example/"
    assert str(pickle.loads(pickle.dumps(raised.value))) == str(raised.value)


@modes
async def test_the_error_of_a_redirect_holds_no_credential(asynchronous: bool) -> None:
    def step(request: Request) -> Step:
        return Answer(307, body=(request.header("Authorization") or "").encode())

    with FaultServer(otherwise=step) as server:
        async with connect(asynchronous, server.endpoint) as client:
            (result,) = await results_of(client, requests(1))
    with pytest.raises(HttpResponseError) as raised:
        result.raise_for_status()
    token = (server.requests[0].header("Authorization") or "").removeprefix("Bearer ")
    assert token
    assert token not in str(raised.value)
    assert token.encode() not in pickle.dumps(raised.value)


@modes
async def test_an_error_of_the_iterable_is_raised_after_the_results(asynchronous: bool) -> None:
    def broken() -> Iterator[HttpRequest]:
        yield from requests(20)
        raise LookupError("no more rows")

    seen: list[SendResult[Any]] = []
    with FaultServer() as server:
        async with connect(asynchronous, server.endpoint) as client:
            results = client.send_requests(broken())
            with pytest.raises(LookupError, match="no more rows"):
                await collect(results, seen)
            assert [result async for result in results] == []
    assert len(seen) == len(server.requests) == 20


@modes
async def test_an_item_that_is_no_request_ends_it(asynchronous: bool) -> None:
    items: list[Any] = [*requests(3), {"a": 1}, *requests(3)]
    with FaultServer() as server:
        async with connect(asynchronous, server.endpoint) as client:
            with pytest.raises(TypeError, match="item 3 is a dict"):
                await results_of(client, items)
    assert len(server.requests) == 3


@modes
@pytest.mark.parametrize("leave", ["break", "raise"])
async def test_leaving_early_loses_nothing(asynchronous: bool, leave: str) -> None:
    source = requests(200)
    seen: list[SendResult[Any]] = []
    error = LookupError("enough")

    async def look_at_ten(results: Any) -> None:
        async with results:
            async for result in results:
                seen.append(result)
                if len(seen) == 10:
                    if leave == "raise":
                        raise error
                    break

    with FaultServer() as server:
        async with connect(asynchronous, server.endpoint) as client:
            results = client.send_requests(source, max_concurrency=4, order_by=lambda _: "one")
            with contextlib.suppress(LookupError):
                await look_at_ten(results)
            unsent = [number_of(request) for request in results.unsent]
            seen += [result async for result in results]
            sent = [number_of(request) for request in server.requests]
            assert sorted(result.index for result in seen) == sorted(sent)
            assert results.uncertain == []
            left = results.remaining()
            rest = [r async for r in left] if asynchronous else list(left)
    assert unsent
    assert unsent == sorted(unsent)
    assert [number_of(request) for request in rest][: len(unsent)] == unsent
    assert sorted([*sent, *map(number_of, rest)]) == list(range(200))
    if leave == "raise" and sys.version_info >= (3, 11):
        assert f"left behind: {len(unsent)} read but not sent (unsent)" in error.__notes__[0]


async def test_an_interrupt_lets_what_is_on_its_way_end() -> None:
    def interrupted() -> Iterator[HttpRequest]:
        yield from requests(6)
        raise KeyboardInterrupt

    before = set(threading.enumerate())
    with FaultServer() as server:
        async with connect(False, server.endpoint) as client:
            results = client.send_requests(interrupted(), max_concurrency=2, read_ahead=100)
            with pytest.raises(KeyboardInterrupt):
                async with results:
                    await collect(results, [])
            assert len(server.requests) + len(results.unsent) == 6
    new = set(threading.enumerate()) - before
    assert not [thread for thread in new if thread.name == "webpubsub-sender"]


async def test_cancelling_does_not_wait_for_answers() -> None:
    gate = Gate()
    results: Any = None

    async def send(client: Client) -> None:
        nonlocal results
        async with client.send_requests(requests(10), max_concurrency=3) as results:
            async for _ in results:
                pass

    with FaultServer(Answer(202), otherwise=Answer(202, gate=gate)) as server:
        async with connect(True, server.endpoint) as client:
            task = asyncio.create_task(send(client))
            await asyncio.to_thread(gate.reached.wait)
            while len(server.requests) < 4:
                await asyncio.to_thread(time.sleep, 0)
            task.cancel()
            with pytest.raises(asyncio.CancelledError):
                await task
            uncertain = [number_of(request) for request in results.uncertain]
            assert len(uncertain) == 3
            rest = [number_of(request) async for request in results.remaining()]
            (first,) = set(range(10)) - {*uncertain, *rest}
            assert len(uncertain) + len(rest) == 9
            assert first == number_of(server.requests[0])
        gate.open()
    assert len([task for task in asyncio.all_tasks() if not task.done()]) == 1


async def test_an_asynchronous_iterable_is_read_while_requests_are_on_their_way() -> None:
    queue: asyncio.Queue[HttpRequest | None] = asyncio.Queue()

    async def source() -> AsyncIterator[HttpRequest]:
        while (request := await queue.get()) is not None:
            yield request

    with FaultServer() as server:
        async with connect(True, server.endpoint) as client:
            async with client.client.send_requests(source(), max_concurrency=2) as results:
                for number, request in enumerate(requests(20)):
                    queue.put_nowait(request)
                    assert (await anext(results)).index == number  # nothing waits for the next request
                for request in requests(20):
                    queue.put_nowait(request)
                queue.put_nowait(None)
                assert len([result async for result in results]) == 20


async def test_leaving_an_asynchronous_iterable_that_waits() -> None:
    async def source() -> AsyncIterator[HttpRequest]:
        for request in requests(3):
            yield request
        await asyncio.Event().wait()

    with FaultServer():
        with FaultServer() as server:
            async with connect(True, server.endpoint) as client:
                async with client.client.send_requests(source()) as results:
                    for _ in range(3):
                        await anext(results)
    assert len(server.requests) == 3


def test_a_result_does_not_wait_for_a_slow_iterable(monkeypatch: pytest.MonkeyPatch) -> None:
    """The synchronous client reads the iterable in the thread that iterates: a terminal, for instance."""
    seen = 0
    typing = 0.0
    monkeypatch.setattr(_request_sender, "time", SimpleNamespace(monotonic=lambda: time.monotonic() + typing))

    def typed() -> Iterator[HttpRequest]:
        nonlocal typing
        for number, request in enumerate(requests(3)):
            typing += 30  # as long a result is waited for, before the next request is read
            assert seen >= number - 1  # the first ones are read in a row
            yield request
        assert seen >= 2

    async def run() -> None:
        nonlocal seen
        with FaultServer() as server:
            async with connect(False, server.endpoint) as client:
                async for _ in client.send_requests(typed()):
                    seen += 1

    asyncio.run(run())
    assert seen == 3


@modes
async def test_requests_are_sent_in_the_callers_context(asynchronous: bool) -> None:
    """A span of a trace is found there, for instance."""
    variable: contextvars.ContextVar[str] = contextvars.ContextVar("variable", default="")
    seen: list[str] = []

    def hook(_: Any) -> None:
        seen.append(variable.get())

    variable.set("here")
    with FaultServer() as server:
        async with connect(asynchronous, server.endpoint, raw_request_hook=hook) as client:
            await results_of(client, requests(3))
            async with client.open_writer("hub", group="g", mark_end=False) as writer:
                await writer.write("text")
    assert seen == ["here"] * 4


async def test_a_machine_without_threads_loses_nothing(monkeypatch: pytest.MonkeyPatch) -> None:
    def start(_: threading.Thread) -> None:
        raise RuntimeError("can't start new thread")

    with FaultServer() as server:
        async with connect(False, server.endpoint) as client:
            results = client.send_requests(requests(3))
            monkeypatch.setattr(threading.Thread, "start", start)
            with pytest.raises(RuntimeError, match="can't start new thread"):
                await collect(results, [])
            assert len([*results.remaining()]) == 3
            monkeypatch.undo()


@modes
async def test_order_is_kept_by_key_through_faults(asynchronous: bool) -> None:
    random = Random(0)
    accepted: dict[str, list[int]] = defaultdict(list)

    refusals = [BUSY, Answer(429, {"retry-after-ms": "1"}), Answer(500)]

    def step(_: Request) -> Step:
        return random.choice(refusals) if random.random() < 0.2 else Answer(202)

    items = [build_send_to_group_request("hub", f"g{n % 7}", content=str(n)) for n in range(210)]
    with FaultServer(otherwise=step) as server:
        async with connect(asynchronous, server.endpoint, retry_status=20) as client:
            results = await results_of(client, items, order_by=destination)
    assert {result.status_code for result in results} == {202}
    for request in server.requests:
        if request.step == Answer(202):
            accepted[request.target].append(int(request.body))
    assert len(accepted) == 7
    for number, arrived in enumerate(accepted[key] for key in sorted(accepted)):
        assert arrived == list(range(number, 210, 7))


@pytest.mark.parametrize(
    ("method", "url", "key"),
    [
        ("POST", "/api/hubs/Chat/:send?api-version=1", "/api/hubs/chat"),
        ("POST", "/api/hubs/chat/groups/a%2Fb/:send?x", "/api/hubs/chat/groups/a%2Fb"),
        ("PUT", "/api/hubs/chat/groups/g/connections/c", "/api/hubs/chat/groups/g"),
        ("PUT", "/api/hubs/chat/users/u/groups/g", "/api/hubs/chat/users/u"),
        ("DELETE", "/api/hubs/chat/connections/c", "/api/hubs/chat/connections/c"),
        ("HEAD", "/api/hubs/chat/permissions/sendToGroup/connections/c?a", "/api/hubs/chat/connections/c"),
        ("POST", "https://host/base/api/hubs/chat/users/u/:send", "/base/api/hubs/chat/users/u"),
        ("POST", "/api/hubs/chat/groups/:closeConnections", "/api/hubs/chat"),
        ("HEAD", "/api/health", "/api/health"),
    ],
)
def test_destination(method: str, url: str, key: str) -> None:
    assert destination(HttpRequest(method, url)) == key


@modes
@pytest.mark.parametrize(
    ("client_options", "options", "statuses", "sent", "final"),
    [
        ({}, {}, [503] * 9, 4, 503),
        ({}, {}, [429, 503, 408, 202], 4, 202),
        ({}, {}, [400, 202], 1, 400),
        ({}, {"retry_status": 1}, [500] * 9, 2, 500),
        ({}, {"retry_status": 0}, [503, 202], 1, 503),
        ({"retry_total": 0}, {}, [503, 202], 1, 503),
        ({"retry_total": 0}, {"retry_total": 1}, [503, 202], 2, 202),
        ({"retry_status": 5}, {}, [503] * 9, 6, 503),
        ({"retry_on_status_codes": [418]}, {}, [418, 202], 2, 202),
        ({}, {"timeout": 20}, [503, 503, 202], 3, 202),
        ({"retry_backoff_factor": 60}, {"timeout": 20}, [500, 500, 202], 2, 500),
    ],
)
async def test_the_options_of_retries_hold(
    asynchronous: bool,
    client_options: dict[str, Any],
    options: dict[str, Any],
    statuses: list[int],
    sent: int,
    final: int,
) -> None:
    with FaultServer(*map(Answer, statuses)) as server:
        async with connect(asynchronous, server.endpoint, **client_options) as client:
            (result,) = await results_of(client, requests(1), **options)
    assert result.status_code == final
    assert len(server.requests) == sent


@modes
async def test_any_error_with_retry_after_is_sent_again(asynchronous: bool) -> None:
    with FaultServer(Answer(423, {"Retry-After": "0"})) as server:
        async with connect(asynchronous, server.endpoint) as client:
            (result,) = await results_of(client, requests(1))
    assert result.status_code == 202
    assert len(server.requests) == 2


async def test_retries_of_the_callers_own_are_theirs() -> None:
    with FaultServer(BUSY) as server:
        retries = RetryPolicy(retry_total=0)
        async with connect(False, server.endpoint, retry_policy=retries) as client:
            (result,) = await results_of(client, requests(1))
    assert result.status_code == 503
    assert len(server.requests) == 1


@modes
async def test_a_body_that_can_be_read_once_is_sent_again_whole(asynchronous: bool) -> None:
    url = next(requests(1)).url
    contents: list[Any] = [iter([b"a", b"b"]), io.BytesIO(b"ab")]
    for content in contents:
        with FaultServer(BUSY, Answer(202)) as server:
            async with connect(asynchronous, server.endpoint) as client:
                (result,) = await results_of(client, [HttpRequest("POST", url, content=content)])
        assert result.status_code == 202
        assert [request.body for request in server.requests] == [b"ab", b"ab"]


@modes
async def test_nothing_is_sent_before_retry_after_is_over(asynchronous: bool) -> None:
    arrived: list[float] = []

    def step(_: Request) -> Step:
        arrived.append(time.monotonic())
        return Answer(429, {"retry-after-ms": "200"}) if len(arrived) in {1, 2} else Answer(202)

    with FaultServer(otherwise=step) as server:
        async with connect(asynchronous, server.endpoint) as client:
            results = await results_of(client, requests(20), max_concurrency=1)
    assert {result.status_code for result in results} == {202}
    assert len(arrived) == 22
    assert arrived[2] - arrived[1] >= 0.199 <= arrived[1] - arrived[0]


@modes
async def test_a_sender_that_is_dropped_stops_and_says_so(asynchronous: bool) -> None:
    with FaultServer() as server:
        async with connect(asynchronous, server.endpoint) as client:
            left = [client.send_requests(requests(sys.maxsize), max_concurrency=2)]
            await anext(left[0])
            with pytest.warns(ResourceWarning, match="left before its end"):
                drop(left)
            await other_tasks()


@modes
async def test_a_sender_that_was_never_used_is_silent(asynchronous: bool) -> None:
    with FaultServer() as server:
        async with connect(asynchronous, server.endpoint) as client:
            client.send_requests(requests(1))
            gc.collect()
    assert server.requests == []


@modes
@pytest.mark.parametrize(
    ("items", "options", "error", "message"),
    [
        (next(requests(1)), {}, TypeError, "a single one with send_request"),
        (5, {}, TypeError, "not int"),
        ([], {"max_concurrency": 0}, ValueError, "max_concurrency=0: must be at least 1"),
        ([], {"max_concurrency": 1.5}, TypeError, "max_concurrency must be an int"),
        (
            [],
            {"max_concurrency": 4, "read_ahead": 3},
            ValueError,
            "read_ahead=3: must be at least max_concurr",
        ),
        ([], {"order_by": "group"}, TypeError, "destination is one"),
        ([], {"stream": True}, TypeError, "unexpected keyword argument 'stream'"),
    ],
)
async def test_arguments(
    asynchronous: bool, items: Any, options: dict[str, Any], error: type[Exception], message: str
) -> None:
    async with connect(asynchronous, "http://127.0.0.1:1") as client:
        with pytest.raises(error, match=message):
            client.send_requests(items, **options)


async def test_the_synchronous_client_names_the_other_for_asynchronous_iterables() -> None:
    async def source() -> AsyncIterator[HttpRequest]:
        for request in requests(1):
            yield request

    async with connect(False, "http://127.0.0.1:1") as client:
        with pytest.raises(TypeError, match=r"aio\.WebPubSubServiceClient"):
            client.client.send_requests(source())


@modes
async def test_a_key_that_cannot_be_made_ends_it(asynchronous: bool) -> None:
    def key(request: HttpRequest) -> Any:
        return 1 / (3 - number_of(request))

    with FaultServer() as server:
        async with connect(asynchronous, server.endpoint) as client:
            results = client.send_requests(requests(10), order_by=key)
            with pytest.raises(ZeroDivisionError):
                await collect(results, [])
    assert [number_of(request) for request in results.unsent] == [3]
    assert len(server.requests) == 3


@modes
async def test_a_closed_client_is_refused_at_once(asynchronous: bool) -> None:
    async with connect(asynchronous, "http://127.0.0.1:1") as client:
        pass
    block = "async with" if asynchronous else "with"
    message = f"^The client was closed. Create another one, or send inside its '{block}' block.$"
    with pytest.raises(ValueError, match=message):
        client.send_requests(requests(2))
    with pytest.raises(ValueError, match=message):
        client.open_writer("hub", group="g")


@modes
async def test_the_wrong_kind_of_block(asynchronous: bool) -> None:
    right = "async with" if asynchronous else "with"
    async with connect(asynchronous, "http://127.0.0.1:1") as client:
        kind = client.client
        for made in (kind, kind.send_requests([]), kind.open_writer("hub", group="g", mark_end=False)):
            enter = getattr(made, "__enter__" if asynchronous else "__aenter__")
            article = "an asynchronous" if asynchronous else "a synchronous"
            with pytest.raises(TypeError) as raised:
                enter()
            assert str(raised.value) == f"Use '{right}': this {type(made).__name__} is {article} one."


@modes
async def test_what_a_repr_says(asynchronous: bool) -> None:
    kind = "Async" if asynchronous else ""
    async with connect(asynchronous, "http://127.0.0.1:1") as client:
        assert (
            repr(client.client.send_requests([]))
            == f"<{kind}RequestSender, requests read: 0, results returned: 0>"
        )
        writer = client.client.open_writer("hub", group="g", mark_end=False, stream_id="s")
        assert repr(writer) == f"<{kind}TextWriter stream_id:'s', pieces accepted: 0, open>"


async def test_a_response_that_was_not_awaited() -> None:
    async with connect(True, "http://127.0.0.1:1") as client:
        sending = client.client.send_request(next(requests(1)))
        with pytest.raises(AttributeError, match=r"write response = await client.send_request\(...\)$"):
            _ = sending.status_code
        sending.close()
