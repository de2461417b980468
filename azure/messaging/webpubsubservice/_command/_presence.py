"""Presence: ``exists`` and ``list``."""

from __future__ import annotations

from itertools import islice
from typing import Any

import click

from azure.messaging.webpubsubservice import rest

from ._answers import ask
from ._commands import TeachingCommand
from ._errors import NO, OK, Failure, checked
from ._output import confirm, emit, table, wants_json
from ._settings import client, service_options
from ._targets import one_of, target_options

__all__ = ["exists", "list_connections"]

_BUILDERS = {
    "group": rest.build_group_exists_request,
    "user": rest.build_user_exists_request,
    "connection": rest.build_connection_exists_request,
}


@click.command(
    cls=TeachingCommand,
    short_help="Ask whether somebody is connected.",
    epilog="""\b
Examples:
  webpubsub exists chat --user alice && echo "alice is online"
  webpubsub exists chat --group lobby --json

\b
Exit status 0 is yes and 1 is no; anything else means that the question was not answered.""",
)
@click.argument("hub")
@target_options("group", "user", "connection")
@service_options()
@click.pass_context
def exists(ctx: click.Context, hub: str, group: str | None, user: str | None, connection: str | None) -> int:
    """Ask whether a group or a user has a connection, or a connection is open."""
    kind, name = one_of(group=group, user=user, connection=connection)
    found = ask(client(ctx), checked(_BUILDERS[kind], hub, name))
    confirm({"exists": found}, "yes" if found else "no", "green" if found else "yellow")
    return OK if found else NO


@click.command(
    "list",
    cls=TeachingCommand,
    short_help="List the connections of a group.",
    epilog="""\b
Examples:
  webpubsub list chat lobby
  webpubsub list chat lobby --max 10
  webpubsub list chat lobby | cut -f 1           only the identifiers
  webpubsub list chat lobby --json | jq .userId  one JSON object per line""",
)
@click.argument("hub")
@click.argument("group")
@click.option("--max", "most", type=click.IntRange(min=1), metavar="N", help="Stop after N connections.")
@service_options()
@click.pass_context
def list_connections(ctx: click.Context, hub: str, group: str, most: int | None) -> int:
    """List the connections of a group, with their users.

    The service only lists the connections of groups. It cannot list a hub's groups, users or connections.
    """
    request = checked(rest.build_list_connections_in_group_request, hub, group, top=most)
    members = map(_checked_member, islice(client(ctx).list_items(request), most))
    if wants_json():
        for member in members:
            emit(member, "")
    else:
        columns = ("connection", "user")
        table(
            columns,
            ([str(member.get("connectionId", "")), str(member.get("userId") or "")] for member in members),
        )
    return OK


def _checked_member(member: object) -> dict[str, Any]:
    if not isinstance(member, dict):
        raise Failure("The response lists something that is not a connection: it is not a JSON object.", NO)
    return member
