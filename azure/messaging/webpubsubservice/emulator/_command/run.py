"""Run the emulator until it is interrupted, and read its settings again when the file changes."""

import argparse
import asyncio
import contextlib
import importlib
import logging
import os
import re
import signal
import sys
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any, NoReturn

from azure.messaging._webpubsubservice_start import raise_at_interrupts
from azure.messaging.webpubsubservice._keywords import did_you_mean
from azure.messaging.webpubsubservice.emulator._emulator import AsyncEmulator, Emulator
from azure.messaging.webpubsubservice.emulator._events.handlers import EventHandler

from . import log
from .options import (
    ENVIRONMENT_PREFIX,
    HelpFormatter,
    OptionError,
    add_arguments,
    from_environment,
    from_file,
    merge,
    with_dashes,
)

# In the standard library since Python 3.11; before, a package with the old name.
_toml = importlib.import_module("tomllib" if sys.version_info >= (3, 11) else "tomli")

_log = logging.getLogger(__name__)

#: The options that a change of the file applies to the running emulator. The others need a restart.
LIVE = frozenset(
    {
        "event_handler",
        "fault",
        "allow_anonymous",
        "allow_unvalidated_entra_tokens",
        "recovery_window",
        "keep_alive_interval",
        "log_level",
    }
)


#: Messages of argparse, and plainer ones.
_OF_ARGPARSE = (
    (re.compile(r"^argument (--[\w-]+)/--[\w-]+: ignored explicit argument .*"), r"\1 does not take a value"),
    (re.compile(r"^argument (--[\w-]+): expected one argument$"), r"\1 needs a value"),
    (re.compile(r"^ambiguous option: (\S*) could match (.*)$"), r"\1 could be any of \2"),
)


class _Parser(argparse.ArgumentParser):
    """Reports a mistake in a line or two, without a list of all options."""

    def parse_args(self, arguments: Sequence[str] | None = None) -> argparse.Namespace:  # type: ignore[override]
        """Parse the arguments. The error for an unknown one suggests a similar option."""
        given, unknown = self.parse_known_args(arguments)
        if unknown:
            name = unknown[0].partition("=")[0]
            near = (
                f" Did you mean --port {name}?"
                if name.isdigit()
                else did_you_mean(name, self._option_string_actions)
            )
            self.error(f"{name!r} is not an option.{near}")
        return given

    def error(self, message: str) -> NoReturn:
        """Print the error and how to get help, and exit with status 2."""
        for pattern, words in _OF_ARGPARSE:
            message = pattern.sub(words, message)
        self.exit(2, f"error: {message}\nSee '{self.prog} --help'.\n")


class Configuration:
    """Where the options come from.

    :param arguments: The values on the command line, by option.
    :param file: The file with settings, if there is one.
    """

    def __init__(
        self, arguments: Mapping[str, Any], environment: Mapping[str, str], file: Path | None
    ) -> None:
        self._arguments = arguments
        self._environment = environment
        self.file = file

        self.stamp_read: tuple[int, int] | None = None

    @property
    def stamp(self) -> tuple[int, int] | None:
        """A value that changes when the file does; ``None`` while there is no file."""
        try:
            status = self.file.stat() if self.file is not None else None
        except OSError:
            return None
        return None if status is None else (status.st_mtime_ns, status.st_size)

    def read(self) -> dict[str, Any]:
        """Return the value of every option.

        :raises OptionError: One is wrong.
        """
        table: dict[str, Any] = {}
        self.stamp_read = self.stamp
        if self.file is not None:
            try:
                table = _toml.loads(self.file.read_text("utf-8"))
            except OSError as error:
                raise OptionError(f"{self.file}: {error.strerror}") from None
            except ValueError as error:  # not UTF-8, or not TOML
                raise OptionError(f"{self.file}: {error}") from None
        return merge(from_file(table, str(self.file)), from_environment(self._environment), self._arguments)


def run(arguments: Sequence[str] | None, prog: str) -> int:
    """Run the emulator until it is interrupted or terminated, and return the exit status.

    :param prog: The command, as a user types it.
    """
    parser = _Parser(
        prog=prog,
        usage="%(prog)s [OPTIONS]",
        formatter_class=HelpFormatter,
        description="Run a local emulator of Azure Web PubSub, until you press Ctrl+C.",
        epilog="An option is also an environment variable, such as "
        f"{ENVIRONMENT_PREFIX}PORT, and a setting in the file of --config, such as port = 8080. The command "
        "line takes precedence over the environment, and the environment over the file. "
        "Exit status: 0 after Ctrl+C or SIGTERM, 1 if it cannot listen, 2 for a mistake in an option.",
    )
    parser.add_argument(
        "--config", metavar="FILE", help="TOML file with these options; it is read again when it changes"
    )
    add_arguments(parser)
    given = vars(parser.parse_args(arguments))
    config = given.pop("config") or os.environ.get(f"{ENVIRONMENT_PREFIX}CONFIG")
    configuration = Configuration(given, os.environ, Path(config) if config else None)
    try:
        options = configuration.read()
        log.start(options["log_level"], options["log_format"])
        emulator = _emulator(options)
    except ValueError as error:
        parser.error(str(error) if isinstance(error, OptionError) else with_dashes(str(error)))
    try:
        raise_at_interrupts()
        asyncio.run(_serve(emulator, options, configuration))
    except OSError as error:
        print(f"error: {error.strerror or error}", file=sys.stderr)
        return 1
    except KeyboardInterrupt:  # on systems whose event loops cannot handle signals
        pass
    return 0


