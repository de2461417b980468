from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING

import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from azure.messaging.webpubsubservice.emulator._odata.compile import FUNCTIONS, FilterError, parse_filter
from azure.messaging.webpubsubservice.emulator._odata.syntax import (
    MAX_LENGTH,
    Call,
    Choice,
    Comparison,
    Expression,
    Junction,
    Literal,
    Membership,
    Not,
    Property,
    parse_expression,
    quote,
)

if TYPE_CHECKING:
    from collections.abc import Callable


@dataclass
class Connection:
    user_id: str | None = None
    connection_id: str = "c1"
    groups: frozenset[str] = field(default_factory=frozenset)
    protocol: str | None = None


def matches(text: str, user_id: str | None = None, *groups: str, connection_id: str = "c1") -> bool:
    return parse_filter(text).matches(Connection(user_id, connection_id, frozenset(groups)))


@pytest.mark.parametrize(
    ("text", "user_id", "expected"),
    [
        ("", None, True),
        ("true", None, True),
        ("false", None, False),
        ("userId eq 'a'", "a", True),
        ("userId eq 'a'", "A", False),
        ("userId eq 'a'", None, False),
        ("USERID eq 'a'", "a", True),
        ("'a' eq userId", "a", True),
        ("userId ne 'a'", "b", True),
        ("userId ne 'a'", None, True),
        ("userId eq null", None, True),
        ("userId eq null", "", False),
        ("userId ne null", "a", True),
        ("null eq null", None, True),
        ("userId eq 'user''1'", "user'1", True),
        ("userId eq ''''", "'", True),
        ("userId eq ''", "", True),
        ("\t( userId\neq 'a' ) ", "a", True),
        ("userId eq connectionId", "c1", True),
        ("connectionId ne '123'", None, True),
        ("1 eq 1", None, True),
        ("+7 eq 007", None, True),
        ("-2147483648 lt 2147483647", None, True),
        ("1 eq true", None, False),
        ("1 ne true", None, True),
        ("'1' eq 1", None, False),
        ("true in (1, false)", None, False),
        ("1 in (true, 1)", None, True),
        ("userId in ('user1', 'user2')", "user2", True),
        ("userId in ('user1','user2')", "user3", False),
        ("userId in ('a', null)", None, True),
        ("userId in ('Doe, John', 'Alice')", "Doe, John", True),
        ("userId in ('O''Brien, Jane', 'Alice')", "O'Brien, Jane", True),
        ("userId in (connectionId, 'x')", "c1", True),
        ("userId in (connectionId, 'x')", "x", True),
        ("userId in (connectionId, 'x')", "y", False),
        ("length(userId) in (1,2)", "ab", True),
        ("length(userId) gt 1", "ab", True),
        ("length(userId) gt 1", None, False),
        ("length(userId) le 1", None, False),
        ("length(userId) eq null", None, True),
        ("not (length(userId) gt 5)", None, True),
        ("userId gt null", "a", False),
        ("length(userId) le 10 and length(userId) gt 3", "abcd", True),
        ("length(userId) gt 10 or length(userId) le 3", "abcd", False),
        ("not endswith(userId, 'milk')", "oat milk", False),
        ("not(false)", None, True),
        ("not not true", None, True),
        ("not true eq false", None, True),
        ("true or true and false", None, True),
        ("(true or true) and false", None, False),
        ("tolower(userId) eq 'user1'", "USER1", True),
        ("toupper(userId) eq 'USER1'", "user1", True),
        ("tolower(userId) eq null", None, True),
        ("toupper(userId) eq 'STRAßE'", "straße", True),
        ("tolower(userId) eq 'ὀδυσσεύσ'", "ὈΔΥΣΣΕΎΣ", True),
        ("trim(userId) eq 'user1'", "\u3000 user1\r\n", True),
        ("trim(userId) eq ''", "\x1c", False),
        ("substring(userId,5,2) eq 'ab'", "user-ab-de", True),
        ("substring(userId, 1) eq 'b'", "ab", True),
        ("substring(userId, 1, 1) eq 'b'", "abc", True),
        ("substring(userId, 1) eq 'b'", "", False),
        ("substring(userId, 1, 2) eq 'bc'", "a", False),
        ("substring(userId, 2) eq ''", "ab", True),
        ("substring(userId, 3) eq null", "ab", True),
        ("substring(userId, -1) eq null", "ab", True),
        ("substring(userId, 1, -1) eq null", "ab", True),
        ("substring(userId, 0, 3) eq null", "ab", True),
        ("substring(userId, 2, 1) eq 'x'", "😀x", True),
        ("contains(userId, '-ab-')", "user-ab-de", True),
        ("contains(userId, 'b')", None, False),
        ("contains('abc', userId)", "b", True),
        ("startswith(userId,'user')", "user-ab-de", True),
        ("startswith(userId,null)", "user", False),
        ("endswith(userId,'de')", "user-ab-de", True),
        ("indexof(userId,'-ab-') ge 0", "user-ab-de", True),
        ("indexof(userId,'x') eq -1", "user", True),
        ("indexof(userId,'x') eq -1", None, True),
        ("indexof(userId,'x') eq 2", "😀x", True),
        ("length(userId) eq 2", "😀", True),
        ("concat(userId,'!') eq 'a!'", "a", True),
        ("concat(userId,'!') eq '!'", None, True),
        ("concat(userId,null) eq null", None, True),
        ("concat(concat(userId,'-'),connectionId) eq 'a-c1'", "a", True),
        ("protocol eq null", None, True),
    ],
)
def test_filter_matches(text: str, user_id: str | None, expected: bool) -> None:
    assert matches(text, user_id) is expected


