"""What every test relies on: the machine and the way the tests were started make no difference."""

import contextlib
import gc
import os
import re
import signal
import time
from collections.abc import Iterator, Sequence

import pytest

# What a person or a machine may have set, and what changes where programs connect, whom they trust, and how
# they print.
for name in ("HTTP_PROXY", "HTTPS_PROXY", "ALL_PROXY", "NO_PROXY"):
    os.environ.pop(name, None)
    os.environ.pop(name.lower(), None)
for name in ("REQUESTS_CA_BUNDLE", "CURL_CA_BUNDLE", "SSL_CERT_FILE", "SSL_CERT_DIR", "NETRC"):
    os.environ.pop(name, None)
for name in ("COLUMNS", "LINES", "FORCE_COLOR", "NO_COLOR", "CLICOLOR", "CLICOLOR_FORCE", "PY_COLORS"):
    os.environ.pop(name, None)

with contextlib.suppress(ImportError):  # the tests in a browser do without
    from hypothesis import HealthCheck, settings

    # The same examples in each run, on each machine, however long one takes. New ones are made up for
    # ``--hypothesis-profile=explore``, which keeps those that fail.
    limitless = settings(deadline=None, suppress_health_check=[HealthCheck.too_slow])
    settings.register_profile("explore", limitless)
    settings.register_profile("steady", limitless, derandomize=True, database=None)
    settings.load_profile("steady")


def pytest_collection_modifyitems(items: Sequence[pytest.Item]) -> None:
    """Refuse names of tests that hold the time or an address.

    pytest-xdist collects the tests in several processes, and runs none if their names are not the same. They
    differ only now and then, when two processes come to a test in different seconds.
    """
    now, month = time.time(), 30 * 24 * 3600
    for item in items:
        moments = [
            text for text in re.findall(r"(?<!\d)\d{10}(?!\d)", item.nodeid) if abs(int(text) - now) < month
        ]
        addresses = re.findall(r" at 0x[0-9a-f]+", item.nodeid)
        if moments or addresses:
            raise pytest.UsageError(f"{item.nodeid} has another name in another process: give it ids=")


def pytest_collection_finish() -> None:
    """Spare the garbage collector the tests themselves, of which there are thousands."""
    gc.collect()
    gc.freeze()


@pytest.fixture(autouse=True, scope="session")
def interruptible() -> Iterator[None]:
    """Make sure that programs that tests start can be interrupted.

    A shell without job control starts what runs in the background with SIGINT ignored, and programs inherit
    that from pytest. What a process handles is back to the default in the programs that it starts.
    """
    ignored = signal.getsignal(signal.SIGINT) is signal.SIG_IGN
    if ignored:
        signal.signal(signal.SIGINT, signal.default_int_handler)
    yield
    if ignored:
        signal.signal(signal.SIGINT, signal.SIG_IGN)


@pytest.fixture
def standing_time(monkeypatch: pytest.MonkeyPatch) -> float:
    """Stop the clock of emulators, except when a test moves it, and return the time that it shows."""
    from azure.messaging.webpubsubservice.emulator import Clock  # noqa: PLC0415 - for few tests

    now = int(time.time()) + 0.5
    monkeypatch.setattr(Clock, "machine_time", staticmethod(lambda: now))
    return now
