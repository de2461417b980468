"""Example calls for docstrings: the arguments that a builder needs, with plausible values."""

import re
from collections.abc import Iterable, Iterator, Mapping
from datetime import date, datetime, time, timedelta
from itertools import islice
from typing import Any

from openapi_request_builders.documents.node import Node
from openapi_request_builders.model.defaults import broken_rule
from openapi_request_builders.model.matching import LONGEST, matching
from openapi_request_builders.model.package import Argument, Body, Call, Value
from openapi_request_builders.model.samples import Samples
from openapi_request_builders.model.shape import Shape

# Values by kind, if they do not depend on the parameter. A time without a zone is UTC.
VALUES: Mapping[str, Any] = {
    "boolean": True,
    "date": date(2024, 2, 29),
    "date-time": datetime(2024, 2, 29, 12, 30),  # noqa: DTZ001
    "date-time-rfc1123": datetime(2024, 2, 29, 12, 30),  # noqa: DTZ001
    "unixtime": datetime(2024, 2, 29, 12, 30),  # noqa: DTZ001
    "time": time(12, 30),
    "duration": timedelta(days=1),
    "byte": b"content",
    "base64url": b"content",
    "uuid": "123e4567-e89b-12d3-a456-426614174000",  # the example of RFC 9562
    "json": {"key": "value"},
    "prefixed-headers": {"name": "value"},
}
# Text by format.
TEXTS: Mapping[str, str] = {
    "email": "me@example.com",
    "hostname": "example.com",
    "ipv4": "192.0.2.1",
    "ipv6": "2001:db8::1",
    "uri": "https://example.com/",
    "url": "https://example.com/",
}
# Text for patterns and lengths that a parameter's name does not fit.
OTHER_TEXTS = ("a", "1", "12345678", "a1", "en-US", "2024-02-29", VALUES["uuid"])
_UUID = r"[0-9a-fA-F]{8}(-[0-9a-fA-F]{4}){3}-[0-9a-fA-F]{12}"
_TYPES: Mapping[str, type | tuple[type, ...]] = {"text": str, "integer": int, "number": (int, float)}


def examples(node: Node) -> tuple[Any, ...]:
    """Return what a document says about a parameter's value: its own example, and one of its format."""
    found = (node.get("x-example"), node.get("example"), TEXTS.get(str(node.get("format"))))
    return tuple(each for each in found if each is not None and len(str(each)) <= LONGEST)


def example_call(
    positional: Iterable[Argument], named: Iterable[Argument], body: Body | None, form: Iterable[Value]
) -> Call | None:
    """Return the arguments of a call that the builder accepts, or None if no value fits a parameter's rules.

    :param form: The fields of the form that the body may be.
    """
    by_name = {each.name: each for each in (*named, *_needed_fields(body, form))}.values()
    values = [("", _value_of(each)) for each in positional]
    values += [(each.name, _value_of(each)) for each in by_name]
    if any(value is None for _, value in values):
        return None
    return (*values, *_body(body))


def json_value(samples: Samples, schema: Node) -> Any:
    """Return a JSON value for a body: an object with its required members, or with its first one."""
    value = samples.plain(schema)
    is_content = schema.get("type") == "file" or schema.get("format") in ("binary", "file")
    return {"key": "value"} if is_content or value == {} else value


def _needed_fields(body: Body | None, form: Iterable[Value]) -> Iterator[Argument]:
    """Yield the fields that are required in the first form, if the body has to be one of several forms."""
    if body is None or body.takes_content or not body.shape.required or not body.shape.forms:
        return
    _, lacking = body.shape.forms[0]
    for value in form:
        argument = value.argument
        if isinstance(argument, Argument) and argument.shape.required and value.wire not in lacking:
            yield argument


def _body(body: Body | None) -> Iterator[tuple[str, Any]]:
    if body is None or not body.shape.required or not (body.takes_json or body.takes_content):
        return
    if body.takes_json:
        yield "json", body.example
        return
    yield "content", b"content"
    types = body.shape.whole_types
    concrete = next((each for each in types if "*" not in each), "application/octet-stream")
    if len(types) > 1 or body.shape.default_type == "" or concrete.startswith("multipart/"):
        boundary = "; boundary=end" if concrete.startswith("multipart/") else ""
        yield "content_type", f"{concrete}{boundary}"


def _value_of(argument: Argument) -> Any:
    now = argument.rules.history.now
    return _value(argument.shape if now is None else now, argument.name, argument.examples)


def _value(shape: Shape, name: str, given: Iterable[Any] = ()) -> Any:
    """Return a value that keeps the rules of a shape; None if there is none among the candidates."""
    if shape.kind == "array" and shape.items:
        return _items(shape, name, given)
    if shape.kind == "object":
        return _members(shape)
    if shape.kind == "any-of":
        return next(filter(None, (_value(each, name, given) for each in shape.alternatives)), None)
    if shape.kind == "file":
        concrete = [each for each in shape.content_types if "*" not in each]
        return (name, b"content", concrete[0]) if len(concrete) > 1 else b"content"
    return next(_fitting(shape, name, given), None)


