"""The builder for a request that a scenario expects, and the arguments that make it."""

import inspect
import json
import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any
from urllib.parse import parse_qsl, unquote

from tests.documents.builders import Builder
from tests.spector.scenarios import Expected
from tests.spector.values import value_for

# What azure-core or the builder itself sends.
_OWN_HEADERS = ("accept", "content-type", "content-length", "host")


class NoCall(Exception):
    """There is no call that makes the request, and why."""


@dataclass(frozen=True)
class Call:
    """A builder and its arguments."""

    builder: Builder
    arguments: Sequence[Any]
    keywords: Mapping[str, Any]


def call_for(expected: Expected, builders: Sequence[Builder]) -> Call:
    """Return the call that makes an expected request.

    :raises NoCall: There is none.
    """
    path = re.sub(r":(\w+)", lambda match: str(expected.path.get(match[1], match[0])), expected.uri)
    problems = []
    for builder, found in _fitting(path, expected, builders):
        try:
            return _call(expected, builder, found)
        except NoCall as error:
            problems.append(str(error))
    raise NoCall("; ".join(problems) or f"no operation for {expected.method} {path}")


def _fitting(
    path: str, expected: Expected, builders: Sequence[Builder]
) -> list[tuple[Builder, dict[str, str]]]:
    """Return the builders whose path fits, those with the fewest placeholders first, and what they have there."""
    path = path.partition("?")[0]
    fitting = []
    for builder in builders:
        template = builder.path.partition("?")[0]
        names = re.findall(r"\{([^{}]*)\}", template)
        pattern = "(.+?)".join(map(re.escape, re.split(r"\{[^{}]*\}", template)))
        match = re.fullmatch(f"(?:.*?){pattern}", path)
        if builder.method == expected.method and match:
            fitting.append((builder, dict(zip(names, map(unquote, match.groups()), strict=True))))
    return sorted(fitting, key=lambda each: (len(each[1]), -len(each[0].path)))


def _call(expected: Expected, builder: Builder, path: Mapping[str, str]) -> Call:
    parameters = inspect.signature(builder.call).parameters
    given: dict[str, Any] = {}
    more: dict[str, dict[str, str]] = {"params": {}, "headers": {}}

    def take(part: str, wire: str, value: Any) -> bool:
        known = {
            name.lower() if part == "header" else name: argument
            for (where, name), argument in builder.arguments.items()
            if where == part
        }
        argument = known.get(wire.lower() if part == "header" else wire)
        if argument is None:
            return False
        try:
            given[argument] = value_for(parameters[argument].annotation, value)
        except ValueError as error:
            raise NoCall(str(error)) from None
        return True

    for name, value in path.items():
        take("path", name, value)
    fixed = dict(parse_qsl(expected.uri.partition("?")[2], keep_blank_values=True))
    for name, value in {**fixed, **expected.query}.items():
        if not take("query", name, value) and f"{name}=" not in builder.path:
            more["params"][name] = ",".join(map(str, value)) if isinstance(value, list) else str(value)
    for name, value in expected.headers.items():
        if not take("header", name, value) and name.lower() not in _OWN_HEADERS:
            more["headers"][name] = str(value)
    given.update(_body(expected, builder, take))
    given.update({name: each for name, each in more.items() if each})
    return Call(builder, [given.pop(name) for name in builder.positional if name in given], given)


def _body(expected: Expected, builder: Builder, take: Any) -> dict[str, Any]:
    body = expected.body
    if body is None:
        return {}
    if body.get("kind") == "multipart":
        for name, value in (body.get("parts") or {}).items():
            take("form", name, value)
        return {}
    content, kind = body["content"], body["contentType"]
    if kind == "application/x-www-form-urlencoded" and "content" not in builder.keywords:
        for name, value in parse_qsl(content):
            take("form", name, value)
        return {}
    if "json" in kind and "json" in builder.keywords:
        return {"json": json.loads(content)}
    if "content" not in builder.keywords:
        raise NoCall(f"the operation takes no body of type {kind}")
    return {"content": content, "content_type": kind}
