"""Constructs of OpenAPI 3 parameters and documents, ten lines each, and the requests that come of them."""

import json
from collections.abc import Callable
from decimal import Decimal
from pathlib import Path
from typing import Any

import pytest
from azure.core.rest import HttpRequest

from tests.codegen.conftest import Generate, document, document3, operation

TEXT: dict[str, Any] = {"type": "string"}
LIST: dict[str, Any] = {"type": "array", "items": TEXT}
OBJECT: dict[str, Any] = {"type": "object", "additionalProperties": {"type": "integer"}}
COLORS = ["blue", "black", "brown"]
RGB = {"R": 100, "G": 200, "B": 150}

# The table of style examples in OpenAPI 3.0.4, with RFC 6570's escapes: location, style, explode, schema,
# value, and what is expected of the path, the query or the header.
STYLES: list[tuple[str, str, bool, dict[str, Any], Any, str]] = [
    ("path", "matrix", False, TEXT, "blue", ";color=blue"),
    ("path", "matrix", False, LIST, COLORS, ";color=blue,black,brown"),
    ("path", "matrix", True, LIST, COLORS, ";color=blue;color=black;color=brown"),
    ("path", "matrix", False, OBJECT, RGB, ";color=R,100,G,200,B,150"),
    ("path", "matrix", True, OBJECT, RGB, ";R=100;G=200;B=150"),
    ("path", "matrix", False, TEXT, "", ";color"),
    ("path", "label", False, TEXT, "blue", ".blue"),
    ("path", "label", False, LIST, COLORS, ".blue,black,brown"),
    ("path", "label", True, LIST, COLORS, ".blue.black.brown"),
    ("path", "label", False, OBJECT, RGB, ".R,100,G,200,B,150"),
    ("path", "label", True, OBJECT, RGB, ".R=100.G=200.B=150"),
    ("path", "simple", False, TEXT, "blue", "blue"),
    ("path", "simple", False, LIST, COLORS, "blue,black,brown"),
    ("path", "simple", True, LIST, COLORS, "blue,black,brown"),
    ("path", "simple", False, OBJECT, RGB, "R,100,G,200,B,150"),
    ("path", "simple", True, OBJECT, RGB, "R=100,G=200,B=150"),
    ("query", "form", False, TEXT, "blue", "color=blue"),
    ("query", "form", False, LIST, COLORS, "color=blue,black,brown"),
    ("query", "form", True, LIST, COLORS, "color=blue&color=black&color=brown"),
    ("query", "form", False, OBJECT, RGB, "color=R,100,G,200,B,150"),
    ("query", "form", True, OBJECT, RGB, "R=100&G=200&B=150"),
    ("query", "form", True, TEXT, "", "color="),
    ("query", "spaceDelimited", False, LIST, COLORS, "color=blue%20black%20brown"),
    ("query", "spaceDelimited", True, LIST, COLORS, "color=blue&color=black&color=brown"),
    ("query", "spaceDelimited", False, OBJECT, RGB, "color=R%20100%20G%20200%20B%20150"),
    ("query", "pipeDelimited", False, LIST, COLORS, "color=blue%7Cblack%7Cbrown"),
    ("query", "pipeDelimited", True, LIST, COLORS, "color=blue&color=black&color=brown"),
    ("query", "pipeDelimited", False, OBJECT, RGB, "color=R%7C100%7CG%7C200%7CB%7C150"),
    ("query", "deepObject", True, OBJECT, RGB, "color%5BR%5D=100&color%5BG%5D=200&color%5BB%5D=150"),
    ("query", "deepObject", True, LIST, COLORS, "color%5B%5D=blue&color%5B%5D=black&color%5B%5D=brown"),
    ("header", "simple", False, TEXT, "blue", "blue"),
    ("header", "simple", False, LIST, COLORS, "blue,black,brown"),
    ("header", "simple", True, LIST, COLORS, "blue,black,brown"),
    ("header", "simple", False, OBJECT, RGB, "R,100,G,200,B,150"),
    ("header", "simple", True, OBJECT, RGB, "R=100,G=200,B=150"),
    ("cookie", "form", True, TEXT, "blue", "color=blue"),
    ("cookie", "form", False, LIST, COLORS, "color=blue,black,brown"),
    ("cookie", "form", True, LIST, COLORS, "color=blue&color=black&color=brown"),
    ("cookie", "form", False, OBJECT, RGB, "color=R,100,G,200,B,150"),
    ("cookie", "cookie", True, LIST, COLORS, "color=blue; color=black; color=brown"),
    ("cookie", "cookie", True, OBJECT, RGB, "R=100; G=200; B=150"),
]


