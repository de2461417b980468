import json

import pytest
from websockets.sync.client import connect
from websockets.typing import Subprotocol

from azure.messaging.webpubsubservice.emulator import Emulator
from flask_app import create_app


def test_chat(
    webpubsub_emulator: Emulator, monkeypatch: pytest.MonkeyPatch
) -> None:
    emulator, setenv = webpubsub_emulator, monkeypatch.setenv
    setenv("WEBPUBSUB_CONNECTION_STRING", emulator.connection_string)
    setenv("WEBPUBSUB_ACCESS_KEY", emulator.access_key)
    app = create_app()
    emulator.handle_events("chat", app)
    url = app.test_client().get("/negotiate?user=alice").get_json()["url"]
    with connect(
        url, subprotocols=[Subprotocol("json.webpubsub.azure.v1")]
    ) as alice:
        assert json.loads(alice.recv())["userId"] == "alice"
        say = {"type": "event", "event": "say", "dataType": "text"}
        alice.send(json.dumps(say | {"data": "hello"}))
        assert json.loads(alice.recv())["data"]["text"] == "hello"
    (call,) = emulator.wait_for_events(where=lambda call: call.event == "say")
    assert (call.text, call.status) == ("hello", 204)
