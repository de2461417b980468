from __future__ import annotations

import base64
import json
from functools import partial
from typing import TYPE_CHECKING, Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from azure.messaging.webpubsubservice.events import (
    ConnectedEvent,
    ConnectEvent,
    DisconnectedEvent,
    EventError,
    EventResponse,
    GroupJoinedEvent,
    GroupLeftEvent,
    SignatureError,
    UserEvent,
    ValidationRequest,
    parse_event,
    parse_unverified_event,
    verify_signature,
)
from azure.messaging.webpubsubservice.events._responses import _NOT_CHARSETS

if TYPE_CHECKING:
    from collections.abc import Mapping

PRIMARY = "primary-key"
SECONDARY = "secondary-key"
# printf c1 | openssl dgst -sha256 -hmac primary-key (and secondary-key)
BY_PRIMARY = "sha256=f4e87f155327589b841487f4ddc1fb52c86249cc12f9d02c1139f4f7846ff01c"
BY_SECONDARY = "sha256=73e079af982dd6a2c1d00559bf46f2cf36c252a88f7bfcf0175e21d5cd5a20fc"

CLIENT = {
    "ce-specversion": "1.0",
    "ce-id": "7",
    "ce-time": "2026-11-22T08:00:00Z",
    "ce-source": "/hubs/chat/client/c1",
    "ce-connectionId": "c1",
    "ce-hub": "chat",
    "ce-awpsversion": "1.0",
    "WebHook-Request-Origin": "contoso.webpubsub.azure.com",
}


def headers(kind: str, name: str, **more: str) -> dict[str, str]:
    return CLIENT | {"ce-type": kind, "ce-eventName": name} | more


def user_event(body: bytes = b"", content_type: str | None = "text/plain", /, **more: str) -> UserEvent:
    fields = headers("azure.webpubsub.user.shout", "shout", **more)
    if content_type is not None:
        fields["Content-Type"] = content_type
    event = parse_unverified_event("POST", fields, body)
    assert isinstance(event, UserEvent)
    return event


def connect_event(body: object = None, /, **more: str) -> ConnectEvent:
    content = b"" if body is None else json.dumps(body).encode()
    event = parse_unverified_event("POST", headers("azure.webpubsub.sys.connect", "connect", **more), content)
    assert isinstance(event, ConnectEvent)
    return event


# --- signatures --------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("signature", "keys", "verified"),
    [
        (BY_PRIMARY, [PRIMARY], True),
        (BY_SECONDARY, [SECONDARY], True),
        (f"{BY_PRIMARY},{BY_SECONDARY}", [PRIMARY], True),
        (f"{BY_PRIMARY},{BY_SECONDARY}", [SECONDARY], True),
        (f"{BY_PRIMARY}, {BY_SECONDARY}", ["rotated away", SECONDARY], True),
        (BY_PRIMARY.upper(), [PRIMARY], True),
        (BY_PRIMARY, [SECONDARY], False),
        (BY_PRIMARY, ["rotated away"], False),
        (BY_PRIMARY[:-1], [PRIMARY], False),
        (BY_PRIMARY.removeprefix("sha256="), [PRIMARY], False),
        (BY_PRIMARY.replace("sha256", "sha1"), [PRIMARY], False),
        ("", [PRIMARY], False),
        (None, [PRIMARY], False),
        (",", [PRIMARY], False),
        ("sha256=\udc80", [PRIMARY], False),
    ],
)
def test_verify_signature(signature: str | None, keys: list[str], verified: bool) -> None:
    assert verify_signature(signature, "c1", keys) is verified


def test_verify_signature_is_for_one_connection() -> None:
    assert not verify_signature(BY_PRIMARY, "c2", [PRIMARY])


