"""Tokens for clients: ``token``."""

from __future__ import annotations

import warnings

import click

from azure.messaging.webpubsubservice._roles import meant_role

from ._commands import Choice, TeachingCommand
from ._errors import OK, checked
from ._output import emit, note
from ._settings import client, service_options

__all__ = ["token"]


@click.command(
    cls=TeachingCommand,
    short_help="Print a URL for a WebSocket client.",
    epilog="""\b
Examples:
  webpubsub token chat --user alice --group lobby
  webpubsub token chat --role webpubsub.sendToGroup.lobby --minutes 5
  websocat "$(webpubsub token chat)"             any WebSocket client will do

The output is a secret: anybody can connect with it until it expires.""",
)
@click.argument("hub")
@click.option("-u", "--user", metavar="ID", help="User of the client. Default: without a user.")
@click.option(
    "--role",
    "roles",
    multiple=True,
    metavar="ROLE",
    help="What it may do: webpubsub.sendToGroup, webpubsub.joinLeaveGroup, or either followed by .GROUP. "
    "Repeat for more.",
)
@click.option(
    "-g", "--group", "groups", multiple=True, metavar="NAME", help="Group to join at once. Repeat for more."
)
@click.option(
    "--minutes",
    type=click.IntRange(min=1),
    metavar="N",
    default=60,
    show_default=True,
    help="Lifetime of the token.",
)
@click.option(
    "--protocol",
    type=Choice("Default", "MQTT", "SocketIO"),
    default="Default",
    show_default=True,
    help="Protocol of the client.",
)
@click.option("--only-token", is_flag=True, help="Print only the token, without the URL.")
@service_options()
@click.pass_context
def token(
    ctx: click.Context,
    hub: str,
    user: str | None,
    roles: tuple[str, ...],
    groups: tuple[str, ...],
    minutes: int,
    protocol: str,
    only_token: bool,
) -> int:
    """Print a URL with which a WebSocket client can connect to a hub.

    With an access key, the token is made here, without a request. With Microsoft Entra, the service makes it.
    """
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", UserWarning)  # the notes say the same
        access = checked(
            client(ctx).get_client_access_token,
            hub,
            user_id=user,
            roles=list(roles),
            groups=list(groups),
            minutes_to_expire=minutes,
            client_protocol=protocol,  # type: ignore[arg-type, unused-ignore]
        )
    for role in roles:
        _note_unknown(role)
    emit(dict(access), access["token"] if only_token else access["url"])
    return OK


def _note_unknown(role: str) -> None:
    """Print a note on a role that the service does not document. It accepts any text, but grants nothing."""
    meant = meant_role(role)
    if meant != role:
        hint = f" Did you mean {meant}?" if meant else ""
        note(f"{role!r} is not a role that the service documents, and grants nothing.{hint}")
