"""A key to order requests by: whom they are about."""

from __future__ import annotations

import itertools
from urllib.parse import urlsplit

from azure.core.rest import HttpRequest

__all__ = ["destination"]

_KINDS = frozenset({"connections", "groups", "users"})


def destination(request: HttpRequest) -> str:
    """Return the hub, group, user or connection that a request is about, as its part of the URL's path.

    As ``order_by=destination`` of ``send_requests``, it keeps the order among the requests of each of them: a
    group's messages, or a user's membership and messages.

    >>> destination(build_send_to_group_request("chat", "room", content="hello"))
    '/api/hubs/chat/groups/room'

    A request to a whole hub has a key of its own, and keeps no order with those to the hub's groups.

    :raises TypeError: It is no request.
    """
    if not isinstance(request, HttpRequest):
        raise TypeError(f"destination takes an azure.core.rest.HttpRequest, not {type(request).__name__}.")
    path = urlsplit(request.url).path
    before, found, after = path.partition("/api/hubs/")
    if not found:
        return path
    hub, *segments = after.split("/")
    key = f"{before}{found}{hub.lower()}"
    for kind, name in itertools.pairwise(segments):
        if kind in _KINDS and not name.startswith(":"):
            return f"{key}/{kind}/{name}"
    return key
