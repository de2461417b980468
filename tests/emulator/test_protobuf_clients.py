"""The protobuf subprotocols: what clients may say, and what they are answered."""

from __future__ import annotations

import sys
from contextlib import asynccontextmanager
from typing import TYPE_CHECKING, Any

import aiohttp
import pytest
from hypothesis import given
from hypothesis import strategies as st

from azure.messaging.webpubsubservice.emulator import (
    ClientInfo,
    Emulator,
    EventFailedError,
    NoEventHandlers,
    Payload,
    SendEvent,
)
from azure.messaging.webpubsubservice.emulator._protocol import subprotocols
from azure.messaging.webpubsubservice.emulator._protocol.messages import Frame, Opcode, ProtocolError
from tests.emulator.clients import JSON, Caller, Subscriber
from tests.emulator.protobuf_wire import Message, decode, encode

if TYPE_CHECKING:
    from collections.abc import AsyncIterator

pytest.importorskip("google.protobuf")

PROTOBUF = "protobuf.webpubsub.azure.v1"
RELIABLE = "protobuf.reliable.webpubsub.azure.v1"
ALL = ("webpubsub.joinLeaveGroup", "webpubsub.sendToGroup")

# Numbers of fields, from the service's webpubsub.v1.proto.
SEND, EVENT, JOIN, LEAVE, SEQUENCE_ACK, PING, INVOKE, CANCEL = 1, 5, 6, 7, 8, 9, 10, 11
STREAM_DATA, STREAM_END = 13, 14
ACK, DATA, SYSTEM, PONG, INVOKED, STREAM_ACK, STREAM_NACK, STREAM_CLOSED = 1, 2, 3, 4, 5, 6, 7, 8
TEXT, BINARY, ANY, JSON_DATA = 1, 2, 3, 4
ANY_VALUE = encode([(1, "type.googleapis.com/google.protobuf.StringValue"), (2, [(1, "hello")])])


def ack(ack_id: int) -> bytes:
    return encode([(ACK, [(1, ack_id), (2, 1)])])


def failed(ack_id: int, name: str, message: str) -> bytes:
    return encode([(ACK, [(1, ack_id), (3, [(1, name), (2, message)])])])


def data(origin: str, group: str | None, payload: tuple[int, Any], *more: tuple[int, Any]) -> bytes:
    groups = [] if group is None else [(2, group)]
    return encode([(DATA, [(1, origin), *groups, (3, [payload]), *more])])


class Client:
    """A client that speaks protobuf."""

    def __init__(self, subscriber: Subscriber, greeting: list[tuple[int, int | bytes]]) -> None:
        self.subscriber = subscriber
        self.connection_id, self.user_id, *tokens = [value for _, value in greeting]
        self.token = tokens[0].decode() if tokens and isinstance(tokens[0], bytes) else None

    async def send(self, *message: tuple[int, Message]) -> None:
        await self.subscriber.socket.send_bytes(encode(message))

    async def frame(self) -> bytes:
        frame = await self.subscriber.frame()
        assert isinstance(frame, bytes)
        return frame

    async def ask(self, *message: tuple[int, Message]) -> bytes:
        await self.send(*message)
        return await self.frame()


@asynccontextmanager
async def connected(caller: Caller, protocol: str = PROTOBUF, **options: Any) -> AsyncIterator[Client]:
    url = caller.client_url(
        "chat",
        {
            "sub": "alice",
            "role": list(options.get("roles", ALL)),
            "webpubsub.group": options.get("groups", []),
        },
    )
    async with caller.open(url, protocol) as subscriber:
        yield Client(subscriber, await greeting(subscriber))


async def greeting(subscriber: Subscriber) -> list[tuple[int, int | bytes]]:
    frame = await subscriber.frame()
    assert isinstance(frame, bytes)
    ((system, inside),) = decode(frame)
    assert system == SYSTEM
    assert isinstance(inside, bytes)
    ((connected, fields),) = decode(inside)
    assert connected == 1
    assert isinstance(fields, bytes)
    return decode(fields)


async def test_greeting(caller: Caller) -> None:
    async with connected(caller) as client:
        assert client.user_id == b"alice"
        assert client.token is None
        path = f"/api/hubs/chat/connections/{client.connection_id.decode()}"  # type: ignore[union-attr]
        assert (await caller.call("HEAD", path)).status == 200
    async with connected(caller, RELIABLE) as client:
        assert client.token


