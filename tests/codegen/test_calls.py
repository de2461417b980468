"""Each builder's docstring has an example of a call, which works as it stands."""

import importlib
import inspect
import re
from types import ModuleType
from typing import Any

import pytest

from openapi_request_builders.model.calls import VALUES
from openapi_request_builders.model.matching import matching
from openapi_request_builders.model.patterns import translate
from tests.codegen.conftest import Generate, document, document3, operation
from tests.documents.examples import example, run_example

PACKAGES = (
    "azure.messaging.webpubsubservice.rest",
    "tests.codegen.kitchen.rest",
    "tests.codegen.kitchen30.rest",
    "tests.codegen.kitchen31.rest",
)


def modules(package: ModuleType) -> list[ModuleType]:
    """Return the modules of a package that have builders."""
    names = [name for name in package.__all__ if not name.startswith("build_") and not name[0].isupper()]
    if len(names) < len(package.__all__):
        names.append("_builders")
    return [importlib.import_module(f"{package.__name__}.{name}") for name in names]


def builders(module: ModuleType) -> dict[str, Any]:
    """Return the builders that a module defines."""
    return {name: each for name, each in vars(module).items() if name.startswith("build_")}


def flat(source: str) -> str:
    """Return a call on one line."""
    return "".join(line.strip() if line.startswith((" ", ")")) else line for line in source.splitlines())


@pytest.mark.parametrize("package", PACKAGES)
def test_each_example_works(package: str) -> None:
    count = 0
    for module in modules(importlib.import_module(package)):
        for name, builder in builders(module).items():
            request = run_example(builder)
            assert f"{name}(" in example(builder)
            assert f"``{request.method} /" in builder.__doc__
            count += 1
    assert count > 1


def text(**rules: Any) -> dict[str, Any]:
    return {"type": "string", **rules}


def number(**rules: Any) -> dict[str, Any]:
    return {"type": "integer", **rules}


def items(rules: Any, **more: Any) -> dict[str, Any]:
    return {"type": "array", "items": rules, **more}


@pytest.mark.parametrize(
    ("rules", "value"),
    [
        (text(), '"thing_ids"'),
        (text(pattern="^[a-z]+$"), '"thingids"'),
        (text(pattern="^[A-Z]{2}-[0-9]{1,3}$"), '"AA-1"'),
        (text(pattern="^(red|green)?x*$", minLength=3), '"redx"'),
        (text(maxLength=3), '"thi"'),
        (text(minLength=12), '"thing_idssss"'),
        (text(enum=["small", "large"]), '"small"'),
        (text(enum=["small", "large"], **{"x-ms-enum": {"modelAsString": True}}), '"small"'),
        (text(format="uri"), '"https://example.com/"'),
        (text(format="date"), "date(2024, 2, 29)"),
        (text(format="date-time"), "datetime(2024, 2, 29, 12, 30)"),
        (text(format="duration"), "timedelta(days=1)"),
        (text(format="byte"), 'b"content"'),
        (text(**{"x-example": "blue"}), '"blue"'),
        (text(maxLength=3, **{"x-example": "turquoise"}), '"thi"'),
        (text(**{"x-example": 7}), '"thing_ids"'),
        (text(**{"x-example": ".."}), '"thing_ids"'),
        (text(**{"x-example": 'say "\\ \u2028 é"'}), '"thing_ids"'),
        (text(**{"x-example": 'say "\\ """ é"'}), r'"say \"\\ \"\"\" é\""'),
        (number(), "1"),
        (number(minimum=5), "5"),
        (number(maximum=-5, exclusiveMaximum=True), "-6"),
        (number(minimum=10, multipleOf=4), "12"),
        (number(maximum=-10, multipleOf=4), "-12"),
        (number(multipleOf=4), "4"),
        (number(**{"x-example": 42}), "42"),
        ({"type": "number", "enum": [2.5]}, None),
        ({"type": "boolean"}, "True"),
        (items(text()), '["thing_id"]'),
        (items(number(), minItems=2), "[1, 2]"),
        (items(text(format="date"), minItems=2), "[date(2024, 2, 29), date(2024, 2, 29)]"),
        (items(text(enum=["a"]), minItems=2, uniqueItems=True), None),
        (items(text(), **{"x-example": ["a", "b"]}), '["a", "b"]'),
        (items(text(), enum=[["b", "c"], ["d"]]), '["b", "c"]'),
        (items(text(), enum=[["b", "c"], ["d"]], **{"x-example": ["d"]}), '["d"]'),
        (items(items(text()), enum=[[["b"], ["c"]], []]), '[["b"], ["c"]]'),
    ],
)
def test_a_value_keeps_the_rules_of_its_parameter(generate: Generate, rules: Any, value: str | None) -> None:
    parameter = {"name": "thingIds", "in": "path", "required": True, **rules}
    package = generate(document({"/things/{thingIds}": {"get": operation(parameter, name="do")}}))
    if value is None and "enum" in rules:
        assert ">>>" in package.build_do_request.__doc__  # a constant has no argument
    elif value is None:
        assert ">>>" not in package.build_do_request.__doc__
    else:
        assert example(package.build_do_request) == f"request = build_do_request({value})\n"
        run_example(package.build_do_request)


