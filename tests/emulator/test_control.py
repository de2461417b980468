"""The control interface: what tests in other languages do with an emulator, over HTTP."""

import json
import re
import shutil
import subprocess
import sys
import time
from collections.abc import Iterator, Mapping
from http.client import HTTPConnection
from importlib import import_module, resources
from pathlib import Path
from typing import Any, NamedTuple
from urllib.parse import quote, urlsplit

import pytest
from azure.core import PipelineClient
from azure.core.rest import HttpRequest, HttpResponse
from websockets.exceptions import ConnectionClosed
from websockets.sync.client import connect

from azure.messaging.webpubsubservice import WebPubSubServiceClient
from azure.messaging.webpubsubservice.emulator import Emulator, EventHandler
from azure.messaging.webpubsubservice.emulator._control import values
from azure.messaging.webpubsubservice.emulator._control.operations import LISTS
from azure.messaging.webpubsubservice.emulator._control.routes import PREFIX, ROUTES
from azure.messaging.webpubsubservice.rest import build_send_to_all_request, build_send_to_group_request
from openapi_request_builders.command import main as generate
from tests.limits import PATIENCE

DESCRIPTION = json.loads(
    resources.files("azure.messaging.webpubsubservice.emulator._control").joinpath("openapi.json").read_text()
)
SAMPLE = Path(__file__).parents[2] / "samples" / "control.mjs"


class Answer(NamedTuple):
    status: int
    body: Any
    headers: Mapping[str, str]


class Control:
    def __init__(self, emulator: Emulator) -> None:
        self.emulator = emulator
        self.authority = urlsplit(emulator.endpoint).netloc

    def call(
        self, method: str, path: str, body: Any = None, headers: Mapping[str, str] | None = None
    ) -> Answer:
        connection = HTTPConnection(self.authority, timeout=20)
        try:
            data = body if body is None or isinstance(body, bytes) else json.dumps(body).encode()
            sent = {"Content-Type": "application/json"} if body is not None else {}
            connection.request(method, f"{PREFIX}{path}", data, {**sent, **(headers or {})})
            response = connection.getresponse()
            text = response.read()
            return Answer(response.status, json.loads(text) if text else None, dict(response.getheaders()))
        finally:
            connection.close()

    def values(self, method: str, path: str, body: Any = None) -> list[dict[str, Any]]:
        answer = self.call(method, path, body)
        assert answer.status == 200, answer
        value: list[dict[str, Any]] = answer.body["value"]
        return value


@pytest.fixture
def control() -> Iterator[Control]:
    with Emulator() as emulator:
        yield Control(emulator)


@pytest.fixture
def client(control: Control) -> Iterator[WebPubSubServiceClient]:
    with WebPubSubServiceClient.from_connection_string(control.emulator.connection_string) as client:
        yield client


def test_the_document_describes_every_route_and_no_other() -> None:
    described = {(method.upper(), path) for path, item in DESCRIPTION["paths"].items() for method in item}
    assert described == set(ROUTES)
    statuses = {
        (method.upper(), path): next(iter(operation["responses"]))
        for path, item in DESCRIPTION["paths"].items()
        for method, operation in item.items()
    }
    assert statuses == {route: str(operation.status) for route, operation in ROUTES.items()}


@pytest.mark.parametrize(
    ("schema", "members"),
    [
        ("Connection", values.CONNECTION_MEMBERS),
        ("Request", values.REQUEST_MEMBERS),
        ("Delivery", values.DELIVERY_MEMBERS),
        ("Event", values.EVENT_MEMBERS),
        ("Fault", [*values.FAULT_FIELDS, "used"]),
    ],
)
def test_the_document_has_every_member(schema: str, members: list[str]) -> None:
    assert sorted(DESCRIPTION["components"]["schemas"][schema]["properties"]) == sorted(members)


def test_the_document_is_served(control: Control) -> None:
    assert control.call("GET", "/openapi.json").body == DESCRIPTION


