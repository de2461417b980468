"""The connections by hub, user and group. No I/O, no clock, no protocol.

The indexes (by id, by user, by group) change together or not at all, and keep nothing that is empty: as in
the service, a group without members and a hub without connections do not exist.
"""

from collections.abc import Callable, Collection, Iterable, Iterator
from dataclasses import dataclass, field

from .observers import Observer
from .permissions import Permissions
from .values import ClientInfo


@dataclass(slots=True, eq=False)
class Connection:
    """One client. Its socket may be open, or lost for a moment."""

    client: ClientInfo
    permissions: Permissions = field(default_factory=Permissions)
    #: Changed by :class:`Hub` only.
    groups: set[str] = field(default_factory=set)
    # Copies, for filters and broadcasts that read them for every connection.
    connection_id: str = field(init=False)
    user_id: str | None = field(init=False)
    protocol: str | None = field(init=False)

    def __post_init__(self) -> None:
        self.connection_id = self.client.connection_id
        self.user_id = self.client.user_id
        self.protocol = self.client.subprotocol


class Hub:
    """The connections of one hub.

    :param observer: Notified when clients join and leave groups.
    """

    def __init__(self, name: str, observer: Observer) -> None:
        self.name = name
        self.connections: dict[str, Connection] = {}
        self._observer = observer
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
        """Make the connection a member, unless it already is."""
        if group not in connection.groups:
            connection.groups.add(group)
            self._groups.setdefault(group, {})[connection.connection_id] = connection
            self._observer.on_joined(connection.client, group)

    def leave(self, connection: Connection, group: str) -> None:
        """End a membership, if there is one."""
        if group in connection.groups:
            connection.groups.remove(group)
            _discard(self._groups, group, connection)
            self._observer.on_left(connection.client, group)

    def leave_all(self, connection: Connection) -> None:
        """End every membership of the connection."""
        for group in list(connection.groups):
            self.leave(connection, group)


class State:
    """The hubs that have connections.

    :param observer: Notified when clients join and leave groups.
    """

    def __init__(self, observer: Observer) -> None:
        self._observer = observer
        self._hubs: dict[str, Hub] = {}

    def __iter__(self) -> Iterator[Hub]:
        return iter(self._hubs.values())

    def hub(self, name: str) -> Hub:
        """Return the hub with this name, whose case does not matter. It may have no connections."""
        key = name.lower()
        return self._hubs.get(key) or Hub(key, self._observer)

    def add(self, connection: Connection) -> Hub:
        """Add a client to its hub."""
        name = connection.client.hub
        hub = self._hubs.get(name)
        if hub is None:
            hub = self._hubs[name] = Hub(name, self._observer)
        hub.add(connection)
        return hub

    def remove(self, hub: Hub, connection: Connection) -> None:
        """Remove a client from its hub."""
        hub.remove(connection)
        if not hub.connections:
            self._hubs.pop(hub.name, None)


def select(
    candidates: Iterable[Connection],
    *,
    excluded: Collection[str] = (),
    matches: Callable[[Connection], bool] | None = None,
) -> list[Connection]:
    """Return a new list of the candidates that are neither excluded by id nor filtered out."""
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
