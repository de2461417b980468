"""Build the model from the documents: every operation becomes a builder.

This takes two passes. The first finds the parameters and bodies that each operation uses (``uses``), and then
the constants that operations share (``constants``). The second builds each operation once, with final names.
"""

from collections.abc import Collection, Iterable, Iterator, Sequence
from dataclasses import dataclass
from typing import TypeVar

from openapi_request_builders.config.config import Config
from openapi_request_builders.documents.node import Node
from openapi_request_builders.model.bodies import accept, pageable, responses
from openapi_request_builders.model.builder_names import name_builders
from openapi_request_builders.model.calls import example_call, examples, json_value
from openapi_request_builders.model.constants import Constants, constants
from openapi_request_builders.model.items import ItemTypes
from openapi_request_builders.model.operations import VersionedOperation
from openapi_request_builders.model.package import (
    Argument,
    Body,
    BodyRules,
    Group,
    Operation,
    Package,
    ParameterRules,
    Value,
    VersionArgument,
    VersionRules,
)
from openapi_request_builders.model.samples import Samples
from openapi_request_builders.model.shape import Shape
from openapi_request_builders.model.shapes import shape
from openapi_request_builders.model.sources import Api, Source, find_operations
from openapi_request_builders.model.uses import OperationUses, UsedParameter, UsedVersion, find_uses
from openapi_request_builders.problems import Collector, Notes

LARGE = 100
"""The most operations of a package that shows responses in docstrings by default."""

T = TypeVar("T", BodyRules, ParameterRules, VersionRules)


def assemble(config: Config, roots: Sequence[Node], notes: Notes) -> Package:
    """Build the model.

    :param notes: Collects notes on choices that the documents leave open.
    :raises Problems: An operation cannot be built.
    """
    problems = Collector()
    api = find_operations(roots, problems)
    operations = [VersionedOperation(api, sources) for sources in api.sources.values()]
    uses = []
    for named in name_builders(operations, config.operation_groups, notes):
        with problems.each():
            uses.append(
                find_uses(
                    named,
                    notes,
                    validate=config.client_side_validation,
                    by_url=not config.keep_parameter_order,
                )
            )
    problems.stop()
    shared = constants(uses, api.versions)
    shown = _Shown.of(config.samples, api, len(operations))
    groups: dict[str, list[Operation]] = {"": []}
    item_types = ItemTypes()
    for each in uses:
        groups.setdefault(each.named.group, []).append(_operation(shown, each, shared, item_types))
    endpoints = {_endpoint(root): root for root in reversed(api.newest_roots)}
    endpoint, root = endpoints.popitem() if len(endpoints) == 1 else ("", None)
    return Package(
        title=" ".join((config.title or _title(api.newest_roots) or config.namespace).split()),
        distribution=config.package,
        endpoint=endpoint,
        server_variables=tuple(_server_variables(root)) if root else (),
        versions=api.versions,
        default_version=api.default,
        version_rules=_by_name(shared.versions.values()),
        parameter_rules=_by_name(shared.parameters.values()),
        body_rules=_by_name(shared.bodies.values()),
        groups=tuple(Group(name, tuple(members)) for name, members in groups.items()),
        item_types=tuple(item_types.found.values()),
        license_header=config.license_header,
        body_overloads=config.body_overloads,
        serialization_module=config.serialization_module,
    )


@dataclass(frozen=True)
class _Shown:
    """The samples for bodies and for responses in docstrings; None for no samples."""

    bodies: Samples | None
    responses: Samples | None

    @classmethod
    def of(cls, samples: bool | None, api: Api, operations: int) -> "_Shown":
        """Return the samples that the configuration wants, or that suit the size of the package."""
        of_responses = operations <= LARGE if samples is None else samples
        return cls(None if samples is False else api.samples, api.samples if of_responses else None)


def _by_name(rules: Iterable[T]) -> tuple[T, ...]:
    unique = {each.name: each for each in rules}
    return tuple(unique[name] for name in sorted(unique))


def _title(roots: Sequence[Node]) -> str:
    """Return the title of the newest documents, unless there are many different ones."""
    titles = list(dict.fromkeys(str(title) for root in roots if (title := root.get("info", {}).get("title"))))
    if len(titles) > 3:
        return ""
    return " and ".join(filter(None, (", ".join(titles[:-1]), *titles[-1:])))


def _server_variables(root: Node) -> Iterator[tuple[str, str, Shape]]:
    """Yield the variables in the endpoint: name, description and values."""
    for server in list(root.each("x-endpoint"))[:1]:
        for name, node in server["variables"].items():
            yield name, node.get("description", ""), shape(node, validate=False)


