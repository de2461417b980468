"""The values in a document, such as defaults, in the types of their parameters."""

import json
from collections.abc import Mapping
from contextlib import suppress
from typing import Any

from openapi_request_builders.model.defaults import broken_rule
from openapi_request_builders.model.shape import Shape
from openapi_request_builders.parse import parse, spelling
from openapi_request_builders.problems import Problems, problem

# The types of values in a document, for defaults and enumerations.
PLAIN: Mapping[str, tuple[type, ...]] = {
    "text": (str,),
    "boolean": (bool,),
    "integer": (int,),
    "number": (int, float),
    "array": (tuple,),
}
# Kinds that are described by nested shapes, or need no description.
COMPOUND = ("any", "any-of", "json", "object")


def broken_default(of: Shape, default: Any) -> str | None:
    """Return the rule that a default breaks, or one of its items, if any."""
    if broken := broken_rule(dict(of.constraints), of.enum, of.pattern, default):
        return broken
    if of.items is None:
        return None
    return next(filter(None, (broken_default(of.items, each) for each in default)), None)


def fits(of: Shape, value: Any) -> bool:
    """Whether a value of the document, which is not an object, is one that a shape allows."""
    if of.kind == "any":
        return not isinstance(value, list)
    if of.kind in ("json", "object"):
        return of.kind == "json"
    if of.alternatives:
        return any(fits(each, value) for each in of.alternatives)
    try:
        return broken_default(of, value_of(of, value, "")) is None
    except Problems:
        return False


def value_of(of: Shape, value: Any, place: str) -> Any:
    """Return a value of the document in the type of its parameter, with the items of lists in theirs."""
    if of.kind in COMPOUND:
        if not fits(of, value):
            raise _wrong_type(of.kind, value, place)
        return frozen(value)
    if not isinstance(value, list) or of.items is None:
        return _typed(of.kind, value, place)
    return tuple(value_of(of.items, each, place) for each in value)


def _wrong_type(kind: str, value: Any, place: str) -> Problems:
    words = "is none of the values that are allowed" if kind == "any-of" else f"is not a value of type {kind}"
    message = f"{json.dumps(value)} {words}"
    return problem(place, message, "correct the value, or the type")


def frozen(value: Any) -> Any:
    """Return a value with tuples for its lists, at any depth."""
    return tuple(map(frozen, value)) if isinstance(value, list) else value


def _typed(kind: str, value: Any, place: str) -> Any:
    if isinstance(value, str) and kind in ("boolean", "integer", "number"):
        with suppress(ValueError):
            value = parse(value.lower(), is_yaml=False)
    types = PLAIN.get(kind, (str,))
    if isinstance(value, int | float) and types == (str,):
        value = spelling(value)
    if not isinstance(value, types) or (isinstance(value, bool) and bool not in types):
        raise _wrong_type(kind, value, place)
    return value


def has_object(value: Any) -> bool:
    """Whether a value is an object, or a list with one at any depth."""
    return isinstance(value, dict) or (isinstance(value, list) and any(map(has_object, value)))


def is_no_segment(value: Any) -> bool:
    """Whether HTTP libraries remove a value from a path, in which a list is its items with commas."""
    if isinstance(value, tuple):
        return len(value) < 2 and all(each == "" or is_no_segment(each) for each in value)
    return value in (".", "..")