@pytest.mark.parametrize(
    ("keys", "error", "message"),
    [
        (None, TypeError, r"access_keys is None: pass the access keys .* call parse_unverified_event"),
        (PRIMARY, TypeError, r"access_keys must be a list of strings, such as \[key\]"),
        ("", TypeError, r"access_keys must be a list of strings, such as \[key\]"),
        (PRIMARY.encode(), TypeError, "access_keys must be a list of strings"),
        (0, TypeError, "access_keys must be a list of strings"),
        ([None], TypeError, "one of them is not a string"),
        ([PRIMARY, None], TypeError, "one of them is not a string"),
        ([PRIMARY.encode()], TypeError, "one of them is not a string"),
        ([], ValueError, "one or more access keys, none of them empty"),
        (iter(()), ValueError, "one or more access keys, none of them empty"),
        ([""], ValueError, "one or more access keys, none of them empty"),
        ([PRIMARY, ""], ValueError, "one or more access keys, none of them empty"),
        ([PRIMARY, " "], ValueError, "one or more access keys, none of them empty"),
    ],
)
@pytest.mark.parametrize("method", ["POST", "OPTIONS"])
def test_keys_that_are_unset_or_that_anybody_has_are_refused(
    keys: Any, error: type[Exception], message: str, method: str
) -> None:
    fields = headers("azure.webpubsub.sys.connected", "connected", **{"ce-signature": BY_PRIMARY})
    for check in (
        lambda: verify_signature(BY_PRIMARY, "c1", keys),
        lambda: parse_event(method, fields, b"{}", access_keys=keys),
    ):
        with pytest.raises(error, match=message) as refused:
            check()
        assert PRIMARY not in str(refused.value)


def test_the_keys_have_to_be_said() -> None:
    with pytest.raises(TypeError, match="access_keys"):
        parse_event("POST", {}, b"")  # type: ignore[call-arg]  # pyright: ignore[reportCallIssue]


def test_not_checking_has_a_name_of_its_own() -> None:
    fields = headers("azure.webpubsub.sys.connected", "connected", **{"ce-signature": "sha256=0"})
    assert isinstance(parse_unverified_event("POST", fields, b"{}"), ConnectedEvent)


@given(st.text(), st.text(max_size=3), st.text(min_size=1).filter(str.strip))
def test_only_the_signature_verifies(signature: str, connection_id: str, key: str) -> None:
    assert not verify_signature(signature, connection_id, [key])


def test_event_without_a_good_signature_is_refused() -> None:
    fields = headers("azure.webpubsub.sys.connected", "connected")
    for signature in ({}, {"ce-signature": BY_PRIMARY}):
        with pytest.raises(SignatureError) as refused:
            parse_event("POST", fields | signature, b"{}", access_keys=[SECONDARY])
        assert refused.value.response.status == 401
    event = parse_event(
        "POST", fields | {"ce-signature": BY_PRIMARY}, b"{}", access_keys=[SECONDARY, PRIMARY]
    )
    assert isinstance(event, ConnectedEvent)


def test_signature_is_checked_before_the_body_is_read() -> None:
    with pytest.raises(SignatureError):
        parse_event("POST", headers("azure.webpubsub.sys.connect", "connect"), b"{", access_keys=[PRIMARY])


# --- validation --------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("origin", "hosts", "status", "allowed"),
    [
        ("contoso.webpubsub.azure.com", ("contoso.webpubsub.azure.com",), 200, "contoso.webpubsub.azure.com"),
        (
            "Contoso.webpubsub.azure.com",
            ("other", "contoso.WEBPUBSUB.azure.com"),
            200,
            "Contoso.webpubsub.azure.com",
        ),
        ("a.example, b.example", ("b.example",), 200, "b.example"),
        ("fabrikam.webpubsub.azure.com", ("contoso.webpubsub.azure.com",), 403, None),
        ("webpubsub.azure.com", ("contoso.webpubsub.azure.com",), 403, None),
    ],
)
@pytest.mark.parametrize("method", ["OPTIONS", "GET", "options"])
def test_validation(
    method: str, origin: str, hosts: tuple[str, ...], status: int, allowed: str | None
) -> None:
    fields = {"webhook-request-origin": origin, "ce-awpsversion": "1.0"}
    event = parse_event(method, fields, b"", access_keys=[PRIMARY])
    assert isinstance(event, ValidationRequest)
    response = event.allow(*hosts)
    assert (response.status, response.headers.get("WebHook-Allowed-Origin")) == (status, allowed)
    assert response.body == b""


