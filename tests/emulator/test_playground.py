"""The playground's server side: who may use it, and what it hands out. No browser."""

import re
from dataclasses import replace
from importlib import resources
from typing import Any

import aiohttp
import pytest

from azure.messaging.webpubsubservice.emulator import AsyncEmulator, Emulator
from azure.messaging.webpubsubservice.emulator._access import Caller, refusal
from azure.messaging.webpubsubservice.emulator._specification import ROUTES, Route
from tests.emulator.clients import JSON
from tests.emulator.clients import Caller as Client
from tests.emulator.page import DATA, Browser, form, perform

PAGE = resources.files("azure.messaging.webpubsubservice.emulator._playground").joinpath("page")
FILES = sorted(file.name for file in PAGE.iterdir())


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
        pytest.param({"origin": []}, "has no Origin header", id="no origin"),
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


@pytest.mark.parametrize("what", ["call", "client", "programs", "form", "connection-string"])
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
    answer = await browser.post(what, form(), **headers)
    assert answer.status == 403
    assert b"oken" not in answer.body
    assert b"AccessKey" not in answer.body
    assert "Access-Control-Allow-Origin" not in answer.headers


@pytest.mark.parametrize("content_type", ["text/plain", "application/x-www-form-urlencoded", ""])
async def test_what_a_form_can_send_is_not_read(browser: Browser, content_type: str) -> None:
    assert (await browser.post("call", form(), Content_Type=content_type)).status == 415


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
    await browser.prepare("programs", form())
    assert emulator.requests == []


@pytest.mark.parametrize("name", FILES)
async def test_every_file_is_served(browser: Browser, name: str) -> None:
    answer = await browser.get(f"/_playground/{name}", Sec_Fetch_Site="same-origin")
    assert answer.status == 200
    assert answer.body == PAGE.joinpath(name).read_bytes()
    assert answer.headers["Cross-Origin-Resource-Policy"] == "same-origin"


