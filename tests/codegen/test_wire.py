"""What a ten-line document puts on the wire: media types, empty ends of paths, series of versions, order."""

import inspect
from decimal import Decimal
from typing import Any

import pytest

from tests.codegen.conftest import Generate, document, operation

BODY: dict[str, Any] = {"name": "body", "in": "body", "required": True, "schema": {"type": "object"}}
BINARY: dict[str, Any] = {**BODY, "schema": {"type": "string", "format": "binary"}}
TYPE: dict[str, Any] = {"name": "Content-Type", "in": "header", "type": "string"}
VERSION: dict[str, Any] = {"name": "api-version", "in": "query", "required": True, "type": "string"}


def part(name: str, **more: Any) -> dict[str, Any]:
    """Write a parameter of a path."""
    return {"name": name, "in": "path", "required": True, "type": "string", **more}


def test_a_content_type_header_joins_the_media_types(generate: Generate) -> None:
    header = {**TYPE, "enum": ["application/x-tar"], "default": "application/x-tar"}
    post = operation(header, BINARY, name="build", consumes=["application/octet-stream"])
    made = generate(document({"/build": {"post": post}}))
    assert made.build_build_request(content=b"x").headers["Content-Type"] == "application/x-tar"
    other = made.build_build_request(content=b"x", content_type="application/octet-stream")
    assert other.headers["Content-Type"] == "application/octet-stream"
    with pytest.raises(ValueError, match="content_type='text/plain' is not one of"):
        made.build_build_request(content=b"x", content_type="text/plain")


def test_a_content_type_header_without_values_takes_any(generate: Generate) -> None:
    post = operation({**TYPE, "required": True}, BINARY, name="batch", consumes=["application/xml"])
    made = generate(document({"/batch": {"post": post}}))
    with pytest.raises(TypeError, match="content_type is missing: the body may be 'application/xml'"):
        made.build_batch_request(content=b"x")
    mixed = "multipart/mixed; boundary=b"
    assert made.build_batch_request(content=b"x", content_type=mixed).headers["Content-Type"] == mixed
    headers = made.build_batch_request(content=b"x", headers={"content-type": mixed}).headers
    assert headers["Content-Type"] == mixed


@pytest.mark.parametrize(
    ("consumes", "content", "sent"),
    [
        (["application/pdf", "image/png"], b"x", None),
        (["application/pdf", "image/png"], "x", None),
        (["application/json", "application/xml"], "x", None),
        (["multipart/mixed"], b"x", None),
        (["application/pdf"], b"x", "application/pdf"),
        (["application/json", "text/json", "application/*+json"], b"x", "application/json"),
        (["application/pdf", "text/plain"], "x", "text/plain"),
        (["application/pdf", "application/octet-stream"], b"x", "application/octet-stream"),
    ],
)
def test_a_media_type_is_asked_for_where_the_content_does_not_tell_it(
    generate: Generate, consumes: list[str], content: Any, sent: str | None
) -> None:
    made = generate(document({"/a": {"post": operation(BINARY, name="a", consumes=consumes)}}))
    if sent:
        assert made.build_a_request(content=content).headers["Content-Type"] == sent
    else:
        with pytest.raises(TypeError, match="content_type is missing"):
            made.build_a_request(content=content)
        chosen = consumes[-1]
        headers = made.build_a_request(content=content, content_type=chosen).headers
        assert headers["Content-Type"] == chosen


def test_multipart_without_parameters_takes_a_body(generate: Generate) -> None:
    made = generate(document({"/a": {"post": operation(name="a", consumes=["multipart/form-data"])}}))
    kind = "multipart/form-data; boundary=b"
    request = made.build_a_request(content=b"--b--", content_type=kind)
    assert (request.content, request.headers["Content-Type"]) == (b"--b--", kind)
    assert made.build_a_request().content is None


SECRET = "/secrets/{name}/{version}"


@pytest.mark.parametrize(
    ("method", "path", "more", "others", "taken"),
    [
        ("get", SECRET, {}, {}, True),
        ("get", SECRET, {"minLength": 1}, {}, False),
        ("get", SECRET, {"pattern": "^[0-9]+$"}, {}, False),
        ("get", SECRET, {"pattern": "^[0-9]*$"}, {}, True),
        ("get", SECRET, {}, {"/secrets/{secret}": {"get": operation(part("secret"), name="other")}}, False),
        ("get", SECRET, {}, {"/secrets/{secret}/": {"get": operation(part("secret"), name="other")}}, False),
        ("get", SECRET, {}, {"/secrets/{secret}": {"delete": operation(part("secret"), name="other")}}, True),
        ("delete", SECRET, {}, {}, False),
        ("patch", SECRET, {}, {}, False),
        ("patch", SECRET, {"minLength": 0}, {}, True),
        ("delete", SECRET, {"allowEmptyValue": True}, {}, True),
        ("get", "/secrets/{name}/{version}/", {}, {}, False),
        ("get", "/{name}:{version}", {}, {}, False),
    ],
)
def test_the_end_of_a_path_is_empty_where_the_document_allows_it(
    generate: Generate, method: str, path: str, more: Any, others: Any, taken: bool
) -> None:
    it = operation(part("name"), part("version", **more), name="it")
    made = generate(document({path: {method: it}, **others}))
    if taken:
        assert made.build_it_request("s", "").url == "/secrets/s/"
    for name, version in [("", "v"), ("s", "."), ("s", ".."), *([] if taken else [("s", "")])]:
        with pytest.raises(ValueError, match=r"would change the path|has a length of 0|does not match"):
            made.build_it_request(name, version)


