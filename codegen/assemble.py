"""From the documents to the model: operations are matched across versions, and everything gets its name."""

import re
from collections import Counter, defaultdict
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from typing import cast

from codegen import names
from codegen.config import Config
from codegen.model import Answer, Argument, Body, BodyShape, Group, Operation, Package, Rules, Value
from codegen.patterns import translate
from codegen.problems import Collector, problem
from codegen.resolve import Node
from codegen.samples import Samples
from codegen.shapes import Shape, shape
from codegen.versions import History, age, history, newest, span

METHODS = ("get", "put", "post", "delete", "options", "head", "patch")
VERSION_NAMES = ("api-version", "apiversion", "x-ms-api-version", "x-ms-version")
_PLACEHOLDER = re.compile(r"\{([^{}]*)\}")
_JSON_TYPE = re.compile(r"[^;]*[/+]json\s*(;.*)?", re.IGNORECASE)
_XML_TYPE = re.compile(r"[^;]*[/+]xml\s*(;.*)?", re.IGNORECASE)


@dataclass(frozen=True)
class Source:
    """An operation as one document has it; its parameters by location and name."""

    node: Node
    root: Node
    method: str
    path: str
    parameters: Mapping[tuple[str, str], Node]

    def media_types(self, key: str) -> tuple[str, ...]:
        """Return what the operation, or else the document, consumes or produces."""
        return tuple(dict.fromkeys(self.node.get(key, self.root.get(key, ()))))


@dataclass(frozen=True)
class Api:
    """The documents' operations, by what identifies them in all versions, and by version, oldest first."""

    versions: tuple[str, ...]
    default: str
    samples: Samples
    sources: Mapping[tuple[str, str], Mapping[str, Source]]


def assemble(config: Config, roots: Sequence[Node]) -> Package:
    """Build the model.

    :raises Problems: An operation cannot be built, or two would have one name.
    """
    problems = Collector()
    api = _api(roots, problems)
    operations = []
    for sources in api.sources.values():
        with problems.each():
            operation = _operation(api, sources, validate=config.client_side_validation)
            operations.append((_group(config, sources), operation))
    _refuse_clashes(operations, problems)
    problems.stop()
    constants = _constants([operation for _, operation in operations], api)
    final = list(dict.fromkeys(constants.values()))
    groups: dict[str, list[Operation]] = {"": []}
    for group, operation in operations:
        groups.setdefault(group, []).append(_with_constants(operation, constants))
    title = str(roots[-1]["info"].value.get("title", config.namespace)) if roots else config.namespace
    return Package(
        title=config.title or title,
        distribution=config.package,
        versions=api.versions,
        default_version=api.default,
        rules=tuple(sorted((each for each in final if isinstance(each, Rules)), key=lambda each: each.name)),
        bodies=tuple(
            sorted((each for each in final if isinstance(each, Body)), key=lambda each: each.constant)
        ),
        groups=tuple(Group(name, tuple(members)) for name, members in groups.items()),
        license_header=config.license_header,
        serialization_module=config.serialization_module,
    )


# --- documents -----------------------------------------------------------------------------------------


def _api(roots: Sequence[Node], problems: Collector) -> Api:
    by_version: dict[str, list[Node]] = defaultdict(list)
    for root in roots:
        by_version[str(root["info"].value["version"])].append(root)
    versions = tuple(sorted(by_version, key=age))
    found: dict[tuple[str, str], dict[str, Source]] = {}
    for version in reversed(versions):  # the newest document says in which order operations come
        listed = [source for root in by_version[version] for source in _sources(root, problems)]
        alike = Counter(_key(source) for source in listed)
        for source in listed:
            # Paths that differ in a placeholder's name are one path over time, but two in one version.
            key = _key(source) if alike[_key(source)] == 1 else (source.method, source.path)
            sources = found.setdefault(key, {})
            if version in sources:
                problems.add(
                    source.node,
                    f"{source.method} {source.path} is described twice: {sources[version].node} does too",
                    "remove one of them",
                )
            sources[version] = source
    ordered = {key: {v: sources[v] for v in versions if v in sources} for key, sources in found.items()}
    return Api(versions, newest(versions), Samples(roots), ordered)


