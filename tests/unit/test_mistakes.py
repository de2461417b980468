"""Mistakes that people make, each with the message that it gets: ``mistakes.txt`` lists them in pairs."""

import asyncio
import copy
import doctest
import pickle
from pathlib import Path
from typing import Any

import pytest
from azure.core.credentials import AzureKeyCredential
from azure.core.rest import HttpRequest

from azure.messaging.webpubsubservice import (
    WebPubSubServiceClient,
    aio,
    diagnostics,
    emulator,
    events,
    odata_filter,
    rest,
    senders,
)

MISTAKES = Path(__file__).with_name("mistakes.txt").read_text(encoding="utf-8").split("\n\n")
ROWS = [(code, expected) for code, expected in (mistake.split("\n", 1) for mistake in MISTAKES)]
ENDPOINT = "https://x.webpubsub.azure.com"


@pytest.fixture(scope="module")
def names() -> dict[str, Any]:
    """What the mistakes are made with."""
    key = AzureKeyCredential("k")
    return {
        "AsyncEmulator": emulator.AsyncEmulator,
        "AzureKeyCredential": AzureKeyCredential,
        "C": WebPubSubServiceClient,
        "CS": f"Endpoint={ENDPOINT};AccessKey=k;Version=1.0;",
        "E": ENDPOINT,
        "ConnectRejectedError": emulator.ConnectRejectedError,
        "ConnectReply": emulator.ConnectReply,
        "Emulator": emulator.Emulator,
        "EventHandler": emulator.EventHandler,
        "EventReply": emulator.EventReply,
        "Fault": emulator.Fault,
        "HttpRequest": HttpRequest,
        "KEY": key,
        "aio": aio,
        "asyncio": asyncio,
        "copy": copy,
        "pickle": pickle,
        "client": WebPubSubServiceClient(ENDPOINT, key),
        "connect": events.ConnectEvent(hub="h", connection_id="c"),
        "diagnostics": diagnostics,
        "events": events,
        "message": events.UserEvent(hub="h", connection_id="c", name="n"),
        "odata_filter": odata_filter,
        "rest": rest,
        "senders": senders,
        **{name: getattr(rest, name) for name in rest.__all__},
    }


def test_there_are_many() -> None:
    assert len(ROWS) > 115
    assert len({code for code, _ in ROWS}) == len(ROWS)


@pytest.mark.parametrize(("code", "expected"), ROWS, ids=[code for code, _ in ROWS])
def test_a_mistake_is_explained(code: str, expected: str, names: dict[str, Any]) -> None:
    with pytest.raises(Exception) as raised:  # noqa: PT011 - the row says which
        eval(code, dict(names))
    said = f"{type(raised.value).__name__}: {raised.value}"
    # An ellipsis stands for what differs between Python's versions.
    assert doctest.OutputChecker().check_output(expected.strip() + "\n", said + "\n", doctest.ELLIPSIS), said
