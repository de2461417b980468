"""OData filters: text to expressions and back.

The language is the subset of OData that the service documents ("OData filter syntax in Azure Web PubSub"):

* ``or``, ``and``, ``not``, ``eq ne gt ge lt le in``, parentheses; ``not`` binds tightest, then comparisons,
  ``and``, ``or``. Comparisons do not chain.
* ``userId``, ``connectionId``, ``groups`` and ``protocol``, in any case.
* ``'text'`` (a quote is doubled), 32-bit integers, ``true``, ``false``, ``null``, function calls.

`compile` knows the meaning of the names, and which kinds of value go together.
"""

from __future__ import annotations

import enum
import re
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Final, NamedTuple, TypeAlias

if TYPE_CHECKING:
    from collections.abc import Mapping

MAX_DEPTH: Final = 100
"""The most levels of nesting in a filter's text and in its tree; the service documents the number.

In the text, ``not`` and each level of precedence count. So parentheses, inside which precedence starts again
at the lowest level, count as three. In the tree, each operation counts, and a chain leans to the left, so it
has at most "about 100 clauses", as documented.
"""

_TOO_DEEP: Final = f"Recursion depth exceeded allowed limit of {MAX_DEPTH}."

MAX_LENGTH: Final = 65_536
"""The most characters of a filter: far more than fit into a URL. This bounds the cost of a bulk request."""


class FilterError(ValueError):
    """A filter that the service refuses with 400, with the service's own message.

    :ivar expression: The part of the filter that is wrong, or all of it.
    :ivar detail: What is wrong with it.
    :ivar position: Where the wrong part starts in the filter, counted in characters from 0.
    """

    def __init__(self, expression: str, detail: str, position: int) -> None:
        super().__init__(f"Invalid syntax for '{expression}': {detail} (Parameter 'filter')")
        self.expression = expression
        self.detail = detail
        self.position = position


# Expressions. `str()` returns text that parses to the same expression. `children` are the expressions inside,
# in order. `position` is where an expression starts; it is only for messages and does not affect equality.


@dataclass(frozen=True, slots=True)
class Literal:
    """A constant."""

    value: str | int | bool | None
    position: int = field(default=0, compare=False)

    @property
    def children(self) -> tuple[Expression, ...]:
        return ()

    def __str__(self) -> str:
        if isinstance(self.value, str):
            return quote(self.value)
        if self.value is None or isinstance(self.value, bool):
            return _CONSTANT_NAMES[self.value]
        return str(self.value)


@dataclass(frozen=True, slots=True)
class Property:
    """A property of the connection, by the name in the filter."""

    name: str
    position: int = field(default=0, compare=False)

    @property
    def children(self) -> tuple[Expression, ...]:
        return ()

    def __str__(self) -> str:
        return self.name


@dataclass(frozen=True, slots=True)
class Call:
    """A function and its arguments."""

    function: str
    arguments: tuple[Expression, ...]
    position: int = field(default=0, compare=False)

    @property
    def children(self) -> tuple[Expression, ...]:
        return self.arguments

    def __str__(self) -> str:
        return f"{self.function}({','.join(map(str, self.arguments))})"


@dataclass(frozen=True, slots=True)
class Not:
    """The negation of a condition."""

    operand: Expression
    position: int = field(default=0, compare=False)

    @property
    def children(self) -> tuple[Expression, ...]:
        return (self.operand,)

    def __str__(self) -> str:
        return f"not {_operand(self.operand)}"


@dataclass(frozen=True, slots=True)
class Comparison:
    """Two values with one of ``eq ne gt ge lt le`` between them."""

    operator: str
    left: Expression
    right: Expression
    position: int = field(default=0, compare=False)

    @property
    def children(self) -> tuple[Expression, ...]:
        return (self.left, self.right)

    def __str__(self) -> str:
        return f"{_operand(self.left)} {self.operator} {_operand(self.right)}"


@dataclass(frozen=True, slots=True)
class Membership:
    """``item in collection``: whether the collection, such as ``groups``, has the item."""

    item: Expression
    collection: Expression
    position: int = field(default=0, compare=False)

    @property
    def children(self) -> tuple[Expression, ...]:
        return (self.item, self.collection)

    def __str__(self) -> str:
        return f"{_operand(self.item)} in {_operand(self.collection)}"


