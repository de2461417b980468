"""Call a builder as an operation allows, and compare the request with what the document says."""

import json
import re
from collections import Counter
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from email import message_from_bytes
from email.message import Message
from typing import Any
from urllib.parse import unquote

from azure.core.rest import HttpRequest

from tests.documents import wire
from tests.documents.builders import Builder
from tests.documents.reader import Body, Operation, Parameter
from tests.documents.values import NoValueError, Sample, effective, sample

VERSIONS = ("api-version", "apiversion", "x-ms-api-version", "x-ms-version")
JSON_VALUE = {"k": [1, "é", None]}
FORM, MULTIPART = "application/x-www-form-urlencoded", "multipart/form-data"


@dataclass
class Results:
    """How often a construct was met, and how often it was right."""

    met: Counter[str] = field(default_factory=Counter)
    right: Counter[str] = field(default_factory=Counter)
    skipped: Counter[str] = field(default_factory=Counter)
    wrong: list[str] = field(default_factory=list)
    calls: int = 0

    def add(self, construct: str, place: str, problem: str | None) -> None:
        """Count one comparison."""
        self.met[construct] += 1
        if problem is None:
            self.right[construct] += 1
        else:
            self.wrong.append(f"{construct}: {place}: {problem}")


@dataclass(frozen=True)
class Call:
    """Arguments, and what they must become: for each parameter, its value."""

    arguments: dict[str, Any]
    samples: dict[Parameter, Sample]


def compare(operation: Operation, builder: Builder, results: Results, document: str) -> None:
    """Call a builder with all parameters, with those that are required, and with each body."""
    place = f"{document} {operation.method} {operation.path}"
    whole = _samples(operation.parameters, builder, results)
    least = {each: value for each, value in whole.items() if each.required}
    lacking = [
        each for each in operation.parameters if each.required and each not in least and not _is_version(each)
    ]
    if lacking:
        results.skipped["operations with a required parameter for which no value was found"] += 1
        return
    bodies: list[Body | None] = [*operation.bodies] or [None]
    for body in bodies:
        _try(operation, builder, whole, body, results, place)
    if least != whole:
        _try(operation, builder, least, bodies[0], results, place)


def _is_version(parameter: Parameter) -> bool:
    return parameter.name.lower() in VERSIONS


def _samples(listed: tuple[Parameter, ...], builder: Builder, results: Results) -> dict[Parameter, Sample]:
    found = {}
    for each in listed:
        if _is_version(each) and builder.arguments.get((each.location, each.name)) == "api_version":
            continue
        try:
            found[each] = _sample(each)
        except NoValueError as error:
            results.skipped[f"{each.location} parameters without a value ({str(error)[:40]})"] += 1
    return found


def _sample(parameter: Parameter) -> Sample:
    """Return a value: one that the schema allows, or one that does not depend on it."""
    words = effective(parameter.schema)
    items = effective(words["items"]) if words.get("type") == "array" and "items" in words else {}
    fixed: Any = None
    if _is_json(parameter):
        fixed = JSON_VALUE
    elif parameter.style == "content" and (_is_json_words(items) or items.get("type") == "array"):
        fixed = [JSON_VALUE, {}]
    elif parameter.reserved and parameter.location == "path":
        fixed = "a/b c"
    elif _is_file(parameter):
        fixed = b"\x00file"
    elif items.get("format") == "binary":
        fixed = [b"\x001", b"\x002"]
    elif parameter.schema.get("x-ms-header-collection-prefix"):
        fixed = {"a": "b"}
    return sample(parameter.schema, parameter.location) if fixed is None else Sample(fixed, fixed)


def _is_json_words(words: Mapping[str, Any]) -> bool:
    return words.get("type") == "object" or "properties" in words


def _is_json(parameter: Parameter) -> bool:
    if parameter.location != "form":
        return bool(parameter.media_type and "json" in parameter.media_type)
    return parameter.style == "content" and _is_json_words(effective(parameter.schema))


def _is_file(parameter: Parameter) -> bool:
    words = effective(parameter.schema)
    return words.get("type") == "file" or (words.get("format") == "binary" and parameter.location == "form")


