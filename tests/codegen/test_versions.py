"""Several documents: what the package knows of each version."""

import inspect
from typing import Any

import pytest

from tests.codegen.conftest import Generate, document, operation

VERSION = {"name": "api-version", "in": "query", "required": True, "type": "string"}
X: dict[str, Any] = {"name": "x", "in": "query", "type": "string"}
Y: dict[str, Any] = {"name": "y", "in": "query", "type": "string"}


def get(*parameters: Any, **rest: Any) -> dict[str, Any]:
    return {"get": operation(VERSION, *parameters, name="Get", **rest)}


def test_a_preview_is_not_the_default(generate: Generate) -> None:
    made = generate(
        document({"/a": get({**X, "maxLength": 3})}, "2024-01-01"),
        document(
            {"/a": get({**X, "maxLength": 5}, Y), "/b": {"get": operation(VERSION, name="New")}},
            "2025-01-01-preview",
        ),
    )
    assert made.build_get_request(x="abc").url == "/a?api-version=2024-01-01&x=abc"
    assert made.build_new_request().url == "/b?api-version=2025-01-01-preview"
    assert made.build_get_request(x="abcde", y="y", api_version="2025-01-01-preview").url.endswith(
        "&x=abcde&y=y"
    )
    with pytest.raises(ValueError, match="x='abcde' has a length of 5: it must be 3 or less"):
        made.build_get_request(x="abcde")
    with pytest.raises(ValueError, match="y='y' is not known to api-version 2024-01-01: y exists since 2025"):
        made.build_get_request(y="y")


def test_the_order_of_documents_does_not_matter(generate: Generate) -> None:
    documents = [document({"/a": get(X)}, "2023-01-01"), document({"/a": get(X, Y)}, "2024-01-01")]
    forth = generate(*documents)
    source = inspect.getsource(forth.build_get_request)
    assert inspect.getsource(generate(*reversed(documents)).build_get_request) == source


def test_documents_of_one_version_are_one(generate: Generate) -> None:
    made = generate(document({"/a": get()}), document({"/b": {"get": operation(name="B")}}))
    assert made.__all__ == ["build_b_request", "build_get_request"]


def test_an_operation_and_its_path_were_renamed(generate: Generate) -> None:
    old = {"name": "ID", "in": "path", "required": True, "type": "string"}
    new = {"name": "key", "in": "path", "required": True, "type": "string", "pattern": "^a"}
    made = generate(
        document({"/a/{ID}": {"get": operation(VERSION, old, name="Old")}}, "2023-01-01"),
        document({"/a/{key}": {"get": operation(VERSION, new, name="New")}}, "2024-01-01"),
    )
    assert made.__all__ == ["build_new_request"]
    assert made.build_new_request("b", api_version="2023-01-01").url == "/a/b?api-version=2023-01-01"


def test_an_operation_that_came_back(generate: Generate) -> None:
    paths = [{"/a": get(), "/b": {"get": operation(VERSION, name="B")}}, {"/a": get()}, {"/a": get()}]
    paths[2]["/b"] = paths[0]["/b"]
    made = generate(*(document(each, f"202{number}-01-01") for number, each in enumerate(paths)))
    assert made.build_b_request(api_version="2020-01-01").url == "/b?api-version=2020-01-01"
    with pytest.raises(ValueError, match="which exists in 2020-01-01, 2022-01-01"):
        made.build_b_request(api_version="2021-01-01")
    assert "without 2021-01-01" in made.build_b_request.__doc__


def test_a_parameter_that_became_required(generate: Generate) -> None:
    made = generate(
        document({"/a": get()}, "2023-01-01"),
        document({"/a": get({**X, "required": True})}, "2024-01-01"),
    )
    assert made.build_get_request(api_version="2023-01-01").url == "/a?api-version=2023-01-01"
    assert made.build_get_request(x="x").url == "/a?api-version=2024-01-01&x=x"
    with pytest.raises(TypeError, match="x is required"):
        made.build_get_request()


