"""The error of a writer."""

from __future__ import annotations

from typing import Any

from azure.core.exceptions import AzureError

__all__ = ["WriterError"]


class WriterError(AzureError):
    """A message of a writer was not accepted, and sending it again did not help.

    Text that was written after it was not sent. The cause (``__cause__``) is the exception of
    ``send_request``, or an ``HttpResponseError``.

    :param message: What went wrong.
    """

    pieces_accepted: int
    """How many pieces the service accepted, from the first one on."""
    messages_accepted: int
    """How many messages the service accepted."""
    unaccepted: str
    """The text after these pieces, as far as it was written."""
    may_have_arrived: bool
    """Whether the failed message may have arrived, with all or the first part of :attr:`unaccepted`."""

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
