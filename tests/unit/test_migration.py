"""What other releases had works, or is answered with what to write instead."""

import importlib
import inspect
from collections.abc import Callable
from datetime import timedelta
from typing import Any

import jwt
import pytest
from azure.core.credentials import AzureKeyCredential

from azure.messaging import webpubsubservice
from azure.messaging.webpubsubservice import WebPubSubServiceClient, aio, rest
from azure.messaging.webpubsubservice._migration import _ELSEWHERE, _GONE, _OPERATIONS

KEY = "made-up-key-of-more-than-32-bytes-0123456789"
CONNECTION_STRING = f"Endpoint=https://h.example;AccessKey={KEY};Version=1.0;"
PACKAGE = "azure.messaging.webpubsubservice"
CLIENTS: dict[str, type[Any]] = {"sync": WebPubSubServiceClient, "async": aio.WebPubSubServiceClient}

# A method of a client up to 1.3.0: its builder and the arguments of that.
METHODS = {
    "add_connection_to_group": "build_add_connection_to_group_request(hub, group, connection_id)",
    "add_connections_to_groups": "build_add_connections_to_groups_request(hub, json=...)",
    "add_user_to_group": "build_add_user_to_group_request(hub, group, user_id)",
    "check_permission": "build_check_permission_request(hub, permission, connection_id)",
    "close_client_connection": "build_close_connection_request(hub, connection_id)",
    "close_all_connections": "build_close_all_connections_request(hub)",
    "close_connection": "build_close_connection_request(hub, connection_id)",
    "close_group_connections": "build_close_group_connections_request(hub, group)",
    "close_user_connections": "build_close_user_connections_request(hub, user_id)",
    "connection_exists": "build_connection_exists_request(hub, connection_id)",
    "generate_client_token": "build_generate_client_token_request(hub)",
    "get_health_status": "build_get_service_status_request()",
    "get_service_status": "build_get_service_status_request()",
    "grant_permission": "build_grant_permission_request(hub, permission, connection_id)",
    "group_exists": "build_group_exists_request(hub, group)",
    "has_permission": "build_check_permission_request(hub, permission, connection_id)",
    "list_connections": "build_list_connections_in_group_request(hub, group)",
    "remove_connection_from_all_groups": (
        "build_remove_connection_from_all_groups_request(hub, connection_id)"
    ),
    "remove_connection_from_group": "build_remove_connection_from_group_request(hub, group, connection_id)",
    "remove_connections_from_groups": "build_remove_connections_from_groups_request(hub, json=...)",
    "remove_user_from_all_groups": "build_remove_user_from_all_groups_request(hub, user_id)",
    "remove_user_from_group": "build_remove_user_from_group_request(hub, group, user_id)",
    "revoke_permission": "build_revoke_permission_request(hub, permission, connection_id)",
    "send_to_all": "build_send_to_all_request(hub, json=...)",
    "send_to_connection": "build_send_to_connection_request(hub, connection_id, json=...)",
    "send_to_group": "build_send_to_group_request(hub, group, json=...)",
    "send_to_user": "build_send_to_user_request(hub, user_id, json=...)",
    "user_exists": "build_user_exists_request(hub, user_id)",
}
WITH_OTHER_KEYWORDS = {
    f"build_{name}_request"
    for name in (
        "add_connections_to_groups",
        "check_permission",
        "close_all_connections",
        "close_connection",
        "close_group_connections",
        "close_user_connections",
        "grant_permission",
        "list_connections_in_group",
        "remove_connections_from_groups",
        "revoke_permission",
        "send_to_all",
        "send_to_connection",
        "send_to_group",
        "send_to_user",
    )
}
SENT = {
    "sync": ("client.send_request({})", "for item in client.list_items({})"),
    "async": ("(await client.send_request({}))", "async for item in client.list_items({})"),
}


def client(kind: str) -> Any:
    return CLIENTS[kind].from_connection_string(CONNECTION_STRING)


@pytest.mark.parametrize("kind", CLIENTS)
@pytest.mark.parametrize("name", METHODS)
def test_a_method_is_answered_with_the_call_that_replaces_it(kind: str, name: str) -> None:
    request = METHODS[name]
    builder = request.partition("(")[0]
    assert builder in rest.__all__
    send, loop = SENT[kind]
    if name == "list_connections":
        call = loop.format(request)
    elif name.endswith("_exists") or name in ("check_permission", "has_permission"):
        call = f"{send.format(request)}.status_code == 200"
    else:
        call = f"{send.format(request)}.raise_for_status()"
    expected = f"'WebPubSubServiceClient' object has no attribute '{name}'. Write {call}"
    expected += f", with {builder} from {PACKAGE}.rest."
    if name.startswith("send_"):
        expected += " Text and bytes are content=... instead of json=..."
    if builder in WITH_OTHER_KEYWORDS:
        expected += " Other keywords stay the same."
    if name == "list_connections":
        expected += " Items are dicts: item['connectionId']."
    if call.endswith("raise_for_status()") or name == "list_connections":
        expected += (
            " Every error status raises HttpResponseError itself, no subclass of it: check its status_code."
        )
    one = client(kind)
    with pytest.raises(AttributeError) as raised:
        getattr(one, name)
    assert str(raised.value) == expected
    assert not hasattr(one, name)
    assert name not in dir(one)
    if call.startswith("client"):
        compile(call, "the advice", "eval")


