"""Documents as people write them, and what becomes of them."""

from collections.abc import Callable
from datetime import date
from pathlib import Path
from typing import Any

import pytest

from openapi_request_builders.parse import ParseError, parse
from tests.codegen.conftest import Generate, document, operation

Q: dict[str, Any] = {"name": "q", "in": "query", "type": "string"}


@pytest.mark.parametrize(
    ("text", "value"),
    [
        ("200: a\non: b\nnull: c\n1.0: d", {"200": "a", "on": "b", "null": "c", "1.0": "d"}),
        ("[yes, no, on, off, true, False, null, ~]", ["yes", "no", "on", "off", True, False, None, None]),
        ("[1, -2, 010, 0x1, 1.5, .5, 1e3, 1_000]", [1, -2, 10, "0x1", 1.5, 0.5, 1000.0, "1_000"]),
        ("[2024-01-01, 12:30:00, 1.2.3]", ["2024-01-01", "12:30:00", "1.2.3"]),
        ("a: &x {b: 1}\nc: {<<: *x, d: 2}", {"a": {"b": 1}, "c": {"b": 1, "d": 2}}),
    ],
)
def test_yaml_is_read_as_json_has_it(text: str, value: Any) -> None:
    assert parse(text, is_yaml=True) == value


@pytest.mark.parametrize(
    ("text", "is_yaml", "line", "message"),
    [
        ("a: 1\na: 2", True, 2, "'a' is there twice"),
        ("a: {b: 1, b: 2}", True, 1, "'b' is there twice"),
        ("? [a]\n: 1", True, 1, "a key is not text"),
        ("a: [1", True, 1, "it is not YAML: "),
        ("a: .inf", True, None, ".inf is not a number in JSON"),
        ('{"a": NaN}', False, None, "NaN is not a number in JSON"),
        ('{"a": 1e999}', False, None, "1e999 is not a number in JSON"),
        ("[" * 100_000, False, None, "it is nested too deeply"),
        ("a: 1", False, 1, "it is not JSON: Expecting value"),
    ],
)
def test_what_is_not_read(text: str, is_yaml: bool, line: int | None, message: str) -> None:
    with pytest.raises(ParseError) as caught:
        parse(text, is_yaml=is_yaml)
    assert message in str(caught.value)
    assert line is None or caught.value.line is not None


def test_a_default_of_a_format_is_text_and_values_are_not(generate: Generate) -> None:
    made = generate(
        document({"/a": {"get": operation({**Q, "format": "date", "default": "2020-01-01"}, name="a")}})
    )
    assert made.build_a_request().url == "/a?q=2020-01-01"
    assert made.build_a_request(q=date(2021, 2, 3)).url == "/a?q=2021-02-03"
    with pytest.raises(TypeError, match="is of type str, not date"):
        made.build_a_request(q="2021-02-03")


def test_null_in_an_enumeration_is_leaving_it_out(generate: Generate) -> None:
    made = generate(
        document({"/a": {"get": operation({**Q, "enum": ["x", None], "x-nullable": True}, name="a")}})
    )
    assert made.build_a_request(q=None).url == "/a"
    assert made.build_a_request(q="x").url == "/a?q=x"


def test_names_in_a_script_without_capitals(generate: Generate) -> None:
    made = generate(document({"/a": {"get": operation({**Q, "name": "\u65e5\u672c"}, name="A_\u0bf0")}}))
    assert made.build_operation_request(日本="x").url == "/a?%E6%97%A5%E6%9C%AC=x"


def test_models_that_are_their_own_parents(generate: Generate) -> None:
    kind = {"k": {"type": "string"}}
    models = {
        "A": {
            "type": "object",
            "discriminator": "k",
            "allOf": [{"$ref": "#/definitions/B"}],
            "properties": kind,
        },
        "B": {"allOf": [{"$ref": "#/definitions/A"}]},
    }
    body = {"name": "b", "in": "body", "schema": {"$ref": "#/definitions/A"}}
    made = generate(document({"/a": {"post": operation(body, name="a")}}, definitions=models))
    assert '"k": "B"' in made.build_a_request.__doc__


