"""Connection strings, as the Azure portal shows them."""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import TYPE_CHECKING, Final

if TYPE_CHECKING:
    from collections.abc import Mapping

__all__ = ["ConnectionString"]

_EXAMPLE: Final = (
    "It must look like 'Endpoint=https://<name>.webpubsub.azure.com;AccessKey=<key>;Version=1.0;'; "
    "the Azure portal shows it under Keys."
)
_NAMES: Final = {"endpoint": "Endpoint", "accesskey": "AccessKey", "port": "Port", "version": "Version"}


@dataclass(frozen=True, repr=False)
class ConnectionString:
    """``Endpoint=<url>;AccessKey=<key>;Version=1.0;``, with an optional ``Port``.

    Names may be in any order and in any case. White space around names and values is ignored, and so are
    unknown names. No error message repeats a value: it may be the key.
    """

    endpoint: str
    access_key: str

    @classmethod
    def parse(cls, text: str) -> ConnectionString:
        """Parse a connection string.

        :raises TypeError: It is not text.
        :raises ValueError: A part is malformed, missing, empty or repeated.
        """
        if text is None:
            raise TypeError(
                "The connection string is None: the variable or setting that it comes from is not set."
            )
        if not isinstance(text, str):
            raise TypeError(f"The connection string must be a str, not {type(text).__name__}.")
        found = _parts(text)
        for name in ("endpoint", "accesskey"):
            if not found.get(name):
                raise ValueError(_missing(name, found))
        return cls(_with_port(found["endpoint"], found.get("port")), found["accesskey"])


def _parts(text: str) -> dict[str, str]:
    """Return the parts by name in lower case."""
    found: dict[str, str] = {}
    for number, part in enumerate(text.split(";"), start=1):
        if not part.strip():
            continue
        name, equals, value = part.partition("=")
        name = name.strip().lower()
        if not equals or not name:
            raise ValueError(
                f"Part {number} of the connection string is not written as <name>=<value>.{_quoted(text)} "
                f"{_EXAMPLE}"
            )
        if name in found:
            shown = _NAMES.get(name) or f"The name of part {number}"
            raise ValueError(f"{shown} is in the connection string twice.")
        found[name] = value.strip()
    return found


def _quoted(text: str) -> str:
    """Return what to say of quotation marks, which a shell or a file of settings leaves around a value."""
    stripped = text.strip()
    return " Remove the quotation marks around it." if {stripped[0], stripped[-1]} & set("\"'") else ""


def _missing(name: str, found: Mapping[str, str]) -> str:
    """Return the message for a part that is missing or empty."""
    shown = _NAMES[name]
    if name in found:
        return f"The {shown} of the connection string is empty. {_EXAMPLE}"
    from difflib import get_close_matches  # noqa: PLC0415 (only for this error)

    # A near miss resembles the name, so it is safe to show: it cannot be a key.
    if near := get_close_matches(name, sorted(found.keys() - _NAMES.keys()), 1, cutoff=0.75):
        return (
            f"The connection string has no {shown}, but it has {near[0]!r}: did you mean {shown}? {_EXAMPLE}"
        )
    if name == "accesskey" and "authtype" in found:
        return (
            "The connection string has an AuthType and no AccessKey. To authenticate with Microsoft Entra, "
            "pass the endpoint and a credential to the client instead, such as "
            "azure.identity.DefaultAzureCredential()."
        )
    return f"The connection string has no {shown}. {_EXAMPLE}"


def _with_port(endpoint: str, port: str | None) -> str:
    if port is None:
        return endpoint
    if not re.fullmatch(r"[0-9]{1,5}", port) or not 0 < int(port) < 65536:
        raise ValueError("The Port of the connection string must be a number from 1 to 65535.")
    match = re.fullmatch(r"([A-Za-z]+://(?:\[[^\]]*\]|[^/:]*))(?::([0-9]{1,5}))?(/.*)?", endpoint)
    if match is None:
        return endpoint  # Not a URL: the client says so, by that name.
    if match[2] and int(match[2]) != int(port):
        raise ValueError("The connection string names one port in its Endpoint and another in its Port.")
    return f"{match[1]}:{int(port)}{match[3] or ''}"
