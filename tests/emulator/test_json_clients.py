"""The JSON subprotocol: what clients may say, and what they are answered."""

import json
import time
from typing import Any

import aiohttp
import pytest

from azure.messaging.webpubsubservice.emulator import (
    ClientInfo,
    Emulator,
    EventFailedError,
    NoEventHandlers,
    Payload,
    SendEvent,
)
from tests.emulator.clients import JSON, RELIABLE, Caller

ALL = ("webpubsub.joinLeaveGroup", "webpubsub.sendToGroup")


def ack(ack_id: int) -> dict[str, Any]:
    return {"type": "ack", "ackId": ack_id, "success": True}


def failed(ack_id: int, name: str, message: str) -> dict[str, Any]:
    return {"type": "ack", "ackId": ack_id, "success": False, "error": {"name": name, "message": message}}


class Handlers(NoEventHandlers):
    """Responds to each event with its name and data, except for a few names."""

    def __init__(self) -> None:
        self.log: list[tuple[str, ...]] = []

    async def connected(self, client: ClientInfo) -> None:
        self.log.append(("connected", str(client.user_id)))

    async def disconnected(self, client: ClientInfo, reason: str) -> None:
        self.log.append(("disconnected", str(client.user_id), reason))

    async def user_event(self, client: ClientInfo, event: SendEvent) -> Payload | None:
        self.log.append((event.event, str(client.user_id)))
        match event.event:
            case "silent":
                return None
            case "failing":
                raise EventFailedError("as asked")
            case "broken":
                raise RuntimeError("as asked")
            case _:
                return event.payload


async def test_groups_with_acks(caller: Caller) -> None:
    async with (
        caller.connect(protocol=JSON, user="a", roles=ALL) as sender,
        caller.connect(protocol=JSON, groups=["g"]) as member,
    ):
        assert await sender.ask(type="joinGroup", group="g", ackId=1) == ack(1)
        message = {"type": "sendToGroup", "group": "g", "dataType": "text", "data": "hi", "ackId": 2}
        await sender.send(**message)
        received = {"type": "message", "from": "group", "group": "g", "fromUserId": "a"}
        received |= {"dataType": "text", "data": "hi"}
        assert [await sender.message() for _ in range(2)] == [received, ack(2)]
        assert await member.message() == received
        assert await sender.ask(**{**message, "noEcho": True, "ackId": 3}) == ack(3)
        assert await sender.ask(type="leaveGroup", group="g", ackId=4) == ack(4)
        assert await sender.ask(**{**message, "ackId": 5}) == ack(5)
        assert [await member.message() for _ in range(2)] == [received] * 2
        await member.silent()


async def test_acks_are_not_too_early_for_clients_that_wait_after_sending(caller: Caller) -> None:
    started = time.monotonic()
    async with caller.connect(protocol=JSON, roles=ALL) as client:
        upgraded = time.monotonic()
        assert upgraded - started > 0.004
        assert await client.ask(type="joinGroup", group="g", ackId=0) == ack(0)
        assert time.monotonic() - upgraded > 0.004
        for ack_id in range(1, 100):
            await client.send(type="joinGroup", group="g", ackId=ack_id)
        await client.socket.send_str("not JSON")
        assert [await client.message() for _ in range(1, 100)] == [ack(ack_id) for ack_id in range(1, 100)]
        assert (await client.closed())[0] == 1007


@pytest.mark.parametrize(
    ("fields", "wire"),
    [
        ({"data": 1.0}, '"dataType":"json","data":1.0'),
        ({"dataType": "JSON", "data": {"é": None}}, '"dataType":"json","data":{"é": null}'),
        ({"dataType": "json", "data": None}, '"dataType":"json","data":null'),
        ({"dataType": "text", "data": 'é"'}, '"dataType":"text","data":"é\\""'),
        ({"dataType": "binary", "data": "AP8="}, '"dataType":"binary","data":"AP8="'),
        ({"dataType": "protobuf", "data": "AP8="}, '"dataType":"protobuf","data":"AP8="'),
        (
            {"data": 1, "metadata": {"k": "v"}, "ttlSeconds": 300},
            '"metadata":{"k":"v"},"dataType":"json","data":1',
        ),
    ],
)
async def test_payloads_go_through_as_they_are(caller: Caller, fields: dict[str, Any], wire: str) -> None:
    async with caller.connect(protocol=JSON, roles=ALL, groups=["g"]) as client:
        text = json.dumps({"type": "sendToGroup", "group": "g", **fields}, ensure_ascii=False)
        start = '{"type":"message","from":"group","group":"g","fromUserId":null,'
        await client.socket.send_str(text)
        assert await client.frame() == start + wire + "}"
        await client.socket.send_bytes(text.encode())  # the documentation lets JSON come in binary frames
        assert await client.frame() == start + wire + "}"


