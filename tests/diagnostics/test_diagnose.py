"""A diagnosis says which part of a broken set-up is wrong, and what to do."""

import asyncio
import contextlib
import pickle
import socket
import ssl
import threading
import time
from collections.abc import Callable, Iterator
from email.utils import formatdate
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import pytest
from azure.core.credentials import AzureKeyCredential
from websockets.sync.client import connect

from azure.messaging.webpubsubservice import WebPubSubServiceClient
from azure.messaging.webpubsubservice.aio import WebPubSubServiceClient as AsyncWebPubSubServiceClient
from azure.messaging.webpubsubservice.diagnostics import (
    Diagnosis,
    Finding,
    _diagnose,
    diagnose,
    diagnose_async,
)
from azure.messaging.webpubsubservice.emulator import Emulator, Fault
from tests.contract.facts import DEFAULT

KEY = "a-key-made-up-for-these-tests-0123456789"
CERTIFICATE = Path(__file__).parents[1] / "unit" / "tls" / "server.pem"

Check = Callable[..., Diagnosis]


@pytest.fixture(params=["sync", "async"])
def check(request: pytest.FixtureRequest) -> Check:
    """Diagnose with either client."""

    def with_sync(
        endpoint: str, key: str = KEY, *hub: str, options: dict[str, Any] | None = None, **more: Any
    ) -> Diagnosis:
        credential, given = AzureKeyCredential(key), options or {}
        with WebPubSubServiceClient(endpoint=endpoint, credential=credential, **given) as client:
            return diagnose(client, *hub, **more)

    def with_async(
        endpoint: str, key: str = KEY, *hub: str, options: dict[str, Any] | None = None, **more: Any
    ) -> Diagnosis:
        async def run() -> Diagnosis:
            credential, given = AzureKeyCredential(key), options or {}
            async with AsyncWebPubSubServiceClient(
                endpoint=endpoint, credential=credential, **given
            ) as client:
                return await diagnose_async(client, *hub, **more)

        return asyncio.run(run())

    return with_sync if request.param == "sync" else with_async


@pytest.fixture
def emulator() -> Iterator[Emulator]:
    with Emulator(access_key=KEY) as running:
        yield running


def outcomes(diagnosis: Diagnosis) -> dict[str, str]:
    return {finding.check: finding.outcome for finding in diagnosis.findings}


def fault(diagnosis: Diagnosis) -> Finding:
    assert diagnosis.fault is not None
    assert not diagnosis.ok
    return diagnosis.fault


def test_a_good_set_up_is_ok_and_somebody_is_found(check: Check, emulator: Emulator) -> None:
    with connect(emulator.client_url("chat", user_id="alice", groups=["lobby"])):
        emulator.wait_for_connections()
        diagnosis = check(emulator.endpoint, KEY, "chat", group="lobby", user_id="alice")
    assert diagnosis.ok
    assert [(each.check, each.outcome) for each in diagnosis.findings] == [
        ("endpoint", "ok"),
        ("clock", "ok"),
        ("credential", "ok"),
        ("proxy", "ok"),
        ("hub", "ok"),
        ("hub", "ok"),
    ]
    assert diagnosis.clock_offset == 0
    assert [request.method for request in emulator.requests] == ["HEAD", "HEAD", "HEAD"]


def test_nobody_is_a_warning(check: Check, emulator: Emulator) -> None:
    with connect(emulator.client_url("chat", groups=["lobby"])):
        emulator.wait_for_connections()
        diagnosis = check(emulator.endpoint, KEY, "caht", group="lobby")
    assert diagnosis.ok
    assert outcomes(diagnosis)["hub"] == "warning"
    assert "The group 'lobby' of hub 'caht' has no connection" in str(diagnosis)


@pytest.mark.parametrize(("hub", "text"), [([], "No hub was named."), (["chat"], "cannot say whether hub")])
def test_what_the_api_does_not_tell_is_unknown(
    check: Check, emulator: Emulator, hub: list[str], text: str
) -> None:
    diagnosis = check(emulator.endpoint, KEY, *hub)
    assert (diagnosis.ok, outcomes(diagnosis)["hub"]) == (True, "unknown")
    assert text in str(diagnosis)


