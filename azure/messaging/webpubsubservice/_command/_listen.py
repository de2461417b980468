"""A client in the terminal: ``listen``."""

from __future__ import annotations

import asyncio
import contextlib
from importlib.util import find_spec
from typing import TYPE_CHECKING
from urllib.parse import urlsplit

import click

from ._commands import TeachingCommand
from ._errors import NO, OK, checked
from ._settings import client, options, service_options

if TYPE_CHECKING:
    from collections.abc import Callable

__all__ = ["listen"]


@click.command(
    cls=TeachingCommand,
    short_help="Connect as a client and print messages.",
    epilog="""\b
Examples:
  webpubsub listen chat
  webpubsub listen chat --group lobby --group news --user alice
  webpubsub listen chat --json | jq .data
  webpubsub listen chat --count 1 --seconds 10    exit status 1 if no message comes
  webpubsub listen --url "$URL" --group lobby     with a URL from somebody else

\b
Exit status: 0 after Ctrl+C, enough messages or enough seconds; 1 fewer messages than --count came,
a group may not be joined, or the server sends what the protocol does not allow; 3 not reached;
4 the token is refused.""",
)
@click.argument("hub", required=False)
@click.option(
    "-g", "--group", "groups", multiple=True, metavar="NAME", help="Group to join. Repeat for more."
)
@click.option("-u", "--user", metavar="ID", help="Connect as this user. Default: without a user.")
@click.option(
    "--url", metavar="URL", help="Connect to this URL, which has a token, instead of a hub of the service."
)
@click.option("--count", type=click.IntRange(min=1), metavar="N", help="End after N messages.")
@click.option(
    "--seconds", type=click.FloatRange(min=0, min_open=True), metavar="N", help="End after N seconds."
)
@service_options()
@click.pass_context
def listen(
    ctx: click.Context,
    hub: str | None,
    groups: tuple[str, ...],
    user: str | None,
    url: str | None,
    count: int | None,
    seconds: float | None,
) -> int:
    """Connect to a hub as a client, and print the messages that arrive.

    It runs until you press Ctrl+C, and reconnects when the connection breaks. Messages that are sent in
    between are lost.
    """
    if (hub is None) == (url is None):
        raise click.UsageError("Name a hub, or a --url instead of it.")
    if find_spec("aiohttp") is None:
        raise click.UsageError("Listening needs aiohttp: python -m pip install aiohttp")
    from ._subscriber import Subscriber  # noqa: PLC0415 - imports aiohttp

    timeout = options(ctx).get("timeout", 30.0)
    if url is not None:
        subscriber = Subscriber(_fixed(url), join=groups, count=count, timeout=timeout)
    else:
        service = client(ctx)

        def connect() -> str:
            access = checked(service.get_client_access_token, hub, user_id=user, groups=list(groups))
            return access["url"]

        subscriber = Subscriber(connect, join=(), count=count, timeout=timeout)
    return _run(subscriber.run, count=count, seconds=seconds)


def _fixed(url: str) -> Callable[[], str]:
    """Check a URL, and return a function that returns it.

    :raises click.UsageError: It is not a URL for WebSocket clients. The message does not repeat its token.
    """
    try:
        parts = urlsplit(url)
        valid = parts.scheme in {"ws", "wss", "http", "https"} and parts.hostname and (parts.port or 1)
    except ValueError:
        valid = False
    if not valid:
        raise click.UsageError(
            "--url takes a URL that starts with ws:// or wss://, as 'webpubsub token' prints it."
        )
    return lambda: url


def _run(listening: Callable[[], object], *, count: int | None, seconds: float | None) -> int:
    """Listen until enough messages have arrived, the time is over, or the user interrupts."""

    async def limited() -> int:
        try:
            await asyncio.wait_for(listening(), seconds)  # type: ignore[arg-type]
        except asyncio.TimeoutError:
            return OK if count is None else NO
        return OK

    with contextlib.suppress(KeyboardInterrupt):  # this is how people stop it
        return asyncio.run(limited())
    return OK
