"""Entries of the playground's history, and the subjects that a page can choose among them."""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any, NamedTuple

from azure.messaging.webpubsubservice.emulator._names import split_path
from azure.messaging.webpubsubservice.emulator._service.values import Recipient
from azure.messaging.webpubsubservice.emulator._specification import match

#: The estimated bytes of an entry without its data and its clients.
ENTRY_BYTES = 1024
CLIENT_BYTES = 8

#: The path of a client's handshake, which names its hub.
_CLIENT_PATH = ("client", "hubs")


@dataclass(slots=True, eq=False)
class Entry:
    """One thing that happened. A page gets only the beginning of its data."""

    #: Counts up from 1 for each emulator.
    id: int
    #: When it began: seconds since the Unix epoch, on the emulator's clock.
    time: float
    kind: str
    #: Empty for a request, whose path names the hub.
    hub: str = ""
    #: The clients that sent it or received it.
    clients: Sequence[Recipient] = ()
    group: str | None = None
    from_user: str | None = None
    path: str = ""
    data: bytes | None = None
    binary: bool = False
    #: Other members of its JSON.
    details: Mapping[str, Any] = field(kw_only=True)
    #: The request or the client's frame that caused it.
    cause: "Entry | None" = None
    #: A sequence, because most entries have no effects, and thousands of entries are made in a second.
    effects: Sequence["Entry"] = ()
    #: The groups that clients joined or left because of it.
    groups: Sequence[str] = ()
    #: The error in the ack of this frame, or in the answer to it.
    failure: str = ""
    #: Estimated bytes of memory.
    size: int = field(init=False)

    def __post_init__(self) -> None:
        data = self.data
        self.size = ENTRY_BYTES + CLIENT_BYTES * len(self.clients) + (0 if data is None else len(data))

    @property
    def reached(self) -> int:
        """The number of clients that got a message because of it."""
        return sum(len(effect.clients) for effect in self.effects if effect.kind == "out")

    @property
    def named(self) -> Mapping[str, str]:
        """The decoded parameters in its path, by the specification's names."""
        if not self.path:
            return {}
        segments = split_path(self.path)
        if tuple(segments[:2]) == _CLIENT_PATH and len(segments) > 2:
            return {"hub": segments[2]}
        found = match(segments)
        return found.parameters if found else {}


class Subject(NamedTuple):
    """A hub, connection, user or group whose traffic a page shows. Only names of hubs ignore case."""

    kind: str
    name: str
    #: ``None`` for every hub.
    hub: str | None

    @classmethod
    def of(cls, value: Any) -> "Subject | None":
        """Read a page's message; ``None`` means everything.

        :raises ValueError: It is not a subject.
        """
        if value is None:
            return None
        if not isinstance(value, dict) or value.get("kind") not in _TESTS:
            raise ValueError(f"a subject has a kind: {', '.join(_TESTS)}")
        name, hub = value.get("name"), value.get("hub") or None
        if not isinstance(name, str) or not (hub is None or isinstance(hub, str)):
            raise ValueError("a subject has a name and may have a hub; both are text")
        return cls(value["kind"], name, hub.lower() if hub else None)

    def concerns(self, entry: Entry) -> bool:
        """Return whether an entry, or one of its effects, is about this subject."""
        return self._is_about(entry) or any(self._is_about(effect) for effect in entry.effects)

    def _is_about(self, entry: Entry) -> bool:
        named = entry.named
        hub = entry.hub or named.get("hub", "").lower()
        return (self.hub is None or hub == self.hub) and _TESTS[self.kind](self.name, entry, named)


#: Functions that say whether an entry is about a name, by the kind of the name.
_TESTS: Mapping[str, Callable[[str, Entry, Mapping[str, str]], bool]] = {
    "hub": lambda name, entry, named: (entry.hub or named.get("hub", "")).lower() == name.lower(),
    "connection": lambda name, entry, named: (
        named.get("connectionId") == name or any(client.connection_id == name for client in entry.clients)
    ),
    "user": lambda name, entry, named: (
        name in {named.get("userId"), entry.from_user}
        or any(client.user_id == name for client in entry.clients)
    ),
    "group": lambda name, entry, named: name in {named.get("group"), entry.group} or name in entry.groups,
}
