"""The playground in a real browser: seen, used, and attacked."""

import contextlib
import functools
import json
import socket
import threading
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any

import pytest
from selenium.webdriver import ActionChains, Chrome
from selenium.webdriver.common.keys import Keys

from azure.messaging.webpubsubservice import WebPubSubServiceClient
from azure.messaging.webpubsubservice.emulator import Emulator
from azure.messaging.webpubsubservice.rest import build_send_to_all_request, build_send_to_group_request
from tests.browser.clients import JSON, RELIABLE, UNSUPPORTED, subscriber
from tests.browser.playground import Playground

HOSTILE = (
    """<img src=x onerror="document.title='taken'">'\"></script><script>document.title='taken'</script>"""
)


# --- seeing ---


def test_it_lists_who_is_connected(page: Playground, service: WebPubSubServiceClient) -> None:
    assert "Nobody is connected" in page.text("#live-empty")
    page.until(lambda: page.text("#traffic-empty").startswith("Nothing has happened yet"))
    with (
        subscriber(service, user_id="alice", groups=["blue"]),
        subscriber(service, user_id="alice", groups=["blue", "red"]),
        subscriber(service, hub="orders", protocol=None),
    ):
        page.until(lambda: page.text("#totals") == "2 hubs, 3 connections")
        who = ["alice", "alice", "anonymous"]
        page.until(lambda: sorted(line.split()[0] for line in page.live("connections")) == who)
        assert page.until(lambda: page.live("groups") == ["blue chat 2", "red chat 1"])
        assert page.until(lambda: page.live("users") == ["alice chat 2"])
        page.choose("#live-hub", "orders")
        assert page.until(lambda: page.live("users") == [])
        page.until(lambda: page.text("#tab-connections").split()[0] == "1")
    page.until(lambda: page.text("#totals") == "0 hubs, 0 connections")


def test_it_shows_the_traffic_as_it_happens(page: Playground, service: WebPubSubServiceClient) -> None:
    with subscriber(service, user_id="alice", groups=["blue"]) as client:
        assert page.entry("open", "chat / alice", JSON)
        service.send_request(build_send_to_group_request("chat", "blue", json={"n": 1}))
        assert page.entry("REST", "POST /api/hubs/chat/groups/blue/:send", "202", "ms")
        assert page.entry("out", "chat / alice", '[blue] {"n":1}')
        client.send('{"type":"joinGroup","group":"red","ackId":7}')
        assert page.entry("in", "chat / alice", '"group":"red"')
        assert page.entry("out", '"ackId":7,"success":false', "Forbidden")
    assert page.entry("close", "chat / alice")
    order = [line.split()[1] for line in page.traffic()]
    assert order == ["open", "out", "REST", "out", "in", "out", "close"]


def test_it_says_why_something_was_refused(page: Playground, emulator: Emulator) -> None:
    other_key = WebPubSubServiceClient.from_connection_string(
        f"Endpoint={emulator.endpoint};AccessKey={'x' * 32};Version=1.0;"
    )
    with other_key:
        assert other_key.send_request(build_send_to_all_request("chat", json=1)).status_code == 401
    assert page.entry("REST", "401", "no access key fits")


def test_the_details_show_everything(page: Playground, service: WebPubSubServiceClient) -> None:
    request = build_send_to_all_request("chat", json={"big": 12345678901234567890}, filter="userId ne 'bob'")
    service.send_request(request)
    page.entry("REST")
    page.click("#traffic-list .item")
    details = page.until(lambda: page.text("#details"))
    assert "WebPubSub_SendToAll" in details
    assert "userId ne 'bob'" in details
    assert '{\n"big": 12345678901234567890\n}' in details
    program = page.until(lambda: page.text("#details .program"))
    assert "build_send_to_all_request(" in program
    assert "json={'big': 12345678901234567890}" in program
    assert "filter=\"userId ne 'bob'\"" in program


