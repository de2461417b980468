"""The playground for everybody: axe-core finds nothing in any state, and keyboards and small screens do."""

import re
from collections.abc import Iterator

import pytest
from selenium.webdriver.common.keys import Keys

from azure.messaging.webpubsubservice import WebPubSubServiceClient
from azure.messaging.webpubsubservice.emulator import Emulator, EventHandler, Fault
from azure.messaging.webpubsubservice.rest import build_send_to_all_request, build_send_to_group_request
from tests.browser import event_handler
from tests.browser.axe import findings, findings_in_all_states
from tests.browser.clients import UNSUPPORTED, subscriber
from tests.browser.playground import Playground

VIEWS = ("live", "traffic", "server", "clients", "faults")


@pytest.fixture
def emulator() -> Iterator[Emulator]:
    with event_handler.running(lambda _: (401, b"")) as address:
        handler = EventHandler(f"{address}/", system_events=())
        with Emulator(event_handlers={"chat": handler}) as running:
            yield running


def _use_everything(page: Playground, service: WebPubSubServiceClient) -> None:
    """Bring the page into the state that shows the most."""
    page.emulator.faults.add(Fault(status=503, times=1, operation="WebPubSub_CloseAllConnections"))
    service.send_request(build_send_to_group_request("chat", "blue", json={"a": [1, "b", None, True]}))
    service.send_request(UNSUPPORTED)
    page.entry("415")
    page.connect(user="bob")
    page.say("event", data="1")
    page.got("InternalServerError")
    page.click("#own-log .item", 1)
    page.click("#rates > summary")
    page.entry("handler", "the answer is 401")
    page.click("#traffic-list .item", [" REST " in entry for entry in page.traffic()].index(True))
    page.until(lambda: page.text("#details .program"))
    page.until(lambda: page.live("connections"))
    page.click("#live-list .item")
    page.until(lambda: page.all("#faults-list li"))


@pytest.mark.parametrize("scheme", ["light", "dark"])
def test_axe_finds_nothing_in_any_state(
    page: Playground, service: WebPubSubServiceClient, scheme: str
) -> None:
    page.prefer(scheme)
    only_colors = scheme == "dark"  # all else is the same in both
    assert findings_in_all_states(page, only_colors=only_colors) == []
    with subscriber(service, user_id="alice", groups=["blue"]):
        _use_everything(page, service)
        page.send()
        page.click("#pause")
        for view in ("server", "clients", "faults"):
            page.view(view)
            assert findings_in_all_states(page, only_colors=only_colors) == []
        page.click("#keys-open")
        assert findings(page, only_colors=only_colors) == []
        page.press(Keys.ESCAPE)
        page.resize(390, 844)
        for view in VIEWS:
            page.view(view)
            assert findings(page, only_colors=only_colors) == []


def test_axe_would_find_something(page: Playground) -> None:
    page.script(
        "document.styleSheets[1].insertRule('button:hover:not(:disabled) { color: #eee !important; }');"
        "document.getElementById('search').removeAttribute('aria-label');"
        "document.getElementById('search').removeAttribute('placeholder');"
    )
    found = findings_in_all_states(page)
    assert any(re.match("label: #search", finding) for finding in found)
    assert any(re.match("hover and focus: color-contrast: #theme", finding) for finding in found)


def test_the_pressed_button_can_be_read_under_the_pointer(page: Playground) -> None:
    page.click("#pause")  # which leaves the pointer there
    assert page.find("#pause").get_attribute("aria-pressed") == "true"
    assert page.text("#pause") == "Pause"  # a label that changes, too, would say the opposite
    assert findings(page) == []


def test_the_skip_link_leads_to_the_traffic_on_a_phone(page: Playground) -> None:
    page.resize(390, 844)
    page.view("server")
    page.open()  # on the same view as before
    assert page.find("#server").is_displayed()
    page.press(Keys.TAB)
    assert page.script("return document.activeElement.className") == "skip"
    page.press(Keys.ENTER)
    page.until(lambda: page.script("return document.activeElement.id") == "traffic-list")
    assert page.find("#traffic-list").is_displayed()


