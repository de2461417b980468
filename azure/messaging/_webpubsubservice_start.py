"""Where the programs of azure-messaging-webpubsubservice start: the command ``webpubsub`` and the emulator.

To import them takes a moment. Ctrl+C in that moment ends them like later, without a traceback. This module is
outside the package that it belongs to, because whatever is inside is imported after the package.
"""

import os
import signal
import sys

__all__ = ["end_at_interrupts", "is_starting", "main", "raise_at_interrupts"]

_INTERRUPTED = 130
_PACKAGE = "azure.messaging.webpubsubservice"
_PROGRAMS = (_PACKAGE, f"{_PACKAGE}.emulator")


def main() -> int:
    """Run the command ``webpubsub`` and return its exit status."""
    end_at_interrupts()
    from azure.messaging.webpubsubservice._command import main as run  # noqa: PLC0415 - after the line before

    return run()


def is_starting() -> bool:
    """Whether ``python -m`` is about to run a program of the package, and imports the package first."""
    if sys.argv[:1] != ["-m"]:  # what Python has there until it has found the module to run
        return False
    for number, argument in enumerate(sys.orig_argv):
        if argument.startswith("-m"):
            return (argument[2:] or sys.orig_argv[number + 1]) in _PROGRAMS
    return False


def end_at_interrupts() -> None:
    """End the process at an interrupt, while there is nothing to clean up. An ignored one stays ignored."""
    if signal.getsignal(signal.SIGINT) is signal.default_int_handler:
        signal.signal(signal.SIGINT, _end)


def raise_at_interrupts() -> None:
    """Undo :func:`end_at_interrupts`: raise ``KeyboardInterrupt`` again."""
    if signal.getsignal(signal.SIGINT) is _end:
        signal.signal(signal.SIGINT, signal.default_int_handler)


def _end(_number: int, _frame: object) -> None:
    os._exit(_INTERRUPTED)
