"""Messages to send: text, JSON or a file, as content and media type."""

from __future__ import annotations

import codecs
import json
import mimetypes
import sys
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, BinaryIO, NoReturn

import click

from azure.messaging.webpubsubservice._body import MAX_BODY

if TYPE_CHECKING:
    from collections.abc import Iterator

__all__ = [
    "BINARY",
    "JSON",
    "TEXT",
    "Payload",
    "parse_json",
    "read_file",
    "read_lines",
    "read_some",
    "standard_input",
]

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
        if path == "-":
            content = read_some(standard_input(), path)
        else:
            with Path(path).open("rb") as source:
                content = read_some(source, path)
    except OSError as error:
        raise click.UsageError(f"{path} cannot be read: {error.strerror or error}.") from None
    kind = content_type or _type_of(path)
    if kind == JSON:
        content = content.removeprefix(codecs.BOM_UTF8)
    if kind in {TEXT, JSON}:
        try:
            text = content.decode("utf-8")
        except UnicodeDecodeError:
            advice = f"Send it as bytes: --content-type {BINARY}."
            raise click.UsageError(f"{path} is not text in UTF-8. {advice}") from None
        return parse_json(text, path) if kind == JSON else Payload(text, TEXT)
    return Payload(content, kind)


def read_lines(source: BinaryIO) -> Iterator[bytes]:
    """Yield lines with their ends, each at most as long as a message and read only when it is asked for.

    :raises click.UsageError: A line is too long, or cannot be read.
    """
    number = 0
    while True:
        number += 1
        try:
            line = source.readline(MAX_BODY + len(b"\r\n") + 1)
        except OSError as error:
            raise click.UsageError(f"Line {number} cannot be read: {error.strerror or error}.") from None
        if not line:
            return
        _check_length(f"Line {number}", line.rstrip(b"\r\n"))
        yield line


def standard_input() -> BinaryIO:
    """Return standard input.

    :raises click.UsageError: It is closed.
    """
    if sys.stdin is None:
        raise click.UsageError("Standard input is closed: there is nothing to send.")
    return sys.stdin.buffer


def read_some(source: BinaryIO, name: str) -> bytes:
    """Read at most as much as a message can have, because a device may have no end.

    :raises click.UsageError: There is more.
    """
    content = source.read(MAX_BODY + 1)
    _check_length(name, content)
    return content


def _check_length(what: str, content: bytes) -> None:
    if len(content) > MAX_BODY:
        raise click.UsageError(f"{what} is over 1 MiB, the most that a message can have.")


def _type_of(path: str) -> str:
    if path == "-":
        return TEXT
    guessed = mimetypes.guess_type(path)[0] or BINARY
    if guessed == JSON:
        return JSON
    return TEXT if guessed.startswith("text/") or path.endswith(".log") else BINARY
