"""Make values that a schema allows: as a builder takes them, and as text."""

import base64
import re
import warnings
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date, datetime, time, timedelta, timezone
from decimal import Decimal
from functools import lru_cache
from typing import Any
from uuid import UUID

from tests.documents.reader import Value, properties

MOMENT = datetime(2024, 2, 29, 12, 30, 5, tzinfo=timezone.utc)
# What shows whether text is escaped, by where it goes.
TEXTS = {
    "path": "a b/é?&=",
    "query": "é b/c?&=,;+|%20",
    "form": "é b/c?&=,;+|%20",
    "header": "a b c",
    "cookie": "a=b;c",
}
_FORMATS: Mapping[str, tuple[Any, str]] = {
    "date": (date(2024, 2, 29), "2024-02-29"),
    "date-time": (MOMENT, "2024-02-29T12:30:05.000Z"),
    "date-time-rfc1123": (MOMENT, "Thu, 29 Feb 2024 12:30:05 GMT"),
    "time": (time(12, 30, 5), "12:30:05"),
    "duration": (timedelta(hours=1), "PT1H"),
    "byte": (b"\xff\x00", base64.b64encode(b"\xff\x00").decode()),
    "base64url": (b"\xff\x00", "_wA"),
    "uuid": (UUID(int=5), str(UUID(int=5))),
}
_CANDIDATES = (
    *(
        "a",
        "A",
        "1",
        "ab",
        "abc",
        "a1",
        "A1",
        "12",
        "123",
        "1.0",
        "true",
        "a-b",
        "a_b",
        "aaaa",
        "1234",
        "0x1",
    ),
    *(
        "a@b.co",
        "https://a.b/c",
        "/a",
        "/a/b",
        "2024-02-29",
        "2024-02-29T12:30:05Z",
        "12:30",
        "*",
        "en",
        "en-US",
    ),
    *(
        "00000000-0000-0000-0000-000000000005",
        "127.0.0.1",
        "a.b",
        "a:b",
        "a=b",
        "a,b",
        "0123456789abcdef",
        "#fff",
    ),
    *(
        "0123456789abcdef0123456789abcdef",
        "abcdef0123456789abcdef01",
        "P1D",
        "PT1H",
        "1h",
        "10GB",
        "+15550100",
        "US",
    ),
)


class NoValueError(Exception):
    """A schema allows no value that can be made here."""


@dataclass(frozen=True)
class Sample:
    """A value as a builder takes it, and as text: lists and objects of text."""

    value: Any
    tree: Any


def sample(schema: Value, location: str, index: int = 0, depth: int = 0) -> Sample:
    """Return a value.

    :param location: Where it goes, which decides what text may have in it.
    :param index: The place in a list, so that items differ.
    """
    words = effective(schema)
    kind = words.get("type")
    listed = [each for each in words.get("enum") or () if each is not None]
    if kind == "array" and "items" in words and not listed:
        return _list(words, location, depth)
    if kind == "object" and depth < 8:
        return _object(schema, words, location, depth)
    if listed:
        return _listed(listed[index % len(listed)], kind)
    if kind == "boolean":
        return Sample(True, "true")
    if kind in ("integer", "number", "string", None):
        make = _string if kind in ("string", None) else _number
        return make(words, location, index)
    return Sample(["a", "b"], ["a", "b"]) if kind == "array" else _raise(f"type {kind}")


def effective(schema: Value, depth: int = 0) -> dict[str, Any]:
    """Return the words of a schema with those of all that it is made of, the first alternative of each."""
    if not isinstance(schema.value, dict) or depth > 20:
        return {}
    found: dict[str, Any] = {}
    for part in schema.each("allOf"):
        found.update(effective(part, depth + 1))
    for key in ("oneOf", "anyOf"):
        parts = [effective(part, depth + 1) for part in schema.each(key)]
        found.update(next((part for part in parts if part.get("type") != "null"), {}))
    found.update({key: each for key, each in schema.value.items() if each is not None})
    if isinstance(found.get("items"), dict) and "items" in schema.value:
        found["items"] = schema.at("items")
    if isinstance(found.get("additionalProperties"), dict) and "additionalProperties" in schema.value:
        found["additionalProperties"] = schema.at("additionalProperties")
    if isinstance(found.get("type"), list):
        found["type"] = next((each for each in found["type"] if each != "null"), None)
    if "const" in found:
        found["enum"] = [found.pop("const")]
    if "type" not in found:
        found["type"] = _implied(found)
    return found


def _implied(words: Mapping[str, Any]) -> str | None:
    for value in [*(words.get("enum") or ()), words.get("default")]:
        for kind, name in ((bool, "boolean"), (int, "integer"), (float, "number"), (str, "string")):
            if isinstance(value, kind):
                return name
    implied = (
        ("properties", "object"),
        ("additionalProperties", "object"),
        ("items", "array"),
        ("minimum", "number"),
    )
    return next((name for word, name in implied if word in words), None)


def _listed(value: Any, kind: Any) -> Sample:
    if kind == "array" and not isinstance(value, list):
        return Sample([value], [text_of(value)])  # the enumeration of the items, in the wrong place
    if isinstance(value, str) and kind in ("integer", "number"):
        value = float(value) if kind == "number" else int(value)
    if isinstance(value, str) and kind == "boolean":
        value = value.lower() == "true"
    if not isinstance(value, str) and kind == "string":
        value = str(value).lower() if isinstance(value, bool) else str(value)
    return Sample(value, text_of(value))


