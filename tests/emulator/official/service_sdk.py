"""Every operation of the published service SDK for Python, run in an environment that has it.

Usage: ``python service_sdk.py CONNECTION_STRING CONNECTION_ID [ENTRA_TOKEN]``. The connection is user
``alice`` of hub ``chat``. With a token of Microsoft Entra, the client has a credential that returns it.
"""

# The package of this name is the published one where this runs, which is not what the checkers see.
# mypy: ignore-errors
# pyright: basic, reportCallIssue=false, reportAttributeAccessIssue=false, reportArgumentType=false

import io
import sys
import time

from azure.core.credentials import AccessToken
from azure.core.exceptions import ClientAuthenticationError, HttpResponseError, ResourceNotFoundError

from azure.messaging.webpubsubservice import WebPubSubServiceClient

GROUP = "g/1 +%é"


def send(client: WebPubSubServiceClient, connection_id: str) -> None:
    """Send by every operation."""
    client.send_to_all({"to": "all"}, excluded=["nobody"], filter="userId eq 'alice'")
    client.send_to_user("alice", "to user", content_type="text/plain")
    client.send_to_connection(connection_id, io.BytesIO(b"\x00\xff"), content_type="application/octet-stream")
    client.add_connection_to_group(GROUP, connection_id)
    client.send_to_group(GROUP, [1, 2.5], content_type="application/json", filter="not (userId eq null)")


def look(client: WebPubSubServiceClient, connection_id: str) -> None:
    """Find what is there, and not what is not."""
    assert client.connection_exists(connection_id) is True
    assert client.connection_exists("nobody") is False
    assert client.user_exists("alice") is True
    assert client.user_exists("nobody") is False
    assert client.group_exists(GROUP) is True
    members = [(each.connection_id, each.user_id) for each in client.list_connections(group=GROUP)]
    assert members == [(connection_id, "alice")], members


def group(client: WebPubSubServiceClient, connection_id: str) -> None:
    """End memberships in every way."""
    client.remove_connection_from_group(GROUP, connection_id)
    assert client.group_exists(GROUP) is False
    for leave in (
        lambda: client.remove_user_from_group("h", "alice"),
        lambda: client.remove_user_from_all_groups("alice"),
        lambda: client.remove_connection_from_all_groups(connection_id),
    ):
        client.add_user_to_group("h", "alice")
        assert client.group_exists("h") is True
        leave()
        assert client.group_exists("h") is False


def permit(client: WebPubSubServiceClient, connection_id: str, client_scheme: str) -> None:
    """Grant and revoke."""
    for permission in ("sendToGroup", "joinLeaveGroup"):
        assert client.has_permission(permission, connection_id, target_name=GROUP) is False
        client.grant_permission(permission, connection_id, target_name=GROUP)
        assert client.has_permission(permission, connection_id, target_name=GROUP) is True
        client.revoke_permission(permission, connection_id, target_name=GROUP)
        assert client.has_permission(permission, connection_id, target_name=GROUP) is False
    token = client.get_client_access_token(user_id="bob", roles=["webpubsub.sendToGroup"], groups=["x"])
    assert token["url"].startswith(client_scheme), token["url"]


def fail(client: WebPubSubServiceClient, stranger: WebPubSubServiceClient) -> None:
    """Get the exceptions that the SDK has for what goes wrong."""
    text = {"content_type": "text/plain"}
    for expected, code, call in (
        (
            ResourceNotFoundError,
            "Error.Connection.NotExisted",
            lambda: client.add_connection_to_group("g", "nobody"),
        ),
        (ResourceNotFoundError, "Warning.User.NotExisted", lambda: client.add_user_to_group("g", "nobody")),
        (
            HttpResponseError,
            "Error.BadRequest",
            lambda: client.send_to_all("x", filter="userId lt 1", **text),
        ),
        (ClientAuthenticationError, None, lambda: stranger.send_to_all("x", **text)),
    ):
        raised = error_of(call)
        assert type(raised) is expected, raised
        assert (raised.error.code if raised.error else None) == code, raised


def error_of(call: object) -> HttpResponseError:
    """Return what a call raises."""
    try:
        call()
    except HttpResponseError as error:
        return error
    raise AssertionError("nothing was raised")


def close(client: WebPubSubServiceClient, connection_id: str) -> None:
    """Close by every operation, the connection last."""
    client.close_group_connections("empty", reason="r")
    client.close_user_connections("nobody", excluded=[connection_id])
    client.close_all_connections(excluded=[connection_id])
    assert client.connection_exists(connection_id) is True
    client.close_connection(connection_id, reason="enough")
    assert client.connection_exists(connection_id) is False


class Entra:
    """A credential of Microsoft Entra with one token."""

    def __init__(self, token: str) -> None:
        self.token = token

    def get_token(self, *scopes: str, **options: object) -> AccessToken:
        """Return the token, whatever the options."""
        assert scopes == ("https://webpubsub.azure.com/.default",), (scopes, options)
        return AccessToken(self.token, int(time.time()) + 3600)


def clients(
    connection_string: str, entra_token: str | None
) -> tuple[WebPubSubServiceClient, WebPubSubServiceClient]:
    """Return a client, and one that is not let in."""
    if entra_token is not None:
        endpoint = connection_string.partition("=")[2].partition(";")[0]
        stranger = WebPubSubServiceClient(endpoint, "chat", Entra("no.t.oken"))
        return WebPubSubServiceClient(endpoint, "chat", Entra(entra_token)), stranger
    wrong = connection_string.replace("AccessKey=", "AccessKey=x")
    stranger = WebPubSubServiceClient.from_connection_string(wrong, hub="chat")
    return WebPubSubServiceClient.from_connection_string(connection_string, hub="chat"), stranger


def main(connection_string: str, connection_id: str, entra_token: str | None = None) -> None:
    """Call everything, and check what can be seen from here."""
    client, stranger = clients(connection_string, entra_token)
    for step in (send, look, group):
        step(client, connection_id)
    permit(client, connection_id, "ws" + connection_string.partition("http")[2].partition("/")[0])
    fail(client, stranger)
    close(client, connection_id)


main(*sys.argv[1:])
