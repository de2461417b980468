"""Where credentials go: to the service, or through its reverse proxy, and nowhere else."""

import time
import traceback
from typing import Any

import pytest
from azure.core.credentials import AccessToken
from azure.core.exceptions import DecodeError, ServiceRequestError, TooManyRedirectsError
from azure.core.rest import HttpRequest

from azure.messaging.webpubsubservice import WebPubSubServiceClient
from azure.messaging.webpubsubservice._flows import CREDENTIAL_HEADERS
from azure.messaging.webpubsubservice.aio import WebPubSubServiceClient as AsyncWebPubSubServiceClient
from tests.contract.facts import DEFAULT
from tests.faults import Answer, FaultServer, Request, Step, authorized, redirect
from tests.unit.clients import KEY, both_clients, connect

SEND = "/api/hubs/default/:send?api-version=2024-12-01"
TOKEN = "an-entra-token-made-up-for-these-tests"


def request(method: str = "POST", url: str = SEND, **headers: str) -> HttpRequest:
    return HttpRequest(method, url, content=b"hello" if method == "POST" else None, headers=headers)


class TokenCredential:
    """Microsoft Entra, as far as a client sees it."""

    def __init__(self) -> None:
        self.scopes: list[tuple[str, ...]] = []
        self.claims: list[str | None] = []

    def get_token(self, *scopes: str, claims: str | None = None, **_: Any) -> AccessToken:
        self.scopes.append(scopes)
        self.claims.append(claims)
        return AccessToken(TOKEN, int(time.time()) + 3600)


class AsyncTokenCredential(TokenCredential):
    """The same, with a coroutine."""

    async def get_token(self, *scopes: str, **options: Any) -> AccessToken:  # type: ignore[override]
        return super().get_token(*scopes, **options)


def entra(kind: str) -> TokenCredential:
    return TokenCredential() if kind == "sync" else AsyncTokenCredential()


@both_clients
@pytest.mark.parametrize("status", [307, 308])
def test_a_redirect_elsewhere_loses_every_credential(kind: str, status: int) -> None:
    with FaultServer() as other, FaultServer(redirect(f"{other.endpoint}/x", status)) as server:
        with connect(kind, server.endpoint, redirect_across_origins=True) as client:
            headers = dict.fromkeys(CREDENTIAL_HEADERS, "secret")
            assert client.send(request(**headers)).status_code == 202
    assert server.requests[0].header("Authorization")
    [seen] = other.requests
    assert (seen.target, seen.body) == ("/x", b"hello")
    assert [seen.header(name) for name in CREDENTIAL_HEADERS] == [None] * len(CREDENTIAL_HEADERS)


@both_clients
def test_a_redirect_within_the_service_is_signed_anew(kind: str) -> None:
    steps = [redirect("/elsewhere?a=b"), redirect("https://h:1/never", 302)]
    with (
        FaultServer(*steps[:1], otherwise=authorized(KEY)) as server,
        connect(kind, server.endpoint) as client,
    ):
        assert client.send(request()).status_code == 202
    assert server.requests[1].target == "/elsewhere?a=b"


@both_clients
@pytest.mark.parametrize(
    ("location", "target"),
    [
        ("{endpoint}?next=/a/b", "/?next=/a/b"),
        ("{endpoint}", "/"),
        ("//{host}/a", "/a"),
        ("sibling?a", "/api/hubs/default/sibling?a"),
        ("../x", "/api/hubs/x"),
        ("?only=query", "/api/hubs/default/:send?only=query"),
        ("/a b#fragment", "/a%20b"),
    ],
)
def test_a_location_is_resolved_as_http_says(kind: str, location: str, target: str) -> None:
    with FaultServer(otherwise=authorized(KEY)) as server, connect(kind, server.endpoint) as client:
        server.script(redirect(location.format(endpoint=server.endpoint, host=server.endpoint[7:])))
        assert client.send(request()).status_code == 202
    assert server.requests[1].target == target


