"""Kinds of values in Python: their annotations, and the run time's classes that write them."""

from collections.abc import Iterator, Mapping
from keyword import iskeyword

from openapi_request_builders.model.package import BodyShape, ItemField, ItemType, JsonType
from openapi_request_builders.model.shape import Shape

# The annotation for each kind of value, and the name that it imports.
ANNOTATIONS: Mapping[str, tuple[str, str]] = {
    "text": ("str", ""),
    "boolean": ("bool", ""),
    "integer": ("int", ""),
    "number": ("float | Decimal", "decimal.Decimal"),
    "date": ("date", "datetime.date"),
    "date-time": ("datetime", "datetime.datetime"),
    "date-time-rfc1123": ("datetime", "datetime.datetime"),
    "unixtime": ("datetime", "datetime.datetime"),
    "time": ("time", "datetime.time"),
    "duration": ("timedelta", "datetime.timedelta"),
    "byte": ("bytes", ""),
    "base64url": ("bytes", ""),
    "uuid": ("UUID | str", "uuid.UUID"),
    "array": ("Items", ""),
    "prefixed-headers": ("Mapping[str, str]", ""),
    "file": ("FormFile", ""),
    "any": ("Scalar", ""),
    "json": ("Any", "typing.Any"),
    "object": ("Mapping[str, Any]", "typing.Any"),
}
# The annotation for each kind of JSON value.
JSON_ANNOTATIONS: Mapping[str, str] = {
    "any": "Any",
    "text": "str",
    "integer": "int",
    "number": "float",
    "boolean": "bool",
}
# The run time's class for each kind. Other kinds are formats of `Formatted`.
CLASSES: Mapping[str, str] = {
    "text": "Text",
    "boolean": "Boolean",
    "integer": "Integer",
    "number": "Number",
    "array": "Array",
    "file": "FilePart",
    "prefixed-headers": "PrefixedHeaders",
    "any": "Anything",
    "any-of": "AnyOf",
    "json": "Json",
    "object": "Object",
}
# The run time's classes that are not in its main module.
MODULES: Mapping[str, str] = {
    "Formatted": "formats",
    "FilePart": "forms",
    "Part": "forms",
    "FormBody": "form_bodies",
    **dict.fromkeys(("Anything", "AnyOf", "Json", "Object"), "schemas"),
    "Styled": "styles",
}
# The modules that others of these need.
REQUIRED_MODULES: Mapping[str, tuple[str, ...]] = {"form_bodies": ("forms",), "styles": ("schemas",)}
# The annotations that the run time defines, by kind of value: the submodule, if any, and the name.
RUN_TIME_TYPES: Mapping[str, tuple[str, str]] = {
    "array": ("", "Items"),
    "file": ("forms", "FormFile"),
    "any": ("schemas", "Scalar"),
}


def annotation(shape: Shape) -> str:
    """Return the annotation of an argument."""
    if is_literal(shape):
        return f"Literal[{', '.join(map(repr, shape.enum))}]"
    if shape.alternatives:
        return " | ".join(dict.fromkeys(map(annotation, shape.alternatives)))
    name, _ = ANNOTATIONS[shape.kind]
    if shape.items:
        return f"{name}[{annotation(shape.items)} | None]"
    is_written = isinstance(shape.default, str) and shape.kind not in ("text", "uuid")
    return f"{name} | str" if is_written else name  # a default is in the form of the wire


def json_annotation(value: JsonType) -> str:
    """Return the annotation of a JSON value that was read."""
    inner = "" if value.item is None else json_annotation(value.item)
    annotations = {"array": f"list[{inner}]", "map": f"dict[str, {inner}]", "object": value.name}
    name = JSON_ANNOTATIONS.get(value.kind) or annotations[value.kind]
    return f"{name} | None" if value.nullable and name != "Any" else name


def json_names(value: JsonType) -> Iterator[str]:
    """Yield what has to be imported for an annotation."""
    if value.kind == "any":
        yield "Any"
    if value.kind == "object":
        yield value.name
    if value.item:
        yield from json_names(value.item)


def field_annotation(member: ItemField) -> str:
    """Return the annotation of a member, in quotes if it names a class that may come later."""
    text = json_annotation(member.type)
    if any(name != "Any" for name in json_names(member.type)):
        text = f'"{text}"'
    return text if member.required else f"NotRequired[{text}]"


def is_class(item: ItemType) -> bool:
    """Whether a class can have the members, or their names need the other form of a TypedDict."""
    return all(
        each.name.isidentifier() and not iskeyword(each.name) and not each.name.startswith("__")
        for each in item.fields
    )


def is_literal(shape: Shape) -> bool:
    """Whether a type checker can know the values: no lists, no floating point, and no more than 64 bits."""
    return (
        bool(shape.enum)
        and shape.kind not in ("array", "number")
        and all(isinstance(each, str) or abs(each) < 2**63 for each in shape.enum)
    )


def run_time_class(shape: Shape | None) -> str:
    """Return the class of the run time that checks and writes a parameter."""
    return "Absent" if shape is None else CLASSES.get(shape.kind, "Formatted")


def body_class(shape: BodyShape | None) -> str:
    """Return the class of the run time that checks and writes a body."""
    if shape is None:
        return "Absent"
    return "FormBody" if shape.forms else "Body"


def is_typed_part(shape: Shape) -> bool:
    """Whether a shape is a field of a form with a media type, and neither a file nor JSON."""
    return bool(shape.content_types) and shape.kind not in ("file", "json", "array", "any-of")
