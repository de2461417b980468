"""The checks, without I/O: a generator that yields requests and is sent their outcomes."""

from __future__ import annotations

from typing import TYPE_CHECKING

from azure.messaging.webpubsubservice._transports._hints import is_loopback
from azure.messaging.webpubsubservice.rest import (
    build_get_service_status_request,
    build_group_exists_request,
    build_user_exists_request,
)

from ._evidence import clock_offset, environment_proxy, explain_error, proxy_signs
from ._findings import Diagnosis, Finding

if TYPE_CHECKING:
    from collections.abc import Generator, Mapping

    from azure.core.rest import HttpRequest

    from ._findings import Exchange

__all__ = ["examine"]

#: Seconds by which a clock may be off before the service refuses tokens signed with its time.
CLOCK_TOLERANCE = 300
_NOTICEABLE = 30

#: The names in the request that shows whether the credential is accepted. Hub and group need not exist.
_ANY_HUB = "status"
_ANY_GROUP = "status"

#: By status of a signed request's response: its meaning, if it is not about the key.
_REFUSALS = {
    403: Finding(
        "credential",
        "wrong",
        "The credential is known, but may not do this (403).",
        "Assign the role Web PubSub Service Owner to the identity, or check the resource's network rules.",
    ),
    404: Finding(
        "credential",
        "unknown",
        "A signed request got 404, and not from Web PubSub.",
        "Check the endpoint's path, and what a reverse proxy makes of it.",
    ),
}


def examine(
    endpoint: str, api_version: str, hub: str | None, *, group: str | None, user_id: str | None
) -> Generator[HttpRequest, Exchange, Diagnosis]:
    """Yield the requests to send, one after another, and return the diagnosis.

    :raises ValueError: ``group`` or ``user_id`` without ``hub``.
    """
    if hub is None and (group is not None or user_id is not None):
        raise ValueError("group and user_id are looked for in a hub: name the hub too.")
    first = yield build_get_service_status_request(api_version=api_version)
    reached = _check_endpoint(first, endpoint, api_version)
    proxy = _check_proxy(first, endpoint)
    if reached.outcome == "wrong":
        return Diagnosis(endpoint, _without_the_rest(reached, proxy), _offset(first))
    invalid = _invalid_names(hub, group, user_id)
    named = hub is not None and invalid is None
    offset = _offset(first)
    asked = yield build_group_exists_request(
        (hub if named else None) or _ANY_HUB,
        (group if named else None) or _ANY_GROUP,
        api_version=api_version,
    )
    accepted = _check_credential(asked, endpoint, offset, proxy)
    clock = _check_clock(offset, accepted, endpoint)
    if invalid is not None:
        present = [invalid]
    elif accepted.outcome != "ok" or hub is None:
        present = [_unasked(hub, accepted)]
    else:
        present = [] if group is None else [_presence(asked, hub, f"group {group!r}")]
        if user_id is not None:
            answer = yield build_user_exists_request(hub, user_id, api_version=api_version)
            present.append(_presence(answer, hub, f"user {user_id!r}"))
        present = present or [_unasked(hub, accepted)]
    return Diagnosis(endpoint, (reached, clock, accepted, proxy, *present), offset)


def _headers(exchange: Exchange) -> Mapping[str, str]:
    if exchange.response is None:
        return {}
    return {name.lower(): value for name, value in exchange.response.headers.items()}


def _offset(exchange: Exchange) -> float | None:
    return clock_offset(exchange, _headers(exchange))


def _check_endpoint(exchange: Exchange, endpoint: str, api_version: str) -> Finding:
    if exchange.error is not None:
        return explain_error(exchange.error, endpoint)
    assert exchange.response is not None
    status, versions = exchange.response.status_code, _headers(exchange).get("api-supported-versions", "")
    if status == 200:
        known = [version.strip() for version in versions.split(",") if version.strip()]
        if known and api_version not in known:
            return Finding(
                "endpoint",
                "wrong",
                f"{endpoint} answers, but does not know api-version {api_version}.",
                f"Use one that it knows: {', '.join(known)}.",
            )
        versions_text = f", and knows api-version {api_version}" if known else ""
        return Finding("endpoint", "ok", f"{endpoint} answers{versions_text}.")
    return _unexpected_status(status, endpoint, _headers(exchange).get("location"))


def _unexpected_status(status: int, endpoint: str, location: str | None) -> Finding:
    """Return the meaning of a health check's status other than 200."""
    if status == 407:
        return Finding(
            "proxy",
            "wrong",
            f"The proxy {environment_proxy(endpoint) or 'in between'} wants a user and a password (407).",
            "Put them into the proxy's URL: http://user:password@host:port.",
        )
    if status == 403:
        return Finding(
            "endpoint",
            "wrong",
            f"{endpoint} refuses this machine (403).",
            "Check the resource's network rules: they decide which addresses and operations are let in.",
        )
    if status in {429, 500, 502, 503, 504}:
        return Finding(
            "endpoint",
            "wrong",
            f"{endpoint} cannot serve requests now ({status}).",
            "Try again later. If this goes on, look at the resource's health in the Azure portal.",
        )
    if 300 <= status < 400 and location:
        return Finding(
            "endpoint", "wrong", f"{endpoint} sends you elsewhere ({status}).", f"Try {location} instead."
        )
    advice = "Check host and path. The endpoint is the one in the Azure portal, under Keys."
    if status == 400 and endpoint.lower().startswith("http:"):
        advice = "The server may expect TLS: try the endpoint with https://."
    return Finding("endpoint", "wrong", f"What answers at {endpoint} is not Web PubSub ({status}).", advice)


