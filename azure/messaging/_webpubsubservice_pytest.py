"""The pytest plugin of azure-messaging-webpubsubservice: fixtures that run a local Azure Web PubSub.

pytest imports plugins whenever it starts, so this module is outside the package that it belongs to:
importing it imports neither azure-core nor aiohttp, and needs nothing but pytest.
"""

import contextlib
from typing import TYPE_CHECKING, Any

import pytest

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    from azure.messaging.webpubsubservice.emulator import Emulator

_MARKER = "webpubsub"


def pytest_configure(config: pytest.Config) -> None:
    """Register the marker."""
    config.addinivalue_line(
        "markers",
        f"{_MARKER}(**options): options of the Emulator that the fixture webpubsub_emulator runs, such as "
        "event_handlers. Marks of a test take precedence over those of its class and module.",
    )


@pytest.fixture
def webpubsub_emulator(
    request: pytest.FixtureRequest, webpubsub_emulator_factory: "Callable[..., Emulator]"
) -> "Emulator":
    """Run a local Azure Web PubSub for this test. Clients connect with its ``connection_string``.

    ``@pytest.mark.webpubsub(event_handlers=..., seed=1)`` on the test, its class or its module passes options
    of ``Emulator``. It runs in a thread of its own, so synchronous and asynchronous tests can use it. It
    needs the extra ``emulator``.
    """
    options: dict[str, Any] = {}
    for mark in reversed(list(request.node.iter_markers(_MARKER))):
        if mark.args:
            pytest.fail(f"the options in pytest.mark.{_MARKER}(...) need names", pytrace=False)
        options |= mark.kwargs
    return webpubsub_emulator_factory(**options)


@pytest.fixture
def webpubsub_emulator_factory() -> "Iterator[Callable[..., Emulator]]":
    """Return a function that starts one more local Azure Web PubSub, with options of ``Emulator``.

    All of them are stopped when the test has ended.
    """
    # Imported when a test asks for it: this takes half a second, once.
    from azure.messaging.webpubsubservice.emulator import Emulator  # noqa: PLC0415

    with contextlib.ExitStack() as running:

        def start(**options: Any) -> Emulator:
            try:
                emulator = Emulator(**options)
            except (TypeError, ValueError, ModuleNotFoundError) as error:
                pytest.fail(str(error), pytrace=False)
            return running.enter_context(emulator)

        yield start
