"""What importing the package does, in an interpreter of its own."""

import subprocess
import sys

import pytest

from tests.limits import PATIENCE

PACKAGE = "azure.messaging.webpubsubservice"
NEIGHBOURS = (
    "azure.core.rest",
    "azure.identity",
    "azure.messaging.webpubsubclient",
    PACKAGE,
)


def run(code: str) -> str:
    command = [sys.executable, "-W", "error", "-c", code]
    done = subprocess.run(command, capture_output=True, text=True, timeout=PATIENCE, check=False)
    assert done.returncode == 0, done.stderr
    return done.stdout


@pytest.mark.parametrize(
    ("module", "absent"),
    [
        ("", "aiohttp isodate msrest .aio .emulator .events .rest"),
        (".rest", "aiohttp isodate msrest .aio .emulator .events"),
        (".events", "aiohttp msrest .emulator .rest"),
        (".emulator", "isodate msrest .aio .rest ._serialization"),
    ],
)
def test_a_module_loads_only_what_it_needs(module: str, absent: str) -> None:
    loaded = set(run(f"import sys, {PACKAGE}{module}; print(*sys.modules)").split())
    unneeded = {f"{PACKAGE}{name}" if name.startswith(".") else name for name in absent.split()}
    assert unneeded & loaded == set()


@pytest.mark.parametrize("order", [1, -1], ids=["last", "first"])
def test_the_package_imports_beside_its_neighbours(order: int) -> None:
    for name in NEIGHBOURS:
        pytest.importorskip(name)
    run("\n".join(f"import {name}" for name in NEIGHBOURS[::order]))
