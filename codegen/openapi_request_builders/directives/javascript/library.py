"""The methods and functions of JavaScript that scripts call."""

import json
import re
from collections.abc import Callable, Mapping
from functools import partial
from typing import Any

from openapi_request_builders.directives.javascript.values import (
    UNDEFINED,
    ScriptError,
    as_text,
    is_same,
    is_true,
)

Function = Callable[..., Any]


def method(holder: Any, name: str) -> Any:
    """Return a method of a value, or ``undefined``."""
    methods = _STRING if isinstance(holder, str) else _LIST if isinstance(holder, list) else _OBJECT
    if isinstance(holder, re.Pattern):
        methods = _REGEX
    found = methods.get(name)
    return UNDEFINED if found is None else partial(found, holder)


def regex(pattern: str, flags: str) -> re.Pattern[str]:
    """Return a regular expression. Python has no flag ``g``, so a comment at the end stands for it."""
    python_flags = re.IGNORECASE if "i" in flags else 0
    python_flags |= (re.MULTILINE if "m" in flags else 0) | (re.DOTALL if "s" in flags else 0)
    try:
        return re.compile(pattern + ("(?#g)" if "g" in flags else ""), python_flags)
    except re.error as error:
        raise ScriptError(f"the pattern /{pattern}/ is not supported: {error}") from None


def _replace(text: str, what: Any, replacement: Any = UNDEFINED, *, everywhere: bool = False) -> str:
    if isinstance(what, re.Pattern):
        count = 0 if everywhere or what.pattern.endswith("(?#g)") else 1
        if callable(replacement):
            new_text = what.sub(
                lambda match: as_text(replacement(match[0], *match.groups())), text, count=count
            )
            return str(new_text)
        template = re.sub(r"\\|\$(\$|&|\d)", _python_group, as_text(replacement))
        return str(what.sub(template, text, count=count))
    new = replacement(as_text(what)) if callable(replacement) else replacement
    return text.replace(as_text(what), as_text(new), -1 if everywhere else 1)


def _python_group(match: re.Match[str]) -> str:
    return {"\\": r"\\", "$$": "$", "$&": r"\g<0>"}.get(match[0]) or rf"\g<{match[1]}>"


def _match(text: str, what: Any) -> Any:
    found = re.search(what, text)
    return None if found is None else [found[0], *(group or UNDEFINED for group in found.groups())]


def _split(text: str, separator: Any = UNDEFINED) -> list[Any]:
    if separator is UNDEFINED:
        return [text]
    if isinstance(separator, re.Pattern):
        return separator.split(text)
    return text.split(separator) if separator else list(text)


def _slice(value: Any, start: int = 0, end: int | None = None) -> Any:
    return value[start:end]


def _substring(text: str, start: int, end: int | None = None) -> str:
    low, high = sorted((max(start, 0), len(text) if end is None else max(end, 0)))
    return text[low:high]


def _push(items: list[Any], *new: Any) -> int:
    items.extend(new)
    return len(items)


def _unshift(items: list[Any], *new: Any) -> int:
    items[:0] = new
    return len(items)


def _pop(items: list[Any], place: int = -1) -> Any:
    return items.pop(place) if items else UNDEFINED


def _splice(items: list[Any], start: int, count: int | None = None, *new: Any) -> list[Any]:
    start = max(len(items) + start, 0) if start < 0 else min(start, len(items))
    end = len(items) if count is None else start + count
    removed = items[start:end]
    items[start:end] = new
    return removed


def _place(items: list[Any], test: Function) -> int:
    return next((place for place, each in enumerate(items) if is_true(test(each, place))), -1)


def _find(items: list[Any], test: Function) -> Any:
    place = _place(items, test)
    return UNDEFINED if place < 0 else items[place]


def _index(items: list[Any], value: Any) -> int:
    return next((place for place, each in enumerate(items) if is_same(each, value)), -1)


def _each(items: list[Any], do: Function) -> Any:
    for place, item in enumerate(list(items)):
        do(item, place)
    return UNDEFINED


