"""Values on the wire, one row a rule."""

import io
import json
import re
import subprocess
import sys
from collections.abc import AsyncIterator, Iterator
from datetime import date, datetime, time, timedelta, timezone
from decimal import Decimal
from enum import Enum, IntEnum
from pathlib import Path
from typing import Any
from urllib.parse import parse_qsl, unquote
from uuid import UUID

import pytest
from azure.core.rest import HttpRequest
from hypothesis import given
from hypothesis import strategies as st

from azure.messaging.webpubsubservice._serialization import (
    Absent,
    ApiVersion,
    Array,
    Body,
    Boolean,
    Integer,
    Number,
    PrefixedHeaders,
    Text,
    request,
)
from azure.messaging.webpubsubservice._serialization._parameter import Parameter
from azure.messaging.webpubsubservice._serialization.formats import Formatted, parse_duration
from azure.messaging.webpubsubservice._serialization.forms import FilePart
from azure.messaging.webpubsubservice._serialization.schemas import AnyOf, Anything


class Colour(str, Enum):
    RED = "red"


class Size(IntEnum):
    LARGE = 3


class Ratio(float, Enum):
    HALF = 0.5


UTC = timezone.utc
MOMENT = datetime(2024, 2, 29, 12, 30, 5, 120_000, tzinfo=UTC)


@pytest.mark.parametrize(
    ("parameter", "value", "written"),
    [
        (Text("x"), "plain", "plain"),
        (Text("x"), "a b/c?d#e&f=g+h%", "a%20b%2Fc%3Fd%23e%26f%3Dg%2Bh%25"),
        (Text("x"), "é{}", "%C3%A9%7B%7D"),
        (Text("x"), Colour.RED, "red"),
        (Text("x", skip_quote=True), "a/b?c=d%20e f", "a/b?c=d%20e%20f"),
        (Boolean("x"), True, "true"),
        (Boolean("x"), False, "false"),
        (Integer("x"), -7, "-7"),
        (Integer("x"), Size.LARGE, "3"),
        (Number("x"), 9.999999e101, "9.999999e%2B101"),
        (Number("x"), 3, "3"),
        (Number("x"), Decimal("0.10"), "0.10"),
        (Number("x"), Ratio.HALF, "0.5"),
        (Anything("x"), Ratio.HALF, "0.5"),
        (Anything("x"), Decimal("1e400"), "1E%2B400"),
        (AnyOf("x", Formatted("x", "date"), Integer("x")), 7, "7"),
        (Formatted("x", "date"), date(2024, 2, 29), "2024-02-29"),
        (Formatted("x", "date-time"), MOMENT, "2024-02-29T12%3A30%3A05.120Z"),
        (Formatted("x", "date-time"), datetime(2024, 1, 1), "2024-01-01T00%3A00%3A00.000Z"),  # noqa: DTZ001 (naive)
        (Formatted("x", "date-time-rfc1123"), MOMENT, "Thu%2C%2029%20Feb%202024%2012%3A30%3A05%20GMT"),
        (Formatted("x", "unixtime"), datetime(1970, 1, 2, tzinfo=UTC), "86400"),
        (Formatted("x", "time"), time(1, 2, 3), "01%3A02%3A03"),
        (Formatted("x", "duration"), timedelta(days=1, hours=2), "P1DT2H"),
        (Formatted("x", "byte"), b"\xff\xfe", "%2F%2F4%3D"),
        (Formatted("x", "base64url"), b"\xff\xfe", "__4"),
        (Formatted("x", "uuid"), UUID(int=1), "00000000-0000-0000-0000-000000000001"),
        (Array("x", Text("x[]")), ["a", "b,c", None, ""], "a,b%2Cc,,"),
        (Array("x", Text("x[]"), "ssv"), ["a", "b"], "a%20b"),
        (Array("x", Text("x[]"), "tsv"), ["a", "b"], "a%09b"),
        (Array("x", Text("x[]"), "pipes"), ["a", "b"], "a%7Cb"),
        (Array("x", Integer("x[]")), (1, 2), "1,2"),
    ],
)
def test_a_value_in_a_query(parameter: Parameter, value: object, written: str) -> None:
    assert request("GET", "/", query={"x": (parameter, value)}).url == f"/?x={written}"


