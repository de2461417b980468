"""The clients as their users see them, on real sockets."""

import asyncio
import contextlib
import gc
import os
from collections.abc import Coroutine
from typing import Any, TypeVar

import pytest
from azure.core.credentials import AzureKeyCredential
from azure.core.exceptions import HttpResponseError
from azure.core.rest import HttpRequest

from azure.messaging.webpubsubservice import WebPubSubServiceClient
from azure.messaging.webpubsubservice.aio import WebPubSubServiceClient as AsyncWebPubSubServiceClient
from tests.contract.facts import DEFAULT
from tests.faults import Answer, FaultServer, authorized
from tests.unit.clients import KEY, both_clients, connect

T = TypeVar("T")

SEND = "/api/hubs/default/:send?api-version=2024-12-01"


def post(content: Any = b"hello", url: str = SEND, **headers: str) -> HttpRequest:
    return HttpRequest("POST", url, content=content, headers={"Content-Type": "text/plain", **headers})


@both_clients
def test_a_request_goes_out_signed_over_its_url(kind: str) -> None:
    with FaultServer(otherwise=authorized(KEY)) as server, connect(kind, server.endpoint) as client:
        response = client.send(post())
    assert response.status_code == 202
    [seen] = server.requests
    assert (seen.method, seen.target, seen.body) == ("POST", SEND, b"hello")
    assert seen.header("Content-Type") == "text/plain"
    assert seen.header("Content-Length") == "5"
    assert "azsdk-python-messaging-webpubsubservice/" in (seen.header("User-Agent") or "")
    assert set(seen.claims(KEY)) == {"aud", "exp"}


@both_clients
def test_a_wrong_key_is_a_response_and_not_an_exception(kind: str) -> None:
    with (
        FaultServer(otherwise=authorized(KEY)) as server,
        connect(kind, server.endpoint, "wrong" + KEY) as client,
    ):
        assert client.send(post()).status_code == 401


@both_clients
def test_a_rotated_key_is_used_for_the_next_request(kind: str) -> None:
    credential = AzureKeyCredential("wrong" + KEY)
    with (
        FaultServer(otherwise=authorized(KEY)) as server,
        connect(kind, server.endpoint, credential=credential) as client,
    ):
        assert client.send(post()).status_code == 401
        credential.update(KEY)
        assert client.send(post()).status_code == 202


@both_clients
def test_the_callers_request_is_never_changed(kind: str) -> None:
    request = post()
    before = dict(request.headers.items())
    with (
        FaultServer(Answer(503), Answer(202), Answer(202)) as server,
        connect(kind, server.endpoint) as client,
    ):
        assert client.send(request, headers={"X-More": "1"}).status_code == 202
        assert (request.method, request.url, request.content) == ("POST", SEND, b"hello")
        assert dict(request.headers.items()) == before
        assert client.send(request).status_code == 202
    assert [seen.body for seen in server.requests] == [b"hello"] * 3
    assert [seen.header("X-More") for seen in server.requests] == ["1", "1", None]


@both_clients
@pytest.mark.parametrize(
    ("url", "target"),
    [
        ("/api/health", "/api/health?api-version=2021-10-01"),
        ("api/health", "/api/health?api-version=2021-10-01"),
        ("/api/health?a=b", "/api/health?a=b&api-version=2021-10-01"),
        ("/api/health?api-version=2020-10-01", "/api/health?api-version=2020-10-01"),
    ],
)
def test_relative_urls_get_the_clients_api_version(kind: str, url: str, target: str) -> None:
    with (
        FaultServer(otherwise=authorized(KEY)) as server,
        connect(kind, server.endpoint + "/base/", api_version="2021-10-01") as client,
    ):
        assert client.send(HttpRequest("HEAD", url)).status_code == 202
    assert server.requests[0].target == "/base" + target


@both_clients
def test_absolute_urls_of_the_endpoint_are_sent_and_others_refused(kind: str) -> None:
    with (
        FaultServer(otherwise=authorized(KEY)) as server,
        FaultServer() as other,
        connect(kind, server.endpoint) as client,
    ):
        assert client.send(post(url=server.endpoint + SEND)).status_code == 202
        with pytest.raises(ValueError, match="nowhere else"):
            client.send(post(url=other.endpoint + SEND))
    assert not other.requests


@both_clients
def test_send_request_takes_requests_only(kind: str) -> None:
    with FaultServer() as server, connect(kind, server.endpoint) as client:
        with pytest.raises(TypeError, match=r"HttpRequest.*not str"):
            client.send("/api/health")  # type: ignore[arg-type]
        with pytest.raises(TypeError, match="'retry_totl'"):
            client.send(post(), retry_totl=3)
    assert not server.requests


