"""The command itself: its groups, errors and exit statuses."""

from __future__ import annotations

import logging
import sys
from typing import TYPE_CHECKING, Any

import click
from azure.core.exceptions import AzureError

from azure.messaging._webpubsubservice_start import raise_at_interrupts
from azure.messaging.webpubsubservice import VERSION

from ._commands import LazyGroup, plain_ranges
from ._errors import INTERRUPTED, UNWRITTEN, USAGE, Failure, report_error
from ._output import UnwrittenError, escape_unencodable, report
from ._settings import service_options

if TYPE_CHECKING:
    from collections.abc import Sequence

__all__ = ["program", "run"]

#: The exit status of a program whose reader closed the pipe: that of SIGPIPE in a shell.
CUT_OFF = 141

_COMMANDS = {
    "send": "._send:send",
    "listen": "._listen:listen",
    "token": "._token:token",
    "exists": "._presence:exists",
    "list": "._presence:list_connections",
    "groups": "._groups:groups",
    "permissions": "._permissions:permissions",
    "close": "._close:close",
    "status": "._status:status",
    "request": "._request:request",
    "emulator": "._emulator:emulator",
    "completion": "._completion:completion",
}


@click.group(
    cls=LazyGroup,
    lazy=_COMMANDS,
    context_settings={"help_option_names": ["-h", "--help"], "max_content_width": 100},
    epilog="""\b
First steps, without a service:
  webpubsub emulator                            prints a connection string; leave it running
  export WEBPUBSUB_CONNECTION_STRING='...'      in another terminal, the line it printed
  webpubsub listen chat --group lobby &         a client
  webpubsub send chat "Hello" --group lobby     a message to it

\b
The service is named by WEBPUBSUB_CONNECTION_STRING, or by WEBPUBSUB_ENDPOINT for Microsoft
Entra: in the environment, or in a file .env in the current folder. Options take precedence.

\b
Exit status:
  0  done, or yes                  3  not reached, or too busy: try again
  1  the service said no           4  the credential is refused
  2  a mistake on the command line, in a setting, or something to install
  5  the output could not be written, and it is what was asked for""",
)
@click.version_option(VERSION, "--version", prog_name="webpubsub")
@service_options()
@click.pass_context
def program(ctx: click.Context) -> None:
    """Send messages through Azure Web PubSub, watch them arrive, and look after hubs.

    'webpubsub COMMAND --help' explains a command, with examples.
    """
    ctx.ensure_object(dict)


def run(arguments: Sequence[str]) -> int:
    """Run the command and return its exit status."""
    logging.getLogger("azure.identity").setLevel(logging.CRITICAL)  # its errors are printed once, by report
    state: dict[str, Any] = {}
    escape_unencodable()
    try:
        raise_at_interrupts()
        result = program.main(list(arguments), "webpubsub", standalone_mode=False, obj=state)
        return result if isinstance(result, int) else 0
    except (click.ClickException, AzureError, UnwrittenError, OSError) as error:
        return _report(error, state)
    except (click.Abort, KeyboardInterrupt):
        return INTERRUPTED
    except SystemExit as error:
        if isinstance(error.__context__, BrokenPipeError):  # click ends the program for it
            return CUT_OFF
        raise


def _report(
    error: click.ClickException | AzureError | UnwrittenError | OSError, state: dict[str, Any]
) -> int:
    """Print an error, and return the exit status."""
    if isinstance(error, click.ClickException):
        return _report_usage(error, state)
    if isinstance(error, AzureError):
        return report_error(error, state)
    if isinstance(error, OSError):  # click could not write help
        error = UnwrittenError(f"{error.strerror or error}.", intended=False)
    return _report_unwritten(error, state)


def _report_unwritten(error: UnwrittenError, state: dict[str, Any]) -> int:
    """Print that a result could not be written, unless its reader has closed the pipe."""
    if error.intended and sys.stdout is not None:
        return CUT_OFF
    report(str(error), state=state)
    return UNWRITTEN


def _report_usage(error: click.ClickException, state: dict[str, Any]) -> int:
    """Print a mistake on the command line, and how to get help."""
    context = error.ctx if isinstance(error, click.UsageError) else None
    advice = f"See '{context.command_path} --help'." if context is not None else ""
    report(plain_ranges(error.format_message()), advice, state=state)
    return error.status if isinstance(error, Failure) else USAGE