@pytest.mark.parametrize(
    "path", ["", "..%2fendpoint.py", "../endpoint.py", "%2e%2e/history.py", "nothing.js", "page/app.js"]
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
    assert elsewhere <= {"http://www.w3.org/2000/svg"}
    if name == "index.html":
        assert not re.search(r"\s(style|on\w+)=", text)
        assert re.findall(r"<script(?![^>]*src=)", text) == []


# --- sending as the server ---


async def test_a_send_arrives(browser: Browser, caller: Client) -> None:
    async with caller.connect("chat", protocol=JSON) as subscriber:
        prepared = await browser.prepare("call", form())
        answer = await perform(browser, prepared, DATA.encode())
        assert answer.status == 202
        assert (await subscriber.message())["data"] == {"Hello": "webpubsub!"}


@pytest.mark.parametrize(
    ("sent", "url"),
    [
        pytest.param(form(), "/api/hubs/chat/:send", id="all"),
        pytest.param(
            form("SendToGroup", group="a/b ü"), "/api/hubs/chat/groups/a%2Fb%20%C3%BC/:send", id="group"
        ),
        pytest.param(form("SendToUser", userId="?#%"), "/api/hubs/chat/users/%3F%23%25/:send", id="user"),
        pytest.param(
            form("SendToConnection", connectionId="x+y"),
            "/api/hubs/chat/connections/x%2By/:send",
            id="connection",
        ),
    ],
)
async def test_each_send_is_accepted(browser: Browser, sent: dict[str, Any], url: str) -> None:
    prepared = await browser.prepare("call", sent)
    assert prepared["url"].partition("?")[0] == url
    assert (await perform(browser, prepared, b"{}")).status == 202


async def test_options_are_in_the_query(browser: Browser, emulator: AsyncEmulator) -> None:
    options = {"filter": "userId eq 'o''neil & co'", "excluded": ["a", "b"], "messageTtlSeconds": 7}
    prepared = await browser.prepare("call", form() | {"query": options})
    assert (await perform(browser, prepared, b"{}")).status == 202
    (request,) = emulator.requests
    assert request.query["filter"] == ["userId eq 'o''neil & co'"]
    assert request.query["excluded"] == ["a", "b"]
    assert request.query["messageTtlSeconds"] == ["7"]


async def test_a_token_is_good_for_one_url_only(browser: Browser) -> None:
    prepared = await browser.prepare("call", form("SendToGroup", group="blue"))
    for other in (
        "/api/hubs/chat/:send",
        "/api/hubs/other/groups/blue/:send",
        "/api/hubs/chat/groups/red/:send",
    ):
        assert (await perform(browser, prepared, b"{}", other)).status == 401


async def test_a_token_does_not_last(browser: Browser, emulator: AsyncEmulator) -> None:
    prepared = await browser.prepare("call", form())
    emulator.clock.advance(60 + 300 + 1)
    assert (await perform(browser, prepared, b"{}")).status == 401


@pytest.mark.parametrize(("what", "status"), [("call", 400), ("programs", 200)])
@pytest.mark.parametrize(
    ("change", "error"),
    [
        ({"path": {"hub": "1"}}, "Invalid hub name"),
        ({"path": ["chat"]}, "'path' must be an object."),
        ({"operation": "WebPubSub_SendToNobody"}, "no operation of this name"),
        (form("SendToGroup", group=" "), "Invalid group name"),
        (form("SendToUser"), "Invalid user id: it must not be blank."),
        (form("SendToGroup", group=".."), "'..' cannot be a name in a URL"),
        (
            form("GrantPermission", permission="all", connectionId="x"),
            "Invalid permission. It must be sendToGroup or joinLeaveGroup.",
        ),
        (
            form("SendToConnection", connectionId="x") | {"query": {"filter": "true"}},
            "WebPubSub_SendToConnection has no parameter 'filter'.",
        ),
        ({"dataType": "binary", "data": "%"}, "The message is not base64."),
        ({"dataType": "xml"}, "'dataType' must be"),
        ({"data": "\ud800"}, "'data' holds half a character"),
        ({"data": 1}, "'data' must be text."),
        ({"query": {"messageTtlSeconds": 1.5}}, "must be a whole number"),
        ({"query": {"excluded": "a"}}, "'excluded' must be a list."),
    ],
)
async def test_what_makes_no_request_is_refused_in_words(
    browser: Browser, what: str, status: int, change: dict[str, Any], error: str
) -> None:
    answer = await browser.post(what, form() | change)
    assert answer.status == status
    assert error in answer.json["error"]


@pytest.mark.parametrize("body", [b"", b"{", b"[]", b"[" * 100_000, b"\xff"])
async def test_what_is_no_json_object_is_refused(browser: Browser, body: bytes) -> None:
    assert (await browser.post("call", body)).status == 400


@pytest.mark.parametrize("route", ROUTES, ids=lambda route: route.operation)
async def test_every_operation_has_a_form_that_makes_it(
    browser: Browser, caller: Client, route: Route
) -> None:
    async with (
        caller.connect("chat", protocol=JSON, user="alice", groups=["blue"]) as client,
        browser.feed() as feed,
    ):
        (described,) = [
            each for each in (await feed.next("hello"))["operations"] if each["operation"] == route.operation
        ]
        values = {"hub": "chat", "group": "blue", "userId": "alice", "connectionId": client.connection_id}
        sent = {
            "operation": described["operation"],
            "path": {
                each["name"]: values.get(each["name"], each.get("choices", [""])[0])
                for each in described["path"]
            },
            "query": {"targetName": "blue"} if route.operation.endswith("Permission") else {},
            "dataType": "json",
            "data": '{"groups": ["blue"]}' if described["body"] == "groups" else DATA,
        }
        if route.operation == "WebPubSub_CheckPermission":
            grant = form("GrantPermission") | {"path": sent["path"], "query": sent["query"]}
            assert (await perform(browser, await browser.prepare("call", grant), None)).status == 200
        prepared = await browser.prepare("call", sent)
        body = sent["data"].encode() if described["body"] else None
        answer = await perform(browser, prepared, body)
        assert answer.status == route.success_status(described["apiVersion"])
        request = await feed.entry("request")
        while request["operation"] != route.operation:
            request = await feed.entry("request")
        if route.needs_token:  # the form of what was recorded makes the same request again
            again = await browser.prepare(
                "call", (await browser.prepare("form", {"id": request["id"]}))["form"]
            )
            assert (again["method"], again["url"], again["contentType"]) == (
                prepared["method"],
                prepared["url"],
                prepared["contentType"],
            )


async def test_a_recorded_request_is_there_in_full(browser: Browser, caller: Client) -> None:
    text = "ü" * 100_000
    async with browser.feed() as feed:
        await caller.call("POST", "/api/hubs/chat/:send", body=text.encode(), content_type="text/plain")
        request = await feed.entry("request")
        assert len(request["text"]) < len(text)
        recorded = (await browser.prepare("form", {"id": request["id"]}))["form"]
        assert (recorded["dataType"], recorded["data"]) == ("text", text)
    assert "no longer remembers" in (await browser.post("form", {"id": 10**6})).json["error"]


async def test_the_connection_string_is_there_for_whoever_asks(
    browser: Browser, emulator: AsyncEmulator
) -> None:
    assert await browser.prepare("connection-string", {}) == {"connectionString": emulator.connection_string}


# --- client connections ---


async def test_a_client_connects_as_it_was_asked_for(
    browser: Browser, caller: Client, emulator: AsyncEmulator
) -> None:
    asked = {"hub": "chat", "userId": "Zoë", "groups": ["blue"], "roles": ["webpubsub.sendToGroup.blue"]}
    prepared = await browser.prepare("client", asked)
    async with caller.open(prepared["url"].replace("ws://", "http://"), JSON) as subscriber:
        assert (await subscriber.message())["userId"] == "Zoë"
        await subscriber.send(type="sendToGroup", group="blue", dataType="text", data="hi", ackId=1)
        assert (await subscriber.message())["group"] == "blue"
        assert (await subscriber.message())["success"] is True
        refused = await subscriber.ask(type="sendToGroup", group="red", dataType="text", data="hi", ackId=2)
        assert refused["error"]["name"] == "Forbidden"
    assert emulator.access_key not in str(prepared)


@pytest.mark.parametrize(
    "asked",
    [
        {"hub": ""},
        {"hub": "chat", "groups": [""]},
        {"hub": "chat", "roles": "all"},
        {"hub": "chat", "minutes": 0},
        {"hub": "chat", "minutes": "60"},
    ],
)
async def test_a_client_that_could_not_connect_is_refused_in_words(browser: Browser, asked: Any) -> None:
    answer = await browser.post("client", asked)
    assert answer.status == 400
    assert answer.json["error"]


async def test_there_need_not_be_a_playground(session: aiohttp.ClientSession) -> None:
    async with Emulator(playground=False) as emulator:
        browser = Browser(emulator, session)
        assert (await browser.get("/")).status == 404
        assert (await browser.post("client", {"hub": "chat"})).status == 404