@pytest.mark.parametrize(
    ("parameter", "value", "error", "message"),
    [
        (Text("name"), 3, TypeError, "name=3 is of type int, not str"),
        (Text("name", required=True), None, TypeError, "name is required, and cannot be None"),
        (Text("name", min_length=2), "a", ValueError, "name='a' has a length of 1: it must be 2 or more"),
        (Text("name", max_length=2), "abc", ValueError, "name='abc' has a length of 3: it must be 2 or less"),
        (
            Text("name", pattern=r"^a\Z", document_pattern="^a$"),
            "a\n",
            ValueError,
            r"name='a\n' does not match the pattern ^a$",
        ),
        (Text("name", enum=("a", "b")), "c", ValueError, "name='c' is not one of 'a', 'b'"),
        (Text("name"), "\ud800", ValueError, "has a lone surrogate, which UTF-8 cannot carry"),
        (Boolean("flag"), 1, TypeError, "flag=1 is of type int, not bool"),
        (Boolean("flag", enum=(True,)), False, ValueError, "flag=False is not one of True"),
        (Integer("count"), True, TypeError, "count=True is of type bool, not int"),
        (Integer("count"), 1.0, TypeError, "count=1.0 is of type float, not int"),
        (Integer("count", minimum=1), 0, ValueError, "count=0 must be at least 1"),
        (Integer("count", maximum=1), 2, ValueError, "count=2 must be at most 1"),
        (Integer("count", minimum=1, exclusive_minimum=True), 1, ValueError, "count=1 must be more than 1"),
        (Integer("count", maximum=1, exclusive_maximum=True), 1, ValueError, "count=1 must be less than 1"),
        (Integer("count", multiple_of=3), 4, ValueError, "count=4 is not a multiple of 3"),
        (Integer("count", enum=(1, 2)), 3, ValueError, "count=3 is not one of 1, 2"),
        (Number("ratio"), float("nan"), ValueError, "ratio=nan is not a finite number"),
        (Number("ratio", multiple_of=0.1), 0.25, ValueError, "ratio=0.25 is not a multiple of 0.1"),
        (Formatted("day", "date"), MOMENT, TypeError, "is of type datetime, not date"),
        (
            Formatted("day", "date-time"),
            "2024-01-01",
            TypeError,
            "day='2024-01-01' is of type str, not datetime",
        ),
        (Formatted("id", "uuid"), "x", ValueError, "id='x' cannot be written"),
        (
            AnyOf("due", Formatted("due", "date"), Integer("due")),
            "soon",
            TypeError,
            "due='soon' is of type str, not date or int",
        ),
        (Anything("any"), float("inf"), ValueError, "any=inf is not a finite number"),
        pytest.param(Anything("any"), 10**5000, ValueError, "any=<int> cannot be written", id="any digits"),
        (Array("names", Text("names[]")), "abc", TypeError, "names='abc' is of type str, not a list"),
        (Array("names", Text("names[]")), {"a": 1}, TypeError, "is of type dict, not a list"),
        (Array("names", Text("names[]")), [1], TypeError, "names[]=1 is of type int, not str"),
        (Array("names", Text("names[]"), min_items=1), [], ValueError, "names=[] has 0 items"),
        (Array("names", Text("names[]"), max_items=1), ["a", "b"], ValueError, "it must have 1 or fewer"),
        (Array("names", Text("names[]"), unique_items=True), ["a", "a"], ValueError, "has an item twice"),
        pytest.param(
            Integer("count"), 10**5000, ValueError, "count=<int> cannot be written", id="5000 digits"
        ),
        (Number("ratio", maximum=0.1), Decimal("0.1000000000000000000000000001"), ValueError, "at most 0.1"),
        (Number("ratio", multiple_of=0.5), Decimal("1e-999999999"), ValueError, "not a multiple of 0.5"),
        (Number("ratio", multiple_of=3), Decimal("1e999999999"), ValueError, "not a multiple of 3"),
        (Number("ratio"), Decimal("inf"), ValueError, "is not a finite number"),
        (PrefixedHeaders("meta"), {1: "a"}, TypeError, "is of type dict, not a mapping of str to str"),
        (PrefixedHeaders("meta"), "a", TypeError, "is of type str, not a mapping of str to str"),
    ],
)
def test_a_broken_rule(parameter: Parameter, value: object, error: type[Exception], message: str) -> None:
    is_header = isinstance(parameter, PrefixedHeaders)
    query, header = ({}, {"x": (parameter, value)}) if is_header else ({"x": (parameter, value)}, {})
    with pytest.raises(error) as caught:
        request("GET", "/", query=query, header=header)
    assert message in str(caught.value)


