"""Whether endpoints accept events: the abuse protection of CloudEvents' HTTP webhooks.

An endpoint is validated before its first event and then once a minute. If it does not accept events, it is
validated again after one second, and then at intervals that double.
"""

import asyncio
import logging
from collections.abc import Callable
from dataclasses import dataclass
from typing import Final

from yarl import URL

from azure.messaging.webpubsubservice.emulator._service.event_sink import EventFailedError

from . import cloud_events as _cloud_events
from .handlers import without_query
from .transport import NoAnswerError, Transport

_log = logging.getLogger(__name__)

_TIMEOUT: Final = 10.0
_INTERVAL: Final = 60.0
_FIRST_INTERVAL: Final = 1.0


@dataclass(slots=True, eq=False)
class _Validation:
    """The last answer of an endpoint to the question whether it accepts events."""

    transport: Transport
    url: str
    origin: str
    #: A remedy for the error message if there is nothing at the address.
    hint: str
    problem: str | None = "it has not been validated yet"
    interval: float = 0.0
    due_at: float = 0.0
    running: asyncio.Task[None] | None = None


class Validations:
    """The answers of all endpoints.

    :param now: Returns the emulator's time.
    """

    def __init__(self, now: Callable[[], float]) -> None:
        self._now = now
        self._validations: dict[tuple[int, str, str], _Validation] = {}

    async def check(self, transport: Transport, url: str, origin: str, *, hint: str = "") -> None:
        """Make sure that an endpoint accepts events.

        Wait for its first response. Later validations happen in the background.

        :param transport: Reaches the endpoint.
        :param url: The endpoint's address, with ``validate`` as the event.
        :param origin: The host that events come from.
        :param hint: A remedy for the error message if there is nothing at the address.
        :raises EventFailedError: The endpoint does not accept events.
        """
        key = (id(transport), url, origin)
        validation = self._validations.setdefault(key, _Validation(transport, url, origin, hint))
        if self._now() >= validation.due_at and validation.running is None:
            validation.running = asyncio.create_task(self._renew(validation))
        if validation.running is not None and validation.problem is not None:
            await asyncio.wait([validation.running])
        if validation.problem is not None:
            raise EventFailedError(f"validation failed: {validation.problem}")

    async def settle(self) -> None:
        """Wait for the validations in the background."""
        await asyncio.gather(*self._running())

    async def close(self) -> None:
        """Forget every answer."""
        running = self._running()
        for task in running:
            task.cancel()
        if running:
            await asyncio.wait(running)
        self._validations.clear()

    def _running(self) -> list[asyncio.Task[None]]:
        return [one.running for one in self._validations.values() if one.running is not None]

    async def _renew(self, validation: _Validation) -> None:
        try:
            problem = await asyncio.wait_for(_ask(validation), _TIMEOUT)
        except (TimeoutError, asyncio.TimeoutError):
            problem = f"no answer within {_TIMEOUT:g} seconds"
        except NoAnswerError as error:
            problem = str(error)
        except Exception as error:
            problem = f"{type(error).__name__}: {error}"
            _log.exception("validation of %s", without_query(validation.url))
        finally:
            validation.running = None
        if problem is None:
            validation.interval = _INTERVAL
        else:
            _log.warning("validation of %s failed: %s", without_query(validation.url), problem)
            doubled = 0 if validation.problem is None else 2 * validation.interval
            validation.interval = min(max(doubled, _FIRST_INTERVAL), _INTERVAL)
        validation.problem = problem
        validation.due_at = self._now() + validation.interval


async def _ask(validation: _Validation) -> str | None:
    """Ask an endpoint whether it accepts events; return what is wrong with its response, if anything."""
    url, origin = URL(validation.url, encoded=True), validation.origin
    headers = {"WebHook-Request-Origin": origin, **_cloud_events.VERSION_HEADERS}
    answer = await validation.transport.send("OPTIONS", url, headers=headers)
    answered = f"OPTIONS was answered with {answer.status}"
    if answer.status == 404:
        answer = await validation.transport.send("GET", url, headers=headers)
        answered += f" and GET with {answer.status}"
    allowed = answer.headers.getall("WebHook-Allowed-Origin", [])
    if not answer.ok:
        hint = validation.hint if answer.status == 404 else ""
        if answer.status == 403:
            hint = f". Does the handler allow {origin!r}? The emulator's host is not that of your resource"
        if answer.status == 405:
            hint = ". Let the route of the events take OPTIONS"
        return f"{answered}{hint}"
    if not allowed:
        return (
            f"{answered}, without the header WebHook-Allowed-Origin. Send the headers of event.allow_any(), "
            "or this one with *"
        )
    hosts = {host.strip().lower() for line in allowed for host in line.split(",")}
    if "*" in hosts or origin.lower() in hosts:
        return None
    return f"WebHook-Allowed-Origin is {', '.join(allowed)!r}, which does not allow {origin!r}"
