"""The result of one request."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Generic, TypeVar

from ._status import is_success, raise_unless_success

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
    """The response, with any status: :attr:`is_success` says whether it is one. Its body has been read."""
    error: BaseException | None
    """The exception of ``send_request``: no connection, no response in time, a body that cannot be sent; or
    of a hook, a policy or a credential, even one that is not an :exc:`Exception`."""

    @property
    def status_code(self) -> int | None:
        """The response's status, or ``None`` if there was no response."""
        response: Any = self.response
        return None if response is None else response.status_code

    @property
    def is_success(self) -> bool:
        """Whether the service accepted the request: there is a response, with a status of 200 to 299.

        A redirect that was not followed, such as one with a body to another host, is not a success.
        """
        status = self.status_code
        return status is not None and is_success(status)

    def raise_for_status(self) -> None:
        """Raise unless the service accepted the request, that is, unless :attr:`is_success`.

        It is stricter than the method of a response, which lets a redirect that was not followed (3xx) pass.

        :raises BaseException: :attr:`error`, if there was no response.
        :raises ~azure.core.exceptions.HttpResponseError: The response's status is not 200 to 299.
        """
        if self.error is not None:
            raise self.error
        raise_unless_success(self.response)
