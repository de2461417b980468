"""Values as the schemas of OpenAPI 3 describe them: objects, alternatives, JSON, and text of any type."""

from collections.abc import Iterator, Mapping, Sequence
from decimal import Decimal
from typing import Any, TypeAlias

from ._kinds import Array, Number
from ._parameter import Parameter
from ._text import json_encoder, listed, not_json, show

Scalar: TypeAlias = str | bool | int | float | Decimal
"""Text, a number or a boolean."""
Tree: TypeAlias = "str | list[Tree] | dict[str, Tree]"
"""A value in which every part is text, not escaped yet."""

_encode_json = json_encoder(ensure_ascii=True)  # so that headers can carry it, too


class Anything(Parameter):
    """Text, a number or a boolean, if the document does not say which."""

    expected = "str, bool, int, float or Decimal"

    def text(self, value: Any) -> str:
        """Return the value as text."""
        if isinstance(value, bool):
            return "true" if value else "false"
        if isinstance(value, str):
            return str.__str__(value)
        if isinstance(value, int | float | Decimal):
            return Number(self.name).text(value)
        raise self.wrong_type(value)


class Json(Parameter):
    """Any value, written as JSON.

    :param content_type: The media type of a part of a multipart form.
    """

    expected = "a value that JSON can represent"

    def __init__(self, name: str, *, content_type: str = "application/json", **shape: Any) -> None:
        super().__init__(name, **shape)
        self.content_type = content_type

    def text(self, value: Any) -> str:
        """Return the value as JSON."""
        return write_json(self.name, value)


class Object(Parameter):
    """An object: a mapping of member names to values.

    :param members: The rules for the known members.
    :param more: The rules for other members; None if there must not be others.
    :param needed: The required members.
    """

    expected = "a mapping"

    def __init__(
        self,
        name: str,
        members: Mapping[str, Parameter],
        more: Parameter | None = None,
        *,
        needed: Sequence[str] = (),
        **shape: Any,
    ) -> None:
        super().__init__(name, **shape)
        self.members = members
        self.more = more
        self.needed = needed

    def items(self, value: Any) -> Iterator[tuple[str, Parameter, Any]]:
        """Yield the name, rules and value of each member that is not None."""
        if not isinstance(value, Mapping) or not all(isinstance(key, str) for key in value):
            raise self.wrong_type(value)
        if missing := [key for key in self.needed if value.get(key) is None]:
            raise self.invalid(value, f"lacks {listed(missing)}")
        for key, each in value.items():
            member = self.members.get(key, self.more)
            if member is None:
                raise self.invalid(value, f"has {key!r}, which is not one of {listed(self.members)}")
            if each is not None:
                yield key, member, each

    def text(self, value: Any) -> str:
        """Check the members, and return the object as JSON."""
        tree(self, value)
        return write_json(self.name, value)


class AnyOf(Parameter):
    """A value of one of several kinds. The first kind that takes the value writes it."""

    def __init__(self, name: str, *alternatives: Parameter, **shape: Any) -> None:
        super().__init__(name, **shape)
        # These come last, because almost any value can be JSON, and any bytes can be a file.
        self.alternatives = sorted(alternatives, key=lambda each: (isinstance(each, Json), each.is_file))
        self.expected = " or ".join(dict.fromkeys(each.expected for each in self.alternatives))

    def taking(self, value: Any) -> Parameter:
        """Return the alternative that takes a value.

        :raises ValueError: It has the type of an alternative, but breaks a rule.
        :raises TypeError: It does not have the type of any alternative.
        """
        errors = []
        for each in self.alternatives:
            error = _error(each, value)
            if error is None:
                return each
            errors.append(error)
        raise next((error for error in errors if isinstance(error, ValueError)), self.wrong_type(value))

    def text(self, value: Any) -> str:
        """Return the text from the alternative that takes the value."""
        return self.taking(value).text(value)

    def query_item(self, name: str, value: Any) -> str:
        """Return ``name=value`` from the alternative that takes the value."""
        return self.taking(value).query_item(name, value)

    def parts(self, name: str, value: Any) -> list[tuple[str, Any]]:
        """Return the parts of a multipart form from the alternative that takes the value."""
        return self.taking(value).parts(name, value)

    def verify(self, value: Any) -> None:
        """Raise if no alternative takes a value."""
        self.taking(value)


def tree(parameter: Parameter, value: Any, *, deep: bool = False, inside: bool = False) -> Tree:
    """Check a value, and return it with all of its parts as text.

    :param deep: Whether lists and objects inside others can be written. Otherwise they become JSON.
    """
    if isinstance(parameter, AnyOf):
        return tree(parameter.taking(value), value, deep=deep, inside=inside)
    if isinstance(parameter, Array):
        items = parameter.checked(value)
        found: Tree = [
            "" if each is None else tree(parameter.items, each, deep=deep, inside=True) for each in items
        ]
    elif isinstance(parameter, Object):
        found = {
            key: tree(member, each, deep=deep, inside=True) for key, member, each in parameter.items(value)
        }
    else:
        return parameter.text(value)
    return found if deep or not inside else write_json(parameter.name, value)


def write_json(name: str, value: Any) -> str:
    """Return a value as JSON.

    :raises TypeError: A part of it has a type that JSON cannot represent.
    :raises ValueError: A number in it is not finite.
    """
    try:
        return _encode_json(value)
    except (TypeError, ValueError, RecursionError) as error:
        raise not_json(show(name, value), error) from error


def _error(parameter: Parameter, value: Any) -> TypeError | ValueError | None:
    """Return the error for a value, if any. Files are not read, because that can only be done once."""
    if parameter.is_file:
        return None if _can_be_file(value) else parameter.wrong_type(value)
    if isinstance(parameter, Array) and parameter.items.is_file:
        are_files = isinstance(value, list) and all(map(_can_be_file, value))
        return None if are_files else parameter.wrong_type(value)
    try:
        tree(parameter, value)
    except (TypeError, ValueError) as error:
        return error
    return None


def _can_be_file(value: Any) -> bool:
    return isinstance(value, bytes | bytearray | memoryview | tuple) or hasattr(value, "read")
