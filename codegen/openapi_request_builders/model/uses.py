"""The parameters and the body that each operation uses, in every version."""

import json
import re
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, replace

from openapi_request_builders.documents.node import Node
from openapi_request_builders.model import names
from openapi_request_builders.model.builder_names import NamedOperation
from openapi_request_builders.model.operations import Key, VersionedOperation
from openapi_request_builders.model.package import BodyShape
from openapi_request_builders.model.segments import may_be_empty
from openapi_request_builders.model.shape import Shape
from openapi_request_builders.model.shapes import shape
from openapi_request_builders.model.sources import PLACEHOLDER, Source
from openapi_request_builders.model.values import is_no_segment
from openapi_request_builders.model.versions import Span, span
from openapi_request_builders.problems import Collector, Notes, problem

_is_token = re.compile(r"[!#$%&'*+.^_`|~0-9A-Za-z-]+").fullmatch  # RFC 9110, section 5.6.2


@dataclass(frozen=True)
class ParameterUse:
    """The rules for a parameter in one operation. Equal uses share a constant.

    :param argument: The argument's name, for errors.
    :param at: The version whose rules are the main ones; those of other versions are stated as changes.
    :param states: The parameter in each version, oldest first; None if it is absent.
    :param default_version: The operation's default version, if it is not the package's.
    """

    argument: str
    at: str
    states: tuple[tuple[str, Shape | None], ...]
    default_version: str | None

    @property
    def is_required(self) -> bool:
        """Whether a caller has to pass a value in every version."""
        return all(each and each.required and each.default is None for _, each in self.states)


@dataclass(frozen=True)
class VersionUse:
    """The versions that have an operation."""

    exists: Span
    default_version: str | None


@dataclass(frozen=True)
class BodyUse:
    """The rules for the body of one operation. Equal uses share a constant."""

    name: str
    at: str
    states: tuple[tuple[str, BodyShape | None], ...]
    default_version: str | None


Use = ParameterUse | VersionUse | BodyUse


@dataclass(frozen=True)
class UsedParameter:
    """A parameter of an operation.

    :param node: The parameter in the newest document that has it.
    :param exists: The versions with the parameter, if the operation has others without it.
    """

    key: Key
    use: ParameterUse
    node: Node
    shape: Shape
    exists: Span | None


@dataclass(frozen=True)
class UsedVersion:
    """The parameter of an operation that chooses the api-version."""

    key: Key
    use: VersionUse
    node: Node


@dataclass(frozen=True)
class OperationUses:
    """An operation with its final name, its parameters and its body."""

    named: NamedOperation
    parameters: tuple[UsedParameter | UsedVersion, ...]
    body: BodyUse | None

    @property
    def operation(self) -> VersionedOperation:
        """The operation in all versions."""
        return self.named.operation

    def __iter__(self) -> Iterator[Use]:
        yield from (parameter.use for parameter in self.parameters)
        if self.body:
            yield self.body


def find_uses(named: NamedOperation, notes: Notes, *, validate: bool, by_url: bool) -> OperationUses:
    """Describe the parameters and the body of an operation.

    :param notes: Collects notes, for example on patterns that are not checked.
    :param validate: Whether to keep constraints.
    :param by_url: Whether the parameters of the path have its order instead of that of the document's list.
    :raises Problems: A parameter cannot be described.
    """
    problems = Collector()
    operation = named.operation
    taken = {"api_version"} if operation.version_parameter else set()
    found: list[UsedParameter | UsedVersion] = []
    for key in _ordered(_keys(operation), operation.newest) if by_url else _keys(operation):
        nodes = {version: each[key] for version, each in operation.parameters.items() if key in each}
        if key == operation.version_parameter:
            use = VersionUse(operation.exists, operation.own_default_version)
            found.append(UsedVersion(key, use, list(nodes.values())[-1]))
        else:
            with problems.each():
                used = _used_parameter(operation, key, nodes, taken, validate=validate)
                _note_unchecked(used, notes)
                _note_name(used, notes)
                found.append(used)
    problems.stop()
    return OperationUses(named, tuple(found), _body_use(operation))


def _body_use(operation: VersionedOperation) -> BodyUse | None:
    states = operation.body
    if states is None:
        return None
    return BodyUse(
        name=names.snake(str(states.node.value["name"])),
        at=operation.default_version,
        states=tuple(states.shapes.items()),
        default_version=operation.own_default_version,
    )


def _keys(operation: VersionedOperation) -> list[Key]:
    """Return the parameters that are arguments, in the order of the newest documents."""
    newest_first = [operation.parameters[version] for version in reversed(operation.versions)]
    has_body = any(location in ("body", "formData") for location, _ in newest_first[0])
    return [
        key
        for key in dict.fromkeys(key for parameters in newest_first for key in parameters)
        if key[0] != "body" and not (has_body and (key[0], key[1].lower()) == ("header", "content-type"))
    ]


