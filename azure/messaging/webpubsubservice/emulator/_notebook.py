"""How notebooks and terminals show values: as HTML tables, with payloads cut to one line."""

from collections.abc import Iterable, Sequence
from html import escape
from typing import TypeVar

T = TypeVar("T")

#: The most characters of a payload, and the most rows of a table, that are shown.
SHOWN_TEXT = 80
SHOWN_ROWS = 100


def preview(data: bytes | None) -> str:
    """Return a payload on one line: its text in quotes, or its bytes; shortened if it is long."""
    if data is None:
        return "not read"
    cut = data[: 4 * SHOWN_TEXT]
    try:
        shown = repr(cut.decode(errors="strict" if len(cut) == len(data) else "ignore"))
    except UnicodeDecodeError:
        shown = repr(cut)
    if len(shown) > SHOWN_TEXT or len(cut) < len(data):
        return f"{shown[:SHOWN_TEXT]}... ({len(data)} bytes)"
    return shown


def html_table(columns: Sequence[str], rows: Sequence[Iterable[object]], *, caption: str = "") -> str:
    """Return rows as an HTML table; if there are many, only the newest. Cells are text, never markup."""
    left_out = len(rows) - SHOWN_ROWS
    note = f" (the last {SHOWN_ROWS} of {len(rows)})" if left_out > 0 else ""
    head = "".join(f"<th>{escape(column)}</th>" for column in columns)
    body = "".join(
        "<tr>" + "".join(f"<td>{escape(_cell(value))}</td>" for value in row) + "</tr>"
        for row in rows[max(left_out, 0) :]
    )
    title = f"<caption>{escape(caption + note)}</caption>" if caption or note else ""
    return f"<table>{title}<thead><tr>{head}</tr></thead><tbody>{body}</tbody></table>"


def _cell(value: object) -> str:
    if value is None:
        return ""
    if isinstance(value, frozenset | set | tuple | list):
        return ", ".join(sorted(map(str, value)))
    return str(value)
