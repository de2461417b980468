"""The options of an emulator, with their defaults and rules."""

import os
import secrets
import ssl
from collections.abc import Callable, Collection, Mapping
from dataclasses import dataclass, field, replace
from typing import Any, Literal, NamedTuple, TypeAlias, TypedDict, cast, get_args

from azure.messaging.webpubsubservice._keywords import describe_inherited, did_you_mean
from azure.messaging.webpubsubservice.emulator._names import is_id
from azure.messaging.webpubsubservice.emulator._validation import check, is_integer, is_number

from .event_sink import EventSink, is_sink

Control: TypeAlias = Literal["local", "remote", "off"]


class ReconfigurableOptions(TypedDict, total=False):
    """The options that an emulator can change while it runs.

    :ivar event_handlers: Handlers of the clients' events, by hub: an address, an ASGI or WSGI application
        in this process, an :class:`EventHandler`, or a list of them. The hub ``*`` stands for all others.
    :ivar allow_unvalidated_entra_tokens: Accept Microsoft Entra tokens on the data plane if their
        audience and lifetime are right. Their signature is not checked.
    :ivar allow_anonymous: Accept clients without a token and give them no roles, like the service's
        setting for a hub. Tokens are still checked.
    :ivar recovery_window: Seconds that a reliable client has to come back, on the emulator's clock; 30 by
        default.
    :ivar keep_alive_interval: Seconds between pings to a client, in real time; 20 by default. A client
        that sends nothing between two pings is cut off.
    :ivar send_buffer_bytes: The most bytes that may wait for a client that does not read; 16 MiB by
        default. With more, the client is cut off.
    """

    event_handlers: Mapping[str, Any] | None
    allow_unvalidated_entra_tokens: bool
    allow_anonymous: bool
    recovery_window: float
    keep_alive_interval: float
    send_buffer_bytes: int


class EmulatorOptions(ReconfigurableOptions, total=False):
    """The options of :class:`Emulator`, all of them optional.

    :ivar host: Address to listen on, ``127.0.0.1`` by default. Any address except loopback lets other
        machines in.
    :ivar port: Port to listen on; 0, the default, for a free one.
    :ivar access_key: Primary key, as text; a random one by default.
    :ivar secondary_access_key: Secondary key, as text; a random one by default.
    :ivar events: Receiver of the clients' events; none by default, as in a hub without event handlers.
    :ivar development_key: Use the documented key :data:`DEVELOPMENT_KEY` as primary key, so that settings
        survive a restart.
    :ivar https: Listen with TLS, with a certificate for this machine. It is created once and kept in your
        data folder. ``Emulator.ca_file`` is the authority that clients have to trust.
    :ivar certificate: Listen with TLS, with the certificate in this PEM file.
    :ivar private_key: A PEM file with the key for ``certificate``, if that file does not contain it.
    :ivar ssl_context: Listen with TLS, with your own server context.
    :ivar playground: Serve the playground at ``/``: a page for browsers on this machine that needs no
        key. On by default.
    :ivar control: Who may use the control interface below ``/_emulator``, which needs no key: this
        machine (``local``, the default), every machine that reaches the emulator (``remote``), or nobody
        (``off``).
    :ivar seed: Seed for the random numbers that decide about faults with a probability; 0 by default.
    """

    host: str
    port: int
    access_key: str | None
    secondary_access_key: str | None
    events: EventSink | None
    development_key: bool
    https: bool
    certificate: "str | os.PathLike[str] | None"
    private_key: "str | os.PathLike[str] | None"
    ssl_context: ssl.SSLContext | None
    playground: bool
    control: Control
    seed: int


describe_inherited(EmulatorOptions, ReconfigurableOptions)


def _new_key() -> str:
    return secrets.token_urlsafe(32)


class _Rule(NamedTuple):
    valid: Callable[[Any], bool]
    text: str


#: The primary key with the option ``development_key``. It is no secret.
DEVELOPMENT_KEY = "webpubsub-emulator-development-key-that-is-no-secret"

_BOOLEAN = _Rule(lambda value: isinstance(value, bool), "True or False")


def _is_key(value: Any) -> bool:
    # A semicolon would end the key in a connection string.
    return value is None or (isinstance(value, str) and is_id(value) and ";" not in value)


def _is_path(value: Any) -> bool:
    return value is None or (isinstance(value, str | os.PathLike) and os.fspath(value) != "")


