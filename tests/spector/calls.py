"""The builder for a request that a scenario expects, and the arguments that make it."""

import inspect
import json
import re
from base64 import b64decode
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any
from urllib.parse import parse_qsl, unquote

from tests.documents.builders import Builder
from tests.spector.scenarios import Expected
from tests.spector.values import text, value_for

# What azure-core or the builder itself sends.
_OWN_HEADERS = ("content-type", "content-length", "host")


class NoCallError(Exception):
    """There is no call that makes the request, and why."""


@dataclass(frozen=True)
class Call:
    """A builder and its arguments.

    :param prefix: The path of the service's address.
    """

    builder: Builder
    arguments: Sequence[Any]
    keywords: Mapping[str, Any]
    prefix: str


@dataclass(frozen=True)
class Interface:
    """The builders of a specification, and patterns of the paths that its service's address may have."""

    builders: Sequence[Builder]
    prefixes: Sequence[str]


def prefix_pattern(server: str) -> str:
    """Return a pattern for the path of a server's URL, in which variables may have any value."""
    path = re.sub(r"^(?:\{[^{}]*\}|https?://[^/]*)", "", server).rstrip("/")
    return "[^/]+".join(map(re.escape, re.split(r"\{[^{}]*\}", path)))


def path_of(expected: Expected) -> str:
    """Return the path of an expected request, a route of Express: ``:name`` is a value, ``\\:`` a colon."""
    named = re.sub(
        r"(?<!\\):(\w+)",
        lambda match: str(expected.path.get(match[1], match[0])),
        expected.uri.partition("?")[0],
    )
    return named.replace("\\:", ":")


def query(expected: Expected) -> dict[str, str]:
    """Return the query that a request is to have, as text."""
    fixed = dict(parse_qsl(expected.uri.partition("?")[2], keep_blank_values=True))
    return {**fixed, **{name: text(value) for name, value in expected.query.items()}}


def call_for(expected: Expected, interface: Interface, given: Mapping[str, Any]) -> Call:
    """Return the call that makes an expected request.

    :param given: Arguments that the request does not tell.
    :raises NoCallError: There is none.
    """
    path = path_of(expected)
    problems = []
    for builder, prefix, found in _fitting(path, expected.method, interface):
        try:
            return _Call(expected, builder, given).call(prefix, found)
        except NoCallError as error:  # noqa: PERF203 (another builder may fit)
            problems.append(str(error))
    raise NoCallError("; ".join(problems) or f"no operation for {expected.method} {path}")


def _fitting(path: str, method: str, interface: Interface) -> list[tuple[Builder, str, dict[str, str]]]:
    """Return the builders whose path fits, those with most of its text first, and what they have in it."""
    fitting = []
    for builder in interface.builders:
        template = builder.path.partition("?")[0].rstrip("/")
        names = re.findall(r"\{([^{}]*)\}", template)
        literals = re.split(r"\{[^{}]*\}", template)
        for prefix, value in ((each, one) for one in ("([^/]+)", "(.+?)") for each in interface.prefixes):
            match = re.fullmatch(f"({prefix}){value.join(map(re.escape, literals))}/?", path)
            if builder.method == method and match:
                values = dict(zip(names, map(unquote, match.groups()[1:]), strict=True))
                fitting.append((value != "([^/]+)", -len("".join(literals)), builder, match[1], values))
                break
    return [each[2:] for each in sorted(fitting, key=lambda each: each[:2])]


class _Call:
    """Finds the arguments for a builder."""

    def __init__(self, expected: Expected, builder: Builder, given: Mapping[str, Any]) -> None:
        self.expected = expected
        self.builder = builder
        self.given = given
        self.parameters = inspect.signature(builder.call).parameters
        self.found: dict[str, Any] = {name: each for name, each in given.items() if name in self.parameters}
        self.names = {
            (part, name.lower() if part == "header" else name): argument
            for (part, name), argument in builder.arguments.items()
        }

    def call(self, prefix: str, path: Mapping[str, str]) -> Call:
        """Return the call."""
        expected = self.expected
        for name, value in path.items():
            self.take("path", name, value)
        fixed = dict(parse_qsl(expected.uri.partition("?")[2], keep_blank_values=True))
        more: dict[str, dict[str, str]] = {"params": {}, "headers": {}}
        for name, value in {**fixed, **expected.query}.items():
            if not self.take("query", name, value) and not self.is_told(name):
                more["params"][name] = text(value)
        for name, value in expected.headers.items():
            if not self.take("header", name.lower(), value) and name.lower() not in _OWN_HEADERS:
                more["headers"][name] = text(value)
        if expected.body is not None:
            self.take_body(expected.body)
        for name, each in more.items():
            if each:
                self.found[name] = {**each, **self.found.get(name, {})}
        positional = [self.found.pop(name) for name in self.builder.positional if name in self.found]
        return Call(self.builder, positional, self.found, prefix)

    def is_told(self, query: str) -> bool:
        """Whether a query is a part of the path, or of an argument that is given."""
        objects = [each for each in self.given.values() if isinstance(each, dict)]
        return f"{query}=" in self.builder.path or any(query in each for each in objects)

    def take(self, part: str, wire: str, value: Any) -> bool:
        """Take a value of the request for the argument that has it; return whether there is one."""
        argument = self.names.get((part, wire))
        if argument is None:
            return False
        if argument not in self.found:
            try:
                self.found[argument] = value_for(self.parameters[argument].annotation, value)
            except ValueError as error:
                raise NoCallError(str(error)) from None
        return True

    def take_body(self, body: Mapping[str, Any]) -> None:
        """Take the body: fields of a form, JSON, or content."""
        if body.get("kind") == "multipart":
            self.take_parts(body)
            return
        content: Any = body["content"]
        kind = next(
            (str(each) for name, each in self.expected.headers.items() if name.lower() == "content-type"),
            body["contentType"],
        )
        if body["isBinary"]:
            content = b64decode(content)
        if "json" in body["contentType"] and "json" in self.builder.keywords:
            self.found["json"] = json.loads(content)
        elif "content" in self.builder.keywords:
            plain = json.loads(content) if kind == "text/plain" and content[:1] == '"' else content
            self.found.setdefault("content", plain)
            self.found.setdefault("content_type", kind)
        elif body:
            raise NoCallError(f"the operation takes no body of type {kind}")

    def take_parts(self, body: Mapping[str, Any]) -> None:
        """Take the parts of a multipart form."""
        for name, value in (body.get("parts") or {}).items():
            self.take("form", name, value)
        files: dict[str, list[Any]] = {}
        for file in body.get("files") or ():
            part = (file["originalname"], bytes(file["buffer"]["data"]), file["mimetype"])
            files.setdefault(file["fieldname"], []).append(part)
        for name, found in files.items():
            argument = self.names.get(("form", name))
            if argument is not None:
                is_list = "Items" in str(self.parameters[argument].annotation)
                self.found.setdefault(argument, found if is_list else found[0])
