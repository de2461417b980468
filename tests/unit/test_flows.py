"""Retry, redirect and Microsoft Entra as pure decisions, driven by hand, without a client and without I/O."""

import time
from collections.abc import Iterable
from typing import Any

import pytest
from azure.core.credentials import AccessToken
from azure.core.exceptions import ServiceRequestError, ServiceResponseError, TooManyRedirectsError
from azure.core.pipeline import PipelineContext, PipelineRequest, PipelineResponse
from azure.core.rest import HttpRequest

from azure.messaging.webpubsubservice._endpoint import Endpoint
from azure.messaging.webpubsubservice._flows import (
    SEND,
    Close,
    EntraFlow,
    Flow,
    GetToken,
    RedirectFlow,
    RetryFlow,
    Sleep,
    Step,
)
from azure.messaging.webpubsubservice._flows._entra import requested_claims
from azure.messaging.webpubsubservice._flows._redirect import COMMON_HEADERS
from azure.messaging.webpubsubservice._flows._retry import retry_after
from azure.messaging.webpubsubservice._request import PreparedRequest

ENDPOINT = Endpoint.parse("https://own.example", "https://proxy.example/base")
NOW = 784111777  # Sun, 06 Nov 1994 08:49:37 GMT, the example of RFC 9110


class Response:
    """A response, as far as a flow looks at it."""

    def __init__(self, status_code: int, **headers: str) -> None:
        self.status_code = status_code
        self.headers = {name.replace("_", "-"): value for name, value in headers.items()}


def begin(
    method: str = "POST", body: bytes | None = b"hello", url: str = "https://own.example/x", **options: Any
) -> PipelineRequest[Any]:
    headers = {"Content-Type": "text/plain", "X-Mine": "secret", "User-Agent": "agent"} if body else {}
    headers |= {"X-Mine": "secret", "User-Agent": "agent"}
    return PipelineRequest(PreparedRequest(method, url, headers, body), PipelineContext(None, **options))


def drive(flow: Flow, request: PipelineRequest[Any], outcomes: Iterable[Any]) -> tuple[list[Step], Any]:
    """Run a flow with the outcomes of its sends and of its requests for tokens."""
    coming = iter(outcomes)
    steps: list[Step] = []
    try:
        step = next(flow)
        while True:
            steps.append(step)
            outcome = next(coming) if step is SEND or isinstance(step, GetToken) else None
            if isinstance(outcome, Exception):
                step = flow.throw(outcome)
                continue
            if isinstance(outcome, Response):
                outcome = PipelineResponse(request.http_request, outcome, request.context)
            step = flow.send(outcome)
    except StopIteration as finished:
        assert next(coming, None) is None, "the flow ended early"
        return steps, finished.value.http_response


# --- Retry

NO_TIME = [
    "",
    "soon",
    "nan",
    "inf",
    "1e3",
    "-5",
    "+5",
    "1_0",
    "\u0663",
    "\xb2",
    "9" * 400,
    ",",
    "0 0 0 0 0 0",
    "\x00",
]
NO_TIME += ["Sun, 99 Nov 1994 99:99:99 GMT", "Sun, 06 Nov 99999999999 08:49:37 GMT"]


def test_waits_double_after_the_first_retry_and_are_bounded() -> None:
    request = begin()
    flow = RetryFlow({"retry_status": 5, "retry_backoff_factor": 0.5, "retry_backoff_max": 3})(request)
    steps, response = drive(flow, request, [Response(503)] * 5 + [Response(202)])
    assert steps == [SEND, SEND, Sleep(1), SEND, Sleep(2), SEND, Sleep(3), SEND, Sleep(3), SEND]
    assert response.status_code == 202
    assert [attempt.http_response.status_code for attempt in request.context["history"]] == [503] * 5


def test_a_response_that_nobody_will_read_is_closed() -> None:
    request = begin(stream=True)
    busy = Response(503)
    steps, _ = drive(RetryFlow({})(request), request, [busy, Response(202)])
    assert steps == [SEND, Close(busy), SEND]


