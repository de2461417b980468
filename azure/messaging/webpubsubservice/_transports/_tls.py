"""Which certificates a connection trusts and shows: the same in both clients."""

from __future__ import annotations

import os
import ssl
from typing import TYPE_CHECKING

from ._errors import PermanentConnectionError, make_error

if TYPE_CHECKING:
    from ._settings import Certificate, Verify

__all__ = ["make_context"]


def make_context(verify: Verify, cert: Certificate, *, use_environment: bool) -> ssl.SSLContext:
    """Return the context for connections to a server. This reads files.

    ``verify=True`` trusts the system's authorities, and those of certifi for systems that have none. A file
    or folder, and ``REQUESTS_CA_BUNDLE`` or ``CURL_CA_BUNDLE`` in the environment, take their place.

    :raises PermanentConnectionError: A file is missing, or is no certificate.
    """
    if isinstance(verify, ssl.SSLContext):
        return verify
    loaded = f"connection_verify ({verify})"
    bundle = os.environ.get("REQUESTS_CA_BUNDLE") or os.environ.get("CURL_CA_BUNDLE")
    if bundle and verify is True and use_environment:
        verify, loaded = bundle, f"REQUESTS_CA_BUNDLE or CURL_CA_BUNDLE ({bundle})"
    try:
        context = _trusting(verify)
        if cert is not None:
            loaded = f"connection_cert ({' and '.join(cert)})"
            context.load_cert_chain(*cert)
    except OSError as error:
        text = f"{loaded} cannot be read: {error.strerror or type(error).__name__}"
        raise make_error(PermanentConnectionError, text) from None
    context.set_alpn_protocols(["http/1.1"])
    return context


def _trusting(trusted: bool | str) -> ssl.SSLContext:
    if isinstance(trusted, str):
        folder = os.path.isdir(trusted)  # noqa: PTH112 - a str from settings
        return ssl.create_default_context(**{"capath" if folder else "cafile": trusted})  # type: ignore[arg-type]
    context = ssl.create_default_context()
    if not trusted:
        context.check_hostname = False
        context.verify_mode = ssl.CERT_NONE
    elif not (os.environ.get("SSL_CERT_FILE") or os.environ.get("SSL_CERT_DIR")):
        import certifi  # noqa: PLC0415 - imports much to find its file, which plain HTTP does not need

        context.load_verify_locations(certifi.where())
    return context