@pytest.mark.parametrize(
    ("parameter", "value"),
    [
        (Text("x", min_length=2, max_length=3), "ab"),
        (Text("x", min_length=2, max_length=3), "abc"),
        (Integer("x", minimum=1, maximum=3), 1),
        (Integer("x", minimum=1, maximum=3), 3),
        (Integer("x", minimum=0, exclusive_minimum=True, maximum=4, exclusive_maximum=True), 1),
        (Integer("x", minimum=0, exclusive_minimum=True, maximum=4, exclusive_maximum=True), 3),
        (Integer("x", maximum=10**400), 10**400),  # no float is that large
        (Integer("x", minimum=2**53 + 1), 2**53 + 1),
        (Number("x", minimum=0.1), Decimal("0.1")),
        (Number("x", maximum=0.3), Decimal("0.3")),
        (Number("x", minimum=0.1, maximum=0.1), 0.1),
        (Number("x", enum=(0.1, 0.5)), Decimal("0.1")),
        (Number("x", multiple_of=0.1), 0.3),
        (Number("x", multiple_of=0.1), Decimal("1e30")),
        (Number("x", multiple_of=0.1), 10**40),
        (Number("x", multiple_of=3), Decimal("0e-5")),
        (Number("x"), Decimal("1e400")),
        (Array("x", Text("x[]"), min_items=1, max_items=2), ["a"]),
        (Array("x", Text("x[]"), min_items=1, max_items=2), ["a", "b"]),
        (Array("x", Number("x[]"), unique_items=True), [1, 2]),
    ],
)
def test_a_value_on_a_bound(parameter: Parameter, value: object) -> None:
    assert request("GET", "/", query={"x": (parameter, value)}).url.startswith("/?x=")


def test_a_default_that_breaks_a_rule_is_refused_like_any_value() -> None:
    parameter = Integer("top", default=500, maximum=200)
    with pytest.raises(ValueError, match="top=500 must be at most 200"):
        request("GET", "/", query={"top": (parameter, 500)})
    assert request("GET", "/", query={"top": (parameter, 500)}, params={"top": "20"}).url == "/?top=20"


def test_a_pattern_is_searched_for_in_values_of_the_right_length_only() -> None:
    parameter = Text("name", pattern=r"^(a|a)*\Z", max_length=20)  # doubles its time with each letter
    with pytest.raises(ValueError, match="has a length of 1001: it must be 20 or less"):
        request("GET", "/", query={"x": (parameter, "a" * 1000 + "b")})


@pytest.mark.parametrize("value", ["", ".", ".."])
def test_a_part_of_the_path_cannot_vanish(value: str) -> None:
    with pytest.raises(ValueError, match=f"name='{value}' would change the path"):
        request("GET", "/{x}", path={"x": (Text("name"), value)})


@pytest.mark.parametrize("value", ["a/../b", "%2e%2E", "..?x", "", "a/."])
def test_a_path_that_is_escaped_already_cannot_climb(value: str) -> None:
    with pytest.raises(ValueError, match="would change the path"):
        request("GET", "/x/{x}", path={"x": (Text("name", skip_quote=True), value)})


