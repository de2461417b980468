"""Listening sockets: one for each address of a host, all with the same port."""

import errno
import os
import socket
from collections.abc import Sequence
from typing import Any

#: How many times to look for a port that is free at every address.
_ATTEMPTS = 20

#: The errors for an address that this machine lacks, such as that of IPv6 in some containers.
_UNAVAILABLE = frozenset({errno.EADDRNOTAVAIL, errno.EAFNOSUPPORT})


def listening_sockets(host: str, port: int) -> list[socket.socket]:
    """Bind a socket to every address of ``host``.

    :param port: The port, or 0 for one that is free at every address.
    :raises OSError: The port is taken, or none of the addresses belongs to this machine.
    """
    found = socket.getaddrinfo(host, port, type=socket.SOCK_STREAM, flags=socket.AI_PASSIVE)
    addresses = [(family, address) for family, _, _, _, address in found]
    attempts = _ATTEMPTS if port == 0 else 1
    while True:
        attempts -= 1
        try:
            return _bind(list(dict.fromkeys(addresses)), port)
        except OSError as error:
            if error.errno != errno.EADDRINUSE or attempts == 0:
                raise


def _bind(addresses: Sequence[tuple[socket.AddressFamily, Any]], port: int) -> list[socket.socket]:
    bound: list[socket.socket] = []
    problem = OSError(errno.EADDRNOTAVAIL, "it has no address")
    for family, address in addresses:
        try:
            bound.append(_bind_one(family, (address[0], port, *address[2:])))
        except OSError as error:  # noqa: PERF203 - two turns
            problem = error
            if error.errno not in _UNAVAILABLE:
                for each in bound:
                    each.close()
                raise
        else:
            port = bound[-1].getsockname()[1]
    if not bound:
        raise problem
    return bound


def _bind_one(family: socket.AddressFamily, address: tuple[Any, ...]) -> socket.socket:
    bound = socket.socket(family, socket.SOCK_STREAM)
    try:
        if os.name == "posix":  # elsewhere, it would share the port with another program
            bound.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        if family == socket.AF_INET6:
            bound.setsockopt(socket.IPPROTO_IPV6, socket.IPV6_V6ONLY, 1)
        bound.bind(address)
    except BaseException:
        bound.close()
        raise
    return bound
