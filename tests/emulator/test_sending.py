"""Messages from the data plane to clients, over real sockets."""

import json
from collections.abc import AsyncIterator, Mapping

import pytest

from azure.messaging.webpubsubservice.emulator import AsyncEmulator, PayloadType
from azure.messaging.webpubsubservice.emulator._rest.bodies import read_content_length
from azure.messaging.webpubsubservice.emulator._rest.errors import ApiError
from tests.emulator.clients import JSON, Caller, Subscriber

SENDS = ["/api/hubs/chat/:send", "/api/hubs/chat/groups/g/:send", "/api/hubs/chat/users/u/:send"]


@pytest.mark.parametrize(
    ("content_type", "body", "plain", "wrapped"),
    [
        ("application/json", b'{"a": 1.00}', '{"a": 1.00}', {"dataType": "json", "data": {"a": 1.0}}),
        ("application/json", '"né"'.encode(), '"né"', {"dataType": "json", "data": "né"}),
        (
            "application/json; charset=utf-16",
            '"né"'.encode("utf-16"),
            '"né"',
            {"dataType": "json", "data": "né"},
        ),
        ("text/plain", "né".encode(), "né", {"dataType": "text", "data": "né"}),
        ("text/plain;charset=latin-1", "né".encode("latin-1"), "né", {"dataType": "text", "data": "né"}),
        ('TEXT/plain; charset="UTF-8"', b"", "", {"dataType": "text", "data": ""}),
        ("application/octet-stream", b"\x00\xff", b"\x00\xff", {"dataType": "binary", "data": "AP8="}),
        (None, b"\x00\xff", b"\x00\xff", {"dataType": "binary", "data": "AP8="}),
    ],
)
async def test_content_types_arrive_as_frames_and_as_json(
    caller: Caller, content_type: str | None, body: bytes, plain: str | bytes, wrapped: dict[str, object]
) -> None:
    async with caller.connect() as simple, caller.connect(protocol=JSON) as subscriber:
        answer = await caller.call("POST", SENDS[0], body=body, content_type=content_type)
        assert (answer.status, answer.body) == (202, b"")
        assert await simple.frame() == plain
        assert await subscriber.message() == {"type": "message", "from": "server", **wrapped}


async def test_each_send_reaches_its_targets_and_nobody_else(caller: Caller) -> None:
    async with (
        caller.connect(protocol=JSON, user="u", groups=["g"]) as first,
        caller.connect(protocol=JSON, user="u") as second,
        caller.connect(protocol=JSON, groups=["g"]) as third,
        caller.connect("other", protocol=JSON, user="u", groups=["g"]) as elsewhere,
    ):
        await caller.send("/api/hubs/chat/:send", "hub")
        await caller.send("/api/hubs/CHAT/groups/g/:send", "group")
        await caller.send("/api/hubs/chat/users/u/:send", "user")
        await caller.send(f"/api/hubs/chat/connections/{third.connection_id}/:send", "one")
        await caller.send("/api/hubs/chat/:send", "not first", excluded=[first.connection_id, "nobody"])
        group = {"from": "group", "group": "g", "fromUserId": None}
        await expect(first, ("hub", {}), ("group", group), ("user", {}))
        await expect(second, ("hub", {}), ("user", {}), ("not first", {}))
        await expect(third, ("hub", {}), ("group", group), ("one", {}), ("not first", {}))
        for subscriber in (first, second, third, elsewhere):
            await subscriber.silent()


async def expect(subscriber: Subscriber, *messages: tuple[str, Mapping[str, object]]) -> None:
    for data, fields in messages:
        expected = {"type": "message", "from": "server", "dataType": "json", "data": data, **fields}
        assert await subscriber.message() == expected


@pytest.mark.parametrize("path", [*SENDS, "/api/hubs/chat/connections/nobody/:send"])
async def test_a_message_to_nobody_is_accepted(caller: Caller, emulator: AsyncEmulator, path: str) -> None:
    await caller.send(path, "hello")
    assert not emulator.deliveries


