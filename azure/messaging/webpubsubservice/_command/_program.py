"""The command itself: its groups, errors and exit statuses."""

from __future__ import annotations

import logging
import os
import sys
from typing import TYPE_CHECKING, Any

import click
from azure.core.exceptions import AzureError

from azure.messaging.webpubsubservice import VERSION

from ._commands import LazyGroup
from ._errors import INTERRUPTED, USAGE, Failure, report_error
from ._output import report
from ._settings import service_options

if TYPE_CHECKING:
    from collections.abc import Sequence

__all__ = ["program", "run"]

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
  2  a mistake on the command line, in a setting, or something to install""",
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
    try:
        result = program.main(list(arguments), "webpubsub", standalone_mode=False, obj=state)
        return result if isinstance(result, int) else 0
    except click.ClickException as error:
        return _report_usage(error, state)
    except AzureError as error:
        return report_error(error, state)
    except (click.Abort, KeyboardInterrupt):
        return INTERRUPTED
    except BrokenPipeError:  # the reader of the pipe has stopped
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
        return 141


def _report_usage(error: click.ClickException, state: dict[str, Any]) -> int:
    """Print a mistake on the command line, and how to get help."""
    context = error.ctx if isinstance(error, click.UsageError) else None
    advice = f"See '{context.command_path} --help'." if context is not None else ""
    report(error.format_message(), advice, state=state)
    return error.status if isinstance(error, Failure) else USAGE
