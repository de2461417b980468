"""What each builder puts on the wire, as rows: a call and the request it makes.

The rows are written from the published facts and from how the service reads a request; nothing in them is
computed from ``swagger/`` or from the builders. ``{version}`` stands for the api-version under test; a row
holds for every version from ``since`` to ``until``.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

from tests.contract.facts import NEWEST, VERSIONS

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

ACCEPT = {"Accept": "application/json"}
TOKEN = {"Accept": "application/json, text/json"}
JSON = {**ACCEPT, "Content-Type": "application/json"}
TEXT = {**ACCEPT, "Content-Type": "text/plain"}
BINARY = {**ACCEPT, "Content-Type": "application/octet-stream"}


@dataclass(frozen=True)
class Call:
    """A call of ``build_<builder>_request`` and the request that it makes."""

    builder: str
    args: tuple[str, ...]
    kwargs: Mapping[str, Any]
    request: str
    """Method and relative URL."""
    headers: Mapping[str, str] = field(default_factory=dict)
    body: bytes | None = None
    since: str = "2020-10-01"
    until: str = NEWEST

    def versions(self) -> Iterator[str]:
        """Yield the versions that the row holds for."""
        return (version for version in VERSIONS if self.since <= version <= self.until)

    def __str__(self) -> str:
        """Name the row in a test's id."""
        return "-".join((self.builder, *self.kwargs))


