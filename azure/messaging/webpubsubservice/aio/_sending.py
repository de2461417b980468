"""What ``send_request`` returns: a coroutine that is also a context manager."""

from __future__ import annotations

from collections.abc import Coroutine, Generator
from contextlib import AbstractAsyncContextManager
from typing import TYPE_CHECKING, Any

from azure.messaging.webpubsubservice._blocks import ForAsyncWith

if TYPE_CHECKING:
    from azure.core.rest import AsyncHttpResponse

__all__ = ["Sending"]


class Sending(
    Coroutine[Any, Any, "AsyncHttpResponse"],
    AbstractAsyncContextManager["AsyncHttpResponse", None],
    ForAsyncWith,
):
    """A request on its way. Await it, make a task of it, or enter it with ``async with``."""

    __slots__ = ("_coroutine", "_response")

    def __init__(self, coroutine: Coroutine[Any, Any, AsyncHttpResponse]) -> None:
        self._coroutine = coroutine
        self._response: AsyncHttpResponse | None = None

    def __await__(self) -> Generator[Any, Any, AsyncHttpResponse]:
        return self._coroutine.__await__()

    def send(self, value: Any, /) -> Any:
        """Resume the coroutine, as event loops do."""
        return self._coroutine.send(value)

    def throw(self, *error: Any) -> Any:
        """Raise an error in the coroutine, as event loops do."""
        return self._coroutine.throw(*error)

    def close(self) -> None:
        """Close the coroutine."""
        self._coroutine.close()

    if not TYPE_CHECKING:  # which would take any name for an attribute

        def __getattr__(self, name: str) -> Any:
            raise AttributeError(
                f"{name!r} belongs to the response: write response = await client.send_request(...)"
            )

    async def __aenter__(self) -> AsyncHttpResponse:
        self._response = await self._coroutine
        return self._response

    async def __aexit__(self, *error: object) -> None:
        if self._response is not None:
            await self._response.close()
