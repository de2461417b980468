"""OpenAPI 3 documents are untrusted too: no text in one can change the code that comes out."""

from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from openapi_request_builders.write.format import format_files
from tests.codegen.conftest import Generate, document3, operation
from tests.codegen.test_hostile import EVIL, files_of, shape


def evil_document(text: str) -> dict[str, Any]:
    """Write a text wherever an OpenAPI 3 document has one."""
    name = text or "x"
    described = {"description": text}
    segment = text.replace("{", "").replace("}", "").encode(errors="ignore").decode()
    leaf = {"type": "string", "default": text, "enum": [text, "other"], "pattern": "x|.*", **described}
    members = {"type": "object", "properties": {name: leaf}, "required": [name], **described}
    parameters = [
        {"name": name, "in": "query", "schema": leaf, **described},
        {"name": f"{name}1", "in": "query", "style": "deepObject", "schema": members},
        {"name": f"{name}2", "in": "cookie", "schema": {"type": "array", "items": leaf}},
        {"name": f"{name}3", "in": "query", "content": {f"application/{name}+json": {"schema": members}}},
        {"name": f"{name}4", "in": "query", "schema": {"oneOf": [leaf, members]}},
        {"name": "matrix", "in": "path", "required": True, "style": "matrix", "schema": leaf},
    ]
    form = {"type": "object", "properties": {name: leaf, f"{name}5": {"type": "string", "format": "binary"}}}
    encoding = {f"{name}5": {"contentType": f"image/{name}"}, name: {"contentType": f"text/{name}"}}
    body = {
        "x-ms-requestBody-name": name,
        "content": {
            "application/json": {"schema": {"$ref": "#/components/schemas/Evil"}},
            "multipart/form-data": {"schema": form, "encoding": encoding},
            f"text/{name}": {"schema": leaf},
        },
        **described,
    }
    answers = {
        "200": {**described, "content": {f"a/{name}": {"schema": {"$ref": "#/components/schemas/Evil"}}}}
    }
    servers = [
        {"url": f"https://{segment}.example.com/{{v}}", "variables": {"v": {"default": name, **described}}}
    ]
    post = operation(*parameters, name=f"{text} one", summary=text, description=text)
    post |= {"requestBody": body, "responses": answers, "servers": servers}
    variant = {
        "oneOf": [{"$ref": "#/components/schemas/Leaf"}],
        "discriminator": {"propertyName": name, "mapping": {name: "#/components/schemas/Leaf"}},
        **described,
    }
    return document3(
        {f"/b/{segment}/{{matrix}}": {"post": post}},
        components={"schemas": {"Evil": variant, "Leaf": members}},
        servers=[{"url": f"/{segment}", **described}],
        info={"title": text, "version": "1"},
    )


def generated(text: str) -> dict[str, str]:
    return files_of(evil_document(text), text)


PLAIN = shape(generated("plain"))


@pytest.mark.parametrize("text", EVIL)
def test_the_code_is_what_it_is_for_a_plain_text(text: str) -> None:
    files = generated(text)
    assert shape(files) == PLAIN
    format_files(files, 88)


@given(st.text(st.characters(exclude_categories=["Cs"])))
@settings(max_examples=30, deadline=None, suppress_health_check=[HealthCheck.too_slow])
def test_any_text(text: str) -> None:
    assert shape(generated(text)) == PLAIN


def test_a_value_that_looks_like_code_is_a_value(generate: Generate) -> None:
    value = "'); import os; ('"
    schema = {"type": "object", "properties": {value: {"const": value}}, "additionalProperties": False}
    parameter = {"name": value, "in": "query", "style": "deepObject", "schema": schema}
    made = generate(document3({"/a": {"get": operation(parameter, name="a")}}))
    request = made.build_a_request(import_os={value: value})
    escaped = "%27%29%3B%20import%20os%3B%20%28%27"
    assert request.url == f"/a?{escaped}%5B{escaped}%5D={escaped}"