def _try(
    operation: Operation,
    builder: Builder,
    samples: dict[Parameter, Sample],
    body: Body | None,
    results: Results,
    place: str,
) -> None:
    kind = _body_construct(operation, body)
    try:
        arguments, fields = _body_arguments(body, builder, results)
    except NoValueError as error:
        results.skipped[f"bodies without a value ({error})"] += 1
        return
    positional = []
    named = dict(arguments)
    for parameter, value in samples.items():
        argument = builder.arguments.get((parameter.location, parameter.name))
        if argument is None:
            results.add(construct(parameter), place, f"{parameter.name} is no argument")
        elif argument not in builder.positional:
            named[argument] = value.value
    by_argument = {
        builder.arguments.get((each.location, each.name)): value for each, value in samples.items()
    }
    for name in builder.positional:
        if name not in by_argument:
            results.add("path", place, f"{name} is asked for, and nothing describes it")
            return
        positional.append(by_argument[name].value)
    results.calls += 1
    try:
        request = builder.call(*positional, **named)
    except (TypeError, ValueError) as error:
        results.add(_blamed(error, samples, builder) or kind, place, f"{type(error).__name__}: {error}")
        return
    _check_parts(operation, samples, request, results, place)
    if body is not None:
        results.add(kind, place, _body_problem(body, fields, request))
        for each, value in fields.items():
            results.add(construct(each), place, _field_problem(body, each, value, request))


def _blamed(error: Exception, samples: dict[Parameter, Sample], builder: Builder) -> str | None:
    name = re.match(r"\w*", str(error))
    for each in samples:
        if name and builder.arguments.get((each.location, each.name)) == name[0]:
            return construct(each)
    return None


def construct(parameter: Parameter) -> str:
    """Return what a parameter is an example of."""
    words = effective(parameter.schema)
    kind = words.get("type") or "any"
    if kind == "array" and "items" in words:
        kind = f"array of {effective(words['items']).get('type') or 'any'}"
    elif words.get("format") in ("date", "date-time", "uuid", "byte", "duration", "time"):
        kind = words["format"]
    elif words.get("enum"):
        kind = "enum"
    if any(parameter.schema.get(key) for key in ("oneOf", "anyOf")):
        kind = f"one of several, such as {kind}"
    style = (
        "by media type"
        if parameter.style == "content"
        else f"{parameter.style}{'*' if parameter.explode else ''}"
    )
    if parameter.media_type and parameter.location != "form":
        style = parameter.media_type
    return f"{parameter.location}, {style}: {kind}"


def _check_parts(
    operation: Operation,
    samples: dict[Parameter, Sample],
    request: HttpRequest,
    results: Results,
    place: str,
) -> None:
    path, _, query = request.url.partition("?")
    template = operation.server + operation.path.partition("#")[0].partition("?")[0]
    expected = wire.escaped(template, reserved=True).replace("%7B", "{").replace("%7D", "}")
    for parameter, value in samples.items():
        if parameter.location == "path":
            text = wire.in_path(parameter, value.tree)
            expected = expected.replace(f"{{{wire.escaped(parameter.name, reserved=True)}}}", text)
    problem = None if wire.normal(path) == wire.normal(expected) else f"{path} is not {expected}"
    for parameter in samples:
        if parameter.location == "path":
            results.add(construct(parameter), place, problem)
    results.add("method and path", place, problem if request.method == operation.method else request.method)
    pairs = [wire.normal(pair) for pair in query.split("&")] if query else []
    for parameter, value in samples.items():
        if parameter.location in ("query", "cookie") and _is_undefined(parameter, value.tree):
            results.skipped["lists and objects in others, which the style does not define"] += 1
        elif parameter.location == "query":
            results.add(construct(parameter), place, _query_problem(parameter, value, pairs))
        elif parameter.location == "header":
            results.add(construct(parameter), place, _header_problem(parameter, value, request))
        elif parameter.location == "cookie":
            found = request.headers.get("Cookie", "")
            pair = "&".join(wire.in_query(parameter, value.tree))
            results.add(construct(parameter), place, None if pair in found else f"{pair} is not in {found}")


def _is_undefined(parameter: Parameter, tree: Any) -> bool:
    items = tree.values() if isinstance(tree, dict) else tree if isinstance(tree, list) else ()
    nested = any(isinstance(each, dict | list) for each in items)
    return nested and parameter.style != "deepObject" and not _is_json(parameter)


def _query_problem(parameter: Parameter, value: Sample, pairs: list[str]) -> str | None:
    if _is_json(parameter):
        name = f"{wire.escaped(parameter.name)}="
        found = [json.loads(unquote(each.removeprefix(name))) for each in pairs if each.startswith(name)]
        return None if found == [value.tree] else f"{found} is not {value.tree}"
    expected = [wire.normal(each) for each in wire.in_query(parameter, value.tree)]
    missing = [each for each in expected if each not in pairs]
    return f"{missing} is not in {pairs}" if missing else None


def _header_problem(parameter: Parameter, value: Sample, request: HttpRequest) -> str | None:
    if parameter.schema.get("x-ms-header-collection-prefix"):
        prefix = parameter.schema.get("x-ms-header-collection-prefix")
        expected, found = "b", request.headers.get(f"{prefix}a")
    elif _is_json(parameter):
        expected, found = (
            json.dumps(value.tree),
            json.dumps(json.loads(request.headers.get(parameter.name, "0"))),
        )
    else:
        expected, found = wire.in_header(parameter, value.tree), request.headers.get(parameter.name)
    same = found is not None and found.replace(".000Z", "Z") == expected.replace(".000Z", "Z")
    return None if same else f"{found!r} is not {expected!r}"