@pytest.mark.parametrize(
    ("text", "groups", "expected"),
    [
        ("'g1' in groups", ["g1", "g2"], True),
        ("'G1' in groups", ["g1"], False),
        ("'g1' in Groups", ["g1"], True),
        ("'g1' in (groups)", ["g1"], True),
        ("'g1' in groups or 'g2' in groups or 'g3' in groups", ["g3"], True),
        ("not ('g1' in groups)", ["g1"], False),
        ("('g1' in groups) eq true", ["g1"], True),
        ("userId in groups", ["g1"], False),
        ("concat('g', '1') in groups", ["g1"], True),
        ("1 in groups", ["1"], False),
        ("length(groups) gt 1", ["g1", "g2"], True),
        ("length(groups) eq 0", [], True),
    ],
)
def test_filter_on_groups(text: str, groups: list[str], expected: bool) -> None:
    assert matches(text, None, *groups) is expected


def test_filter_on_protocol() -> None:
    connection = Connection(protocol="json.webpubsub.azure.v1")
    assert parse_filter("protocol eq 'json.webpubsub.azure.v1'").matches(connection)


@pytest.mark.parametrize(
    ("text", "message", "position"),
    [
        # The service's own words, as recorded, documented or asserted by others.
        ("invalid filter", "'invalid filter': Syntax error at position 14 in 'invalid filter'.", 8),
        ("not length(userId) gt 5", "'not length(userId)': Type 'null', expect 'bool'.", 0),
        ("userId lt 1", "'userId lt 1': Type 'string', expect 'int'.", 0),
        ("( not 'a' )", "'not 'a'': Type 'string', expect 'bool'.", 2),
        ("invalid(ab,c)", "'invalid(ab,c)': Token 'invalid(ab,c)' is not supported.", 0),
        ("ab eq 1", "'ab eq 1': Token 'ab' is not supported.", 0),
        # Kinds, whatever the connections are.
        ("userId", "'userId': Type 'string', expect 'bool'.", 0),
        ("null", "'null': Type 'null', expect 'bool'.", 0),
        ("length(userId)", "'length(userId)': Type 'null', expect 'bool'.", 0),
        ("length(protocol)", "'length(protocol)': Type 'null', expect 'bool'.", 0),
        ("trim(tolower(userId))", "'trim(tolower(userId))': Type 'null', expect 'bool'.", 0),
        ("concat(userId,'x')", "'concat(userId,'x')': Type 'string', expect 'bool'.", 0),
        ("concat(userId,trim(userId))", "'concat(userId,trim(userId))': Type 'null', expect 'bool'.", 0),
        ("length(connectionId)", "'length(connectionId)': Type 'int', expect 'bool'.", 0),
        ("tolower(userId) gt 1", "'tolower(userId) gt 1': Type 'string', expect 'int'.", 0),
        (
            "not substring(connectionId,1)",
            "'not substring(connectionId,1)': Type 'string', expect 'bool'.",
            0,
        ),
        ("true or userId lt 1", "'userId lt 1': Type 'string', expect 'int'.", 8),
        ("true and 1", "'true and 1': Type 'int', expect 'bool'.", 0),
        ("1 gt true", "'1 gt true': Type 'bool', expect 'int'.", 0),
        ("tolower(1) eq ''", "'tolower(1)': Type 'int', expect 'string'.", 0),
        ("concat(1, 'a') eq ''", "'concat(1,'a')': Type 'int', expect 'string'.", 0),
        ("length(1) eq 1", "'length(1)': Invalid token 'length(1)'.", 0),
        ("substring('a', null) eq ''", "'substring('a',null)': Type 'null', expect 'int'.", 0),
        ("contains(groups, 'a')", "'contains(groups,'a')': Type 'collection', expect 'string'.", 0),
        ("groups eq 'a'", "'groups eq 'a'': Type 'collection', expect 'string'.", 0),
        ("groups in ('a','b')", "'groups in ('a','b')': Type 'collection', expect 'string'.", 0),
        ("'a' in ('b', groups)", "''a' in ('b',groups)': Type 'collection', expect 'string'.", 0),
        ("'a' in userId", "''a' in userId': Type 'string', expect 'collection'.", 0),
        # Names and arguments.
        ("true or ab  eq 1", "'ab eq 1': Token 'ab' is not supported.", 8),
        ("true or not ab", "'true or (not ab)': Token 'ab' is not supported.", 12),
        ("not ab", "'not ab': Token 'ab' is not supported.", 4),
        ("toLower(userId) eq 'a'", "'toLower(userId)': Token 'toLower(userId)' is not supported.", 0),
        ("userId EQ 'a'", "'userId EQ 'a'': Syntax error at position 9 in 'userId EQ 'a''.", 7),
        ("tolower() eq ''", "'tolower()': Invalid token 'tolower()'.", 0),
        ("substring('a') eq ''", "'substring('a')': Invalid token 'substring('a')'.", 0),
        ("contains(userId)", "'contains(userId)': Invalid token 'contains(userId)'.", 0),
        ("1 add 1 eq 2", "'1 add 1 eq 2': Token 'add' is not supported.", 2),
        ("groups/any(g: g eq 'a')", "'groups/any(g: g eq 'a')': Token 'groups/any' is not supported.", 0),
        ("1.5 eq 1", "'1.5 eq 1': Token '1.5' is not supported.", 0),
        ("2147483648 eq 1", "'2147483648 eq 1': Token '2147483648' is not supported.", 0),
        # Syntax.
        (" ", "' ': Expression expected at position 1 in ' '.", 1),
        ("userId eq", "'userId eq': Expression expected at position 9 in 'userId eq'.", 9),
        ("and true", "'and true': Expression expected at position 0 in 'and true'.", 0),
        ("(true", "'(true': ')' or operator expected at position 5 in '(true'.", 5),
        ("length('a'", "'length('a'': ')' or ',' expected at position 10 in 'length('a''.", 10),
        ("1 in ()", "'1 in ()': Expression expected at position 6 in '1 in ()'.", 6),
        ("1 in (1,)", "'1 in (1,)': Expression expected at position 8 in '1 in (1,)'.", 8),
        ("true)", "'true)': Syntax error at position 5 in 'true)'.", 4),
        ("1 eq 1 eq true", "'1 eq 1 eq true': Parentheses expected at position 7 in '1 eq 1 eq true'.", 7),
        (
            "userId eq 'a",
            "'userId eq 'a': There is an unterminated string literal at position 12 in 'userId eq 'a'.",
            10,
        ),
        ("a = 1", "'a = 1': Syntax error: character '=' is not valid at position 2 in 'a = 1'.", 2),
        ("1 - 1", "'1 - 1': Syntax error: character '-' is not valid at position 2 in '1 - 1'.", 2),
    ],
)
def test_bad_filter_is_refused_in_the_services_words(text: str, message: str, position: int) -> None:
    with pytest.raises(FilterError) as refused:
        parse_filter(text)
    assert str(refused.value) == f"Invalid syntax for {message} (Parameter 'filter')"
    assert refused.value.position == position


