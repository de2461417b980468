"""From the documents to the model: every operation becomes a builder, and everything gets its name."""

import re
from collections import defaultdict
from collections.abc import Mapping, Sequence
from dataclasses import replace
from typing import cast

from openapi_request_builders.config.read import Config
from openapi_request_builders.documents.resolve import Node
from openapi_request_builders.model import names
from openapi_request_builders.model.bodies import accept, answers, body, pageable
from openapi_request_builders.model.constants import Sighting, constants, with_constants
from openapi_request_builders.model.package import Argument, Body, Group, Operation, Package, Rules, Value
from openapi_request_builders.model.patterns import translate
from openapi_request_builders.model.shapes import Shape, shape
from openapi_request_builders.model.sources import Api, Source, find_operations
from openapi_request_builders.model.versions import History, newest, span
from openapi_request_builders.problems import Collector

VERSION_NAMES = ("api-version", "apiversion", "x-ms-api-version", "x-ms-version")


def assemble(config: Config, roots: Sequence[Node]) -> Package:
    """Build the model.

    :raises Problems: An operation cannot be built, or two would have one name.
    """
    problems = Collector()
    api = find_operations(roots, problems)
    operations = []
    for sources in api.sources.values():
        with problems.each():
            operations.append(_operation(api, sources, validate=config.client_side_validation))
    problems.stop()
    final = constants(operations, api.versions)
    groups: dict[str, list[Operation]] = {"": []}
    for operation in operations:
        group = _group(operation) if config.operation_groups else ""
        groups.setdefault(group, []).append(with_constants(operation, final))
    for members in groups.values():
        _refuse_clashes(members, problems)
    problems.stop()
    unique = dict.fromkeys(final.values())
    title = str(roots[-1]["info"].value.get("title", config.namespace)) if roots else config.namespace
    return Package(
        title=" ".join((config.title or title).split()),
        distribution=config.package,
        endpoint=_endpoint(roots[-1]) if roots else "",
        versions=api.versions,
        default_version=api.default,
        rules=tuple(sorted((each for each in unique if isinstance(each, Rules)), key=lambda each: each.name)),
        bodies=tuple(
            sorted((each for each in unique if isinstance(each, Body)), key=lambda each: each.constant)
        ),
        groups=tuple(Group(name, tuple(members)) for name, members in groups.items()),
        license_header=config.license_header,
        serialization_module=config.serialization_module,
    )


def _endpoint(root: Node) -> str:
    """Return what the document says URLs are relative to: that is the client's."""
    template = root.get("x-ms-parameterized-host", {})
    host = template.get("hostTemplate", root.get("host", ""))
    scheme = (
        f"{(root.get('schemes') or ['https'])[0]}://"
        if host and template.get("useSchemePrefix", True)
        else ""
    )
    return f"{scheme}{host}{root.get('basePath', '').rstrip('/')}"


def _group(operation: Operation) -> str:
    group, underscore, _ = operation.operation_id.partition("_")
    return names.module(group) if underscore else ""