@pytest.mark.parametrize(
    ("headers", "wait"),
    [
        ({"Retry_After": "0"}, 0),
        ({"Retry_After": "120"}, 120),
        ({"Retry_After": " 2 "}, 2),
        ({"Retry_After": "0.5"}, 0.5),
        ({"retry_after_ms": "0"}, 0),
        ({"retry_after_ms": "1500"}, 1.5),
        ({"x_ms_retry_after_ms": "250"}, 0.25),
        ({"Retry_After": "soon", "retry_after_ms": "7"}, 0.007),
        ({"Retry_After": "Sun, 06 Nov 1994 08:49:47 GMT"}, 10),
        ({"Retry_After": "Sunday, 06-Nov-94 08:49:47 GMT"}, 10),
        ({"Retry_After": "Sun Nov  6 08:49:47 1994"}, 10),
        ({"Retry_After": "Sun, 06 Nov 1994 08:49:27 GMT"}, 0),
        *[({"Retry_After": text}, None) for text in NO_TIME],
    ],
)
def test_what_a_response_asks_to_wait(headers: dict[str, str], wait: float | None) -> None:
    assert retry_after(Response(503, **headers).headers, NOW) == wait


@pytest.mark.parametrize(
    ("asked", "longest", "retried"), [("120", 120, True), ("121", 120, False), ("3600", 120, False)]
)
def test_a_wait_over_the_longest_is_the_callers_decision(asked: str, longest: float, retried: bool) -> None:
    request = begin()
    flow = RetryFlow({"retry_backoff_max": longest})(request)
    outcomes = [Response(503, Retry_After=asked), *([Response(202)] if retried else [])]
    steps, response = drive(flow, request, outcomes)
    assert response.status_code == (202 if retried else 503)
    assert steps == ([SEND, Sleep(120), SEND] if retried else [SEND])


@pytest.mark.parametrize("status", [429, 503])
def test_retry_after_0_means_now_at_each_attempt(status: int) -> None:
    request = begin()
    steps, _ = drive(
        RetryFlow({})(request), request, [Response(status, Retry_After="0")] * 3 + [Response(202)]
    )
    assert steps == [SEND] * 4


@pytest.mark.parametrize("kind", ["total", "connect", "read", "status"])
@pytest.mark.parametrize("limit", [0, 1, 2])
def test_each_count_ends_at_its_limit(kind: str, limit: int) -> None:
    failures: dict[str, Any] = {
        "connect": ServiceRequestError("never sent"),
        "read": ServiceResponseError("broke"),
        "status": Response(503),
        "total": Response(503),
    }
    request = begin("GET", None)
    flow = RetryFlow({f"retry_{kind}": limit, "retry_backoff_factor": 0})(request)
    steps, _ = drive(flow, request, [failures[kind]] * limit + [Response(202)])
    assert steps == [SEND] * (limit + 1)
    request = begin("GET", None)
    flow = RetryFlow({f"retry_{kind}": limit, "retry_backoff_factor": 0})(request)
    if isinstance(failures[kind], Exception):
        with pytest.raises(type(failures[kind])):
            drive(flow, request, [failures[kind]] * (limit + 1))
    else:
        assert drive(flow, request, [failures[kind]] * (limit + 1))[1].status_code == 503


def test_the_options_of_a_call_are_taken_out_and_count_for_it_alone() -> None:
    flow = RetryFlow({"retry_total": 5, "retry_on_methods": ("get",)})
    options = {"retry_total": 1, "timeout": 7, "retry_on_methods": ("post",), "other": 1}
    call = flow.rules_of_call(options)
    assert (call.total, call.timeout, call.methods) == (1, 7, frozenset({"POST"}))
    assert options == {"other": 1}
    others = flow.rules_of_call(options)
    assert (others.total, others.methods) == (5, frozenset({"GET"}))


# --- Redirect


@pytest.mark.parametrize("status", [307, 308, 300])
@pytest.mark.parametrize(
    "location", ["https://other.example/x", "http://own.example/x", "https://own.example:8443/x"]
)
def test_a_body_does_not_go_to_another_origin(status: int, location: str) -> None:
    request = begin()
    steps, response = drive(
        RedirectFlow(ENDPOINT, {})(request), request, [Response(status, Location=location)]
    )
    assert (steps, response.status_code) == ([SEND], status)
    assert request.http_request.url == "https://own.example/x"


