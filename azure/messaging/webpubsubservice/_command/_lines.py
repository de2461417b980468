"""Send a file or standard input, line by line, with a progress bar."""

from __future__ import annotations

from collections import deque
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from dataclasses import dataclass
from typing import TYPE_CHECKING

import click
from azure.core.exceptions import AzureError
from rich.progress import BarColumn, Progress, TextColumn, TimeElapsedColumn

from ._errors import OK, report_error
from ._output import console, emit, wants_json
from ._payload import TEXT, Payload, parse_json
from ._settings import options

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator
    from concurrent.futures import Future
    from typing import BinaryIO

    from azure.core.rest import HttpRequest

    from azure.messaging.webpubsubservice import WebPubSubServiceClient

__all__ = ["send_lines"]


@dataclass
class _Tally:
    """What became of the lines so far."""

    sent: int = 0
    refused: int = 0
    status: int = OK


def send_lines(
    client: WebPubSubServiceClient,
    make: Callable[[Payload], HttpRequest],
    source: BinaryIO,
    *,
    size: int | None,
    as_json: bool,
    in_flight: int,
    keep_going: bool,
) -> int:
    """Send each line as a message, and return the exit status. Empty lines are skipped.

    At most ``in_flight`` lines are read ahead of the response to the first of them, so that a source without
    end needs no more memory, and a line is sent as soon as it is read.

    :param size: Bytes in the source, for the progress bar; ``None`` if nobody knows.
    """
    tally = _Tally()
    waiting: deque[tuple[int, Future[AzureError | None]]] = deque()
    with _progress(size) as advance, ThreadPoolExecutor(in_flight) as pool:

        def settle() -> bool:
            number, future = waiting.popleft()
            _count(tally, number, future.result())
            return keep_going or tally.status == OK

        going = True
        for number, line in enumerate(source, 1):
            advance(len(line), tally.sent)
            request = _request(make, line, number, as_json=as_json)
            if request is None:
                continue
            waiting.append((number, pool.submit(_send, client, request)))
            while going and waiting and (len(waiting) >= in_flight or waiting[0][1].done()):
                going = settle()
            if not going:
                break
        while waiting:
            settle()
    text = f"{tally.sent} sent" + (f", {tally.refused} refused." if tally.refused else ".")
    emit({"sent": tally.sent, "refused": tally.refused}, text, "yellow" if tally.refused else "green")
    return tally.status


def _request(
    make: Callable[[Payload], HttpRequest], line: bytes, number: int, *, as_json: bool
) -> HttpRequest | None:
    try:
        text = line.decode("utf-8").rstrip("\r\n")
    except UnicodeDecodeError:
        raise click.UsageError(
            f"Line {number} is not text in UTF-8. The lines before it were sent."
        ) from None
    if not text:
        return None
    return make(parse_json(text, f"Line {number}") if as_json else Payload(text, TEXT))


def _send(client: WebPubSubServiceClient, request: HttpRequest) -> AzureError | None:
    """Send one message; what goes wrong is the line's outcome."""
    try:
        client.send_request(request).raise_for_status()
    except AzureError as error:
        return error
    return None


def _count(tally: _Tally, number: int, error: AzureError | None) -> None:
    if error is None:
        tally.sent += 1
        return
    tally.refused += 1
    if not wants_json():
        console(stderr=True).print(f"Line {number}:", style="bold")
    tally.status = report_error(error, options(click.get_current_context()))


@contextmanager
def _progress(size: int | None) -> Iterator[Callable[[int, int], None]]:
    """Show a bar on standard error, if that is a terminal; yields what moves it on."""
    screen = console(stderr=True)
    if not screen.is_terminal or wants_json():
        yield lambda _size, _sent: None
        return
    columns = (BarColumn(), TextColumn("{task.fields[sent]} sent"), TimeElapsedColumn())
    with Progress(*columns, console=screen, transient=True) as progress:
        task = progress.add_task("", total=size, sent=0)
        yield lambda read, sent: progress.update(task, advance=read, sent=sent)