def test_a_body_that_changed(generate: Generate) -> None:
    body = {"name": "b", "in": "body", "required": True, "schema": {"type": "string"}}
    made = generate(
        document({"/a": get()}, "2022-01-01"),
        document({"/a": get(body, consumes=["text/plain"])}, "2023-01-01"),
        document({"/a": get(body, consumes=["text/plain", "text/html"])}, "2024-01-01"),
    )
    assert made.build_get_request(api_version="2022-01-01").content is None
    assert made.build_get_request(content="x", content_type="text/html").content == b"x"
    with pytest.raises(ValueError, match="content_type='text/html' is not one of 'text/plain'"):
        made.build_get_request(content="x", content_type="text/html", api_version="2023-01-01")
    with pytest.raises(ValueError, match="content='x' is not known to api-version 2022-01-01"):
        made.build_get_request(content="x", api_version="2022-01-01")
    with pytest.raises(TypeError, match="a body is needed"):
        made.build_get_request()


def test_versions_that_are_not_dates(generate: Generate) -> None:
    made = generate(
        document({"/a": get()}, "v1"), document({"/a": get(X)}, "v10"), document({"/a": get(X)}, "v2")
    )
    assert made.build_get_request(x="x").url == "/a?api-version=v10&x=x"
    assert made.build_get_request(x="x", api_version="v11").url == "/a?api-version=v11&x=x"
    with pytest.raises(ValueError, match="x exists since v2"):
        made.build_get_request(x="x", api_version="v1")
    with pytest.raises(ValueError, match="is not written as a version is"):
        made.build_get_request(api_version="v 1")


@pytest.mark.parametrize("place", ["path", "header"])
def test_a_version_that_is_not_in_the_query(generate: Generate, place: str) -> None:
    version = {**VERSION, "in": place}
    path = "/{api-version}/a" if place == "path" else "/a"
    made = generate(
        document({path: {"get": operation(version, name="Get")}}, "2023-01-01"),
        document({path: {"get": operation(version, X, name="Get")}}, "2024-01-01"),
    )
    request = made.build_get_request(x="x")
    assert "2024-01-01" in (request.url if place == "path" else request.headers["api-version"])
    with pytest.raises(ValueError, match="x='x' is not known to api-version 2023-01-01"):
        made.build_get_request(x="x", api_version="2023-01-01")


def test_operations_without_a_version_are_the_newest(generate: Generate) -> None:
    made = generate(
        document({"/a": {"get": operation(X, name="Get")}}, "2023-01-01"),
        document({"/a": {"get": operation(Y, name="Get")}}, "2024-01-01"),
    )
    assert made.build_get_request(y="y").url == "/a?y=y"
    with pytest.raises(TypeError, match="unexpected keyword argument"):
        made.build_get_request(x="x")


def test_what_has_no_argument_for_the_version_still_says_since_when_it_exists(generate: Generate) -> None:
    old, new = {"get": operation(name="Old")}, {"get": operation(name="New")}
    made = generate(document({"/old": old}, "2020-01-01"), document({"/old": old, "/new": new}, "2021-01-01"))
    assert "since 2020-01-01" in made.build_old_request.__doc__
    assert "since 2021-01-01" in made.build_new_request.__doc__


def test_groups(generate: Generate) -> None:
    paths = {
        "/a": {"get": operation(name="One_Get")},
        "/b": {"get": operation(name="TwoThree_Get")},
        "/c": {"get": operation(name="Get")},
        "/d": {"get": {"responses": {"200": {"description": "No id."}}}},
    }
    made = generate(document(paths), options=("--operation-groups",))
    assert made.__all__ == ["build_get_d_request", "build_get_request", "one", "two_three"]
    assert made.one.build_get_request().url == "/a"
    assert made.two_three.build_get_request().url == "/b"
    assert made.build_get_d_request().url == "/d"


def test_a_path_is_escaped_but_for_its_names(generate: Generate) -> None:
    name = {"name": "in path", "in": "path", "required": True, "type": "string"}
    made = generate(
        document({"/gr\u00fc\u00df dich/%20:x/{in path}(1)": {"get": operation(name, name="Get")}})
    )
    assert made.build_get_request("a b").url == "/gr%C3%BC%C3%9F%20dich/%20:x/a%20b(1)"
