"""The clients as users see them. Only type-checked, never run.

A line with an `ignore` is one that has to be refused: without an error the ignore itself is one.
"""

import asyncio
from typing import Any

from azure.core.credentials import AzureKeyCredential
from azure.core.rest import AsyncHttpResponse, HttpRequest, HttpResponse
from typing_extensions import assert_type

from azure.messaging.webpubsubservice import ClientAccessToken, WebPubSubServiceClient
from azure.messaging.webpubsubservice.aio import WebPubSubServiceClient as AsyncWebPubSubServiceClient
from azure.messaging.webpubsubservice.rest import GroupMember, build_list_connections_in_group_request

KEY = AzureKeyCredential("key")
REQUEST = HttpRequest("GET", "/")

with WebPubSubServiceClient("https://h", KEY) as client:
    assert_type(client.send_request(REQUEST), HttpResponse)
    client.send_request(REQUEST, timeout=5, retry_total=None, redirect_across_origins=True)
    client.send_request(REQUEST, timeout="5")  # type: ignore[arg-type]  # pyright: ignore[reportArgumentType]
    assert_type(client.get_client_access_token("chat", user_id="alice", roles=["r"]), ClientAccessToken)
    client.get_client_access_token("chat", roles=("r",), groups={"g"}, client_protocol="MQTT")
    client.get_client_access_token("chat", roles=(f"r.{each}" for each in "ab"), groups=[])
    client.get_client_access_token("chat", client_protocol=None, roles=None, groups=None, expires_in=None)

    client.get_client_access_token(user_id="alice")  # type: ignore[call-arg]  # pyright: ignore[reportCallIssue]
    client.get_client_access_token("chat", roles="abc")  # type: ignore[arg-type]  # pyright: ignore[reportArgumentType]
    client.get_client_access_token("chat", groups="abc")  # type: ignore[arg-type]  # pyright: ignore[reportArgumentType]
    client.get_client_access_token("chat", client_protocol="AMQP")  # type: ignore[arg-type]  # pyright: ignore[reportArgumentType]
    client.send_to_all({"a": 1})  # type: ignore[attr-defined]  # pyright: ignore[reportAttributeAccessIssue]

    for member in client.list_items(build_list_connections_in_group_request("chat", "room")):
        assert_type(member, GroupMember)
        assert_type(member["connectionId"], str)
        assert_type(member.get("userId"), str | None)
        member["conectionId"]  # type: ignore[typeddict-item]  # pyright: ignore[reportGeneralTypeIssues]
    for page in client.list_items(build_list_connections_in_group_request("chat", "room")).by_page():
        assert_type(next(page), GroupMember)
    client.send_request(build_list_connections_in_group_request("chat", "room"))
    for item in client.list_items(REQUEST):
        assert_type(item, Any)

WebPubSubServiceClient("https://h", "chat", KEY)  # type: ignore[call-arg, arg-type]  # pyright: ignore[reportCallIssue]
WebPubSubServiceClient.from_connection_string("x", "chat")  # type: ignore[call-arg]  # pyright: ignore[reportCallIssue]


async def use() -> None:
    async with AsyncWebPubSubServiceClient("https://h", KEY) as client:
        assert_type(await client.get_client_access_token("chat"), ClientAccessToken)
        assert_type(await client.send_request(REQUEST), AsyncHttpResponse)
        async with client.send_request(REQUEST, stream=True, timeout=None) as response:
            assert_type(response, AsyncHttpResponse)
        async for member in client.list_items(build_list_connections_in_group_request("chat", "room")):
            assert_type(member["connectionId"], str)
            member["id"]  # type: ignore[typeddict-item]  # pyright: ignore[reportGeneralTypeIssues]
        assert_type(await asyncio.create_task(client.send_request(REQUEST)), AsyncHttpResponse)
        _ = client.send_request(REQUEST).status_code  # type: ignore[attr-defined]  # pyright: ignore[reportAttributeAccessIssue]
        await client.send_request(REQUEST, retry_totl=1)  # type: ignore[call-arg]  # pyright: ignore[reportCallIssue]
        client.send_to_all({"a": 1})  # type: ignore[attr-defined]  # pyright: ignore[reportAttributeAccessIssue]
        await client.get_client_access_token("chat", roles="abc")  # type: ignore[arg-type]  # pyright: ignore[reportArgumentType]
    with AsyncWebPubSubServiceClient("https://h", KEY):  # type: ignore[attr-defined]  # pyright: ignore[reportAttributeAccessIssue]
        pass
