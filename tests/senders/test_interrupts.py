"""Whatever is raised, wherever, while many requests are sent: it reaches the caller, and nothing is lost."""

import asyncio
import logging
import threading
from collections.abc import AsyncIterator, Callable, Iterator
from typing import Any, cast

import pytest
from azure.core.pipeline.policies import SansIOHTTPPolicy
from azure.core.rest import HttpRequest

from azure.messaging.webpubsubservice.senders import SendResult
from tests.faults import Answer, FaultServer, Gate
from tests.senders.clients import connect, modes, number_of, requests


class OwnError(BaseException):
    """What only ``except BaseException`` catches."""


INTERRUPTS = (KeyboardInterrupt, SystemExit)
OTHERS = (LookupError, asyncio.CancelledError, GeneratorExit, OwnError)
kinds = pytest.mark.parametrize("kind", [*INTERRUPTS, *OTHERS])
ends = pytest.mark.parametrize("kind", [StopIteration, StopAsyncIteration])


async def collect(results: Any, into: list[SendResult[Any]]) -> None:
    async for result in results:
        into.append(result)  # noqa: PERF401 - what came before an error stays


def collect_blocking(results: Any, into: list[SendResult[Any]]) -> None:
    for result in results:
        into.append(result)  # noqa: PERF402 - what came before an error stays


# In the iterable, or while a request is taken from it.


class Iterating:
    """An iterator that raises, and would go on."""

    def __init__(self, kind: type[BaseException]) -> None:
        self._kind = kind
        self._requests = requests(6)
        self._read = 0

    def __iter__(self) -> Iterator[HttpRequest]:
        return self

    def __next__(self) -> HttpRequest:
        self._read += 1
        if self._read == 4:
            raise self._kind
        return next(self._requests)


def in_generator(kind: type[BaseException]) -> tuple[Any, Any]:
    def source() -> Iterator[HttpRequest]:
        yield from requests(3)
        raise kind

    return source(), None


def in_iterator(kind: type[BaseException]) -> tuple[Any, Any]:
    return Iterating(kind), None


def in_order_by(kind: type[BaseException]) -> tuple[Any, Any]:
    def key(request: HttpRequest) -> int:
        if number_of(request) == 3:
            raise kind
        return number_of(request)

    return requests(6), key


def in_hash(kind: type[BaseException]) -> tuple[Any, Any]:
    class Key:
        def __init__(self, number: int) -> None:
            self._number = number

        def __hash__(self) -> int:
            if self._number == 3:
                raise kind
            return self._number

    return requests(6), lambda request: Key(number_of(request))


def in_asynchronous_generator(kind: type[BaseException]) -> tuple[Any, Any]:
    async def source() -> AsyncIterator[HttpRequest]:
        for request in requests(3):
            yield request
        raise kind

    return source(), None


def in_awaited_task(kind: type[BaseException]) -> tuple[Any, Any]:
    async def source() -> AsyncIterator[HttpRequest]:
        for request in requests(3):
            yield request
        future: asyncio.Future[HttpRequest] = asyncio.get_running_loop().create_future()
        if kind is asyncio.CancelledError:
            future.cancel()
        else:
            future.set_exception(kind)
        yield await future

    return source(), None


Place = Callable[[type[BaseException]], tuple[Any, Any]]
IN_SOURCE: list[Place] = [in_generator, in_iterator]
IN_KEY: list[Place] = [in_order_by, in_hash]
IN_ASYNCHRONOUS_SOURCE: list[Place] = [in_asynchronous_generator, in_awaited_task]
places = pytest.mark.parametrize(
    ("asynchronous", "place"),
    [
        *((asynchronous, place) for asynchronous in (False, True) for place in (*IN_SOURCE, *IN_KEY)),
        *((True, place) for place in IN_ASYNCHRONOUS_SOURCE),
    ],
)


