"""Bodies of OpenAPI 3: JSON, forms, either of them in one operation, and the encodings of fields."""

import inspect
import io
import re
from email import message_from_bytes
from typing import Any

import pytest
from azure.core.rest import HttpRequest

from tests.codegen.conftest import Generate, document, document3, operation

TEXT: dict[str, Any] = {"type": "string"}
FORM, MULTIPART, JSON = "application/x-www-form-urlencoded", "multipart/form-data", "application/json"
PET = {"type": "object", "required": ["name"], "properties": {"name": TEXT, "age": {"type": "integer"}}}


def posting(content: Any, openapi: str = "3.0.3", **more: Any) -> dict[str, Any]:
    """Write a document with one operation that takes a body."""
    content = {
        media_type: each if "schema" in each else {"schema": each} for media_type, each in content.items()
    }
    body = {"requestBody": {"content": content, **more}}
    return document3({"/a": {"post": {**operation(name="a"), **body}}}, openapi)


def parts(request: HttpRequest) -> list[tuple[str, str | None, str | None, bytes]]:
    """Return name, file name, content type and content of the parts of a multipart form."""
    head = f"Content-Type: {request.headers['Content-Type']}\r\n\r\n".encode()
    found = []
    for part in message_from_bytes(head + request.content).walk():
        if not part.is_multipart():
            name, content = (
                part.get_param("name", header="Content-Disposition"),
                part.get_payload(decode=True),
            )
            assert isinstance(content, bytes)
            found.append((str(name), part.get_filename(), part.get("Content-Type"), content))
    return found


def test_json_or_a_form(generate: Generate) -> None:
    build = generate(posting({JSON: PET, FORM: PET, MULTIPART: PET}, required=True)).build_a_request
    made = build(json={"name": "n"})
    assert (made.content, made.headers["Content-Type"]) == (b'{"name":"n"}', JSON)
    made = build(name="n", age=1)
    assert (made.content, made.headers["Content-Type"]) == (b"name=n&age=1", FORM)
    made = build(name="n", content_type=MULTIPART)
    assert parts(made) == [("name", None, None, b"n")]
    made = build(content=b"name=n", content_type=FORM)
    assert (made.content, made.headers["Content-Type"]) == (b"name=n", FORM)
    names = list(inspect.signature(build).parameters)
    assert names == ["json", "content", "content_type", "name", "age", "headers", "params"]


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        ({}, "a body is needed: pass json, content or fields of the form (name, age)"),
        ({"json": {}, "name": "n"}, "json and name are both given: the body is either json or a form"),
        ({"content": b"", "age": 1}, "content and age are both given: the body is either content or a form"),
        ({"age": 1}, "name is required, and cannot be None"),
        ({"age": 1, "content_type": FORM}, "name is required, and cannot be None"),
        (
            {"name": "n", "content_type": JSON},
            f"content_type='{JSON}' is not that of a form: pass '{FORM}', or no fields",
        ),
        ({"name": 1}, "name=1 is of type int, not str"),
    ],
)
def test_what_is_neither_json_nor_a_form(generate: Generate, arguments: Any, message: str) -> None:
    build = generate(posting({JSON: PET, FORM: PET}, required=True)).build_a_request
    with pytest.raises((TypeError, ValueError), match=f"^{re.escape(message)}$"):
        build(**arguments)


def test_a_body_that_may_be_left_out(generate: Generate) -> None:
    build = generate(posting({JSON: PET, FORM: PET})).build_a_request
    assert build().content is None
    assert "Content-Type" not in build().headers


def test_a_form_alone_has_its_required_fields_in_the_signature(generate: Generate) -> None:
    build = generate(posting({FORM: PET}, required=True)).build_a_request
    assert build(name="n").content == b"name=n"
    with pytest.raises(TypeError, match="missing 1 required keyword-only argument: 'name'"):
        build()
    build = generate(posting({MULTIPART: PET, FORM: PET}, required=True)).build_a_request
    assert parts(build(name="n")) == [("name", None, None, b"n")]
    assert build(name="n", content_type=FORM).content == b"name=n"
    with pytest.raises(TypeError, match="missing 1 required keyword-only argument: 'name'"):
        build()
    with pytest.raises(TypeError, match="unexpected keyword argument 'content'"):
        build(name="n", content=b"")


