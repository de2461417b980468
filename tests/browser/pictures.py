"""Draw the pictures of the playground for the documentation: ``python -m tests.browser.pictures``."""

import contextlib
import shutil
import tempfile
from pathlib import Path

from azure.messaging.webpubsubservice import WebPubSubServiceClient
from azure.messaging.webpubsubservice.emulator import Emulator, EventHandler, Fault
from azure.messaging.webpubsubservice.rest import build_send_to_group_request, build_send_to_user_request
from tests.browser import event_handler
from tests.browser.clients import RELIABLE, subscriber
from tests.browser.driver import chrome
from tests.browser.playground import Playground

IMAGES = Path(__file__).parents[2] / "docs" / "images"
WIDTH, HEIGHT = 1280, 800


def _respond(event: str) -> tuple[int, bytes]:
    """Have a fault: do not handle the event ``order``."""
    return (500, b'{"error": "out of stock"}') if event == "order" else (204, b"")


def main() -> None:
    """Use the page for a while, and take the pictures."""
    if shutil.which("chromium") is None:
        raise SystemExit("chromium and chromedriver must be installed")
    with contextlib.ExitStack() as stack:
        address = stack.enter_context(event_handler.running(_respond))
        handler = EventHandler(f"{address}/orders", system_events=(), retry_delays=(0.1, 0.2))
        emulator = stack.enter_context(Emulator(event_handlers={"shop": handler}))
        service = stack.enter_context(
            WebPubSubServiceClient.from_connection_string(emulator.connection_string)
        )
        driver = chrome(Path(stack.enter_context(tempfile.TemporaryDirectory())))
        stack.callback(driver.quit)
        page = Playground(driver, emulator)
        page.resize(WIDTH, HEIGHT)
        page.open()
        _draw(page, service, stack)


def _draw(page: Playground, service: WebPubSubServiceClient, stack: contextlib.ExitStack) -> None:
    for number, user in enumerate(("alice", "bob", "carol", "dave", None)):
        protocol = {"protocol": RELIABLE} if number % 2 else {}
        claims = {} if user is None else {"user_id": user}
        stack.enter_context(
            subscriber(service, "shop", groups=["prices", "berlin"][: 1 + number % 2], **claims, **protocol)
        )
    for _ in range(3):
        for number in range(4):
            price = {"article": 7 + number, "price": 12.5 + number}
            service.send_request(build_send_to_group_request("shop", "prices", json=price))
        page.driver.execute_async_script("setTimeout(arguments[0], 1100)")  # a second of the plot
    service.send_request(build_send_to_user_request("shop", "alice", json={"order": 4711, "state": "sent"}))
    page.view("server")
    page.operation("SendToGroup")
    page.fill("#send [name='path.hub']", "shop")
    page.fill("#send [name='path.group']", "prices")
    page.fill("#send [name=data]", '{"article": 7, "price": 11.9}')
    page.click("#send [type=submit]")
    page.until(lambda: page.text("#send-result").startswith("202"))
    page.click("#rates > summary")
    page.until(lambda: "peak" in page.text(".plot"))
    for scheme in ("light", "dark"):
        page.prefer(scheme)
        page.driver.save_screenshot(str(IMAGES / f"playground-{scheme}.png"))
    page.prefer("light")
    page.connect(user="erin", hub="shop")
    _order(page)
    page.emulator.faults.add(Fault(status=503, retry_after=1, times=2, operation="WebPubSub_SendToAll"))
    page.emulator.faults.add(Fault(delay=0.4, probability=0.25, method="POST"))
    page.view("faults")
    page.until(lambda: len(page.all("#faults-list li")) == 2)
    page.driver.save_screenshot(str(IMAGES / "playground-handlers.png"))


def _order(page: Playground) -> None:
    page.choose("#say [name=action]", "event")
    page.fill("#say [name=event]", "order")
    page.fill("#say [name=data]", '{"article": 7}')
    page.click("#say [type=submit]")
    page.entry("handler", "3 attempts")
    page.click("#rates > summary")
    page.click("#traffic-list .item", [" handler " in line for line in page.traffic()].index(True))
    page.until(lambda: "out of stock" in page.text("#details"))


if __name__ == "__main__":
    main()
