"""The operations of the control interface. ``openapi.json`` has their paths and bodies."""

import json
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Final, NamedTuple

from azure.messaging.webpubsubservice._keywords import did_you_mean
from azure.messaging.webpubsubservice.emulator._fault_rules import JSON, problem
from azure.messaging.webpubsubservice.emulator._faults import Fault
from azure.messaging.webpubsubservice.emulator._service.changes import result_of
from azure.messaging.webpubsubservice.emulator._service.service import Service
from azure.messaging.webpubsubservice.emulator._service.shortfall import (
    LOOKED_AT,
    Miss,
    Wanted,
    explain,
)
from azure.messaging.webpubsubservice.emulator._validation import is_integer, is_number

from .predicate import Entry, InvalidPredicateError, Predicate, compile_predicate
from .values import (
    CONNECTION_MEMBERS,
    DELIVERY_MEMBERS,
    EVENT_MEMBERS,
    FAULT_FIELDS,
    REQUEST_MEMBERS,
    of_clock,
    of_connection,
    of_delivery,
    of_event,
    of_fault,
    of_request,
)

#: How many seconds a call waits, by default and at most.
TIMEOUT: Final = 10.0
LONGEST_TIMEOUT: Final = 600.0


class InvalidCallError(ValueError):
    """The call is not valid. The message says what is wrong, where, and what to do."""


class TimedOutError(Exception):
    """The entries that a call waited for did not arrive in time. The message says what there is."""


class _Kind(NamedTuple):
    entries: Callable[[Service], Sequence[Entry]]
    members: tuple[str, ...]


#: The lists that can be read and waited for, by the name in their paths.
LISTS: Final[Mapping[str, _Kind]] = {
    "connections": _Kind(
        lambda service: list(map(of_connection, service.sessions.connections())), CONNECTION_MEMBERS
    ),
    "requests": _Kind(lambda service: list(map(of_request, service.records.requests)), REQUEST_MEMBERS),
    "deliveries": _Kind(lambda service: list(map(of_delivery, service.records.deliveries)), DELIVERY_MEMBERS),
    "events": _Kind(lambda service: list(map(of_event, service.records.events)), EVENT_MEMBERS),
}


@dataclass(frozen=True, slots=True)
class Call:
    """A call to an operation. Its arguments have not been checked yet."""

    service: Service
    #: The last part of the path, if it chooses one of several lists.
    kind: str = ""
    #: The members of the body or of the query; ``where`` as parsed JSON.
    arguments: Mapping[str, Any] | None = None

    def argument(self, name: str, default: Any, valid: Callable[[Any], bool], rule: str) -> Any:
        """Return an argument, or its default if it is absent or ``null``.

        :raises InvalidCallError: It breaks its rule.
        """
        value = (self.arguments or {}).get(name)
        if value is None:
            return default
        if not valid(value):
            raise InvalidCallError(f"{name} must be {rule}")
        return value

    def only(self, *names: str) -> None:
        """Refuse arguments with any other name.

        :raises InvalidCallError: There is one.
        """
        for name in self.arguments or {}:
            if name not in names:
                hint = did_you_mean(name, names)
                known = f".{hint}" if hint else f"; there is {', '.join(names) or 'nothing'}"
                raise InvalidCallError(f"there is no {name!r} here{known}")

    def where(self, kind: str) -> Predicate:
        """Return the predicate ``where``.

        :raises InvalidCallError: It is not a predicate of such entries.
        """
        try:
            return compile_predicate((self.arguments or {}).get("where"), LISTS[kind].members)
        except InvalidPredicateError as error:
            raise InvalidCallError(str(error)) from None

    def matching(self, kind: str) -> Callable[[], list[Entry]]:
        """Return a function that finds the entries that ``where`` accepts.

        :raises InvalidCallError: ``where`` is not a predicate of such entries.
        """
        entries, matches = LISTS[kind].entries, self.where(kind)
        return lambda: [entry for entry in entries(self.service) if matches(entry)]


# --- faults and time ---


async def list_faults(call: Call) -> object:
    """Return the faults in the order in which they are tried."""
    call.only()
    return {"value": [of_fault(fault, used) for fault, used in call.service.faults.entries()]}