def test_every_operation_has_a_row() -> None:
    operations = {
        name.removeprefix("build_").removesuffix("_request")
        for name in rest.__all__
        if name.startswith("build_")
    }
    assert _OPERATIONS.keys() <= METHODS.keys()
    # These two never were methods under these names.
    assert operations - METHODS.keys() == {"list_connections_in_group", "user_exists_in_group"}


@pytest.mark.parametrize("kind", CLIENTS)
def test_other_names_are_unknown_attributes(kind: str) -> None:
    one = client(kind)
    with pytest.raises(AttributeError, match=r"has no attribute 'send_reqest'$") as raised:
        _ = one.send_reqest
    assert (raised.value.name, raised.value.obj) == ("send_reqest", one)  # Python looks for a similar name
    with pytest.raises(AttributeError, match="one client serves all hubs"):
        _ = one.hub


def calls(kind: str) -> dict[str, tuple[Callable[[], Any], type[Exception], str]]:
    made = CLIENTS[kind]
    key = AzureKeyCredential(KEY)
    one_client = (
        "one client serves all hubs. Pass the hub to each build_*_request and to get_client_access_token."
    )
    constructor = f"WebPubSubServiceClient(endpoint, credential) takes no hub: {one_client}"
    from_string = f"from_connection_string(connection_string) takes no hub: {one_client}"
    return {
        "hub by position": (lambda: made("https://h.example", "chat", key), TypeError, constructor),
        "hub beside a keyword": (
            lambda: made("https://h.example", "chat", credential=key),
            TypeError,
            constructor,
        ),
        "hub by keyword": (
            lambda: made("https://h.example", hub="chat", credential=key),
            TypeError,
            "unexpected keyword argument 'hub'. One client serves all hubs",
        ),
        "connection string and hub": (
            lambda: made.from_connection_string(CONNECTION_STRING, "chat"),
            TypeError,
            from_string,
        ),
        "connection string and hub by keyword": (
            lambda: made.from_connection_string(CONNECTION_STRING, hub="chat"),
            TypeError,
            from_string,
        ),
        "token without hub": (
            lambda: client(kind).get_client_access_token(user_id="alice"),
            TypeError,
            "get_client_access_token needs the hub first, as in get_client_access_token('chat', user_id=",
        ),
    }


@pytest.mark.parametrize("kind", CLIENTS)
@pytest.mark.parametrize("call", calls("sync"))
async def test_a_call_is_answered_with_what_to_write(kind: str, call: str) -> None:
    made, error, message = calls(kind)[call]

    async def run() -> None:
        result = made()
        if inspect.isawaitable(result):
            await result

    with pytest.raises(error) as raised:
        await run()
    assert message in str(raised.value)
    assert KEY not in str(raised.value)


@pytest.mark.parametrize(
    ("name", "arguments"),
    [
        ("build_send_to_all_request", ("chat", {"a": 1})),
        ("build_send_to_group_request", ("chat", "group", "text")),
        ("build_send_to_user_request", ("chat", "user", b"bytes")),
        ("build_send_to_connection_request", ("chat", "connection", {})),
        ("build_add_connections_to_groups_request", ("chat", {"groups": ["a"]})),
        ("build_remove_connections_from_groups_request", ("chat", {"groups": ["a"]})),
    ],
)
def test_a_body_by_position_is_answered_with_its_keywords(name: str, arguments: tuple[Any, ...]) -> None:
    with pytest.raises(TypeError) as raised:
        getattr(rest, name)(*arguments)
    assert str(raised.value) == f"{name}() takes the body by keyword: json=... or content=..."


@pytest.mark.parametrize("kind", CLIENTS)
def test_explained_calls_look_as_if_they_were_not(kind: str) -> None:
    made = CLIENTS[kind]
    assert list(inspect.signature(made).parameters)[:2] == ["endpoint", "credential"]
    assert "connection_string" in inspect.signature(made.from_connection_string).parameters
    token = made.get_client_access_token
    assert list(inspect.signature(token).parameters)[:3] == ["self", "hub", "user_id"]
    assert inspect.iscoroutinefunction(token) == (kind == "async")
    assert token.__name__ == "get_client_access_token"
    with pytest.raises(TypeError, match="missing 2 required positional arguments"):
        made()


