"""The WebSocket client behind ``listen``, which speaks ``json.webpubsub.azure.v1``."""

from __future__ import annotations

import asyncio
import contextlib
import json
import time
from typing import TYPE_CHECKING, Any

import aiohttp
from azure.core.exceptions import AzureError

from ._errors import NO, UNREACHED, Failure, status_of
from ._frames import LONGEST, SUBPROTOCOL, InvalidFrameError, parse_frame
from ._output import emit, note

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

__all__ = ["Subscriber"]

LONGEST_PAUSE = 30.0

#: Seconds for the closing handshake. A server that goes on sending could make it last forever.
CLOSING = 1.0

#: What is wrong with a frame, by the close code with which aiohttp refuses it.
_BROKEN: dict[int, str] = {
    aiohttp.WSCloseCode.MESSAGE_TOO_BIG: f"a frame is over {LONGEST >> 20} MiB",
    aiohttp.WSCloseCode.INVALID_TEXT: "a frame is not text in UTF-8",
}


class Subscriber:
    """Prints the messages that arrive on a connection, and reconnects when it breaks.

    :param connect: Returns the URL to connect to, with its token; called for each connection. May block.
    :param join: Groups to join when connected.
    :param count: The number of messages after which to stop; ``None`` to continue forever.
    :param timeout: The most seconds to wait for a connection.
    """

    def __init__(
        self, connect: Callable[[], str], *, join: Sequence[str], count: int | None, timeout: float
    ) -> None:
        self._connect = connect
        self._join = join
        self._count = count
        self._timeout = timeout
        self._received = 0

    async def run(self) -> None:
        """Listen until enough messages have arrived.

        :raises Failure: The first connection is refused, a group cannot be joined, or the server sends what
            the subprotocol does not allow.
        """
        pause = 0.0
        connected_before = False
        async with aiohttp.ClientSession() as session:
            while self._count is None or self._received < self._count:
                try:
                    url = await asyncio.to_thread(self._connect)
                    connecting = session.ws_connect(
                        url, protocols=[SUBPROTOCOL], heartbeat=20, max_msg_size=LONGEST
                    )
                    socket = await asyncio.wait_for(connecting, self._timeout)
                    connected_before, pause = True, 0.0
                    await self._use(socket)
                except aiohttp.WSServerHandshakeError as error:
                    if not connected_before or error.status in {401, 403, 404}:
                        raise Failure(_refusal(error.status), status_of(error.status) or NO) from None
                except (aiohttp.ClientError, OSError, asyncio.TimeoutError) as error:
                    if not connected_before:
                        raise Failure(_unreached(error), UNREACHED) from None
                except AzureError:  # there was no token
                    if not connected_before:
                        raise
                if self._is_done():
                    return
                pause = min(LONGEST_PAUSE, pause * 2 or 1.0)
                note(f"Not connected. Trying again in {pause:.0f} s; messages in between are lost.")
                await asyncio.sleep(pause)

    def _is_done(self) -> bool:
        return self._count is not None and self._received >= self._count

    async def _use(self, socket: aiohttp.ClientWebSocketResponse[bool]) -> None:
        try:
            if socket.protocol != SUBPROTOCOL:
                raise InvalidFrameError("it did not accept this subprotocol")
            await self._read(socket)
            if socket.close_code not in {None, 1000, 1006} and not self._is_done():
                note(f"The service closed the connection ({socket.close_code}).")
        except InvalidFrameError as error:
            raise Failure(f"This server does not speak {SUBPROTOCOL}: {error}.", NO) from None
        finally:
            with contextlib.suppress(asyncio.TimeoutError):
                await asyncio.wait_for(socket.close(), CLOSING)

    async def _read(self, socket: aiohttp.ClientWebSocketResponse[bool]) -> None:
        for number, group in enumerate(self._join, 1):
            await socket.send_json({"type": "joinGroup", "group": group, "ackId": number})
        async for frame in socket:
            if frame.type == aiohttp.WSMsgType.TEXT:
                self._handle(parse_frame(frame.data))
            elif frame.type == aiohttp.WSMsgType.BINARY:
                raise InvalidFrameError("a frame is binary, not text")
            elif isinstance(frame.data, aiohttp.WebSocketError):
                raise InvalidFrameError(_BROKEN.get(frame.data.code, "a frame breaks the rules of WebSocket"))
            if self._is_done():
                return

    def _handle(self, frame: dict[str, Any]) -> None:
        kind = frame.get("type")
        if kind == "message":
            self._received += 1
            self._print(frame)
        elif kind == "ack":
            self._check_joined(frame)
        elif kind == "system" and frame.get("event") == "connected":
            who = f" as {frame['userId']}" if frame.get("userId") else ""
            note(f"Connected{who}, connection {frame.get('connectionId')}. Ctrl+C ends.")
        elif kind == "system" and frame.get("event") == "disconnected":
            note(f"The service ends the connection: {frame.get('message') or 'no reason given'}.")

    def _check_joined(self, ack: dict[str, Any]) -> None:
        if not 1 <= ack["ackId"] <= len(self._join):
            raise InvalidFrameError("an ack is for a message that was not sent")
        if not ack["success"]:
            group = self._join[ack["ackId"] - 1]
            reason = (ack.get("error") or {}).get("message") or ""
            raise Failure(f"The service does not let this client join group {group!r}. {reason}".rstrip(), NO)

    def _print(self, message: dict[str, Any]) -> None:
        try:
            shown = _for_people(message)
            emit(_for_programs(message), shown)
        except RecursionError:
            raise InvalidFrameError("a frame is nested too deeply") from None


def _for_programs(frame: dict[str, Any]) -> dict[str, Any]:
    return {name: value for name, value in frame.items() if name != "type"}


def _for_people(frame: dict[str, Any]) -> str:
    data = frame.get("data")
    text = data if isinstance(data, str) else json.dumps(data, ensure_ascii=False)
    if frame.get("dataType") == "binary":
        text = f"{text} (base64)"
    origin = f"group {frame['group']}" if frame.get("group") else frame.get("from") or ""
    if frame.get("fromUserId"):
        origin += f", {frame['fromUserId']}"
    return f"{time.strftime('%H:%M:%S')}  {origin}:  {text}"


def _refusal(status: int) -> str:
    """Return why a connection is refused, without the URL, because its token is a secret."""
    reasons = {
        401: "its token is not accepted: it may have expired, or be for another hub or resource",
        403: "it is not let in",
        404: "there is no such hub at this address",
        429: "there are too many connections or requests",
        500: "it cannot serve it now, or the hub's event handler failed",
    }
    if status < 400:
        return f"The server at this address does not speak WebSocket: it responded with {status}."
    return f"The service refuses the connection ({status}): {reasons.get(status, 'it cannot serve it now')}."


def _unreached(error: Exception) -> str:
    host = getattr(error, "host", None)
    where = f" to {host}:{getattr(error, 'port', '')}" if host else ""
    reason = "no response in time" if isinstance(error, asyncio.TimeoutError) else type(error).__name__
    return f"There is no WebSocket connection{where}: {reason}. 'webpubsub status' may say why."
