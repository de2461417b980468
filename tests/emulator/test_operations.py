"""Operations on connections, users and groups, over real sockets."""

import json
from collections.abc import Mapping
from typing import Any

import aiohttp
import pytest
from yarl import URL

from azure.messaging.webpubsubservice.emulator import (
    AsyncEmulator,
    ConnectReply,
    ConnectRequest,
    Emulator,
    NoEventHandlers,
)
from tests.contract.facts import VERSIONS
from tests.emulator.clients import JSON, Caller, Subscriber, sign

HUB = "/api/hubs/chat"


async def status(caller: Caller, method: str, path: str, **options: Any) -> int:
    return (await caller.call(method, HUB + path, **options)).status


async def members(caller: Caller, group: str) -> set[str]:
    answer = await caller.call("GET", f"{HUB}/groups/{group}/connections")
    assert answer.status == 200
    return {member["connectionId"] for member in answer.json["value"]}


async def test_what_exists(caller: Caller) -> None:
    async with caller.connect(protocol=JSON, user="u", groups=["g"]) as client:
        there = [f"/connections/{client.connection_id}", "/users/u", "/groups/g"]
        for path in there:
            assert await status(caller, "HEAD", path) == 200
        for path in ("/connections/x", "/users/U", "/groups/G", "/users/x", "/groups/x"):
            assert await status(caller, "HEAD", path) == 404
        assert await status(caller, "HEAD", "/users/u/groups/g", api_version="2020-10-01") == 200
        assert await status(caller, "HEAD", "/users/u/groups/h", api_version="2020-10-01") == 404
    for path in there:
        assert await status(caller, "HEAD", path) == 404


@pytest.mark.parametrize(
    ("method", "path", "code", "message", "target"),
    [
        (
            "PUT",
            "/groups/g/connections/x",
            "Error.Connection.NotExisted",
            "Connection `x` is not found.",
            "Connection",
        ),
        ("PUT", "/users/x/groups/g", "Warning.User.NotExisted", "User `x` is not found.", "User"),
        (
            "PUT",
            "/permissions/sendToGroup/connections/x?targetName=g",
            "Info.Connection.NotExisted",
            "Connection `x` is not found.",
            "Connection",
        ),
    ],
)
async def test_what_is_not_there_cannot_be_changed(
    caller: Caller, method: str, path: str, code: str, message: str, target: str
) -> None:
    path, _, query = path.partition("?")
    answer = await caller.call(method, HUB + path, query=dict([query.split("=")]) if query else {})
    assert answer.status == 404
    expected = {"code": code, "message": message, "target": target, "details": None, "innererror": None}
    assert answer.json == expected
    assert answer.headers["x-ms-error-code"] == code
    assert answer.headers["Content-Type"] == "application/json; charset=utf-8"
    assert "2024-12-01" in answer.headers["api-supported-versions"]


async def test_an_answer_to_head_has_the_headers_of_its_body(caller: Caller) -> None:
    answer = await caller.call("HEAD", HUB + "/groups/foo")
    # As recorded of the service.
    assert (answer.status, answer.body, answer.headers["Content-Length"]) == (404, b"", "119")
    assert answer.headers["x-ms-error-code"] == "Warning.Group.NotExisted"


@pytest.mark.parametrize(
    "path",
    [
        "/connections/x",
        "/connections/x/groups",
        "/groups/g/connections/x",
        "/users/x/groups/g",
        "/users/x/groups",
        "/permissions/joinLeaveGroup/connections/x?targetName=g",
    ],
)
@pytest.mark.parametrize(("api_version", "expected"), [("2024-12-01", 204), ("2021-08-01-preview", 200)])
async def test_removing_what_is_not_there_succeeds(
    caller: Caller, path: str, api_version: str, expected: int
) -> None:
    if path == "/connections/x/groups" and expected == 200:
        expected = 400  # the operation came later
    path, _, query = path.partition("?")
    options = {"query": dict([query.split("=")])} if query else {}
    assert await status(caller, "DELETE", path, api_version=api_version, **options) == expected


