"""Signed tokens: JSON Web Signatures with HS256 (RFC 7515; RFC 7518, section 3.2).

No library is used, because the emulator must be able to say why it refuses any token: text that is not a
token, bytes that are not UTF-8, headers that are nested too deeply, keys of any length. No code is shared
with the client that the emulator tests.
"""

import base64
import hashlib
import hmac
import json
import re
from collections.abc import Iterable, Mapping
from typing import Any, NamedTuple

from . import _strict_json

_BASE64URL = re.compile(r"[A-Za-z0-9_-]*")


class MalformedTokenError(ValueError):
    """The text is not a signed token. The message never quotes it."""


class SignedToken(NamedTuple):
    """The parts of a token. Its signature is not checked yet."""

    header: Mapping[str, Any]
    payload: bytes
    signature: bytes
    #: The bytes that the signature covers.
    signed: bytes

    def is_signed_with(self, keys: Iterable[str]) -> bool:
        """Return whether the signature is HS256 with one of these keys."""
        if self.header.get("alg") != "HS256" or "crit" in self.header:
            return False
        return any(hmac.compare_digest(self.signature, _digest(key, self.signed)) for key in keys)


def parse(token: str) -> SignedToken:
    """Split a token into its parts.

    :raises MalformedTokenError: It does not have the form of a token.
    """
    parts = token.split(".")
    if len(parts) != 3:
        raise MalformedTokenError("a token has three parts with dots between them")
    header, payload, signature = (_decode(part) for part in parts)
    return SignedToken(parse_object(header, "header"), payload, signature, token.rpartition(".")[0].encode())


def parse_object(data: bytes, what: str) -> Mapping[str, Any]:
    """Return the JSON object that a part of a token contains.

    :raises MalformedTokenError: It does not contain one.
    """
    try:
        value = _strict_json.parse(data.decode())
        json.dumps(value, ensure_ascii=False).encode()  # half a character cannot be sent on
    except (ValueError, RecursionError):
        raise MalformedTokenError(f"the {what} is not JSON in UTF-8") from None
    if not isinstance(value, dict):
        raise MalformedTokenError(f"the {what} is not a JSON object")
    return value


def sign(claims: Mapping[str, Any], key: str, *, kid: str | None = None) -> str:
    """Return a token with these claims.

    :param key: The access key, as text; it is not decoded from base64.
    """
    header = {"alg": "HS256", "typ": "JWT"} | ({"kid": kid} if kid else {})
    parts = (json.dumps(part, separators=(",", ":")).encode() for part in (header, claims))
    signed = b".".join(map(_encode, parts))
    return b".".join((signed, _encode(_digest(key, signed)))).decode()


def _digest(key: str, signed: bytes) -> bytes:
    return hmac.digest(key.encode(), signed, hashlib.sha256)


def _encode(data: bytes) -> bytes:
    return base64.urlsafe_b64encode(data).rstrip(b"=")


def _decode(part: str) -> bytes:
    try:
        if _BASE64URL.fullmatch(part):
            return base64.urlsafe_b64decode(part + "=" * (-len(part) % 4))
    except ValueError:  # not a whole number of bytes
        pass
    raise MalformedTokenError("a part of the token is not base64url")
