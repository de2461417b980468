"""The command ``webpubsub``: this package's features for a shell.

The rest of the package imports nothing from here. Each group of commands is a module, loaded when needed.
"""

from __future__ import annotations

import sys
from importlib.util import find_spec
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Sequence

__all__ = ["main"]

_NEEDED = {"click": "click", "rich": "rich", "dotenv": "python-dotenv"}


def main(arguments: Sequence[str] | None = None) -> int:
    """Run the command and return its exit status.

    :param arguments: The arguments after the command's name; those in ``sys.argv`` by default.
    """
    missing = [library for module, library in _NEEDED.items() if find_spec(module) is None]
    if missing:
        print(
            f"error: webpubsub needs {' and '.join(missing)}. Install the extra: "
            "python -m pip install 'azure-messaging-webpubsubservice[command]'",
            file=sys.stderr,
        )
        return 2
    from ._program import run  # noqa: PLC0415 - needs the extra

    return run(sys.argv[1:] if arguments is None else arguments)
