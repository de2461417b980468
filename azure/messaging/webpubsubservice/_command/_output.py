"""Output: text for people, by rich, or JSON for programs."""

from __future__ import annotations

import contextlib
import json
import os
import re
import sys
from io import StringIO, TextIOWrapper
from typing import TYPE_CHECKING, Any

import click
from rich.console import Console
from rich.table import Table
from rich.text import Text

from ._settings import options

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence

    from rich.console import RenderableType

__all__ = [
    "UnwrittenError",
    "confirm",
    "console",
    "emit",
    "escape_unencodable",
    "note",
    "printable",
    "report",
    "show",
    "table",
    "wants_json",
    "write",
]

#: Control characters that a terminal may obey. Names and messages come from strangers, and could otherwise
#: move the cursor, change the window's title or write to the clipboard.
_CONTROLS = re.compile(r"[\x00-\x08\x0b-\x1f\x7f-\x9f]")


class UnwrittenError(Exception):
    """Standard output cannot be written.

    :param message: Why.
    :param intended: Whether its reader has closed it, and wants no more.
    """

    def __init__(self, message: str, *, intended: bool) -> None:
        super().__init__(message)
        self.intended = intended


def printable(text: str) -> str:
    r"""Return text that a terminal only displays: control characters become escapes such as ``\x1b``."""
    return _CONTROLS.sub(lambda match: f"\\x{ord(match[0]):02x}", text)


def console(**options: Any) -> Console:
    """Return rich's console, for standard output by default. Text is never treated as markup."""
    return Console(markup=False, highlight=False, emoji=False, soft_wrap=True, **options)


def escape_unencodable() -> None:
    """Write escapes to standard output and standard error where their encoding lacks a character."""
    for stream in (sys.stdout, sys.stderr):
        if isinstance(stream, TextIOWrapper):
            stream.reconfigure(errors="backslashreplace")


def write(text: str) -> None:
    """Write text to standard output at once.

    :raises UnwrittenError: It cannot be written.
    """
    if sys.stdout is None:  # as Python has it where the caller closed it
        raise UnwrittenError("Standard output is closed.", intended=True)
    try:
        sys.stdout.write(text)
        sys.stdout.flush()
    except OSError as error:
        with contextlib.suppress(OSError):  # or Python would try again at its end, and fail
            os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
        reason = error.strerror or type(error).__name__
        raise UnwrittenError(
            f"Standard output cannot be written: {reason}.", intended=isinstance(error, BrokenPipeError)
        ) from None


def show(*shown: RenderableType, stderr: bool = False, soft_wrap: bool | None = None) -> None:
    """Print for people, with colours if it is a terminal.

    :raises UnwrittenError: It cannot be written. Nothing is raised for standard error.
    """
    screen = console(stderr=stderr)
    # Rich only renders: it would end the program where a pipe is closed.
    rendered = StringIO()
    page = console(file=rendered, force_terminal=screen.is_terminal, width=screen.width)
    for each in shown:
        page.print(each, soft_wrap=soft_wrap)
    if stderr:
        _write_error(rendered.getvalue())
    else:
        write(rendered.getvalue())


def _write_error(text: str) -> None:
    if sys.stderr is not None:
        with contextlib.suppress(OSError):
            sys.stderr.write(text)
            sys.stderr.flush()


def _json(value: Any, stream: Any) -> str:
    """Return a line of JSON. JSON has escapes of its own for what an encoding lacks."""
    encoding = str(getattr(stream, "encoding", None) or "utf-8").lower()
    return json.dumps(value, ensure_ascii=encoding not in {"utf-8", "utf8"}) + "\n"


def wants_json() -> bool:
    """Whether the output of the running command is for a program."""
    return _is_json(options(click.get_current_context()))


def _is_json(given: dict[str, Any]) -> bool:
    return bool(given.get("json_output")) or given.get("output") == "json"


def emit(value: Any, text: str, style: str = "") -> None:
    """Print a result: the value as one line of JSON, or the text.

    :raises UnwrittenError: It cannot be written.
    """
    if wants_json():
        write(_json(value, sys.stdout))
    else:
        show(Text(printable(text), style=style))


def confirm(value: Any, text: str, style: str = "") -> None:
    """Print what the exit status says as well: that something was done, or the answer to a question.

    If it cannot be written, the exit status stays the same: a script that took a failure to print for a
    failure to send would send again.
    """
    try:
        emit(value, text, style)
    except UnwrittenError as error:
        message = f"{error} The exit status is the same as if it had been written."
        if error.intended:
            return
        if wants_json():
            _write_error(_json({"warning": {"message": message}}, sys.stderr))
        else:
            show(Text(printable(f"warning: {message}"), style="yellow"), stderr=True)


def note(text: str, style: str = "dim") -> None:
    """Write progress for people to standard error, unless the output is JSON."""
    if not wants_json():
        show(Text(printable(text), style=style), stderr=True)


def table(columns: Sequence[str], rows: Iterable[Sequence[str]]) -> None:
    """Print rows: as a table in a terminal, otherwise as lines with tabs, which other programs can split.

    :raises UnwrittenError: They cannot be written.
    """
    if not console().is_terminal:
        for row in rows:
            cells = (printable(cell).replace("\t", "\\t").replace("\n", "\\n") for cell in row)
            write("\t".join(cells) + "\n")
        return
    grid = Table(*columns, box=None, header_style="bold", pad_edge=False)
    for row in rows:
        grid.add_row(*(Text(printable(cell), overflow="fold") for cell in row))
    show(grid, soft_wrap=False)


def report(message: str, advice: str = "", *, state: dict[str, Any], **details: Any) -> None:
    """Print an error on standard error.

    :param state: The options, which are still there after the command.
    """
    if _is_json(state):
        error = {"message": message, "advice": advice, **details}
        shown = {name: value for name, value in error.items() if value not in (None, "")}
        _write_error(_json({"error": shown}, sys.stderr))
        return
    show(Text.assemble(("error: ", "bold red"), printable(message)), stderr=True)
    if advice:
        show(Text(printable(advice)), stderr=True)
