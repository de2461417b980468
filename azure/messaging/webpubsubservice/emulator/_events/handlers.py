"""The settings of event handlers: which handler handles which events of which hub."""

import re
from collections.abc import Callable, Collection, Iterable, Mapping
from dataclasses import dataclass
from typing import Any, Final, TypeAlias
from urllib.parse import quote, urlsplit

from azure.messaging.webpubsubservice._keywords import explain_calls
from azure.messaging.webpubsubservice.emulator._names import is_group, is_hub
from azure.messaging.webpubsubservice.emulator._validation import check, is_number, is_texts

SYSTEM_EVENTS: Final = ("connect", "connected", "disconnected")
PRESENCE_EVENTS: Final = ("joined", "left")

_ONE_OF_THEM: Final = f"one of {', '.join(SYSTEM_EVENTS)}"

#: Stands for every hub without handlers.
ANY_HUB: Final = "*"

#: The default path at which an application handles events.
DEFAULT_PATH: Final = "/eventhandler"

RETRY_DELAYS: Final = (1.0, 3.0, 5.0)

#: The host in the addresses of applications. Nothing is sent to it.
_APPLICATION: Final = "http://localhost"

_ABSOLUTE: Final = re.compile("https?://[^/?#]", re.IGNORECASE)
_PARAMETER: Final = re.compile(r"\{([^{}]*)\}")


@explain_calls
@dataclass(frozen=True, slots=True)
class EventHandler:
    """An HTTP endpoint that handles events of a hub, as in the service's settings of a hub.

    :ivar url: An absolute address, with ``http`` or ``https``; for an application, a path is enough.
        ``{hub}`` and ``{event}`` after the host stand for the names of the event's hub and of the event.
    :ivar user_events: The user events that it handles: ``*`` for all, names separated by commas, or a list of
        names, which may be empty. Case does not matter.
    :ivar system_events: Which of ``connect``, ``connected`` and ``disconnected`` it handles; may be empty.
    :ivar presence_events: Which of ``joined`` and ``left`` it handles; none by default.
    :ivar group_filters: The groups whose presence events it handles: names, or beginnings of names followed
        by ``*``. ``None`` for all groups.
    :ivar timeout: Seconds, in real time, after which an event without an answer has failed. All its attempts
        count. The default of 100 is a choice: it is that of the service's own emulator.
    :ivar application: The ASGI or WSGI application that handles the events in this process, without a port.
        Needs the extra ``applications``.
    :ivar retry_delays: Seconds, on the emulator's clock, to wait before each repetition of an event, after
        408, 5xx or no response. Empty for a single attempt. The default is that of the service's emulator.
    :raises ValueError: A value does not have this form.
    """

    url: str = DEFAULT_PATH
    user_events: str | Collection[str] = "*"
    system_events: Collection[str] = SYSTEM_EVENTS
    timeout: float = 100.0
    application: Callable[..., Any] | None = None
    retry_delays: Collection[float] = RETRY_DELAYS
    presence_events: Collection[str] = ()
    group_filters: Collection[str] | None = None

    def __post_init__(self) -> None:
        """Check the settings."""
        shown = without_query(self.url) if isinstance(self.url, str) else self.url
        is_path = isinstance(self.url, str) and self.url.startswith("/")
        if self.application is None:
            hint = " (only an application has a path)" if is_path else ""
            check(_is_absolute(self.url), "url", shown, f"absolute, with http or https{hint}")
        else:
            check(callable(self.application), "application", self.application, "an ASGI or WSGI application")
            check(is_path or _is_absolute(self.url), "url", shown, "a path, or absolute with http or https")
        check(is_path or _has_address(self.url), "url", shown, "with a host and a port that there can be")
        check("{" not in urlsplit(self.url).netloc, "url", shown, "without parameters in its host")
        for name in _PARAMETER.findall(self.url):
            check(name.lower() in ("hub", "event"), "a parameter of url", name, "hub or event")
        users, rule = self.user_events, "'*', names with commas between them, or a list of names"
        check(users != "" and (isinstance(users, str) or is_texts(users)), "user_events", users, rule)
        check(is_texts(self.system_events), "system_events", self.system_events, "a list of names")
        for event in self.system_events:
            check(event.lower() in SYSTEM_EVENTS, "a system event", event, _ONE_OF_THEM)
        self._check_presence()
        check(
            is_number(self.timeout, 0) and self.timeout > 0,
            "timeout",
            self.timeout,
            "a number of seconds above 0",
        )
        delays, rule = self.retry_delays, "a list of numbers from 0"
        is_list = isinstance(delays, Collection) and not isinstance(delays, str)
        check(is_list and all(is_number(delay, 0) for delay in delays), "retry_delays", delays, rule)

    def _check_presence(self) -> None:
        check(is_texts(self.presence_events), "presence_events", self.presence_events, "a list of names")
        for event in self.presence_events:
            check(event.lower() in PRESENCE_EVENTS, "a presence event", event, "joined or left")
        filters, rule = self.group_filters, "a list of group names, some with * at the end, or None"
        check(filters is None or is_texts(filters), "group_filters", filters, rule)
        for one in filters or ():
            rule = "a group's name, or the beginning of one with * at its end"
            check(is_group(one) and "*" not in one[:-1], "a group filter", one, rule)

    @property
    def hint(self) -> str:
        """A remedy for the error message if there is nothing at the address."""
        if self.application is None:
            return ""
        path = self.url.partition("?")[0]
        return f". The application has no {path}; pass EventHandler('/its/path', application=...)"

    def handles_user_event(self, event: str) -> bool:
        """Return whether this handler wants a user event."""
        names = self.user_events.split(",") if isinstance(self.user_events, str) else self.user_events
        return any(name.strip().lower() in ("*", event.lower()) for name in names)

    def handles_system_event(self, event: str) -> bool:
        """Return whether this handler wants a system event."""
        return any(event == name.lower() for name in self.system_events)

    def handles_presence_event(self, event: str, group: str) -> bool:
        """Return whether this handler wants ``joined`` or ``left`` of a group."""
        if not any(event == name.lower() for name in self.presence_events):
            return False
        filters = self.group_filters
        return filters is None or any(
            group.startswith(one[:-1]) if one.endswith("*") else group == one for one in filters
        )

    def resolve(self, hub: str, event: str) -> str:
        """Return the address with its parameters filled in."""
        values = {"hub": quote(hub, safe=""), "event": quote(event, safe="")}
        url = f"{_APPLICATION}{self.url}" if self.url.startswith("/") else self.url
        return _PARAMETER.sub(lambda parameter: values[parameter[1].lower()], url)


