"""The kitchen sinks of OpenAPI 3.0 and 3.1: what they generate, and the requests that come of it."""

from collections.abc import Callable
from datetime import date, datetime, timezone
from pathlib import Path
from typing import Any

import pytest
from azure.core.rest import HttpRequest

from openapi_request_builders.command import main
from tests.codegen.kitchen30.rest import formats, pets, regions, styles
from tests.codegen.kitchen31.rest import files, schemas

ROOT = Path(__file__).parents[2]
MOMENT = datetime(2024, 2, 29, 12, 30, 5, tzinfo=timezone.utc)


@pytest.mark.parametrize("kitchen", ["kitchen30", "kitchen31"])
def test_nothing_has_drifted(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str], kitchen: str
) -> None:
    monkeypatch.chdir(ROOT)
    code = main(["--check", "--config", f"tests/codegen/{kitchen}/autorest.md"])
    assert (code, capsys.readouterr().out) == (0, "")


def get_styles(**named: Any) -> HttpRequest:
    return styles.build_get_request([1, 2], ["a", "b"], {"from": 1}, **named)


def test_a_path_in_three_styles() -> None:
    assert get_styles().url == "/styles/1,2/.a.b/;matrix=from,1"


STYLES: list[tuple[dict[str, Any], str]] = [
    ({"form": ["a", "b,c"]}, "form=a&form=b%2Cc"),
    ({"csv": [date(2024, 1, 1), None]}, "csv=2024-01-01,"),
    ({"spaces": ["a", "b c"]}, "spaces=a%20b%20c"),
    ({"pipes": [True, False]}, "pipes=true%7Cfalse"),
    ({"deep": {"from": 0, "to": 2}}, "deep%5Bfrom%5D=0&deep%5Bto%5D=2"),
    ({"flat": {"a": "b", "c&d": "e"}}, "a=b&c%26d=e"),
    ({"reserved": "a/b?c&d#e"}, "reserved=a/b?c%26d%23e"),
    ({"json_parameter": {"kind": "cat"}}, "json=%7B%22kind%22%3A%22cat%22%7D"),
    ({"either": 5}, "either=5"),
    ({"either": MOMENT}, "either=2024-02-29T12%3A30%3A05.000Z"),
    ({"anything": 1.5}, "anything=1.5"),
]


@pytest.mark.parametrize(("named", "query"), STYLES)
def test_a_query(named: dict[str, Any], query: str) -> None:
    assert get_styles(**named).url.partition("?")[2] == query


def test_headers_and_cookies() -> None:
    made = get_styles(x_list=[1, 2], x_object={"a": 1, "b": 2}, session="s;", flags=["x", "y"])
    assert (made.headers["X-List"], made.headers["X-Object"]) == ("1,2", "a=1,b=2")
    assert made.headers["Cookie"] == "session=s%3B; flags=x,y"
    assert made.headers["Accept"] == "application/problem+json"


SCHEMAS: list[tuple[dict[str, Any], str]] = [
    ({"limit": 1}, "limit=1"),
    ({"const": "only"}, "const=only"),
    ({"nullable": "x"}, "nullable=x"),
    ({"several": 5}, "several=5"),
    ({"several": "x"}, "several=x"),
    ({"titled": "b"}, "titled=b"),
    ({"optional": 3}, "optional=3"),
    ({"open": "medium"}, "open=medium"),
    ({"above": 0.5}, "above=0.5"),
    ({"bytes": b"\xff"}, "bytes=%2Fw%3D%3D"),
    ({"tuple": ["a", 1]}, "tuple=a,1"),
    ({"true": True}, "true=true"),
]


@pytest.mark.parametrize(("named", "query"), SCHEMAS)
def test_a_schema(named: dict[str, Any], query: str) -> None:
    assert schemas.build_get_request(**named).url == f"/schemas?{query}"


@pytest.mark.parametrize(
    ("build", "named"),
    [
        (get_styles, {"form": []}),
        (get_styles, {"form": ["c"]}),
        (get_styles, {"deep": {"to": 2}}),
        (get_styles, {"deep": {"from": -1}}),
        (get_styles, {"deep": {"from": 1, "by": 2}}),
        (get_styles, {"session": "s"}),
        (formats.build_get_all_request, {"count": 0}),
        (formats.build_get_all_request, {"size": "medium"}),
        (regions.build_list_request, {"region": "xx"}),
        (schemas.build_get_request, {"limit": 0}),
        (schemas.build_get_request, {"const": "other"}),
        (schemas.build_get_request, {"nullable": "too long"}),
        (schemas.build_get_request, {"several": 4}),
        (schemas.build_get_request, {"titled": "A"}),
        (schemas.build_get_request, {"above": 1}),
    ],
)
def test_a_constraint(build: Callable[..., HttpRequest], named: dict[str, Any]) -> None:
    (argument,) = named
    with pytest.raises(ValueError, match=f"^{argument}"):
        build(**named)


def test_defaults_and_servers() -> None:
    assert formats.build_get_all_request().url == "/formats?count=3&size=small"
    assert regions.build_list_request().url == "https://eu.example.com/regions"
    assert regions.build_list_request(region="us").url == "https://us.example.com/regions"
    made = pets.build_put_photo_request(7, photo=("p", b"1", "image/png"))
    assert made.url == "https://upload.example.com/v2/pets/7/photo"


def test_json_xml_or_a_form() -> None:
    assert pets.build_add_request(json={"kind": "cat"}).content == b'{"kind":"cat"}'
    made = pets.build_add_request(content="<pet/>", content_type="application/xml")
    assert (made.content, made.headers["Content-Type"]) == (b"<pet/>", "application/xml")
    made = pets.build_add_request(kind="cat", name="Tom", lives=9)
    assert (made.content, made.headers["Content-Type"]) == (
        b"kind=cat&name=Tom&lives=9",
        "application/x-www-form-urlencoded",
    )


def test_two_forms() -> None:
    made = pets.build_search_request(names=["a", "b"], range={"from": 1}, options={"x": 1})
    assert made.content == b"names=a&names=b&range%5Bfrom%5D=1&options=%7B%22x%22%3A1%7D"
    made = pets.build_search_request(names=["a"], file=b"1")
    assert made.headers["Content-Type"].startswith("multipart/form-data; boundary=")
    assert made.headers["Accept"] == "application/json"


def test_a_form_or_a_stream() -> None:
    made = files.build_put_request(file=b"1", picture=b"2", note="3", tree={"name": None})
    assert made.content.count(b"Content-Type: ") == 3
    assert b"Content-Type: image/png\r\n\r\n2" in made.content
    assert b'Content-Type: application/json\r\n\r\n{"name":null}' in made.content
    assert files.build_put_request(content=b"x").headers["Content-Type"] == "application/octet-stream"
