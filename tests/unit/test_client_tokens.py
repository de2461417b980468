"""The tokens of WebSocket clients."""

from datetime import timedelta
from typing import Any

import jwt
import pytest

from azure.messaging.webpubsubservice._client_tokens import ClientTokenRequest

KEY = "made-up-key-of-more-than-32-bytes-0123456789"


def claims(token: str) -> dict[str, Any]:
    options: Any = {"verify_exp": False, "verify_aud": False, "verify_iat": False}
    decoded: dict[str, Any] = jwt.decode(token, KEY, ["HS256"], options=options)
    return decoded


def token_request(hub: Any = "hub", **arguments: Any) -> ClientTokenRequest:
    defaults: dict[str, Any] = {
        "user_id": None,
        "roles": None,
        "groups": None,
        "expires_in": None,
        "minutes_to_expire": None,
        "client_protocol": "Default",
        "jwt_headers": None,
    }
    return ClientTokenRequest.validated(hub, **{**defaults, **arguments})


def test_a_clients_token_says_only_what_was_token_request() -> None:
    token = token_request().sign("https://h", KEY, 1_800_000_000.9)
    assert claims(token) == {"aud": "https://h/client/hubs/hub", "iat": 1_800_000_000, "exp": 1_800_003_600}


def test_a_clients_token_keeps_lists_as_lists() -> None:
    token = token_request(
        user_id="älice", roles=["webpubsub.sendToGroup", "webpubsub.joinLeaveGroup.a"], groups=("g/1", "ü")
    ).sign("http://h:1/base", KEY, 0)
    assert claims(token) == {
        "aud": "http://h:1/base/client/hubs/hub",
        "iat": 0,
        "exp": 3600,
        "sub": "älice",
        "role": ["webpubsub.sendToGroup", "webpubsub.joinLeaveGroup.a"],
        "webpubsub.group": ["g/1", "ü"],
    }


def test_one_role_is_a_list_of_one() -> None:
    assert claims(token_request(roles=iter(["r"])).sign("https://h", KEY, 0))["role"] == ["r"]


@pytest.mark.parametrize(
    ("protocol", "path"),
    [
        ("Default", "/client/hubs/"),
        ("default", "/client/hubs/"),
        ("MQTT", "/clients/mqtt/hubs/"),
        ("SocketIO", "/clients/socketio/hubs/"),
    ],
)
def test_each_protocol_has_its_path(protocol: str, path: str) -> None:
    request = token_request("Hub_1`,.[]", client_protocol=protocol)
    answer = request.access_token("https://h", "t")
    base = f"wss://h{path}Hub_1%60,.%5B%5D"
    assert answer == {"baseUrl": base, "token": "t", "url": f"{base}?access_token=t"}
    assert claims(request.sign("https://h", KEY, 0))["aud"] == base.replace("wss", "https")


@pytest.mark.parametrize(
    ("lifetime", "seconds", "minutes"),
    [
        ({}, 3600, 60),
        ({"minutes_to_expire": 1}, 60, 1),
        ({"expires_in": timedelta(seconds=90)}, 90, 2),
        ({"expires_in": timedelta(days=7)}, 604800, 10080),
        ({"expires_in": "PT1H30M"}, 5400, 90),
        ({"expires_in": "P1D"}, 86400, 1440),
        ({"expires_in": "P1W"}, 604800, 10080),
        ({"expires_in": "PT0.5M"}, 30, 1),
    ],
)
def test_lifetimes(lifetime: dict[str, Any], seconds: int, minutes: int) -> None:
    request = token_request(**lifetime)
    assert (request.seconds, request.minutes) == (seconds, minutes)


