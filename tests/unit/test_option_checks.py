"""Every option of clients and calls: what it takes, what it refuses, and that unset never means "off"."""

import logging
import math
import re
import ssl
from pathlib import Path
from typing import Any

import aiohttp
import pytest
import requests
from azure.core.credentials import AzureKeyCredential
from azure.core.pipeline.policies import (
    AsyncRetryPolicy,
    CustomHookPolicy,
    HeadersPolicy,
    HttpLoggingPolicy,
    NetworkTraceLoggingPolicy,
    ProxyPolicy,
    RequestIdPolicy,
    RetryMode,
    RetryPolicy,
    SansIOHTTPPolicy,
    UserAgentPolicy,
)
from azure.core.pipeline.transport import AioHttpTransport, RequestsTransport
from azure.core.rest import HttpRequest

from azure.messaging.webpubsubservice import ClientOptions, RequestOptions, WebPubSubServiceClient
from azure.messaging.webpubsubservice._option_checks import checked_call_options, checked_client_options
from azure.messaging.webpubsubservice.aio import WebPubSubServiceClient as AsyncWebPubSubServiceClient
from tests.contract.facts import DEFAULT
from tests.faults import FaultServer
from tests.unit.clients import KEY, both_clients, connect


def written(value: object) -> str:
    """Return how a value is written, without its address, which differs from process to process."""
    return re.sub(" at 0x[0-9a-f]+", "", repr(value))


CLIENTS = [WebPubSubServiceClient, AsyncWebPubSubServiceClient]
CALL_NAMES = sorted(RequestOptions.__annotations__)
CLIENT_NAMES = sorted(ClientOptions.__annotations__)


class Policy(SansIOHTTPPolicy[Any, Any]):
    """Does nothing."""


# A value of each option that a call takes.
VALUES: dict[str, Any] = {
    "auto_request_id": True,
    "connection_cert": None,
    "connection_timeout": 5,
    "connection_verify": True,
    "enforce_https": False,
    "headers": {"X-Mine": "1"},
    "http_logging_level": logging.DEBUG,
    "logger": logging.getLogger("tests"),
    "logging_enable": True,
    "network_span_namer": repr,
    "permit_redirects": False,
    "proxies": {},
    "raw_request_hook": lambda _: None,
    "raw_response_hook": lambda _: None,
    "read_timeout": 5.5,
    "redirect_across_origins": True,
    "redirect_max": 0,
    "request_id": "mine",
    "retry_backoff_factor": 0,
    "retry_backoff_max": 0.5,
    "retry_connect": 0,
    "retry_on_methods": ["post"],
    "retry_read": 1,
    "retry_status": 1,
    "retry_total": 0,
    "timeout": 30,
    "tracing_attributes": {"a": "b"},
    "tracing_options": {"enabled": False},
    "user_agent": "mine/1",
    "user_agent_overwrite": True,
}

# A value of each option that only a client takes.
CLIENT_VALUES: dict[str, Any] = {
    "additional_allowed_query_params": ["a"],
    "connection_data_block_size": 1,
    "connection_pool_size": 1,
    "enable_cae": True,
    "instrumentation_config": {},
    "redirect_on_status_codes": [305],
    "redirect_remove_headers": ["X-Mine"],
    "request_id_header_name": "X-Id",
    "retry_mode": RetryMode.Fixed,
    "retry_on_status_codes": (418,),
    "sdk_moniker": "mine/1",
    "session_owner": False,
    "use_env_settings": False,
    "user_agent_use_env": False,
    "custom_hook_policy": CustomHookPolicy(),
    "headers_policy": HeadersPolicy(),
    "http_logging_policy": HttpLoggingPolicy(),
    "logging_policy": NetworkTraceLoggingPolicy(),
    "proxy_policy": ProxyPolicy(),
    "request_id_policy": RequestIdPolicy(),
    "user_agent_policy": UserAgentPolicy(),
    "authentication_policy": Policy(),
    "per_call_policies": [Policy()],
    "per_retry_policies": Policy(),
}
# What differs between the clients, or is tried elsewhere.
BY_KIND: dict[str, dict[str, Any]] = {
    "sync": {"retry_policy": RetryPolicy(), "redirect_policy": Policy(), "transport": RequestsTransport()},
    "async": {
        "retry_policy": AsyncRetryPolicy(),
        "redirect_policy": Policy(),
        "transport": AioHttpTransport(),
    },
}
TRIED_ELSEWHERE = {"session", "policies"}


