"""Client and service together: what is sent arrives, and what is asked is answered."""

import io
import json
from collections.abc import Callable
from datetime import timedelta
from typing import Any

import pytest
from azure.core.exceptions import HttpResponseError
from azure.core.rest import HttpRequest

from azure.messaging.webpubsubservice import odata_filter
from azure.messaging.webpubsubservice.rest import (
    build_add_connection_to_group_request,
    build_add_connections_to_groups_request,
    build_add_user_to_group_request,
    build_check_permission_request,
    build_close_connection_request,
    build_connection_exists_request,
    build_get_service_status_request,
    build_grant_permission_request,
    build_group_exists_request,
    build_list_connections_in_group_request,
    build_remove_user_from_group_request,
    build_revoke_permission_request,
    build_send_to_all_request,
    build_send_to_connection_request,
    build_send_to_group_request,
    build_send_to_user_request,
    build_user_exists_request,
)
from tests.integration.conftest import Subscribe
from tests.unit.test_responses import listed

JSON = "json.webpubsub.azure.v1"


def connected(subscriber: Any) -> str:
    """The id of a JSON client's connection, from its first frame."""
    frame = json.loads(subscriber.recv(timeout=10))
    assert frame["event"] == "connected"
    identity: str = frame["connectionId"]
    return identity


def test_the_service_is_well(client: Any) -> None:
    assert client.send(build_get_service_status_request()).status_code == 200


@pytest.mark.parametrize(
    ("content", "arrives"),
    [
        (lambda: {"json": {"Hello": "wörld"}}, '{"Hello":"wörld"}'),
        (lambda: {"content": "wörld"}, "wörld"),
        (lambda: {"content": b"w\x00\xff"}, b"w\x00\xff"),
        (lambda: {"content": io.StringIO("wörld")}, "wörld"),
        (lambda: {"content": (part for part in ("wö", "rld")), "content_type": "text/plain"}, "wörld"),
        (lambda: {"content": ""}, ""),
    ],
    ids=["json", "text", "binary", "text file", "generator", "empty"],
)
def test_what_is_sent_to_all_arrives(
    client: Any,
    hub: str,
    subscribe: Subscribe,
    content: Callable[[], dict[str, Any]],
    arrives: str | bytes,
) -> None:
    subscriber = subscribe()
    response = client.send(build_send_to_all_request(hub, **content()))
    response.raise_for_status()
    assert response.status_code == 202
    assert subscriber.recv(timeout=10) == arrives


def test_sends_reach_the_one_they_name_and_no_other(client: Any, hub: str, subscribe: Subscribe) -> None:
    user, group = "ålice O'Neil +%", "grüp #1?&"
    alice = subscribe(JSON, user_id=user, groups=[group])
    bob = subscribe(JSON, user_id="bob")
    identity = connected(alice)
    connected(bob)
    requests = [
        build_send_to_user_request(hub, user, content="user"),
        build_send_to_group_request(hub, group, content="group"),
        build_send_to_connection_request(hub, identity, content="connection"),
        build_send_to_all_request(hub, content="filter", filter=odata_filter("userId eq {}", user)),
        build_send_to_all_request(hub, content="last"),
    ]
    for request in requests:
        assert client.send(request).status_code == 202
    frames = [json.loads(alice.recv(timeout=10)) for _ in requests]
    assert {frame["data"] for frame in frames} == {"user", "group", "connection", "filter", "last"}
    assert json.loads(bob.recv(timeout=10))["data"] == "last"


