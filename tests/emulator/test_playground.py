"""The playground's server side: who may use it, what it hands out, and what its feed says. No browser."""

import ast
import asyncio
import contextlib
import json
import re
from collections.abc import AsyncIterator, Mapping, Sequence
from dataclasses import replace
from importlib import resources
from typing import Any

import aiohttp
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from yarl import URL

from azure.messaging.webpubsubservice.emulator import AsyncEmulator, Emulator
from azure.messaging.webpubsubservice.emulator._access import Caller, refusal
from azure.messaging.webpubsubservice.emulator._playground.feed import BUFFERED, PREVIEW
from azure.messaging.webpubsubservice.emulator._playground.feed import Feed as ServiceFeed
from azure.messaging.webpubsubservice.emulator._playground.python import python
from azure.messaging.webpubsubservice.emulator._playground.requests import Send
from azure.messaging.webpubsubservice.emulator._protocol.messages import PayloadType
from azure.messaging.webpubsubservice.emulator._service.service import Service
from azure.messaging.webpubsubservice.emulator._service.settings import Settings
from tests.emulator.clients import JSON, RELIABLE, Answer
from tests.emulator.clients import Caller as Client

PAGE = resources.files("azure.messaging.webpubsubservice.emulator._playground").joinpath("page")
FILES = sorted(file.name for file in PAGE.iterdir())
HELLO = {"hub": "chat", "to": "all", "dataType": "json", "data": '{"Hello": "webpubsub!"}'}


class Browser:
    """Asks the playground as its page does."""

    def __init__(self, emulator: AsyncEmulator, session: aiohttp.ClientSession) -> None:
        self.endpoint = emulator.endpoint
        self.session = session

    async def get(self, path: str, **headers: str) -> Answer:
        return await self._request("GET", path, headers)

    async def post(self, what: str, form: Any, **headers: str) -> Answer:
        body = form if isinstance(form, bytes) else json.dumps(form).encode()
        defaults = {"Content-Type": "application/json", "Origin": self.endpoint}
        return await self._request("POST", f"/_playground/{what}", {**defaults, **_names(headers)}, body)

    async def prepare(self, what: str, form: Any) -> Any:
        answer = await self.post(what, form)
        assert answer.status == 200, answer
        return answer.json

    async def _request(
        self, method: str, path: str, headers: Mapping[str, str], body: bytes | None = None
    ) -> Answer:
        url = URL(self.endpoint + path, encoded=True)
        sent = {name: value for name, value in _names(headers).items() if value}
        skipped = ["Content-Type"]
        async with self.session.request(
            method, url, data=body, headers=sent, skip_auto_headers=skipped
        ) as response:
            return Answer(response.status, response.headers, await response.read())

    @contextlib.asynccontextmanager
    async def feed(self, **headers: str) -> "AsyncIterator[Feed]":
        sent = {"Origin": self.endpoint, **_names(headers)}
        async with self.session.ws_connect(f"{self.endpoint}/_playground/feed", headers=sent) as socket:
            yield Feed(socket)


class Feed:
    """A page's feed."""

    def __init__(self, socket: "aiohttp.ClientWebSocketResponse[bool]") -> None:
        self.socket = socket
        self._entries: list[Any] = []

    async def batch(self) -> Any:
        return json.loads(await self.socket.receive_str(timeout=10))

    async def entry(self, kind: str) -> Any:
        """The next entry of this kind."""
        while True:
            while not self._entries:
                self._entries += (await self.batch()).get("entries", [])
            entry = self._entries.pop(0)
            if entry["kind"] == kind:
                return entry


def _names(headers: Mapping[str, str]) -> dict[str, str]:
    return {name.replace("_", "-"): value for name, value in headers.items()}


@pytest.fixture
def browser(emulator: AsyncEmulator, session: aiohttp.ClientSession) -> Browser:
    return Browser(emulator, session)


# --- who may use it ---

WELCOME = Caller(
    peer="127.0.0.1",
    local="127.0.0.1",
    host=["127.0.0.1:8080"],
    origin=["http://127.0.0.1:8080"],
    fetch_site=["same-origin"],
    navigation=False,
    needs_origin=True,
)