def _key(source: Source) -> tuple[str, str]:
    return source.method, _PLACEHOLDER.sub("{}", source.path)


def _sources(root: Node, problems: Collector) -> Iterator[Source]:
    for section in ("paths", "x-ms-paths"):
        for path, item in root[section].items() if section in root else ():
            for method in METHODS if path.startswith("/") else ():
                if method in item:
                    with problems.each():
                        parameters = _parameters(item, item[method])
                        _check_path(path, item[method], parameters)
                        yield Source(item[method], root, method.upper(), path, parameters)


def _parameters(item: Node, operation: Node) -> dict[tuple[str, str], Node]:
    """Return the parameters of a path and of an operation on it; the operation's own replace the path's."""
    found: dict[tuple[str, str], Node] = {}
    for owner in (item, operation):
        own: set[tuple[str, str]] = set()
        for node in owner.each("parameters"):
            key = (str(node.value["in"]), str(node.value["name"]))
            if key in own:
                raise problem(
                    node, f"the {key[0]} parameter {key[1]!r} is listed twice", "remove one of them"
                )
            own.add(key)
            found[key] = node
    return found


def _check_path(path: str, operation: Node, parameters: Mapping[tuple[str, str], Node]) -> None:
    described = {name for location, name in parameters if location == "path"}
    if missing := [name for name in _PLACEHOLDER.findall(path) if name not in described]:
        raise problem(
            operation,
            f"nothing describes {{{missing[0]}}} of the path {path}",
            f'add a parameter {{"name": "{missing[0]}", "in": "path", ...}}, or correct the name of one',
        )


def _group(config: Config, sources: Mapping[str, Source]) -> str:
    operation_id = _operation_id(list(sources.values())[-1])
    group, underscore, _ = operation_id.partition("_")
    return names.module(group) if config.operation_groups and underscore else ""


def _operation_id(source: Source) -> str:
    return str(source.node.get("operationId") or f"{source.method.lower()} {source.path}".replace("_", " "))


# --- operations ----------------------------------------------------------------------------------------


def _operation(api: Api, sources: Mapping[str, Source], *, validate: bool) -> Operation:
    """Build an operation; the constants it refers to are settled when all operations are known."""
    newest_source = list(sources.values())[-1]
    versions = list(sources)
    at = api.default if api.default in sources else newest(versions)
    chooser = next(
        (key for key in newest_source.parameters if _chooses_version(newest_source, key, api)), None
    )
    if chooser is None:  # no version can be chosen: there is the newest only
        sources, versions, at = {versions[-1]: newest_source}, versions[-1:], versions[-1]
    exists = span(versions, api.versions)
    operation_id = _operation_id(newest_source)
    operation_name = names.member(operation_id.partition("_")[2] or operation_id)

    has_body = any(location in ("body", "formData") for location, _ in newest_source.parameters)
    arguments: dict[tuple[str, str], Argument] = {}
    taken: set[str] = {"api_version"} if chooser else set()
    renamed = {version: _by_newest_names(source, newest_source) for version, source in sources.items()}
    for key in dict.fromkeys(key for version in reversed(versions) for key in renamed[version]):
        if key[0] == "body" or (has_body and (key[0], key[1].lower()) == ("header", "content-type")):
            continue
        shapes = {v: shape(renamed[v][key], validate=validate) for v in versions if key in renamed[v]}
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
            _Sighting(
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
        name=operation_name,
        operation_id=operation_id,
        method=newest_source.method,
        path_template=newest_source.path,
        url=_url(newest_source),
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
        body=_body(sources, api, at),
        accept=_accept(newest_source),
        pageable=_pageable(newest_source),
        long_running=bool(newest_source.node.get("x-ms-long-running-operation", False)),
        answers=tuple(_answers(newest_source, api.samples)),
    )


def _is_required(argument: Argument) -> bool:
    """Whether a caller has to give it, whichever version is chosen."""
    states = [state for _, state in cast("_Sighting", argument.rules).states]
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
    paths = zip(_PLACEHOLDER.findall(source.path), _PLACEHOLDER.findall(newest_source.path), strict=True)
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