def test_a_wrong_key(check: Check, emulator: Emulator) -> None:
    found = fault(check(emulator.endpoint, "another key, as long as this one is", "chat", group="lobby"))
    assert (found.check, found.summary) == ("credential", "The credential is refused (401).")
    assert "Copy the connection string again" in found.advice


def test_a_hub_that_cannot_be(check: Check, emulator: Emulator) -> None:
    diagnosis = check(emulator.endpoint, KEY, "9chat")
    assert fault(diagnosis).check == "hub"
    assert outcomes(diagnosis)["credential"] == "ok"


@pytest.fixture
def no_time_passes(standing_time: float, monkeypatch: pytest.MonkeyPatch) -> None:
    """A response tells the time, give or take a second and what the exchange takes."""
    monkeypatch.setattr(_diagnose, "time", SimpleNamespace(time=lambda: standing_time))


@pytest.mark.usefixtures("no_time_passes")
def test_a_clock_that_is_behind(check: Check, emulator: Emulator) -> None:
    emulator.clock.advance(3600)
    diagnosis = check(emulator.endpoint)
    found = fault(diagnosis)
    assert found.check == "clock"
    assert found.summary.startswith("This machine's clock is 60 minutes behind the service's.")
    assert found.advice.startswith(
        "If this is the emulator, its clock was moved, and a reset does not undo that: start it again. "
        "Otherwise: synchronize the clock: "
    )
    assert diagnosis.clock_offset == pytest.approx(3600, abs=2)


@pytest.mark.parametrize("minutes", [10, -10])
def test_a_clock_may_be_why_a_key_is_refused(check: Check, minutes: int) -> None:
    date = formatdate(time.time() + 60 * minutes, usegmt=True)
    with answering((200, {**VERSIONS, "Date": date}), (401, {"Date": date})) as endpoint:
        diagnosis = check(endpoint)
    assert fault(diagnosis).check == "clock"
    assert f"10 minutes {'behind' if minutes > 0 else 'ahead of'}" in fault(diagnosis).summary
    advice = "If this is the emulator" if minutes > 0 else "Synchronize the clock: "
    assert fault(diagnosis).advice.startswith(advice)
    assert outcomes(diagnosis)["credential"] == "unknown"  # a right key might be refused, too


@pytest.mark.usefixtures("no_time_passes")
def test_a_clock_that_is_a_little_behind(check: Check, emulator: Emulator) -> None:
    emulator.clock.advance(100)
    diagnosis = check(emulator.endpoint)
    assert (diagnosis.ok, outcomes(diagnosis)["clock"]) == (True, "warning")
    assert "100 seconds behind" in str(diagnosis)


def test_a_closed_port(check: Check) -> None:
    with socket.socket() as taken:  # so that nobody else listens
        taken.bind(("127.0.0.1", 0))
        endpoint = f"http://127.0.0.1:{taken.getsockname()[1]}"
        diagnosis = check(endpoint)
    assert fault(diagnosis).summary == f"Nothing listens at {endpoint}."
    assert "Is the emulator running?" in fault(diagnosis).advice
    assert set(outcomes(diagnosis).values()) == {"wrong", "unknown"}


def test_a_server_that_says_nothing(check: Check) -> None:
    with socket.create_server(("127.0.0.1", 0)) as server:
        found = fault(check(f"http://127.0.0.1:{server.getsockname()[1]}", timeout=0.2))
    assert "did not respond in time" in found.summary


def test_a_host_that_does_not_exist(check: Check) -> None:
    found = fault(check("https://nobody.invalid"))  # a name that is reserved for this (RFC 2606)
    assert (found.check, found.summary) == ("endpoint", "There is no host 'nobody.invalid'.")


