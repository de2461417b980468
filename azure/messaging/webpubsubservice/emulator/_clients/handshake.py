"""The handshake of a client, which is new, comes back, or is refused."""

import json
import logging
from collections.abc import Mapping, Sequence
from dataclasses import replace
from typing import Any

from aiohttp import web

from azure.messaging.webpubsubservice.emulator._faults import Fault
from azure.messaging.webpubsubservice.emulator._names import (
    INVALID_GROUP,
    is_group,
    is_hub,
    split_path,
    split_target,
    without_port,
)
from azure.messaging.webpubsubservice.emulator._protocol.messages import Codec
from azure.messaging.webpubsubservice.emulator._protocol.subprotocols import (
    SIMPLE,
    SubprotocolUnavailableError,
    choose,
    codec_of,
    plain_form,
)
from azure.messaging.webpubsubservice.emulator._query import Query
from azure.messaging.webpubsubservice.emulator._service.event_sink import (
    ConnectRejectedError,
    ConnectReply,
    ConnectRequest,
    EventFailedError,
)
from azure.messaging.webpubsubservice.emulator._service.service import Service
from azure.messaging.webpubsubservice.emulator._service.session import RawTarget, Session
from azure.messaging.webpubsubservice.emulator._service.values import ClientInfo
from azure.messaging.webpubsubservice.emulator._tokens import TokenError, bearer_token

from .upgrade import Accepted, RecoveryRefused, Upgrade

_log = logging.getLogger(__name__)


class HandshakeError(Exception):
    """A client is refused. The reason is for the log; for a 401, ``_tokens`` decides."""

    def __init__(
        self, status: int, reason: str, body: bytes = b"", headers: Mapping[str, str] | None = None
    ) -> None:
        super().__init__(reason)
        self.status = status
        self.body = body
        self.headers = headers or {}


