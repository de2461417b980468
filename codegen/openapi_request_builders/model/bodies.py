"""What goes in and comes out of an operation: its body, and its answers."""

import re
from collections.abc import Iterator, Mapping

from openapi_request_builders.model import names
from openapi_request_builders.model.package import Answer, Body, BodyShape, Sample
from openapi_request_builders.model.samples import Samples
from openapi_request_builders.model.sources import Api, Source
from openapi_request_builders.model.versions import history
from openapi_request_builders.problems import problem

_JSON_TYPE = re.compile(r"[^;]*[/+]json\s*(;.*)?", re.IGNORECASE)
_XML_TYPE = re.compile(r"[^;]*[/+]xml\s*(;.*)?", re.IGNORECASE)


def body(sources: Mapping[str, Source], api: Api, at: str) -> Body | None:
    """Describe the body that an operation takes as a whole, in all versions that have the operation."""
    states = {version: _body_shape(source) for version, source in sources.items()}
    having = [version for version, state in states.items() if state is not None]
    if not having:
        return None
    source = sources[having[-1]]
    nodes = [node for (location, _), node in source.parameters.items() if location == "body"]
    if len(nodes) > 1:
        raise problem(nodes[1], "the operation has two bodies", "remove one of them")
    if any(location == "formData" for each in sources.values() for location, _ in each.parameters):
        raise problem(
            nodes[0], "the operation has a form and a body", "make the fields part of one of the two"
        )
    known_types = states[having[-1]]
    takes_json = known_types is not None and any(map(_takes_json, known_types.content_types))
    return Body(
        name=names.snake(str(nodes[0].value["name"])),
        description=nodes[0].get("description", ""),
        history=history(states, at),
        takes_json=takes_json,
        sample=api.samples.of(nodes[0]["schema"], request=True) if takes_json else None,
        version_default=None if at == api.default else at,
    )


def _takes_json(media_type: str) -> bool:
    return bool(_JSON_TYPE.fullmatch(media_type)) or media_type in ("*/*", "application/*")


def _body_shape(source: Source) -> BodyShape | None:
    node = next((each for (location, _), each in source.parameters.items() if location == "body"), None)
    if node is None:
        return None
    schema = node["schema"]
    binary = schema.get("type") == "file" or schema.get("format") in ("binary", "file")
    types = source.media_types("consumes") or _content_type_header(source)
    types = types or (("application/octet-stream",) if binary else ("application/json",))
    return BodyShape(types, bool(node.get("required", False)))


def _content_type_header(source: Source) -> tuple[str, ...]:
    """Return the media types that a parameter for the header lists, its default first."""
    for (location, name), node in source.parameters.items():
        if (location, name.lower()) == ("header", "content-type"):
            default = [node.value["default"]] if "default" in node else []
            return tuple(dict.fromkeys([*default, *node.get("enum", ())]))
    return ()


def accept(source: Source) -> str | None:
    """Return the media types that an answer can have, if one has a body; a model is read from JSON or XML."""
    schemas = [response["schema"] for _, response in source.node["responses"].items() if "schema" in response]
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


def _produces(source: Source) -> tuple[str, ...]:
    return source.media_types("produces") or ("application/json",)


def answers(source: Source, samples: Samples) -> Iterator[Answer]:
    """Yield what the service can answer."""
    is_json = any(map(_JSON_TYPE.fullmatch, _produces(source)))
    shown: list[Sample] = []
    for status, response in source.node["responses"].items():
        if status.startswith("x-"):
            continue
        name = sample = None
        if "schema" in response:
            schema = response["schema"]
            name = str(schema.at[-1] if "definitions" in schema.at[-2:-1] else schema.get("type", "object"))
            if is_json and status != "default":
                sample = samples.of(schema, request=False)
            if sample in shown:
                sample = None  # once is enough
            elif sample:
                shown.append(sample)
        yield Answer(status, response.get("description", ""), name, sample)
