"""A real Chromium, headless, and an emulator for each test."""

import shutil
from collections.abc import Iterator

import pytest
from selenium.webdriver import Chrome

from azure.messaging.webpubsubservice import WebPubSubServiceClient
from azure.messaging.webpubsubservice.emulator import Emulator
from tests.browser.driver import chrome
from tests.browser.playground import Playground


@pytest.fixture(scope="session")
def browser(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Chrome]:
    if shutil.which("chromium") is None or shutil.which("chromedriver") is None:
        pytest.skip("chromium and chromedriver must be installed: apt-get install chromium chromium-driver")
    driver = chrome(tmp_path_factory.mktemp("profile"))
    try:
        yield driver
    finally:
        driver.quit()


@pytest.fixture
def driver(browser: Chrome) -> Iterator[Chrome]:
    """The browser in a new tab, which has nothing of another test.

    A tab keeps filters and clients for the address of a page, and an emulator may get the port of an earlier
    one.
    """
    earlier = browser.current_window_handle
    browser.switch_to.new_window("tab")
    yield browser
    browser.close()
    browser.switch_to.window(earlier)


@pytest.fixture
def emulator() -> Iterator[Emulator]:
    with Emulator() as running:
        yield running


@pytest.fixture
def page(driver: Chrome, emulator: Emulator) -> Iterator[Playground]:
    """The page of the emulator, wide enough for three columns, in the light."""
    page = Playground(driver, emulator)
    page.forget()
    page.network()  # what was before
    page.complaints()
    page.resize(1366, 768)
    page.prefer("light")
    page.open()
    yield page
    complaints = page.complaints()
    driver.get("about:blank")
    assert complaints == []


@pytest.fixture
def service(emulator: Emulator) -> Iterator[WebPubSubServiceClient]:
    with WebPubSubServiceClient.from_connection_string(emulator.connection_string) as client:
        yield client
