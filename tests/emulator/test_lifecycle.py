"""Starting, asking and stopping an emulator, in a thread and in the running loop."""

import asyncio
import logging
import re
import socket
import threading
from concurrent.futures import Future
from typing import Any

import pytest

from azure.messaging.webpubsubservice.emulator import AsyncEmulator, Emulator
from azure.messaging.webpubsubservice.emulator._service.changes import Changes


def threads_since(before: set[threading.Thread]) -> int:
    """How many threads run that did not run before; of those, others may have ended meanwhile."""
    return len(set(threading.enumerate()) - before)


def test_runs_in_a_thread_of_its_own_and_leaves_none_behind() -> None:
    before = set(threading.enumerate())
    with Emulator(access_key="k" * 40) as first, Emulator() as second:
        assert first.connection_string == f"Endpoint={first.endpoint};AccessKey={'k' * 40};Version=1.0;"
        assert first.endpoint.startswith("http://127.0.0.1:")
        assert first.endpoint != second.endpoint
        assert first.access_key != second.access_key != second.secondary_access_key
        assert threads_since(before) == 2
    assert threads_since(before) == 0


async def test_runs_in_the_running_loop() -> None:
    before = set(threading.enumerate())
    async with Emulator() as emulator:
        assert isinstance(emulator, AsyncEmulator)
        assert threads_since(before) == 0
        with pytest.raises(TimeoutError):
            await emulator.wait_for_connections(timeout=0.01)


def test_waiting_in_vain_says_who_is_there() -> None:
    with (
        Emulator() as emulator,
        pytest.raises(TimeoutError, match=r"after 0\.01 s .*(?s:.)*in all: 0 clients, 0 requests"),
    ):
        emulator.wait_for_connections(timeout=0.01)


def test_can_be_started_again() -> None:
    emulator = Emulator()
    for _ in range(2):
        with emulator:
            assert emulator.endpoint
            with pytest.raises(RuntimeError, match="is already running"):
                emulator.start()


def test_a_port_that_is_taken_is_named() -> None:
    with socket.create_server(("127.0.0.1", 0)) as taken:
        port = taken.getsockname()[1]
        with pytest.raises(OSError, match=rf"port {port} of 127\.0\.0\.1 is taken"):
            Emulator(port=port).start()


def test_an_address_of_another_machine_is_named() -> None:
    with pytest.raises(OSError, match=r"192\.0\.2\.1"):
        Emulator(host="192.0.2.1").start()


def test_listening_beyond_loopback_is_said(caplog: pytest.LogCaptureFixture) -> None:
    with caplog.at_level(logging.WARNING), Emulator():
        assert not caplog.records
    with caplog.at_level(logging.WARNING), Emulator(host="0.0.0.0"):
        assert "reachable from other machines" in caplog.text


def test_needs_to_be_started_to_be_asked() -> None:
    emulator = Emulator()
    assert repr(emulator) == "<Emulator, not started>"
    for ask in (
        lambda: emulator.endpoint,
        lambda: emulator.connection_string,
        emulator.wait_for_connections,
    ):
        with pytest.raises(RuntimeError, match=r"not started|has no thread"):
            ask()


@pytest.mark.parametrize("key", ["", b"bytes", 1, "a;b", "\ud800"])
def test_a_key_that_no_connection_string_can_hold_is_refused_and_not_quoted(key: object) -> None:
    with pytest.raises(ValueError, match=r"^access_key must be text that is not empty, without semicolons$"):
        Emulator(access_key=key)  # type: ignore[arg-type]


@pytest.mark.parametrize(
    ("arguments", "rule"),
    [
        ({"host": ""}, "host must be a name or an address, got ''"),
        ({"host": None}, "host must be a name or an address, got None"),
        ({"port": 65536}, "port must be an integer from 0 to 65535, got 65536"),
        ({"port": -1}, "port must be an integer from 0 to 65535, got -1"),
        ({"recovery_window": "x"}, "recovery_window must be a number of seconds from 0, got 'x'"),
        ({"keep_alive_interval": 0}, "keep_alive_interval must be a number of seconds above 0, got 0"),
        (
            {"keep_alive_interval": float("inf")},
            "keep_alive_interval must be a number of seconds above 0, got inf",
        ),
        ({"send_buffer_bytes": 0}, "send_buffer_bytes must be an integer from 1, got 0"),
        ({"seed": "a"}, "seed must be an integer, got 'a'"),
        (
            {"event_handlers": "x"},
            "event_handlers must be a mapping of hubs to handlers, got 'x'",
        ),
        (
            {"event_handlers": {"a b": "x"}},
            "a hub of event_handlers must be a hub's name or '*', got 'a b'",
        ),
    ],
)
def test_arguments_that_make_no_sense_are_named(arguments: dict[str, Any], rule: str) -> None:
    with pytest.raises(ValueError, match=f"^{re.escape(rule)}$"):
        Emulator(**arguments)


