import json
from typing import Any

import pytest
from django.test import Client
from websockets.sync.client import connect
from websockets.typing import Subprotocol

from azure.messaging.webpubsubservice.emulator import Emulator
from django_app import application


def test_chat(
    webpubsub_emulator: Emulator, monkeypatch: pytest.MonkeyPatch
) -> None:
    emulator, setenv = webpubsub_emulator, monkeypatch.setenv
    setenv("WEBPUBSUB_CONNECTION_STRING", emulator.connection_string)
    setenv("WEBPUBSUB_ACCESS_KEY", emulator.access_key)
    emulator.handle_events("chat", application)
    api: Any = Client()  # Django has no annotations
    url = api.get("/negotiate", {"user": "alice"}).json()["url"]
    with connect(
        url, subprotocols=[Subprotocol("json.webpubsub.azure.v1")]
    ) as alice:
        assert json.loads(alice.recv())["userId"] == "alice"
        say = {"type": "event", "event": "say", "dataType": "text"}
        alice.send(json.dumps(say | {"data": "hello"}))
        assert json.loads(alice.recv())["data"]["text"] == "hello"
    (call,) = emulator.wait_for_events(where=lambda call: call.event == "say")
    assert (call.text, call.status) == ("hello", 204)