@both_clients
@pytest.mark.parametrize("location", ["ftp://127.0.0.1/x", "mailto:a@b", "http://[::1"])
def test_a_location_where_no_request_can_go_is_the_callers(kind: str, location: str) -> None:
    with FaultServer(redirect(location)) as server, connect(kind, server.endpoint) as client:
        assert client.send(request()).status_code == 307


@both_clients
def test_a_redirect_back_home_is_signed_again(kind: str) -> None:
    with FaultServer() as server, FaultServer(redirect(f"{server.endpoint}/home")) as other:
        server.script(redirect(f"{other.endpoint}/away"), authorized(KEY))
        with connect(kind, server.endpoint) as client:
            headers = {"Ocp-Apim-Subscription-Key": "secret"}
            assert client.send(request("GET", **headers)).status_code == 202
    assert other.requests[0].header("Authorization") is None
    assert other.requests[0].header("Ocp-Apim-Subscription-Key") is None
    assert server.requests[1].header("Ocp-Apim-Subscription-Key") == "secret"


@both_clients
def test_redirects_can_be_refused_and_are_bounded(kind: str) -> None:
    with FaultServer(otherwise=redirect("/again")) as server, connect(kind, server.endpoint) as client:
        assert client.send(request(), permit_redirects=False).status_code == 307
        with pytest.raises(TooManyRedirectsError):
            client.send(request(), redirect_max=2)
    assert len(server.requests) == 4


@both_clients
def test_a_send_is_not_redirected_by_302_and_loses_its_body_by_303(kind: str) -> None:
    with (
        FaultServer(redirect("/x", 302), redirect("/x", 303)) as server,
        connect(kind, server.endpoint) as client,
    ):
        assert client.send(request()).status_code == 302
        assert client.send(request()).status_code == 202
    assert (server.requests[2].method, server.requests[2].body) == ("GET", b"")


@both_clients
@pytest.mark.parametrize("base", ["", "/", "/own/base"])
@pytest.mark.parametrize("proxy_base", ["", "/", "/apim/"])
def test_the_proxy_gets_the_request_and_the_service_is_the_audience(
    kind: str, base: str, proxy_base: str
) -> None:
    service = f"http://service.example:8080{base}"
    with FaultServer() as proxy:
        with connect(kind, service, reverse_proxy_endpoint=proxy.endpoint + proxy_base) as client:
            for url in (SEND, f"{service.rstrip('/')}{SEND}"):
                assert client.send(request(url=url)).status_code == 202
    for seen in proxy.requests:
        assert seen.target == proxy_base.rstrip("/") + SEND
        seen.claims(KEY, url=service.rstrip("/") + SEND)


@both_clients
def test_behind_a_proxy_each_attempt_and_redirect_is_for_the_service(kind: str) -> None:
    service = "https://service.example"

    def check(request: Request) -> Step:
        request.claims(KEY, url=service + request.target.removeprefix("/apim"))
        return Answer(202)

    with FaultServer(Answer(503), redirect("/apim/moved"), otherwise=check) as proxy:
        with connect(kind, service, reverse_proxy_endpoint=f"{proxy.endpoint}/apim") as client:
            assert client.send(request()).status_code == 202
    assert [seen.target for seen in proxy.requests] == ["/apim" + SEND, "/apim" + SEND, "/apim/moved"]


def moved_by_hook(path: str) -> Any:
    def hook(request: Any) -> None:
        request.http_request.url = request.http_request.url.partition("/api")[0] + path

    return hook


@both_clients
def test_a_url_that_a_hook_changes_is_signed_as_it_is_sent(kind: str) -> None:
    with FaultServer(otherwise=authorized(KEY)) as server, connect(kind, server.endpoint) as client:
        assert client.send(request(), raw_request_hook=moved_by_hook("/hooked?a=b")).status_code == 202
    assert server.requests[0].target == "/hooked?a=b"


