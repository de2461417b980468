"""Calls of event handlers on the page, while they are on their way."""

from collections.abc import Iterator

import pytest

from azure.messaging.webpubsubservice.emulator import Emulator, EventHandler
from tests.browser.playground import Playground
from tests.faults import Answer, FaultServer, Gate

TEXT = {"Content-Type": "text/plain"}


@pytest.fixture
def server() -> Iterator[FaultServer]:
    """An event handler that accepts events. What it answers is the test's."""
    with FaultServer(Answer(200, {"WebHook-Allowed-Origin": "*"})) as running:
        yield running


@pytest.fixture
def emulator(server: FaultServer) -> Iterator[Emulator]:
    handler = EventHandler(server.endpoint, system_events=())
    with Emulator(event_handlers={"chat": handler}) as running:
        yield running


def only_errors(page: Playground) -> None:
    """Turn the filter for errors on or off."""
    page.script("document.getElementById('errors').click()")


def open_call(page: Playground) -> None:
    """Show the details of the call."""
    page.click("#traffic-list .item", [" handler " in line for line in page.traffic()].index(True))


def test_a_call_is_shown_from_its_first_attempt_to_its_answer(
    page: Playground, emulator: Emulator, server: FaultServer
) -> None:
    first, second = Gate(), Gate()
    server.script(Answer(503, gate=first), Answer(200, TEXT, b"fine", gate=second))
    page.connect(user="alice")
    page.say("event", data="1")
    page.entry("handler", "message", "attempt 1, no answer yet")
    open_call(page)
    page.until(lambda: "attempt 1, no answer yet" in page.text("#details"))
    first.open()
    page.entry("handler", "the answer is 503", "attempt 2 in 1000 ms")
    page.until(lambda: "attempt 2 in 1000 ms" in page.text("#details"))
    assert "1: the answer is 503" in page.text("#details")
    only_errors(page)
    page.until(lambda: page.traffic() == [])  # it may still succeed
    only_errors(page)
    emulator.clock.advance(1)
    page.entry("handler", "attempt 2, no answer yet")
    open_call(page)
    second.open()
    page.entry("handler", "2 attempts", "200")
    page.until(lambda: "fine" in page.text("#details"))
    assert "no answer yet" not in page.text("#details")


def test_a_call_that_fails_in_the_end_passes_the_filter_for_errors(
    page: Playground, server: FaultServer
) -> None:
    gate = Gate()
    server.script(Answer(404, gate=gate))
    page.connect(user="alice")
    only_errors(page)
    page.say("event", data="1")
    page.until(lambda: page.text("#traffic-count").startswith("0 of "))
    gate.open()
    page.entry("handler", "the answer is 404", "404")