@pytest.mark.parametrize(
    ("hub", "arguments", "named"),
    [
        ("a b", {}, "hub"),
        ("chat", {"roles": "webpubsub.sendToGroup"}, "roles"),
        ("chat", {"groups": "vip"}, "groups"),
        ("chat", {"groups": [" "]}, "groups"),
    ],
)
def test_a_client_url_that_makes_no_sense(hub: str, arguments: dict[str, Any], named: str) -> None:
    with Emulator() as emulator, pytest.raises(ValueError, match=f"^{named} must be"):
        emulator.client_url(hub, **arguments)


def test_what_is_waited_for_is_true() -> None:
    with Emulator() as emulator, pytest.raises(TimeoutError):
        emulator.wait_until(lambda: 0, timeout=0.01)


async def test_a_condition_that_comes_true_too_late_disturbs_nobody() -> None:
    changes = Changes()
    asked = False

    def condition() -> bool | None:
        if asked:
            future.cancel()  # as another thread does when it gives up
        return asked or None

    future = changes.future(condition)
    asked = True
    changes.notify()
    await asyncio.sleep(0)
    assert future.cancelled()


def test_waiting_ends_when_the_emulator_stops() -> None:
    emulator = Emulator()
    emulator.start()
    looked = threading.Event()
    errors = []

    def wait() -> None:
        try:
            emulator.wait_until(looked.set, timeout=60)
        except RuntimeError as error:
            errors.append(str(error))

    waiter = threading.Thread(target=wait)
    waiter.start()
    assert looked.wait(10)
    emulator.stop()
    waiter.join(10)
    assert errors == ["the emulator was stopped"]


async def test_runs_once_at_a_time() -> None:
    emulator = Emulator()
    async with emulator as running:
        endpoint = running.endpoint
        with pytest.raises(RuntimeError, match="is already running"):
            emulator.start()
        with pytest.raises(RuntimeError, match="is already running"):
            await emulator.__aenter__()
        assert running.endpoint == endpoint
    async with emulator:
        pass


async def test_leaves_no_task_behind() -> None:
    before = asyncio.all_tasks()
    async with Emulator():
        pass
    assert asyncio.all_tasks() == before


def test_an_interrupt_during_the_start_stops_it(monkeypatch: pytest.MonkeyPatch) -> None:
    """As Ctrl+C does, which only the main thread hears of."""
    emulator = Emulator()
    before = set(threading.enumerate())

    def interrupted(future: Future[None], timeout: float | None = None) -> None:  # noqa: ARG001
        raise KeyboardInterrupt

    monkeypatch.setattr(Future, "result", interrupted)
    with pytest.raises(KeyboardInterrupt):
        emulator.start()
    monkeypatch.undo()
    assert threads_since(before) == 0
    with emulator:
        assert not emulator.connections


def test_no_key_in_a_repr() -> None:
    with Emulator() as emulator:
        held = [
            getattr(emulator, name) for kind in Emulator.__mro__ for name in getattr(kind, "__slots__", ())
        ]
        shown = repr(emulator) + repr(held) + repr(vars(emulator._service))
        assert emulator.access_key not in shown
        assert emulator.secondary_access_key not in shown


@pytest.mark.parametrize("seconds", [-1, float("nan"), float("inf")])
def test_time_does_not_go_back_or_nowhere(seconds: float) -> None:
    with pytest.raises(ValueError, match="must be a finite number that is not negative"):
        Emulator().clock.advance(seconds)


def test_time_moves_from_any_thread() -> None:
    with Emulator() as emulator:
        before = emulator.clock.now()
        emulator.clock.advance(3600)
        assert 3600 <= emulator.clock.now() - before < 3700