@both_clients
def test_a_header_that_a_hook_changes_is_sent_as_it_is(kind: str) -> None:
    def hook(request: Any) -> None:
        assert request.http_request.headers["Authorization"].startswith("Bearer ")
        request.http_request.headers["Authorization"] = "Bearer other"

    with FaultServer() as server, connect(kind, server.endpoint, raw_request_hook=hook) as client:
        client.send(request())
    assert server.requests[0].header("Authorization") == "Bearer other"


@both_clients
def test_a_hook_cannot_send_the_credential_elsewhere(kind: str) -> None:
    with FaultServer() as other, FaultServer() as server, connect(kind, server.endpoint) as client:

        def hook(request: Any) -> None:
            request.http_request.url = f"{other.endpoint}/x"

        client.send(request(), raw_request_hook=hook)
    assert other.requests[0].header("Authorization") is None
    assert not server.requests


@both_clients
def test_entra_tokens_are_asked_for_with_the_services_scope_and_kept(kind: str) -> None:
    credential = entra(kind)
    with FaultServer() as server, connect(kind, server.endpoint, credential=credential) as client:
        for _ in range(2):
            assert client.send(request(), enforce_https=False).status_code == 202
    assert [seen.header("Authorization") for seen in server.requests] == [f"Bearer {TOKEN}"] * 2
    assert credential.scopes == [("https://webpubsub.azure.com/.default",)]


@both_clients
@pytest.mark.parametrize(
    "scopes", ["https://webpubsub.azure.cn/.default", ["https://webpubsub.azure.cn/.default"]]
)
def test_the_scope_can_be_another_clouds(kind: str, scopes: Any) -> None:
    credential = entra(kind)
    with FaultServer() as server:
        with connect(kind, server.endpoint, credential=credential, credential_scopes=scopes) as client:
            client.send(request(), enforce_https=False)
    assert credential.scopes == [("https://webpubsub.azure.cn/.default",)]


@both_clients
def test_entra_tokens_do_not_go_over_plain_http(kind: str) -> None:
    credential = entra(kind)
    with FaultServer() as server, connect(kind, server.endpoint, credential=credential) as client:
        with pytest.raises(ServiceRequestError, match=r"endpoint is not https://.*enforce_https=False"):
            client.send(request())
    with FaultServer() as proxy:
        options: dict[str, Any] = {"credential": credential, "reverse_proxy_endpoint": proxy.endpoint}
        with connect(kind, "https://service.example", **options) as client:
            with pytest.raises(ServiceRequestError, match="reverse_proxy_endpoint is not https://"):
                client.send(request())
    assert not server.requests
    assert not proxy.requests


@both_clients
def test_entra_tokens_are_not_redirected_elsewhere_and_no_challenge_fetches_them(kind: str) -> None:
    credential = entra(kind)
    challenge = Answer(401, {"WWW-Authenticate": 'Bearer error="insufficient_claims", claims="eyJhIjoxfQ=="'})
    with FaultServer(challenge) as other, FaultServer(redirect(f"{other.endpoint}/x")) as server:
        with connect(kind, server.endpoint, credential=credential) as client:
            assert client.send(request("GET"), enforce_https=False).status_code == 401
    assert [seen.header("Authorization") for seen in other.requests] == [None]
    assert len(credential.scopes) == 1


@both_clients
def test_a_challenge_of_the_service_is_answered(kind: str) -> None:
    credential = entra(kind)
    challenge = Answer(401, {"WWW-Authenticate": 'Bearer error="insufficient_claims", claims="eyJhIjoxfQ=="'})
    with FaultServer(challenge) as server, connect(kind, server.endpoint, credential=credential) as client:
        assert client.send(request(), enforce_https=False).status_code == 202
    assert credential.claims == [None, '{"a":1}']
    assert [seen.body for seen in server.requests] == [b"hello"] * 2


