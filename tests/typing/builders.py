"""The builders' signatures as users see them. Only type-checked, never run.

A line with an `ignore` is one that has to be refused: without an error the ignore itself is one.
"""

from collections.abc import AsyncIterator, Iterator
from io import BytesIO, StringIO
from pathlib import Path

from azure.core.rest import HttpRequest
from typing_extensions import assert_type

from azure.messaging.webpubsubservice import rest
from azure.messaging.webpubsubservice.rest import (
    build_add_connection_to_group_request,
    build_generate_client_token_request,
    build_grant_permission_request,
    build_list_connections_in_group_request,
    build_send_to_all_request,
    build_user_exists_in_group_request,
)


def pieces() -> Iterator[str]:
    yield "a"


async def pieces_later() -> AsyncIterator[bytes]:
    yield b"a"


assert_type(build_send_to_all_request("hub", json={"a": [1, None]}), HttpRequest)
build_send_to_all_request("hub", content="text", content_type="text/plain")
build_send_to_all_request("hub", content=b"bytes")
build_send_to_all_request("hub", content=StringIO("text"))
build_send_to_all_request("hub", content=BytesIO(b"bytes"))
with Path("file").open(encoding="utf-8") as text, Path("file").open("rb") as binary:
    build_send_to_all_request("hub", content=text)
    build_send_to_all_request("hub", content=binary)
build_send_to_all_request("hub", content=["a", "b"])
build_send_to_all_request("hub", content=pieces())
build_send_to_all_request("hub", content=pieces_later())
build_send_to_all_request("hub", json=1, excluded=["a"], filter="b", message_ttl_seconds=60)
build_send_to_all_request("hub", json=1, excluded={"a"}, headers={"a": "b"}, params={"c": "d"})
build_send_to_all_request("hub", json=1, api_version="2021-10-01", filter=None)
build_grant_permission_request("hub", "sendToGroup", "connection", target_name="group")
build_generate_client_token_request("hub", minutes_to_expire=None, role=["a"])
build_list_connections_in_group_request("hub", "group", maxpagesize=10, top=20, continuation_token="x")
build_user_exists_in_group_request("hub", "group", "user")

build_send_to_all_request("hub", json=None, content="a")
build_send_to_all_request("hub", json=1, content="a")  # type: ignore[call-overload]  # pyright: ignore[reportCallIssue, reportArgumentType]
build_send_to_all_request("hub")  # type: ignore[call-overload]  # pyright: ignore[reportCallIssue]
build_send_to_all_request()  # type: ignore[call-overload]  # pyright: ignore[reportCallIssue]
build_send_to_all_request("hub", {"a": 1})  # type: ignore[call-overload]  # pyright: ignore[reportCallIssue]
build_send_to_all_request("hub", json=1, fliter="x")  # type: ignore[call-overload]  # pyright: ignore[reportCallIssue]
build_send_to_all_request("hub", content=3)  # type: ignore[call-overload]  # pyright: ignore[reportArgumentType]
build_send_to_all_request("hub", json=1, message_ttl_seconds="60")  # type: ignore[call-overload]  # pyright: ignore[reportArgumentType]
build_send_to_all_request("hub", json=1, excluded="ab")  # type: ignore[call-overload]  # pyright: ignore[reportArgumentType]
build_generate_client_token_request("hub", role="abc")  # type: ignore[arg-type]  # pyright: ignore[reportArgumentType]
build_send_to_all_request("hub", json=1, excluded=3)  # type: ignore[call-overload]  # pyright: ignore[reportArgumentType]
build_send_to_all_request("hub", json=1, headers={"a": 1})  # type: ignore[dict-item]  # pyright: ignore[reportArgumentType]
build_send_to_all_request("hub", json=1, api_version=None)  # type: ignore[call-overload]  # pyright: ignore[reportArgumentType]
build_grant_permission_request("hub", "sendToGroups", "connection")  # type: ignore[arg-type]  # pyright: ignore[reportArgumentType]
build_add_connection_to_group_request("hub", "group")  # type: ignore[call-arg]  # pyright: ignore[reportCallIssue]

# A name that an older api-version gave works, with a warning, but nobody should write it anew.
rest.build_close_client_connection_request("hub", "connection")  # type: ignore[attr-defined]  # pyright: ignore[reportAttributeAccessIssue]
