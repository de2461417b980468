"""Predicates as JSON: they choose entries of a record.

A predicate is an object. Each of its members names a member of the entries, and all of them must match. A dot
separates the names of nested members, as in ``query.filter``. A value matches an equal value. An object of
comparisons matches a value that passes all of them:

=============  ===================================================
comparison     passes if the entry's value
=============  ===================================================
``equals``     is equal
``not``        is not equal
``in``         is one of a list
``contains``   is a text or a list that contains this
``startsWith`` is a text that starts with this
``atLeast``    is a number, this or above
``atMost``     is a number, this or below
=============  ===================================================
"""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, TypeAlias

from azure.messaging.webpubsubservice._keywords import did_you_mean
from azure.messaging.webpubsubservice.emulator._service.shortfall import shown_value
from azure.messaging.webpubsubservice.emulator._strict_json import to_text

Entry: TypeAlias = Mapping[str, Any]
"""An entry of a record, as JSON."""


class InvalidPredicateError(ValueError):
    """The predicate does not have this form. The message says why."""


def _is_number(value: object) -> bool:
    return isinstance(value, int | float) and not isinstance(value, bool)


def _contains(value: Any, part: Any) -> bool:
    if isinstance(value, str):
        return isinstance(part, str) and part in value
    return isinstance(value, list) and part in value


_COMPARISONS: Mapping[str, Callable[[Any, Any], bool]] = {
    "equals": lambda value, other: bool(value == other),
    "not": lambda value, other: bool(value != other),
    "in": lambda value, others: isinstance(others, list) and value in others,
    "contains": _contains,
    "startsWith": lambda value, start: (
        isinstance(value, str) and isinstance(start, str) and value.startswith(start)
    ),
    "atLeast": lambda value, bound: _is_number(value) and value >= bound,
    "atMost": lambda value, bound: _is_number(value) and value <= bound,
}
#: The words before an operand in messages, if they are not the comparison's name.
_WORDS: Mapping[str, str] = {"equals": "equal to", "not": "other than"}
#: The rules for the values of some comparisons. The others take any value.
_OPERANDS: Mapping[str, tuple[Callable[[Any], bool], str]] = {
    "in": (lambda value: isinstance(value, list), "a list"),
    "startsWith": (lambda value: isinstance(value, str), "a text"),
    "atLeast": (_is_number, "a number"),
    "atMost": (_is_number, "a number"),
}


@dataclass(frozen=True)
class Predicate:
    """A predicate, ready to use.

    :ivar tests: The comparisons, each with the name of the member and the operand.
    """

    tests: Sequence[tuple[str, str, Any]]

    def __call__(self, entry: Entry) -> bool:
        """Return whether an entry matches."""
        return all(_passes(entry, *test) for test in self.tests)

    def failures(self, entry: Entry) -> list[str]:
        """Describe why an entry does not match: each comparison that fails, with the entry's value."""
        return [
            f"{name} is {shown_value(_member(entry, name), to_text)}, "
            f"not {_WORDS.get(how, how)} {to_text(operand)}"
            for name, how, operand in self.tests
            if not _passes(entry, name, how, operand)
        ]


def compile_predicate(where: object, members: tuple[str, ...]) -> Predicate:
    """Return a predicate that says whether an entry matches.

    :param where: The predicate, as parsed from JSON; ``None`` and an empty object match every entry.
    :param members: The members of the entries.
    :raises InvalidPredicateError: It is not a predicate for such entries.
    """
    if where is None:
        return Predicate(())
    if not isinstance(where, dict):
        raise InvalidPredicateError("where must be an object whose member names are those of the entries")
    tests = [(name, *test) for name, value in where.items() for test in _comparisons(name, value)]
    for name in where:
        first = name.partition(".")[0]
        if first not in members:
            known = did_you_mean(first, members) or f" They have {', '.join(members)}"
            raise InvalidPredicateError(f"where has {name!r}, which the entries do not have.{known}")
    return Predicate(tests)


def _passes(entry: Entry, name: str, comparison: str, operand: Any) -> bool:
    return _COMPARISONS[comparison](_member(entry, name), operand)


def _comparisons(name: str, value: Any) -> list[tuple[str, Any]]:
    if not isinstance(value, dict):
        return [("equals", value)]
    if not value:
        raise InvalidPredicateError(f"where.{name} has no comparison; these are: {', '.join(_COMPARISONS)}")
    for comparison, operand in value.items():
        if comparison not in _COMPARISONS:
            hint = did_you_mean(comparison, _COMPARISONS)
            known = f"no comparison.{hint}" if hint else f"not one of {', '.join(_COMPARISONS)}"
            raise InvalidPredicateError(f"where.{name} has {comparison!r}, which is {known}")
        valid, rule = _OPERANDS.get(comparison, (lambda _: True, ""))
        if not valid(operand):
            raise InvalidPredicateError(f"where.{name}.{comparison} must be {rule}")
    return list(value.items())


def _member(entry: Entry, name: str) -> Any:
    value: Any = entry
    for part in name.split("."):
        value = value.get(part) if isinstance(value, Mapping) else None
    return value
