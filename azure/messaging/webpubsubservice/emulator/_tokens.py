"""Bearer tokens: those that arrive with requests, and those that the emulator issues.

Rules for both kinds: HS256 with either access key, as text and not as base64. ``exp`` is required and ``nbf``
is checked, with a tolerance of five minutes. ``aud`` must name the URL of the request. Other claims are not
checked, because the published clients send different ones.
"""

import math
import re
from collections import OrderedDict
from collections.abc import Iterable, Iterator, Mapping, Sequence
from typing import Any
from urllib.parse import unquote, unquote_plus

from . import _jws
from ._clock import Clock

#: Tolerance for ``exp`` and ``nbf``, in seconds.
CLOCK_SKEW = 300

#: The audience of Microsoft Entra tokens for the data plane.
ENTRA_AUDIENCE = "https://webpubsub.azure.com"

_ORIGIN = re.compile(r"(?:https?|wss?)://", re.IGNORECASE)

#: Tokens without ``iat`` whose first use is remembered.
_MAX_REMEMBERED = 4096


class TokenError(Exception):
    """The token is not acceptable. The message says why, for the log, and never quotes the token."""


class TokenAuthority:
    """Checks and issues the tokens of one emulator.

    :param keys: The access keys, as text. Either may sign; the emulator signs with the first.
    :param allow_unvalidated_entra: Accept Microsoft Entra tokens for the data plane if only their audience
        and lifetime are right.
    """

    def __init__(self, keys: Sequence[str], clock: Clock, *, allow_unvalidated_entra: bool = False) -> None:
        self._keys = keys
        self._clock = clock
        self.allow_unvalidated_entra: bool = allow_unvalidated_entra
        self._first_use: OrderedDict[bytes, float] = OrderedDict()

    def check_request(self, token: str | None, *, host: str, raw_path: str) -> Mapping[str, Any]:
        """Return the claims of the token of a data plane request.

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
        endpoint ``/client/?hub=`` its own URL is accepted, too (a choice: the documentation does not say).

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
        now = self._clock.machine_time()
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
        return _jws.sign(claims, self._keys[0], kid="s-primary")

    def sign_request(self, url: str, *, seconds: float) -> str:
        """Sign a request to the data plane."""
        now = self._clock.machine_time()
        return _jws.sign({"aud": url, "iat": now, "exp": now + seconds}, self._keys[0])

    def _verified(self, token: str | None) -> Mapping[str, Any]:
        """Return the claims of a token that one of the keys signed, for any audience."""
        signed = _parsed(token)
        if not signed.is_signed_with(self._keys):
            raise TokenError("no access key fits")
        return self._alive(signed)

    def _unvalidated_entra(self, token: str | None) -> Mapping[str, Any]:
        claims = self._alive(_parsed(token))
        if ENTRA_AUDIENCE not in {audience.rstrip("/") for audience in _audiences(claims)}:
            raise TokenError(
                f"neither signed by an access key nor a Microsoft Entra token for {ENTRA_AUDIENCE}"
            )
        return claims

    def _alive(self, token: _jws.SignedToken) -> Mapping[str, Any]:
        """Return the claims of a token whose lifetime has begun and has not ended.

        A token is signed with the machine's time. So the claims are judged by how far ahead this emulator's
        clock was when the token was made: a token from after a jump is valid, and one from before it expires.
        """
        try:
            claims = _jws.parse_object(token.payload, "payload")
        except _jws.MalformedTokenError as error:
            raise TokenError(str(error)) from None
        expires, starts = _number(claims, "exp"), _number(claims, "nbf", 0)
        offset = self._offset_of(token, claims)
        now = self._clock.now() - offset
        ahead = self._clock.offset
        note = f"; the emulator's clock is {ahead:.0f} s ahead of the machine's" if ahead else ""
        if ahead != offset:
            note += f", and was {offset:.0f} s ahead when the token was made"
        if expires + CLOCK_SKEW < now:
            raise TokenError(f"expired {now - expires:.0f} s ago (tolerance {CLOCK_SKEW} s){note}")
        if starts - CLOCK_SKEW > now:
            raise TokenError(
                f"not valid before {starts - now:.0f} s from now (tolerance {CLOCK_SKEW} s){note}"
            )
        return claims

    def _offset_of(self, token: _jws.SignedToken, claims: Mapping[str, Any]) -> float:
        """Return how far the emulator's clock was ahead when a token was made."""
        machine_time = self._clock.machine_time()
        if "iat" in claims:
            made = _number(claims, "iat")
            if made > machine_time + CLOCK_SKEW:  # made with the emulator's clock, which a test may read
                return 0.0
            return self._clock.offset_at(made)
        # Like the request tokens of the published Python package, which are valid for a minute, it does not
        # say when it was made. It counts as made at its first use.
        first_use = self._first_use.setdefault(token.signature, machine_time)
        if len(self._first_use) > _MAX_REMEMBERED:
            self._first_use.popitem(last=False)
        return self._clock.offset_at(first_use)

    @staticmethod
    def _check_audience(claims: Mapping[str, Any], expected: set[str], *, sub_paths: bool) -> None:
        actual = list(_audiences(claims))
        boundaries = ("/", "?") if sub_paths else ("?",)
        for audience in actual:
            for spelling in _spellings(audience):
                origin = _ORIGIN.match(spelling)
                if origin is None:
                    continue
                rest = spelling[origin.end() :]
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
    """Return a URL as written and decoded, in lower case: clients differ in what they escape in ``aud``."""
    return {url.lower(), unquote(url).lower(), unquote_plus(url).lower()}


def _audiences(claims: Mapping[str, Any]) -> Iterator[str]:
    audience = claims.get("aud")
    candidates: Iterable[Any] = audience if isinstance(audience, list) else [audience]
    return (candidate for candidate in candidates if isinstance(candidate, str))


def _parsed(token: str | None) -> _jws.SignedToken:
    if not token:
        raise TokenError("no bearer token")
    try:
        return _jws.parse(token)
    except _jws.MalformedTokenError as error:
        raise TokenError(f"no access key fits: {error}") from None


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