@pytest.mark.parametrize(
    ("arguments", "error", "message"),
    [
        ({"hub": ""}, ValueError, "hub=''"),
        ({"hub": "1hub"}, ValueError, "hub='1hub': a hub's name must begin with a letter from A to Z"),
        (
            {"hub": "a/b"},
            ValueError,
            "hub='a/b': a hub's name has '/'; it may have only letters from A to Z, digits",
        ),
        ({"hub": "h\n"}, ValueError, r"a hub's name has '\\n'"),
        ({"hub": "hüb"}, ValueError, "a hub's name has 'ü'"),
        ({"hub": "h" * 129}, ValueError, "a hub's name has 129 characters; it may have at most 128"),
        ({"hub": None}, TypeError, "hub must be a str"),
        ({"user_id": ""}, ValueError, "user_id=''"),
        ({"user_id": " "}, ValueError, "at least one character that is not white space"),
        ({"user_id": "\ud800"}, ValueError, "user_id has a lone surrogate at 0"),
        ({"user_id": 1}, TypeError, "user_id must be a str"),
        ({"roles": "webpubsub.sendToGroup"}, TypeError, r"roles=\[...\]"),
        ({"groups": "g"}, TypeError, "groups must be a list"),
        ({"groups": [1]}, TypeError, "it contains an item of type int"),
        ({"groups": [" "]}, ValueError, "white space"),
        ({"groups": 0}, TypeError, "groups must be a list of str, not int"),
        ({"roles": ""}, TypeError, "roles must be a list of str, not str"),
        ({"roles": ["\ud800"]}, ValueError, "roles has a lone surrogate at 0"),
        ({"roles": {"a": 1}}, TypeError, "roles must be a list"),
        ({"minutes_to_expire": 0}, ValueError, "minutes_to_expire=0"),
        ({"minutes_to_expire": -5}, ValueError, "minutes_to_expire=-5"),
        ({"minutes_to_expire": True}, TypeError, "int, not bool"),
        ({"minutes_to_expire": 1.5}, TypeError, "int, not float"),
        ({"expires_in": timedelta(0)}, ValueError, "at least one second"),
        ({"expires_in": timedelta(seconds=-1)}, ValueError, "at least one second"),
        ({"expires_in": "PT0S"}, ValueError, "at least one second"),
        ({"expires_in": "1 hour"}, ValueError, "not an ISO 8601 duration"),
        ({"expires_in": "P1M"}, ValueError, "no fixed length"),
        ({"expires_in": 60}, TypeError, "timedelta or an ISO 8601"),
        ({"expires_in": 0}, TypeError, "timedelta or an ISO 8601"),
        ({"expires_in": ""}, ValueError, "expires_in='': not an ISO 8601 duration"),
        ({"expires_in": timedelta(microseconds=999_999)}, ValueError, "at least one second"),
        (
            {"expires_in": "PT1H", "minutes_to_expire": 1},
            ValueError,
            "Pass only one of expires_in and minutes_to_expire",
        ),
        ({"client_protocol": "AMQP"}, ValueError, "'Default', 'MQTT', 'SocketIO'"),
        ({"client_protocol": ""}, ValueError, "client_protocol=''"),
        ({"client_protocol": 0}, ValueError, "client_protocol=0"),
        (
            {"jwt_headers": {"alg": "none"}},
            ValueError,
            "jwt_headers must not set 'alg': the service accepts only HS256",
        ),
        ({"jwt_headers": {"B64": False}}, ValueError, "jwt_headers must not set 'B64'"),
        ({"jwt_headers": "kid"}, TypeError, "mapping"),
        ({"jwt_headers": ""}, TypeError, "mapping"),
        ({"jwt_headers": []}, TypeError, "mapping"),
        ({"jwt_headers": {"kid": None}}, TypeError, r"jwt_headers\['kid'\] is None; leave it out"),
        ({"jwt_headers": {1: "a"}}, TypeError, "jwt_headers has the name 1, which is not a str"),
        ({"jwt_headers": {"kid": b"1"}}, TypeError, "jwt_headers cannot be written as JSON"),
    ],
)
def test_wrong_arguments_are_refused(arguments: dict[str, Any], error: type[Exception], message: str) -> None:
    with pytest.raises(error, match=message):
        token_request(**arguments)


def test_none_is_the_default_and_empty_lists_are_none() -> None:
    nothing = token_request(client_protocol=None, roles=[], groups=(), jwt_headers={})
    assert nothing == token_request(jwt_headers={})
    assert nothing.sign("https://h", KEY, 0) == token_request().sign("https://h", KEY, 0)


@pytest.mark.parametrize("hub", ["a", "Z", "h" * 128, "h_`,.[]0"])
def test_hubs_on_the_bound(hub: str) -> None:
    assert token_request(hub).hub == hub


def test_more_headers_may_be_given() -> None:
    token = token_request(jwt_headers={"kid": "1"}).sign("https://h", KEY, 0)
    assert jwt.get_unverified_header(token) == {"alg": "HS256", "typ": "JWT", "kid": "1"}