def test_the_host_of_a_reverse_proxy_that_does_not_exist(check: Check, emulator: Emulator) -> None:
    found = fault(check(emulator.endpoint, options={"reverse_proxy_endpoint": "https://nobody.invalid/base"}))
    assert found.summary == "There is no host 'nobody.invalid'."
    assert "reverse_proxy_endpoint" in found.advice


def test_tls_where_there_is_none(check: Check, emulator: Emulator) -> None:
    found = fault(check(emulator.endpoint.replace("http", "https")))
    assert found.summary.startswith("TLS with https://127.0.0.1:")
    assert "does not speak TLS" in found.advice
    assert "http://" in found.advice


@pytest.fixture
def tls_port() -> Iterator[int]:
    """A server that speaks TLS only, and closes each connection."""
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.load_cert_chain(CERTIFICATE)
    listener = socket.create_server(("127.0.0.1", 0))

    def serve() -> None:
        while True:
            try:
                connection, _ = listener.accept()
            except OSError:  # the test is over
                return
            with connection, contextlib.suppress(OSError):
                context.wrap_socket(connection, server_side=True).close()

    thread = threading.Thread(target=serve)
    thread.start()
    yield listener.getsockname()[1]
    listener.shutdown(socket.SHUT_RDWR)
    listener.close()
    thread.join()


def test_plain_http_where_tls_is_spoken(check: Check, tls_port: int) -> None:
    found = fault(check(f"http://127.0.0.1:{tls_port}"))
    assert "cut the connection without a response" in found.summary
    assert "https://" in found.advice


def test_a_certificate_that_is_not_trusted(check: Check, tls_port: int) -> None:
    found = fault(check(f"https://127.0.0.1:{tls_port}"))
    assert "not one that this machine trusts" in found.summary
    assert "REQUESTS_CA_BUNDLE" in found.advice


class Server(BaseHTTPRequestHandler):
    """Answers each request with what the server was made for."""

    def do_HEAD(self) -> None:
        status, headers = self.server.answers[min(self.server.asked, len(self.server.answers) - 1)]  # type: ignore[attr-defined]
        self.server.asked += 1  # type: ignore[attr-defined]
        self.send_response_only(status)
        for name, value in {"Date": self.date_time_string(), "Content-Length": "0", **headers}.items():
            self.send_header(name, value)
        self.end_headers()

    def log_message(self, format: str, *args: Any) -> None:  # noqa: A002 - the library's name
        """Print nothing."""


@contextlib.contextmanager
def answering(*answers: tuple[int, dict[str, str]]) -> Iterator[str]:
    with ThreadingHTTPServer(("127.0.0.1", 0), Server) as server:
        server.answers, server.asked = answers, 0  # type: ignore[attr-defined]
        thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.01})
        thread.start()
        yield f"http://127.0.0.1:{server.server_port}"
        server.shutdown()
        thread.join()


VERSIONS = {"api-supported-versions": DEFAULT}


@pytest.mark.parametrize(
    ("answers", "checked", "text"),
    [
        ([(404, {})], "endpoint", "is not Web PubSub (404)"),
        ([(400, {})], "endpoint", "try the endpoint with https://"),
        ([(403, {})], "endpoint", "network rules"),
        ([(503, {})], "endpoint", "cannot serve requests now (503)"),
        ([(300, {"Location": "https://x.webpubsub.azure.com/"})], "endpoint", "Try https://x.webpubsub"),
        ([(407, {})], "proxy", "wants a user and a password"),
        (
            [(200, {"api-supported-versions": "2031-01-01"})],
            "endpoint",
            f"does not know api-version {DEFAULT}",
        ),
        ([(200, VERSIONS), (403, {})], "credential", "Web PubSub Service Owner"),
        ([(200, VERSIONS), (401, {})], "credential", "is refused (401)"),
    ],
)
def test_each_answer_has_its_reading(check: Check, answers: Any, checked: str, text: str) -> None:
    with answering(*answers) as endpoint:
        diagnosis = check(endpoint)
    assert fault(diagnosis).check == checked
    assert text in str(fault(diagnosis))


