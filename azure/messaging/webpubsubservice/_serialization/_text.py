"""Text for all parts of a request: values in errors, header values, media types, JSON, UTF-8."""

import json
import re
import reprlib
from collections.abc import Callable, Iterable
from typing import Any

from azure.core.serialization import AzureJSONEncoder

_WORD = r"[!#$%&'*+.^_`|~0-9A-Za-z-]+"  # a token of RFC 9110, section 5.6.2
_is_token = re.compile(_WORD).fullmatch
_is_media_type = re.compile(rf"{_WORD}/{_WORD}\s*(;.*)?").fullmatch
_find_unsendable = re.compile(r"[\x00-\x08\x0a-\x1f\x7f\ud800-\udfff]").search
_brief = reprlib.Repr()
_brief.maxstring = _brief.maxother = 120


def show(name: str, value: object) -> str:
    """Return ``name=value`` for an error. A long value is shortened in the middle."""
    try:
        return f"{name}={_brief.repr(value)}"
    except ValueError:  # CPython does not write integers with more than 4,300 digits
        return f"{name}=<{type(value).__name__}>"


def listed(values: Iterable[object]) -> str:
    """Return values for an error, with commas between them."""
    return ", ".join(map(repr, values))


def header_value(name: str, value: object) -> str:
    """Return the value, if a header can carry it.

    :raises TypeError: It is not text.
    :raises ValueError: It has a control character, which could end the header and begin another, or a lone
        surrogate.
    """
    if not isinstance(value, str):
        raise TypeError(f"{show(name, value)} is of type {type(value).__name__}, not str")
    if found := _find_unsendable(value):
        kind = "control character" if found[0] < "\ud800" else "lone surrogate"
        raise ValueError(f"{show(name, value)} has a {kind}, which a header cannot carry")
    return value


def header_name(argument: str, name: object) -> str:
    """Return the name, if a header can have it.

    :raises ValueError: A header cannot have it.
    """
    if not isinstance(name, str) or not _is_token(name):
        raise ValueError(
            f"{argument} has the name {_brief.repr(name)}, which is not one that a header can have"
        )
    return name


def media_type(name: str, value: object) -> str:
    """Return the media type with its parameters, if it is one.

    :raises TypeError: It is not text.
    :raises ValueError: It is not a media type.
    """
    text = header_value(name, value)
    if not _is_media_type(text):
        raise ValueError(f"{show(name, text)} is not a media type, such as 'text/plain'")
    return text


def essence(content_type: str) -> str:
    """Return type and subtype in lower case, without parameters (the WHATWG's word for it)."""
    return content_type.partition(";")[0].strip().lower()


def is_json(content_type: str) -> bool:
    """Whether a media type is JSON or a format built on it."""
    return essence(content_type).endswith(("/json", "+json"))


def is_one_of(content_type: str, media_ranges: Iterable[str]) -> bool:
    """Whether a media type is in a range, such as ``image/*``, ``application/*+json`` or ``*/*``."""
    halves = essence(content_type).partition("/")
    return any(all(map(_matches, halves, essence(each).partition("/"))) for each in media_ranges)


def _matches(text: str, pattern: str) -> bool:
    before, star, after = pattern.partition("*")
    if not star:
        return text == pattern
    return len(text) > len(before) + len(after) and text.startswith(before) and text.endswith(after)


def json_encoder(*, ensure_ascii: bool) -> Callable[[Any], str]:
    """Return a function that writes a value as JSON without spaces.

    It takes what azure-core's encoder takes, except numbers that are not finite, which JSON cannot represent.
    """
    return json.JSONEncoder(
        ensure_ascii=ensure_ascii,
        allow_nan=False,
        separators=(",", ":"),
        default=AzureJSONEncoder().default,
    ).encode


def not_json(shown: str, error: Exception) -> TypeError | ValueError:
    """Return the error for a value that :func:`json_encoder` failed to write.

    :param shown: What errors call the value.
    """
    kind = TypeError if isinstance(error, TypeError) else ValueError
    return kind(f"{shown} cannot be written as JSON: {error}")


def utf8(piece: object) -> bytes:
    """Return a piece of content as bytes.

    :raises TypeError: It is neither text nor bytes.
    :raises ValueError: It is text that UTF-8 cannot carry.
    """
    if isinstance(piece, str):
        try:
            return piece.encode()
        except UnicodeEncodeError as error:
            raise ValueError(
                f"content has a lone surrogate at {error.start}, which UTF-8 cannot carry"
            ) from error
    if isinstance(piece, bytes | bytearray | memoryview):
        return bytes(piece)
    raise TypeError(f"content has an item of type {type(piece).__name__}, not str or bytes")
