"""See which error you get: before sending, as a response, or without one."""

import contextlib
import os

from azure.core.credentials import AzureKeyCredential
from azure.core.exceptions import HttpResponseError, ServiceRequestError

from azure.messaging.webpubsubservice import WebPubSubServiceClient
from azure.messaging.webpubsubservice.emulator import Emulator
from azure.messaging.webpubsubservice.rest import build_send_to_all_request

with contextlib.ExitStack() as stack:
    connection_string = os.environ.get("WEBPUBSUB_CONNECTION_STRING")
    if not connection_string:
        connection_string = stack.enter_context(Emulator()).connection_string
    client = stack.enter_context(
        WebPubSubServiceClient.from_connection_string(connection_string)
    )

    # A mistake in the arguments is found before there is a request.
    try:
        build_send_to_all_request(
            "chat", json="hello", message_ttl_seconds=301
        )
    except ValueError as error:
        print("ValueError:", error)

    # An error of the service is a response, until you ask for the exception.
    response = client.send_request(
        build_send_to_all_request("chat", json="hello", filter="userId eq")
    )
    print("response:", response.status_code)
    try:
        response.raise_for_status()
    except HttpResponseError as http_error:
        print(
            "HttpResponseError:",
            http_error.status_code,
            response.json()["code"],
        )

    # A wrong key is a response too. Without a connection there is no response,
    # so you get an exception.
    credential = AzureKeyCredential("a wrong key")
    for endpoint in (client.endpoint, "http://127.0.0.1:1"):
        with WebPubSubServiceClient(
            endpoint=endpoint, credential=credential, retry_total=0
        ) as stranger:
            try:
                response = stranger.send_request(
                    build_send_to_all_request("chat", json="hello")
                )
                print("response:", response.status_code)
            except ServiceRequestError:
                print("no connection")