def test_the_tables_name_every_option() -> None:
    known = {*VALUES, *CLIENT_VALUES, *BY_KIND["sync"], *TRIED_ELSEWHERE}
    assert set(CALL_NAMES) - set(VALUES) == set()
    assert {name for name in CLIENT_NAMES if name not in known} == set()


@both_clients
@pytest.mark.parametrize("name", CALL_NAMES)
def test_each_option_of_a_call_is_taken_and_none_reaches_the_transport_by_mistake(
    kind: str, name: str
) -> None:
    with FaultServer() as server, connect(kind, server.endpoint) as client:
        assert client.send(HttpRequest("GET", "/x"), **{name: VALUES[name]}).status_code == 202
    assert len(server.requests) == 1


@both_clients
@pytest.mark.parametrize("name", sorted({*VALUES, *CLIENT_VALUES, *BY_KIND["sync"]} & {*CLIENT_NAMES}))
def test_each_option_of_a_client_is_taken(kind: str, name: str) -> None:
    value = {**VALUES, **CLIENT_VALUES, **BY_KIND[kind]}[name]
    with FaultServer() as server, connect(kind, server.endpoint, **{name: value}) as client:
        assert client.send(HttpRequest("GET", "/x")).status_code == 202
    assert len(server.requests) == 1


@both_clients
@pytest.mark.parametrize("name", CLIENT_NAMES)
def test_none_is_the_default_whatever_the_option(kind: str, name: str) -> None:
    with FaultServer() as server:
        option: Any = {name: None}
        with connect(kind, server.endpoint, **option) as client:
            request: Any = {name: None} if name in CALL_NAMES else {}
            assert client.send(HttpRequest("GET", "/x"), **request).status_code == 202
    [seen] = server.requests
    assert seen.header("Authorization")
    assert seen.header("User-Agent")
    assert seen.header("x-ms-client-request-id")


def test_options_that_are_none_are_not_there() -> None:
    assert checked_client_options(dict.fromkeys(CLIENT_NAMES)) == {}
    assert checked_call_options(dict.fromkeys(CALL_NAMES), for_others=False) == {}


BOOLEANS = [
    "auto_request_id",
    "enable_cae",
    "enforce_https",
    "logging_enable",
    "permit_redirects",
    "redirect_across_origins",
    "session_owner",
    "use_env_settings",
    "user_agent_overwrite",
    "user_agent_use_env",
]
COUNTS = ["redirect_max", "retry_connect", "retry_read", "retry_status", "retry_total", "http_logging_level"]
LIMITS = ["connection_timeout", "read_timeout", "timeout"]
WAITS = ["retry_backoff_factor", "retry_backoff_max"]
TEXTS = ["request_id", "request_id_header_name", "sdk_moniker", "user_agent"]
LISTS = [
    "additional_allowed_query_params",
    "redirect_on_status_codes",
    "redirect_remove_headers",
    "retry_on_methods",
    "retry_on_status_codes",
]
POLICIES = [name for name in CLIENT_NAMES if name.endswith(("_policy", "policies"))]
CALLABLES = ["network_span_namer", "raw_request_hook", "raw_response_hook"]
MAPPINGS = ["headers", "instrumentation_config", "proxies", "tracing_attributes", "tracing_options"]


