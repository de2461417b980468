"""Options, policies and transports of azure-core work as in any of its clients."""

import asyncio
import re
import tempfile
from typing import Any

import aiohttp
import pytest
import requests
from azure.core.credentials import AzureKeyCredential
from azure.core.pipeline import PipelineRequest, PipelineResponse
from azure.core.pipeline.policies import (
    AsyncHTTPPolicy,
    AsyncRetryPolicy,
    AzureKeyCredentialPolicy,
    HeadersPolicy,
    HTTPPolicy,
    RequestIdPolicy,
    RetryPolicy,
    SansIOHTTPPolicy,
    UserAgentPolicy,
)
from azure.core.pipeline.transport import AioHttpTransport, RequestsTransport
from azure.core.rest import HttpRequest

from azure.messaging.webpubsubservice import WebPubSubServiceClient
from azure.messaging.webpubsubservice.aio import WebPubSubServiceClient as AsyncWebPubSubServiceClient
from tests.faults import Answer, FaultServer, authorized, redirect
from tests.unit.clients import KEY, both_clients, connect


def request(url: str = "/api/hubs/default/:send", **headers: str) -> HttpRequest:
    return HttpRequest("POST", url, content=b"hello", headers=headers)


@both_clients
@pytest.mark.parametrize("per_call", [True, False])
@pytest.mark.parametrize(
    ("options", "header", "pattern"),
    [
        ({"headers": {"X-Mine": "1"}}, "X-Mine", "1"),
        ({"request_id": "my-id"}, "x-ms-client-request-id", "my-id"),
        ({"user_agent": "mine/1"}, "User-Agent", "mine/1 azsdk-python-"),
        ({"user_agent": "mine/1", "user_agent_overwrite": True}, "User-Agent", "mine/1$"),
    ],
)
def test_options_for_headers(
    kind: str, per_call: bool, options: dict[str, Any], header: str, pattern: str
) -> None:
    with FaultServer() as server, connect(kind, server.endpoint, **({} if per_call else options)) as client:
        client.send(request(), **(options if per_call else {}))
    assert re.match(pattern, server.requests[0].header(header) or "")


@both_clients
def test_request_ids_are_new_for_each_call_and_the_same_for_its_attempts(kind: str) -> None:
    name = "x-ms-client-request-id"
    with FaultServer(Answer(503)) as server, connect(kind, server.endpoint) as client:
        client.send(request())
        client.send(request())
        client.send(request(**{name: "the-callers"}))
        client.send(request(), auto_request_id=False)
    first, again, second, third, fourth = [seen.header(name) for seen in server.requests]
    assert first == again
    assert len({first, second, "the-callers"}) == 3
    assert (third, fourth) == ("the-callers", None)


@both_clients
@pytest.mark.parametrize("per_call", [True, False])
def test_request_ids_can_be_left_out(kind: str, per_call: bool) -> None:
    options: dict[str, Any] = {"auto_request_id": False}
    with FaultServer() as server, connect(kind, server.endpoint, **({} if per_call else options)) as client:
        client.send(request(), **(options if per_call else {}))
    assert server.requests[0].header("x-ms-client-request-id") is None


class Noting(SansIOHTTPPolicy[Any, Any]):
    """Notes what passes by."""

    def __init__(self) -> None:
        self.seen: list[str] = []

    def on_request(self, request: PipelineRequest[Any]) -> None:
        self.seen.append("signed" if "Authorization" in request.http_request.headers else "unsigned")

    def on_response(self, request: PipelineRequest[Any], response: PipelineResponse[Any, Any]) -> None:
        assert response.http_request is request.http_request
        self.seen.append(str(response.http_response.status_code))


@both_clients
@pytest.mark.parametrize("many", [True, False])
def test_policies_per_call_and_per_retry(kind: str, many: bool) -> None:
    call, attempt = Noting(), Noting()
    policies: dict[str, Any] = {
        "per_call_policies": [call] if many else call,
        "per_retry_policies": [attempt] if many else attempt,
    }
    with FaultServer(Answer(503)) as server, connect(kind, server.endpoint, **policies) as client:
        client.send(request())
    assert call.seen == ["unsigned", "202"]
    assert attempt.seen[:2] == ["unsigned", "503"]
    assert attempt.seen[3:] == ["202"]