@pytest.mark.parametrize(
    ("change", "listening"),
    [
        pytest.param({}, "127.0.0.1", id="its own page"),
        pytest.param(
            {"host": ["localhost:1"], "origin": ["http://localhost:1"]}, "127.0.0.1", id="localhost"
        ),
        pytest.param({"host": ["[::1]:1"], "origin": ["http://[::1]:1"], "peer": "::1"}, "::1", id="IPv6"),
        pytest.param(
            {"host": ["dev.test"], "origin": ["http://dev.test"]}, "dev.test", id="the name listened on"
        ),
        pytest.param(
            {
                "host": ["10.0.0.5:1"],
                "origin": ["http://10.0.0.5:1"],
                "peer": "10.0.0.5",
                "local": "10.0.0.5",
            },
            "0.0.0.0",
            id="this machine by its other address",
        ),
        pytest.param({"peer": "::ffff:127.0.0.1"}, "::", id="IPv4 over IPv6"),
        pytest.param({"origin": [], "needs_origin": False}, "127.0.0.1", id="a file of the page"),
        pytest.param(
            {"origin": [], "needs_origin": False, "fetch_site": ["cross-site"], "navigation": True},
            "127.0.0.1",
            id="a link from elsewhere to the page",
        ),
        pytest.param(
            {"origin": [], "needs_origin": False, "fetch_site": ["none"]}, "127.0.0.1", id="typed address"
        ),
    ],
)
def test_its_own_page_is_welcome(change: dict[str, Any], listening: str) -> None:
    assert refusal(replace(WELCOME, **change), listening) is None


@pytest.mark.parametrize(
    ("change", "reason"),
    [
        pytest.param({"peer": "192.168.1.7"}, "only to this machine", id="another machine"),
        pytest.param({"peer": ""}, "only to this machine", id="nobody knows who"),
        pytest.param(
            {"host": ["evil.example:8080"]}, "open it as http://127.0.0.1:8080/", id="DNS rebinding"
        ),
        pytest.param(
            {"host": ["evil.example"], "origin": ["http://evil.example"]},
            "open it as",
            id="DNS rebinding, whole",
        ),
        pytest.param({"host": ["127.0.0.1.evil.example"]}, "open it as", id="a name like an address"),
        pytest.param({"host": ["10.0.0.5:8080"]}, "open it as", id="another address"),
        pytest.param({"host": []}, "open it as http://127.0.0.1/", id="no host"),
        pytest.param({"host": ["127.0.0.1:8080", "127.0.0.1:8080"]}, "open it as", id="two hosts"),
        pytest.param({"host": ["127.0.0.1:8080; script-src *"]}, "open it as", id="a host that is more"),
        pytest.param({"origin": ["http://evil.example"]}, "another origin", id="another site"),
        pytest.param({"origin": ["http://127.0.0.1:9000"]}, "another origin", id="another port"),
        pytest.param({"origin": ["https://127.0.0.1:8080"]}, "another origin", id="another scheme"),
        pytest.param({"origin": ["null"]}, "another origin", id="a sandboxed frame or a file"),
        pytest.param({"origin": ["http://127.0.0.1:8080"] * 2}, "another origin", id="two origins"),
        pytest.param({"origin": []}, "does not say its origin", id="no origin"),
        pytest.param({"fetch_site": ["cross-site"]}, "another site", id="said to be cross-site"),
        pytest.param({"fetch_site": ["same-site"]}, "another site", id="said to be same-site"),
    ],
)
def test_everybody_else_is_told_why_not(change: dict[str, Any], reason: str) -> None:
    answer = refusal(replace(WELCOME, **change), "127.0.0.1")
    assert answer is not None
    assert reason in answer


@pytest.mark.parametrize("path", ["/", "/_playground/app.js", "/_playground/feed", "/_playground/nothing"])
async def test_a_rebound_name_gets_nothing(browser: Browser, path: str) -> None:
    answer = await browser.get(path, Host="evil.example", Origin="http://evil.example")
    assert answer.status == 403
    assert b"open it as" in answer.body


