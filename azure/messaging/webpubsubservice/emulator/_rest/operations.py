"""The operations of the data plane. Their paths and parameters are in ``_specification``."""

import base64
import hashlib
import hmac
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field
from itertools import islice
from typing import Any
from urllib.parse import urlencode

from azure.messaging.webpubsubservice.emulator._names import INVALID_GROUP, is_group
from azure.messaging.webpubsubservice.emulator._protocol.messages import DataMessage, Payload, PayloadType
from azure.messaging.webpubsubservice.emulator._service.permissions import Permission, PermissionLimitError
from azure.messaging.webpubsubservice.emulator._service.service import Service
from azure.messaging.webpubsubservice.emulator._service.state import Connection, Hub, select
from azure.messaging.webpubsubservice.emulator._specification import MAX_PAGE, not_emulated

from .errors import ApiError, api_error, bad_request, invalid_parameter
from .parameters import permission_of

#: Returns whether a connection matches a filter.
Matches = Callable[[Connection], bool]


_NO_PAYLOAD = Payload(PayloadType.BINARY, b"")


@dataclass(frozen=True, slots=True, kw_only=True)
class Call:
    """A request to an operation, checked and parsed."""

    service: Service
    hub: Hub
    #: The URL without its query, as the caller wrote it.
    url: str
    api_version: str
    #: Decoded path parameters, by the specification's names.
    path: Mapping[str, str]
    #: The parsed query parameters of the request, by the specification's names.
    query: Mapping[str, Any]
    #: The filter of the query or of the body.
    matches: Matches | None = None
    #: The body of an operation that sends a message.
    payload: Payload = _NO_PAYLOAD
    #: The metadata of that message.
    metadata: Mapping[str, str] = field(default_factory=dict)
    #: The groups in the body, for an operation on several groups.
    groups: Sequence[str] = ()

    def selected(self, candidates: Iterable[Connection]) -> list[Connection]:
        """Return a new list of the candidates that are neither excluded nor filtered out."""
        return select(candidates, excluded=self.query.get("excluded", ()), matches=self.matches)

    def publish(self, candidates: Iterable[Connection], *, group: str | None = None) -> None:
        """Send the body to the selected candidates."""
        message = DataMessage(self.payload, group, metadata=self.metadata)
        self.service.sessions.publish(
            self.hub, self.selected(candidates), message, self.query.get("messageTtlSeconds", 0)
        )

    def close(self, candidates: Iterable[Connection]) -> None:
        """Close the selected candidates."""
        for connection in self.selected(candidates):
            self.service.sessions.by_id[connection.connection_id].close(self.query.get("reason"))

    def connection(self) -> Connection | None:
        """Return the connection that the path names, if there is one."""
        return self.hub.connections.get(self.path["connectionId"])

    def connections(self) -> Sequence[Connection]:
        """Return the connection that the path names as a sequence, empty if there is none."""
        connection = self.connection()
        return () if connection is None else (connection,)


#: Does an operation, and returns the JSON body of the response, or ``None`` for no body.
Handler = Callable[[Call], Mapping[str, Any] | None]


# --- messages ---


def send_to_all(call: Call) -> None:
    """Send to every connection of the hub."""
    call.publish(call.hub.connections.values())


def send_to_group(call: Call) -> None:
    """Send to the members of a group. They learn its name."""
    call.publish(call.hub.of_group(call.path["group"]), group=call.path["group"])


def send_to_user(call: Call) -> None:
    """Send to every connection of a user."""
    call.publish(call.hub.of_user(call.path["userId"]))


def send_to_connection(call: Call) -> None:
    """Send to one connection, if it is there."""
    call.publish(call.connections())


# --- existence ---


def connection_exists(call: Call) -> None:
    """Find a connection, even if its client is away and may still come back."""
    if call.connection() is None:
        raise _no_connection(call, "Warning")


def group_exists(call: Call) -> None:
    """Find a member of a group."""
    group = call.path["group"]
    if not call.hub.of_group(group):
        # Inferred: this text has the length of the service's recorded response.
        raise api_error(404, "Warning.Group.NotExisted", f"Group `{group}` is empty.", "Group")


def user_exists(call: Call) -> None:
    """Find a connection of a user."""
    if not call.hub.of_user(call.path["userId"]):
        raise _no_user(call)


def user_exists_in_group(call: Call) -> None:
    """Find a connection of a user in a group."""
    if not any(
        call.path["group"] in connection.groups for connection in call.hub.of_user(call.path["userId"])
    ):
        raise _no_user(call)