@pytest.mark.parametrize("method", ["GET", "HEAD", "DELETE"])
@pytest.mark.parametrize(
    "location", ["https://other.example/x", "http://own.example/x", "https://own.example:8443/x"]
)
def test_headers_that_a_caller_added_do_not_go_to_another_origin_and_come_back_home(
    method: str, location: str
) -> None:
    request = begin(method, None)
    flow = RedirectFlow(ENDPOINT, {})(request)
    next(flow)
    flow.send(PipelineResponse(request.http_request, Response(307, Location=location), request.context))
    assert {name.lower() for name in request.http_request.headers} <= COMMON_HEADERS
    assert request.http_request.url == location
    home = Response(307, Location="https://own.example/home")
    flow.send(PipelineResponse(request.http_request, home, request.context))
    assert request.http_request.headers["X-Mine"] == "secret"


@pytest.mark.parametrize("location", ["https://own.example/y", "https://proxy.example/base/y", "/y", "y"])
def test_within_the_own_origin_all_goes_along(location: str) -> None:
    request = begin()
    drive(RedirectFlow(ENDPOINT, {})(request), request, [Response(307, Location=location), Response(202)])
    assert request.http_request.content == b"hello"
    assert request.http_request.headers["X-Mine"] == "secret"


def test_all_but_credentials_goes_to_another_origin_if_asked_for() -> None:
    request = begin(redirect_across_origins=True)
    outcomes = [Response(307, Location="https://other.example/x"), Response(202)]
    drive(RedirectFlow(ENDPOINT, {})(request), request, outcomes)
    assert request.http_request.content == b"hello"
    assert request.http_request.headers["X-Mine"] == "secret"
    assert request.context.options == {}


@pytest.mark.parametrize("location", ["https://own.example/y", "https://other.example/y"])
def test_303_drops_the_body_and_what_describes_it(location: str) -> None:
    request = begin()
    drive(RedirectFlow(ENDPOINT, {})(request), request, [Response(303, Location=location), Response(202)])
    sent = request.http_request
    assert (sent.method, sent.url, sent.content) == ("GET", location, None)
    assert not {name.lower() for name in sent.headers if name.lower().startswith("content-")}
    assert ("X-Mine" in sent.headers) is location.startswith("https://own")


@pytest.mark.parametrize("maximum", [0, 1, 3])
def test_redirects_end_at_their_limit_and_the_error_holds_no_secret(maximum: int) -> None:
    request = begin(redirect_max=maximum)
    location = "https://own.example/again?sig=secret&access_token=secret"
    outcomes = [Response(307, Location=location)] * (maximum + 1)
    with pytest.raises(TooManyRedirectsError) as caught:
        drive(RedirectFlow(ENDPOINT, {})(request), request, outcomes)
    assert len(caught.value.history) == maximum + 1
    for entry in caught.value.history:
        assert "secret" not in repr(vars(entry)) + repr(vars(entry.http_request))
    request = begin(redirect_max=maximum)
    steps, _ = drive(RedirectFlow(ENDPOINT, {})(request), request, [*outcomes[:-1], Response(202)])
    assert steps == [SEND] * (maximum + 1)


NO_URL = ["", "http://[::1", "http://user:secret@own.example/", "http://own.example\\@other.example/"]
NO_URL += [
    "http://:80/",
    "http://own.example:99999/",
    "http://own.example:x/",
    "http://\udcff/",
    "http://a b/",
]
NO_URL += ["http://" + "a" * 300 + "\xe9/", "javascript:alert(1)", "http:", "http://%zz/"]


@pytest.mark.parametrize("location", NO_URL)
def test_a_location_that_is_no_url_is_the_callers(location: str) -> None:
    request = begin("GET", None)
    steps, response = drive(RedirectFlow(ENDPOINT, {})(request), request, [Response(302, Location=location)])
    assert (steps, response.status_code) == ([SEND], 302)