def test_it_filters(page: Playground, service: WebPubSubServiceClient) -> None:
    with subscriber(service, user_id="alice"), subscriber(service, hub="orders"):
        service.send_request(build_send_to_all_request("orders", json="needle"))
        service.send_request(
            build_send_to_all_request("chat", json="hay", api_version="2021-10-01", filter=None)
        )
        service.send_request(UNSUPPORTED)
        page.until(lambda: len(page.traffic()) == 9)
        page.fill("#search", "NEEDLE")
        page.until(lambda: page.text("#traffic-count") == "2 of 9")
        page.script("document.getElementById('search').select()")
        page.press(Keys.DELETE)
        page.choose("#traffic-hub", "orders")
        page.until(lambda: page.text("#traffic-count") == "4 of 9")
        page.choose("#traffic-hub", "")
        for kind in ("in", "out", "life"):
            page.script("document.querySelector(`[name=kind][value=${arguments[0]}]`).click()", kind)
        page.until(lambda: page.text("#traffic-count") == "3 of 9")
        page.script("document.getElementById('errors').click()")
        page.until(lambda: page.text("#traffic-count") == "1 of 9")
        page.until(lambda: len(page.traffic()) == 1)  # the rows follow the count with the next frame
        assert "415" in page.traffic()[0]
        page.fill("#search", "nothing like this")
        page.until(lambda: page.text("#traffic-empty") == "Nothing matches the filter.")


def test_it_pauses(page: Playground, service: WebPubSubServiceClient) -> None:
    service.send_request(build_send_to_all_request("chat", json="before"))
    page.until(lambda: len(page.traffic()) == 2)
    page.click("#pause")
    for number in range(3):
        service.send_request(build_send_to_all_request("chat", json=number))
    page.until(lambda: page.text("#traffic-count") == "2, paused: 6 new")
    assert len(page.traffic()) == 2
    assert page.find("#pause").get_attribute("aria-pressed") == "true"
    page.click("#pause")
    page.until(lambda: len(page.traffic()) == 8)
    page.click("#clear")
    page.until(lambda: page.traffic() == [])


def test_a_flood_is_cut_and_said_to_be(page: Playground, service: WebPubSubServiceClient) -> None:
    flood = 2_000
    with subscriber(service, protocol=JSON) as client:
        page.until(lambda: len(page.live("connections")) == 1)
        # In one write, so that the emulator finds them all at once, however fast it is.
        for _ in range(flood):
            client.protocol.send_text(b'{"type":"ping"}')
        client.socket.sendall(b"".join(client.protocol.data_to_send()))
        service.send_request(build_send_to_all_request("chat", json="the last"))
        page.entry("the last")
        assert page.script("return document.querySelectorAll('*').length") < 1000
        page.fill("#search", "the last")
        assert page.entry("skipped: too many to show")
        assert page.entry("REST", ":send")


def test_it_finds_its_way_back_to_an_emulator_that_was_gone(driver: Chrome) -> None:
    with socket.socket() as reserved:  # so that nobody takes the port meanwhile
        reserved.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        reserved.bind(("127.0.0.1", 0))
        port = reserved.getsockname()[1]
        with Emulator(port=port) as first:
            page = Playground(driver, first)
            page.open()
        page.until(lambda: page.text("#status") == "The emulator is gone; trying again")
        with Emulator(port=port):
            page.until(lambda: page.text("#status") == "Live")
            page.driver.get("about:blank")
    page.complaints()  # of the connections that failed


# --- doing ---


def test_a_client_may_do_what_its_roles_say(page: Playground) -> None:
    page.connect(user="alice", roles=["webpubsub.joinLeaveGroup.blue", "webpubsub.sendToGroup.blue"])
    page.got('"event":"connected"', '"userId":"alice"')
    page.say("joinGroup", group="red")
    page.got('"ackId":1,"success":false', "Forbidden")
    page.say("joinGroup", group="blue")
    page.got('"ackId":2,"success":true')
    page.say("sendToGroup", group="blue", data='{"n": 1.50}')
    page.got('"group":"blue","fromUserId":"alice","dataType":"json","data":{"n": 1.50}')
    page.say("sendToGroup", group="blue", data_type="text", data='a "quoted" \\ text')
    page.got(r'"dataType":"text","data":"a \"quoted\" \\ text"')
    page.say("sendToGroup", group="blue", data_type="binary", data="AAEC/w==")
    page.got('"dataType":"binary","data":"AAEC/w=="')
    page.say("sendToGroup", data_type="json", data="{no json")
    page.until(lambda: page.text("#say-result") == "The message is not JSON.")
    page.click("#own-close")
    page.until(lambda: page.text("#own-state") == "Closed")


