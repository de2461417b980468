"""Every builder makes the request that the facts ask for, in every version, or refuses."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Any

import pytest

from azure.messaging.webpubsubservice import rest
from tests.contract import facts
from tests.contract.calls import BOUNDS, CALLS, Bound, Call
from tests.contract.test_documents import operations

if TYPE_CHECKING:
    from collections.abc import Callable

    from azure.core.rest import HttpRequest

BUILDERS = sorted({call.builder for call in CALLS})


def builder(name: str) -> Callable[..., HttpRequest]:
    function: Callable[..., HttpRequest] = getattr(rest, f"build_{name}_request")
    return function


def operation_of(call: Call) -> facts.Operation:
    """Find the operation that a row's URL belongs to."""
    method, url = call.request.split(" ")
    path = url.partition("?")[0]
    (found,) = (
        operation
        for operation in facts.OPERATIONS
        if operation.method == method and re.fullmatch(re.sub(r"\{\w+\}", "[^/]+", operation.path), path)
    )
    return found


def lacking(call: Call, version: str) -> set[str]:
    """Name what a version does not know: the operation, or arguments of a row."""
    operation = OPERATION_OF[call.builder]
    if version not in operation.versions():
        return {operation.path}
    known = {
        re.sub(r"(?<=[a-z])(?=[A-Z])", "_", parameter["name"]).lower()
        for parameter in facts.parameters(operation, version)
    }
    given = {name for name, value in call.kwargs.items() if value is not None}
    return given - known - {"json", "content", "content_type"}


OPERATION_OF = {call.builder: operation_of(call) for call in CALLS}
DEFAULT_VERSION = {
    name: max(operation.since, min(operation.until, facts.DEFAULT))
    for name, operation in OPERATION_OF.items()
}

HELD = [pytest.param(call, version, id=f"{version}-{call}") for call in CALLS for version in call.versions()]
DEFAULTED = [
    pytest.param(call, id=str(call)) for call in CALLS if DEFAULT_VERSION[call.builder] in call.versions()
]
LACKING = [
    pytest.param(call, version, id=f"{version}-{call}")
    for call in CALLS
    for version in facts.VERSIONS
    if lacking(call, version)
]
BOUNDED = [
    pytest.param(bound, version, id=f"{version}-{bound}")
    for bound in BOUNDS
    for version in OPERATION_OF[bound.builder].versions()
]


def assert_is(request: HttpRequest, call: Call, version: str) -> None:
    method, url = call.request.replace("{version}", version).split(" ")
    assert (request.method, request.url) == (method, url)
    headers = dict(request.headers)
    length = headers.pop("Content-Length", None)
    assert headers == call.headers
    assert (request.content or b"") == (call.body or b"")
    assert length in {None, str(len(call.body or b""))}


@pytest.mark.parametrize(("call", "version"), HELD)
def test_a_call_makes_the_request_of_its_row(call: Call, version: str) -> None:
    assert_is(builder(call.builder)(*call.args, **call.kwargs, api_version=version), call, version)


@pytest.mark.parametrize("call", DEFAULTED)
def test_a_call_without_a_version_is_for_the_newest_that_has_the_operation(call: Call) -> None:
    assert_is(builder(call.builder)(*call.args, **call.kwargs), call, DEFAULT_VERSION[call.builder])


@pytest.mark.parametrize(("call", "version"), LACKING)
def test_a_version_that_lacks_the_call_is_refused(call: Call, version: str) -> None:
    with pytest.raises(ValueError, match=re.escape(version)) as refusal:
        builder(call.builder)(*call.args, **call.kwargs, api_version=version)
    if version in OPERATION_OF[call.builder].versions():
        assert any(name in str(refusal.value) for name in lacking(call, version))


@pytest.mark.parametrize(("bound", "version"), BOUNDED)
def test_a_value_is_taken_by_the_versions_that_allow_it(bound: Bound, version: str) -> None:
    def build() -> HttpRequest:
        return builder(bound.builder)(*bound.args, **bound.kwargs, api_version=version)

    if bound.accepted and bound.accepted[0] <= version <= bound.accepted[1]:
        assert build().method == OPERATION_OF[bound.builder].method
    else:
        with pytest.raises(ValueError, match=bound.argument):
            build()


@pytest.mark.parametrize("name", BUILDERS)
def test_a_version_that_no_document_describes_is_passed_through(name: str) -> None:
    call = next(call for call in CALLS if call.builder == name)
    request = builder(name)(*call.args, **call.kwargs, api_version="2031-01-01-preview")
    assert "api-version=2031-01-01-preview" in request.url


@pytest.mark.parametrize("version", ["", "latest", "2024-12-01&x=y", "2024-13-45", "2024-12-01\n"])
def test_what_is_not_written_like_a_version_is_refused(version: str) -> None:
    with pytest.raises(ValueError, match="api_version"):
        rest.build_send_to_all_request("chat", json=1, api_version=version)


def test_every_operation_of_every_document_has_a_row() -> None:
    in_documents = {(version, *key) for version in facts.VERSIONS for key in operations(version)}
    in_rows = {
        (version, OPERATION_OF[call.builder].method, OPERATION_OF[call.builder].path)
        for call in CALLS
        for version in call.versions()
    }
    assert in_documents == in_rows
    assert len(in_rows) == sum(facts.OPERATIONS_PER_VERSION.values())


def test_every_builder_has_a_row_and_every_row_a_builder() -> None:
    public: list[str] = [name for name in rest.__all__ if name.startswith("build_")]
    assert sorted(public) == sorted(f"build_{name}_request" for name in BUILDERS)
    assert len(BUILDERS) == len(facts.OPERATIONS) == 26


def test_every_parameter_is_given_in_some_row() -> None:
    given: dict[str, set[str]] = {}
    for call in CALLS:
        query = call.request.partition("?")[2]
        given.setdefault(call.builder, set()).update(pair.split("=")[0] for pair in query.split("&"))
    known: dict[str, Any] = {
        name: {
            parameter["name"]
            for version in operation.versions()
            for parameter in facts.parameters(operation, version)
            if parameter["in"] == "query"
        }
        for name, operation in OPERATION_OF.items()
    }
    assert given == known