#: The rule of each option.
RULES: Mapping[str, _Rule] = {
    "host": _Rule(lambda value: isinstance(value, str) and value != "", "a name or an address"),
    "port": _Rule(lambda value: is_integer(value, 0, 65535), "an integer from 0 to 65535"),
    "access_key": _Rule(_is_key, "text that is not empty, without semicolons"),
    "secondary_access_key": _Rule(_is_key, "text that is not empty, without semicolons"),
    "events": _Rule(lambda value: value is None or is_sink(value), "an object with the methods of EventSink"),
    "event_handlers": _Rule(
        lambda value: value is None or isinstance(value, Mapping), "a mapping of hubs to handlers"
    ),
    "development_key": _BOOLEAN,
    "https": _BOOLEAN,
    "certificate": _Rule(_is_path, "a path, or None"),
    "private_key": _Rule(_is_path, "a path, or None"),
    "ssl_context": _Rule(
        lambda value: (
            value is None
            or (isinstance(value, ssl.SSLContext) and value.protocol is not ssl.PROTOCOL_TLS_CLIENT)
        ),
        "an ssl.SSLContext for a server, or None",
    ),
    "allow_unvalidated_entra_tokens": _BOOLEAN,
    "allow_anonymous": _BOOLEAN,
    "playground": _BOOLEAN,
    "control": _Rule(lambda value: value in get_args(Control), "'local', 'remote' or 'off'"),
    "recovery_window": _Rule(lambda value: is_number(value, 0), "a number of seconds from 0"),
    "keep_alive_interval": _Rule(
        lambda value: is_number(value, 0) and value > 0, "a number of seconds above 0"
    ),
    "send_buffer_bytes": _Rule(lambda value: is_integer(value, 1), "an integer from 1"),
    "seed": _Rule(is_integer, "an integer"),
}
_KEYS = ("access_key", "secondary_access_key")


def _check_names(options: Collection[str]) -> None:
    """Refuse an option that there is not.

    :raises TypeError: There is no such option.
    """
    for name in options:
        if name not in RULES:
            hint = did_you_mean(name, RULES) or f" It has: {', '.join(RULES)}."
            raise TypeError(f"Emulator has no option {name!r}.{hint}")


@dataclass(frozen=True, slots=True, kw_only=True, repr=False)
class Settings:
    """The checked options of one emulator. There is no repr, because they include the keys.

    :raises ValueError: An option breaks its rule.
    """

    host: str = "127.0.0.1"
    port: int = 0
    access_key: str = field(default_factory=_new_key)
    secondary_access_key: str = field(default_factory=_new_key)
    events: EventSink | None = None
    event_handlers: Mapping[str, Any] | None = None
    development_key: bool = False
    https: bool = False
    certificate: "str | os.PathLike[str] | None" = None
    private_key: "str | os.PathLike[str] | None" = None
    ssl_context: ssl.SSLContext | None = None
    allow_unvalidated_entra_tokens: bool = False
    allow_anonymous: bool = False
    playground: bool = True
    control: Control = "local"
    recovery_window: float = 30.0
    keep_alive_interval: float = 20.0
    send_buffer_bytes: int = 16 * 1024 * 1024
    seed: int = 0

    @classmethod
    def of(cls, options: EmulatorOptions) -> "Settings":
        """Check options, and create random keys if none are given.

        :raises TypeError: There is no such option.
        :raises ValueError: An option breaks its rule.
        """
        given = cast("dict[str, Any]", dict(options))
        _check_names(given)
        for key in _KEYS:
            if given.get(key) is None:
                given.pop(key, None)
        if given.get("development_key") is True:
            if "access_key" in given:
                raise ValueError("access_key and development_key are two primary keys; pass only one")
            given["access_key"] = DEVELOPMENT_KEY
        settings = cls(**given)
        if settings.events is not None and settings.event_handlers is not None:
            raise ValueError("events and event_handlers are two receivers of the same events; pass only one")
        settings._check_tls()
        return settings

    def changed(self, options: ReconfigurableOptions) -> "Settings":
        """Return the settings with new values for some options.

        :raises TypeError: There is no such option, or it needs a restart.
        :raises ValueError: An option breaks its rule.
        """
        _check_names(options)
        known = ReconfigurableOptions.__annotations__
        for name in options.keys() - known.keys():
            raise TypeError(f"{name!r} cannot change while the emulator runs; these can: {', '.join(known)}.")
        return replace(self, **options)

    def _check_tls(self) -> None:
        ways = {"https": self.https, "certificate": self.certificate, "ssl_context": self.ssl_context}
        used = [name for name, value in ways.items() if value]
        if len(used) > 1:
            raise ValueError(f"{' and '.join(used)} are two ways to listen with TLS; pass only one")
        if self.private_key is not None and self.certificate is None:
            raise ValueError("private_key needs a certificate")

    @property
    def secure(self) -> bool:
        """Whether to listen with TLS."""
        return self.https or self.certificate is not None or self.ssl_context is not None

    def __post_init__(self) -> None:
        for name, rule in RULES.items():
            value = getattr(self, name)
            if name in _KEYS and not rule.valid(value):
                raise ValueError(f"{name} must be {rule.text}")  # never quote a key
            check(rule.valid(value), name, value, rule.text)
