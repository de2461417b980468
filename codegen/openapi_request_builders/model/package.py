"""What is generated, with final names: no dictionary of the document, and no Python text, goes past here."""

from dataclasses import dataclass, field
from typing import Any

from openapi_request_builders.model.shapes import Shape
from openapi_request_builders.model.versions import History, Span


@dataclass(frozen=True)
class Rules:
    """A constant: the rules of a parameter, in every version.

    :param argument: The argument that is named in errors.
    :param versions: Which versions have the operation; only of the parameter that chooses the version.
    :param version_default: The version that the operations have by default, if they lack the usual one.
    """

    name: str
    argument: str
    history: History[Shape]
    versions: Span | None = None
    version_default: str | None = None


@dataclass(frozen=True)
class Argument:
    """An argument of a builder.

    :param since: Which versions have it, if not all that have the operation.
    """

    name: str
    rules: Rules
    description: str
    shape: Shape
    since: Span | None = None


@dataclass(frozen=True)
class Value:
    """A name on the wire, and the argument whose value it has."""

    wire: str
    argument: Argument


@dataclass(frozen=True)
class Sample:
    """What a value looks like: an object with fields, an array with items, or a value; ``...`` goes on."""

    fields: "tuple[Field, ...]" = ()
    items: "Sample | None" = None
    value: Any = field(default=None, hash=False)


@dataclass(frozen=True)
class Field:
    """A member of an object."""

    name: str
    value: Sample
    description: str
    required: bool


@dataclass(frozen=True)
class BodyShape:
    """What a body is like in a version."""

    content_types: tuple[str, ...]
    required: bool


@dataclass(frozen=True)
class Body:
    """A body that is given as a whole.

    :param constant: The constant with its rules.
    """

    name: str
    description: str
    history: History[BodyShape]
    takes_json: bool
    sample: Sample | None
    constant: str = ""

    version_default: str | None = None

    @property
    def shape(self) -> BodyShape:
        """What it is like in the version it is taken from, or the last that has one."""
        states = (self.history.now, *(state for _, state in self.history.before[::-1] + self.history.after))
        return next(state for state in states if state is not None)


@dataclass(frozen=True)
class Answer:
    """What the service can answer."""

    status: str
    description: str
    schema: str | None
    sample: Sample | None


@dataclass(frozen=True)
class Operation:
    """A builder.

    :param place: Where the document has it.
    :param path_template: The path as the document has it.
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
    since: Span
    positional: tuple[Argument, ...]
    required: tuple[Argument, ...]
    optional: tuple[Argument, ...]
    api_version: Argument | None
    path: tuple[Value, ...]
    query: tuple[Value, ...]
    header: tuple[Value, ...]
    form: tuple[Value, ...]
    multipart: bool
    body: Body | None
    accept: str | None
    pageable: str | None
    long_running: bool
    answers: tuple[Answer, ...]

    @property
    def builder(self) -> str:
        """The name of the function."""
        return f"build_{self.name}_request"

    @property
    def arguments(self) -> tuple[Argument, ...]:
        """All arguments that are parameters of the API, in the order of the signature."""
        chosen = () if self.api_version is None else (self.api_version,)
        return (*self.positional, *self.required, *self.optional, *chosen)


@dataclass(frozen=True)
class Group:
    """A module of builders; the one without a name is the package's own."""

    name: str
    operations: tuple[Operation, ...]


@dataclass(frozen=True)
class Package:
    """All that is generated from one configuration."""

    title: str
    distribution: str
    endpoint: str
    versions: tuple[str, ...]
    default_version: str
    rules: tuple[Rules, ...]
    bodies: tuple[Body, ...]
    groups: tuple[Group, ...]
    license_header: str
    serialization_module: str | None