@both_clients
def test_policies_per_retry_see_what_an_own_authentication_has_set_at_each_attempt(kind: str) -> None:
    attempt = Noting()
    own = AzureKeyCredentialPolicy(AzureKeyCredential(KEY), "Authorization", prefix="Bearer")
    options: dict[str, Any] = {"per_retry_policies": attempt, "authentication_policy": own}
    steps = [Answer(503, {"Retry-After": "0"}), redirect("/x")]
    with FaultServer(*steps) as server, connect(kind, server.endpoint, **options) as client:
        client.send(request())
    assert attempt.seen == ["signed", "503", "signed", "307", "signed", "202"]
    assert [seen.header("Authorization") for seen in server.requests] == [f"Bearer {KEY}"] * 3


@both_clients
@pytest.mark.parametrize("header", ["Authorization", "api-key", "X-Any"])
def test_what_an_own_authentication_sets_goes_to_no_other_origin(kind: str, header: str) -> None:
    own = AzureKeyCredentialPolicy(AzureKeyCredential(KEY), header)
    with FaultServer() as other, FaultServer(redirect(f"{other.endpoint}/x")) as server:
        with connect(kind, server.endpoint, authentication_policy=own) as client:
            client.send(HttpRequest("GET", "/x", headers={header: "the caller's"}))
    assert [seen.header(header) for seen in server.requests] == [KEY]
    assert [seen.header(header) for seen in other.requests] == [None]


@both_clients
def test_a_policy_may_change_the_url_and_the_token_follows(kind: str) -> None:
    class Tagging(SansIOHTTPPolicy[Any, Any]):
        def on_request(self, request: PipelineRequest[Any]) -> None:
            request.http_request.url += "&tag=1"

    with FaultServer(otherwise=authorized(KEY)) as server:
        with connect(kind, server.endpoint, per_retry_policies=[Tagging()]) as client:
            assert client.send(request()).status_code == 202
    assert server.requests[0].target.endswith("&tag=1")


@both_clients
def test_a_policy_may_put_another_request_in_place(kind: str) -> None:
    class Replacing(SansIOHTTPPolicy[Any, Any]):
        def on_request(self, request: PipelineRequest[Any]) -> None:
            old = request.http_request
            request.http_request = HttpRequest("POST", old.url, headers=old.headers, content=b"other")

    with FaultServer(Answer(503), otherwise=authorized(KEY)) as server:
        with connect(kind, server.endpoint, per_call_policies=[Replacing()]) as client:
            assert client.send(request()).status_code == 202
    assert [seen.body for seen in server.requests] == [b"other"] * 2


class Io(HTTPPolicy[Any, Any]):
    """A policy that does I/O, or could."""

    def send(self, request: PipelineRequest[Any]) -> PipelineResponse[Any, Any]:
        request.http_request.headers["X-Io"] = "sync"
        return self.next.send(request)


class AsyncIo(AsyncHTTPPolicy[Any, Any]):
    """The same with coroutines."""

    async def send(self, request: PipelineRequest[Any]) -> PipelineResponse[Any, Any]:
        await asyncio.sleep(0)
        request.http_request.headers["X-Io"] = "async"
        return await self.next.send(request)


class Coroutines(SansIOHTTPPolicy[Any, Any]):
    """A policy without I/O whose methods are coroutines, which azure-core awaits."""

    async def on_request(self, request: PipelineRequest[Any]) -> None:
        await asyncio.sleep(0)
        request.http_request.headers["X-Coroutine"] = "1"


@both_clients
def test_policies_that_do_io(kind: str) -> None:
    policy: Any = Io() if kind == "sync" else AsyncIo()
    with FaultServer() as server, connect(kind, server.endpoint, per_call_policies=[policy]) as client:
        client.send(request())
    assert server.requests[0].header("X-Io") == kind


def test_policies_whose_methods_are_coroutines() -> None:
    for name in ("per_call_policies", "per_retry_policies", "custom_hook_policy"):
        policies: dict[str, Any] = {name: Coroutines()}
        with FaultServer() as server, connect("async", server.endpoint, **policies) as client:
            client.send(request())
        assert server.requests[0].header("X-Coroutine") == "1"


