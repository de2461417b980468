"""What the playground does: history, causes, faults and time, calls, copies, export, plots and trees."""

import contextlib
import json
from pathlib import Path

import pytest
from azure.core.exceptions import HttpResponseError
from selenium.webdriver import Chrome

from azure.messaging.webpubsubservice import WebPubSubServiceClient
from azure.messaging.webpubsubservice.emulator import Emulator, Fault
from azure.messaging.webpubsubservice.rest import build_send_to_all_request, build_send_to_group_request
from tests.browser.clients import RELIABLE, subscriber
from tests.browser.playground import Playground


def _kinds(page: Playground) -> list[str]:
    return [line.split()[1] for line in page.traffic()]


def _clipboard(page: Playground) -> str:
    """What was copied last."""
    text = page.driver.execute_async_script(
        "const done = arguments[0]; navigator.clipboard.readText().then(done, (error) => done(String(error)))"
    )
    return str(text)


@pytest.fixture
def clipboard(page: Playground) -> None:
    """Allow the page to use the clipboard, as a person's browser does after a click."""
    permissions = ["clipboardReadWrite", "clipboardSanitizedWrite"]
    command = page.driver.execute_cdp_cmd
    command("Browser.grantPermissions", {"origin": page.emulator.endpoint, "permissions": permissions})


# --- what was before ---


def test_a_page_that_is_loaded_again_has_what_happened_and_its_filters(
    page: Playground, service: WebPubSubServiceClient
) -> None:
    with subscriber(service, user_id="alice"):
        service.send_request(build_send_to_all_request("chat", json="before"))
        page.entry("REST")
        page.script("document.querySelector('[name=kind][value=life]').click()")
        page.fill("#search", "chat")
        page.until(lambda: page.text("#traffic-count") == "3 of 4")
        page.open()
        page.until(lambda: page.text("#traffic-count") == "3 of 4")
        assert page.find("#search").get_property("value") == "chat"
        page.script("document.querySelector('[name=kind][value=life]').click()")
        page.until(lambda: page.text("#traffic-count") == "4")
        page.click("#clear")
        page.until(lambda: page.traffic() == [])
        service.send_request(build_send_to_all_request("chat", json="after"))
        page.until(lambda: page.text("#traffic-count").endswith("2"))


@pytest.mark.parametrize("subprotocol", [RELIABLE, "json.webpubsub.azure.v1"])
def test_a_page_that_is_loaded_again_has_its_clients(
    page: Playground, service: WebPubSubServiceClient, subprotocol: str
) -> None:
    page.connect(user="alice", subprotocol=subprotocol, groups=["blue"])
    page.got('"event":"connected"')
    (before,) = page.emulator.connections
    page.open()
    page.until(lambda: page.text("#own-state").startswith("Connected"))
    page.until(lambda: any("reloaded" in frame for frame in page.frames()))
    page.emulator.wait_until(lambda: len(page.emulator.connections) == 1)
    (after,) = page.emulator.connections
    assert (after.user_id, after.groups) == ("alice", frozenset({"blue"}))
    assert (after.connection_id == before.connection_id) is (subprotocol == RELIABLE)
    service.send_request(build_send_to_group_request("chat", "blue", json="after"))
    page.got("after")


# --- causes and effects ---


def test_a_request_leads_to_its_deliveries_and_back(
    page: Playground, service: WebPubSubServiceClient
) -> None:
    with subscriber(service, user_id="alice"), subscriber(service, user_id="bob"):
        service.send_request(build_send_to_all_request("chat", json={"to": "both"}))
        assert "→ 2" in page.entry("REST")
        page.click("#traffic-list .item", _kinds(page).index("REST"))
        page.until(lambda: "Effects" in page.text("#details"))
        assert "2 clients" in page.text("#details .link")
        page.click("#details .link")
        page.until(lambda: page.text("#details-title").startswith("out"))
        assert "Because of" in page.text("#details")
        page.click("#details .link")
        page.until(lambda: page.text("#details-title").startswith("REST"))


def test_a_failed_ack_is_marked_where_the_client_sent(page: Playground) -> None:
    page.connect(user="alice", roles=[])
    page.say("joinGroup", group="red")
    assert page.entry(" in ", "joinGroup", "failed: Forbidden")
    page.say("event", data="1")
    assert page.entry(" in ", '"type":"event"', "failed: InternalServerError")
    page.script("document.getElementById('errors').click()")
    page.until(lambda: "in" in _kinds(page))