def text_of(value: Any) -> str:
    """Return a plain value as text."""
    return str(value).lower() if isinstance(value, bool) else str(value)


def _list(words: Mapping[str, Any], location: str, depth: int) -> Sample:
    count = max(min(2, words.get("maxItems", 2)), words.get("minItems", 0), 1)
    items = words["items"] if isinstance(words["items"], Value) else Value(words["items"], words_file(words))
    found = [sample(items, location, index, depth + 1) for index in range(count)]
    if words.get("uniqueItems") and len({repr(each.tree) for each in found}) < len(found):
        found = found[:1]
        if words.get("minItems", 0) > 1:
            raise NoValueError("different items")
    return Sample([each.value for each in found], [each.tree for each in found])


def words_file(words: Mapping[str, Any]) -> Any:
    """Refuse items whose references cannot be followed any more."""
    raise NoValueError(f"items of {sorted(words)}")


def _object(schema: Value, words: Mapping[str, Any], location: str, depth: int) -> Sample:
    members = {name: each for name, each in properties(schema).items() if not each.get("readOnly")}
    if not members:
        more = words.get("additionalProperties", True)
        if more is False:
            return Sample({}, {})
        members = {"k": more if isinstance(more, Value) else Value({"type": "string"}, schema.file)}
    found = {}
    for name, each in members.items():
        try:
            found[name] = sample(each, location, 0, depth + 1)
        except NoValueError:  # noqa: PERF203 (few members cannot be made)
            if name in (words.get("required") or ()):
                raise
    return Sample(
        {name: each.value for name, each in found.items()}, {name: each.tree for name, each in found.items()}
    )


def _number(words: Mapping[str, Any], location: str, index: int) -> Sample:
    del location  # numbers are written alike everywhere
    kind = words["type"]
    if words.get("format") == "unixtime":
        return Sample(MOMENT, str(int(MOMENT.timestamp())))
    step = Decimal(str(words.get("multipleOf", 1 if kind == "integer" else "0.5")))
    low, high = _bound(words, "minimum", "exclusiveMinimum"), _bound(words, "maximum", "exclusiveMaximum")
    start = low if low is not None else min(Decimal(1), high) if high is not None else Decimal(1)
    number = (start / step).to_integral_value(rounding="ROUND_CEILING") * step + index * step
    for candidate in (number, number + step, number - step, number - 2 * step):
        if _is_within(candidate, words, low, high):
            value = (
                int(candidate)
                if kind == "integer" or candidate == candidate.to_integral_value()
                else float(candidate)
            )
            return Sample(value, str(value))
    raise NoValueError("number")


def _bound(words: Mapping[str, Any], bound: str, exclusive: str) -> Decimal | None:
    found = [
        words[key]
        for key in (bound, exclusive)
        if isinstance(words.get(key), int | float) and not isinstance(words.get(key), bool)
    ]
    if not found:
        return None
    return Decimal(str(max(found) if bound == "minimum" else min(found)))


def _is_within(value: Decimal, words: Mapping[str, Any], low: Decimal | None, high: Decimal | None) -> bool:
    if low is not None and (value < low or (value == low and _is_excluded(words, "exclusiveMinimum", low))):
        return False
    return not (
        high is not None
        and (value > high or (value == high and _is_excluded(words, "exclusiveMaximum", high)))
    )


def _is_excluded(words: Mapping[str, Any], key: str, bound: Decimal) -> bool:
    value = words.get(key)
    return value is True or (value is not None and value is not False and Decimal(str(value)) == bound)


def _string(words: Mapping[str, Any], location: str, index: int) -> Sample:
    wanted = str(words.get("format"))
    if wanted in _FORMATS:
        fits = re.search(words.get("pattern", ""), _FORMATS[wanted][1])
        return Sample(*_FORMATS[wanted]) if fits else _raise("pattern")
    encoding = words.get("contentEncoding")
    if encoding in ("base64", "base64url"):
        return Sample(*_FORMATS["byte" if encoding == "base64" else "base64url"])
    low, high = words.get("minLength", 0), words.get("maxLength", 10**6)
    pattern = words.get("pattern")
    if pattern is None and wanted == "decimal":
        return Sample(Decimal("1.50"), "1.50")
    if pattern is None:
        text = f"{TEXTS[location]}{index or ''}"
        text = text[:high] if len(text) > high else text.ljust(low, "x")
        if location == "path" and text in ("", ".", ".."):
            return _raise("path")
        return Sample(text, text)
    text = _matching(pattern, low, high)
    return Sample(text, text)


def _raise(reason: str) -> Sample:
    raise NoValueError(reason)


@lru_cache(maxsize=4096)
def _matching(pattern: str, low: int, high: int) -> str:
    """Return text that matches a pattern: one of some guesses, or what hypothesis finds."""
    try:
        search = re.compile(pattern).search
    except re.error:
        raise NoValueError("pattern") from None
    guesses = (*_CANDIDATES, *("a" * count for count in (low, 8, 16, 24, 32, 40, 64)), "1" * low, "A" * low)
    for guess in guesses:
        if low <= len(guess) <= high and search(guess):
            return guess
    from hypothesis import strategies  # noqa: PLC0415 (few patterns need it)

    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        for _ in range(10):
            try:
                guess = str(
                    strategies.from_regex(pattern, alphabet=strategies.characters(codec="ascii")).example()
                )
            except Exception:
                break
            if low <= len(guess) <= high and search(guess) and guess.isprintable():
                return guess
    raise NoValueError("pattern")