@both_clients
def test_the_whole_pipeline_can_be_replaced(kind: str) -> None:
    retry: Any = RetryPolicy(retry_total=0) if kind == "sync" else AsyncRetryPolicy(retry_total=0)
    noting = Noting()
    options: dict[str, Any] = {
        "policies": [HeadersPolicy({"X-Only": "1"}), retry],
        "per_retry_policies": [noting],
        "per_call_policies": [UserAgentPolicy("mine")],
    }
    with FaultServer(Answer(503)) as server, connect(kind, server.endpoint, **options) as client:
        assert client.send(request()).status_code == 503
    [seen] = server.requests
    assert (seen.header("X-Only"), seen.header("User-Agent"), seen.header("Authorization")) == (
        "1",
        "mine",
        None,
    )
    assert noting.seen == ["unsigned", "503"]


@both_clients
def test_one_policy_can_be_replaced(kind: str) -> None:
    retry: Any = RetryPolicy(retry_total=0) if kind == "sync" else AsyncRetryPolicy(retry_total=0)
    with FaultServer(Answer(503)) as server, connect(kind, server.endpoint, retry_policy=retry) as client:
        assert client.send(request()).status_code == 503
    assert server.requests[0].header("Authorization")


@both_clients
def test_hooks_see_requests_and_responses(kind: str) -> None:
    seen: list[str] = []
    hooks: dict[str, Any] = {
        "raw_request_hook": lambda request: seen.append(request.http_request.method),
        "raw_response_hook": lambda response: seen.append(str(response.http_response.status_code)),
    }
    with FaultServer() as server:
        with connect(kind, server.endpoint, **hooks) as client:
            client.send(request())
        with connect(kind, server.endpoint) as client:
            client.send(request(), **hooks)
    assert seen == ["POST", "202"] * 2


@both_clients
@pytest.mark.parametrize("per_call", [True, False])
def test_hooks_see_each_attempt_signed_and_as_it_goes_out(kind: str, per_call: bool) -> None:
    signed: list[str] = []
    statuses: list[int] = []
    hooks: dict[str, Any] = {
        "raw_request_hook": lambda request: signed.append(request.http_request.headers["Authorization"]),
        "raw_response_hook": lambda response: statuses.append(response.http_response.status_code),
    }
    steps = [Answer(503), Answer(307, {"Location": "/elsewhere"}), Answer(429), Answer(202)]
    with FaultServer(*steps) as server:
        with connect(kind, server.endpoint, **({} if per_call else hooks)) as client:
            response = client.send(request(), **(hooks if per_call else {}))
            assert "Authorization" not in response.request.headers
    assert statuses == [503, 307, 429, 202]
    assert signed == [seen.header("Authorization") for seen in server.requests]
    assert len(set(signed)) == 2  # one token for each URL


@both_clients
def test_a_hook_of_a_call_takes_the_place_of_the_clients(kind: str) -> None:
    called: list[str] = []
    with FaultServer(Answer(503)) as server:
        with connect(kind, server.endpoint, raw_request_hook=lambda _: called.append("client")) as client:
            client.send(request(), raw_request_hook=lambda _: called.append("call"))
            client.send(request(), raw_request_hook=None)
    assert called == ["call", "call", "client"]


@both_clients
@pytest.mark.parametrize("part", ["request_id", "headers", "user_agent"])
def test_a_policy_for_one_header_leaves_the_others_alone(kind: str, part: str) -> None:
    policy: dict[str, Any] = {
        "request_id": RequestIdPolicy(request_id="theirs"),
        "headers": HeadersPolicy({"X-Theirs": "theirs"}),
        "user_agent": UserAgentPolicy("theirs"),
    }
    options: dict[str, Any] = {"headers": {"X-Mine": "1"}, f"{part}_policy": policy[part]}
    with FaultServer() as server, connect(kind, server.endpoint, **options) as client:
        client.send(request())
    [seen] = server.requests
    assert (seen.header("x-ms-client-request-id") == "theirs") is (part == "request_id")
    assert (seen.header("X-Theirs") == "theirs") is (part == "headers")
    assert (seen.header("User-Agent") == "theirs") is (part == "user_agent")
    assert (seen.header("X-Mine") == "1") is (part != "headers")
    assert seen.header("x-ms-client-request-id")
    assert seen.header("User-Agent")