def _operation(api: Api, sources: Mapping[str, Source], *, validate: bool) -> Operation:
    """Build an operation; the constants it refers to are settled when all operations are known."""
    newest_source = list(sources.values())[-1]
    versions = list(sources)
    exists = span(versions, api.versions)
    at = api.default if api.default in sources else newest(versions)
    chooser = next(
        (key for key in newest_source.parameters if _chooses_version(newest_source, key, api)), None
    )
    if chooser is None:  # no version can be chosen: there is the newest only
        sources, versions, at = {versions[-1]: newest_source}, versions[-1:], versions[-1]
    operation_id = newest_source.operation_id
    operation_name = names.member(operation_id.partition("_")[2] or operation_id)

    has_body = any(location in ("body", "formData") for location, _ in newest_source.parameters)
    arguments: dict[tuple[str, str], Argument] = {}
    taken: set[str] = {"api_version"} if chooser else set()
    problems = Collector()
    renamed = {version: _by_newest_names(source, newest_source) for version, source in sources.items()}
    for key in dict.fromkeys(key for version in reversed(versions) for key in renamed[version]):
        if key[0] == "body" or (has_body and (key[0], key[1].lower()) == ("header", "content-type")):
            continue
        shapes: dict[str, Shape] = {}
        with problems.each():
            shapes = {v: shape(renamed[v][key], validate=validate) for v in versions if key in renamed[v]}
        if not shapes:
            continue
        having = list(shapes)
        node = renamed[having[-1]][key]
        if key == chooser:
            rules = Rules("", "api_version", History(None), exists, None if at == api.default else at)
            arguments[key] = Argument(
                "api_version", rules, node.get("description", ""), Shape("text", required=True)
            )
            continue
        name = _untaken(_argument_name(key, node), key[0], taken)
        newest_shape = shapes[having[-1]]
        states = {
            v: replace(shapes[v], default=newest_shape.default) if v in shapes else None for v in versions
        }
        arguments[key] = Argument(
            name,
            Sighting(
                "",
                name,
                History(None),
                version_default=None if at == api.default else at,
                at=at,
                states=tuple(states.items()),
            ),
            node.get("description", ""),
            newest_shape,
            span(having, versions) if len(having) < len(versions) else None,
        )

    problems.stop()

    def values(location: str) -> tuple[Value, ...]:
        return tuple(Value(key[1], argument) for key, argument in arguments.items() if key[0] == location)

    def plain(*, path: bool, required: bool) -> tuple[Argument, ...]:
        return tuple(
            argument
            for key, argument in arguments.items()
            if key != chooser
            and _is_required(argument) is required
            and (key[0] == "path" and required) is path
        )

    form = values("formData")
    return Operation(
        place=str(newest_source.node),
        name=operation_name,
        operation_id=operation_id,
        method=newest_source.method,
        path_template=newest_source.path,
        url=newest_source.url,
        summary=newest_source.node.get("summary", ""),
        description=newest_source.node.get("description", ""),
        since=exists,
        positional=plain(path=True, required=True),
        required=plain(path=False, required=True),
        optional=plain(path=False, required=False),
        api_version=arguments[chooser] if chooser else None,
        path=values("path"),
        query=values("query"),
        header=values("header"),
        form=form,
        multipart=_is_multipart(newest_source, form),
        body=body(sources, api, at),
        accept=accept(newest_source),
        pageable=pageable(newest_source),
        long_running=bool(newest_source.node.get("x-ms-long-running-operation", False)),
        answers=tuple(answers(newest_source, api.samples)),
    )


def _is_required(argument: Argument) -> bool:
    """Whether a caller has to give it, whichever version is chosen."""
    states = [state for _, state in cast("Sighting", argument.rules).states]
    return all(state is not None and state.required and state.default is None for state in states)


def _chooses_version(source: Source, key: tuple[str, str], api: Api) -> bool:
    """Whether a parameter is the api-version, and not a constant that looks like one."""
    node = source.parameters[key]
    if key[0] not in ("path", "query", "header") or node.get("type") != "string":
        return False
    if not node.get("x-ms-api-version", key[1].lower() in VERSION_NAMES):
        return False
    if len(api.versions) > 1:
        return True
    fixed = node.get("default", *(node.get("enum", ())[:1] or (None,)))
    pattern = translate(str(node.get("pattern", "")))
    return fixed in (None, api.default) and (pattern is None or re.search(pattern, api.default) is not None)


def _by_newest_names(source: Source, newest_source: Source) -> dict[tuple[str, str], Node]:
    """Return the parameters with those of the path named as in the newest document."""
    paths = zip(source.placeholders, newest_source.placeholders, strict=True)
    renamed = {("path", old): ("path", new) for old, new in paths}
    return {renamed.get(key, key): node for key, node in source.parameters.items()}


def _argument_name(key: tuple[str, str], node: Node) -> str:
    if key[0] == "header" and key[1].lower() in ("accept", "content-type"):
        return names.snake(key[1])  # what the builder itself would send there
    return names.argument(str(node.get("x-ms-client-name", key[1])))


def _untaken(name: str, location: str, taken: set[str]) -> str:
    """Return a name that no other argument of the operation has."""
    candidates = [
        name,
        f"{name}_{names.snake(location)}",
        *(f"{name}_{number}" for number in range(2, len(taken) + 3)),
    ]
    free = next(candidate for candidate in candidates if candidate not in taken)
    taken.add(free)
    return free


def _is_multipart(source: Source, form: Sequence[Value]) -> bool:
    consumes = source.media_types("consumes")
    has_file = any("file" in (value.argument.shape.kind, *_item_kind(value.argument.shape)) for value in form)
    return has_file or ("multipart/form-data" in consumes and bool(form))


def _item_kind(of: Shape) -> tuple[str, ...]:
    return (of.items.kind,) if of.items else ()


def _refuse_clashes(operations: Sequence[Operation], problems: Collector) -> None:
    by_name: dict[str, list[Operation]] = defaultdict(list)
    for operation in operations:
        by_name[operation.name].append(operation)
    for same in by_name.values():
        for other in same[1:]:
            problems.add(
                other.place,
                f"{same[0].operation_id} and {other.operation_id} would both be {other.builder}",
                "give one another operationId, in the document or by the directive rename-operation,"
                " or keep groups apart: --operation-groups",
            )
