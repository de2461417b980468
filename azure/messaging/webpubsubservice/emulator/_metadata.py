"""Metadata of messages: short texts by key, in JSON, in protobuf and in HTTP headers.

The limits are those of the service's own emulator. Keys and values must fit into headers, because the
metadata of a client's event reaches the event handler in headers.
"""

import re
from collections.abc import Iterable, Mapping
from typing import Final

_PREFIX: Final = "x-webpubsub-metadata-"

_KEY: Final = re.compile(r"[!#$%&'*+.^_`|~0-9A-Za-z-]{1,256}")
_VALUE: Final = re.compile(r"[\t -~]{0,1024}")
_MAX_LENGTH: Final = 8 * 1024


class MetadataError(ValueError):
    """A key or a value breaks a rule, or together they exceed a limit."""


def check_metadata(metadata: Mapping[str, str]) -> Mapping[str, str]:
    """Check metadata and return it.

    :raises MetadataError: A message may not have it. The message says why, without the values.
    """
    for key, value in metadata.items():
        if not _KEY.fullmatch(key):
            raise MetadataError(f"Invalid metadata key {key!r}: 1 to 256 characters of an HTTP token.")
        if not _VALUE.fullmatch(value):
            raise MetadataError(
                f"Invalid metadata value of {key!r}: at most 1024 printable ASCII characters."
            )
    if sum(len(key) + len(value) for key, value in metadata.items()) > _MAX_LENGTH:
        raise MetadataError("Invalid metadata: more than 8 KiB in all.")
    return metadata


def metadata_of(headers: Iterable[tuple[str, str]]) -> Mapping[str, str]:
    """Return the metadata in headers, with keys in lower case.

    :raises MetadataError: A message may not have it.
    """
    named = ((name.lower(), value.strip()) for name, value in headers)
    return check_metadata(
        {
            name[len(_PREFIX) :]: value  # of several, the last one counts
            for name, value in named
            if name.startswith(_PREFIX) and name != _PREFIX
        }
    )


def metadata_headers(metadata: Mapping[str, str]) -> dict[str, str]:
    """Return metadata as headers."""
    return {_PREFIX + key: value for key, value in metadata.items()}
