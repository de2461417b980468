"""A role that is probably misspelt is a warning, wherever roles are passed."""

import asyncio
import warnings
from collections.abc import Callable, Sequence

import pytest
from azure.core.credentials import AzureKeyCredential

from azure.messaging.webpubsubservice import WebPubSubServiceClient, aio
from azure.messaging.webpubsubservice._roles import meant_role
from azure.messaging.webpubsubservice.emulator import Emulator
from azure.messaging.webpubsubservice.events import ConnectEvent

ENDPOINT = "https://x.webpubsub.azure.com"
KEY = AzureKeyCredential("k" * 32)


def sync_client(roles: Sequence[str]) -> None:
    WebPubSubServiceClient(ENDPOINT, KEY).get_client_access_token("h", roles=roles)


def async_client(roles: Sequence[str]) -> None:
    async def run() -> None:
        await aio.WebPubSubServiceClient(ENDPOINT, KEY).get_client_access_token("h", roles=roles)

    asyncio.run(run())


def event(roles: Sequence[str]) -> None:
    ConnectEvent(hub="h", connection_id="c").accept(roles=roles)


def emulator(roles: Sequence[str]) -> None:
    with Emulator() as running:
        running.client_url("h", roles=roles)


@pytest.mark.parametrize("use", [sync_client, async_client, event, emulator])
def test_a_misspelt_role_is_a_warning(use: Callable[[Sequence[str]], None]) -> None:
    with pytest.warns(UserWarning, match=r"^The role 'sendToGroup.g' grants nothing.") as warned:
        use(["webpubsub.joinLeaveGroup", "admin", "sendToGroup.g"])
    (warning,) = warned
    assert str(warning.message).endswith(" Did you mean 'webpubsub.sendToGroup.g'?")
    assert warning.filename == __file__
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        use(["webpubsub.sendToGroups.g*", "r", "moderator"])


@pytest.mark.parametrize(
    ("role", "meant"),
    [
        ("webpubsub.sendToGroup", "webpubsub.sendToGroup"),
        ("webpubsub.joinLeaveGroup.a.b", "webpubsub.joinLeaveGroup.a.b"),
        ("webpubsub.sendtogroup", "webpubsub.sendToGroup"),
        ("joinLeaveGroup.a", "webpubsub.joinLeaveGroup.a"),
        ("webpubsub.sendToGroups", "webpubsub.sendToGroups"),
        ("admin", None),
        ("webpubsub.", None),
        ("", None),
    ],
)
def test_what_role_is_meant(role: str, meant: str | None) -> None:
    assert meant_role(role) == meant