# --- closing ---


def close_connection(call: Call) -> None:
    """Close a connection, if it is there."""
    call.close(call.connections())


def close_all_connections(call: Call) -> None:
    """Close the connections of the hub."""
    call.close(call.hub.connections.values())


def close_group_connections(call: Call) -> None:
    """Close the members of a group."""
    call.close(call.hub.of_group(call.path["group"]))


def close_user_connections(call: Call) -> None:
    """Close the connections of a user."""
    call.close(call.hub.of_user(call.path["userId"]))


# --- membership ---


def add_connection_to_group(call: Call) -> None:
    """Make a connection a member."""
    connection = call.connection()
    if connection is None:
        raise _no_connection(call, "Error")
    call.hub.join(connection, call.path["group"])


def remove_connection_from_group(call: Call) -> None:
    """End a membership, if there is one."""
    for connection in call.connections():
        call.hub.leave(connection, call.path["group"])


def remove_connection_from_all_groups(call: Call) -> None:
    """End every membership of a connection."""
    for connection in call.connections():
        call.hub.leave_all(connection)


def add_user_to_group(call: Call) -> None:
    """Make a user's current connections members. Later ones do not become members."""
    connections = call.hub.of_user(call.path["userId"])
    if not connections:
        raise _no_user(call)
    for connection in connections:
        call.hub.join(connection, call.path["group"])


def remove_user_from_group(call: Call) -> None:
    """End the memberships of a user in a group."""
    for connection in call.hub.of_user(call.path["userId"]):
        call.hub.leave(connection, call.path["group"])


def remove_user_from_all_groups(call: Call) -> None:
    """End every membership of a user."""
    for connection in call.hub.of_user(call.path["userId"]):
        call.hub.leave_all(connection)


def add_connections_to_groups(call: Call) -> None:
    """Make every connection that the filter matches a member of each group."""
    for connection in call.selected(call.hub.connections.values()):
        for group in call.groups:
            call.hub.join(connection, group)


def remove_connections_from_groups(call: Call) -> None:
    """End the memberships in each group of every connection that the filter matches."""
    for connection in call.selected(call.hub.connections.values()):
        for group in call.groups:
            call.hub.leave(connection, group)


def list_connections_in_group(call: Call) -> Mapping[str, Any]:
    """Return a page of members in the order of their ids, and the link to the next page.

    Members may come and go between two pages. The link contains the id after which to continue, so no member
    is returned twice.
    """
    group, token = call.path["group"], call.query.get("continuationToken")
    after = "" if token is None else _read_continuation(call, token)
    top: int | None = call.query.get("top")
    size = min(call.query.get("maxpagesize", MAX_PAGE), top or MAX_PAGE)
    members = sorted(call.hub.of_group(group), key=lambda connection: connection.connection_id)
    rest = [connection for connection in members if connection.connection_id > after]
    page = list(islice(rest, size))
    left = None if top is None else top - len(page)
    more = len(rest) > len(page) and left != 0
    return {
        "value": [{"connectionId": each.connection_id, "userId": each.user_id} for each in page],
        "nextLink": _next_link(call, page[-1].connection_id, left) if more else None,
    }


# --- permissions ---


def grant_permission(call: Call) -> None:
    """Grant a connection a permission for one group."""
    permission, group = _permission(call)
    connection = call.connection()
    if connection is None:
        raise _no_connection(call, "Info")
    with _conflicts():
        connection.permissions.grant(permission, group)


def revoke_permission(call: Call) -> None:
    """Revoke a connection's permission for one group. A member stays a member."""
    permission, group = _permission(call)
    connection = call.connection()
    if connection is not None:
        with _conflicts():
            connection.permissions.revoke(permission, group)


def check_permission(call: Call) -> None:
    """Find out whether a connection has a permission for one group."""
    permission, group = _permission(call)
    connection = call.connection()
    if connection is None or not connection.permissions.allows(permission, group):
        raise _no_connection(call, "Info")


# --- tokens ---


def generate_client_token(call: Call) -> Mapping[str, Any]:
    """Sign a client token.

    Callers with an access key get one, too. The service's own emulator refuses them, but the documentation
    does not say so. There is no token for kinds of clients that are not emulated.
    """
    groups: Sequence[str] = call.query.get("group", ())
    if not all(map(is_group, groups)):
        raise invalid_parameter("group", INVALID_GROUP)
    client_type = call.query.get("clientType", "Default")
    if client_type != "Default":
        message = not_emulated(f"{client_type} clients")
        raise api_error(501, "Error.NotImplemented", message, "clientType")
    origin, _, _ = call.url.partition("/api/")
    token = call.service.tokens.issue(
        f"{origin}/client/hubs/{call.hub.name}",
        minutes=call.query.get("minutesToExpire", 60),
        user_id=call.query.get("userId"),
        roles=call.query.get("role", ()),
        groups=groups,
    )
    return {"token": token}


