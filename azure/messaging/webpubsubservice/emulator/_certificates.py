"""Certificates for TLS: the emulator's own, kept in the user's data folder, or the caller's.

The emulator's own certificate is signed by an authority that exists only for it. The authority's key is
thrown away, so trusting the authority means trusting this one certificate and nothing else.
"""

import contextlib
import os
import shutil
import ssl
import tempfile
import time
from datetime import datetime, timedelta, timezone
from pathlib import Path

_NAMES = ("localhost", "127.0.0.1", "::1")
_ANY_ADDRESS = frozenset({"0.0.0.0", "::"})  # noqa: S104 - no name to put into a certificate

#: Days for which a certificate is valid, and after which a new one is made. Some systems accept at most 398.
_GOOD_FOR = 397
_RENEWED_AFTER = 330

_AUTHORITY, _CERTIFICATE, _KEY = "ca.pem", "certificate.pem", "private-key.pem"


class OwnCertificate:
    """A certificate for this machine, created when it is first needed.

    :param host: The name or address that the emulator listens on.
    :raises ModuleNotFoundError: The extra ``emulator`` is not installed.
    :raises OSError: The user's data folder cannot be written to.
    """

    def __init__(self, host: str) -> None:
        names = _NAMES if host in _ANY_ADDRESS or host in _NAMES else (*_NAMES, host)
        self._folder = (
            data_folder()
            / "certificates"
            / (names[-1] if len(names) > len(_NAMES) else "localhost").replace(":", "-")
        )
        if not self._is_good():
            _make(self._folder, names)

    @property
    def ca_file(self) -> Path:
        """The certificate of the authority that clients have to trust."""
        return self._folder / _AUTHORITY

    def context(self) -> ssl.SSLContext:
        """Return a context for a server."""
        return load(self._folder / _CERTIFICATE, self._folder / _KEY)

    def _is_good(self) -> bool:
        try:
            made = min((self._folder / name).stat().st_mtime for name in (_AUTHORITY, _CERTIFICATE, _KEY))
        except FileNotFoundError:
            return False
        return time.time() - made < _RENEWED_AFTER * 24 * 3600


def data_folder() -> Path:
    """Return the current user's folder for the emulator's data."""
    # It differs between operating systems, and platformdirs knows them all.
    import platformdirs  # noqa: PLC0415 - needed for TLS only

    return platformdirs.user_data_path("azure-webpubsub-emulator", appauthor=False)


def load(certificate: Path, private_key: Path | None) -> ssl.SSLContext:
    """Return a context for a server with this certificate.

    :param certificate: A PEM file with the certificate and any intermediate certificates.
    :param private_key: A PEM file with its key; ``None`` if the certificate's file contains the key.
    :raises ValueError: The files do not exist, or do not match.
    """
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.set_alpn_protocols(["http/1.1"])
    try:
        context.load_cert_chain(certificate, private_key, password=_refuse_password)
    except (OSError, ValueError) as error:
        files = str(certificate) if private_key is None else f"{certificate} and {private_key}"
        raise ValueError(f"certificate must be a PEM file that can be loaded: {files}: {error}") from None
    return context


def _refuse_password() -> str:
    raise ValueError("the private key has a password")  # or OpenSSL would ask for it in the terminal


def _make(folder: Path, names: tuple[str, ...]) -> None:
    """Create a folder with a certificate, completely or not at all."""
    # By hand, this takes a hundred lines of cryptography's builders; trustme has them, and tests them.
    import trustme  # noqa: PLC0415 - needed for TLS only

    authority = trustme.CA(
        organization_name="Azure Web PubSub emulator", organization_unit_name="Only for this machine"
    )
    expires = datetime.now(timezone.utc) + timedelta(days=_GOOD_FOR)
    leaf = authority.issue_cert(*names, not_after=expires)
    folder.parent.mkdir(parents=True, exist_ok=True, mode=0o700)
    made = Path(tempfile.mkdtemp(dir=folder.parent))  # for this user only
    try:
        authority.cert_pem.write_to_path(made / _AUTHORITY)
        for blob in leaf.cert_chain_pems:
            blob.write_to_path(made / _CERTIFICATE, append=True)
        (made / _KEY).touch(mode=0o600)
        leaf.private_key_pem.write_to_path(made / _KEY, append=True)
        if folder.exists():
            os.replace(folder, made / "old")  # noqa: PTH105 - a folder
        with contextlib.suppress(OSError):  # another emulator was quicker
            os.replace(made, folder)  # noqa: PTH105
    finally:
        shutil.rmtree(folder / "old", ignore_errors=True)
        shutil.rmtree(made, ignore_errors=True)
    if not (folder / _KEY).exists():
        raise OSError(f"no certificate could be made in {folder}")