@places
@kinds
async def test_reading_fails(asynchronous: bool, place: Place, kind: type[BaseException]) -> None:
    gate = Gate()
    interrupts = kind in INTERRUPTS
    if not interrupts:
        gate.open()
    source, order_by = place(kind)
    seen: list[SendResult[Any]] = []
    with FaultServer(otherwise=Answer(202, gate=gate)) as server:
        async with connect(asynchronous, server.endpoint) as client:
            results = client.send_requests(source, order_by=order_by, max_concurrency=8)
            with pytest.raises(kind):
                await collect(results, seen)
            if interrupts:
                assert seen == []  # it is raised before any response has arrived
                gate.open()
            else:
                assert len(seen) == 3
            await collect(results, seen)  # which ends
    assert sorted(result.index for result in seen) == [0, 1, 2]
    assert sorted(number_of(request) for request in server.requests) == [0, 1, 2]
    assert [number_of(request) for request in results.unsent] == ([3] if place in IN_KEY else [])
    assert results.uncertain == []


@modes
@ends
async def test_what_would_end_the_loop_is_an_error(asynchronous: bool, kind: type[BaseException]) -> None:
    other = StopAsyncIteration if kind is StopIteration else StopIteration
    sources = [in_order_by(kind), *([in_iterator(other)] if other is StopAsyncIteration else [])]
    for source, order_by in sources:
        with FaultServer() as server:
            async with connect(asynchronous, server.endpoint) as client:
                results = client.send_requests(source, order_by=order_by)
                with pytest.raises(RuntimeError, match=r"raised Stop(Async)?Iteration\.$"):
                    await collect(results, [])
                await collect(results, [])
        assert len(server.requests) == 3


@modes
@kinds
async def test_an_iterable_that_cannot_be_begun(asynchronous: bool, kind: type[BaseException]) -> None:
    class Source:
        def __iter__(self) -> Iterator[HttpRequest]:
            raise kind

    async with connect(asynchronous, "http://127.0.0.1:1") as client:
        with pytest.raises(kind):
            client.send_requests(Source())


@modes
async def test_an_interrupt_that_was_not_raised_yet_is_raised_by_close(asynchronous: bool) -> None:
    def source() -> Iterator[HttpRequest]:
        yield from requests(2)
        raise SystemExit(3)

    with FaultServer() as server:
        async with connect(asynchronous, server.endpoint) as client:
            results = client.send_requests(source())
            if asynchronous:
                await results.__aenter__()  # reads as far as requests may be sent
            else:
                for _ in range(3):
                    results.wrapped._read_one()
            with pytest.raises(SystemExit):
                await results.close()


async def test_an_asynchronous_iterable_may_catch_its_cancellation() -> None:
    async def source() -> AsyncIterator[HttpRequest]:
        for request in requests(3):
            yield request
        for request in requests(1000, 3):
            try:
                await asyncio.Event().wait()
            except asyncio.CancelledError:  # noqa: PERF203
                yield request

    with FaultServer() as server:
        async with connect(True, server.endpoint) as client:
            async with client.client.send_requests(source()) as results:
                for _ in range(3):
                    await anext(results)
    assert [number_of(request) for request in results.unsent] == [3]
    assert len(server.requests) == 3


# While a request is sent.


def in_hook(fail: Callable[[Any], None]) -> dict[str, Any]:
    return {"raw_request_hook": fail}


def in_response_hook(fail: Callable[[Any], None]) -> dict[str, Any]:
    return {"raw_response_hook": fail}


def in_policy(fail: Callable[[Any], None]) -> dict[str, Any]:
    class Policy(SansIOHTTPPolicy[Any, Any]):
        def on_request(self, request: Any) -> None:
            fail(request)

    return {"per_retry_policies": [Policy()]}


def in_policy_response(fail: Callable[[Any], None]) -> dict[str, Any]:
    class Policy(SansIOHTTPPolicy[Any, Any]):
        def on_response(self, request: Any, response: Any) -> None:  # noqa: ARG002
            fail(request)

    return {"per_call_policies": [Policy()]}