def sent(request: HttpRequest, location: str) -> str:
    """Return the part of a request where a parameter called color went."""
    if location == "path":
        return request.url.removeprefix("/a/")
    return request.url.partition("?")[2] if location == "query" else request.headers[location]


def colored(location: str, schema: Any, **more: Any) -> dict[str, Any]:
    """Write a document with one parameter called color."""
    color = {"name": "color", "in": location, "schema": schema, "required": location == "path", **more}
    path = "/a/{color}" if location == "path" else "/a"
    name = "header" if location == "header" else "color"
    return document3({path: {"get": operation({**color, "name": name}, name="a")}})


@pytest.mark.parametrize(("location", "style", "explode", "schema", "value", "expected"), STYLES)
def test_a_style(
    generate: Generate, location: str, style: str, explode: bool, schema: Any, value: Any, expected: str
) -> None:
    made = generate(colored(location, schema, style=style, explode=explode))
    arguments: tuple[Any, ...] = (value,) if location == "path" else ()
    named = {} if arguments else {"header" if location == "header" else "color": value}
    assert sent(made.build_a_request(*arguments, **named), location) == expected


@pytest.mark.parametrize("location", ["path", "query", "header", "cookie"])
def test_the_default_style(generate: Generate, location: str) -> None:
    implied = generate(colored(location, LIST))
    assert "Styled" not in str(implied) or location == "cookie"
    arguments: tuple[Any, ...] = (COLORS,) if location == "path" else ()
    named = {} if arguments else {"header" if location == "header" else "color": COLORS}
    style, explode = ("form", True) if location in ("query", "cookie") else ("simple", False)
    expected = next(row[5] for row in STYLES if row[:4] == (location, style, explode, LIST))
    assert sent(implied.build_a_request(*arguments, **named), location) == expected


@pytest.mark.parametrize(
    ("style", "value"), [("simple", ".."), ("simple", "."), ("label", "."), ("label", ""), ("simple", "")]
)
def test_a_style_cannot_make_a_path_lead_elsewhere(generate: Generate, style: str, value: str) -> None:
    made = generate(colored("path", LIST, style=style))
    with pytest.raises(ValueError, match="would change the path"):
        made.build_a_request([value])


@pytest.mark.parametrize(
    ("location", "style", "schema", "value", "expected"),
    [
        ("path", "simple", TEXT, "a/b c?d#e", "a/b%20c%3Fd%23e"),
        ("query", "form", TEXT, "a/b?c=d&e#f%20%", "color=a/b?c=d%26e%23f%2520%25"),
        ("query", "form", TEXT, "a%20b:c", "color=a%20b:c"),
        ("query", "form", LIST, ["a/b", "c,d"], "color=a/b&color=c,d"),
    ],
)
def test_reserved_characters_can_be_allowed(
    generate: Generate, location: str, style: str, schema: Any, value: Any, expected: str
) -> None:
    made = generate(colored(location, schema, style=style, allowReserved=True))
    arguments: tuple[Any, ...] = (value,) if location == "path" else ()
    assert (
        sent(made.build_a_request(*arguments, **{} if arguments else {"color": value}), location) == expected
    )
    if location == "path":
        with pytest.raises(ValueError, match="would change the path"):
            made.build_a_request("a/%2e%2E/b")


def test_text_between_separators_stays_text(generate: Generate) -> None:
    made = generate(colored("query", OBJECT | {"additionalProperties": TEXT}, explode=False))
    assert made.build_a_request(color={"a,b": "c&d"}).url == "/a?color=a%2Cb,c%26d"
    made = generate(colored("query", OBJECT | {"additionalProperties": TEXT}, style="deepObject"))
    assert made.build_a_request(color={"a]": "="}).url == "/a?color%5Ba%5D%5D=%3D"


