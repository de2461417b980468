"""Test an application against the emulator.

Run `pytest samples/test_with_emulator.py`. The fixture `webpubsub_emulator`
comes with the package. Each test gets an emulator of its own.
"""

from websockets.sync.client import connect

from azure.messaging.webpubsubservice import WebPubSubServiceClient
from azure.messaging.webpubsubservice.emulator import Emulator, Fault
from azure.messaging.webpubsubservice.rest import build_send_to_user_request


def notify(client: WebPubSubServiceClient, user: str, text: str) -> None:
    """Send a user a message. This is the application under test."""
    request = build_send_to_user_request(
        "app", user, json={"text": text}, message_ttl_seconds=60
    )
    client.send_request(request, retry_backoff_factor=0).raise_for_status()


def test_notifies_a_user(webpubsub_emulator: Emulator) -> None:
    with (
        WebPubSubServiceClient.from_connection_string(
            webpubsub_emulator.connection_string
        ) as client,
        connect(
            client.get_client_access_token("app", user_id="alice")["url"]
        ) as alice,
    ):
        notify(client, "alice", "dinner is ready")
        assert alice.recv(timeout=10) == '{"text":"dinner is ready"}'
    (delivery,) = webpubsub_emulator.deliveries
    assert delivery.user_id == "alice"


def test_a_busy_service_gets_a_retry(
    webpubsub_emulator: Emulator,
) -> None:
    webpubsub_emulator.faults.add(Fault(status=429, times=1))
    with WebPubSubServiceClient.from_connection_string(
        webpubsub_emulator.connection_string
    ) as client:
        notify(client, "bob", "hello")
    assert [request.status for request in webpubsub_emulator.requests] == [
        429,
        202,
    ]
