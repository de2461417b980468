"""Tokens: whatever comes as one gets 401 with a reason, and lifetimes follow the clock they were made by."""

import asyncio
import logging
import time
from typing import Any
from urllib.parse import urlsplit

import jwt
import pytest

from azure.messaging.webpubsubservice.emulator import AsyncEmulator
from azure.messaging.webpubsubservice.emulator import _jws as jws
from azure.messaging.webpubsubservice.emulator._clock import Clock
from tests.emulator.clients import JSON, Caller, sign

SEND = "/api/hubs/chat/:send"
KEY = "a key that is long enough for other libraries"

NOISE = [
    b"\xff\xfe\xfd",
    "héllo.wörld.ü".encode(),
    "héllo.wörld.ü".encode("latin-1"),
    b"a.b.c",
    b"a.b.c.d",
    b"..",
    b"\x80.\x80.\x80",
    b"eyJhbGciOiJIUzI1NiJ9.e30.\xff",
    b"eyJhbGciOiJub25lIn0.e30.",
    b"eyJhbGciOiJIUzI1NiIsImNyaXQiOlsiYjY0Il19.e30.e30",
    b"W10.W10.W10",
    b"=.=.=",
]


@pytest.mark.parametrize("target", [f"POST {SEND}", "GET /client/hubs/chat"])
@pytest.mark.parametrize("token", NOISE, ids=repr)
async def test_noise_is_no_token(
    emulator: AsyncEmulator, caplog: pytest.LogCaptureFixture, target: str, token: bytes
) -> None:
    address = urlsplit(emulator.endpoint)
    reader, writer = await asyncio.open_connection(address.hostname, address.port)
    head = f"{target} HTTP/1.1\r\nHost: {address.netloc}\r\nContent-Length: 0\r\n"
    with caplog.at_level(logging.INFO):
        writer.write(head.encode() + b"Authorization: Bearer " + token + b"\r\nConnection: close\r\n\r\n")
        answer = await asyncio.wait_for(reader.read(), 10)
    assert answer.startswith(b"HTTP/1.1 401 ")
    assert "401 " in caplog.text
    assert "Traceback" not in caplog.text
    writer.close()
    await writer.wait_closed()


async def test_noise_in_the_query_is_no_token(caller: Caller, emulator: AsyncEmulator) -> None:
    async with caller.session.get(
        f"{emulator.endpoint}/client/hubs/chat?access_token=%FF%FE.%FF.%FF"
    ) as answer:
        assert answer.status == 401


def test_tokens_are_those_of_other_libraries() -> None:
    claims = {"aud": "http://host", "sub": "ü", "exp": 5}
    ours = jws.sign(claims, KEY, kid="k")
    assert (
        jwt.decode(
            ours,
            KEY,
            algorithms=["HS256"],
            options={"verify_signature": True, "verify_exp": False, "verify_aud": False},
        )
        == claims
    )
    assert jwt.get_unverified_header(ours) == {"alg": "HS256", "typ": "JWT", "kid": "k"}
    theirs = jws.parse(sign(KEY, "http://host"))
    assert theirs.is_signed_with(["other", KEY])
    assert not theirs.is_signed_with(["other"])


@pytest.mark.parametrize("algorithm", ["none", "HS384", "HS512", "hs256", None])
def test_only_one_algorithm_is_taken(algorithm: str | None) -> None:
    token = jws.parse(jws.sign({}, KEY))
    assert token.is_signed_with([KEY])
    assert not token._replace(header={"alg": algorithm}).is_signed_with([KEY])
    assert not token._replace(header={"alg": "HS256", "crit": ["b64"]}).is_signed_with([KEY])


# --- lifetimes on a clock that moves ---


def machine_claims(**more: Any) -> dict[str, Any]:
    """What an SDK puts into a token: the machine's time, in whole seconds."""
    now = int(time.time())
    return {"iat": now, "exp": now + 60} | more


async def send(caller: Caller, **claims: Any) -> int:
    token = sign(caller.emulator.access_key, caller.emulator.endpoint + SEND, **claims)
    return (await caller.call("POST", SEND, body=b"", token=token)).status