def test_members_of_an_object_keep_their_rules(generate: Generate) -> None:
    range_ = {
        "type": "object",
        "required": ["gte"],
        "properties": {"gte": {"type": "integer", "minimum": 0}, "unit": {"enum": ["s", "ms"]}},
        "additionalProperties": False,
    }
    made = generate(colored("query", range_, style="deepObject", explode=True))
    build = made.build_a_request
    assert build(color={"gte": 1, "unit": "s"}).url == "/a?color%5Bgte%5D=1&color%5Bunit%5D=s"
    for wrong in ({"gte": -1}, {"gte": 1, "unit": "h"}, {"unit": "s"}, {"gte": 1, "lte": 2}):
        with pytest.raises(ValueError, match="color"):
            build(color=wrong)
    with pytest.raises(TypeError, match="color='x' is of type str, not a mapping"):
        build(color="x")
    assert build(color={"gte": 1, "unit": None}).url == "/a?color%5Bgte%5D=1"
    assert "``gte`` (int, required): At least 0." in build.__doc__


def test_what_a_style_cannot_write_becomes_json(generate: Generate) -> None:
    nested = {"type": "object", "additionalProperties": {"type": "array", "items": {"type": "integer"}}}
    made = generate(colored("query", nested))
    assert made.build_a_request(color={"a": [1, 2]}).url == "/a?a=%5B1%2C2%5D"
    made = generate(colored("query", nested, style="deepObject"))
    assert made.build_a_request(color={"a": [1, 2]}).url == "/a?color%5Ba%5D%5B%5D=1&color%5Ba%5D%5B%5D=2"


def test_json_in_a_query(generate: Generate) -> None:
    content = {"application/json": {"schema": {"type": "object"}}}
    made = generate(
        document3({"/a": {"get": operation({"name": "q", "in": "query", "content": content}, name="a")}})
    )
    assert made.build_a_request(q={"a": [1, None]}).url == "/a?q=%7B%22a%22%3A%5B1%2Cnull%5D%7D"
    with pytest.raises(TypeError, match=r"q=.* cannot be written as JSON"):
        made.build_a_request(q=object())


@pytest.mark.parametrize("key", ["a;b", "a=b", "a b", "a,b", "é", "a\\b"])
def test_no_cookie_can_begin_in_the_name_of_a_member(generate: Generate, key: str) -> None:
    schema = {"type": "object", "additionalProperties": TEXT}
    parameter = {"name": "a", "in": "cookie", "schema": schema, "style": "cookie", "explode": True}
    made = generate(document3({"/a": {"get": operation(parameter, name="a")}}))
    with pytest.raises(ValueError, match="has a character that a cookie cannot carry"):
        made.build_a_request(a={key: "1"})


def test_cookies_join_those_of_the_caller(generate: Generate) -> None:
    cookies = [{"name": name, "in": "cookie", "schema": TEXT} for name in ("a", "b c")]
    made = generate(document3({"/a": {"get": operation(*cookies, name="a")}}))
    assert "Cookie" not in made.build_a_request().headers
    assert made.build_a_request(a="x;y").headers["Cookie"] == "a=x%3By"
    made_up = made.build_a_request(a="1", b_c="2", headers={"cookie": "a=0; z=9"})
    assert made_up.headers["Cookie"] == "z=9; a=1; b%20c=2"


