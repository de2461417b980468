"""The WebSocket endpoint: answers requests to ``/client``."""

import asyncio
import logging

from aiohttp import web

from azure.messaging.webpubsubservice.emulator._names import split_target
from azure.messaging.webpubsubservice.emulator._service.channel import CLIENT_LATENCY
from azure.messaging.webpubsubservice.emulator._service.service import Service

from .handshake import Handshake, HandshakeError
from .upgrade import Upgrade

_log = logging.getLogger(__name__)


class ClientEndpoint:
    """Answers handshakes, and serves accepted clients."""

    def __init__(self, service: Service) -> None:
        self._service = service

    async def handle(self, request: web.BaseRequest) -> web.StreamResponse:
        """Serve a client until its socket closes, or answer its handshake with an error."""
        await asyncio.sleep(CLIENT_LATENCY)
        path = split_target(request.raw_path)[0]
        try:
            upgrade = await self._decide(request, path)
            return await upgrade.serve()
        except ConnectionError as error:
            _log.info("%s %s: the client went away: %s", request.method, path, error)
            return web.Response()
        except HandshakeError as error:
            self._service.observers.on_refused(request.method, path, error.status, str(error))
            return web.Response(status=error.status, body=error.body, headers=error.headers)

    async def _decide(self, request: web.BaseRequest, path: str) -> Upgrade:
        handshake = Handshake(self._service, request)
        fault = self._service.faults.next_for(request.method, path, None)
        if fault is not None:
            _log.info("%s %s hits %r", request.method, path, fault)
            await handshake.suffer(fault)
        return await handshake.decide()