async def test_an_operation_of_a_later_version_is_refused_and_says_which(caller: Caller) -> None:
    answer = await caller.call("POST", HUB + "/:closeConnections", api_version="2021-08-01-preview")
    assert (answer.status, answer.json["message"]) == (400, "The specified API version is not supported.")
    since = VERSIONS.index("2021-10-01")
    assert answer.headers["api-supported-versions"] == ", ".join(VERSIONS[since:])


async def test_membership_of_connections_and_users(caller: Caller) -> None:
    async with (
        caller.connect(protocol=JSON, user="u") as first,
        caller.connect(protocol=JSON, user="u") as second,
        caller.connect(protocol=JSON) as third,
    ):
        for _ in range(2):  # again is the same as once
            assert await status(caller, "PUT", f"/groups/g/connections/{third.connection_id}") == 200
        assert await members(caller, "g") == {third.connection_id}
        assert await status(caller, "PUT", "/users/u/groups/g") == 200
        assert await members(caller, "g") == {each.connection_id for each in (first, second, third)}
        async with caller.connect(protocol=JSON, user="u") as later:
            assert later.connection_id not in await members(caller, "g")
        assert await status(caller, "DELETE", f"/groups/g/connections/{first.connection_id}") == 204
        assert await status(caller, "DELETE", "/users/u/groups/g") == 204
        assert await members(caller, "g") == {third.connection_id}
        assert await status(caller, "PUT", f"/groups/h/connections/{third.connection_id}") == 200
        assert await status(caller, "DELETE", f"/connections/{third.connection_id}/groups") == 204
        assert await members(caller, "g") | await members(caller, "h") == set()
        await status(caller, "PUT", "/users/u/groups/h")
        assert await status(caller, "DELETE", "/users/u/groups") == 204
        assert await members(caller, "h") == set()


async def bulk(caller: Caller, operation: str, body: Any, content_type: str = "application/json") -> Any:
    data = json.dumps(body).encode()
    return await caller.call("POST", f"{HUB}/:{operation}", body=data, content_type=content_type)


async def test_groups_in_bulk(caller: Caller) -> None:
    async with caller.connect(protocol=JSON, user="u") as named, caller.connect(protocol=JSON) as nameless:
        assert (await bulk(caller, "addToGroups", {"groups": ["a", "b"], "filter": None})).status == 200
        both = {named.connection_id, nameless.connection_id}
        assert (await members(caller, "a"), await members(caller, "b")) == (both, both)
        # The connections are chosen before the first of them leaves.
        body = {"groups": ["a", "b"], "filter": "'a' in groups and userId eq 'u'"}
        assert (await bulk(caller, "removeFromGroups", body)).status == 200
        assert (await members(caller, "a"), await members(caller, "b")) == ({nameless.connection_id},) * 2
        assert (await bulk(caller, "addToGroups", {"groups": ["c"], "filter": "userId eq 'x'"})).status == 200
        assert await members(caller, "c") == set()


@pytest.mark.parametrize(
    ("body", "message"),
    [
        ({"groups": ["g"], "filter": "userId lt"}, "Invalid syntax for"),
        ({"groups": ["g"], "filter": 1}, "The filter must be a string."),
        ({"groups": ["g", " "]}, "Invalid group name."),
        ({"groups": [1]}, "Invalid group name."),
        ({"groups": []}, "at least one group"),
        ({"filter": ""}, "at least one group"),
        ([], "at least one group"),
    ],
)
async def test_a_bad_bulk_request_changes_nothing(caller: Caller, body: Any, message: str) -> None:
    async with caller.connect():
        answer = await bulk(caller, "addToGroups", body)
        assert (answer.status, answer.headers["x-ms-error-code"]) == (400, "Error.BadRequest")
        assert message in answer.json["message"]
        assert await members(caller, "g") == set()


async def test_bulk_takes_json_alone(caller: Caller) -> None:
    assert (await bulk(caller, "addToGroups", {"groups": ["g"]}, "text/plain")).status == 415


