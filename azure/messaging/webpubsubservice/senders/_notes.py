"""Notes on exceptions (PEP 678)."""

from __future__ import annotations

import sys

__all__ = ["add_note"]


def add_note(error: BaseException, note: str) -> None:
    """Add a note to an error, which tracebacks show since Python 3.11."""
    if sys.version_info >= (3, 11):
        error.add_note(note)
