"""A real Chromium, headless, and an emulator for each test."""

import shutil
from collections.abc import Iterator

import pytest
from selenium.webdriver import Chrome, ChromeOptions
from selenium.webdriver.chrome.service import Service

from azure.messaging.webpubsubservice import WebPubSubServiceClient
from azure.messaging.webpubsubservice.emulator import Emulator
from tests.browser.playground import Playground

#: No program of its own devising: no updates, no phoning home, and no profile of a person.
SWITCHES = (
    "--headless=new",
    "--no-sandbox",  # which root, as in containers, does not get
    "--disable-gpu",
    "--disable-quic",
    "--no-first-run",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-sync",
    "--host-resolver-rules=MAP rebound.test 127.0.0.1",  # a name that was made to lead to this machine
)


@pytest.fixture(scope="session")
def driver(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Chrome]:
    chromium, chromedriver = shutil.which("chromium"), shutil.which("chromedriver")
    if chromium is None or chromedriver is None:
        pytest.skip("chromium and chromedriver must be installed: apt-get install chromium chromium-driver")
    options = ChromeOptions()
    options.binary_location = chromium
    for switch in (*SWITCHES, f"--user-data-dir={tmp_path_factory.mktemp('profile')}"):
        options.add_argument(switch)
    options.set_capability("goog:loggingPrefs", {"browser": "ALL", "performance": "ALL"})
    driver = Chrome(options, Service(chromedriver))
    try:
        yield driver
    finally:
        driver.quit()


@pytest.fixture
def emulator() -> Iterator[Emulator]:
    with Emulator() as running:
        yield running


@pytest.fixture
def page(driver: Chrome, emulator: Emulator) -> Iterator[Playground]:
    """The page of the emulator, wide enough for three columns, in the light."""
    page = Playground(driver, emulator)
    page.network()  # forgets what was before
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
