"""Python values of what stands on the wire, by the annotations of the arguments that take them."""

import base64
import re
from collections.abc import Iterable, Mapping
from contextlib import suppress
from datetime import date, datetime, time, timedelta, timezone
from decimal import Decimal
from email.utils import parsedate_to_datetime
from types import NoneType, UnionType
from typing import Any, Literal, Union, get_args, get_origin

import isodate  # type: ignore[import-untyped]

_SEPARATORS = re.compile(r"[,|\t\n ]")


def value_for(annotation: Any, wire: Any) -> Any:
    """Return a value of the annotated type that is written as ``wire``.

    :raises ValueError: There is none.
    """
    kinds = list(_kinds(annotation))
    if isinstance(wire, Mapping):
        return wire
    item = next((get_args(each)[0] for each in kinds if _is_list(each)), None)
    if isinstance(wire, list) or (item is not None and isinstance(wire, str)):
        items: Iterable[Any] = wire if isinstance(wire, list) else _SEPARATORS.split(wire)
        return [value_for(item or str, each) for each in items]
    for kind in sorted(kinds, key=lambda each: each is str):
        with suppress(TypeError, ValueError, KeyError):
            return _one(kind, wire)
    raise ValueError(f"{wire!r} is no value of {annotation}")


def _kinds(annotation: Any) -> Iterable[Any]:
    if get_origin(annotation) in (Union, UnionType):
        for each in get_args(annotation):
            yield from _kinds(each)
    elif annotation is not NoneType:
        yield annotation


def _is_list(kind: Any) -> bool:
    return getattr(get_origin(kind), "__name__", "") == "Items"


def _one(kind: Any, wire: Any) -> Any:
    if get_origin(kind) is Literal:
        return {text(each): each for each in get_args(kind)}[text(wire)]
    if kind in _READERS:
        return _READERS[kind](text(wire))
    raise ValueError(kind)


def text(value: Any) -> str:
    """Return a value as it is written where no builder writes it."""
    if isinstance(value, list):
        return ",".join(map(text, value))
    return str(value).lower() if isinstance(value, bool) else str(value)


def _moment(wire: str) -> datetime:
    if re.fullmatch(r"\d+", wire):
        return datetime.fromtimestamp(int(wire), timezone.utc)
    return isodate.parse_datetime(wire) if "T" in wire[:11] else parsedate_to_datetime(wire)


def _bytes(wire: str) -> bytes:
    standard = wire.replace("-", "+").replace("_", "/")
    return base64.b64decode(standard + "=" * (-len(standard) % 4), validate=True)


_READERS: Mapping[Any, Any] = {
    str: str,
    bool: {"true": True, "false": False}.__getitem__,
    int: int,
    float: lambda wire: int(wire) if re.fullmatch(r"-?\d+", wire) else float(wire),
    Decimal: Decimal,
    date: date.fromisoformat,
    datetime: _moment,
    time: time.fromisoformat,
    timedelta: isodate.parse_duration,
    bytes: _bytes,
}