async def test_numbers_keep_their_spelling(caller: Caller) -> None:
    async with caller.connect(protocol=JSON, roles=ALL, groups=["g"]) as client:
        await client.socket.send_str(' { "data" : 1.00e2 , "type":"sendToGroup", "group" : "g" } ')
        assert str(await client.frame()).endswith('"data":1.00e2}')


async def test_simple_clients_get_the_payload_alone(caller: Caller) -> None:
    async with caller.connect(protocol=JSON, roles=ALL) as sender, caller.connect(groups=["g"]) as simple:
        for fields in (
            {"dataType": "text", "data": "t"},
            {"data": "j"},
            {"dataType": "binary", "data": "AP8="},
        ):
            await sender.send(type="sendToGroup", group="g", **fields)
        assert [await simple.frame() for _ in range(3)] == ["t", '"j"', b"\x00\xff"]


async def test_without_permission_an_ack_says_so_and_silence_is_kept_otherwise(caller: Caller) -> None:
    async with caller.connect(protocol=JSON, groups=["g"]) as client:
        for number, (kind, verb) in enumerate(
            [("joinGroup", "join"), ("leaveGroup", "leave"), ("sendToGroup", "send to")]
        ):
            fields = {"type": kind, "group": "g", "data": 1}
            message = f"The client does not have permission to {verb} group 'g'."
            assert await client.ask(**fields, ackId=number) == failed(number, "Forbidden", message)
            await client.send(**fields)
        await client.silent()


@pytest.mark.parametrize(
    ("role", "group", "allowed"),
    [
        ("webpubsub.joinLeaveGroup.g.1", "g.1", True),
        ("webpubsub.joinLeaveGroup.g", "g.1", False),
        ("webpubsub.joinLeaveGroups.g.*", "g.1", True),
        ("webpubsub.joinLeaveGroups.*", "g.1", False),
        ("webpubsub.sendToGroup", "g.1", False),
    ],
)
async def test_roles(caller: Caller, role: str, group: str, allowed: bool) -> None:
    async with caller.connect(protocol=JSON, roles=[role]) as client:
        assert (await client.ask(type="joinGroup", group=group, ackId=1))["success"] is allowed


async def test_a_success_is_not_repeated_and_a_failure_may_be(caller: Caller) -> None:
    async with caller.connect(protocol=JSON, roles=ALL, groups=["g"]) as client:
        message = {"type": "sendToGroup", "group": "g", "data": 1, "ackId": 2**64 - 1}
        await client.send(**message)
        assert (await client.message())["data"] == 1
        assert (await client.message())["success"]
        duplicate = f"Message with ack-id: {2**64 - 1} has been processed"
        assert await client.ask(**message) == failed(2**64 - 1, "Duplicate", duplicate)
        for _ in range(2):
            assert (await client.ask(type="event", event="e", data=1, ackId=5))["error"][
                "name"
            ] != "Duplicate"


async def test_only_the_newest_thousand_acks_are_remembered(caller: Caller) -> None:
    async with caller.connect(protocol=JSON, roles=ALL) as client:
        for number in range(1001):
            await client.send(type="leaveGroup", group="g", ackId=number)
        for _ in range(1001):
            assert (await client.message())["success"]
        assert not (await client.ask(type="leaveGroup", group="g", ackId=1))["success"]
        assert (await client.ask(type="leaveGroup", group="g", ackId=0))["success"]


async def test_ping_is_answered_at_once(caller: Caller) -> None:
    async with caller.connect(protocol=JSON) as client:
        assert await client.ask(type="PING") == {"type": "pong"}


async def test_sequence_acks_mean_nothing_to_other_protocols(caller: Caller) -> None:
    async with caller.connect(protocol=JSON) as client:
        await client.send(type="sequenceAck", sequenceId=5)
        await client.silent()