def _permission(call: Call) -> tuple[Permission, str]:
    permission = permission_of(call.path["permission"])
    assert permission is not None  # it was checked with the path
    group = call.query.get("targetName", "")
    if not is_group(group):
        raise bad_request(INVALID_GROUP)
    return permission, group


@contextmanager
def _conflicts() -> Iterator[None]:
    try:
        yield
    except PermissionLimitError as error:
        raise api_error(409, "Error.Connection.Conflict", str(error), "Connection") from None


def _no_connection(call: Call, level: str) -> ApiError:
    message = f"Connection `{call.path['connectionId']}` is not found."
    return api_error(404, f"{level}.Connection.NotExisted", message, "Connection")


def _no_user(call: Call) -> ApiError:
    return api_error(404, "Warning.User.NotExisted", f"User `{call.path['userId']}` is not found.", "User")


def _next_link(call: Call, after: str, left: int | None) -> str:
    query: dict[str, str | int] = {
        "api-version": call.api_version,
        "continuationToken": _write_continuation(call, after),
    }
    query |= {"maxpagesize": call.query["maxpagesize"]} if "maxpagesize" in call.query else {}
    query |= {} if left is None else {"top": left}
    return f"{call.url}?{urlencode(query)}"


def _write_continuation(call: Call, after: str) -> str:
    return base64.urlsafe_b64encode(_seal(call, after.encode()) + after.encode()).decode().rstrip("=")


def _read_continuation(call: Call, token: str) -> str:
    try:
        data = base64.urlsafe_b64decode(token.encode("ascii") + b"=" * (-len(token) % 4))
        after = data[_SEAL_BYTES:]
        if hmac.compare_digest(data[:_SEAL_BYTES], _seal(call, after)):
            return after.decode()
    except ValueError:
        pass
    raise invalid_parameter("continuationToken", "Invalid continuationToken.")


_SEAL_BYTES = 16


def _seal(call: Call, after: bytes) -> bytes:
    """Return a seal that ties a continuation token to this process, hub and group."""
    bound = b"\0".join((call.hub.name.encode(), call.path["group"].encode(), after))
    return hmac.digest(call.service.paging_secret, bound, hashlib.sha256)[:_SEAL_BYTES]


#: The function for each operation, by name. The health check does nothing.
HANDLERS: Mapping[str, Handler] = {
    "WebPubSub_SendToAll": send_to_all,
    "WebPubSub_SendToGroup": send_to_group,
    "WebPubSub_SendToUser": send_to_user,
    "WebPubSub_SendToConnection": send_to_connection,
    "WebPubSub_ConnectionExists": connection_exists,
    "WebPubSub_GroupExists": group_exists,
    "WebPubSub_UserExists": user_exists,
    "WebPubSub_UserExistsInGroup": user_exists_in_group,
    "WebPubSub_CloseConnection": close_connection,
    "WebPubSub_CloseAllConnections": close_all_connections,
    "WebPubSub_CloseGroupConnections": close_group_connections,
    "WebPubSub_CloseUserConnections": close_user_connections,
    "WebPubSub_AddConnectionToGroup": add_connection_to_group,
    "WebPubSub_RemoveConnectionFromGroup": remove_connection_from_group,
    "WebPubSub_RemoveConnectionFromAllGroups": remove_connection_from_all_groups,
    "WebPubSub_AddUserToGroup": add_user_to_group,
    "WebPubSub_RemoveUserFromGroup": remove_user_from_group,
    "WebPubSub_RemoveUserFromAllGroups": remove_user_from_all_groups,
    "WebPubSub_AddConnectionsToGroups": add_connections_to_groups,
    "WebPubSub_RemoveConnectionsFromGroups": remove_connections_from_groups,
    "WebPubSub_ListConnectionsInGroup": list_connections_in_group,
    "WebPubSub_GrantPermission": grant_permission,
    "WebPubSub_RevokePermission": revoke_permission,
    "WebPubSub_CheckPermission": check_permission,
    "WebPubSub_GenerateClientToken": generate_client_token,
}
