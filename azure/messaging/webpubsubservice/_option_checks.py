"""The rules that the options of clients and calls keep, as a table from names to checks.

A check returns the value to use, or raises. What it refuses would otherwise be ignored, or fail inside of an
HTTP library, or mean "off" though somebody only forgot to set it.
"""

from __future__ import annotations

import math
import re
from collections.abc import Iterable, Mapping
from functools import partial
from typing import TYPE_CHECKING, Any, Final

from ._arguments import check_boolean, check_integer, check_seconds, list_of, shown
from ._headers import HEADER_NAME
from ._keywords import did_you_mean
from ._options import ClientOptions, RequestOptions
from ._transports._settings import check_connection_options

if TYPE_CHECKING:
    from collections.abc import Callable

__all__ = ["checked_call_options", "checked_client_options", "takes_options_of_others"]

_NAMES_OF_POLICIES: Final = frozenset(
    name for name in ClientOptions.__annotations__ if name.endswith(("_policy", "policies"))
)


def checked_client_options(options: Mapping[str, Any]) -> dict[str, Any]:
    """Return the options of a constructor that are set.

    :raises TypeError: A name is unknown, or a value is of the wrong type.
    :raises ValueError: A value makes no sense.
    """
    if unknown := sorted(set(options) - _CLIENT_NAMES):
        hint = did_you_mean(unknown[0], _CLIENT_NAMES)
        if unknown[0] == "hub":
            hint = " One client serves all hubs: a hub is the first argument of each build_*_request."
        raise TypeError(
            f"WebPubSubServiceClient() got an unexpected keyword argument {unknown[0]!r}.{hint} It takes "
            "endpoint, credential, reverse_proxy_endpoint, api_version, credential_scopes and the options of "
            "azure-core's clients."
        )
    return _checked(options)


def checked_call_options(
    options: Mapping[str, Any], for_others: bool, function: str = "send_request", names: Iterable[str] = ()
) -> dict[str, Any]:
    """Return the options of a call that are set.

    :param function: The method that was called.
    :param names: The keyword arguments that only this method has.
    :param for_others: Whether the client has policies or a transport of the caller's. They may take options
        of their own, so unknown ones are left to them.
    :raises TypeError: A name is unknown, or a value is of the wrong type.
    :raises ValueError: A value makes no sense.
    """
    if not for_others and not options.keys() <= _CALL_NAMES:
        unknown = sorted(options.keys() - _CALL_NAMES)
        where = " It is an option of the client's constructor." if unknown[0] in _CLIENT_NAMES else ""
        hint = where or did_you_mean(unknown[0], _CALL_NAMES.union(names))
        hint = hint or " Parameters of an operation are arguments of its build_*_request."
        raise TypeError(f"{function}() got an unexpected keyword argument {unknown[0]!r}.{hint}")
    return _checked(options)


_LONGEST: Final = 1e15
"""Seconds. A ``float`` cannot hold every ``int``, and clocks lose their fractions beyond this."""


def takes_options_of_others(options: Mapping[str, Any]) -> bool:
    """Return whether a client has policies or a transport of the caller's."""
    return not options.keys().isdisjoint(_NAMES_OF_POLICIES | {"transport", "session"})


def _checked(options: Mapping[str, Any]) -> dict[str, Any]:
    check_connection_options(options)
    return {
        name: _CHECKS[name](name, value) if name in _CHECKS else value
        for name, value in options.items()
        if value is not None
    }


def _seconds(name: str, value: object) -> float:
    """Accept a number of seconds, 0 included."""
    seconds = check_seconds(name, value)
    if not 0 <= seconds < math.inf:
        raise ValueError(f"{name}={value!r}: must be a finite number of seconds, and not negative.")
    return float(min(seconds, _LONGEST))


def _timeout(name: str, value: object) -> float:
    """Accept a number of seconds in which something can happen. ``math.inf`` means no limit."""
    if value == math.inf:
        return math.inf
    seconds = _seconds(name, value)
    if seconds == 0:
        raise ValueError(f"{name}=0: nothing can happen in no time. None means the default.")
    return seconds


def _text(name: str, value: object) -> str:
    if not isinstance(value, str):
        raise TypeError(f"{name} must be a str, not {shown(value)}.")
    if not value:
        raise ValueError(f"{name}='': is the setting that it comes from not set? None means the default.")
    return value


