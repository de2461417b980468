"""What a :class:`~tests.faults.FaultServer` can do with a request."""

import asyncio
import concurrent.futures
import gzip
import http.client
import threading
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Literal, TypeAlias

import jwt

from tests.faults.requests import Request

Headers: TypeAlias = Mapping[str, str] | Sequence[tuple[str, str]]


class Gate:
    """Holds an answer back until the test opens it."""

    def __init__(self) -> None:
        self.reached = threading.Event()
        """Set when an answer is being held."""
        self._opened: concurrent.futures.Future[None] = concurrent.futures.Future()

    @property
    def is_open(self) -> bool:
        """Whether answers go."""
        return self._opened.done()

    def open(self) -> None:
        """Release the answer, and all that follow."""
        self._opened.set_result(None)

    async def passed(self) -> None:
        """Wait, in the server, until the gate is open."""
        self.reached.set()
        await asyncio.shield(asyncio.wrap_future(self._opened))


@dataclass(frozen=True)
class Answer:
    """Answer the request, and keep the connection alive unless the answer says otherwise.

    ``Content-Length`` or ``Transfer-Encoding``, and ``Content-Encoding``, are added as the other fields ask;
    everything else in the head is ``headers``.
    """

    status: int = 202
    headers: Headers = field(default_factory=tuple)
    body: bytes = b""
    framing: Literal["length", "chunked", "close"] = "length"
    """How the end of the body is marked. With ``close``, it is the end of the connection."""
    gzip: bool = False
    truncate: int | None = None
    """Send only so many bytes of the (framed) body, then close the connection."""
    early: bool = False
    """Answer before the body is read, which is discarded, and close the connection, as the answer says."""
    gate: Gate | None = None
    """Hold the whole answer until this gate opens."""
    body_gate: Gate | None = None
    """Send the head, and hold the body until this gate opens."""

    @property
    def closes(self) -> bool:
        """Whether the connection ends with this answer."""
        announced = any(k.lower() == "connection" and v.lower() == "close" for k, v in self._fields())
        return announced or self.truncate is not None or self.framing == "close"

    def _fields(self) -> list[tuple[str, str]]:
        fields = list(self.headers.items() if isinstance(self.headers, Mapping) else self.headers)
        return [*fields, ("Connection", "close")] if self.early else fields

    def encode(self, method: str) -> tuple[bytes, bytes]:
        """Return head and body as they go on the wire in answer to ``method``."""
        body = gzip.compress(self.body, mtime=0) if self.gzip else self.body
        fields = self._fields()
        if self.gzip:
            fields.append(("Content-Encoding", "gzip"))
        has_length = not (self.status < 200 or self.status == 204)
        if has_length and self.framing == "length":
            fields.append(("Content-Length", str(len(body))))
        if self.framing == "chunked":
            fields.append(("Transfer-Encoding", "chunked"))
            middle = len(body) // 2
            chunks = [chunk for chunk in (body[:middle], body[middle:]) if chunk]
            body = b"".join(b"%x\r\n%b\r\n" % (len(chunk), chunk) for chunk in [*chunks, b""])
        reason = http.client.responses.get(self.status, "")
        lines = [f"HTTP/1.1 {self.status} {reason}", *(f"{name}: {value}" for name, value in fields)]
        head = "\r\n".join([*lines, "", ""]).encode("latin-1")
        has_body = has_length and self.status != 304 and method != "HEAD"
        return head, body[: self.truncate] if has_body else b""


@dataclass(frozen=True)
class Raw:
    """Answer with these bytes and nothing else, then close the connection."""

    data: bytes
    close: bool = True
    """``False`` keeps the connection open, as if this were one answer."""


@dataclass(frozen=True)
class Disconnect:
    """End the connection without an answer."""

    after: Literal["head", "body"] = "body"
    """How much of the request is read first."""
    reset: bool = True
    """By a reset (RST), which discards what is on its way; else by an orderly close (FIN)."""


@dataclass(frozen=True)
class Relay:
    """Pass the request on to another server on 127.0.0.1, and its answer back.

    Head and body are passed on as they came, so the other server sees the ``Host`` that the client addressed.
    """

    port: int
    then: "Answer | Raw | Disconnect | None" = None
    """What the client gets in place of the answer, when the other server has acted."""


Step: TypeAlias = Answer | Raw | Disconnect | Relay
Script: TypeAlias = Callable[[Request], Step]


def redirect(location: str, status: int = 307) -> Answer:
    """Answer with a redirection to ``location``."""
    return Answer(status, {"Location": location})


_UNAUTHORIZED = Answer(401)
_ACCEPTED = Answer(202)


def authorized(key: str, then: Step = _ACCEPTED, otherwise: Step = _UNAUTHORIZED) -> Script:
    """Do ``then`` for requests with a token that is valid for the URL seen, else ``otherwise``."""

    def step(request: Request) -> Step:
        try:
            request.claims(key)
        except jwt.InvalidTokenError:
            return otherwise
        return then

    return step
