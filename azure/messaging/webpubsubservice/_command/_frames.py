"""Frames of the subprotocol ``json.webpubsub.azure.v1`` that a client receives, checked before their use."""

from __future__ import annotations

import json
import math
import sys
from typing import Any

__all__ = ["LONGEST", "SUBPROTOCOL", "InvalidFrameError", "parse_frame"]

SUBPROTOCOL = "json.webpubsub.azure.v1"

#: The most bytes in a frame. A message has up to 1 MiB, and in JSON, a byte can need an escape of six.
LONGEST = 7 * 1024 * 1024

_NOUNS = {str: "text", int: "an integer", bool: "true or false", dict: "an object"}

#: The types of the members that are used, by the type of the frame. Other types of frames are ignored.
_MEMBERS: dict[str, dict[str, type]] = {
    "message": {"from": str, "fromUserId": str, "group": str, "dataType": str, "sequenceId": int},
    "ack": {"ackId": int, "success": bool, "error": dict},
    "system": {"event": str, "connectionId": str, "userId": str, "message": str},
}
_REQUIRED = {"message": ("data",), "ack": ("ackId", "success"), "system": ("event",)}


class InvalidFrameError(ValueError):
    """The subprotocol does not allow a frame. The message says why, and repeats nothing from the frame."""


def parse_frame(text: str) -> dict[str, Any]:
    """Return the members of a frame. Optional members may be ``None``.

    :raises InvalidFrameError: It is not JSON, not an object, or a member is missing or has the wrong type.
    """
    try:
        frame = json.loads(text, parse_constant=_refuse, parse_float=_finite, parse_int=_integer)
    except RecursionError:
        raise InvalidFrameError("a frame is nested too deeply") from None
    except ValueError:
        raise InvalidFrameError("a frame is not JSON") from None
    if not isinstance(frame, dict):
        raise InvalidFrameError("a frame is not a JSON object")
    kind = frame.get("type")
    if not isinstance(kind, str):
        raise InvalidFrameError("a frame has no type")
    types = _MEMBERS.get(kind, {})
    for name in _REQUIRED.get(kind, ()):
        if name not in frame or (name in types and frame[name] is None):
            raise InvalidFrameError(f"a frame of type {kind} has no {name}")
    _check(frame, types, kind)
    if kind == "ack":
        _check(frame.get("error") or {}, {"message": str}, "ack")
    return frame


def _check(members: dict[str, Any], types: dict[str, type], kind: str) -> None:
    for name, expected in types.items():
        value = members.get(name)
        if value is not None and type(value) is not expected:
            raise InvalidFrameError(f"in a frame of type {kind}, {name} is not {_NOUNS[expected]}")


def _refuse(name: str) -> None:
    raise ValueError(name)


def _integer(text: str) -> int | float:
    """Return an integer, or a float for one of more than 4,300 digits, which Python does not read."""
    try:
        return int(text)
    except ValueError:
        return _finite(text)


def _finite(text: str) -> float:
    """Return a number. One that is too large for a float becomes the largest, as ``jq`` has it."""
    value = float(text)
    return math.copysign(sys.float_info.max, value) if math.isinf(value) else value