CALLS = (
    Call("get_service_status", (), {}, "HEAD /api/health?api-version={version}"),
    # Messages.
    Call(
        "send_to_all",
        ("chat",),
        {"json": {"Hello": "webpubsub!"}},
        "POST /api/hubs/chat/:send?api-version={version}",
        JSON,
        b'{"Hello":"webpubsub!"}',
    ),
    Call(
        "send_to_all",
        ("chat",),
        {"content": "Grüße"},
        "POST /api/hubs/chat/:send?api-version={version}",
        TEXT,
        b"Gr\xc3\xbc\xc3\x9fe",
    ),
    Call(
        "send_to_all",
        ("chat",),
        {"content": b"\x00\xff"},
        "POST /api/hubs/chat/:send?api-version={version}",
        BINARY,
        b"\x00\xff",
    ),
    Call(
        "send_to_all",
        ("chat",),
        {"content": '{"a": 1}', "content_type": "application/json"},
        "POST /api/hubs/chat/:send?api-version={version}",
        JSON,
        b'{"a": 1}',
    ),
    Call(
        "send_to_all",
        ("chat",),
        {"content": "<p>", "content_type": "text/plain"},
        "POST /api/hubs/chat/:send?api-version={version}",
        TEXT,
        b"<p>",
    ),
    Call(
        "send_to_all",
        ("chat",),
        {"content": "", "excluded": ["c1", "c/2 é"]},
        "POST /api/hubs/chat/:send?excluded=c1&excluded=c%2F2%20%C3%A9&api-version={version}",
        TEXT,
        b"",
    ),
    Call(
        "send_to_all",
        ("chat",),
        {"json": ["ü"], "excluded": ["c1"], "filter": "userId ne 'a&b'"},
        "POST /api/hubs/chat/:send?excluded=c1&api-version={version}&filter=userId%20ne%20%27a%26b%27",
        JSON,
        b'["\xc3\xbc"]',
        since="2022-11-01",
    ),
    Call(
        "send_to_all",
        ("chat",),
        {"content": b"x", "message_ttl_seconds": 0},
        "POST /api/hubs/chat/:send?api-version={version}&messageTtlSeconds=0",
        BINARY,
        b"x",
        since="2023-07-01",
    ),
    Call(
        "send_to_all",
        ("chat",),
        {"json": 1, "excluded": ["c1", "c2"], "filter": "'g' in groups", "message_ttl_seconds": 300},
        "POST /api/hubs/chat/:send?excluded=c1&excluded=c2&api-version={version}"
        "&filter=%27g%27%20in%20groups&messageTtlSeconds=300",
        JSON,
        b"1",
        since="2023-07-01",
    ),
    Call(
        "send_to_connection",
        ("chat", "c1"),
        {"json": "hello"},
        "POST /api/hubs/chat/connections/c1/:send?api-version={version}",
        JSON,
        b'"hello"',
    ),
    Call(
        "send_to_connection",
        ("chat", "a/b?c#d"),
        {"content": b"x", "message_ttl_seconds": 60},
        "POST /api/hubs/chat/connections/a%2Fb%3Fc%23d/:send?api-version={version}&messageTtlSeconds=60",
        BINARY,
        b"x",
        since="2023-07-01",
    ),
    Call(
        "send_to_group",
        ("chat", "news"),
        {"content": "hi"},
        "POST /api/hubs/chat/groups/news/:send?api-version={version}",
        TEXT,
        b"hi",
    ),
    Call(
        "send_to_group",
        ("chat", "g/1 +%ü"),
        {"content": "hi", "excluded": ["c1"]},
        "POST /api/hubs/chat/groups/g%2F1%20%2B%25%C3%BC/:send?excluded=c1&api-version={version}",
        TEXT,
        b"hi",
    ),
    Call(
        "send_to_group",
        ("chat", "news"),
        {"json": {}, "filter": "userId eq null"},
        "POST /api/hubs/chat/groups/news/:send?api-version={version}&filter=userId%20eq%20null",
        JSON,
        b"{}",
        since="2022-11-01",
    ),
    Call(
        "send_to_group",
        ("chat", "news"),
        {"json": {}, "excluded": ["c1"], "filter": "true", "message_ttl_seconds": 1},
        "POST /api/hubs/chat/groups/news/:send?excluded=c1&api-version={version}"
        "&filter=true&messageTtlSeconds=1",
        JSON,
        b"{}",
        since="2023-07-01",
    ),
    Call(
        "send_to_user",
        ("chat", "alice@example.com"),
        {"json": [1, 2]},
        "POST /api/hubs/chat/users/alice%40example.com/:send?api-version={version}",
        JSON,
        b"[1,2]",
    ),
    Call(
        "send_to_user",
        ("chat", "alice"),
        {"content": "hi", "filter": "length(groups) gt 1"},
        "POST /api/hubs/chat/users/alice/:send?api-version={version}&filter=length%28groups%29%20gt%201",
        TEXT,
        b"hi",
        since="2022-11-01",
    ),
    Call(
        "send_to_user",
        ("chat", "alice"),
        {"content": "hi", "filter": "true", "message_ttl_seconds": 300},
        "POST /api/hubs/chat/users/alice/:send?api-version={version}&filter=true&messageTtlSeconds=300",
        TEXT,
        b"hi",
        since="2023-07-01",
    ),
    # Connections.
    Call(
        "connection_exists",
        ("chat", "c1"),
        {},
        "HEAD /api/hubs/chat/connections/c1?api-version={version}",
    ),
    Call(
        "close_connection",
        ("chat", "c1"),
        {},
        "DELETE /api/hubs/chat/connections/c1?api-version={version}",
        ACCEPT,
    ),
    Call(
        "close_connection",
        ("chat", "c1"),
        {"reason": "bye & thanks"},
        "DELETE /api/hubs/chat/connections/c1?reason=bye%20%26%20thanks&api-version={version}",
        ACCEPT,
    ),
    Call(
        "close_all_connections",
        ("chat",),
        {},
        "POST /api/hubs/chat/:closeConnections?api-version={version}",
        ACCEPT,
        since="2021-10-01",
    ),
    Call(
        "close_all_connections",
        ("chat",),
        {"excluded": ["c1", "c2"], "reason": "closing"},
        "POST /api/hubs/chat/:closeConnections?excluded=c1&excluded=c2&reason=closing&api-version={version}",
        ACCEPT,
        since="2021-10-01",
    ),
    Call(
        "close_group_connections",
        ("chat", "news"),
        {},
        "POST /api/hubs/chat/groups/news/:closeConnections?api-version={version}",
        ACCEPT,
        since="2021-10-01",
    ),
    Call(
        "close_group_connections",
        ("chat", "news"),
        {"excluded": ["c1"], "reason": "closing"},
        "POST /api/hubs/chat/groups/news/:closeConnections?excluded=c1&reason=closing&api-version={version}",
        ACCEPT,
        since="2021-10-01",
    ),
    Call(
        "close_user_connections",
        ("chat", "alice"),
        {},
        "POST /api/hubs/chat/users/alice/:closeConnections?api-version={version}",
        ACCEPT,
        since="2021-10-01",
    ),
    Call(
        "close_user_connections",
        ("chat", "alice"),
        {"excluded": ["c1"], "reason": "closing"},
        "POST /api/hubs/chat/users/alice/:closeConnections?excluded=c1&reason=closing&api-version={version}",
        ACCEPT,
        since="2021-10-01",
    ),
    # Tokens. What the document has a default for is sent, unless it is None.
    Call(
        "generate_client_token",
        ("chat",),
        {},
        "POST /api/hubs/chat/:generateToken?minutesToExpire=60&api-version={version}",
        TOKEN,
        since="2021-08-01-preview",
        until="2023-07-01",
    ),
    Call(
        "generate_client_token",
        ("chat",),
        {},
        "POST /api/hubs/chat/:generateToken?minutesToExpire=60&api-version={version}&clientType=Default",
        TOKEN,
        since="2024-01-01",
    ),
    Call(
        "generate_client_token",
        ("chat",),
        {"minutes_to_expire": None, "client_type": None},
        "POST /api/hubs/chat/:generateToken?api-version={version}",
        TOKEN,
        since="2021-08-01-preview",
    ),
    Call(
        "generate_client_token",
        ("chat",),
        {
            "user_id": "alice",
            "role": ["webpubsub.sendToGroup", "webpubsub.joinLeaveGroup"],
            "minutes_to_expire": 5,
            "client_type": None,
        },
        "POST /api/hubs/chat/:generateToken?userId=alice&role=webpubsub.sendToGroup"
        "&role=webpubsub.joinLeaveGroup&minutesToExpire=5&api-version={version}",
        TOKEN,
        since="2021-08-01-preview",
    ),
    Call(
        "generate_client_token",
        ("chat",),
        {"group": ["g1", "g 2"], "minutes_to_expire": None, "client_type": None},
        "POST /api/hubs/chat/:generateToken?api-version={version}&group=g1&group=g%202",
        TOKEN,
        since="2022-11-01",
    ),
    Call(
        "generate_client_token",
        ("chat",),
        {"user_id": "a", "role": ["r"], "minutes_to_expire": 1, "group": ["g"], "client_type": "MQTT"},
        "POST /api/hubs/chat/:generateToken?userId=a&role=r&minutesToExpire=1&api-version={version}"
        "&group=g&clientType=MQTT",
        TOKEN,
        since="2024-01-01",
    ),
    # Groups.
    Call(
        "group_exists",
        ("chat", "news"),
        {},
        "HEAD /api/hubs/chat/groups/news?api-version={version}",
    ),
    Call(
        "list_connections_in_group",
        ("chat", "news"),
        {},
        "GET /api/hubs/chat/groups/news/connections?api-version={version}",
        ACCEPT,
        since="2024-12-01",
    ),
    Call(
        "list_connections_in_group",
        ("chat", "news"),
        {"maxpagesize": 200, "top": 2147483647, "continuation_token": "a+b/c="},
        "GET /api/hubs/chat/groups/news/connections?maxpagesize=200&top=2147483647"
        "&continuationToken=a%2Bb%2Fc%3D&api-version={version}",
        ACCEPT,
        since="2024-12-01",
    ),
    Call(
        "add_connection_to_group",
        ("chat", "news", "c1"),
        {},
        "PUT /api/hubs/chat/groups/news/connections/c1?api-version={version}",
        ACCEPT,
    ),
    Call(
        "remove_connection_from_group",
        ("chat", "news", "c1"),
        {},
        "DELETE /api/hubs/chat/groups/news/connections/c1?api-version={version}",
        ACCEPT,
    ),
    Call(
        "remove_connection_from_all_groups",
        ("chat", "c1"),
        {},
        "DELETE /api/hubs/chat/connections/c1/groups?api-version={version}",
        ACCEPT,
        since="2022-11-01",
    ),
    Call(
        "add_connections_to_groups",
        ("chat",),
        {"json": {"groups": ["g1", "g2"], "filter": "userId eq 'ü'"}},
        "POST /api/hubs/chat/:addToGroups?api-version={version}",
        JSON,
        b'{"groups":["g1","g2"],"filter":"userId eq \'\xc3\xbc\'"}',
        since="2023-07-01",
    ),
    Call(
        "remove_connections_from_groups",
        ("chat",),
        {"json": {"groups": ["g1"]}},
        "POST /api/hubs/chat/:removeFromGroups?api-version={version}",
        JSON,
        b'{"groups":["g1"]}',
        since="2023-07-01",
    ),
    # Users.
    Call(
        "user_exists",
        ("chat", "alice"),
        {},
        "HEAD /api/hubs/chat/users/alice?api-version={version}",
    ),
    Call(
        "user_exists_in_group",
        ("chat", "news", "alice"),
        {},
        "HEAD /api/hubs/chat/users/alice/groups/news?api-version={version}",
        until="2020-10-01",
    ),
    Call(
        "add_user_to_group",
        ("chat", "news", "alice"),
        {},
        "PUT /api/hubs/chat/users/alice/groups/news?api-version={version}",
        ACCEPT,
    ),
    Call(
        "remove_user_from_group",
        ("chat", "news", "alice"),
        {},
        "DELETE /api/hubs/chat/users/alice/groups/news?api-version={version}",
        ACCEPT,
    ),
    Call(
        "remove_user_from_all_groups",
        ("chat", "alice"),
        {},
        "DELETE /api/hubs/chat/users/alice/groups?api-version={version}",
        ACCEPT,
    ),
    # Permissions.
    Call(
        "check_permission",
        ("chat", "sendToGroup", "c1"),
        {"target_name": "news"},
        "HEAD /api/hubs/chat/permissions/sendToGroup/connections/c1?targetName=news&api-version={version}",
    ),
    Call(
        "grant_permission",
        ("chat", "joinLeaveGroup", "c1"),
        {},
        "PUT /api/hubs/chat/permissions/joinLeaveGroup/connections/c1?api-version={version}",
        ACCEPT,
    ),
    Call(
        "grant_permission",
        ("chat", "sendToGroup", "c1"),
        {"target_name": "ne/ws"},
        "PUT /api/hubs/chat/permissions/sendToGroup/connections/c1?targetName=ne%2Fws&api-version={version}",
        ACCEPT,
    ),
    Call(
        "revoke_permission",
        ("chat", "sendToGroup", "c1"),
        {"target_name": "news"},
        "DELETE /api/hubs/chat/permissions/sendToGroup/connections/c1?targetName=news&api-version={version}",
        ACCEPT,
    ),
)


