"""The variables of a running script, and its remaining steps."""

from collections.abc import Mapping
from typing import Any

from openapi_request_builders.directives.javascript.library import GLOBALS
from openapi_request_builders.directives.javascript.values import ScriptError

STEPS = 1_000_000


class Run:
    """One run of a script, which may take a limited number of steps."""

    def __init__(self) -> None:
        self.left = STEPS

    def step(self) -> None:
        """Count a step."""
        self.left -= 1
        if self.left < 0:
            raise ScriptError(f"it takes more than {STEPS} steps")


class Scope:
    """The variables of a block, and the scope around it."""

    def __init__(
        self, run: Run, outer: "Scope | None" = None, names: Mapping[str, Any] | None = None
    ) -> None:
        self.run = run
        self.outer = outer
        self.names = dict(names or {})

    def inner(self, **names: Any) -> "Scope":
        """Return a scope inside this one."""
        return Scope(self.run, self, names)

    def get(self, name: str) -> Any:
        """Return the value of a variable."""
        scope = self._holding(name)
        if scope is not None:
            return scope.names[name]
        if name in GLOBALS:
            return GLOBALS[name]
        raise ScriptError(f"{name!r} is not known here")

    def set(self, name: str, value: Any) -> None:
        """Change a variable. One that was not declared becomes part of this scope."""
        (self._holding(name) or self).names[name] = value

    def _holding(self, name: str) -> "Scope | None":
        scope: Scope | None = self
        while scope is not None and name not in scope.names:
            scope = scope.outer
        return scope
