"""Docstrings that can be read at any size: samples that end before a screen is full, and sentences."""

import inspect
from typing import Any

import pytest

from openapi_request_builders.model import names
from tests.codegen.conftest import Generate, document, operation

WIDE = {
    f"p{number}": {"type": "integer", "description": f"About {number}. More of it."} for number in range(90)
}
DEEP: dict[str, Any] = {"type": "integer"}
for _level in range(12):
    DEEP = {
        "type": "object",
        "properties": {
            "size": {"type": "integer"},
            "tags": {"type": "array", "items": {"type": "string"}},
            "inner": DEEP,
        },
    }


def body(schema: Any) -> dict[str, Any]:
    """Write a body."""
    return {"name": "body", "in": "body", "required": True, "schema": schema}


def sample(builder: Any) -> list[str]:
    """Return the lines of the sample of a body."""
    text = inspect.getdoc(builder)
    assert text
    block = text.partition(".. code-block:: python\n\n")[2].partition("\n:")[0]
    return block.rstrip().splitlines()


def test_a_sample_ends_before_a_screen_is_full(generate: Generate) -> None:
    made = generate(
        document({"/a": {"post": operation(body({"type": "object", "properties": WIDE}), name="a")}})
    )
    lines = sample(made.build_a_request)
    assert len(lines) <= 45
    assert "    # Optional. About 0." in [line.removeprefix("    ") for line in lines]
    assert lines[-2].strip() == "# and 70 more"


def test_a_sample_keeps_scalars_where_it_is_cut(generate: Generate) -> None:
    made = generate(document({"/a": {"post": operation(body(DEEP), name="a")}}))
    lines = [line.strip() for line in sample(made.build_a_request)]
    assert len(lines) <= 45
    cut = lines.index('"inner": ...,  # Optional.')
    assert lines[cut - 2 : cut] == ['"size": 0,  # Optional.', '"tags": ["str"],  # Optional.']


def test_a_short_sample_has_whole_descriptions(generate: Generate) -> None:
    schema = {"type": "object", "properties": {"a": {"type": "string", "description": "One. Two."}}}
    made = generate(document({"/a": {"post": operation(body(schema), name="a")}}))
    assert "# Optional. One. Two." in str(made.build_a_request.__doc__)


def many(count: int) -> dict[str, Any]:
    """Write a document of many operations whose bodies and responses are objects."""
    schema = {"type": "object", "properties": {"a": {"type": "string"}}}
    answers = {"200": {"description": "Fine.", "schema": schema}}
    return document(
        {
            f"/{number}": {"post": {**operation(body(schema), name=f"a{number}"), "responses": answers}}
            for number in range(count)
        }
    )


@pytest.mark.parametrize(
    ("count", "options", "samples"),
    [
        (100, (), 2),
        (101, (), 1),
        (101, ("--samples",), 2),
        (101, ("--samples=true",), 2),
        (1, ("--samples=false",), 0),
    ],
)
def test_large_packages_show_responses_on_request(
    generate: Generate, count: int, options: tuple[str, ...], samples: int
) -> None:
    made = generate(many(count), options=options)
    assert str(made.build_a0_request.__doc__).count(".. code-block:: python") == samples


@pytest.mark.parametrize(
    ("description", "sentence"),
    [
        ("<p>Calls the API.</p>", "Calls the API."),
        ("Calls the API. ", "Calls the API."),
        ("Calls the API", "Calls the API."),
        ('Called "the API."', 'Called "the API."'),
        ("Calls the API (or not.)", "Calls the API (or not.)"),
        ("Calls <b>the</b><br/> API", "Calls the API."),
        ("Is it a < b > c?", "Is it a < b > c?"),
    ],
)
def test_a_description_is_a_sentence(generate: Generate, description: str, sentence: str) -> None:
    made = generate(document({"/a": {"get": operation(name="a", description=description)}}))
    assert str(made.build_a_request.__doc__).splitlines()[0] == sentence


def test_a_response_is_said_in_words(generate: Generate) -> None:
    pet = {"type": "object", "properties": {"a": {"type": "string"}}}
    answers = {
        "200": {"description": "Fine.", "schema": {"type": "array", "items": {"$ref": "#/definitions/Pet"}}},
        "201": {"description": "Made.", "schema": {"$ref": "#/definitions/Pet"}},
        "202": {"description": "Later.", "schema": {"type": "object"}},
        "204": {"description": "Gone"},
        "default": {"description": "Wrong.", "schema": {"type": "array", "items": {"type": "string"}}},
    }
    made = generate(
        document({"/a": {"get": {**operation(name="a"), "responses": answers}}}, definitions={"Pet": pet})
    )
    text = str(made.build_a_request.__doc__)
    for line in (
        "* ``200``, with a list of ``Pet``: Fine.",
        "* ``201``, with ``Pet``: Made.",
        "* ``202``, with an object: Later.",
        "* ``204``: Gone.",
        "* any other status, with a list: Wrong.",
    ):
        assert f"{line}\n" in text


@pytest.mark.parametrize(
    ("name", "snake"),
    [
        ("2fa", "2fa"),
        ("P2SVpnGateways", "p2s_vpn_gateways"),
        ("XMsClientRequestId", "xms_client_request_id"),
        ("put201CreatingSucceeded200", "put201_creating_succeeded200"),
        ("HTTP2Stream", "http2_stream"),
    ],
)
def test_digits_stay_with_their_word(name: str, snake: str) -> None:
    assert names.snake(name) == snake


def test_a_group_that_is_a_keyword_has_autorests_suffix() -> None:
    assert names.module("import") == "import_builders"