@modes
@kinds
@pytest.mark.parametrize("place", [in_hook, in_response_hook, in_policy, in_policy_response])
@pytest.mark.parametrize("ordered", [False, True])
async def test_sending_fails(
    asynchronous: bool,
    kind: type[BaseException],
    place: Callable[[Callable[[Any], None]], dict[str, Any]],
    ordered: bool,
    caplog: pytest.LogCaptureFixture,
) -> None:
    def fail(context: Any) -> None:
        if "/user1/" in context.http_request.url:
            raise kind

    seen: list[SendResult[Any]] = []
    with FaultServer() as server, caplog.at_level(logging.ERROR, "asyncio"):
        async with connect(asynchronous, server.endpoint, **place(fail)) as client:
            results = client.send_requests(
                requests(5), max_concurrency=2, read_ahead=5, order_by=(lambda _: 1) if ordered else None
            )
            if kind in INTERRUPTS:
                with pytest.raises(kind):
                    await collect(results, seen)
                await collect(results, seen)
            else:
                await collect(results, seen)
    failed = [result for result in seen if result.error is not None]
    if kind in INTERRUPTS:
        assert failed == []
        assert [number_of(request) for request in results.uncertain] == [1]
        assert sorted(result.index for result in seen) == [0, 2, 3, 4]
    else:
        assert [(result.index, type(result.error)) for result in failed] == [(1, kind)]
        assert results.uncertain == []
        assert sorted(result.index for result in seen) == [0, 1, 2, 3, 4]
        assert not failed[0].is_success
        with pytest.raises(kind):
            failed[0].raise_for_status()
    assert results.unsent == []
    assert caplog.records == []


@modes
@kinds
async def test_every_request_fails(asynchronous: bool, kind: type[BaseException]) -> None:
    """No task or thread remains that could send the next one."""

    def fail(_: Any) -> None:
        raise kind

    seen: list[SendResult[Any]] = []
    interrupts = 0
    async with connect(asynchronous, "http://127.0.0.1:1", raw_request_hook=fail) as client:
        results = client.send_requests(requests(20), max_concurrency=3)
        while len(seen) + interrupts < 20:
            try:
                await collect(results, seen)
                break
            except INTERRUPTS:
                interrupts += 1
        await collect(results, seen)
    if kind in INTERRUPTS:
        assert interrupts > 0
        assert len(results.uncertain) == 20
    else:
        assert [type(result.error) for result in seen] == [kind] * 20


@modes
async def test_a_response_that_is_none(asynchronous: bool) -> None:
    class Policy(SansIOHTTPPolicy[Any, Any]):
        def on_response(self, request: Any, response: Any) -> None:
            if "/user1/" in request.http_request.url:
                response.http_response = None

    seen: list[SendResult[Any]] = []
    with FaultServer() as server:
        async with connect(asynchronous, server.endpoint, per_call_policies=[Policy()]) as client:
            await collect(client.send_requests(requests(3)), seen)
    assert sorted(result.index for result in seen) == [0, 1, 2]
    assert all((result.response is None) == (result.error is not None) for result in seen)


@modes
async def test_a_key_that_changes(asynchronous: bool) -> None:
    class Changing:
        def __init__(self) -> None:
            self.hash = 0

        def __hash__(self) -> int:
            self.hash += 1
            return self.hash

    seen: list[SendResult[Any]] = []
    with FaultServer() as server:
        async with connect(asynchronous, server.endpoint) as client:
            await collect(client.send_requests(requests(9), order_by=lambda _: Changing()), seen)
    assert len(seen) == 9


# Several threads or tasks iterate.


async def consumers(asynchronous: bool, results: Any, count: int) -> list[list[SendResult[Any]]]:
    seen: list[list[SendResult[Any]]] = [[] for _ in range(count)]
    if asynchronous:
        await asyncio.gather(*(collect(results, into) for into in seen))
    else:
        threads = (asyncio.to_thread(collect_blocking, results.wrapped, into) for into in seen)
        await asyncio.gather(*threads)
    return seen