def test_groups_are_joined_listed_and_left(client: Any, hub: str, subscribe: Subscribe) -> None:
    subscribers = [subscribe(JSON, user_id=f"user{number}") for number in range(5)]
    identities = sorted(connected(subscriber) for subscriber in subscribers)
    for identity in identities[:2]:
        client.send(build_add_connection_to_group_request(hub, "g", identity)).raise_for_status()
    client.send(
        build_add_connections_to_groups_request(
            hub,
            json={"groups": ["g", "h"], "filter": odata_filter("userId in {}", ["user3", "user4"])},
        )
    ).raise_for_status()
    client.send(build_add_user_to_group_request(hub, "g", "user0")).raise_for_status()
    pages = build_list_connections_in_group_request(hub, "g", maxpagesize=2)
    members = listed(client, pages)
    assert set(identities[:2]) <= set(members) <= set(identities)
    assert len(members) == len(set(members)) >= 3
    assert (
        listed(client, build_list_connections_in_group_request(hub, "g", maxpagesize=1, top=2)) == members[:2]
    )
    assert client.send(build_group_exists_request(hub, "h")).status_code == 200
    assert client.send(build_group_exists_request(hub, "nobody")).status_code == 404
    client.send(build_remove_user_from_group_request(hub, "g", "user0")).raise_for_status()
    assert len(listed(client, pages)) < 5


def test_connections_and_users_exist_until_they_are_closed(
    client: Any, hub: str, subscribe: Subscribe
) -> None:
    subscriber = subscribe(JSON, user_id="alice", expires_in=timedelta(minutes=5))
    identity = connected(subscriber)
    assert client.send(build_connection_exists_request(hub, identity)).status_code == 200
    assert client.send(build_user_exists_request(hub, "alice")).status_code == 200
    assert client.send(build_close_connection_request(hub, identity, reason="bäd &c")).status_code == 204
    frame = json.loads(subscriber.recv(timeout=10))
    assert frame["event"] == "disconnected"
    assert "bäd &c" in frame["message"]
    missing = client.send(build_connection_exists_request(hub, identity))
    assert missing.status_code == 404
    assert missing.headers["x-ms-error-code"] == "Warning.Connection.NotExisted"
    with pytest.raises(HttpResponseError, match="Not Found"):
        missing.raise_for_status()


def test_permissions_are_granted_checked_and_revoked(client: Any, hub: str, subscribe: Subscribe) -> None:
    identity = connected(subscribe(JSON))
    arguments: dict[str, Any] = {"target_name": "g"}
    check = build_check_permission_request(hub, "sendToGroup", identity, **arguments)
    assert client.send(check).status_code == 404
    assert (
        client.send(build_grant_permission_request(hub, "sendToGroup", identity, **arguments)).status_code
        == 200
    )
    assert client.send(check).status_code == 200
    assert (
        client.send(build_revoke_permission_request(hub, "sendToGroup", identity, **arguments)).status_code
        == 204
    )
    assert client.send(check).status_code == 404


def test_roles_let_a_client_publish(subscribe: Subscribe) -> None:
    listener = subscribe(JSON, groups=["g"])
    connected(listener)
    sender = subscribe(JSON, roles=["webpubsub.sendToGroup.g"])
    connected(sender)
    message = {"type": "sendToGroup", "group": "g", "ackId": 1, "dataType": "text", "data": "hi"}
    sender.send(json.dumps(message))
    assert json.loads(sender.recv(timeout=10)) == {"type": "ack", "ackId": 1, "success": True}
    assert json.loads(listener.recv(timeout=10))["data"] == "hi"


def test_an_error_of_the_service_says_what_was_wrong(client: Any, hub: str) -> None:
    response = client.send(build_send_to_all_request(hub, content="x", filter="no filter"))
    assert response.status_code == 400
    with pytest.raises(HttpResponseError) as caught:
        response.raise_for_status()
    assert caught.value.error is not None
    assert caught.value.error.code
    assert caught.value.error.message


def test_a_request_by_hand_gets_version_and_signature(client: Any, hub: str, subscribe: Subscribe) -> None:
    subscriber = subscribe()
    request = HttpRequest(
        "POST", f"/api/hubs/{hub}/:send", content="by hand", headers={"Content-Type": "text/plain"}
    )
    assert client.send(request).status_code == 202
    assert subscriber.recv(timeout=10) == "by hand"