def test_an_empty_part_that_the_document_lists_is_allowed() -> None:
    assert request("GET", "/a/{x}", path={"x": (Text("name", enum=("",)), "")}).url == "/a/"


def test_a_value_in_the_path_is_not_searched_for_names() -> None:
    values = {"a": (Text("a", skip_quote=True), "{b}"), "b": (Text("b"), "x")}
    assert request("GET", "/{a}/{b}", path=values).url == "/%7Bb%7D/x"


@given(st.text(min_size=1).filter(lambda text: text not in (".", "..")), st.text())
def test_what_was_given_is_what_arrives(segment: str, value: str) -> None:
    if any("\ud800" <= char <= "\udfff" for char in segment + value):
        return
    made = request("GET", "/a/{x}/b", path={"x": (Text("x"), segment)}, query={"q&": (Text("q"), value)})
    path, _, query = made.url.partition("?")
    assert unquote(path.split("/")[2]) == segment
    assert path.count("/") == 3
    assert parse_qsl(query, keep_blank_values=True) == [("q&", value)]


def test_a_list_repeats_its_name() -> None:
    names = Array("names", Text("names[]"), "multi")
    assert request("GET", "/", query={"n": (names, ["a", None, "b c"])}).url == "/?n=a&n=&n=b%20c"
    assert request("GET", "/", query={"n": (names, [])}).url == "/"


def test_arguments_take_precedence_over_the_callers_query_and_that_over_defaults() -> None:
    query = {"a": (Text("a"), "1"), "b": (Text("b", default="2"), "2"), "c": (Text("c"), None)}
    made = request("GET", "/?fixed", query=query, params={"a": "x", "b": "y", "c": "z", "d": "w"})
    assert made.url == "/?fixed&a=1&b=y&c=z&d=w"
    header = {"A": (Text("a"), "1"), "B": (Text("b", default="2"), "2")}
    made = request(
        "GET", "/", header=header, accept="text/plain", headers={"a": "x", "b": "y", "ACCEPT": "*/*"}
    )
    assert {name.lower(): value for name, value in made.headers.items()} == {
        "a": "1",
        "b": "y",
        "accept": "*/*",
    }


@pytest.mark.parametrize("value", ["", "a=b", 0, [], [("a", "b")], b""])
@pytest.mark.parametrize("name", ["params", "headers"])
def test_what_the_caller_adds_is_a_mapping(name: str, value: Any) -> None:
    with pytest.raises(
        TypeError, match=f"{name} must be a mapping of str to str, not {type(value).__name__}"
    ):
        request("GET", "/", **{name: value})


@pytest.mark.parametrize("known", [{}, {"a": (Text("a"), None)}], ids=["added", "replaced"])
def test_none_that_the_caller_adds_is_not_lost(known: Any) -> None:
    with pytest.raises(TypeError, match=r"params\['a'\] is required, and cannot be None"):
        request("GET", "/", query=known, params={"a": None})  # type: ignore[dict-item]
    with pytest.raises(TypeError, match=r"headers\['a'\]=None is of type NoneType, not str"):
        request("GET", "/", header=known, headers={"a": None})  # type: ignore[dict-item]


def test_headers_with_a_prefix() -> None:
    made = request("GET", "/", header={"x-ms-meta-": (PrefixedHeaders("metadata"), {"a": "1", "b": "2"})})
    assert dict(made.headers) == {"x-ms-meta-a": "1", "x-ms-meta-b": "2"}


JSON = Body("application/merge-patch+json", required=True)
ABSENT = Absent("body", ApiVersion("version", ["1"], default="1"))