def test_the_traffic_of_a_user_has_messages_with_several_recipients(
    page: Playground, service: WebPubSubServiceClient
) -> None:
    with subscriber(service, user_id="al", groups=["blue"]), subscriber(service, user_id="alice"):
        service.send_request(build_send_to_all_request("chat", json="to both"))
        service.send_request(build_send_to_group_request("chat", "blue", json="to al only"))
        page.entry("to al only")
        page.until(lambda: page.live("users") == ["al chat 1", "alice chat 1"])
        page.click("#live-list .item", 1)
        page.click("#live-filter")
        page.until(lambda: page.text("#about") == "Only user alice in chat: show all")
        page.until(lambda: _kinds(page) == ["open", "out", "REST", "out"])
        assert "to both" in page.traffic()[-1]
        page.open()  # which keeps it
        page.until(lambda: _kinds(page) == ["open", "out", "REST", "out"])


# --- doing ---

FAULT = "answer 503, try again after 0 s: SendToAll"


def test_faults_and_time_are_on_the_page(
    page: Playground, emulator: Emulator, service: WebPubSubServiceClient
) -> None:
    page.view("faults")
    page.choose("#fault [name=operation]", "WebPubSub_SendToAll")
    page.fill("#fault [name=times]", "2")
    page.fill("#fault [name=retryAfter]", "0")
    page.click("#fault [type=submit]")
    page.until(lambda: page.texts("#faults-list li") == [f"{FAULT} used 0 of 2"])
    ((fault, _),) = emulator.faults.entries()
    assert fault == Fault(operation="WebPubSub_SendToAll", status=503, times=2, retry_after=0)
    with contextlib.suppress(HttpResponseError):
        service.send_request(build_send_to_all_request("chat", json=1), retry_total=0)
    page.until(lambda: page.texts("#faults-list li")[0].endswith("used 1 of 2"))
    page.choose("#fault [name=effect]", "drop")
    page.click("#fault [type=submit]")
    page.until(lambda: len(page.texts("#faults-list li")) == 2)
    page.click("#faults-clear")
    page.until(lambda: page.texts("#faults-list li") == [])
    assert emulator.faults.entries() == []

    page.click("#advance [data-seconds='3600']")
    page.until(lambda: "1 h ahead of this machine" in page.text("#clock"))
    assert emulator.clock.offset == 3600


def test_without_the_control_interface_faults_and_time_are_only_shown(driver: Chrome) -> None:
    with Emulator(control="off") as emulator:
        page = Playground(driver, emulator)
        page.resize(1366, 768)
        page.open()
        page.view("faults")
        page.until(lambda: page.find("#faults-off").is_displayed())
        assert not page.find("#fault [type=submit]").is_enabled()
        emulator.faults.add(Fault(status=503))
        page.until(lambda: page.texts("#faults-list li") == ["answer 503 used 0 times"])
        assert not page.find("#faults-clear").is_enabled()
        driver.get("about:blank")


def test_what_is_picked_can_be_closed_added_and_granted(
    page: Playground, emulator: Emulator, service: WebPubSubServiceClient
) -> None:
    with subscriber(service, user_id="alice") as client:
        page.until(lambda: len(page.live("connections")) == 1)
        page.click("#live-list .item")
        page.fill("#live-act [name=group]", "blue")
        page.click("#live-act [type=submit]")
        page.until(lambda: page.text("#live-result").startswith("200 in "))
        emulator.wait_until(lambda: emulator.connections[0].groups == {"blue"})
        page.choose("#live-act [name=act]", "WebPubSub_GrantPermission sendToGroup")
        page.click("#live-act [type=submit]")
        emulator.wait_for_requests(2)
        client.send('{"type":"sendToGroup","group":"blue","dataType":"text","data":"hi","ackId":1}')
        assert '"data":"hi"' in str(client.recv(timeout=10))
        page.click("#live-close")
        page.until(lambda: page.text("#totals") == "0 hubs, 0 connections")


def test_every_operation_is_in_the_form(page: Playground, service: WebPubSubServiceClient) -> None:
    page.view("server")
    page.until(lambda: len(page.all("#send [name=operation] option")) == 26)
    with subscriber(service, user_id="alice", groups=["blue"]):
        page.operation("ListConnectionsInGroup")
        page.fill("#send [name='path.group']", "blue")
        page.click("#send [type=submit]")
        page.until(lambda: '"userId": "alice"' in page.text("#send-answer"))
        page.operation("GroupExists")
        assert page.find("#send [name='path.group']").get_property("value") == "blue"
        page.click("#send [type=submit]")
        page.until(lambda: page.text("#send-result").startswith("200 in "))
        page.fill("#send [name='path.group']", "green")
        page.click("#send [type=submit]")
        page.until(lambda: page.text("#send-result").startswith("404"))
        page.operation("AddConnectionsToGroups")
        page.fill("#send [name=data]", '{"groups": ["green"]}')
        page.click("#send [type=submit]")
        page.until(lambda: page.emulator.connections[0].groups == {"blue", "green"})
        page.operation("GenerateClientToken")
        page.click("#send [type=submit]")
        page.until(lambda: page.text("#send-answer") == "Copy the token")
        assert "eyJ" not in page.driver.page_source
    page.complaints()  # of the group that is not there


