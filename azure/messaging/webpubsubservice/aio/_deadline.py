"""The end of a call."""

from __future__ import annotations

import asyncio
import sys
from typing import TYPE_CHECKING, Any

from azure.core.exceptions import ServiceRequestTimeoutError, ServiceResponseTimeoutError

if sys.version_info >= (3, 11):
    from asyncio import timeout
else:
    from async_timeout import timeout  # pyright: ignore[reportMissingImports] - needed by Python 3.10 only

if TYPE_CHECKING:
    from typing_extensions import Self

    from azure.messaging.webpubsubservice._request import PreparedRequest

__all__ = ["Deadline"]


class Deadline:
    """End a call in time, whatever it waits for.

    :param seconds: The call's ``timeout``.
    :ivar prepared: The request, once it exists; it knows whether it was handed to the transport.
    """

    def __init__(self, seconds: float) -> None:
        self.prepared: PreparedRequest | None = None
        self._seconds = seconds
        self._scope: Any = timeout(seconds)

    async def __aenter__(self) -> Self:
        await self._scope.__aenter__()
        return self

    async def __aexit__(self, *error: object) -> None:
        try:
            await self._scope.__aexit__(*error)
        except asyncio.TimeoutError:
            ended = f"The call's timeout of {self._seconds} seconds ended"
            if self.prepared is None or not self.prepared.is_sent:
                raise ServiceRequestTimeoutError(f"{ended} before anything was sent.") from None
            raise ServiceResponseTimeoutError(
                f"{ended} without a response. The request may have arrived."
            ) from None