@dataclass(frozen=True, slots=True)
class Choice:
    """``item in (one, other, ...)``: whether the item is one of the values."""

    item: Expression
    values: tuple[Expression, ...]
    position: int = field(default=0, compare=False)

    @property
    def children(self) -> tuple[Expression, ...]:
        return (self.item, *self.values)

    def __str__(self) -> str:
        return f"{_operand(self.item)} in ({','.join(map(str, self.values))})"


@dataclass(frozen=True, slots=True)
class Junction:
    """Conditions joined by ``and`` or by ``or``. They form a flat list, which is faster to evaluate."""

    operator: str
    operands: tuple[Expression, ...]
    position: int = field(default=0, compare=False)

    @property
    def children(self) -> tuple[Expression, ...]:
        return self.operands

    def __str__(self) -> str:
        return f" {self.operator} ".join(map(_operand, self.operands))


Expression: TypeAlias = Literal | Property | Call | Not | Comparison | Membership | Choice | Junction


def _height(expression: Expression) -> int:
    """Count the levels of operations. Each operator of a chain is one level above the part to its left."""
    heights = [_height(child) for child in expression.children]
    if not isinstance(expression, Junction):
        return 1 + max(heights) if heights else 0
    # ((first or second) or third): the first two are at the same level; each further one adds a level.
    return max(height + len(heights) - max(index, 1) for index, height in enumerate(heights))


def _operand(expression: Expression) -> str:
    return str(expression) if isinstance(expression, Literal | Property | Call) else f"({expression})"


def quote(text: str) -> str:
    """Return a literal that equals this text in a filter."""
    return "'" + text.replace("'", "''") + "'"


_CONSTANTS: Final[Mapping[str, bool | None]] = {"true": True, "false": False, "null": None}
_CONSTANT_NAMES: Final = {value: name for name, value in _CONSTANTS.items()}

_NOT: Final = "not"
_PRECEDENCE: Final[Mapping[str, int]] = {
    "or": 1,
    "and": 2,
    **dict.fromkeys(("eq", "ne", "gt", "ge", "lt", "le", "in"), 3),
}
_LEVELS: Final = max(_PRECEDENCE.values())
_TIGHTEST: Final = _LEVELS + 1
_JUNCTIONS: Final = frozenset({"and", "or"})
# Operators of OData that the service lacks.
_FOREIGN_OPERATORS: Final = frozenset({"add", "sub", "mul", "div", "divby", "mod", "has"})


class _Kind(enum.Enum):
    TEXT = enum.auto()
    NUMBER = enum.auto()
    PATH = enum.auto()
    WORD = enum.auto()
    PUNCTUATION = enum.auto()
    END = enum.auto()


class _Token(NamedTuple):
    kind: _Kind
    text: str
    start: int
    end: int


# The service has no paths such as OData's `groups/any`. They are recognised so that the error can name them.
_TOKEN: Final = re.compile(
    r"""(?P<TEXT>'(?:[^']|'')*'(?!'))
      | (?P<NUMBER>[+-]?[0-9][\w.]*)
      | (?P<PATH>[^\W\d]\w*(?:[./][^\W\d]\w*)+)
      | (?P<WORD>[^\W\d]\w*)
      | (?P<PUNCTUATION>[(),])""",
    re.VERBOSE,
)
_SPACE: Final = re.compile(r"\s*")
_INTEGER: Final = re.compile(r"(?P<sign>[+-]?)0*(?P<digits>[0-9]{1,10})")