def _fitting(shape: Shape, name: str, given: Iterable[Any] = ()) -> Iterator[Any]:
    """Yield the different candidates that keep the rules of a shape that is not compound."""
    seen: list[Any] = []
    for value in _candidates(shape, name, given):
        if value not in seen and _keeps_rules(shape, value):
            seen.append(value)
            yield value


def _candidates(shape: Shape, name: str, given: Iterable[Any]) -> Iterator[Any]:
    rules = dict(shape.constraints)
    yield from (shape.default,) if shape.default is not None else ()
    yield from given
    yield from shape.enum or shape.known_values
    if shape.kind in VALUES:
        yield VALUES[shape.kind]
    elif shape.kind in ("integer", "number"):
        low, high, unit = (rules.get(rule) for rule in ("minimum", "maximum", "multiple_of"))
        near = [each for bound in (low, high) if bound is not None for each in (bound, bound + 1, bound - 1)]
        multiples = [] if unit is None else [unit, -(-(low or 0) // unit) * unit, (high or 0) // unit * unit]
        yield from [1, *near, *multiples, *range(2, 10), 0]
    else:
        yield from (name, name.replace("_", "-"), name.replace("_", ""))
        least = min(rules.get("min_length", 0), LONGEST)
        if pattern := rules.get("pattern"):
            yield from (matching(pattern, repeated=count) for count in (1, 0, least))
        yield from (text[: rules.get("max_length")].ljust(least, text[-1]) for text in (name, *OTHER_TEXTS))
        yield from (f"{name}{number}" for number in range(2, 10))


def _keeps_rules(shape: Shape, value: Any) -> bool:
    if shape.kind in VALUES and value != shape.default:
        return _is_like(VALUES[shape.kind], value)
    expected = _TYPES.get(shape.kind)
    if expected is not None and (not isinstance(value, expected) or isinstance(value, bool)):
        return False
    if isinstance(value, str) and not _is_plain(shape, value):
        return False
    rules = dict(shape.constraints) if expected is not None else {}
    return broken_rule(rules, shape.enum, shape.pattern, value) is None if rules or shape.enum else True


def _is_like(known: Any, value: Any) -> bool:
    """Whether a builder takes a value instead of a known one: text in a document may stand for a date."""
    is_uuid = known != VALUES["uuid"] or (isinstance(value, str) and re.fullmatch(_UUID, value) is not None)
    return isinstance(value, type(known)) and is_uuid


def _is_plain(shape: Shape, text: str) -> bool:
    """Whether text can be in every part of a request: printable, no path of dots, and no mark of a cookie."""
    if not text.strip() or not text.isprintable() or {".", ".."} & set(text.split("/")):
        return False
    return not (shape.style and shape.style.name == "cookie" and not text.replace("_", "").isalnum())


def _items(shape: Shape, name: str, given: Iterable[Any]) -> list[Any] | None:
    """Return the items of a list: those of the document, or as few as its rules allow."""
    rules, items = dict(shape.constraints), shape.items
    assert items is not None
    if known := next((each for each in given if _are_items(shape, each)), None):
        return list(known)
    if listed := shape.enum or shape.known_values:
        return list(_thawed(next(filter(None, listed), listed[0])))
    least: int = max(rules.get("min_items", 1), 1)
    if least > LONGEST:
        return None
    name = name.removesuffix("s") or name
    if items.kind in _TYPES:
        found = list(islice(_fitting(items, name), least))
    else:
        found = [value for value in [_value(items, name)] if value is not None]
    if not found or ("unique_items" in rules and len(found) < least):
        return None
    return (found * least)[:least]


def _are_items(shape: Shape, values: Any) -> bool:
    """Whether a value of the document is a list that keeps the rules."""
    items = shape.items
    if not isinstance(values, list) or not items or items.kind not in _TYPES:
        return False
    keep_rules = all(_keeps_rules(items, each) for each in values)
    return keep_rules and broken_rule(dict(shape.constraints), _thawed(shape.enum), None, values) is None


def _thawed(value: Any) -> Any:
    """Return a value with lists for its tuples, at any depth."""
    return list(map(_thawed, value)) if isinstance(value, tuple) else value


def _members(shape: Shape) -> dict[str, Any] | None:
    """Return the required members of an object, or its first one."""
    members = dict(shape.members)
    names = shape.needed or tuple(members)[:1] or ("name",)
    found = {name: _value(members.get(name, shape.more or Shape("text")), name) for name in names}
    return None if None in found.values() else found