def test_any_resource_is_allowed_only_by_a_name_of_its_own() -> None:
    event = ValidationRequest(("contoso.webpubsub.azure.com",))
    assert event.allow_any() == EventResponse(200, {"WebHook-Allowed-Origin": "*"})
    hosts: list[str] = []
    with pytest.raises(TypeError, match=r"allow\(\) needs the hosts of your resources; allow_any\(\)"):
        event.allow(*hosts)


@pytest.mark.parametrize(
    ("host", "error", "message"),
    [
        (None, TypeError, "a host must be a str, not NoneType"),
        (["contoso.webpubsub.azure.com"], TypeError, "a host must be a str, not list"),
        ("", ValueError, "a host must be a name such as 'contoso.webpubsub.azure.com', not ''"),
        ("https://contoso.webpubsub.azure.com", ValueError, "a host must be a name such as"),
    ],
)
def test_a_host_that_could_never_ask_is_refused(host: Any, error: type[Exception], message: str) -> None:
    with pytest.raises(error, match=message):
        ValidationRequest(("contoso.webpubsub.azure.com",)).allow("contoso.webpubsub.azure.com", host)


# --- events ------------------------------------------------------------------------------------------------


def test_every_event_tells_about_its_client() -> None:
    fields = headers(
        "azure.webpubsub.sys.connected",
        "connected",
        **{"ce-userId": "alice", "ce-subprotocol": "json.webpubsub.azure.v1", "ce-connectionState": "e30="},
    )
    assert parse_unverified_event("POST", fields, b"{}") == ConnectedEvent(
        hub="chat",
        connection_id="c1",
        user_id="alice",
        subprotocol="json.webpubsub.azure.v1",
        connection_state="e30=",
        origin="contoso.webpubsub.azure.com",
        id="7",
        time="2026-11-22T08:00:00Z",
    )


def test_attributes_may_be_absent() -> None:
    fields = {"ce-type": "azure.webpubsub.sys.connected", "ce-eventName": "connected", "ce-hub": "h"}
    event = parse_unverified_event("post", fields | {"ce-connectionId": "c", "ce-userId": ""}, b"")
    assert event == ConnectedEvent(hub="h", connection_id="c")


class Fields:
    """The shape of werkzeug's headers: `items()`, but no Mapping."""

    def __init__(self, pairs: Mapping[str, str]) -> None:
        self._pairs = pairs

    def items(self) -> list[tuple[str, str]]:
        return list(self._pairs.items())


@pytest.mark.parametrize("shape", ["mapping", "lower case", "items", "pairs", "asgi"])
@pytest.mark.parametrize("user_id", ["alice", "Zoë", "用户", "50% \udc80"])
def test_headers_of_any_framework(shape: str, user_id: str) -> None:
    fields = headers("azure.webpubsub.sys.connected", "connected", **{"ce-userId": user_id})
    wire = {
        name: value.encode("utf-8", "surrogateescape").decode("latin-1") for name, value in fields.items()
    }
    shapes: dict[str, Any] = {
        "mapping": fields,
        "lower case": {name.lower(): value for name, value in wire.items()},
        "items": Fields(wire),
        "pairs": iter(wire.items()),
        "asgi": [(name.lower().encode(), value.encode("latin-1")) for name, value in wire.items()],
    }
    event = parse_unverified_event("POST", shapes[shape], b"{}")
    assert isinstance(event, ConnectedEvent)
    if "\udc80" in user_id and shape != "mapping":
        user_id = "50% \x80"  # not UTF-8, so it stays as the framework has it
    assert event.user_id == user_id