def test_each_media_type_has_its_own_shape(generate: Generate) -> None:
    urlencoded = {"type": "object", "properties": {"a": TEXT, "both": {"type": "integer"}}}
    multipart = {"type": "object", "properties": {"b": TEXT, "both": {"type": "string", "format": "binary"}}}
    build = generate(posting({FORM: urlencoded, MULTIPART: multipart, "text/csv": TEXT})).build_a_request
    assert build(a="x", both=1).content == b"a=x&both=1"
    assert parts(build(b="x")) == [("b", None, None, b"x")]
    assert parts(build(both=b"x")) == [("both", "both", "application/octet-stream", b"x")]
    assert build(content="x", content_type="text/csv").content == b"x"
    with pytest.raises(TypeError, match="no form has all of these fields"):
        build(a="x", b="y")
    with pytest.raises(TypeError, match="b is not a field of application/x-www-form-urlencoded"):
        build(b="x", content_type=FORM)


def test_a_file_chooses_the_form_that_can_carry_it(generate: Generate) -> None:
    schema = {"type": "object", "properties": {"f": {"type": "string", "format": "binary"}, "t": TEXT}}
    build = generate(posting({FORM: schema, MULTIPART: schema})).build_a_request
    assert build(t="x").content == b"t=x"
    assert parts(build(f=io.BytesIO(b"1")))[0][3] == b"1"
    with pytest.raises(TypeError, match="a file needs multipart/form-data"):
        build(f=b"1", content_type=FORM)


def test_a_file_or_several(generate: Generate) -> None:
    binary = {"type": "string", "format": "binary"}
    field = {"oneOf": [{"type": "array", "items": binary}, binary, {"type": "string", "maxLength": 3}]}
    build = generate(posting({MULTIPART: {"type": "object", "properties": {"f": field}}})).build_a_request
    assert parts(build(f=b"1")) == [("f", "f", "application/octet-stream", b"1")]
    assert [part[3] for part in parts(build(f=[b"1", ("n", b"2")]))] == [b"1", b"2"]
    assert parts(build(f="abc")) == [("f", None, None, b"abc")]
    with pytest.raises(ValueError, match="has a length of 4"):
        build(f="abcd")


def test_parts_of_a_multipart_form(generate: Generate) -> None:
    binary = {"type": "string", "format": "binary"}
    properties = {
        "text": TEXT,
        "flag": {"type": "boolean"},
        "object": {"type": "object", "properties": {"x": TEXT}},
        "texts": {"type": "array", "items": TEXT},
        "objects": {"type": "array", "items": {"type": "object"}},
        "file": binary,
        "more": {"type": "array", "items": binary},
    }
    build = generate(posting({MULTIPART: {"type": "object", "properties": properties}})).build_a_request
    made = build(
        text="é",
        flag=True,
        object={"x": 1},
        texts=["a", "b"],
        objects=[{}, {"y": None}],
        file=b"1",
        more=[("n.png", b"2", "image/png"), b"3"],
    )
    assert parts(made) == [
        ("text", None, None, "é".encode()),
        ("flag", None, None, b"true"),
        ("object", None, JSON, b'{"x":1}'),
        ("texts", None, None, b"a"),
        ("texts", None, None, b"b"),
        ("objects", None, JSON, b"{}"),
        ("objects", None, JSON, b'{"y":null}'),
        ("file", "file", "application/octet-stream", b"1"),
        ("more", "n.png", "image/png", b"2"),
        ("more", "more", "application/octet-stream", b"3"),
    ]


