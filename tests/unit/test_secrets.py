"""No key and no token in any log, span, exception or repr, at any level; and what is useful is there."""

import logging
import re
import traceback
from collections.abc import Iterator
from types import TracebackType
from typing import Any, ClassVar

import pytest
from azure.core.credentials import AzureKeyCredential
from azure.core.exceptions import AzureError, HttpResponseError
from azure.core.rest import HttpRequest
from azure.core.settings import settings

from azure.messaging.webpubsubservice import WebPubSubServiceClient
from azure.messaging.webpubsubservice._logging import (
    SAFE_HEADERS,
    SAFE_QUERY_PARAMETERS,
    loggable_headers,
    redact,
    redact_url,
)
from tests.contract.facts import DEFAULT
from tests.faults import Answer, Disconnect, FaultServer
from tests.unit.clients import KEY, both_clients, connect

JWT = "eyJhbGciOiJIUzI1NiJ9.eyJzdWIiOiJhbGljZSJ9.c2lnbmF0dXJl"
SEND = "/api/hubs/default/:send?api-version=2024-12-01&filter=userId%20eq%20'alice'"
ANSWER = {"Content-Type": "application/json", "x-ms-error-code": "Error.Busy", "x-ms-request-id": "service-1"}


@pytest.fixture
def log(caplog: pytest.LogCaptureFixture) -> Iterator[pytest.LogCaptureFixture]:
    with caplog.at_level(logging.DEBUG):
        yield caplog


def request(url: str = SEND, content: bytes = b'{"Hello":"webpubsub!"}', **headers: str) -> HttpRequest:
    return HttpRequest("POST", url, content=content, headers={"Content-Type": "application/json", **headers})


def secrets(log: pytest.LogCaptureFixture) -> list[str]:
    """Everything in a log that looks like a secret of these tests."""
    return re.findall(rf"{KEY}|eyJ[\w-]+\.[\w-]+\.[\w-]*|secret-\w+", log.text)


@both_clients
@pytest.mark.parametrize("enabled", [True, False])
def test_logs_show_how_requests_went_and_no_secret(
    kind: str, enabled: bool, log: pytest.LogCaptureFixture
) -> None:
    sensitive: Any = {"x-api-key": "secret-1", "Ocp-Apim-Subscription-Key": "secret-2", "Cookie": "secret-3"}
    url = f"/api/x?access_token={JWT}&top=5&sig=secret-4&maxpagesize=10"
    with (
        FaultServer(
            Answer(503, {**ANSWER, "Set-Cookie": "secret-5"}, f'{{"token":"{JWT}"}}'.encode())
        ) as server,
        connect(kind, server.endpoint, logging_enable=enabled) as client,
    ):
        client.send(request(url, **sensitive))
    assert not secrets(log)
    for useful in (
        "top=5",
        "maxpagesize=10",
        f"api-version={DEFAULT}",
        "Error.Busy",
        "service-1",
        "503",
        "202",
        "POST",
    ):
        assert useful in log.text
    assert ("webpubsub!" in log.text) is enabled


@both_clients
def test_each_attempt_is_traced_if_one_call_asks_for_it(kind: str, log: pytest.LogCaptureFixture) -> None:
    with FaultServer(Answer(503)) as server, connect(kind, server.endpoint) as client:
        client.send(request())
        assert "Request body" not in log.text
        client.send(request(), logging_enable=True)
        client.send(request())
    traces = [record for record in log.records if record.name == "azure.messaging.webpubsubservice"]
    assert [record.levelname for record in traces] == ["DEBUG"] * 2
    assert "filter=userId" in traces[0].getMessage()


@both_clients
def test_the_body_of_a_token_request_is_hidden(kind: str, log: pytest.LogCaptureFixture) -> None:
    answer = Answer(200, {"Content-Type": "application/json"}, b'{"token":"secret-opaque"}')
    with FaultServer(otherwise=answer) as server:
        with connect(kind, server.endpoint, logging_enable=True) as client:
            for url in ("/api/hubs/h/:generateToken", "/api/hubs/h/%3AGENERATETOKEN"):
                assert client.send(request(url, b'{"a":"secret-request"}')).json() == {
                    "token": "secret-opaque"
                }
    assert not secrets(log)
    assert log.text.count("\nREDACTED") == 4


@both_clients
def test_traces_of_bodies_are_bounded_and_readable(kind: str, log: pytest.LogCaptureFixture) -> None:
    with FaultServer(otherwise=Answer(200, {"Content-Type": "text/plain"}, b"y" * 9000)) as server:
        with connect(kind, server.endpoint, logging_enable=True) as client:
            client.send(HttpRequest("POST", "/x", content=b"\x00\xff", headers={"Content-Type": "image/png"}))
            response = client.send(HttpRequest("GET", "/x"), stream=True)
            client.call(response, "close")
    assert "(2 bytes)" in log.text
    assert "(9000 bytes)" in log.text
    assert "(streamed)" in log.text
    assert "(none)" in log.text
    assert "y" * 5000 not in log.text


