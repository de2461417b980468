"""Settings for the service, from options, the environment and a ``.env`` file."""

from __future__ import annotations

import logging
import os
from dataclasses import dataclass
from difflib import get_close_matches
from io import StringIO
from pathlib import Path
from typing import TYPE_CHECKING, Any, TypeVar
from urllib.parse import urlsplit

import click
from dotenv import dotenv_values

from azure.messaging.webpubsubservice import WebPubSubServiceClient

from ._commands import Choice, SharedOption
from ._payload import read_some

if TYPE_CHECKING:
    from collections.abc import Callable

__all__ = ["Settings", "client", "options", "service_options"]

F = TypeVar("F", bound="Callable[..., Any]")

CONNECTION_STRING = "WEBPUBSUB_CONNECTION_STRING"
ENDPOINT = "WEBPUBSUB_ENDPOINT"
REVERSE_PROXY_ENDPOINT = "WEBPUBSUB_REVERSE_PROXY_ENDPOINT"
_KNOWN = (CONNECTION_STRING, ENDPOINT, REVERSE_PROXY_ENDPOINT)

#: The variables that are read from a ``.env``: this command's and azure-identity's. Others are for other
#: programs.
_PREFIXES = ("WEBPUBSUB_", "AZURE_")


def _store(ctx: click.Context, parameter: click.Parameter, value: object) -> None:
    """Keep an option for the whole run, so that it can be before or after the command's name."""
    if value is not None and value is not False and not ctx.resilient_parsing:
        ctx.find_root().ensure_object(dict)[parameter.name] = value


def _option(*names: str, **attributes: Any) -> Callable[[F], F]:
    return click.option(*names, cls=SharedOption, expose_value=False, callback=_store, **attributes)


_OPTIONS: dict[str, Callable[[Any], Any]] = {
    "connection_string": _option(
        "--connection-string",
        metavar="TEXT",
        help=f"Connection string. {CONNECTION_STRING} is safer: others can see a command's options.",
    ),
    "endpoint": _option(
        "--endpoint",
        metavar="URL",
        help=f"Endpoint, for Microsoft Entra (needs azure-identity). Or {ENDPOINT}.",
    ),
    "reverse_proxy_endpoint": _option(
        "--reverse-proxy-endpoint",
        metavar="URL",
        help=f"Send requests here: a proxy in front of the service. Or {REVERSE_PROXY_ENDPOINT}.",
    ),
    "env_file": _option(
        "--env-file",
        type=click.Path(exists=True, dir_okay=False, path_type=Path),
        help="File of settings to read instead of .env.",
    ),
    "timeout": _option(
        "--timeout",
        type=click.FloatRange(min=0, min_open=True),
        metavar="SECONDS",
        help="How long to wait for a connection or a response. Default 30.",
    ),
    "verbose": _option("-v", "--verbose", is_flag=True, help="Log requests and responses, without secrets."),
    "output": _option(
        "-o",
        "--output",
        type=Choice("text", "json"),
        help="text for people (the default), or json for programs.",
    ),
}


def service_options(*, json_flag: bool = True, without: tuple[str, ...] = ()) -> Callable[[F], F]:
    """Add the options of every command that uses the service.

    :param json_flag: Whether ``--json`` asks for JSON output. It does not if ``--json`` is a message.
    :param without: Options to leave out, because the command has its own with that name.
    """

    def add(command: F) -> F:
        added: Any = command
        chosen = [option for name, option in _OPTIONS.items() if name not in without]
        if json_flag:
            chosen.append(_option("--json", "json_output", is_flag=True, help="The same as --output json."))
        # A command lists options in the order in which they are added; for a function, it is reversed.
        for option in chosen if isinstance(command, click.Command) else reversed(chosen):
            added = option(added)
        return added  # type: ignore[no-any-return]

    return add


def options(ctx: click.Context) -> dict[str, Any]:
    """Return the options of :func:`service_options` from anywhere on the command line."""
    kept: dict[str, Any] = ctx.find_root().ensure_object(dict)
    return kept


