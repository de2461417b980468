"""The constants of a package. Operations that agree share one, and each has a unique name."""

from collections import Counter, defaultdict
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from itertools import chain, count

from openapi_request_builders.model import names
from openapi_request_builders.model.package import BodyRules, ParameterRules, VersionRules
from openapi_request_builders.model.shape import Shape
from openapi_request_builders.model.uses import BodyUse, OperationUses, ParameterUse, Use, VersionUse
from openapi_request_builders.model.versions import history

# The names of this form that the modules already use.
_TAKEN = ("API_VERSIONS", "DEFAULT_API_VERSION", "UUID")


@dataclass(frozen=True)
class Constants:
    """The constants by use. Several uses may have the same constant."""

    parameters: Mapping[ParameterUse, ParameterRules]
    versions: Mapping[VersionUse, VersionRules]
    bodies: Mapping[BodyUse, BodyRules]


@dataclass
class _Shared:
    """The uses that share one constant, and their combined rules."""

    uses: list[Use]
    states: dict[str, Shape | None] = field(default_factory=dict)


def constants(operations: Iterable[OperationUses], versions: Sequence[str]) -> Constants:
    """Return the constants with their final names.

    :param versions: All versions, oldest first.
    """
    counts: Counter[Use] = Counter()
    users: dict[Use, OperationUses] = {}
    for operation in operations:
        for use in operation:
            counts[use] += 1
            users.setdefault(use, operation)
    named = list(_named(_shared(counts), users))
    version_rules = {
        use: VersionRules(name, use.exists, use.default_version)
        for name, shared in named
        for use in shared.uses
        if isinstance(use, VersionUse)
    }
    parameters: dict[ParameterUse, ParameterRules] = {}
    bodies: dict[BodyUse, BodyRules] = {}
    for name, shared in named:
        for use in shared.uses:
            if isinstance(use, ParameterUse):
                states = {version: shared.states[version] for version in versions if version in shared.states}
                refusing = _refusing(version_rules, use) if states[use.at] is None else None
                parameters[use] = ParameterRules(name, use.argument, history(states, use.at), refusing)
            elif isinstance(use, BodyUse):
                body_states = dict(use.states)
                refusing = _refusing(version_rules, use) if body_states[use.at] is None else None
                bodies[use] = BodyRules(name, history(body_states, use.at), refusing)
    return Constants(parameters, version_rules, bodies)


def _shared(counts: Counter[Use]) -> list[_Shared]:
    """Group parameters that agree in the versions that they have in common; the most used come first."""
    found = [_Shared([use]) for use in counts if not isinstance(use, ParameterUse)]
    by_argument: dict[tuple[str, str], list[_Shared]] = defaultdict(list)
    parameters = [use for use in counts if isinstance(use, ParameterUse)]
    # Parameters that exist in most versions come first, so that the others can join them.
    for use in sorted(parameters, key=lambda use: -len(use.states)):
        candidates = by_argument[use.argument, use.at]
        agreeing = (
            each
            for each in candidates
            if all(each.states.get(version, state) == state for version, state in use.states)
        )
        shared = next(agreeing, None)
        if shared is None:
            shared = _Shared([])
            candidates.append(shared)
            found.append(shared)
        shared.uses.append(use)
        shared.states.update(use.states)
    return sorted(found, key=lambda shared: -sum(counts[use] for use in shared.uses))


def _named(found: Iterable[_Shared], users: Mapping[Use, OperationUses]) -> Iterable[tuple[str, _Shared]]:
    taken: set[str] = set(_TAKEN)
    for shared in found:
        use = shared.uses[0]
        short, user = _short_name(use), users[use]
        longer = names.constant(f"{user.named.name}_{short}")
        longest = names.constant(f"{names.snake(user.operation.operation_id)}_{short}")
        candidates = chain((short, longer, longest), (f"{longest}_{number}" for number in count(2)))
        name = next(candidate for candidate in candidates if candidate not in taken)
        taken.add(name)
        yield name, shared


def _short_name(use: Use) -> str:
    if isinstance(use, BodyUse):
        return names.constant(use.name)
    if isinstance(use, ParameterUse):
        return names.constant(use.argument)
    parts = ["api_version"]
    if use.exists.since:
        parts += ["since", use.exists.since]
    if use.exists.until:
        parts += ["until", use.exists.until]
    return names.constant("_".join(parts))


def _refusing(versions: Mapping[VersionUse, VersionRules], use: ParameterUse | BodyUse) -> str | None:
    """Return the constant that refuses a parameter that the default version lacks."""
    return next(rules.name for rules in versions.values() if rules.default_version == use.default_version)