@pytest.mark.parametrize(
    ("schema", "openapi", "taken", "refused"),
    [
        ({"type": "integer", "minimum": 0, "exclusiveMinimum": True}, "3.0.3", {1: "1"}, [0]),
        ({"type": "integer", "exclusiveMinimum": 0, "exclusiveMaximum": 3}, "3.1.0", {1: "1"}, [0, 3]),
        ({"type": "integer", "exclusiveMinimum": 0, "minimum": 2}, "3.1.0", {2: "2"}, [1]),
        ({"type": ["string", "null"], "maxLength": 1}, "3.1.0", {"a": "a"}, ["ab"]),
        ({"type": ["string", "integer"], "minimum": 5}, "3.1.0", {"a": "a", 5: "5"}, [4, 1.5]),
        ({"const": "x"}, "3.1.0", {"x": "x"}, ["y"]),
        ({"type": "string", "nullable": True, "enum": ["a", None]}, "3.0.3", {"a": "a"}, ["b"]),
        ({"oneOf": [{"const": "a", "title": "A"}, {"const": "b"}]}, "3.1.0", {"a": "a", "b": "b"}, ["c"]),
        ({"anyOf": [{"type": "integer"}, {"type": "null"}]}, "3.1.0", {1: "1"}, ["a"]),
        ({"anyOf": [{"type": "string", "enum": ["a"]}, TEXT]}, "3.0.3", {"a": "a", "b": "b"}, [1]),
        ({"anyOf": [{"type": "integer"}, {"type": "number"}]}, "3.0.3", {1: "1", 1.5: "1.5"}, ["a"]),
        ({"allOf": [{"type": "string"}, {"maxLength": 2}], "minLength": 1}, "3.0.3", {"a": "a"}, ["", "abc"]),
        ({"allOf": [{"$ref": "#/components/schemas/E"}], "default": "e"}, "3.0.3", {"f": "f"}, ["g"]),
        ({"$ref": "#/components/schemas/E", "description": "beside"}, "3.1.0", {"f": "f"}, ["g"]),
        ({"enum": [1, 2]}, "3.0.3", {1: "1"}, ["1", 3]),
        ({}, "3.0.3", {"a": "a", 0: "0", True: "true", Decimal("0.10"): "0.10"}, [b"a", float("nan")]),
        (True, "3.1.0", {"a": "a"}, [b"a"]),
        ({"type": "string", "contentEncoding": "base64"}, "3.1.0", {b"\xff": "%2Fw%3D%3D"}, ["a"]),
    ],
)
def test_a_schema(
    generate: Generate, schema: Any, openapi: str, taken: dict[Any, str], refused: list[Any]
) -> None:
    components = {"schemas": {"E": {"type": "string", "enum": ["e", "f"]}}}
    q = {"name": "q", "in": "query", "schema": schema}
    build = generate(
        document3({"/a": {"get": operation(q, name="a")}}, openapi, components=components)
    ).build_a_request
    for value, text in taken.items():
        assert build(q=value).url == f"/a?q={text}"
    for value in refused:
        with pytest.raises((TypeError, ValueError), match=r"^q="):
            build(q=value)


def test_alternatives_are_told_apart_by_type(generate: Generate) -> None:
    created = {"anyOf": [{"type": "integer"}, {"type": "object", "properties": {"gt": {"type": "integer"}}}]}
    made = generate(colored("query", created, style="deepObject", explode=True))
    assert made.build_a_request(color=5).url == "/a?color=5"
    assert made.build_a_request(color={"gt": 5}).url == "/a?color%5Bgt%5D=5"
    with pytest.raises(TypeError, match="color='x' is of type str, not int or a mapping"):
        made.build_a_request(color="x")
    listed = {"oneOf": [{"type": "string"}, {"type": "array", "items": TEXT}]}
    made = generate(colored("query", listed, explode=False))
    assert made.build_a_request(color=["a", "b"]).url == "/a?color=a,b"
    assert made.build_a_request(color="a").url == "/a?color=a"


def test_headers_that_are_described_elsewhere_are_no_parameters(generate: Generate) -> None:
    headers = [
        {"name": name, "in": "header", "schema": TEXT, "required": True}
        for name in ("Accept", "Authorization")
    ]
    made = generate(document3({"/a": {"get": operation(*headers, name="a")}}))
    assert made.build_a_request().url == "/a"


def test_a_parameter_with_the_words_of_openapi_2(generate: Generate) -> None:
    q = {"name": "q", "in": "query", "type": "integer", "maximum": 3}
    made = generate(document3({"/a": {"get": operation(q, name="a")}}))
    assert made.build_a_request(q=3).url == "/a?q=3"
    with pytest.raises(ValueError, match="at most 3"):
        made.build_a_request(q=4)


SERVED = "https://{region}.example.com/v1"
VARIABLES = {"region": {"default": "eu", "enum": ["eu", "us"], "description": "Where the data is."}}


def test_the_documents_server_is_the_clients(generate: Generate) -> None:
    servers = [{"url": SERVED, "variables": VARIABLES}]
    made = generate(document3({"/a": {"get": operation(name="a")}}, servers=servers))
    assert made.build_a_request().url == "/a"
    text = " ".join(str(made.__doc__).split())
    assert f"relative to ``{SERVED}``." in text
    assert "``region``: Where the data is. One of ``eu``, ``us``. ``eu`` by default." in text


@pytest.mark.parametrize(
    ("root", "own", "url"),
    [
        ("https://a.example.com", "https://b.example.com/v2/", "https://b.example.com/v2/a"),
        ("https://a.example.com/v1", "https://a.example.com/v1/", "/a"),
        ("https://a.example.com/v1", "/v2", "https://a.example.com/v2/a"),
        ("/v1", "/v2", "/v2/a"),
        (None, "https://b.example.com", "https://b.example.com/a"),
    ],
)
@pytest.mark.parametrize("holder", ["path", "operation"])
def test_a_server_of_a_path_or_an_operation(
    generate: Generate, root: str | None, own: str, url: str, holder: str
) -> None:
    servers: Any = {"servers": [{"url": own}]}
    item = {"get": operation(name="a")}
    item = {**item, **servers} if holder == "path" else {"get": {**item["get"], **servers}}
    rest: Any = {"servers": [{"url": root}]} if root else {}
    assert generate(document3({"/a": item}, **rest)).build_a_request().url == url