def test_a_sample_ends_where_it_would_be_too_long_to_read(generate: Generate) -> None:
    models = {
        f"L{depth}": {
            "type": "object",
            "properties": {f"f{number}": {"$ref": f"#/definitions/L{depth + 1}"} for number in range(6)},
        }
        for depth in range(6)
    }
    models["L6"] = {"type": "object"}
    body = {"name": "b", "in": "body", "schema": {"$ref": "#/definitions/L0"}}
    made = generate(document({"/a": {"post": operation(body, name="a")}}, definitions=models))
    assert 30 < made.build_a_request.__doc__.count("\n") < 250
    assert '"f5": ...,' in made.build_a_request.__doc__


def test_members_beside_a_reference_go_before_those_it_leads_to(generate: Generate) -> None:
    reference = {"$ref": "#/parameters/X", "x-ms-client-name": "mine"}
    made = generate(document({"/a": {"get": operation(reference, name="a")}}, parameters={"X": Q}))
    assert made.build_a_request(mine="x").url == "/a?q=x"


@pytest.mark.parametrize(
    ("kind", "rule", "fitting", "breaking"),
    [
        ("integer", {"maximum": 3}, 3, 4),
        ("integer", {"minimum": 3}, 3, 2),
        ("number", {"maximum": 0.5}, 0.5, 0.75),
        ("integer", {"maximum": 3, "exclusiveMaximum": True}, 2, 3),
        ("integer", {"minimum": 3, "exclusiveMinimum": True}, 4, 3),
        ("integer", {"multipleOf": 3}, 6, 7),
        ("string", {"maxLength": 2}, "ab", "abc"),
        ("string", {"minLength": 2}, "ab", "a"),
        ("string", {"pattern": "^a$"}, "a", "b"),
        ("string", {"enum": ["a"]}, "a", "b"),
        ("array", {"maxItems": 1}, ["a"], ["a", "b"]),
        ("array", {"minItems": 1}, ["a"], []),
        ("array", {"uniqueItems": True}, ["a", "b"], ["a", "a"]),
        ("array", {"items": {"type": "string", "maxLength": 1}}, ["a"], ["ab"]),
    ],
)
def test_a_default_keeps_the_rules_up_to_their_bounds(
    run: Callable[..., str], kind: str, rule: dict[str, Any], fitting: Any, breaking: Any
) -> None:
    options = ("--input-file", "spec.json", "--namespace", "made.up", "--output-folder", ".")
    parameter = {"name": "q", "in": "query", "type": kind, **rule}
    for default in (fitting, breaking):
        spec = document({"/a": {"get": operation({**parameter, "default": default})}})
        heard = run(*options, spec__json=spec)
        assert ("#/paths/~1a/get/parameters/0/default: " in heard) is (default == breaking)


@pytest.mark.parametrize(
    ("beside", "url"),
    [
        ({"x-ms-client-name": "mine"}, "/a?q=x"),
        ({"name": "mine"}, "/a?mine=x"),
        ({"x-ms-client-name": "mine", "default": "d"}, "/a?q=x"),
        ({"x-ms-client-name": "mine", "in": "header"}, "/a"),
    ],
    ids=["client name", "name", "default", "location"],
)
def test_members_beside_a_reference_take_precedence(
    generate: Generate, beside: dict[str, Any], url: str
) -> None:
    reference = {"$ref": "#/parameters/X", **beside}
    made = generate(document({"/a": {"get": operation(reference, name="a")}}, parameters={"X": Q}))
    assert made.build_a_request(mine="x").url == url


def test_members_beside_a_reference_to_a_reference(generate: Generate) -> None:
    parameters = {
        "X": {**Q, "maxLength": 1},
        "Y": {"$ref": "#/parameters/X", "maxLength": 2, "description": "Y"},
    }
    reference = {"$ref": "#/parameters/Y", "description": "Z"}
    made = generate(document({"/a": {"get": operation(reference, name="a")}}, parameters=parameters))
    assert made.build_a_request(q="xx").url == "/a?q=xx"
    assert ":keyword q: Z. At most 2 characters." in made.build_a_request.__doc__


