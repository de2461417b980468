"""Output: text for people, by rich, or JSON for programs."""

from __future__ import annotations

import json
import re
import sys
from typing import TYPE_CHECKING, Any

import click
from rich.console import Console
from rich.table import Table
from rich.text import Text

from ._settings import options

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence

__all__ = ["console", "emit", "note", "printable", "report", "table", "wants_json"]

#: Control characters that a terminal may obey. Names and messages come from strangers, and could otherwise
#: move the cursor, change the window's title or write to the clipboard.
_CONTROLS = re.compile(r"[\x00-\x08\x0b-\x1f\x7f-\x9f]")


def printable(text: str) -> str:
    r"""Return text that a terminal only displays: control characters become escapes such as ``\x1b``."""
    return _CONTROLS.sub(lambda match: f"\\x{ord(match[0]):02x}", text)


def console(*, stderr: bool = False) -> Console:
    """Return rich's console for standard output or standard error. Text is never treated as markup."""
    return Console(stderr=stderr, markup=False, highlight=False, emoji=False, soft_wrap=True)


def wants_json() -> bool:
    """Whether the output of the running command is for a program."""
    return _is_json(options(click.get_current_context()))


def _is_json(given: dict[str, Any]) -> bool:
    return bool(given.get("json_output")) or given.get("output") == "json"


def emit(value: Any, text: str, style: str = "") -> None:
    """Print a result: the value as one line of JSON, or the text."""
    if wants_json():
        print(json.dumps(value, ensure_ascii=False), flush=True)
    else:
        console().print(Text(printable(text), style=style))
        sys.stdout.flush()


def note(text: str) -> None:
    """Write progress for people to standard error, unless the output is JSON."""
    if not wants_json():
        console(stderr=True).print(Text(printable(text), style="dim"))


def table(columns: Sequence[str], rows: Iterable[Sequence[str]]) -> None:
    """Print rows: as a table in a terminal, otherwise as lines with tabs, which other programs can split."""
    screen = console()
    if not screen.is_terminal:
        for row in rows:
            print("\t".join(printable(cell).replace("\t", "\\t").replace("\n", "\\n") for cell in row))
        return
    grid = Table(*columns, box=None, header_style="bold", pad_edge=False)
    for row in rows:
        grid.add_row(*(Text(printable(cell), overflow="fold") for cell in row))
    screen.print(grid, soft_wrap=False)


def report(message: str, advice: str = "", *, state: dict[str, Any], **details: Any) -> None:
    """Print an error on standard error.

    :param state: The options, which are still there after the command.
    """
    if _is_json(state):
        error = {"message": message, "advice": advice, **details}
        shown = {name: value for name, value in error.items() if value not in (None, "")}
        print(json.dumps({"error": shown}, ensure_ascii=False), file=sys.stderr)
        return
    screen = console(stderr=True)
    screen.print(Text.assemble(("error: ", "bold red"), printable(message)))
    if advice:
        screen.print(Text(printable(advice)))