@pytest.mark.parametrize(
    ("value", "kind"),
    [
        ("a\r\nb: c", "control character"),
        ("a\x00", "control character"),
        ("a\x7f", "control character"),
        ("a\ud800", "lone surrogate"),
    ],
)
@pytest.mark.parametrize(
    "carry",
    [
        lambda value: {"header": {"x": (Text("x"), value)}},
        lambda value: {"header": {"x": (Text("x", default="b"), value)}},
        lambda value: {"header": {"x": (Array("x", Text("x[]"), "multi"), [value])}},
        lambda value: {"header": {"x-": (PrefixedHeaders("x"), {"y": value})}},
        lambda value: {"headers": {"x": value}},
        lambda value: {"body": (JSON, b"1", None, f"application/json; a={value}")},
        lambda value: {"body": (ABSENT, None, None, f"application/json; a={value}")},
    ],
    ids=["parameter", "default", "list", "prefix", "headers", "content_type", "content_type without a body"],
)
def test_no_header_carries_what_cannot_be_sent(carry: Any, value: str, kind: str) -> None:
    """The client relies on that: it checks the headers of a builder's request only if they were changed."""
    with pytest.raises(ValueError, match=kind):
        request("GET", "/", **carry(value))


def test_a_header_has_a_name() -> None:
    with pytest.raises(ValueError, match="a has the name 'a b', which is not one"):
        request("GET", "/", header={"a b": (Text("a"), "c")})
    with pytest.raises(ValueError, match="metadata has the name 'x-ms-a b', which is not one"):
        request("GET", "/", header={"x-ms-": (PrefixedHeaders("metadata"), {"a b": "c"})})
    with pytest.raises(ValueError, match=r"headers has the name 'a\\r\\nb', which is not one"):
        request("GET", "/", headers={"a\r\nb": "c"})


ANY = Body("application/octet-stream", "text/plain", "application/json", required=True)


class NamedText:
    """A file that says nothing of its mode, as the ones of :mod:`tempfile` do."""

    def __init__(self, text: str) -> None:
        self.file = io.StringIO(text)

    def read(self, size: int = -1) -> str:
        return self.file.read(size)


@pytest.mark.parametrize(
    ("body", "content", "value", "data", "content_type"),
    [
        (ANY, None, {"é": 1}, '{"é":1}'.encode(), "application/json"),
        (ANY, None, False, b"false", "application/json"),
        (ANY, "é", None, "é".encode(), "text/plain"),
        (ANY, "", None, b"", "text/plain"),
        (ANY, io.StringIO("é"), None, "é".encode(), "text/plain"),
        (ANY, NamedText("é"), None, "é".encode(), "text/plain"),
        (ANY, b"x", None, b"x", "application/octet-stream"),
        (ANY, bytearray(b"x"), None, b"x", "application/octet-stream"),
        (ANY, memoryview(b"x"), None, b"x", "application/octet-stream"),
        (ANY, ["é", b"x"], None, "éx".encode(), "application/octet-stream"),
        (ANY, ["é", "x"], None, "éx".encode(), "text/plain"),
        (ANY, [], None, b"", "application/octet-stream"),
        (JSON, None, {}, b"{}", "application/merge-patch+json"),
        (Body("*/*"), None, {}, b"{}", "application/json"),
        (Body("*/*"), "x", None, b"x", "text/plain"),
        (Body("image/*"), b"x", None, b"x", "application/octet-stream"),
        (Body("image/*", "image/png"), b"x", None, b"x", "image/png"),
        (Body("text/plain; charset=UTF-8"), "x", None, b"x", "text/plain; charset=UTF-8"),
        (JSON, "{}", None, b"{}", "application/merge-patch+json"),
    ],
)
def test_a_body(body: Body, content: Any, value: Any, data: bytes, content_type: str) -> None:
    made = request("POST", "/", body=(body, content, value, None))
    assert made.content == data or (made.content is None and data == b"")
    assert made.headers["Content-Type"] == content_type


def test_a_binary_file_is_passed_on() -> None:
    file = io.BytesIO(b"x")
    assert request("POST", "/", body=(ANY, file, None, None)).content is file