@both_clients
def test_a_credential_that_fails_is_asked_once(kind: str) -> None:
    credential = entra(kind)
    asked = []

    def fail(*_: Any, **__: Any) -> AccessToken:
        asked.append(1)
        raise ServiceRequestError("no way to login.example")

    async def fail_async(*_: Any, **__: Any) -> AccessToken:
        return fail()

    credential.get_token = fail if kind == "sync" else fail_async  # type: ignore[method-assign, assignment]
    with FaultServer() as server, connect(kind, server.endpoint, credential=credential) as client:
        with pytest.raises(ServiceRequestError, match=r"login\.example"):
            client.send(request(), enforce_https=False)
    assert len(asked) == 1
    assert not server.requests


@both_clients
def test_with_entra_the_service_makes_clients_tokens(kind: str) -> None:
    answer = Answer(200, {"Content-Type": "application/json"}, b'{"token":"made-by-the-service"}')
    service = "https://service.example"
    with FaultServer(otherwise=answer) as proxy:
        options: dict[str, Any] = {"credential": entra(kind), "reverse_proxy_endpoint": proxy.endpoint}
        options["enforce_https"] = False
        with connect(kind, service, **options) as client:
            token = client.token(
                "hub",
                user_id="al/ice",
                roles=["r1", "r2"],
                groups=["g&1"],
                minutes_to_expire=5,
                client_protocol="mqtt",
            )
            client.token("hub")
    base = "wss://service.example/clients/mqtt/hubs/hub"
    assert token == {
        "baseUrl": base,
        "token": "made-by-the-service",
        "url": f"{base}?access_token=made-by-the-service",
    }
    first, second = proxy.requests
    assert first.method == "POST"
    path, _, query = first.target.partition("?")
    assert path == "/api/hubs/hub/:generateToken"
    assert set(query.split("&")) == {
        "userId=al%2Fice",
        "role=r1",
        "role=r2",
        "group=g%261",
        "minutesToExpire=5",
        "clientType=MQTT",
        f"api-version={DEFAULT}",
    }
    assert set(second.target.partition("?")[2].split("&")) >= {"minutesToExpire=60", f"api-version={DEFAULT}"}


@both_clients
@pytest.mark.parametrize(
    "body", [b"<html>sign in</html>", b"[]", b'{"Token": "made-up"}', b'{"token": null}', b""]
)
def test_an_answer_without_a_token_is_an_error_that_does_not_show_it(kind: str, body: bytes) -> None:
    with FaultServer(Answer(200, {}, body)) as server:
        with connect(kind, server.endpoint, credential=entra(kind), enforce_https=False) as client:
            with pytest.raises(DecodeError, match="responded with 200 but without a token") as raised:
                client.token("hub")
    assert "made-up" not in "".join(traceback.format_exception(raised.value))


@both_clients
def test_headers_for_tokens_need_a_key(kind: str) -> None:
    with connect(kind, "https://h", credential=entra(kind)) as client:
        with pytest.raises(ValueError, match="jwt_headers"):
            client.token("hub", jwt_headers={"kid": "1"})


@both_clients
def test_a_key_signs_clients_tokens_without_a_request(kind: str) -> None:
    with FaultServer() as server, connect(kind, server.endpoint) as client:
        token = client.token("hub", user_id="alice", expires_in="PT5M")
    assert token["baseUrl"] == f"ws{server.endpoint[4:]}/client/hubs/hub"
    assert not server.requests


def test_credentials_of_the_other_kind_are_refused() -> None:
    wrong: Any = AsyncTokenCredential()
    with pytest.raises(TypeError, match=r"is asynchronous.*\.aio\."):
        WebPubSubServiceClient(endpoint="https://h", credential=wrong)
    wrong = TokenCredential()
    with pytest.raises(TypeError, match=r"is synchronous.*azure\.identity\.aio"):
        AsyncWebPubSubServiceClient(endpoint="https://h", credential=wrong)
