"""What the playground tells its page: who is connected, what happened and why, faults, time and rates."""

import json
import ssl
from collections.abc import Sequence
from typing import Any

import aiohttp
import pytest
from aiohttp import web
from aiohttp.test_utils import TestServer

from azure.messaging.webpubsubservice.emulator import (
    AsyncEmulator,
    Clock,
    Emulator,
    EventHandler,
    Fault,
    RequestRecord,
)
from azure.messaging.webpubsubservice.emulator._playground.as_json import PREVIEW
from azure.messaging.webpubsubservice.emulator._playground.history import KEPT, KEPT_BYTES, History
from azure.messaging.webpubsubservice.emulator._playground.page_feed import BUFFERED, PageFeed
from azure.messaging.webpubsubservice.emulator._playground.rates import Rates
from azure.messaging.webpubsubservice.emulator._service.service import Service
from azure.messaging.webpubsubservice.emulator._service.settings import Settings
from tests.emulator.clients import JSON, RELIABLE
from tests.emulator.clients import Caller as Client
from tests.emulator.page import Browser, form, perform
from tests.faults import Answer, FaultServer, Gate


async def test_a_page_learns_who_is_connected(browser: Browser, caller: Client) -> None:
    async with (
        caller.connect("chat", protocol=JSON, user="alice", groups=["blue"]) as subscriber,
        browser.feed() as feed,
    ):
        assert JSON in (await feed.next("hello"))["subprotocols"]
        roster = await feed.next("roster")
        assert roster["hubs"] == [["chat", 1, 1, 1]]
        assert roster["put"] == [[subscriber.connection_id, "chat", "alice", JSON, "open", ["blue"], 1]]
        await subscriber.socket.close()
        while not roster["gone"]:
            roster = (await feed.batch()).get("roster") or roster
        assert roster["gone"] == [subscriber.connection_id]
        assert roster["hubs"] == []


async def test_a_page_sees_the_traffic(browser: Browser, caller: Client) -> None:
    async with browser.feed() as feed:
        await feed.batch()
        async with caller.connect("chat", protocol=JSON, user="alice", groups=["blue"]) as alice:
            opened = await feed.entry("open")
            assert (opened["hub"], opened["user"], opened["protocol"]) == ("chat", "alice", JSON)
            assert (await feed.entry("out"))["connections"] == [alice.connection_id]

            await caller.send("/api/hubs/chat/groups/blue/:send", {"n": 1})
            request = await feed.entry("request")
            assert (request["method"], request["path"], request["status"], request["text"]) == (
                "POST",
                "/api/hubs/chat/groups/blue/:send",
                202,
                '{"n":1}',
            )
            assert request["milliseconds"] > 0
            message = await feed.entry("out")
            assert (message["group"], message["recipients"], message["text"]) == ("blue", 1, '{"n":1}')
            assert message["time"] >= request["time"]

            await alice.send(type="ping")
            assert json.loads((await feed.entry("in"))["text"]) == {"type": "ping"}
            assert json.loads((await feed.entry("out"))["text"]) == {"type": "pong"}

            await caller.send("/api/hubs/chat/users/nobody/:send", {})
            assert (await feed.entry("out"))["recipients"] == 0
        assert (await feed.entry("close"))["connections"] == [alice.connection_id]


async def test_a_page_sees_why_something_was_refused(browser: Browser, caller: Client) -> None:
    async with browser.feed() as feed:
        await caller.call(
            "POST", "/api/hubs/chat/:send", body=b"{}", content_type="application/json", token="x"
        )
        request = await feed.entry("request")
        assert request["status"] == 401
        assert "no access key fits" in request["reason"]
        with pytest.raises(aiohttp.WSServerHandshakeError):
            async with caller.open(caller.client_url("chat", key="k" * 32)):
                pass
        refused = await feed.entry("refused")
        assert (refused["status"], refused["path"]) == (401, "/client/hubs/chat")


