from __future__ import annotations

import base64
import json
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
    SignatureError,
    UserEvent,
    ValidationRequest,
    parse_event,
    verify_signature,
)

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
    event = parse_event("POST", fields, body, access_keys=None)
    assert isinstance(event, UserEvent)
    return event


def connect_event(body: object = None, /, **more: str) -> ConnectEvent:
    content = b"" if body is None else json.dumps(body).encode()
    event = parse_event(
        "POST", headers("azure.webpubsub.sys.connect", "connect", **more), content, access_keys=None
    )
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


@pytest.mark.parametrize("keys", [[], [""], [PRIMARY, ""]])
def test_verify_signature_refuses_keys_that_anybody_has(keys: list[str]) -> None:
    with pytest.raises(ValueError, match="one or more access keys, none of them empty"):
        verify_signature(BY_PRIMARY, "c1", keys)


def test_verify_signature_refuses_one_string() -> None:
    with pytest.raises(TypeError, match=r"such as \[key\], not one"):
        verify_signature(BY_PRIMARY, "c1", PRIMARY)


@given(st.text(), st.text(max_size=3), st.text(min_size=1))
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
        ("contoso.webpubsub.azure.com", (), 200, "*"),
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


# --- events ------------------------------------------------------------------------------------------------


def test_every_event_tells_about_its_client() -> None:
    fields = headers(
        "azure.webpubsub.sys.connected",
        "connected",
        **{"ce-userId": "alice", "ce-subprotocol": "json.webpubsub.azure.v1", "ce-connectionState": "e30="},
    )
    assert parse_event("POST", fields, b"{}", access_keys=None) == ConnectedEvent(
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
    event = parse_event("post", fields | {"ce-connectionId": "c", "ce-userId": ""}, b"", access_keys=None)
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
    event = parse_event("POST", shapes[shape], b"{}", access_keys=None)
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
    event = parse_event("POST", fields, body, access_keys=None)
    assert isinstance(event, DisconnectedEvent)
    assert event.reason == reason
    assert event.done() == EventResponse(204)


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


def test_user_event_reads_its_data() -> None:
    assert user_event("é".encode()).text() == "é"
    assert user_event("é".encode("latin-1"), "text/plain; charset=ISO-8859-1").text() == "é"
    assert user_event(b'{"a":[1]}', "application/json").json() == {"a": [1]}


@pytest.mark.parametrize("content_type", ["text/plain", "text/plain; charset=no-such"])
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
            "ce-type is 'azure.webpubsub.sys.x', which is no event",
        ),
        ("POST", headers("azure.webpubsub.sys.connect", "connect"), "'connect' is not a JSON object"),
        ("POST", headers("azure.webpubsub.sys.disconnected", "disconnected"), "not a JSON object"),
    ],
)
def test_other_requests_are_no_events(method: str, fields: Mapping[str, str], message: str) -> None:
    with pytest.raises(EventError, match=message) as refused:
        parse_event(method, fields, b"<html>", access_keys=None)
    response = refused.value.response
    assert (response.status, response.headers) == (400, {"Content-Type": "text/plain; charset=utf-8"})
    assert message in response.body.decode()


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
    for keys in ([PRIMARY], None):
        try:
            event = parse_event(method, fields, body, access_keys=keys)
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
    "text", ["x", "e30", base64.b64encode(b"[]").decode(), base64.b64encode(b"\xff").decode()]
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
    with pytest.raises(ValueError, match="give one"):
        user_event().reply(state={}, connection_state="x")


# --- answers -----------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("answer", "body"),
    [
        ({"user_id": "alice"}, {"userId": "alice"}),
        ({"groups": ["g", "h"]}, {"groups": ["g", "h"]}),
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
            "groups must be names of 1 to 1024 characters, not all white space: ''",
        ),
        ({"groups": ["x" * 1025]}, ValueError, "groups must be names"),
        ({"groups": "g"}, TypeError, r"groups must be several strings, such as \['g'\], not one"),
        ({"roles": "r"}, TypeError, r"roles must be several strings, such as \['r'\], not one"),
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
    for status in (200, 399, 500):
        with pytest.raises(ValueError, match=f"status must be from 400 to 499, not {status}"):
            connect_event().reject(status)


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
        ({"json": 1, "content": "x"}, "two answers; give one"),
        ({"content_type": "text/plain"}, "content_type is given without content"),
        (
            {"content": b"", "content_type": "image/png"},
            "content_type must be one of text/plain, .*'image/png'",
        ),
        ({"json": float("nan")}, "not JSON compliant"),
    ],
)
def test_reply_refuses(answer: dict[str, Any], message: str) -> None:
    with pytest.raises(ValueError, match=message):
        user_event().reply(**answer)


def test_what_clients_send_stays_out_of_the_log() -> None:
    connect = connect_event(
        {"claims": {"sub": ["s3cret"]}, "query": {"q": ["s3cret"]}, "headers": {"Cookie": ["s3cret"]}}
    )
    assert "s3cret" not in repr(connect)
    assert "s3cret" not in repr(user_event(b"s3cret", **{"ce-connectionState": "s3cret"}))