@both_clients
def test_azure_cores_own_transports_can_be_given(kind: str) -> None:
    transport: Any = RequestsTransport() if kind == "sync" else AioHttpTransport()
    with FaultServer(Answer(503), otherwise=authorized(KEY)) as server:
        with connect(kind, server.endpoint, transport=transport) as client:
            response = client.send(request("/api/hubs/h/groups/g%20%2F/:send?filter=a%20eq%20b"))
            assert (response.status_code, response.content) == (202, b"")
    assert [seen.body for seen in server.requests] == [b"hello"] * 2


@both_clients
def test_azure_cores_own_transports_replay_a_file_and_leave_it_open(kind: str) -> None:
    transport: Any = RequestsTransport() if kind == "sync" else AioHttpTransport()
    with tempfile.TemporaryFile() as file, FaultServer(Answer(503), otherwise=authorized(KEY)) as server:
        file.write(bytes(1_000_000))
        file.seek(10)
        with connect(kind, server.endpoint, transport=transport) as client:
            assert client.send(HttpRequest("POST", "/x", content=file)).status_code == 202
        assert file.tell() == 10
    assert [len(seen.body) for seen in server.requests] == [999_990] * 2


def test_a_session_of_the_callers_own_is_used_and_left_open() -> None:
    with FaultServer() as server, requests.Session() as session:
        options: dict[str, Any] = {"session": session, "session_owner": False}
        session.headers["X-Session"] = "1"
        with connect("sync", server.endpoint, **options) as client:
            assert client.send(request()).status_code == 202
        assert session.get(server.endpoint).status_code == 202
    assert server.requests[0].header("X-Session") == "1"


async def test_an_aiohttp_session_of_the_callers_own_is_used_and_left_open() -> None:
    with FaultServer() as server:
        async with aiohttp.ClientSession(headers={"X-Session": "1"}) as session:
            connection_string = f"Endpoint={server.endpoint};AccessKey={KEY}"
            client = AsyncWebPubSubServiceClient.from_connection_string(
                connection_string, session=session, session_owner=False
            )
            async with client:
                assert (await client.send_request(request())).status_code == 202
            async with session.get(server.endpoint) as response:
                assert response.status == 202
    assert server.requests[0].header("X-Session") == "1"


@both_clients
def test_azure_cores_aiohttp_transport_does_not_make_sends_repeat(kind: str) -> None:
    # It calls a connection that broke half-way a ServiceRequestError, "No request was sent".
    from azure.core.exceptions import AzureError  # noqa: PLC0415

    from tests.faults import Disconnect  # noqa: PLC0415

    transport: Any = RequestsTransport() if kind == "sync" else AioHttpTransport()
    with (
        FaultServer(Disconnect("body")) as server,
        connect(kind, server.endpoint, transport=transport) as client,
    ):
        with pytest.raises(AzureError):
            client.send(request())
    assert len(server.requests) == 1


@pytest.mark.parametrize("client_type", [WebPubSubServiceClient, AsyncWebPubSubServiceClient])
def test_an_option_that_is_unknown_is_refused(client_type: Any) -> None:
    with pytest.raises(TypeError, match="'retry_totl'"):
        client_type.from_connection_string(f"Endpoint=https://h;AccessKey={KEY}", retry_totl=1)
    with pytest.raises(TypeError, match="endpoint"):
        client_type.from_connection_string(f"Endpoint=https://h;AccessKey={KEY}", endpoint="https://h")


@both_clients
def test_a_client_is_used_by_many_at_the_same_time(kind: str) -> None:
    import concurrent.futures  # noqa: PLC0415

    bodies = [f"message {number}".encode() for number in range(200)]
    messages = [HttpRequest("POST", f"/x/{number % 7}", content=body) for number, body in enumerate(bodies)]
    with FaultServer(otherwise=authorized(KEY)) as server, connect(kind, server.endpoint) as client:
        if kind == "sync":
            with concurrent.futures.ThreadPoolExecutor(16) as pool:
                answers = list(pool.map(client.send, messages))
        else:
            asynchronous: Any = client

            async def send_all() -> list[Any]:
                return await asyncio.gather(*map(asynchronous.client.send_request, messages))

            answers = asynchronous.run(send_all())
    assert {answer.status_code for answer in answers} == {202}
    assert sorted(seen.body for seen in server.requests) == sorted(bodies)
    assert server.connections <= 100
