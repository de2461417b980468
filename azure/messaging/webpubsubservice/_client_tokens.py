"""Access keys: connection strings, the tokens that sign requests, and the tokens of WebSocket clients."""

from __future__ import annotations

import json
import re
import time
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass
from datetime import timedelta
from threading import Lock
from typing import Any, Final, Protocol, TypedDict
from urllib.parse import quote

from azure.core.exceptions import DecodeError

__all__ = [
    "CLIENT_PROTOCOLS",
    "ClientAccessToken",
    "ClientTokenRequest",
    "ConnectionString",
    "Key",
    "RequestSigner",
    "encode",
]


class Key(Protocol):
    """A credential with an access key, such as ``AzureKeyCredential``."""

    @property
    def key(self) -> str: ...


# --- Connection strings


@dataclass(frozen=True, repr=False)
class ConnectionString:
    """``Endpoint=<url>;AccessKey=<key>;Version=1.0;``, with an optional ``Port``.

    The order and the case of the names are free, white space around names and values is not part of them, and
    unknown names are ignored. No error message repeats a value: it may be the key.
    """

    endpoint: str
    access_key: str

    @classmethod
    def parse(cls, text: str) -> ConnectionString:
        """Parse a connection string.

        :raises TypeError: It is not text.
        :raises ValueError: A part is malformed, missing, empty or given twice.
        """
        if not isinstance(text, str):
            raise TypeError(f"The connection string must be a str, not {type(text).__name__}.")
        found: dict[str, str] = {}
        for number, part in enumerate(text.split(";"), start=1):
            if not part.strip():
                continue
            name, equals, value = part.partition("=")
            name = name.strip().lower()
            if not equals or not name:
                raise ValueError(
                    f"Part {number} of the connection string is not written as <name>=<value>. {_LIKE}"
                )
            if name in found:
                shown = _PARTS.get(name) or f"The name of part {number}"
                raise ValueError(f"{shown} stands twice in the connection string.")
            found[name] = value.strip()
        for name in ("endpoint", "accesskey"):
            if not found.get(name):
                raise ValueError(f"The connection string has no {_PARTS[name]}. {_LIKE}")
        return cls(_with_port(found["endpoint"], found.get("port")), found["accesskey"])


_LIKE: Final = (
    "It must be like 'Endpoint=https://<name>.webpubsub.azure.com;AccessKey=<key>;Version=1.0;'; "
    "the Azure portal shows it under Keys."
)
_PARTS: Final = {"endpoint": "Endpoint", "accesskey": "AccessKey", "port": "Port", "version": "Version"}


def _with_port(endpoint: str, port: str | None) -> str:
    if port is None:
        return endpoint
    if not re.fullmatch(r"[0-9]{1,5}", port) or not 0 < int(port) < 65536:
        raise ValueError("The Port of the connection string must be a number from 1 to 65535.")
    match = re.fullmatch(r"([A-Za-z]+://(?:\[[^\]]*\]|[^/:]*))(?::([0-9]*))?(/.*)?", endpoint)
    if match is None:
        return endpoint  # Not a URL: the client says so, by that name.
    if match[2] and int(match[2]) != int(port):
        raise ValueError("The connection string names one port in its Endpoint and another in its Port.")
    return f"{match[1]}:{int(port)}{match[3] or ''}"


# --- Tokens

_encoder: Callable[..., str] | None = None


def encode(claims: Mapping[str, object], key: str, headers: Mapping[str, object] | None = None) -> str:
    """Sign claims as a JWT, with HMAC SHA-256 and the UTF-8 bytes of the key as it is (it is not decoded)."""
    global _encoder  # noqa: PLW0603 - PyJWT takes 10 ms to import, which a client with Microsoft Entra never needs
    if _encoder is None:
        _encoder = _load_encoder()
    payload = json.dumps(claims, separators=(",", ":"), ensure_ascii=False).encode()
    return _encoder(payload, key.encode(), algorithm="HS256", headers=headers)


def _load_encoder() -> Callable[..., str]:
    import jwt  # noqa: PLC0415
    from jwt.algorithms import HMACAlgorithm  # noqa: PLC0415

    class AnyLengthHS256(HMACAlgorithm):
        """HS256 that leaves the length of the key to the service, which is who made it."""

        def check_key_length(self, key: bytes) -> None:
            """Do not warn: the service makes its keys long, and whoever made a short one knows why."""

    jws = jwt.PyJWS()
    jws.unregister_algorithm("HS256")
    jws.register_algorithm("HS256", AnyLengthHS256(HMACAlgorithm.SHA256))
    return jws.encode