def _endpoint(root: Node) -> str:
    """Return the address that URLs are relative to, from the document."""
    for server in root.each("x-endpoint"):
        return str(server.value["url"])
    template = root.get("x-ms-parameterized-host", {})
    host = template.get("hostTemplate", root.get("host", ""))
    scheme = (
        f"{(root.get('schemes') or ['https'])[0]}://"
        if host and "://" not in host and template.get("useSchemePrefix", True)
        else ""
    )
    return f"{scheme}{host}{root.get('basePath', '').rstrip('/')}"


def _operation(shown: _Shown, uses: OperationUses, constants: Constants, item_types: ItemTypes) -> Operation:
    """Build an operation from what it uses and the shared constants."""
    versioned, source = uses.operation, uses.operation.newest
    arguments = [
        (used, _argument(used, constants)) for used in uses.parameters if isinstance(used, UsedParameter)
    ]
    chosen = [_version_argument(used, constants) for used in uses.parameters if isinstance(used, UsedVersion)]
    by_key = {used.key: argument for used, argument in arguments}

    def values(location: str) -> tuple[Value, ...]:
        keys = [used.key for used in uses.parameters if used.key[0] == location]
        return tuple(Value(key[1], by_key.get(key) or chosen[0]) for key in keys)

    body, link = _body(shown, uses, constants), pageable(source)
    node, form = source.node, values("formData")
    positional = _chosen(arguments, body, path=True, required=True)
    required = _chosen(arguments, body, path=False, required=True)
    optional = _chosen(arguments, body, path=False, required=False)
    return Operation(
        place=str(node),
        name=uses.named.name,
        operation_id=versioned.operation_id,
        method=source.method,
        path_template=source.path,
        url=source.url,
        summary=node.get("summary", ""),
        description=node.get("description", ""),
        exists=versioned.exists,
        since=versioned.series[0],
        positional=positional,
        required=required,
        optional=optional,
        api_version=chosen[0] if chosen else None,
        path=values("path"),
        query=values("query"),
        header=values("header"),
        cookie=values("cookie"),
        form=form,
        multipart=_is_multipart(source, form),
        body=body,
        accept=accept(source),
        pageable=link,
        item=None if link is None else item_types.of(source, uses.named.name),
        long_running=bool(node.get("x-ms-long-running-operation", False)),
        deprecated=bool(node.get("deprecated", False)),
        responses=tuple(responses(source, shown.responses)),
        former_names=uses.named.former_names,
        call=example_call(positional, (*required, *_shown_in_examples(arguments, optional)), body, form),
    )


def _chosen(
    arguments: Iterable[tuple[UsedParameter, Argument]], body: Body | None, *, path: bool, required: bool
) -> tuple[Argument, ...]:
    """Return the arguments for one part of the signature. Optional ones in a path are not positional."""
    return tuple(
        argument
        for used, argument in arguments
        if _is_required(used, body) is required and (used.key[0] == "path" and required) is path
    )


def _shown_in_examples(
    arguments: Iterable[tuple[UsedParameter, Argument]], optional: Collection[Argument]
) -> list[Argument]:
    """Return optional arguments with an example of their own, without which a call makes little sense."""
    return [argument for used, argument in arguments if argument in optional and "x-example" in used.node]


def _is_required(used: UsedParameter, body: Body | None) -> bool:
    """Whether callers must pass a value. A field is required only if the body must be a form with it."""
    may_be_other = body is not None and (
        body.takes_content or any(used.key[1] in lacking for _, lacking in body.shape.forms)
    )
    return used.use.is_required and not (used.key[0] == "formData" and may_be_other)


def _argument(used: UsedParameter, constants: Constants) -> Argument:
    return Argument(
        name=used.use.argument,
        rules=constants.parameters[used.use],
        description=used.node.get("description", ""),
        shape=used.shape,
        exists=used.exists,
        examples=examples(used.node),
    )


def _version_argument(used: UsedVersion, constants: Constants) -> VersionArgument:
    return VersionArgument("api_version", constants.versions[used.use], used.node.get("description", ""))


def _body(shown: _Shown, uses: OperationUses, constants: Constants) -> Body | None:
    states, samples = uses.operation.body, shown.bodies
    if states is None or uses.body is None:
        return None
    return Body(
        rules=constants.bodies[uses.body],
        description=states.node.get("description", ""),
        shape=states.at(uses.operation.default_version),
        takes_json=states.takes_json,
        takes_content=states.takes_content,
        sample=samples.of(states.node["schema"], request=True) if samples and states.takes_json else None,
        example=json_value(uses.operation.api.samples, states.node["schema"]) if states.takes_json else None,
    )


def _is_multipart(source: Source, form: Sequence[Value]) -> bool:
    kinds = {
        shape.kind
        for value in form
        if isinstance(value.argument, Argument)
        for shape in value.argument.shape.nested
    }
    return "file" in kinds or ("multipart/form-data" in source.media_types("consumes") and bool(form))
