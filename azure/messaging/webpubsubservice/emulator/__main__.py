"""The emulator from a shell: ``python -m azure.messaging.webpubsubservice.emulator``."""

import argparse
import asyncio
import contextlib
import logging
import signal
import sys
from collections.abc import Sequence

from ._emulator import Emulator
from ._event_handlers import EventHandler


def main() -> int:
    """Run the emulator until it is interrupted; returns the exit status."""
    options = _parser().parse_args()
    logging.basicConfig(level=options.log_level.upper(), format="%(levelname)s %(name)s: %(message)s")
    emulator = Emulator(
        host=options.host,
        port=options.port,
        access_key=options.access_key,
        event_handlers=_by_hub(options.event_handler),
    )
    try:
        asyncio.run(_serve(emulator))
    except OSError as error:
        print(f"error: {error.strerror or error}", file=sys.stderr)
        return 1
    return 0


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(
        prog="python -m azure.messaging.webpubsubservice.emulator",
        description="Run a local Azure Web PubSub.",
    )
    parser.add_argument("--host", default="127.0.0.1", help="address to listen on (default: %(default)s)")
    parser.add_argument(
        "--port", type=int, default=8080, help="port to listen on; 0 for a free one (default: %(default)s)"
    )
    parser.add_argument("--access-key", help="primary access key (default: a random one)")
    parser.add_argument(
        "--event-handler",
        action="append",
        default=[],
        type=_event_handler,
        metavar="HUB=URL",
        help="endpoint that handles the events of a hub, or with '*' of every other; {hub} and {event} in "
        "its path stand for their names; repeat for more",
    )
    parser.add_argument(
        "--log-level",
        default="info",
        choices=["debug", "info", "warning", "error"],
        help="(default: %(default)s)",
    )
    return parser


def _event_handler(text: str) -> tuple[str, EventHandler]:
    hub, equals, url = text.partition("=")
    if not (hub and equals):
        raise argparse.ArgumentTypeError(f"{text!r} is not of the form HUB=URL")
    try:
        return hub, EventHandler(url)
    except ValueError as error:
        raise argparse.ArgumentTypeError(str(error)) from None


def _by_hub(handlers: Sequence[tuple[str, EventHandler]]) -> dict[str, list[EventHandler]]:
    by_hub: dict[str, list[EventHandler]] = {}
    for hub, handler in handlers:
        by_hub.setdefault(hub, []).append(handler)
    return by_hub


async def _serve(emulator: Emulator) -> None:
    stopped = asyncio.Event()
    loop = asyncio.get_running_loop()
    for number in (signal.SIGINT, signal.SIGTERM):
        with contextlib.suppress(NotImplementedError):  # no signal handlers in loops on Windows
            loop.add_signal_handler(number, stopped.set)
    async with emulator as running:
        print(f"Endpoint: {running.endpoint}")
        print(f"Connection string: {running.connection_string}")
        print("Ready. Stop with Ctrl+C.", flush=True)
        await stopped.wait()


if __name__ == "__main__":
    sys.exit(main())
