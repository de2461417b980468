"""Read OpenAPI documents, of version 2.0 or 3, for what their operations' requests have to be."""

import json
import re
from collections.abc import Iterator
from dataclasses import dataclass
from functools import lru_cache
from os.path import normpath
from pathlib import Path
from typing import Any
from urllib.parse import unquote, urljoin

import yaml

METHODS = ("get", "put", "post", "delete", "options", "head", "patch", "trace")
_COLLECTIONS = {"csv": ",", "ssv": " ", "tsv": "\t", "pipes": "|"}
_DELIMITERS = {"spaceDelimited": " ", "pipeDelimited": "|"}


@dataclass(frozen=True, eq=False)
class Value:
    """A value of a document, and the file that its references start from."""

    value: Any
    file: Path

    def get(self, key: str, default: Any = None) -> Any:
        """Return a member as it is, without following it."""
        return self.value.get(key, default) if isinstance(self.value, dict) else default

    def at(self, key: str | int) -> "Value":
        """Return a member, or an item; a reference is followed."""
        return Value(self.value[key], self.file).followed()

    def each(self, key: str) -> "Iterator[Value]":
        """Iterate over a list."""
        return (self.at(key).at(index) for index in range(len(self.get(key) or ())))

    def items(self, key: str) -> "Iterator[tuple[str, Value]]":
        """Iterate over an object."""
        return ((str(name), self.at(key).at(name)) for name in self.get(key) or ())

    def followed(self) -> "Value":
        """Return what a reference leads to, with what stands beside it."""
        if not isinstance(self.value, dict) or not isinstance(self.value.get("$ref"), str):
            return self
        name, _, fragment = self.value["$ref"].partition("#")
        file = Path(normpath(self.file.parent / unquote(name))) if name else self.file
        value = read(file)
        for part in unquote(fragment).split("/")[1:]:
            key = part.replace("~1", "/").replace("~0", "~")
            value = value[int(key)] if isinstance(value, list) else value[key]
        target = Value(value, file).followed()
        beside = {key: each for key, each in self.value.items() if key != "$ref"}
        return Value({**target.value, **beside}, target.file) if beside else target


@dataclass(frozen=True)
class Parameter:
    """A parameter, or a field of a form.

    :param delimiter: What separates items, if they are not exploded.
    :param media_type: What it is written as, if a media type says so.
    """

    name: str
    location: str
    schema: Value
    required: bool = False
    style: str = "form"
    explode: bool = False
    delimiter: str = ","
    reserved: bool = False
    media_type: str | None = None


@dataclass(frozen=True)
class Body:
    """A body in one media type."""

    media_type: str
    schema: Value | None
    fields: tuple[Parameter, ...] = ()


@dataclass(frozen=True)
class Operation:
    """An operation, and where its URL starts if that is not the document's server."""

    method: str
    path: str
    server: str
    parameters: tuple[Parameter, ...]
    bodies: tuple[Body, ...] = ()
    needs_body: bool = False
    name: str = ""


@lru_cache(maxsize=4096)
def read(file: Path) -> Any:
    """Return a file's value."""
    text = file.read_text(encoding="utf-8-sig")
    if file.suffix == ".json":
        return json.loads(text)
    return _with_text_keys(yaml.load(text, getattr(yaml, "CSafeLoader", yaml.SafeLoader)))


def _with_text_keys(value: Any) -> Any:
    if isinstance(value, dict):
        return {_key(key): _with_text_keys(each) for key, each in value.items()}
    return [_with_text_keys(each) for each in value] if isinstance(value, list) else value


def _key(key: object) -> str:
    """Return a key as JSON has it: YAML reads ``on`` and ``200`` as values."""
    words = {True: "on", False: "off", None: "null"}
    return words.get(key, str(key)) if key is None or isinstance(key, bool) else str(key)


def is_document(file: Path) -> bool:
    """Whether a file is a document with operations."""
    if file.suffix not in (".json", ".yaml", ".yml"):
        return False
    try:
        tree = read(file)
    except (ValueError, RecursionError, yaml.YAMLError):
        return False  # another file with the same ending, or one that is broken
    return (
        isinstance(tree, dict) and bool(tree.get("paths")) and bool(tree.get("openapi", tree.get("swagger")))
    )


def operations(file: Path) -> Iterator[Operation]:
    """Yield the operations of a document."""
    root = Value(read(file), file)
    is_new = "openapi" in root.value
    for section in ("paths", "x-ms-paths"):
        for path, item in root.items(section):
            for method in METHODS if path.startswith("/") else ():
                if method in item.value:
                    operation = item.at(method)
                    parameters = [*_listed(item, operation), *_forgotten(path, _listed(item, operation))]
                    yield (_new if is_new else _old)(root, item, operation, method.upper(), path, parameters)


def _forgotten(path: str, listed: list[Value]) -> Iterator[Value]:
    """Yield parameters of a path that the document forgot to describe: they are text."""
    described = {each.value["name"] for each in listed if each.value["in"] == "path"}
    implied = {"in": "path", "required": True, "type": "string", "schema": {"type": "string"}}
    for name in re.findall(r"\{([^{}]*)\}", path):
        if name not in described:
            yield Value({**implied, "name": name}, Path())


def _listed(item: Value, operation: Value) -> list[Value]:
    found: dict[tuple[str, str], Value] = {}
    for holder in (item, operation):
        for each in holder.each("parameters"):
            found[each.value["in"], each.value["name"]] = each
    return list(found.values())


