"""The published Python client, unmodified: synchronous and asynchronous, reliable and not."""

import asyncio
import gc
import queue
import threading
import time
import urllib.request
from collections.abc import Awaitable, Callable, Iterator
from typing import TYPE_CHECKING, Any

import pytest

from azure.messaging.webpubsubservice.emulator import (
    ClientInfo,
    Emulator,
    EventFailedError,
    Fault,
    NoEventHandlers,
    Payload,
    SendEvent,
)
from tests.emulator.clients import sign

if TYPE_CHECKING:
    from typing_extensions import Self

client_package = pytest.importorskip(
    "azure.messaging.webpubsubclient", reason="needs azure-messaging-webpubsubclient of the group 'test'"
)
aio_package = pytest.importorskip("azure.messaging.webpubsubclient.aio")
models = pytest.importorskip("azure.messaging.webpubsubclient.models")

# The asynchronous client leaves the session of a lost connection to the garbage collector.
pytestmark = pytest.mark.filterwarnings("ignore::pytest.PytestUnraisableExceptionWarning")

ROLES = ["webpubsub.joinLeaveGroup", "webpubsub.sendToGroup"]
PROTOCOLS = [models.WebPubSubProtocolType.JSON, models.WebPubSubProtocolType.JSON_RELIABLE]
RELIABLE = models.WebPubSubProtocolType.JSON_RELIABLE
SEND = "/api/hubs/chat/:send"


class Echo(NoEventHandlers):
    async def user_event(self, client: ClientInfo, event: SendEvent) -> Payload | None:  # noqa: ARG002
        if event.event == "failing":
            raise EventFailedError("as asked")
        return event.payload


@pytest.fixture
def emulator() -> Iterator[Emulator]:
    with Emulator(events=Echo()) as running:
        yield running
    gc.collect()  # what the client left is blamed on its own test


def client_url(emulator: Emulator, *, expires_in: int = 60) -> str:
    url = f"{emulator.endpoint}/client/hubs/chat"
    token = sign(emulator.access_key, url, sub="u", role=ROLES, exp=int(time.time()) + expires_in)
    return f"{url.replace('http', 'ws', 1)}?access_token={token}"


def rest(emulator: Emulator, path: str, body: str | None = None, method: str = "POST") -> None:
    url = emulator.endpoint + path
    headers = {"Authorization": f"Bearer {sign(emulator.access_key, url)}", "Content-Type": "text/plain"}
    data = None if body is None else body.encode()
    request = urllib.request.Request(url, data=data, headers=headers, method=method)
    with urllib.request.urlopen(request, timeout=10) as response:
        assert 200 <= response.status < 300


class Driver:
    """One client and what it reports; an asynchronous one runs in a loop of its own."""

    def __init__(self, emulator: Emulator, protocol: Any, *, asynchronous: bool) -> None:
        self._emulator = emulator
        self._asynchronous = asynchronous
        self._reports: dict[str, queue.Queue[Any]] = {}
        options = {"protocol_type": protocol, "message_retry_total": 1}
        options |= {"reconnect_retry_backoff_factor": 0.01}
        if not asynchronous:
            credential = client_package.WebPubSubClientCredential(lambda: client_url(emulator))
            self._client = client_package.WebPubSubClient(credential, **options)
            return
        self._loop = asyncio.new_event_loop()
        self._thread = threading.Thread(target=self._loop.run_forever, daemon=True)
        self._thread.start()

        async def url() -> str:
            return client_url(emulator)

        credential = aio_package.WebPubSubClientCredential(url)
        self._client = aio_package.WebPubSubClient(credential, **options)

    def __enter__(self) -> "Self":
        for kind in models.CallbackType:
            reports = self._reports[kind.value] = queue.Queue()
            self._call(self._client.subscribe, kind, self._listener(reports))
        self._call(self._client.open)
        return self

    def __exit__(self, *_: object) -> None:
        self._call(self._client.close)
        if self._asynchronous:
            self._loop.call_soon_threadsafe(self._loop.stop)
            self._thread.join()
            self._loop.run_until_complete(self._loop.shutdown_asyncgens())
            self._loop.close()

    def __getattr__(self, name: str) -> Any:
        method = getattr(self._client, name)
        return lambda *args, **kwargs: self._call(method, *args, **kwargs)

    def report(self, kind: str, timeout: float = 10) -> Any:
        """The next report of this kind."""
        return self._reports[kind].get(timeout=timeout)

    def quiet(self, kind: str) -> bool:
        return self._reports[kind].empty()

    def _call(self, function: Callable[..., Any], *args: Any, **kwargs: Any) -> Any:
        if not self._asynchronous:
            return function(*args, **kwargs)

        async def call() -> Any:
            return await function(*args, **kwargs)

        return asyncio.run_coroutine_threadsafe(call(), self._loop).result(30)

    def _listener(self, reports: "queue.Queue[Any]") -> Callable[..., Awaitable[None] | None]:
        def listen(*args: Any) -> None:
            reports.put(args[0] if args else None)

        async def listen_asynchronously(*args: Any) -> None:
            listen(*args)

        return listen_asynchronously if self._asynchronous else listen


