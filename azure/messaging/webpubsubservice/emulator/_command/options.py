"""Every option of the command, and where its value comes from.

The command line, the environment and a file have the same options. The command line takes precedence over the
environment, which takes precedence over the file.
"""

import argparse
import re
import textwrap
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any, get_args

from typing_extensions import override

from azure.messaging.webpubsubservice._keywords import did_you_mean
from azure.messaging.webpubsubservice.emulator._faults import Fault
from azure.messaging.webpubsubservice.emulator._service.settings import Control
from azure.messaging.webpubsubservice.emulator._strict_json import to_text

from .readers import (
    TABLES,
    read_event_handler,
    read_hub,
    read_integer,
    read_interval,
    read_key,
    read_port,
    read_seconds,
    read_switch,
)

ENVIRONMENT_PREFIX = "WEBPUBSUB_EMULATOR_"


class OptionError(ValueError):
    """An option is wrong. The message names it, and says where it is and what is expected."""


@dataclass(frozen=True, slots=True)
class Option:
    """One option."""

    name: str
    #: Parses a text, and raises ``ValueError`` if it is wrong.
    read: Callable[[str], Any]
    help: str
    default: Any = None
    metavar: str | None = None
    repeated: bool = False
    choices: Sequence[str] = ()

    @property
    def is_switch(self) -> bool:
        """Whether it is on or off, and takes no value on the command line."""
        return self.read is read_switch

    @property
    def key(self) -> str:
        """The option's name in Python."""
        return self.name.replace("-", "_")

    @property
    def variable(self) -> str:
        """The option's environment variable."""
        return ENVIRONMENT_PREFIX + self.key.upper()

    def values(self, given: Any) -> Any:
        """Return the option's value, read from a text or from a value in a file.

        :raises ValueError: It breaks the option's rule.
        """
        if self.repeated:
            several = given if isinstance(given, list) else [given]
            return [self._one(one) for one in several]
        return self._one(given)

    def _one(self, given: Any) -> Any:
        if isinstance(given, dict) and self.read in TABLES:
            return TABLES[self.read](given)
        if self.is_switch and isinstance(given, bool):
            return given
        takes = str if self.is_switch else (str, int, float)
        if isinstance(given, bool) or not isinstance(given, takes):
            raise ValueError(
                f"{to_text(given)} is not {'true or false' if self.is_switch else 'text or a number'}"
            )
        value = self.read(str(given))
        if self.choices and value not in self.choices:
            raise ValueError(f"{value!r} is not one of {', '.join(self.choices)}")
        return value


OPTIONS: Sequence[Option] = (
    Option("host", str, "address to listen on", "127.0.0.1", "ADDRESS"),
    Option("port", read_port, "port to listen on, up to 65535; 0 for a free one", 8080, "NUMBER"),
    Option("access-key", read_key, "primary access key; a random one by default", metavar="KEY"),
    Option("secondary-access-key", read_key, "secondary access key; a random one by default", metavar="KEY"),
    Option("development-key", read_switch, "use the documented key for development as primary access key"),
    Option("https", read_switch, "listen with TLS, with a certificate that is made for this machine"),
    Option("certificate", Path, "listen with TLS, with the certificate in this PEM file", metavar="FILE"),
    Option("private-key", Path, "PEM file with the key, if it is not in the certificate's", metavar="FILE"),
    Option(
        "hub",
        read_hub,
        "print a URL that lets a client do anything in this hub for a day",
        metavar="NAME",
        repeated=True,
    ),
    Option(
        "event-handler",
        read_event_handler,
        "send the events of a hub, or with * of all hubs that have no handler, to this URL:\n"
        "  'chat=http://localhost:9000/events'\n"
        "{hub} and {event} in its path stand for their names. Settings after the URL choose events:\n"
        "  'chat=http://localhost/e;user-event-pattern=*'\n"
        "  'chat=http://localhost/e;system-event=connect'\n"
        "  '*=http://localhost/{hub};presence-event=joined'\n"
        "With presence-event, group-filter=room* chooses groups.",
        metavar="HUB=URL",
        repeated=True,
    ),
    Option(
        "fault",
        Fault.parse,
        "make requests fail:\n"
        "  'path=*/:send,status=429,retry-after=1,times=3'\n"
        "  'operation=WebPubSub_SendToAll,delay=2,probability=0.1'\n"
        "  'reset=after', 'drop-after=10', 'refuse-recovery'\n"
        "Which requests: method, path, operation; times, probability (0 to 1).\n"
        "What happens: delay (seconds); status (400 to 599) and retry-after (seconds), or reset (before or "
        "after); for WebSocket clients, refuse-recovery and drop-after (seconds).",
        metavar="FIELD=VALUE,...",
        repeated=True,
    ),
    Option("seed", read_integer, "integer from which the random numbers of faults follow", 0, "NUMBER"),
    Option(
        "allow-unvalidated-entra-tokens",
        read_switch,
        "accept Microsoft Entra tokens on the data plane if only audience and lifetime are right",
    ),
    Option("allow-anonymous", read_switch, "accept clients that have no token; they get no roles"),
    Option("playground", read_switch, "serve the playground, a page in the browser, at /", default=True),
    Option(
        "control",
        str,
        "who may use the control interface below /_emulator, which needs no key: programs on this machine, "
        "programs on any machine, or nobody",
        "local",
        choices=get_args(Control),
    ),
    Option(
        "recovery-window", read_seconds, "how long a reliable client may take to come back", 30.0, "SECONDS"
    ),
    Option("keep-alive-interval", read_interval, "time between pings to a client", 20.0, "SECONDS"),
    Option(
        "log-level", str.lower, "lowest level to log", "info", choices=["debug", "info", "warning", "error"]
    ),
    Option(
        "log-format",
        str,
        "one line of text, or one JSON object, for each record",
        "text",
        choices=["text", "json"],
    ),
)
_BY_NAME = {option.name: option for option in OPTIONS}


