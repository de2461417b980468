"""What every request to the data plane goes through: path, api-version, token."""

import asyncio
import logging
import sys
import time
from base64 import urlsafe_b64encode
from collections.abc import Callable
from urllib.parse import urlsplit

import pytest
from jwt import PyJWS

from azure.messaging.webpubsubservice.emulator import AsyncEmulator
from tests.emulator.clients import Caller, sign

SEND = "/api/hubs/chat/:send"
DEEP = b'{"x":%b%b}' % (b"[" * 6000, b"]" * 6000)
# Python 3.13 reads it, and finds a claim missing; older ones cannot read it.
DEEP_REFUSED = "claim exp is missing" if sys.version_info >= (3, 13) else "the payload is not JSON"
OTHER_KEY = "another key of another service, long enough"


async def test_health_needs_nothing(caller: Caller) -> None:
    answer = await caller.call("HEAD", "/api/health", token=None, api_version=None)
    assert (answer.status, answer.body) == (200, b"")


@pytest.mark.parametrize(
    ("path", "status"),
    [
        ("/other", 404),
        ("/api", 404),
        ("/api/hubs/chat", 404),
        ("/api/hubs/chat/groups//:send", 404),
        (SEND, 405),
    ],
)
async def test_paths_and_methods_that_no_operation_has(caller: Caller, path: str, status: int) -> None:
    assert (await caller.call("GET", path)).status == status


async def test_fixed_segments_match_in_any_case(caller: Caller) -> None:
    answer = await caller.call("POST", "/API/Hubs/chat/:SEND/", body=b"")
    assert answer.status == 202


@pytest.mark.parametrize(
    "api_version", [None, "2020-10-01", "2021-08-01-preview", "2021-08-01-PREVIEW", "2024-12-01"]
)
async def test_api_versions_that_are_known(caller: Caller, api_version: str | None) -> None:
    answer = await caller.call("POST", SEND, body=b"", api_version=api_version)
    assert answer.status == 202
    assert answer.headers["api-supported-versions"].startswith("2020-10-01, 2021-05-01-preview, ")


@pytest.mark.parametrize("query", [{"api-version": "2019-01-01"}, {"api-version": ["2024-12-01"] * 2}])
async def test_api_versions_that_are_not(caller: Caller, query: dict[str, str]) -> None:
    answer = await caller.call("POST", SEND, body=b"", token=None, api_version=None, query=query)
    assert answer.status == 400
    assert answer.json["message"] == "The specified API version is not supported."
    assert answer.json["target"] == "api-version"


@pytest.mark.parametrize(
    ("path", "target"),
    [
        ("/api/hubs/1chat/:send", "hub"),
        (f"/api/hubs/c{'h' * 128}/:send", "hub"),
        ("/api/hubs/chat/groups/%20/:send", "group"),
        (f"/api/hubs/chat/groups/{'g' * 1025}/:send", "group"),
        ("/api/hubs/chat/users/%09/:send", "userId"),
    ],
)
async def test_names_are_checked_before_the_token(caller: Caller, path: str, target: str) -> None:
    answer = await caller.call("POST", path, body=b"", token=None)
    assert (answer.status, answer.json["target"]) == (400, target)
    assert answer.headers["Content-Type"] == "application/problem+json; charset=utf-8"
    assert "api-supported-versions" not in answer.headers


@pytest.mark.parametrize("ttl", ["-1", "301", "x", "", "1.5", "9" * 5000])
async def test_a_lifetime_beyond_its_limits(caller: Caller, ttl: str) -> None:
    answer = await caller.call("POST", SEND, body=b"", query={"messageTtlSeconds": ttl})
    assert (answer.status, answer.json["message"]) == (400, "Invalid messageTtlSeconds.")


async def test_a_parameter_of_a_later_version_is_not_looked_at(caller: Caller) -> None:
    query = {"messageTtlSeconds": "nonsense", "filter": "nonsense"}
    answer = await caller.call("POST", SEND, body=b"", query=query, api_version="2021-10-01")
    assert answer.status == 202


def url(emulator: AsyncEmulator, path: str = SEND) -> str:
    return emulator.endpoint + path


Token = Callable[[AsyncEmulator], str]

ACCEPTED: dict[str, Token] = {
    "full URL": lambda e: sign(e.access_key, f"{url(e)}?api-version=2024-12-01"),
    "no query": lambda e: sign(e.access_key, url(e)),
    "trailing slash": lambda e: sign(e.access_key, url(e) + "/"),
    "another query": lambda e: sign(e.access_key, url(e) + "?x=y"),
    "another scheme": lambda e: sign(e.access_key, url(e).replace("http:", "wss:")),
    "another case": lambda e: sign(e.access_key, url(e).upper()),
    "a deeper path": lambda e: sign(e.access_key, url(e) + "/child"),
    "one of several": lambda e: sign(e.access_key, ["x", url(e)]),
    "secondary key": lambda e: sign(e.secondary_access_key, url(e)),
    "expired within tolerance": lambda e: sign(e.access_key, url(e), exp=int(time.time()) - 240),
    "early within tolerance": lambda e: sign(e.access_key, url(e), nbf=int(time.time()) + 240),
}