def test_connect_event() -> None:
    body = {
        "claims": {"sub": ["alice"], "one": "value", "none": None},
        "query": {"page": ["1", "2"]},
        "headers": {"Host": ["example"]},
        "subprotocols": ["json.webpubsub.azure.v1", "mine"],
        "clientCertificates": [{"thumbprint": "AB12", "content": "..."}],
    }
    event = connect_event(body)
    assert event.claims == {"sub": ("alice",), "one": ("value",), "none": ()}
    assert event.query == {"page": ("1", "2")}
    assert event.headers == {"Host": ("example",)}
    assert event.subprotocols == ("json.webpubsub.azure.v1", "mine")
    assert event.certificates == ("AB12",)


@pytest.mark.parametrize(
    "body", [None, {}, {"claims": None, "subprotocols": None, "clientCertificates": None}]
)
def test_connect_event_of_a_bare_client(body: object) -> None:
    event = connect_event(body)
    assert (event.claims, event.query, event.headers) == ({}, {}, {})
    assert (event.subprotocols, event.certificates) == ((), ())


@pytest.mark.parametrize(
    "body",
    [[], 1, "x", {"claims": [1]}, {"claims": {"sub": 1}}, {"subprotocols": 1}, {"clientCertificates": [{}]}],
    ids=str,
)
def test_connect_event_of_another_shape_is_refused(body: object) -> None:
    with pytest.raises(EventError, match="connect"):
        connect_event(body)


@pytest.mark.parametrize(
    ("body", "reason"),
    [(b'{"reason":"Bye."}', "Bye."), (b'{"reason":null}', None), (b"{}", None), (b"", None)],
)
def test_disconnected_event(body: bytes, reason: str | None) -> None:
    fields = headers("azure.webpubsub.sys.disconnected", "disconnected")
    event = parse_unverified_event("POST", fields, body)
    assert isinstance(event, DisconnectedEvent)
    assert event.reason == reason
    assert event.done() == EventResponse(204)


@pytest.mark.parametrize(("name", "kind"), [("joined", GroupJoinedEvent), ("left", GroupLeftEvent)])
def test_group_event(name: str, kind: type[GroupJoinedEvent | GroupLeftEvent]) -> None:
    fields = headers(f"azure.webpubsub.gp.{name}", name, **{"ce-userId": "alice"})
    event = parse_unverified_event("POST", fields, b'{"group":"g"}')
    assert isinstance(event, kind)
    assert (event.group, event.user_id, event.done()) == ("g", "alice", EventResponse(204))
    for body in (b"", b"{}", b'{"group":null}', b'{"group":""}', b'{"group":1}'):
        with pytest.raises(EventError, match="does not name a group"):
            parse_unverified_event("POST", fields, body)


@pytest.mark.parametrize(
    ("content_type", "data_type"),
    [
        ("text/plain", "text"),
        ("Text/Plain; charset=utf-8", "text"),
        ("application/json", "json"),
        ("application/octet-stream", "binary"),
        ("application/x-protobuf", "protobuf"),
        ("image/png", "binary"),
        ("nonsense", "text"),  # RFC 2045, section 5.2
        ("text/plain; x=" + "y" * (1024 - 14), "text"),
        ("text/plain; x=" + "y" * (1025 - 14), "binary"),  # too long to be looked into
        (None, "binary"),
    ],
)
def test_user_event(content_type: str | None, data_type: str) -> None:
    event = user_event(b"\xc3\xa9", content_type)
    assert (event.name, event.data_type, event.content) == ("shout", data_type, b"\xc3\xa9")
    assert event.content_type == content_type


