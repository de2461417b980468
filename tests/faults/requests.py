"""Requests as they came off the wire."""

import asyncio
from dataclasses import dataclass, field
from typing import Any

import jwt
from typing_extensions import Self


@dataclass
class Request:
    """One request. ``body`` and ``complete`` are filled in while it is being read."""

    connection: int
    """Which connection it came on, counted from 0 in the order of acceptance."""
    head: bytes
    """Request line and headers, byte for byte, with the empty line that ends them."""
    method: str
    target: str
    """The request target as sent: nothing decoded, nothing normalised."""
    headers: list[tuple[str, str]]
    """In the order and case of the wire; repeated fields stay apart."""
    body: bytes = b""
    """What was read of the body, without chunk framing."""
    complete: bool = False
    """Whether the whole request was read."""
    step: object = None
    """The step that was played for it."""
    chunked: bool = field(init=False)

    def __post_init__(self) -> None:
        self.chunked = "chunked" in (self.header("Transfer-Encoding") or "").lower()

    @classmethod
    def parse(cls, connection: int, head: bytes) -> Self:
        """Read a request's head. A line that is not HTTP/1.1 raises ``ValueError``."""
        request_line, *lines = head.decode("latin-1").removesuffix("\r\n\r\n").split("\r\n")
        method, target = (*request_line.split(" "), "")[:2]
        if request_line != f"{method} {target} HTTP/1.1":
            raise ValueError(f"not an HTTP/1.1 request line: {request_line!r}")
        headers = []
        for line in lines:
            name, colon, value = line.partition(":")
            if not colon or name != name.strip():
                raise ValueError(f"not a header line: {line!r}")
            headers.append((name, value.strip(" \t")))
        return cls(connection, head, method, target, headers)

    def header(self, name: str) -> str | None:
        """Return a header's value, ``None`` if it is absent. A repeated one raises ``ValueError``."""
        values = [value for key, value in self.headers if key.lower() == name.lower()]
        if len(values) > 1:
            raise ValueError(f"{name} was sent {len(values)} times")
        return values[0] if values else None

    @property
    def url(self) -> str:
        """The absolute URL that the client addressed, by its ``Host`` header and target."""
        return f"http://{self.header('Host')}{self.target}"

    def claims(self, key: str, *, url: str | None = None) -> dict[str, Any]:
        """Return the claims of the request's bearer token, if it is valid for the URL seen.

        :param key: The access key, as it stands in a connection string.
        :param url: The audience expected instead, behind a reverse proxy.
        :raises jwt.InvalidTokenError: No token, or its signature, audience or times are wrong.
        """
        scheme, _, token = (self.header("Authorization") or "").partition(" ")
        if scheme != "Bearer":
            raise jwt.InvalidTokenError("no bearer token")
        claims: dict[str, Any] = jwt.decode(
            token, key, ["HS256"], audience=url or self.url, options={"require": ["aud", "exp"]}
        )
        return claims


async def read_body(request: Request, reader: asyncio.StreamReader) -> None:
    """Read the body into ``request``, by its length or by its chunks, as far as it comes."""
    if request.complete:
        return
    body = bytearray()
    try:
        if request.chunked:
            while size := int((await reader.readuntil(b"\r\n")).split(b";")[0], 16):
                body += await reader.readexactly(size)
                await reader.readexactly(2)
            while await reader.readuntil(b"\r\n") != b"\r\n":
                pass
        else:
            length = int(request.header("Content-Length") or 0)
            while missing := length - len(body):
                data = await reader.read(min(missing, 1 << 16))
                if not data:
                    raise asyncio.IncompleteReadError(bytes(body), length)
                body += data
        request.complete = True
    finally:
        request.body = bytes(body)
