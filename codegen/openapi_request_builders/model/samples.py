"""Samples of bodies for docstrings: schemas as filled-in values."""

from collections.abc import Iterator, Mapping, Sequence
from contextlib import suppress
from dataclasses import dataclass, replace
from typing import Any

from openapi_request_builders.documents.node import Node
from openapi_request_builders.model.package import Field, Sample
from openapi_request_builders.problems import Problems, suggestion

# Example values by type and format.
VALUES: Mapping[tuple[str, str], Any] = {
    ("string", ""): "str",
    ("string", "date"): "2024-02-29",
    ("string", "date-time"): "2024-02-29T12:30:00Z",
    ("string", "date-time-rfc1123"): "Thu, 29 Feb 2024 12:30:00 GMT",
    ("string", "time"): "12:30:00",
    ("string", "duration"): "P1DT2H",
    ("string", "byte"): "Ynl0ZXM=",
    ("string", "base64url"): "Ynl0ZXM",
    ("string", "uuid"): "00000000-0000-0000-0000-000000000000",
    ("string", "url"): "https://example.com/",
    ("integer", ""): 0,
    ("integer", "unixtime"): 1709210000,
    ("number", ""): 0.0,
    ("boolean", ""): True,
}
TYPES = ("any", "array", "boolean", "file", "integer", "null", "number", "object", "string")
DEPTH = 8  # deeper than any value that people write by hand
LINES = 40  # less than a screen
MEMBERS = 5  # the most members of an object in an example of a call


class Samples:
    """Samples of the schemas in some documents."""

    def __init__(self, roots: Sequence[Node]) -> None:
        self._derived: dict[Node, list[tuple[str, Node]]] = {}
        everywhere = [
            Node(roots[0].documents, path, (), tree) for path, tree in roots[0].documents.trees.items()
        ]
        for root in everywhere:
            for name, node in root["definitions"].items() if "definitions" in root else ():
                with suppress(Problems):  # a dead reference in a definition that no operation uses
                    for base in node.each("allOf"):
                        self._derived.setdefault(base, []).append((name, node))
        self._found: dict[tuple[Node, bool], Sample] = {}

    def of(self, schema: Node, *, request: bool) -> Sample | None:
        """Return a sample of an object or an array. Other values do not need one.

        :param request: Whether it is for a request, and so leaves out read-only members.
        """
        sample = self._sample(schema, request)
        return sample if sample.fields or sample.items else None

    def plain(self, schema: Node) -> Any:
        """Return a short sample of a request as a plain value, with the required members of objects."""
        return _plain(self._sample(schema, True), "text")

    def _sample(self, schema: Node, request: bool) -> Sample:
        if (schema, request) not in self._found:
            self._found[schema, request] = self._fitting(schema, request)
        return self._found[schema, request]

    def _fitting(self, schema: Node, request: bool) -> Sample:
        """Return the deepest sample that fits on a screen; if even the flattest does not fit, cut it."""
        sample = _Sampling(self._derived, request, 1).sample(schema, ())
        for depth in range(2, DEPTH + 1):
            deeper = _Sampling(self._derived, request, depth).sample(schema, ())
            if _lines(deeper) > LINES:
                break
            sample = deeper
        return _cut(sample, LINES)


