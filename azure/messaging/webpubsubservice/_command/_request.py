"""Any operation by name: ``request``. Its commands are made from the signatures of the builders."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any

import click

from azure.messaging.webpubsubservice import rest

from ._answers import send_request
from ._builders import Operation, operation_names
from ._commands import SuggestingGroup, TeachingCommand
from ._errors import OK, advise, checked, status_of
from ._output import confirm, emit, note, table, wants_json
from ._payload import BINARY, read_file
from ._settings import client, service_options

if TYPE_CHECKING:
    from collections.abc import Callable

    from azure.core.rest import HttpRequest, HttpResponse

__all__ = ["request"]

#: Secret members of a response, which grant access. Only ``webpubsub token`` prints tokens.
_SECRETS = frozenset({"token", "accessToken"})


class OperationGroup(SuggestingGroup):
    """A group with a command for each builder in ``rest``."""

    kind = "operation"

    def list_commands(self, ctx: click.Context) -> list[str]:  # noqa: ARG002 - click's signature
        """Return the names of all operations."""
        return list(operation_names())

    def get_command(self, ctx: click.Context, cmd_name: str) -> click.Command | None:  # noqa: ARG002
        """Create the command for an operation."""
        builder = operation_names().get(cmd_name)
        return None if builder is None else _command(Operation.read(cmd_name, getattr(rest, builder)))

    def format_commands(self, ctx: click.Context, formatter: click.HelpFormatter) -> None:
        """Do not list the many operations in help; ``--list`` does."""


@click.group(
    cls=OperationGroup,
    short_help="Send the request of any operation, by its name.",
    invoke_without_command=True,
    subcommand_metavar="OPERATION [ARGS]...",
    epilog="""\b
Examples:
  webpubsub request --list
  webpubsub request send-to-all --help
  webpubsub request send-to-all chat --json '{}'
  webpubsub request send-to-group chat lobby --content hello --content-type text/plain
  webpubsub request close-all-connections chat --excluded aBcDeFg --reason bye
  webpubsub request send-to-all chat --json '{}' --dry-run      shows the request""",
)
@click.option("--list", "show_list", is_flag=True, help="List the operations.")
@service_options(json_flag=False)
@click.pass_context
def request(ctx: click.Context, show_list: bool) -> int:
    """Send the request of any operation of the REST API, and print the response."""
    if show_list:
        operations = [
            Operation.read(name, getattr(rest, builder)) for name, builder in operation_names().items()
        ]
        if wants_json():
            for operation in operations:
                emit({"name": operation.name, "summary": operation.summary, "route": operation.route}, "")
        else:
            table(("operation", "what it does"), [(each.name, each.summary) for each in operations])
    elif ctx.invoked_subcommand is None:
        raise click.UsageError("Name an operation: 'webpubsub request --list' shows them.", ctx)
    return OK


def _command(operation: Operation) -> click.Command:
    """Create a command whose arguments and options are the builder's parameters."""
    with_body = "content" in operation.parameters
    command: click.Command = TeachingCommand(
        operation.name,
        params=[*operation.arguments(), *operation.options()],
        callback=click.pass_context(lambda ctx, **given: _run(ctx, operation, given)),
        help=operation.help,
        short_help=operation.summary,
        explained=operation.explanations,
    )
    if with_body and "file" not in operation.parameters:
        command = click.option(
            "--file", "body_file", metavar="FILE", help="File to send; - is standard input."
        )(command)
    command = click.option("--dry-run", "dry_run", is_flag=True, help="Show the request; send nothing.")(
        command
    )
    return service_options(json_flag=False, without=tuple(operation.parameters))(command)


def _run(ctx: click.Context, operation: Operation, given: dict[str, Any]) -> int:
    dry_run, file = given.pop("dry_run"), given.pop("body_file", None)
    if file is not None:
        if given.get("content") is not None or given.get("json") is not None:
            raise click.UsageError("--file, --content and --json exclude each other.")
        default = None if operation.has_media_types else BINARY
        payload = read_file(file, given.get("content_type") or default)
        given["content"] = payload.content
        if operation.has_media_types:
            given["content_type"] = payload.content_type
    built = checked(operation.build, given)
    if dry_run:
        _show_request(built)
        return OK
    response = send_request(client(ctx), built)
    # A query is worth nothing without its output. A change must not be repeated only because of it.
    _show_response(response, emit if built.method in {"GET", "HEAD"} else confirm)
    if advice := advise(response):
        note(advice)
    return status_of(response.status_code)


def _show_request(built: HttpRequest) -> None:
    body = built.content
    text = body.decode("utf-8", "backslashreplace") if isinstance(body, bytes) else str(body or "")
    headers = dict(built.headers)
    value = {"method": built.method, "url": built.url, "headers": headers, "body": text}
    lines = [f"{built.method} {built.url}", *(f"{name}: {header}" for name, header in headers.items())]
    emit(value, "\n".join(lines) + (f"\n\n{text}" if text else ""))


def _show_response(response: HttpResponse, show: Callable[[Any, str], None]) -> None:
    body = _masked(_body(response))
    line = f"{response.status_code} {response.reason}"
    if wants_json():
        headers = dict(response.headers)
        show({"status": response.status_code, "headers": headers, "body": body}, "")
        return
    text = body if isinstance(body, str) else json.dumps(body, ensure_ascii=False, indent=2)
    show(None, line + (f"\n{text}" if body not in (None, "") else ""))


def _body(response: HttpResponse) -> Any:
    try:
        return response.json()
    except ValueError:
        return response.text() or None


def _masked(body: Any) -> Any:
    """Hide tokens: anyone who sees one can connect with it."""
    if not isinstance(body, dict):
        return body
    hidden = "(a secret: 'webpubsub token' prints tokens)"
    return {name: hidden if name in _SECRETS else value for name, value in body.items()}
