"""The limit for how many requests of one call may be on their way at once.

The rule is that of TCP. After a response with 429 or 503, the limit is one request at a time. Each response
with another status raises it by one, up to half of the number that was too much; from there on, each full
round of responses raises it by one. Requests that were sent before the slow-down do not cause another.

Nothing is sent before a ``Retry-After`` has passed, or ``retry_backoff_max`` if that is shorter. If the
service refuses the single request, too, all wait: the first time for twice the call's
``retry_backoff_factor``, then twice as long each time, up to ``retry_backoff_max``.

The time is an argument, in seconds; no clock is read here.
"""

from __future__ import annotations

import logging
from typing import Final

__all__ = ["THROTTLED", "Pace"]

THROTTLED: Final = frozenset({429, 503})
"""Statuses with which the service asks for fewer requests."""

_LOGGER = logging.getLogger("azure.messaging.webpubsubservice.senders")


class Pace:
    """The limit, and the time from which the next request may be sent.

    :param most: The limit at the start, which is also the highest one.
    :param backoff_factor: Seconds.
    :param backoff_max: Seconds.
    """

    def __init__(self, most: int, backoff_factor: float, backoff_max: float) -> None:
        self._most = most
        self._factor = backoff_factor
        self._longest = backoff_max
        self._limit = float(most)
        self._threshold = float(most)
        self._answered = True  # since the last slow-down
        self._in_vain = 0
        self.limit = most
        """How many requests may be on their way at once."""
        self.resume_at = 0.0
        """Nothing is sent before this time."""
        self.round = 0
        """The number of slow-downs so far. A request keeps the number, and its response is judged by it."""

    def allows(self, on_their_way: int, now: float) -> bool:
        """Return whether one more request may be sent."""
        return on_their_way < self.limit and now >= self.resume_at

    def responded(self, sent_in: int) -> None:
        """Note a response that does not ask for a slow-down.

        :param sent_in: The round in which its request was sent.
        """
        if sent_in != self.round:
            return
        self._answered = True
        if self._limit < self._most:
            step = 1.0 if self._limit < self._threshold else 1.0 / self._limit
            self._limit = min(self._limit + step, float(self._most))
            self.limit = int(self._limit)

    def throttled(self, sent_in: int, status: int, retry_after: float | None, now: float) -> None:
        """Slow down.

        :param sent_in: The round in which the refused request was sent.
        :param retry_after: Seconds that the service asked to wait, if it did.
        """
        if retry_after is not None:
            self.resume_at = max(self.resume_at, now + min(retry_after, self._longest))
        if sent_in != self.round:
            return
        self._in_vain = 0 if self._answered else self._in_vain + 1
        if self._in_vain and retry_after is None:
            pause = min(self._factor * 2.0**self._in_vain, self._longest)
            self.resume_at = max(self.resume_at, now + pause)
        if self.limit > 1:
            _LOGGER.info(
                "The service responded with %d: at most 1 request at a time instead of %d.",
                status,
                self.limit,
            )
        self._threshold = max(self._limit / 2, 1.0)
        self._limit, self.limit = 1.0, 1
        self._answered = False
        self.round += 1
