"""The common parts of the writers of both clients."""

from __future__ import annotations

import warnings
from typing import TYPE_CHECKING, Any

from ._notes import add_note
from ._writer_error import WriterError

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

    from azure.core.rest import HttpRequest

    from ._pieces import Message, Pieces

__all__ = ["OutletBase", "WriterBase", "note_failure"]


class WriterBase:
    """The progress of a writer."""

    def __init__(self, pieces: Pieces) -> None:
        self._pieces = pieces

    @property
    def stream_id(self) -> str:
        """The identifier that distinguishes this stream from others to the same receivers."""
        return self._pieces.stream_id

    @property
    def pieces_accepted(self) -> int:
        """How many pieces the service has accepted."""
        return self._pieces.pieces_accepted

    @property
    def messages_accepted(self) -> int:
        """How many messages the service has accepted, which is the number of the last one."""
        return self._pieces.messages_accepted

    @property
    def unaccepted(self) -> str:
        """The text that was written but that the service has not accepted (yet)."""
        return self._pieces.unaccepted

    def __repr__(self) -> str:
        state = "closed" if self._pieces.ended else "open"
        accepted = f"pieces accepted: {self.pieces_accepted}"
        return f"<{type(self).__name__} stream_id:{self.stream_id!r}, {accepted}, {state}>"

    def __del__(self) -> None:
        pieces: Pieces | None = getattr(self, "_pieces", None)
        if pieces is not None and not pieces.settled:
            warnings.warn(f"{self!r} was not closed; use it in a with statement", ResourceWarning, 2)


class OutletBase:
    """Sends the messages of a writer. It does not keep the writer alive.

    :param send: The client's ``send_request``.
    :param build: Builds the request for a message.
    :param pieces: The text to send.
    :param options: The options of each call.
    """

    def __init__(
        self,
        send: Callable[..., Any],
        build: Callable[..., HttpRequest],
        pieces: Pieces,
        options: Mapping[str, Any],
    ) -> None:
        self._send = send
        self._build_request = build
        self._pieces = pieces
        self._options = options

    def _request(self, message: Message) -> HttpRequest:
        return self._build_request(
            content=message.content, content_type=message.content_type, headers=message.headers
        )


def note_failure(error: WriterError, ended_by: BaseException) -> None:
    """Add a note on what happened to the writer to the exception that ended the ``with`` block."""
    if not isinstance(ended_by, WriterError):
        add_note(ended_by, str(error))
