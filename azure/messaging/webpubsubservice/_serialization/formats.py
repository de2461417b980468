"""Wire formats for values other than text, numbers and booleans.

This is the only module that uses msrest and isodate. It imports them when a value first needs them, because
importing msrest takes longer than importing the rest of the package.
"""

from collections.abc import Callable, Mapping
from datetime import date, datetime, time, timedelta, timezone
from typing import Any, NamedTuple
from uuid import UUID

from ._parameter import Parameter

_UTC = timezone(timedelta())  # Python 3.10 has no datetime.UTC


class Formatted(Parameter):
    """A value with its own wire format.

    :param format: One of :data:`FORMATS`.
    """

    def __init__(self, name: str, format: str, **shape: Any) -> None:
        super().__init__(name, **shape)
        self.types, self.expected, self.write = FORMATS[format]

    def text(self, value: Any) -> str:
        """Return the value in its format."""
        if isinstance(value, str) and value == self.default:
            return value  # a default in a document is in its wire format
        if not isinstance(value, self.types) or (isinstance(value, datetime) and datetime not in self.types):
            raise self.wrong_type(value)
        try:
            return self.write(value)
        except (ValueError, OverflowError) as error:
            raise self.invalid(value, f"cannot be written: {error}") from error


class Format(NamedTuple):
    """A wire format: the types it takes, their names, and the function that writes them."""

    types: tuple[type, ...]
    expected: str
    write: Callable[[Any], str]


def parse_duration(text: str) -> timedelta:
    """Read an ISO 8601 duration of fixed length.

    :raises ValueError: The text is not a duration, or it has years or months, which have no fixed length.
    """
    import isodate  # type: ignore[import-untyped]

    try:
        duration = isodate.parse_duration(text)
    except (isodate.ISO8601Error, TypeError, ArithmeticError) as error:
        raise ValueError("not an ISO 8601 duration such as 'PT1H' or 'P7D'") from error
    if isinstance(duration, timedelta):
        return duration
    raise ValueError("years and months have no fixed length; write days or hours")


def _msrest(method: str) -> Callable[[Any], str]:
    """Return a function that calls a method of msrest's serializer."""

    def write(value: Any) -> str:
        from msrest.serialization import Serializer

        return str(getattr(Serializer, method)(value))

    return write


def _utc(write: Callable[[Any], str]) -> Callable[[datetime], str]:
    """Treat a time without a zone as UTC. msrest does, too, but logs a warning."""
    return lambda value: write(value if value.tzinfo else value.replace(tzinfo=_UTC))


FORMATS: Mapping[str, Format] = {
    "date": Format((date,), "date", _msrest("serialize_date")),
    "date-time": Format((datetime,), "datetime", _utc(_msrest("serialize_iso"))),
    "date-time-rfc1123": Format((datetime,), "datetime", _utc(_msrest("serialize_rfc"))),
    "unixtime": Format((datetime,), "datetime", _utc(_msrest("serialize_unix"))),
    "time": Format((time,), "time", time.isoformat),  # msrest writes 5 microseconds as .05
    "duration": Format((timedelta,), "timedelta", _msrest("serialize_duration")),
    "byte": Format((bytes, bytearray), "bytes", _msrest("serialize_bytearray")),
    "base64url": Format((bytes, bytearray), "bytes", _msrest("serialize_base64")),
    "uuid": Format(
        (UUID, str), "UUID or str", lambda value: str(value if isinstance(value, UUID) else UUID(value))
    ),
}