@pytest.mark.parametrize(
    "frame",
    [
        "",
        "[]",
        "nonsense",
        "{} {}",
        '{"type":"ping"',
        '{"type":"unknown"}',
        '{"type":1}',
        '{"kind":"ping"}',
        '{"type":"joinGroup"}',
        '{"type":"joinGroup","group":" "}',
        '{"type":"joinGroup","group":"' + "g" * 1025 + '"}',
        '{"type":"joinGroup","group":"g","ackId":-1}',
        '{"type":"joinGroup","group":"g","ackId":1.5}',
        '{"type":"joinGroup","group":"g","ackId":true}',
        '{"type":"joinGroup","group":"g","ackId":18446744073709551616}',
        '{"type":"sendToGroup","group":"g"}',
        '{"type":"sendToGroup","group":"g","data":NaN}',
        '{"type":"sendToGroup","group":"g","dataType":"text","data":1}',
        '{"type":"sendToGroup","group":"g","dataType":"text","data":"\\ud800"}',
        '{"type":"sendToGroup","group":"g","dataType":"binary","data":"%"}',
        '{"type":"sendToGroup","group":"g","dataType":"xml","data":""}',
        '{"type":"sendToGroup","group":"g","data":1,"ttlSeconds":301}',
        '{"type":"sendToGroup","group":"g","data":1,"noEcho":"yes"}',
        '{"type":"sendToGroup","group":"g","data":1,"metadata":{"a":1}}',
        '{"type":"event","event":"1st","data":1}',
        '{"type":"sequenceAck"}',
        '{"type":"sendToGroup","group":"g","data":' + "[" * 100_000,
    ],
)
@pytest.mark.parametrize("protocol", [JSON, RELIABLE])
async def test_what_is_no_message_closes_the_connection(caller: Caller, frame: str, protocol: str) -> None:
    async with caller.connect(protocol=protocol) as client:
        await client.socket.send_str(frame)
        assert await client.closed() == (1007, "The client message is not a valid JSON protocol message.")
    assert (await caller.call("HEAD", f"/api/hubs/chat/connections/{client.connection_id}")).status == 404


async def test_a_message_may_have_a_mebibyte_and_no_more(caller: Caller) -> None:
    async with caller.connect(protocol=JSON, roles=ALL) as client:
        start, end = '{"type":"leaveGroup","group":"g","ackId":1,"x":"', '"}'
        room = 1024 * 1024 - len(start) - len(end)
        await client.socket.send_str(start + "x" * room + end)
        assert await client.message() == ack(1)
        await client.socket.send_str(start + "x" * (room + 1) + end)
        assert (await client.closed())[0] == 1009


@pytest.mark.parametrize(
    "message",
    [
        {"type": "event", "event": "e", "stream": {"streamId": "s"}, "ackId": 1},
        {"type": "setGroupState", "group": "g", "ackId": 1},
        {"type": "subscribeGroupState", "group": "g", "ackId": 1},
        {"type": "unsubscribeGroupState", "group": "g", "ackId": 1},
    ],
)
async def test_what_the_emulator_cannot_do_fails_and_leaves_the_connection(
    caller: Caller, message: dict[str, Any]
) -> None:
    async with caller.connect(protocol=JSON, roles=ALL) as client:
        answer = await client.ask(**message)
        assert answer["error"]["name"] == "BadRequest"
        assert "does not support" in answer["error"]["message"]
        assert await client.ask(type="ping") == {"type": "pong"}


# --- events ---


async def test_events_and_their_acks(session: aiohttp.ClientSession) -> None:
    handlers = Handlers()
    async with Emulator(events=handlers) as emulator:
        caller = Caller(emulator, session)
        async with caller.connect(protocol=JSON, user="u") as client:
            await client.send(type="event", event="Echo", dataType="text", data="hi", ackId=1)
            reply = {"type": "message", "from": "server", "dataType": "text", "data": "hi"}
            assert [await client.message() for _ in range(2)] == [reply, ack(1)]
            assert await client.ask(type="event", event="silent", data=1, ackId=2) == ack(2)
            for name in ("failing", "broken"):
                answer = await client.ask(type="event", event=name, data=1, ackId=3)
                assert answer == failed(3, "InternalServerError", "Internal server error")
            await client.send(type="invoke", invocationId="i", target="event", event="echo", data={"a": 1})
            assert await client.message() == {
                "type": "invokeResponse",
                "invocationId": "i",
                "success": True,
                "dataType": "json",
                "data": {"a": 1},
            }
            exact = '{"a":1.0000000000000000001,"b":1e400}'  # as a number in Python, it would be another
            await client.socket.send_str(
                f'{{"type":"invoke","invocationId":"e","target":"event","event":"echo","data":{exact}}}'
            )
            assert f'"data":{exact}' in str(await client.frame())
            answer = await client.ask(
                type="invoke", invocationId="j", target="event", event="failing", data=1
            )
            assert (answer["invocationId"], answer["success"]) == ("j", False)
            await client.send(type="cancelInvocation", invocationId="j")
            await client.silent()
    events = [
        ("Echo", "u"),
        ("silent", "u"),
        ("failing", "u"),
        ("broken", "u"),
        ("echo", "u"),
        ("echo", "u"),
        ("failing", "u"),
    ]
    assert handlers.log == [("connected", "u"), *events, ("disconnected", "u", "")]