async def add_fault(call: Call) -> object:
    """Add a fault after those already there."""
    call.only(*FAULT_FIELDS)
    fields = {FAULT_FIELDS[name]: value for name, value in (call.arguments or {}).items()}
    defaulted = {name: value for name, value in fields.items() if value is not None}
    if wrong := problem(defaulted, JSON):
        raise InvalidCallError(wrong)
    fault = Fault(**defaulted)
    call.service.faults.add(fault)
    return of_fault(fault, used=0)


async def clear_faults(call: Call) -> object:
    """Remove every fault."""
    call.only()
    call.service.faults.clear()
    return None


async def read_clock(call: Call) -> object:
    """Return the emulator's time."""
    call.only()
    return of_clock(call.service.clock)


async def advance_clock(call: Call) -> object:
    """Move time ahead, run the timers that became due, and return the new time."""
    call.only("seconds")
    rule = "a number of seconds from 0: time does not go back"
    seconds = call.argument("seconds", None, lambda value: is_number(value, 0), rule)
    if seconds is None:
        raise InvalidCallError(f"seconds must be {rule}")
    try:
        call.service.clock.advance(seconds)
    except ValueError as error:  # too far
        raise InvalidCallError(str(error)) from None
    return of_clock(call.service.clock)


# --- records and connections ---


async def list_entries(call: Call) -> object:
    """Return the entries of a list that ``where`` accepts."""
    call.only("where")
    return {"value": call.matching(call.kind)()}


async def wait_for_entries(call: Call) -> object:
    """Return the entries of a list that ``where`` accepts, once there are at least ``count``.

    :raises TimedOutError: There are fewer after ``timeout`` seconds.
    """
    call.only("where", "count", "timeout")
    count = call.argument("count", 1, lambda value: is_integer(value, 1), "an integer from 1")
    timeout = call.argument(
        "timeout",
        TIMEOUT,
        lambda value: is_number(value, 0) and value <= LONGEST_TIMEOUT,
        f"a number of seconds from 0 to {LONGEST_TIMEOUT:g}",
    )
    find = call.matching(call.kind)

    def enough() -> list[Entry] | None:
        found = find()
        return found if len(found) >= count else None

    future = call.service.changes.future(enough)
    try:
        return {"value": await result_of(future, timeout)}
    except TimeoutError:
        raise TimedOutError(_shortfall(call, count, timeout)) from None
    finally:
        future.cancel()


def _shortfall(call: Call, count: int, timeout: float) -> str:
    """Return the message for a wait in vain. It describes what there is instead."""
    where, entries = call.where(call.kind), LISTS[call.kind].entries(call.service)
    refused = [entry for entry in entries if not where(entry)]
    misses = [
        Miss(_shown(entry), -len(failures), "; ".join(failures))
        for entry in refused[-LOOKED_AT:]
        for failures in [where.failures(entry)]
    ]
    wanted = Wanted(call.kind, count, [_shown(entry) for entry in entries if where(entry)], misses)
    return explain(wanted, timeout, call.service.records, len(call.service.sessions))


def _shown(entry: Entry) -> str:
    """Return the members of an entry that distinguish it from others."""
    shown = {name: value for name, value in entry.items() if value and not name.lower().endswith("headers")}
    return json.dumps(shown, ensure_ascii=False)


async def clear_records(call: Call) -> object:
    """Forget the requests, deliveries and events so far."""
    call.only()
    call.service.records.clear()
    return None


async def drop_connections(call: Call) -> object:
    """Cut clients off as a broken network would, without a Close frame."""
    call.only("where")
    chosen = call.matching("connections")()
    call.service.sessions.drop([entry["connectionId"] for entry in chosen])
    return {"value": chosen}


async def close_connections(call: Call) -> object:
    """Close connections for good, as an application would."""
    call.only("where", "reason")
    reason = call.argument("reason", None, lambda value: isinstance(value, str), "a text")
    chosen = call.matching("connections")()
    for entry in chosen:
        call.service.sessions.by_id[entry["connectionId"]].close(reason)
    return {"value": chosen}


async def reset(call: Call) -> object:
    """Close every connection, and forget every fault and record. Time stays, because it cannot go back."""
    call.only()
    call.service.faults.clear()
    for session in tuple(call.service.sessions.by_id.values()):
        session.close("The emulator was reset.")
    call.service.records.clear()
    return None