NAMES = [
    ("", "build_send_to_all_request", f"write 'from {PACKAGE}.rest import build_send_to_all_request'"),
    (
        "",
        "GroupMember",
        r"GroupMember is gone: client.list_items(build_list_connections_in_group_request(hub, group))",
    ),
    ("", "core", "Write 'from azure.core.rest import HttpRequest'"),
    ("", "JwtCredentialPolicy", "pass an AzureKeyCredential to the client"),
    ("", "AsyncWebPubSubServiceClient", f"Write 'from {PACKAGE}.aio import WebPubSubServiceClient'"),
    ("", "AzureKeyCredential", "write 'from azure.core.credentials import AzureKeyCredential'"),
    ("", "HttpRequest", "write 'from azure.core.rest import HttpRequest'"),
    ("", "HttpResponseError", "write 'from azure.core.exceptions import HttpResponseError'"),
    ("", "parse_event", f"write 'from {PACKAGE}.events import parse_event'"),
    ("", "ConnectEvent", f"write 'from {PACKAGE}.events import ConnectEvent'"),
    ("", "Emulator", f"write 'from {PACKAGE}.emulator import Emulator'"),
    ("", "diagnose", f"write 'from {PACKAGE}.diagnostics import diagnose'"),
    ("", "destination", f"write 'from {PACKAGE}.senders import destination'"),
    (
        "",
        "WebPubSubClient",
        f"cannot import name 'WebPubSubClient' from '{PACKAGE}'. Did you mean WebPubSubServiceClient?",
    ),
    (".aio", "build_send_to_all_request", f"write 'from {PACKAGE}.rest import build_send_to_all_request'"),
    (".aio", "build_authentication_token", f"write 'from {PACKAGE} import build_authentication_token'"),
    (".aio", "odata_filter", f"write 'from {PACKAGE} import odata_filter'"),
    (".aio", "GroupMember", "GroupMember is gone"),
]


def test_every_name_that_has_moved_is_where_the_error_says() -> None:
    for name, home in _ELSEWHERE.items():
        assert hasattr(importlib.import_module(home), name)
        with pytest.raises(ImportError, match=f"write 'from {home} import {name}'"):
            exec(f"from {PACKAGE}.aio import {name}", {})
    for name, text in _GONE.items():
        with pytest.raises(ImportError) as raised:
            exec(f"from {PACKAGE} import {name}", {})
        assert str(raised.value) == f"{name} {text}"


@pytest.mark.parametrize(("module", "name", "message"), NAMES)
def test_a_name_in_the_wrong_module_is_answered_with_the_right_one(
    module: str, name: str, message: str
) -> None:
    with pytest.raises(ImportError) as raised:
        exec(f"from {PACKAGE}{module} import {name}", {})
    assert message in str(raised.value)
    package = importlib.import_module(PACKAGE + module)
    assert name not in dir(package)
    if name != "build_authentication_token":
        assert not hasattr(package, name)
    with pytest.raises(AttributeError) as missing:
        getattr(package, name)
    if "Did you mean" not in message:
        assert str(missing.value) == str(raised.value)
    if "write '" in message:
        exec(message.partition("'")[2].rstrip("'"), {})


@pytest.mark.parametrize("module", ["", ".aio"])
@pytest.mark.parametrize(
    "name", ["nonsense", "Nonsense", "no_such_name", "_private", "build_nonsense_request"]
)
def test_other_names_are_not_in_a_module(module: str, name: str) -> None:
    with pytest.raises(ImportError, match=f"cannot import name '{name}' from '{PACKAGE}{module}'"):
        exec(f"from {PACKAGE}{module} import {name}", {})
    assert not hasattr(importlib.import_module(PACKAGE + module), name)


@pytest.mark.parametrize(
    ("endpoint", "arguments"),
    [
        (CONNECTION_STRING, {}),
        ("https://h.example/", {"accesskey": KEY}),
        ("https://h.example", {"accesskey": KEY}),
    ],
)
def test_build_authentication_token_works_with_a_warning(endpoint: str, arguments: dict[str, Any]) -> None:
    build: Any = getattr(webpubsubservice, "build_authentication_token")  # noqa: B009 (no type checker knows it)
    with pytest.warns(DeprecationWarning, match="write client.get_client_access_token") as warned:
        token = build(endpoint, "chat", user="alice", roles=["r"], ttl=timedelta(minutes=5), **arguments)
    assert warned[0].filename == __file__
    claims = jwt.decode(
        token["token"],
        KEY,
        ["HS256"],
        audience="https://h.example/client/hubs/chat",
        options={"verify_iat": False},
    )
    assert claims == {
        "aud": "https://h.example/client/hubs/chat",
        "iat": claims["iat"],
        "exp": claims["iat"] + 300,
        "sub": "alice",
        "role": ["r"],
    }
    assert token["baseUrl"] == "wss://h.example/client/hubs/chat"
    assert token["url"] == f"{token['baseUrl']}?access_token={token['token']}"
    assert "build_authentication_token" not in dir(webpubsubservice)


def test_build_authentication_token_for_anybody_for_an_hour() -> None:
    from azure.messaging.webpubsubservice import build_authentication_token  # type: ignore[attr-defined]  # noqa: PLC0415  # pyright: ignore[reportAttributeAccessIssue]

    with pytest.warns(DeprecationWarning, match="build_authentication_token is deprecated"):
        token = build_authentication_token(CONNECTION_STRING, "chat")
    claims = jwt.decode(token["token"], options={"verify_signature": False})
    assert claims.keys() == {"aud", "iat", "exp"}
    assert claims["exp"] - claims["iat"] == 3600
