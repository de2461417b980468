"""The kitchen sink: a document with everything, what it generates, and the requests that come of it."""

import io
from collections.abc import Callable
from datetime import date, datetime, time, timedelta, timezone
from decimal import Decimal
from pathlib import Path
from typing import Any
from uuid import UUID

import pytest
from azure.core.rest import HttpRequest

from openapi_request_builders.command import main
from tests.codegen.kitchen.rest import (
    bodies,
    build_get_raw_request,
    build_import_method_request,
    formats,
    forms,
    odd,
    pages,
    things,
)

ROOT = Path(__file__).parents[2]
MOMENT = datetime(2024, 2, 29, 12, 30, 5, tzinfo=timezone.utc)


def test_nothing_has_drifted(monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]) -> None:
    monkeypatch.chdir(ROOT)
    code = main(["--check", "--config", "tests/codegen/kitchen/autorest.md"])
    assert (code, capsys.readouterr().out) == (0, "")


def test_the_signature_that_says_most() -> None:
    made: HttpRequest = things.build_create_or_update_request("t/1", 7, ["a", "b"], size="small", json={})
    assert made.method == "PUT"
    assert made.url == "/t%2F1/things/7/a,b?kind=only&size=small&level=3&page=1&api-version=1.2.0"
    assert dict(made.headers) == {
        "Accept": "application/json",
        "Content-Length": "2",
        "Content-Type": "application/json",
    }


ROWS: list[tuple[Callable[..., HttpRequest], tuple[Any, ...], dict[str, Any], str]] = [
    (formats.build_get_all_request, (), {}, "/formats"),
    (formats.build_get_all_request, (), {"text": "abc"}, "/formats?text=abc"),
    (formats.build_get_all_request, (), {"flag": True}, "/formats?flag=true"),
    (formats.build_get_all_request, (), {"count": 0}, "/formats?count=0"),
    (formats.build_get_all_request, (), {"ratio": 1.5}, "/formats?ratio=1.5"),
    (formats.build_get_all_request, (), {"date": date(2024, 2, 29)}, "/formats?date=2024-02-29"),
    (
        formats.build_get_all_request,
        (),
        {"date_time": MOMENT},
        "/formats?dateTime=2024-02-29T12%3A30%3A05.000Z",
    ),
    (
        formats.build_get_all_request,
        (),
        {"rfc1123": MOMENT},
        "/formats?rfc1123=Thu%2C%2029%20Feb%202024%2012%3A30%3A05%20GMT",
    ),
    (formats.build_get_all_request, (), {"unix": MOMENT}, "/formats?unix=1709209805"),
    (formats.build_get_all_request, (), {"time": time(1, 2, 3)}, "/formats?time=01%3A02%3A03"),
    (formats.build_get_all_request, (), {"duration": timedelta(hours=1)}, "/formats?duration=PT1H"),
    (formats.build_get_all_request, (), {"byte": b"\xff"}, "/formats?byte=%2Fw%3D%3D"),
    (formats.build_get_all_request, (), {"base64": b"\xff"}, "/formats?base64=_w"),
    (formats.build_get_all_request, (), {"uuid": UUID(int=0)}, f"/formats?uuid={UUID(int=0)}"),
    (formats.build_get_all_request, (), {"decimal": Decimal("0.10")}, "/formats?decimal=0.10"),
    (formats.build_get_lists_request, (), {"csv": ["a", "b,c"]}, "/lists?csv=a,b%2Cc"),
    (formats.build_get_lists_request, (), {"ssv": [1, 2]}, "/lists?ssv=1%202"),
    (formats.build_get_lists_request, (), {"tsv": ["a", "b"]}, "/lists?tsv=a%09b"),
    (formats.build_get_lists_request, (), {"pipes": [True, False]}, "/lists?pipes=true%7Cfalse"),
    (
        formats.build_get_lists_request,
        (),
        {"multi": [date(2024, 1, 1), None]},
        "/lists?multi=2024-01-01&multi=",
    ),
    (build_get_raw_request, ("a/b?c=d",), {"filter": "x%20y"}, "/raw/a/b?c=d&$filter=x%20y"),
    (
        build_import_method_request,
        (),
        {"class_parameter": "c", "filter": "f", "user_agent_parameter": "u", "a_b": "1", "a_b_query": "2"},
        "/names?class=c&filter=f&user_agent=u&a-b=1&a.b=2",
    ),
    (
        build_import_method_request,
        (),
        {"parameter": "p", "größe": "g", "list_sql_connections2": "l", "request_parameter": "r"},
        "/names?%3F%3F=p&gr%C3%B6%C3%9Fe=g&x=l&request=r",
    ),
    (odd.build_list_request, (), {}, "/odd?shape=round&comp=list"),
    (pages.build_list_request, (), {"after": "\u00e9"}, "/pages?after=%C3%A9"),
    (pages.build_list_request, (), {"code": "1-"}, "/pages?code=1-"),
]