def test_the_encodings_of_parts(generate: Generate) -> None:
    binary = {"type": "string", "format": "binary"}
    schema = {
        "type": "object",
        "properties": {
            "png": binary,
            "picture": binary,
            "any": binary,
            "csv": TEXT,
            "xml": {"type": "object"},
        },
    }
    encoding = {
        "png": {"contentType": "image/png"},
        "picture": {"contentType": "image/png, image/jpeg"},
        "any": {"contentType": "image/*"},
        "csv": {"contentType": "text/csv"},
        "xml": {"contentType": "application/vnd.x+json"},
    }
    build = generate(posting({MULTIPART: {"schema": schema, "encoding": encoding}})).build_a_request
    assert parts(build(png=b"1")) == [("png", "png", "image/png", b"1")]
    assert parts(build(picture=("a", b"1", "image/jpeg"))) == [("picture", "a", "image/jpeg", b"1")]
    assert parts(build(csv="a,b")) == [("csv", None, "text/csv", b"a,b")]
    assert parts(build(xml={})) == [("xml", None, "application/vnd.x+json", b"{}")]
    with pytest.raises(ValueError, match=re.escape("pass (file name, content, content type)")):
        build(picture=b"1")
    with pytest.raises(ValueError, match=re.escape("is not of type 'image/*'")):
        build(any=("a", b"1", "text/plain"))


def test_fields_of_an_urlencoded_form(generate: Generate) -> None:
    schema = {
        "type": "object",
        "properties": {
            "list": {"type": "array", "items": TEXT},
            "csv": {"type": "array", "items": TEXT},
            "object": {"type": "object"},
            "deep": {"type": "object", "properties": {"a": {"type": "object", "properties": {"b": TEXT}}}},
            "exploded": {"type": "object", "properties": {"x": TEXT}},
        },
    }
    encoding = {
        "csv": {"style": "form", "explode": False},
        "deep": {"style": "deepObject", "explode": True},
        "exploded": {"style": "form"},
    }
    build = generate(posting({FORM: {"schema": schema, "encoding": encoding}})).build_a_request
    made = build(
        list=["a", "b"], csv=["c", "d"], object={"e": [1]}, deep={"a": {"b": "f"}}, exploded={"x": "g"}
    )
    assert made.content == (b"list=a&list=b&csv=c,d&object=%7B%22e%22%3A%5B1%5D%7D&deep%5Ba%5D%5Bb%5D=f&x=g")


def test_fields_are_those_of_all_that_the_schema_is_made_of(generate: Generate) -> None:
    schema = {
        "allOf": [{"$ref": "#/components/schemas/Base"}],
        "oneOf": [
            {"type": "object", "required": ["a", "x"], "properties": {"a": TEXT, "x": TEXT}},
            {"type": "object", "required": ["a"], "properties": {"a": TEXT, "y": TEXT}},
        ],
        "properties": {"id": {"type": "integer", "readOnly": True}},
    }
    base = {"type": "object", "required": ["base"], "properties": {"base": TEXT}}
    spec = {**posting({FORM: schema}, required=True), "components": {"schemas": {"Base": base}}}
    build = generate(spec).build_a_request
    assert build(base="b", a="1", y="2").content == b"base=b&a=1&y=2"
    required = [
        each.name for each in inspect.signature(build).parameters.values() if each.default is each.empty
    ]
    assert required == ["base", "a"]
    assert "id" not in inspect.signature(build).parameters


def test_the_services_defaults_are_not_sent_in_a_form(generate: Generate) -> None:
    schema = {"type": "object", "properties": {"active": {"type": "boolean", "default": True}}}
    build = generate(posting({FORM: schema})).build_a_request
    assert not build().content
    assert "The service assumes ``True`` if it is left out" in build.__doc__


def test_names_of_fields_that_are_arguments_already(generate: Generate) -> None:
    schema = {
        "type": "object",
        "properties": dict.fromkeys(("json", "content", "q", "class", "params"), TEXT),
    }
    q = {"name": "q", "in": "query", "schema": TEXT}
    spec = posting({JSON: schema, FORM: schema})
    spec["paths"]["/a"]["post"]["parameters"] = [q]
    build = generate(spec).build_a_request
    made = build(
        q="1",
        json_parameter="2",
        content_parameter="3",
        q_form_data="4",
        class_parameter="5",
        params_parameter="6",
    )
    assert (made.url, made.content) == ("/a?q=1", b"json=2&content=3&q=4&class=5&params=6")