def test_the_focus_goes_from_left_to_right(page: Playground) -> None:
    """Tab follows the columns as they stand: it never jumps back to the left."""
    page.script("document.activeElement.blur()")
    columns: list[str] = []
    for _ in range(60):
        page.press(Keys.TAB)
        column = page.script(
            "return document.activeElement.closest('[data-panel], header')?.dataset.panel ?? 'header'"
        )
        if columns[-1:] != [column]:
            columns.append(column)
        if column == "server" and page.script("return document.activeElement.matches('.program')"):
            break
    assert columns == ["header", "live", "traffic", "server"]


def test_an_opened_row_stays_in_sight(page: Playground, service: WebPubSubServiceClient) -> None:
    for number in range(40):
        service.send_request(build_send_to_all_request("chat", json=number))
    page.entry("REST", ":send")
    page.until(lambda: page.text("#traffic-count") == "80")
    last = len(page.traffic()) - 1
    page.click("#traffic-list .item", last - 3)
    page.until(lambda: page.find("#details").is_displayed())

    def in_sight() -> bool:
        return bool(
            page.script(
                "const list = document.getElementById('traffic-list');"
                "const row = list.querySelector('[aria-selected=true]')?.getBoundingClientRect();"
                "const { top, bottom } = list.getBoundingClientRect();"
                "return row && row.top >= top - 1 && row.bottom <= bottom + 1"
            )
        )

    page.until(in_sight)


def test_newest_is_offered_only_when_it_is_out_of_sight(
    page: Playground, service: WebPubSubServiceClient
) -> None:
    for number in range(40):
        service.send_request(build_send_to_all_request("chat", json=number))
    page.until(lambda: page.text("#traffic-count") == "80")
    page.click("#traffic-list .item", len(page.traffic()) - 3)
    page.click("#details-close")
    page.press(Keys.END)
    page.until(lambda: not page.find("#newest").is_displayed())
    page.press(Keys.HOME)
    page.until(lambda: page.find("#newest").is_displayed())
    page.click("#newest")
    page.until(lambda: not page.find("#newest").is_displayed())
    page.click("#rates > summary")  # which takes room away
    service.send_request(build_send_to_all_request("chat", json="the last"))
    page.entry("out", "the last")
    page.until(lambda: not page.find("#newest").is_displayed())


def test_details_end_with_their_row(page: Playground, service: WebPubSubServiceClient) -> None:
    service.send_request(build_send_to_all_request("chat", json=1))
    page.entry("REST")
    page.click("#traffic-list .item")
    page.until(lambda: page.find("#details").is_displayed())
    page.fill("#search", "nothing like this")
    page.until(lambda: not page.find("#details").is_displayed())


def test_the_keys_are_listed(page: Playground) -> None:
    page.press("?")
    page.until(lambda: page.find("#keys").is_displayed())
    assert "pause or resume the traffic" in page.text("#keys")
    page.press(Keys.ESCAPE)
    page.until(lambda: not page.find("#keys").is_displayed())
    page.press("5")
    page.until(lambda: page.find("#faults").is_displayed())


def test_it_fits_a_phone(page: Playground, service: WebPubSubServiceClient) -> None:
    page.resize(360, 740)
    with subscriber(service, user_id="u" * 200, groups=["g" * 300]):
        service.send_request(build_send_to_group_request("chat", "g" * 300, json="x" * 5000))
        page.entry("REST")
        page.click("#traffic-list .item")
        page.connect(user="v" * 150, groups=["h" * 200])
        page.send(to="group", name="g" * 300, data='"' + "y" * 3000 + '"')
        for view in VIEWS:
            page.view(view)
            shown = [panel for panel in page.all(".panel") if panel.is_displayed()]
            assert [panel.get_attribute("data-panel") for panel in shown] == [view]
            widths = page.script(
                "return [document.documentElement.scrollWidth, ...[...document.querySelectorAll('.panel')]"
                ".map((panel) => panel.scrollWidth - panel.clientWidth)]"
            )
            assert widths[0] <= 360, view
            assert max(widths[1:]) <= 0, view
            small = page.script(
                "return [...document.querySelectorAll('button:not(.newest), select')]"
                ".filter((one) => one.offsetParent && one.offsetHeight < 36).map((one) => one.outerHTML)"
            )
            assert small == []
