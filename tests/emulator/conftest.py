from collections.abc import AsyncIterator
from pathlib import Path

import aiohttp
import pytest

from azure.messaging.webpubsubservice.emulator import AsyncEmulator, Emulator
from azure.messaging.webpubsubservice.emulator import _certificates as certificates
from tests.emulator.clients import Caller
from tests.emulator.page import Browser


@pytest.fixture(autouse=True)
def data_folder(tmp_path_factory: pytest.TempPathFactory, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A folder in place of the user's for the emulator's data, which tests leave alone and may not share."""
    folder = tmp_path_factory.getbasetemp() / "data"
    monkeypatch.setattr(certificates, "data_folder", lambda: folder)
    return folder


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