def test_a_reliable_client_gets_what_it_missed(page: Playground, service: WebPubSubServiceClient) -> None:
    page.connect(user="alice", subprotocol=RELIABLE)
    service.send_request(build_send_to_all_request("chat", json="before"))
    page.got('"sequenceId":1', "before")
    page.entry("in", '{"type":"sequenceAck","sequenceId":1}')
    page.click("#own-drop")
    page.until(lambda: page.text("#own-state").startswith("Lost"))
    service.send_request(build_send_to_all_request("chat", json="meanwhile"))
    page.click("#own-recover")
    page.got('"sequenceId":2', "meanwhile")
    page.until(lambda: page.text("#own-state").startswith("Connected"))
    assert page.live("connections")


@pytest.mark.parametrize(
    "subprotocol", ["protobuf.webpubsub.azure.v1", "protobuf.reliable.webpubsub.azure.v1"]
)
def test_a_client_speaks_protobuf(
    page: Playground, service: WebPubSubServiceClient, subprotocol: str
) -> None:
    page.connect(user="Zoë", subprotocol=subprotocol)
    page.got('"connected":{"connectionId":', '"userId":"Zoë"')
    page.say("joinGroup", group="blue")
    page.got('{"ack":{"ackId":1,"success":true}}')
    page.entry("in", '{"joinGroup":{"group":"blue","ackId":1}}')
    long = "ü" * 200  # lengths of two bytes
    page.say("sendToGroup", group="blue", data_type="text", data=long)
    page.got('"from":"group","group":"blue"', long[:50])
    page.say("sendToGroup", group="blue", data_type="binary", data="AAEC/w==")
    page.got('{"binary":"AAEC/w=="}')
    page.say("sendToGroup", group="blue", data_type="json", data='{"n": 1.50}')
    page.got(r'{"json":"{\"n\": 1.50}"}')
    page.say("event", data="1")
    page.got('"ackId":5', '"error":{"name":')
    if "reliable" in subprotocol:
        page.entry("in", '{"sequenceAck":{"sequenceId":')
        page.click("#own-drop")
        page.until(lambda: page.text("#own-state").startswith("Lost"))
        service.send_request(build_send_to_all_request("chat", json="meanwhile"))
        page.click("#own-recover")
        page.got("meanwhile", '"sequenceId":4')


def test_a_simple_client_sends_frames(page: Playground) -> None:
    page.view("clients")
    page.choose("#connect [name=subprotocol]", "")
    page.click("#connect details summary")
    page.fill("#connect [name=rawGroup]", "blue")
    page.fill("#connect [name=groups]", "blue")
    page.click("#connect [type=submit]")
    page.until(lambda: page.text("#own-state").startswith("Connected"))
    page.say("raw", data="as it is")
    assert page.got("as it is") == "got as it is"
    assert page.entry("out", "[blue] as it is")


def test_the_clients_of_a_page_are_apart(page: Playground) -> None:
    page.connect(user="alice")
    page.connect(user="bob", hub="orders")
    page.got('"userId":"bob"')
    page.script(
        "const which = document.getElementById('own-which'); which.selectedIndex = 0;"
        "which.dispatchEvent(new Event('input', { bubbles: true }))"
    )
    page.got('"userId":"alice"')
    page.click("#own-forget")
    page.got('"userId":"bob"')
    page.until(lambda: page.text("#totals") == "1 hub, 1 connection")


