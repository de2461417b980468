"""aiohttp's requests and responses, which go out once and say when something went wrong.

aiohttp repeats a GET, PUT, DELETE or HEAD by itself when a kept connection breaks. It does so on its own
errors, so these classes, which a session takes as ``request_class`` and ``response_class``, raise others.
"""

from __future__ import annotations

import asyncio
import select
import weakref
from contextvars import ContextVar
from copy import copy
from typing import TYPE_CHECKING, Any, Final

import aiohttp
from multidict import CIMultiDict, CIMultiDictProxy
from typing_extensions import override

if TYPE_CHECKING:
    from collections.abc import Callable

    from multidict import MultiMapping

__all__ = ["AIOHTTP_ERRORS", "SENDING", "Failed", "NothingSent", "SingleRequest", "SingleResponse"]

_SMALL: Final = 4
"""Digits of the length of a body that the system takes at once, whatever the server does."""


_NO_HEADERS: Final[CIMultiDictProxy[str]] = CIMultiDictProxy(CIMultiDict())

_losses: weakref.WeakKeyDictionary[Any, BaseException] = weakref.WeakKeyDictionary()
"""For connections that broke: a copy of the error, which itself leads to its connection and would keep it."""


class NothingSent(Exception):  # noqa: N818 - never leaves this folder
    """A kept connection was dead, or had bytes that nobody asked for, before anything was written to it."""


class Failed(Exception):  # noqa: N818 - never leaves this folder
    """Something went wrong once there was a connection.

    aiohttp's own errors do not say when it happened, and on some it would repeat a GET, PUT, DELETE or HEAD.
    """


AIOHTTP_ERRORS: Final = (aiohttp.ClientError, asyncio.TimeoutError, OSError)

SENDING: ContextVar[Callable[[], object] | None] = ContextVar("SENDING", default=None)
"""Called when there is a connection, and the request is about to be written."""

_pollers: weakref.WeakKeyDictionary[Any, Callable[[int], Any]] = weakref.WeakKeyDictionary()
"""For connections that have carried a request: what tells whether there are bytes to read."""


class SingleRequest(aiohttp.ClientRequest):
    """A request that is written to a live connection, once, and within the read time-out."""

    @override
    def update_expect_continue(self, expect: bool = False) -> None:
        """Do not wait for 100 (Continue): a server that does not know it would never send it.

        RFC 9110, section 10.1.1, allows that, and the other client's library does it too.
        """

    @property
    @override
    def request_info(self) -> aiohttp.RequestInfo:
        """What responses and errors keep of the request: without its headers, which hold the token."""
        return aiohttp.RequestInfo(self.url, self.method, _NO_HEADERS, self.original_url)

    @override
    async def send(self, conn: Any) -> Any:
        protocol, transport = conn.protocol, conn.transport
        poll = _pollers.get(protocol)
        if poll is None:
            _pollers[protocol] = _poller(transport)
            _remember_loss(protocol)
        elif transport is None or transport.is_closing() or protocol.should_close or poll(0):
            conn.close()
            raise NothingSent
        sending = SENDING.get()
        if sending is not None:
            sending()
        try:
            response = await super().send(conn)
        except AIOHTTP_ERRORS as error:
            raise Failed from error
        # aiohttp starts counting when all is written, which a server that does not read can put off for ever.
        length = self.headers.get("Content-Length")
        if length is None or len(length) > _SMALL:
            protocol.start_timeout()
        return response


class SingleResponse(aiohttp.ClientResponse):
    """A response whose errors aiohttp does not take for an occasion to send again."""

    @property
    def loss(self) -> BaseException | None:
        """The error with which a connection broke whose end was to be the body's.

        aiohttp takes any end of a connection for the end of such a body.
        """
        if self.method == "HEAD" or self.status in {204, 304} or self._read_protocol is None:
            return None
        if "Content-Length" in self.headers or "Transfer-Encoding" in self.headers:
            return None
        return _losses.get(self._read_protocol)

    _read_protocol: Any = None

    @override
    async def start(self, connection: Any) -> Any:
        self._read_protocol = connection.protocol
        try:
            response = await super().start(connection)
            if response.status < 200 or not _is_readable(response.headers):
                raise Failed  # a protocol or a coding that nobody asked for
        except BaseException as error:
            if connection.transport is not None:
                connection.transport.abort()  # close() would wait until the server has taken all of the body
            if isinstance(error, AIOHTTP_ERRORS):
                raise Failed from error
            raise
        return response


def _is_readable(headers: MultiMapping[str]) -> bool:
    if "\0" in "".join(headers.values()):  # which older releases of aiohttp let pass
        return False
    if "Transfer-Encoding" not in headers:
        return True
    return ",".join(headers.getall("Transfer-Encoding")).strip().lower() == "chunked"


def _poller(transport: Any) -> Callable[[int], Any]:
    connected = transport.get_extra_info("socket")
    if connected is None or connected.fileno() < 0:
        return lambda _: False
    if not hasattr(select, "poll"):  # Windows, where select has no limit of 1,024 descriptors
        return lambda _: select.select([connected.fileno()], (), (), 0)[0]
    poll = select.poll()
    poll.register(connected.fileno(), select.POLLIN)
    return poll.poll


def _remember_loss(protocol: Any) -> None:
    lost = protocol.connection_lost

    def connection_lost(error: BaseException | None) -> None:
        if error is not None:
            _losses[protocol] = copy(error)
        lost(error)

    protocol.connection_lost = connection_lost
