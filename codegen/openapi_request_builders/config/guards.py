"""Conditions after ``yaml`` on the first line of a block: ``$(tag) == 'preview' && !$(csharp)``.

AutoRest evaluates them as JavaScript, where ``&`` and ``|`` work like ``&&`` and ``||`` for truth values.
"""

import re
from collections.abc import Callable, Mapping, Sequence
from typing import Any

_TOKEN = re.compile(
    r"""\s*(?:\$\((?P<key>[^()]+)\) | (?P<quote>['"])(?P<text>.*?)(?P=quote)
    | (?P<number>\d+(?:\.\d+)?\b) | (?P<word>[A-Za-z_]+\b) | (?P<sign>===|!==|==|!=|&&?|\|\|?|!|\(|\)))""",
    re.VERBOSE,
)
_WORDS = {"true": True, "false": False, "null": None, "undefined": None}


def holds(guard: str, settings: Mapping[str, Any]) -> bool:
    """Whether a condition is true.

    :raises ValueError: Its syntax is not supported.
    """
    tokens = _tokens(guard, settings)
    value, rest = _either(tokens)
    if rest:
        raise ValueError(f"{rest[0][1]!r} is not expected")
    return bool(value)


def _tokens(guard: str, settings: Mapping[str, Any]) -> Sequence[tuple[str, Any]]:
    tokens: list[tuple[str, Any]] = []
    place = 0
    guard = _without_comments(guard).rstrip()
    while place < len(guard):
        match = _TOKEN.match(guard, place)
        if not match:
            raise ValueError(f"{guard[place:].strip()!r} is not supported")
        place = match.end()
        if match["key"]:
            tokens.append(("value", settings.get(match["key"].strip())))
        elif match["quote"]:
            tokens.append(("value", match["text"]))
        elif match["number"]:
            tokens.append(("value", match["number"]))
        elif match["word"]:
            if match["word"] not in _WORDS:
                raise ValueError(f"{match['word']!r} is not supported")
            tokens.append(("value", _WORDS[match["word"]]))
        else:
            tokens.append(("sign", match["sign"]))
    return tokens


def _without_comments(guard: str) -> str:
    """Return a condition without ``/* comments */``."""
    first, *rest = guard.split("/*")
    return " ".join((first, *(comment.partition("*/")[2] for comment in rest)))


Step = Callable[[Sequence[tuple[str, Any]]], tuple[Any, Sequence[tuple[str, Any]]]]


def _either(tokens: Sequence[tuple[str, Any]]) -> tuple[Any, Sequence[tuple[str, Any]]]:
    value, tokens = _both(tokens)
    while tokens and tokens[0] in (("sign", "||"), ("sign", "|")):
        other, tokens = _both(tokens[1:])
        value = value or other
    return value, tokens


def _both(tokens: Sequence[tuple[str, Any]]) -> tuple[Any, Sequence[tuple[str, Any]]]:
    value, tokens = _equal(tokens)
    while tokens and tokens[0] in (("sign", "&&"), ("sign", "&")):
        other, tokens = _equal(tokens[1:])
        value = value and other
    return value, tokens


def _equal(tokens: Sequence[tuple[str, Any]]) -> tuple[Any, Sequence[tuple[str, Any]]]:
    value, tokens = _unary(tokens)
    if tokens and tokens[0][0] == "sign" and tokens[0][1] in ("==", "===", "!=", "!=="):
        sign = tokens[0][1]
        other, tokens = _unary(tokens[1:])
        value = (_plain(value) == _plain(other)) is (sign[0] == "=")
    return value, tokens


def _unary(tokens: Sequence[tuple[str, Any]]) -> tuple[Any, Sequence[tuple[str, Any]]]:
    if not tokens:
        raise ValueError("it ends too early")
    (kind, value), rest = tokens[0], tokens[1:]
    if kind == "value":
        return value, rest
    if value == "!":
        value, rest = _unary(rest)
        return not value, rest
    if value == "(":
        value, rest = _either(rest)
        if rest and rest[0] == ("sign", ")"):
            return value, rest[1:]
        raise ValueError("')' is missing")
    raise ValueError(f"{value!r} is not expected")


def _plain(value: Any) -> Any:
    """Return numbers and truth values as they are written, for comparison."""
    return (
        value
        if value is None or isinstance(value, list | dict)
        else str(value).lower()
        if isinstance(value, bool)
        else str(value)
    )