async def test_an_event_without_a_handler_fails_and_the_client_stays(caller: Caller) -> None:
    async with caller.connect(protocol=JSON) as client:
        answer = await client.ask(type="event", event="e", data=1, ackId=1)
        assert answer == failed(1, "InternalServerError", "Internal server error")
        await client.send(type="event", event="e", data=1)
        await client.silent()


@pytest.mark.parametrize(
    ("close", "reason"),
    [
        ({"code": 1000, "message": b"bye"}, "bye"),
        ({"code": 3000, "message": b"odd"}, "odd"),
    ],
)
async def test_handlers_learn_why_a_client_left(
    session: aiohttp.ClientSession, close: dict[str, Any], reason: str
) -> None:
    handlers = Handlers()
    async with Emulator(events=handlers) as emulator:
        caller = Caller(emulator, session)
        async with caller.connect(protocol=JSON, user="a") as client:
            await client.socket.close(**close)
        async with caller.connect(protocol=JSON, user="b") as other:
            path = f"/api/hubs/chat/connections/{other.connection_id}"
            assert (await caller.call("DELETE", path, query={"reason": "r"})).status == 204
    text = "Application server closed the connection. Reason: r"
    assert handlers.log == [
        ("connected", "a"),
        ("disconnected", "a", reason),
        ("connected", "b"),
        ("disconnected", "b", text),
    ]


# --- simple clients ---


async def test_frames_of_simple_clients_are_events(session: aiohttp.ClientSession) -> None:
    handlers = Handlers()
    async with Emulator(events=handlers) as emulator:
        caller = Caller(emulator, session)
        async with caller.connect(user="u") as client:
            await client.socket.send_str('{"type":"ping"}')
            assert await client.frame() == '{"type":"ping"}'
            await client.socket.send_bytes(b"\x00\xff")
            assert await client.frame() == b"\x00\xff"
    assert handlers.log[1:3] == [("message", "u")] * 2


async def test_a_frame_without_a_handler_closes_a_simple_client(caller: Caller) -> None:
    async with caller.connect() as client:
        await client.socket.send_str("hi")
        assert await client.closed() == (1011, "Internal server error")


@pytest.mark.parametrize(
    ("no_echo", "echoed"), [("", True), ("&noEcho=false", True), ("&noEcho=true", False)]
)
async def test_simple_clients_may_publish_to_a_group(caller: Caller, no_echo: str, echoed: bool) -> None:
    query = "&webpubsub_mode=sendToGroup&group=g" + no_echo
    async with (
        caller.connect(query=query, roles=ALL, groups=["g"], user="u") as simple,
        caller.connect(protocol=JSON, groups=["g"]) as member,
    ):
        await simple.socket.send_str("hi")
        fields = {"group": "g", "fromUserId": "u", "dataType": "text", "data": "hi"}
        assert await member.message() == {"type": "message", "from": "group", **fields}
        if echoed:
            assert await simple.frame() == "hi"
        await simple.silent()


async def test_publishing_needs_a_role(caller: Caller) -> None:
    async with caller.connect(query="&webpubsub_mode=sendToGroup&group=g") as simple:
        await simple.socket.send_str("hi")
        reason = "The connection is not authorized for raw sendToGroup mode."
        assert await simple.closed() == (1008, reason)


@pytest.mark.parametrize("query", ["&webpubsub_mode=sendToGroup", "&webpubsub_mode=shout&group=g"])
async def test_modes_that_are_not(caller: Caller, query: str) -> None:
    with pytest.raises(aiohttp.WSServerHandshakeError) as error:
        await caller.session.ws_connect(caller.client_url("chat") + query)
    assert error.value.status == 400
