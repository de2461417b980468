"""What a builder returns: azure-core's request, made without its constructor."""

import copy
import pickle
import pickletools
from collections.abc import Callable
from enum import Enum
from typing import Any

import pytest
from azure.core.pipeline import PipelineContext, PipelineRequest
from azure.core.rest import HttpRequest

from azure.messaging.webpubsubservice._policies import IdentityHeadersPolicy
from azure.messaging.webpubsubservice._serialization import Body, Headers, request


class Colour(str, Enum):
    RED = "red"


BODY = Body("application/octet-stream", "text/plain", "application/json")
BODIES: dict[str, tuple[Any, Any]] = {
    "nothing": (None, None),
    "bytes": (b"abc", None),
    "no bytes": (b"", None),
    "text": ("é", None),
    "json": (None, {"a": [1]}),
    "false": (None, False),
}


def both(body: str) -> tuple[HttpRequest, HttpRequest]:
    """Return a builder's request, and azure-core's with the same parts."""
    content, json = BODIES[body]
    made = request("POST", "/a", body=(BODY, content, json, None), accept="text/plain", headers={"X-A": "b"})
    headers = {name: value for name, value in made.headers.items() if name != "Content-Length"}
    return made, HttpRequest("POST", "/a", headers=headers, content=made.content)


@pytest.mark.parametrize("body", BODIES)
def test_it_is_what_azure_core_would_have_made(body: str) -> None:
    made, expected = both(body)
    assert isinstance(made, HttpRequest)
    assert repr(made) == repr(expected)
    assert made.headers == expected.headers
    assert (made.method, made.url, made.content) == (expected.method, expected.url, expected.content)
    old: Any = made
    assert (old.files, old.query, old.multipart_mixed_info) == (None, {}, None)


@pytest.mark.parametrize("copied", [copy.copy, copy.deepcopy, lambda made: pickle.loads(pickle.dumps(made))])
@pytest.mark.parametrize("body", BODIES)
def test_it_can_be_copied_and_pickled(body: str, copied: Callable[[Any], Any]) -> None:
    made, _ = both(body)
    other = copied(made)
    assert (repr(other), other.headers, other.content) == (repr(made), made.headers, made.content)
    other.url = "/b"
    assert made.url == "/a"


@pytest.mark.parametrize("part", [lambda made: made, lambda made: made.headers], ids=["request", "headers"])
def test_a_pickle_needs_azure_core_only(part: Callable[[Any], Any]) -> None:
    made, _ = both("json")
    text = [
        argument
        for _, argument, _ in pickletools.genops(pickle.dumps(part(made)))
        if isinstance(argument, str)
    ]
    modules = {each for each in text if each.startswith(("azure", __package__ or ""))}
    assert modules == {"azure.core.rest._rest_py3", "azure.core.utils._utils"} & modules != set()


@pytest.mark.parametrize("copied", [copy.copy, copy.deepcopy, Headers, Headers.copy])
def test_a_copy_of_headers_is_independent(copied: Callable[[Any], Any]) -> None:
    made, _ = both("bytes")
    before = dict(made.headers)
    changed = copied(made.headers)
    changed["X-B"] = "c\r\nd"
    assert (dict(made.headers), changed.are_checked) == (before, False)


def test_headers_hold_the_values_of_enumerations() -> None:
    headers = Headers({"a": Colour.RED}, b=Colour.RED)
    made = request("GET", "/", headers={"x": Colour.RED})
    made.headers["y"] = Colour.RED
    values = [*headers.values(), *made.headers.values()]
    assert [type(value) for value in values] == [str] * 4
    assert set(values) == {"red"}


@pytest.mark.parametrize("argument", ["headers", "params"])
def test_names_are_text(argument: str) -> None:
    with pytest.raises(TypeError, match=f"{argument} must be a mapping of str to str; 1 is not a str"):
        request("GET", "/", **{argument: {1: "a"}})  # type: ignore[arg-type]


def test_names_of_headers_are_compared_without_case() -> None:
    headers = Headers([("X-A", "1"), ("x-a", "2"), ("B", "3")])
    assert headers == {"X-a": "2", "b": "3"} == headers
    assert headers != {"x-a": "2"}
    assert list(headers.items()) == [("x-a", "2"), ("B", "3")]
    assert ("x-A" in headers, headers.get("X-A"), headers.get("c", "d")) == (True, "2", "d")
    headers["X-A"] = "4"
    headers.setdefault("b", "5")
    headers.update({"C": "6"})
    assert repr(headers) == "{'X-A': '4', 'B': '3', 'C': '6'}"
    copied = headers.copy()
    assert (headers.pop("c"), headers.pop("c", None), len(headers), len(copied)) == ("6", None, 2, 3)
    del headers["x-a"]
    with pytest.raises(KeyError, match="x-a"):
        headers.pop("x-a")
    with pytest.raises(KeyError):
        headers["x-a"]


def test_a_header_that_is_set_later_is_not_taken_for_a_checked_one() -> None:
    made, _ = both("bytes")
    changed: Any = made.headers
    assert changed.are_checked
    changed["X-B"] = "c\r\nd"
    assert not changed.are_checked
    assert not changed.copy().are_checked


def test_a_request_that_nobody_prepared_gets_the_identity_headers_too() -> None:
    request = HttpRequest("GET", "/", headers={"X-A": "b"})
    IdentityHeadersPolicy({"user_agent": "mine"}).on_request(PipelineRequest(request, PipelineContext(None)))
    assert request.headers["x-a"] == "b"
    assert request.headers["User-Agent"].startswith("mine azsdk-python-")
    assert len(request.headers["x-ms-client-request-id"]) == 36