def _body_construct(operation: Operation, body: Body | None) -> str:
    if body is None:
        return "no body"
    kinds = {_body_kind(each) for each in operation.bodies}
    others = " or ".join(sorted(kinds - {_body_kind(body)}))
    return f"body: {_body_kind(body)}{f' (or {others})' if others else ''}"


def _body_kind(body: Body) -> str:
    if body.fields:
        return "multipart form" if body.media_type == MULTIPART else "urlencoded form"
    if "json" in body.media_type or body.media_type in ("*/*", "application/*"):
        return "JSON"
    return "other"


def _body_arguments(
    body: Body | None, builder: Builder, results: Results
) -> tuple[dict[str, Any], dict[Parameter, Sample]]:
    if body is None:
        return {}, {}
    concrete = body.media_type.replace("*", "x")
    choose = {"content_type": concrete} if "content_type" in builder.keywords else {}
    if body.fields:
        fields = _samples(body.fields, builder, results)
        if any(each.required and each not in fields for each in body.fields):
            raise NoValueError("a required field")
        found = {
            builder.arguments.get(("form", each.name), each.name): value.value
            for each, value in fields.items()
        }
        return {**found, **choose}, fields
    if _body_kind(body) == "JSON" and "json" in builder.keywords:
        return {"json": JSON_VALUE, **({} if "*" in body.media_type else choose)}, {}
    return {"content": b"content", **choose}, {}


def _body_problem(body: Body, fields: dict[Parameter, Sample], request: HttpRequest) -> str | None:
    content_type = str(request.headers.get("Content-Type", ""))
    essence = content_type.partition(";")[0].strip().lower()
    if "*" not in body.media_type and essence != body.media_type.partition(";")[0].strip().lower():
        return f"it is {content_type}, not {body.media_type}"
    if body.fields:
        count = len(list(_parts(request))) if body.media_type == MULTIPART else len(_text(request).split("&"))
        return None if count >= (1 if fields else 0) else "it has no field"
    if _body_kind(body) == "JSON" and request.content != b"content":
        return None if json.loads(request.content) == JSON_VALUE else f"{request.content!r}"
    return None if request.content == b"content" else f"{request.content!r}"


def _text(request: HttpRequest) -> str:
    content: Any = request.content
    return content.decode() if isinstance(content, bytes) else ""


def _parts(request: HttpRequest) -> Iterator[tuple[str, str | None, bytes]]:
    head = f"Content-Type: {request.headers['Content-Type']}\r\n\r\n".encode()
    for part in message_from_bytes(head + request.content).get_payload():
        assert isinstance(part, Message)
        name = part.get_param("name", header="Content-Disposition")
        payload = part.get_payload(decode=True)
        assert isinstance(payload, bytes)
        yield str(name), part.get("Content-Type"), payload


def _field_problem(body: Body, parameter: Parameter, value: Sample, request: HttpRequest) -> str | None:
    if body.media_type != MULTIPART:
        return _query_problem_of_field(
            parameter, value, [wire.normal(each) for each in _text(request).split("&")]
        )
    if parameter.style not in ("content", "form"):
        return None
    listed = value.tree if isinstance(value.tree, list) else [value.tree]
    if isinstance(value.tree, list) and parameter.style == "form" and not parameter.explode:
        listed = [parameter.delimiter.join(value.tree)]
    found = [(kind, content) for name, kind, content in _parts(request) if name == parameter.name]
    if len(found) != len(listed):
        return f"{len(found)} parts, not {len(listed)}"
    pairs = zip(found, listed, strict=True)
    return next(filter(None, (_part_problem(kind, content, each) for (kind, content), each in pairs)), None)


def _part_problem(kind: str | None, content: bytes, expected: Any) -> str | None:
    if isinstance(expected, bytes | str):
        wanted = expected if isinstance(expected, bytes) else expected.encode()
        same = content.replace(b".000Z", b"Z") == wanted.replace(b".000Z", b"Z")
    else:
        same = json.loads(content) == expected and "json" in str(kind)
    return None if same else f"{content!r} of type {kind} is not {expected!r}"


def _query_problem_of_field(parameter: Parameter, value: Sample, pairs: list[str]) -> str | None:
    listed = value.tree if isinstance(value.tree, list) else [value.tree]
    if any(isinstance(each, bytes) for each in listed):
        return None
    if parameter.style == "content" and any(isinstance(each, dict) for each in listed):
        name = f"{wire.escaped(parameter.name)}="
        found = [json.loads(unquote(each.removeprefix(name))) for each in pairs if each.startswith(name)]
        return None if found == listed else f"{found} is not {listed}"
    return _query_problem(parameter, value, pairs)
