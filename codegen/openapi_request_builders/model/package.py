"""What is generated, with final names. Later stages see neither documents nor Python text."""

from dataclasses import dataclass, field
from typing import Any

from openapi_request_builders.model.shapes import Shape
from openapi_request_builders.model.versions import History, Span


@dataclass(frozen=True)
class ParameterRules:
    """A constant: the rules of a parameter, in every version.

    :param argument: The argument that is named in errors.
    :param refusing: The constant of the version rules, if the default version lacks the parameter.
    """

    name: str
    argument: str
    history: History[Shape]
    refusing: str | None = None


@dataclass(frozen=True)
class VersionRules:
    """A constant: which versions have an operation.

    :param default_version: The version that the operation has by default, if it is not the package's.
    """

    name: str
    exists: Span
    default_version: str | None = None


@dataclass(frozen=True)
class BodyShape:
    """What a body is like in a version.

    :param forms: The media types of forms that the body may be, each with the names of the fields it lacks.
    :param default_type: The media type of a body for which the caller names none; if empty, the caller has to
        name one, and if None, it follows from what the body is.
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
    """A constant: the rules of a body, in every version."""

    name: str
    history: History[BodyShape]
    refusing: str | None = None


@dataclass(frozen=True)
class Argument:
    """An argument of a builder.

    :param exists: Which versions have it, if not all that have the operation.
    """

    name: str
    rules: ParameterRules
    description: str
    shape: Shape
    exists: Span | None = None


@dataclass(frozen=True)
class VersionArgument:
    """The argument that chooses the version."""

    name: str
    rules: VersionRules
    description: str


@dataclass(frozen=True)
class Value:
    """A name on the wire, and the argument whose value it has."""

    wire: str
    argument: Argument | VersionArgument


@dataclass(frozen=True)
class Sample:
    """What a value looks like: an object with fields, an array with items, or a value; ``...`` goes on.

    :param more: How many fields an object has that are not shown.
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
class Body:
    """A body that is passed as a whole, or may be a form.

    :param shape: What it is like in the version it is taken from, or the last that has one.
    :param takes_content: Whether it can be passed as a whole.
    """

    rules: BodyRules
    description: str
    shape: BodyShape
    takes_json: bool
    takes_content: bool
    sample: Sample | None


@dataclass(frozen=True)
class Response:
    """What the service can answer.

    :param schema: What its body is: the name of a definition, or a type.
    :param is_list: Whether the body is a list of what has the name.
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

    :param place: Where the document has it.
    :param path_template: The path as the document has it.
    :param since: The first of the versions that the operation could be in.
    :param url: The path with what is fixed of its query; the rest of it are parameters.
    :param pageable: The field of an answer that links to the next page; empty if there is one page only.
    :param long_running: The first answer says that work has begun, and where to ask how it goes.
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
    long_running: bool
    deprecated: bool
    responses: tuple[Response, ...]
    former_names: tuple[FormerName, ...]

    @property
    def builder(self) -> str:
        """The name of the function."""
        return f"build_{self.name}_request"

    @property
    def has_body_overloads(self) -> bool:
        """Whether the body is one of two arguments, which type checkers can tell apart."""
        return self.body is not None and self.body.takes_json and self.body.takes_content and not self.form

    @property
    def arguments(self) -> tuple[Argument, ...]:
        """The arguments that are parameters of the API, in the order of the signature."""
        return (*self.positional, *self.required, *self.optional)


@dataclass(frozen=True)
class Group:
    """A module of builders; the one without a name is the package's own."""

    name: str
    operations: tuple[Operation, ...]

    @property
    def former_names(self) -> list[tuple[FormerName, Operation]]:
        """The names that builders had before, sorted, and the operations that have them no longer."""
        found = [(former, operation) for operation in self.operations for former in operation.former_names]
        return sorted(found, key=lambda each: each[0].name)


@dataclass(frozen=True)
class Package:
    """All that is generated from one configuration."""

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
    license_header: str
    body_overloads: bool
    serialization_module: str | None

    @property
    def line_length(self) -> int:
        """The longest line of code: ruff's default, except in a package with a run time of its own."""
        return 88 if self.serialization_module is None else 110