def _check_clock(offset: float | None, accepted: Finding, endpoint: str) -> Finding:
    if offset is None:
        return Finding("clock", "unknown", "No response has a date.")
    if abs(offset) < 2:
        return Finding("clock", "ok", "This machine's clock agrees with the service's.")
    direction = "behind" if offset > 0 else "ahead of"
    summary = f"This machine's clock is {_duration(abs(offset))} {direction} the service's."
    if abs(offset) <= _NOTICEABLE:
        return Finding("clock", "ok", summary)
    if accepted.outcome == "ok":
        summary += " Requests are accepted so far."
    advice = "Synchronize the clock: timedatectl set-ntp true on Linux, w32tm /resync on Windows."
    if offset > 0 and is_loopback(endpoint):
        moved = (
            "If this is the emulator, its clock was moved, and a reset does not undo that: start it again."
        )
        advice = f"{moved} Otherwise: {advice[0].lower()}{advice[1:]}"
    return Finding("clock", "wrong" if abs(offset) > CLOCK_TOLERANCE else "warning", summary, advice)


def _duration(seconds: float) -> str:
    if seconds < 120:
        return f"{seconds:.0f} seconds"
    return f"{seconds / 60:.0f} minutes" if seconds < 7200 else f"{seconds / 3600:.1f} hours"


def _check_credential(exchange: Exchange, endpoint: str, offset: float | None, proxy: Finding) -> Finding:
    if exchange.error is not None:
        problem = explain_error(exchange.error, endpoint)
        if problem.check == "credential":
            return problem
        return Finding("credential", "unknown", f"A signed request got no response: {problem.summary}")
    assert exchange.response is not None
    status, headers = exchange.response.status_code, _headers(exchange)
    if status == 200 or (status == 404 and {"x-ms-error-code", "api-supported-versions"} & set(headers)):
        return Finding("credential", "ok", "The credential is accepted.")
    if status == 401:
        return _refused(offset, proxy)
    if status in _REFUSALS:
        return _REFUSALS[status]
    return Finding("credential", "unknown", f"A signed request got {status}.")


def _refused(offset: float | None, proxy: Finding) -> Finding:
    if offset is not None and abs(offset) > CLOCK_TOLERANCE:
        return Finding(
            "credential", "unknown", "The credential is refused (401), because of the clock or by itself."
        )
    advice = (
        "Copy the connection string again (Azure portal, Keys): the key may be another resource's, rotated, "
        "or access keys may be disabled."
    )
    if proxy.outcome == "warning":
        advice = (
            "A token is valid for one URL. If something in between changes the URL, pass its address as "
            f"reverse_proxy_endpoint. Otherwise: {advice[0].lower()}{advice[1:]}"
        )
    return Finding("credential", "wrong", "The credential is refused (401).", advice)


def _check_proxy(exchange: Exchange, endpoint: str) -> Finding:
    if exchange.response is None:
        proxy = environment_proxy(endpoint)
        if proxy:
            return Finding("proxy", "warning", f"The environment names the proxy {proxy}.")
        return Finding("proxy", "unknown", "There was no response that could show a proxy.")
    signs = proxy_signs(endpoint, str(exchange.response.request.url), _headers(exchange))
    if not signs:
        return Finding("proxy", "ok", "No sign of a proxy in between.")
    text = "; ".join(signs)
    return Finding("proxy", "warning", f"Something is in between: {text}.")


def _invalid_names(hub: str | None, group: str | None, user_id: str | None) -> Finding | None:
    try:
        if hub is not None:
            build_group_exists_request(hub, _ANY_GROUP if group is None else group)
            build_user_exists_request(hub, "status" if user_id is None else user_id)
    except (TypeError, ValueError) as error:
        return Finding("hub", "wrong", "A name is not one the service takes.", str(error))
    return None


def _presence(exchange: Exchange, hub: str, who: str) -> Finding:
    status = None if exchange.response is None else exchange.response.status_code
    if status == 200:
        return Finding("hub", "ok", f"The {who} of hub {hub!r} has a connection.")
    if status == 404:
        return Finding(
            "hub",
            "warning",
            f"The {who} of hub {hub!r} has no connection: messages to it reach nobody.",
            "Check the names, and that clients connect to the same hub of the same resource.",
        )
    return Finding("hub", "unknown", f"The question about {who} of hub {hub!r} got {status}.")


def _unasked(hub: str | None, accepted: Finding) -> Finding:
    if hub is None:
        return Finding("hub", "unknown", "No hub was named.")
    if accepted.outcome != "ok":
        return Finding("hub", "unknown", "Not checked: no signed request was accepted.")
    return Finding(
        "hub",
        "unknown",
        f"The REST API cannot say whether hub {hub!r} has connections.",
        "Name a group or a user to look for.",
    )


def _without_the_rest(problem: Finding, proxy: Finding) -> tuple[Finding, ...]:
    """Return the problem, the finding about proxies, and findings that say that the rest was not checked."""
    findings = {
        "endpoint": Finding("endpoint", "unknown", "Not checked."),
        "clock": Finding("clock", "unknown", "Not checked."),
        "credential": Finding("credential", "unknown", "Not checked."),
        "proxy": proxy,
        "hub": Finding("hub", "unknown", "Not checked."),
        problem.check: problem,
    }
    return tuple(findings.values())