async def test_pieces_of_text_are_encoded_one_by_one() -> None:
    def pieces() -> Iterator[str]:
        yield "é"
        yield "x"

    async def pieces_later() -> AsyncIterator[str]:
        yield "é"
        yield "x"

    assert list(request("POST", "/", body=(ANY, pieces(), None, None)).content) == ["é".encode(), b"x"]
    later = request("POST", "/", body=(ANY, pieces_later(), None, None)).content
    assert [piece async for piece in later] == ["é".encode(), b"x"]


@pytest.mark.parametrize(
    ("content", "value", "error", "message"),
    [
        (None, None, TypeError, "json or content is missing"),
        ("x", 1, TypeError, "json and content are both given"),
        ({"a": 1}, None, TypeError, "a JSON value goes to json="),
        (3, None, TypeError, "content=3 is of type int"),
        ([1], None, TypeError, "item of type int"),
        ("\ud800", None, ValueError, "lone surrogate"),
        (None, float("nan"), ValueError, "json cannot be written as JSON"),
        (None, object(), TypeError, "json cannot be written as JSON"),
    ],
)
def test_a_broken_body(content: Any, value: Any, error: type[Exception], message: str) -> None:
    with pytest.raises(error) as caught:
        request("POST", "/", body=(ANY, content, value, None))
    assert message in str(caught.value)


@pytest.mark.parametrize(
    ("callers", "argument", "expected"),
    [
        ({}, "application/json", "application/json"),
        ({"content-type": "c/d"}, None, "c/d"),
        ({"content-type": "c/d"}, "text/plain; charset=utf-8", "text/plain; charset=utf-8"),
    ],
)
def test_the_content_type(callers: dict[str, str], argument: str | None, expected: str) -> None:
    assert (
        request("POST", "/", body=(ANY, "x", None, argument), headers=callers).headers["Content-Type"]
        == expected
    )


def test_a_content_type_is_a_media_type() -> None:
    with pytest.raises(ValueError, match="content_type='json' is not a media type"):
        request("POST", "/", body=(ANY, "x", None, "json"))


@pytest.mark.parametrize(
    ("body", "content_type"),
    [
        (ANY, "application/xml"),
        (ANY, "aplication/json"),
        (JSON, "application/json"),
        (Body("image/*"), "video/mp4"),
        (Body("application/*+json"), "application/+json"),
        (Body("application/*+json"), "text/x+json"),
    ],
)
def test_a_content_type_that_the_operation_does_not_take(body: Body, content_type: str) -> None:
    with pytest.raises(ValueError, match=re.escape(f"content_type='{content_type}' is not one of ")):
        request("POST", "/", body=(body, "x", None, content_type))


@pytest.mark.parametrize(
    ("body", "content_type"),
    [
        (ANY, "TEXT/plain; charset=utf-8"),
        (Body("image/*"), "image/png"),
        (Body("application/*+json"), "application/x+json"),
        (Body("*/*"), "any/thing"),
        (Body(), "any/thing"),
        (Body("text/plain; charset=UTF-8"), "text/plain"),
    ],
)
def test_a_content_type_that_the_operation_takes(body: Body, content_type: str) -> None:
    made = request("POST", "/", body=(body, "x", None, content_type))
    assert made.headers["Content-Type"] == content_type


def test_json_is_not_sent_as_something_else() -> None:
    with pytest.raises(ValueError, match="content_type='text/plain' is not JSON"):
        request("POST", "/", body=(ANY, None, "x", "text/plain"))


def test_a_header_of_the_caller_is_the_way_around_the_known_content_types() -> None:
    made = request(
        "POST", "/", body=(ANY, b"x", None, None), headers={"Content-Type": "application/x-protobuf"}
    )
    assert made.headers["Content-Type"] == "application/x-protobuf"


def test_a_body_that_a_version_does_not_have() -> None:
    body = Body("text/plain", required=True, before={"2021-01-01": Absent("content")})
    query = {"v": (VERSION, "2020-01-01")}
    assert request("POST", "/", query=query, body=(body, None, None, None)).content is None
    with pytest.raises(ValueError, match="content='x' is not known to api-version 2020-01-01"):
        request("POST", "/", query=query, body=(body, "x", None, None))
    gone = Absent("content", VERSION, before={"2021-01-01": Body("text/plain")})
    assert request("POST", "/", query=query, body=(gone, "x", None, None)).content == b"x"
    with pytest.raises(ValueError, match="content='x' is not known to api-version 2021-01-01"):
        request("POST", "/", query={"v": (VERSION, VERSION.latest)}, body=(gone, "x", None, None))