def test_user_event_with_metadata() -> None:
    event = user_event(**{"X-WebPubSub-Metadata-Trace": "a", "x-webpubsub-metadata-other": "b"})
    assert event.metadata == {"trace": "a", "other": "b"}
    assert user_event(**{"X-WebPubSub-Metadata-": "a"}).metadata == {}


def test_user_event_reads_its_data() -> None:
    assert user_event("é".encode()).text() == "é"
    assert user_event("é".encode("latin-1"), "text/plain; charset=ISO-8859-1").text() == "é"
    assert user_event(b'{"a":[1]}', "application/json").json() == {"a": [1]}


@pytest.mark.parametrize(
    "content_type",
    [
        "text/plain",
        "text/plain; charset=no-such",
        *(
            f"text/plain; charset={name}"
            for name in (*sorted(_NOT_CHARSETS), "IDNA", "unicode_escape", "hex")
        ),
    ],
)
def test_user_event_refuses_to_read_what_is_no_text(content_type: str) -> None:
    with pytest.raises(EventError, match="'shout' is not text in"):
        user_event(b"\xff", content_type).text()


@pytest.mark.parametrize("body", [b"", b"{", b"\xff", b"[" * 100_000])
def test_user_event_refuses_to_read_what_is_no_json(body: bytes) -> None:
    with pytest.raises(EventError, match="'shout' is not JSON"):
        user_event(body, "application/json").json()


@pytest.mark.parametrize(
    ("method", "fields", "message"),
    [
        ("PUT", CLIENT, "events come by POST, not by PUT"),
        ("GET", {}, "no header WebHook-Request-Origin"),
        ("POST", CLIENT, "no header ce-type"),
        ("POST", CLIENT | {"ce-type": "azure.webpubsub.sys.connect"}, "no header ce-eventName"),
        ("POST", {"ce-type": "azure.webpubsub.sys.connect", "ce-eventName": "connect"}, "no header ce-hub"),
        (
            "POST",
            headers("azure.webpubsub.sys.x", "x"),
            "ce-type is 'azure.webpubsub.sys.x', which is not an event",
        ),
        ("POST", headers("azure.webpubsub.sys.connect", "connect"), "'connect' is not a JSON object"),
        ("POST", headers("azure.webpubsub.sys.disconnected", "disconnected"), "not a JSON object"),
    ],
)
def test_other_requests_are_no_events(method: str, fields: Mapping[str, str], message: str) -> None:
    with pytest.raises(EventError, match=message) as refused:
        parse_unverified_event(method, fields, b"<html>")
    response = refused.value.response
    assert (response.status, response.headers) == (400, {"Content-Type": "text/plain; charset=utf-8"})
    assert message in response.body.decode()


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        ((None, {}, b""), "method must be a str, not NoneType"),
        (("POST", None, b""), "headers must be a mapping or pairs, not NoneType"),
        (("POST", "a", b""), "headers must be a mapping or pairs, not str"),
        (("POST", 0, b""), "headers must be a mapping or pairs, not int"),
        (("POST", CLIENT, None), "body must be bytes, not NoneType; without a body, pass b''"),
        (("POST", CLIENT, ""), "body must be bytes, not str"),
        (("POST", CLIENT, 0), "body must be bytes, not int"),
    ],
)
def test_arguments_of_other_types_are_refused(arguments: Any, message: str) -> None:
    with pytest.raises(TypeError, match=message):
        parse_unverified_event(*arguments)


@given(
    st.sampled_from(["POST", "OPTIONS", "GET", "DELETE"]),
    st.dictionaries(
        st.sampled_from([*headers("", ""), "ce-signature", "ce-userId", "Content-Type"]),
        st.one_of(
            st.text(),
            st.sampled_from(
                ["azure.webpubsub.sys.connect", "azure.webpubsub.user.x", "text/plain; charset=x"]
            ),
        ),
    ),
    st.one_of(st.binary(), st.sampled_from([b"{}", b"[]", b'{"claims":{"a":0}}'])),
)
def test_no_request_breaks_the_handler(method: str, fields: dict[str, str], body: bytes) -> None:
    for parse in (partial(parse_event, access_keys=[PRIMARY]), parse_unverified_event):
        try:
            event = parse(method, fields, body)
            if isinstance(event, UserEvent):
                event.text()
        except EventError as error:
            response = error.response
        else:
            response = event.allow("x") if isinstance(event, ValidationRequest) else event.done()
        assert response.status in (200, 204, 400, 401, 403)


