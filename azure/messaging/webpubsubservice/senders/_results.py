"""The result of one request."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Generic, TypeVar

if TYPE_CHECKING:
    from azure.core.rest import HttpRequest

__all__ = ["SendResult"]

T = TypeVar("T")


@dataclass(frozen=True, slots=True)
class SendResult(Generic[T]):
    """A request of ``send_requests``, with its response or its error.

    Exactly one of :attr:`response` and :attr:`error` is ``None``.
    """

    index: int
    """Position of the request in the iterable, counted from 0."""
    request: HttpRequest
    """The request: the same object that the iterable returned."""
    response: T | None
    """The response, with any status. Its body has been read."""
    error: Exception | None
    """The exception of ``send_request``: no connection, no response in time, a body that cannot be sent."""

    @property
    def status_code(self) -> int | None:
        """The response's status, or ``None`` if there was no response."""
        response: Any = self.response
        return None if response is None else response.status_code

    def raise_for_status(self) -> None:
        """Raise if the service did not accept the request.

        :raises Exception: :attr:`error`, if there was no response.
        :raises ~azure.core.exceptions.HttpResponseError: The response's status is 400 or more.
        """
        if self.error is not None:
            raise self.error
        response: Any = self.response
        response.raise_for_status()
