"""Watch a message being retried after the service turned it away."""

import contextlib
import os
from typing import Any

from azure.messaging.webpubsubservice import WebPubSubServiceClient
from azure.messaging.webpubsubservice.emulator import Emulator, Fault
from azure.messaging.webpubsubservice.rest import build_send_to_all_request


def show(attempt: Any) -> None:
    print("attempt:", attempt.http_response.status_code)


with contextlib.ExitStack() as stack:
    connection_string = os.environ.get("WEBPUBSUB_CONNECTION_STRING")
    if not connection_string:
        emulator = stack.enter_context(Emulator())
        emulator.faults.add(Fault(status=503, times=4))
        connection_string = emulator.connection_string
    # Options of the client apply to each call. This one waits 0.1, 0.2, 0.4...
    # seconds between attempts.
    client = stack.enter_context(
        WebPubSubServiceClient.from_connection_string(
            connection_string, retry_backoff_factor=0.1
        )
    )
    request = build_send_to_all_request("chat", json="hello")

    # Options of a call take precedence. Without retries, the first response is
    # the last.
    response = client.send_request(
        request, retry_total=0, raw_response_hook=show
    )
    print("response without retries:", response.status_code)

    # By default there are three retries after a status such as 429 or 503.
    # Each attempt gets a new signature.
    response = client.send_request(request, raw_response_hook=show)
    print("response with retries:", response.status_code)
