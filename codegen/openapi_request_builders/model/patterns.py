"""Translate regular expressions of ECMA-262, which OpenAPI uses, to the syntax of Python's :mod:`re`."""

import re
from collections.abc import Iterator

_WORD = "A-Za-z0-9_"
# Digits and words are ASCII in ECMA-262. White space is Unicode's, like Python's except for a few characters.
_CLASSES = {"d": "0-9", "w": _WORD}
_SETS = (r"\d", r"\w", r"\s")
_TOKEN = re.compile(
    r"""\\u\{(?P<point>[0-9A-Fa-f]+)\}
    | \\u(?P<high>[dD][89abAB][0-9A-Fa-f]{2})\\u(?P<low>[dD][c-fC-F][0-9A-Fa-f]{2})
    | \\c(?P<control>[A-Za-z]) | \\(?P<escape>.) | (?P<name>\(\?<(?![=!])) | (?P<sign>.)""",
    re.VERBOSE | re.DOTALL,
)
_OUTSIDE = {
    "$": r"\Z",  # Python's "$" also matches before a final newline
    ".": r"[^\n\r\u2028\u2029]",
}


def translate(pattern: str) -> str | None:
    """Return the pattern for :func:`re.search`, or None if Python has no equivalent."""
    try:
        translated = "".join(_pieces(pattern))
        re.compile(translated)
    except (re.error, ValueError, OverflowError, RecursionError):
        return None
    return translated


def _pieces(pattern: str) -> Iterator[str]:
    in_class = False
    previous = ""
    for token in _TOKEN.finditer(pattern):
        text = token[0]
        if not token["sign"]:
            yield _special(token, in_class=in_class)
        elif not in_class:
            in_class = text == "["
            if pattern.startswith(("[]", "[^]"), token.start()):
                raise ValueError("Python has no empty class")
            if pattern.startswith("(?>", token.start()) or (text == "+" and previous in ("*", "+", "?", "}")):
                raise ValueError("some versions of Python give this another meaning")
            yield r"\{" if pattern.startswith("{,", token.start()) else _OUTSIDE.get(text, text)
        elif text == "]":
            in_class = False
            yield text
        elif text == "-" and (previous in ("[", "-", *_SETS) or pattern.startswith(_SETS, token.end())):
            text = r"\-"  # no range can begin or end with a set, and Python reserves `--`
            yield text
        else:
            yield f"\\{text}" if text in "[&~|" else text  # Python reserves these for operations on sets
        previous = text


def _special(token: re.Match[str], *, in_class: bool) -> str:
    if token["point"]:
        return re.escape(chr(int(token["point"], 16)))
    if token["high"]:
        return re.escape(bytes.fromhex(token["high"] + token["low"]).decode("utf-16-be"))
    if token["escape"] == "0" and token.string[token.end() : token.end() + 1].isdigit():
        raise ValueError("octal escapes are not part of ECMA-262")
    if token["control"]:
        return f"\\x{ord(token['control']) % 32:02x}"
    return "(?P<" if token["name"] else _escaped(token["escape"], in_class)


def _escaped(letter: str, in_class: bool) -> str:
    if letter in "sS":
        return "\\" + letter
    if letter in "dw":
        return _CLASSES[letter] if in_class else f"[{_CLASSES[letter]}]"
    if letter in "DW":
        if in_class:
            raise ValueError("Python has no negated class inside a class")
        return f"[^{_CLASSES[letter.lower()]}]"
    if letter in "bB" and not in_class:
        before, after = f"(?<=[{_WORD}])", f"(?=[{_WORD}])"
        no_before, no_after = f"(?<![{_WORD}])", f"(?![{_WORD}])"
        edge = (
            (before + no_after, no_before + after)
            if letter == "b"
            else (before + after, no_before + no_after)
        )
        return f"(?:{'|'.join(edge)})"
    if letter == "k":
        raise ValueError("named back references are rare, so they are not translated")
    if letter in "fnrtvxu" or letter.isdigit() or (letter == "b" and in_class):
        return "\\" + letter if letter != "0" else r"\x00"
    if letter in "pP":
        raise ValueError("Python has no Unicode properties")
    return re.escape(letter)
