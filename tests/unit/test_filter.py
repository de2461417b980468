"""Filters, and that no value changes what they mean: the emulator's parser reads them back."""

import enum
import re
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from azure.messaging.webpubsubservice import odata_filter


class Role(str, enum.Enum):
    ADMIN = "admin's"


@pytest.mark.parametrize(
    ("template", "values", "named", "expected"),
    [
        ("userId eq null", (), {}, "userId eq null"),
        ("userId eq {}", ("alice",), {}, "userId eq 'alice'"),
        (
            "userId eq {}",
            ("O'Neil' or 1 eq 1 or 'x' eq '",),
            {},
            "userId eq 'O''Neil'' or 1 eq 1 or ''x'' eq '''",
        ),
        ("userId eq {}", (None,), {}, "userId eq null"),
        ("length(userId) gt {}", (5,), {}, "length(userId) gt 5"),
        ("length(userId) gt {}", (-5,), {}, "length(userId) gt -5"),
        ("{} eq {}", (True, False), {}, "true eq false"),
        ("{1} in groups and {0} in groups", ("a", "b"), {}, "'b' in groups and 'a' in groups"),
        ("{0} eq {0}", (1,), {}, "1 eq 1"),
        ("userId in {}", (["a", "b'"],), {}, "userId in ('a','b''')"),
        ("userId in {}", (iter(("a", None)),), {}, "userId in ('a',null)"),
        ("userId eq {user} and {} in groups", ("g",), {"user": "ü"}, "userId eq 'ü' and 'g' in groups"),
        ("userId eq {}", ("{}{x}",), {}, "userId eq '{}{x}'"),
        ("userId eq '{{x}}'", (), {}, "userId eq '{x}'"),
        ("userId eq {}", (Role.ADMIN,), {}, "userId eq 'admin''s'"),
        ("userId eq 'it''s' or userId eq {}", ("x",), {}, "userId eq 'it''s' or userId eq 'x'"),
    ],
)
def test_values_become_literals(template: str, values: Any, named: Any, expected: str) -> None:
    assert odata_filter(template, *values, **named) == expected


@pytest.mark.parametrize(
    ("template", "values", "named", "error", "message"),
    [
        ("userId eq '{}'", ("a",), {}, ValueError, "inside quotes"),
        ("userId eq {}", (), {}, ValueError, "has a placeholder for value 1; 0 given"),
        ("userId eq {} or userId eq {}", ("a",), {}, ValueError, "has a placeholder for value 2; 1 given"),
        ("userId eq {2}", ("a", "b"), {}, ValueError, "has a placeholder for value 3; 2 given"),
        ("userId eq {user}", (), {}, ValueError, "named 'user'"),
        (None, (), {}, TypeError, "The template must be a str, not NoneType"),
        (b"userId eq {}", ("a",), {}, TypeError, "The template must be a str, not bytes"),
        ("userId eq {}", ("a", "b"), {}, ValueError, "Value 2 has no placeholder in"),
        ("userId eq {}", ("a",), {"b": 1}, ValueError, "The value 'b' has no placeholder in"),
        ("userId eq {:d}", (1,), {}, ValueError, "has a format"),
        ("userId eq {!r}", ("a",), {}, ValueError, "has a format"),
        ("userId eq {x.y}", (), {"x": 1}, ValueError, "named 'x.y'"),
        ("userId eq {", (), {}, ValueError, "Single '{'"),
        ("length(userId) eq {}", (1.5,), {}, TypeError, "is of type float"),
        ("userId eq {}", (b"a",), {}, TypeError, "is of type bytes"),
        ("userId eq {}", ({"a": 1},), {}, TypeError, "is of type dict"),
        ("userId eq {}", (object(),), {}, TypeError, "Value 1 is of type object"),
        ("userId in {}", ([],), {}, ValueError, "empty list"),
        ("userId in {}", ([["a"]],), {}, TypeError, "Value 1 is a list that contains an item of type list"),
        ("userId in {}", ([1.5],), {}, TypeError, "is of type float"),
    ],
)
def test_what_is_not_a_filter_is_refused(
    template: str, values: Any, named: Any, error: type[Exception], message: str
) -> None:
    with pytest.raises(error, match=re.escape(message)):
        odata_filter(template, *values, **named)


_LITERAL = re.compile(r"'((?:[^']|'')*)'")


@given(st.text(), st.lists(st.text(), min_size=1))
def test_any_text_is_one_literal(text: str, texts: list[str]) -> None:
    matched = _LITERAL.fullmatch(odata_filter("{}", text))
    assert matched is not None
    assert matched[1].replace("''", "'") == text
    several = odata_filter("userId in {}", texts)
    assert [found.replace("''", "'") for found in _LITERAL.findall(several)] == texts