async def test_groups_with_acks(caller: Caller) -> None:
    async with connected(caller) as sender, connected(caller, groups=["g"]) as member:
        assert await sender.ask((JOIN, [(1, "g"), (2, 1)])) == ack(1)
        message = [(1, "g"), (3, [(TEXT, "hi")])]
        assert await sender.ask((SEND, [*message, (2, 2)])) == data("group", "g", (TEXT, "hi"))
        assert await sender.frame() == ack(2)
        assert await member.frame() == data("group", "g", (TEXT, "hi"))
        assert await sender.ask((SEND, [*message, (2, 3), (4, 1)])) == ack(3)  # no echo
        assert await sender.ask((LEAVE, [(1, "g"), (2, 2**64 - 1)])) == ack(2**64 - 1)
        assert await sender.ask((JOIN, [(1, "g"), (2, 1)])) == failed(
            1, "Duplicate", "Message with ack-id: 1 has been processed"
        )
        await sender.send((SEND, message))
        assert [await member.frame() for _ in range(2)] == [data("group", "g", (TEXT, "hi"))] * 2
        assert await sender.ask((PING, [])) == encode([(PONG, [])])


async def test_ack_id_zero_is_an_ack_id(caller: Caller) -> None:
    async with connected(caller) as client:
        assert await client.ask((JOIN, [(1, "g"), (2, 0)])) == encode([(ACK, [(2, 1)])])


async def test_without_a_role(caller: Caller) -> None:
    async with connected(caller, roles=[]) as client:
        assert await client.ask((JOIN, [(1, "g"), (2, 1)])) == failed(
            1, "Forbidden", "The client does not have permission to join group 'g'."
        )
        await client.send((SEND, [(1, "g"), (3, [(TEXT, "x")])]))
        await client.subscriber.silent()


@pytest.mark.parametrize(
    ("payload", "to_json", "to_simple"),
    [
        ((TEXT, "é"), {"dataType": "text", "data": "é"}, "é"),
        ((TEXT, ""), {"dataType": "text", "data": ""}, ""),
        ((BINARY, b"\x00\xff"), {"dataType": "binary", "data": "AP8="}, b"\x00\xff"),
        ((JSON_DATA, '{"a": [1]}'), {"dataType": "json", "data": {"a": [1]}}, '{"a": [1]}'),
        ((ANY, ANY_VALUE), {"dataType": "protobuf"}, ANY_VALUE),
    ],
)
async def test_payload_reaches_clients_of_all_kinds(
    caller: Caller, payload: tuple[int, Any], to_json: dict[str, Any], to_simple: object
) -> None:
    async with (
        connected(caller, groups=["g"]) as client,
        caller.connect(protocol=JSON, groups=["g"]) as json_client,
        caller.connect(groups=["g"]) as simple,
    ):
        sent = [(1, "g"), (3, [payload]), (6, [(1, "k"), (2, "v")])]
        assert await client.ask((SEND, sent)) == data("group", "g", payload, (5, [(1, "k"), (2, "v")]))
        message = await json_client.message()
        assert {key: message[key] for key in to_json} == to_json
        assert (message["fromUserId"], message["metadata"]) == ("alice", {"k": "v"})
        assert await simple.frame() == to_simple


async def test_metadata_alone_is_a_message(caller: Caller) -> None:
    async with connected(caller, groups=["g"]) as client:
        metadata = [(1, "k"), (2, "v")]
        assert await client.ask((SEND, [(1, "g"), (6, metadata)])) == data(
            "group", "g", (TEXT, ""), (5, metadata)
        )


@pytest.mark.parametrize(
    ("content_type", "body", "payload"),
    [
        ("text/plain", b"hi", (TEXT, "hi")),
        ("application/json", b'{"a": 1}', (JSON_DATA, '{"a": 1}')),
        ("application/octet-stream", b"\xff", (BINARY, b"\xff")),
    ],
)
async def test_message_from_the_server(
    caller: Caller, content_type: str, body: bytes, payload: tuple[int, Any]
) -> None:
    async with connected(caller) as client:
        await caller.call("POST", "/api/hubs/chat/:send", body=body, content_type=content_type)
        assert await client.frame() == data("server", None, payload)


async def test_close_by_the_server(caller: Caller) -> None:
    async with connected(caller) as client:
        await caller.call("POST", "/api/hubs/chat/:closeConnections", query={"reason": "Bye."})
        reason = "Application server closed the connection. Reason: Bye."
        assert await client.frame() == encode([(SYSTEM, [(2, [(2, reason)])])])
        assert await client.subscriber.closed() == (1000, "")


class Echo(NoEventHandlers):
    async def user_event(self, client: ClientInfo, event: SendEvent) -> Payload | None:
        assert client.subprotocol == PROTOBUF
        if event.event == "failing":
            raise EventFailedError("as asked")
        return None if event.event == "silent" else event.payload