class Handshake:
    """A client that wants to connect."""

    def __init__(self, service: Service, request: web.BaseRequest) -> None:
        self.raw_path, query = split_target(request.raw_path)
        self._service = service
        self._request = request
        self._query = Query(query)
        self._fault: Fault | None = None
        offered = ",".join(request.headers.getall("Sec-WebSocket-Protocol", []))
        self._offered = [name for name in (part.strip() for part in offered.split(",")) if name]

    async def suffer(self, fault: Fault) -> None:
        """Apply a fault to the handshake, and remember its effects after the upgrade.

        :raises HandshakeError: The fault is a response.
        """
        self._fault = fault
        await self._service.clock.sleep(fault.delay)
        if fault.reset == "before" and self._request.transport is not None:
            self._request.transport.abort()
        if fault.status is not None:
            raise HandshakeError(fault.status, "a fault", headers=fault.headers)

    async def decide(self) -> Upgrade:
        """Decide whether the client is new, comes back, or is refused.

        :return: An object that serves the client and does not keep what only the handshake needed.
        :raises HandshakeError: It is refused.
        """
        hub, legacy = self._hub()
        if self._parameter("awps_connection_id") is not None:
            # The published clients leave their access token in the URL when they recover, and it may have
            # expired.
            return self._recover(hub)
        claims = self._claims(hub, legacy=legacy)
        return await self._admit(hub, claims)

    def _hub(self) -> tuple[str, bool]:
        match split_path(self.raw_path):
            case ["client", "hubs", hub]:
                legacy = False
            case ["client"]:
                hub, legacy = self._parameter("hub") or "", True
            case _:
                raise HandshakeError(404, "no client endpoint has this path")
        if not is_hub(hub):
            raise HandshakeError(400, f"{hub!r} is not a hub name")
        return hub, legacy

    def _claims(self, hub: str, *, legacy: bool) -> Mapping[str, Any]:
        token = self._parameter("access_token") or bearer_token(self._request.headers)
        if not token and self._service.settings.allow_anonymous:
            return {}
        try:
            return self._service.tokens.check_client(token, host=self._request.host, hub=hub, legacy=legacy)
        except TokenError as error:
            raise HandshakeError(401, str(error)) from None

    async def _admit(self, hub: str, claims: Mapping[str, Any]) -> Upgrade:
        groups = _strings(claims, "webpubsub.group")
        if not all(map(is_group, groups)):
            raise HandshakeError(
                400, "a group claim is not a group name", b"The token contains an invalid group name."
            )
        raw_target = self._raw_target()
        self._check_upgrade()
        self._choose()  # before any observer learns of the client
        user_id = claims.get("sub") if isinstance(claims.get("sub"), str) else None
        connection_id = self._service.sessions.new_connection_id()
        client = ClientInfo(hub.lower(), connection_id, user_id, None, without_port(self._request.host))
        reply = await self._ask_handler(client, claims)
        codec, subprotocol = self._choose()
        if reply.subprotocol is not None:
            codec, subprotocol = codec_of(reply.subprotocol), reply.subprotocol
        session = self._service.sessions.connect(
            replace(
                client,
                user_id=user_id if reply.user_id is None else reply.user_id,
                subprotocol=codec.subprotocol or subprotocol,
            ),
            groups=groups if reply.groups is None else reply.groups,
            roles=_strings(claims, "role") if reply.roles is None else reply.roles,
            codec=codec,
            raw_target=raw_target,
        )
        return Accepted(self._service, self._request, subprotocol, self._fault, session, session.start)

    async def _ask_handler(self, client: ClientInfo, claims: Mapping[str, Any]) -> ConnectReply:
        """Return the event handler's decision about a new client.

        :raises HandshakeError: The handler refuses the client, or fails.
        """
        headers = self._request.headers
        event = ConnectRequest(
            client,
            {name: [_claim_text(value) for value in _list(values)] for name, values in claims.items()},
            {name: values for name, values in self._query.sent.items() if name.lower() != "access_token"},
            {name: headers.getall(name) for name in headers if not _is_private(name)},
            self._offered,
        )
        try:
            reply = await self._service.events.sink.connect(event)
            reply.check(self._offered)
        except ConnectRejectedError as error:
            content_type = {"Content-Type": error.content_type} if error.content_type else {}
            raise HandshakeError(error.status, str(error), error.body, content_type) from None
        except EventFailedError as error:
            raise HandshakeError(500, f"the connect event handler failed: {error}") from None
        except Exception as error:
            _log.exception("The connect event of %s failed", client.connection_id)
            raise HandshakeError(500, f"the connect event handler raised {type(error).__name__}") from None
        return reply

    def _recover(self, hub: str) -> Upgrade:
        self._check_upgrade()
        connection_id = self._parameter("awps_connection_id") or ""
        token = self._parameter("awps_reconnection_token")
        session = self._service.sessions.recoverable(hub, connection_id, token)
        codec, subprotocol = self._choose()
        if session is None or not self._continues(session, codec):
            _log.info("Recovery of %s refused", connection_id)
            return RecoveryRefused(self._service, self._request, subprotocol, self._fault)
        return Accepted(self._service, self._request, subprotocol, self._fault, session, session.recover)

    def _choose(self) -> tuple[Codec, str | None]:
        try:
            return choose(self._offered)
        except SubprotocolUnavailableError as error:
            raise HandshakeError(501, str(error), str(error).encode()) from None

    def _continues(self, session: Session, codec: Codec) -> bool:
        """Return whether a client that offers this subprotocol may continue the session.

        It need not offer the reliable subprotocol again: the plain one, or none, is enough.
        """
        if self._fault is not None and self._fault.refuse_recovery:
            return False
        return codec in (session.codec, SIMPLE) or codec is plain_form(session.codec)

    def _raw_target(self) -> RawTarget | None:
        """Return the group that receives the frames of a simple client. Other clients have no modes."""
        match (self._parameter("webpubsub_mode") or "sendEvent").lower():
            case "sendevent":
                return None
            case "sendtogroup":
                group = self._parameter("group") or ""
                if not is_group(group):
                    raise HandshakeError(
                        400, "mode sendToGroup needs a group in the query", INVALID_GROUP.encode()
                    )
                return RawTarget(group, (self._parameter("noEcho") or "").lower() == "true")
            case mode:
                raise HandshakeError(400, f"webpubsub_mode {mode!r} is not known")

    def _check_upgrade(self) -> None:
        if not web.WebSocketResponse(protocols=self._offered).can_prepare(self._request):
            raise HandshakeError(400, "not a WebSocket handshake")

    def _parameter(self, name: str) -> str | None:
        return self._query.last(name)


def _is_private(header: str) -> bool:
    """Return whether event handlers must not see a header: it has a token, or is one of the service's own."""
    return header.lower() == "authorization" or header.lower().startswith("x-asrs-")


def _list(values: Any) -> Sequence[Any]:
    return values if isinstance(values, list) else [values]


def _claim_text(value: Any) -> str:
    return value if isinstance(value, str) else json.dumps(value, ensure_ascii=False, separators=(",", ":"))


def _strings(claims: Mapping[str, Any], name: str) -> list[str]:
    return [value for value in _list(claims.get(name, [])) if isinstance(value, str)]
