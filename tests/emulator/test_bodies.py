"""Request bodies with ``Content-Encoding``: known, unknown, broken, and too large when they are decoded."""

import gzip
import zlib
from collections.abc import Callable

import pytest

from azure.messaging.webpubsubservice.emulator import AsyncEmulator
from azure.messaging.webpubsubservice.emulator._encodings import (
    ENCODINGS,
    EncodingError,
    TooLargeError,
    decode,
)
from tests.emulator.clients import JSON, Caller

SEND = "/api/hubs/chat/:send"
LIMIT = 1024 * 1024


def raw_deflate(data: bytes) -> bytes:
    compressor = zlib.compressobj(wbits=-zlib.MAX_WBITS)
    return compressor.compress(data) + compressor.flush()


ENCODE: dict[str, Callable[[bytes], bytes]] = {
    "gzip": gzip.compress,
    "x-gzip": gzip.compress,
    "deflate": zlib.compress,
    "identity": bytes,
}


def test_every_encoding_is_in_the_table() -> None:
    assert ENCODE.keys() == ENCODINGS.keys()


@pytest.mark.parametrize("name", ENCODE)
async def test_an_encoded_body_is_the_message(caller: Caller, emulator: AsyncEmulator, name: str) -> None:
    async with caller.connect(protocol=JSON) as client:
        answer = await caller.call(
            "POST",
            SEND,
            body=ENCODE[name](b'{"a": 1}'),
            content_type="application/json",
            headers={"Content-Encoding": name.upper()},
        )
        assert answer.status == 202
        assert (await client.message())["data"] == {"a": 1}
        assert emulator.requests[-1].body == b'{"a": 1}'


@pytest.mark.parametrize("name", ENCODE)
@pytest.mark.parametrize(("size", "status"), [(LIMIT, 202), (LIMIT + 1, 413)])
async def test_a_body_is_decoded_up_to_the_limit(caller: Caller, name: str, size: int, status: int) -> None:
    body = ENCODE[name](bytes(size))
    expected = (
        400 if len(body) > LIMIT else status
    )  # as of any body that is larger than the limit on the wire
    answer = await caller.call("POST", SEND, body=body, headers={"Content-Encoding": name})
    assert answer.status == expected


async def test_a_small_body_does_not_become_a_huge_message(caller: Caller, emulator: AsyncEmulator) -> None:
    body = gzip.compress(bytes(64 * LIMIT))
    assert len(body) < 70_000
    answer = await caller.call("POST", SEND, body=body, headers={"Content-Encoding": "gzip"})
    assert (answer.status, answer.body) == (413, b"")
    assert emulator.deliveries == []


@pytest.mark.parametrize("name", [name for name in ENCODE if name != "identity"])
@pytest.mark.parametrize("broken", [b"x" * 30, "half", "trailing"], ids=["noise", "half", "trailing"])
async def test_a_broken_body_is_the_callers_fault(caller: Caller, name: str, broken: bytes | str) -> None:
    body = ENCODE[name](b"hello" * 100)
    sent = broken if isinstance(broken, bytes) else body[:-9] if broken == "half" else body + b"rest"
    answer = await caller.call("POST", SEND, body=sent, headers={"Content-Encoding": name})
    assert (answer.status, answer.json["message"]) == (400, f"The request body is not valid {name} data.")


@pytest.mark.parametrize(
    "name", ["br", "zstd", "compress", "aws-chunked", "gzip, br", "x" * 1000, "g\xfczip"]
)
async def test_an_unknown_encoding_names_the_known_ones(caller: Caller, name: str) -> None:
    answer = await caller.call("POST", SEND, body=b"x", headers={"Content-Encoding": name})
    assert (answer.status, answer.body) == (415, b"")
    assert answer.headers["Accept-Encoding"] == "deflate, gzip, identity, x-gzip"


def test_several_encodings_in_their_order() -> None:
    assert decode(zlib.compress(gzip.compress(b"x")), "gzip, deflate", limit=100) == b"x"
    assert decode(gzip.compress(zlib.compress(b"x")), "deflate ,, GZIP", limit=100) == b"x"
    with pytest.raises(EncodingError, match="not valid gzip data"):
        decode(gzip.compress(zlib.compress(b"x")), "gzip, deflate".replace("deflate", "gzip"), limit=100)


def test_what_is_half_decoded_is_bounded_too() -> None:
    with pytest.raises(TooLargeError, match="more than 100 bytes"):
        decode(gzip.compress(gzip.compress(bytes(200_000))), "gzip, gzip", limit=100)


def test_other_forms_of_the_encodings() -> None:
    assert decode(raw_deflate(b"raw"), "deflate", limit=100) == b"raw"
    assert decode(gzip.compress(b"one") + gzip.compress(b"two"), "gzip", limit=6) == b"onetwo"
    with pytest.raises(TooLargeError):
        decode(gzip.compress(b"one") + gzip.compress(b"two"), "gzip", limit=5)
    assert decode(b"plain", "", limit=5) == b"plain"