def test_faults_are_added_listed_and_cleared(control: Control, client: WebPubSubServiceClient) -> None:
    added = control.call("POST", "/faults", {"status": 503, "retryAfter": 0, "times": 2})
    assert (added.status, added.body["used"]) == (201, 0)
    assert client.send_request(build_send_to_all_request("chat", json=1)).status_code == 202
    (fault,) = control.values("GET", "/faults")
    assert fault == {**added.body, "used": 2}
    assert control.call("DELETE", "/faults").status == 204
    assert control.values("GET", "/faults") == []


@pytest.mark.parametrize(
    ("body", "words"),
    [
        ({"status": 200}, "status must be an integer from 400 to 599, or null, got 200. /_emulator/"),
        (
            {"status": 500, "retryAfter": "1"},
            'retryAfter must be a number of seconds from 0, or null, got "1".',
        ),
        ({"reset": "x"}, 'reset must be "before" or "after", or null, got "x".'),
        ({"path": "x", "delay": 1}, 'such as "/api/hubs/*" or "*/:send", or null, got "x".'),
        ({"refuseRecovery": 1}, "refuseRecovery must be true or false, got 1."),
        ({"dropAfter": True}, "dropAfter must be a number of seconds from 0, or null, got true."),
        ({"retryAfter": 1}, "retryAfter is for a response with a status: set status too."),
        ({}, "a fault needs one of delay, status, reset, refuseRecovery and dropAfter."),
        ({"staus": 500}, "there is no 'staus' here. Did you mean status? /_emulator/openapi.json describes"),
        ({"status": 500, "retry_after": 1}, "there is no 'retry_after' here. Did you mean retryAfter?"),
        ({"xyz": 500}, "there is no 'xyz' here; there is method, path, operation, "),
        ([], "must be a JSON object"),
        (b"{", "is not JSON"),
        (b"\xff", "must be UTF-8"),
    ],
)
def test_a_fault_that_cannot_be_is_refused(control: Control, body: Any, words: str) -> None:
    answer = control.call("POST", "/faults", body)
    assert answer.status == 400
    assert words in answer.body["error"]
    assert control.values("GET", "/faults") == []


def test_the_clock_moves_ahead(control: Control, client: WebPubSubServiceClient) -> None:
    before = control.call("GET", "/clock").body
    after = control.call("POST", "/clock/:advance", {"seconds": 3600}).body
    assert before["ahead"] == 0
    assert after["ahead"] == 3600
    assert after["now"] >= before["now"] + 3600
    token = client.get_client_access_token("chat")
    with connect(token["url"]):
        pass


@pytest.mark.parametrize("seconds", [-1, "1", None, True])
def test_the_clock_moves_no_other_way(control: Control, seconds: Any) -> None:
    answer = control.call("POST", "/clock/:advance", {"seconds": seconds})
    assert answer.status == 400
    assert "seconds must be" in answer.body["error"]
    assert control.call("GET", "/clock").body["ahead"] == 0


@pytest.mark.parametrize("seconds", [1e300, 1e18, 253_370_764_800])
def test_the_clock_goes_no_further_than_dates_do(
    control: Control, client: WebPubSubServiceClient, seconds: float
) -> None:
    answer = control.call("POST", "/clock/:advance", {"seconds": seconds})
    assert (answer.status, "past the year 9998" in answer.body["error"]) == (400, True)
    last = 253_370_764_800 - time.time() - 60
    assert control.call("POST", "/clock/:advance", {"seconds": last}).status == 200
    with connect(client.get_client_access_token("chat")["url"]):
        pass
    client.send_request(build_send_to_all_request("chat", json=1)).raise_for_status()