async def test_events(session: aiohttp.ClientSession) -> None:
    async with Emulator(events=Echo()) as emulator, connected(Caller(emulator, session)) as client:
        assert await client.ask((EVENT, [(1, "echo"), (2, [(ANY, ANY_VALUE)]), (3, 1)])) == data(
            "server", None, (ANY, ANY_VALUE)
        )
        assert await client.frame() == ack(1)
        assert await client.ask((EVENT, [(1, "silent"), (2, [(TEXT, "x")]), (3, 2)])) == ack(2)
        assert await client.ask((EVENT, [(1, "failing"), (2, [(TEXT, "x")]), (3, 3)])) == failed(
            3, "InternalServerError", "Internal server error"
        )
        assert await client.ask((INVOKE, [(1, "echo"), (2, "i"), (3, [(TEXT, "x")])])) == encode(
            [(INVOKED, [(1, "i"), (2, 1), (3, [(TEXT, "x")])])]
        )
        assert await client.ask((INVOKE, [(1, "failing"), (2, "i"), (3, [(TEXT, "x")])])) == encode(
            [(INVOKED, [(1, "i"), (4, [(1, "InternalServerError"), (2, "Internal server error")])])]
        )
        await client.send((CANCEL, [(1, "i")]))
        await client.subscriber.silent()


async def test_what_the_emulator_does_not_do(caller: Caller) -> None:
    async with connected(caller) as client:
        event = (EVENT, [(1, "e"), (3, 1), (2, [(TEXT, "x")]), (5, [(1, "s")])])
        refusal = failed(1, "BadRequest", "The emulator does not support 'stream'.")
        assert await client.ask(event) == refusal
        for number, name in (
            (15, "setGroupState"),
            (16, "subscribeGroupState"),
            (17, "unsubscribeGroupState"),
        ):
            assert await client.ask((number, [(1, "g"), (2, number)])) == failed(
                number, "BadRequest", f"The emulator does not support {name!r}."
            )


async def test_streams(caller: Caller) -> None:
    async with connected(caller, groups=["g"]) as reader, connected(caller) as client:
        stream, idle = [(1, "s")], [(1, "s"), (2, 60_000)]
        assert await client.ask((SEND, [(1, "g"), (7, idle)])) == encode([(STREAM_ACK, [*stream, (2, 1)])])
        payload = (3, [(TEXT, "x")])
        answer = await client.ask((STREAM_DATA, [*stream, (2, 1), payload]))
        assert answer == encode([(STREAM_ACK, [*stream, (2, 2)])])
        assert await reader.frame() == data("group", "g", (TEXT, "x"), (6, [*stream, (2, 1)]))
        answer = await client.ask((STREAM_DATA, [*stream, (2, 9), payload]))
        nack = [*stream, (2, "InvalidSequenceId"), (3, "Expected 2, got 9."), (4, 2)]
        assert answer == encode([(STREAM_NACK, nack)])
        await client.send((STREAM_DATA, stream))  # a sign of life
        ended = await client.ask((STREAM_END, [*stream, (2, [(1, "gave up"), (2, "E1")])]))
        assert ended == encode([(STREAM_CLOSED, stream)])
        error = [(1, "UserError"), (2, "gave up"), (3, "E1")]
        assert await reader.frame() == data(
            "group", "g", (TEXT, ""), (6, [*stream, (2, 2), (3, 1), (4, error)])
        )
        closed = [(1, "t"), (2, [(1, "StreamNotFound"), (2, "There is no stream 't'.")])]
        assert await client.ask((STREAM_END, [(1, "t")])) == encode([(STREAM_CLOSED, closed)])


@pytest.mark.parametrize(
    ("fields", "problem"),
    [
        ([(3, [(TEXT, "x")])], "The start of a stream has no data."),
        ([(5, 1)], "The start of a stream has no ttl_seconds."),
        ([(6, [(1, "a"), (2, "b")])], "The start of a stream has no metadata."),
        ([], "idle_timeout_ms is not above 0."),
    ],
)
async def test_a_start_of_a_stream_that_is_not_valid(caller: Caller, fields: Any, problem: str) -> None:
    async with connected(caller) as client:
        stream = (7, [(1, "s"), (2, 0)]) if not fields else (7, [(1, "s")])
        answer = await client.ask((SEND, [(1, "g"), *fields, stream]))
        assert answer == encode([(STREAM_CLOSED, [(1, "s"), (2, [(1, "BadRequest"), (2, problem)])])])


