"""The life of a session, as tables: its phases, what can happen in each, and which phase follows.

A session with a reliable subprotocol outlives its WebSocket: it is *open* while there is one, *detached*
while the client may still come back, and *ended* after that.
"""

from collections.abc import Mapping
from enum import Enum


class Phase(Enum):
    """A phase in the life of a session."""

    OPEN = "open"
    DETACHED = "detached"
    ENDED = "ended"


class Cause(Enum):
    """An event in the life of a session."""

    SOCKET_LOST = "the socket was lost"
    CLIENT_LEFT = "the client closed normally"
    CLIENT_PAUSED = "the client closed with another code, or none"
    SERVER_CLOSED = "the service closed the connection"
    MISBEHAVED = "the client broke the subprotocol or did not keep up"
    RECOVERED = "the client came back"
    WINDOW_OVER = "the client did not come back in time"


Transitions = Mapping[tuple[Phase, Cause], Phase]

#: Reliable sessions. A client may come back before the loss of its socket was noticed, so an open session can
#: be recovered, too. It is a choice to keep the session after a Close without a code: the service's own
#: emulator does so, and the documentation is silent.
RELIABLE_TRANSITIONS: Transitions = {
    (Phase.OPEN, Cause.SOCKET_LOST): Phase.DETACHED,
    (Phase.OPEN, Cause.CLIENT_LEFT): Phase.ENDED,
    (Phase.OPEN, Cause.CLIENT_PAUSED): Phase.DETACHED,
    (Phase.OPEN, Cause.SERVER_CLOSED): Phase.ENDED,
    (Phase.OPEN, Cause.MISBEHAVED): Phase.ENDED,
    (Phase.OPEN, Cause.RECOVERED): Phase.OPEN,
    (Phase.DETACHED, Cause.RECOVERED): Phase.OPEN,
    (Phase.DETACHED, Cause.SERVER_CLOSED): Phase.ENDED,
    (Phase.DETACHED, Cause.MISBEHAVED): Phase.ENDED,
    (Phase.DETACHED, Cause.WINDOW_OVER): Phase.ENDED,
}

#: Every other session ends with its socket.
TRANSITIONS: Transitions = {
    (Phase.OPEN, Cause.SOCKET_LOST): Phase.ENDED,
    (Phase.OPEN, Cause.CLIENT_LEFT): Phase.ENDED,
    (Phase.OPEN, Cause.CLIENT_PAUSED): Phase.ENDED,
    (Phase.OPEN, Cause.SERVER_CLOSED): Phase.ENDED,
    (Phase.OPEN, Cause.MISBEHAVED): Phase.ENDED,
}
