"""The model of the generated package, with final names. It contains neither documents nor Python text."""

from dataclasses import dataclass, field
from typing import Any

from openapi_request_builders.model.shape import Shape
from openapi_request_builders.model.versions import History, Span

Call = tuple[tuple[str, Any], ...]
"""The arguments of a call: names, which are empty for positional arguments, and values."""


@dataclass(frozen=True)
class ParameterRules:
    """A constant with the rules of a parameter in every version.

    :param argument: The argument's name, for errors.
    :param refusing: The constant with the version rules, if the default version lacks the parameter.
    """

    name: str
    argument: str
    history: History[Shape]
    refusing: str | None = None


@dataclass(frozen=True)
class VersionRules:
    """A constant with the versions that have an operation.

    :param default_version: The operation's default version, if it is not the package's.
    """

    name: str
    exists: Span
    default_version: str | None = None


@dataclass(frozen=True)
class BodyShape:
    """The shape of a body in a version.

    :param forms: The media types of the possible forms, each with the names of the fields that it lacks.
    :param default_type: The media type if the caller does not name one. If it is empty, the caller has to; if
        it is None, it follows from the type of the body.
    :param any_type: Whether the caller may name a media type that is not listed.
    """

    content_types: tuple[str, ...]
    required: bool
    forms: tuple[tuple[str, tuple[str, ...]], ...] = ()
    default_type: str | None = None
    any_type: bool = False

    @property
    def whole_types(self) -> tuple[str, ...]:
        """The media types of bodies that are passed as a whole."""
        forms = dict(self.forms)
        return tuple(each for each in self.content_types if each not in forms)


@dataclass(frozen=True)
class BodyRules:
    """A constant with the rules of a body in every version."""

    name: str
    history: History[BodyShape]
    refusing: str | None = None


@dataclass(frozen=True)
class Argument:
    """An argument of a builder.

    :param exists: The versions with the argument, if the operation has others without it.
    :param examples: Values from the document, which may be wrong.
    """

    name: str
    rules: ParameterRules
    description: str
    shape: Shape
    exists: Span | None = None
    examples: tuple[Any, ...] = field(default=(), hash=False)


@dataclass(frozen=True)
class VersionArgument:
    """The argument that chooses the version."""

    name: str
    rules: VersionRules
    description: str


@dataclass(frozen=True)
class Value:
    """A name on the wire, and the argument with its value."""

    wire: str
    argument: Argument | VersionArgument


@dataclass(frozen=True)
class Sample:
    """An example: an object with fields, an array with items, or a value; ``...`` stands for the rest.

    :param more: How many fields of an object are not shown.
    """

    fields: "tuple[Field, ...]" = ()
    items: "Sample | None" = None
    value: Any = field(default=None, hash=False)
    more: int = 0


@dataclass(frozen=True)
class Field:
    """A member of an object."""

    name: str
    value: Sample
    description: str
    required: bool


@dataclass(frozen=True)
class JsonType:
    """What a JSON value is to a type checker.

    :param kind: ``any``, ``text``, ``integer``, ``number``, ``boolean``, ``array``, ``map`` or ``object``.
    :param item: What an array or a map holds.
    :param name: The :class:`ItemType` that an object is.
    """

    kind: str
    item: "JsonType | None" = None
    name: str = ""
    nullable: bool = False


@dataclass(frozen=True)
class ItemField:
    """A member of an object that is an item of a list, or part of one."""

    name: str
    type: JsonType
    description: str
    required: bool


@dataclass(frozen=True)
class ItemType:
    """An object that is an item of a list, or part of one."""

    name: str
    description: str
    fields: tuple[ItemField, ...]


@dataclass(frozen=True)
class Body:
    """A body that is passed as a whole, or may be a form.

    :param shape: Its shape in the version of the signature, or in the last version with a body.
    :param takes_content: Whether it can be passed as a whole.
    :param example: A short value for ``json``, if it takes that.
    """

    rules: BodyRules
    description: str
    shape: BodyShape
    takes_json: bool
    takes_content: bool
    sample: Sample | None
    example: Any = field(hash=False)


@dataclass(frozen=True)
class Response:
    """A response of the service.

    :param schema: The name of the body's definition, or its type.
    :param is_list: Whether the body is a list of such values.
    """

    status: str
    description: str
    schema: str | None
    is_named: bool
    is_list: bool
    sample: Sample | None


@dataclass(frozen=True)
class FormerName:
    """A name that a builder had before.

    :param until: The last version that had it; None if a directive changed it.
    """

    name: str
    until: str | None

    @property
    def builder(self) -> str:
        """The name of the function."""
        return f"build_{self.name}_request"


@dataclass(frozen=True)
class Operation:
    """A builder.

    :param place: Its place in the document.
    :param path_template: The path in the document.
    :param since: The first version of the operation's interface.
    :param url: The path with the fixed part of its query; the rest of the query comes from parameters.
    :param pageable: The field of the response that links to the next page; empty if there is only one page.
    :param item: The type of the list's items, if the response is a page of a list and the document tells it.
    :param long_running: Whether the first response only says that work has begun, and where its status is.
    :param call: An example of a call; None if no value fits the rules of a parameter.
    """

    place: str
    name: str
    operation_id: str
    method: str
    path_template: str
    url: str
    summary: str
    description: str
    exists: Span
    since: str
    positional: tuple[Argument, ...]
    required: tuple[Argument, ...]
    optional: tuple[Argument, ...]
    api_version: VersionArgument | None
    path: tuple[Value, ...]
    query: tuple[Value, ...]
    header: tuple[Value, ...]
    cookie: tuple[Value, ...]
    form: tuple[Value, ...]
    multipart: bool
    body: Body | None
    accept: str | None
    pageable: str | None
    item: JsonType | None
    long_running: bool
    deprecated: bool
    responses: tuple[Response, ...]
    former_names: tuple[FormerName, ...]
    call: Call | None = field(hash=False)

    @property
    def builder(self) -> str:
        """The name of the function."""
        return f"build_{self.name}_request"

    @property
    def has_body_overloads(self) -> bool:
        """Whether the body is one of two arguments, so that overloads are useful."""
        return self.body is not None and self.body.takes_json and self.body.takes_content and not self.form

    @property
    def arguments(self) -> tuple[Argument, ...]:
        """The arguments that are parameters of the API, in the order of the signature."""
        return (*self.positional, *self.required, *self.optional)


@dataclass(frozen=True)
class Group:
    """A module of builders. Without a name, its builders belong to the package itself."""

    name: str
    operations: tuple[Operation, ...]

    @property
    def former_names(self) -> list[tuple[FormerName, Operation]]:
        """The former names of builders, sorted, with their operations."""
        found = [(former, operation) for operation in self.operations for former in operation.former_names]
        return sorted(found, key=lambda each: each[0].name)


@dataclass(frozen=True)
class Package:
    """The package that is generated from one configuration."""

    title: str
    distribution: str
    endpoint: str
    server_variables: tuple[tuple[str, str, Shape], ...]
    versions: tuple[str, ...]
    default_version: str
    version_rules: tuple[VersionRules, ...]
    parameter_rules: tuple[ParameterRules, ...]
    body_rules: tuple[BodyRules, ...]
    groups: tuple[Group, ...]
    item_types: tuple[ItemType, ...]
    license_header: str
    body_overloads: bool
    serialization_module: str | None

    @property
    def line_length(self) -> int:
        """The longest line of code: ruff's default, unless the package names a module for its run time."""
        return 88 if self.serialization_module is None else 110
