"""Request bodies of the data plane: content types, charsets, limits, and metadata in headers."""

import re
from collections.abc import Mapping, Sequence
from typing import NamedTuple

from azure.messaging.webpubsubservice.emulator import _encodings, _strict_json
from azure.messaging.webpubsubservice.emulator._metadata import MetadataError, metadata_of
from azure.messaging.webpubsubservice.emulator._names import INVALID_GROUP, is_group
from azure.messaging.webpubsubservice.emulator._protocol.messages import Payload, PayloadType

from .errors import ApiError, Reply, bad_request, invalid_parameter, unsupported_media_type

#: The largest body, in bytes: 1 MiB, like the service's own emulator; it is documented as "1 MB".
MAX_BODY = 1024 * 1024

#: The encodings that a response with 415 lists (RFC 9110, section 12.5.3).
_ACCEPT_ENCODING = {"Accept-Encoding": ", ".join(_encodings.ENCODINGS)}

_HTTP_TOKEN = r"[!#$%&'*+.^_`|~0-9A-Za-z-]+"  # noqa: S105 - a pattern
_MEDIA_TYPE = re.compile(
    rf"\s*({_HTTP_TOKEN}/{_HTTP_TOKEN})\s*((?:;\s*(?:{_HTTP_TOKEN}=(?:{_HTTP_TOKEN}|\"[^\"]*\")\s*)?)*)"
)
_CONTENT_LENGTH = re.compile(r"0*([0-9]{1,7})")
_CHARSET = re.compile(rf";\s*charset=(?:\"([^\"]*)\"|({_HTTP_TOKEN}))", re.IGNORECASE)

_DATA_TYPES: Mapping[str, PayloadType] = {
    "application/json": PayloadType.JSON,
    "text/plain": PayloadType.TEXT,
    "application/octet-stream": PayloadType.BINARY,
}


class ContentType(NamedTuple):
    """A parsed ``Content-Type``."""

    data_type: PayloadType
    charset: str


def read_content_type(header: str | None, *, json_only: bool = False) -> ContentType:
    """Return the parsed ``Content-Type``. No header means bytes, where bytes are allowed.

    :raises ApiError: 415: it is malformed, its type or charset is unknown, or it is not JSON but has to be.
    """
    if header is None:
        header = "application/octet-stream"
    parsed = _MEDIA_TYPE.fullmatch(header)
    data_type = _DATA_TYPES.get(parsed[1].lower()) if parsed else None
    if parsed is None or data_type is None or (json_only and data_type is not PayloadType.JSON):
        raise unsupported_media_type(f"content type {header!r} is not supported here")
    charset = _CHARSET.search(parsed[2])
    name = "utf-8" if charset is None else (charset[1] or charset[2] or "")
    try:
        b"?".decode(name, errors="replace")  # decoding an empty value would not look up the codec
    except (LookupError, ValueError):  # ValueError for codecs that are not charsets
        raise unsupported_media_type(f"charset {name!r} is not known") from None
    return ContentType(data_type, name)


def read_content_length(header: str | None) -> int:
    """Return the length of the body that follows.

    :raises ApiError: 400: there is no length, as with chunked bodies, or it exceeds the limit. The service's
        own emulator requires a length, too.
    """
    parsed = _CONTENT_LENGTH.fullmatch(header or "")
    if parsed is None or int(parsed[1]) > MAX_BODY:
        raise bad_request("Invalid Content-Length header.")
    return int(parsed[1])


def check_content_encoding(header: str) -> None:
    """Refuse a body with an unknown encoding before it is read.

    :raises ApiError: 415: the encoding is unknown.
    """
    try:
        _encodings.names_of(header)
    except _encodings.UnknownEncodingError as error:
        raise ApiError(Reply(415, _ACCEPT_ENCODING), str(error)) from None


def decode(body: bytes, content_encoding: str) -> bytes:
    """Return a body as it was before it was encoded. It is a choice to accept encoded bodies at all.

    :raises ApiError: 413: the decoded body exceeds :data:`MAX_BODY`; 400: it is not valid in its encoding.
    """
    try:
        return _encodings.decode(body, content_encoding, limit=MAX_BODY)
    except _encodings.TooLargeError as error:
        raise ApiError(Reply(413), f"the request body has {error}") from None
    except _encodings.EncodingError as error:
        raise bad_request(f"The request body is {error}.") from None


def read_groups(payload: Payload) -> tuple[Sequence[str], str]:
    """Return the groups and the filter in a body that names several groups.

    :raises ApiError: 400: it is not an object, or groups are missing or not valid names.
    """
    body = _strict_json.parse(payload.data.decode())
    fields = {name.lower(): value for name, value in body.items()} if isinstance(body, dict) else {}
    groups, text = fields.get("groups"), fields.get("filter")
    if not isinstance(groups, list) or not groups:
        raise invalid_parameter("Groups", "The body must be an object with at least one group in 'groups'.")
    if not all(isinstance(group, str) and is_group(group) for group in groups):
        raise invalid_parameter("Groups", INVALID_GROUP)
    if text is not None and not isinstance(text, str):
        raise invalid_parameter("Filter", "The filter must be a string.")
    return groups, text or ""


def read_metadata(headers: Mapping[str, str]) -> Mapping[str, str]:
    """Return the message's metadata from ``X-WebPubSub-Metadata-*`` headers, with keys in lower case.

    :raises ApiError: 400: a key or a value breaks a rule, or together they exceed a limit.
    """
    try:
        return metadata_of(headers.items())
    except MetadataError as error:
        raise bad_request(str(error)) from None


def read_payload(content_type: ContentType, body: bytes) -> Payload:
    """Return the message in a body. Text and JSON are converted to UTF-8.

    :raises ApiError: 400: it is not text in its charset, or not JSON.
    """
    data_type, charset = content_type
    if data_type is PayloadType.BINARY:
        return Payload(data_type, body)
    try:
        text = body.decode(charset).removeprefix("\ufeff")
        data = text.encode()
    except ValueError:
        raise bad_request(f"The request body is not {charset} text.") from None
    if data_type is PayloadType.JSON:
        try:
            _strict_json.parse(text)
        except ValueError:
            raise bad_request("The request body is not a valid JSON.") from None
    return Payload(data_type, data)
