"""Options for the target of a command."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, TypeVar

import click

if TYPE_CHECKING:
    from collections.abc import Callable

__all__ = ["one_of", "target_options"]

F = TypeVar("F", bound="Callable[..., Any]")

_NAMES = {
    "group": ("-g", "--group", "A group: all of its connections."),
    "user": ("-u", "--user", "A user: all of their connections."),
    "connection": ("-c", "--connection", "A connection, by its identifier."),
}


def target_options(*kinds: str) -> Callable[[F], F]:
    """Add the options ``--group``, ``--user`` and ``--connection``, or only the named ones."""

    def add(command: F) -> F:
        for kind in reversed(kinds):
            short, long, text = _NAMES[kind]
            command = click.option(short, long, metavar="NAME" if kind == "group" else "ID", help=text)(
                command
            )
        return command

    return add


def one_of(**given: str | bool | None) -> tuple[str, str]:
    """Return the name and the value of the only option that was given.

    :raises click.UsageError: None was given, or several.
    """
    chosen = [(name, str(value)) for name, value in given.items() if value not in (None, False)]
    *first, last = (f"--{name}" for name in given)
    names = f"{', '.join(first)} or {last}" if first else last
    if not chosen:
        raise click.UsageError(f"Choose one: {names}.")
    if len(chosen) > 1:
        both = " and ".join(f"--{name}" for name, _ in chosen)
        raise click.UsageError(f"{both} exclude each other: use one of {names}.")
    return chosen[0]