INVALID = (1007, "The client message is not a valid protobuf protocol message.")


@pytest.mark.parametrize(
    "frame",
    [
        b"",
        b"\xff",
        encode([(99, [])]),
        encode([(JOIN, [])]),
        encode([(SEND, [(1, "g"), (7, [])])]),
        encode([(STREAM_DATA, [])]),
        encode([(STREAM_DATA, [(1, "s"), (2, 1)])]),
        encode([(STREAM_DATA, [(1, "s"), (3, [(TEXT, "x")])])]),
        encode([(STREAM_DATA, [(1, "s"), (2, 1), (3, [])])]),
        encode([(STREAM_END, [])]),
        encode([(JOIN, [(1, " ")])]),
        encode([(JOIN, [(1, b"\xff")])]),
        encode([(EVENT, [(1, "no spaces"), (2, [(TEXT, "x")])])]),
        encode([(EVENT, [(1, "e")])]),
        encode([(SEND, [(1, "g")])]),
        encode([(SEND, [(1, "g"), (3, [])])]),
        encode([(SEND, [(1, "g"), (3, [(TEXT, "x")]), (5, 301)])]),
        encode([(SEND, [(1, "g"), (3, [(JSON_DATA, "{")])])]),
        encode([(SEND, [(1, "g"), (3, [(JSON_DATA, "NaN")])])]),
        encode([(SEND, [(1, "g"), (3, [(ANY, b"\xff")])])]),
        encode([(SEND, [(1, "g"), (3, [(TEXT, "x")]), (6, [(1, "not a token"), (2, "v")])])]),
    ],
)
async def test_invalid_message_closes_the_connection(caller: Caller, frame: bytes) -> None:
    async with connected(caller) as client:
        await client.subscriber.socket.send_bytes(frame)
        assert await client.subscriber.closed() == INVALID


async def test_text_frame_closes_the_connection(caller: Caller) -> None:
    async with connected(caller) as client:
        await client.subscriber.socket.send_str('{"type":"ping"}')
        assert await client.subscriber.closed() == (
            1003,
            "The protobuf subprotocol requires binary messages.",
        )


@given(st.binary())
def test_any_frame_is_a_message_or_refused(frame: bytes) -> None:
    codec = subprotocols.CODECS[PROTOBUF]
    try:
        codec.decode(Frame(Opcode.BINARY, frame))
    except ProtocolError as error:
        refused = (error.close_code, error.reason)
    else:
        refused = INVALID
    assert refused == INVALID


async def test_reliable_client_loses_nothing(caller: Caller) -> None:
    def numbered(number: int) -> bytes:
        return data("group", "g", (TEXT, str(number)), (4, number))

    def publish(number: int) -> Any:
        return caller.call(
            "POST", "/api/hubs/chat/groups/g/:send", body=b"%d" % number, content_type="text/plain"
        )

    async with connected(caller, RELIABLE, groups=["g"]) as client:
        await publish(1)
        await publish(2)
        assert [await client.frame() for _ in range(2)] == [numbered(1), numbered(2)]
        await client.send((SEQUENCE_ACK, [(1, 1)]))
        assert await client.ask((PING, [])) == encode([(PONG, [])])
        await client.subscriber.socket.close(code=4000)
    await publish(3)
    assert isinstance(client.connection_id, bytes)
    url = f"{caller.emulator.endpoint}/client/hubs/chat?awps_connection_id={client.connection_id.decode()}"
    async with caller.open(f"{url}&awps_reconnection_token={client.token}", RELIABLE) as again:
        assert [await again.frame() for _ in range(2)] == [numbered(2), numbered(3)]


async def test_emulator_without_the_library_says_what_to_install(
    caller: Caller, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setitem(sys.modules, subprotocols.__name__.replace("subprotocols", "protobuf"), None)
    assert subprotocols._protobuf_codecs() == []
    json_only = {name: codec for name, codec in subprotocols.CODECS.items() if name.startswith("json")}
    monkeypatch.setattr(subprotocols, "CODECS", json_only)
    for offered in (PROTOBUF, RELIABLE):
        with pytest.raises(aiohttp.WSServerHandshakeError) as refused:
            await caller.session.ws_connect(caller.client_url("chat"), protocols=[offered])
        assert refused.value.status == 501
        with pytest.raises(subprotocols.SubprotocolUnavailableError, match="with the extra 'protobuf'"):
            subprotocols.choose(["other", offered])
        assert subprotocols.choose([offered, "json.webpubsub.azure.v1"])[1] == "json.webpubsub.azure.v1"
