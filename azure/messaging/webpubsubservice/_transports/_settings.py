"""What both transports know of connections, whichever library makes them."""

from __future__ import annotations

import os
import platform
from typing import TYPE_CHECKING, Any, Generic, TypeVar

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

    from azure.core.configuration import ConnectionConfiguration

__all__ = ["MOST_KEPT", "Timeouts", "ca_bundle", "environment_names_proxies", "route_key"]

T = TypeVar("T")

MOST_KEPT = 64
"""Most routes and timeouts that a transport remembers: there are few, unless each call has its own."""


def route_key(server: str, verify: object, cert: object, proxies: Mapping[str, str] | None) -> Any:
    """Tell apart the ways to a server: by its origin, and by what a call says of certificates and proxies."""
    if verify is None and cert is None and proxies is None:
        return server
    return server, verify, cert, None if proxies is None else tuple(sorted(proxies.items()))


class Timeouts(Generic[T]):
    """A library's objects for timeouts, made once for each pair of seconds.

    :param config: The client's own timeouts.
    :param make: Makes the object from the seconds for a connection and those for each read.
    """

    def __init__(
        self, config: ConnectionConfiguration, make: Callable[[float | None, float | None], T]
    ) -> None:
        self._config = config
        self._make = make
        self._made: dict[tuple[float | None, float | None], T] = {}

    def get(self, connect: float | None, read: float | None) -> T:
        """Give the object for a call's timeouts; ``None`` is the client's."""
        config = self._config
        seconds = (
            config.timeout if connect is None else connect,
            config.read_timeout if read is None else read,
        )
        made = self._made.get(seconds)
        if made is None:
            made = self._make(*seconds)
            if len(self._made) < MOST_KEPT:
                self._made[seconds] = made
        return made


def ca_bundle() -> str | None:
    """Give the file or folder of certificates to trust that the environment names, by requests' rule."""
    return os.environ.get("REQUESTS_CA_BUNDLE") or os.environ.get("CURL_CA_BUNDLE") or None


def environment_names_proxies() -> bool:
    """Whether there is any proxy: to ask for a server's own takes long."""
    if any(name.lower().endswith("_proxy") and name.lower() != "no_proxy" for name in os.environ):
        return True
    if os.name == "posix" and platform.system() != "Darwin":
        return False
    from urllib.request import getproxies  # noqa: PLC0415 - Windows and macOS have settings of their own

    return bool(set(getproxies()) - {"no"})