def _ordered(keys: Sequence[Key], source: Source) -> list[Key]:
    """Return the parameters, with those of the path in the order of the path."""
    placeholders = PLACEHOLDER.findall(source.whole_path)
    in_path = iter(
        sorted((key for key in keys if key[0] == "path"), key=lambda key: placeholders.index(key[1]))
    )
    return [next(in_path) if key[0] == "path" else key for key in keys]


def _used_parameter(
    operation: VersionedOperation, key: Key, nodes: Mapping[str, Node], taken: set[str], *, validate: bool
) -> UsedParameter:
    shapes = _shapes(operation, key, nodes, validate=validate)
    node, newest_shape = list(nodes.values())[-1], list(shapes.values())[-1]
    use = ParameterUse(
        argument=_free_name(_argument_name(key, node), key[0], taken),
        at=operation.default_version,
        states=_states(operation.versions, shapes, newest_shape),
        default_version=operation.own_default_version,
    )
    is_everywhere = len(shapes) == len(operation.versions)
    exists = None if is_everywhere else span(list(shapes), operation.versions)
    return UsedParameter(key, use, node, newest_shape, exists)


def _shapes(
    operation: VersionedOperation, key: Key, nodes: Mapping[str, Node], *, validate: bool
) -> dict[str, Shape]:
    """Return the shapes of a parameter by version. A part of a path may be empty if all versions allow it."""
    shapes = {version: shape(node, validate=validate) for version, node in nodes.items()}
    for version, node in nodes.items():
        _refuse_files(key[0], node, shapes[version])
    is_plain = all(each.kind == "text" and each.style is None for each in shapes.values())
    allow_empty = (
        key[0] == "path"
        and is_plain
        and all(may_be_empty(operation, key[1], node) for node in nodes.values())
    )
    if key[0] == "path" and not allow_empty:
        shapes = {version: _segment(nodes[version], each) for version, each in shapes.items()}
    return {version: replace(each, allow_empty=allow_empty) for version, each in shapes.items()}


def _segment(node: Node, of: Shape) -> Shape:
    """Leave out a default that no path keeps, and refuse an enumeration of such values."""
    if of.enum and all(map(is_no_segment, of.enum)):
        raise problem(node / "enum", f"{json.dumps(of.enum)} has no part of a path", "list other values")
    if of.default != "" and not is_no_segment(of.default):
        return of
    message = f"{json.dumps(of.default)} is no part of a path, and is not sent"
    node.documents.notes.add(node / "default", message, "correct the default")
    return replace(of, default=None)


def _refuse_files(location: str, node: Node, of: Shape) -> None:
    """Refuse files, except those that are a field of a form, or the items of one."""
    inner = of.nested if location != "formData" else of.items.nested[1:] if of.items else ()
    if any(each.kind == "file" for each in inner):
        where = {"formData": "an array in an array", "path": "the path"}.get(location, f"a {location}")
        raise problem(node, f"a file cannot be sent in {where}", 'write "in": "formData", or another type')


def _note_unchecked(used: UsedParameter, notes: Notes) -> None:
    for each in used.shape.nested:
        if each.unchecked:
            message = f"the pattern {each.pattern} is left to the service to check"
            notes.add(used.node, message, each.unchecked)


def _note_name(used: UsedParameter, notes: Notes) -> None:
    """Note a header whose name HTTP cannot carry: it becomes an argument that refuses all values."""
    location, name = used.key
    if location == "header" and not _is_token(name):
        message = f"no header can have the name {name!r}, so every value is refused"
        notes.add(used.node / "name", message, "use letters, digits and hyphens")


def _states(
    versions: tuple[str, ...], shapes: Mapping[str, Shape], newest: Shape
) -> tuple[tuple[str, Shape | None], ...]:
    """Return the shapes in all versions. The signature has the default of the newest version."""
    return tuple(
        (version, replace(shapes[version], default=newest.default) if version in shapes else None)
        for version in versions
    )


def _argument_name(key: Key, node: Node) -> str:
    if key[0] == "header" and key[1].lower() in ("accept", "content-type"):
        return names.snake(key[1])  # the name that is reserved for this header
    return names.argument(str(node.get("x-ms-client-name", key[1])))


def _free_name(name: str, location: str, taken: set[str]) -> str:
    """Return a name that no other argument of the operation has."""
    candidates = [
        name,
        f"{name}_{names.snake(location)}",
        *(f"{name}_{number}" for number in range(2, len(taken) + 3)),
    ]
    free = next(candidate for candidate in candidates if candidate not in taken)
    taken.add(free)
    return free