@pytest.mark.parametrize("what", ["send", "client", "python"])
@pytest.mark.parametrize(
    "headers",
    [
        {"Origin": "http://evil.example"},
        {"Origin": "null"},
        {"Origin": ""},
        {"Sec_Fetch_Site": "cross-site"},
        {"Host": "evil.example"},
    ],
)
async def test_another_site_gets_no_token(browser: Browser, what: str, headers: dict[str, str]) -> None:
    answer = await browser.post(what, HELLO, **headers)
    assert answer.status == 403
    assert b"oken" not in answer.body
    assert "Access-Control-Allow-Origin" not in answer.headers


@pytest.mark.parametrize("content_type", ["text/plain", "application/x-www-form-urlencoded", ""])
async def test_what_a_form_can_send_is_not_read(browser: Browser, content_type: str) -> None:
    assert (await browser.post("send", HELLO, Content_Type=content_type)).status == 415


@pytest.mark.parametrize("headers", [{"Origin": "http://evil.example"}, {"Origin": "http://127.0.0.1:1"}])
async def test_another_origin_gets_no_feed(browser: Browser, headers: dict[str, str]) -> None:
    with pytest.raises(aiohttp.WSServerHandshakeError) as refused:
        async with browser.feed(**headers):
            pass
    assert refused.value.status == 403


# --- the page ---


async def test_the_page_is_at_the_root(browser: Browser, emulator: AsyncEmulator) -> None:
    answer = await browser.get("/")
    assert answer.status == 200
    assert answer.headers["Content-Type"] == "text/html; charset=utf-8"
    assert answer.body == PAGE.joinpath("index.html").read_bytes()
    policy = answer.headers["Content-Security-Policy"].split("; ")
    assert policy[0] == "default-src 'none'"
    assert f"connect-src 'self' ws://{emulator.endpoint.removeprefix('http://')}" in policy
    assert {"frame-ancestors 'none'", "base-uri 'none'", "form-action 'none'"} <= set(policy)
    assert not any("unsafe" in directive for directive in policy)
    assert answer.headers["X-Content-Type-Options"] == "nosniff"
    assert answer.headers["Cache-Control"] == "no-store"


async def test_the_playground_leaves_no_trace_in_the_record(
    browser: Browser, emulator: AsyncEmulator
) -> None:
    await browser.get("/")
    await browser.prepare("python", HELLO)
    assert emulator.requests == []


@pytest.mark.parametrize("name", FILES)
async def test_every_file_is_served(browser: Browser, name: str) -> None:
    answer = await browser.get(f"/_playground/{name}", Sec_Fetch_Site="same-origin")
    assert answer.status == 200
    assert answer.body == PAGE.joinpath(name).read_bytes()
    assert answer.headers["Cross-Origin-Resource-Policy"] == "same-origin"


@pytest.mark.parametrize(
    "path", ["", "..%2fendpoint.py", "../endpoint.py", "%2e%2e/feed.py", "nothing.js", "page/app.js"]
)
async def test_no_other_file_is_served(browser: Browser, path: str) -> None:
    assert (await browser.get(f"/_playground/{path}")).status == 404


@pytest.mark.parametrize("name", FILES)
def test_no_file_makes_markup_of_text_or_asks_elsewhere(name: str) -> None:
    text = PAGE.joinpath(name).read_text(encoding="utf-8")
    for sink in (
        "innerHTML",
        "outerHTML",
        "insertAdjacentHTML",
        "document.write",
        "eval(",
        "new Function",
        "srcdoc",
    ):
        assert sink not in text
    elsewhere = set(re.findall(r"(?:https?|wss?)://[^\s\"'`)]*", text))
    assert elsewhere <= {
        "http://www.w3.org/2000/svg",
        "ws://${location.host}/_playground/feed",
        "ws://${location.host}/client/hubs/${encodeURIComponent(this.hub",
    }
    if name == "index.html":
        assert not re.search(r"\s(style|on\w+)=", text)
        assert re.findall(r"<script(?![^>]*src=)", text) == []


# --- sending as the server ---