def test_a_form() -> None:
    form = {
        "a b": (Text("a"), "é&"),
        "n": (Array("n", Integer("n[]"), "multi"), [1, 2]),
        "no": (Text("no"), None),
    }
    made = request("POST", "/", form=form)
    assert made.content == b"a%20b=%C3%A9%26&n=1&n=2"
    assert made.headers["Content-Type"] == "application/x-www-form-urlencoded"


def test_a_file_of_a_form_has_a_media_type() -> None:
    form = {"file": (FilePart("file"), ("a", b"b", "text/plain\r\nX: y"))}
    with pytest.raises(ValueError, match="control character"):
        request("POST", "/", form=form, multipart=True)


@pytest.mark.parametrize("parameter", [FilePart("file"), Array("file", FilePart("file"), "multi")])
def test_a_path_is_not_the_content_of_a_file(parameter: Parameter) -> None:
    def send(value: object) -> HttpRequest:
        field = [value] if isinstance(parameter, Array) else value
        return request("POST", "/", form={"file": (parameter, field)}, multipart=True)

    message = "file='a.jpg' is a str: if it is a path, open the file; if it is the content, "
    with pytest.raises(TypeError, match=f"^{re.escape(message)}pass \\(file name, content\\)$"):
        send("a.jpg")
    with pytest.raises(TypeError, match=r"^file=.*Path\('a.jpg'\) is of type \w+, not bytes, an open file,"):
        send(Path("a.jpg"))
    part = b'filename="a.txt"\r\nContent-Type: application/octet-stream\r\n\r\ntext'
    assert part in send(("a.txt", "text")).content


def test_what_can_be_read_once_is_no_list() -> None:
    with pytest.raises(TypeError, match="is of type generator, not a list"):
        request("GET", "/", query={"x": (Array("x", Text("x[]")), (each for each in "ab"))})


def test_a_multipart_form() -> None:
    form = {
        "text": (Text("text"), "é"),
        "file": (FilePart("file"), ("a.txt", io.BytesIO(b"bytes"), "text/plain")),
        "more": (Array("more", FilePart("more[]"), "multi"), [b"1", ("2.txt", "2")]),
    }
    made = request("POST", "/", form=form, multipart=True)
    assert made.headers["Content-Type"].startswith("multipart/form-data; boundary=")
    assert made.content.count(b'; name="more"') == 2
    assert b'name="file"; filename="a.txt"\r\nContent-Type: text/plain\r\n\r\nbytes\r\n' in made.content


KNOWN = ("2020-01-01", "2021-01-01", "2022-01-01-preview")
VERSION = ApiVersion("api_version", KNOWN, default=KNOWN[1])
FILTER = Text("filter", pattern="^a", before={"2021-01-01": Absent("filter")})
STATE = Text(
    "state",
    enum=("on", "off"),
    before={"2021-01-01": Text("state", enum=("on",))},
    after={"2021-01-01": Text("state")},
)
GONE = Absent("gone", VERSION, before={"2021-01-01": Text("gone")})


def versioned(version: str, **values: Any) -> str:
    query = {
        "v": (VERSION, version),
        "f": (FILTER, values.get("filter")),
        "s": (STATE, values.get("state")),
        "g": (GONE, values.get("gone")),
    }
    return request("GET", "/", query=query, params=values.get("params")).url