async def test_filters_choose_who_receives(caller: Caller) -> None:
    async with (
        caller.connect(user="alice", groups=["g"]) as alice,
        caller.connect(user="bob", groups=["g"]) as bob,
    ):
        await caller.send(HUB + "/:send", 1, filter="userId eq 'alice'")
        await caller.send(HUB + "/groups/g/:send", 2, filter="startswith(userId, 'b')")
        await caller.send(HUB + "/users/bob/:send", 3, filter="not ('g' in groups)")
        await caller.send(HUB + "/:send", 4, filter="")
        assert [await alice.frame() for _ in range(2)] == ["1", "4"]
        assert [await bob.frame() for _ in range(2)] == ["2", "4"]


async def test_a_bad_filter_is_refused_after_the_token_and_before_the_body(caller: Caller) -> None:
    query = {"filter": "invalid filter"}
    answer = await caller.call(
        "POST", HUB + "/:send", body=b"{", content_type="application/json", query=query
    )
    assert answer.status == 400
    assert answer.headers["Content-Type"] == "application/problem+json; charset=utf-8"
    assert (answer.json["target"], list(answer.json["errors"])) == ("filter", ["filter"])
    assert answer.json["message"].startswith("Invalid syntax for 'invalid filter'")
    assert (await caller.call("POST", HUB + "/:send", body=b"", query=query, token=None)).status == 401


# --- closing ---


async def closed_by_service(client: Subscriber, message: str) -> None:
    assert await client.message() == {"type": "system", "event": "disconnected", "message": message}
    assert await client.closed() == (1000, "")


@pytest.mark.parametrize("how", ["connection", "hub", "group", "user"])
@pytest.mark.parametrize("reason", [None, "R" * 200 + " é"])
async def test_closing(caller: Caller, how: str, reason: str | None) -> None:
    async with (
        caller.connect(protocol=JSON, user="u", groups=["g"]) as client,
        caller.connect(user="u", groups=["g"]) as simple,
        caller.connect(protocol=JSON, user="u", groups=["g"]) as spared,
    ):
        path = {"hub": "", "group": "/groups/g", "user": "/users/u"}.get(how)
        query: dict[str, str] = {} if reason is None else {"reason": reason}
        if path is None:
            done = await status(caller, "DELETE", f"/connections/{client.connection_id}", query=query)
        else:
            query["excluded"] = spared.connection_id
            done = await status(caller, "POST", f"{path}/:closeConnections", query=query)
            assert await simple.closed() == (1000, "")
        assert done == 204
        message = "Application server closed the connection."
        await closed_by_service(client, message if reason is None else f"{message} Reason: {reason}")
        assert await status(caller, "HEAD", f"/connections/{client.connection_id}") == 404
        await spared.silent()


# --- permissions ---


async def test_permissions_come_and_go(caller: Caller) -> None:
    async with caller.connect(protocol=JSON) as client:
        path = f"/permissions/joinLeaveGroup/connections/{client.connection_id}"
        options: dict[str, Any] = {"query": {"targetName": "g"}}
        assert await status(caller, "HEAD", path, **options) == 404
        refused = await client.ask(type="joinGroup", group="g", ackId=1)
        message = "The client does not have permission to join group 'g'."
        assert refused["error"] == {"name": "Forbidden", "message": message}
        assert await status(caller, "PUT", path.replace("joinLeave", "JOINLEAVE"), **options) == 200
        assert await status(caller, "HEAD", path, **options) == 200
        assert await status(caller, "HEAD", path, query={"targetName": "h"}) == 404
        assert (await client.ask(type="joinGroup", group="g", ackId=1))["success"]
        assert await status(caller, "DELETE", path, **options) == 204
        assert await status(caller, "HEAD", path, **options) == 404
        assert await members(caller, "g") == {client.connection_id}
        assert not (await client.ask(type="leaveGroup", group="g", ackId=2))["success"]


class ManyRoles(NoEventHandlers):
    async def connect(self, event: ConnectRequest) -> ConnectReply:  # noqa: ARG002
        return ConnectReply(roles=[f"webpubsub.sendToGroup.g{number}" for number in range(1000)])


