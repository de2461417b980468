"""The shape of a parameter: the kind of its values, and their rules."""

from dataclasses import dataclass, field
from typing import Any


@dataclass(frozen=True)
class Style:
    """A style of OpenAPI 3, in which a value is written.

    :param wire: The name of a path parameter, for the style ``matrix``.
    """

    name: str
    explode: bool
    reserved: bool
    wire: str = ""


@dataclass(frozen=True)
class Shape:
    """The kind of a parameter's values, and their rules.

    :param constraints: Names and values of the constraints that the run time checks.
    :param enum: The only allowed values.
    :param known_values: The values in the document, if the set may grow.
    :param default: The value that is sent by default.
    :param pattern: The pattern in the document.
    :param unchecked: Why the pattern is not checked; empty if it is.
    :param style: The style in which the value is written, if its kind does not determine that.
    :param members: The shapes of an object's members, by name.
    :param more: The shape of other members; None if there must not be others.
    :param needed: The required members.
    :param alternatives: The possible shapes of a value of the kind ``any-of``.
    :param content_types: The media types that a part of a multipart form may have.
    :param service_default: The value that the service assumes by default.
    :param allow_empty: Whether the value may be empty at the end of a path.
    """

    kind: str
    constraints: tuple[tuple[str, Any], ...] = ()
    enum: tuple[Any, ...] = ()
    known_values: tuple[Any, ...] = ()
    items: "Shape | None" = None
    collection_format: str = "csv"
    required: bool = False
    default: Any = None
    skip_quote: bool = False
    pattern: str | None = None
    unchecked: str = ""
    style: "Style | None" = None
    members: "tuple[tuple[str, Shape], ...]" = ()
    more: "Shape | None" = None
    needed: tuple[str, ...] = ()
    alternatives: "tuple[Shape, ...]" = ()
    content_types: tuple[str, ...] = ()
    service_default: Any = field(default=None, compare=False)
    allow_empty: bool = False

    @property
    def nested(self) -> tuple["Shape", ...]:
        """The shape itself, and those of its items, members and alternatives at any depth."""
        members = [shape for _, shape in self.members]
        inner = [each for each in (self.items, self.more, *members, *self.alternatives) if each]
        return (self, *(shape for each in inner for shape in each.nested))

    @property
    def is_constant(self) -> bool:
        """Whether a required parameter has only one value."""
        return self.required and len(self.enum) == 1