def _reduce(items: list[Any], join: Function, *start: Any) -> Any:
    rest = [*start, *items]
    if not rest:
        raise ScriptError("an empty list is reduced without an initial value")
    value = rest[0]
    for place, item in enumerate(rest[1:]):
        value = join(value, item, place)
    return value


def _concat(items: list[Any], *others: Any) -> list[Any]:
    found = list(items)
    for other in others:
        found += other if isinstance(other, list) else [other]
    return found


def _sort(items: list[Any]) -> list[Any]:
    items.sort(key=as_text)
    return items


_STRING: Mapping[str, Function] = {
    "charAt": lambda text, place=0: text[place : place + 1],
    "concat": lambda text, *more: text + "".join(map(as_text, more)),
    "endsWith": lambda text, end: text.endswith(as_text(end)),
    "includes": lambda text, part: as_text(part) in text,
    "indexOf": lambda text, part: text.find(as_text(part)),
    "lastIndexOf": lambda text, part: text.rfind(as_text(part)),
    "match": _match,
    "replace": _replace,
    "replaceAll": partial(_replace, everywhere=True),
    "slice": _slice,
    "split": _split,
    "startsWith": lambda text, start: text.startswith(as_text(start)),
    "substring": _substring,
    "toLowerCase": lambda text: text.lower(),
    "toString": lambda text: text,
    "toUpperCase": lambda text: text.upper(),
    "trim": lambda text: text.strip(),
}
_LIST: Mapping[str, Function] = {
    "concat": _concat,
    "every": lambda items, test: all(is_true(test(each, place)) for place, each in enumerate(items)),
    "filter": lambda items, test: [each for place, each in enumerate(items) if is_true(test(each, place))],
    "find": _find,
    "findIndex": _place,
    "forEach": _each,
    "includes": lambda items, value: _index(items, value) >= 0,
    "indexOf": _index,
    "join": lambda items, separator=",": separator.join(map(as_text, items)),
    "map": lambda items, change: [change(each, place) for place, each in enumerate(items)],
    "pop": _pop,
    "push": _push,
    "reduce": _reduce,
    "reverse": lambda items: items.reverse() or items,
    "shift": lambda items: _pop(items, 0),
    "slice": _slice,
    "some": lambda items, test: _place(items, test) >= 0,
    "sort": _sort,
    "splice": _splice,
    "unshift": _unshift,
}
_OBJECT: Mapping[str, Function] = {
    "hasOwnProperty": lambda value, name: isinstance(value, dict) and as_text(name) in value,
}
_REGEX: Mapping[str, Function] = {
    "test": lambda pattern, text: pattern.search(as_text(text)) is not None,
}


def _members(value: Any) -> list[tuple[str, Any]]:
    if isinstance(value, dict):
        return list(value.items())
    if isinstance(value, list):
        return [(str(place), each) for place, each in enumerate(value)]
    raise ScriptError(f"{as_text(value)} has no members")


def _assign(target: Any, *sources: Any) -> Any:
    for source in sources:
        target.update(source if isinstance(source, dict) else {})
    return target


def _stringify(value: Any, _replacer: Any = None, indent: Any = None) -> str:
    space = indent if isinstance(indent, int | str) else None
    return json.dumps(value, ensure_ascii=False, separators=(",", ": " if space else ":"), indent=space)


def _nothing(*_: Any) -> Any:
    return UNDEFINED


GLOBALS: Mapping[str, Any] = {
    "undefined": UNDEFINED,
    "Array": {"isArray": lambda value: isinstance(value, list)},
    "JSON": {"parse": json.loads, "stringify": _stringify},
    "Object": {
        "assign": _assign,
        "entries": lambda value: [[name, each] for name, each in _members(value)],
        "fromEntries": lambda pairs: {as_text(name): each for name, each in pairs},
        "keys": lambda value: [name for name, _ in _members(value)],
        "values": lambda value: [each for _, each in _members(value)],
    },
    "RegExp": lambda pattern, flags="": regex(pattern, flags),
    "String": as_text,
    "console": {"error": _nothing, "log": _nothing, "warn": _nothing},
    "$lib": {"log": _nothing},
}
