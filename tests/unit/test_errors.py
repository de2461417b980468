"""Errors, whatever raised them: azure-core's, without secrets in them, and fit to be pickled and copied."""

import contextlib
import copy
import itertools
import json
import logging
import pickle
import re
import time
import traceback
import types
from collections.abc import Callable, Iterator
from typing import Any

import pytest
from azure.core.credentials import AccessToken, AzureKeyCredential
from azure.core.exceptions import AzureError
from azure.core.pipeline.policies import (
    AsyncBearerTokenCredentialPolicy,
    AzureKeyCredentialPolicy,
    BearerTokenCredentialPolicy,
)
from azure.core.pipeline.transport import AioHttpTransport, RequestsTransport
from azure.core.rest import HttpRequest

from tests.faults import Answer, Disconnect, FaultServer, Gate, Raw, Request, Step
from tests.unit.clients import KEY, both_clients, connect
from tests.unit.test_environment import PlainServer

PASSWORD = "secret-of-the-proxy"
OPAQUE = "secret-in-a-query"
SECRET = re.compile(rf"{KEY}|secret-|eyJ[\w-]+\.[\w-]+")


TOKEN = "secret-token-that-is-no-jwt"
NOWHERE = "127.0.0.1:1"
"""An address where nobody listens. One that was free a moment ago may be a server's by now."""
NOT_LOOKED_INTO = (type, types.ModuleType, types.FunctionType, types.TracebackType, types.FrameType)


def everything(root: object) -> Iterator[str]:
    """Yield each text in an error, its causes and contexts, and in all that they refer to."""
    pending: list[object] = [root]
    seen: set[int] = set()
    while pending:
        part = pending.pop()
        if id(part) in seen or isinstance(
            part,
            (
                type,
                types.ModuleType,
                types.FunctionType,
                types.TracebackType,
                types.FrameType,
                logging.Logger,
            ),
        ):
            continue
        seen.add(id(part))
        if isinstance(part, (str, bytes, bytearray)):
            yield part if isinstance(part, str) else bytes(part).decode("latin-1")
        elif isinstance(part, dict):
            pending += [*part.keys(), *part.values()]
        elif isinstance(part, (list, tuple, set, frozenset)):
            pending += part
        else:
            attributes = dict(vars(part)) if hasattr(part, "__dict__") else {}
            slots = itertools.chain.from_iterable(getattr(t, "__slots__", ()) for t in type(part).__mro__)
            pending += attributes.values()
            pending += [getattr(part, name, None) for name in slots if not name.startswith("__")]
        if isinstance(part, BaseException):
            yield str(part)
            yield repr(part)
            pending += [part.args, part.__cause__, part.__context__]


def shown(error: BaseException) -> str:
    return "".join(traceback.format_exception(error))


def token_of(request: Request) -> str:
    """Return what a server could repeat of a request's credential."""
    header = request.header("Authorization") or request.header("api-key") or ""
    return header.rpartition(" ")[2]


def repeated(request: Request) -> Step:
    """Answer with the caller's own token in the body."""
    token = token_of(request)
    error = {"code": token, "message": f"not {token}", "details": [{"code": token, "message": ""}]}
    return Answer(403, {"Content-Type": "application/json"}, json.dumps({"error": error}).encode())


def repeated_as_text(request: Request) -> Step:
    return Answer(400, {"Content-Type": "text/plain"}, f"no: {token_of(request)}".encode())


def repeated_as_reason(request: Request) -> Step:
    return Raw(f"HTTP/1.1 403 {token_of(request)}\r\nContent-Length: 0\r\n\r\n".encode())


def repeated_in_headers(request: Request) -> Step:
    token = token_of(request)
    return Answer(429, {"Retry-After": token, "x-ms-error-code": token, "Location": f"/x?a={token}"})


class OpaqueCredential:
    """Microsoft Entra with a token that is no JWT."""

    def get_token(self, *_: str, **__: Any) -> AccessToken:
        return AccessToken(TOKEN, int(time.time()) + 3600)


