"""Which HTTP endpoint handles which events of which hub: the settings of event handlers."""

import re
from collections.abc import Collection, Iterable, Mapping
from dataclasses import dataclass
from typing import Final, TypeAlias
from urllib.parse import quote, urlsplit

from azure.messaging.webpubsubservice.emulator._names import is_hub
from azure.messaging.webpubsubservice.emulator._validation import check

SYSTEM_EVENTS: Final = ("connect", "connected", "disconnected")

#: Stands for every hub that has no handlers of its own.
ANY_HUB: Final = "*"

_PARAMETER: Final = re.compile(r"\{(.*?)\}")


@dataclass(frozen=True, slots=True)
class EventHandler:
    """An HTTP endpoint that handles events of a hub, as in the hub's settings of the service.

    :ivar url: Its address, absolute, with ``http`` or ``https``. ``{hub}`` and ``{event}`` behind the host
        stand for the names of the event's hub and of the event.
    :ivar user_events: The user events it handles: ``*`` for all, or names with commas between them, in any
        case.
    :ivar system_events: Which of ``connect``, ``connected`` and ``disconnected`` it handles.
    :ivar timeout: Seconds, in real time, until an event without an answer has failed, all its attempts
        together. That it is 100 is a choice: the service's own emulator does so.
    :raises ValueError: A value is not of this form.
    """

    url: str
    user_events: str = "*"
    system_events: Collection[str] = SYSTEM_EVENTS
    timeout: float = 100.0

    def __post_init__(self) -> None:
        """Check before anything is sent."""
        parts = urlsplit(self.url)
        if parts.scheme not in ("http", "https") or not parts.hostname:
            raise ValueError(f"url must be absolute, with http or https: {without_query(self.url)!r}")
        if "{" in parts.netloc:
            raise ValueError(f"url must not have parameters in its host: {without_query(self.url)!r}")
        for name in _PARAMETER.findall(self.url):
            if name.lower() not in ("hub", "event"):
                raise ValueError(f"url may have the parameters {{hub}} and {{event}}, not {{{name}}}")
        for event in self.system_events:
            if event.lower() not in SYSTEM_EVENTS:
                raise ValueError(f"system_events must be of {', '.join(SYSTEM_EVENTS)}, not {event!r}")
        if not self.timeout > 0:
            raise ValueError(f"timeout must be more than 0 seconds, not {self.timeout!r}")

    def handles_user_event(self, event: str) -> bool:
        """Whether a user event goes here."""
        names = {name.strip().lower() for name in self.user_events.split(",")}
        return "*" in names or event.lower() in names

    def handles_system_event(self, event: str) -> bool:
        """Whether a system event goes here."""
        return any(event == name.lower() for name in self.system_events)

    def resolve(self, hub: str, event: str) -> str:
        """Fill in the parameters of the address."""
        values = {"hub": quote(hub, safe=""), "event": quote(event, safe="")}
        return _PARAMETER.sub(lambda parameter: values[parameter[1].lower()], self.url)


EventHandlers: TypeAlias = Mapping[str, "str | EventHandler | Iterable[str | EventHandler]"]
"""Handlers by hub; ``*`` is every other hub. A string is the address of a handler of all events."""


class HandlerTable:
    """The handlers of every hub; of those that handle an event, the first is called."""

    def __init__(self, handlers: EventHandlers) -> None:
        self._by_hub: dict[str, tuple[EventHandler, ...]] = {}
        check(isinstance(handlers, Mapping), "event_handlers", handlers, "a mapping of hubs to handlers")
        for hub, several in handlers.items():
            check(hub == ANY_HUB or is_hub(hub), "a hub of event_handlers", hub, "a hub's name or '*'")
            listed = [several] if isinstance(several, str | EventHandler) else several
            self._by_hub[hub.lower()] = tuple(
                EventHandler(one) if isinstance(one, str) else one for one in listed
            )

    def of_hub(self, hub: str) -> tuple[EventHandler, ...]:
        """Return the handlers of a hub, in order."""
        return self._by_hub.get(hub.lower(), self._by_hub.get(ANY_HUB, ()))

    def for_user_event(self, hub: str, event: str) -> EventHandler | None:
        """Return the handler of a user event, if there is one."""
        return next((one for one in self.of_hub(hub) if one.handles_user_event(event)), None)

    def for_system_event(self, hub: str, event: str) -> EventHandler | None:
        """Return the handler of a system event, if there is one."""
        return next((one for one in self.of_hub(hub) if one.handles_system_event(event)), None)


def without_query(url: str) -> str:
    """Return what may be logged of an address: keys of functions and the like are passed in the query."""
    return url.partition("?")[0]