async def test_names_keep_an_escaped_slash_and_nothing_else(caller: Caller) -> None:
    async with caller.connect(groups=["a%2Fb +c%"]) as member, caller.connect(groups=["a/b +c%"]) as other:
        await caller.send("/api/hubs/chat/groups/a%2Fb%20+c%25/:send", 1)
        assert await member.frame() == "1"
        await other.silent()


async def test_a_dot_segment_addresses_the_parent(caller: Caller) -> None:
    async with caller.connect() as everybody:
        await caller.send("/api/hubs/chat/groups/%2E%2e/:send", "to all")
        assert await everybody.frame() == '"to all"'


async def chunks() -> AsyncIterator[bytes]:
    yield b"1"


@pytest.mark.parametrize(
    ("content_type", "body", "status", "message"),
    [
        ("application/json", b"{", 400, "The request body is not a valid JSON."),
        ("application/json", b"", 400, "The request body is not a valid JSON."),
        ("application/json", b"NaN", 400, "The request body is not a valid JSON."),
        ("application/json", b"[" * 100_000, 400, "The request body is not a valid JSON."),
        ("text/plain", b"\xff", 400, "The request body is not utf-8 text."),
        ("text/plain", b"x" * (1024 * 1024 + 1), 400, "Invalid Content-Length header."),
        ("application/xml", b"<a/>", 415, None),
        ("text/plain; charset=klingon", b"a", 415, None),
        ("text/plain; charset=rot13", b"a", 415, None),
        ("text/plain; charset=idna", b"a", 415, None),
        ("text/plain; charset=undefined", b"a", 415, None),
        ('text/plain; charset="é"', b"a", 415, None),
        ("text/plain" + ";   " * 1000 + "!", b"a", 415, None),  # in no time
        ("nonsense", b"a", 415, None),
    ],
)
async def test_bodies_that_are_refused(
    caller: Caller, content_type: str, body: bytes, status: int, message: str | None
) -> None:
    async with caller.connect() as subscriber:
        answer = await caller.call("POST", SENDS[0], body=body, content_type=content_type)
        assert answer.status == status
        if message is None:
            assert answer.body == b""
        else:
            error = {"code": "Error.BadRequest", "target": "Request", "details": None, "innererror": None}
            assert answer.json == {**error, "message": message}
            assert answer.headers["x-ms-error-code"] == "Error.BadRequest"
        await subscriber.silent()


async def test_the_largest_body_is_accepted_and_a_chunked_one_is_not(caller: Caller) -> None:
    largest = b"x" * (1024 * 1024)
    answer = await caller.call("POST", SENDS[0], body=largest, content_type="text/plain")
    assert answer.status == 202
    answer = await caller.call("POST", SENDS[0], body=chunks(), content_type="application/json")
    assert (answer.status, answer.json["message"]) == (400, "Invalid Content-Length header.")


async def test_what_was_asked_and_delivered_is_on_record(caller: Caller, emulator: AsyncEmulator) -> None:
    async with caller.connect(user="u", groups=["g"]), caller.connect(groups=["g"]):
        await caller.send("/api/hubs/chat/groups/g/:send", {"a": 1}, excluded="x")
        both = await emulator.wait_for_deliveries(2)
        one = await emulator.wait_for_deliveries(where=lambda delivery: delivery.user_id == "u")
    assert {delivery.user_id for delivery in both} == {"u", None}
    assert [(one[0].hub, one[0].group, one[0].data_type, json.loads(one[0].text))] == [
        ("chat", "g", PayloadType.JSON, {"a": 1})
    ]
    request = emulator.requests[0]
    assert (request.operation, request.status, request.body) == ("WebPubSub_SendToGroup", 202, b'{"a":1}')
    assert request.query == {"api-version": ["2024-12-01"], "excluded": ["x"]}
    assert "authorization" not in request.headers


@pytest.mark.parametrize("length", ["0" * 30 + "1048577", "0" * 5000 + "10000000", "1" * 5000])
def test_a_length_in_many_digits(length: str) -> None:
    with pytest.raises(ApiError, match="Invalid Content-Length header"):
        read_content_length(length)
    assert read_content_length("0" * 5000 + "1") == 1
