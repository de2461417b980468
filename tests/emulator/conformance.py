"""Calls that schemathesis makes up from the published documents: no 5xx, and no status that they do not have.

Run by ``nox -s schemathesis``: schemathesis brings a pytest plugin and many dependencies, so it stays out of
the environment of the other tests.
"""

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from requests import PreparedRequest
from requests.auth import AuthBase

from azure.messaging.webpubsubservice.emulator import Emulator
from tests.emulator.clients import sign

schemathesis: Any = pytest.importorskip("schemathesis")
checks: Any = pytest.importorskip("schemathesis.checks")
openapi_checks: Any = pytest.importorskip("schemathesis.specs.openapi.checks")

_SLOW = [HealthCheck.too_slow, HealthCheck.filter_too_much, HealthCheck.data_too_large]
DOCUMENTS = sorted((Path(__file__).parents[2] / "swagger").glob("*.json"))
OPERATIONS = [
    pytest.param(path.stem, result.ok(), id=f"{path.stem} {result.ok().label}")
    for path in DOCUMENTS
    for result in schemathesis.openapi.from_path(str(path)).get_all_operations()
]


class SignEach(AuthBase):
    """A token for the URL of each request."""

    def __init__(self, key: str) -> None:
        self._key = key

    def __call__(self, request: PreparedRequest) -> PreparedRequest:
        request.headers["Authorization"] = f"Bearer {sign(self._key, str(request.url))}"
        return request


@pytest.fixture(scope="module")
def emulator() -> Iterator[Emulator]:
    with Emulator() as running:
        yield running


@pytest.mark.parametrize(("version", "operation"), OPERATIONS)
def test_answers_are_documented(emulator: Emulator, version: str, operation: Any) -> None:
    documented = operation.definition.raw["responses"]
    auth = SignEach(emulator.access_key)

    @settings(max_examples=20, deadline=None, suppress_health_check=_SLOW)
    @given(
        case=operation.as_strategy(),
        known=st.integers(0, 9),
        spell=st.sampled_from([str, str.upper, str.lower]),
    )
    def check(case: Any, known: int, spell: Any) -> None:
        sent = case.query or {}
        case.query = {name if name == "api-version" else spell(name): sent[name] for name in sent}
        if known:  # a version made up would end most requests there
            case.query["api-version"] = version
        response = case.call(base_url=emulator.endpoint, auth=auth)
        if response.status_code == 501:
            assert "not emulated" in response.text
            return
        wanted = [checks.not_a_server_error, openapi_checks.status_code_conformance]
        if response.status_code >= 400:
            # ``default`` documents every status; these are the ones that the emulator means to give.
            assert response.status_code in {400, 404, 409, 415}
        elif known:
            assert str(response.status_code) in documented
        # An answer without a body needs no type; null is how the service writes what the documents leave out.
        if known and response.status_code < 400 and response.content and b"null" not in response.content:
            wanted += [openapi_checks.content_type_conformance, openapi_checks.response_schema_conformance]
        case.validate_response(response, checks=wanted)

    check()