def test_a_default_is_judged_as_what_it_is_read_as(generate: Generate) -> None:
    number = {**Q, "type": "integer", "enum": ["1", "2"], "default": "1"}
    step = {**Q, "name": "r", "type": "number", "multipleOf": 0.1, "default": 0.3}
    names = {
        **Q,
        "name": "s",
        "type": "array",
        "items": {"type": "string", "pattern": "^\\p{L}+$"},
        "default": ["a"],
    }
    made = generate(document({"/a": {"get": operation(number, step, names, name="a")}}), notes=True)
    assert made.build_a_request().url == "/a?q=1&r=0.3&s=a"
    wrong = {**Q, "maxLength": 1, "default": "ab"}
    made = generate(
        document({"/a": {"get": operation(wrong, name="a")}}), options=("--client-side-validation=false",)
    )
    assert made.build_a_request().url == "/a?q=ab"


def test_names_of_properties_can_be_any(generate: Generate) -> None:
    properties = {name: {"$ref": "#/definitions/M"} for name in ("default", "example", "x-ms-enum", "enum")}
    models = {"M": {"type": "object", "properties": properties, "default": {"$ref": "nowhere.json"}}}
    body = {"name": "b", "in": "body", "schema": {"$ref": "#/definitions/M"}}
    made = generate(document({"/a": {"post": operation(body, name="a")}}, definitions=models))
    assert '"x-ms-enum": ...,' in made.build_a_request.__doc__


def test_where_urls_begin_is_said(generate: Generate) -> None:
    where = {"host": "example.com", "basePath": "/v2/", "schemes": ["http"]}
    made = generate({**document({"/a": {"get": operation(name="a")}}), **where})
    assert "relative to ``http://example.com/v2``" in " ".join(str(made.__doc__).split())


def test_a_default_version_of_its_own_yields_to_the_caller_too(generate: Generate) -> None:
    version = {"name": "api-version", "in": "query", "required": True, "type": "string"}
    shared = {"/b": {"get": operation(version, name="b")}}
    made = generate(
        document({"/a": {"get": operation(version, name="a")}, **shared}, "2020-01-01"),
        document(shared, "2021-01-01"),
    )
    with pytest.raises(ValueError, match="api_version='2021-01-01' does not know GET /a"):
        made.build_a_request(params={"api-version": "2021-01-01"})
    assert made.build_a_request(params={"api-version": "2030-01-01"}).url == "/a?api-version=2030-01-01"


def test_a_version_in_the_callers_own_headers_is_judged(generate: Generate) -> None:
    version = {"name": "x-ms-version", "in": "header", "required": True, "type": "string"}
    made = generate(
        document({"/a": {"get": operation(version, name="a")}}, "2020-01-01"),
        document({"/a": {"get": operation(version, Q, name="a")}}, "2021-01-01"),
    )
    with pytest.raises(ValueError, match="q='x' is not known to api-version 2020-01-01"):
        made.build_a_request(q="x", headers={"X-Ms-Version": "2020-01-01"})


BODY = {"name": "b", "in": "body", "schema": {"type": "object"}}


@pytest.mark.parametrize(
    ("required", "options", "signatures"),
    [
        (True, (), []),
        (True, ("--body-overloads=true",), ["json: Any,", "content: Content,"]),
        (False, ("--body-overloads=true",), ["json: Any = None,", "content: Content,"]),
    ],
)
def test_overloads_tell_type_checkers_that_a_body_is_one_of_two_arguments(
    run: Callable[..., str], required: bool, options: tuple[str, ...], signatures: list[str]
) -> None:
    spec = document({"/a": {"post": operation({**BODY, "required": required}, name="Post")}})
    out = ("--input-file", "spec.json", "--namespace", "made.up", "--output-folder", ".")
    assert run(*out, *options, spec__json=spec) == ""
    source = Path("made/up/rest/_builders.py").read_text(encoding="utf-8")
    overloads = source.split("@overload\n")[1:]
    assert len(overloads) == len(signatures)
    for overload, argument in zip(overloads, signatures, strict=True):
        assert argument in overload.partition(") -> HttpRequest: ...")[0]