@pytest.mark.parametrize("hours", [1, 24 * 365])
@pytest.mark.parametrize("claims", [machine_claims, dict], ids=["JavaScript", "Python"])
async def test_a_token_that_is_signed_after_a_jump_is_good(
    caller: Caller, emulator: AsyncEmulator, hours: int, claims: Any
) -> None:
    emulator.clock.advance(3600 * hours)
    assert await send(caller, **claims()) == 202
    async with caller.connect(protocol=JSON, **claims()) as client:
        assert await client.ask(type="ping") == {"type": "pong"}


@pytest.mark.parametrize("seconds", [1, 299, 300])
async def test_a_token_of_the_very_second_of_a_small_jump_is_good(
    caller: Caller, emulator: AsyncEmulator, seconds: int
) -> None:
    emulator.clock.advance(seconds)
    assert await send(caller, **machine_claims()) == 202


async def test_tokens_from_before_and_after_a_jump_are_told_apart(
    caller: Caller, emulator: AsyncEmulator, caplog: pytest.LogCaptureFixture
) -> None:
    """Though both may be made within a second, and say nothing smaller than seconds."""
    before = sign(emulator.access_key, emulator.endpoint + SEND, **machine_claims())
    emulator.clock.advance(3600)
    after = sign(emulator.access_key, emulator.endpoint + SEND, **machine_claims())
    with caplog.at_level(logging.WARNING):
        assert (await caller.call("POST", SEND, body=b"", token=before)).status == 401
    assert (await caller.call("POST", SEND, body=b"", token=after)).status == 202
    reason = (
        "the emulator's clock is 3600 s ahead of the machine's, and was 0 s ahead when the token was made"
    )
    assert reason in caplog.text


async def test_a_token_that_does_not_say_when_it_was_made_is_made_at_its_first_use(
    caller: Caller, emulator: AsyncEmulator
) -> None:
    token = sign(emulator.access_key, emulator.endpoint + SEND)
    assert "iat" not in jwt.decode(token, options={"verify_signature": False})
    assert (await caller.call("POST", SEND, body=b"", token=token)).status == 202
    emulator.clock.advance(3600)
    assert (await caller.call("POST", SEND, body=b"", token=token)).status == 401


async def test_a_token_expires_in_time_after_a_jump(
    caller: Caller, emulator: AsyncEmulator, standing_time: float, monkeypatch: pytest.MonkeyPatch
) -> None:
    machine_time = standing_time
    monkeypatch.setattr(Clock, "machine_time", staticmethod(lambda: machine_time))
    emulator.clock.advance(3600)
    machine_time += 1  # such a jump is at the beginning of the next second
    now = int(machine_time)
    claims = {"iat": now, "exp": now + 60}
    assert await send(caller, **claims) == 202
    emulator.clock.advance(60 + 295)
    machine_time += 1
    assert await send(caller, **claims) == 202
    emulator.clock.advance(6)
    assert await send(caller, **claims) == 401


async def test_a_token_by_the_emulators_clock_is_good(caller: Caller, emulator: AsyncEmulator) -> None:
    emulator.clock.advance(24 * 3600)
    now = int(emulator.clock.now())
    assert await send(caller, iat=now, exp=now + 60) == 202
    assert await send(caller, iat=now, exp=now - 301) == 401


@pytest.mark.parametrize("iat", ["x", float("inf"), 10**400])
async def test_a_time_of_making_that_is_no_time(caller: Caller, iat: Any) -> None:
    assert await send(caller, iat=iat) == 401


@pytest.mark.usefixtures("standing_time")
async def test_urls_of_the_emulator_last_as_long_as_they_say(caller: Caller, emulator: AsyncEmulator) -> None:
    url = emulator.client_url("chat", minutes_to_expire=120).replace("ws:", "http:")
    emulator.clock.advance(2 * 3600 + 295)
    async with caller.open(url, JSON) as client:
        assert (await client.message())["event"] == "connected"
    emulator.clock.advance(6)
    async with caller.session.get(url) as answer:
        assert answer.status == 401


def test_the_clock_remembers_how_far_it_was_ahead() -> None:
    clock = Clock()
    start = clock.machine_time()
    clock.advance(10)
    middle = clock.machine_time()
    clock.advance(20)
    assert [clock.offset_at(moment) for moment in (0, start, middle, start + 100)] == [0, 0, 10, 30]
    assert clock.offset == 30
