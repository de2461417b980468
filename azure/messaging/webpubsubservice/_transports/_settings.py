"""The options of a connection: what each may be, and what it means if it is ``None``, which is not set."""

from __future__ import annotations

import os
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING, Any, Final, NamedTuple, TypeAlias

from azure.messaging.webpubsubservice._arguments import check_boolean, check_integer, check_seconds, shown

from ._proxies import check_proxies

if TYPE_CHECKING:
    import ssl
    from collections.abc import Callable, Mapping

__all__ = ["Certificate", "ConnectionSettings", "Verify", "check_connection_options"]

Verify: TypeAlias = "bool | str | ssl.SSLContext"
Certificate: TypeAlias = "tuple[str, ...] | None"

_LONGEST: Final = 20 * 24 * 3600.0
"""Seconds. The system's calls take milliseconds as 32 bits, which is 24 days; so ``math.inf`` means this."""


class ConnectionSettings(NamedTuple):
    """A client's options of a connection, checked and with their defaults.

    Each is named as its option, without ``connection_``. The first five are also those of azure-core's
    ``ConnectionConfiguration``, whose place this takes as a transport's ``connection_config``.
    """

    timeout: float = 300.0
    """Seconds to wait for a connection: for a free one in the pool, the network, the proxy and TLS."""
    read_timeout: float = 300.0
    """Seconds to wait until all of the request is taken, and for each part of the response."""
    verify: Verify = True
    """``True`` trusts the system's authorities; a file or folder replaces them; ``False`` trusts anybody."""
    cert: Certificate = None
    """The client's own: a file with its key, or the pair of both files."""
    data_block_size: int = 4096
    """Bytes in a block of a streamed body."""
    use_env_settings: bool = True
    """Whether proxies and certificates are looked up in the environment."""
    pool_size: int = 100
    """Connections kept open for each server; the asynchronous client opens no more than these at all."""
    proxies: Mapping[str, str | None] | None = None
    """Of a call: a client's are passed to each call by a policy."""

    @classmethod
    def from_options(cls, options: Mapping[str, Any]) -> ConnectionSettings:
        """Check a client's options; those that are no transport's are ignored.

        :raises TypeError: A value is of the wrong kind.
        :raises ValueError: A value is empty or out of range.
        """
        return _replaced(cls(), options, _CLIENT_OPTIONS)

    def for_call(self, options: Mapping[str, Any]) -> ConnectionSettings:
        """Return the settings of one call.

        :raises TypeError: A value is of the wrong kind, or an option is unknown.
        :raises ValueError: A value is empty or out of range.
        """
        if not options:
            return self
        if unknown := sorted(options.keys() - _CALL_OPTIONS):
            raise TypeError(f"send_request() got an unexpected keyword argument {unknown[0]!r}")
        return _replaced(self, options, _CALL_OPTIONS)


def _replaced(
    settings: ConnectionSettings, options: Mapping[str, Any], names: frozenset[str]
) -> ConnectionSettings:
    given = {
        name.removeprefix("connection_"): _CHECKS[name](name, value)
        for name, value in options.items()
        if name in names and value is not None
    }
    changed = settings._replace(**given)
    if changed.cert is not None and not isinstance(changed.verify, (bool, str)):
        raise ValueError(
            "connection_cert has no effect beside an SSLContext as connection_verify. "
            "Load the certificate into the context: context.load_cert_chain(...)."
        )
    return changed


def check_connection_options(options: Mapping[str, Any]) -> None:
    """Check those of a client's or a call's options that are about connections.

    :raises TypeError: A value is of the wrong kind.
    :raises ValueError: A value is empty or out of range.
    """
    for name, value in options.items():
        if value is not None and name in _CHECKS:
            _CHECKS[name](name, value)


def _seconds(name: str, value: Any) -> float:
    is_pair = isinstance(value, (tuple, list))
    seconds = check_seconds(name, value, " read_timeout is an option of its own." if is_pair else "")
    if not seconds > 0:  # and NaN is not
        raise ValueError(f"{name}={value!r}: must be more than 0 seconds. None means the default.")
    return float(min(seconds, _LONGEST))


def _verify(name: str, value: Any) -> Verify:
    if isinstance(value, bool) or _is_context(value):
        return value  # type: ignore[no-any-return]
    if isinstance(value, (str, Path)):
        return _path(name, value, "True or None means the system's authorities, False turns the check off.")
    raise TypeError(
        f"{name} must be True, False, an ssl.SSLContext, or the path of a file or folder of trusted "
        f"certificates, not {shown(value)}."
    )


def _is_context(value: Any) -> bool:
    if type(value).__module__ in {"builtins", "pathlib"}:
        return False
    import ssl  # noqa: PLC0415 - 10 ms, and most calls say nothing about TLS

    return isinstance(value, ssl.SSLContext)


def _certificate(name: str, value: Any) -> tuple[str, ...]:
    none = "None means no certificate."
    if isinstance(value, (str, Path)):
        return (_path(name, value, none),)
    if not isinstance(value, (tuple, list)):
        raise TypeError(f"{name} must be a path, or a pair of paths, not {shown(value)}.")
    if len(value) != 2:
        raise ValueError(
            f"{name} has {len(value)} items: must be a path, or a pair (certificate, key). {none}"
        )
    for part in value:
        if not isinstance(part, (str, Path)):
            raise TypeError(f"{name} must hold two paths; one is {shown(part)}.")
    return tuple(_path(name, part, none) for part in value)


def _path(name: str, value: str | Path, hint: str) -> str:
    path = os.fspath(value)
    if not path.strip():
        raise ValueError(f"{name} is empty. Is the setting that it comes from not set? {hint}")
    if not os.path.exists(path):  # noqa: PTH110 - each call comes here
        where = "" if os.path.isabs(path) else f" in {os.getcwd()!r}"  # noqa: PTH117, PTH109
        raise ValueError(f"{name}={path!r}: there is no such file or folder{where}.")
    return path


_CHECKS: Final[dict[str, Callable[[str, Any], Any]]] = {
    "connection_timeout": _seconds,
    "read_timeout": _seconds,
    "connection_verify": _verify,
    "connection_cert": _certificate,
    "connection_data_block_size": partial(check_integer, least=1),
    "connection_pool_size": partial(check_integer, least=1),
    "use_env_settings": check_boolean,
    "proxies": check_proxies,
}
_CLIENT_OPTIONS: Final = frozenset(_CHECKS) - {"proxies"}
_CALL_OPTIONS: Final = frozenset(
    {"connection_timeout", "read_timeout", "connection_verify", "connection_cert", "proxies"}
)
