"""Signatures of events."""

from __future__ import annotations

import hashlib
import hmac
from collections.abc import Iterable

from azure.messaging.webpubsubservice._keywords import explain_calls


@explain_calls
def verify_signature(signature: str | None, connection_id: str, access_keys: Iterable[str]) -> bool:
    """Return whether a ``ce-signature`` was made with one of the keys.

    The service signs with its primary and its secondary key: ``sha256=<hex>,sha256=<hex>``, each an
    HMAC-SHA256 of the connection's id. Pass the keys that you know. One match is enough, so that you can
    rotate them one by one. The time that this takes reveals nothing about them.

    :param signature: The value of the header, or None if there is none.
    :param connection_id: The value of ``ce-connectionId``.
    :param access_keys: Access keys, in the form of connection strings.
    :raises TypeError: ``access_keys`` is None, a single string, or contains something other than strings; or
        another argument is not a string.
    :raises ValueError: There is no key, or an empty one, with which anybody could sign.
    """
    keys = [key.encode(errors="surrogatepass") for key in checked_keys(access_keys)]
    if not isinstance(connection_id, str):
        raise TypeError(f"connection_id must be a str, not {type(connection_id).__name__}")
    if not isinstance(signature, (str, type(None))):
        raise TypeError(f"signature must be a str or None, not {type(signature).__name__}")
    message = connection_id.encode(errors="surrogatepass")
    expected = [f"sha256={hmac.new(key, message, hashlib.sha256).hexdigest()}".encode() for key in keys]
    found = False
    for given in (signature or "").split(","):
        value = given.strip().lower().encode(errors="surrogatepass")
        for one in expected:
            found |= hmac.compare_digest(value, one)
    return found


def checked_keys(access_keys: Iterable[str] | None) -> list[str]:
    """Return the keys, if they can be secret. Errors never show a key."""
    if access_keys is None:
        raise TypeError(
            "access_keys is None: pass the access keys of the resource, such as [key]. To accept events "
            "without a signature, call parse_unverified_event"
        )
    if isinstance(access_keys, (str, bytes)) or not isinstance(access_keys, Iterable):
        raise TypeError("access_keys must be a list of strings, such as [key], not a single one")
    keys = list(access_keys)
    if not all(isinstance(key, str) for key in keys):
        raise TypeError("access_keys must be a list of strings; one of them is not a string")
    if not keys or not all(key.strip() for key in keys):
        raise ValueError("access_keys must be one or more access keys, none of them empty")
    return keys
