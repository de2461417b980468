"""The constants of a package: what operations share is one, and each has a name of its own."""

from collections import Counter, defaultdict
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from itertools import chain, count
from typing import cast

from openapi_request_builders.model import names
from openapi_request_builders.model.package import Argument, Body, Operation, Rules, Value
from openapi_request_builders.model.shapes import Shape
from openapi_request_builders.model.versions import history


@dataclass(frozen=True)
class Sighting(Rules):
    """What a parameter is like in the versions that have one operation, before others share that."""

    at: str = ""
    states: tuple[tuple[str, Shape | None], ...] = ()


def constants(operations: Sequence[Operation], versions: Sequence[str]) -> dict[Rules | Body, Rules | Body]:
    """Return every constant under its final name, by what the operations have in its place."""
    uses: Counter[Rules | Body] = Counter()
    users: dict[Rules | Body, Operation] = {}
    for operation in operations:
        for each in (*(argument.rules for argument in operation.arguments), operation.body):
            if each is not None:
                uses[each] += 1
                users.setdefault(each, operation)
    final: dict[Rules | Body, Rules | Body] = {}
    taken = {"API_VERSIONS", "DEFAULT_API_VERSION", "UUID"}  # what the modules have under such names
    for same in _shared(uses):
        name = _preferred_name(same[0])
        user = users[same[0]]
        longer, longest = (
            names.constant(f"{each}_{name}") for each in (user.name, names.snake(user.operation_id))
        )
        candidates = chain((name, longer, longest), (f"{longest}_{number}" for number in count(2)))
        name = next(candidate for candidate in candidates if candidate not in taken)
        taken.add(name)
        final.update(dict.fromkeys(same, _merged(same, name, versions)))
    return final


def _shared(uses: Counter[Rules | Body]) -> list[list[Rules | Body]]:
    """Put together what one constant can serve: parameters that agree in the versions they have in common."""
    found: list[list[Rules | Body]] = [[each] for each in uses if not isinstance(each, Sighting)]
    by_argument: dict[tuple[str, str], list[tuple[list[Rules | Body], dict[str, Shape | None]]]] = (
        defaultdict(list)
    )
    sightings = [each for each in uses if isinstance(each, Sighting)]
    # Those known of in most versions come first, so that the others find the one they agree with.
    for each in sorted(sightings, key=lambda sighting: -len(sighting.states)):
        for members, states in by_argument[each.argument, each.at]:
            if all(states.get(version, state) == state for version, state in each.states):
                members.append(each)
                states.update(each.states)
                break
        else:
            found.append([each])
            by_argument[each.argument, each.at].append((found[-1], dict(each.states)))
    return sorted(found, key=lambda members: -sum(uses[each] for each in members))


def _merged(same: Sequence[Rules | Body], name: str, versions: Sequence[str]) -> Rules | Body:
    first = same[0]
    if isinstance(first, Body):
        return replace(first, constant=name)
    if not isinstance(first, Sighting):
        return replace(first, name=name)
    states = {version: state for each in same if isinstance(each, Sighting) for version, state in each.states}
    ordered = {version: states[version] for version in versions if version in states}
    return Rules(name, first.argument, history(ordered, first.at), version_default=first.version_default)


def _preferred_name(of: Rules | Body) -> str:
    if isinstance(of, Body):
        return names.constant(of.name)
    parts = [of.argument]
    if of.versions and of.versions.since:
        parts += ["since", of.versions.since]
    if of.versions and of.versions.until:
        parts += ["until", of.versions.until]
    return names.constant("_".join(parts))


def with_constants(operation: Operation, final: Mapping[Rules | Body, Rules | Body]) -> Operation:
    """Return an operation that refers to the constants as they are in the end."""

    def settled(argument: Argument) -> Argument:
        return replace(argument, rules=cast("Rules", final[argument.rules]))

    def values(part: tuple[Value, ...]) -> tuple[Value, ...]:
        return tuple(replace(value, argument=settled(value.argument)) for value in part)

    return replace(
        operation,
        positional=tuple(map(settled, operation.positional)),
        required=tuple(map(settled, operation.required)),
        optional=tuple(map(settled, operation.optional)),
        api_version=operation.api_version and settled(operation.api_version),
        path=values(operation.path),
        query=values(operation.query),
        header=values(operation.header),
        form=values(operation.form),
        body=operation.body and cast("Body", final[operation.body]),
    )
