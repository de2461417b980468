"""The state of the setup: ``status``."""

from __future__ import annotations

import click
from rich.text import Text

from azure.messaging.webpubsubservice.diagnostics import Diagnosis, diagnose

from ._commands import TeachingCommand
from ._errors import DENIED, NO, OK, UNREACHED
from ._output import emit, printable, show, wants_json
from ._settings import client, options, service_options
from ._targets import target_options

__all__ = ["status"]

_STYLES = {"ok": "green", "warning": "yellow", "wrong": "bold red", "unknown": "dim"}
_EXIT_STATUSES = {"endpoint": UNREACHED, "proxy": UNREACHED, "credential": DENIED}


@click.command(
    cls=TeachingCommand,
    short_help="Say what is wrong with the setup, if anything.",
    epilog="""\b
Examples:
  webpubsub status
  webpubsub status chat --group lobby
  webpubsub status --json | jq -r '.findings[] | select(.outcome == "wrong") | .advice'

\b
Exit status: 0 nothing is wrong; 3 the service is not reached; 4 the credential is refused;
1 anything else that is wrong.""",
)
@click.argument("hub", required=False)
@target_options("group", "user")
@service_options()
@click.pass_context
def status(ctx: click.Context, hub: str | None, group: str | None, user: str | None) -> int:
    """Check endpoint, clock, credential and proxies, and look for connections.

    It says which of them is wrong and what to do. With a group or a user, it looks for their connections; the
    service does not say whether a hub as a whole has any. Nothing is changed.
    """
    if hub is None and (group is not None or user is not None):
        raise click.UsageError("--group and --user are looked for in a hub: name the hub too.")
    seconds = options(ctx).get("timeout", 10.0)
    diagnosis = diagnose(client(ctx), hub, group=group, user_id=user, timeout=seconds)
    if wants_json():
        emit(diagnosis.as_dict(), "")
    else:
        _show(diagnosis)
    return OK if diagnosis.fault is None else _EXIT_STATUSES.get(diagnosis.fault.check, NO)


def _show(diagnosis: Diagnosis) -> None:
    for finding in diagnosis.findings:
        mark = Text(f"{finding.outcome:<9}", style=_STYLES[finding.outcome])
        show(Text.assemble(mark, (f"{finding.check:<12}", "bold"), printable(finding.summary)))
        if finding.advice:
            show(Text(f"{'':<21}{printable(finding.advice)}", style="italic"))
