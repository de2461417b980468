"""Who may use the playground and the control interface, which need no key: this machine, and no website.

* The peer's address must belong to this machine, because no key is needed.
* ``Host`` must be a name of this machine. A site whose DNS name is made to point here (*DNS rebinding*) has
  the right address and the right origin, but its own name in ``Host``.
* ``Origin``, which browsers send with every WebSocket and every request that can change something, must be
  the emulator's own. Another site, or another port of this machine, has a different one. Programs other than
  browsers do not send it.
* ``Sec-Fetch-Site``, if the browser sends it, covers requests without ``Origin``.
"""

import ipaddress
import re
from collections.abc import Sequence
from dataclasses import dataclass

from aiohttp import web

#: ``Host`` as browsers write it: a name or an address, and a port.
_HOST = re.compile(r"(?P<name>\[[0-9A-Fa-f:.]+\]|[A-Za-z0-9.-]+)(?P<port>:[0-9]{1,5})?")


@dataclass(frozen=True, slots=True)
class Caller:
    """What is known about the sender of a request. Headers are lists, because a request may repeat them."""

    #: The address of the other end of the connection.
    peer: str
    #: The address of this end.
    local: str
    host: Sequence[str]
    origin: Sequence[str]
    fetch_site: Sequence[str]
    #: Whether the browser is about to show the response as a page, which any link or bookmark can request.
    navigation: bool
    #: Whether the request changes something or opens a WebSocket, so that browsers send its origin.
    needs_origin: bool
    #: ``https`` with TLS.
    scheme: str = "http"


def caller_of(request: web.BaseRequest, *, needs_origin: bool, navigation: bool) -> Caller:
    """Return what is known about the sender of a request.

    :param needs_origin: Whether the request must have an ``Origin``, even if it changes nothing.
    :param navigation: Whether a browser may show the response as a page.
    """
    transport, headers = request.transport, request.headers
    peer = transport.get_extra_info("peername") if transport is not None else None
    local = transport.get_extra_info("sockname") if transport is not None else None
    return Caller(
        peer=peer[0] if peer else "",
        local=local[0] if local else "",
        host=headers.getall("Host", []),
        origin=headers.getall("Origin", []),
        fetch_site=headers.getall("Sec-Fetch-Site", []),
        navigation=navigation and headers.get("Sec-Fetch-Mode") == "navigate",
        needs_origin=needs_origin,
        scheme=request.scheme,
    )


def refusal(
    caller: Caller, listening_host: str, *, what: str = "The playground", remote: bool = False
) -> str | None:
    """Return why the caller is refused, as a message for a developer; ``None`` if it is not refused.

    :param what: What the caller wants to use, for the message.
    :param remote: Whether other machines may use it. Other websites never may.
    """
    if not remote:
        if not _is_this_machine(caller.peer, caller.local):
            return f"{what} answers only to this machine, because it needs no key."
        if len(caller.host) != 1 or not _is_own_name(caller.host[0], caller.local, listening_host):
            url = f"{caller.scheme}://{_authority(caller)}/"
            return f"{what} answers only to its own address; open it as {url}."
    own = f"{caller.scheme}://{caller.host[0]}".lower() if caller.host else ""
    if any(origin.lower() != own for origin in caller.origin) or len(caller.origin) > 1:
        return f"{what} answers only to its own page; this request came from another origin."
    if caller.needs_origin and not caller.origin:
        return f"{what} answers only to its own page; this request has no Origin header."
    if not caller.navigation and any(site not in {"same-origin", "none"} for site in caller.fetch_site):
        return f"{what} answers only to its own page; this request came from another site."
    return None


def _is_this_machine(peer: str, local: str) -> bool:
    address = _address(peer)
    return address is not None and (address.is_loopback or address == _address(local))


def _is_own_name(host: str, local: str, listening_host: str) -> bool:
    match = _HOST.fullmatch(host)
    if match is None:
        return False
    name = match["name"].strip("[]").lower()
    if name in {"localhost", listening_host.lower()}:
        return True
    address = _address(name)
    return address is not None and (address.is_loopback or address == _address(local))


def _authority(caller: Caller) -> str:
    """Return the address to open instead, with the port of the request, which may be a forwarded one."""
    local = f"[{caller.local}]" if ":" in caller.local else caller.local
    match = _HOST.fullmatch(caller.host[0]) if caller.host else None
    return local + (match["port"] or "" if match else "")


def _address(text: str) -> ipaddress.IPv4Address | ipaddress.IPv6Address | None:
    try:
        address = ipaddress.ip_address(text.partition("%")[0])  # without the zone of a link-local address
    except ValueError:
        return None
    mapped = address.ipv4_mapped if isinstance(address, ipaddress.IPv6Address) else None
    return mapped or address