async def test_a_send_arrives(browser: Browser, caller: Client) -> None:
    async with caller.connect("chat", protocol=JSON) as subscriber:
        prepared = await browser.prepare("send", HELLO)
        answer = await _perform(browser, prepared, HELLO["data"].encode())
        assert answer.status == 202
        assert (await subscriber.message())["data"] == {"Hello": "webpubsub!"}


async def _perform(
    browser: Browser, prepared: Mapping[str, str], body: bytes, url: str | None = None
) -> Answer:
    headers = {"Authorization": prepared["authorization"], "Content-Type": prepared["contentType"]}
    return await browser._request("POST", url or prepared["url"], headers, body)


@pytest.mark.parametrize(
    ("form", "url"),
    [
        pytest.param({}, "/api/hubs/chat/:send", id="all"),
        pytest.param(
            {"to": "group", "name": "a/b ü"}, "/api/hubs/chat/groups/a%2Fb%20%C3%BC/:send", id="group"
        ),
        pytest.param({"to": "user", "name": "?#%"}, "/api/hubs/chat/users/%3F%23%25/:send", id="user"),
        pytest.param(
            {"to": "connection", "name": "x+y"}, "/api/hubs/chat/connections/x%2By/:send", id="connection"
        ),
    ],
)
async def test_each_send_is_accepted(browser: Browser, form: dict[str, str], url: str) -> None:
    prepared = await browser.prepare("send", HELLO | form)
    assert prepared["url"].partition("?")[0] == url
    assert (await _perform(browser, prepared, b"{}")).status == 202


async def test_options_are_in_the_query_and_in_the_python(browser: Browser, emulator: AsyncEmulator) -> None:
    options = {"filter": "userId eq 'o''neil & co'", "excluded": ["a", "b"], "messageTtlSeconds": 7}
    prepared = await browser.prepare("send", HELLO | options)
    assert (await _perform(browser, prepared, b"{}")).status == 202
    (request,) = emulator.requests
    assert request.query["filter"] == ["userId eq 'o''neil & co'"]
    assert request.query["excluded"] == ["a", "b"]
    assert request.query["messageTtlSeconds"] == ["7"]
    assert _arguments(prepared["python"])[1] == {
        "json": {"Hello": "webpubsub!"},
        "excluded": ["a", "b"],
        "filter": "userId eq 'o''neil & co'",
        "message_ttl_seconds": 7,
    }


async def test_a_token_is_good_for_one_url_only(browser: Browser) -> None:
    prepared = await browser.prepare("send", HELLO | {"to": "group", "name": "blue"})
    for other in (
        "/api/hubs/chat/:send",
        "/api/hubs/other/groups/blue/:send",
        "/api/hubs/chat/groups/red/:send",
    ):
        assert (await _perform(browser, prepared, b"{}", other)).status == 401


async def test_a_token_does_not_last(browser: Browser, emulator: AsyncEmulator) -> None:
    prepared = await browser.prepare("send", HELLO)
    emulator.clock.advance(60 + 300 + 1)
    assert (await _perform(browser, prepared, b"{}")).status == 401


@pytest.mark.parametrize(("what", "status"), [("send", 400), ("python", 200)])
@pytest.mark.parametrize(
    ("form", "error"),
    [
        ({"hub": "1"}, "Invalid hub name"),
        ({"to": "nobody"}, "'to' must be one of"),
        ({"to": "group", "name": " "}, "Invalid group name"),
        ({"to": "user"}, "A user id must not be blank."),
        ({"to": "group", "name": ".."}, "'..' cannot be a name in a URL"),
        (
            {"to": "connection", "name": "x", "filter": "true"},
            "send_to_connection has no parameter 'filter'.",
        ),
        ({"dataType": "binary", "data": "%"}, "The message is not base64."),
        ({"dataType": "xml"}, "'dataType' must be"),
        ({"data": "\ud800"}, "'data' holds half a character"),
        ({"data": 1}, "'data' must be text."),
        ({"messageTtlSeconds": 1.5}, "must be a whole number"),
        ({"excluded": "a"}, "'excluded' must be a list."),
    ],
)
async def test_what_makes_no_request_is_refused_in_words(
    browser: Browser, what: str, status: int, form: dict[str, Any], error: str
) -> None:
    answer = await browser.post(what, HELLO | form)
    assert answer.status == status
    assert error in answer.json["error"]


