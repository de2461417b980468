"""Bearer tokens: those that come with requests, and those the emulator issues.

Rules for both kinds: HS256 with either access key, taken as text and not as base64; ``exp`` required and
``nbf`` honoured, with five minutes of clock skew; ``aud`` must name the URL that is asked for. Other claims
are not checked, because the published clients send different ones.
"""

import json
import math
import re
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any
from urllib.parse import unquote, unquote_plus

from jwt import PyJWS
from jwt.algorithms import HMACAlgorithm
from jwt.exceptions import InvalidTokenError

from . import _strict_json

#: Tolerance for ``exp`` and ``nbf``, in seconds.
CLOCK_SKEW = 300

#: The audience of Microsoft Entra tokens for the data plane.
ENTRA_AUDIENCE = "https://webpubsub.azure.com"

_ORIGIN = re.compile(r"(?:https?|wss?)://", re.IGNORECASE)


class TokenError(Exception):
    """The token is not acceptable; the text says why, for the log, and never quotes the token."""


class _AnyLengthHMAC(HMACAlgorithm):
    """HS256 without a complaint about short keys, which are the caller's choice in a test."""

    def check_key_length(self, key: bytes) -> None:  # noqa: ARG002 - the signature of PyJWT's hook
        return None


def _hs256() -> PyJWS:
    jws = PyJWS(algorithms=["HS256"])
    jws.unregister_algorithm("HS256")
    jws.register_algorithm("HS256", _AnyLengthHMAC(HMACAlgorithm.SHA256))
    return jws


_HS256 = _hs256()

#: What PyJWT raises for what is no token; the second for a header that is nested too deep.
_NOT_A_TOKEN = (InvalidTokenError, RecursionError)


