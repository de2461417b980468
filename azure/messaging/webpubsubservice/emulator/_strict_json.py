"""JSON as RFC 8259 defines it, with the text of each member as its sender wrote it.

The standard library's decoder also accepts ``NaN`` and ``Infinity``, which other clients could not parse.
Payloads are passed on as they were written, because parsing and dumping would change numbers.
"""

import json
import re
from typing import Any, NamedTuple, NoReturn

_SPACE = re.compile(r"[ \t\n\r]*")


class Member(NamedTuple):
    """A value with its JSON text."""

    value: Any
    text: str


def _refuse(name: str) -> NoReturn:
    raise ValueError(f"{name} is not JSON")


_DECODER = json.JSONDecoder(parse_constant=_refuse)


def parse(text: str) -> Any:
    """Return the value of a JSON text.

    :raises ValueError: It is not JSON, or nested too deeply.
    """
    try:
        return _DECODER.decode(text)
    except RecursionError:
        raise ValueError("nested too deeply") from None


def to_text(value: Any) -> str:
    """Return a value as JSON, for people to read. What JSON lacks, such as a date, becomes a string."""
    return json.dumps(value, ensure_ascii=False, default=str)


def refuse_duplicates(text: str) -> None:
    """Check that no object in a JSON text has the same name twice.

    :raises ValueError: An object has.
    """
    json.loads(text, object_pairs_hook=_without_duplicates)


def _without_duplicates(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
    members = dict(pairs)
    if len(members) != len(pairs):
        raise ValueError("a name is there twice")
    return members


def parse_object(text: str) -> dict[str, Member]:
    """Return the members of a JSON object, with the text of each value.

    :raises ValueError: It is not JSON, not an object, or nested too deeply.
    """
    try:
        return _parse_object(text)
    except RecursionError:
        raise ValueError("nested too deeply") from None


def _parse_object(text: str) -> dict[str, Member]:
    members: dict[str, Member] = {}
    at = _expect(text, _skip(text, 0), "{")
    if text.startswith("}", at):
        at += 1
    else:
        at -= 1  # each iteration starts at the "{" or "," before a member
        while not members or text.startswith(",", at):
            start = _skip(text, at + 1)
            _expect(text, start, '"')
            name, end = _value(text, start)
            start = _expect(text, _skip(text, end), ":")
            value, end = _value(text, start)
            members[name] = Member(value, text[start:end])
            at = _skip(text, end)
        at = _expect(text, at, "}")
    if at != len(text):
        raise ValueError(f"text after the object at {at}")
    return members


def _value(text: str, start: int) -> tuple[Any, int]:
    return _DECODER.raw_decode(text, start)


def _skip(text: str, start: int) -> int:
    space = _SPACE.match(text, start)
    return space.end() if space else start


def _expect(text: str, at: int, character: str) -> int:
    """Step over one character and the white space after it."""
    if not text.startswith(character, at):
        raise ValueError(f"expected {character!r} at {at}")
    return _skip(text, at + 1)
