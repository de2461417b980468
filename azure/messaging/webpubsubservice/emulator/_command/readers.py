"""How the text of an option's value is read, or a table for it in a file. Errors are ``ValueError``."""

import math
from collections.abc import Callable, Iterable, Mapping
from typing import Any

from azure.messaging.webpubsubservice._keywords import did_you_mean
from azure.messaging.webpubsubservice.emulator._events.handlers import EventHandler
from azure.messaging.webpubsubservice.emulator._fault_rules import SETTINGS, problem
from azure.messaging.webpubsubservice.emulator._faults import Fault, unknown_field
from azure.messaging.webpubsubservice.emulator._names import is_hub
from azure.messaging.webpubsubservice.emulator._service.settings import RULES
from azure.messaging.webpubsubservice.emulator._validation import no_such


def read_switch(text: str) -> bool:
    """Read ``true`` or ``false``, or an equivalent such as ``1`` and ``0``."""
    words = {
        "true": True,
        "1": True,
        "yes": True,
        "on": True,
        "false": False,
        "0": False,
        "no": False,
        "off": False,
    }
    if text.lower() not in words:
        raise ValueError(f"{text!r} is not true or false")
    return words[text.lower()]


def read_port(text: str) -> int:
    """Read a port."""
    if not text.isascii() or not text.isdigit() or int(text) > 65535:
        raise ValueError(f"{text!r} is not a port: 0 to 65535")
    return int(text)


def read_hub(text: str) -> str:
    """Read the name of a hub."""
    if not is_hub(text):
        raise ValueError(f"{text!r} is not a hub name: a letter, then at most 127 of A-Za-z0-9_`,.[]")
    return text


def read_key(text: str) -> str:
    """Read an access key. The message about a wrong one does not repeat it."""
    rule = RULES["access_key"]
    if not rule.valid(text):
        raise ValueError(f"a key is {rule.text}")
    return text


def read_integer(text: str) -> int:
    """Read an integer."""
    try:
        return int(text)
    except ValueError:
        raise ValueError(f"{text!r} is not an integer") from None


def read_seconds(text: str) -> float:
    """Read a number of seconds, from 0."""
    return _read_number(text, "recovery_window")


def read_interval(text: str) -> float:
    """Read a number of seconds above 0."""
    return _read_number(text, "keep_alive_interval")


def _read_number(text: str, setting: str) -> float:
    rule = RULES[setting]
    try:
        value = float(text)
    except ValueError:
        value = math.nan
    if not rule.valid(value):
        raise ValueError(f"{text!r} is not {rule.text}")
    return value


#: The settings of an event handler. The first two have the names that ``az webpubsub hub create`` uses.
_EVENT_SETTINGS: Mapping[str, str] = {
    "user-event-pattern": "user_events",
    "system-event": "system_events",
    "presence-event": "presence_events",
    "group-filter": "group_filters",
}


def read_event_handler(text: str) -> tuple[str, EventHandler]:
    """Read ``HUB=URL``, or ``HUB=URL;user-event-pattern=...;system-event=...``.

    The names are those of ``az webpubsub hub create``. With settings after the URL, a handler gets only the
    events that they name, as in the service.
    """
    hub, equals, rest = text.partition("=")
    url, *settings = rest.split(";")
    if not (hub and equals):
        raise ValueError(f"{text!r} is not of the form HUB=URL")
    if not settings:
        return hub, EventHandler(url)
    named: dict[str, list[str]] = {}
    for setting in settings:
        name, _, value = (part.strip() for part in setting.partition("="))
        if name.lower() not in _EVENT_SETTINGS or not value:
            hint = did_you_mean(name, _EVENT_SETTINGS) if value else ""
            known = ", ".join(f"{one}=" for one in _EVENT_SETTINGS)
            raise ValueError(f"{setting!r} is not one of {known}" + (hint and f".{hint}"))
        named.setdefault(name.lower(), []).extend(each.strip() for each in value.split(","))
    return hub, _event_handler(url, named)


def _event_handler(url: str, named: Mapping[str, Any]) -> EventHandler:
    """Return a handler of the named events and no others."""
    settings: dict[str, Any] = {"user_events": [], "system_events": []}
    return EventHandler(url, **settings | {_EVENT_SETTINGS[name]: value for name, value in named.items()})


def _event_handler_of(table: Mapping[str, Any]) -> tuple[str, EventHandler]:
    _refuse_unknown(table.keys(), {"hub", "url", *_EVENT_SETTINGS}, "an event handler")
    if not isinstance(table.get("hub"), str) or not isinstance(table.get("url"), str):
        raise ValueError("an event handler needs hub and url")
    named = {name: value for name, value in table.items() if name in _EVENT_SETTINGS}
    for name in named.keys() - {"user-event-pattern"}:  # this one may be a text
        named[name] = named[name].split(",") if isinstance(named[name], str) else named[name]
    return table["hub"], _event_handler(table["url"], named)


def _fault_of(table: Mapping[str, Any]) -> Fault:
    values = {name.replace("-", "_"): value for name, value in table.items()}
    for name in table:
        if name.replace("-", "_") not in Fault.__dataclass_fields__:
            raise ValueError(unknown_field(name))
    if wrong := problem(values, SETTINGS):
        raise ValueError(wrong)
    return Fault(**values)


def _refuse_unknown(given: Iterable[str], known: set[str], what: str) -> None:
    for name in given:
        if name not in known:
            raise ValueError(no_such(what, name, sorted(known)))


#: How to read a table in a file, for options whose texts have a syntax.
TABLES: Mapping[Callable[[str], Any], Callable[[Mapping[str, Any]], Any]] = {
    read_event_handler: _event_handler_of,
    Fault.parse: _fault_of,
}