REFUSED: dict[str, tuple[Token, str]] = {
    "no token": (lambda _: "", "no bearer token"),
    "nonsense": (lambda _: "nonsense", "no access key fits"),
    "another key": (lambda e: sign(OTHER_KEY, url(e)), "no access key fits"),
    "expired": (lambda e: sign(e.access_key, url(e), exp=int(time.time()) - 301), "expired 30"),
    "early": (lambda e: sign(e.access_key, url(e), nbf=int(time.time()) + 400), "not valid before"),
    "no expiry": (lambda e: sign(e.access_key, url(e), exp="soon"), "claim exp is missing or not a number"),
    "no audience": (lambda e: sign(e.access_key, None), "audience"),
    "another hub": (lambda e: sign(e.access_key, url(e, "/api/hubs/chat2/:send")), "audience"),
    "a shorter path": (lambda e: sign(e.access_key, url(e, "/api/hubs/chat")), "audience"),
    "a longer name": (lambda e: sign(e.access_key, url(e) + "er"), "audience"),
    "another host": (lambda e: sign(e.access_key, "http://example.test" + SEND), "audience"),
    "another port": (lambda e: sign(e.access_key, url(e).replace(SEND, "1" + SEND)), "audience"),
    "ftp": (lambda e: sign(e.access_key, url(e).replace("http:", "ftp:")), "audience"),
    "no scheme": (lambda e: sign(e.access_key, url(e).removeprefix("http://")), "audience"),
    "endless": (lambda e: sign(e.access_key, url(e), exp=float("nan")), "the payload is not JSON"),
    "late": (lambda e: sign(e.access_key, url(e), exp=10**400), "exp is beyond all times"),
    "early beyond all times": (
        lambda e: sign(e.access_key, url(e), nbf=-(10**400)),
        "nbf is beyond all times",
    ),
    "not Unicode": (lambda e: sign(e.access_key, url(e), sub="\ud800"), "the payload is not JSON in UTF-8"),
    "deep": (lambda e: PyJWS().encode(DEEP, e.access_key), DEEP_REFUSED),
    "a deep header": (lambda _: f"{urlsafe_b64encode(DEEP).decode()}.e30.x", "no access key fits"),
    "an Entra token": (lambda _: sign(OTHER_KEY, "https://webpubsub.azure.com"), "no access key fits"),
}


@pytest.mark.parametrize("token", ACCEPTED.values(), ids=ACCEPTED)
async def test_tokens_that_are_accepted(caller: Caller, emulator: AsyncEmulator, token: Token) -> None:
    answer = await caller.call("POST", SEND, body=b"", token=token(emulator))
    assert answer.status == 202


@pytest.mark.parametrize(("token", "reason"), REFUSED.values(), ids=REFUSED)
async def test_tokens_that_are_refused_say_why_in_the_log_only(
    caller: Caller, emulator: AsyncEmulator, caplog: pytest.LogCaptureFixture, token: Token, reason: str
) -> None:
    signed = token(emulator)
    with caplog.at_level(logging.DEBUG):
        answer = await caller.call("POST", SEND, body=b"", headers={"Authorization": f"bearer {signed}"})
    assert (answer.status, answer.body) == (401, b"")
    assert f"401 POST {SEND}: " in caplog.text
    assert reason in caplog.text
    assert emulator.access_key not in caplog.text
    assert not signed or signed not in caplog.text


async def test_a_token_for_a_name_that_must_be_escaped(caller: Caller) -> None:
    path = "/api/hubs/chat/groups/g%2F1%20+%25x%C3%A9/:send"
    assert (await caller.call("POST", path, body=b"")).status == 202
    decoded = sign(
        caller.emulator.access_key, f"{caller.emulator.endpoint}/api/hubs/chat/groups/g/1 +%xé/:send"
    )
    assert (await caller.call("POST", path, body=b"", token=decoded)).status == 202


async def test_a_token_expires_when_the_clock_says_so(caller: Caller, emulator: AsyncEmulator) -> None:
    token = sign(emulator.access_key, url(emulator))
    assert (await caller.call("POST", SEND, body=b"", token=token)).status == 202
    emulator.clock.advance(60 + 301)
    assert (await caller.call("POST", SEND, body=b"", token=token)).status == 401


async def test_a_refused_client_that_holds_its_body_back_has_to_connect_anew(emulator: AsyncEmulator) -> None:
    address = urlsplit(emulator.endpoint)
    reader, writer = await asyncio.open_connection(address.hostname, address.port)
    headers = f"Host: {address.netloc}\r\nContent-Length: 5\r\nExpect: 100-continue"
    writer.write(f"POST {SEND} HTTP/1.1\r\n{headers}\r\n\r\n".encode())
    head = await asyncio.wait_for(reader.readuntil(b"\r\n\r\n"), 10)
    assert head.startswith(b"HTTP/1.1 401 ")
    assert b"\r\nConnection: close\r\n" in head
    writer.close()
    await writer.wait_closed()


async def test_a_whole_url_as_target(emulator: AsyncEmulator) -> None:
    """As clients write it that are behind a proxy."""
    address = emulator.endpoint.removeprefix("http://")
    reader, writer = await asyncio.open_connection(*address.split(":"))
    writer.write(f"HEAD http://{address}/api/health?x=y HTTP/1.1\r\nHost: {address}\r\n\r\n".encode())
    assert b" 200 " in await asyncio.wait_for(reader.readline(), 10)
    writer.close()