class _Parser:
    """Precedence climbing over `_PRECEDENCE`, with one token of lookahead."""

    def __init__(self, text: str) -> None:
        self._text = text
        self._token = self._scan(0)

    def parse(self) -> Expression:
        expression = self._expression(1, 0)
        if self._token.kind is not _Kind.END:
            # The service counts to the end of the token: 14 for 'invalid filter', as was recorded from it.
            detail = f"Syntax error at position {self._token.end} in '{self._text}'."
            raise FilterError(self._text, detail, self._token.start)
        return expression

    def _expression(self, minimum: int, depth: int) -> Expression:
        if depth > MAX_DEPTH:
            raise FilterError(self._text, _TOO_DEEP, self._token.start)
        left = self._operand(depth)
        compared = False
        while (name := self._operator()) is not None and (precedence := _PRECEDENCE[name]) >= minimum:
            if name in _JUNCTIONS:
                operands = [left]
                while self._operator() == name:
                    self._advance()
                    operands.append(self._expression(precedence + 1, depth + 1))
                left = Junction(name, tuple(operands), left.position)
                continue
            if compared:
                raise self._expected("Parentheses")
            compared = True
            self._advance()
            if name == "in":
                left = self._membership(left, depth)
            else:
                left = Comparison(name, left, self._expression(precedence + 1, depth + 1), left.position)
        return left

    def _operator(self) -> str | None:
        token = self._token
        if token.kind is not _Kind.WORD:
            return None
        if token.text in _FOREIGN_OPERATORS:
            raise self._unsupported(token)
        return token.text if token.text in _PRECEDENCE else None

    def _operand(self, depth: int) -> Expression:
        token = self._token
        if token.kind is _Kind.WORD and token.text not in _PRECEDENCE:
            return self._word(depth)
        if token.kind is _Kind.TEXT:
            self._advance()
            return Literal(token.text[1:-1].replace("''", "'"), token.start)
        if token.kind is _Kind.NUMBER:
            self._advance()
            return Literal(self._integer(token), token.start)
        if token.kind is _Kind.PATH:
            raise self._unsupported(token)
        if token.text != "(":
            raise self._expected("Expression")
        self._advance()
        expression = self._expression(1, depth + _LEVELS)
        self._close("operator")
        return expression

    def _word(self, depth: int) -> Expression:
        token = self._token
        self._advance()
        if token.text == _NOT:
            return Not(self._expression(_TIGHTEST, depth + 1), token.start)
        if token.text in _CONSTANTS:
            return Literal(_CONSTANTS[token.text], token.start)
        if self._token.text != "(":
            return Property(token.text, token.start)
        self._advance()
        arguments = () if self._token.text == ")" else self._list(depth)
        self._close("','")
        return Call(token.text, arguments, token.start)

    def _membership(self, item: Expression, depth: int) -> Expression:
        if self._token.text != "(":
            return Membership(item, self._expression(_TIGHTEST, depth + 1), item.position)
        self._advance()
        values = self._list(depth)
        self._close("','")
        return Choice(item, values, item.position)

    def _list(self, depth: int) -> tuple[Expression, ...]:
        items = [self._expression(1, depth + _LEVELS)]
        while self._token.text == ",":
            self._advance()
            items.append(self._expression(1, depth + _LEVELS))
        return tuple(items)

    def _close(self, alternative: str) -> None:
        if self._token.text != ")":
            raise self._expected(f"')' or {alternative}")
        self._advance()

    def _integer(self, token: _Token) -> int:
        match = _INTEGER.fullmatch(token.text)
        value = int(match["sign"] + match["digits"]) if match else None
        if value is None or not -(2**31) <= value < 2**31:
            raise self._unsupported(token)
        return value

    def _advance(self) -> None:
        self._token = self._scan(self._token.end)

    def _scan(self, position: int) -> _Token:
        text = self._text
        space = _SPACE.match(text, position)
        start = space.end() if space else position
        if start == len(text):
            return _Token(_Kind.END, "", start, start)
        match = _TOKEN.match(text, start)
        if match is not None and match.lastgroup is not None:
            return _Token(_Kind[match.lastgroup], match[0], start, match.end())
        if text[start] == "'":
            detail = f"There is an unterminated string literal at position {len(text)} in '{text}'."
        else:
            detail = f"Syntax error: character '{text[start]}' is not valid at position {start} in '{text}'."
        raise FilterError(text, detail, start)

    def _expected(self, what: str) -> FilterError:
        start = self._token.start
        return FilterError(self._text, f"{what} expected at position {start} in '{self._text}'.", start)

    def _unsupported(self, token: _Token) -> FilterError:
        return FilterError(self._text, f"Token '{token.text}' is not supported.", token.start)


def parse_expression(text: str) -> Expression:
    """Parse a filter into an expression, without regard to the meaning of its parts.

    :raises FilterError: The text is not an expression, is nested deeper than `MAX_DEPTH`, or is longer than
        `MAX_LENGTH`.
    """
    if len(text) > MAX_LENGTH:
        detail = f"The filter has {len(text)} characters, more than the {MAX_LENGTH} allowed."
        raise FilterError(f"{text[:64]}...", detail, MAX_LENGTH)
    expression = _Parser(text).parse()
    if _height(expression) > MAX_DEPTH:
        raise FilterError(text, _TOO_DEEP, expression.position)
    return expression
