"""Names of hubs, groups, users, connections and events, and how they are written in a URL's path.

Limits: the specification's patterns for hub and group; the name rules of the service's subprotocols for
events.
"""

import re
from collections.abc import Callable, Mapping
from urllib.parse import unquote

_HUB = re.compile(r"[A-Za-z][A-Za-z0-9_`,.\[\]]{0,127}")
_EVENT = re.compile(r"[a-z][a-z0-9_.-]{0,127}", re.IGNORECASE)
_ORIGIN = re.compile(r"https?://[^/]*", re.IGNORECASE)
_LONE_SURROGATE = re.compile("[\ud800-\udfff]")
_ESCAPED_SLASH = re.compile(r"(%2[Ff])")

INVALID_HUB = (
    "Invalid hub name. Valid hub name should start with a letter, then at most 127 of A-Za-z0-9_`,.[]."
)
#: In the words of the service.
INVALID_GROUP = "Invalid group name. Valid group name should be in between 1 and 1024 characters long."


def is_hub(name: object) -> bool:
    """Return whether the service accepts this name for a hub."""
    return isinstance(name, str) and _HUB.fullmatch(name) is not None


def is_group(name: object) -> bool:
    """Return whether the service accepts this name for a group: 1 to 1024 characters, not all white space."""
    return isinstance(name, str) and len(name) <= 1024 and is_id(name)


def is_event(name: str) -> bool:
    """Return whether the service accepts this name for a user event."""
    return _EVENT.fullmatch(name) is not None


def is_id(value: object) -> bool:
    """Return whether this can be a connection id or a user id: Unicode text that is not blank."""
    return (
        isinstance(value, str) and value != "" and not value.isspace() and not _LONE_SURROGATE.search(value)
    )


#: The rules for names in a path, by the specification's names, each with the message if it is broken.
PATH_RULES: Mapping[str, tuple[Callable[[object], bool], str]] = {
    "hub": (is_hub, INVALID_HUB),
    "group": (is_group, INVALID_GROUP),
    "connectionId": (is_id, "Invalid connection id: it must not be blank."),
    "userId": (is_id, "Invalid user id: it must not be blank."),
}


def decode_segment(segment: str) -> str:
    """Return a raw path segment, decoded as the service's web server decodes it.

    ``%2F`` is kept, so that it cannot become a separator, and ``+`` is a plus sign. Escapes that are not
    UTF-8 are kept, too.
    """
    parts = _ESCAPED_SLASH.split(segment)
    try:
        parts[::2] = [unquote(part, errors="strict") for part in parts[::2]]
    except UnicodeDecodeError:
        return segment
    return "".join(parts)


def split_target(target: str) -> tuple[str, str]:
    """Split a request's target at its query. Clients of an HTTP proxy send a whole URL (RFC 9112)."""
    path, _, query = target.partition("?")
    origin = _ORIGIN.match(path)
    return (path[origin.end() :] or "/" if origin else path), query


def without_port(host: str) -> str:
    """Return the host of a ``Host`` header, without its port."""
    name, colon, port = host.rpartition(":")
    return name if colon and not port.endswith("]") else host


def split_path(raw_path: str) -> list[str]:
    """Split a raw path into decoded segments, with dot segments resolved and one trailing slash dropped.

    The service's web server resolves dot segments after decoding, so a group called ``..`` addresses the
    parent.
    """
    segments: list[str] = []
    for segment in map(decode_segment, raw_path.removeprefix("/").removesuffix("/").split("/")):
        if segment == "..":
            del segments[-1:]
        elif segment != ".":
            segments.append(segment)
    return segments
