"""Evaluation of scripts: functions of a scope, composed of smaller ones."""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from openapi_request_builders.directives.javascript import library, values
from openapi_request_builders.directives.javascript.scope import Scope
from openapi_request_builders.directives.javascript.values import UNDEFINED, ScriptError, is_true

Evaluate = Callable[[Scope], Any]
Set = Callable[[Scope, Any], None]
Binding = Callable[[Scope, Any], None]
"""Assigns a value to variables of a scope."""
Block = Callable[[Scope], Any]
"""Runs statements. Returns the value of a ``return``, or None if the script continues."""


@dataclass(frozen=True)
class Expression:
    """An expression.

    :param set: Assigns to it; None if that is not possible.
    :param remove: Deletes it; None if that is not possible.
    """

    get: Evaluate
    set: Set | None = None
    remove: Evaluate | None = None


def add(one: Any, other: Any) -> Any:
    """Return a sum, or two texts joined."""
    if any(isinstance(each, str | dict | list) for each in (one, other)):
        return values.as_text(one) + values.as_text(other)
    return numbers(one, other, lambda a, b: a + b)


def numbers(one: Any, other: Any, compute: Callable[[Any, Any], Any]) -> Any:
    """Compute with two numbers, or compare two texts."""
    if isinstance(one, str) and isinstance(other, str):
        return compute(one, other)
    if not all(isinstance(each, int | float) for each in (one, other)):
        raise ScriptError(f"{values.as_text(one)!r} and {values.as_text(other)!r} are not two numbers")
    return compute(one, other)


def _contains(key: Any, holder: Any) -> bool:
    if isinstance(holder, dict):
        return values.as_text(key) in holder
    return isinstance(holder, list) and values.key_of(holder, key) in range(len(holder))


# The operators that bind least come first.
OPERATORS: Sequence[Mapping[str, Callable[[Any, Any], Any]]] = (
    {
        "===": values.is_same,
        "!==": lambda one, other: not values.is_same(one, other),
        "==": values.is_equal,
        "!=": lambda one, other: not values.is_equal(one, other),
    },
    {
        "<": lambda one, other: numbers(one, other, lambda a, b: a < b),
        ">": lambda one, other: numbers(one, other, lambda a, b: a > b),
        "<=": lambda one, other: numbers(one, other, lambda a, b: a <= b),
        ">=": lambda one, other: numbers(one, other, lambda a, b: a >= b),
        "in": _contains,
    },
    {"+": add, "-": lambda one, other: numbers(one, other, lambda a, b: a - b)},
)


def constant(value: Any) -> Expression:
    """Return an expression with one value."""
    return Expression(lambda _: value)


def counting(target: Expression, set_target: Set, step: int) -> Expression:
    """Return ``target++`` or ``target--``."""

    def get(scope: Scope) -> Any:
        value = target.get(scope)
        set_target(scope, numbers(value, step, lambda a, b: a + b))
        return value

    return Expression(get)


def lazy(left: Expression, sign: str, right: Expression) -> Expression:
    """Return ``left && right`` and the like, which evaluate the right side only if necessary."""

    def get(scope: Scope) -> Any:
        value = left.get(scope)
        done = {"&&": not is_true(value), "||": is_true(value), "??": value not in (None, UNDEFINED)}[sign]
        return value if done else right.get(scope)

    return Expression(get)


def operation(left: Expression, compute: Callable[[Any, Any], Any], right: Expression) -> Expression:
    """Return an operation with two operands."""
    return Expression(lambda scope: compute(left.get(scope), right.get(scope)))


def member(holder: Expression, key: Evaluate, *, optional: bool) -> Expression:
    """Return a member, which can be set and deleted."""

    def get(scope: Scope) -> Any:
        value = holder.get(scope)
        if optional and value in (None, UNDEFINED):
            return UNDEFINED
        return values.member(value, key(scope), library.method)

    def remove(scope: Scope) -> bool:
        values.remove(holder.get(scope), key(scope))
        return True

    return Expression(get, lambda scope, value: values.assign(holder.get(scope), key(scope), value), remove)


def call(called: Expression, arguments: list[tuple[bool, Expression]], *, optional: bool) -> Expression:
    """Return a call."""

    def get(scope: Scope) -> Any:
        scope.run.step()
        callee = called.get(scope)
        if optional and callee in (None, UNDEFINED):
            return UNDEFINED
        if not callable(callee):
            raise ScriptError(f"{values.as_text(callee)!r} is called, but is not a function")
        try:
            return callee(*spread(arguments, scope))
        except (TypeError, AttributeError, IndexError) as error:
            raise ScriptError(f"a call fails: {error}") from None

    return Expression(get)


def spread(items: list[tuple[bool, Expression]], scope: Scope) -> list[Any]:
    """Return the values of a list in which some items are spread."""
    found: list[Any] = []
    for is_spread, item in items:
        value = item.get(scope)
        if is_spread and isinstance(value, list | str):
            found.extend(value)
        else:
            found.append(value)
    return found


def bind_items(bindings: Sequence[Binding], scope: Scope, items: Sequence[Any]) -> None:
    """Assign values to names. Names without a value become undefined."""
    for binding, item in zip(bindings, (*items, *[UNDEFINED] * len(bindings)), strict=False):
        binding(scope, item)


def function(bindings: Sequence[Binding], body: Block) -> Expression:
    """Return a function that scripts can call."""

    def get(scope: Scope) -> Any:
        def run(*arguments: Any) -> Any:
            scope.run.step()
            inner = scope.inner()
            bind_items(bindings, inner, arguments)
            returned = body(inner)
            return UNDEFINED if returned is None else returned[0]

        return run

    return Expression(get)
