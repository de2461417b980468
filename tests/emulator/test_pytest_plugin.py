"""The fixture that users get, in a pytest run of its own."""

import subprocess
import sys
from importlib.metadata import entry_points
from pathlib import Path

PLUGIN = "azure.messaging._webpubsubservice_pytest"

TESTS = """
import urllib.request


def test_first(webpubsub_emulator):
    request = urllib.request.Request(webpubsub_emulator.endpoint + "/api/health", method="HEAD")
    assert urllib.request.urlopen(request).status == 200
    assert webpubsub_emulator.connection_string.startswith("Endpoint=http://127.0.0.1:")


def test_second(webpubsub_emulator):
    assert not webpubsub_emulator.requests
"""

CONFTEST = """
import sys

loaded = {"aiohttp", "azure.core"} & sys.modules.keys()
assert not loaded, f"{loaded} imported at pytest's start"
"""


def test_gives_each_test_an_emulator_and_imports_it_late(tmp_path: Path) -> None:
    (tmp_path / "test_it.py").write_text(TESTS, encoding="utf-8")
    (tmp_path / "conftest.py").write_text(CONFTEST, encoding="utf-8")
    installed = any(each.value == PLUGIN for each in entry_points(group="pytest11"))
    options = [] if installed else ["-p", PLUGIN]
    command = [
        sys.executable,
        "-m",
        "pytest",
        "-W",
        "error",
        "-p",
        "no:asyncio",
        *options,
        f"--rootdir={tmp_path}",
    ]
    result = subprocess.run(
        [*command, str(tmp_path)], capture_output=True, text=True, timeout=60, check=False
    )
    assert "2 passed" in result.stdout, result.stdout + result.stderr


def test_without_the_extra_it_says_what_to_install() -> None:
    code = "import sys; sys.modules['aiohttp'] = None; import azure.messaging.webpubsubservice.emulator"
    result = subprocess.run(
        [sys.executable, "-c", code], capture_output=True, text=True, timeout=60, check=False
    )
    last = result.stderr.splitlines()[-1]
    assert last.startswith("ModuleNotFoundError: azure.messaging.webpubsubservice.emulator needs aiohttp. ")
    assert last.endswith("with its extra [emulator], or run: python -m pip install aiohttp")
