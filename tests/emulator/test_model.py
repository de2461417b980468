"""Random sequences of operations, over real sockets, against a plain model in memory: they must agree."""

import asyncio
import json
from collections.abc import Callable
from contextlib import AsyncExitStack
from dataclasses import dataclass, field
from typing import Any
from urllib.parse import quote

import aiohttp
from hypothesis import HealthCheck, settings
from hypothesis import strategies as st
from hypothesis.stateful import Bundle, RuleBasedStateMachine, consumes, initialize, invariant, rule

from azure.messaging.webpubsubservice.emulator import AsyncEmulator, Emulator
from tests.emulator.clients import JSON, Caller, Subscriber

HUB = "/api/hubs/chat"

groups = st.sampled_from(["a", "b", "c/d", "é"])
users = st.sampled_from([None, "u", "v", "%2F"])
named_users = st.sampled_from(["u", "v", "%2F"])
permissions = st.sampled_from(["joinLeaveGroup", "sendToGroup"])
#: Filters, and what they mean.
filters = st.sampled_from(
    [
        (None, lambda _: True),
        ("userId eq 'u'", lambda client: client.user == "u"),
        ("userId eq null", lambda client: client.user is None),
        ("not ('a' in groups)", lambda client: "a" not in client.groups),
        (
            "length(groups) gt 1 or userId in ('v')",
            lambda client: len(client.groups) > 1 or client.user == "v",
        ),
    ]
)


@dataclass(eq=False)
class Client:
    """What the model knows of one client."""

    subscriber: Subscriber
    id: str
    user: str | None
    groups: set[str]
    allowed: set[tuple[str, str]] = field(default_factory=set)
    expected: list[Any] = field(default_factory=list)
    next_ack: int = 0


def quoted(name: str) -> str:
    """The name as a path segment."""
    return quote(name, safe="")