@pytest.mark.parametrize("body", [b"", b"{", b"[]", b"[" * 100_000, b"\xff"])
async def test_what_is_no_json_object_is_refused(browser: Browser, body: bytes) -> None:
    assert (await browser.post("send", body)).status == 400


# --- client connections ---


async def test_a_client_connects_as_it_was_asked_for(
    browser: Browser, caller: Client, emulator: AsyncEmulator
) -> None:
    form = {"hub": "chat", "userId": "Zoë", "groups": ["blue"], "roles": ["webpubsub.sendToGroup.blue"]}
    prepared = await browser.prepare("client", form)
    async with caller.open(prepared["url"].replace("ws://", "http://"), JSON) as subscriber:
        assert (await subscriber.message())["userId"] == "Zoë"
        await subscriber.send(type="sendToGroup", group="blue", dataType="text", data="hi", ackId=1)
        assert (await subscriber.message())["group"] == "blue"
        assert (await subscriber.message())["success"] is True
        refused = await subscriber.ask(type="sendToGroup", group="red", dataType="text", data="hi", ackId=2)
        assert refused["error"]["name"] == "Forbidden"
    assert emulator.access_key not in str(prepared)


@pytest.mark.parametrize(
    "form", [{"hub": ""}, {"hub": "chat", "groups": [""]}, {"hub": "chat", "roles": "all"}]
)
async def test_a_client_that_could_not_connect_is_refused_in_words(browser: Browser, form: Any) -> None:
    answer = await browser.post("client", form)
    assert answer.status == 400
    assert answer.json["error"]


# --- the feed ---


async def test_a_page_learns_who_is_connected(browser: Browser, caller: Client) -> None:
    async with (
        caller.connect("chat", protocol=JSON, user="alice", groups=["blue"]) as subscriber,
        browser.feed() as feed,
    ):
        hello = (await feed.batch())["hello"]
        assert JSON in hello["subprotocols"]
        roster = (await feed.batch())["roster"]
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
            for _ in range(4):
                texts.append(str(await feed.batch()))
                if "'kind': 'request'" in texts[-1]:
                    break
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


async def test_nothing_is_watched_while_no_page_is_open(
    browser: Browser, caller: Client, emulator: AsyncEmulator
) -> None:
    def watched() -> bool:
        return any(isinstance(each, ServiceFeed) for each in emulator._service.observers._observers)

    assert not watched()
    async with browser.feed() as one:
        await one.batch()
        async with browser.feed() as two:
            await two.batch()
        assert watched()
    # Nobody tells when the last page has gone.
    while watched():  # noqa: ASYNC110 - as said
        await asyncio.sleep(0)
    await caller.send("/api/hubs/chat/:send", {})


def test_a_page_that_does_not_keep_up_is_told_how_much_it_missed() -> None:
    feed = ServiceFeed(Service(Settings(access_key="a", secondary_access_key="b")))
    page = feed.open()
    for number in range(BUFFERED + 25):
        feed.on_refused("GET", f"/{number}", 401, "")
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


async def test_there_need_not_be_a_playground(session: aiohttp.ClientSession) -> None:
    async with Emulator(playground=False) as emulator:
        browser = Browser(emulator, session)
        assert (await browser.get("/")).status == 404
        assert (await browser.post("client", {"hub": "chat"})).status == 404


# --- the Python ---

JSON_VALUES = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats(allow_nan=False, allow_infinity=False) | st.text(),
    lambda inner: st.lists(inner) | st.dictionaries(st.text(), inner),
)


def _arguments(program: str | None) -> tuple[Sequence[Any], Mapping[str, Any]]:
    """The arguments of the builder's call, read without running anything."""
    assert program is not None
    call = next(
        node
        for node in ast.walk(ast.parse(program))
        if isinstance(node, ast.Call)
        and isinstance(node.func, ast.Name)
        and node.func.id.startswith("build_")
    )
    keywords = {str(keyword.arg): ast.literal_eval(keyword.value) for keyword in call.keywords}
    return [ast.literal_eval(argument) for argument in call.args], keywords


