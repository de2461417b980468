"""Starting, asking and stopping an emulator, in a thread and in the running loop."""

import logging
import socket
import threading

import pytest

from azure.messaging.webpubsubservice.emulator import AsyncEmulator, Emulator


def test_runs_in_a_thread_of_its_own_and_leaves_none_behind() -> None:
    before = threading.active_count()
    with Emulator(access_key="k" * 40) as first, Emulator() as second:
        assert first.connection_string == f"Endpoint={first.endpoint};AccessKey={'k' * 40};Version=1.0;"
        assert first.endpoint.startswith("http://127.0.0.1:")
        assert first.endpoint != second.endpoint
        assert first.access_key != second.access_key != second.secondary_access_key
        assert threading.active_count() == before + 2
    assert threading.active_count() == before


async def test_runs_in_the_running_loop() -> None:
    before = threading.active_count()
    async with Emulator() as emulator:
        assert isinstance(emulator, AsyncEmulator)
        assert threading.active_count() == before
        with pytest.raises(TimeoutError):
            await emulator.wait_for_connections(timeout=0.01)


def test_waiting_in_vain_says_who_is_there() -> None:
    with (
        Emulator() as emulator,
        pytest.raises(TimeoutError, match=r"not within 0\.01 s; there are 0 clients"),
    ):
        emulator.wait_for_connections(timeout=0.01)


def test_can_be_started_again() -> None:
    emulator = Emulator()
    for _ in range(2):
        with emulator:
            assert emulator.endpoint
            with pytest.raises(RuntimeError, match="runs already"):
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


@pytest.mark.parametrize("key", ["", b"bytes", 1])
def test_a_key_that_is_no_text_is_refused_and_not_quoted(key: object) -> None:
    with pytest.raises(ValueError, match=r"^access_key must be text that is not empty$"):
        Emulator(access_key=key)  # type: ignore[arg-type]


def test_no_key_in_a_repr() -> None:
    with Emulator() as emulator:
        shown = repr(emulator) + repr(vars(emulator))
        assert emulator.access_key not in shown
        assert emulator.secondary_access_key not in shown


def test_time_does_not_go_back() -> None:
    with pytest.raises(ValueError, match="must not be negative"):
        Emulator().clock.advance(-1)


def test_time_moves_from_any_thread() -> None:
    with Emulator() as emulator:
        before = emulator.clock.now()
        emulator.clock.advance(3600)
        assert 3600 <= emulator.clock.now() - before < 3700