@pytest.mark.parametrize(
    ("send", "expected"),
    [
        ({}, '{"Hello": "webpubsub!"}'),
        ({"to": "group", "name": "blue & green", "data": "[1, null]"}, "[1, null]"),
        (
            {"to": "user", "name": "Zoë's", "data_type": "text", "data": "tab\"quote' \\ €"},
            "tab\"quote' \\ €",
        ),
    ],
)
def test_the_server_sends_and_its_python_does_the_same(
    page: Playground,
    service: WebPubSubServiceClient,
    send: dict[str, str],
    expected: str,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    with subscriber(service, protocol=None, user_id="Zoë's", groups=["blue & green"]) as client:
        assert page.send(**send).startswith("202 in ")
        assert client.recv(timeout=10) == expected
        program = page.program()
        monkeypatch.setenv("WEBPUBSUB_CONNECTION_STRING", page.emulator.connection_string)
        namespace: dict[str, Any] = {}
        exec(program, namespace)
        namespace["client"].close()
        again = client.recv(timeout=10)
        assert again == expected or json.loads(again) == json.loads(expected)


def test_the_programs_follow_the_form(page: Playground) -> None:
    page.until(lambda: "build_send_to_all_request" in page.program())
    page.operation("SendToGroup")
    page.until(lambda: page.program().startswith("Fill in the fields above"))
    assert not page.find("#send-programs button").is_enabled()
    page.fill("#send [name='path.group']", "blue")
    page.until(lambda: "build_send_to_group_request" in page.program())
    page.choose("#send-programs select", "curl")
    page.until(lambda: "/groups/blue/:send" in page.program() and "openssl" in page.program())
    page.choose("#send-programs select", "javascript")
    page.until(lambda: "await fetch(" in page.program())
    page.choose("#send [name=dataType]", "binary")
    page.fill("#send [name=data]", "%%")
    page.until(lambda: page.program() == "The message is not base64.")


def test_what_is_picked_can_be_sent_to_and_filtered_by(
    page: Playground, service: WebPubSubServiceClient
) -> None:
    with subscriber(service, user_id="alice", groups=["blue"]) as client:
        page.until(lambda: page.live("groups") == ["blue chat 1"])
        page.click("#live-list .item")
        page.click("#live-send")
        page.click("#send [type=submit]")
        assert "Hello" in str(client.recv(timeout=10))
        page.entry("REST", "groups/blue")
        page.send(data='"to everybody else"')
        page.entry("to everybody else")
        page.click("#live-filter")
        page.until(lambda: page.text("#about") == "Only group blue in chat: show all")
        page.until(lambda: [line.split()[1] for line in page.traffic()] == ["REST", "out"])
        page.click("#about")
        page.entry("to everybody else")


def test_it_can_be_used_by_keyboard_alone(page: Playground) -> None:
    page.press(Keys.TAB)
    page.until(lambda: page.script("return document.activeElement.className") == "skip")
    page.press(Keys.ENTER)
    page.tab_to("[data-show=clients]")
    page.press(Keys.ENTER)
    page.tab_to("#connect [name=userId]")
    page.press("alice", Keys.ENTER)
    page.until(lambda: page.text("#own-state").startswith("Connected"))
    page.until(lambda: page.script("return document.activeElement.name") == "action")
    page.tab_to("#say [name=data]")
    ActionChains(page.driver).key_down(Keys.CONTROL).send_keys(Keys.ENTER).key_up(Keys.CONTROL).perform()
    page.got('"ackId":1,"success":true')
    page.tab_to("#tab-connections")
    page.press(Keys.ARROW_RIGHT)
    page.until(lambda: page.find("#tab-groups").get_attribute("aria-selected") == "true")
    page.tab_to("#traffic-list")
    page.press(Keys.HOME, Keys.ARROW_DOWN, Keys.ENTER)
    page.until(lambda: "connected" in page.text("#details"))
    page.until(lambda: page.find("#traffic-list").get_attribute("aria-activedescendant") == "traffic-list-1")
    page.press(Keys.ESCAPE)
    page.until(lambda: not page.find("#details").is_displayed())
    page.press("/")
    page.until(lambda: page.script("return document.activeElement.id") == "search")
    page.tab_to("#theme")
    page.press(Keys.SPACE)
    page.until(lambda: page.text("#theme") == "Theme: light")


# --- trusting nobody ---


def test_it_asks_nobody_else_and_never_sees_a_key(
    page: Playground, emulator: Emulator, service: WebPubSubServiceClient
) -> None:
    with subscriber(service, protocol=RELIABLE, user_id="bob"):
        page.connect(user="alice", subprotocol=RELIABLE)
        page.send()
        page.got("Hello")
        page.entry("REST", "202")
    network = page.network()
    requests = [
        event["params"]["request"]["url"]
        for event in network
        if "WillBeSent" in event["method"]
        and "request" in event["params"]
        and "url" in event["params"]["request"]
    ]
    sockets = [event["params"]["url"] for event in network if event["method"] == "Network.webSocketCreated"]
    assert len(requests) > 10
    assert len(sockets) >= 2
    own = (f"{emulator.endpoint}/", emulator.endpoint.replace("http", "ws") + "/")
    assert [url for url in requests + sockets if not url.startswith(own)] == []
    seen = [
        json.dumps(network),
        str(page.driver.page_source),
        page.script("return JSON.stringify(localStorage)"),
    ]
    for event in network:
        if event["method"] == "Network.responseReceived":
            with contextlib.suppress(Exception):  # some answers have no body
                seen.append(
                    page.driver.execute_cdp_cmd(
                        "Network.getResponseBody", {"requestId": event["params"]["requestId"]}
                    )["body"]
                )
    for key in (emulator.access_key, emulator.secondary_access_key):
        assert not any(key in text for text in seen)
    assert "eyJ" not in page.driver.page_source  # no token either, in what is shown


class _Elsewhere(BaseHTTPRequestHandler):
    """A page of another site, which tries what a hostile one would."""

    page = b""

    def do_GET(self) -> None:
        self.send_response(200)
        self.send_header("Content-Type", "text/html; charset=utf-8")
        self.end_headers()
        self.wfile.write(self.page)

    def log_message(self, format: str, *args: Any) -> None:  # noqa: A002 - the name of the base class
        """Log nothing."""


ATTACK = """<!DOCTYPE html><title>trying</title><script>
const own = %s;
const body = JSON.stringify({ hub: "chat", to: "all", dataType: "json", data: "1" });
const post = (what, type, mode) =>
  fetch(`${own}/_playground/${what}`, { method: "POST", mode, body, headers: { "Content-Type": type } });
const attempts = {
  form: () => post("send", "text/plain", "no-cors").then((r) => r.type),
  json: () => post("client", "application/json", "cors").then((r) => r.text()),
  read: () => fetch(own + "/").then((r) => r.text()),
  feed: () => new Promise((yes, no) => {
    const socket = new WebSocket(own.replace("http", "ws") + "/_playground/feed");
    socket.onopen = () => yes("open");
    socket.onerror = () => no(new Error("refused"));
  }),
  script: () => new Promise((yes, no) => {
    const script = document.createElement("script");
    script.src = own + "/_playground/theme.js";
    script.onload = () => yes("loaded");
    script.onerror = () => no(new Error("refused"));
    document.head.append(script);
  }),
  frame: () => new Promise((yes) => {
    const frame = document.createElement("iframe");
    frame.src = own + "/";
    frame.onload = () => yes(String(frame.contentDocument));
    document.documentElement.append(frame);
  }),
};
const results = {};
Promise.all(Object.entries(attempts).map(async ([name, attempt]) => {
  try { results[name] = await attempt(); } catch (error) { results[name] = "refused"; }
})).then(() => { window.results = results; });
</script>"""


def test_another_site_gets_nothing(driver: Chrome, emulator: Emulator) -> None:
    class Elsewhere(_Elsewhere):
        page = (ATTACK % json.dumps(emulator.endpoint)).encode()

    page = Playground(driver, emulator)
    with ThreadingHTTPServer(("127.0.0.1", 0), Elsewhere) as server:
        thread = threading.Thread(target=server.serve_forever)
        thread.start()
        try:
            driver.get(f"http://localhost:{server.server_port}/")
            results = page.until(lambda: page.script("return window.results"))
        finally:
            driver.get("about:blank")
            server.shutdown()
            thread.join()
    assert results.pop("frame") == "null"  # of another origin
    assert set(results.values()) == {"refused"}
    assert emulator.requests == []


def test_a_rebound_name_gets_nothing(driver: Chrome, emulator: Emulator) -> None:
    driver.get(emulator.endpoint.replace("127.0.0.1", "rebound.test") + "/")
    page = Playground(driver, emulator)
    assert page.text("body").startswith(
        "The playground answers only to its own address; open it as http://127.0.0.1:"
    )


def _lists(page: Playground, tab: str, text: str) -> bool:
    return any(text in line for line in page.live(tab))


def test_hostile_text_is_text(page: Playground, service: WebPubSubServiceClient) -> None:
    with subscriber(service, user_id=HOSTILE, groups=[HOSTILE]):
        service.send_request(build_send_to_group_request("chat", HOSTILE, json={HOSTILE: HOSTILE}))
        service.send_request(
            build_send_to_all_request(
                "chat", content=HOSTILE, filter=f"userId ne '{HOSTILE.replace(chr(39), chr(39) * 2)}'"
            )
        )
        for tab in ("connections", "groups", "users"):
            page.until(functools.partial(_lists, page, tab, "onerror"))
            page.click("#live-list .item")
            page.until(lambda: HOSTILE[:20] in page.text("#live-picked"))
        page.entry("out", "[<img")
        for index in range(len(page.traffic())):
            page.click("#traffic-list .item", index)
        page.until(lambda: HOSTILE in page.text("#details"))
        page.connect(user=HOSTILE, groups=[HOSTILE])
        page.click("#own-log .item")
        page.until(lambda: "onerror" in page.text("#own-frame"))
        page.say("sendToGroup", group=HOSTILE, data=json.dumps(HOSTILE))
        page.got("fromUserId", "onerror")
        page.send(to="group", name=HOSTILE, data=json.dumps(HOSTILE))
        page.until(lambda: "onerror" in page.program())
    assert page.driver.title == "Web PubSub emulator"
    assert page.all("img") == []
    assert {script.get_attribute("src") for script in page.all("script")} == {
        f"{page.emulator.endpoint}/_playground/theme.js",
        f"{page.emulator.endpoint}/_playground/app.js",
    }


def test_text_that_hides_or_turns_is_spelled_out(page: Playground, service: WebPubSubServiceClient) -> None:
    service.send_request(build_send_to_all_request("chat", content="safe\u202egpj.exe\u200b\x1b[31m"))
    assert page.entry("out", "safe\\u202egpj.exe\\u200b\\u001b[31m")


def test_markup_cannot_be_made_from_text_at_all(page: Playground) -> None:
    """Trusted types: were there a mistake in the page, the browser would refuse it."""
    refused = page.script(
        "try { document.body.innerHTML = '<b>'; return 'done'; } catch (e) { return e.name; }"
    )
    assert refused == "TypeError"
    (complaint,) = page.complaints()
    assert "TrustedHTML" in complaint


# --- looking right ---


def test_the_theme_follows_the_system_until_it_is_chosen(page: Playground) -> None:
    def dark() -> bool:
        return bool(
            page.script("return getComputedStyle(document.body).backgroundColor !== 'rgb(238, 241, 244)'")
        )

    assert not dark()
    page.prefer("dark")
    page.until(dark)
    page.click("#theme")
    page.until(lambda: page.text("#theme") == "Theme: light" and not dark())
    page.open()
    assert page.text("#theme") == "Theme: light"
    assert not dark()
