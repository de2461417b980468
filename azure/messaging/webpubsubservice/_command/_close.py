"""Close connections: ``close``."""

from __future__ import annotations

from typing import Any

import click

from azure.messaging.webpubsubservice import rest

from ._answers import send_successfully
from ._commands import TeachingCommand
from ._errors import OK, checked
from ._output import confirm
from ._settings import client, service_options
from ._targets import one_of, target_options

__all__ = ["close"]


@click.command(
    cls=TeachingCommand,
    short_help="Close connections.",
    epilog="""\b
Examples:
  webpubsub close chat --connection aBcDeFg --reason "too many messages"
  webpubsub close chat --user bob
  webpubsub close chat --all --except aBcDeFg""",
)
@click.argument("hub")
@target_options("group", "user", "connection")
@click.option("--all", "everything", is_flag=True, help="Every connection of the hub.")
@click.option("--reason", metavar="TEXT", help="Reason, which clients with a subprotocol receive.")
@click.option(
    "--except", "excluded", multiple=True, metavar="ID", help="Leave a connection open. Repeat for more."
)
@service_options()
@click.pass_context
def close(
    ctx: click.Context,
    hub: str,
    group: str | None,
    user: str | None,
    connection: str | None,
    everything: bool,
    reason: str | None,
    excluded: tuple[str, ...],
) -> int:
    """Close one connection, or all connections of a user, a group or a hub."""
    kind, who = one_of(group=group, user=user, connection=connection, all=everything)
    more: dict[str, Any] = {} if reason is None else {"reason": reason}
    if excluded:
        if kind == "connection":
            raise click.UsageError("--except is for many connections, and --connection names one.")
        more["excluded"] = list(excluded)
    if kind == "all":
        request = checked(rest.build_close_all_connections_request, hub, **more)
    elif kind == "group":
        request = checked(rest.build_close_group_connections_request, hub, who, **more)
    elif kind == "user":
        request = checked(rest.build_close_user_connections_request, hub, who, **more)
    else:
        request = checked(rest.build_close_connection_request, hub, who, **more)
    send_successfully(client(ctx), request)
    confirm({"closed": True}, "Closed.", "green")
    return OK