@pytest.mark.parametrize("client", [WebPubSubServiceClient, AsyncWebPubSubServiceClient])
def test_endpoint_and_credential_are_given_by_position_or_by_name(client: Any) -> None:
    credential = AzureKeyCredential(KEY)
    assert client("https://h", credential).endpoint == "https://h"
    assert client(endpoint="https://h", credential=credential).endpoint == "https://h"
    with pytest.raises(TypeError, match="hub"):  # the third of the published package's arguments
        client("https://h", credential, "https://proxy")


async def test_a_request_is_awaited_or_entered_or_made_a_task() -> None:
    with FaultServer(otherwise=Answer(200, {}, b"abc")) as server:
        async with AsyncWebPubSubServiceClient(server.endpoint, AzureKeyCredential(KEY)) as client:
            assert (await client.send_request(post())).content == b"abc"
            async with client.send_request(post(), stream=True) as response:
                assert b"".join([block async for block in response.iter_bytes()]) == b"abc"
            assert response.is_closed
            async with client.send_request(post(), stream=True) as unread:
                pass
            assert unread.is_closed
            tasks = [asyncio.create_task(client.send_request(post())) for _ in range(3)]
            gathered = await asyncio.gather(*tasks, client.send_request(post()))
            assert [response.status_code for response in gathered] == [200] * 4
            waited = await asyncio.wait_for(client.send_request(post()), 10)
            assert waited.content == b"abc"


async def test_an_entered_request_that_fails_raises_and_one_that_is_dropped_warns() -> None:
    async with AsyncWebPubSubServiceClient("https://h", AzureKeyCredential(KEY)) as client:
        with pytest.raises(ValueError, match="nowhere else"):
            async with client.send_request(post(url="https://elsewhere/x"), stream=True):
                pytest.fail("entered")
        with pytest.warns(RuntimeWarning, match="never awaited"):
            client.send_request(post())  # and dropped at once
        client.send_request(post()).close()


@both_clients
def test_a_closed_client_says_so(kind: str) -> None:
    with FaultServer() as server, connect(kind, server.endpoint) as client:
        client.send(post())
        client.close()
        with pytest.raises(ValueError, match="closed"):
            client.send(post())
    assert len(server.requests) == 1


@both_clients
@pytest.mark.parametrize("status", [200, 202, 204, 400, 404, 409, 501])
def test_no_status_raises(kind: str, status: int) -> None:
    with FaultServer(Answer(status)) as server, connect(kind, server.endpoint) as client:
        assert client.send(post()).status_code == status


ERROR = (
    b'{"code":"Error.Connection.NotExisted","message":"Connection `x` is not found.","target":"Connection"}'
)


@both_clients
def test_raise_for_status_tells_the_services_code_and_message(kind: str) -> None:
    headers = {
        "Content-Type": "application/json; charset=utf-8",
        "x-ms-error-code": "Error.Connection.NotExisted",
    }
    with (
        FaultServer(otherwise=Answer(404, headers, ERROR)) as server,
        connect(kind, server.endpoint) as client,
    ):
        for method in ("PUT", "HEAD"):
            with pytest.raises(HttpResponseError) as caught:
                client.send(HttpRequest(method, "/api/x")).raise_for_status()
            assert caught.value.status_code == 404
            assert caught.value.error is not None
            assert caught.value.error.code == "Error.Connection.NotExisted"
            assert "Error.Connection.NotExisted" in str(caught.value)
            assert ("Connection `x` is not found." in str(caught.value)) is (method == "PUT")


@both_clients
def test_raise_for_status_is_silent_below_400(kind: str) -> None:
    with FaultServer(Answer(202)) as server, connect(kind, server.endpoint) as client:
        client.send(post()).raise_for_status()


async def test_the_asynchronous_client_is_no_synchronous_context_manager() -> None:
    async with AsyncWebPubSubServiceClient(
        endpoint="https://h", credential=AzureKeyCredential(KEY)
    ) as client:
        mistaken: Any = client
        with pytest.raises(TypeError, match="Use 'async with'"):
            with mistaken:
                pass


def test_the_client_shows_its_endpoint_and_nothing_else() -> None:
    client = WebPubSubServiceClient(
        endpoint="<endpoint>".replace("<endpoint>", "https://h"), credential=AzureKeyCredential(KEY)
    )
    assert repr(client) == "<WebPubSubServiceClient endpoint:'https://h'>"
    assert (client.endpoint, client.api_version) == ("https://h", DEFAULT)
    client.close()