def _header_value(name: str, value: object) -> str:
    text = _text(name, value)
    # RFC 9110, section 5.5: no control characters; and what HTTP libraries can encode.
    if not re.fullmatch(r"[\t\x20-\x7e\x80-\xff]+", text):
        raise ValueError(f"{name} has a character that a header cannot hold.")
    return text


def _header_name(name: str, value: object) -> str:
    text = _text(name, value)
    if not re.fullmatch(HEADER_NAME, text):
        raise ValueError(f"{name}={text!r}: no header can have this name.")
    return text


def _headers(name: str, value: object) -> dict[str, str]:
    if not isinstance(value, Mapping):
        raise TypeError(f"{name} must be a mapping of names to values, not {shown(value)}.")
    for header, text in value.items():
        if not isinstance(header, str) or not isinstance(text, str):
            raise TypeError(f"{name} must map str to str; the value of {header!r} is {type(text).__name__}.")
        if not re.fullmatch(HEADER_NAME, header):
            raise ValueError(f"{name} has the name {header!r}, which no header can have.")
        _header_value(f"{name}[{header!r}]", text or " ")  # a header may be empty
    return dict(value)


def _methods(name: str, value: object) -> tuple[str, ...]:
    methods = list_of(str, name, value)
    if not methods:
        raise ValueError(
            f"{name} is empty. To repeat no method after a broken connection, pass retry_read=0."
        )
    return methods


def _retry_mode(name: str, value: object) -> object:
    from azure.core.pipeline.policies import RetryMode  # noqa: PLC0415 - few clients set it

    try:
        return RetryMode(value.lower() if isinstance(value, str) else value)
    except ValueError:
        raise ValueError(f"{name}={value!r}: must be a RetryMode, or 'exponential' or 'fixed'.") from None


def _having(what: str, *attributes: str) -> Callable[[str, object], object]:
    def check(name: str, value: object) -> object:
        if not any(hasattr(value, attribute) for attribute in attributes):
            raise TypeError(f"{name} must be {what}, not {shown(value)}.")
        return value

    return check


_policy = _having("an azure-core policy", "send", "on_request")


def _policies(name: str, value: object) -> object:
    if not isinstance(value, Iterable) or isinstance(value, (str, bytes, Mapping)):
        return _policy(name, value)
    return [_policy(name, policy) for policy in value if policy is not None]


_CHECKS: Final[Mapping[str, Callable[[str, object], object]]] = {
    "headers": _headers,
    "request_id": _header_value,
    "user_agent": _header_value,
    "sdk_moniker": _header_value,
    "request_id_header_name": _header_name,
    "http_logging_level": check_integer,
    "logger": _having("a logging.Logger", "isEnabledFor"),
    "redirect_max": check_integer,
    "retry_total": check_integer,
    "retry_connect": check_integer,
    "retry_read": check_integer,
    "retry_status": check_integer,
    "retry_on_methods": _methods,
    "retry_on_status_codes": partial(list_of, int),
    "retry_backoff_factor": _seconds,
    "retry_backoff_max": _seconds,
    "retry_mode": _retry_mode,
    "redirect_on_status_codes": partial(list_of, int),
    "redirect_remove_headers": partial(list_of, str),
    "additional_allowed_query_params": partial(list_of, str),
    "timeout": _timeout,
    "raw_request_hook": _having("callable", "__call__"),
    "raw_response_hook": _having("callable", "__call__"),
    "network_span_namer": _having("callable", "__call__"),
    "tracing_attributes": _having("a mapping", "keys"),
    "tracing_options": _having("a mapping", "keys"),
    "instrumentation_config": _having("a mapping", "keys"),
    "transport": _having("an azure-core transport", "send"),
    "session": _having("a requests.Session or an aiohttp.ClientSession", "request"),
    **dict.fromkeys(_NAMES_OF_POLICIES, _policy),
    **dict.fromkeys(("policies", "per_call_policies", "per_retry_policies"), _policies),
    **dict.fromkeys(
        (
            "auto_request_id",
            "user_agent_overwrite",
            "user_agent_use_env",
            "session_owner",
            "logging_enable",
            "permit_redirects",
            "redirect_across_origins",
            "enforce_https",
            "enable_cae",
        ),
        check_boolean,
    ),
}

_CALL_NAMES: Final = frozenset(RequestOptions.__annotations__)
_CLIENT_NAMES: Final = frozenset(ClientOptions.__annotations__)