def rows(
    names: str | list[str], error: type[Exception], *values: Any
) -> list[tuple[str, Any, type[Exception]]]:
    names = [names] if isinstance(names, str) else names
    return [(name, value, error) for name in names for value in values]


REFUSED = [
    *rows(BOOLEANS, TypeError, "", "false", 0, 1, [], ()),
    *rows(COUNTS, TypeError, "", "3", 1.0, True, False, []),
    *rows(COUNTS, ValueError, -1),
    *rows(LIMITS + WAITS, TypeError, "", "5", (5, 5), True, False, []),
    *rows(LIMITS + WAITS, ValueError, -1, -0.1, math.nan, -math.inf),
    *rows(LIMITS, ValueError, 0, 0.0),
    *rows(WAITS, ValueError, math.inf),
    *rows(TEXTS, TypeError, 0, b"x", [], False),
    *rows(TEXTS, ValueError, "", "a\r\nb", "a\x00", "\u20ac"),
    *rows(LISTS, TypeError, "", "POST", 0, b"x", {}, [None], [True]),
    *rows("retry_on_methods", ValueError, []),
    *rows("retry_on_status_codes", TypeError, ["503"]),
    *rows("retry_mode", ValueError, "sometimes", ""),
    *rows(POLICIES, TypeError, "", 0, False),
    *rows(CALLABLES, TypeError, "", 0, False, []),
    *rows(MAPPINGS, TypeError, "", 0, False, [], [("a", "b")]),
    *rows("headers", TypeError, {"X": 1}, {"X": None}),
    *rows("headers", ValueError, {"X": "a\r\nY: b"}, {"X Y": "b"}, {"": "b"}, {"X:": "b"}),
    *rows("proxies", ValueError, {"https": ""}),
    *rows("proxies", TypeError, {"https": 8080}),
    *rows("connection_verify", ValueError, "", "nowhere.pem"),
    *rows("connection_verify", TypeError, 0, 1, [], b"ca.pem"),
    *rows(
        "connection_cert",
        ValueError,
        "",
        (),
        (__file__, ""),
        ("a", "b", "c"),
        "nowhere.pem",
        (__file__, "nowhere"),
    ),
    *rows("connection_cert", TypeError, 0, False, {}),
    *rows(["connection_data_block_size", "connection_pool_size"], ValueError, 0, -1),
    *rows(["connection_data_block_size", "connection_pool_size"], TypeError, "1", 1.0, True),
    *rows("logger", TypeError, "azure", 0, False),
    *rows(["transport", "session"], TypeError, "", 0, False, object()),
]


@pytest.mark.parametrize("client", CLIENTS, ids=["sync", "async"])
@pytest.mark.parametrize(("name", "value", "error"), REFUSED, ids=written)
def test_a_value_that_makes_no_sense_is_refused_at_construction(
    client: Any, name: str, value: Any, error: type[Exception]
) -> None:
    with pytest.raises(error, match=name):
        client("https://h", AzureKeyCredential(KEY), **{name: value})


@both_clients
@pytest.mark.parametrize(
    ("name", "value", "error"), [row for row in REFUSED if row[0] in CALL_NAMES], ids=written
)
def test_a_value_that_makes_no_sense_is_refused_at_a_call_before_anything_is_signed(
    kind: str, name: str, value: Any, error: type[Exception]
) -> None:
    signed: list[Any] = []
    with FaultServer() as server, connect(kind, server.endpoint, raw_request_hook=signed.append) as client:
        with pytest.raises(error, match=name):
            client.send(HttpRequest("GET", "/x"), **{name: value})
    assert not signed
    assert not server.requests