# --- state -------------------------------------------------------------------------------------------------


def state_of(response: EventResponse) -> dict[str, str]:
    return {"ce-connectionState": response.headers["ce-connectionState"]}


@given(st.dictionaries(st.text(), st.one_of(st.text(), st.integers(), st.none(), st.lists(st.booleans()))))
def test_state_comes_back(state: dict[str, Any]) -> None:
    first = connect_event().accept(state=state)
    event = user_event(**state_of(first))
    assert event.state == state
    assert user_event(**state_of(event.reply(state=state | {"n": 1}))).state == state | {"n": 1}


def test_state_is_written_as_other_sdks_do() -> None:
    response = connect_event().accept(state={"key": "a"})
    assert response == EventResponse(204, {"ce-connectionState": "eyJrZXkiOiJhIn0="})


def test_no_state_is_an_empty_state() -> None:
    assert user_event().state == {}
    assert user_event().connection_state is None


@pytest.mark.parametrize(
    "text",
    [
        "x",
        "e30",
        base64.b64encode(b"[" * 100_000).decode(),
        base64.b64encode(b"[]").decode(),
        base64.b64encode(b"\xff").decode(),
    ],
)
def test_another_state_is_a_string(text: str) -> None:
    event = user_event(**{"ce-connectionState": text})
    assert event.connection_state == text
    with pytest.raises(EventError, match="not a JSON object in base64"):
        _ = event.state


def test_own_state() -> None:
    assert user_event().reply(connection_state="step=2").headers == {"ce-connectionState": "step=2"}


@pytest.mark.parametrize("text", ["", " x", "é", "a\r\nSet-Cookie: b", "a\0"])
def test_state_that_is_no_header_is_refused(text: str) -> None:
    for answer in (connect_event().accept, user_event().reply):
        with pytest.raises(ValueError, match="connection_state must be visible ASCII"):
            answer(connection_state=text)


def test_two_states_are_refused() -> None:
    with pytest.raises(ValueError, match="pass only one"):
        user_event().reply(state={}, connection_state="x")


# --- answers -----------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("answer", "body"),
    [
        ({"user_id": "alice"}, {"userId": "alice"}),
        ({"groups": ["g", "h"]}, {"groups": ["g", "h"]}),
        ({"groups": ["g" * 1024]}, {"groups": ["g" * 1024]}),
        ({"roles": ()}, {"roles": []}),
        ({"subprotocol": "mine"}, {"subprotocol": "mine"}),
        (
            {"user_id": "é", "roles": ["webpubsub.sendToGroup"], "groups": ["g"], "subprotocol": "mine"},
            {"userId": "é", "groups": ["g"], "roles": ["webpubsub.sendToGroup"], "subprotocol": "mine"},
        ),
    ],
)
def test_accept(answer: dict[str, Any], body: object) -> None:
    response = connect_event({"subprotocols": ["mine"]}).accept(**answer)
    assert (response.status, response.headers) == (200, {"Content-Type": "application/json"})
    assert json.loads(response.body) == body


def test_accept_as_the_token_says() -> None:
    assert connect_event().accept() == EventResponse(204)