# Each wraps a condition in one more level, and says how many times it can; the last grows the tree the most.
WRAPPINGS: dict[str, tuple[Callable[[str], str], int]] = {
    "parentheses": (lambda inner: f"({inner})", 33),
    "not": (lambda inner: f"not {inner}", 100),
    "right": (lambda inner: f"true and ({inner})", 25),
    "list": (lambda inner: f"true in ({inner},false)", 33),
    "left": (lambda inner: f"({inner}) eq true and true or false", 33),
}


def nested(wrapping: str, more: int = 0) -> str:
    wrap, levels = WRAPPINGS[wrapping]
    text = "true"
    for _ in range(levels + more):
        text = wrap(text)
    return text


def below(frames: int, call: Callable[[], object]) -> object:
    """Call with that many frames already on the stack."""
    return call() if frames == 0 else below(frames - 1, call)


@pytest.mark.parametrize("wrapping", WRAPPINGS)
def test_nesting_is_bounded(wrapping: str) -> None:
    assert isinstance(matches(nested(wrapping)), bool)
    with pytest.raises(FilterError, match="Recursion depth exceeded allowed limit of 100"):
        parse_filter(nested(wrapping, 1))


def test_deepest_nesting_never_exhausts_the_stack() -> None:
    text = nested("left", -1)
    assert below(300, lambda: matches(text)) is True
    with pytest.raises(FilterError, match="Type 'int', expect 'bool'"):
        below(300, lambda: parse_filter(f"({text}) and 1"))  # its message prints the whole tree