def test_another_server_behind_the_path_is_noticed(check: Check) -> None:
    with answering((200, {}), (404, {})) as endpoint:
        diagnosis = check(endpoint)
    assert outcomes(diagnosis)["credential"] == "unknown"
    assert "and not from Web PubSub" in str(diagnosis)


def test_no_date_is_no_time(check: Check) -> None:
    with answering((200, {**VERSIONS, "Age": "5"}), (404, VERSIONS)) as endpoint:
        diagnosis = check(endpoint)
    assert diagnosis.clock_offset is None
    assert outcomes(diagnosis)["clock"] == "unknown"


@pytest.mark.parametrize("header", ["Via", "X-Azure-Ref", "CF-RAY", "X-Cache"])
def test_a_proxy_that_shows_in_headers(check: Check, header: str) -> None:
    with answering((200, {**VERSIONS, header: "1"}), (404, VERSIONS)) as endpoint:
        diagnosis = check(endpoint)
    assert (diagnosis.ok, outcomes(diagnosis)["proxy"]) == (True, "warning")
    assert header.lower() in str(diagnosis).lower()


def test_a_proxy_that_the_environment_names(
    check: Check, emulator: Emulator, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A proxy gets the whole URL in the request line, which the emulator takes for a path it lacks."""
    for name in ("no_proxy", "NO_PROXY", "http_proxy"):
        monkeypatch.delenv(name, raising=False)
    monkeypatch.setenv("http_proxy", emulator.endpoint.replace("//", "//user:s3cr3t@"))
    diagnosis = check("http://chat.example")
    address = emulator.endpoint.removeprefix("http://")
    assert outcomes(diagnosis)["proxy"] == "warning"
    assert f"the environment names the proxy {address}" in str(diagnosis)
    assert "s3cr3t" not in str(diagnosis)


def test_a_proxy_that_is_not_there(check: Check, monkeypatch: pytest.MonkeyPatch) -> None:
    for name in ("no_proxy", "NO_PROXY"):
        monkeypatch.delenv(name, raising=False)
    monkeypatch.setenv("http_proxy", "http://127.0.0.1:1")
    diagnosis = check("http://chat.example")
    assert not diagnosis.ok
    assert "127.0.0.1:1" in str(diagnosis)


def test_a_reverse_proxy_that_changes_the_url(check: Check, emulator: Emulator) -> None:
    options = {"reverse_proxy_endpoint": emulator.endpoint}
    diagnosis = check("https://x.webpubsub.azure.com", options=options)
    assert outcomes(diagnosis)["proxy"] == "warning"
    assert f"requests go to {emulator.endpoint}" in str(diagnosis)
    assert fault(diagnosis).check == "credential"
    assert "reverse_proxy_endpoint" in fault(diagnosis).advice


def test_an_answer_that_needs_no_retry_is_not_retried(check: Check, emulator: Emulator) -> None:
    emulator.faults.add(Fault(status=503))
    assert "cannot serve requests now (503)" in str(fault(check(emulator.endpoint)))
    assert len(emulator.requests) == 1


def test_a_group_without_a_hub_is_a_mistake(check: Check, emulator: Emulator) -> None:
    with pytest.raises(ValueError, match="name the hub too"):
        check(emulator.endpoint, group="lobby")


def test_a_diagnosis_is_a_value(emulator: Emulator) -> None:
    with WebPubSubServiceClient.from_connection_string(emulator.connection_string) as client:
        diagnosis = diagnose(client)
    assert pickle.loads(pickle.dumps(diagnosis)) == diagnosis
    with pytest.raises(AttributeError):
        diagnosis.endpoint = "x"  # type: ignore[misc]
    data = diagnosis.as_dict()
    assert (data["endpoint"], data["ok"], data["clockOffset"]) == (emulator.endpoint, True, 0)
    assert data["findings"][0] == {
        "check": "endpoint",
        "outcome": "ok",
        "summary": f"{emulator.endpoint} answers, and knows api-version {DEFAULT}.",
        "advice": "",
    }
    assert str(diagnosis).splitlines()[0].startswith("ok       endpoint    http://")
