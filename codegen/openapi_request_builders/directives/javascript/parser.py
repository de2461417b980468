"""The part of JavaScript that directives use: assign, delete, return, ``+`` and ``.replace``."""

import json
import re
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any

_TOKEN = re.compile(
    r"""\s+ | //[^\n]* | /\*.*?\*/
    | (?P<text>"(?:\\.|[^"\\\n])*" | '(?:\\.|[^'\\\n])*' | `(?:\\.|[^`\\])*`)
    | (?P<number>-?\d+(?:\.\d+)?(?:[eE][+-]?\d+)?)
    | (?P<name>[A-Za-z_$][\w$]*)
    | (?P<sign>[][{}().,:;=+])""",
    re.VERBOSE | re.DOTALL,
)
_REGEX = re.compile(r"\s*/((?:\\.|\[(?:\\.|[^]\\])*\]|[^/\\\n[])+)/([a-z]*)")
_ESCAPES = {"n": "\n", "r": "\r", "t": "\t", "b": "\b", "f": "\f", "v": "\v", "0": "\0"}
_CONSTANTS = {"true": True, "false": False, "null": None}

Expression = Callable[[Any], Any]
Statement = Callable[[Any], Any]


class ScriptError(ValueError):
    """A script does more than is read here, or does not fit what it is applied to."""


@dataclass(frozen=True)
class Result:
    """What a script leaves in the place it was applied to."""

    value: Any


def compile_script(source: str) -> Callable[[Any], Any]:
    """Return a function from the value of ``$`` to what it becomes.

    :raises ScriptError: The script does more than is read here.
    """
    statements = _Parser(source).program()

    def run(value: Any) -> Any:
        root = {"$": value}
        for statement in statements:
            result = statement(root)
            if isinstance(result, Result):
                return result.value
        return root["$"]

    return run


class _Parser:
    def __init__(self, source: str) -> None:
        self.source = source
        self.place = 0
        self.kind, self.text = "", ""
        self._advance()

    def program(self) -> Sequence[Statement]:
        statements = []
        while self.kind:
            if not self._skip(";"):
                statements.append(self._statement())
        if not statements:
            raise ScriptError("it does nothing")
        return statements

    def _statement(self) -> Statement:
        if self._skip("return"):
            value = self._expression()
            return lambda root: Result(value(root))
        if self._skip("delete"):
            path = self._path()
            if not path:
                raise ScriptError("`delete $` is not understood; remove-operation deletes an operation")
            return lambda root: _delete(root, path)
        path = self._path()
        if self.text != "=":
            raise self._error()
        self._advance()
        value = self._expression()
        return lambda root: _assign(root, path, value(root))

    def _expression(self) -> Expression:
        terms = [self._term()]
        while self._skip("+"):
            terms.append(self._term())
        if len(terms) == 1:
            return terms[0]
        return lambda root: "".join(_as_text(term(root)) for term in terms)

    def _term(self) -> Expression:
        value = self._value()
        while self._skip("."):
            if not self._skip("replace"):
                raise self._error()
            value = self._replace(value)
        return value

    def _replace(self, value: Expression) -> Expression:
        if self.text != "(":
            raise self._error()
        regex = _REGEX.match(self.source, self.place)
        if regex:
            self.place = regex.end()
            flags = re.IGNORECASE if "i" in regex[2] else 0
            pattern, count = re.compile(regex[1], flags), 0 if "g" in regex[2] else 1
            self._advance()
        else:
            self._advance()
            pattern, count = re.compile(re.escape(self._literal())), 1
        self._expect(",")
        replacement = re.sub(r"\\|\$(\$|&|\d)", _python_group, self._literal())
        self._expect(")")
        return lambda root: pattern.sub(replacement, _as_text(value(root)), count=count)

    def _literal(self) -> str:
        if self.kind != "text":
            raise self._error()
        return str(self._value()(None))

    def _value(self) -> Expression:
        kind, text = self.kind, self.text
        if text == "$":
            path = self._path(stop_at_replace=True)
            return lambda root: _get(root, path)
        if text == "(":
            self._advance()
            value = self._expression()
            self._expect(")")
            return value
        if text == "{":
            return self._object()
        if text == "[":
            return self._array()
        if kind not in ("text", "number") and text not in _CONSTANTS:
            raise self._error()
        self._advance()
        plain = (
            _unquoted(text) if kind == "text" else _CONSTANTS[text] if kind == "name" else json.loads(text)
        )
        return lambda _: plain

    def _object(self) -> Expression:
        self._expect("{")
        members: list[tuple[str, Expression]] = []
        while not self._skip("}"):
            if self.kind not in ("text", "name", "number"):
                raise self._error()
            name = _unquoted(self.text) if self.kind == "text" else self.text
            self._advance()
            self._expect(":")
            members.append((name, self._expression()))
            if self.text != "}":
                self._expect(",")
        return lambda root: {name: value(root) for name, value in members}

    def _array(self) -> Expression:
        self._expect("[")
        items: list[Expression] = []
        while not self._skip("]"):
            items.append(self._expression())
            if self.text != "]":
                self._expect(",")
        return lambda root: [item(root) for item in items]

    def _path(self, *, stop_at_replace: bool = False) -> Sequence[str | int]:
        if self.text != "$":
            raise self._error()
        self._advance()
        path: list[str | int] = []
        while self.text in (".", "["):
            if (
                self.text == "."
                and stop_at_replace
                and re.match(r"\s*replace\s*\(", self.source[self.place :])
            ):
                break
            if self._skip("."):
                if self.kind != "name":
                    raise self._error()
                path.append(self.text)
                self._advance()
            else:
                self._advance()
                key = (
                    _unquoted(self.text)
                    if self.kind == "text"
                    else int(self.text)
                    if self.kind == "number"
                    else None
                )
                if key is None:
                    raise self._error()
                path.append(key)
                self._advance()
                self._expect("]")
        return path

    def _advance(self) -> None:
        while self.place < len(self.source):
            match = _TOKEN.match(self.source, self.place)
            if not match:
                raise ScriptError(f"{self.source[self.place :][:40].strip()!r} is not understood")
            self.place = match.end()
            if match.lastgroup:
                self.kind, self.text = match.lastgroup, match[match.lastgroup]
                return
        self.kind, self.text = "", ""

    def _skip(self, text: str) -> bool:
        if self.text == text and self.kind in ("sign", "name"):
            self._advance()
            return True
        return False

    def _expect(self, text: str) -> None:
        if not self._skip(text):
            raise self._error()

    def _error(self) -> ScriptError:
        before = self.source[: self.place].strip()[-40:]
        return ScriptError(f"{self.text!r} after {before!r}" if self.kind else "it ends too early")


