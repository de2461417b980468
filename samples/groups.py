"""Put connections and users into groups, and take them out."""

import contextlib
import json
import os

from websockets.sync.client import connect
from websockets.typing import Subprotocol

from azure.messaging.webpubsubservice import (
    WebPubSubServiceClient,
    odata_filter,
)
from azure.messaging.webpubsubservice.emulator import Emulator
from azure.messaging.webpubsubservice.rest import (
    build_add_connection_to_group_request,
    build_add_connections_to_groups_request,
    build_add_user_to_group_request,
    build_group_exists_request,
    build_remove_connection_from_all_groups_request,
    build_remove_connections_from_groups_request,
    build_remove_user_from_group_request,
)

with contextlib.ExitStack() as stack:
    connection_string = os.environ.get("WEBPUBSUB_CONNECTION_STRING")
    if not connection_string:
        connection_string = stack.enter_context(Emulator()).connection_string
    client = stack.enter_context(
        WebPubSubServiceClient.from_connection_string(connection_string)
    )

    url = client.get_client_access_token("chat", user_id="alice")["url"]
    alice = stack.enter_context(
        connect(url, subprotocols=[Subprotocol("json.webpubsub.azure.v1")])
    )
    connection_id = json.loads(alice.recv(timeout=10))["connectionId"]
    bulk = {
        "groups": ["news", "weather"],
        "filter": odata_filter("userId eq {}", "alice"),
    }

    steps = {
        "connection joins": build_add_connection_to_group_request(
            "chat", "readers", connection_id
        ),
        "user joins": build_add_user_to_group_request(
            "chat", "writers", "alice"
        ),
        "user leaves": build_remove_user_from_group_request(
            "chat", "writers", "alice"
        ),
        "matches join": build_add_connections_to_groups_request(
            "chat", json=bulk
        ),
        "matches leave": build_remove_connections_from_groups_request(
            "chat", json=bulk
        ),
        "leaves all": build_remove_connection_from_all_groups_request(
            "chat", connection_id
        ),
    }
    for step, request in steps.items():
        client.send_request(request).raise_for_status()
        # A group exists while it has a member: 200, otherwise 404.
        statuses = {
            group: client.send_request(
                build_group_exists_request("chat", group)
            ).status_code
            for group in ("readers", "writers", "news", "weather")
        }
        exists = [name for name, status in statuses.items() if status == 200]
        print(f"{step}: {', '.join(exists) or 'no group'}")