def test_a_request_is_sent_again_as_it_was_or_edited(
    page: Playground, service: WebPubSubServiceClient
) -> None:
    text = "ü" * 5000  # more than the page is shown
    service.send_request(build_send_to_group_request("chat", "blue", content=text, filter="userId ne 'bob'"))
    page.entry("REST")
    page.click("#traffic-list .item")
    page.click("#details-again")
    page.until(lambda: page.text("#details-result").startswith("202 in "))
    first, second = page.emulator.requests
    assert (first.path, first.query, first.body) == (second.path, second.query, second.body)
    page.click("#details-edit")
    page.until(lambda: page.find("#send [name=operation]").get_property("value") == "WebPubSub_SendToGroup")
    assert page.find("#send [name=data]").get_property("value") == text
    assert page.find("#send [name='query.filter']").get_property("value") == "userId ne 'bob'"
    page.fill("#send [name=data]", "edited")
    page.click("#send [type=submit]")
    page.emulator.wait_for_requests(3)
    assert page.emulator.requests[2].body == b"edited"


def test_a_frame_is_sent_again_as_it_was_or_edited(page: Playground) -> None:
    page.connect(user="alice", groups=["blue"])
    page.say("sendToGroup", group="blue", data='{"n": 1.50}')
    page.got('{"n": 1.50}')
    page.click("#own-log .item", [frame.startswith("sent") for frame in page.frames()].index(True))
    page.click("#own-again")
    page.until(lambda: len([frame for frame in page.frames() if frame.startswith("sent")]) == 2)
    page.got("Duplicate")
    page.click("#own-edit")
    assert '{"n": 1.50}' in str(page.find("#say [name=data]").get_property("value"))


# --- copies, export, plots, trees ---


@pytest.mark.usefixtures("clipboard")
def test_keys_and_urls_are_copied_and_never_drawn(page: Playground, emulator: Emulator) -> None:
    said = page.texts_to_come("#copy-connection-string")
    page.click("#copy-connection-string")
    page.until(lambda: "Copied" in said())
    assert _clipboard(page) == emulator.connection_string
    page.view("clients")
    page.fill("#connect [name=userId]", "alice")
    said = page.texts_to_come("#copy-url")
    page.click("#copy-url")
    page.until(lambda: "Copied" in said())
    url = _clipboard(page)
    assert url.startswith(emulator.endpoint.replace("http", "ws") + "/client/hubs/chat?access_token=eyJ")
    page.view("server")
    for language in ("python", "curl", "javascript"):
        page.choose("#send-programs select", language)
        page.click("#send-programs button")
        page.until(lambda: _clipboard(page) == page.program())
    shown = page.driver.page_source
    assert emulator.access_key not in shown
    assert "eyJ" not in shown
    page.until(lambda: page.text("#copy-connection-string") == "Copy connection string")


def test_what_is_shown_is_exported(page: Playground, service: WebPubSubServiceClient, tmp_path: Path) -> None:
    behaviour = {"behavior": "allow", "downloadPath": str(tmp_path), "eventsEnabled": False}
    page.driver.execute_cdp_cmd("Browser.setDownloadBehavior", behaviour)
    service.send_request(build_send_to_all_request("chat", json={"n": 1}))
    page.until(lambda: page.text("#traffic-count") == "2")
    page.click("#export")
    file = tmp_path / "traffic.jsonl"
    page.until(lambda: file.exists() and file.read_text(encoding="utf-8").count("\n") == 2)
    entries = [json.loads(line) for line in file.read_text(encoding="utf-8").splitlines()]
    assert [entry["kind"] for entry in entries] == ["request", "out"]
    assert [entry["text"] for entry in entries] == ['{"n":1}'] * 2


def test_rates_and_times_are_plotted(page: Playground, service: WebPubSubServiceClient) -> None:
    service.send_request(build_send_to_all_request("chat", json=1))
    page.click("#rates > summary")
    page.until(lambda: "peak 1/s" in page.text(".plot"))
    labels = page.script(
        "return [...document.querySelectorAll('.plot svg')].map((plot) => plot.getAttribute('aria-label'))"
    )
    assert [label.partition(" in the")[0] for label in labels] == ["Requests", "Messages", "Times"]
    page.until(lambda: page.all(".plot path.one"))


def test_json_is_a_tree_that_folds(page: Playground, service: WebPubSubServiceClient) -> None:
    value = {"name": "x", "big": 12345678901234567890, "list": [1.5, None, {"deep": [True]}], "none": {}}
    service.send_request(build_send_to_all_request("chat", json=value))
    page.entry("REST")
    page.click("#traffic-list .item")
    page.until(lambda: page.all("#details .tree"))
    shown = page.find("#details .tree").get_property("innerText")
    assert json.loads(str(shown)) == value
    page.click("#details .tree summary")
    page.until(lambda: page.text("#details .tree") == "{ 4 … }")