@pytest.mark.parametrize("kind", sorted(VALUES))
def test_text_does_not_stand_for_another_type(generate: Generate, kind: str) -> None:
    """A document has a date as text, and its builder takes a date."""
    texts = ["2024-02-01", "2024-02-01T09:00:00Z", "P1D", "1706778000", "blue", "09:00:00", "true", "YQ=="]
    names = [f"x{number}" for number, _ in enumerate(texts)]
    parameters = [
        {"name": name, "in": "query", "schema": text(format=kind), "required": True, "example": shown}
        for name, shown in zip(names, texts, strict=True)
    ]
    rest = generate(document3({"/things": {"get": operation(*parameters, name="do")}}))
    run_example(rest.build_do_request)


@pytest.mark.parametrize("key", ["x-example", "example"])
def test_a_call_shows_an_optional_argument_if_the_document_has_an_x_example(
    generate: Generate, key: str
) -> None:
    """OpenAPI 3 gives any parameter an example; a call with all of these would be long."""
    parameter = {"name": "size", "in": "query", "schema": {"type": "integer"}, key: 7}
    package = generate(document3({"/things": {"get": operation(parameter, name="do")}}))
    shown = "size=7" if key == "x-example" else ""
    assert example(package.build_do_request) == f"request = build_do_request({shown})\n"


def body(schema: Any, *types: str, **more: Any) -> Any:
    """Write an OpenAPI 3 document of an operation with a body."""
    content = {each: {"schema": schema} for each in types or ("application/json",)}
    return document3(
        {"/a": {"post": operation(name="do", requestBody={"required": True, "content": content, **more})}}
    )


FIELDS = {
    "type": "object",
    "required": ["one"],
    "properties": {"one": {"type": "integer"}, "two": {"type": "string"}},
}
OTHER_FIELDS = {"type": "object", "required": ["two"], "properties": {"two": text()}}
NESTED = {
    "type": "object",
    "required": ["inner", "tags"],
    "properties": {"inner": FIELDS, "tags": items(text()), "more": text()},
}
FORM, MULTIPART = "application/x-www-form-urlencoded", "multipart/form-data"


@pytest.mark.parametrize(
    ("described", "arguments"),
    [
        (body(FIELDS), 'json={"one": 0}'),
        (body(NESTED), 'json={"inner": {"one": 0}, "tags": ["tag"]}'),
        (body({"type": "object", "properties": {"a": text()}}), 'json={"a": "a"}'),
        (body({}), 'json={"key": "value"}'),
        (body(number()), "json=0"),
        (body(items(FIELDS)), 'json=[{"one": 0}]'),
        (body(FIELDS, required=False), ""),
        (body(text(), "text/plain"), 'content=b"content"'),
        (body(text(), "image/png", "image/jpeg"), 'content=b"content", content_type="image/png"'),
        (body(text(), "multipart/mixed"), 'content=b"content", content_type="multipart/mixed; boundary=end"'),
        (body(text(), "image/*"), 'content=b"content"'),
        (body(FIELDS, FORM), "one=1"),
        (body(FIELDS, FORM, MULTIPART), "one=1"),
        (
            body(
                {"type": "object", "required": ["a"], "properties": {"a": text(format="binary")}}, MULTIPART
            ),
            'a=b"content"',
        ),
        (body(FIELDS, "application/json", FORM), 'json={"one": 0}'),
    ],
)
def test_a_body_is_short(generate: Generate, described: Any, arguments: str) -> None:
    package = generate(described)
    assert flat(example(package.build_do_request)) == f"request = build_do_request({arguments})"
    run_example(package.build_do_request)