@dataclass(frozen=True)
class Bound:
    """A value that one version takes and another refuses, since a constraint changed between them."""

    builder: str
    args: tuple[str, ...]
    kwargs: Mapping[str, Any]
    argument: str
    """The argument that is refused, as the error names it."""
    accepted: tuple[str, ...]
    """First and last version that takes the value; empty where none does."""

    def __str__(self) -> str:
        """Name the row in a test's id."""
        value = self.kwargs.get(self.argument, next(iter(self.args[1:]), self.args[0]))
        return f"{self.builder}-{self.argument}-{str(value)[:12]!r}"


BODY: dict[str, Any] = {"content": b"x"}
NEVER = ()
BOUNDS = (
    # A hub's name was not restricted at first.
    Bound("send_to_all", ("1chat",), BODY, "hub", ("2020-10-01", "2020-10-01")),
    Bound("send_to_all", ("c" * 129,), BODY, "hub", ("2020-10-01", "2020-10-01")),
    Bound("send_to_all", ("c" * 128,), BODY, "hub", ("2020-10-01", NEWEST)),
    Bound("send_to_all", ("a_`,.[]",), BODY, "hub", ("2020-10-01", NEWEST)),
    Bound("send_to_all", ("chat\n",), BODY, "hub", ("2020-10-01", "2020-10-01")),
    # Nor was a group's; blank ones were ruled out last.
    Bound("send_to_group", ("chat", "g" * 1025), BODY, "group", ("2020-10-01", "2020-10-01")),
    Bound("send_to_group", ("chat", "g" * 1024), BODY, "group", ("2020-10-01", NEWEST)),
    Bound("send_to_group", ("chat", " \t"), BODY, "group", ("2020-10-01", "2021-10-01")),
    # Numbers.
    Bound("send_to_all", ("chat",), {**BODY, "message_ttl_seconds": -1}, "message_ttl_seconds", NEVER),
    Bound("send_to_all", ("chat",), {**BODY, "message_ttl_seconds": 301}, "message_ttl_seconds", NEVER),
    Bound(
        "generate_client_token",
        ("chat",),
        {"minutes_to_expire": 0},
        "minutes_to_expire",
        ("2021-08-01-preview", "2021-10-01"),
    ),
    Bound("list_connections_in_group", ("chat", "g"), {"maxpagesize": 0}, "maxpagesize", NEVER),
    Bound("list_connections_in_group", ("chat", "g"), {"maxpagesize": 201}, "maxpagesize", NEVER),
    Bound("list_connections_in_group", ("chat", "g"), {"top": 0}, "top", NEVER),
    Bound("list_connections_in_group", ("chat", "g"), {"top": 2147483648}, "top", NEVER),
    # HTTP libraries collapse such segments, which would change whom a message goes to.
    Bound("send_to_group", ("chat", ""), BODY, "group", NEVER),
    Bound("send_to_group", ("chat", "."), BODY, "group", NEVER),
    Bound("send_to_group", ("chat", ".."), BODY, "group", NEVER),
    Bound("send_to_user", ("chat", ""), BODY, "user_id", NEVER),
    Bound("send_to_user", ("chat", ".."), BODY, "user_id", NEVER),
    Bound("send_to_connection", ("chat", ".."), BODY, "connection_id", NEVER),
    Bound("send_to_all", ("..",), BODY, "hub", NEVER),
)
