"""Permissions of connections: ``permissions grant``, ``revoke`` and ``check``."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, TypeVar

import click

from azure.messaging.webpubsubservice import rest

from ._answers import ask, send_successfully
from ._commands import Choice, SuggestingGroup
from ._errors import NO, OK, checked
from ._output import confirm
from ._settings import client, service_options

if TYPE_CHECKING:
    from collections.abc import Callable

__all__ = ["permissions"]

F = TypeVar("F", bound="Callable[..., Any]")

PERMISSIONS = ("sendToGroup", "joinLeaveGroup")


def _arguments(command: F) -> F:
    """Add the arguments that the three commands share."""
    command = click.option("-g", "--group", metavar="NAME", required=True, help="The group that it is for.")(
        command
    )
    command = click.argument("connection")(command)
    command = click.argument("permission", type=Choice(*PERMISSIONS), metavar="PERMISSION")(command)
    return click.argument("hub")(command)


@click.group(cls=SuggestingGroup, short_help="Grant, revoke and check permissions.")
def permissions() -> None:
    """Grant, revoke and check permissions of open connections.

    sendToGroup allows a client to send to a group, joinLeaveGroup to join and leave it. Permissions end with
    the connection. To give permissions to a new connection, use roles: 'webpubsub token --role'.
    """


@permissions.command(
    epilog="\b\nExample:\n  webpubsub permissions grant chat sendToGroup aBcDeFg --group lobby"
)
@_arguments
@service_options()
@click.pass_context
def grant(ctx: click.Context, hub: str, permission: str, connection: str, group: str) -> int:
    """Grant a permission to a connection."""
    _change(ctx, rest.build_grant_permission_request, hub, permission, connection, group)
    confirm({"granted": True}, "Granted.", "green")
    return OK


@permissions.command(
    epilog="\b\nExample:\n  webpubsub permissions revoke chat sendToGroup aBcDeFg --group lobby"
)
@_arguments
@service_options()
@click.pass_context
def revoke(ctx: click.Context, hub: str, permission: str, connection: str, group: str) -> int:
    """Revoke a permission of a connection."""
    _change(ctx, rest.build_revoke_permission_request, hub, permission, connection, group)
    confirm({"revoked": True}, "Revoked.", "green")
    return OK


@permissions.command(
    epilog="\b\nExample:\n  webpubsub permissions check chat joinLeaveGroup aBcDeFg -g lobby\n\n"
    "Exit status 0 is yes and 1 is no; anything else means that the question was not answered."
)
@_arguments
@service_options()
@click.pass_context
def check(ctx: click.Context, hub: str, permission: str, connection: str, group: str) -> int:
    """Ask whether a connection has a permission."""
    request = checked(rest.build_check_permission_request, hub, permission, connection, target_name=group)
    has_it = ask(client(ctx), request)
    confirm({"permitted": has_it}, "yes" if has_it else "no", "green" if has_it else "yellow")
    return OK if has_it else NO


def _change(
    ctx: click.Context,
    builder: Callable[..., Any],
    hub: str,
    permission: str,
    connection: str,
    group: str,
) -> None:
    request = checked(builder, hub, permission, connection, target_name=group)
    send_successfully(client(ctx), request)