@pytest.mark.parametrize("client", CLIENTS, ids=["sync", "async"])
@pytest.mark.parametrize(
    ("arguments", "error"),
    [
        ({"credential_scopes": ""}, ValueError),
        ({"credential_scopes": []}, ValueError),
        ({"credential_scopes": [""]}, ValueError),
        ({"credential_scopes": 0}, TypeError),
        ({"credential_scopes": b"x"}, TypeError),
        ({"api_version": ""}, ValueError),
        ({"api_version": 0}, ValueError),
        ({"reverse_proxy_endpoint": ""}, ValueError),
        ({"reverse_proxy_endpoint": 0}, TypeError),
        ({"endpoint": ""}, ValueError),
        ({"endpoint": 0}, TypeError),
        ({"credential": ""}, TypeError),
        ({"credential": 0}, TypeError),
    ],
    ids=written,
)
def test_the_named_arguments_are_refused_likewise(
    client: Any, arguments: dict[str, Any], error: type[Exception]
) -> None:
    with pytest.raises(error, match=next(iter(arguments))):
        client(**{"endpoint": "https://h", "credential": AzureKeyCredential(KEY), **arguments})


@pytest.mark.parametrize("client", CLIENTS, ids=["sync", "async"])
def test_the_named_arguments_have_defaults_too(client: Any) -> None:
    unset = dict.fromkeys(("reverse_proxy_endpoint", "api_version", "credential_scopes"))
    assert client("https://h", AzureKeyCredential(KEY), **unset).api_version == DEFAULT


@pytest.mark.parametrize(
    ("name", "value"),
    [
        ("connection_verify", ssl.create_default_context()),
        ("connection_verify", Path(__file__)),
        ("connection_cert", Path(__file__)),
        ("connection_cert", [__file__, Path(__file__)]),
        ("session", requests.Session()),
        ("logger", logging.LoggerAdapter(logging.getLogger("tests"), {})),
        ("retry_mode", "FIXED"),
        ("headers", {"X": ""}),
        ("headers", {"X": "\xe9\t"}),
        ("policies", []),
        *((name, math.inf) for name in LIMITS),
    ],
    ids=written,
)
def test_every_kind_of_value_is_taken(name: str, value: Any) -> None:
    assert name in checked_client_options({name: value})


def test_lists_may_be_used_up() -> None:
    checked = checked_client_options(
        {"retry_on_methods": iter(["post"]), "retry_on_status_codes": iter([418])}
    )
    assert checked == {"retry_on_methods": ("post",), "retry_on_status_codes": (418,)}


@both_clients
@pytest.mark.parametrize(
    ("name", "hint"),
    [
        ("retry_totl", r"Did you mean retry_total\?"),
        ("permit_redirect", r"Did you mean permit_redirects\?"),
        ("streem", "streem"),
        ("retry_mode", "an option of the client's constructor"),
        ("transport", "an option of the client's constructor"),
    ],
)
def test_a_misspelt_option_of_a_call_is_refused_before_anything_is_signed(
    kind: str, name: str, hint: str
) -> None:
    signed: list[Any] = []
    with FaultServer() as server, connect(kind, server.endpoint, raw_request_hook=signed.append) as client:
        with pytest.raises(TypeError, match=hint):
            client.send(HttpRequest("GET", "/x"), **{name: 1})
    assert not signed
    assert not server.requests


class Taking(SansIOHTTPPolicy[Any, Any]):
    """Takes an option of its own."""

    def on_request(self, request: Any) -> None:
        request.http_request.headers["X-Mine"] = request.context.options.pop("my_option")


@both_clients
def test_a_policy_of_the_callers_may_take_options_of_its_own(kind: str) -> None:
    with FaultServer() as server, connect(kind, server.endpoint, per_call_policies=[Taking()]) as client:
        client.send(HttpRequest("GET", "/x"), my_option="1")
        with pytest.raises(TypeError, match="'another'"):  # the transport refuses what nobody took
            client.send(HttpRequest("GET", "/x"), my_option="1", another="2")
    assert [seen.header("X-Mine") for seen in server.requests] == ["1"]


async def test_a_session_of_aiohttp_is_taken() -> None:
    async with aiohttp.ClientSession() as session:
        assert checked_client_options({"session": session}) == {"session": session}
