"""The emulator from a shell: ``python -m azure.messaging.webpubsubservice.emulator``."""

import sys
from collections.abc import Sequence

from ._command.run import run


def main(
    arguments: Sequence[str] | None = None, prog: str = "python -m azure.messaging.webpubsubservice.emulator"
) -> int:
    """Run the emulator until it is interrupted or terminated, and return the exit status."""
    return run(arguments, prog)


if __name__ == "__main__":
    sys.exit(main())
