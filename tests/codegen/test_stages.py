"""The small stages, by rows: names, patterns, versions, conditions."""

import inspect
import keyword
import re
from typing import Any

import pytest
from azure.core.rest import HttpRequest

from openapi_request_builders.config.guards import holds
from openapi_request_builders.model import names
from openapi_request_builders.model.patterns import translate
from openapi_request_builders.model.versions import History, Span, history, is_preview, newest, sort_key, span


@pytest.mark.parametrize(
    ("wire", "python"),
    [
        ("messageTtlSeconds", "message_ttl_seconds"),
        ("role", "role"),
        ("api-version", "api_version"),
        ("$filter", "filter"),
        ("x-ms-client-request-id", "x_ms_client_request_id"),
        ("SQLConnection", "sql_connection"),
        ("listSQLConnections2", "list_sql_connections2"),
        ("Head400", "head400"),
        ("get200Model204NoModelDefaultError200Valid", "get200_model204_no_model_default_error200_valid"),
        ("FooFoo", "foo"),
        ("userIDs", "user_ids"),
        ("VMsInURL", "vms_in_url"),
        ("HTTP2Server", "http2_server"),
        ("sha256", "sha256"),
        ("one two", "one_two"),
        ("already_snake__case", "already_snake_case"),
        ("class", "class_parameter"),
        ("None", "none"),
        ("headers", "headers_parameter"),
        ("userAgent", "user_agent_parameter"),
        ("cls", "cls_parameter"),
        ("type", "type"),
        ("id", "id"),
        ("1st", "_1st"),
        ("", "parameter"),
        ("??", "parameter"),
        ("größe", "größe"),
        ("\ufb01lter", "filter"),
        ("\u0130x", "i\u0307x"),
        ('x"]; import os #', "x_import_os"),
    ],
)
def test_an_argument_s_name(wire: str, python: str) -> None:
    assert names.argument(wire) == python
    assert python.isidentifier()


@pytest.mark.parametrize("name", sorted(names.RESERVED))
def test_a_name_that_builders_and_pipelines_have_already_is_reserved(name: str) -> None:
    assert names.argument(name) == f"{name}_parameter"


def test_what_builders_take_is_reserved() -> None:
    own = {"json", "content", "content_type", "headers", "params"}
    assert own <= names.RESERVED
    requests = set(inspect.signature(HttpRequest.__init__).parameters) - {
        "self",
        "method",
        "url",
        "kwargs",
        "data",
    }
    assert requests <= names.RESERVED


@pytest.mark.parametrize("name", [*keyword.kwlist])
def test_a_keyword_of_python_is_no_name(name: str) -> None:
    for make in (names.argument, names.member, names.module):
        made = make(name)
        assert made.isidentifier()
        assert not keyword.iskeyword(made)


def test_versions_of_many_digits_are_sorted_like_numbers() -> None:
    versions = ["v" + "9" * 5000, "v10", "v9", "v" + "8" * 5000, "v010"]
    assert sorted(versions, key=sort_key)[0] == "v9"
    assert newest(versions) == versions[0]


def test_other_names() -> None:
    assert names.member("import") == "import_method"
    assert names.member("SendToAll") == "send_to_all"
    assert names.module("Lambda") == "lambda_builders"
    assert names.constant("since_2020-10-01") == "SINCE_2020_10_01"
    assert names.constant("1st") == "_1ST"


@pytest.mark.parametrize(
    ("pattern", "matching", "other"),
    [
        ("^a$", ["a"], ["a\n", "ab"]),
        (r"^\d\w\s$", ["1a "], ["\u0661a ", "1\u00e9 "]),
        (r"^[\d]+$", ["12"], ["\u0661"]),
        ("^.$", ["a", "\u00e9"], ["\n", "\r", "\u2028"]),
        ("b", ["abc"], ["ac"]),
        ("^x{,3}$", ["x{,3}"], ["xx"]),
        (r"\bcat\b", ["a cat."], ["concat"]),
        (r"^[\w-.]+$", ["a-.b"], ["a/b", "a,b"]),
        ("^[+--]$", ["+", ",", "-"], ["."]),
        ("^[--/]$", ["-", ".", "/"], ["+"]),
        (r"^[.-\w]+$", ["a-.b"], ["a/b", "a,b"]),
        (r"^[[a&&b~]$", ["[", "&", "~"], ["c"]),
        (r"^\u0041\u{1F600}\ud83d\ude00\x41\cJ$", ["A\U0001f600\U0001f600A\n"], ["A"]),
        (r"^(?<year>\d{4})\/\-$", ["2024/-"], ["24/-"]),
        (r"^(?!x)(?=.b).*(?<=b)(?<!c)$", ["ab"], ["xb", "ac"]),
        (r"^(a|b)\1$", ["aa"], ["ab"]),
        ("^[^$.]$", ["a"], ["$", "."]),
        (r"^[A-Za-z][A-Za-z0-9_`,.[\]]{0,127}$", ["a[b]"], ["1", "a\n"]),
    ],
)
def test_a_pattern(pattern: str, matching: list[str], other: list[str]) -> None:
    translated = translate(pattern)
    assert translated is not None
    assert [text for text in matching + other if re.search(translated, text)] == matching


