"""Split a script into tokens."""

import re
from collections.abc import Iterator
from dataclasses import dataclass

from openapi_request_builders.directives.javascript.values import ScriptError

_TOKEN = re.compile(
    r"""(?P<space>(?:\s|//[^\n]*|/\*.*?\*/)+)
    | (?P<text>"(?:\\.|[^"\\\n])*"|'(?:\\.|[^'\\\n])*')
    | (?P<template>`(?:\\.|[^`\\])*`)
    | (?P<number>(?:\d+\.?\d*|\.\d+)(?:[eE][+-]?\d+)?)
    | (?P<name>[A-Za-z_$][\w$]*)
    | (?P<sign>\.\.\.|===|!==|=>|==|!=|<=|>=|&&|\|\||\?\?|\?\.|\+=|\+\+|--|[][{}().,:;=+<>!?-])""",
    re.VERBOSE | re.DOTALL,
)
_REGEX = re.compile(r"/((?:\\.|\[(?:\\.|[^]\\\n])*\]|[^/\\\n[])+)/([a-z]*)")
_ESCAPE = re.compile(r"\\(?:u\{([0-9a-fA-F]+)\}|u([0-9a-fA-F]{4})|x([0-9a-fA-F]{2})|(.))", re.DOTALL)
_ESCAPES = {"n": "\n", "r": "\r", "t": "\t", "b": "\b", "f": "\f", "v": "\v", "0": "\0", "\n": ""}


@dataclass(frozen=True)
class Token:
    """A token: its kind, its text, and where it begins."""

    kind: str
    text: str
    at: int
    after_line_break: bool = False


def tokens(source: str) -> list[Token]:
    """Split a script. The last token is empty and of the kind ``end``.

    :raises ScriptError: Some text is not a token.
    """
    return [*_tokens(source), Token("end", "", len(source), after_line_break=True)]


def _tokens(source: str) -> Iterator[Token]:
    place = 0
    previous = Token("sign", ";", 0)
    line_break = False
    while place < len(source):
        match = _TOKEN.match(source, place)
        if match is None and not _is_value(previous) and (regex := _REGEX.match(source, place)):
            previous = Token("regex", regex[0], place, line_break)
            line_break = False
            yield previous
            place = regex.end()
            continue
        if match is None:
            raise ScriptError(f"{source[place:].strip()[:40]!r} is not supported")
        place = match.end()
        if match.lastgroup == "space":
            line_break = line_break or "\n" in match[0]
        else:
            previous = Token(str(match.lastgroup), match[0], match.start(), line_break)
            line_break = False
            yield previous


def _is_value(token: Token) -> bool:
    """Whether a slash after this token is a division."""
    return token.kind in ("text", "template", "number", "name") or token.text in (")", "]", "}")


def regex_parts(text: str) -> tuple[str, str]:
    """Return the pattern and the flags of a regular expression."""
    match = _REGEX.fullmatch(text)
    assert match is not None
    return match[1], match[2]


def unescaped(text: str) -> str:
    """Return the value of a text in quotes."""

    def plain(match: re.Match[str]) -> str:
        code = match[1] or match[2] or match[3]
        return chr(int(code, 16)) if code else _ESCAPES.get(match[4], match[4])

    return _ESCAPE.sub(plain, text)
