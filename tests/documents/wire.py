"""What a value becomes on the wire, as the specifications say."""

import json
import re
from collections.abc import Iterator
from typing import Any
from urllib.parse import quote, unquote

from tests.documents.reader import Parameter

Pairs = list[tuple[str, str]]


def escaped(text: str, *, reserved: bool = False) -> str:
    """Escape text for a URL."""
    return quote(text, safe="%/:?#[]@!$&'()*+,;=~" if reserved else "~")


def normal(text: str) -> str:
    """Return URL text in a form that can be compared: what need not be escaped is not."""
    text = re.sub(r"%[0-9A-Fa-f]{2}", lambda match: _normal_escape(match[0]), text)
    return text.replace(".000Z", "Z").replace(".000%3A", "%3A")


def _normal_escape(escape: str) -> str:
    letter = unquote(escape)
    return letter if re.fullmatch(r"[A-Za-z0-9._~$-]", letter) else escape.upper()


def in_path(parameter: Parameter, tree: Any) -> str:
    """Return what stands in a path for a value."""
    name = parameter.name
    prefix, joint = {"label": (".", "."), "matrix": (";", ";")}.get(parameter.style, ("", ","))
    items = _members(parameter, tree)
    if parameter.style == "matrix":
        if isinstance(tree, str):
            return f";{name}={items[0]}" if items[0] else f";{name}"
        if parameter.explode:
            named = items if isinstance(tree, dict) else [f"{name}={each}" for each in items]
            return "".join(f";{each}" for each in named)
        return f";{name}={','.join(items)}"
    separator = (
        joint if parameter.explode else "," if parameter.style != "simple" else escaped(parameter.delimiter)
    )
    return prefix + (separator if separator != "%2C" else ",").join(items)


def _members(parameter: Parameter, tree: Any, *, raw: bool = False) -> list[str]:
    def written(text: Any) -> str:
        text = text if isinstance(text, str) else json.dumps(text)
        return text if raw else escaped(text, reserved=parameter.reserved)

    if isinstance(tree, dict):
        if parameter.explode:
            return [f"{written(key)}={written(each)}" for key, each in tree.items()]
        return [part for key, each in tree.items() for part in (written(key), written(each))]
    return [written(each) for each in tree] if isinstance(tree, list) else [written(tree)]


def in_header(parameter: Parameter, tree: Any) -> str:
    """Return the value of a header."""
    return parameter.delimiter.join(_members(parameter, tree, raw=True))


def in_query(parameter: Parameter, tree: Any) -> list[str]:
    """Return the pairs of a query or an urlencoded form."""
    name = escaped(parameter.name)
    if parameter.style == "content":
        return [f"{name}={escaped(each)}" for each in _by_content(tree)]
    if parameter.style == "deepObject":
        return [f"{name}{key}={text}" for key, text in _deep(tree)]
    items = _members(parameter, tree)
    if isinstance(tree, dict) and parameter.explode:
        return items
    if isinstance(tree, list) and parameter.explode:
        return [f"{name}={each}" for each in items]
    delimiter = "," if parameter.delimiter == "," else escaped(parameter.delimiter)
    return [f"{name}={delimiter.join(items)}"]


def _deep(tree: Any) -> Iterator[tuple[str, str]]:
    if isinstance(tree, dict):
        for key, each in tree.items():
            yield from ((f"{escaped(f'[{key}]')}{rest}", text) for rest, text in _deep(each))
    elif isinstance(tree, list):
        for index, each in enumerate(tree):
            key = "[]" if isinstance(each, str) else f"[{index}]"
            yield from ((f"{escaped(key)}{rest}", text) for rest, text in _deep(each))
    else:
        yield "", escaped(tree)


def _by_content(tree: Any) -> list[str]:
    items = tree if isinstance(tree, list) else [tree]
    return [each if isinstance(each, str) else json.dumps(each) for each in items]
