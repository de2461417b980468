"""The local emulator: ``emulator``."""

from __future__ import annotations

from importlib.util import find_spec

import click

__all__ = ["emulator"]


@click.command(
    context_settings={"ignore_unknown_options": True, "help_option_names": []},
    short_help="Run the local emulator of the service.",
)
@click.argument("arguments", nargs=-1, type=click.UNPROCESSED)
def emulator(arguments: tuple[str, ...]) -> int:
    """Run the local emulator of the service, with the options of its own command."""
    if find_spec("aiohttp") is None:
        raise click.UsageError("The emulator needs aiohttp: python -m pip install aiohttp")
    from azure.messaging.webpubsubservice.emulator.__main__ import main  # noqa: PLC0415 - imports aiohttp

    return main(arguments, "webpubsub emulator")
