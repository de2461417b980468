"""Who is connected to which hub, as which user, in which groups. No I/O, no clock, no protocol.

The indexes (by id, by user, by group) change together or not at all, and keep nothing for what is gone: a
group without members and a hub without connections do not exist, as in the service.
"""

from collections.abc import Callable, Collection, Iterable, Iterator
from dataclasses import dataclass, field

from ._roles import Permissions


@dataclass(slots=True, eq=False)
class Connection:
    """One client, whether its socket is open or lost for a moment."""

    connection_id: str
    user_id: str | None
    #: The subprotocol's name; ``None`` for simple clients, unless an event handler chose one of its own.
    protocol: str | None
    permissions: Permissions = field(default_factory=Permissions)
    #: Kept by :class:`Hub`.
    groups: set[str] = field(default_factory=set)


class Hub:
    """The connections of one hub."""

    def __init__(self, name: str) -> None:
        self.name = name
        self.connections: dict[str, Connection] = {}
        self._groups: dict[str, dict[str, Connection]] = {}
        self._users: dict[str, dict[str, Connection]] = {}

    @property
    def groups(self) -> Collection[str]:
        """The groups that have members."""
        return self._groups.keys()

    @property
    def users(self) -> Collection[str]:
        """The users that have connections."""
        return self._users.keys()

    def add(self, connection: Connection) -> None:
        """Index a connection."""
        self.connections[connection.connection_id] = connection
        if connection.user_id is not None:
            self._users.setdefault(connection.user_id, {})[connection.connection_id] = connection

    def remove(self, connection: Connection) -> None:
        """Forget a connection and its memberships."""
        self.leave_all(connection)
        del self.connections[connection.connection_id]
        if connection.user_id is not None:
            _discard(self._users, connection.user_id, connection)

    def of_group(self, group: str) -> Collection[Connection]:
        """Return the members of ``group``."""
        return self._groups.get(group, {}).values()

    def of_user(self, user_id: str) -> Collection[Connection]:
        """Return the connections of a user."""
        return self._users.get(user_id, {}).values()

    def join(self, connection: Connection, group: str) -> None:
        """Make the connection a member; again is the same as once."""
        connection.groups.add(group)
        self._groups.setdefault(group, {})[connection.connection_id] = connection

    def leave(self, connection: Connection, group: str) -> None:
        """End a membership, if there is one."""
        if group in connection.groups:
            connection.groups.remove(group)
            _discard(self._groups, group, connection)

    def leave_all(self, connection: Connection) -> None:
        """End every membership of the connection."""
        for group in list(connection.groups):
            self.leave(connection, group)


class State:
    """The hubs that have connections."""

    def __init__(self) -> None:
        self._hubs: dict[str, Hub] = {}

    def __iter__(self) -> Iterator[Hub]:
        return iter(self._hubs.values())

    def hub(self, name: str) -> Hub:
        """Return the hub of this name, in any case; an empty one if nobody is connected to it."""
        key = name.lower()
        return self._hubs.get(key) or Hub(key)

    def add(self, hub: str, connection: Connection) -> Hub:
        """Connect to a hub."""
        found = self._hubs.setdefault(hub.lower(), Hub(hub.lower()))
        found.add(connection)
        return found

    def remove(self, hub: Hub, connection: Connection) -> None:
        """Disconnect from a hub."""
        hub.remove(connection)
        if not hub.connections:
            self._hubs.pop(hub.name, None)


def select(
    candidates: Iterable[Connection],
    *,
    excluded: Collection[str] = (),
    matches: Callable[[Connection], bool] | None = None,
) -> list[Connection]:
    """Return the candidates that are neither excluded by id nor refused by a filter, as a list of its own."""
    if not excluded and matches is None:
        return list(candidates)
    return [
        connection
        for connection in candidates
        if connection.connection_id not in excluded and (matches is None or matches(connection))
    ]


def _discard(index: dict[str, dict[str, Connection]], key: str, connection: Connection) -> None:
    members = index[key]
    del members[connection.connection_id]
    if not members:
        del index[key]