def _emulator(options: Mapping[str, Any]) -> Emulator:
    same = ("host", "port", "access_key", "secondary_access_key", "development_key", "https", "certificate")
    more = ("private_key", "allow_unvalidated_entra_tokens", "allow_anonymous", "control", "seed")
    named: dict[str, Any] = {name: options[name] for name in (*same, *more)}
    emulator = Emulator(
        **named,
        playground=options["playground"],
        recovery_window=options["recovery_window"],
        keep_alive_interval=options["keep_alive_interval"],
        event_handlers=_by_hub(options["event_handler"]),
    )
    for fault in options["fault"]:
        emulator.faults.add(fault)
    return emulator


def _by_hub(handlers: Sequence[tuple[str, EventHandler]]) -> dict[str, list[EventHandler]]:
    by_hub: dict[str, list[EventHandler]] = {}
    for hub, handler in handlers:
        by_hub.setdefault(hub, []).append(handler)
    return by_hub


async def _serve(emulator: Emulator, options: Mapping[str, Any], configuration: Configuration) -> None:
    stopped = asyncio.Event()
    loop = asyncio.get_running_loop()
    for number in (signal.SIGINT, signal.SIGTERM):
        with contextlib.suppress(NotImplementedError):  # event loops on Windows have no signal handlers
            loop.add_signal_handler(number, stopped.set)
    async with emulator as running:
        _greet(running, options)
        watching = loop.create_task(_watch(running, dict(options), configuration, stopped))
        await stopped.wait()
        await watching


async def _watch(
    running: AsyncEmulator, options: dict[str, Any], configuration: Configuration, stopped: asyncio.Event
) -> None:
    """Apply the settings in the file whenever it changes, until the emulator stops."""
    if configuration.file is None:
        return
    import watchfiles  # noqa: PLC0415 - needed only with a file

    # The folder is watched, because many editors replace a file. The file is also checked once a second, for
    # a change from before the watching began.
    watcher = watchfiles.awatch(
        configuration.file.resolve().parent,
        stop_event=stopped,
        recursive=False,
        rust_timeout=1000,
        yield_on_timeout=True,
    )
    async for _ in watcher:
        if configuration.stamp != configuration.stamp_read:
            options = reload(running, options, configuration)


def reload(running: AsyncEmulator, options: dict[str, Any], configuration: Configuration) -> dict[str, Any]:
    """Read the settings again, apply those that can be applied, and return the ones in force.

    After an error, all old settings stay in force.
    """
    try:
        new = configuration.read()
        running.reconfigure(
            event_handlers=_by_hub(new["event_handler"]),
            **{name: new[name] for name in LIVE - {"event_handler", "fault", "log_level"}},
        )
    except ValueError as error:
        _log.error("The settings stay as they were: %s", error)
        return options
    if new["fault"] != options["fault"]:
        running.faults.clear()
        for fault in new["fault"]:
            running.faults.add(fault)
    logging.getLogger().setLevel(new["log_level"].upper())
    changed = sorted(name for name in new if new[name] != options[name])
    later = [name.replace("_", "-") for name in changed if name not in LIVE]
    if later:
        _log.warning("These settings take effect after a restart: %s", ", ".join(later))
    _log.info("Settings read again: %s", ", ".join(name.replace("_", "-") for name in changed) or "no change")
    return {name: new[name] if name in LIVE else options[name] for name in options}


def _greet(running: AsyncEmulator, options: Mapping[str, Any]) -> None:
    print(f"Endpoint: {running.endpoint}")
    print(f"Connection string: {running.connection_string}")
    if options["playground"]:
        print(f"Playground: {running.endpoint}/")
    if running.ca_file is not None:
        print(f"Certificate authority: {running.ca_file}")
        for program, command in _trust(running.ca_file).items():
            print(f"Trust it in {program}: {command}")
    for hub in options["hub"]:
        print(f"Client of {hub}: {running.client_url(hub)}")
    print("Ready. Stop with Ctrl+C.", flush=True)


def _trust(ca_file: str) -> dict[str, str]:
    browsers = {
        "win32": f'certutil -user -addstore Root "{ca_file}"',
        "darwin": f'security add-trusted-cert -k ~/Library/Keychains/login.keychain-db "{ca_file}"',
    }
    chromium = f'certutil -d sql:$HOME/.pki/nssdb -A -t C,, -n "Web PubSub emulator" -i "{ca_file}"'
    return {
        "Node.js": f'NODE_EXTRA_CA_CERTS="{ca_file}"',
        "Python": f'SSL_CERT_FILE="{ca_file}" REQUESTS_CA_BUNDLE="{ca_file}"',
        "browsers": browsers.get(sys.platform, chromium),
    }
