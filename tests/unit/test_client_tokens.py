"""Connection strings, the tokens that sign requests, and the tokens of WebSocket clients."""

import base64
import json
import warnings
from collections.abc import Callable
from datetime import timedelta
from typing import Any

import jwt
import pytest
from azure.core.credentials import AzureKeyCredential
from typing_extensions import Self

from azure.messaging.webpubsubservice._auth import ClientTokenRequest, ConnectionString, RequestSigner, encode

KEY = "made-up-key-of-more-than-32-bytes-0123456789"


@pytest.mark.parametrize(
    ("text", "endpoint"),
    [
        ("Endpoint=https://h;AccessKey=k==;Version=1.0;", "https://h"),
        ("accesskey = k== ;ENDPOINT= https://h ", "https://h"),
        ("Version=1.0;AccessKey=k==;Endpoint=https://h", "https://h"),
        ("Endpoint=http://localhost;Port=8080;AccessKey=k==;", "http://localhost:8080"),
        ("Endpoint=http://localhost:8080;Port=8080;AccessKey=k==;", "http://localhost:8080"),
        ("Endpoint=http://[::1]/base;Port=08080;AccessKey=k==;", "http://[::1]:8080/base"),
        ("Endpoint=https://h;AccessKey=k==;AuthType=azure.msi;", "https://h"),
    ],
)
def test_connection_strings(text: str, endpoint: str) -> None:
    parsed = ConnectionString.parse(text)
    assert (parsed.endpoint, parsed.access_key) == (endpoint, "k==")


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("", "no Endpoint"),
        ("Endpoint=https://h;", "no AccessKey"),
        ("AccessKey=secret;", "no Endpoint"),
        ("Endpoint=https://h;AccessKey= ;", "no AccessKey"),
        ("Endpoint=https://h;AccessKey=secret;AccessKey=secret2;", "AccessKey stands twice"),
        ("Endpoint=https://h;accesskey=secret;AccessKey=secret;", "AccessKey stands twice"),
        ("Endpoint=https://h;secret;AccessKey=k", "Part 2 of the connection string is not written"),
        ("=secret;Endpoint=https://h", "Part 1"),
        ("Endpoint=https://h;AccessKey=secret;Port=0", "Port"),
        ("Endpoint=https://h;AccessKey=secret;Port=secret", "Port"),
        ("Endpoint=https://h:1;AccessKey=secret;Port=2", "one port"),
    ],
)
def test_a_malformed_connection_string_is_told_by_its_parts_and_not_repeated(text: str, message: str) -> None:
    with pytest.raises(ValueError, match=message) as caught:
        ConnectionString.parse(text)
    assert "secret" not in str(caught.value)


@pytest.mark.parametrize("text", ["secret", "https://h", "<secret>", "Version=1.0;"])
def test_what_is_no_connection_string_is_told_how_one_looks(text: str) -> None:
    with pytest.raises(ValueError, match=r"'Endpoint=https://.*AccessKey=<key>.*portal") as caught:
        ConnectionString.parse(text)
    assert "secret" not in str(caught.value)


def test_a_connection_string_of_another_type_is_refused_and_its_repr_hides_the_key() -> None:
    with pytest.raises(TypeError, match="str, not NoneType"):
        ConnectionString.parse(None)  # type: ignore[arg-type]
    assert KEY not in repr(ConnectionString("https://h", KEY))


def test_tokens_are_hs256_over_the_key_as_it_is() -> None:
    key = base64.b64encode(bytes(range(32))).decode()
    token = encode({"aud": "https://h/ü", "exp": 4102444800}, key)
    assert jwt.decode(token, key, ["HS256"], audience="https://h/ü")["exp"] == 4102444800
    header = json.loads(base64.urlsafe_b64decode(token.split(".")[0] + "=="))
    assert header == {"alg": "HS256", "typ": "JWT"}


def test_short_keys_do_not_warn() -> None:
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        assert encode({}, "k")


class Clock:
    """Time that passes when a test says so."""

    def __init__(self) -> None:
        self.now = 1_800_000_000.0

    def __call__(self) -> float:
        return self.now


def claims(header: str, key: str = KEY) -> dict[str, Any]:
    options: Any = {"verify_exp": False, "verify_aud": False, "verify_iat": False}
    decoded: dict[str, Any] = jwt.decode(header.removeprefix("Bearer "), key, ["HS256"], options=options)
    return decoded


def test_a_requests_token_names_its_url_and_lives_minutes() -> None:
    clock = Clock()
    header = RequestSigner(AzureKeyCredential(KEY), clock).header("https://h/a?b=c")
    assert claims(header) == {"aud": "https://h/a?b=c", "exp": int(clock.now) + 600}


def test_a_token_is_kept_while_it_has_five_minutes_left() -> None:
    clock = Clock()
    signer = RequestSigner(AzureKeyCredential(KEY), clock)
    first = signer.header("https://h/a")
    clock.now += 299
    assert signer.header("https://h/a") is first
    clock.now += 1
    second = signer.header("https://h/a")
    assert claims(second)["exp"] - clock.now == 600