@pytest.mark.parametrize(
    ("schema", "content"),
    [({"type": "string"}, b"x"), ({"type": "object"}, b"a=1"), ({"type": "array", "items": TEXT}, b"a")],
)
def test_a_form_without_known_fields_is_passed_as_a_whole(
    generate: Generate, schema: Any, content: bytes
) -> None:
    build = generate(posting({FORM: schema})).build_a_request
    made = build(content=content)
    assert (made.content, made.headers["Content-Type"]) == (content, FORM)


def test_what_is_no_media_type_is_passed_over(generate: Generate) -> None:
    injected = "text/plain\r\nX-Evil: 1"
    encoding = {"name": {"contentType": injected}}
    spec = posting(
        {
            "examples": {"schema": PET},
            injected: {"schema": PET},
            MULTIPART: {"schema": PET, "encoding": encoding},
        }
    )
    build = generate(spec, notes=True).build_a_request
    assert parts(build(name="n")) == [("name", None, None, b"n")]
    assert "content_type" not in inspect.signature(build).parameters


def test_bodies_by_version(generate: Generate) -> None:
    version = {"name": "api-version", "in": "query", "required": True}
    body = {"name": "body", "in": "body", "schema": {"type": "object"}}
    old = document({"/a": {"post": operation({**version, "type": "string"}, body, name="a")}}, "2023-01-01")
    new = posting({JSON: PET, FORM: PET})
    new["paths"]["/a"]["post"]["parameters"] = [{**version, "schema": TEXT}]
    build = generate(old, new).build_a_request
    assert build(name="n").content == b"name=n"
    assert build(json={}, api_version="2023-01-01").content == b"{}"
    with pytest.raises(ValueError, match="name='n' is not known to api-version 2023-01-01"):
        build(name="n", api_version="2023-01-01")


def test_a_sample_of_the_json_that_a_body_is(generate: Generate) -> None:
    schemas = {
        "Pet": {
            "oneOf": [{"$ref": "#/components/schemas/Cat"}, {"$ref": "#/components/schemas/Dog"}],
            "discriminator": {
                "propertyName": "kind",
                "mapping": {"cat": "#/components/schemas/Cat", "dog": "Dog"},
            },
        },
        "Cat": {"type": "object", "properties": {"kind": TEXT, "meows": {"type": ["boolean", "null"]}}},
        "Dog": {
            "type": "object",
            "properties": {
                "kind": TEXT,
                "friends": {"type": "array", "items": {"$ref": "#/components/schemas/Pet"}},
            },
        },
    }
    answer = {
        "200": {"description": "Fine.", "content": {JSON: {"schema": {"$ref": "#/components/schemas/Cat"}}}}
    }
    spec = {
        **posting({JSON: {"schema": {"$ref": "#/components/schemas/Pet"}}}, "3.1.0"),
        "components": {"schemas": schemas},
    }
    spec["paths"]["/a"]["post"]["responses"] = answer
    build = generate(spec).build_a_request
    text = inspect.getdoc(build) or ""
    assert "One of 'cat', 'dog', which determines the other members." in text
    assert '"kind": "cat"' in text
    assert "With kind 'cat'." in text
    assert '"meows": True' in text
    assert "* ``200``, with ``Cat``: Fine." in text
    assert build(json={}).headers["Accept"] == JSON


@pytest.mark.parametrize(
    ("content", "accept"),
    [
        ({"200": {JSON: {"type": "object"}}}, JSON),
        ({"200": {"text/plain": TEXT, JSON: {"type": "object"}}}, JSON),
        ({"200": {"image/png": {}}}, "image/png"),
        (
            {"204": {}, "default": {"application/problem+json": {"type": "object"}}},
            "application/problem+json",
        ),
        ({"2XX": {"text/csv": TEXT}, "4XX": {JSON: TEXT}}, f"text/csv, {JSON}"),
        ({"204": {}}, None),
    ],
)
def test_the_media_types_of_responses_are_asked_for(
    generate: Generate, content: Any, accept: str | None
) -> None:
    responses = {
        status: {"description": "x", "content": {name: {"schema": schema} for name, schema in each.items()}}
        for status, each in content.items()
    }
    made = generate(document3({"/a": {"get": operation(name="a", responses=responses)}}))
    assert made.build_a_request().headers.get("Accept") == accept
