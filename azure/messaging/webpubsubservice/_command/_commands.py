"""Commands whose errors say what to write instead, and groups that load their commands when needed."""

from __future__ import annotations

import re
from difflib import get_close_matches
from importlib import import_module
from textwrap import shorten
from typing import TYPE_CHECKING, Any

import click
from click.shell_completion import CompletionItem

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

__all__ = ["Choice", "LazyGroup", "SharedOption", "SuggestingGroup", "TeachingCommand", "plain_ranges"]


if TYPE_CHECKING:
    _ParamType = click.ParamType[str]
else:  # it is not generic in earlier releases of click
    _ParamType = click.ParamType


class Choice(_ParamType):
    """One of several words, in any case. The error for a typo suggests a similar word."""

    name = "choice"

    def __init__(self, *choices: str) -> None:
        self.choices = choices

    def get_metavar(self, param: click.Parameter, ctx: click.Context | None = None) -> str:  # noqa: ARG002
        """Return the words in the form for help. Those of an argument are in its description."""
        return _name(param) if isinstance(param, click.Argument) else f"[{'|'.join(self.choices)}]"

    def convert(self, value: Any, param: click.Parameter | None, ctx: click.Context | None) -> str:
        """Return the word as it is spelt here."""
        by_case = {choice.lower(): choice for choice in self.choices}
        text = str(value)
        if text.lower() not in by_case:
            close = get_close_matches(text.lower(), by_case, 1)
            hint = f" Did you mean {by_case[close[0]]}?" if close else ""
            message = f"{text!r} is not one of {', '.join(self.choices)}.{hint}"
            named = f"'{_name(param)}'" if isinstance(param, click.Argument) else None
            raise click.BadParameter(message, ctx, param, named)
        return by_case[text.lower()]

    def shell_complete(
        self,
        ctx: click.Context,  # noqa: ARG002 - click's signature
        param: click.Parameter,  # noqa: ARG002
        incomplete: str,
    ) -> list[CompletionItem]:
        """Return the words that start with the typed text."""
        matching = (each for each in self.choices if each.lower().startswith(incomplete.lower()))
        return [CompletionItem(each) for each in matching]


class SharedOption(click.Option):
    """An option of many commands. Help lists it after the command's own options."""


#: Arguments that mean the same in each command.
_ARGUMENTS = {
    "hub": "Name of a hub.",
    "group": "Name of a group.",
    "message": "Text to send.",
    "permission": "sendToGroup or joinLeaveGroup.",
    "connection": "Identifier of an open connection.",
    "shell": "bash, zsh or fish.",
}


#: How click writes a range of numbers, and words for it.
_RANGES = (
    (re.compile(r"is not in the range (?=x>)"), "is not "),
    (re.compile(r"\b([\d.]+)<=x<=([\d.]+)"), r"\1 to \2"),
    (re.compile(r"\bx>=([\d.]+)"), r"at least \1"),
    (re.compile(r"\bx>([\d.]+)"), r"more than \1"),
)


def plain_ranges(text: str) -> str:
    """Return click's text with ranges of numbers in words."""
    for pattern, words in _RANGES:
        text = pattern.sub(words, text)
    return text


def _name(argument: click.Argument) -> str:
    return str(argument.name).upper()


def _write_options(command: click.Command, ctx: click.Context, formatter: click.HelpFormatter) -> None:
    """Write the arguments, the command's own options, and the shared options."""
    arguments: list[tuple[str, str]] = []
    own: list[tuple[str, str]] = []
    shared: list[tuple[str, str]] = []
    explained = command.explained if isinstance(command, TeachingCommand) else {}
    for parameter in command.get_params(ctx):
        if isinstance(parameter, click.Argument):
            name = str(parameter.name)
            arguments.append((name.upper(), explained.get(name, _ARGUMENTS.get(name, ""))))
        elif (record := parameter.get_help_record(ctx)) is not None:
            shown = (record[0], plain_ranges(record[1]))
            (shared if isinstance(parameter, SharedOption) else own).append(shown)
    for title, records in (("Arguments", arguments), ("Options", own), ("Service and output", shared)):
        if records:
            with formatter.section(title):
                formatter.write_dl(records)