both_kinds = pytest.mark.parametrize("asynchronous", [False, True], ids=["sync", "async"])
both_protocols = pytest.mark.parametrize("protocol", PROTOCOLS, ids=["json", "reliable"])


@both_kinds
@both_protocols
def test_groups_events_and_acks(emulator: Emulator, protocol: Any, asynchronous: bool) -> None:
    types = models.WebPubSubDataType
    with Driver(emulator, protocol, asynchronous=asynchronous) as client:
        connected = client.report("connected")
        assert connected.user_id == "u"
        client.join_group("g", ack_id=1000)
        client.join_group("g", ack_id=1000)  # a duplicate, which counts as success
        assert emulator.connections[0].groups == {"g"}
        for content, data_type in (
            ("é", types.TEXT),
            ({"a": 1.5}, types.JSON),
            (memoryview(b"\0\xff"), types.BINARY),
        ):
            client.send_to_group("g", content, data_type)
            message = client.report("group-message")
            expected = bytes(content) if isinstance(content, memoryview) else content
            received = bytes(message.data) if isinstance(message.data, memoryview) else message.data
            assert (received, message.group, message.from_user_id) == (expected, "g", "u")
        client.send_to_group("g", "unheard", types.TEXT, no_echo=True)
        client.send_event("echo", "back", types.TEXT)
        assert client.report("server-message").data == "back"
        with pytest.raises(models.SendMessageError, match="Failed to send message"):
            client.send_event("failing", "x", types.TEXT)
        rest(emulator, SEND, "to all")
        assert client.report("server-message").data == "to all"
        client.leave_group("g")
        assert emulator.connections[0].groups == set()
        client.send_to_group("g", "nobody there", types.TEXT, ack=False)
        assert client.quiet("group-message")
        assert client.quiet("disconnected")
    emulator.wait_until(lambda: not emulator.connections)


@both_kinds
def test_nothing_is_lost_over_dropped_sockets(emulator: Emulator, asynchronous: bool) -> None:
    with Driver(emulator, RELIABLE, asynchronous=asynchronous) as client:
        connection_id = client.report("connected").connection_id
        for number in range(60):
            rest(emulator, SEND, str(number))
            if number % 20 == 10:
                emulator.drop_clients()
        received = sorted(int(client.report("server-message").data) for _ in range(60))
        assert received == list(range(60))
        assert client.quiet("server-message")
        assert client.quiet("connected")
        assert client.quiet("disconnected")
        assert [each.connection_id for each in emulator.connections] == [connection_id]


@both_kinds
@both_protocols
def test_a_client_that_cannot_recover_connects_anew_and_rejoins(
    emulator: Emulator, protocol: Any, asynchronous: bool
) -> None:
    with Driver(emulator, protocol, asynchronous=asynchronous) as client:
        first = client.report("connected").connection_id
        client.join_group("g")
        emulator.faults.add(Fault(refuse_recovery=True))
        emulator.drop_clients()
        assert client.report("disconnected").connection_id == first
        second = client.report("connected").connection_id
        assert second != first
        emulator.wait_for_connections(
            where=lambda each: each.connection_id == second and each.groups == {"g"}
        )


@both_kinds
@both_protocols
def test_a_client_closed_by_the_application_is_told_why(
    emulator: Emulator, protocol: Any, asynchronous: bool
) -> None:
    with Driver(emulator, protocol, asynchronous=asynchronous) as client:
        first = client.report("connected").connection_id
        rest(emulator, f"/api/hubs/chat/connections/{first}?reason=enough", method="DELETE")
        disconnected = client.report("disconnected")
        assert disconnected.connection_id == first
        assert disconnected.message == "Application server closed the connection. Reason: enough"
        assert client.report("connected").connection_id != first


@both_kinds
def test_an_expired_token_does_not_open(emulator: Emulator, asynchronous: bool) -> None:
    url = client_url(emulator, expires_in=-400)

    def connect() -> None:
        if asynchronous:
            asyncio.run(aio_package.WebPubSubClient(url).open())
        else:
            client_package.WebPubSubClient(url).open()

    with pytest.raises(models.OpenClientError):
        connect()
    assert not emulator.connections