async def test_too_many_permissions_conflict(session: aiohttp.ClientSession) -> None:
    async with Emulator(events=ManyRoles()) as emulator:
        caller = Caller(emulator, session)
        async with caller.connect(protocol=JSON) as client:
            path = f"{HUB}/permissions/sendToGroup/connections/{client.connection_id}"
            answer = await caller.call("PUT", path, query={"targetName": "one more"})
            assert (answer.status, answer.json["code"]) == (409, "Error.Connection.Conflict")
            assert (await caller.call("PUT", path, query={"targetName": "g7"})).status == 200


@pytest.mark.parametrize("method", ["PUT", "DELETE", "HEAD"])
@pytest.mark.parametrize("query", [{}, {"targetName": " "}, {"targetName": "g" * 1025}])
async def test_a_permission_is_about_one_group(caller: Caller, method: str, query: Mapping[str, str]) -> None:
    path = HUB + "/permissions/sendToGroup/connections/x"
    answer = await caller.call(method, path, query=query)
    assert answer.status == 400
    if method != "HEAD":
        assert answer.json["target"] == "Request"
        assert "between 1 and 1024 characters" in answer.json["message"]
    assert (await caller.call(method, path, query=query, token=None)).status == 401
    assert (await caller.call(method, path.replace("sendToGroup", "fly"), query=query)).status == 400


# --- listing ---


async def pages(caller: Caller, query: dict[str, str]) -> list[list[str]]:
    """Follow the links as the published clients do: as they are, with a token for each."""
    found = []
    url = f"{caller.emulator.endpoint}{HUB}/groups/g/connections"
    answer = await caller.call("GET", HUB + "/groups/g/connections", query=query)
    while True:
        assert answer.status == 200
        found.append([each["connectionId"] for each in answer.json["value"]])
        link = answer.json["nextLink"]
        if link is None:
            return found
        assert link.startswith(url + "?api-version=2024-12-01&")
        headers = {"Authorization": f"Bearer {sign(caller.emulator.access_key, link)}"}
        async with caller.session.get(URL(link, encoded=True), headers=headers) as response:
            answer.status, answer.body = response.status, await response.read()


@pytest.mark.parametrize(
    ("query", "sizes"),
    [
        ({}, [5]),
        ({"maxpagesize": "2"}, [2, 2, 1]),
        ({"maxpagesize": "5"}, [5]),
        ({"maxpagesize": "2", "top": "3"}, [2, 1]),
        ({"maxpagesize": "2", "top": "4"}, [2, 2]),
        ({"top": "3"}, [3]),
        ({"top": "500", "maxpagesize": "200"}, [5]),
    ],
)
async def test_pages_of_members(caller: Caller, query: dict[str, str], sizes: list[int]) -> None:
    async with (
        caller.connect(protocol=JSON, groups=["g"], user="u") as a,
        caller.connect(protocol=JSON, groups=["g"]) as b,
        caller.connect(protocol=JSON, groups=["g"]) as c,
        caller.connect(protocol=JSON, groups=["g"]) as d,
        caller.connect(protocol=JSON, groups=["g"]) as e,
        caller.connect(protocol=JSON),
    ):
        found = await pages(caller, query)
        assert [len(page) for page in found] == sizes
        everybody = sorted(each.connection_id for each in (a, b, c, d, e))
        assert [member for page in found for member in page] == everybody[: sum(sizes)]
        answer = await caller.call("GET", HUB + "/groups/g/connections")
        assert {"connectionId": a.connection_id, "userId": "u"} in answer.json["value"]
        assert {"connectionId": b.connection_id, "userId": None} in answer.json["value"]


async def test_an_unknown_group_has_no_members(caller: Caller) -> None:
    answer = await caller.call("GET", HUB + "/groups/x/connections")
    assert (answer.status, answer.json) == (200, {"value": [], "nextLink": None})