class OpaqueAsyncCredential(OpaqueCredential):
    """The same, with a coroutine."""

    async def get_token(self, *_: str, **__: Any) -> AccessToken:  # type: ignore[override]
        return super().get_token()


def entra(kind: str) -> dict[str, Any]:
    credential = OpaqueCredential() if kind == "sync" else OpaqueAsyncCredential()
    return {"credential": credential}


def own_bearer(kind: str) -> dict[str, Any]:
    policy: Any = BearerTokenCredentialPolicy if kind == "sync" else AsyncBearerTokenCredentialPolicy
    return {"authentication_policy": policy(entra(kind)["credential"], "scope")}


def own_key(_: str) -> dict[str, Any]:
    return {"authentication_policy": AzureKeyCredentialPolicy(AzureKeyCredential(TOKEN), "api-key")}


AUTHENTICATIONS: dict[str, Callable[[str], dict[str, Any]]] = {
    "a key": lambda _: {},
    "Entra": entra,
    "an own bearer policy": own_bearer,
    "an own key policy": own_key,
}
"""Options of clients, by how they authenticate."""


Scenario = Callable[[str], contextlib.AbstractContextManager[Callable[[], Any]]]


def scenario(
    *steps: Any,
    method: str = "POST",
    authentication: Callable[[str], dict[str, Any]] = AUTHENTICATIONS["a key"],
    stream: bool = False,
    **options: Any,
) -> Scenario:
    """Return a scenario: a send to a server that plays these steps."""

    @contextlib.contextmanager
    def run(kind: str) -> Iterator[Callable[[], Any]]:
        with FaultServer(*steps) as server:
            own = {"retry_total": 0, **options, **authentication(kind)}
            with connect(kind, server.endpoint, **own) as client:
                content = b"hello" if method == "POST" else None
                request = HttpRequest(method, f"/x?access_token={OPAQUE}", content=content)

                def call() -> None:
                    response = client.send(request, stream=stream, enforce_https=False)
                    try:
                        response.raise_for_status()
                    finally:
                        client.call(response, "close")

                yield call

    return run


def through_a_proxy(answer: bytes | None, scheme: str = "https") -> Scenario:
    """Return a scenario: a send through a proxy that gives this answer, or where nobody listens."""

    @contextlib.contextmanager
    def run(kind: str) -> Iterator[Callable[[], Any]]:
        with PlainServer(answer or b"") as server:
            address = NOWHERE if answer is None else server.address
            proxy = f"http://user:{PASSWORD}@{address}"
            options: Any = {"proxies": {"http": proxy, "https": proxy}, "retry_total": 0}
            with connect(kind, f"{scheme}://service.invalid", **options) as client:
                yield lambda: client.send(HttpRequest("GET", f"/x?access_token={OPAQUE}")).raise_for_status()

    return run


@contextlib.contextmanager
def nobody_listens(kind: str) -> Iterator[Callable[[], Any]]:
    with connect(kind, f"http://{NOWHERE}", retry_total=0) as client:
        yield lambda: client.send(HttpRequest("GET", f"/x?access_token={OPAQUE}"))


@contextlib.contextmanager
def slow(kind: str, **options: Any) -> Iterator[Callable[[], Any]]:
    gate = Gate()
    with FaultServer(otherwise=Answer(200, gate=gate)) as server:
        with connect(kind, server.endpoint, retry_total=0, **options) as client:
            yield lambda: client.send(HttpRequest("POST", f"/x?access_token={OPAQUE}", content=b"x"))
            gate.open()


def transport_of(kind: str) -> Any:
    return RequestsTransport() if kind == "sync" else AioHttpTransport()


@contextlib.contextmanager
def azure_cores_transport(kind: str) -> Iterator[Callable[[], Any]]:
    with FaultServer(Disconnect("body")) as server:
        with connect(kind, server.endpoint, retry_total=0, transport=transport_of(kind)) as client:
            yield lambda: client.send(HttpRequest("POST", f"/x?access_token={OPAQUE}", content=b"x"))


