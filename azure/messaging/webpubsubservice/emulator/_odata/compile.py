"""OData filters: the text of ``filter=`` becomes a predicate over connections.

A filter is parsed (`syntax`), then checked, then compiled to closures. The check knows the kinds of value
that each expression can have, so a filter that would fail for *some* connection is refused for all, before
anybody receives anything. The service checks against a connection whose ``userId`` is null. That is why
``not length(userId) gt 5`` is refused with ``Type 'null', expect 'bool'``, and why kinds are kept in the
order in which that check finds them.

As in .NET, lengths and positions in strings count UTF-16 code units, and letters change case one by one.
"""

from __future__ import annotations

import enum
import operator
from collections.abc import Callable, Collection, Mapping
from dataclasses import dataclass, field
from typing import Any, Final, NamedTuple, NoReturn, Protocol, TypeAlias

from .syntax import (
    Call,
    Choice,
    Comparison,
    Expression,
    FilterError,
    Junction,
    Literal,
    Membership,
    Not,
    Property,
    parse_expression,
)

__all__ = ["Filter", "FilterError", "Subject", "parse_filter"]


class Subject(Protocol):
    """The properties of a connection that a filter can use."""

    @property
    def connection_id(self) -> str: ...
    @property
    def user_id(self) -> str | None: ...
    @property
    def groups(self) -> Collection[str]: ...
    @property
    def protocol(self) -> str | None: ...


class Kind(enum.Enum):
    """The kinds of value that an expression can have, by the service's names."""

    NULL = "null"
    BOOL = "bool"
    INT = "int"
    STRING = "string"
    COLLECTION = "collection"


Value: TypeAlias = str | int | bool | None
Evaluate: TypeAlias = Callable[[Subject], Any]
"""Returns the `Value` of an expression for a connection; only ``groups`` and its like return a collection."""
Condition: TypeAlias = Callable[[Subject], bool]


class _Compiled(NamedTuple):
    """An expression after the check.

    ``kinds`` is in the order in which the service's own check finds them. That check uses a connection
    without a user id; the property is still of kind string, but a function of it is null.
    """

    kinds: tuple[Kind, ...]
    evaluate: Evaluate
    nullable: bool = False
    constant: bool = False


_PROPERTIES: Final[Mapping[str, _Compiled]] = {
    "userid": _Compiled((Kind.STRING,), operator.attrgetter("user_id"), nullable=True),
    "connectionid": _Compiled((Kind.STRING,), operator.attrgetter("connection_id")),
    "protocol": _Compiled((Kind.STRING,), operator.attrgetter("protocol"), nullable=True),
    "groups": _Compiled((Kind.COLLECTION,), operator.attrgetter("groups")),
}
_KIND_OF: Final[Mapping[type, Kind]] = {
    type(None): Kind.NULL,
    bool: Kind.BOOL,
    int: Kind.INT,
    str: Kind.STRING,
}

# The characters that .NET trims. Unlike str.strip(), it keeps U+001C to U+001F.
_WHITE_SPACE: Final = "\t\n\v\f\r \x85\xa0\u1680\u2028\u2029\u202f\u205f\u3000" + "".join(
    map(chr, range(0x2000, 0x200B))
)


def _utf16(text: str) -> bytes:
    return text.encode("utf-16-le", "surrogatepass")


def _length(value: str | Collection[str]) -> int:
    if not isinstance(value, str) or value.isascii():
        return len(value)
    return len(_utf16(value)) // 2


def _change_case(text: str, change: Callable[[str], str]) -> str:
    if text.isascii():
        return change(text)
    return "".join(changed if len(changed := change(character)) == 1 else character for character in text)


def _index_of(text: str, part: str) -> int:
    index = text.find(part)
    return index if index <= 0 else _length(text[:index])


def _concat(left: str | None, right: str | None) -> str | None:
    if left is None or right is None:
        return right if left is None else left
    return left + right


def _substring(text: str, start: int, length: int | None = None) -> str | None:
    size = _length(text)
    stop = size if length is None else start + length
    if not 0 <= start <= stop <= size:
        return None
    if text.isascii():
        return text[start:stop]
    return _utf16(text)[2 * start : 2 * stop].decode("utf-16-le", "surrogatepass")


class Function(NamedTuple):
    """A function of the language.

    If a string argument is null, the result is ``on_null``. With ``joins``, null counts as empty text, and
    the result is null only if all arguments are. With ``nullable``, the function itself can return null.
    """

    parameters: tuple[tuple[Kind, ...], ...]
    result: Kind
    call: Callable[..., Value]
    on_null: Value = None
    optional: int = 0
    nullable: bool = False
    joins: bool = False


_STRING: Final = (Kind.STRING,)
_INT: Final = (Kind.INT,)