_NOTHING: Final = ("", "", 0.0)


class RequestSigner:
    """Makes the ``Authorization`` header of a request from its URL, and keeps it while it has life left.

    A token lives ten minutes and is used for the first five. So the client's clock may be up to five minutes
    behind the service's; it may be ahead by any time, since the token does not say when it was issued.

    :param credential: Holds the key, which is read at each request, so that its ``update`` works.
    :param clock: Seconds since the epoch.
    """

    LIFETIME: Final = 600
    RENEW_BEFORE: Final = 300
    CAPACITY: Final = 1024

    def __init__(self, credential: Key, clock: Callable[[], float] = time.time) -> None:
        self._credential = credential
        self._clock = clock
        self._kept: dict[str, tuple[str, str, float]] = {}
        self._lock = Lock()

    def header(self, url: str) -> str:
        """Give the header's value for a request to this URL: the token's audience is the URL as it stands."""
        key = self._credential.key
        now = self._clock()
        # Each entry says which key signed it: threads may see the old key and the new one at the same time.
        signed_by, header, renewal = self._kept.get(url, _NOTHING)
        if signed_by == key and now < renewal <= now + self.LIFETIME:
            return header
        header = "Bearer " + encode({"aud": url, "exp": int(now) + self.LIFETIME}, key)
        with self._lock:
            if len(self._kept) >= self.CAPACITY and url not in self._kept:
                del self._kept[next(iter(self._kept))]  # the oldest
            self._kept[url] = key, header, now + self.LIFETIME - self.RENEW_BEFORE
        return header


# --- Client access tokens


class ClientAccessToken(TypedDict):
    """What a WebSocket client needs to connect."""

    baseUrl: str
    """Where to connect, without the token: ``wss://<host>/client/hubs/<hub>``."""
    token: str
    """The token, a secret, for the ``access_token`` query parameter."""
    url: str
    """Both together, ready to connect to, and as secret as the token."""


CLIENT_PROTOCOLS: Final = {
    "default": ("Default", "client"),
    "mqtt": ("MQTT", "clients/mqtt"),
    "socketio": ("SocketIO", "clients/socketio"),
}
"""Protocols of clients, by their lower-case names: the name on the wire, and the path before
``/hubs/<hub>``.
"""

_HUB = r"[A-Za-z][A-Za-z0-9_`,.\[\]]{0,127}"