def test_a_location_in_another_script_is_written_as_ascii() -> None:
    request = begin("GET", None)
    outcomes = [Response(302, Location="https://bücher.example/é?q=ü#x"), Response(200)]
    drive(RedirectFlow(ENDPOINT, {})(request), request, outcomes)
    assert request.http_request.url == "https://xn--bcher-kva.example/%C3%A9?q=%C3%BC"


# --- Microsoft Entra

CHALLENGE = 'Bearer error="insufficient_claims", claims="eyJhIjoxfQ=="'


def entra(**options: Any) -> EntraFlow:
    return EntraFlow(ENDPOINT, object(), ("scope",), options)


def token(text: str = "token", seconds: float = 3600) -> AccessToken:
    return AccessToken(text, int(time.time() + seconds))


@pytest.mark.parametrize(
    ("seconds", "kept"), [(3600, True), (301, True), (239, False), (0, False), (-5, False)]
)
def test_a_token_is_kept_until_shortly_before_its_end(seconds: float, kept: bool) -> None:
    flow = entra()
    flow.keep(token(seconds=seconds))
    assert (flow.valid_token() is not None) is kept


def test_a_challenge_is_answered_once_and_the_header_does_not_stay() -> None:
    flow = entra()
    flow.keep(token("first"))
    request = begin(stream=True)
    running = flow(request)
    assert next(running) is SEND
    assert request.http_request.headers["Authorization"] == "Bearer first"
    challenged = Response(401, WWW_Authenticate=CHALLENGE)
    assert running.send(PipelineResponse(request.http_request, challenged, request.context)) == Close(
        challenged
    )
    assert "Authorization" not in request.http_request.headers
    assert running.send(None) == GetToken(flow, '{"a":1}')
    assert running.send(token("second")) is SEND
    assert request.http_request.headers["Authorization"] == "Bearer second"
    again = PipelineResponse(request.http_request, challenged, request.context)
    with pytest.raises(StopIteration) as finished:
        running.send(again)
    assert finished.value.value is again
    assert "Authorization" not in request.http_request.headers


@pytest.mark.parametrize(
    ("challenge", "claims"),
    [
        (CHALLENGE, '{"a":1}'),
        ('Basic realm="a, b", Bearer claims="eyJhIjoxfQ" error="insufficient_claims"', '{"a":1}'),
        ("bearer ERROR=insufficient_claims,claims=eyJhIjoxfQ", '{"a":1}'),
        ('Bearer error="insufficient_claims"', None),
        ('Bearer error="invalid_token", claims="eyJhIjoxfQ=="', None),
        ('Basic error="insufficient_claims", claims="eyJhIjoxfQ=="', None),
        ('Bearer error="insufficient_claims", claims="é"', None),
        ('Bearer error="insufficient_claims", claims="a"', None),
        ('Bearer error="insufficient_claims", claims="_w=="', None),
        ('Bearer error="insufficient_claims", claims="', None),
        ("", None),
        ('=,=,"', None),
    ],
)
def test_what_a_challenge_asks_for(challenge: str, claims: str | None) -> None:
    assert requested_claims(challenge) == claims


@pytest.mark.parametrize("url", ["https://other.example/x", "http://own.example/x"])
def test_no_token_goes_to_another_origin(url: str) -> None:
    request = begin(url=url)
    request.http_request.headers["Authorization"] = "Bearer mine"
    steps, _ = drive(entra()(request), request, [Response(401, WWW_Authenticate=CHALLENGE)])
    assert steps == [SEND]
    assert "Authorization" not in request.http_request.headers


def test_a_flow_can_be_told_of_any_request() -> None:
    # A policy may have put a plain request in place.
    request: PipelineRequest[Any] = PipelineRequest(
        HttpRequest("POST", "https://own.example/x", content=b"x"), PipelineContext(None)
    )
    outcomes = [Response(303, Location="/y"), Response(200)]
    drive(RedirectFlow(ENDPOINT, {})(request), request, outcomes)
    assert (request.http_request.method, request.http_request.content) == ("GET", None)