FUNCTIONS: Final[Mapping[str, Function]] = {
    "length": Function(((Kind.STRING, Kind.COLLECTION),), Kind.INT, _length),
    "tolower": Function((_STRING,), Kind.STRING, lambda text: _change_case(text, str.lower)),
    "toupper": Function((_STRING,), Kind.STRING, lambda text: _change_case(text, str.upper)),
    "trim": Function((_STRING,), Kind.STRING, lambda text: text.strip(_WHITE_SPACE)),
    "contains": Function((_STRING, _STRING), Kind.BOOL, operator.contains, on_null=False),
    "startswith": Function((_STRING, _STRING), Kind.BOOL, str.startswith, on_null=False),
    "endswith": Function((_STRING, _STRING), Kind.BOOL, str.endswith, on_null=False),
    "indexof": Function((_STRING, _STRING), Kind.INT, _index_of, on_null=-1),
    "concat": Function((_STRING, _STRING), Kind.STRING, _concat, joins=True),
    "substring": Function((_STRING, _INT, _INT), Kind.STRING, _substring, optional=1, nullable=True),
}
"""The functions by name. Names are case-sensitive, as in the service."""


class _Compiler:
    """Checks an expression and turns it into a closure, from the inside out.

    It takes one frame per level of the tree, so even the deepest tree that the parser accepts stays far from
    the interpreter's recursion limit.
    """

    def __init__(self, text: str) -> None:
        self._text = text

    def condition(self, expression: Expression) -> Condition:
        compiled = self._compile(expression, None)
        _expect(Kind.BOOL, compiled, expression)
        return compiled.evaluate

    def _compile(self, expression: Expression, around: Expression | None) -> _Compiled:
        if isinstance(expression, Property) and expression.name.casefold() not in _PROPERTIES:
            raise self._unsupported(expression, around)
        if isinstance(expression, Call) and expression.function not in FUNCTIONS:
            raise self._unsupported(expression, expression)
        if not isinstance(expression, Not):
            around = expression
        parts: list[_Compiled] = []
        for child in expression.children:
            parts.append(self._compile(child, around))  # noqa: PERF401 (a comprehension is a frame of its own)
        return _COMPILERS[type(expression)](expression, *parts)

    def _unsupported(self, expression: Expression, around: Expression | None) -> FilterError:
        # The service quotes the innermost operation that contains the unknown part.
        detail = f"Token '{expression}' is not supported."
        return FilterError(str(around) if around else self._text, detail, expression.position)


def _literal(literal: Literal) -> _Compiled:
    value = literal.value
    return _Compiled((_KIND_OF[type(value)],), lambda _: value, nullable=value is None, constant=True)


def _property(expression: Property) -> _Compiled:
    return _PROPERTIES[expression.name.casefold()]


def _call(call: Call, *arguments: _Compiled) -> _Compiled:
    function = FUNCTIONS[call.function]
    most = len(function.parameters)
    if not most - function.optional <= len(arguments) <= most:
        raise FilterError(str(call), f"Invalid token '{call}'.", call.position)
    for argument, wanted in zip(arguments, function.parameters[: len(arguments)], strict=True):
        accepted = (Kind.NULL, *wanted) if Kind.STRING in wanted else wanted
        for kind in argument.kinds:
            if kind in accepted:
                continue
            if len(wanted) == 1:
                _refuse(kind, wanted[0], call)
            raise FilterError(str(call), f"Invalid token '{call}'.", call.position)
    absent = [argument.nullable for argument in arguments]
    kinds = (function.result, Kind.NULL) if function.nullable else (function.result,)
    if function.on_null is None and (all(absent) if function.joins else any(absent)):
        kinds = (Kind.NULL, function.result)
    evaluate = _application(function, tuple(argument.evaluate for argument in arguments))
    return _Compiled(kinds, evaluate, nullable=Kind.NULL in kinds)


def _application(function: Function, arguments: tuple[Evaluate, ...]) -> Evaluate:
    call, on_null = function.call, function.on_null
    if function.joins:
        return lambda subject: call(*[argument(subject) for argument in arguments])

    def evaluate(subject: Subject) -> Value:
        values = [argument(subject) for argument in arguments]
        return on_null if None in values else call(*values)

    return evaluate


def _not(negation: Not, operand: _Compiled) -> _Compiled:
    _expect(Kind.BOOL, operand, negation)
    condition = operand.evaluate
    return _boolean(lambda subject: not condition(subject))


def _comparison(comparison: Comparison, left: _Compiled, right: _Compiled) -> _Compiled:
    compare = _EQUALITIES.get(comparison.operator)
    if compare is None:
        return _ordering(comparison, left, right)
    _refuse_collections(comparison, left, right)
    if not _comparable(left, right):
        unequal = compare(0, 1)
        return _boolean(lambda _: unequal)
    value, other = left.evaluate, right.evaluate
    return _boolean(lambda subject: compare(value(subject), other(subject)))


