"""The pytest plugin of azure-messaging-webpubsubservice: the fixture ``webpubsub_emulator``.

pytest imports plugins whenever it starts, so this module is outside the package that it belongs to:
importing it imports neither azure-core nor aiohttp, and needs nothing but pytest.
"""

from typing import TYPE_CHECKING

import pytest

if TYPE_CHECKING:
    from collections.abc import Iterator

    from azure.messaging.webpubsubservice.emulator import Emulator


@pytest.fixture
def webpubsub_emulator() -> "Iterator[Emulator]":
    """Run a local Azure Web PubSub for this test. Clients connect with its ``connection_string``.

    It runs in a thread of its own, so synchronous and asynchronous tests can use it. It needs the extra
    ``emulator``.
    """
    # Imported when a test asks for it: this takes half a second, once.
    from azure.messaging.webpubsubservice.emulator import Emulator  # noqa: PLC0415

    with Emulator() as emulator:
        yield emulator