def _is_absolute(url: object) -> bool:
    return isinstance(url, str) and _ABSOLUTE.match(url) is not None


def _has_address(url: str) -> bool:
    try:
        parts = urlsplit(url)
        (parts.hostname or "").encode("idna")  # as for a DNS lookup: no part is empty or too long
        return bool(parts.hostname) and parts.port != 0
    except ValueError:
        return False


AnyHandler: TypeAlias = str | EventHandler | Callable[..., Any]
"""A handler: its settings, or only its address or its application, which gets all events."""

EventHandlers: TypeAlias = Mapping[str, AnyHandler | Iterable[AnyHandler]]
"""Handlers by hub; ``*`` stands for every other hub."""


class HandlerTable:
    """The handlers of every hub. The first one that handles an event is called."""

    def __init__(self, handlers: EventHandlers) -> None:
        self._by_hub: dict[str, tuple[EventHandler, ...]] = {}
        check(isinstance(handlers, Mapping), "event_handlers", handlers, "a mapping of hubs to handlers")
        for hub, several in handlers.items():
            check(hub == ANY_HUB or is_hub(hub), "a hub of event_handlers", hub, "a hub's name or '*'")
            self._by_hub[hub.lower()] = _listed(hub, several)

    def with_hub(self, hub: str, handlers: "AnyHandler | Iterable[AnyHandler]") -> "HandlerTable":
        """Return a table in which these handlers replace those of a hub."""
        return HandlerTable({**self._by_hub, hub.lower() if isinstance(hub, str) else hub: handlers})

    def applications(self) -> Iterable[Callable[..., Any]]:
        """Return the applications among the handlers."""
        every = (one for several in self._by_hub.values() for one in several)
        return [one.application for one in every if one.application is not None]

    def of_hub(self, hub: str) -> tuple[EventHandler, ...]:
        """Return the handlers of a hub, in order."""
        return self._by_hub.get(hub.lower(), self._by_hub.get(ANY_HUB, ()))

    def for_user_event(self, hub: str, event: str) -> EventHandler | None:
        """Return the handler of a user event, if there is one."""
        return next((one for one in self.of_hub(hub) if one.handles_user_event(event)), None)

    def for_presence_event(self, hub: str, event: str, group: str) -> EventHandler | None:
        """Return the handler of ``joined`` or ``left`` of a group, if there is one."""
        handlers = self.of_hub(hub)
        return next((one for one in handlers if one.handles_presence_event(event, group)), None)

    def for_system_event(self, hub: str, event: str) -> EventHandler | None:
        """Return the handler of a system event, if there is one."""
        return next((one for one in self.of_hub(hub) if one.handles_system_event(event)), None)


def _listed(hub: str, handlers: object) -> tuple[EventHandler, ...]:
    listed: list[EventHandler] = []
    rule = "an address, an application, an EventHandler, or a list of them"
    single = isinstance(handlers, str | EventHandler) or callable(handlers)
    for one in (handlers,) if single or not isinstance(handlers, Iterable) else handlers:
        if isinstance(one, EventHandler):
            listed.append(one)
        elif isinstance(one, str):
            listed.append(EventHandler(one))
        elif callable(one):
            listed.append(EventHandler(application=one))
        else:
            check(False, f"event_handlers[{hub!r}]", one, rule)
    check(bool(listed), f"event_handlers[{hub!r}]", handlers, "a list with at least one handler")
    return tuple(listed)


def without_query(url: str) -> str:
    """Return the part of an address that may be logged. Its query may contain keys."""
    return url.partition("?")[0]
