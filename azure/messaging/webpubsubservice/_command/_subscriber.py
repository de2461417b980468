"""The WebSocket client behind ``listen``, which speaks ``json.webpubsub.azure.v1``."""

from __future__ import annotations

import asyncio
import json
import time
from typing import TYPE_CHECKING, Any

import aiohttp
from azure.core.exceptions import AzureError

from ._errors import NO, UNREACHED, Failure, status_of
from ._output import emit, note

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

__all__ = ["Subscriber"]

SUBPROTOCOL = "json.webpubsub.azure.v1"
LONGEST_PAUSE = 30.0


class Subscriber:
    """Prints the messages that arrive on a connection, and connects again when it breaks.

    :param connect: Returns the URL to connect to, with its token; called for each connection. May block.
    :param join: Groups to join when connected.
    :param count: The number of messages after which to stop; ``None`` to continue forever.
    """

    def __init__(self, connect: Callable[[], str], *, join: Sequence[str], count: int | None) -> None:
        self._connect = connect
        self._join = join
        self._count = count
        self._received = 0

    async def run(self) -> None:
        """Listen until enough messages have arrived.

        :raises Failure: The first connection is refused, or a group cannot be joined.
        """
        pause = 0.0
        connected_before = False
        async with aiohttp.ClientSession() as session:
            while self._count is None or self._received < self._count:
                try:
                    url = await asyncio.to_thread(self._connect)
                    async with session.ws_connect(url, protocols=[SUBPROTOCOL], heartbeat=20) as socket:
                        connected_before, pause = True, 0.0
                        await self._read(socket)
                        if socket.close_code not in {None, 1000, 1006} and not self._is_done():
                            note(f"The service closed the connection ({socket.close_code}).")
                except aiohttp.WSServerHandshakeError as error:
                    if not connected_before or error.status in {401, 403, 404}:
                        raise Failure(_refusal(error.status), status_of(error.status)) from None
                except (aiohttp.ClientError, OSError) as error:
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

    async def _read(self, socket: aiohttp.ClientWebSocketResponse[bool]) -> None:
        for number, group in enumerate(self._join, 1):
            await socket.send_json({"type": "joinGroup", "group": group, "ackId": number})
        async for frame in socket:
            if frame.type == aiohttp.WSMsgType.TEXT:
                self._handle(_parsed(frame.data))
            if self._is_done():
                return

    def _handle(self, frame: dict[str, Any]) -> None:
        kind = frame.get("type")
        if kind == "message":
            self._received += 1
            emit(_for_programs(frame), _for_people(frame))
        elif kind == "ack" and not frame.get("success", True):
            group = self._join[frame["ackId"] - 1]
            reason = (frame.get("error") or {}).get("message", "")
            raise Failure(f"The service does not let this client join group {group!r}. {reason}", NO)
        elif kind == "system" and frame.get("event") == "connected":
            who = f" as {frame['userId']}" if frame.get("userId") else ""
            note(f"Connected{who}, connection {frame.get('connectionId')}. Ctrl+C ends.")
        elif kind == "system" and frame.get("event") == "disconnected":
            note(f"The service ends the connection: {frame.get('message') or 'without a reason'}.")


def _parsed(text: str) -> dict[str, Any]:
    try:
        frame = json.loads(text)
    except ValueError:
        frame = None
    if not isinstance(frame, dict):
        raise Failure("What arrived is not of the protocol json.webpubsub.azure.v1.", NO)
    return frame


def _for_programs(frame: dict[str, Any]) -> dict[str, Any]:
    return {name: value for name, value in frame.items() if name != "type"}


def _for_people(frame: dict[str, Any]) -> str:
    data = frame.get("data")
    text = data if isinstance(data, str) else json.dumps(data, ensure_ascii=False)
    if frame.get("dataType") == "binary":
        text = f"{text} (base64)"
    origin = f"group {frame['group']}" if frame.get("group") else str(frame.get("from", ""))
    if frame.get("fromUserId"):
        origin += f", {frame['fromUserId']}"
    return f"{time.strftime('%H:%M:%S')}  {origin}:  {text}"


def _refusal(status: int) -> str:
    """Return why a connection is refused, without the URL, because its token is a secret."""
    reasons = {
        401: "its token is not accepted: it may have expired, or be for another hub or resource",
        403: "it is not let in",
        404: "there is no such hub at this address",
        500: "it cannot serve it now, or the hub's event handler failed",
    }
    return f"The service refuses the connection ({status}): {reasons.get(status, 'it cannot serve it now')}."


def _unreached(error: Exception) -> str:
    host = getattr(error, "host", None)
    where = f" to {host}:{getattr(error, 'port', '')}" if host else ""
    return f"There is no WebSocket connection{where}: {type(error).__name__}. 'webpubsub status' tells more."
