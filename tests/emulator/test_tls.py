"""TLS: the emulator's own certificate or one's own, and https and wss in every URL."""

import asyncio
import contextlib
import os
import ssl
import stat
from collections.abc import AsyncIterator
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

import aiohttp
import jwt
import pytest
import trustme
from azure.core.credentials import AzureKeyCredential

from azure.messaging.webpubsubservice import WebPubSubServiceClient
from azure.messaging.webpubsubservice.emulator import DEVELOPMENT_KEY, AsyncEmulator, Emulator
from azure.messaging.webpubsubservice.emulator import _certificates as certificates
from azure.messaging.webpubsubservice.rest import build_send_to_all_request
from tests.emulator.clients import JSON, RELIABLE, Caller
from tests.emulator.test_stopping import nothing_left

HUB = "/api/hubs/chat"


@pytest.fixture(autouse=True)
def data_folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A folder with nothing in it."""
    monkeypatch.setattr(certificates, "data_folder", lambda: tmp_path / "data")
    return tmp_path / "data"


@pytest.fixture
async def emulator() -> AsyncIterator[AsyncEmulator]:
    async with Emulator(https=True) as running:
        yield running


def trusting(emulator: AsyncEmulator | Emulator) -> ssl.SSLContext:
    return ssl.create_default_context(cafile=emulator.ca_file)


@pytest.fixture
async def caller(emulator: AsyncEmulator) -> AsyncIterator[Caller]:
    connector = aiohttp.TCPConnector(ssl=trusting(emulator))
    async with aiohttp.ClientSession(connector=connector) as session:
        yield Caller(emulator, session)


def test_urls_say_https_and_wss() -> None:
    with Emulator(https=True) as emulator:
        assert emulator.endpoint.startswith("https://127.0.0.1:")
        assert emulator.connection_string.startswith(f"Endpoint={emulator.endpoint};AccessKey=")
        url = emulator.client_url("chat")
        assert url.startswith(emulator.endpoint.replace("https:", "wss:"))
        claims = jwt.decode(url.partition("=")[2], options={"verify_signature": False})
        assert claims["aud"] == f"{emulator.endpoint}/client/hubs/chat"
    with Emulator() as plain:
        assert plain.ca_file is None
        assert plain.endpoint.startswith("http://")


async def test_clients_and_requests(caller: Caller, emulator: AsyncEmulator) -> None:
    async with caller.connect(protocol=JSON, groups=["g"]) as client, caller.connect(groups=["g"]):
        await caller.send(f"{HUB}/:send", "hello")
        assert (await client.message())["data"] == "hello"
        query = {"maxpagesize": "1"}
        page = await caller.call("GET", f"{HUB}/groups/g/connections", query=query)
        assert page.json["nextLink"].startswith(f"{emulator.endpoint}{HUB}/groups/g/connections?")
        generated = await caller.call("POST", f"{HUB}/:generateToken")
        claims = jwt.decode(generated.json["token"], options={"verify_signature": False})
        assert claims["aud"] == f"{emulator.endpoint}/client/hubs/chat"


# In Python 3.10, a client's TLS transport does not notice that its connection was closed.
@pytest.mark.filterwarnings("ignore:unclosed transport:ResourceWarning")
async def test_much_to_send_and_a_lost_socket(caller: Caller, emulator: AsyncEmulator) -> None:
    async with caller.connect(protocol=RELIABLE) as client:
        for _ in range(20):
            answer = await caller.call("POST", f"{HUB}/:send", body=os.urandom(500_000))
            assert answer.status == 202
        assert [(await client.message())["sequenceId"] for _ in range(20)] == list(range(1, 21))
        emulator.drop_clients()
        assert (await client.socket.receive(timeout=10)).type in {
            aiohttp.WSMsgType.CLOSED,
            aiohttp.WSMsgType.ERROR,
        }


def test_this_packages_client_trusts_the_authority() -> None:
    with Emulator(https=True) as emulator:
        credential = AzureKeyCredential(emulator.access_key)
        with WebPubSubServiceClient(
            emulator.endpoint, credential, connection_verify=emulator.ca_file
        ) as client:
            client.send_request(build_send_to_all_request("chat", json=1)).raise_for_status()


async def test_who_does_not_trust_the_authority_does_not_disturb_the_others(
    caller: Caller, emulator: AsyncEmulator
) -> None:
    async with aiohttp.ClientSession() as stranger:
        with pytest.raises(aiohttp.ClientConnectorCertificateError):
            await stranger.get(f"{emulator.endpoint}/api/health")
    address = urlsplit(emulator.endpoint)
    reader, writer = await asyncio.open_connection(address.hostname, address.port)
    writer.write(b"GET /api/health HTTP/1.1\r\n\r\n")  # plain HTTP
    with contextlib.suppress(ConnectionError):
        assert not (await reader.read()).startswith(b"HTTP")
        writer.close()
        await writer.wait_closed()
    assert (await caller.call("HEAD", "/api/health", token=None)).status == 200


async def test_a_stop_closes_every_connection() -> None:
    with nothing_left():
        async with Emulator(https=True) as emulator:
            connector = aiohttp.TCPConnector(ssl=trusting(emulator))
            async with aiohttp.ClientSession(connector=connector) as session:
                async with Caller(emulator, session).connect(protocol=JSON) as client:
                    stopping = asyncio.create_task(emulator._server.stop())
                    assert (await client.closed())[0] == 1001
                    await stopping


# --- the certificate


def test_the_certificate_is_kept_for_this_user_only(data_folder: Path) -> None:
    with Emulator(https=True) as one, Emulator(https=True, host="localhost") as other:
        assert one.ca_file == other.ca_file
    folder = data_folder / "certificates" / "localhost"
    assert {path.name for path in folder.iterdir()} == {"ca.pem", "certificate.pem", "private-key.pem"}
    assert "PRIVATE KEY" not in (folder / "ca.pem").read_text("ascii")
    if os.name == "posix":
        assert stat.S_IMODE((folder / "private-key.pem").stat().st_mode) == 0o600
        assert stat.S_IMODE(folder.stat().st_mode) == 0o700
    assert [path.name for path in folder.parent.iterdir()] == ["localhost"]


@pytest.mark.parametrize("change", ["old", "gone"])
def test_a_certificate_is_made_again(data_folder: Path, change: str) -> None:
    first = Emulator(https=True)
    assert first.ca_file is not None
    before = Path(first.ca_file).read_bytes()
    key = data_folder / "certificates" / "localhost" / "private-key.pem"
    if change == "old":
        os.utime(key, (0, 0))
    else:
        key.unlink()
    second = Emulator(https=True)
    assert second.ca_file == first.ca_file
    assert Path(first.ca_file).read_bytes() != before


@pytest.mark.parametrize("name", ["localhost", "127.0.0.1", "[::1]"])
async def test_the_certificate_is_for_every_name_of_this_machine(name: str) -> None:
    host = name.strip("[]")
    try:
        async with Emulator(https=True, host=host) as emulator:
            async with aiohttp.ClientSession(
                connector=aiohttp.TCPConnector(ssl=trusting(emulator))
            ) as session:
                assert emulator.endpoint.startswith(f"https://{name}:")
                async with session.get(f"{emulator.endpoint}/api/health") as answer:
                    assert answer.status == 200
    except OSError:
        if host != "::1":
            raise
        pytest.skip("no IPv6 here")


def test_another_name_has_a_certificate_of_its_own(data_folder: Path) -> None:
    Emulator(https=True)
    Emulator(https=True, host="my.test")
    assert {path.name for path in (data_folder / "certificates").iterdir()} == {"localhost", "my.test"}


# --- one's own


@pytest.fixture
def pem(tmp_path: Path) -> dict[str, Path]:
    authority = trustme.CA()
    leaf = authority.issue_cert("127.0.0.1")
    paths = {name: tmp_path / f"{name}.pem" for name in ("authority", "certificate", "key", "both")}
    authority.cert_pem.write_to_path(paths["authority"])
    leaf.cert_chain_pems[0].write_to_path(paths["certificate"])
    leaf.private_key_pem.write_to_path(paths["key"])
    leaf.private_key_and_cert_chain_pem.write_to_path(paths["both"])
    return paths


@pytest.mark.parametrize("way", ["two files", "one file", "a context"])
async def test_a_certificate_of_ones_own(pem: dict[str, Path], way: str) -> None:
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.load_cert_chain(pem["both"])
    options: dict[str, dict[str, Any]] = {
        "two files": {"certificate": pem["certificate"], "private_key": str(pem["key"])},
        "one file": {"certificate": str(pem["both"])},
        "a context": {"ssl_context": context},
    }
    async with Emulator(**options[way]) as emulator:
        assert emulator.ca_file is None
        trust = ssl.create_default_context(cafile=pem["authority"])
        async with aiohttp.ClientSession(connector=aiohttp.TCPConnector(ssl=trust)) as session:
            async with session.get(f"{emulator.endpoint}/api/health") as answer:
                assert answer.status == 200


@pytest.mark.parametrize(
    ("options", "message"),
    [
        ({"https": True, "certificate": "x"}, "https and certificate are two ways to listen with TLS"),
        ({"private_key": "x"}, "private_key needs a certificate"),
        (
            {"certificate": "no-such-file.pem"},
            "certificate must be a PEM file that can be loaded: no-such-file",
        ),
        ({"ssl_context": ssl.create_default_context()}, "ssl_context must be an ssl.SSLContext for a server"),
        ({"development_key": True, "access_key": "x"}, "are two primary keys"),
    ],
)
def test_options_that_do_not_go_together(options: dict[str, Any], message: str) -> None:
    with pytest.raises(ValueError, match=message):
        Emulator(**options)


def test_a_key_that_does_not_fit(pem: dict[str, Path], tmp_path: Path) -> None:
    other = tmp_path / "other.pem"
    trustme.CA().issue_cert("x").private_key_pem.write_to_path(other)
    with pytest.raises(ValueError, match="certificate must be a PEM file that can be loaded"):
        Emulator(certificate=pem["certificate"], private_key=other)


def test_the_development_key_survives_a_restart() -> None:
    with Emulator(development_key=True) as one, Emulator(development_key=True) as other:
        assert one.access_key == other.access_key == DEVELOPMENT_KEY
        assert one.secondary_access_key != other.secondary_access_key