class Operations(RuleBasedStateMachine):
    """Does each operation to the emulator and to the model."""

    clients: Bundle[Client] = Bundle("clients")

    @initialize()
    def start(self) -> None:
        self.loop = asyncio.new_event_loop()
        self.stack = AsyncExitStack()
        self.model: dict[str, Client] = {}
        self.sent = 0
        self.run(self._start())

    async def _start(self) -> None:
        self.emulator: AsyncEmulator = await self.stack.enter_async_context(Emulator())
        session = await self.stack.enter_async_context(aiohttp.ClientSession())
        self.caller = Caller(self.emulator, session)

    def teardown(self) -> None:
        if hasattr(self, "loop"):
            for client in self.model.values():
                self.received(client)
            self.run(self.stack.aclose())
            self.loop.close()

    def run(self, awaitable: Any) -> Any:
        return self.loop.run_until_complete(awaitable)

    # --- how the two are asked and compared ---

    def call(self, method: str, path: str, expected: int, **options: Any) -> Any:
        answer = self.run(self.caller.call(method, HUB + path, **options))
        assert answer.status == expected, (method, path, answer)
        return answer

    def of_group(self, group: str) -> list[Client]:
        return [client for client in self.model.values() if group in client.groups]

    def of_user(self, user: str) -> list[Client]:
        return [client for client in self.model.values() if client.user == user]

    def there(self, found: list[Client]) -> int:
        return 200 if found else 404

    def received(self, client: Client) -> None:
        """Compare what a client got with what the model sent it."""

        async def read() -> list[Any]:
            messages = []
            await client.subscriber.send(type="ping")
            while (message := await client.subscriber.message())["type"] != "pong":
                messages.append(message)
            return messages

        data = [message["data"] for message in self.run(read()) if message["type"] == "message"]
        assert data == client.expected
        client.expected = []

    def closed(self, clients: list[Client]) -> None:
        """Expect the service to close these clients."""
        for client in clients:
            self.run(self._closed(client))
            del self.model[client.id]

    async def _closed(self, client: Client) -> None:
        data = []
        while (message := await client.subscriber.message())["type"] != "system":
            data += [message["data"]] if message["type"] == "message" else []
        assert data == client.expected
        assert await client.subscriber.closed() == (1000, "")

    @invariant()
    def same_clients_in_the_same_groups(self) -> None:
        if hasattr(self, "emulator"):
            actual = {each.connection_id: (each.user_id, each.groups) for each in self.emulator.connections}
            assert actual == {
                client.id: (client.user, frozenset(client.groups)) for client in self.model.values()
            }

    # --- clients ---

    @rule(target=clients, user=users, joined=st.sets(groups, max_size=2))
    def connect(self, user: str | None, joined: set[str]) -> Client:
        connecting = self.caller.connect("chat", protocol=JSON, user=user, groups=sorted(joined))
        subscriber = self.run(self.stack.enter_async_context(connecting))
        client = Client(subscriber, subscriber.connection_id, user, set(joined))
        self.model[client.id] = client
        return client

    @rule(client=consumes(clients))
    def disconnect(self, client: Client) -> None:
        if client.id in self.model:
            self.received(client)
            self.run(client.subscriber.socket.close())
            del self.model[client.id]
            self.run(self.emulator.wait_until(lambda: len(self.emulator.connections) == len(self.model)))

    @rule(client=clients, group=groups, kind=st.sampled_from(["joinGroup", "leaveGroup"]))
    def join_or_leave(self, client: Client, group: str, kind: str) -> None:
        if client.id in self.model:
            allowed = ("joinLeaveGroup", group) in client.allowed
            assert self.ask(client, type=kind, group=group) is allowed
            if allowed:
                (client.groups.add if kind == "joinGroup" else client.groups.discard)(group)

    @rule(client=clients, group=groups, no_echo=st.booleans())
    def publish(self, client: Client, group: str, no_echo: bool) -> None:
        if client.id in self.model:
            allowed = ("sendToGroup", group) in client.allowed
            data = self.next_message()
            if allowed:
                for member in self.of_group(group):
                    if not (no_echo and member is client):
                        member.expected.append(data)
            assert self.ask(client, type="sendToGroup", group=group, noEcho=no_echo, data=data) is allowed

    def ask(self, client: Client, **message: Any) -> bool:
        """Send a message with an ack id; returns whether it succeeded."""
        client.next_ack += 1

        async def ask() -> bool:
            await client.subscriber.send(**message, ackId=client.next_ack)
            data = []
            while (answer := await client.subscriber.message())["type"] != "ack":
                data.append(answer["data"])
            assert data == client.expected
            client.expected = []
            success: bool = answer["success"]
            return success

        return bool(self.run(ask()))

    # --- the data plane ---

    def next_message(self) -> int:
        self.sent += 1
        return self.sent

    @rule(
        to=st.sampled_from(["hub", "group", "user"]),
        group=groups,
        user=named_users,
        chosen=filters,
        out=clients,
        spell=st.sampled_from([str, str.upper, str.title]),
    )
    def send(
        self, to: str, group: str, user: str, chosen: Any, out: Client, spell: Callable[[str], str]
    ) -> None:
        text, accepts = chosen
        path, targets = {
            "hub": ("", list(self.model.values())),
            "group": (f"/groups/{quoted(group)}", self.of_group(self.addressed(group))),
            "user": (f"/users/{quoted(user)}", self.of_user(user)),
        }[to]
        query = {} if text is None else {spell("filter"): text}
        if to != "user":
            query[spell("excluded")] = out.id
            targets = [client for client in targets if client is not out]
        data = self.next_message()
        body = json.dumps(data).encode()
        self.call("POST", path + "/:send", 202, body=body, content_type="application/json", query=query)
        for client in targets:
            if accepts(client):
                client.expected.append(data)

    @rule(client=clients)
    def send_to_connection(self, client: Client) -> None:
        data = self.next_message()
        path = f"/connections/{client.id}/:send"
        self.call("POST", path, 202, body=str(data).encode(), content_type="application/json")
        if client.id in self.model:
            client.expected.append(data)

    @staticmethod
    def addressed(group: str) -> str:
        """The group that a path means: an escaped slash stays escaped."""
        return group.replace("/", "%2F")

    @rule(client=clients, group=groups)
    def add_connection(self, client: Client, group: str) -> None:
        there = client.id in self.model
        self.call("PUT", f"/groups/{quoted(group)}/connections/{client.id}", 200 if there else 404)
        if there:
            client.groups.add(self.addressed(group))

    @rule(client=clients, group=groups)
    def remove_connection(self, client: Client, group: str) -> None:
        self.call("DELETE", f"/groups/{quoted(group)}/connections/{client.id}", 204)
        client.groups.discard(self.addressed(group))

    @rule(client=clients)
    def remove_connection_from_all(self, client: Client) -> None:
        self.call("DELETE", f"/connections/{client.id}/groups", 204)
        client.groups.clear()

    @rule(user=named_users, group=groups)
    def add_user(self, user: str, group: str) -> None:
        found = self.of_user(user)
        self.call("PUT", f"/users/{quoted(user)}/groups/{quoted(group)}", self.there(found))
        for client in found:
            client.groups.add(self.addressed(group))

    @rule(user=named_users, group=groups)
    def remove_user(self, user: str, group: str) -> None:
        self.call("DELETE", f"/users/{quoted(user)}/groups/{quoted(group)}", 204)
        for client in self.of_user(user):
            client.groups.discard(self.addressed(group))

    @rule(user=named_users)
    def remove_user_from_all(self, user: str) -> None:
        self.call("DELETE", f"/users/{quoted(user)}/groups", 204)
        for client in self.of_user(user):
            client.groups.clear()

    @rule(chosen=filters, named=st.lists(groups, min_size=1, max_size=2), add=st.booleans())
    def bulk(self, chosen: Any, named: list[str], add: bool) -> None:
        text, accepts = chosen
        body = json.dumps({"groups": named, "filter": text}).encode()
        path = "/:addToGroups" if add else "/:removeFromGroups"
        self.call("POST", path, 200, body=body, content_type="application/json")
        for client in [client for client in self.model.values() if accepts(client)]:
            (client.groups.update if add else client.groups.difference_update)(named)

    @rule(client=clients, group=groups, user=named_users)
    def exists(self, client: Client, group: str, user: str) -> None:
        self.call("HEAD", f"/connections/{client.id}", 200 if client.id in self.model else 404)
        self.call("HEAD", f"/groups/{quoted(group)}", self.there(self.of_group(self.addressed(group))))
        self.call("HEAD", f"/users/{quoted(user)}", self.there(self.of_user(user)))

    @rule(group=groups)
    def list_members(self, group: str) -> None:
        answer = self.call("GET", f"/groups/{quoted(group)}/connections", 200)
        members = sorted(client.id for client in self.of_group(self.addressed(group)))
        assert [each["connectionId"] for each in answer.json["value"]] == members

    @rule(
        client=clients,
        permission=permissions,
        group=groups,
        method=st.sampled_from(["PUT", "DELETE", "HEAD"]),
    )
    def permit(self, client: Client, permission: str, group: str, method: str) -> None:
        there = client.id in self.model
        allowed = there and (permission, group) in client.allowed
        expected = {"PUT": 200 if there else 404, "DELETE": 204, "HEAD": 200 if allowed else 404}[method]
        path = f"/permissions/{permission}/connections/{client.id}"
        self.call(method, path, expected, query={"targetName": group})
        if method == "PUT":
            client.allowed.add((permission, group))
        elif method == "DELETE":
            client.allowed.discard((permission, group))

    @rule(client=consumes(clients))
    def close(self, client: Client) -> None:
        self.call("DELETE", f"/connections/{client.id}", 204)
        self.closed([client] if client.id in self.model else [])

    @rule(out=clients, by=st.sampled_from(["", "group", "user"]), group=groups, user=named_users)
    def close_several(self, out: Client, by: str, group: str, user: str) -> None:
        path, found = {
            "": ("", list(self.model.values())),
            "group": (f"/groups/{quoted(group)}", self.of_group(self.addressed(group))),
            "user": (f"/users/{quoted(user)}", self.of_user(user)),
        }[by]
        self.call("POST", path + "/:closeConnections", 204, query={"excluded": out.id})
        self.closed([client for client in found if client is not out])


Operations.TestCase.settings = settings(
    max_examples=25,
    stateful_step_count=40,
    deadline=None,
    suppress_health_check=[HealthCheck.too_slow],
)
TestOperations = Operations.TestCase