def _url(source: Source) -> str:
    """Return the path; of a query in it, what no parameter describes."""
    path, _, query = source.path.partition("#")[0].partition("?")
    fixed = [
        pair
        for pair in query.split("&")
        if pair and ("query", pair.partition("=")[0]) not in source.parameters
    ]
    return "?".join(filter(None, [path, "&".join(fixed)]))


def _is_multipart(source: Source, form: Sequence[Value]) -> bool:
    consumes = source.media_types("consumes")
    has_file = any("file" in (value.argument.shape.kind, *_item_kind(value.argument.shape)) for value in form)
    return has_file or ("multipart/form-data" in consumes and bool(form))


def _item_kind(of: Shape) -> tuple[str, ...]:
    return (of.items.kind,) if of.items else ()


def _body(sources: Mapping[str, Source], api: Api, at: str) -> Body | None:
    states = {version: _body_shape(source) for version, source in sources.items()}
    having = [version for version, state in states.items() if state is not None]
    if not having:
        return None
    source = sources[having[-1]]
    nodes = [node for (location, _), node in source.parameters.items() if location == "body"]
    if len(nodes) > 1:
        raise problem(nodes[1], "the operation has two bodies", "remove one of them")
    if any(location == "formData" for location, _ in source.parameters):
        raise problem(
            nodes[0], "the operation has a form and a body", "make the fields part of one of the two"
        )
    known_types = states[having[-1]]
    takes_json = known_types is not None and any(map(_JSON_TYPE.fullmatch, known_types.content_types))
    return Body(
        name=names.snake(str(nodes[0].value["name"])),
        description=nodes[0].get("description", ""),
        history=history(states, at),
        takes_json=takes_json,
        sample=api.samples.of(nodes[0]["schema"], request=True) if takes_json else None,
        version_default=None if at == api.default else at,
    )


def _body_shape(source: Source) -> BodyShape | None:
    body = next((node for (location, _), node in source.parameters.items() if location == "body"), None)
    if body is None:
        return None
    schema = body["schema"]
    binary = schema.get("type") == "file" or schema.get("format") in ("binary", "file")
    types = source.media_types("consumes") or _content_type_header(source)
    types = types or (("application/octet-stream",) if binary else ("application/json",))
    return BodyShape(types, bool(body.get("required", False)))


def _content_type_header(source: Source) -> tuple[str, ...]:
    """Return the media types that a parameter for the header lists, its default first."""
    for (location, name), node in source.parameters.items():
        if (location, name.lower()) == ("header", "content-type"):
            default = [node.value["default"]] if "default" in node else []
            return tuple(dict.fromkeys([*default, *node.get("enum", ())]))
    return ()


def _accept(source: Source) -> str | None:
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


def _pageable(source: Source) -> str | None:
    """Return the name of the link to the next page."""
    pageable = source.node.get("x-ms-pageable")
    return None if pageable is None else str(pageable.get("nextLinkName") or "")


def _produces(source: Source) -> tuple[str, ...]:
    return source.media_types("produces") or ("application/json",)


def _answers(source: Source, samples: Samples) -> Iterator[Answer]:
    is_json = any(map(_JSON_TYPE.fullmatch, _produces(source)))
    for status, response in source.node["responses"].items():
        if status.startswith("x-"):
            continue
        name = sample = None
        if "schema" in response:
            schema = response["schema"]
            name = str(schema.at[-1] if "definitions" in schema.at[-2:-1] else schema.get("type", "object"))
            if is_json and status != "default":
                sample = samples.of(schema, request=False)
        yield Answer(status, response.get("description", ""), name, sample)


def _refuse_clashes(operations: Sequence[tuple[str, Operation]], problems: Collector) -> None:
    by_name: dict[tuple[str, str], list[Operation]] = defaultdict(list)
    for group, operation in operations:
        by_name[group, operation.name].append(operation)
    for (_, name), same in by_name.items():
        if len(same) > 1:
            ids = " and ".join(operation.operation_id for operation in same)
            problems.add(
                f"{same[-1].method} {same[-1].url}",
                f"{ids} would both be build_{name}_request",
                "rename one by the directive rename-operation, or keep groups apart: --operation-groups",
            )


