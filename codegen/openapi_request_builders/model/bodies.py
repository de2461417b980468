"""The body and the responses of an operation."""

import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass

from openapi_request_builders.documents.node import Node
from openapi_request_builders.model.package import BodyShape, Response, Sample
from openapi_request_builders.model.samples import Samples
from openapi_request_builders.model.sources import Source
from openapi_request_builders.problems import problem

_JSON_TYPE = re.compile(r"[^;]*[/+]json\s*(;.*)?", re.IGNORECASE)
_STATUS = re.compile(r"default|[1-5]([0-9]{2}|XX)", re.IGNORECASE)
_XML_TYPE = re.compile(r"[^;]*[/+]xml\s*(;.*)?", re.IGNORECASE)


@dataclass(frozen=True)
class BodyStates:
    """The body of an operation in every version.

    :param shapes: By version, oldest first; None if the operation takes no body.
    :param node: The parameter in the newest document that has it.
    """

    shapes: Mapping[str, BodyShape | None]
    node: Node

    def at(self, version: str) -> BodyShape:
        """Return the shape of the body in a version, or in the last version with a body."""
        shapes = (self.shapes[version], *reversed(tuple(self.shapes.values())))
        return next(shape for shape in shapes if shape is not None)

    @property
    def takes_json(self) -> bool:
        """Whether the newest version with a body takes JSON."""
        newest = next(shape for shape in reversed(tuple(self.shapes.values())) if shape is not None)
        return any(map(_takes_json, newest.whole_types))

    @property
    def takes_content(self) -> bool:
        """Whether any version takes a body as a whole."""
        return any(shape is not None and shape.whole_types for shape in self.shapes.values())


def body_states(sources: Mapping[str, Source]) -> BodyStates | None:
    """Describe the body that an operation takes as a whole, in all versions.

    :raises Problems: There are two bodies, or a body and a form.
    """
    shapes = {version: _body_shape(source) for version, source in sources.items()}
    having = [version for version, state in shapes.items() if state is not None]
    if not having:
        return None
    nodes = [node for (location, _), node in sources[having[-1]].parameters.items() if location == "body"]
    if len(nodes) > 1:
        raise problem(nodes[1], "the operation has two bodies", "remove one of them")
    if any(_has_form(each) and "x-forms" not in each.node for each in sources.values()):
        raise problem(
            nodes[0], "the operation has a form and a body", "make the fields part of one of the two"
        )
    return BodyStates(shapes, nodes[0])


def _has_form(source: Source) -> bool:
    return any(location == "formData" for location, _ in source.parameters)


def _takes_json(media_type: str) -> bool:
    return bool(_JSON_TYPE.fullmatch(media_type)) or media_type in ("*/*", "application/*")


def _body_shape(source: Source) -> BodyShape | None:
    node = next((each for (location, _), each in source.parameters.items() if location == "body"), None)
    if node is None:
        return None
    schema = node["schema"]
    binary = schema.get("type") == "file" or schema.get("format") in ("binary", "file")
    header = _content_type_header(source)
    listed = (*source.media_types("consumes"), *(header.values if header else ()))
    types = tuple(dict.fromkeys(listed)) or (
        ("application/octet-stream",) if binary else ("application/json",)
    )
    forms = {name: tuple(lacking) for name, lacking in source.node.get("x-forms", {}).items()}
    return BodyShape(
        types,
        bool(node.get("required", False)),
        tuple(forms.items()),
        default_type=header.default if header else None,
        any_type=header.is_free if header else False,
    )


@dataclass(frozen=True)
class _TypeHeader:
    """A parameter for the header ``Content-Type``.

    :param values: The media types that it lists.
    :param is_free: Whether it takes others, too.
    :param default: The default media type; empty if the caller has to name one.
    """

    values: tuple[str, ...]
    is_free: bool
    default: str | None


def _content_type_header(source: Source) -> _TypeHeader | None:
    for (location, name), node in source.parameters.items():
        if (location, name.lower()) == ("header", "content-type"):
            enum = tuple(map(str, node.get("enum", ())))
            default = node.get("default", enum[0] if len(enum) == 1 and node.get("required") else None)
            if default is None and node.get("required") and not enum:
                default = ""
            extensible = not enum or bool(node.get("x-ms-enum", {}).get("modelAsString"))
            values: tuple[str, ...] = tuple(dict.fromkeys((str(default), *enum) if default else enum))
            return _TypeHeader(values, extensible, default)
    return None


def accept(source: Source) -> str | None:
    """Return the media types of the responses, if any has a body; for a model, JSON and XML."""
    schemas = [response["schema"] for _, response in _responses(source) if "schema" in response]
    produces = _produces(source)
    structured = [each for each in produces if _JSON_TYPE.fullmatch(each) or _XML_TYPE.fullmatch(each)]
    if (
        schemas
        and all(schema.get("type", "object") in ("object", "array") for schema in schemas)
        and structured
    ):
        produces = tuple(structured)
    return ", ".join(produces) if schemas else None


def pageable(source: Source) -> str | None:
    """Return the name of the link to the next page."""
    pageable = source.node.get("x-ms-pageable")
    return None if pageable is None else str(pageable.get("nextLinkName") or "")


def returns_json(source: Source) -> bool:
    """Return whether a response may be JSON."""
    return any(map(_JSON_TYPE.fullmatch, _produces(source)))


def successes(source: Source) -> Iterator[Node]:
    """Yield the responses that say that all went well."""
    return (node for status, node in _responses(source) if status.startswith("2"))


def _responses(source: Source) -> Iterator[tuple[str, Node]]:
    described = source.node["responses"].items() if "responses" in source.node else ()
    return ((status, node) for status, node in described if _STATUS.fullmatch(status))


def _produces(source: Source) -> tuple[str, ...]:
    return source.media_types("produces") or ("application/json",)


def responses(source: Source, samples: Samples | None) -> Iterator[Response]:
    """Yield the responses of the service.

    :param samples: Samples of the definitions; None for responses without samples.
    """
    is_json = returns_json(source)
    shown: list[Sample] = []
    for status, response in _responses(source):
        name = sample = None
        is_named = is_list = False
        if "schema" in response:
            schema = response["schema"]
            is_named, is_list = _is_named(schema), schema.get("type") == "array" and not _is_named(schema)
            if is_list and "items" in schema and _is_named(schema["items"]):
                name, is_named = str(schema["items"].at[-1]), True
            else:
                name = str(schema.at[-1] if is_named else schema.get("type", "object"))
            if samples and is_json and status != "default":
                sample = samples.of(schema, request=False)
            if sample in shown:
                sample = None  # the same sample is shown only once
            elif sample:
                shown.append(sample)
        yield Response(status, response.get("description", ""), name, is_named, is_list, sample)


def _is_named(schema: Node) -> bool:
    return "definitions" in schema.at[-2:-1]
