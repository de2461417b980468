"""Listening sockets: one for each address of a host, all with the same port."""

import errno
import os
import socket
import weakref
from collections.abc import Iterator, Sequence
from typing import Any

from typing_extensions import override

#: How many times to look for a port that is free at every address.
_ATTEMPTS = 20

#: The errors for an address that this machine lacks, such as that of IPv6 in some containers.
_UNAVAILABLE = frozenset({errno.EADDRNOTAVAIL, errno.EAFNOSUPPORT})


class ListeningSocket(socket.socket):
    """A socket that listens, and knows the connections that were accepted from it.

    asyncio has no other list of them: a protocol learns of its connection when the TLS handshake is over.
    """

    def __init__(self, family: socket.AddressFamily) -> None:
        super().__init__(family, socket.SOCK_STREAM)
        self._accepted: weakref.WeakSet[socket.socket] = weakref.WeakSet()

    @override
    def accept(self) -> tuple[socket.socket, Any]:
        """Accept a connection."""
        accepted, address = super().accept()
        self._accepted.add(accepted)
        return accepted, address

    @property
    def open_connections(self) -> Iterator[socket.socket]:
        """Those that have not been closed."""
        return (each for each in tuple(self._accepted) if each.fileno() >= 0)


def listening_sockets(host: str, port: int) -> list[ListeningSocket]:
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


def _bind(addresses: Sequence[tuple[socket.AddressFamily, Any]], port: int) -> list[ListeningSocket]:
    bound: list[ListeningSocket] = []
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


def _bind_one(family: socket.AddressFamily, address: tuple[Any, ...]) -> ListeningSocket:
    bound = ListeningSocket(family)
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