def _unquoted(text: str) -> str:
    if text[0] == "`" and "${" in text:
        raise ScriptError("a text with ${} in it is not understood")

    def plain(match: re.Match[str]) -> str:
        if match[1]:
            return chr(int(match[1][1:], 16))
        return _ESCAPES.get(match[2], match[2])

    return re.sub(r"\\(?:(u[0-9a-fA-F]{4}|x[0-9a-fA-F]{2})|(.))", plain, text[1:-1], flags=re.DOTALL)


def _python_group(match: re.Match[str]) -> str:
    return {"\\": r"\\", "$$": "$", "$&": r"\g<0>"}.get(match[0]) or rf"\g<{match[1]}>"


def _as_text(value: Any) -> str:
    if isinstance(value, str):
        return value
    if value is None or isinstance(value, dict | list):
        raise ScriptError(f"{json.dumps(value)} is not text")
    return json.dumps(value)


def _get(root: Any, path: Sequence[str | int]) -> Any:
    value = root["$"]
    try:
        for key in path:
            value = value[_key(value, key)]
    except (KeyError, IndexError, TypeError):
        raise ScriptError(f"$ has no {'.'.join(map(str, path))}") from None
    return value


def _assign(root: Any, path: Sequence[str | int], value: Any) -> None:
    *around, last = ["$", *path]
    holder = root if not around else _get(root, around[1:])
    key: Any = _key(holder, last)
    if isinstance(holder, list) and key == len(holder):
        holder.append(value)
        return
    try:
        holder[key] = value
    except (IndexError, TypeError):
        raise ScriptError(f"$ has no {'.'.join(map(str, path))} to assign to") from None


def _delete(root: Any, path: Sequence[str | int]) -> None:
    holder = _get(root, path[:-1])
    _get(root, path)
    del holder[_key(holder, path[-1])]


def _key(holder: Any, key: str | int) -> str | int:
    """Return a key as the holder has it: JavaScript does not tell ``a["0"]`` and ``a[0]`` apart."""
    if isinstance(holder, list):
        return int(key) if str(key).isdigit() else key
    return str(key)