@dataclass(frozen=True)
class Settings:
    """The service to talk to.

    :ivar connection_string: Endpoint and key; ``None`` for Microsoft Entra.
    """

    connection_string: str | None
    endpoint: str | None
    reverse_proxy_endpoint: str | None
    timeout: float

    @classmethod
    def read(cls, given: dict[str, Any]) -> Settings:
        """Read the settings. Options take precedence over the environment, and the environment over the file.

        :raises click.UsageError: No service is named, or there are two ways to reach one.
        """
        if given.get("connection_string") and given.get("endpoint"):
            raise click.UsageError("--connection-string names an endpoint already: leave --endpoint out.")
        _load_env_file(given.get("env_file"))
        connection_string = given.get("connection_string")
        endpoint = given.get("endpoint")
        if not connection_string and not endpoint:
            connection_string = os.environ.get(CONNECTION_STRING)
        if not connection_string and not endpoint:
            endpoint = os.environ.get(ENDPOINT)
        if not connection_string and not endpoint:
            raise click.UsageError(_nothing_named())
        proxy = given.get("reverse_proxy_endpoint") or os.environ.get(REVERSE_PROXY_ENDPOINT)
        for name, value in (
            ("connection string", connection_string),
            ("endpoint", endpoint),
            ("reverse proxy endpoint", proxy),
        ):
            _check_text(name, value)
        return cls(connection_string or None, endpoint or None, proxy or None, given.get("timeout", 30.0))


def client(ctx: click.Context) -> WebPubSubServiceClient:
    """Return a client of the service in the settings. It is closed when the command ends.

    :raises click.UsageError: There is no service in the settings, or a value is wrong.
    """
    settings = Settings.read(options(ctx))
    common: dict[str, Any] = {
        "reverse_proxy_endpoint": settings.reverse_proxy_endpoint,
        "connection_timeout": settings.timeout,
        "read_timeout": settings.timeout,
        "retry_connect": 1,  # only once, because a person is waiting
    }
    try:
        if settings.connection_string is not None:
            opened = WebPubSubServiceClient.from_connection_string(settings.connection_string, **common)
        else:
            assert settings.endpoint is not None
            opened = WebPubSubServiceClient(
                endpoint=settings.endpoint,
                credential=_entra_credential(ctx),
                enforce_https=not _is_local(settings.endpoint),  # the emulator uses plain HTTP
                **common,
            )
    except ValueError as error:
        raise click.UsageError(str(error)) from None
    options(ctx)["reached"] = opened.endpoint
    if options(ctx).get("verbose"):
        logging.basicConfig(level=logging.INFO, format="%(message)s")
    return ctx.with_resource(opened)


def _entra_credential(ctx: click.Context) -> Any:
    try:
        from azure.identity import DefaultAzureCredential  # noqa: PLC0415 - it may not be installed
    except ModuleNotFoundError:
        raise click.UsageError(
            "An endpoint without a key means Microsoft Entra, which needs azure-identity: "
            f"python -m pip install azure-identity. If you have a key, set {CONNECTION_STRING}."
        ) from None
    return ctx.with_resource(DefaultAzureCredential())


def _check_text(name: str, value: str | None) -> None:
    """Refuse what came with a byte that is not UTF-8. The message does not repeat it: it may be the key."""
    try:
        (value or "").encode()
    except UnicodeEncodeError:
        raise click.UsageError(f"The {name} is not text in UTF-8.") from None


def _is_local(endpoint: str) -> bool:
    host = urlsplit(endpoint).hostname or ""
    return host in {"localhost", "::1"} or host.startswith("127.")


def _load_env_file(chosen: Path | None) -> None:
    path = chosen or Path(".env")
    if chosen is None and not path.is_file():
        return
    try:
        with path.open("rb") as source:
            text = read_some(source, str(path)).decode("utf-8")
        values = dotenv_values(stream=StringIO(text))
    except (OSError, UnicodeError) as error:
        raise click.UsageError(f"{path} cannot be read: {error}") from None
    for name, value in values.items():
        if value is not None and name.startswith(_PREFIXES):
            os.environ.setdefault(name, value)


def _nothing_named() -> str:
    text = (
        f"No service is named. In the environment or in .env, set {CONNECTION_STRING} to a connection string "
        f"or {ENDPOINT} to an endpoint for Microsoft Entra. "
        "If you have no service, run one: webpubsub emulator."
    )
    for name in os.environ:
        if name not in _KNOWN and get_close_matches(name.upper(), _KNOWN, 1, cutoff=0.85):
            return f"{text} There is a variable {name}: did you mean {_closest(name)}?"
    return text


def _closest(name: str) -> str:
    return get_close_matches(name.upper(), _KNOWN, 1, cutoff=0.85)[0]