@pytest.mark.parametrize(
    ("arguments", "error", "message"),
    [
        ({"credential": "secret"}, TypeError, r"AzureKeyCredential.*not str\. Wrap the key"),
        ({"credential": None}, TypeError, "not NoneType"),
        ({"credential": AzureKeyCredential("")}, ValueError, "credential has an empty access key"),
        ({"endpoint": "x.webpubsub.azure.com"}, ValueError, "https://"),
        ({"endpoint": None}, TypeError, "endpoint must be a str"),
        ({"reverse_proxy_endpoint": "apim"}, ValueError, "reverse_proxy_endpoint"),
        ({"api_version": "latest"}, ValueError, "api_version='latest'"),
        (
            {"hub": "default"},
            TypeError,
            r"unexpected keyword argument 'hub'\. .* first argument of each build_",
        ),
        ({"retry_totl": 3}, TypeError, r"'retry_totl'\. Did you mean retry_total\?"),
    ],
)
def test_wrong_constructor_arguments_are_told_apart(
    arguments: dict[str, Any], error: type[Exception], message: str
) -> None:
    given: dict[str, Any] = {"endpoint": "https://h", "credential": AzureKeyCredential(KEY), **arguments}
    with pytest.raises(error, match=message) as caught:
        WebPubSubServiceClient(**given)
    assert "secret" not in str(caught.value)
    assert KEY not in str(caught.value)


def test_a_connection_string_makes_a_client() -> None:
    with FaultServer(otherwise=authorized(KEY)) as server:
        text = f"Endpoint={server.endpoint};AccessKey={KEY};Version=1.0;"
        with WebPubSubServiceClient.from_connection_string(text, api_version="2020-10-01") as client:
            assert client.send_request(HttpRequest("HEAD", "/api/health")).status_code == 202
    assert server.requests[0].target == "/api/health?api-version=2020-10-01"


def test_clients_tokens_are_signed_here() -> None:
    with WebPubSubServiceClient(endpoint="https://h:444", credential=AzureKeyCredential(KEY)) as client:
        answer = client.get_client_access_token(
            "hub", user_id="alice", roles=["r"], groups=["g"], minutes_to_expire=5
        )
    assert answer["baseUrl"] == "wss://h:444/client/hubs/hub"
    assert answer["url"] == f"{answer['baseUrl']}?access_token={answer['token']}"


def test_a_client_that_is_dropped_leaves_nothing_open() -> None:
    with FaultServer() as server:
        client = WebPubSubServiceClient(endpoint=server.endpoint, credential=AzureKeyCredential(KEY))
        assert client.send_request(post()).status_code == 202
        del client
        gc.collect()  # ResourceWarning is an error
        assert server.wait_disconnected()


@pytest.mark.skipif(not hasattr(os, "fork"), reason="the system has no fork")
@pytest.mark.filterwarnings("ignore:.*multi-threaded.*fork:DeprecationWarning")
def test_a_forked_process_makes_connections_of_its_own() -> None:
    with (
        FaultServer() as server,
        WebPubSubServiceClient(endpoint=server.endpoint, credential=AzureKeyCredential(KEY)) as client,
    ):
        client.send_request(post())
        child = os.fork()
        if not child:
            with contextlib.suppress(BaseException):
                os._exit(client.send_request(post()).status_code != 202)
            os._exit(2)
        assert os.waitpid(child, 0)[1] == 0
        client.send_request(post())
    assert [seen.connection for seen in server.requests] == [0, 1, 0]


def in_a_new_loop(coroutine: Coroutine[Any, Any, T]) -> T:
    with contextlib.closing(asyncio.new_event_loop()) as loop:
        return loop.run_until_complete(coroutine)


async def send_once(client: AsyncWebPubSubServiceClient) -> int:
    return (await client.send_request(post())).status_code


@pytest.mark.parametrize("statuses", [1, 2], ids=["closed at once", "used again"])
def test_an_asynchronous_client_outlives_its_event_loop(statuses: int) -> None:
    with FaultServer(otherwise=Answer(202, {"Connection": "close"})) as server:
        client = AsyncWebPubSubServiceClient(endpoint=server.endpoint, credential=AzureKeyCredential(KEY))
        assert [in_a_new_loop(send_once(client)) for _ in range(statuses)] == [202] * statuses
        in_a_new_loop(client.close())


def test_an_asynchronous_client_is_for_one_event_loop_at_a_time() -> None:
    with FaultServer() as server, connect("async", server.endpoint) as client:
        client.send(post())
        assert isinstance(client.client, AsyncWebPubSubServiceClient)
        with pytest.raises(ValueError, match="another event loop"):
            in_a_new_loop(send_once(client.client))
    assert len(server.requests) == 1