@pytest.mark.parametrize(
    "pattern", [r"^\p{L}$", "(?<=a+)b", "[]", "[^]", "(", r"[\W]", r"(?<a>b)\k<a>", "a**", "a++", "(?>a)"]
)
def test_a_pattern_that_python_has_no_equal_of(pattern: str) -> None:
    assert translate(pattern) is None


def test_the_order_of_versions() -> None:
    ordered = ["2020-10-01", "2021-05-01-preview", "2021-10-01-preview", "2021-10-01", "2022-01-01"]
    assert sorted(sorted(ordered), key=sort_key) == ordered
    assert sorted(["v10", "v2", "1.0.1", "1.0", "7.2", "7.2-preview.1"], key=sort_key) == [
        *("v2", "v10", "1.0", "1.0.1", "7.2-preview.1", "7.2"),
    ]
    assert newest(ordered[:4]) == "2021-10-01"
    assert newest(ordered[1:3]) == "2021-10-01-preview"
    assert newest([*ordered, "2099-01-01-preview"]) == "2022-01-01"
    assert [is_preview(version) for version in ("1.0.0-beta.1", "2020-01-01", "v1")] == [True, False, False]


@pytest.mark.parametrize(
    ("states", "at", "expected"),
    [
        ({"1": "x"}, "1", History("x")),
        ({"1": "x", "2": "x"}, "2", History("x")),
        ({"1": None, "2": "x", "3": "x"}, "3", History("x", (("2", None),))),
        ({"1": "w", "2": None, "3": "x"}, "3", History("x", (("2", "w"), ("3", None)))),
        ({"1": "x", "2": None}, "1", History("x", (), (("1", None),))),
        (
            {"1": "w", "2": "x", "3": "y", "4": "z"},
            "2",
            History("x", (("2", "w"),), (("3", "z"), ("2", "y"))),
        ),
    ],
)
def test_a_history(states: dict[str, str | None], at: str, expected: History[str]) -> None:
    assert history(states, at) == expected


@pytest.mark.parametrize(
    ("having", "expected"),
    [
        ("1234", Span()),
        ("34", Span("3")),
        ("12", Span(None, "2")),
        ("134", Span(None, None, ("2",))),
        ("2", Span("2", "2")),
    ],
)
def test_a_span(having: str, expected: Span) -> None:
    assert span(list(having), list("1234")) == expected


SETTINGS: dict[str, Any] = {"tag": "package-1", "python": True, "csharp": False, "level": 3}


@pytest.mark.parametrize(
    ("guard", "expected"),
    [
        ("$(python)", True),
        ("$(missing)", False),
        ("!$(missing)", True),
        ("$(tag) == 'package-1'", True),
        ('$(tag)=="package-1"', True),
        ("$(tag) === 'package-2'", False),
        ("$(tag) != 'package-2'", True),
        ("$(python) && !$(csharp)", True),
        ("$(csharp) || $(tag) == 'package-1'", True),
        ("$(python) && ($(csharp) || $(missing))", False),
        ("$(python) == true", True),
        ("$(level) == 3", True),
        ("$(missing) == null", True),
        ("false", False),
    ],
)
def test_a_condition(guard: str, expected: bool) -> None:
    assert holds(guard, SETTINGS) is expected


@pytest.mark.parametrize(
    "guard", ["$(a", "$(a) =", "$(a) && ", "($(a)", "$(a) $(b)", "$(a) > 1", "isRequested('x')"]
)
def test_a_condition_that_is_not_understood(guard: str) -> None:
    with pytest.raises(ValueError, match=r"is not supported|is not expected|ends too early|is missing"):
        holds(guard, SETTINGS)