def test_records_are_read_waited_for_and_cleared(control: Control, client: WebPubSubServiceClient) -> None:
    token = client.get_client_access_token("chat", user_id="alice", groups=["readers"])
    with connect(token["url"]):
        (connection,) = control.values("POST", "/connections/:wait")
        assert (connection["userId"], connection["groups"]) == ("alice", ["readers"])
        client.send_request(build_send_to_group_request("chat", "readers", content="hello"))
        client.send_request(build_send_to_all_request("chat", content=b"\xff"))
        texts = control.values("POST", "/deliveries/:wait", {"count": 2, "timeout": 5})
    assert [(each["text"], each["base64"], each["group"]) for each in texts] == [
        ("hello", None, "readers"),
        (None, "/w==", None),
    ]
    where = {"path": {"contains": "/groups/"}, "status": 202}
    (request,) = control.values("GET", f"/requests?where={quote(json.dumps(where))}")
    assert (request["operation"], request["text"]) == ("WebPubSub_SendToGroup", "hello")
    assert "authorization" not in request["headers"]
    assert control.call("DELETE", "/records").status == 204
    assert [control.values("GET", f"/{kind}") for kind in ("requests", "deliveries")] == [[], []]


def test_no_record_holds_a_token(control: Control, client: WebPubSubServiceClient) -> None:
    url = "/api/hubs/chat/:send?Access_Token=secret-one&access_token=secret-two&top=5"
    client.send_request(HttpRequest("POST", url, content=b"{}"))
    (request,) = control.values("GET", "/requests")
    assert request["query"]["Access_Token"] == request["query"]["access_token"] == ["REDACTED"]
    assert request["query"]["top"] == ["5"]
    (record,) = control.emulator.requests
    assert "secret-" not in json.dumps(request) + repr(record) + repr(record.query)


def test_calls_of_event_handlers_are_records_too(control: Control, client: WebPubSubServiceClient) -> None:
    def handler(environ: Any, start_response: Any) -> list[bytes]:
        start_response("200 OK", [("WebHook-Allowed-Origin", "*"), ("Content-Type", "text/plain")])
        return [b"\xff" if environ["REQUEST_METHOD"] == "POST" else b""]

    control.emulator.handle_events("chat", EventHandler(application=handler, system_events=[]))
    token = client.get_client_access_token("chat", user_id="alice")
    with connect(token["url"]) as socket:
        socket.send("hello")
        where = {"event": "message", "userId": "alice", "attempts": {"not": []}}
        (event,) = control.values("POST", "/events/:wait", {"where": where})
    assert (event["text"], event["base64"], event["status"]) == ("hello", None, 200)
    assert (event["responseText"], event["responseBase64"]) == (None, "/w==")
    assert event["failure"] == "the reply is not valid text/plain"
    assert [sorted(each) for each in event["attempts"]] == [["problem", "seconds", "status"]]
    assert "ce-signature" not in event["headers"]
    assert control.call("DELETE", "/records").status == 204
    assert control.values("GET", "/events") == []


def test_a_wait_that_ends_without_enough_says_what_there_is(control: Control) -> None:
    answer = control.call("POST", "/requests/:wait", {"count": 3, "timeout": 0})
    assert (answer.status, answer.body["error"]) == (
        408,
        (
            "after 0 s there are 0 matching requests, not 3\n"
            "in all: 0 clients, 0 requests, 0 deliveries and 0 events on record"
        ),
    )


def test_a_wait_that_ends_says_what_is_wrong_with_the_nearest(
    control: Control, client: WebPubSubServiceClient
) -> None:
    for group, text in (("red", "one"), ("blue", "two"), ("green", "three")):
        client.send_request(build_send_to_group_request("chat", group, content=text))
    where = {"path": {"contains": "blue"}, "text": "hello", "headers.x": {"startsWith": "y"}}
    answer = control.call("POST", "/requests/:wait", {"where": where, "timeout": 0})
    first, title, *misses, last = answer.body["error"].splitlines()
    assert (first, title) == (
        "after 0 s there are 0 matching requests, not 1",
        "not matching, the nearest last:",
    )
    everything = 'text is "{}", not equal to "hello"; headers.x is null, not startsWith "y"'
    path = 'path is "/api/hubs/chat/groups/{}/:send", not contains "blue"; '
    assert [re.split(r"(?:}|\.\.\.): ", miss, maxsplit=1)[1] for miss in misses] == [
        path.format("red") + everything.format("one"),
        path.format("green") + everything.format("three"),
        everything.format("two"),
    ]
    assert last == "in all: 0 clients, 3 requests, 0 deliveries and 0 events on record"