@pytest.mark.parametrize(
    ("answer", "error", "message"),
    [
        ({"user_id": ""}, ValueError, "user_id must not be blank"),
        ({"user_id": " "}, ValueError, "user_id must not be blank"),
        (
            {"groups": [""]},
            ValueError,
            "groups contains ''; a name has at least one character that is not white space",
        ),
        ({"groups": ["x" * 1025]}, ValueError, "a name of 1025 characters; it may have at most 1024"),
        ({"groups": "g"}, TypeError, r"groups must be a list of str, not str; for one, write groups=\[...\]"),
        ({"roles": "r"}, TypeError, r"roles must be a list of str, not str; for one, write roles=\[...\]"),
        ({"groups": 0}, TypeError, "groups must be a list of str, not int"),
        (
            {"groups": ["g", None]},
            TypeError,
            "groups must be a list of str; it contains an item of type NoneType",
        ),
        ({"roles": {"r": 1}}, TypeError, "roles must be a list of str, not dict"),
        ({"roles": ["r", " "]}, ValueError, "roles contains ' '"),
        ({"roles": ["\ud800"]}, ValueError, "roles has a lone surrogate at 0"),
        ({"user_id": 0}, TypeError, "user_id must be a str, not int"),
        ({"subprotocol": ""}, ValueError, r"one that the client offers \(a, c\), not ''"),
        ({"state": "x"}, TypeError, "state must be a mapping, not str"),
        ({"state": []}, TypeError, "state must be a mapping, not list"),
        ({"connection_state": 0}, TypeError, "connection_state must be a str, not int"),
        ({"subprotocol": "b"}, ValueError, r"one that the client offers \(a, c\), not 'b'"),
    ],
)
def test_accept_refuses(answer: dict[str, Any], error: type[Exception], message: str) -> None:
    with pytest.raises(error, match=message):
        connect_event({"subprotocols": ["a", "c"]}).accept(**answer)


def test_reject() -> None:
    text = {"Content-Type": "text/plain; charset=utf-8"}
    assert connect_event().reject() == EventResponse(401, text)
    assert user_event().reject(403, "Né") == EventResponse(403, text, "Né".encode())
    for status in (400, 499):
        assert connect_event().reject(status).status == status
    for status in (0, 200, 399, 500):
        with pytest.raises(ValueError, match=f"status must be from 400 to 499, not {status}"):
            connect_event().reject(status)
    wrong: Any
    for wrong in (None, "403", True, 403.0):
        with pytest.raises(TypeError, match="status must be an int"):
            connect_event().reject(wrong)
    wrong = None
    with pytest.raises(TypeError, match="message must be a str, not NoneType"):
        connect_event().reject(403, wrong)


@pytest.mark.parametrize(
    ("answer", "content_type", "body"),
    [
        ({"content": "é"}, "text/plain; charset=utf-8", "é".encode()),
        ({"content": b"\xff"}, "application/octet-stream", b"\xff"),
        ({"content": bytearray(b"a")}, "application/octet-stream", b"a"),
        ({"content": "{}", "content_type": "application/json"}, "application/json", b"{}"),
        ({"content": b"x", "content_type": "text/plain"}, "text/plain", b"x"),
        (
            {"content": "é", "content_type": "text/plain; charset=latin-1"},
            "text/plain; charset=latin-1",
            b"\xe9",
        ),
        ({"content": b"x", "content_type": "application/x-protobuf"}, "application/x-protobuf", b"x"),
        ({"json": {"a": "é"}}, "application/json", '{"a":"é"}'.encode()),
        ({"json": 0}, "application/json", b"0"),
        ({"content": ""}, "text/plain; charset=utf-8", b""),
    ],
)
def test_reply(answer: dict[str, Any], content_type: str, body: bytes) -> None:
    assert user_event().reply(**answer) == EventResponse(200, {"Content-Type": content_type}, body)


def test_reply_with_metadata() -> None:
    response = user_event().reply(content="x", metadata={"Trace": "a b"})
    text = "text/plain; charset=utf-8"
    assert response.headers == {"Content-Type": text, "X-WebPubSub-Metadata-Trace": "a b"}


