from collections.abc import AsyncIterator

import aiohttp
import pytest

from azure.messaging.webpubsubservice.emulator import AsyncEmulator, Emulator
from tests.emulator.clients import Caller
from tests.emulator.page import Browser


@pytest.fixture
async def emulator() -> AsyncIterator[AsyncEmulator]:
    async with Emulator() as running:
        yield running


@pytest.fixture
async def session() -> AsyncIterator[aiohttp.ClientSession]:
    async with aiohttp.ClientSession() as opened:
        yield opened


@pytest.fixture
async def caller(emulator: AsyncEmulator, session: aiohttp.ClientSession) -> Caller:
    return Caller(emulator, session)


@pytest.fixture
def browser(emulator: AsyncEmulator, session: aiohttp.ClientSession) -> Browser:
    return Browser(emulator, session)
