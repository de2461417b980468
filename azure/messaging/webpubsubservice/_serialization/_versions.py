"""Api-versions: the operations and parameters that each of them has, and their rules."""

import re
from collections.abc import Sequence
from typing import Any

from ._parameter import Parameter
from ._text import media_type, show

_is_dated = re.compile(r"[0-9]{4}-(0[1-9]|1[0-2])-(0[1-9]|[12][0-9]|3[01])(-[a-z][a-z0-9.-]*)?").fullmatch
_is_version = re.compile(r"[A-Za-z0-9][A-Za-z0-9._-]*").fullmatch


class Absent(Parameter):
    """A parameter that an api-version does not have."""

    def __init__(self, name: str, api_version: "ApiVersion | None" = None, **shape: Any) -> None:
        super().__init__(name, **shape)
        self.api_version = api_version

    def text(self, value: Any) -> str:
        """Raise, because there is no value in this version."""
        assert self.api_version is not None, "a parameter that is absent in another version is never written"
        raise self.api_version.unknown(self, value, self.api_version.latest)

    def body(self, content: Any, json: Any, content_type: str | None) -> tuple[Any, str | None]:
        """Raise if there is a body."""
        if content_type is not None:
            media_type("content_type", content_type)
        if content is not None or json is not None:
            self.text(content if json is None else json)
        return None, None


class ApiVersion(Parameter):
    """The parameter that chooses the api-version, and the versions that have an operation.

    :param known: All versions that the documents describe, oldest first.
    :param default: The version that the operation has by default.
    :param since: The first version with the operation.
    :param until: The last version with the operation.
    :param without: Versions between the two that lack it.
    """

    expected = "str"

    def __init__(
        self,
        name: str,
        known: Sequence[str],
        *,
        default: str,
        since: str | None = None,
        until: str | None = None,
        without: Sequence[str] = (),
    ) -> None:
        super().__init__(name, required=True, default=default)
        self.latest = default
        first = known.index(since) if since else 0
        last = known.index(until) if until else len(known) - 1
        self.known = known
        self.supported = tuple(version for version in known[first : last + 1] if version not in without)

    def text(self, value: Any) -> str:
        """Return the value, if it has the form of a version."""
        if not isinstance(value, str):
            raise self.wrong_type(value)
        if value is self.default:
            return value
        if _is_dated(self.latest) and not _is_dated(value):
            raise self.invalid(value, "is not written as a version is: YYYY-MM-DD, or YYYY-MM-DD-preview")
        if not _is_version(value):
            raise self.invalid(value, "is not written as a version is: letters, digits, '.', '_' and '-'")
        return value

    def is_default(self, value: object) -> bool:
        """Whether the caller did not pass a version. Passing a version equal to the default is different."""
        return value is self.default

    def check_operation(self, version: str, operation: str) -> None:
        """Raise if a version lacks the operation."""
        if self.text(version) in self.known and version not in self.supported:
            raise self.invalid(version, f"does not know {operation}, which {self._span(self.supported)}")

    def shape(self, parameter: Parameter, value: object, version: str) -> Parameter:
        """Return a parameter's shape in a version. Raise if there is a value but the version lacks it."""
        if version not in self.known:  # a version that no document describes may have any parameter
            shapes = (parameter, *parameter.before.values(), *parameter.after.values())
            return next(shape for shape in shapes if not isinstance(shape, Absent))
        shape = parameter.in_version(version, self.known)
        if isinstance(shape, Absent) and not parameter.is_overridable(value):
            raise self.unknown(parameter, value, version)
        return shape

    def for_version(self, parameter: Parameter, value: Any, version: str) -> tuple[Parameter, Any]:
        """Return a parameter's shape in a version, and the value to send.

        The error for a value that the version refuses names the newest version that takes it.
        """
        shape = self.shape(parameter, value, version)
        if isinstance(shape, Absent):
            return shape, None
        if shape is parameter or value is None:
            return shape, value
        try:
            shape.verify(value)
        except ValueError as error:
            for other in reversed(self.known):
                if self._accepts(parameter.in_version(other, self.known), value):
                    raise ValueError(f"{error}, in api-version {version}; {other} takes it") from None
            raise
        return shape, value

    def unknown(self, parameter: Parameter, value: object, version: str) -> ValueError:
        """Return the error for a parameter that a version does not have."""
        having = [
            other for other in self.known if not isinstance(parameter.in_version(other, self.known), Absent)
        ]
        return ValueError(
            f"{show(parameter.name, value)} is not known to api-version {version}:"
            f" {parameter.name} {self._span(having)}"
        )

    @staticmethod
    def _accepts(shape: Parameter, value: object) -> bool:
        try:
            shape.verify(value)
        except (TypeError, ValueError):
            return False
        return not isinstance(shape, Absent)

    def _span(self, having: Sequence[str]) -> str:
        first, last = self.known.index(having[0]), self.known.index(having[-1])
        if len(having) <= last - first:
            return f"exists in {', '.join(having)}"
        if last == len(self.known) - 1:
            return f"exists since {having[0]}"
        return f"exists until {having[-1]}" if first == 0 else f"exists from {having[0]} to {having[-1]}"