def _old(
    root: Value, item: Value, operation: Value, method: str, path: str, listed: list[Value]
) -> Operation:
    """Read an operation of OpenAPI 2.0."""
    del item  # has nothing but parameters
    consumes = operation.get("consumes", root.get("consumes")) or []
    parameters: list[Parameter] = []
    fields: list[Parameter] = []
    body: Value | None = None
    for each in listed:
        location = each.value["in"]
        if location == "body":
            body = each
            continue
        if location == "header" and each.value["name"].lower() == "content-type":
            continue  # what the body's own content type is for
        collection = each.get("collectionFormat", "csv")
        found = Parameter(
            each.value["name"],
            "form" if location == "formData" else location,
            each,
            location == "path" or bool(each.get("required")),
            style="form" if location in ("query", "formData") else "simple",
            explode=collection == "multi",
            delimiter=_COLLECTIONS.get(collection, ","),
            reserved=bool(each.get("x-ms-skip-url-encoding")),
        )
        (fields if location == "formData" else parameters).append(found)
    bodies = []
    if body is not None:
        bodies = [Body(each, body.at("schema")) for each in consumes or ["application/json"]]
    elif fields:
        has_file = any(_kind(each.schema) == "file" for each in fields)
        multipart = has_file or "multipart/form-data" in consumes
        bodies = [
            Body(
                "multipart/form-data" if multipart else "application/x-www-form-urlencoded",
                None,
                tuple(fields),
            )
        ]
    return Operation(
        method, path, "", tuple(parameters), tuple(bodies), body is not None and bool(body.get("required"))
    )


def _kind(schema: Value) -> Any:
    kind = schema.get("type")
    return schema.at("items").get("type") if kind == "array" and "items" in schema.value else kind


def _new(
    root: Value, item: Value, operation: Value, method: str, path: str, listed: list[Value]
) -> Operation:
    """Read an operation of OpenAPI 3."""
    parameters = [
        _parameter(each)
        for each in listed
        if not (
            each.value["in"] == "header"
            and each.value["name"].lower() in ("accept", "content-type", "authorization")
        )
    ]
    body = operation.at("requestBody") if operation.get("requestBody") else None
    bodies = tuple(_bodies(body)) if body else ()
    return Operation(
        method,
        path,
        _server(root, item, operation),
        tuple(parameters),
        bodies,
        bool(body and body.get("required")),
        str(operation.get("operationId", "")),
    )


def _server(root: Value, item: Value, operation: Value) -> str:
    def url(holder: Value) -> str | None:
        if not holder.get("servers"):
            return None
        server = next(holder.each("servers"))
        text = server.value["url"]
        for name, variable in server.items("variables"):
            text = text.replace(f"{{{name}}}", str(variable.get("default", "")))
        return str(text)

    base, own = url(root) or "", url(operation) or url(item)
    if own is None or own.rstrip("/") == base.rstrip("/"):
        return ""
    return (urljoin(base, own) if "://" in base else own).rstrip("/")


def _parameter(node: Value) -> Parameter:
    location = node.value["in"]
    style = node.get("style", "form" if location in ("query", "cookie") else "simple")
    media_type, schema = None, node.at("schema") if "schema" in node.value else node
    if content := next(node.items("content"), None):
        media_type, described = content
        schema = described.at("schema") if "schema" in described.value else Value({}, node.file)
    return Parameter(
        node.value["name"],
        location,
        schema,
        location == "path" or bool(node.get("required")),
        style,
        bool(node.get("explode", style in ("form", "cookie"))),
        _DELIMITERS.get(style, ","),
        bool(node.get("allowReserved")),
        media_type,
    )


def _bodies(body: Value) -> Iterator[Body]:
    for media_type, content in body.items("content"):
        if media_type.count("/") != 1:
            continue  # some documents have other things there
        schema = content.at("schema") if "schema" in content.value else None
        essence = media_type.partition(";")[0].strip().lower()
        fields: tuple[Parameter, ...] = ()
        if schema and essence in ("application/x-www-form-urlencoded", "multipart/form-data"):
            fields = tuple(_fields(content, schema))
        yield Body(essence if fields else media_type, schema, fields)


def _fields(content: Value, schema: Value) -> Iterator[Parameter]:
    encodings = dict(content.items("encoding"))
    required = _required(schema)
    for name, node in properties(schema).items():
        if node.get("readOnly"):
            continue
        encoding = encodings.get(name)
        if encoding and any(key in encoding.value for key in ("style", "explode", "allowReserved")):
            style = encoding.get("style", "form")
            explode = bool(encoding.get("explode", style == "form"))
            yield Parameter(name, "form", node, name in required, style, explode, _DELIMITERS.get(style, ","))
        else:
            kind = encoding.get("contentType") if encoding else None
            yield Parameter(name, "form", node, name in required, "content", True, media_type=kind)


def properties(schema: Value, depth: int = 0) -> dict[str, Value]:
    """Return the properties of a schema, and of all that it is made of."""
    found: dict[str, Value] = {}
    if depth < 20:
        for key in ("allOf", "oneOf", "anyOf"):
            for part in schema.each(key):
                found.update(properties(part, depth + 1))
    found.update(schema.items("properties"))
    return found


def _required(schema: Value, depth: int = 0) -> set[str]:
    found: set[str] = set(schema.get("required") or ())
    if depth < 20:
        for part in schema.each("allOf"):
            found |= _required(part, depth + 1)
        for key in ("oneOf", "anyOf"):
            parts = [_required(part, depth + 1) for part in schema.each(key)]
            if parts:
                found |= set.intersection(*parts)
    return found