def all_indices(seen: list[list[SendResult[Any]]]) -> list[int]:
    return sorted(result.index for into in seen for result in into)


@modes
@pytest.mark.parametrize("count", [2, 5])
@pytest.mark.parametrize("items", [0, 1, 5, 200])
async def test_several_iterate(asynchronous: bool, count: int, items: int) -> None:
    with FaultServer() as server:
        async with connect(asynchronous, server.endpoint) as client:
            results = client.send_requests(requests(items), max_concurrency=3)
            seen = await consumers(asynchronous, results, count)
    assert all_indices(seen) == list(range(items))


async def test_several_iterate_over_an_asynchronous_iterable() -> None:
    async def source() -> AsyncIterator[HttpRequest]:
        for request in requests(50):
            await asyncio.sleep(0)
            yield request

    with FaultServer() as server:
        async with connect(True, server.endpoint) as client:
            seen = await consumers(True, client.send_requests(cast("Any", source()), max_concurrency=3), 3)
    assert all_indices(seen) == list(range(50))


@modes
@pytest.mark.parametrize("kind", [LookupError, KeyboardInterrupt])
async def test_an_error_is_raised_in_one_of_them(asynchronous: bool, kind: type[BaseException]) -> None:
    raised: list[BaseException] = []
    source, _ = in_iterator(kind)

    def iterate(results: Any, into: list[SendResult[Any]]) -> None:
        try:
            collect_blocking(results, into)
        except kind as error:
            raised.append(error)
            collect_blocking(results, into)

    async def iterate_asynchronously(results: Any, into: list[SendResult[Any]]) -> None:
        try:
            await collect(results, into)
        except kind as error:
            raised.append(error)
            await collect(results, into)

    seen: list[list[SendResult[Any]]] = [[] for _ in range(3)]
    with FaultServer() as server:
        async with connect(asynchronous, server.endpoint) as client:
            results = client.send_requests(source)
            if asynchronous:
                await asyncio.gather(*(iterate_asynchronously(results, into) for into in seen))
            else:
                await asyncio.gather(*(asyncio.to_thread(iterate, results.wrapped, into) for into in seen))
    assert len(raised) == 1
    assert all_indices(seen) == [0, 1, 2]


async def test_a_thread_gets_results_while_another_reads_and_reads_on_when_that_one_leaves() -> None:
    reading, go_on = threading.Event(), threading.Event()

    def source() -> Iterator[HttpRequest]:
        for number, request in enumerate(requests(9)):
            if number == 1:
                reading.set()
                go_on.wait()
            yield request

    def iterate(results: Any) -> list[int]:
        indices = []
        for result in results:
            indices.append(result.index)
            go_on.set()
        return indices

    with FaultServer() as server:
        async with connect(False, server.endpoint) as client:
            results = client.client.send_requests(source(), max_concurrency=2, read_ahead=2)
            first = asyncio.create_task(asyncio.to_thread(next, results))
            await asyncio.to_thread(reading.wait)
            rest = await asyncio.to_thread(iterate, results)
            indices = sorted([(await first).index, *rest])
    assert indices == list(range(9))


async def test_a_task_that_is_cancelled_takes_nothing_from_another() -> None:
    gate = Gate()
    with FaultServer(otherwise=Answer(202, gate=gate)) as server:
        async with connect(True, server.endpoint) as client:
            results = client.send_requests(requests(5))
            waiting = [asyncio.ensure_future(anext(results)) for _ in range(3)]
            await asyncio.to_thread(gate.reached.wait)
            waiting[0].cancel()
            gate.open()
            seen: list[SendResult[Any]] = [await waiting[1], await waiting[2]]
            await collect(results, seen)
    assert all_indices([seen]) == [0, 1, 2, 3, 4]