@both_clients
def test_urllib3_and_aiohttp_log_no_token_either(kind: str, log: pytest.LogCaptureFixture) -> None:
    with FaultServer() as server, connect(kind, server.endpoint) as client:
        client.send(HttpRequest("GET", "/client/hubs/h?access_token=secret-opaque&group=g"))
    assert not secrets(log)


def everything_about(error: BaseException) -> str:
    return "".join(traceback.format_exception(error)) + repr(error) + repr(vars(error))


@both_clients
def test_errors_tell_no_secret(kind: str) -> None:
    errors: list[BaseException] = []
    with FaultServer(Disconnect("body"), Answer(404, {}, b"x" * 9, truncate=3), Answer(401)) as server:
        with connect(kind, server.endpoint, retry_total=0) as client:
            for _ in range(2):
                with pytest.raises(AzureError) as caught:
                    client.send(request(f"/x?access_token={JWT}"))
                errors.append(caught.value)
            with pytest.raises(HttpResponseError) as refused:
                client.send(request(f"/x?access_token={JWT}")).raise_for_status()
            errors.append(refused.value)
    with FaultServer(listening=False) as server, connect(kind, server.endpoint, retry_total=0) as client:
        with pytest.raises(AzureError) as caught:
            client.send(request(f"/x?access_token={JWT}"))
        errors.append(caught.value)
    for error in errors:
        text = everything_about(error)
        assert KEY not in text
        assert JWT not in text
        assert "Bearer ey" not in text


@both_clients
def test_reprs_tell_no_secret(kind: str) -> None:
    with FaultServer() as server, connect(kind, server.endpoint) as client:
        response = client.send(request())
        shown = repr(client.client) + repr(response) + repr(response.request)
    assert KEY not in shown
    assert "Bearer" not in shown
    assert repr(client.client) == f"<WebPubSubServiceClient endpoint:'{server.endpoint}'>"


class Span:
    """A span of azure-core's plug-in interface, which keeps what it is given."""

    spans: ClassVar[list["Span"]] = []

    def __init__(self, span: Any = None, name: str = "", **_: Any) -> None:
        self.span_instance = span or self
        self.name = name
        self.attributes: dict[str, Any] = {}
        Span.spans.append(self)

    def add_attribute(self, key: str, value: Any) -> None:
        self.attributes[key] = value

    def set_http_attributes(self, request: Any, response: Any = None) -> None:
        self.attributes["http.url"] = self.attributes["first.url"] = request.url
        self.attributes["http.headers"] = dict(request.headers)
        self.attributes["http.status_code"] = getattr(response, "status_code", None)

    def to_header(self) -> dict[str, str]:
        return {"traceparent": "00-trace-span-01"}

    def finish(self) -> None:
        self.attributes["finished"] = True

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, tb: TracebackType | None
    ) -> None:
        self.attributes["error"] = repr(error)

    @classmethod
    def change_context(cls, _: Any) -> Any:
        import contextlib  # noqa: PLC0415

        return contextlib.nullcontext()

    @classmethod
    def get_current_span(cls) -> Any:
        return None


@pytest.fixture
def spans(monkeypatch: pytest.MonkeyPatch) -> Iterator[list[Span]]:
    monkeypatch.setattr(Span, "spans", [])
    settings.tracing_implementation.set_value(Span)  # type: ignore[arg-type]
    settings.tracing_enabled.set_value(True)
    yield Span.spans
    settings.tracing_implementation.unset_value()
    settings.tracing_enabled.unset_value()


@both_clients
def test_spans_hold_no_secret(kind: str, spans: list[Span]) -> None:
    with (
        FaultServer(Answer(503), Answer(202), Disconnect("body")) as server,
        connect(kind, server.endpoint) as client,
    ):
        client.send(request(f"/x?access_token=secret-opaque&token={JWT}&top=5"))
        with pytest.raises(AzureError):
            client.send(request("/x?access_token=secret-opaque"))
    assert [span.attributes["http.status_code"] for span in spans] == [503, 202, None]
    assert server.requests[0].header("traceparent") == "00-trace-span-01"
    for span in spans:
        shown = {name: value for name, value in span.attributes.items() if name != "http.headers"}
        assert "secret-opaque" not in repr(shown)
        assert JWT not in repr(shown)
        assert "REDACTED" in span.attributes["http.url"]
        assert "Bearer ey" not in repr(span.attributes)


@both_clients
def test_options_of_tracing_are_taken_though_it_is_off(kind: str) -> None:
    options: dict[str, Any] = {"tracing_options": {"enabled": False}, "tracing_attributes": {"a": "b"}}
    with FaultServer() as server, connect(kind, server.endpoint) as client:
        assert client.send(request(), network_span_namer=repr, **options).status_code == 202