def test_variables_of_an_operations_server_are_arguments(generate: Generate) -> None:
    get = {**operation(name="a"), "servers": [{"url": SERVED, "variables": VARIABLES}]}
    build = generate(document3({"/a": {"get": get}})).build_a_request
    assert build().url == "https://eu.example.com/v1/a"
    assert build(region="us").url == "https://us.example.com/v1/a"
    with pytest.raises(ValueError, match="is not one of 'eu', 'us'"):
        build(region="evil.com/")


@pytest.mark.parametrize(
    ("own", "default", "url"),
    [
        ("{origin}", "https://b.example.com", "https://b.example.com/a"),
        ("http://{origin}/v1", "localhost:8080", "http://localhost:8080/v1/a"),
        ("https://b.example.com/{origin}", "v1/beta", "https://b.example.com/v1/beta/a"),
        ("{origin}", "v2", "https://a.example.com/v2/a"),
    ],
)
def test_a_variable_is_more_than_a_part_of_the_path(
    generate: Generate, own: str, default: str, url: str
) -> None:
    get = {**operation(name="a"), "servers": [{"url": own, "variables": {"origin": {"default": default}}}]}
    root: Any = {"servers": [{"url": "https://a.example.com/v1"}]}
    assert generate(document3({"/a": {"get": get}}, **root)).build_a_request().url == url


def test_many_files(generate: Generate, run: Callable[..., str]) -> None:
    files = {
        "paths__yaml": "list:\n  operationId: a\n  parameters:\n    - $ref: 'parameters.json#/limit'\n"
        "  requestBody:\n    $ref: 'bodies.yaml'\n  responses: {'200': {$ref: 'paths.yaml#/fine'}}\n"
        "fine: {description: Fine., content: {application/json: {schema: {$ref: 'schemas.yaml'}}}}\n",
        "parameters__json": json.dumps(
            {"limit": {"name": "limit", "in": "query", "schema": {"$ref": "schemas.yaml#/$defs/limit"}}}
        ),
        "bodies__yaml": "content: {application/json: {schema: {$ref: schemas.yaml}}}\n",
        "schemas__yaml": "type: object\n"
        "properties: {self: {$ref: schemas.yaml}, b: {$ref: '#/$defs/limit'}}\n"
        "$defs: {limit: {type: integer, maximum: 9}}\n",
    }
    run("--input-file", "missing.json", "--namespace", "x", "--output-folder", ".", **files)
    made = generate(document3({"/a": {"post": {"$ref": "paths.yaml#/list"}}}))
    assert made.build_a_request(limit=9, json={}).url == "/a?limit=9"
    with pytest.raises(ValueError, match="at most 9"):
        made.build_a_request(limit=10)
    assert '"b": 0' in made.build_a_request.__doc__


def test_a_document_beside_one_of_openapi_2(generate: Generate) -> None:
    version = {"name": "api-version", "in": "query", "required": True}
    q = {"name": "q", "in": "query"}
    old = document({"/a": {"get": operation({**version, "type": "string"}, name="a")}}, "2023-01-01")
    new = document3({"/a": {"get": operation({**version, "schema": TEXT}, {**q, "schema": TEXT}, name="a")}})
    made = generate(old, new)
    assert made.build_a_request(q="x").url == "/a?api-version=2024-01-01&q=x"
    with pytest.raises(
        ValueError, match="q='x' is not known to api-version 2023-01-01: q exists since 2024-01-01"
    ):
        made.build_a_request(q="x", api_version="2023-01-01")


def test_what_builders_do_not_need_is_passed_over(generate: Generate) -> None:
    callback = {"x": {"{$request.body#/url}": {"post": {"parameters": 1}}}}
    answers = {"2XX": {"description": "Fine.", "links": {"a": {"$ref": "nowhere.yaml"}}, "headers": 1}}
    get = {**operation(name="a"), "callbacks": callback, "responses": answers, "deprecated": True}
    rest: Any = {
        "webhooks": {"x": {"post": 1}},
        "components": {"links": 1, "schemas": {"A": {"$ref": "no.yaml"}}},
    }
    made = generate(document3({"/a": {"get": get}}, "3.1.0", **rest))
    assert "* ``2XX``: Fine." in made.build_a_request.__doc__
    assert "calls this operation deprecated" in made.build_a_request.__doc__


