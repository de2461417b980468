"""The values in a document: what it lists, assumes and shows. They can be any JSON, at any depth."""

import contextlib
import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from tests.codegen.conftest import Generate, document, document3, forget, made, operation
from tests.documents.examples import example, run_example

Writer = Callable[[Any], dict[str, Any]]
TEXT = {"type": "string"}
TEXTS = {"type": "array", "items": TEXT}
NESTED = {"type": "array", "items": TEXTS}


def swagger(schema: Any) -> dict[str, Any]:
    return document({"/x": {"get": operation({"name": "x", "in": "query", **schema}, name="do")}})


def openapi(schema: Any) -> dict[str, Any]:
    return document3({"/x": {"get": operation({"name": "x", "in": "query", "schema": schema}, name="do")}})


both_formats = pytest.mark.parametrize("write", [swagger, openapi])


@both_formats
@pytest.mark.parametrize(
    ("schema", "value", "other", "shown"),
    [
        (
            {**TEXTS, "enum": [["a", "b"], ["c"]]},
            ("a", "b"),
            ["b", "a"],
            "x=['b', 'a'] is not one of ['a', 'b'], ['c']",
        ),
        (
            {"type": "array", "items": {"type": "integer"}, "enum": [[1, 2], []]},
            [1, 2],
            [1],
            "x=[1] is not one of [1, 2], []",
        ),
        (
            {**NESTED, "enum": [[["a"], ["b"]]]},
            [["a"], ["b"]],
            [["a", "b"]],
            "x=[['a', 'b']] is not one of [('a',), ('b',)]",
        ),
        (
            {"type": "array", "items": {**TEXTS, "enum": [["a"]]}},
            [["a"], ["a"]],
            [["b"]],
            "x[]=['b'] is not one of ['a']",
        ),
    ],
)
def test_a_list_is_one_of_those_that_are_listed(
    generate: Generate, write: Writer, schema: Any, value: Any, other: Any, shown: str
) -> None:
    rest = generate(write(schema))
    assert rest.build_do_request(x=value).url.startswith("/x?x=")
    with pytest.raises(ValueError, match=r"is not one of") as caught:
        rest.build_do_request(x=other)
    assert str(caught.value) == shown


@both_formats
@pytest.mark.parametrize("depth", [1, 2, 3, 4])
def test_a_list_of_lists_is_sent_by_default(generate: Generate, write: Writer, depth: int) -> None:
    schema: Any = TEXT
    value: Any = "a"
    for _ in range(depth):
        schema, value = {"type": "array", "items": schema}, [value, value]
    rest = generate(write({**schema, "default": value}))
    assert rest.build_do_request().url == rest.build_do_request(x=value).url != "/x"


def test_the_only_list_is_sent_by_default(generate: Generate) -> None:
    parameter = {"name": "x", "in": "query", "required": True, **TEXTS, "enum": [["a", "b"]]}
    rest = generate(document({"/x": {"get": operation(parameter, name="do")}}))
    assert rest.build_do_request().url == "/x?x=a,b"


@pytest.mark.parametrize("default", ["a", 7, ["a", "b"]])
def test_a_default_is_of_one_of_the_types(generate: Generate, default: Any) -> None:
    rest = generate(openapi({"anyOf": [{"type": "integer"}, TEXT, TEXTS], "default": default}))
    assert rest.build_do_request().url == rest.build_do_request(x=default).url != "/x"


NOT_ALLOWED = "is none of the values that are allowed, and is not sent"


@pytest.mark.parametrize(
    ("schema", "note"),
    [
        ({"anyOf": [TEXT, {"type": "integer"}], "default": ["a"]}, f'default: ["a"] {NOT_ALLOWED}'),
        ({"anyOf": [{"enum": ["a"]}, {"type": "boolean"}], "default": "b"}, f'default: "b" {NOT_ALLOWED}'),
        ({"type": "object", "default": []}, "default: [] is not a value of type object, and is not sent"),
        (
            {"type": "array", "items": {"type": "object"}, "default": [1]},
            "default: 1 is not a value of type object, and is not sent",
        ),
        ({"type": "object", "enum": [{"a": 1}]}, "enum: it lists objects, so the rule is not checked"),
        ({**TEXTS, "enum": [[{"a": 1}]]}, "enum: it lists objects, so the rule is not checked"),
    ],
)
def test_what_cannot_be_sent_or_checked_is_noted(run: Callable[..., str], schema: Any, note: str) -> None:
    out = ("--input-file", "spec.json", "--namespace", "made.up", "--output-folder", "out")
    assert f"/schema/{note}\n" in run(*out, spec__json=openapi(schema))


@pytest.mark.parametrize("value", [[], [""], [[]], ".", "..", ""])
def test_a_default_that_no_path_keeps_is_noted(run: Callable[..., str], value: Any) -> None:
    kind = TEXT if isinstance(value, str) else NESTED if [] in value else TEXTS
    parameter = {"name": "x", "in": "path", "required": True, **kind, "default": value}
    spec = document({"/{x}": {"get": operation(parameter, name="do")}})
    said = run("--input-file", "spec.json", "--namespace", "a.b", "--output-folder", "out", spec__json=spec)
    assert f"/default: {json.dumps(value)} is no part of a path, and is not sent\n" in said


# --- anything ---

texts = st.text("a1.,é /", max_size=3)  # what every part of a request can carry
numbers = st.integers() | st.floats(allow_nan=False, allow_infinity=False)
scalars = st.none() | st.booleans() | numbers | texts
anything = st.recursive(
    scalars,
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=3), inner, max_size=3),
)
TYPES = ("string", "integer", "number", "boolean", "file")
FORMATS = ("", "date", "date-time", "byte", "uuid", "int64", "binary", "duration")


def schemas(**values: Any) -> st.SearchStrategy[dict[str, Any]]:
    leaf = st.fixed_dictionaries(
        {"type": st.sampled_from(TYPES)}, optional={"format": st.sampled_from(FORMATS), **values}
    )
    return st.recursive(
        leaf,
        lambda inner: (
            st.fixed_dictionaries({"type": st.just("array"), "items": inner}, optional=values)
            | st.fixed_dictionaries(
                {"type": st.just("object"), "properties": st.dictionaries(st.sampled_from("abc"), inner)},
                optional=values,
            )
            | st.fixed_dictionaries({"anyOf": st.lists(inner, min_size=1, max_size=3)}, optional=values)
        ),
        max_leaves=4,
    )


@given(
    schema=schemas(default=anything, enum=st.lists(anything, max_size=3), example=anything),
    place=st.sampled_from(["query", "header", "path", "cookie", "formData"]),
    shown=anything,
    write=st.sampled_from([document, document3]),
)
@settings(max_examples=60, suppress_health_check=[HealthCheck.function_scoped_fixture])
def test_values_of_any_kind_are_read_or_refused(
    run: Callable[..., str],
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
    schema: Any,
    place: str,
    shown: Any,
    write: Writer,
) -> None:
    facets = {"schema": schema, "example": shown} if write is document3 else schema
    path = "/{x}" if place == "path" else "/x"
    whole = write(
        {path: {"get": operation({"name": "x", "in": place, "required": True, **facets}, name="do")}}
    )
    out = ("--input-file", "spec.json", "--namespace", "made.up", "--output-folder", ".")
    if run(*out, spec__json=whole).endswith("nothing was written.\n"):
        return
    monkeypatch.syspath_prepend(str(tmp_path))
    builder = made().build_do_request
    with contextlib.suppress(TypeError, ValueError):  # there is no default, or it cannot be sent
        assert builder().method == "GET"
    if example(builder):
        run_example(builder)
    forget()
