"""Messages to send: text, JSON or a file, as content and media type."""

from __future__ import annotations

import json
import mimetypes
import sys
from dataclasses import dataclass
from pathlib import Path
from typing import NoReturn

import click

__all__ = ["BINARY", "JSON", "TEXT", "Payload", "parse_json", "read_file"]

TEXT = "text/plain"
JSON = "application/json"
BINARY = "application/octet-stream"


@dataclass(frozen=True)
class Payload:
    """The body of a message."""

    content: str | bytes
    content_type: str


def parse_json(text: str, what: str = "--json") -> Payload:
    """Check that text is JSON. It is sent unchanged, so that numbers and keys stay as they are.

    :raises click.UsageError: It is not JSON.
    """

    def refuse(name: str) -> NoReturn:
        raise ValueError(f"{name} is not a number of JSON")

    try:
        json.loads(text, parse_constant=refuse)
    except (ValueError, RecursionError) as error:
        hint = ""
        if text.lstrip()[:1] not in {"{", "[", '"'}:
            hint = " Text needs double quotes inside single ones: --json '\"text\"'."
        raise click.UsageError(f"{what} is not JSON: {error}.{hint}") from None
    return Payload(text, JSON)


def read_file(path: str, content_type: str | None) -> Payload:
    """Read a file, or standard input for ``-``.

    :param content_type: The media type; by default it follows from the file's name.
    :raises click.UsageError: It cannot be read, or does not match its type.
    """
    try:
        content = sys.stdin.buffer.read() if path == "-" else Path(path).read_bytes()
    except OSError as error:
        raise click.UsageError(f"{path} cannot be read: {error.strerror or error}.") from None
    kind = content_type or _type_of(path)
    if kind in {TEXT, JSON}:
        try:
            text = content.decode("utf-8-sig" if kind == JSON else "utf-8")
        except UnicodeDecodeError:
            advice = f"Send it as bytes: --content-type {BINARY}."
            raise click.UsageError(f"{path} is not text in UTF-8. {advice}") from None
        return parse_json(text, path) if kind == JSON else Payload(text, TEXT)
    return Payload(content, kind)


def _type_of(path: str) -> str:
    if path == "-":
        return TEXT
    guessed = mimetypes.guess_type(path)[0] or BINARY
    if guessed == JSON:
        return JSON
    return TEXT if guessed.startswith("text/") or path.endswith(".log") else BINARY
