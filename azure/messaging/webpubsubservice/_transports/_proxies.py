"""Which proxy a URL goes through: by requests' rules, in both clients."""

from __future__ import annotations

import base64
import os
import platform
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any, Final
from urllib.parse import unquote

from ._errors import PermanentConnectionError, make_error

__all__ = ["Proxy", "check_proxies", "find_proxy"]

_PORTS: Final = {"http": 80, "https": 443, "socks4": 1080, "socks4a": 1080, "socks5": 1080, "socks5h": 1080}


@dataclass(frozen=True)
class Proxy:
    """A proxy. Its ``repr`` shows no password."""

    scheme: str
    host: str
    port: int
    user: str | None = field(default=None, repr=False)
    password: str | None = field(default=None, repr=False)

    @classmethod
    def parse(cls, address: str) -> Proxy:
        """Read ``scheme://user:password@host:port``; the scheme may be left out, and is then ``http``.

        :raises ValueError: It is no such address. The message does not repeat it.
        """
        # Imports all of urllib3, which the asynchronous client needs for proxies only.
        from urllib3.exceptions import LocationParseError  # noqa: PLC0415
        from urllib3.util import parse_url  # noqa: PLC0415

        try:
            parts = parse_url(address if "://" in address else f"http://{address}")
        except LocationParseError:
            parts = None
        if parts is None or not parts.host or parts.scheme not in _PORTS or parts.port == 0:
            known = ", ".join(_PORTS)
            raise ValueError(f"must be written like http://user:password@host:port; the schemes are {known}.")
        user, _, password = (parts.auth or "").partition(":")
        return cls(
            parts.scheme,
            parts.host.strip("[]"),
            parts.port or _PORTS[parts.scheme],
            unquote(user) if user else None,
            unquote(password) if user else None,
        )

    @property
    def url(self) -> str:
        """The address without user and password."""
        return f"{self.scheme}://{f'[{self.host}]' if ':' in self.host else self.host}:{self.port}"

    @property
    def authorization(self) -> dict[str, str]:
        """The header that the proxy asks for."""
        if self.user is None:
            return {}
        given = f"{self.user}:{self.password}".encode()
        return {"Proxy-Authorization": f"Basic {base64.b64encode(given).decode()}"}


def check_proxies(name: str, proxies: Any) -> Mapping[str, str | None]:
    """Check the option ``proxies``.

    :raises TypeError: It is no mapping from schemes to addresses.
    :raises ValueError: An address is empty or malformed. The message does not repeat it.
    """
    if not isinstance(proxies, Mapping):
        raise TypeError(f"{name} must be a mapping such as {{'https': 'http://proxy:8080'}}.")
    for key, address in proxies.items():
        if not isinstance(key, str) or not (address is None or isinstance(address, str)):
            raise TypeError(
                f"{name} must be a mapping from str to str, such as {{'https': 'http://proxy:8080'}}."
            )
        if key == "no_proxy" or address is None:
            continue
        if not address.strip():
            raise ValueError(f"{name}[{key!r}] is empty. None means: no proxy for these.")
        try:
            Proxy.parse(address)
        except ValueError as error:
            raise ValueError(f"{name}[{key!r}] {error}") from None
    return proxies


def find_proxy(
    url: str, scheme: str, host: str, proxies: Mapping[str, str | None] | None, *, use_environment: bool
) -> Proxy | None:
    """Return the proxy for a URL, by the option ``proxies`` first and by the environment next.

    :param host: The URL's host, one of IPv6 in brackets.
    :param proxies: By ``scheme://host``, ``scheme``, ``all://host`` or ``all``; ``None`` as a value means
        that no proxy is used, whatever the environment says.
    :raises PermanentConnectionError: An address in the environment is malformed.
    """
    chosen: dict[str, str | None] = dict(proxies or {})
    if use_environment and environment_names_proxies():
        # requests knows the exceptions: NO_PROXY with networks, and the settings of Windows and macOS.
        from requests.utils import get_environ_proxies  # noqa: PLC0415 - slow to import, needed for proxies only

        for name, value in get_environ_proxies(url, no_proxy=chosen.get("no_proxy")).items():
            chosen.setdefault(name, value)
    keys = (f"{scheme}://{host}", scheme, f"all://{host}", "all")
    key = next((key for key in keys if key in chosen), None)
    address = chosen[key] if key else None
    if not address:
        return None
    try:
        return Proxy.parse(address)
    except ValueError as error:
        text = f"The proxy for {scheme}:// URLs (option proxies, or {str(key).upper()}_PROXY) {error}"
        raise make_error(PermanentConnectionError, text) from None


def environment_names_proxies() -> bool:
    """Whether there is any proxy: to ask for a server's own takes long."""
    if any(name.lower().endswith("_proxy") and name.lower() != "no_proxy" for name in os.environ):
        return True
    if os.name == "posix" and platform.system() != "Darwin":
        return False
    from urllib.request import getproxies  # noqa: PLC0415 - Windows and macOS have settings of their own

    return bool(set(getproxies()) - {"no"})
