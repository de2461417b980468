"""A key for ordering requests: their destination."""

from __future__ import annotations

import itertools
from urllib.parse import urlsplit

from azure.core.rest import HttpRequest

__all__ = ["destination"]

_KINDS = frozenset({"connections", "groups", "users"})


def destination(request: HttpRequest) -> str:
    """Return the hub, group, user or connection that a request is about, as part of the URL's path.

    Pass it as ``order_by=destination`` to ``send_requests`` to keep the order of the requests to each
    destination: the messages of a group, or the memberships and messages of a user.

    >>> destination(build_send_to_group_request("chat", "room", content="hello"))
    '/api/hubs/chat/groups/room'

    A request to a whole hub has a different key from those to the hub's groups, so their order is not kept.

    :raises TypeError: It is not a request.
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
