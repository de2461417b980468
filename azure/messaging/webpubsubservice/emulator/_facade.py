"""What the blocking and the asynchronous emulator have in common."""

from collections.abc import Callable, Iterable, Sequence
from typing import TYPE_CHECKING, Any, TypeVar

from azure.messaging.webpubsubservice._keywords import explain_calls
from azure.messaging.webpubsubservice._roles import warn_about_roles

from ._clock import Clock
from ._events.webhooks import Webhooks
from ._faults import Faults
from ._names import is_group, is_hub, is_id
from ._server import Server
from ._service.service import Service
from ._service.shortfall import explain
from ._service.tables import Table
from ._service.values import ConnectionInfo, Delivery, EventRecord, RequestRecord
from ._validation import check, is_integer, is_texts
from ._waiting import AtLeast, Condition, Where

if TYPE_CHECKING:
    from typing_extensions import Unpack

    from ._events.handlers import AnyHandler
    from ._service.settings import ReconfigurableOptions

T = TypeVar("T")

#: How many seconds to wait for something by default.
TIMEOUT = 10.0


class Facade:
    """The public interface of an emulator, except for waiting."""

    __slots__ = ("__weakref__", "_server", "_service")  # recovery_window = 5 is an error

    def __init__(self, service: Service, server: Server) -> None:
        self._service = service
        self._server = server

    def __reduce_ex__(self, protocol: object) -> Any:
        raise TypeError(
            "an emulator cannot be pickled or copied, because it runs in this process. Pass its "
            "connection_string to the other process, where a client can use it."
        )

    @property
    def endpoint(self) -> str:
        """URL of the data plane, such as ``http://127.0.0.1:54321``; with TLS, the scheme is ``https``.

        :raises RuntimeError: The emulator is not started, so no port is chosen yet.
        """
        if not self._server.port:
            raise RuntimeError("the emulator is not started: use it in a with statement, or call start()")
        host, port = self._server.host, self._server.port
        return f"{self._server.scheme}://" + (f"[{host}]:{port}" if ":" in host else f"{host}:{port}")

    @property
    def ca_file(self) -> str | None:
        """The PEM file of the authority to trust with the option ``https``; otherwise ``None``."""
        return None if self._server.ca_file is None else str(self._server.ca_file)

    @property
    def access_key(self) -> str:
        """The primary key."""
        return self._service.settings.access_key

    @property
    def secondary_access_key(self) -> str:
        """The secondary key, which works like the primary one."""
        return self._service.settings.secondary_access_key

    @property
    def connection_string(self) -> str:
        """The connection string, with the primary key."""
        return f"Endpoint={self.endpoint};AccessKey={self.access_key};Version=1.0;"

    @explain_calls
    def client_url(
        self,
        hub: str,
        *,
        user_id: str | None = None,
        roles: Sequence[str] = ("webpubsub.joinLeaveGroup", "webpubsub.sendToGroup"),
        groups: Sequence[str] = (),
        minutes_to_expire: int = 24 * 60,
    ) -> str:
        """Return a URL with a token, which a WebSocket client can open.

        :param user_id: The client's user; ``None`` for a client without a user.
        :param roles: What the client may do; by default, join, leave and send to every group.
        :param groups: Groups that it joins when it connects.
        :param minutes_to_expire: How long the URL is valid, on the emulator's clock.
        :raises ValueError: An argument breaks its rule.
        """
        check(is_hub(hub), "hub", hub, "a hub's name: a letter, then at most 127 of A-Za-z0-9_`,.[]")
        check(user_id is None or is_id(user_id), "user_id", user_id, "text that is not blank, or None")
        check(is_texts(roles), "roles", roles, "a list of texts")
        warn_about_roles(roles, 3)
        check(is_texts(groups) and all(map(is_group, groups)), "groups", groups, "a list of group names")
        check(is_integer(minutes_to_expire, 1), "minutes_to_expire", minutes_to_expire, "an integer from 1")
        url = f"{self.endpoint}/client/hubs/{hub}"
        token = self._service.tokens.issue(
            url, minutes=minutes_to_expire, user_id=user_id, roles=roles, groups=groups
        )
        return f"{url.replace('http', 'ws', 1)}?access_token={token}"

    @property
    def clock(self) -> Clock:
        """The emulator's time; ``clock.advance(60)`` lets a minute pass at once."""
        return self._service.clock

    @property
    def faults(self) -> Faults:
        """The faults to inject; for example, ``faults.add(Fault(status=503, times=2))``."""
        return self._service.faults

    def reconfigure(self, **options: "Unpack[ReconfigurableOptions]") -> None:
        """Change options of a running emulator: all of those passed, or none.

        :param options: Options of :class:`EmulatorOptions`; not those that need a restart.
        :raises TypeError: There is no such option, or it needs a restart.
        :raises ValueError: An option breaks its rule.
        """
        self._call(lambda: self._reconfigure(options))

    def _reconfigure(self, options: "ReconfigurableOptions") -> None:
        service = self._service
        settings = service.settings.changed(options)
        if settings.event_handlers != service.settings.event_handlers:
            if not isinstance(service.events.sink, Webhooks):
                raise ValueError("event_handlers cannot be used in an emulator that was made with events=...")
            service.events.sink.use(settings.event_handlers or {})
        service.reconfigure(settings)

    @property
    def requests(self) -> list[RequestRecord]:
        """The requests to the data plane so far, in the order of their responses; a table in notebooks."""
        return Table(self._call(lambda: self._service.records.requests), "requests")

    @property
    def deliveries(self) -> list[Delivery]:
        """The messages written to clients so far, in order; a table in notebooks."""
        return Table(self._call(lambda: self._service.records.deliveries), "deliveries")

    @property
    def events(self) -> list[EventRecord]:
        """The calls to event handlers so far, in the order in which they ended; a table in notebooks."""
        return Table(self._call(lambda: self._service.records.events), "events")

    @property
    def connections(self) -> list[ConnectionInfo]:
        """The connected clients, and reliable ones that may still come back."""
        return Table(self._call(self._service.sessions.connections), "connections")

    @explain_calls
    def handle_events(self, hub: str, handlers: "AnyHandler | Iterable[AnyHandler]") -> None:
        """Send the events of a hub to these handlers from now on, instead of its previous ones.

        :param hub: The hub's name; ``*`` stands for every hub that has no handlers.
        :param handlers: An address, an ASGI or WSGI application, an :class:`EventHandler`, or a list of them.
        :raises ModuleNotFoundError: A library that runs applications is not installed.
        :raises ValueError: A handler breaks its rule, or the emulator was made with ``events``, which
            receives all of them.
        """
        sink = self._service.events.sink
        if not isinstance(sink, Webhooks):
            raise ValueError("the emulator was made with events=..., which receives the events of all hubs")
        self._call(lambda: sink.handle(hub, handlers))

    def clear_records(self) -> None:
        """Forget the requests, deliveries and events so far."""
        self._call(self._service.records.clear)

    def drop_clients(self, *connection_ids: str) -> None:
        """Drop the WebSockets of these clients as a broken network would, without a Close frame.

        Without an id, drop all clients. The id of a client that has gone already is ignored.

        :raises ValueError: An argument is not a connection id.
        """
        for one in connection_ids:
            check(is_id(one), "a connection id", one, "text; for those in a list, write drop_clients(*ids)")
        self._call(lambda: self._service.sessions.drop(connection_ids or None))

    def _call(self, function: Callable[[], T]) -> T:
        """Run a function in the emulator's loop, where it may read the emulator's state."""
        raise NotImplementedError

    # --- the conditions to wait for ---

    def _connections(self, count: int, where: Where[ConnectionInfo]) -> AtLeast[ConnectionInfo]:
        return AtLeast("connections", count, self._service.sessions.connections, where)

    def _deliveries(self, count: int, where: Where[Delivery]) -> AtLeast[Delivery]:
        return AtLeast("deliveries", count, lambda: self._service.records.deliveries, where)

    def _requests(self, count: int, where: Where[RequestRecord]) -> AtLeast[RequestRecord]:
        return AtLeast("requests", count, lambda: self._service.records.requests, where)

    def _events(self, count: int, where: Where[EventRecord]) -> AtLeast[EventRecord]:
        return AtLeast("events", count, lambda: self._service.records.events, where)

    def _timed_out(self, condition: Condition[object], timeout: float) -> TimeoutError:
        service = self._service
        return TimeoutError(
            self._call(lambda: explain(condition.wanted(), timeout, service.records, len(service.sessions)))
        )
