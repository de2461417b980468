"""The emulator from a shell: ``python -m azure.messaging.webpubsubservice.emulator``."""

import argparse
import asyncio
import contextlib
import logging
import signal
import sys
from collections.abc import Sequence
from typing import get_args

from ._emulator import AsyncEmulator, Emulator
from ._events.handlers import EventHandler
from ._faults import Fault
from ._names import is_hub
from ._service.settings import Control


def main(arguments: Sequence[str] | None = None) -> int:
    """Run the emulator until it is interrupted or terminated, and return the exit status."""
    parser = _parser()
    options = parser.parse_args(arguments)
    logging.basicConfig(level=options.log_level.upper(), format="%(levelname)s %(name)s: %(message)s")
    try:
        emulator = _emulator(options)
    except ValueError as error:
        parser.error(str(error))
    try:
        asyncio.run(_serve(emulator, options))
    except OSError as error:
        print(f"error: {error.strerror or error}", file=sys.stderr)
        return 1
    except KeyboardInterrupt:  # on systems whose loops cannot handle signals
        pass
    return 0


def _emulator(options: argparse.Namespace) -> Emulator:
    emulator = Emulator(
        host=options.host,
        port=options.port,
        access_key=options.access_key,
        secondary_access_key=options.secondary_access_key,
        event_handlers=_by_hub(options.event_handler),
        allow_unvalidated_entra_tokens=options.allow_unvalidated_entra_tokens,
        allow_anonymous=options.allow_anonymous,
        playground=not options.no_playground,
        control=options.control,
        seed=options.seed,
    )
    for fault in options.fault:
        emulator.faults.add(fault)
    return emulator


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(
        prog="python -m azure.messaging.webpubsubservice.emulator",
        description="Run a local Azure Web PubSub.",
    )
    add = parser.add_argument
    add("--host", default="127.0.0.1", help="address to listen on (default: %(default)s)")
    add("--port", type=_port, default=8080, help="port to listen on; 0 for a free one (default: %(default)s)")
    add("--access-key", help="primary access key (default: a random one)")
    add("--secondary-access-key", help="secondary access key (default: a random one)")
    add(
        "--hub",
        action="append",
        default=[],
        type=_hub,
        metavar="HUB",
        help="print a URL with which a client may do anything in this hub for a day; repeat for more",
    )
    add(
        "--event-handler",
        action="append",
        default=[],
        type=_event_handler,
        metavar="HUB=URL",
        help="endpoint that handles the events of a hub, or with '*' of every other; {hub} and {event} in "
        "its path stand for their names; repeat for more",
    )
    add(
        "--fault",
        action="append",
        default=[],
        type=_fault,
        metavar="KEY=VALUE,...",
        help="let requests go wrong, such as 'path=*/:send,status=429,retry-after=1,times=3', 'delay=2', "
        "'reset=after', 'drop-after=10' or 'refuse-recovery', each with 'probability=0.1'; repeat for more",
    )
    add("--seed", type=int, default=0, help="of the random numbers of faults (default: %(default)s)")
    add(
        "--allow-unvalidated-entra-tokens",
        action="store_true",
        help="accept Microsoft Entra tokens on the data plane by audience and lifetime alone",
    )
    add("--allow-anonymous", action="store_true", help="let clients in that have no token, without roles")
    add("--no-playground", action="store_true", help="serve no page at /")
    who = "who may use the control interface below /_emulator, without a key (default: %(default)s)"
    add("--control", default="local", choices=get_args(Control), help=who)
    levels = ["debug", "info", "warning", "error"]
    add("--log-level", default="info", choices=levels, help="(default: %(default)s)")
    return parser


def _port(text: str) -> int:
    if not text.isascii() or not text.isdigit() or int(text) > 65535:
        raise argparse.ArgumentTypeError(f"{text!r} is not a port: 0 to 65535")
    return int(text)


def _hub(text: str) -> str:
    if not is_hub(text):
        raise argparse.ArgumentTypeError(f"{text!r} is not a hub name")
    return text


def _fault(text: str) -> Fault:
    try:
        return Fault.parse(text)
    except ValueError as error:
        raise argparse.ArgumentTypeError(str(error)) from None


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


async def _serve(emulator: Emulator, options: argparse.Namespace) -> None:
    stopped = asyncio.Event()
    loop = asyncio.get_running_loop()
    for number in (signal.SIGINT, signal.SIGTERM):
        with contextlib.suppress(NotImplementedError):  # no signal handlers in loops on Windows
            loop.add_signal_handler(number, stopped.set)
    async with emulator as running:
        _greet(running, options)
        await stopped.wait()


def _greet(running: AsyncEmulator, options: argparse.Namespace) -> None:
    print(f"Endpoint: {running.endpoint}")
    print(f"Connection string: {running.connection_string}")
    if not options.no_playground:
        print(f"Playground: {running.endpoint}/")
    for hub in options.hub:
        print(f"Client of {hub}: {running.client_url(hub)}")
    print("Ready. Stop with Ctrl+C.", flush=True)


if __name__ == "__main__":
    sys.exit(main())
