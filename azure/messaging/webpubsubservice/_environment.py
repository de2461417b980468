"""What the environment says about the way to a server. Transports ask once for each server."""

from __future__ import annotations

import os
import platform

__all__ = ["ca_bundle", "environment_names_proxies"]


def ca_bundle() -> str | None:
    """Give the file or folder of certificates to trust, by requests' rule."""
    return os.environ.get("REQUESTS_CA_BUNDLE") or os.environ.get("CURL_CA_BUNDLE") or None


def environment_names_proxies() -> bool:
    """Whether it is worth asking which proxy a server has, which takes long."""
    if any(name.lower().endswith("_proxy") and name.lower() != "no_proxy" for name in os.environ):
        return True
    if os.name == "posix" and platform.system() != "Darwin":
        return False
    from urllib.request import getproxies  # noqa: PLC0415 - Windows and macOS have settings of their own

    return bool(set(getproxies()) - {"no"})