def test_one_of_two_forms_has_its_own_fields(generate: Generate) -> None:
    described = body(FIELDS, FORM)
    described["paths"]["/a"]["post"]["requestBody"]["content"][MULTIPART] = {"schema": OTHER_FIELDS}
    package = generate(described)
    request = run_example(package.build_do_request)
    assert request.headers["Content-Type"] == FORM


@pytest.mark.parametrize(
    "parameter",
    [
        {"in": "query", "schema": text(), "example": "blue"},
        {"in": "query", "schema": text(), "examples": {"a": {"value": "blue"}, "b": {"value": "red"}}},
        {"in": "query", "schema": text(example="blue")},
        {"in": "query", "schema": text(examples=["blue", "red"])},
        {"in": "header", "schema": text(enum=["blue", "red"])},
    ],
)
def test_the_document_has_an_example(generate: Generate, parameter: Any) -> None:
    described = {"name": "colour", "required": True, **parameter}
    package = generate(document3({"/a": {"get": operation(described, name="do")}}))
    assert example(package.build_do_request) == 'request = build_do_request(colour="blue")\n'


STYLES = [
    ("path", "label"),
    ("path", "matrix"),
    ("query", "deepObject"),
    ("query", "pipeDelimited"),
    ("cookie", "form"),
]


@pytest.mark.parametrize(("location", "style"), STYLES)
@pytest.mark.parametrize(
    "schema",
    [
        {"type": "object", "properties": {"a": number()}},
        {"type": "object", "additionalProperties": number()},
        items(text()),
        {"oneOf": [text(format="date"), number()]},
        {},
    ],
)
def test_values_of_openapi_3(generate: Generate, location: str, style: str, schema: Any) -> None:
    parameter = {"name": "value", "in": location, "required": True, "schema": schema, "style": style}
    path = "/a/{value}" if location == "path" else "/a"
    package = generate(document3({path: {"get": operation(parameter, name="do")}}))
    run_example(package.build_do_request)


@pytest.mark.parametrize(
    "pattern", ["^a{2,3}$", "[^a]", "(?:x|y)+z", ".", r"\d{4}-\d\d", r"[^\s]+@[^\s]+\.com", "^$"]
)
@pytest.mark.parametrize("repeated", [0, 1, 3])
def test_text_that_a_pattern_matches(pattern: str, repeated: int) -> None:
    assert re.search(pattern, matching(translate(pattern) or pattern, repeated=repeated))


@pytest.mark.parametrize(
    ("schema", "shown"),
    [
        (text(minLength=10**9), ""),
        (items(text(), minItems=10**9), ""),
        (text(pattern="^(((a{1000}){1000}){1000})$"), ""),
        (text(example="x" * 10**6), 'value="value"'),
        (items(text(), example=["x"] * 10**5), 'value=["value"]'),
    ],
)
def test_no_document_makes_an_example_long(generate: Generate, schema: Any, shown: str) -> None:
    parameter = {"name": "value", "in": "query", "required": True, "schema": schema}
    package = generate(document3({"/a": {"get": operation(parameter, name="do")}}))
    assert example(package.build_do_request) == (f"request = build_do_request({shown})\n" if shown else "")


def test_a_long_call_has_a_line_for_each_argument(generate: Generate) -> None:
    names = [f"a_rather_long_parameter_{number}" for number in range(4)]
    parameters = [{"name": name, "in": "query", "required": True, **text()} for name in names]
    schema = {"type": "object", "required": names, "properties": {name: text() for name in names}}
    payload = {"name": "body", "in": "body", "required": True, "schema": schema}
    package = generate(document({"/a": {"post": operation(*parameters, payload, name="do")}}))
    lines = (inspect.getdoc(package.build_do_request) or "").splitlines()
    shown = [line[4:] for line in lines if line.startswith((">>> ", "... "))]
    assert shown == [
        "request = build_do_request(",
        *(f'    {name}="{name}",' for name in names),
        "    json={",
        *(f'        "{name}": "{name}",' for name in names),
        "    },",
        ")",
    ]
    assert max(map(len, lines)) <= 84
    run_example(package.build_do_request)
