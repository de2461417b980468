"""Membership: ``groups add`` and ``groups remove``."""

from __future__ import annotations

from typing import TYPE_CHECKING

import click

from azure.messaging.webpubsubservice import rest

from ._answers import send_successfully
from ._commands import SuggestingGroup
from ._errors import OK, checked
from ._output import confirm
from ._settings import client, service_options
from ._targets import one_of, target_options

if TYPE_CHECKING:
    from azure.core.rest import HttpRequest

__all__ = ["groups"]


@click.group(cls=SuggestingGroup, short_help="Put connections and users into groups.")
def groups() -> None:
    """Put connections and users into groups, or take them out.

    A user joins with the connections that it has now; those it opens later are not members. 'webpubsub list'
    shows who is in a group.
    """


@groups.command(
    epilog="""\b
Examples:
  webpubsub groups add chat lobby --user alice
  webpubsub groups add chat lobby news --filter "userId ne 'bob'" """
)
@click.argument("hub")
@click.argument("group", nargs=-1, required=True)
@target_options("user", "connection")
@click.option("--filter", "odata", metavar="ODATA", help="Every connection that the OData filter matches.")
@service_options()
@click.pass_context
def add(
    ctx: click.Context,
    hub: str,
    group: tuple[str, ...],
    user: str | None,
    connection: str | None,
    odata: str | None,
) -> int:
    """Add a user, a connection, or all that match a filter, to groups of a hub."""
    kind, who = one_of(user=user, connection=connection, filter=odata)
    if kind == "filter":
        body = {"groups": list(group), "filter": who}
        requests = [checked(rest.build_add_connections_to_groups_request, hub, json=body)]
    elif kind == "user":
        requests = [checked(rest.build_add_user_to_group_request, hub, name, who) for name in group]
    else:
        requests = [checked(rest.build_add_connection_to_group_request, hub, name, who) for name in group]
    _send_each(ctx, requests)
    confirm({"added": list(group)}, f"Added to {', '.join(group)}.", "green")
    return OK


@groups.command(
    epilog="""\b
Examples:
  webpubsub groups remove chat lobby --user alice
  webpubsub groups remove chat --all --connection aBcDeFg"""
)
@click.argument("hub")
@click.argument("group", nargs=-1)
@click.option("--all", "everything", is_flag=True, help="All groups, instead of named ones.")
@target_options("user", "connection")
@click.option("--filter", "odata", metavar="ODATA", help="Every connection that the OData filter matches.")
@service_options()
@click.pass_context
def remove(
    ctx: click.Context,
    hub: str,
    group: tuple[str, ...],
    everything: bool,
    user: str | None,
    connection: str | None,
    odata: str | None,
) -> int:
    """Remove a user, a connection, or all that match a filter, from groups of a hub."""
    kind, who = one_of(user=user, connection=connection, filter=odata)
    if bool(group) == everything:
        raise click.UsageError("Name the groups, or use --all for all of them.")
    if kind == "filter":
        if everything:
            raise click.UsageError("--filter needs the groups by name.")
        body = {"groups": list(group), "filter": who}
        requests = [checked(rest.build_remove_connections_from_groups_request, hub, json=body)]
    elif kind == "user" and everything:
        requests = [checked(rest.build_remove_user_from_all_groups_request, hub, who)]
    elif kind == "user":
        requests = [checked(rest.build_remove_user_from_group_request, hub, name, who) for name in group]
    elif everything:
        requests = [checked(rest.build_remove_connection_from_all_groups_request, hub, who)]
    else:
        requests = [
            checked(rest.build_remove_connection_from_group_request, hub, name, who) for name in group
        ]
    _send_each(ctx, requests)
    confirm({"removed": list(group) or "all"}, f"Removed from {', '.join(group) or 'all groups'}.", "green")
    return OK


def _send_each(ctx: click.Context, requests: list[HttpRequest]) -> None:
    service = client(ctx)
    for request in requests:
        send_successfully(service, request)