@dataclass(frozen=True, slots=True)
class TokenAuthority:
    """Checks and issues the tokens of one emulator."""

    keys: Sequence[str] = field(repr=False)
    now: Callable[[], float]
    #: Accept Microsoft Entra tokens for the data plane by audience and lifetime alone.
    allow_unvalidated_entra: bool = False

    def check_request(self, token: str | None, *, host: str, raw_path: str) -> Mapping[str, Any]:
        """Return the claims of a data plane request's token.

        :raises TokenError: The token must not be accepted.
        """
        try:
            claims = self._verified(token)
        except TokenError:
            if not self.allow_unvalidated_entra:
                raise
            return self._unvalidated_entra(token)
        self._check_audience(claims, _spellings(host + raw_path.rstrip("/")), sub_paths=True)
        return claims

    def check_client(self, token: str | None, *, host: str, hub: str, legacy: bool) -> Mapping[str, Any]:
        """Return the claims of a client's token for ``hub``.

        The audience is that of ``/client/hubs/{hub}``, with any scheme of HTTP or WebSocket. On the legacy
        endpoint ``/client/?hub=`` its own URL is accepted as well (a choice: the documentation does not say).

        :raises TokenError: The token must not be accepted.
        """
        claims = self._verified(token)
        expected = _spellings(f"{host}/client/hubs/{hub}")
        if legacy:
            expected |= _spellings(f"{host}/client/?hub={hub}") | _spellings(f"{host}/client")
        self._check_audience(claims, expected, sub_paths=False)
        return claims

    def issue(
        self,
        audience: str,
        *,
        minutes: int,
        user_id: str | None,
        roles: Sequence[str],
        groups: Sequence[str],
    ) -> str:
        """Sign a client token of the form the service issues."""
        now = int(self.now())
        claims: dict[str, Any] = {
            "nbf": now,
            "exp": now + 60 * minutes,
            "iat": now,
            "iss": ENTRA_AUDIENCE,
            "aud": audience,
        }
        claims |= {"sub": user_id} if user_id else {}
        claims |= {"role": list(roles)} if roles else {}
        claims |= {"webpubsub.group": list(groups)} if groups else {}
        return self.sign(claims, kid="s-primary")

    def sign(self, claims: Mapping[str, Any], *, kid: str | None = None) -> str:
        """Sign any claims with the primary key."""
        payload = json.dumps(claims, separators=(",", ":")).encode()
        headers = {"typ": "JWT"} | ({"kid": kid} if kid else {})
        return _HS256.encode(payload, self.keys[0].encode(), algorithm="HS256", headers=headers)

    def _signed_claims(self, token: str) -> Mapping[str, Any]:
        """Return the claims of a token that one of the keys signed, whatever they say."""
        reason: Exception | None = None
        for key in self.keys:
            try:
                payload = _HS256.decode(token, key.encode(), algorithms=["HS256"])
            except _NOT_A_TOKEN as error:  # noqa: PERF203 - two turns
                reason = error
            else:
                return _claims(payload)
        raise TokenError(f"no access key fits: {reason}")

    def _verified(self, token: str | None) -> Mapping[str, Any]:
        if not token:
            raise TokenError("no bearer token")
        claims = self._signed_claims(token)
        self._check_lifetime(claims)
        return claims

    def _unvalidated_entra(self, token: str | None) -> Mapping[str, Any]:
        try:
            payload = _HS256.decode(token or "", options={"verify_signature": False})
        except _NOT_A_TOKEN as error:
            raise TokenError(f"not a token: {error}") from None
        claims = _claims(payload)
        self._check_lifetime(claims)
        if ENTRA_AUDIENCE not in {audience.rstrip("/") for audience in _audiences(claims)}:
            raise TokenError(
                f"neither signed by an access key nor a Microsoft Entra token for {ENTRA_AUDIENCE}"
            )
        return claims

    def _check_lifetime(self, claims: Mapping[str, Any]) -> None:
        now = self.now()
        expires, starts = _number(claims, "exp"), _number(claims, "nbf", 0)
        if expires + CLOCK_SKEW < now:
            raise TokenError(f"expired {now - expires:.0f} s ago (tolerance {CLOCK_SKEW} s)")
        if starts - CLOCK_SKEW > now:
            raise TokenError(f"not valid before {starts - now:.0f} s from now (tolerance {CLOCK_SKEW} s)")

    @staticmethod
    def _check_audience(claims: Mapping[str, Any], expected: set[str], *, sub_paths: bool) -> None:
        actual = list(_audiences(claims))
        boundaries = ("/", "?") if sub_paths else ("?",)
        for audience in actual:
            for spelling in _spellings(audience):
                rest, found = _ORIGIN.subn("", spelling, count=1)
                if not found or not _ORIGIN.match(spelling):
                    continue
                for url in expected:
                    tail = rest.removeprefix(url)
                    if rest.startswith(url) and (tail in {"", "/"} or tail.startswith(boundaries)):
                        return
        raise TokenError(f"audience: expected {sorted(expected)[0]!r} with a scheme, got {actual!r}")


def bearer_token(headers: Mapping[str, str]) -> str | None:
    """Return the token of an ``Authorization`` header, if there is one."""
    scheme, _, token = headers.get("Authorization", "").strip().partition(" ")
    return token.strip() if scheme.lower() == "bearer" else None


def _spellings(url: str) -> set[str]:
    """Return a URL as written and decoded, lower case: clients differ in what they escape in ``aud``."""
    return {url.lower(), unquote(url).lower(), unquote_plus(url).lower()}


def _audiences(claims: Mapping[str, Any]) -> Iterator[str]:
    audience = claims.get("aud")
    candidates: Iterable[Any] = audience if isinstance(audience, list) else [audience]
    return (candidate for candidate in candidates if isinstance(candidate, str))


def _claims(payload: bytes) -> Mapping[str, Any]:
    try:
        claims = _strict_json.parse(payload.decode())
        json.dumps(claims, ensure_ascii=False).encode()  # lone surrogates could not be sent on
    except ValueError:
        raise TokenError("the payload is not JSON in UTF-8") from None
    if not isinstance(claims, dict):
        raise TokenError("the payload is not a JSON object")
    return claims


def _number(claims: Mapping[str, Any], name: str, default: float | None = None) -> float:
    value = claims.get(name, default)
    if not isinstance(value, int | float) or isinstance(value, bool):
        raise TokenError(f"claim {name} is missing or not a number")
    try:
        number = float(value)
    except OverflowError:
        number = math.inf
    if not math.isfinite(number):
        raise TokenError(f"claim {name} is beyond all times")
    return number