@pytest.mark.parametrize(("build", "positional", "named", "url"), ROWS)
def test_a_url(build: Callable[..., HttpRequest], positional: Any, named: Any, url: str) -> None:
    assert build(*positional, **named).url == url


@pytest.mark.parametrize(
    ("build", "named"),
    [
        (formats.build_get_all_request, {"text": "abcd\n"}),
        (formats.build_get_all_request, {"text": "d" * 3}),
        (formats.build_get_all_request, {"text": "a"}),
        (formats.build_get_all_request, {"count": 10}),
        (formats.build_get_all_request, {"ratio": 0.3}),
        (formats.build_get_lists_request, {"csv": []}),
        (formats.build_get_lists_request, {"csv": ["c"]}),
        (formats.build_get_lists_request, {"pipes": [True, True]}),
        (pages.build_list_request, {"code": "\u0661a"}),
    ],
)
def test_a_constraint(build: Callable[..., HttpRequest], named: dict[str, Any]) -> None:
    (argument,) = named
    with pytest.raises(ValueError, match=f"^{argument}"):
        build(**named)


def test_headers() -> None:
    made = build_import_method_request(id="1", id_header="2", accept="c/d")
    assert (made.url, dict(made.headers)) == ("/names?id=1", {"ID": "2", "Accept": "c/d"})
    made = things.build_create_or_update_request(
        "t", 1, ["x"], size="large", content=b"{}", if_match='"x"', metadata={"a": "b"}, level=4, page=None
    )
    assert made.url == "/t/things/1/x?kind=only&size=large&level=4&api-version=1.2.0"
    assert (made.headers["If-Match"], made.headers["x-ms-meta-a"]) == ('"x"', "b")
    assert formats.build_get_lists_request(x_list=["a", "b"]).headers["X-List"] == "a,b"
    assert build_get_raw_request("x").headers["Accept"] == "image/png"


def test_bodies() -> None:
    made = forms.build_post_urlencoded_request(first_name="A B", tags=["x", "y"])
    assert made.content == b"first%20name=A%20B&tags=x&tags=y"
    made = forms.build_put_multipart_request(file=io.BytesIO(b"1"), more=[b"2", ("n.txt", "3")], note="4")
    assert made.content.count(b"Content-Disposition") == 4
    assert bodies.build_post_stream_request().content is None
    assert bodies.build_post_stream_request(json=1).headers["Content-Type"] == "application/json"
    made = bodies.build_put_dictionary_request(json={"a": [MOMENT]})
    assert made.content == b'{"a":["2024-02-29T12:30:05Z"]}'
    assert made.headers["Content-Type"] == "application/merge-patch+json"
    assert bodies.build_patch_xml_request(content="<a/>").headers["Content-Type"] == "application/xml"
    with pytest.raises(TypeError, match="unexpected keyword argument 'json'"):
        bodies.build_patch_xml_request(json={})  # type: ignore[call-arg]
