"""A Chromium that is driven through Debian's chromedriver."""

import shutil
from pathlib import Path

from selenium.webdriver import Chrome, ChromeOptions
from selenium.webdriver.chrome.service import Service

#: No program of its own devising: no updates, no phoning home, and no profile of a person.
SWITCHES = (
    "--headless=new",
    "--no-sandbox",  # which root, as in containers, does not get
    "--disable-dev-shm-usage",  # of which containers have little
    "--disable-gpu",
    "--disable-quic",
    "--no-first-run",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-sync",
    "--host-resolver-rules=MAP rebound.test 127.0.0.1",  # a name that was made to lead to this machine
)


def chrome(profile: Path) -> Chrome:
    """Start a browser with a profile of its own, and a log of its network and its console."""
    options = ChromeOptions()
    options.binary_location = shutil.which("chromium") or "chromium"
    for switch in (*SWITCHES, f"--user-data-dir={profile}"):
        options.add_argument(switch)
    options.set_capability("goog:loggingPrefs", {"browser": "ALL", "performance": "ALL"})
    driver = Chrome(options, Service(shutil.which("chromedriver")))
    driver.set_script_timeout(120)  # for what takes a second on a machine with nothing else to do
    return driver