@dataclass(frozen=True)
class _Sampling:
    """The options for making samples: models, direction and depth."""

    derived: Mapping[Node, Sequence[tuple[str, Node]]]
    request: bool
    depth: int

    def sample(self, schema: Node, around: tuple[Node, ...]) -> Sample:
        """Return a sample, with ``...`` for parts that would not end or would be too deep."""
        if schema in around:
            return Sample(value=...)
        is_deep, around = len(around) > self.depth, (*around, schema)
        if is_deep and "items" not in schema:
            return Sample(value=... if _is_compound(schema) else _value(schema))
        if fields := tuple(self._fields(schema, around)):
            return Sample(fields=fields)
        if "items" in schema:
            return Sample(items=self.sample(schema["items"], around))
        return self._without_members(schema, around)

    def _without_members(self, schema: Node, around: tuple[Node, ...]) -> Sample:
        """Return a sample of a schema without own members: an alias, a map or a single value."""
        if base := next((each for each in schema.each("allOf") if each not in around), None):
            return self.sample(base, around)
        if isinstance(schema.get("additionalProperties"), dict) and schema.value["additionalProperties"]:
            value = self.sample(schema["additionalProperties"], around)
            return Sample(fields=(Field("str", value, "", required=True),))
        return Sample(value=_value(schema))

    def _fields(self, schema: Node, around: tuple[Node, ...]) -> Iterator[Field]:
        fields: dict[str, Field] = {}
        self._collect(schema, around, fields, "")
        discriminator = _discriminator(schema)
        if discriminator is not None and (variants := dict(self._variants(schema))):
            own = fields.pop(discriminator, None)
            choices = ", ".join(map(repr, variants))
            description = (
                f"{own.description if own else ''} One of {choices}, which determines the other members."
            )
            yield Field(discriminator, Sample(value=next(iter(variants))), description.strip(), required=True)
            for value, variant in variants.items():
                self._collect(variant, around, fields, f"With {discriminator} {value!r}.")
            fields.pop(discriminator, None)
        yield from fields.values()

    def _collect(self, schema: Node, around: tuple[Node, ...], fields: dict[str, Field], when: str) -> None:
        """Add the properties of a schema to ``fields``, those of its parents first."""
        for parent in schema.each("allOf"):
            if parent not in around[:-1]:
                self._collect(parent, (*around, parent), fields, when)
        required = schema.get("required", ())
        for name, node in schema["properties"].items() if "properties" in schema else ():
            if name in fields or (self.request and node.get("readOnly")):
                continue
            description = " ".join(filter(None, (when, str(node.get("description", "")))))
            # Only samples of requests say which members are optional.
            is_required = name in required or not self.request
            fields[name] = Field(name, self.sample(node, around), description, required=is_required)

    def _variants(self, schema: Node, seen: tuple[Node, ...] = ()) -> Iterator[tuple[str, Node]]:
        if "x-variants" in schema:
            yield from schema["x-variants"].items()
            return
        for name, node in self.derived.get(schema, ()):
            if node not in seen:
                yield str(node.get("x-ms-discriminator-value", name)), node
                yield from self._variants(node, (*seen, node))


def _plain(sample: Sample, name: str, *, inside: bool = False) -> Any:
    """Return a sample as a plain value. An object inside an object has only its required members."""
    if sample.fields:
        shown = [field for field in sample.fields if field.required][:MEMBERS]
        if not shown and not inside:
            shown = [sample.fields[0]]
        return {field.name: _plain(field.value, field.name, inside=True) for field in shown}
    if sample.items:
        return [_plain(sample.items, name.removesuffix("s") or name, inside=inside)]
    if sample.value is ...:
        return {}
    return name if sample.value == VALUES["string", ""] else sample.value


def _is_compound(schema: Node) -> bool:
    keys = ("properties", "allOf", "additionalProperties", "x-variants")
    return any(key in schema for key in keys) or schema.get("type") == "object"


def _lines(sample: Sample) -> int:
    """Return about how many lines a sample takes: for fields, comments and the last brace of an object."""
    fields = sum(1 + bool(field.description) + _lines(field.value) for field in sample.fields)
    return fields + (1 if sample.fields else 0) + (_lines(sample.items) if sample.items else 0)


def _cut(sample: Sample, lines: int) -> Sample:
    """Return a sample with only the first fields that fit, and with the number of the others."""
    if sample.items:
        return replace(sample, items=_cut(sample.items, lines))
    kept: list[Field] = []
    for field in sample.fields:
        lines -= 1 + bool(field.description) + _lines(field.value)
        if lines < 0:
            break
        kept.append(field)
    return replace(sample, fields=tuple(kept), more=len(sample.fields) - len(kept))


def _discriminator(schema: Node, seen: tuple[Node, ...] = ()) -> str | None:
    if schema in seen:
        return None
    parents = (_discriminator(parent, (*seen, schema)) for parent in schema.each("allOf"))
    return schema.get("discriminator") or next(filter(None, parents), None)


def _value(schema: Node) -> Any:
    for key in ("default", "enum"):
        if isinstance(value := schema.get(key), str | int | float | bool):
            return value
        if value and key == "enum":
            return value[0]
    kind = str(schema.get("type", "object"))
    if kind == "object":
        return {}
    if kind not in TYPES and (remedy := suggestion(kind, TYPES)):
        message = f"OpenAPI has no type {kind!r}; samples show text"
        schema.documents.notes.add(schema / "type", message, remedy)
    return VALUES.get((kind, str(schema.get("format", ""))), VALUES.get((kind, ""), "str"))