@pytest.mark.parametrize("body", [{"count": 0}, {"count": 1.5}, {"timeout": -1}, {"timeout": 601}])
@pytest.mark.parametrize("kind", LISTS)
def test_a_wait_for_what_cannot_be_is_refused(control: Control, kind: str, body: Any) -> None:
    assert control.call("POST", f"/{kind}/:wait", body).status == 400


@pytest.mark.parametrize(
    ("where", "found"),
    [
        ({}, "abc"),
        ({"userId": "alice"}, "a"),
        ({"userId": None}, "c"),
        ({"userId": {"not": "alice"}}, "bc"),
        ({"userId": {"in": ["alice", "bob"]}}, "ab"),
        ({"userId": {"startsWith": "a"}}, "a"),
        ({"userId": {"contains": "o"}}, "b"),
        ({"groups": {"contains": "g"}}, "ab"),
        ({"userId": {"atLeast": 1}}, ""),
        ({"groups": {"contains": "g"}, "userId": "bob"}, "b"),
        ({"groups.deeper": None}, "abc"),
    ],
)
def test_a_predicate_chooses(
    control: Control, client: WebPubSubServiceClient, where: Any, found: str
) -> None:
    members = {"alice": ["g"], "bob": ["g"], None: []}
    names = dict(zip(members, "abc", strict=True))
    tokens = [client.get_client_access_token("h", user_id=user, groups=members[user]) for user in members]
    with connect(tokens[0]["url"]), connect(tokens[1]["url"]), connect(tokens[2]["url"]):
        control.values("POST", "/connections/:wait", {"count": 3})
        chosen = control.values("GET", f"/connections?where={quote(json.dumps(where))}")
    assert "".join(sorted(names[each["userId"]] for each in chosen)) == found


@pytest.mark.parametrize(
    ("where", "words"),
    [
        ([], "where must be an object"),
        ({"user": "alice"}, "where has 'user', which the entries do not have. Did you mean userId?"),
        ({"xyz.a": 1}, "which the entries do not have. They have hub, connectionId, "),
        (
            {"userId": {"starts_with": "a"}},
            "has 'starts_with', which is no comparison. Did you mean startsWith?",
        ),
        ({"userId": {}}, "has no comparison"),
        ({"userId": {"like": "a"}}, "which is not one of equals"),
        ({"userId": {"in": "alice"}}, "must be a list"),
        ({"userId": {"atLeast": "a"}}, "must be a number"),
    ],
)
def test_what_is_no_predicate_is_refused(control: Control, where: Any, words: str) -> None:
    answer = control.call("GET", f"/connections?where={quote(json.dumps(where))}")
    assert answer.status == 400
    assert words in answer.body["error"]


def test_connections_are_dropped_and_closed(control: Control, client: WebPubSubServiceClient) -> None:
    url = {user: client.get_client_access_token("chat", user_id=user)["url"] for user in ("alice", "bob")}
    with connect(url["alice"]) as alice, connect(url["bob"]) as bob:
        control.values("POST", "/connections/:wait", {"count": 2})
        assert len(control.values("POST", "/connections/:drop", {"where": {"userId": "alice"}})) == 1
        with pytest.raises(ConnectionClosed) as dropped:
            alice.recv(timeout=10)
        assert dropped.value.rcvd is None
        assert len(control.values("POST", "/connections/:close", {"reason": "Enough"})) == 1
        with pytest.raises(ConnectionClosed) as closed:
            bob.recv(timeout=10)
        assert closed.value.rcvd is not None
        assert closed.value.rcvd.code == 1000


