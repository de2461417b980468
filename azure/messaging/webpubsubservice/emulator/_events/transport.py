"""Requests to event handlers over HTTP, without retries and without knowledge of their meaning."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from http.cookies import SimpleCookie
from typing import Final, Protocol

import aiohttp
from multidict import CIMultiDict, CIMultiDictProxy
from yarl import URL

MAX_REPLY_BYTES: Final = 16 * 1024 * 1024

# Many servers close connections that are idle for five seconds. An event sent at that moment would be lost.
_KEEP_ALIVE: Final = 3.0


class NoAnswerError(Exception):
    """A request got no response, or one that cannot be read. The message says why.

    :param final: Whether another attempt would not help.
    """

    def __init__(self, reason: str, *, final: bool = False) -> None:
        super().__init__(reason)
        self.final = final


@dataclass(frozen=True, slots=True)
class Answer:
    """A response with its whole body."""

    status: int
    headers: CIMultiDictProxy[str] = field(default_factory=lambda: CIMultiDictProxy(CIMultiDict()))
    body: bytes = b""
    cookies: SimpleCookie = field(default_factory=SimpleCookie)

    @property
    def ok(self) -> bool:
        """Whether the status is that of a success."""
        return 200 <= self.status <= 299


class Transport(Protocol):
    """Sends requests to one kind of event handler."""

    async def send(
        self, method: str, url: URL, *, headers: Mapping[str, str], body: bytes = b"", cookies: str = ""
    ) -> Answer:
        """Send one request, and return its response.

        :raises NoAnswerError: There is none.
        """
        ...

    async def close(self) -> None:
        """Free the transport's resources."""


class HttpTransport:
    """Sends requests over the network."""

    def __init__(self) -> None:
        self._session: aiohttp.ClientSession | None = None

    async def send(
        self, method: str, url: URL, *, headers: Mapping[str, str], body: bytes = b"", cookies: str = ""
    ) -> Answer:
        """Send one request, and return its response.

        :raises NoAnswerError: There is none.
        """
        more = {"Cookie": cookies} if cookies else {}
        data = body if method == "POST" else None
        try:
            async with self._open_session().request(
                method, url, data=data, headers={**headers, **more}, allow_redirects=False
            ) as response:
                return Answer(response.status, response.headers, await _read(response), response.cookies)
        except aiohttp.ClientError as error:
            raise NoAnswerError(_reason(error)) from None

    async def close(self) -> None:
        """Close all connections."""
        if self._session is not None:
            await self._session.close()
            self._session = None

    def _open_session(self) -> aiohttp.ClientSession:
        if self._session is None:
            self._session = aiohttp.ClientSession(
                connector=aiohttp.TCPConnector(keepalive_timeout=_KEEP_ALIVE),
                cookie_jar=aiohttp.DummyCookieJar(),  # cookies are kept by connection
                # An event's time-out is for all of its attempts together.
                timeout=aiohttp.ClientTimeout(total=None),
            )
        return self._session


def _reason(error: aiohttp.ClientError) -> str:
    """Return why there is no response, without the address, whose query may contain keys."""
    if isinstance(error, aiohttp.ClientResponseError):
        what, *_ = error.message.splitlines() or [""]
        return f"the response is not HTTP ({what.rstrip(':')})"
    # aiohttp says how it would check certificates, also where there are none.
    return str(error).replace(" ssl:default", "") or type(error).__name__


async def _read(response: aiohttp.ClientResponse) -> bytes:
    body = bytearray()
    async for chunk in response.content.iter_any():
        body += chunk
        check_size(body)
    return bytes(body)


def check_size(body: bytes | bytearray) -> None:
    """Check the size of a reply.

    :raises NoAnswerError: It is too long.
    """
    if len(body) > MAX_REPLY_BYTES:
        raise NoAnswerError(f"the reply has more than {MAX_REPLY_BYTES} bytes", final=True)
