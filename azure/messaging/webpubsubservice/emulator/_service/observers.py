"""The seam for whoever watches an emulator at work, such as the playground's page.

A watcher is called in the emulator's loop, between two things that the emulator does, so it must be quick,
never raise and never wait. While there is none, watching costs a comparison per message.
"""

from typing import TYPE_CHECKING, Protocol

if TYPE_CHECKING:
    from collections.abc import Sequence

    from ._messages import ControlMessage, DataMessage, Frame
    from ._records import Recipient, RequestRecord
    from ._session import Session


class Watcher(Protocol):
    """Is told of everything that passes."""

    def request(self, record: "RequestRecord", seconds: float, reason: str) -> None:
        """Learn of a request to the data plane; ``reason`` says why it was refused, if it was."""
        ...

    def refused(self, path: str, status: int, reason: str) -> None:
        """Learn of a client that was not let in."""
        ...

    def connected(self, session: "Session") -> None:
        """Learn of a new client."""
        ...

    def ended(self, session: "Session", reason: str) -> None:
        """Learn that a client is gone for good."""
        ...

    def received(self, session: "Session", frame: "Frame") -> None:
        """Learn of a frame from a client, before anybody acts on it."""
        ...

    def told(self, session: "Session", message: "ControlMessage", frame: "Frame") -> None:
        """Learn of a frame to a client that carries no data: a greeting, an ack, a pong."""
        ...

    def published(self, hub: str, message: "DataMessage", recipients: "Sequence[Recipient]") -> None:
        """Learn of a message that was written to these clients; an empty sequence if nobody got it."""
        ...