@settings(deadline=None, max_examples=50)
@given(
    st.text(alphabet=st.characters(exclude_categories=["Cs"])),
    st.text(alphabet=st.characters(exclude_categories=["Cs"])),
)
def test_any_text_is_quoted(name: str, text: str) -> None:
    program = python("send_to_group", ["chat", name], (PayloadType.TEXT, text.encode()), {"filter": text})
    assert _arguments(program) == (["chat", name], {"content": text, "filter": text})


@settings(deadline=None, max_examples=50)
@given(st.binary())
def test_any_bytes_are_quoted(data: bytes) -> None:
    assert _arguments(python("send_to_all", ["chat"], (PayloadType.BINARY, data), {}))[1] == {"content": data}


@settings(deadline=None, max_examples=50)
@given(JSON_VALUES)
def test_any_json_is_a_literal(value: Any) -> None:
    data = json.dumps(value).encode()
    _, keywords = _arguments(python("send_to_all", ["chat"], (PayloadType.JSON, data), {}))
    if value is None:
        assert keywords == {"content": "null", "content_type": "application/json"}
    else:
        assert json.dumps(keywords["json"]) == json.dumps(value)


@pytest.mark.parametrize(
    "text",
    [
        "null",
        "1e400",
        "0.12345678901234567890123",
        '{"a":1,"a":2}',
        "9" * 5000,
        "[" * 5000,
        "NaN",
        "Infinity",
        "{",
    ],
    ids=lambda text: text[:12],
)
def test_json_that_python_would_change_stays_text(text: str) -> None:
    _, keywords = _arguments(python("send_to_all", ["chat"], (PayloadType.JSON, text.encode()), {}))
    assert keywords == {"content": text, "content_type": "application/json"}


@pytest.mark.parametrize(
    ("form", "path", "body"),
    [
        pytest.param({}, "/api/hubs/chat/:send", b'{"Hello":"webpubsub!"}', id="all"),
        pytest.param(
            {
                "to": "group",
                "name": 'it\'s "a"/\\n{x}',
                "dataType": "text",
                "data": "\\'\\'\\' \\ \n\u202e 🦊\x00",
            },
            "/api/hubs/chat/groups/it%27s%20%22a%22%2F%5Cn%7Bx%7D/:send",
            "\\'\\'\\' \\ \n\u202e 🦊\x00".encode(),
            id="group, hostile text",
        ),
        pytest.param(
            {"to": "user", "name": "');import os#", "dataType": "binary", "data": "AAEC/w=="},
            "/api/hubs/chat/users/%27%29%3Bimport%20os%23/:send",
            b"\x00\x01\x02\xff",
            id="user, bytes",
        ),
        pytest.param(
            {"to": "connection", "name": "x", "data": "[1.50, null, true]", "messageTtlSeconds": 5},
            "/api/hubs/chat/connections/x/:send",
            b"[1.5,null,true]",
            id="connection",
        ),
        pytest.param({"data": "1e400"}, "/api/hubs/chat/:send", b"1e400", id="a number too large for Python"),
        pytest.param({"data": "null"}, "/api/hubs/chat/:send", b"null", id="null"),
    ],
)
def test_the_python_does_what_it_shows(
    form: dict[str, Any], path: str, body: bytes, monkeypatch: pytest.MonkeyPatch
) -> None:
    program = Send.read(json.dumps(HELLO | form).encode()).python
    assert program is not None
    with Emulator() as emulator:
        monkeypatch.setenv("WEBPUBSUB_CONNECTION_STRING", emulator.connection_string)
        namespace: dict[str, Any] = {}
        exec(program, namespace)
        namespace["client"].close()
        (request,) = emulator.requests
    assert (request.status, request.path, request.body) == (202, path, body)


def test_a_program_too_long_to_read_is_not_written() -> None:
    assert python("send_to_all", ["chat"], (PayloadType.TEXT, b"x" * 100_000), {}) is None
