"""A misspelt argument is explained by every public function, method and constructor that has several."""

import inspect
from collections.abc import Callable, Iterator
from typing import Any

import pytest

from azure.messaging.webpubsubservice import diagnostics, emulator, events, senders
from azure.messaging.webpubsubservice._keywords import did_you_mean, explain_calls
from azure.messaging.webpubsubservice.aio import senders as aio_senders

MODULES = (emulator, events, senders, aio_senders, diagnostics)

#: The package makes these itself, some for each message.
MADE_HERE = {
    *(emulator.ClientInfo, emulator.ConnectionInfo, emulator.ConnectRequest, emulator.Delivery),
    *(emulator.EventAttempt, emulator.EventRecord, emulator.RequestRecord),
    *(emulator.Payload, emulator.PayloadType, emulator.SendEvent, emulator.AsyncEmulator, emulator.Clock),
    *(emulator.Faults, emulator.EventSink, emulator.PresenceSink),
    *(senders.RequestSender, senders.SendResult, senders.TextWriter, senders.WriterError),
    *(aio_senders.AsyncRequestSender, aio_senders.AsyncTextWriter),
    *(diagnostics.Diagnosis, diagnostics.Finding),
}
#: The emulator calls these.
CALLED_BY_THE_EMULATOR = {
    *("Clock.after", "Clock.call_later", "Clock.offset_at", "Clock.sleep", "ConnectReply.check"),
    *("EventHandler.handles_presence_event", "EventHandler.resolve", "Fault.matches", "Faults.next_for"),
}


def arguments(function: Callable[..., object]) -> list[str]:
    """The names of what a caller passes."""
    parameters = inspect.signature(function).parameters.values()
    kinds = (inspect.Parameter.POSITIONAL_OR_KEYWORD, inspect.Parameter.KEYWORD_ONLY)
    return [each.name for each in parameters if each.kind in kinds and each.name != "self"]


def public() -> Iterator[tuple[str, Callable[..., Any]]]:
    """What users call, by name."""
    for module in MODULES:
        for name in module.__all__:
            value = getattr(module, name)
            if inspect.isfunction(value):
                yield name, value
            if not inspect.isclass(value) or issubclass(value, dict) or hasattr(value, "__total__"):
                continue
            if value not in MADE_HERE and "__init__" in vars(value):
                yield name, value
            if value in (emulator.EventSink, emulator.PresenceSink, emulator.NoEventHandlers):
                continue
            for method, function in inspect.getmembers(value, inspect.isfunction):
                full = f"{name}.{method}"
                is_ours = function.__module__.startswith("azure.")
                if is_ours and not method.startswith("_") and full not in CALLED_BY_THE_EMULATOR:
                    yield full, function


CHOICES = {name: call for name, call in public() if len(arguments(call)) > 1}


def test_the_list_has_them() -> None:
    assert {
        *("parse_event", "ConnectEvent.accept", "UserEvent.reply", "EventHandler", "Fault", "diagnose"),
        *("Emulator.client_url", "Emulator.wait_for_events", "AsyncEmulator.wait_for_events"),
        "Clock.advance",
    } <= CHOICES.keys()


async def result(call: Callable[..., Any], *first: object, **named: object) -> object:
    """What a function returns, or a coroutine."""
    returned = call(*first, **named)
    return await returned if inspect.isawaitable(returned) else returned


@pytest.mark.parametrize("name", CHOICES)
async def test_a_misspelt_argument_is_explained(name: str) -> None:
    call = CHOICES[name]
    for argument in arguments(call):
        # The first argument of a method may be anything: the call is refused before it is looked at.
        first = [object()] * ("." in name)
        with pytest.raises(TypeError) as raised:
            await result(call, *first, **{f"{argument}x": None})
        said = str(raised.value)
        assert said == (
            f"{name.rpartition('.')[2]}() got an unexpected keyword argument '{argument}x'. "
            f"Did you mean {argument}?"
        )


def test_calls_that_a_function_takes_go_on() -> None:
    @explain_calls
    def repeat(text: str, *, times: int = 1) -> str:
        """Repeat."""
        if times < 0:
            raise TypeError("its own")
        return text * times

    assert (repeat("a", times=2), repeat(text="a"), repeat.__doc__) == ("aa", "a", "Repeat.")
    with pytest.raises(TypeError, match=r"^its own$"):
        repeat("a", times=-1)
    with pytest.raises(TypeError, match="missing 1 required positional argument: 'text'"):
        repeat()  # type: ignore[call-arg]
    with pytest.raises(
        TypeError, match=r"^repeat\(\) takes text by position; these need their names: times$"
    ):
        repeat("a", 2)  # type: ignore[call-arg]


@pytest.mark.parametrize(
    ("name", "question"),
    [
        ("statu", " Did you mean status?"),
        ("ttl", " Did you mean message_ttl_seconds?"),
        ("tt", ""),
        ("self", ""),
        ("", ""),
    ],
)
def test_what_may_be_meant(name: str, question: str) -> None:
    assert did_you_mean(name, ["self", "status", "message_ttl_seconds"]) == question