async def test_the_feed_carries_no_secret(browser: Browser, caller: Client, emulator: AsyncEmulator) -> None:
    async with browser.feed() as feed:
        texts = [str(await feed.batch())]
        async with caller.connect("chat", protocol=RELIABLE) as client:
            await caller.send("/api/hubs/chat/:send", {})
            while "'kind': 'request'" not in texts[-1]:
                texts.append(str(await feed.batch()))
        told = "".join(texts)
        assert "reconnectionToken" in told
        secrets = [
            emulator.access_key,
            emulator.secondary_access_key,
            client.connected["reconnectionToken"],
            "Bearer",
            "eyJ",
        ]
        assert not [secret for secret in secrets if secret in told]


async def test_payloads_are_cut_and_bytes_are_bytes(browser: Browser, caller: Client) -> None:
    path = "/api/hubs/chat/:send"
    async with browser.feed() as feed:
        await caller.call("POST", path, body=b"\xffx", content_type="application/octet-stream")
        request = await feed.entry("request")
        assert (request["base64"], request["size"]) == ("/3g=", 2)
        await caller.call("POST", path, body="ü".encode() * 100_000, content_type="text/plain")
        request = await feed.entry("request")
        assert (request["text"], request["size"]) == ("ü" * (PREVIEW // 2), 200_000)


async def test_a_page_that_opens_later_gets_what_was_before(browser: Browser, caller: Client) -> None:
    async with caller.connect("chat", protocol=JSON, user="alice", groups=["blue"]):
        await caller.send("/api/hubs/chat/groups/blue/:send", {"n": 1})
        async with browser.feed() as feed:
            entries = await feed.next("entries")
            assert [entry["kind"] for entry in entries] == ["open", "out", "request", "out"]
            assert [entry["id"] for entry in entries] == [1, 2, 4, 3]  # a request comes before its effects
            assert (await feed.show(None)) == entries


async def test_what_is_remembered_is_bounded() -> None:
    history = History(Clock())
    for number in range(KEPT + 10):
        history.on_refused("GET", f"/{number}", 401, "")
    assert [history.entries()[index].path for index in (0, -1)] == ["/10", f"/{KEPT + 9}"]
    big = RequestRecord("POST", "/", {}, {}, b"x" * 1024 * 1024, None, 202)
    for _ in range(40):
        history.on_request(big, 0.1, "")
    assert sum(entry.size for entry in history.entries()) <= KEPT_BYTES
    assert history.find(1) is None


ALICE = {"kind": "user", "name": "alice", "hub": "chat"}


@pytest.mark.parametrize(
    ("subject", "expected"),
    [
        # Alice gets the message to everybody and the one to the group, each with the request that sent it.
        (ALICE, ["open alice", "greeting alice", "to all", "for all", "to blue", "for blue"]),
        (ALICE | {"hub": "orders"}, []),
        (ALICE | {"name": "ali"}, []),
        (
            {"kind": "user", "name": "bob", "hub": None},
            ["open bob", "greeting bob", "to all", "for all", "to bob", "for bob"],
        ),
        ({"kind": "group", "name": "blue", "hub": "CHAT"}, ["to blue", "for blue"]),
        (
            {"kind": "connection", "name": "alice's", "hub": "chat"},
            ["open alice", "greeting alice", "to all", "for all", "to blue", "for blue"],
        ),
        ({"kind": "hub", "name": "Orders", "hub": None}, ["to orders", "for orders"]),
    ],
)
async def test_a_page_sees_exactly_what_concerns_a_subject(
    browser: Browser, caller: Client, subject: Any, expected: Sequence[str]
) -> None:
    async with (
        caller.connect("chat", protocol=JSON, user="alice", groups=["blue"]) as alice,
        caller.connect("chat", protocol=JSON, user="bob"),
        browser.feed() as feed,
    ):
        if subject["kind"] == "connection":
            subject = subject | {"name": alice.connection_id}
        await feed.next("fresh")
        for name, path in SENDS.items():
            await caller.send(path, f"for {name}")
        shown = [_summary(entry) for entry in await feed.show(subject)]
        assert sorted(shown) == sorted(expected)
        # What happens next is filtered in the same way.
        for name, path in SENDS.items():
            await caller.send(path, f"for {name}")
        await caller.send("/api/hubs/chat/:send", "the end")
        await caller.send("/api/hubs/orders/:send", "the end")
        news = [each for each in expected if each.startswith(("to", "for"))]
        if news:
            assert [_summary(await feed.entry("request")) for each in news if each.startswith("to")] == [
                each for each in news if each.startswith("to")
            ]


SENDS = {
    "all": "/api/hubs/chat/:send",
    "blue": "/api/hubs/chat/groups/blue/:send",
    "bob": "/api/hubs/chat/users/bob/:send",
    "orders": "/api/hubs/orders/:send",
}
PATHS = {path: name for name, path in SENDS.items()}


def _summary(entry: Any) -> str:
    match entry["kind"]:
        case "request":
            return f"to {PATHS[entry['path']]}"
        case "open":
            return f"open {entry['user']}"
        case _ if "connected" in entry["text"]:
            return f"greeting {entry['user']}"
        case _:
            text: str = json.loads(entry["text"])
            return text


@pytest.mark.parametrize(
    "message", ["", "{", "[]", '{"kind":"moon","name":"x"}', '{"kind":"user","name":1}', "[" * 9000]
)
async def test_what_is_no_subject_shows_everything(browser: Browser, caller: Client, message: str) -> None:
    await caller.send("/api/hubs/chat/:send", 1)
    async with browser.feed() as feed:
        assert len(await feed.next("entries")) == 2
        await feed.socket.send_str(message)
        assert len(await feed.next("entries")) == 2


async def test_a_message_says_what_caused_it_and_how_many_it_reached(
    browser: Browser, caller: Client
) -> None:
    async with (
        browser.feed() as feed,
        caller.connect(
            "chat", protocol=JSON, user="alice", groups=["blue"], roles=["webpubsub.sendToGroup"]
        ) as alice,
        caller.connect("chat", protocol=JSON, user="bob", groups=["blue"]),
    ):
        assert "cause" not in await feed.entry("out")  # the greeting
        await caller.send("/api/hubs/chat/groups/blue/:send", 1)
        request = await feed.entry("request")
        assert request["reached"] == 2
        message = await feed.entry("out")
        assert (message["cause"], message["recipients"]) == (request["id"], 2)

        await alice.ask(type="sendToGroup", group="blue", dataType="text", data="hi", ackId=1)
        frame = await feed.entry("in")
        assert "failure" not in frame
        assert [(await feed.entry("out"))["cause"] for _ in range(2)] == [frame["id"]] * 2  # message and ack

        await caller.send("/api/hubs/chat/users/nobody/:send", 1)
        request = await feed.entry("request")
        assert request["reached"] == 0
        assert (await feed.entry("out"))["cause"] == request["id"]


async def test_a_frame_whose_ack_fails_is_marked(browser: Browser, caller: Client) -> None:
    async with browser.feed() as feed, caller.connect("chat", protocol=JSON) as client:
        refused = await client.ask(type="joinGroup", group="red", ackId=1)
        assert refused["error"]["name"] == "Forbidden"
        frame = await feed.entry("in")
        assert frame["failure"].startswith("Forbidden: The client does not have permission")
        shown = await feed.show({"kind": "connection", "name": client.connection_id, "hub": None})
        assert [entry["failure"] for entry in shown if entry["kind"] == "in"] == [frame["failure"]]


async def test_a_frame_that_fails_late_is_marked_then(browser: Browser, caller: Client) -> None:
    """The ack of an event comes when its handler has answered, long after the page got the frame."""
    async with browser.feed() as feed, caller.connect("chat", protocol=JSON) as client:
        await client.send(type="event", event="hello", dataType="text", data="hi", ackId=1)
        failures = await feed.next("failures")
        assert failures[0][1].startswith("InternalServerError")


async def test_a_page_sees_each_call_of_an_event_handler(session: aiohttp.ClientSession) -> None:
    answers = [503, 200, 401]
    signed: list[str] = []

    async def handle(request: web.Request) -> web.Response:
        if request.method == "OPTIONS":
            return web.Response(headers={"WebHook-Allowed-Origin": "*"})
        signed.append(request.headers["ce-signature"])
        return web.Response(status=answers.pop(0), text="the answer")

    application = web.Application()
    application.router.add_route("*", "/events", handle)
    async with TestServer(application) as server:
        handler = EventHandler(str(server.make_url("/events")), system_events=())
        async with Emulator(event_handlers={"chat": handler}) as emulator:
            caller, browser = Client(emulator, session), Browser(emulator, session)
            async with browser.feed() as feed, caller.connect("chat", protocol=JSON, user="alice") as client:
                await client.send(type="event", event="hello", dataType="text", data="hi", ackId=1)
                frame = await feed.entry("in")
                await emulator.wait_until(lambda: emulator.clock.pending)
                emulator.clock.advance(2)  # over the wait before the second attempt
                event = await feed.event()
                assert (event["event"], event["user"], event["text"]) == ("hello", "alice", "hi")
                assert (event["status"], event["answer"]) == (200, "the answer")
                assert [each["status"] for each in event["attempts"]] == [503, 200]
                assert event["cause"] == frame["id"]
                assert "failure" not in event

                await client.send(type="event", event="hello", dataType="text", data="again", ackId=2)
                event = await feed.event()
                assert (event["status"], event["failure"]) == (401, "the answer is 401: 'the answer'")
                assert not [signature for signature in signed if signature in str(event)]


async def test_a_call_of_a_handler_is_shown_while_it_is_on_its_way(session: aiohttp.ClientSession) -> None:
    gates = [Gate(), Gate()]
    answers = [Answer(503, gate=gates[0]), Answer(200, gate=gates[1])]
    with FaultServer(Answer(200, {"WebHook-Allowed-Origin": "*"}), *answers) as server:
        handler = EventHandler(server.endpoint, system_events=())
        async with Emulator(event_handlers={"chat": handler}) as emulator:
            caller, browser = Client(emulator, session), Browser(emulator, session)
            async with browser.feed() as feed, caller.connect("chat", protocol=JSON, user="alice") as client:
                await client.send(type="event", event="hello", dataType="text", data="hi", ackId=1)
                frame, shown = await feed.entry("in"), await feed.entry("event")
                assert (shown["pending"], shown["attempts"]) == ({"attempt": 1, "wait": 0}, [])
                assert (shown["event"], shown["user"], shown["cause"]) == ("hello", "alice", frame["id"])
                async with browser.feed() as later:
                    assert (await later.entry("event"))["pending"]["attempt"] == 1
                gates[0].open()
                shown = await feed.change()
                assert (shown["pending"], shown["status"]) == ({"attempt": 2, "wait": 1}, 503)
                assert [each["problem"] for each in shown["attempts"]] == ["the answer is 503"]
                emulator.clock.advance(1)
                assert (await feed.change())["pending"] == {"attempt": 2, "wait": 0}
                assert emulator.events == []
                gates[1].open()
                ended = await feed.change()
                assert ended["id"] == shown["id"]
                assert "pending" not in ended
                assert [each["status"] for each in ended["attempts"]] == [503, 200]
            (record,) = emulator.events
            assert record.status == 200


async def test_a_change_goes_only_to_pages_that_want_it(session: aiohttp.ClientSession) -> None:
    gate = Gate()
    with FaultServer(Answer(200, {"WebHook-Allowed-Origin": "*"}), Answer(204, gate=gate)) as server:
        handler = EventHandler(server.endpoint, system_events=())
        async with Emulator(event_handlers={"chat": handler}) as emulator:
            caller, browser = Client(emulator, session), Browser(emulator, session)
            async with browser.feed() as feed, browser.feed() as other:
                await other.show({"kind": "user", "name": "bob", "hub": None})
                async with caller.connect("chat", protocol=JSON, user="alice") as client:
                    await client.send(type="event", event="hello", dataType="text", data="hi", ackId=1)
                    assert "pending" in await feed.entry("event")
                    gate.open()
                    assert "pending" not in await feed.change()
                async with caller.connect("chat", protocol=JSON, user="bob"):
                    assert (await other.entry("open"))["user"] == "bob"
                assert other._changed == []


async def test_faults_and_time_are_told(browser: Browser, emulator: AsyncEmulator, caller: Client) -> None:
    async with browser.feed() as feed:
        assert await feed.next("faults") == []
        emulator.faults.add(Fault(status=503, times=1))
        (fault,) = await feed.next("faults")
        assert (fault["status"], fault["times"], fault["used"]) == (503, 1, 0)
        await caller.call("POST", "/api/hubs/chat/:send", body=b"1", content_type="application/json")
        (fault,) = await feed.next("faults")
        assert fault["used"] == 1
        emulator.clock.advance(60)
        assert (await feed.next("clock"))["ahead"] == 60


async def test_rates_are_told_when_a_second_is_over(browser: Browser, caller: Client) -> None:
    async with caller.connect("chat", protocol=JSON) as client:
        await client.ask(type="joinGroup", group="red", ackId=1)
        await caller.send("/api/hubs/chat/:send", 1)
        async with browser.feed() as feed:
            rows = await feed.next("rates")
            while not any(row[1] for row in rows):  # the request came in a later second
                rows += await feed.next("rates")
            totals = [sum(row[column] for row in rows) for column in (1, 2, 3)]
            assert totals == [1, 1, 1]
            (median,) = [row[4] for row in rows if row[4] is not None]
            assert 0 < median < 10_000


def test_a_page_that_does_not_keep_up_is_told_how_much_it_missed() -> None:
    service = Service(Settings(access_key="a", secondary_access_key="b"))
    history = History(service.clock)
    page = PageFeed(service, history, Rates())
    history.open(page)
    assert page._batch()["fresh"]
    for number in range(BUFFERED + 25):
        history.on_refused("GET", f"/{number}", 401, "")
    batch = page._batch()
    assert batch["skipped"] == 25
    assert [entry["path"] for entry in batch["entries"]] == [f"/{n}" for n in range(25, BUFFERED + 25)]
    assert "entries" not in page._batch()


async def test_the_emulator_stops_with_a_page_open(session: aiohttp.ClientSession) -> None:
    async with Emulator() as emulator:
        socket = await session.ws_connect(
            f"{emulator.endpoint}/_playground/feed", headers={"Origin": emulator.endpoint}
        )
    while (message := await socket.receive(timeout=10)).type is aiohttp.WSMsgType.TEXT:
        pass
    assert (message.type, message.data) == (aiohttp.WSMsgType.CLOSE, 1001)


async def test_over_tls_everything_says_so() -> None:
    async with Emulator(https=True) as emulator:
        context = ssl.create_default_context(cafile=emulator.ca_file)
        async with aiohttp.ClientSession(connector=aiohttp.TCPConnector(ssl=context)) as secure:
            browser = Browser(emulator, secure)
            policy = (await browser.get("/")).headers["Content-Security-Policy"]
            assert emulator.endpoint.replace("https:", "wss:") in policy
            async with browser.feed() as feed:
                assert (await feed.next("hello"))["endpoint"] == emulator.endpoint
            asked = await browser.prepare("client", {"hub": "chat"})
            assert asked["url"].startswith(emulator.endpoint.replace("https:", "wss:"))
            copied = await browser.prepare("connection-string", {})
            assert copied["connectionString"] == emulator.connection_string
            prepared = await browser.prepare("call", form())
            assert (await perform(browser, prepared, b"{}")).status == 202
