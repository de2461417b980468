"""The error of a writer."""

from __future__ import annotations

from typing import Any

from azure.core.exceptions import AzureError

__all__ = ["WriterError"]


class WriterError(AzureError):
    """A message of a writer was not accepted, and sending it again did not help.

    Nothing that was written after it was sent. The cause (``__cause__``) is what ``send_request`` raised, or
    an ``HttpResponseError``.

    :param message: What went wrong.
    """

    pieces_accepted: int
    """How many of the pieces, from the first on, the service accepted."""
    messages_accepted: int
    """In how many messages."""
    unaccepted: str
    """The text from there on, as far as it was written."""
    may_have_arrived: bool
    """Whether the message that failed may have arrived, with all or the first part of :attr:`unaccepted`."""

    def __init__(
        self,
        message: str,
        *,
        pieces_accepted: int,
        messages_accepted: int,
        unaccepted: str,
        may_have_arrived: bool,
    ) -> None:
        super().__init__(message)
        self.pieces_accepted = pieces_accepted
        self.messages_accepted = messages_accepted
        self.unaccepted = unaccepted
        self.may_have_arrived = may_have_arrived

    def __reduce__(self) -> tuple[Any, ...]:
        fields = ("pieces_accepted", "messages_accepted", "unaccepted", "may_have_arrived")
        return _restore, (self.message, {name: getattr(self, name) for name in fields})


def _restore(message: str, fields: dict[str, Any]) -> WriterError:
    return WriterError(message, **fields)