def test_a_version_has_its_own_rules() -> None:
    assert versioned(VERSION.latest, filter="ab", state="off") == "/?v=2021-01-01&f=ab&s=off"
    assert versioned("2020-01-01", state="on", gone="x") == "/?v=2020-01-01&s=on&g=x"
    assert versioned("2022-01-01-preview", state="anything") == "/?v=2022-01-01-preview&s=anything"
    assert versioned("2030-12-31", filter="ab", gone="x") == "/?v=2030-12-31&f=ab&g=x"
    assert versioned(VERSION.latest, params={"v": "2020-01-01"}, gone="x") == "/?v=2020-01-01&g=x"
    assert versioned("".join(["2021-", "01-01"]), params={"v": "2020-01-01"}) == "/?v=2021-01-01"


@pytest.mark.parametrize(
    ("version", "values", "message"),
    [
        (
            "2020-01-01",
            {"filter": "a"},
            "filter='a' is not known to api-version 2020-01-01: filter exists since 2021-01-01",
        ),
        (
            "2021-01-01",
            {"gone": "a"},
            "gone='a' is not known to api-version 2021-01-01: gone exists until 2020-01-01",
        ),
        (
            "2020-01-01",
            {"state": "off"},
            "is not one of 'on', in api-version 2020-01-01; 2022-01-01-preview takes it",
        ),
        ("latest", {}, "api_version='latest' is not written as a version is"),
        ("2021-13-01", {}, "is not written as a version is"),
        ("2030-12-31", {"filter": "b"}, "filter='b' does not match"),
    ],
)
def test_a_version_refuses_what_it_does_not_know(version: str, values: dict[str, Any], message: str) -> None:
    with pytest.raises(ValueError, match=re.escape(message)):
        versioned(version, **values)


def test_a_version_without_the_operation() -> None:
    since = ApiVersion("api_version", KNOWN, default=KNOWN[1], since=KNOWN[1])
    with pytest.raises(ValueError, match="does not know GET /, which exists since 2021-01-01"):
        request("GET", "/", query={"v": (since, KNOWN[0])})


def test_msrest_isodate_and_urllib3_are_imported_when_a_value_first_needs_them() -> None:
    code = """
import sys
from datetime import date
from azure.messaging.webpubsubservice._serialization import request
from azure.messaging.webpubsubservice.rest import build_send_to_all_request
build_send_to_all_request("hub", json=[1], excluded=["a"], message_ttl_seconds=1)
assert not {"msrest", "isodate", "urllib3"} & set(sys.modules), "imported too early"
from azure.messaging.webpubsubservice._serialization.formats import Formatted
assert not {"msrest", "isodate"} & set(sys.modules), "imported too early"
request("GET", "/", query={"day": (Formatted("day", "date"), date(2024, 2, 29))})
assert "msrest" in sys.modules
"""
    subprocess.run([sys.executable, "-c", code], check=True)


@pytest.mark.parametrize(
    ("text", "duration"),
    [
        ("PT1H30M", timedelta(minutes=90)),
        ("P1W", timedelta(days=7)),
        ("P1DT0.5S", timedelta(days=1, seconds=0.5)),
    ],
)
def test_durations_are_read(text: str, duration: timedelta) -> None:
    assert parse_duration(text) == duration


@pytest.mark.parametrize("text", ["", "1 hour", "P", "P1Y", "P2M", "P1H", "P" + "9" * 400 + "D"])
def test_what_is_no_duration_of_fixed_length_is_refused(text: str) -> None:
    with pytest.raises(ValueError, match=r"not an ISO 8601 duration|no fixed length"):
        parse_duration(text)


def test_json_is_compact_and_exact() -> None:
    value = {"text": "\u2028 é 𝄞", "number": 1.5, "list": [None, True]}
    made = request("POST", "/", body=(ANY, None, value, None))
    assert json.loads(made.content) == value
    assert b" " not in made.content.replace(" é ".encode(), b"").replace(b"\xe2\x80\xa8 ", b"")


def test_a_pattern_may_have_a_description() -> None:
    name = Text("name", pattern="^[a-z]", pattern_description="must begin with a letter from a to z")
    with pytest.raises(ValueError, match=r"^name='1' must begin with a letter from a to z$"):
        request("GET", "/", query={"x": (name, "1")})
