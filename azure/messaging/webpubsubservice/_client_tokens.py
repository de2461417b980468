"""The tokens with which WebSocket clients connect."""

from __future__ import annotations

import json
import re
from collections.abc import Iterable, Mapping
from datetime import timedelta
from typing import Any, Final, Literal, NamedTuple, TypeAlias, TypedDict
from urllib.parse import quote

from azure.core.exceptions import DecodeError

from ._arguments import encodable, list_of_texts
from ._roles import warn_about_roles
from ._signer import encode_token

__all__ = ["ClientAccessToken", "ClientProtocol", "ClientTokenRequest"]


class ClientAccessToken(TypedDict):
    """What a WebSocket client needs to connect."""

    baseUrl: str
    """Where to connect, without the token: ``wss://<host>/client/hubs/<hub>``."""
    token: str
    """The token, a secret, for the ``access_token`` query parameter."""
    url: str
    """Both together, ready to connect to, and as secret as the token."""


ClientProtocol: TypeAlias = Literal["Default", "MQTT", "SocketIO"]
"""The protocols that clients speak. They are accepted in any case."""

_PROTOCOLS: Final = {
    "default": ("Default", "client"),
    "mqtt": ("MQTT", "clients/mqtt"),
    "socketio": ("SocketIO", "clients/socketio"),
}
"""By protocol in lower case: its name on the wire, and the path before ``/hubs/<hub>``."""

_RESERVED_HEADERS: Final = {"alg", "b64"}


class ClientTokenRequest(NamedTuple):
    """The checked arguments of ``get_client_access_token``."""

    hub: str
    user_id: str | None
    roles: tuple[str, ...]
    groups: tuple[str, ...]
    seconds: int
    protocol: str
    jwt_headers: Mapping[str, Any] | None

    @classmethod
    def validated(
        cls,
        hub: str,
        user_id: str | None = None,
        roles: Iterable[str] | None = None,
        groups: Iterable[str] | None = None,
        expires_in: timedelta | str | None = None,
        minutes_to_expire: int | None = None,
        client_protocol: str | None = None,
        jwt_headers: Mapping[str, Any] | None = None,
    ) -> ClientTokenRequest:
        """Check the arguments.

        :raises TypeError: An argument is of the wrong type, such as one ``str`` where a list is expected.
        :raises ValueError: An argument breaks a rule of the service.
        """
        checked_roles = list_of_texts("roles", roles)
        warn_about_roles(checked_roles, 4)  # where get_client_access_token is called
        return cls(
            _hub(hub),
            _user_id(user_id),
            checked_roles,
            list_of_texts("groups", groups),
            _seconds(expires_in, minutes_to_expire),
            _protocol(client_protocol),
            _jwt_headers(jwt_headers),
        )

    @property
    def path(self) -> str:
        """The path that clients connect to."""
        return f"/{_PROTOCOLS[self.protocol][1]}/hubs/{quote(self.hub, safe=',')}"

    @property
    def minutes(self) -> int:
        """The lifetime as the service's own API takes it: whole minutes, rounded up."""
        return -(-self.seconds // 60)

    @property
    def client_type(self) -> str:
        """The protocol's name on the wire."""
        return _PROTOCOLS[self.protocol][0]

    def sign(self, service_url: str, key: str, now: float) -> str:
        """Return a token that is signed with an access key; the service is not involved."""
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
        return encode_token(claims, key, self.jwt_headers)

    def from_response(self, service_url: str, response: Any) -> ClientAccessToken:
        """Return the same as :meth:`access_token`, with the token from a response to ``:generateToken``.

        :raises ~azure.core.exceptions.DecodeError: There is no token in it. The error does not show the body.
        """
        try:
            token = response.json()["token"]
        except (ValueError, TypeError, KeyError):
            token = None
        if not isinstance(token, str) or not token:
            raise DecodeError(
                f"The service responded with {response.status_code} but without a token. It should have sent "
                "a JSON object with a 'token'; check that the endpoint is that of a Web PubSub resource."
            )
        return self.access_token(service_url, token)

    def access_token(self, service_url: str, token: str) -> ClientAccessToken:
        """Return what the client needs to connect."""
        base = f"ws{service_url[len('http') :]}{self.path}"
        return {"baseUrl": base, "token": token, "url": f"{base}?access_token={token}"}


def _hub(hub: object) -> str:
    if not isinstance(hub, str):
        raise TypeError(f"hub must be a str, not {type(hub).__name__}.")
    if not hub:
        raise ValueError("hub='': a hub's name has at least one letter.")
    wrong = re.search(r"[^A-Za-z0-9_`,.\[\]]", hub)
    if not re.match("[A-Za-z]", hub):
        problem = "must begin with a letter from A to Z"
    elif wrong:
        problem = f"has {wrong[0]!r}; it may have only letters from A to Z, digits and _ ` , . [ ]"
    elif len(hub) > 128:
        problem = f"has {len(hub)} characters; it may have at most 128"
    else:
        return hub
    raise ValueError(f"hub={hub[:140]!r}: a hub's name {problem}.")


def _user_id(user_id: object) -> str | None:
    if user_id is None:
        return None
    if not isinstance(user_id, str):
        raise TypeError(f"user_id must be a str or None, not {type(user_id).__name__}.")
    if not user_id.strip():
        raise ValueError(
            f"user_id={user_id!r}: a user id has at least one character that is not white space; "
            "None makes an anonymous client."
        )
    return encodable("user_id", user_id)


def _protocol(client_protocol: object) -> str:
    if client_protocol is None:
        return "default"
    protocol = client_protocol.lower() if isinstance(client_protocol, str) else ""
    if protocol not in _PROTOCOLS:
        known = ", ".join(repr(name) for name, _ in _PROTOCOLS.values())
        raise ValueError(f"client_protocol={client_protocol!r}: must be one of {known}.")
    return protocol


def _jwt_headers(headers: object) -> Mapping[str, Any] | None:
    if headers is None:
        return None
    if not isinstance(headers, Mapping):
        raise TypeError(f"jwt_headers must be a mapping, not {type(headers).__name__}.")
    for name, value in headers.items():
        if not isinstance(name, str):
            raise TypeError(f"jwt_headers has the name {name!r}, which is not a str.")
        if name.lower() in _RESERVED_HEADERS:
            raise ValueError(f"jwt_headers must not set {name!r}: the service accepts only HS256.")
        if value is None:
            raise TypeError(f"jwt_headers[{name!r}] is None; leave it out instead.")
    try:
        json.dumps(headers)
    except (TypeError, ValueError, RecursionError) as error:
        raise TypeError(f"jwt_headers cannot be written as JSON: {error}.") from None
    return dict(headers)


def _seconds(expires_in: timedelta | str | None, minutes: int | None) -> int:
    if minutes is not None:
        if expires_in is not None:
            raise ValueError("Pass only one of expires_in and minutes_to_expire.")
        if isinstance(minutes, bool) or not isinstance(minutes, int):
            raise TypeError(f"minutes_to_expire must be an int, not {type(minutes).__name__}.")
        if minutes < 1:
            raise ValueError(f"minutes_to_expire={minutes}: a token is valid for at least one minute.")
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
        raise ValueError(f"expires_in={expires_in!r}: a token is valid for at least one second.")
    return seconds


def _duration(text: str) -> timedelta:
    from ._serialization.formats import parse_duration  # noqa: PLC0415 (few callers write durations as text)

    try:
        return parse_duration(text)
    except ValueError as error:
        raise ValueError(f"expires_in={text!r}: {error}.") from None