@pytest.mark.parametrize(
    ("parameter", "message"),
    [
        ({"in": "query", "schema": TEXT}, "parameters/0: the parameter has no name"),
        (
            {"name": "q", "in": "body"},
            "parameters/0/in: 'body' is not one of 'cookie', 'header', 'path', 'query'",
        ),
        (
            {"name": "q", "in": "qeury"},
            (
                "parameters/0/in: 'qeury' is not one of 'cookie', 'header', 'path', 'query'\n"
                "    did you mean query?"
            ),
        ),
        (
            {"name": "q", "in": "query", "style": "deepobject"},
            (
                "parameters/0/style: 'deepobject' is not a style of a query parameter\n"
                "    did you mean deepObject?"
            ),
        ),
        (
            {"name": "q", "in": "query", "style": "label"},
            "parameters/0/style: 'label' is not a style of a query",
        ),
        ({"name": "q", "in": "query", "explode": "yes"}, "parameters/0/explode: it is not true or false"),
        (
            {"name": "q", "in": "query", "schema": {"type": "strin"}},
            "parameters/0/schema/type: a parameter cannot have type 'strin'\n    did you mean string?\n",
        ),
        (
            {"$ref": "#/components/parameters/Q"},
            "parameters/0/$ref: there is nothing at #/components/parameters/Q",
        ),
        (
            {"name": "q", "in": "query", "schema": {"type": "integer", "minimum": 2, "default": 1}},
            "parameters/0/schema/default: 1 is under the minimum of 2",
        ),
        ([], "parameters/0: a parameter is not an object"),
    ],
)
def test_a_fault_has_its_place_in_the_document(run: Callable[..., str], parameter: Any, message: str) -> None:
    spec = document3({"/a": {"get": operation(parameter, name="a")}})
    said = run("--input-file", "spec.json", "--namespace", "x", "--output-folder", ".", spec__json=spec)
    assert f"spec.json#/paths/~1a/get/{message}" in said


def test_what_openapi_3_2_adds(generate: Generate) -> None:
    schema = {"type": "object", "properties": {"a": TEXT, "n": {"type": "integer"}}}
    content = {"application/x-www-form-urlencoded": {"schema": schema}}
    whole = {"name": "all", "in": "querystring", "content": content}
    paths = {
        "/a": {
            "query": operation(name="a"),
            "additionalOperations": {"COPY": operation(name="b")},
            "get": operation(whole, name="c"),
        }
    }
    made = generate(document3(paths, "3.2.0"))
    assert (made.build_a_request().method, made.build_b_request().method) == ("QUERY", "COPY")
    assert made.build_c_request(all={"a": "x&y", "n": 1}).url == "/a?a=x%26y&n=1"


def test_directives_find_operations_in_other_files(run: Callable[..., str]) -> None:
    files = {
        "spec__json": document3(
            {"/a": {"get": {"$ref": "more.yaml#/one"}, "put": {"$ref": "more.yaml#/two"}}}
        ),
        "more__yaml": "one: {operationId: One, responses: {}}\n"
        "two:\n  operationId: Two\n  responses: {}\n"
        "  parameters: [{$ref: '#/x'}, {$ref: 'other.yaml#/y'}]\n"
        "x: {name: x, in: query, schema: {type: string}}\n",
        "other__yaml": "y: {name: y, in: query, schema: {type: integer}}\n",
        "autorest__md": "``` yaml\ninput-file: spec.json\nnamespace: made\noutput-folder: .\ndirective:\n"
        "  - remove-operation: One\n  - rename-operation: {from: Two, to: Second}\n"
        "  - from: openapi-document\n    where: '$.paths.\"/a\".put'\n"
        "    transform: $.summary = 'Changed.';\n```\n",
    }
    assert "matches nothing" not in run(**files)
    text = Path("made/rest/_builders.py").read_text(encoding="utf-8")
    assert text.count("def build_") == 1
    assert "def build_second_request(" in text
    assert "Changed." in text
    assert '"x": (X, x), "y": (Y, y)' in " ".join(text.split())
