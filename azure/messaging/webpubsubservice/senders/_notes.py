"""Notes on exceptions (PEP 678)."""

from __future__ import annotations

import sys

__all__ = ["add_note"]


def add_note(error: BaseException, note: str) -> None:
    """Have a traceback of the error end with a note, from Python 3.11 on."""
    if sys.version_info >= (3, 11):
        error.add_note(note)
