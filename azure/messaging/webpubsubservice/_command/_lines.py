"""Send a file or standard input, line by line, with a progress bar."""

from __future__ import annotations

from contextlib import contextmanager
from dataclasses import dataclass
from itertools import count
from typing import TYPE_CHECKING

import click
from azure.core.exceptions import AzureError
from rich.progress import BarColumn, Progress, TextColumn, TimeElapsedColumn

from ._errors import INTERRUPTED, OK, checked, report_error
from ._output import confirm, console, note, wants_json
from ._payload import TEXT, Payload, parse_json, read_lines
from ._settings import options

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator
    from typing import BinaryIO

    from azure.core.rest import HttpRequest, HttpResponse

    from azure.messaging.webpubsubservice import WebPubSubServiceClient
    from azure.messaging.webpubsubservice.senders import SendResult

__all__ = ["send_lines"]


@dataclass
class _Tally:
    """The outcome of the lines so far."""

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

    A line is read only when it can be sent, and sent at once, so an endless source needs no more memory than
    a short one.

    :param size: Bytes in the source, for the progress bar; ``None`` if that is unknown.
    """
    tally = _Tally()
    indexes = count()
    numbers: dict[int, int] = {}  # line numbers of the requests on their way, by index
    with _progress(size) as advance:

        def requests() -> Iterator[HttpRequest]:
            for number, line in enumerate(read_lines(source), 1):
                advance(len(line), tally.sent)
                request = _request(make, line, number, as_json=as_json)
                if request is not None:
                    numbers[next(indexes)] = number
                    yield request

        try:
            with client.send_requests(requests(), max_concurrency=in_flight, read_ahead=in_flight) as results:
                for result in results:
                    _count(tally, numbers.pop(result.index), result)
                    if tally.refused and not keep_going:
                        results.close()  # results for lines on their way still arrive
        except KeyboardInterrupt:
            tally.status = INTERRUPTED
        except click.UsageError as error:
            raise click.UsageError(
                f"{error.message} Lines sent before it: {tally.sent}.", error.ctx
            ) from None
    text = f"{tally.sent} sent" + (f", {tally.refused} refused." if tally.refused else ".")
    confirm({"sent": tally.sent, "refused": tally.refused}, text, "yellow" if tally.refused else "green")
    return tally.status


def _request(
    make: Callable[[Payload], HttpRequest], line: bytes, number: int, *, as_json: bool
) -> HttpRequest | None:
    try:
        text = line.decode("utf-8").rstrip("\r\n")
    except UnicodeDecodeError:
        raise click.UsageError(f"Line {number} is not text in UTF-8.") from None
    if not text:
        return None
    return make(parse_json(text, f"Line {number}") if as_json else Payload(text, TEXT))


def _count(tally: _Tally, number: int, result: SendResult[HttpResponse]) -> None:
    try:
        checked(result.raise_for_status)
    except AzureError as error:
        tally.refused += 1
        note(f"Line {number}:", "bold")
        tally.status = report_error(error, options(click.get_current_context()))
    else:
        tally.sent += 1


@contextmanager
def _progress(size: int | None) -> Iterator[Callable[[int, int], None]]:
    """Show a bar on standard error, if that is a terminal. Yield a function that advances it."""
    screen = console(stderr=True)
    if not screen.is_terminal or wants_json():
        yield lambda _size, _sent: None
        return
    columns = (BarColumn(), TextColumn("{task.fields[sent]} sent"), TimeElapsedColumn())
    with Progress(*columns, console=screen, transient=True) as progress:
        task = progress.add_task("", total=size, sent=0)
        yield lambda read, sent: progress.update(task, advance=read, sent=sent)
