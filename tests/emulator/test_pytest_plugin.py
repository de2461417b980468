"""The fixture that users get, in a pytest run of its own."""

import subprocess
import sys
from importlib.metadata import entry_points
from pathlib import Path

from tests.limits import PATIENCE

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

MARKED = """
import pytest

pytestmark = pytest.mark.webpubsub(access_key="of the module", seed=1)


def test_module(webpubsub_emulator):
    assert webpubsub_emulator.access_key == "of the module"


@pytest.mark.webpubsub(access_key="of the class")
class TestClass:
    def test_class(self, webpubsub_emulator):
        assert webpubsub_emulator.access_key == "of the class"

    @pytest.mark.webpubsub(access_key="farther", secondary_access_key="merged")
    @pytest.mark.webpubsub(access_key="of the test")
    def test_test(self, webpubsub_emulator):
        assert webpubsub_emulator.access_key == "of the test"
        assert webpubsub_emulator.secondary_access_key == "merged"


def test_factory(webpubsub_emulator, webpubsub_emulator_factory):
    first, second = webpubsub_emulator_factory(access_key="first"), webpubsub_emulator_factory()
    assert len({each.endpoint for each in (webpubsub_emulator, first, second)}) == 3
    assert first.access_key == "first"
    stopped.append(first)


stopped = []


def test_factory_has_stopped_them():
    with pytest.raises(RuntimeError, match="no thread"):
        stopped[0].wait_for_requests(timeout=0)


@pytest.mark.webpubsub(event_handler={})
def test_misspelt(webpubsub_emulator):
    pass


@pytest.mark.webpubsub("chat")
def test_unnamed(webpubsub_emulator):
    pass


def test_factory_misspelt(webpubsub_emulator_factory):
    webpubsub_emulator_factory(prt=0)
"""

CONFTEST = """
import sys

loaded = {"aiohttp", "azure.core"} & sys.modules.keys()
assert not loaded, f"{loaded} imported at pytest's start"
"""


def test_gives_each_test_an_emulator_and_imports_it_late(tmp_path: Path) -> None:
    (tmp_path / "conftest.py").write_text(CONFTEST, encoding="utf-8")
    output = run(tmp_path, TESTS)
    assert "2 passed" in output, output


def test_options_come_by_a_marker_or_a_factory(tmp_path: Path) -> None:
    output = run(tmp_path, MARKED, "--strict-markers")
    assert "5 passed, 1 failed, 2 errors" in output.replace("1 failed, 5 passed", "5 passed, 1 failed"), (
        output
    )
    assert "Emulator has no option 'event_handler'. Did you mean event_handlers?" in output
    assert "the options in pytest.mark.webpubsub(...) need names" in output
    assert "Emulator has no option 'prt'. Did you mean port?" in output


def run(tmp_path: Path, tests: str, *more: str) -> str:
    (tmp_path / "test_it.py").write_text(tests, encoding="utf-8")
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
        *more,
        f"--rootdir={tmp_path}",
    ]
    result = subprocess.run(
        [*command, str(tmp_path)], capture_output=True, text=True, timeout=PATIENCE, check=False
    )
    return result.stdout + result.stderr


def test_without_the_extra_it_says_what_to_install() -> None:
    code = "import sys; sys.modules['aiohttp'] = None; import azure.messaging.webpubsubservice.emulator"
    result = subprocess.run(
        [sys.executable, "-c", code], capture_output=True, text=True, timeout=PATIENCE, check=False
    )
    last = result.stderr.splitlines()[-1]
    assert last.startswith("ModuleNotFoundError: azure.messaging.webpubsubservice.emulator needs aiohttp. ")
    assert last.endswith("with its extra [emulator], or run: python -m pip install aiohttp")