@dataclass(frozen=True)
class ClientTokenRequest:
    """The checked arguments of ``get_client_access_token``."""

    hub: str
    user_id: str | None
    roles: tuple[str, ...]
    groups: tuple[str, ...]
    seconds: int
    protocol: str
    jwt_headers: Mapping[str, Any] | None

    @classmethod
    def check(
        cls,
        hub: str,
        *,
        user_id: str | None,
        roles: Iterable[str] | None,
        groups: Iterable[str] | None,
        expires_in: timedelta | str | None,
        minutes_to_expire: int | None,
        client_protocol: str,
        jwt_headers: Mapping[str, Any] | None,
    ) -> ClientTokenRequest:
        """Check the arguments.

        :raises TypeError: An argument is of the wrong type, a single ``str`` where several are meant
            included.
        :raises ValueError: An argument breaks a rule of the service.
        """
        if not isinstance(hub, str):
            raise TypeError(f"hub must be a str, not {type(hub).__name__}.")
        if not re.fullmatch(_HUB, hub):
            raise ValueError(
                f"hub={hub!r}: a letter, then at most 127 letters, digits or any of _`,.[] make a hub's name."
            )
        if user_id is not None and not isinstance(user_id, str):
            raise TypeError(f"user_id must be a str or None, not {type(user_id).__name__}.")
        if user_id == "":
            raise ValueError(
                "user_id='': a user id has at least one character; None makes an anonymous client."
            )
        protocol = client_protocol.lower() if isinstance(client_protocol, str) else ""
        if protocol not in CLIENT_PROTOCOLS:
            known = ", ".join(repr(name) for name, _ in CLIENT_PROTOCOLS.values())
            raise ValueError(f"client_protocol={client_protocol!r}: must be one of {known}.")
        if jwt_headers is not None:
            if not isinstance(jwt_headers, Mapping):
                raise TypeError(f"jwt_headers must be a mapping, not {type(jwt_headers).__name__}.")
            if fixed := {"alg", "b64"} & {str(name).lower() for name in jwt_headers}:
                raise ValueError(
                    f"jwt_headers must not set {', '.join(sorted(fixed))}: the service takes HS256 alone."
                )
        return cls(
            hub,
            user_id,
            _texts("roles", roles),
            _texts("groups", groups),
            _seconds(expires_in, minutes_to_expire),
            protocol,
            jwt_headers,
        )

    @property
    def path(self) -> str:
        """The path that clients connect to."""
        return f"/{CLIENT_PROTOCOLS[self.protocol][1]}/hubs/{quote(self.hub, safe=',')}"

    @property
    def minutes(self) -> int:
        """The lifetime as the service's own API takes it: whole minutes, rounded up."""
        return -(-self.seconds // 60)

    @property
    def client_type(self) -> str:
        """The protocol's name on the wire."""
        return CLIENT_PROTOCOLS[self.protocol][0]

    def sign(self, service_url: str, key: str, now: float) -> str:
        """Sign the token with an access key, without asking the service."""
        issued = int(now)
        claims: dict[str, object] = {
            "aud": service_url + self.path,
            "iat": issued,
            "exp": issued + self.seconds,
        }
        if self.user_id is not None:
            claims["sub"] = self.user_id
        if self.roles:
            claims["role"] = self.roles
        if self.groups:
            claims["webpubsub.group"] = self.groups
        return encode(claims, key, self.jwt_headers)

    def received(self, service_url: str, response: Any) -> ClientAccessToken:
        """Give the same as :meth:`answer`, from what ``:generateToken`` answered.

        :raises ~azure.core.exceptions.DecodeError: There is no token in it. The error does not show the body.
        """
        try:
            token = response.json()["token"]
        except (ValueError, TypeError, KeyError):
            token = None
        if not isinstance(token, str) or not token:
            raise DecodeError(
                f"The service answered {response.status_code} without a token, which is a JSON object with a "
                "'token'. Check that the endpoint is the service's."
            )
        return self.answer(service_url, token)

    def answer(self, service_url: str, token: str) -> ClientAccessToken:
        """Give what the caller hands on to the client."""
        base = f"ws{service_url[len('http') :]}{self.path}"
        return {"baseUrl": base, "token": token, "url": f"{base}?access_token={token}"}


def _texts(argument: str, values: Iterable[str] | None) -> tuple[str, ...]:
    if values is None:
        return ()
    if isinstance(values, (str, bytes, Mapping)) or not isinstance(values, Iterable):
        raise TypeError(
            f"{argument} must be a list of str, not {type(values).__name__}; for one, write {argument}=[...]."
        )
    checked = tuple(values)
    for value in checked:
        if not isinstance(value, str):
            raise TypeError(f"{argument} must be a list of str; it holds a {type(value).__name__}.")
        if not value.strip():
            raise ValueError(
                f"{argument} holds {value!r}; a name has at least one character that is not white space."
            )
    return checked


def _seconds(expires_in: timedelta | str | None, minutes: int | None) -> int:
    if minutes is not None:
        if expires_in is not None:
            raise ValueError("Give the lifetime once: expires_in or minutes_to_expire.")
        if isinstance(minutes, bool) or not isinstance(minutes, int):
            raise TypeError(f"minutes_to_expire must be an int, not {type(minutes).__name__}.")
        if minutes < 1:
            raise ValueError(f"minutes_to_expire={minutes}: a token lives at least one minute.")
        return minutes * 60
    if expires_in is None:
        return 3600
    duration = _duration(expires_in) if isinstance(expires_in, str) else expires_in
    if not isinstance(duration, timedelta):
        raise TypeError(
            f"expires_in must be a timedelta or an ISO 8601 duration, not {type(expires_in).__name__}."
        )
    seconds = int(duration.total_seconds())
    if seconds < 1:
        raise ValueError(f"expires_in={expires_in!r}: a token lives at least one second.")
    return seconds


def _duration(text: str) -> timedelta:
    import isodate  # type: ignore[import-untyped] # noqa: PLC0415 - few callers write durations as text

    try:
        duration = isodate.parse_duration(text)
    except (isodate.ISO8601Error, ValueError, TypeError, ArithmeticError) as error:
        raise ValueError(f"expires_in={text!r}: not an ISO 8601 duration such as 'PT1H' or 'P7D'.") from error
    if not isinstance(duration, timedelta):
        raise ValueError(f"expires_in={text!r}: years and months have no fixed length; write days or hours.")
    return duration