def test_a_token_is_made_anew_when_the_clock_was_set_back() -> None:
    clock = Clock()
    signer = RequestSigner(AzureKeyCredential(KEY), clock)
    first = signer.header("https://h/a")
    clock.now -= 3600
    assert claims(signer.header("https://h/a"))["exp"] < claims(first)["exp"]


def test_a_new_key_is_used_at_once() -> None:
    credential = AzureKeyCredential(KEY)
    signer = RequestSigner(credential, Clock())
    signer.header("https://h/a")
    credential.update("another" + KEY)
    assert claims(signer.header("https://h/a"), "another" + KEY)["aud"] == "https://h/a"


class Interrupted(str):
    """A key, during whose first comparison another thread gets to run."""

    meanwhile: list[Callable[[], object]]

    def __new__(cls, key: str, meanwhile: Callable[[], object]) -> Self:
        self = super().__new__(cls, key)
        self.meanwhile = [meanwhile]
        return self

    def __eq__(self, other: object) -> bool:
        while self.meanwhile:
            self.meanwhile.pop()()
        return str.__eq__(self, other)

    def __ne__(self, other: object) -> bool:
        return not self == other

    __hash__ = str.__hash__


def test_a_key_rotated_in_the_middle_of_another_request_signs_all_that_follow() -> None:
    credential = AzureKeyCredential("old-key-of-more-than-32-bytes-0123456789")
    signer = RequestSigner(credential)
    signer.header("https://h/b")

    def rotate() -> None:
        credential.update(KEY)
        signer.header("https://h/b")

    credential.update(Interrupted(credential.key, rotate))
    signer.header("https://h/a")
    assert claims(signer.header("https://h/a"))["aud"] == "https://h/a"


def test_the_tokens_kept_are_bounded_and_the_oldest_goes_first() -> None:
    signer = RequestSigner(AzureKeyCredential(KEY), Clock())
    first, second = signer.header("https://h/0"), signer.header("https://h/1")
    for number in range(2, RequestSigner.CAPACITY + 1):
        signer.header(f"https://h/{number}")
    assert signer.header("https://h/1") is second
    assert signer.header("https://h/0") is not first
    assert len(signer._kept) == RequestSigner.CAPACITY


def asked(hub: Any = "hub", **arguments: Any) -> ClientTokenRequest:
    defaults: dict[str, Any] = {
        "user_id": None,
        "roles": None,
        "groups": None,
        "expires_in": None,
        "minutes_to_expire": None,
        "client_protocol": "Default",
        "jwt_headers": None,
    }
    return ClientTokenRequest.check(hub, **{**defaults, **arguments})


def test_a_clients_token_says_only_what_was_asked() -> None:
    token = asked().sign("https://h", KEY, 1_800_000_000.9)
    assert claims(token) == {"aud": "https://h/client/hubs/hub", "iat": 1_800_000_000, "exp": 1_800_003_600}


def test_a_clients_token_keeps_lists_as_lists() -> None:
    token = asked(
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
    assert claims(asked(roles=iter(["r"])).sign("https://h", KEY, 0))["role"] == ["r"]


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
    request = asked("Hub_1`,.[]", client_protocol=protocol)
    answer = request.answer("https://h", "t")
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
    request = asked(**lifetime)
    assert (request.seconds, request.minutes) == (seconds, minutes)


@pytest.mark.parametrize(
    ("arguments", "error", "message"),
    [
        ({"hub": ""}, ValueError, "hub=''"),
        ({"hub": "1hub"}, ValueError, "hub='1hub'"),
        ({"hub": "a/b"}, ValueError, "a hub's name"),
        ({"hub": "h\n"}, ValueError, "a hub's name"),
        ({"hub": None}, TypeError, "hub must be a str"),
        ({"user_id": ""}, ValueError, "user_id=''"),
        ({"user_id": 1}, TypeError, "user_id must be a str"),
        ({"roles": "webpubsub.sendToGroup"}, TypeError, r"roles=\[...\]"),
        ({"groups": "g"}, TypeError, "groups must be a list"),
        ({"groups": [1]}, TypeError, "holds a int"),
        ({"groups": [" "]}, ValueError, "white space"),
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
        ({"expires_in": "PT1H", "minutes_to_expire": 1}, ValueError, "once"),
        ({"client_protocol": "AMQP"}, ValueError, "'Default', 'MQTT', 'SocketIO'"),
        ({"client_protocol": None}, ValueError, "client_protocol=None"),
        ({"jwt_headers": {"alg": "none"}}, ValueError, "HS256 alone"),
        ({"jwt_headers": "kid"}, TypeError, "mapping"),
    ],
)
def test_wrong_arguments_are_refused(arguments: dict[str, Any], error: type[Exception], message: str) -> None:
    with pytest.raises(error, match=message):
        asked(**arguments)


def test_more_headers_may_be_given() -> None:
    token = asked(jwt_headers={"kid": "1"}).sign("https://h", KEY, 0)
    assert jwt.get_unverified_header(token) == {"alg": "HS256", "typ": "JWT", "kid": "1"}