def test_the_only_part_of_a_path_is_never_empty(generate: Generate) -> None:
    made = generate(document({"/{name}": {"get": operation(part("name"), name="it")}}))
    with pytest.raises(ValueError, match=r"would change the path"):
        made.build_it_request("")


def test_a_version_without_the_looser_rule_decides(generate: Generate) -> None:
    old = document(
        {SECRET: {"get": operation(part("name"), part("version"), VERSION, name="it")}}, "2020-01-01"
    )
    strict = operation(part("name"), part("version", minLength=1), VERSION, name="it")
    made = generate(old, document({SECRET: {"get": strict}}, "2021-01-01"))
    for version in ("2020-01-01", "2021-01-01"):
        with pytest.raises(ValueError, match=r"would change the path|has a length of 0"):
            made.build_it_request("s", "", api_version=version)


def test_a_decimal_on_a_bound_is_within_it(generate: Generate) -> None:
    q = {"name": "q", "in": "query", "type": "number", "minimum": 0.1, "maximum": 0.3}
    made = generate(document({"/a": {"get": operation(q, name="a")}}))
    for bound in (Decimal("0.1"), 0.1, Decimal("0.3"), 0.3):
        assert made.build_a_request(q=bound).url == f"/a?q={bound}"
    for beyond in (Decimal("0.09999"), Decimal("0.30000001")):
        with pytest.raises(ValueError, match="must be at"):
            made.build_a_request(q=beyond)


def test_a_document_says_nothing_about_the_operations_of_another(generate: Generate) -> None:
    made = generate(
        document({"/a": {"get": operation(VERSION, name="a")}}, "2020-01-01"),
        document({"/b": {"get": operation(VERSION, name="b")}}, "2021-01-01"),
        document(
            {"/b": {"get": operation(VERSION, name="b")}, "/c": {"get": operation(VERSION, name="c")}}, "2022"
        ),
    )
    assert "until" not in made.build_a_request.__doc__
    assert made.build_a_request().url == "/a?api-version=2020-01-01"
    assert made.build_a_request(api_version="2021-01-01").url == "/a?api-version=2021-01-01"
    assert "since 2022" in made.build_c_request.__doc__
    with pytest.raises(ValueError, match="exists since 2022"):
        made.build_c_request(api_version="2021-01-01")


@pytest.mark.parametrize(
    ("titles", "said"),
    [
        (["Blobs", "Queues"], "Blobs and Queues"),
        (["Blobs", "Blobs"], "Blobs"),
        (["A", "B", "C"], "A, B and C"),
        (["A", "B", "C", "D"], "made.up"),
    ],
)
def test_a_package_of_several_documents_is_not_called_like_the_last(
    generate: Generate, titles: list[str], said: str
) -> None:
    documents = []
    for number, title in enumerate(titles):
        each = document({f"/{number}": {"get": operation(name=f"a{number}")}})
        documents.append({**each, "info": {**each["info"], "title": title}})
    assert str(generate(*documents).__doc__).startswith(f"Request builders of {said}.\n")


def test_the_newest_document_names_the_package_wherever_it_stands(generate: Generate) -> None:
    newest, old = (document({"/a": {"get": operation(VERSION, name="a")}}, year) for year in ("2022", "2021"))
    newest["info"]["title"], newest["host"], old["host"] = "New", "new.example", "old.example"
    said = str(generate(newest, old).__doc__)
    assert said.startswith("Request builders of New.\n")
    assert "https://new.example" in said


@pytest.mark.parametrize(("options", "order"), [((), "ab"), (("--keep-parameter-order",), "ba")])
def test_positional_arguments_are_in_the_order_of_the_path(
    generate: Generate, options: tuple[str, ...], order: str
) -> None:
    it = operation({"name": "q", "in": "query", "type": "string"}, part("b"), part("a"), name="it")
    made = generate(document({"/x/{a}/y/{b}": {"get": it}}), options=options)
    signature = inspect.signature(made.build_it_request)
    kinds = signature.parameters.values()
    assert "".join(each.name for each in kinds if each.kind is each.POSITIONAL_OR_KEYWORD) == order


def test_a_pattern_is_shown_as_the_document_has_it(generate: Generate) -> None:
    q = {"name": "q", "in": "query", "type": "string", "pattern": r"^\d.\w$"}
    made = generate(document({"/a": {"get": operation(q, name="a")}}))
    with pytest.raises(ValueError, match="does not match the pattern") as caught:
        made.build_a_request(q="x")
    assert str(caught.value) == r"q='x' does not match the pattern ^\d.\w$"