def from_environment(environment: Mapping[str, str]) -> dict[str, Any]:
    """Return the options in environment variables. A repeated option has one value on each line.

    :raises OptionError: A value is wrong, or a variable with the emulator's prefix is not an option.
    """
    found: dict[str, Any] = {}
    variables = {option.variable: option for option in OPTIONS} | {f"{ENVIRONMENT_PREFIX}CONFIG": None}
    for variable, text in environment.items():
        if not variable.startswith(ENVIRONMENT_PREFIX):
            continue
        if variable not in variables:
            raise OptionError(f"{variable} is not an option.{did_you_mean(variable, variables)}")
        option = variables[variable]
        if option is not None and text != "":  # an empty variable means the default
            found[option.key] = _checked(option, text.splitlines() if option.repeated else text, variable)
    return found


def from_file(table: Mapping[str, Any], name: str) -> dict[str, Any]:
    """Return the options in a file.

    :raises OptionError: A value is wrong, or a name is not an option.
    """
    found: dict[str, Any] = {}
    for key, value in table.items():
        option = _BY_NAME.get(key.replace("_", "-"))
        if option is None:
            raise OptionError(f"{name}: {key} is not an option.{did_you_mean(key, _BY_NAME)}")
        found[option.key] = _checked(option, value, f"{name}: {key}")
    return found


class HelpFormatter(argparse.HelpFormatter):
    """Writes a switch as ``--[no-]name``, keeps the lines of a description, and breaks no words."""

    @override
    def _format_action_invocation(self, action: argparse.Action) -> str:
        if isinstance(action, argparse.BooleanOptionalAction):
            return f"--[no-]{action.option_strings[0].removeprefix('--')}"
        return super()._format_action_invocation(action)

    @override
    def _split_lines(self, text: str, width: int) -> list[str]:
        wrapped = (
            textwrap.wrap(line, width, break_long_words=False, break_on_hyphens=False)
            for line in text.splitlines()
        )
        return [line for lines in wrapped for line in lines]


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Add every option to a parser. Options that are not given are not in the result."""
    for option in OPTIONS:
        common: dict[str, Any] = {"help": _described(option), "default": argparse.SUPPRESS}
        if option.is_switch:
            parser.add_argument(f"--{option.name}", action=argparse.BooleanOptionalAction, **common)
        else:
            parser.add_argument(
                f"--{option.name}",
                action="append" if option.repeated else "store",
                type=_argument(option),
                metavar="|".join(option.choices) or option.metavar,
                **common,
            )


def _described(option: Option) -> str:
    """Return what help says of an option."""
    text = option.help.replace("%", "%%")
    if option.repeated:
        return f"{text}\nRepeat for more." if "\n" in text else f"{text}; repeat for more"
    if option.is_switch:
        return f"{text} (default: {'on' if option.default else 'off'})"
    if option.default is None:
        return text
    return (
        f"{text} (default: {option.default:g})"
        if isinstance(option.default, float)
        else f"{text} (default: {option.default})"
    )


def merge(*sources: Mapping[str, Any]) -> dict[str, Any]:
    """Return the value of every option; later sources take precedence over earlier ones."""
    merged = {option.key: [] if option.repeated else option.default for option in OPTIONS}
    for option in OPTIONS:
        if option.is_switch:
            merged[option.key] = bool(option.default)
    for source in sources:
        merged |= source
    return merged


def _argument(option: Option) -> Callable[[str], Any]:
    def read(text: str) -> Any:
        try:
            return option._one(text)  # noqa: SLF001 - of this module
        except ValueError as error:
            raise argparse.ArgumentTypeError(str(error)) from None

    return read


def _checked(option: Option, given: Any, where: str) -> Any:
    try:
        return option.values(given)
    except ValueError as error:
        raise OptionError(f"{where}: {error}") from None


def with_dashes(message: str) -> str:
    """Return an error about options of :class:`Emulator` with their names in the command."""
    names = {option.key: option.name for option in OPTIONS}
    return re.sub(r"\b\w+\b", lambda word: names.get(word[0], word[0]), message)
