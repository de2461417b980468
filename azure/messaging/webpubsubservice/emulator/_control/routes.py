"""The routes of the control interface, as a table. A test compares it with ``openapi.json``."""

from collections.abc import Awaitable, Callable, Iterator, Mapping
from typing import Final, NamedTuple

from . import operations
from .operations import LISTS, Call

#: The beginning of every path. The service has no such paths.
PREFIX: Final = "/_emulator"


class Operation(NamedTuple):
    """The operation for a method of a path."""

    run: Callable[[Call], Awaitable[object]]
    #: The status of a success; 204 has no body.
    status: int = 200
    #: The list that the path chooses.
    kind: str = ""


def _of_lists() -> Iterator[tuple[tuple[str, str], Operation]]:
    for kind in LISTS:
        yield ("GET", f"/{kind}"), Operation(operations.list_entries, kind=kind)
        yield ("POST", f"/{kind}/:wait"), Operation(operations.wait_for_entries, kind=kind)


#: Operations by method and path below the prefix.
ROUTES: Final[Mapping[tuple[str, str], Operation]] = {
    ("GET", "/faults"): Operation(operations.list_faults),
    ("POST", "/faults"): Operation(operations.add_fault, status=201),
    ("DELETE", "/faults"): Operation(operations.clear_faults, status=204),
    ("GET", "/clock"): Operation(operations.read_clock),
    ("POST", "/clock/:advance"): Operation(operations.advance_clock),
    **dict(_of_lists()),
    ("DELETE", "/records"): Operation(operations.clear_records, status=204),
    ("POST", "/connections/:drop"): Operation(operations.drop_connections),
    ("POST", "/connections/:close"): Operation(operations.close_connections),
    ("POST", "/:reset"): Operation(operations.reset, status=204),
}

#: The methods of each path.
METHODS: Final[Mapping[str, tuple[str, ...]]] = {
    path: tuple(method for method, other in ROUTES if other == path) for _, path in ROUTES
}
