"""Streams that a person publishes with a client of the page."""

import json
from typing import Any

import pytest

from azure.messaging.webpubsubservice import WebPubSubServiceClient
from tests.browser.axe import findings
from tests.browser.clients import RELIABLE, subscriber
from tests.browser.playground import Playground

JSON = "json.webpubsub.azure.v1"
PROTOBUF = "protobuf.webpubsub.azure.v1"


def do(page: Playground, action: str, *, error: str = "", idle: str = "", **more: Any) -> None:
    """Do something with the stream ``s``."""
    page.choose("#say [name=action]", action)
    page.fill("#say [name=stream]", "s")
    if error:
        page.fill("#say [name=error]", error)
    if idle:
        page.fill("#say [name=idle]", idle)
    page.say(action, **more)


def message(number: int, data: Any = "", data_type: str = "text", **stream: Any) -> dict[str, Any]:
    return {
        "type": "message",
        "from": "group",
        "group": "blue",
        "fromUserId": "alice",
        "stream": {"streamId": "s", "streamSequenceId": number, **stream},
        "dataType": data_type,
        "data": data,
    }


@pytest.mark.parametrize("subprotocol", [JSON, PROTOBUF])
def test_a_stream_from_its_start_to_its_end(
    page: Playground, service: WebPubSubServiceClient, subprotocol: str
) -> None:
    with subscriber(service, user_id="bob", groups=["blue"]) as bob:
        page.connect(user="alice", subprotocol=subprotocol)
        do(page, "streamStart", group="blue", idle="60")
        page.got("streamAck", '"expectedSequenceId":1')
        do(page, "streamData", data="one", data_type="text")
        do(page, "streamData", data="[2]", data_type="json")
        page.got("streamAck", '"expectedSequenceId":3')
        do(page, "streamEnd")
        page.got("streamClosed")
        do(page, "streamStart", group="blue")  # the same stream once more, which fails
        do(page, "streamData", data="again", data_type="text")
        do(page, "streamEnd", error="The model is gone.")
        received = [json.loads(bob.recv(timeout=10)) for _ in range(5)]
    error = {"name": "UserError", "message": "The model is gone."}
    assert received == [
        message(1, "one"),
        message(2, [2], "json"),
        message(3, endOfStream=True),
        message(1, "again"),
        message(2, endOfStream=True, error=error),
    ]


def test_a_stream_goes_on_after_a_recovery_and_in_a_page_that_is_loaded_again(
    page: Playground, service: WebPubSubServiceClient
) -> None:
    with subscriber(service, user_id="bob", groups=["blue"]) as bob:
        page.connect(user="alice", subprotocol=RELIABLE)
        do(page, "streamStart", group="blue")
        do(page, "streamData", data="one", data_type="text")
        page.got("streamAck", '"expectedSequenceId":2')
        page.click("#own-drop")
        page.until(lambda: page.find("#own-recover").is_displayed())
        page.click("#own-recover")
        page.until(lambda: page.text("#own-state").startswith("Connected"))
        do(page, "streamData", data="two", data_type="text")
        page.got("streamAck", '"expectedSequenceId":3')
        page.open()
        page.until(lambda: page.text("#own-state").startswith("Connected"))
        do(page, "streamData", data="three", data_type="text")
        received = [json.loads(bob.recv(timeout=10)) for _ in range(3)]
    assert received == [message(1, "one"), message(2, "two"), message(3, "three")]


def test_a_number_that_is_refused_is_put_right(page: Playground, service: WebPubSubServiceClient) -> None:
    with subscriber(service, user_id="bob", groups=["blue"]) as bob:
        page.connect(user="alice")
        do(page, "streamStart", group="blue")
        late = {"type": "streamData", "streamId": "s", "streamSequenceId": 7, "dataType": "text", "data": "7"}
        page.say("raw", data=json.dumps(late))
        page.got("streamNack", '"expectedSequenceId":1')
        do(page, "streamData", data="one", data_type="text")
        assert json.loads(bob.recv(timeout=10)) == message(1, "one")


def test_the_form_shows_what_a_step_needs(page: Playground) -> None:
    page.connect(user="alice")
    shown = {
        "streamStart": {"group", "stream", "idle", "noEcho"},
        "streamData": {"stream", "dataType", "data"},
        "streamEnd": {"stream", "error"},
        "sendToGroup": {"group", "dataType", "data", "noEcho"},
        "event": {"event", "dataType", "data"},
        "raw": {"data"},
    }
    for action, names in shown.items():
        page.choose("#say [name=action]", action)
        fields = page.all("#say [name]:not([name=action])")
        page.until(
            lambda names=names, fields=fields: (  # type: ignore[misc]
                {field.get_attribute("name") for field in fields if field.is_displayed()} == names
            )
        )
        if "stream" in names:
            assert findings(page) == []
    page.choose("#say [name=action]", "streamData")
    page.fill("#say [name=stream]", "")
    page.click("#say [type=submit]")
    assert not any(frame.startswith("sent") for frame in page.frames())  # a stream needs a name