@pytest.mark.parametrize("name", ["and", "or"])
def test_a_chain_has_at_most_about_100_clauses(name: str) -> None:
    clauses = ["length(userId) eq 1"] * 99
    assert matches(f" {name} ".join(clauses), "a")
    with pytest.raises(FilterError, match="Recursion depth exceeded allowed limit of 100"):
        parse_filter(f" {name} ".join([*clauses, *clauses[:1]]))


def test_a_chain_counts_as_a_tree_that_leans_to_the_left() -> None:
    chain, deep = " or ".join(["true"] * 90), " and ".join(["true"] * 12)
    assert matches(f"{chain} or {deep}")
    with pytest.raises(FilterError, match="Recursion depth"):
        parse_filter(f"{deep} or {chain}")


def test_length_is_bounded() -> None:
    assert matches(f"userId ne {quote('x' * (MAX_LENGTH - 12))}")
    with pytest.raises(FilterError, match="65537 characters, more than the 65536 allowed"):
        parse_filter(f"userId ne {quote('x' * (MAX_LENGTH - 11))}")


@given(st.text())
@example("'")
@example("it's '' quoted")
@example("\ud800")
def test_any_quoted_text_equals_itself(text: str) -> None:
    assert matches(f"userId eq {quote(text)}", text)
    assert matches(f"userId in ('x', {quote(text)})", text)
    assert matches(f"{quote(text)} in groups", None, text)
    assert matches(f"trim({quote(text)}) eq trim(userId) and length(userId) eq length({quote(text)})", text)


@given(st.text(), st.text(), st.text())
def test_string_functions_agree(before: str, part: str, after: str) -> None:
    text = before + part + after
    assert matches(f"contains(userId, {quote(part)})", text)
    assert matches(f"startswith(userId, {quote(before)}) and endswith(userId, {quote(after)})", text)
    assert matches(f"concat(concat({quote(before)}, {quote(part)}), {quote(after)}) eq userId", text)
    start, length = (len(piece.encode("utf-16-le", "surrogatepass")) // 2 for piece in (before, part))
    assert matches(f"substring(userId, {start}, {length}) eq {quote(part)}", text)
    assert matches(f"indexof(userId, {quote(part)}) ge 0 and indexof(userId, {quote(part)}) le {start}", text)


WORDS = [
    *FUNCTIONS,
    *["userId", "connectionId", "groups", "protocol", "true", "false", "null", "any", "x", "\u00e9"],
    *["not", "and", "or", "in", "eq", "gt", "add", "(", "(", ")", ")", ",", "'", "/", "=", "\0"],
    *["'a'", "1", "-1", "1.5"],
]


@given(st.one_of(st.text(), st.lists(st.sampled_from(WORDS)).map(" ".join)))
@example("(" * 10_000)
@example("not " * 10_000 + "true")
@example("'" * 9_999)
@example("9" * 9_999 + " eq 1")
def test_garbage_is_refused_or_decides(text: str) -> None:
    connections = [Connection(), Connection("a", groups=frozenset("a"), protocol="p"), Connection("")]
    try:
        parsed = parse_filter(text)
    except FilterError as error:
        position = error.position
    else:
        position = 0
        assert all(parsed.matches(connection) in (True, False) for connection in connections)
    assert 0 <= position <= len(text)


NAMES = st.from_regex(r"[A-Za-z_][A-Za-z0-9_]{0,8}", fullmatch=True).filter(
    lambda name: (
        name not in {*WORDS, "ne", "ge", "lt", "le", "has", "add", "sub", "mul", "div", "divby", "mod"}
    )
)
LEAVES = st.one_of(
    st.one_of(st.none(), st.booleans(), st.integers(-(2**31), 2**31 - 1), st.text()).map(Literal),
    st.one_of(NAMES, st.sampled_from(["userId", "groups"])).map(Property),
)


def branches(inner: st.SearchStrategy[Expression]) -> st.SearchStrategy[Expression]:
    several = st.lists(inner, min_size=1, max_size=3).map(tuple)
    return st.one_of(
        st.builds(Call, st.one_of(NAMES, st.sampled_from(sorted(FUNCTIONS))), st.lists(inner).map(tuple)),
        st.builds(Not, inner),
        st.builds(Comparison, st.sampled_from(["eq", "ne", "gt", "ge", "lt", "le"]), inner, inner),
        st.builds(Membership, inner, st.one_of(NAMES.map(Property), st.text().map(Literal))),
        st.builds(Choice, inner, several),
        st.builds(
            Junction, st.sampled_from(["and", "or"]), st.lists(inner, min_size=2, max_size=3).map(tuple)
        ),
    )


@given(st.recursive(LEAVES, branches, max_leaves=12))
def test_printed_expression_parses_to_itself(expression: Expression) -> None:
    parsed = parse_expression(str(expression))
    assert parsed == expression
    assert str(parsed) == str(expression)