@contextlib.contextmanager
def azure_cores_transport_and_a_proxy(kind: str) -> Iterator[Callable[[], Any]]:
    address = f"http://user:{PASSWORD}@{NOWHERE}"
    options: Any = {"proxies": {"http": address}, "retry_total": 0, "transport": transport_of(kind)}
    with connect(kind, "http://service.invalid", **options) as client:
        yield lambda: client.send(HttpRequest("GET", f"/x?access_token={OPAQUE}"))


DENIED = b"HTTP/1.1 407 Denied\r\nProxy-Authenticate: Basic realm=x\r\nContent-Length: 0\r\n\r\n"
LOOP = Answer(307, {"Location": f"/x?sig={OPAQUE}&access_token={OPAQUE}"})
SCENARIOS: dict[str, Scenario] = {
    "nobody listens": nobody_listens,
    "no response in time": lambda kind: slow(kind, read_timeout=0.05),
    "the call's time is over": lambda kind: slow(kind, timeout=0.05),
    "connection reset": scenario(Disconnect("body")),
    "connection closed": scenario(Disconnect("head", reset=False)),
    "no HTTP": scenario(Raw(b"SSH-2.0-OpenSSH_9\r\n")),
    "a status that is no number": scenario(Raw(b"HTTP/1.1 abc OK\r\n\r\n")),
    "a header without a colon": scenario(
        Raw(b"HTTP/1.1 200 OK\r\nnonsense\r\nContent-Length: 3\r\n\r\nabc"), Answer(500)
    ),
    "bytes that are not Latin": scenario(
        Raw("HTTP/1.1 200 \u20ac\r\nX: \u20ac\r\nContent-Length: 9\r\n\r\nabc".encode())
    ),
    "a wrong length": scenario(Raw(b"HTTP/1.1 200 OK\r\nContent-Length: many\r\n\r\nabc")),
    "a wrong chunk": scenario(Raw(b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\nzz\r\nabc")),
    "a body that breaks off": scenario(Answer(200, {}, b"x" * 9, truncate=3)),
    "a body that is not gzip": scenario(Answer(200, {"Content-Encoding": "gzip"}, b"nonsense")),
    **{
        f"an error with our token {where}, {name}": scenario(answer, authentication=authentication)
        for name, authentication in AUTHENTICATIONS.items()
        for where, answer in (
            ("in its body", repeated),
            ("as its text", repeated_as_text),
            ("as its reason", repeated_as_reason),
            ("in its headers", repeated_in_headers),
        )
    },
    **{
        f"a streamed error, {name}": scenario(Answer(401), authentication=authentication, stream=True)
        for name, authentication in AUTHENTICATIONS.items()
    },
    **{
        f"connection reset, {name}": scenario(Disconnect("body"), authentication=authentication)
        for name, authentication in AUTHENTICATIONS.items()
    },
    "an error without a body": scenario(Answer(404, {"x-ms-error-code": "Error.NotFound"})),
    "redirects without an end": scenario(*[LOOP] * 9, method="GET", redirect_max=3),
    "a redirect to nowhere": scenario(
        Answer(302, {"Location": f"http://{NOWHERE}/x?sig={OPAQUE}"}), method="GET"
    ),
    "a proxy that wants a password": through_a_proxy(DENIED),
    "a proxy that wants a password, without TLS": through_a_proxy(DENIED, "http"),
    "a proxy that fails": through_a_proxy(b"HTTP/1.1 502 Bad Gateway\r\nContent-Length: 0\r\n\r\n"),
    "a proxy that breaks": through_a_proxy(b""),
    "a proxy that is no proxy": through_a_proxy(b"SSH-2.0-OpenSSH_9\r\n"),
    "a proxy where nobody listens": through_a_proxy(None),
    "a proxy where nobody listens, without TLS": through_a_proxy(None, "http"),
    "azure-core's transport": azure_cores_transport,
    "azure-core's transport and a proxy": azure_cores_transport_and_a_proxy,
}


def raised(kind: str, name: str) -> AzureError:
    with SCENARIOS[name](kind) as call:
        with pytest.raises(AzureError) as caught:
            call()
    return caught.value


@both_clients
@pytest.mark.parametrize("name", SCENARIOS)
def test_no_secret_is_in_an_error_or_in_anything_that_it_refers_to(kind: str, name: str) -> None:
    error = raised(kind, name)
    response = getattr(error, "response", None)
    # The caller's own URL is in the response's request, by intent.
    own = "" if response is None else response.request.url
    leaks = [text for text in everything(error) if SECRET.search(text) and text not in own]
    assert leaks == []
    assert not SECRET.search(shown(error))


@both_clients
@pytest.mark.parametrize("name", [name for name in SCENARIOS if not name.startswith("a streamed")])
def test_an_error_is_pickled_and_copied_without_a_secret(kind: str, name: str) -> None:
    error = raised(kind, name)
    data = pickle.dumps(error)
    assert not SECRET.search(data.decode("latin-1"))
    for again in (pickle.loads(data), copy.copy(error)):
        assert type(again) is type(error)
        assert str(again) == str(error)
        assert again.args == error.args


@both_clients
@pytest.mark.parametrize("stream", [False, True])
@pytest.mark.parametrize("status", [200, 503])
@pytest.mark.parametrize("name", AUTHENTICATIONS)
def test_a_response_holds_no_credential(kind: str, name: str, status: int, stream: bool) -> None:
    options = {"retry_backoff_factor": 0, **AUTHENTICATIONS[name](kind)}
    with FaultServer(Answer(503), otherwise=Answer(status, {}, b"abc")) as server:
        with connect(kind, server.endpoint, **options) as client:
            request = HttpRequest("POST", "/x", content=b"hello", headers={"X-Mine": "1"})
            response = client.send(request, stream=stream, enforce_https=False)
            assert [text for text in everything(response) if SECRET.search(text)] == []
            assert response.request.headers["X-Mine"] == "1"
            client.call(response, "close")
    assert all(token_of(seen) for seen in server.requests)
    assert not {"authorization", "api-key"} & {header.lower() for header in request.headers}


@both_clients
@pytest.mark.parametrize("name", AUTHENTICATIONS)
@pytest.mark.parametrize("media_type", ["application/json", "text/plain; charset=ascii"])
def test_an_error_of_reading_a_body_does_not_hold_it(kind: str, name: str, media_type: str) -> None:
    def repeating(request: Request) -> Step:
        body = f'{{"a": 1,\n "token": "{token_of(request)}", oh'.encode()
        return Answer(200, {"Content-Type": media_type}, body + (b"\xff" if "ascii" in media_type else b""))

    with FaultServer(repeating) as server:
        with connect(kind, server.endpoint, **AUTHENTICATIONS[name](kind)) as client:
            response = client.send(HttpRequest("GET", "/x"), enforce_https=False)
    with pytest.raises(ValueError, match=r"line 2 column|can't decode byte 0xff") as caught:
        response.json()
    assert [text for text in everything(caught.value) if SECRET.search(text)] == []
    again = pickle.loads(pickle.dumps(caught.value))
    assert (type(again), str(again)) == (type(caught.value), str(caught.value))
    assert not SECRET.search(pickle.dumps(caught.value).decode("latin-1"))


@both_clients
@pytest.mark.parametrize("name", AUTHENTICATIONS)
@pytest.mark.parametrize("answer", [repeated, repeated_as_text, repeated_as_reason, repeated_in_headers])
def test_no_log_repeats_what_a_server_repeats(
    kind: str, name: str, answer: Any, caplog: pytest.LogCaptureFixture
) -> None:
    options = {"retry_total": 0, "logging_enable": True, **AUTHENTICATIONS[name](kind)}
    with caplog.at_level(logging.DEBUG):
        with FaultServer(answer) as server, connect(kind, server.endpoint, **options) as client:
            client.send(HttpRequest("POST", "/x", content=b"hello"), enforce_https=False)
    mine = [record for record in caplog.records if record.name.startswith("azure")]
    assert len(mine) > 2
    assert [text for record in mine if SECRET.search(text := record.getMessage())] == []


# What a setting says wrongly is an error of azure-core's at the send, or of Python's at construction.
SETTINGS: list[tuple[str, str]] = [
    ("no scheme", f"user:{PASSWORD}@proxy:8080"),
    ("no host", f"http://user:{PASSWORD}@"),
    ("a bad port", f"http://user:{PASSWORD}@proxy:bad"),
    ("a port out of range", f"http://user:{PASSWORD}@proxy:99999"),
    ("another scheme", f"gopher://user:{PASSWORD}@proxy:8080"),
    ("a space", f"http://user:{PASSWORD}@pro xy:8080"),
    ("brackets", f"http://user:{PASSWORD}@[::1"),
]


@both_clients
@pytest.mark.parametrize("in_environment", [True, False])
@pytest.mark.parametrize("proxy", [proxy for _, proxy in SETTINGS], ids=[name for name, _ in SETTINGS])
def test_a_proxy_that_cannot_be_is_an_error_without_its_password(
    kind: str, proxy: str, in_environment: bool, monkeypatch: pytest.MonkeyPatch
) -> None:
    options: Any = {} if in_environment else {"proxies": {"http": proxy}}
    if in_environment:
        monkeypatch.setenv("HTTP_PROXY", proxy)
        monkeypatch.setenv("http_proxy", proxy)
    error: Exception | None = None
    try:
        with connect(kind, "http://service.invalid", retry_total=0, **options) as client:
            client.send(HttpRequest("GET", f"/x?access_token={OPAQUE}"))
    except AzureError as at_send:
        error = at_send
    except ValueError as at_construction:
        error = None if in_environment else at_construction
    assert error is not None
    assert [text for text in everything(error) if SECRET.search(text)] == []
    assert not SECRET.search(shown(error))


LOCATIONS = ["", "\xff\xfe", "http://[", "http://a b/", "https://", "http://%00/", "http://\x7f/", "/\x80 \\"]
LOCATIONS += [
    f"http://user:{PASSWORD}@127.0.0.1:1/",
    "http://127.0.0.1:0/",
    "http://127.0.0.1:1/" + "a" * 5000,
]


@both_clients
@pytest.mark.parametrize("location", LOCATIONS)
def test_whatever_a_location_says_the_call_ends_in_a_response_or_an_error_of_azure_core(
    kind: str, location: str
) -> None:
    with FaultServer(Answer(302, {"Location": location})) as server:
        with connect(kind, server.endpoint, retry_total=0) as client:
            outcome: Any
            try:
                outcome = client.send(HttpRequest("GET", "/x")).status_code
            except AzureError as error:
                outcome = shown(error)
    assert outcome in {202, 302} or not SECRET.search(outcome)


@both_clients
@pytest.mark.parametrize("level", [logging.DEBUG, logging.WARNING])
def test_a_client_changes_no_logger_that_others_use(kind: str, level: int) -> None:
    names = ("", "urllib3", "urllib3.connectionpool", "aiohttp", "asyncio", "azure", "azure.core")

    def state() -> list[Any]:
        loggers = [logging.getLogger(name) for name in names]
        return [(log.level, log.handlers[:], log.filters[:], log.propagate, log.disabled) for log in loggers]

    before = state()
    with FaultServer() as server, connect(kind, server.endpoint, http_logging_level=level) as client:
        client.send(HttpRequest("GET", "/x"))
        assert state() == before
    assert state() == before
