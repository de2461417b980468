"""Responses to the service: their parts, and the errors that become responses."""

from __future__ import annotations

import base64
import codecs
import json as _json
import re
from dataclasses import dataclass, field
from email.message import Message
from typing import TYPE_CHECKING, Any, Final

from azure.messaging.webpubsubservice._keywords import explain_calls

if TYPE_CHECKING:
    from collections.abc import Mapping

TEXT: Final = "text/plain; charset=utf-8"
METADATA_PREFIX: Final = "X-WebPubSub-Metadata-"
_METADATA_NAME: Final = re.compile(r"[!#$%&'*+.^_`|~0-9A-Za-z-]{1,256}")
# Python's encodings that no protocol uses. Decoding the first two does not take linear time.
_NOT_CHARSETS: Final = {"idna", "punycode", "raw-unicode-escape", "undefined", "unicode-escape"}
_VISIBLE: Final = re.compile(r"[ -~]+")


@explain_calls
@dataclass(frozen=True, slots=True)
class EventResponse:
    """A response to the service. Pass its three parts to your web framework.

    :ivar status: The HTTP status.
    :ivar headers: The headers, without ``Content-Length``.
    :ivar body: The body; empty for 204.
    """

    status: int
    headers: Mapping[str, str] = field(default_factory=dict)
    body: bytes = b""


class EventError(ValueError):
    """The request is not an event of the service."""

    status = 400

    @property
    def response(self) -> EventResponse:
        """The response to such a request, with this error's message."""
        return EventResponse(self.status, {"Content-Type": TEXT}, str(self).encode(errors="backslashreplace"))


class SignatureError(EventError):
    """The request is not signed with any of the access keys."""

    status = 401


def media_type(content_type: str | None) -> tuple[str, str | None]:
    """Return the media type, in lower case, and the charset, if there is one."""
    if content_type is None or len(content_type) > 1024:  # parsing parameters does not take linear time
        return "application/octet-stream", None
    message = Message()
    message["Content-Type"] = content_type.replace("\r", " ").replace("\n", " ")
    return message.get_content_type(), message.get_content_charset()


def known_charset(charset: str) -> str:
    """Return a charset that Python can read and write.

    :raises LookupError: Python cannot.
    """
    if codecs.lookup(charset).name in _NOT_CHARSETS:
        raise LookupError(charset)
    return charset


def encode_text(argument: str, text: str, charset: str) -> bytes:
    """Return text as bytes.

    :raises ValueError: There is no such charset, or it lacks a character of the text.
    """
    try:
        return text.encode(known_charset(charset))
    except UnicodeEncodeError as error:
        raise ValueError(f"{argument} has a character at {error.start} that {charset} cannot carry") from None
    except LookupError:
        raise ValueError(f"{charset!r} is not a charset that Python knows") from None


def dump(argument: str, value: object) -> bytes:
    """Return the value of an argument as JSON.

    :raises TypeError: It cannot be written as JSON.
    :raises ValueError: It has a number that is not finite, or text that UTF-8 cannot carry.
    """
    try:
        return _json.dumps(value, ensure_ascii=False, allow_nan=False, separators=(",", ":")).encode()
    except (TypeError, ValueError, RecursionError) as error:
        kind = TypeError if isinstance(error, TypeError) else ValueError
        raise kind(f"{argument} cannot be written as JSON: {error}") from None


def metadata_headers(metadata: Mapping[str, str] | None) -> dict[str, str]:
    """Return the headers that carry metadata.

    :raises TypeError: It is not a mapping of text to text.
    :raises ValueError: The service refuses a name or a value.
    """
    if metadata is None:
        return {}
    if not hasattr(metadata, "items"):
        raise TypeError(f"metadata must be a mapping of str to str, not {type(metadata).__name__}")
    for name, value in metadata.items():
        if not isinstance(name, str) or not isinstance(value, str):
            raise TypeError(f"metadata must be a mapping of str to str; {name!r} is not one in this mapping")
        if not _METADATA_NAME.fullmatch(name):
            raise ValueError(f"metadata must have header names of 1 to 256 characters, not {name!r}")
        if len(value) > 1024 or not is_header_value(value):
            raise ValueError(f"metadata[{name!r}] must be 1 to 1024 characters of visible ASCII")
    return {METADATA_PREFIX + name: value for name, value in metadata.items()}


def state_headers(state: Mapping[str, Any] | None, connection_state: str | None) -> dict[str, str]:
    """Return the header that carries the state of a connection.

    :raises TypeError: ``state`` is not a mapping, or ``connection_state`` is not a string.
    :raises ValueError: Both are given, or a header cannot carry ``connection_state``.
    """
    if state is not None:
        if connection_state is not None:
            raise ValueError("state and connection_state are two forms of the same thing: pass only one")
        if not hasattr(state, "keys"):
            raise TypeError(f"state must be a mapping, not {type(state).__name__}")
        connection_state = base64.b64encode(dump("state", dict(state))).decode()
    if connection_state is None:
        return {}
    if not isinstance(connection_state, str):
        raise TypeError(f"connection_state must be a str, not {type(connection_state).__name__}")
    if not is_header_value(connection_state):
        raise ValueError(
            "connection_state must be visible ASCII, which a header can carry: encode it, or pass state"
        )
    return {"ce-connectionState": connection_state}


def is_header_value(value: str) -> bool:
    """Whether a value is visible ASCII, with spaces only inside."""
    return value == value.strip(" ") and _VISIBLE.fullmatch(value) is not None