def test_a_reset_forgets_everything(control: Control, client: WebPubSubServiceClient) -> None:
    with connect(client.get_client_access_token("chat")["url"]) as websocket:
        control.values("POST", "/connections/:wait")
        control.call("POST", "/faults", {"status": 503, "operation": "WebPubSub_SendToGroup"})
        client.send_request(build_send_to_all_request("chat", json=1))
        assert control.call("POST", "/:reset").status == 204
        list(websocket)  # ends with the connection
        assert websocket.close_code == 1000
    for kind in ("connections", "requests", "deliveries", "faults"):
        assert control.values("GET", f"/{kind}") == []


def test_what_is_not_there_is_named(control: Control) -> None:
    missing = control.call("GET", "/fault")
    error = "The control interface has no /fault. Did you mean /faults? See /_emulator/openapi.json."
    assert (missing.status, missing.body["error"]) == (404, error)
    assert " has no /xyz. See " in control.call("GET", "/xyz").body["error"]
    other = control.call("PUT", "/clock", {})
    assert (other.status, other.headers["Allow"]) == (405, "GET")


@pytest.mark.parametrize(
    ("headers", "words"),
    [
        ({"Origin": "https://evil.example"}, "another origin"),
        ({"Host": "evil.example"}, "its own address"),
        ({"Sec-Fetch-Site": "cross-site"}, "another site"),
    ],
)
def test_websites_are_refused(control: Control, headers: Mapping[str, str], words: str) -> None:
    answer = control.call("POST", "/faults", {"status": 500}, headers)
    assert answer.status == 403
    assert words in answer.body["error"]
    assert control.values("GET", "/faults") == []


def test_a_form_of_a_website_cannot_call(control: Control) -> None:
    answer = control.call("POST", "/faults", {"status": 500}, {"Content-Type": "text/plain"})
    assert answer.status == 400
    assert "application/json" in answer.body["error"]


def test_other_machines_may_call_only_if_told() -> None:
    with Emulator(control="remote") as emulator:
        answer = Control(emulator).call("GET", "/clock", headers={"Host": "emulator.test"})
        assert answer.status == 200
        assert (
            Control(emulator).call("GET", "/clock", headers={"Origin": "https://evil.example"}).status == 403
        )


def test_it_can_be_off() -> None:
    with Emulator(control="off") as emulator:
        assert Control(emulator).call("GET", "/clock").status == 404


@pytest.mark.skipif(shutil.which("node") is None, reason="Node.js is not installed")
def test_a_program_in_javascript(control: Control) -> None:
    command = ["node", str(SAMPLE), control.emulator.endpoint, control.emulator.access_key]
    done = subprocess.run(command, capture_output=True, text=True, check=False, timeout=PATIENCE)
    assert done.returncode == 0, done.stderr
    assert done.stdout.splitlines() == [
        "[ 429, 202 ] hello",
        "an hour later, a new token still works:",
        "202",
    ]


def test_a_program_in_python_with_generated_builders(
    control: Control, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    document = tmp_path / "openapi.json"
    document.write_text(json.dumps(DESCRIPTION), encoding="utf-8")
    namespace = "emulator_control"
    arguments = [f"--input-file={document}", f"--namespace={namespace}", f"--output-folder={tmp_path}"]
    assert generate(arguments) == 0
    monkeypatch.syspath_prepend(tmp_path)
    try:
        rest = import_module(f"{namespace}.rest")
        with PipelineClient[HttpRequest, HttpResponse](f"{control.emulator.endpoint}{PREFIX}") as client:

            def send(request: HttpRequest) -> Any:
                request.url = client.format_url(request.url)
                response = client.send_request(request)
                response.raise_for_status()
                return response.json() if response.content else None

            send(rest.build_add_fault_request(json={"status": 503, "times": 1}))
            assert send(rest.build_list_faults_request())["value"][0]["status"] == 503
            assert send(rest.build_advance_clock_request(json={"seconds": 60}))["ahead"] == 60
            found = send(rest.build_list_requests_request(where={"status": 503}))
            assert found == {"value": []}
            send(rest.build_reset_request())
    finally:
        for name in [name for name in sys.modules if name.split(".")[0] == namespace]:
            del sys.modules[name]
