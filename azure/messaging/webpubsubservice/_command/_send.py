"""Send messages: ``send``."""

from __future__ import annotations

import os
import shlex
from contextlib import ExitStack
from pathlib import Path
from textwrap import shorten
from typing import TYPE_CHECKING, Any

import click

from azure.messaging.webpubsubservice import rest

from ._answers import send_successfully
from ._commands import Choice, TeachingCommand
from ._errors import OK, checked
from ._lines import send_lines
from ._output import confirm
from ._payload import BINARY, JSON, TEXT, Payload, parse_json, read_file, standard_input
from ._settings import client, service_options
from ._targets import one_of, target_options

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence
    from typing import BinaryIO

    from azure.core.rest import HttpRequest

__all__ = ["send"]


class _Send(TeachingCommand):
    def explain_extra(self, ctx: click.Context, extra: Sequence[str]) -> str:
        """Return what to write for a message of several words that is not quoted."""
        text = shorten(" ".join([ctx.params["message"], *extra]), 60)
        quoted = shlex.quote(text) if set(text) & set('"$`\\!') else f'"{text}"'
        hub = shlex.quote(ctx.params["hub"])
        return f"Put a message of several words in quotation marks: {ctx.command_path} {hub} {quoted}"


@click.command(
    cls=_Send,
    short_help="Send a message.",
    epilog="""\b
Examples:
  webpubsub send chat "Hello"                              to everybody in the hub
  webpubsub send chat "Hello" --group lobby                to a group
  webpubsub send chat --user alice --json '{"to": "do"}'   JSON to a user
  webpubsub send chat --file photo.jpg                     a file, as what its name says
  tail -f app.log | webpubsub send chat --lines -g logs    each line, as soon as it comes
  webpubsub send chat --json-lines --file events.jsonl     each line as JSON

\b
The service confirms that it took a message (202), not that anybody received it.
'webpubsub exists' says whether somebody is connected.""",
)
@click.argument("hub")
@click.argument("message", required=False)
@target_options("group", "user", "connection")
@click.option("--json", "json_text", metavar="JSON", help="Send a JSON value.")
@click.option("--file", "file", metavar="FILE", help="Send a file; - is standard input.")
@click.option(
    "--content-type",
    type=Choice(TEXT, JSON, BINARY),
    help="Media type of the file. Default: by its name; text/plain for standard input.",
)
@click.option("--lines", is_flag=True, help="Send each line of the file, or of standard input, as text.")
@click.option("--json-lines", is_flag=True, help="Like --lines, with each line as JSON.")
@click.option(
    "--in-flight",
    type=click.IntRange(1, 64),
    default=1,
    metavar="N",
    help="How many lines to send at once. More is faster, but lines may arrive out of order. Default 1.",
)
@click.option("--keep-going", is_flag=True, help="Do not stop at a line that is refused.")
@click.option("--except", "excluded", multiple=True, metavar="ID", help="Skip a connection. Repeat for more.")
@click.option("--filter", "odata", metavar="ODATA", help="Only to connections that the OData filter matches.")
@click.option(
    "--ttl",
    type=click.IntRange(0, 300),
    metavar="SECONDS",
    help="How long the message may wait for a connection; then it is dropped. 0 is no limit.",
)
@service_options(json_flag=False)
@click.pass_context
def send(ctx: click.Context, /, hub: str, message: str | None, **given: Any) -> int:
    """Send a message to a hub, a group, a user or a connection.

    MESSAGE is text. Here, --json sends JSON; for JSON output, use --output json.
    """
    by_line = given["lines"] or given["json_lines"]
    make = _maker(hub, given)
    if by_line:
        if message is not None or given["json_text"] is not None or (given["lines"] and given["json_lines"]):
            raise click.UsageError(
                "MESSAGE, --json, --lines and --json-lines exclude each other: use one of them."
            )
        with ExitStack() as stack:
            source, size = _open(given["file"], stack)
            return send_lines(
                client(ctx),
                make,
                source,
                size=size,
                as_json=given["json_lines"],
                in_flight=given["in_flight"],
                keep_going=given["keep_going"],
            )
    request = make(_payload(hub, message, given["json_text"], given["file"], given["content_type"]))
    send_successfully(client(ctx), request)
    confirm({"sent": 1}, "Sent.", "green")
    return OK


def _maker(hub: str, given: dict[str, Any]) -> Callable[[Payload], HttpRequest]:
    """Return a function that makes the request for a message, from the options for its recipients."""
    kinds = ("group", "user", "connection")
    kind, who = "hub", ""
    if any(given[name] is not None for name in kinds):
        kind, who = one_of(**{name: given[name] for name in kinds})
    options: dict[str, Any] = {}
    if given["excluded"]:
        options["excluded"] = list(given["excluded"])
    if given["odata"] is not None:
        options["filter"] = given["odata"]
    if given["ttl"] is not None:
        options["message_ttl_seconds"] = given["ttl"]
    targets: dict[str, tuple[Callable[..., HttpRequest], tuple[str, ...]]] = {
        "hub": (rest.build_send_to_all_request, (hub,)),
        "group": (rest.build_send_to_group_request, (hub, who)),
        "user": (rest.build_send_to_user_request, (hub, who)),
        "connection": (rest.build_send_to_connection_request, (hub, who)),
    }
    builder, names = targets[kind]
    if kind in {"user", "connection"} and given["excluded"]:
        raise click.UsageError(f"--except is for hubs and groups, not for --{kind}.")
    if kind == "connection" and given["odata"] is not None:
        raise click.UsageError("--filter chooses between connections, and --connection names one.")

    def make(payload: Payload) -> HttpRequest:
        return checked(builder, *names, content=payload.content, content_type=payload.content_type, **options)

    return make


def _payload(
    hub: str, message: str | None, json_text: str | None, file: str | None, content_type: str | None
) -> Payload:
    given = [value for value in (message, json_text, file) if value is not None]
    if not given:
        raise click.UsageError(
            f"There is no message for the hub {hub!r}. The message comes after the hub: "
            'webpubsub send HUB "Hello". Or use --json, --file, --lines or --json-lines.'
        )
    if len(given) > 1:
        raise click.UsageError(
            "There are several messages: use one of MESSAGE, --json, --file, --lines and --json-lines."
        )
    if message is not None:
        return Payload(message, TEXT)
    if json_text is not None:
        return parse_json(json_text)
    assert file is not None
    return read_file(file, content_type)


def _open(path: str | None, stack: ExitStack) -> tuple[BinaryIO, int | None]:
    """Open a file of lines, and return it with its size if that is known."""
    if path in (None, "-"):
        return standard_input(), None
    try:
        source = stack.enter_context(Path(str(path)).open("rb"))  # noqa: SIM115 - the stack closes it
        return source, os.fstat(source.fileno()).st_size or None
    except OSError as error:
        raise click.UsageError(f"{path} cannot be read: {error.strerror or error}.") from None