def _ordering(comparison: Comparison, left: _Compiled, right: _Compiled) -> _Compiled:
    if (Kind.NULL,) in (left.kinds, right.kinds):
        return _boolean(lambda _: False)
    for part in (left, right):
        for kind in part.kinds:
            if kind not in (Kind.INT, Kind.NULL):
                _refuse(kind, Kind.INT, comparison)
    compare, value, other = _ORDERINGS[comparison.operator], left.evaluate, right.evaluate

    def evaluate(subject: Subject) -> bool:
        first, second = value(subject), other(subject)
        return first is not None and second is not None and compare(first, second)

    return _boolean(evaluate)


_EQUALITIES: Final[Mapping[str, Callable[[object, object], bool]]] = {"eq": operator.eq, "ne": operator.ne}
_ORDERINGS: Final[Mapping[str, Callable[[int, int], bool]]] = {
    "gt": operator.gt,
    "ge": operator.ge,
    "lt": operator.lt,
    "le": operator.le,
}


def _membership(membership: Membership, item: _Compiled, collection: _Compiled) -> _Compiled:
    _refuse_collections(membership, item)
    _expect(Kind.COLLECTION, collection, membership)
    value, members = item.evaluate, collection.evaluate
    return _boolean(lambda subject: value(subject) in members(subject))


def _choice(choice: Choice, item: _Compiled, *values: _Compiled) -> _Compiled:
    if len(values) == 1 and Kind.COLLECTION in values[0].kinds:
        # `(groups)` is the collection in parentheses, not a list of one.
        return _membership(Membership(choice.item, choice.values[0], choice.position), item, values[0])
    _refuse_collections(choice, item, *values)
    comparable = [part for part in values if _comparable(item, part)]
    constants = frozenset(part.evaluate(_NO_SUBJECT) for part in comparable if part.constant)
    others = tuple(part.evaluate for part in comparable if not part.constant)
    value = item.evaluate
    if not others:
        return _boolean(lambda subject: value(subject) in constants)

    def evaluate(subject: Subject) -> bool:
        wanted = value(subject)
        return wanted in constants or any(wanted == other(subject) for other in others)

    return _boolean(evaluate)


def _junction(junction: Junction, *operands: _Compiled) -> _Compiled:
    for operand in operands:
        _expect(Kind.BOOL, operand, junction)
    conditions: tuple[Condition, ...] = tuple(operand.evaluate for operand in operands)
    decisive = junction.operator == "or"

    def evaluate(subject: Subject) -> bool:
        for condition in conditions:  # any() and all() would need a generator for each connection
            if condition(subject) is decisive:
                return decisive
        return not decisive

    return _boolean(evaluate)


_COMPILERS: Final[Mapping[type[Expression], Callable[..., _Compiled]]] = {
    Literal: _literal,
    Property: _property,
    Call: _call,
    Not: _not,
    Comparison: _comparison,
    Membership: _membership,
    Choice: _choice,
    Junction: _junction,
}


class _NoSubject:
    """Replaces the connection when a constant is evaluated."""

    connection_id = ""
    user_id = None
    groups = ()
    protocol = None


_NO_SUBJECT: Final = _NoSubject()


def _boolean(condition: Condition) -> _Compiled:
    return _Compiled((Kind.BOOL,), condition)


def _comparable(left: _Compiled, right: _Compiled) -> bool:
    # In Python, unlike .NET, true equals 1.
    return (Kind.BOOL in left.kinds) == (Kind.BOOL in right.kinds)


def _expect(wanted: Kind, part: _Compiled, expression: Expression) -> None:
    for kind in part.kinds:
        if kind is not wanted:
            _refuse(kind, wanted, expression)


def _refuse_collections(expression: Expression, *parts: _Compiled) -> None:
    for part in parts:
        if Kind.COLLECTION in part.kinds:
            _refuse(Kind.COLLECTION, Kind.STRING, expression)


def _refuse(actual: Kind, wanted: Kind, expression: Expression) -> NoReturn:
    detail = f"Type '{actual.value}', expect '{wanted.value}'."
    raise FilterError(str(expression), detail, expression.position)


@dataclass(frozen=True, slots=True)
class Filter:
    """A checked filter.

    :ivar text: The filter as it was written.
    :ivar matches: Returns whether a connection matches.
    """

    text: str
    matches: Condition = field(repr=False, compare=False)


def parse_filter(text: str) -> Filter:
    """Parse and check a filter. The empty filter matches every connection.

    :param text: The decoded value of the query parameter, or of the member in the body.
    :raises FilterError: The service would refuse it, or it would fail for some connection.
    """
    if not text:
        return Filter(text, lambda _: True)
    return Filter(text, _Compiler(text).condition(parse_expression(text)))