@pytest.mark.parametrize(
    ("name", "value"),
    [
        ("", "x"),
        ("a b", "x"),
        ("a\r\nb", "x"),
        ("x" * 257, "x"),
        ("a", "é"),
        ("a", "x\r\ny"),
        ("a", "x" * 1025),
    ],
)
def test_metadata_that_is_no_header_is_refused(name: str, value: str) -> None:
    with pytest.raises(ValueError, match="metadata"):
        user_event().reply(content="x", metadata={name: value})


def test_reply_with_nothing() -> None:
    assert user_event().reply() == EventResponse(204)
    assert user_event().done() == EventResponse(204)


@pytest.mark.parametrize(
    ("answer", "message"),
    [
        ({"json": 1, "content": "x"}, "two answers: pass only one"),
        ({"content_type": "text/plain"}, "content_type is given without content"),
        (
            {"content": b"", "content_type": "image/png"},
            "content_type must be one of text/plain, .*'image/png'",
        ),
        ({"json": float("nan")}, "not JSON compliant"),
        ({"json": 1, "content_type": ""}, "content_type must be one of"),
        ({"content": b"x", "content_type": ""}, "content_type must be one of"),
        ({"content": "x", "content_type": "text/plain\r\nX: y"}, "content_type must be one of"),
        ({"content": "é", "content_type": "text/plain; charset=ascii"}, "at 0 that ascii cannot carry"),
        ({"content": "x", "content_type": "text/plain; charset=no-such"}, "'no-such' is not a charset"),
        ({"content": "x", "content_type": "text/plain; charset=punycode"}, "'punycode' is not a charset"),
        ({"content": "\ud800"}, "at 0 that utf-8 cannot carry"),
    ],
)
def test_reply_refuses(answer: dict[str, Any], message: str) -> None:
    with pytest.raises(ValueError, match=message):
        user_event().reply(**answer)


@pytest.mark.parametrize(
    ("answer", "message"),
    [
        ({"content": 5}, "content must be str or bytes, not int; pass other values as json"),
        ({"content": 0}, "content must be str or bytes, not int"),
        ({"content": []}, "content must be str or bytes, not list"),
        ({"content": {"a": 1}}, "content must be str or bytes, not dict"),
        ({"content": "x", "content_type": 0}, "content_type must be a str, not int"),
        ({"content": "x", "metadata": ""}, "metadata must be a mapping of str to str, not str"),
        ({"content": "x", "metadata": {"a": 1}}, "metadata must be a mapping of str to str; 'a'"),
        ({"content": "x", "metadata": {"a": None}}, "metadata must be a mapping of str to str; 'a'"),
        ({"content": "x", "metadata": {b"a": "b"}}, "metadata must be a mapping of str to str; b'a'"),
        ({"json": object()}, "not JSON serializable"),
    ],
)
def test_reply_refuses_values_of_other_types(answer: dict[str, Any], message: str) -> None:
    with pytest.raises(TypeError, match=message):
        user_event().reply(**answer)


@pytest.mark.parametrize("empty", [{}, None])
def test_empty_metadata_is_none(empty: Any) -> None:
    assert user_event().reply(content=b"", metadata=empty).headers == {
        "Content-Type": "application/octet-stream"
    }
    bound = {"a" * 256: "b" * 1024}
    assert len(user_event().reply(content=b"", metadata=bound).headers) == 2


def test_an_empty_state_is_a_state() -> None:
    assert user_event().reply(state={}).headers == {"ce-connectionState": "e30="}


def test_what_clients_send_stays_out_of_the_log() -> None:
    connect = connect_event(
        {"claims": {"sub": ["s3cret"]}, "query": {"q": ["s3cret"]}, "headers": {"Cookie": ["s3cret"]}}
    )
    assert "s3cret" not in repr(connect)
    assert "s3cret" not in repr(user_event(b"s3cret", **{"ce-connectionState": "s3cret"}))