class TeachingCommand(click.Command):
    """A command whose help lists shared options last, and whose errors say what to write instead.

    :param explained: The meanings of arguments, by name, that differ from those of other commands.
    """

    def __init__(self, *args: Any, explained: Mapping[str, str] | None = None, **attributes: Any) -> None:
        super().__init__(*args, **attributes)
        self.explained = explained or {}

    def parse_args(self, ctx: click.Context, args: list[str]) -> list[str]:
        """Parse the arguments.

        :raises click.UsageError: One is missing, is too many, or is written as an option.
        """
        ctx.allow_extra_args = True  # explained here instead
        try:
            extra = super().parse_args(ctx, args)
        except click.NoSuchOption as error:
            name = error.option_name.lstrip("-").replace("-", "_")
            if name not in {each.name for each in self._arguments()}:
                raise
            text = f"{name.upper()} is an argument, without {error.option_name}: write '{self._usage(ctx)}'."
            raise click.UsageError(text, ctx) from None
        except click.MissingParameter as error:
            if not isinstance(error.param, click.Argument):
                raise
            text = f"{_name(error.param)} is missing: write '{self._usage(ctx)}'.{self._example()}"
            raise click.UsageError(text, ctx) from None
        if extra and not ctx.resilient_parsing:
            raise click.UsageError(self.explain_extra(ctx, extra), ctx)
        return extra

    def explain_extra(self, ctx: click.Context, extra: Sequence[str]) -> str:
        """Return what to say about arguments that are too many."""
        return f"Too many arguments: {shorten(' '.join(extra), 60)}. Write '{self._usage(ctx)}'."

    def _arguments(self) -> list[click.Argument]:
        return [each for each in self.params if isinstance(each, click.Argument)]

    def _usage(self, ctx: click.Context) -> str:
        words = [_name(each) + ("..." if each.nargs == -1 else "") for each in self._arguments()]
        required = [each.required for each in self._arguments()]
        shown = [word if must else f"[{word}]" for word, must in zip(words, required, strict=True)]
        return " ".join([ctx.command_path, *shown])

    def _example(self) -> str:
        """Return the first example in the help."""
        lines = (line.strip() for line in (self.epilog or "").splitlines())
        examples = (line.partition("   ")[0] for line in lines if line.startswith("webpubsub "))
        return next((f" For example: {each}" for each in examples), "")

    def format_options(self, ctx: click.Context, formatter: click.HelpFormatter) -> None:
        """Write the options."""
        _write_options(self, ctx, formatter)


class SuggestingGroup(click.Group):
    """A group whose error for an unknown command suggests similar ones."""

    command_class = TeachingCommand
    kind = "command"

    def format_options(self, ctx: click.Context, formatter: click.HelpFormatter) -> None:
        """Write the options and the commands."""
        _write_options(self, ctx, formatter)
        self.format_commands(ctx, formatter)

    def resolve_command(
        self, ctx: click.Context, args: list[str]
    ) -> tuple[str | None, click.Command | None, list[str]]:
        """Find the command that the first argument names."""
        name = args[0]
        if self.get_command(ctx, name) is None and not ctx.resilient_parsing and not name.startswith("-"):
            close = get_close_matches(name.replace("_", "-").lower(), self.list_commands(ctx), 3)
            hint = f" Did you mean {' or '.join(close)}?" if close else ""
            ctx.fail(f"There is no {self.kind} {name!r}.{hint}")
        return super().resolve_command(ctx, args)


class LazyGroup(SuggestingGroup):
    """A group that imports a command's module when the command is needed.

    :param lazy: Commands as ``module:attribute``, by name, in the order in which help lists them.
    """

    def __init__(self, *args: Any, lazy: Mapping[str, str], **attributes: Any) -> None:
        super().__init__(*args, **attributes)
        self._lazy = lazy

    def list_commands(self, ctx: click.Context) -> list[str]:
        """Return the names of all commands."""
        return [*self._lazy, *super().list_commands(ctx)]

    def get_command(self, ctx: click.Context, cmd_name: str) -> click.Command | None:
        """Return the command with this name, or ``None`` if there is none."""
        path = self._lazy.get(cmd_name)
        if path is None:
            return super().get_command(ctx, cmd_name)
        module, _, attribute = path.partition(":")
        command = getattr(import_module(module, __package__), attribute)
        assert isinstance(command, click.Command)
        return command
