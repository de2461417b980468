"""A server for tests that misbehaves on real sockets, as its script says.

::

    from tests.faults import Answer, Disconnect, FaultServer

    with FaultServer(Answer(503), Disconnect("head"), Answer(202)) as server:
        client = WebPubSubServiceClient(server.endpoint, AzureKeyCredential("key"))
        ...
    assert [request.body for request in server.requests] == [b"hello"] * 3

:class:`FaultServer` plays one step per request and records each request as it came off the wire. The steps
are :class:`Answer` (any status, headers, body and framing; early, held, truncated), :class:`Raw` (any bytes),
:class:`Disconnect` (reset or close, before or after the request's body) and :class:`Relay` (pass the request
on to another server, and its answer back or not). Connections can be refused (``listening=False``) and
dropped while idle (:meth:`FaultServer.drop_connections`). Nothing is mocked and nothing sleeps: a slow answer
is one that waits for the test to open a :class:`Gate`.
"""

from tests.faults.requests import Request
from tests.faults.server import FaultServer
from tests.faults.steps import Answer, Disconnect, Gate, Raw, Relay, Step, authorized, redirect

__all__ = [
    "Answer",
    "Disconnect",
    "FaultServer",
    "Gate",
    "Raw",
    "Relay",
    "Request",
    "Step",
    "authorized",
    "redirect",
]
