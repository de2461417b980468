"""Tokens signed with an access key: those of requests, and how any is made."""

from __future__ import annotations

import hmac
import json
import time
from base64 import urlsafe_b64encode
from contextlib import suppress
from typing import TYPE_CHECKING, Final, Protocol

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

__all__ = ["Key", "RequestSigner", "encode_token", "key_bytes"]


class Key(Protocol):
    """A credential with an access key, such as ``AzureKeyCredential``."""

    @property
    def key(self) -> str: ...


def key_bytes(key: str) -> bytes:
    """Return an access key as the service uses it: its UTF-8 bytes, though it looks like base64.

    :raises ValueError: It is empty, or not UTF-8. The error does not show it.
    """
    if not key:
        raise ValueError("The access key is empty; the Azure portal shows it under Keys.")
    try:
        return key.encode()
    except UnicodeEncodeError:
        raise ValueError("The access key has a lone surrogate, which UTF-8 cannot carry.") from None


def encode_token(claims: Mapping[str, object], key: str, headers: Mapping[str, object] | None = None) -> str:
    """Return claims as a JSON Web Token, signed with HMAC SHA-256 (RFC 7515, appendix A.1).

    :param headers: More header parameters than ``alg`` and ``typ``.
    """
    header = _header({"alg": "HS256", "typ": "JWT", **headers}) if headers else _HEADER
    payload = json.dumps(claims, separators=(",", ":"), ensure_ascii=False).encode()
    signed = header + b"." + _base64url(payload)
    return (signed + b"." + _base64url(hmac.digest(key_bytes(key), signed, "sha256"))).decode()


def _header(header: Mapping[str, object]) -> bytes:
    return _base64url(json.dumps(header, separators=(",", ":"), sort_keys=True).encode())


def _base64url(data: bytes) -> bytes:
    return urlsafe_b64encode(data).rstrip(b"=")


_HEADER: Final = _header({"alg": "HS256", "typ": "JWT"})
_NOTHING: Final = ("", "", 0.0)


class RequestSigner:
    """Makes the ``Authorization`` header for a URL, and keeps it for the next request to that URL.

    A token is valid for ten minutes and is used for the first five. So the client's clock may be up to five
    minutes behind the service's. It may be ahead by any time: the token does not say when it was issued.

    If tokens were not kept, a send would take up to 1.2 times the processor time
    (``nox -s bench -- --tricks``).

    There is no lock, so a child process that is forked while a thread signs cannot inherit a locked one. At
    worst, threads that sign at the same time make the same token twice.

    :param credential: Has the key. It is read for each request, so that its ``update`` works.
    :param clock: Returns the seconds since the epoch.
    """

    LIFETIME: Final = 600
    RENEW_BEFORE: Final = 300
    CAPACITY: Final = 1024

    def __init__(self, credential: Key, clock: Callable[[], float] = time.time) -> None:
        self._credential = credential
        self._clock = clock
        self._kept: dict[str, tuple[str, str, float]] = {}

    def header(self, url: str) -> str:
        """Return the header's value for a request to this URL, which is the token's audience as it is."""
        key = self._credential.key
        now = self._clock()
        # Each entry says which key signed it: threads may see the old key and the new one at the same time.
        signed_by, header, renewal = self._kept.get(url, _NOTHING)
        if signed_by == key and now < renewal <= now + self.LIFETIME:
            return header
        header = "Bearer " + encode_token({"aud": url, "exp": int(now) + self.LIFETIME}, key)
        if url not in self._kept:
            self._make_room()
        self._kept[url] = key, header, now + self.LIFETIME - self.RENEW_BEFORE
        return header

    def _make_room(self) -> None:
        """Drop the oldest tokens until one more fits."""
        while len(self._kept) >= self.CAPACITY:
            with suppress(StopIteration, RuntimeError, KeyError):  # another thread made room, too
                del self._kept[next(iter(self._kept))]