# What is secret, written out: the lists of the package are patterns, and these are what they must find.
SECRET_NAMES = [
    "Authorization",
    "Proxy-Authorization",
    "x-ms-authorization-auxiliary",
    "Cookie",
    "Set-Cookie",
]
SECRET_NAMES += ["access_token", "token", "id_token", "awps_reconnection_token", "client_secret", "password"]
SECRET_NAMES += [
    "signature",
    "X-Amz-Credential",
    "apikey",
    "api-key",
    "x-api-key",
    "x-functions-key",
    "AccessKey",
]
SECRET_NAMES += ["Ocp-Apim-Subscription-Key", "key", "sig", "code"]
HARMLESS_NAMES = [
    "api-version",
    "filter",
    "top",
    "maxpagesize",
    "group",
    "userId",
    "keyboard",
    "monkey",
    "design",
]
HARMLESS_NAMES += ["encoded", "decode", "continuationToken", "x-ms-request-id", "Content-Type", "Retry-After"]


@pytest.mark.parametrize("name", SECRET_NAMES)
@pytest.mark.parametrize("spell", [str, str.upper, str.lower])
def test_each_secret_name_is_hidden_in_urls_headers_and_spans(name: str, spell: Any) -> None:
    name = spell(name)
    assert redact_url(f"/x?a=b&{name}=secret-1") == f"/x?a=b&{name}=REDACTED"
    assert loggable_headers({name: "secret-1"}) == f"\n    {name!r}: 'REDACTED'"


@pytest.mark.parametrize("name", HARMLESS_NAMES)
def test_each_harmless_name_is_shown(name: str) -> None:
    assert redact_url(f"/x?{name}=useful") == f"/x?{name}=useful"


@both_clients
@pytest.mark.parametrize("name", [*SAFE_QUERY_PARAMETERS, "mine"])
def test_each_safe_query_parameter_is_in_the_log(kind: str, name: str, log: pytest.LogCaptureFixture) -> None:
    with FaultServer() as server:
        with connect(kind, server.endpoint, additional_allowed_query_params=["mine"]) as client:
            client.send(request(f"/x?{name}=useful&unknown=hidden"))
    assert f"{name}=useful" in log.text
    assert "hidden" not in log.text


@both_clients
@pytest.mark.parametrize("name", SAFE_HEADERS)
def test_each_safe_header_is_in_the_log(kind: str, name: str, log: pytest.LogCaptureFixture) -> None:
    with FaultServer(Answer(200, {name: "0.125", "X-Unknown": "hidden"})) as server:
        with connect(kind, server.endpoint) as client:
            client.send(request())
    assert f"'{name}': '0.125'" in log.text
    assert "hidden" not in log.text


@both_clients
def test_what_a_server_repeats_in_headers_is_hidden(kind: str, log: pytest.LogCaptureFixture) -> None:
    headers = {
        "Location": f"https://h/x?access_token={JWT}&sig=secret-1",
        "WWW-Authenticate": f"Bearer {JWT}",
        "x-ms-request-id": JWT,
    }
    with FaultServer(Answer(302, headers)) as server, connect(kind, server.endpoint) as client:
        client.send(request(), logging_enable=True, permit_redirects=False)
    assert log.text.count("Location") == log.text.count("WWW-Authenticate") == 2
    assert "secret-1" not in log.text
    assert JWT not in log.text


@pytest.mark.parametrize(
    "text",
    [
        f"Bearer {JWT}",
        f"glued{JWT}glued",
        f"%20{JWT}%20",
        f"eyJeyJ.{JWT}",
        "proxy_auth=BasicAuth(login='user', password='secret-1', encoding='latin1')",
        "Proxy-Authorization: Basic c2VjcmV0LTE6c2VjcmV0LTE=",
        "Authorization: bearer secret-1",
        "wss://h/client/hubs/h?access_token=secret-1&x=y",
        "Endpoint=https://h;AccessKey=secret-1;Version=1.0;",
        '{"access_token": "secret-1"}',
        "awps_reconnection_token=secret-1",
        "502, message='Bad Gateway', url='http://user:secret-1@proxy:8080'",
    ],
)
def test_free_text_is_searched_for_secrets(text: str) -> None:
    safe = redact(text)
    assert "secret-1" not in safe
    assert JWT not in safe
    assert "REDACTED" in safe


@pytest.mark.parametrize(
    ("url", "safe"),
    [
        ("https://h/x", "https://h/x"),
        ("https://u:p@h/x?access_token=t", "https://REDACTED@h/x?access_token=REDACTED"),
        ("/x?a=b&Access_Token=t&top=5", "/x?a=b&Access_Token=REDACTED&top=5"),
        ("/x?continuationToken=abc&key=k&monkey=m", "/x?continuationToken=abc&key=REDACTED&monkey=m"),
        (f"/x?a={JWT}", "/x?a=REDACTED"),
    ],
)
def test_urls_lose_their_secrets_and_nothing_else(url: str, safe: str) -> None:
    assert redact_url(url) == safe


def test_constructors_tell_no_key() -> None:
    wrong: list[dict[str, Any]] = [{"endpoint": "no url"}, {"endpoint": "https://h", "hub": "h"}]
    for arguments in wrong:
        with pytest.raises((TypeError, ValueError)) as caught:
            WebPubSubServiceClient(credential=AzureKeyCredential(KEY), **arguments)
        assert KEY not in everything_about(caught.value)
    with pytest.raises(ValueError, match="Endpoint") as caught:
        WebPubSubServiceClient.from_connection_string(f"AccessKey={KEY}")
    assert KEY not in str(caught.value)