# --- constants -----------------------------------------------------------------------------------------


@dataclass(frozen=True)
class _Sighting(Rules):
    """What a parameter is like in the versions that have one operation, before others share that."""

    at: str = ""
    states: tuple[tuple[str, Shape | None], ...] = ()


def _constants(operations: Sequence[Operation], api: Api) -> dict[Rules | Body, Rules | Body]:
    """Return every constant under its final name, by what the operations have in its place."""
    uses: Counter[Rules | Body] = Counter()
    users: dict[Rules | Body, Operation] = {}
    for operation in operations:
        for each in (*(argument.rules for argument in operation.arguments), operation.body):
            if each is not None:
                uses[each] += 1
                users.setdefault(each, operation)
    final: dict[Rules | Body, Rules | Body] = {}
    taken = {"API_VERSIONS", "DEFAULT_API_VERSION", "UUID"}  # what the modules have under such names
    for same in _shared(uses):
        name = _preferred_name(same[0])
        user = users[same[0]]
        longer, longest = (
            names.constant(f"{each}_{name}") for each in (user.name, names.snake(user.operation_id))
        )
        candidates = (name, longer, longest, *(f"{longest}_{number}" for number in range(2, len(uses) + 2)))
        name = next(candidate for candidate in candidates if candidate not in taken)
        taken.add(name)
        final.update(dict.fromkeys(same, _merged(same, name, api)))
    return final


def _shared(uses: Counter[Rules | Body]) -> list[list[Rules | Body]]:
    """Put together what one constant can serve: parameters that agree in the versions they have in common."""
    found: list[list[Rules | Body]] = [[each] for each in uses if not isinstance(each, _Sighting)]
    by_argument: dict[tuple[str, str], list[tuple[list[Rules | Body], dict[str, Shape | None]]]] = (
        defaultdict(list)
    )
    sightings = [each for each in uses if isinstance(each, _Sighting)]
    # Those known of in most versions come first, so that the others find the one they agree with.
    for each in sorted(sightings, key=lambda sighting: -len(sighting.states)):
        for members, states in by_argument[each.argument, each.at]:
            if all(states.get(version, state) == state for version, state in each.states):
                members.append(each)
                states.update(each.states)
                break
        else:
            found.append([each])
            by_argument[each.argument, each.at].append((found[-1], dict(each.states)))
    return sorted(found, key=lambda members: -sum(uses[each] for each in members))


def _merged(same: Sequence[Rules | Body], name: str, api: Api) -> Rules | Body:
    first = same[0]
    if isinstance(first, Body):
        return replace(first, constant=name)
    if not isinstance(first, _Sighting):
        return replace(first, name=name)
    states = {
        version: state for each in same if isinstance(each, _Sighting) for version, state in each.states
    }
    ordered = {version: states[version] for version in api.versions if version in states}
    return Rules(name, first.argument, history(ordered, first.at), version_default=first.version_default)


def _preferred_name(of: Rules | Body) -> str:
    if isinstance(of, Body):
        return names.constant(of.name)
    parts = [of.argument]
    if of.versions and of.versions.since:
        parts += ["since", of.versions.since]
    if of.versions and of.versions.until:
        parts += ["until", of.versions.until]
    return names.constant("_".join(parts))


def _with_constants(operation: Operation, final: Mapping[Rules | Body, Rules | Body]) -> Operation:
    """Return an operation that refers to the constants as they are in the end."""

    def settled(argument: Argument) -> Argument:
        return replace(argument, rules=cast("Rules", final[argument.rules]))

    def values(part: tuple[Value, ...]) -> tuple[Value, ...]:
        return tuple(replace(value, argument=settled(value.argument)) for value in part)

    return replace(
        operation,
        positional=tuple(map(settled, operation.positional)),
        required=tuple(map(settled, operation.required)),
        optional=tuple(map(settled, operation.optional)),
        api_version=operation.api_version and settled(operation.api_version),
        path=values(operation.path),
        query=values(operation.query),
        header=values(operation.header),
        form=values(operation.form),
        body=operation.body and cast("Body", final[operation.body]),
    )