@pytest.mark.parametrize(
    "query",
    [
        {"maxpagesize": "0"},
        {"maxpagesize": "201"},
        {"top": "0"},
        {"top": "2147483648"},
        {"continuationToken": ""},
        {"continuationToken": "nonsense"},
        {"continuationToken": "é"},
        {"continuationToken": "a" * 2049},
        {"top": ["1", "x"]},
    ],
)
async def test_bad_paging(caller: Caller, query: Mapping[str, Any]) -> None:
    answer = await caller.call("GET", HUB + "/groups/g/connections", query=query)
    assert (answer.status, answer.json["target"]) == (400, next(iter(query)))


async def test_a_continuation_belongs_to_its_group(caller: Caller) -> None:
    async with caller.connect(groups=["g", "h"]), caller.connect(groups=["g", "h"]):
        answer = await caller.call("GET", HUB + "/groups/g/connections", query={"maxpagesize": "1"})
        token = URL(answer.json["nextLink"]).query["continuationToken"]
        query = {"continuationToken": token}
        assert (await caller.call("GET", HUB + "/groups/g/connections", query=query)).status == 200
        assert (await caller.call("GET", HUB + "/groups/h/connections", query=query)).status == 400


# --- tokens ---


async def test_a_token_of_the_service_lets_a_client_in(caller: Caller, emulator: AsyncEmulator) -> None:
    role = ["webpubsub.joinLeaveGroup", "webpubsub.sendToGroup.g"]
    query = {"userId": "u", "role": role, "group": ["g", "h"], "minutesToExpire": "10"}
    answer = await caller.call("POST", HUB + "/:generateToken", query=query)
    assert answer.status == 200
    url = f"{emulator.endpoint}/client/hubs/chat?access_token={answer.json['token']}"
    async with caller.open(url, JSON) as client:
        connected = await client.message()
        assert connected["userId"] == "u"
        assert await members(caller, "h") == {connected["connectionId"]}
        assert (await client.ask(type="sendToGroup", group="g", dataType="json", data=1))["data"] == 1
    emulator.clock.advance(10 * 60 + 301)
    async with caller.session.get(url) as response:
        assert response.status == 401


@pytest.mark.parametrize(
    ("query", "target"),
    [
        ({"minutesToExpire": "0"}, "minutesToExpire"),
        ({"clientType": "x"}, "clientType"),
        ({"group": " "}, "group"),
    ],
)
async def test_a_token_that_is_not_issued(caller: Caller, query: Mapping[str, str], target: str) -> None:
    answer = await caller.call("POST", HUB + "/:generateToken", query=query)
    assert (answer.status, answer.json["target"]) == (400, target)


async def test_entra_tokens_are_accepted_on_request_alone(session: aiohttp.ClientSession) -> None:
    async with Emulator(allow_unvalidated_entra_tokens=True) as emulator:
        caller = Caller(emulator, session)
        token = sign("the key of somebody else entirely, long", "https://webpubsub.azure.com/")
        assert (await caller.call("POST", HUB + "/:generateToken", token=token)).status == 200
        for bad in (
            sign("the key of somebody else entirely, long", "https://example.test"),
            sign("the key of somebody else entirely, long", "https://webpubsub.azure.com", exp=1),
            "nonsense",
        ):
            assert (await caller.call("POST", HUB + "/:generateToken", token=bad)).status == 401
        url = f"{emulator.endpoint}/client/hubs/chat?access_token={token}"
        async with session.get(url) as response:
            assert response.status == 401


async def test_metadata_travels_with_a_message(caller: Caller) -> None:
    async with caller.connect(protocol=JSON) as client:
        headers = {"X-WebPubSub-Metadata-Trace-Id": "42"}
        assert (
            await status(caller, "POST", "/:send", body=b"", content_type="text/plain", headers=headers)
            == 202
        )
        assert (await client.message())["metadata"] == {"trace-id": "42"}
    for bad in ({"X-WebPubSub-Metadata-a": "x" * 1025}, {f"X-WebPubSub-Metadata-{'a' * 257}": "x"}):
        assert await status(caller, "POST", "/:send", body=b"", headers=bad) == 400
    many = {f"X-WebPubSub-Metadata-{number}": "x" * 1000 for number in range(9)}
    assert await status(caller, "POST", "/:send", body=b"", headers=many) == 400
